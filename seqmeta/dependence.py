"""Whether a commit that is to be made anew depends on what is otherwise on the new head than it was for it.

Each side is judged right by itself. Both together are only where neither concerns the other: a record that the commit
writes names nothing that is otherwise there, nothing that is otherwise there names what the commit changes, and no name
or UUID is one thing's here and another's there. Everything else is to be judged anew, for rules look no further than
at what records name: a sample whose consent was withdrawn, a group that was sealed, two studies of one name.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from seqmeta.commit_files import CommitFiles
from seqmeta.errors import CorruptRecordError
from seqmeta.git import Repository
from seqmeta.records import name_of, read_record, scope_of

_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_Name = tuple[str, str, str]
"""Kind, scope and name."""


class Step(NamedTuple):
    """What a commit leads from (None: from nothing), and the commit."""

    old: str | None
    new: str


class _Said(NamedTuple):
    """What a record says that others may depend on."""

    uuid: bytes
    """The UUID of its path."""
    names: frozenset[bytes]
    """The UUIDs in it, its own among them."""
    name: frozenset[_Name]
    """The name that it has, or nothing."""


class Dependence:
    """What the head has otherwise than some commits that are made anew on it one after the other, oldest first.

    It is read once for all of them, and no more of it is held than what could concern them.
    """

    def __init__(self, repository: Repository, steps: Sequence[Step], head: str | None) -> None:
        """Take what the commits lead from and to, and where the head is now."""
        self._repository = repository
        self._differing: set[str] = set()
        """Of what could concern a commit, the paths at which the head has otherwise what the next one was made upon."""
        self._at: defaultdict[bytes, set[str]] = defaultdict(set)
        """Which paths a UUID has that a commit names."""
        self._naming: defaultdict[bytes, set[str]] = defaultdict(set)
        """Which of the head's records name what a commit writes."""
        self._having: defaultdict[_Name, set[str]] = defaultdict(set)
        """Which of the head's records have a name that a commit gives."""
        self._read_commits(steps)
        if steps and head is not None:
            self._note(CommitFiles(repository, steps[0].old, head).records())

    def _read_commits(self, steps: Sequence[Step]) -> None:
        self._named, self._written, self._names = set[bytes](), set[bytes](), set[_Name]()
        for step in steps:
            for path, data in CommitFiles(self._repository, *step).records():
                said = _read(path, data)
                self._written.add(said.uuid)
                self._named |= said.names
                self._names |= said.name

    def _note(self, records: Iterable[tuple[str, bytes | None]]) -> None:
        """Note of records that the head has otherwise, with what it has there, what could concern a commit."""
        for path, data in records:
            said = _read(path, data)
            places = [self._naming[uuid] for uuid in said.names & self._written]
            places += [self._at[said.uuid]] if said.uuid in self._named else []
            places += [self._having[name] for name in said.name & self._names]
            for place in places:
                place.add(path)
            self._differing |= {path} if places else set()

    def agree(self, paths: Iterable[str]) -> None:
        """Take note that the head has at these paths what the commit has that is next."""
        self._differing.difference_update(paths)

    def differ(self, step: Step) -> None:
        """Take note that a commit is not made anew: the head has otherwise what it changed."""
        for some in CommitFiles(self._repository, *step).record_batches():
            now = self._repository.ids_at(self._repository.head(), [change.path for change in some])
            self.agree(change.path for change in some if now[change.path] == change.new_id)
            found = {change.path: now[change.path] for change in some if now[change.path] != change.new_id}
            contents = self._repository.read(of for of in found.values() if of is not None)
            self._note((path, None if of is None else next(contents)[1]) for path, of in found.items())

    def find(self, todo: CommitFiles) -> str | None:
        """Say what is otherwise on the head and concerns what a commit writes there, None where nothing does."""
        if not self._differing:
            return None
        reasons = (self._explain(path, data) for path, data in todo.records())
        return next(filter(None, reasons), None)

    def _explain(self, path: str, data: bytes | None) -> str | None:
        said = _read(path, data)
        for other in self._among(paths for uuid in said.names if (paths := self._at.get(uuid))):
            return f"{other}, which {path} names, is another on the remote"
        for other in self._among([self._naming.get(said.uuid, set())]):  # of a new one: a request there has its UUID
            return f"{other}, which the remote has otherwise, names {path}"
        for other in self._among(self._having.get(name, set()) for name in said.name):
            return f"{other} has on the remote the name that {path} has here"
        return None

    def _among(self, places: Iterable[set[str]]) -> list[str]:
        """List which of these paths differ, sorted."""
        return sorted(path for paths in places for path in self._differing & paths)


def _read(path: str, data: bytes | None) -> _Said:
    uuid = PurePosixPath(path).stem.encode()
    if data is None:
        return _Said(uuid, frozenset({uuid}), frozenset())
    return _Said(uuid, frozenset(_UUID.findall(data)) | {uuid}, _read_name(path, data))


def _read_name(path: str, data: bytes) -> frozenset[_Name]:
    """Read the name that a record has; a file that is none has none, and `verify` names it."""
    try:
        record = read_record(path, data)
        name = name_of(record.kind, record.body)
        return frozenset() if name is None else frozenset({(record.kind, scope_of(record.kind, record.body), name)})
    except (CorruptRecordError, KeyError, TypeError):
        return frozenset()
