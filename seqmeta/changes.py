"""Bodies and records to changes: what a run would create and update, field by field (CONTRACT 3 and 4)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from seqmeta.canonical import canonical_bytes, digest, record_bytes_of_digested
from seqmeta.kinds import load_kinds
from seqmeta.records import Body, Record, name_of
from seqmeta.spilled_tables import Form
from seqmeta.spilling import Spilled, SpilledRows
from seqmeta.step import Step
from seqmeta.weights import ENTRY, weigh


class FieldChange(NamedTuple):
    """One field that differs: its path as in problems, and both values (None where it is absent)."""

    path: str
    before: Any
    after: Any


class Change(NamedTuple):
    """One record that a run creates or updates; `before` is the body that is recorded now, `digest` that of the new."""

    kind: str
    uuid: str
    name: str | None
    body: Body
    version: int
    before: Body | None
    digest: str

    @property
    def after(self) -> Record:
        """The record as it is to be."""
        return Record(self.kind, self.uuid, self.body, self.version, self.digest)

    @property
    def path(self) -> str:
        """The record's file below `records/`."""
        return load_kinds()[self.kind].path(self.uuid)

    @property
    def fields(self) -> list[FieldChange]:
        """What differs from the recorded body, field by field."""
        return list(compare(self.kind, self.before, self.body)) if self.before is not None else []

    def render(self) -> bytes:
        """Render the record's file."""
        meta = {"digest": self.digest, "schema": load_kinds()[self.kind].schema, "version": self.version}
        return record_bytes_of_digested({"meta": meta, self.kind: self.body})


_LARGE = 100
"""A body of such a weight is not kept a second time."""


class _Found(NamedTuple):
    """What is kept of each change besides its bodies."""

    kind: str
    uuid: str
    version: int
    digest: str
    is_new: bool


_BEFORE = Form(str, str, orjson.dumps, lambda _, data: orjson.loads(data), weight=weigh)


class Changes:
    """What a step creates and updates, by folder and UUID; each time it is gone through, the bodies are read anew."""

    def __init__(self, step: Step) -> None:
        """Take a step of which nothing is changed any more; `add` what it changes, by folder and UUID."""
        self._step = step
        self._found: SpilledRows[_Found] = SpilledRows(step.overflow, _dump_found, _load_found)
        self._bodies: SpilledRows[Body | None] = SpilledRows(step.overflow, orjson.dumps, orjson.loads)
        """One for each of those found, None for a large one: it stays where it was, as those before do."""
        self._before: Spilled[str, Body] = Spilled(step.overflow, _BEFORE)
        self.created: Counter[str] = Counter()
        """How many records of each kind are created."""
        self.updated: Counter[str] = Counter()
        """How many records of each kind are updated."""

    def add(self, kind: str, uuid: str, body: Body, record: Record | None) -> None:
        """Add a change from a record, or from none, to a body."""
        version = 1 if record is None else record.version + 1
        weight = weigh(body)
        kept, weight = (body, weight) if weight < _LARGE else (None, ENTRY)
        self._found.append(kind, _Found(kind, uuid, version, digest(body), record is None), ENTRY)
        self._bodies.append(kind, kept, weight)
        (self.created if record is None else self.updated)[kind] += 1
        if record is not None:
            self._before[uuid] = record.body

    def __len__(self) -> int:
        return self.created.total() + self.updated.total()

    def __iter__(self) -> Iterator[Change]:
        return map(self._change, self._found.select(), self._bodies.select())

    def of_kinds(self, *kinds: str) -> Iterator[Change]:
        """The changes to things of these kinds."""
        return map(self._change, self._found.select(*kinds), self._bodies.select(*kinds))

    def paths(self) -> Iterator[str]:
        """The files of the records below `records/`, sorted."""
        return (load_kinds()[found.kind].path(found.uuid) for found in self._found.select())

    def has_update_of(self, uuid: str) -> bool:
        """Whether a record of this UUID is updated."""
        return uuid in self._before

    def places(self, *, created: bool) -> Iterator[tuple[str, str]]:
        """The files and UUIDs of what is created, or of what is updated."""
        found = (of for of in self._found.select() if of.is_new is created)
        return ((load_kinds()[of.kind].path(of.uuid), of.uuid) for of in found)

    def uuids(self, *, created: bool) -> Iterator[str]:
        """The UUIDs of what is created, or of what is updated."""
        return (found.uuid for found in self._found.select() if found.is_new is created)

    def _change(self, found: _Found, kept: Body | None) -> Change:
        kind, uuid, version, of_body, is_new = found
        body = self._step.bodies[uuid][1] if kept is None else kept
        before = None if is_new else self._before[uuid]
        return Change(kind, uuid, name_of(kind, body), body, version, before, of_body)


def _dump_found(found: list[_Found]) -> bytes:
    return orjson.dumps([tuple(of) for of in found])


def _load_found(data: bytes) -> Iterator[_Found]:
    return map(_Found._make, orjson.loads(data))


def find_changes(step: Step) -> Changes:
    """Find what a step creates and updates; unchanged bodies make no change."""
    changes = Changes(step)
    for uuid, (kind, body) in step.bodies.select():
        record = step.records.get(uuid)
        if record is None or record.body != body or canonical_bytes(record.body) != canonical_bytes(body):
            changes.add(kind, uuid, body, record)
    return changes


def compare(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    """Compare two values field by field; lists of the same length item by item, others as a whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from compare(f"{path}.{key}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from compare(f"{path}.{index}", one, other)
    elif before != after or type(before) is not type(after):
        yield FieldChange(path, before, after)
