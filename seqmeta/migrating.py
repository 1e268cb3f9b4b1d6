"""Records that an older schema wrote, brought forward to the present one in one commit; what is sealed stays as it is.

Reading does the same (`seqmeta.records`), so nothing has to be migrated for seqmeta to go on. It is for those who read
the files themselves.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from seqmeta.canonical import record_bytes
from seqmeta.changes import FieldChange, compare
from seqmeta.commit_message import MOST_LINES, one_line
from seqmeta.committing import TRIES, find_committer, pull, push, push_waiting
from seqmeta.creation import require_records
from seqmeta.errors import ConflictError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.kinds import load_kinds
from seqmeta.moment import Moment
from seqmeta.records import Body, Record, name_of, read_record
from seqmeta.snapshot import read_records
from seqmeta.store import WAIT_SECONDS, Store, open_store
from seqmeta.version import __version__
from seqmeta.workspace import Workspace

_AT_ONCE = 1000
"""So many records are read, and held, at once."""


class Move(NamedTuple):
    """One record to bring forward: as it reads now, and the schema and body that its file has."""

    record: Record
    schema: str
    before: Body

    @property
    def version(self) -> int:
        """The version after it: one more where the body changes, and only there (CONTRACT 3)."""
        return self.record.version + (self.before != self.record.body)

    @property
    def name(self) -> str | None:
        """The name that it goes by."""
        return name_of(self.record.kind, self.record.body)

    @property
    def fields(self) -> list[FieldChange]:
        """What becomes different, field by field."""
        return list(compare(self.record.kind, self.before, self.record.body))

    def render(self) -> bytes:
        """Render its file."""
        plain = self.record.plain
        return record_bytes({**plain, "meta": {**plain["meta"], "version": self.version}})


class Moves:
    """The records to bring forward, by their paths: read from git, a few at a time, whenever they are gone through.

    To a store they are the files to be written (`packing.Files`).
    """

    def __init__(self, repository: Repository, head: str | None, paths: Sequence[str]) -> None:
        """Take the commit that has them, and their paths, sorted."""
        self._repository = repository
        self._head = head
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Move]:
        for start in range(0, len(self._paths), _AT_ONCE):
            blobs = self._repository.ids_at(self._head, self._paths[start : start + _AT_ONCE])
            contents = self._repository.read(blob for blob in blobs.values() if blob is not None)
            for path, (_, data) in zip(blobs, contents, strict=True):
                record = read_record(path, data)
                if record.stored is not None:
                    yield Move(record, record.stored.schema, record.stored.body)

    def paths(self) -> Iterator[str]:
        """Their paths in the store."""
        return iter(self._paths)

    def contents(self) -> Iterator[bytes]:
        """What their files will hold, in the same order."""
        return (move.render() for move in self)


class Migration(NamedTuple):
    """What there is to bring forward from a head, how many sealed records stay, and the commit once it is made."""

    head: str | None
    moves: Moves
    sealed: int
    commit: str | None = None
    notices: Sequence[Finding] = ()


def plan_migration(workspace: Workspace) -> Migration:
    """Find what would be brought forward; write nothing. StoreError where there are no records yet."""
    return _plan(_open(workspace).repository)


def migrate(workspace: Workspace, moment: Moment, wait_seconds: float = WAIT_SECONDS) -> Migration:
    """Bring forward what an older schema wrote, in one commit; no commit where there is nothing.

    Raises LockedError when another run does not end within `wait_seconds`, StoreError for whatever keeps the store
    from being written.
    """
    store = _open(workspace)
    committer = find_committer(workspace, moment.home)
    with store.locked(wait_seconds) as notices:
        for _ in range(TRIES):
            notices.extend(pull(workspace, store))
            plan = _plan(store.repository)
            if not plan.moves:
                push_waiting(workspace, store, notices)
                return plan._replace(notices=notices)
            with suppress(ConflictError):
                commit = store.publish(
                    parent=plan.head,
                    files=plan.moves,
                    message=_message(plan.moves),
                    committer=committer,
                    when=moment.seconds,
                )
                made = push(workspace, store, notices, commit)
                return plan._replace(commit=made, notices=notices)
    raise ConflictError(f"other commits came between {TRIES} times: try again")


def _open(workspace: Workspace) -> Store:
    workspace.require_config()
    return open_store(require_records(workspace), workspace.config.branch)


def _plan(repository: Repository) -> Migration:
    head = repository.head()
    sealed: set[str] = set()
    old = []
    for record in read_records(repository, head) if head is not None else ():
        sealed |= _sealed_with(record)
        old += [(record.path, record.uuid)] if record.stored is not None else []
    kept = [path for path, uuid in old if uuid not in sealed]
    return Migration(head, Moves(repository, head, kept), len(old) - len(kept))


def _sealed_with(record: Record) -> set[str]:
    """The UUIDs of what a seal covers because of this record: itself, and of an order the asset group too."""
    body = record.body
    if record.kind == "submission" and "seal" in body:
        return {record.uuid}
    if record.kind == "order" and body["state"] == "sealed":
        return {record.uuid, *([body["asset_group"]["uuid"]] if "asset_group" in body else [])}
    return set()


def _message(moves: Moves) -> str:
    """Write the commit's message: what was brought forward, and by which seqmeta."""
    plurals = {kind.plural: name for name, kind in load_kinds().items()}
    kinds = Counter(plurals[path.partition("/")[0]] for path in moves.paths())
    named = [f"{count} {kind if count == 1 else load_kinds()[kind].plural}" for kind, count in kinds.items()]
    lines = [
        f"{move.record.kind} {one_line(move.name or move.record.uuid)} ({move.record.uuid}): "
        f"{move.schema} to {load_kinds()[move.record.kind].schema}"
        for move in islice(moves, MOST_LINES)
    ]
    if len(moves) > MOST_LINES:
        lines.append(f"and {len(moves) - MOST_LINES} more")
    subject = f"Migrate {', '.join(named)}".replace("_", " ")
    return "\n".join([subject, "", *lines, "", f"Seqmeta-Version: {__version__}", ""])


def plain_migration(migration: Migration) -> dict[str, Any]:
    """What there is to migrate, or was migrated, as plain values."""
    return {
        "commit": migration.commit,
        "sealed": migration.sealed,
        "migrated": [
            {
                "kind": move.record.kind,
                "uuid": move.record.uuid,
                "name": move.name,
                "schemas": {"from": move.schema, "to": load_kinds()[move.record.kind].schema},
                "versions": {"from": move.record.version, "to": move.version},
                "changes": [{"path": of.path, "from": of.before, "to": of.after} for of in move.fields],
            }
            for move in migration.moves
        ],
    }
