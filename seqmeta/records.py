"""Committed records: what one is, how its file is read, and what it goes by."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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


class Stored(NamedTuple):
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
