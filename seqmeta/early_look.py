"""git's look at all files of the work tree: which records are not as the head has them.

Of a run that changes little it is the longest part. So it may be begun before the store is locked, beside everything
that needs no lock. Such an early look is believed in one thing only, that nothing is changed; where it saw anything, or
branch or index have moved since, git looks again.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_command import Conversation, GitCommand
from seqmeta.scratch import make_private_folder
from seqmeta.worktree import is_record_path

MOST_SECONDS = 10.0
"""An early look is believed for so long: what a person edits while a long run judges, that run puts back."""

_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")


def changed_records(git: GitCommand) -> dict[str, str]:
    """Map each record path that differs from git's HEAD to git's two letters about index and work tree."""
    return _read(git.run(*_STATUS))


def _read(output: bytes) -> dict[str, str]:
    lines = output.decode(errors="surrogateescape").split("\0")[:-1]
    return {line[3:]: line[:2] for line in lines if is_record_path(line[3:])}


class EarlyLook:
    """A look that has begun; its output is taken from git as it comes, so that git never waits for a reader."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        """Make ready for a look, in a private git folder; `begin` begins it."""
        self._index = repository.git_dir / "index"
        self._seen_index = _identity(self._index)
        self._head = repository.head()
        self._since = time.monotonic()
        make_private_folder(folder, self._head)
        objects = {"GIT_OBJECT_DIRECTORY": str(repository.git_dir / "objects"), "GIT_INDEX_FILE": str(self._index)}
        self._git = GitCommand(folder, repository.path, environment=objects)
        self._output = b""
        self._has_looked: bool | None = None

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Let git look; it has ended, one way or the other, when the block is left."""
        with self._git.start(*_STATUS) as conversation:
            self._conversation = conversation
            self._reader = threading.Thread(target=self._take, args=(conversation,), daemon=True)
            self._reader.start()
            yield

    def _take(self, conversation: Conversation) -> None:
        with suppress(OSError, ValueError):  # it was ended from the other side
            self._output = conversation.stdout.read()

    def wait(self) -> bool:
        """Wait until git has looked; returns whether it could."""
        if self._has_looked is None:
            self._reader.join()
            self._has_looked = False
            with suppress(StoreError):
                self._conversation.finish()
                self._has_looked = True
        return self._has_looked

    def found_nothing(self, head: str | None) -> bool:
        """Whether all records were as this head has them, so short a while ago that it can be believed."""
        is_of_now = self._head == head and self._seen_index == _identity(self._index)
        return is_of_now and time.monotonic() - self._since < MOST_SECONDS and self.wait() and not _read(self._output)


@contextmanager
def early_look(folder: Path, branch: str) -> Iterator[EarlyLook | None]:
    """Begin to look at the store in this folder; None where that cannot be, which is for others to complain of."""
    with ExitStack() as stack:
        look = None
        with suppress(OSError, StoreError):
            repository = Repository.open(folder, branch)
            private = stack.enter_context(TemporaryDirectory(prefix="seqmeta-", ignore_cleanup_errors=True))
            begun = EarlyLook(repository, Path(private))
            stack.enter_context(begun.begin())
            look = begun
        yield look


def _identity(index: Path) -> tuple[int, int, int, int] | None:
    """What tells whether the index is the one that was there before: git renames a new one into its place."""
    try:
        status = index.lstat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
