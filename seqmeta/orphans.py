"""The records whose descriptions disappeared: which they are, and what is said of them (CONTRACT 3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from seqmeta.checking import MOST_PROBLEMS
from seqmeta.problems import Problem, sort_problems
from seqmeta.records import Record, name_of
from seqmeta.step import Step
from seqmeta.values import shorten


class Orphans(NamedTuple):
    """The records whose description disappeared: which they are, and what is said of them.

    That is a warning for each of the first by path, and where there are more one that says how many.
    """

    uuids: frozenset[str] = frozenset()
    problems: Sequence[Problem] = ()


def find_orphans(step: Step, records: Iterable[Record], folder: str) -> Orphans:
    """Find the records whose description disappeared; sealed things, stubs and what follows others are none.

    It counts what they are after the step: so nothing is new in the run after it. `folder` is that of the records.
    """
    linked = cache(lambda: _groups_of_linked(step))
    uuids = set()
    problems: list[Problem] = []
    for record in records:
        if _is_orphan(step, record, linked):
            uuids.add(record.uuid)
            problems.append(_orphaned(record, folder))
            if len(problems) > 2 * MOST_PROBLEMS:
                problems = sort_problems(problems)[:MOST_PROBLEMS]
    first = sort_problems(problems)[:MOST_PROBLEMS]
    if len(uuids) > len(first):
        message = f"{len(uuids)} records are not described any more and stay; the first {len(first)} of them are named"
        first.append(Problem("warning", folder, 1, 1, "", "orphaned", message))
    return Orphans(frozenset(uuids), first)


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


def _orphaned(record: Record, folder: str) -> Problem:
    """Warn of a record that is not described any more, at its file below the folder of records."""
    name = name_of(record.kind, record.body)
    called = record.body.get("run_name") or name or record.body.get("submission", {}).get("name") or record.uuid
    kind = "progress of" if record.kind == "progress" else record.kind.replace("_", " ")
    message = f"the {kind} {shorten(str(called))} is recorded and not described any more: its record stays"
    if name not in (None, record.uuid):
        message += f"; if it is renamed, `uuid: {record.uuid}` beside its new name says so"
    return Problem("warning", f"{folder}/{record.path}", 1, 1, record.kind, "orphaned", message)
