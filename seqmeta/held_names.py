"""What the description of a locked or sealed order names: its own record tells first, then earlier versions of it.

A record has the names that things have when it is made. A description may go on with those that its order was recorded
with before: they mean what they meant (CONTRACT 2.2).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqmeta.asset_groups import all_recorded_or_found
from seqmeta.records import Body, Record
from seqmeta.step import Described, Step

_KINDS = {
    "template": "order_template",
    "project": "project",
    "study": "study",
    "assets": "asset",
    "asset_group": "asset_group",
}
"""The fields of an order that refer to things, and the kind of each."""

_Formerly = Mapping[str, set[str]]
"""By UUID what a thing was called."""


def find_held(step: Step, record: Record, field: str, texts: Sequence[str]) -> list[str | None]:
    """Find what the references in a field of a locked or sealed order mean."""
    found, references = _find_now(step, record, field, texts), _references(record.body, field)
    formerly = step.formerly.get(record.uuid)
    if formerly is None or _are(found, references):
        return found
    if _were_called(texts, references, found, formerly):
        return [of["uuid"] for of in references]
    known = {text for of in references for text in (of["uuid"], of.get("name"))}
    names = {name: of["uuid"] for of in references for name in formerly.get(of["uuid"], ()) if name not in known}
    return [names.get(text, uuid) for text, uuid in zip(texts, found, strict=True)]


def needs_past(step: Step, described: Described, record: Record) -> bool:
    """Whether only earlier versions of an order can tell if its description says what the record does.

    So it is where things that it refers to may have had another name.
    """
    if step.history is None or record.version == 1:
        return False
    for field in _KINDS:
        texts, references = _said(described.body, field), _references(record.body, field)
        if not texts or not references or texts == [of.get("name") for of in references]:
            continue
        if not _are(_find_now(step, record, field, texts), references) and _may_be_renamed(step, references):
            return True
    return False


def learn_past(step: Step, orders: Iterable[Record]) -> None:
    """Learn from the history of the store what the things that these orders name were called in their records."""
    known = {record.uuid: record.body for record in orders}
    if step.history is None or not known:
        return
    formerly: dict[str, dict[str, set[str]]] = {uuid: {} for uuid in known}
    for before in step.history.when_orders_were(known.keys()):
        is_called = dict(_names(known[before["uuid"]]))
        for uuid, name in _names(before):
            if is_called.get(uuid, name) != name:
                formerly[before["uuid"]].setdefault(uuid, set()).add(name)
    step.formerly.update(formerly)


def _find_now(step: Step, record: Record, field: str, texts: Sequence[str]) -> list[str | None]:
    scope = record.body["study"]["uuid"] if field == "asset_group" else ""
    return all_recorded_or_found(step, _KINDS[field], texts, _references(record.body, field), scope)


def _references(body: Body, field: str) -> list[Any]:
    value: Any = body.get(field, [])
    return value if isinstance(value, list) else [value]


def _said(body: Body, field: str) -> list[str]:
    value: Any = body.get(field)
    if field == "asset_group":
        value = body.get(field, body.get("asset_group_name"))
    return value if isinstance(value, list) else [value] if value else []


def _names(body: Body) -> list[tuple[str, str]]:
    return [(of["uuid"], of["name"]) for field in _KINDS for of in _references(body, field) if "name" in of]


def _are(found: Sequence[str | None], references: Sequence[Any]) -> bool:
    return found == [of["uuid"] for of in references]


def _were_called(
    texts: Sequence[str], references: Sequence[Any], found: Sequence[str | None], formerly: _Formerly
) -> bool:
    """Whether each text is or was a name of the thing in its place."""
    if len(texts) != len(references):
        return False
    places = zip(texts, references, found, strict=True)
    return all(of["uuid"] == uuid or text in formerly.get(of["uuid"], ()) for text, of, uuid in places)


def _may_be_renamed(step: Step, references: Sequence[Any]) -> bool:
    """Whether any of these things has been recorded more than once."""
    records = (step.records.get(of["uuid"]) for of in references)
    return any(record is not None and record.version > 1 for record in records)
