"""The files that lie between two commits, read from git a few at a time: there may be more than fit into memory."""

import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import PurePosixPath

from seqmeta.errors import StoreError
from seqmeta.git import Repository, is_askable
from seqmeta.tree_changes import Change
from seqmeta.worktree import is_record_path

_PLAIN = frozenset({"100644", "100755"})
_AT_ONCE = 1000
"""So many files are asked for, and held, at once."""


class CommitFiles:
    """What a commit has otherwise than an older one (None: than nothing), as files to be written (`packing.Files`).

    Each look at them asks git anew. StoreError at the first that a store never holds.
    """

    def __init__(self, repository: Repository, old: str | None, new: str, *, without: Collection[str] = ()) -> None:
        """Take the commits, and the paths that are passed over."""
        self._repository = repository
        self._commits = (old, new)
        self._without = without

    def changes(self) -> Iterator[Change]:
        """Yield what differs, as `Repository.changed` does."""
        for change in self._repository.changed(*self._commits):
            if change.path not in self._without:
                require_plain(change)
                yield change

    def batches(self) -> Iterator[list[Change]]:
        """Yield the same, some at once."""
        changes = self.changes()
        while some := list(islice(changes, _AT_ONCE)):
            yield some

    def paths(self) -> Iterator[str]:
        """Yield the paths of the files that the newer commit has."""
        return (change.path for change in self.changes() if change.new_id is not None)

    def contents(self) -> Iterator[bytes]:
        """Yield what they hold, in the same order."""
        for some in self.batches():
            ids = (change.new_id for change in some if change.new_id is not None)
            yield from (data for _, data in self._repository.read(ids))

    def record_batches(self) -> Iterator[list[Change]]:
        """Yield what differs at the paths of records, some at once; here nothing is refused."""
        changes = (change for change in self._repository.changed(*self._commits) if is_record_path(change.path))
        while some := list(islice(changes, _AT_ONCE)):
            yield [change for change in some if change.path not in self._without]

    def records(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the paths of the records that differ with what they hold now, None for what is no plain file there."""
        for some in self.record_batches():
            ids = [change.new_id if change.new_mode in _PLAIN else None for change in some]
            contents = self._repository.read(of for of in ids if of is not None)
            for change, of in zip(some, ids, strict=True):
                yield change.path, None if of is None else next(contents)[1]

    def removed(self) -> Iterator[str]:
        """Yield the paths that the newer commit does not have any more."""
        return (change.path for change in self.changes() if change.new_id is None)


def require_plain(change: Change) -> None:
    """Refuse what a store never holds and a work tree must not get: links, submodules, paths into git's folder."""
    parts = PurePosixPath(change.path).parts
    if change.new_mode is not None and change.new_mode not in _PLAIN:
        raise StoreError(
            f"{change.path} is neither a file nor gone (mode {change.new_mode}): expected plain files only"
        )
    if (
        not parts
        or any(part == ".." or re.fullmatch(r"(?i)\.git|git~1", part) for part in parts)
        or not is_askable(change.path)
    ):
        raise StoreError(f"{change.path!r} cannot be a path in a store")
