"""git's look at all files of the work tree: which records are not as the head has them.

Of a run that changes little it is the longest part. So it may be begun before the store is locked, beside everything
that needs no lock. Such an early look is believed in one thing only, that nothing is changed; where it saw anything, or
branch or index have moved since, git looks again.
"""

import os
import shutil
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from seqmeta.errors import EndlessError, StoreError
from seqmeta.git import Repository
from seqmeta.git_command import Conversation, GitCommand
from seqmeta.locks import lock_if_free
from seqmeta.presence import identify, is_link
from seqmeta.scratch import make_private_folder
from seqmeta.system_errors import store_errors
from seqmeta.worktree import is_record_path

MOST_SECONDS = 10.0
"""An early look is believed for so long: what a person edits while a long run judges, that run puts back."""

LONGEST_SECONDS = 600.0
"""A look at some million files on a slow disk takes minutes; one that takes longer waits for what is no file."""

DOUBTFUL_SECONDS = 10.0
"""After so long it is looked for what git may be waiting for, in all folders; before, in the topmost two levels."""

_RULES = (".gitignore", ".gitattributes")
"""What git opens in every folder that it comes to, no link but anything else."""

_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")


def changed_records(git: GitCommand) -> dict[str, str]:
    """Map each record path that differs from git's HEAD to git's two letters about index and work tree.

    EndlessError where git would wait for what stands in the place of its own rules there.
    """
    _refuse_endless(_list_topmost(git.work_tree))
    with git.start(*_STATUS) as conversation:
        return _read(_gather(conversation, git.work_tree))


def _gather(conversation: Conversation, work_tree: Path) -> bytes:
    with suppress(EndlessError):
        return conversation.gather(DOUBTFUL_SECONDS)
    _refuse_endless(folder for folder, _, _ in os.walk(work_tree))
    return conversation.gather(LONGEST_SECONDS)


def _list_topmost(work_tree: Path) -> Iterator[str]:
    yield str(work_tree)
    with store_errors("the store cannot be looked at"), os.scandir(work_tree) as entries:
        yield from (entry.path for entry in entries if entry.is_dir(follow_symlinks=False))


def _refuse_endless(folders: Iterable[str]) -> None:
    for path in (f"{folder}/{name}" for folder in folders for name in _RULES):
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue  # as a rule it is not there; else git says why it cannot read it
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            raise EndlessError(f"{path}: a FIFO, socket or device, which git would wait for without end: remove it")


def _read(output: bytes) -> dict[str, str]:
    lines = output.decode(errors="surrogateescape").split("\0")[:-1]
    return {line[3:]: line[:2] for line in lines if is_record_path(line[3:])}


class EarlyLook:
    """A look that has begun; a thread takes from git what it says, so that git never waits for a reader."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        """Make ready for a look, with a private git folder in this one's place; `begin` begins it."""
        _refuse_endless(_list_topmost(repository.path))
        self._index = repository.git_dir / "index"
        self._seen_index = identify(self._index)
        self._head = repository.head()
        self._since = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        folder.mkdir()
        make_private_folder(folder, self._head)
        objects = {"GIT_OBJECT_DIRECTORY": str(repository.git_dir / "objects"), "GIT_INDEX_FILE": str(self._index)}
        self._git = GitCommand(folder, repository.path, environment=objects)
        self._changed: dict[str, str] | None = None
        self._error: StoreError | None = None

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Let git look; it has ended, one way or the other, when the block is left."""
        with self._git.start(*_STATUS) as conversation:
            self._reader = threading.Thread(target=self._take, args=(conversation,), daemon=True)
            self._reader.start()
            try:
                yield
            finally:
                conversation.kill()
                self._reader.join()

    def _take(self, conversation: Conversation) -> None:
        try:
            self._changed = _read(_gather(conversation, self._git.work_tree))
        except StoreError as error:
            self._error = error

    def wait(self) -> bool:
        """Wait until git has looked; returns whether it could. EndlessError where it did not end."""
        self._reader.join()
        if isinstance(self._error, EndlessError):  # it would not end either when it looks again
            raise self._error
        return self._changed is not None

    def found_nothing(self, head: str | None) -> bool:
        """Whether all records were as this head has them, so short a while ago that it can be believed."""
        is_of_now = self._head == head and self._seen_index == identify(self._index)
        return is_of_now and time.monotonic() - self._since < MOST_SECONDS and self.wait() and self._changed == {}


@contextmanager
def early_look(folder: Path, branch: str) -> Iterator[EarlyLook | None]:
    """Begin to look at the store in this folder; None where that cannot be, which is for others to complain of.

    One run at a time has an early look: its private git folder lies in the store, and stays there if it is killed.
    """
    with ExitStack() as stack:
        look = None
        with suppress(OSError, StoreError, RuntimeError):  # the last where there can be no more threads
            look = _begin(folder, branch, stack)
        yield look


def _begin(folder: Path, branch: str, stack: ExitStack) -> EarlyLook | None:
    if is_link(folder):
        return None
    repository = Repository.open(folder, branch)
    place = repository.git_dir / "seqmeta" / "look"
    place.parent.mkdir(exist_ok=True)
    if not stack.enter_context(lock_if_free(place.with_name("lock.look"))):
        return None
    stack.callback(shutil.rmtree, place, ignore_errors=True)
    look = EarlyLook(repository, place)
    stack.enter_context(look.begin())
    return look
