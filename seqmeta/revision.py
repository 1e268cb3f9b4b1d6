"""One revision of the store: its records, read as far as they are asked for and no further.

Looking at one record of a million must not cost reading them all: a UUID is found by its path, and what mentions
something is found by its bytes before anything is parsed. Every question is one git process, whatever it reads.
"""

from collections.abc import Collection, Iterable
from functools import cached_property

import orjson

from seqmeta.creation import is_made
from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.identity import progress_uuid
from seqmeta.kinds import load_kinds
from seqmeta.records import Body, Record, read_record
from seqmeta.workspace import Workspace
from seqmeta.worktree import is_record_path

_MOST_NEEDLES = 16
"""Looking for more texts than this in the bytes of a record costs more than parsing it."""


class Revision:
    """The records of one commit of a repository."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.repository = repository
        self.commit = commit
        self._read: dict[str, list[Record]] = {}

    @cached_property
    def _paths(self) -> dict[str, dict[str, tuple[str, str]]]:
        """Of each kind, the path and blob of each UUID."""
        folders = {kind.plural: name for name, kind in load_kinds().items()}
        found: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in load_kinds()}
        for path, blob in self.repository.tree(self.commit).items():
            if is_record_path(path):
                folder, _, file = path.split("/")
                found[folders[folder]][file.removesuffix(".json")] = (path, blob)
        return found

    def kind_of(self, uuid: str) -> str | None:
        """The kind of the record of this UUID, None where there is none."""
        return next((kind for kind, paths in self._paths.items() if uuid in paths), None)

    def get(self, kind: str, uuid: str) -> Record | None:
        """The record of this kind and UUID."""
        return next(iter(self.get_all(kind, [uuid])), None)

    def get_all(self, kind: str, uuids: Iterable[str]) -> list[Record]:
        """The records of this kind and these UUIDs, as far as there are any, in the order asked."""
        known = self._paths[kind]
        return self._parse([known[uuid] for uuid in uuids if uuid in known])

    def data(self, kind: str, uuid: str) -> bytes:
        """The bytes of a record that is there, as stored."""
        return next(content for _, content in self.repository.read([self._paths[kind][uuid][1]]))

    def of_kind(self, kind: str) -> list[Record]:
        """All records of a kind, by UUID."""
        if kind not in self._read:
            paths = self._paths[kind]
            self._read[kind] = self._parse([paths[uuid] for uuid in sorted(paths)])
        return self._read[kind]

    def mentioning(self, kind: str, texts: Collection[str]) -> list[Record]:
        """The records of a kind that may have one of these texts among their values, by UUID.

        Where there are many texts all records are returned: the caller looks anyway where the text stands.
        """
        if kind in self._read or len(texts) > _MOST_NEEDLES:
            return self.of_kind(kind)
        needles = [orjson.dumps(text) for text in texts]
        paths = [self._paths[kind][uuid] for uuid in sorted(self._paths[kind])]
        contents = self.repository.read(blob for _, blob in paths)
        return [
            read_record(path, data)
            for (path, _), (_, data) in zip(paths, contents, strict=True)
            if any(needle in data for needle in needles)
        ]

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


def open_revision(workspace: Workspace, rev: str | None = None) -> Revision:
    """Open a revision of a workspace's records, by default what is committed last.

    Raises StoreError where nothing is committed yet, or the revision is none of the store.
    """
    repository = open_records(workspace)
    commit = repository.head() if rev is None else repository.resolve(rev)
    if commit is None:
        raise StoreError(f"nothing is committed in {repository.path} yet: `seqmeta apply` does it")
    return Revision(repository, commit)
