"""One revision of the store: its records, read as far as they are asked for and no further.

Looking at one record of a million must not cost reading them all: a UUID is found by its path, a name by the index of
the last run where that is of this very commit, and what mentions something by its bytes before anything is parsed.
Every question is one or two git processes, whatever it reads.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable

import orjson

from seqmeta.creation import is_made
from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.identity import progress_uuid
from seqmeta.index import Index
from seqmeta.index_opening import INDEX_FILE, KEY_FILE
from seqmeta.index_opening import open_records as open_index_of_records
from seqmeta.kinds import load_kinds
from seqmeta.records import Body, Record, name_of, read_record
from seqmeta.workspace import Workspace
from seqmeta.worktree import is_record_path

_MOST_SINGLE = 8
"""After so many questions for single records of a kind, all paths of that kind are read."""

_MOST_NAMES = 2000
_MOST_NEEDLES = 16
"""Looking for more texts than this in the bytes of a record costs more than parsing it."""


class Revision:
    """The records of one commit of a repository; `index` is one of this very commit, if there is any."""

    def __init__(self, repository: Repository, commit: str, index: Index | None = None) -> None:
        self.repository = repository
        self.commit = commit
        self._index = index
        self._read: dict[str, list[Record]] = {}
        self._paths: dict[str, dict[str, tuple[str, str]]] = {}
        self._asked: Counter[str] = Counter()

    def _all_paths(self, kind: str) -> dict[str, tuple[str, str]]:
        """The path and blob of each UUID of a kind."""
        if kind not in self._paths:
            entries = self.repository.entries(self.commit, f"{load_kinds()[kind].plural}/")
            self._paths[kind] = {
                entry.path[-41:-5]: (entry.path, entry.id)
                for entry in entries
                if entry.type == "blob" and is_record_path(entry.path)
            }
        return self._paths[kind]

    def _some_paths(self, kind: str, uuids: Collection[str]) -> dict[str, tuple[str, str]]:
        """The path and blob of those of these UUIDs that are records of a kind."""
        self._asked[kind] += 1
        if kind in self._paths or self._asked[kind] > _MOST_SINGLE:
            return self._all_paths(kind)
        paths = [load_kinds()[kind].path(uuid) for uuid in uuids]
        blobs = self.repository.ids_at(self.commit, filter(is_record_path, paths))
        return {uuid: (path, blob) for uuid, path in zip(uuids, paths, strict=True) if (blob := blobs.get(path))}

    def kind_of(self, uuid: str) -> str | None:
        """The kind of the record of this UUID, None where there is none."""
        paths = {name: kind.path(uuid) for name, kind in load_kinds().items()}
        blobs = self.repository.ids_at(self.commit, filter(is_record_path, paths.values()))
        return next((kind for kind, path in paths.items() if blobs.get(path)), None)

    def get(self, kind: str, uuid: str) -> Record | None:
        """The record of this kind and UUID."""
        return next(iter(self.get_all(kind, [uuid])), None)

    def get_all(self, kind: str, uuids: Iterable[str]) -> list[Record]:
        """The records of this kind and these UUIDs, as far as there are any, in the order asked."""
        wanted = list(uuids)
        known = self._some_paths(kind, wanted)
        return self._parse([known[uuid] for uuid in wanted if uuid in known])

    def data(self, kind: str, uuid: str) -> bytes:
        """The bytes of a record that is there, as stored."""
        return next(content for _, content in self.repository.read([self._some_paths(kind, [uuid])[uuid][1]]))

    def of_kind(self, kind: str) -> list[Record]:
        """All records of a kind, by UUID."""
        if kind not in self._read:
            paths = self._all_paths(kind)
            self._read[kind] = self._parse([paths[uuid] for uuid in sorted(paths)])
        return self._read[kind]

    def named(self, kind: str, name: str) -> list[Record]:
        """The records of a kind that go by this name, by UUID; of those named within others there may be several."""
        found = self._named_in_index(kind, name)
        records = self.mentioning(kind, [name]) if found is None else self.get_all(kind, found)
        return [record for record in records if name_of(kind, record.body) == name]

    def _named_in_index(self, kind: str, name: str) -> list[str] | None:
        try:
            is_scoped = load_kinds()[kind].named_within is not None
            return self._index.uuids_named(kind, name, is_scoped=is_scoped) if self._index is not None else None
        except sqlite3.Error:
            return None

    def mentioning(self, kind: str, texts: Collection[str]) -> list[Record]:
        """The records of a kind that may have one of these texts among their values, by UUID.

        Where there are many texts all records are returned: the caller looks anyway where the text stands.
        """
        if kind in self._read or len(texts) > _MOST_NEEDLES:
            return self.of_kind(kind)
        needles = [orjson.dumps(text) for text in texts]
        paths = [path for _, path in sorted(self._all_paths(kind).items())]
        contents = self.repository.read(blob for _, blob in paths)
        return [
            read_record(path, data)
            for (path, _), (_, data) in zip(paths, contents, strict=True)
            if any(needle in data for needle in needles)
        ]

    def some_names(self, kind: str) -> list[str]:
        """The names of a kind to pick a suggestion from: those of the first records by UUID."""
        paths = [path for _, path in sorted(self._all_paths(kind).items())[:_MOST_NAMES]]
        names = (name_of(kind, record.body) for record in self._parse(paths))
        return [name for name in names if name is not None]

    def progress_of(self, submission: str) -> Body | None:
        """The body of the progress of a submission, None while it is not submitted."""
        record = self.get("progress", progress_uuid(submission))
        return record.body if record is not None else None

    def _parse(self, paths: list[tuple[str, str]]) -> list[Record]:
        contents = self.repository.read(blob for _, blob in paths)
        return [read_record(path, data) for (path, _), (_, data) in zip(paths, contents, strict=True)]


def open_records(workspace: Workspace) -> Repository:
    """Open the repository of records for reading; StoreError where there is none yet."""
    folder = workspace.records_folder
    if not is_made(folder):
        raise StoreError(f"there are no records in {folder} yet: `seqmeta apply` makes them")
    return Repository.open(folder, workspace.config.branch)


def store_head(workspace: Workspace) -> str:
    """The commit that the store is at, as a line; empty where there is no store yet."""
    head = open_records(workspace).head() if is_made(workspace.records_folder) else None
    return f"{head}\n" if head is not None else ""


def open_revision(workspace: Workspace, rev: str | None = None) -> Revision:
    """Open a revision of a workspace's records, by default what is committed last.

    Raises StoreError where nothing is committed yet, or the revision is none of the store.
    """
    repository = open_records(workspace)
    commit = repository.head() if rev is None else repository.resolve(rev)
    if commit is None:
        raise StoreError(f"nothing is committed in {repository.path} yet: `seqmeta apply` does it")
    index = workspace.cache_folder / INDEX_FILE, repository.git_dir / KEY_FILE
    return Revision(repository, commit, open_index_of_records(*index, commit))
