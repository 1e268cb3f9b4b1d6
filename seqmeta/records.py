"""The committed records at one commit, looked up by UUID and by name: the read-only side of every run."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from seqmeta.canonical import digest, parse_record
from seqmeta.errors import CorruptRecordError
from seqmeta.kinds import load_kinds
from seqmeta.upgrades import UpgradeError, bring_forward

Body = Mapping[str, Any]


class Record(NamedTuple):
    """One committed record: its body, and of its `meta` the version and the digest of the body.

    A body that an older schema wrote is brought forward to the present one when it is read; `stored` is then what the
    file has.
    """

    kind: str
    uuid: str
    body: Body
    version: int
    digest: str
    stored: "Stored | None" = None

    @property
    def plain(self) -> dict[str, Any]:
        """The record as a file of the present schema has it."""
        meta = {"digest": self.digest, "schema": load_kinds()[self.kind].schema, "version": self.version}
        return dict(sorted({"meta": meta, self.kind: self.body}.items()))

    @property
    def path(self) -> str:
        """Its file below `records/`."""
        return load_kinds()[self.kind].path(self.uuid)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the file of a record has whose schema is an older one."""

    schema: str
    body: Body


def read_record(path: str, data: bytes) -> Record:
    """Read the bytes of a record's file; CorruptRecordError names the path and what is wrong."""
    kind = _kinds_by_folder().get(path.partition("/")[0])
    if kind is None:
        raise CorruptRecordError(
            f"{path} is in no folder of records: a newer seqmeta may know its kind, so use that; else take the file "
            "away with `git rm`, and commit"
        )
    record = parse_record(data, path)
    meta, body = record.get("meta"), record.get(kind)
    if not isinstance(meta, dict) or not isinstance(body, dict) or record.keys() != {"meta", kind}:
        raise CorruptRecordError(f"{path} is not a record of the kind {kind}: expected the keys meta and {kind}")
    schema, version, said, uuid = meta.get("schema"), meta.get("version"), meta.get("digest"), body.get("uuid")
    if schema not in load_kinds()[kind].schemas:
        raise CorruptRecordError(f"{path} has the schema {schema!r}: {_readable(kind)}")
    if not (isinstance(uuid, str) and isinstance(version, int) and isinstance(said, str)) or (
        path != load_kinds()[kind].path(uuid)
    ):
        raise CorruptRecordError(f"{path} has no version, no digest, or another UUID than its path")
    if schema == load_kinds()[kind].schema:
        return Record(kind, uuid, body, version, said)
    present = bring_body_forward(kind, schema, body, path)
    return Record(kind, uuid, present, version, digest(present), Stored(schema, body))


def _readable(kind: str) -> str:
    """Say which schemas of a kind are read."""
    oldest, newest = load_kinds()[kind].schemas[0], load_kinds()[kind].schema
    read = newest if oldest == newest else f"{oldest} to {newest}"
    return f"this seqmeta reads {read}; a newer seqmeta wrote a newer one"


def bring_body_forward(kind: str, schema: str, body: Body, path: str) -> Body:
    """Bring a body of one of the schemas of its kind forward to the present one; CorruptRecordError names the path."""
    upgrades = load_kinds()[kind].upgrades
    try:
        return bring_forward(body, upgrades[load_kinds()[kind].schemas.index(schema) :])
    except UpgradeError as error:
        raise CorruptRecordError(f"{path} cannot be brought forward from {schema}: {error}") from error


def _kinds_by_folder() -> Mapping[str, str]:
    return {kind.plural: kind.name for kind in load_kinds().values()}


def name_of(kind: str, body: Body) -> str | None:
    """The name that a body of this kind goes by, None for one that has only its UUID."""
    if kind == "progress":
        return None
    name = body.get(load_kinds()[kind].named_by)
    return name if isinstance(name, str) else None


def scope_of(kind: str, body: Body) -> str:
    """The UUID of the thing that the name is unique within (an asset group's study), empty where there is none."""
    within = load_kinds()[kind].named_within
    return str(body[within]["uuid"]) if within is not None else ""


