"""Commits of the store to records: all of one commit, one as it was then, those of a sealing commit, all versions."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import chain, islice

from seqmeta.errors import CorruptRecordError, StoreError
from seqmeta.git import Repository
from seqmeta.index import Index
from seqmeta.index_filling import index_record
from seqmeta.index_writing import make_temporary_index
from seqmeta.indexed_records import IndexedRecords
from seqmeta.kinds import load_kinds
from seqmeta.recorded import RecordLookup, Records
from seqmeta.records import Body, Record, name_of, read_record
from seqmeta.seals import tag_name
from seqmeta.worktree import is_record_path

MOST_IN_MEMORY = 80_000
"""Up to so many records are held in memory, where looking them up is several times faster (some 120 MB)."""

_AT_ONCE = 5000
_MOST_FOLDERS = 16
"""In more folders than this git looks more slowly than in the one that they are all in."""


def load_records(repository: Repository, commit: str | None) -> RecordLookup:
    """Load all records of a commit, into memory or a temporary index; none where nothing is committed yet."""
    if commit is None:
        return Records()
    records = read_records(repository, commit)
    few = list(islice(records, MOST_IN_MEMORY + 1))
    if len(few) <= MOST_IN_MEMORY:
        return Records(few)
    return IndexedRecords(make_temporary_index(map(index_record, chain(few, records))))


def load_indexed(index: Index) -> RecordLookup:
    """Take the records of an index: into memory where they are few, else to be looked up in it."""
    return IndexedRecords(index) if index.count() > MOST_IN_MEMORY else Records(index.records())


def read_records(repository: Repository, commit: str) -> Iterator[Record]:
    """Read the records of a commit one after the other, whatever their bodies say."""
    entries = (of for of in repository.entries(commit) if of.type == "blob" and is_record_path(of.path))
    while some := list(islice(entries, _AT_ONCE)):
        contents = repository.read(entry.id for entry in some)
        yield from (read_record(entry.path, data) for entry, (_, data) in zip(some, contents, strict=True))


def load_record(repository: Repository, commit: str, kind: str, uuid: str) -> Record | None:
    """Load one record as it was in a commit."""
    path = load_kinds()[kind].path(uuid)
    blob = repository.ids_at(commit, [path])[path]
    contents = dict(repository.read([blob] if blob is not None else []))
    return None if blob is None else read_record(path, contents[blob])


def find_all_names(repository: Repository, head: str, kind: str, uuids: Collection[str]) -> set[str]:
    """Find the names that things of a kind have or had in any commit up to a head; one walk finds those of all."""
    names: set[str | None] = set()
    for path, data in _read_versions(repository, head, kind, uuids):
        with suppress(CorruptRecordError):  # what nobody can read tells no name
            names.add(name_of(kind, read_record(path, data).body))
    return {name for name in names if name is not None}


def _read_versions(repository: Repository, head: str, kind: str, uuids: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Read all versions of records along first parents, each with its path."""
    wanted = {load_kinds()[kind].path(uuid) for uuid in uuids}
    folders = sorted({path.rpartition("/")[0] for path in wanted})
    places = folders if len(folders) <= _MOST_FOLDERS else [load_kinds()[kind].plural]
    changes = repository.changed_below(head, *places) if folders else ()
    paths = {of.new_id: of.path for of in changes if of.new_id is not None and of.path in wanted}
    return ((paths[blob], data) for blob, data in repository.read(paths))


class StoreHistory:
    """What a repository knows of the commits before a head: those that sealed submissions, or recorded an order."""

    def __init__(self, repository: Repository, head: str | None = None) -> None:
        """Take the repository and the head that is judged; tags are listed when they are first needed, and once."""
        self._repository = repository
        self._head = head
        self._changes: dict[str, int] = {}

    @cached_property
    def _commits(self) -> Mapping[str, str]:
        return {tag.name: tag.target for tag in self._repository.tags("seal/")}

    def when_sealed(self, submission: str, kind: str, uuid: str) -> Body | None:
        """The body of a thing as it was recorded in the commit that sealed a submission; None where none is known."""
        try:
            commit = self._commits.get(tag_name(submission))
            record = load_record(self._repository, commit, kind, uuid) if commit is not None else None
        except StoreError:  # a tag that is no seal: `verify` is there to name it
            return None
        return record.body if record is not None else None

    def when_recorded(self, order: str, kind: str, uuid: str) -> Iterator[Body]:
        """The bodies of a thing as it was in the commits that recorded the versions of an order, newest first.

        None for a thing that never changed: its only body is known.
        """
        path = load_kinds()[kind].path(uuid)
        if path not in self._changes:  # the things of many orders are few
            self._changes[path] = len(self._commits_of(path))
        if self._changes[path] > 1:
            commits = self._commits_of(load_kinds()["order"].path(order))
            blobs = dict.fromkeys(self._repository.ids_of((commit, path) for commit in commits))
            for _, data in self._repository.read(filter(None, blobs)):
                yield read_record(path, data).body

    def when_orders_were(self, orders: Collection[str]) -> Iterator[Body]:
        """The bodies of all versions of these orders, found in one walk."""
        if self._head is not None:
            for path, data in _read_versions(self._repository, self._head, "order", orders):
                yield read_record(path, data).body

    def _commits_of(self, path: str) -> list[str]:
        return [commit.id for commit in self._repository.log(self._head, path)] if self._head is not None else []
