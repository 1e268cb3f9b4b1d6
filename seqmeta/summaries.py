"""Judgements and outcomes to what people and machines read of them (CONTRACT 4 and 7)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from seqmeta.applying import Outcome, is_sealing
from seqmeta.changes import Change, Changes, FieldChange
from seqmeta.happenings import find_happenings
from seqmeta.judgement import Judgement
from seqmeta.kinds import load_kinds
from seqmeta.planned_charges import PlannedCharges, describe_booked, describe_costs, find_charges
from seqmeta.rendering import count_problems, name_value, plain_problems, printable, render_value


def plain_outcome(outcome: Outcome) -> dict[str, Any]:
    """The commit, and the UUIDs of what it created and updated, by folder and UUID; nothing where there is none."""
    made = _made(outcome) if outcome.commit is not None else []
    if len(made) == 1:
        lists = {"created": list(made[0].uuids(created=True)), "updated": list(made[0].uuids(created=False))}
        return {"commit": outcome.commit, **lists}
    created = {path: uuid for changes in made for path, uuid in changes.places(created=True)}
    updated = {path: uuid for changes in made for path, uuid in changes.places(created=False) if path not in created}
    return {
        "commit": outcome.commit,
        "created": [created[path] for path in sorted(created)],
        "updated": [updated[path] for path in sorted(updated)],
    }


def _made(outcome: Outcome) -> list[Changes]:
    """What a run committed; most commit once, and say of nothing that it changed twice."""
    last = () if outcome.is_refused else (outcome.judgement,)
    return [of.changes for of in (*outcome.earlier, *last) if of.changes]


def plain_plan(judgement: Judgement) -> dict[str, Any]:
    """What a run would do, as plain values."""
    changes = judgement.changes
    return {
        "created": [_plain(change) for change in changes if change.before is None],
        "updated": [
            {**_plain(change), "changes": [_plain_field(of) for of in change.fields]}
            for change in changes
            if change.before is not None
        ],
        "sealed": [_plain_seal(change) for change in changes if is_sealing(change)],
        "cancelled": [_plain_cancel(change) for change in changes if is_cancelling(change)],
        "charges": _plain_charges(find_charges(judgement)),
        "problems": plain_problems(judgement.problems),
    }


def _plain(change: Change) -> dict[str, Any]:
    name = change.body["submission"].get("name") if change.kind == "progress" else change.name
    return {"kind": change.kind, "uuid": change.uuid, "name": name}


def _plain_field(field: FieldChange) -> dict[str, Any]:
    return {"path": field.path, "from": field.before, "to": field.after}


def _plain_seal(change: Change) -> dict[str, Any]:
    orders = [order.get("name", order["uuid"]) for order in change.body["orders"]]
    return {"uuid": change.uuid, "name": change.name, "orders": orders, "requests": _requests_by_type(change)}


def _requests_by_type(change: Change) -> dict[str, int]:
    return dict(Counter(request["request_type"]["name"] for request in change.body["requests"]))


def is_cancelling(change: Change) -> bool:
    """Whether the change cancels a submission."""
    if change.kind != "progress" or change.before is None:
        return False
    return bool(change.body["state"] == "cancelled" and change.before["state"] != "cancelled")


def _plain_cancel(change: Change) -> dict[str, Any]:
    submission = change.body["submission"]
    return {"uuid": submission["uuid"], "name": submission.get("name"), "requests": len(change.body["requests"])}


def _plain_charges(charges: PlannedCharges) -> dict[str, Any]:
    return {
        key: [{**row, "amount": f"{row['amount']:f}"} for row in rows]
        for key, rows in (("booked", charges.booked), ("expected", charges.expected))
    }


def render_outcome(outcome: Outcome, command: str = "seqmeta") -> str:
    """Say what a run did, and what to look at next; `command` is what to type before that."""
    judgement = outcome.judgement
    refused = f"nothing was committed: {count_problems(judgement.problems)} in {judgement.documents} described"
    if outcome.commit is None:
        same = f"nothing changed: {judgement.documents} described, all recorded as they are"
        return refused if outcome.is_refused else same
    made = _made(outcome)
    lines = [line for changes in made for line in _did(changes, "sealed", "cancelled", "changed")]
    lines.append(f"committed {outcome.commit[:12]}: {', then '.join(map(_counts, made))}")
    if outcome.is_refused:
        return "\n".join(printable_lines([*lines, f"behind it {refused}"]))
    shown = next(made[-1].of_kinds(*_most_telling(made[-1])))
    name = title_of(shown) if shown.kind == "progress" else shown.name
    following = (f"show {quoted(name or shown.uuid)}", f"list {shown.kind}", "verify")
    lines.append("next: " + ", ".join(f"`{command} {words}`" for words in following))
    return "\n".join(printable_lines(lines))


_TELLING = ("submission", "order", "sequencing_run", "library", "study", "biosample")
"""What says most when it is shown first; the rest comes behind."""


def _most_telling(changes: Changes) -> Sequence[str]:
    """The kind of what says most, or where there is none of it, all kinds."""
    kinds = (kind for kind in _TELLING if changes.created[kind] + changes.updated[kind])
    return list(islice(kinds, 1))


def printable_lines(lines: Sequence[str]) -> list[str]:
    """Make each line safe for a terminal."""
    return [printable(line) for line in lines]


def quoted(name: str) -> str:
    """Quote a name for a shell where it needs it."""
    plain = name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return name if plain else "'" + name.replace("'", "'\\''") + "'"


def _counts(changes: Changes) -> str:
    return f"{changes.created.total()} created, {changes.updated.total()} updated"


def _did(changes: Changes, sealed: str, cancelled: str, changed: str) -> list[str]:
    lines = [f"{sealed} {describe_seal(change)}" for change in changes.of_kinds("submission") if is_sealing(change)]
    for change in changes.of_kinds("progress"):
        if is_cancelling(change):
            submission = change.body["submission"]
            name, number = submission.get("name", submission["uuid"]), len(change.body["requests"])
            lines.append(f"{cancelled} submission {name}: {number} requests")
    orders = changes.of_kinds("order") if changes.updated["order"] else ()
    following = [f"{changed} {told}" for told in map(describe_following, orders) if told is not None]
    more = len(following) - _MOST_FOLLOWING
    return [*lines, *following[:_MOST_FOLLOWING], *([f"{changed} {more} more locked orders so"] if more > 0 else [])]


_MOST_FOLLOWING = 20


def describe_following(change: Change) -> str | None:
    """Say what of a locked order changes with its sources: `the locked order o1 of submission s1: assets`.

    What its description says may not change; a group, a type or a template that it takes from may (CONTRACT 2.2).
    """
    if change.kind != "order" or change.before is None or change.before["state"] != "locked":
        return None
    if change.before["submission"]["uuid"] != change.body.get("submission", {}).get("uuid"):
        return None
    parts = dict.fromkeys(of.path.split(".")[1] for of in change.fields)
    followed = [part for part in parts if part not in ("state", "submission")]
    submission = name_value(change.body["submission"])
    return (
        f"the locked order {title_of(change)} of submission {submission}: {', '.join(followed)}" if followed else None
    )


def describe_seal(change: Change) -> str:
    """Say what is sealed: `submission s1: 2 orders, 11 requests (10 Library creation, 1 Sequencing)`."""
    types = _requests_by_type(change)
    listed = ", ".join(f"{number} {name}" for name, number in types.items())
    orders, requests = len(change.body["orders"]), sum(types.values())
    return (
        f"submission {change.name or change.uuid}: {orders} order{'' if orders == 1 else 's'}, "
        f"{requests} request{'' if requests == 1 else 's'} ({listed})"
    )


def render_plan(judgement: Judgement) -> str:
    """Say what a run would do, field by field."""
    if judgement.is_refused:
        return f"would commit nothing: {count_problems(judgement.problems)} in {judgement.documents} described"
    if not judgement.changes:
        return f"would change nothing: {judgement.documents} described, all recorded as they are"
    lines = _did(judgement.changes, "would seal", "would cancel", "would change")
    charges = find_charges(judgement)
    lines += [f"would charge {describe_booked(row)}" for row in charges.booked]
    lines += [f"would charge {describe_costs(row)}" for row in charges.expected]
    for change in in_reading_order(judgement.changes):
        lines.append(f"would {'create' if change.before is None else 'update'} {_titled(change)}")
        lines += [f"    {line}" for line in _differences(judgement, change)]
    lines.append(f"would commit {_counts(judgement.changes)}")
    return "\n".join(printable_lines(lines))


def _differences(judgement: Judgement, change: Change) -> Iterator[str]:
    if change.kind == "progress" and change.before is not None:
        for what, before, after, events in find_happenings(judgement, change):
            yield f"{what}: {before} → {after}{f' ({events})' if events else ''}"
    else:
        yield from (f"{of.path}: {render_value(of.before)} → {render_value(of.after)}" for of in change.fields)


_MOST_ORDERED = 10_000


def in_reading_order(changes: Changes) -> Iterable[Change]:
    """Put changes kind by kind and by name, `Tube 2` before `Tube 10`; very many stay by folder and UUID."""
    if len(changes) > _MOST_ORDERED:
        return changes
    kinds = list(load_kinds())
    return sorted(changes, key=lambda change: (kinds.index(change.kind), _natural(title_of(change)), change.uuid))


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", text)]


def title_of(change: Change) -> str:
    """What people call the record that changes: its name, of a run that of the run, of progress its submission's."""
    if change.kind == "progress":
        return name_value(change.body["submission"])
    return str(change.body.get("run_name") or change.name or change.uuid)


def _titled(change: Change) -> str:
    kind = "progress of" if change.kind == "progress" else change.kind.replace("_", " ")
    title = title_of(change)
    return f"{kind} {title}" if title == change.uuid else f"{kind} {title} ({change.uuid})"
