"""The files that lie between two commits, read from git a few at a time: there may be more than fit into memory."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath

from seqmeta.errors import UnfitError
from seqmeta.git import Repository, is_askable
from seqmeta.tree_changes import Change
from seqmeta.worktree import is_record_path

PLAIN, PROGRAM = "100644", "100755"
"""The modes that a file of a store may have."""

_NOT_PLAIN = {"120000": "a symbolic link", "160000": "a repository within the repository"}

_AT_ONCE = 1000
"""Of so many files at once it is asked what they hold."""

_MOST_HELD = 50_000
"""So many changes are held, in some 25 MB: to have git compare for each look would take longer."""


class CommitFiles:
    """What a commit has otherwise than an older one (None: than nothing), as files to be written (`packing.Files`).

    Where they are many, each look at them asks git anew. UnfitError at the first that a store never holds.
    """

    def __init__(self, repository: Repository, old: str | None, new: str, *, without: Collection[str] = ()) -> None:
        """Take the commits, and the paths that are passed over."""
        self._repository = repository
        self._commits = (old, new)
        self._without = without
        self._few: list[Change] | None = None

    def changes(self) -> Iterator[Change]:
        """Yield what differs, as `Repository.changed` does."""
        if self._few is not None:
            yield from self._few
            return
        found = self._find()
        first = list(islice(found, _MOST_HELD + 1))
        if len(first) <= _MOST_HELD:
            self._few = first
        yield from first
        yield from found

    def _find(self) -> Iterator[Change]:
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
            ids = [change.new_id if change.new_mode in (PLAIN, PROGRAM) else None for change in some]
            contents = self._repository.read(of for of in ids if of is not None)
            for change, of in zip(some, ids, strict=True):
                yield change.path, None if of is None else next(contents)[1]

    def executable(self) -> set[str]:
        """List the paths of those files of the newer commit that are programs."""
        return {change.path for change in self.changes() if change.new_mode == PROGRAM}

    def removed(self) -> Iterator[str]:
        """Yield the paths that the newer commit does not have any more."""
        return (change.path for change in self.changes() if change.new_id is None)


def require_plain(change: Change) -> None:
    """Refuse what a store never holds and a work tree must not get: links, submodules, paths into git's folder."""
    if change.new_mode == PLAIN and is_record_path(change.path):
        return  # as most are
    parts = PurePosixPath(change.path).parts
    if change.new_mode not in {None, PLAIN, PROGRAM}:
        what = _NOT_PLAIN.get(change.new_mode, f"of mode {change.new_mode}")
        raise UnfitError(f"{change.path!r} is {what}: expected plain files only", change.path)
    if (
        not parts
        or any(part == ".." or re.fullmatch(r"(?i)\.git|git~1", part) for part in parts)
        or (change.new_id is not None and not is_askable(change.path))
    ):
        raise UnfitError(f"{change.path!r} cannot be a path in a store", change.path)


class Standing:
    """How a commit stands to what another one changes, some of it, from its own parent `before`.

    A record's mode goes without saying; of somebody's own file a change may be in the mode alone.
    """

    def __init__(self, repository: Repository, before: str | None, head: str | None, changes: Sequence[Change]) -> None:
        """Ask what the commit `head` has at the places of these changes, and what in those of their folders."""
        self._repository = repository
        self._before = before
        self._head = head
        folders = {
            str(of) for change in changes if change.new_id for of in list(PurePosixPath(change.path).parents)[:-1]
        }
        paths = [*(change.path for change in changes), *sorted(folders)]
        places = [] if head is None else [(head, path) for path in paths]
        self._things = dict(zip(paths, repository.things_at(places) or [None] * len(paths), strict=True))
        odd = [change.path for change in changes if {change.old_mode, change.new_mode} - {None, PLAIN}]
        self._modes = {} if head is None else repository.modes_at(head, odd)

    def has_new(self, change: Change) -> bool:
        """Whether all is there as the change makes it."""
        now = self._things[change.path]
        if now is None or now.type == "tree":
            return change.new_id is None
        return self._is(change.path, change.new_id, change.new_mode)

    def find_foreign(self, change: Change) -> str | None:
        """Find what is there and is neither what the change makes nor what it was made from; None where nothing is."""
        now = self._things[change.path]
        if self.has_new(change):
            return None
        if now is not None and now.type == "tree":
            return None if self._is_as_before(change.path) else change.path
        if (now is None) != (change.old_id is None) or (
            now and not self._is(change.path, change.old_id, change.old_mode)
        ):
            return change.path
        above = map(str, list(PurePosixPath(change.path).parents)[:-1]) if change.new_id else ()
        return next((path for path in above if self._is_file(path) and not self._is_as_before(path)), None)

    def _is(self, path: str, object_id: str | None, mode: str | None) -> bool:
        now = self._things[path]
        return now is not None and now.id == object_id and self._modes.get(path, mode) == mode

    def _is_file(self, path: str) -> bool:
        now = self._things[path]
        return now is not None and now.type != "tree"

    def _is_as_before(self, path: str) -> bool:
        """Whether a folder or file in the way is what the change was made on: then all of it gives way."""
        if self._before is None:
            return False
        return self._repository.things_at([(self._before, path)]) == [self._things[path]]
