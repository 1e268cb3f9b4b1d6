"""Bodies and records to changes: what a run would create and update, field by field (CONTRACT 3 and 4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import orjson

from seqmeta.canonical import canonical_bytes, digest, record_bytes_of_digested
from seqmeta.kinds import load_kinds
from seqmeta.problems import Problem
from seqmeta.records import Body, Record, name_of
from seqmeta.spilled_tables import Form
from seqmeta.spilling import Spilled, SpilledRows
from seqmeta.step import Step
from seqmeta.values import shorten
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


def find_orphans(step: Step, records: Iterable[Record]) -> list[Record]:
    """Find the records whose description disappeared; sealed things, stubs and what follows others are none.

    It counts what they are after the step: so nothing is new in the run after it.
    """
    linked = cache(lambda: _groups_of_linked(step))
    return [record for record in records if _is_orphan(step, record, linked)]


def _is_orphan(step: Step, record: Record, linked_groups: Callable[[], set[str]]) -> bool:
    if record.uuid in step.described or (record.kind, record.uuid) in step.unusable:
        return False
    linked = step.bodies.get(record.uuid)
    body = record.body if linked is None else linked[1]
    follows: Mapping[str, Callable[[], bool]] = {
        "order": lambda: body["state"] == "sealed",
        "submission": lambda: body["state"] != "building",
        "biosample": lambda: bool(body.get("stub")),
        "asset_group": lambda: (
            record.uuid in step.bodies or record.uuid in linked_groups() or _is_held(step, record.uuid)
        ),
        "progress": lambda: not any("number" in event for of in body["requests"].values() for event in of["events"]),
    }
    return record.kind not in follows or not follows[record.kind]()


def _groups_of_linked(step: Step) -> set[str]:
    """The groups that orders of the step seal, or that an order made and one of the step still holds."""
    orders = [body for _, (_, body) in step.bodies.select("order") if "asset_group" in body]
    return {
        order["asset_group"]["uuid"]
        for order in orders
        if order["state"] == "sealed" or _is_made(step, order["asset_group"]["uuid"])
    }


def _is_held(step: Step, group: str) -> bool:
    """Whether a recorded order that stays as it is sealed a group, or holds one that an order made."""
    holders = [uuid for uuid in step.records.referring(group, "order") if uuid not in step.bodies]
    states = {outline.state for outline in step.records.outlines(holders).values()}
    return "sealed" in states or (bool(states) and _is_made(step, group))


def _is_made(step: Step, group: str) -> bool:
    return "order" in (step.body(group) or {})


def orphaned(record: Record, folder: str) -> Problem:
    """Warn of a record that is not described any more, at its file below the folder of records."""
    name = name_of(record.kind, record.body)
    called = record.body.get("run_name") or name or record.body.get("submission", {}).get("name") or record.uuid
    kind = "progress of" if record.kind == "progress" else record.kind.replace("_", " ")
    message = f"the {kind} {shorten(str(called))} is recorded and not described any more: its record stays"
    if name not in (None, record.uuid):
        message += f"; if it is renamed, `uuid: {record.uuid}` beside its new name says so"
    return Problem("warning", f"{folder}/{record.path}", 1, 1, record.kind, "orphaned", message)