FLAGS = ("stub", "consent_withdrawn")
"""Fields that what refers to a thing asks for: that it is not registered, and that nothing new may use it."""


class Outline(NamedTuple):
    """What is asked of a record most often: its kind, its name, and which of `FLAGS` its body has."""

    kind: str
    name: str | None
    flags: tuple[str, ...]


def outline_of(kind: str, body: Body) -> Outline:
    """Say what is asked most often of a body of this kind."""
    return Outline(kind, name_of(kind, body), tuple(flag for flag in FLAGS if body.get(flag)))


class RecordLookup(Protocol):
    """Committed records to look up in, however they are held."""

    def get(self, uuid: str) -> Record | None:
        """The record of this UUID."""

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID, for which its body need not be read."""

    def outlines(self, uuids: Collection[str]) -> dict[str, Outline]:
        """The outlines of the records of these UUIDs, by UUID."""

    def among(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs are those of records, requests or pools."""

    def named(self, kind: str, name: str, scope: str = "") -> Record | None:
        """The record of this kind and name (an asset group's within the study `scope`)."""

    def owner(self, uuid: str) -> str | None:
        """The UUID of the submission that this request or pool is of."""

    def is_request(self, uuid: str) -> bool:
        """Whether the UUID is that of a request."""

    def of_kind(self, kind: str) -> Iterable[Record]:
        """All records of a kind, by UUID."""

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""

    def __iter__(self) -> Iterator[Record]:
        """All records, by UUID."""


class Records:
    """Committed records in memory."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._by_uuid: dict[str, Record] = {}
        self._by_name: dict[tuple[str, str, str], Record] = {}
        self._owned: dict[str, str] = {}
        self._requests: set[str] = set()
        self._by_kind: dict[str, list[Record]] = {}
        for record in records:
            self._add(record)

    def _add(self, record: Record) -> None:
        self._by_uuid[record.uuid] = record
        self._by_kind.setdefault(record.kind, []).append(record)
        name = name_of(record.kind, record.body)
        if name is not None:
            self._by_name[record.kind, scope_of(record.kind, record.body), name] = record
        if record.kind == "submission":
            for request in record.body["requests"]:
                self._owned[request["uuid"]] = record.uuid
                self._requests.add(request["uuid"])
                if "pool" in request:
                    self._owned[request["pool"]["uuid"]] = record.uuid

    def get(self, uuid: str) -> Record | None:
        """The record of this UUID."""
        return self._by_uuid.get(uuid)

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID."""
        record = self._by_uuid.get(uuid)
        return None if record is None else outline_of(record.kind, record.body)

    def outlines(self, uuids: Collection[str]) -> dict[str, Outline]:
        """The outlines of the records of these UUIDs, by UUID."""
        found = ((uuid, self.outline(uuid)) for uuid in uuids)
        return {uuid: outline for uuid, outline in found if outline is not None}

    def among(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs are those of records, requests or pools."""
        return {uuid for uuid in uuids if uuid in self._by_uuid or uuid in self._owned}

    def named(self, kind: str, name: str, scope: str = "") -> Record | None:
        """The record of this kind and name (an asset group's within the study `scope`)."""
        return self._by_name.get((kind, scope, name))

    def owner(self, uuid: str) -> str | None:
        """The UUID of the submission that this request or pool is of."""
        return self._owned.get(uuid)

    def is_request(self, uuid: str) -> bool:
        """Whether the UUID is that of a request."""
        return uuid in self._requests

    def of_kind(self, kind: str) -> list[Record]:
        """All records of a kind, by UUID."""
        return sorted(self._by_kind.get(kind, ()), key=lambda record: record.uuid)

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        names = (name_of(kind, record.body) for record in self.of_kind(kind)[:most])
        return [name for name in names if name is not None]

    def __iter__(self) -> Iterator[Record]:
        return iter(sorted(self._by_uuid.values(), key=lambda record: record.uuid))
