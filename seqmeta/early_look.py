"""git's look at all files of the work tree: which records are not as the head has them.

Of a run that changes little it is the longest part. So it may be begun before the store is locked, beside everything
that needs no lock. Such an early look is believed in one thing only, that nothing is changed; where it saw anything, or
branch or index have moved since, git looks again.
"""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from seqmeta.errors import EndlessError, StoreError
from seqmeta.git import Repository
from seqmeta.git_command import Conversation, GitCommand
from seqmeta.locks import lock_if_free
from seqmeta.presence import identify, is_link
from seqmeta.scratch import make_private_folder
from seqmeta.worktree import is_record_path

MOST_SECONDS = 10.0
"""An early look is believed for so long: what a person edits while a long run judges, that run puts back."""

LONGEST_SECONDS = 600.0
"""A look at some million files on a slow disk takes minutes; one that takes longer waits for what is no file."""

_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")


def changed_records(git: GitCommand) -> dict[str, str]:
    """Map each record path that differs from git's HEAD to git's two letters about index and work tree."""
    with git.start(*_STATUS) as conversation:
        return _read(_gather(conversation))


def _gather(conversation: Conversation) -> bytes:
    try:
        return conversation.gather(LONGEST_SECONDS)
    except EndlessError as error:
        cure = "if a .gitignore or .gitattributes there is a FIFO or a device, remove it"
        raise EndlessError(f"{error}: {cure}") from error


def _read(output: bytes) -> dict[str, str]:
    lines = output.decode(errors="surrogateescape").split("\0")[:-1]
    return {line[3:]: line[:2] for line in lines if is_record_path(line[3:])}


class EarlyLook:
    """A look that has begun; a thread takes from git what it says, so that git never waits for a reader."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        """Make ready for a look, with a private git folder in this one's place; `begin` begins it."""
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
            self._changed = _read(_gather(conversation))
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
