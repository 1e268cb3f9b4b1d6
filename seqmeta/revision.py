"""One revision of the store: its records, read as far as they are asked for and no further.

Looking at one record of a million must not cost reading them all, and going through all of them must not take the
memory for them. What is asked for is found by the index of the last run: where that is of this very commit it has the
records too; where it is of another, what differs between the two is looked at besides. Without one a UUID is found by
its path, and what mentions something by its bytes before anything is parsed: the same is found, in more time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import orjson

from seqmeta.candidates import Candidates
from seqmeta.creation import open_records
from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.holdings import Holdings, LostIndexError
from seqmeta.identity import progress_uuid
from seqmeta.index_opening import INDEX_FILE, KEY_FILE
from seqmeta.index_opening import open_records as open_index
from seqmeta.kinds import load_kinds
from seqmeta.particulars import Label, find_referred, has_part, label, other_name_of, state_of
from seqmeta.record_paths import RecordPaths
from seqmeta.records import Body, Record, name_of, read_record
from seqmeta.telling import Tell, tell_nobody
from seqmeta.workspace import Workspace
from seqmeta.worktree import is_record_path

_MOST_SINGLE = 8
"""After so many questions for single records of a kind, all paths of that kind are read."""

_MOST_NAMES = 2000
_MOST_NEEDLES = 16
"""Looking for more texts than this in the bytes of a record costs more than parsing it."""

_AT_ONCE, _BATCH = {"order": 50, "submission": 20, "progress": 20}, 500
"""How many records are held at once, of kinds whose records may be long and of others."""
_BLOBS_AT_ONCE = 5000


class Revision:
    """The records of one commit of a repository; `index` is where an index may be, and its key."""

    def __init__(
        self, repository: Repository, commit: str, index: tuple[Path, Path] | None = None, tell: Tell = tell_nobody
    ) -> None:
        self.repository = repository
        self.commit = commit
        self.tell = tell
        self._index = index
        self._candidates = Candidates(repository, commit, None if index is None else _open_holdings(*index))
        self._paths: dict[str, RecordPaths] = {}
        self._asked = dict.fromkeys(load_kinds(), 0)

    def at(self, commit: str) -> "Revision":
        """Another revision of the same store."""
        return self if commit == self.commit else Revision(self.repository, commit, self._index, self.tell)

    def newest(self) -> "Revision":
        """The revision that is committed last."""
        return self.at(self.repository.head() or self.commit)

    def _find(
        self,
        kind: str,
        ask: Callable[[Holdings], list[str]],
        needles: Collection[str],
        is_meant: Callable[[Record], bool],
    ) -> list[Record]:
        """The records of a kind that are meant, by UUID: those that an index tells, or that have one of the needles."""
        try:
            found = self.get_all(kind, self._candidates.of(kind, ask))
        except LostIndexError:
            found = self._mentioning(kind, needles)
        return [record for record in found if is_meant(record)]

    def _all_paths(self, kind: str) -> RecordPaths:
        if kind not in self._paths:
            entries = self.repository.entries(self.commit, f"{load_kinds()[kind].plural}/")
            self._paths[kind] = RecordPaths(kind, entries)
        return self._paths[kind]

    def _some_paths(self, kind: str, uuids: Collection[str]) -> dict[str, tuple[str, str]]:
        """The path and blob of those of these UUIDs that are records of a kind."""
        self._asked[kind] += 1
        wanted = {path: uuid for uuid in uuids if is_record_path(path := load_kinds()[kind].path(uuid))}
        if kind in self._paths or self._asked[kind] > _MOST_SINGLE:
            paths = self._all_paths(kind)
            return {uuid: found for uuid in wanted.values() if (found := paths.find(uuid)) is not None}
        blobs = self.repository.ids_at(self.commit, wanted)
        return {uuid: (path, blob) for path, uuid in wanted.items() if (blob := blobs.get(path))}

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
        try:
            found = self._candidates.here().find(kind, wanted)
        except LostIndexError:
            found = {}
        rest = [uuid for uuid in wanted if uuid not in found]
        if rest:  # git has the last word on what is not there
            known = self._some_paths(kind, rest)
            found |= {record.uuid: record for record in self._parse(known[uuid] for uuid in rest if uuid in known)}
        return [found[uuid] for uuid in wanted if uuid in found]

    def of_kind(self, kind: str) -> Iterator[Record]:
        """All records of a kind, by UUID, some at a time."""
        what, last = f"reading {load_kinds()[kind].plural}", ""

        def told(done: int, total: int) -> None:
            self.tell(what, done, total)

        try:
            for record in self._candidates.here().of_kind(kind, told):
                yield record
                last = record.uuid
        except LostIndexError:
            paths = self._all_paths(kind)
            rest = (of for of in paths if of[0][-41:-5] > last)
            for number, record in enumerate(self._parse(rest), 1):
                yield record
                if not number % _BLOBS_AT_ONCE:
                    told(number, len(paths))
            told(len(paths), len(paths))

    def batches(self, kind: str) -> Iterator[list[Record]]:
        """All records of a kind by UUID, so many at a time as memory has room for whatever they are."""
        records = self.of_kind(kind)
        while some := list(islice(records, _AT_ONCE.get(kind, _BATCH))):
            yield some

    def labels(
        self, kind: str, state: str | None = None, *, with_body: bool, is_sorted: bool = True
    ) -> Iterator[tuple[Label, Body]]:
        """What a list says of the records of a kind (in a state), by name or as they come soonest; see `Holdings`.

        LostIndexError, at the beginning or later, where no index of this commit tells.
        """
        return self._candidates.here().labels(kind, state, with_body=with_body, is_sorted=is_sorted)

    def labels_unsorted(self, kind: str) -> Iterator[tuple[Label, Body]]:
        """What a list says of the records of a kind, with their bodies, by UUID."""
        return ((label(record), record.body) for record in self.of_kind(kind))

    def named(self, kind: str, name: str) -> list[Record]:
        """The records of a kind that go by this name, by UUID; of those named within others there may be several."""
        return self._find(
            kind, lambda index: index.uuids_named(kind, name), [name], lambda of: name_of(kind, of.body) == name
        )

    def also_named(self, kind: str, name: str) -> list[Record]:
        """The records of a kind that people know by this name too, by UUID; progress goes by that of its submission."""
        return self._find(
            kind,
            lambda index: index.uuids_also_named(kind, name),
            [name],
            lambda of: other_name_of(kind, of.body) == name,
        )

    def in_state(self, kind: str, state: str) -> list[Record]:
        """The records of a kind that are in a state which is no default, by UUID."""
        return self._find(
            kind, lambda index: index.uuids_in_state(kind, state), [state], lambda of: state_of(kind, of.body) == state
        )

    def referring(self, kind: str, uuids: Collection[str]) -> list[Record]:
        """The records of a kind that refer to one of these things, by UUID; runs to the requests that they fulfil."""
        wanted = frozenset(uuids)
        return self._find(
            kind,
            lambda index: index.uuids_referring(kind, wanted),
            wanted,
            lambda of: not wanted.isdisjoint(find_referred(kind, of.body)),
        )

    def owning(self, uuids: Collection[str]) -> list[Record]:
        """The submissions in which one of these requests and pools stands, by UUID."""
        return self._find(
            "submission",
            lambda index: index.owners(uuids),
            uuids,
            lambda of: any(has_part(of.body, uuid) for uuid in uuids),
        )

    def mentioning(self, kind: str, text: str) -> list[Record]:
        """The records of a kind that have a text among their values, by UUID; all of the kind are looked through."""
        return self._find(
            kind, lambda index: index.uuids_mentioning(kind, [text]), [text], lambda of: _is_in(text, of.body)
        )

    def _mentioning(self, kind: str, texts: Collection[str]) -> list[Record]:
        """The records of a kind that may have one of these texts among their values, by UUID.

        Where there are many texts all records are looked at: whoever asks looks anyway where the text stands.
        """
        needles = [orjson.dumps(text) for text in texts] if len(texts) <= _MOST_NEEDLES else [b""]
        return [
            read_record(path, data)
            for path, data in self._bytes(self._all_paths(kind))
            if any(needle in data for needle in needles)
        ]

    def some_names(self, kind: str) -> list[str]:
        """The names of a kind to pick a suggestion from: those of the first records by UUID."""
        try:
            return self._candidates.here().names(kind, _MOST_NAMES)
        except LostIndexError:
            names = (name_of(kind, record.body) for record in islice(self.of_kind(kind), _MOST_NAMES))
            return [name for name in names if name is not None]

    def progress_of(self, submission: str) -> Body | None:
        """The body of the progress of a submission, None while it is not submitted."""
        record = self.get("progress", progress_uuid(submission))
        return record.body if record is not None else None

    def submissions(self) -> Iterator[tuple[Record, Body | None]]:
        """All submissions by UUID, each with the body of its progress."""
        for some in self.batches("submission"):
            uuids = [progress_uuid(record.uuid) for record in some]
            progress = {record.uuid: record.body for record in self.get_all("progress", uuids)}
            yield from ((record, progress.get(uuid)) for record, uuid in zip(some, uuids, strict=True))

    def _parse(self, paths: Iterable[tuple[str, str]]) -> Iterator[Record]:
        return (read_record(path, data) for path, data in self._bytes(paths))

    def _bytes(self, paths: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
        rest = iter(paths)
        while some := list(islice(rest, _BLOBS_AT_ONCE)):
            contents = self.repository.read(blob for _, blob in some)
            yield from ((path, data) for (path, _), (_, data) in zip(some, contents, strict=True))


def _is_in(text: str, value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_is_in(text, of) for of in value.values())
    return any(_is_in(text, of) for of in value) if isinstance(value, list) else value == text


def _open_holdings(path: Path, key_file: Path) -> Holdings | None:
    index = open_index(path, key_file)
    try:
        return None if index is None else Holdings(index)
    except LostIndexError:
        return None


def open_revision(workspace: Workspace, rev: str | None = None, tell: Tell = tell_nobody) -> Revision:
    """Open a revision of a workspace's records, by default what is committed last; `tell` is told of long reading.

    Raises StoreError where nothing is committed yet, or the revision is none of the store, and WorkspaceError where the
    configuration is wrong.
    """
    workspace.require_config()
    repository = open_records(workspace)
    commit = repository.head() if rev is None else repository.resolve(rev)
    if commit is None:
        raise StoreError(f"nothing is committed in {repository.path} yet: `seqmeta apply` commits what is described")
    return Revision(repository, commit, (workspace.cache_folder / INDEX_FILE, repository.git_dir / KEY_FILE), tell)
