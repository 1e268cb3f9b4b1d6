"""Normal forms to bodies: references by UUID or name become what bodies say of the thing referred to (CONTRACT 3).

What is general stands here and goes by the rule `refers_to` of a kind's schema; what is particular to a kind
stands in the module that is named for it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from seqmeta.checking import MOST_PROBLEMS, check_body
from seqmeta.identity import derive, is_uuid
from seqmeta.kinds import Rules, load_kinds
from seqmeta.shapes import Shape, compile_shape
from seqmeta.step import Described, Path, Reference, Step
from seqmeta.values import instant_of, shorten

_NAME = "central_sample_id"


def link_references(step: Step, described: Described) -> dict[str, Any]:
    """Link what is described by its schema; what does not resolve is noted and left out."""
    body: dict[str, Any] = {**described.body, "uuid": described.uuid}
    for name, rules in fields_that_refer(described.kind).items():
        if name in body:
            linked = _link(step, described, rules, body.pop(name), (name,))
            if linked is not None:
                body[name] = linked
    _refuse_future(step, described)
    return body


@cache
def fields_that_refer(kind: str) -> Mapping[str, Rules]:
    """The fields of a kind in which things are referred to; all others are in a body as they are described."""
    return {name: rules for name, rules in load_kinds()[kind].fields.items() if _refers(rules)}


def _refers(rules: Rules) -> bool:
    of_items = rules["schema"] if rules["type"] == "list" else {}
    return "refers_to" in rules or "refers_to" in of_items or "shorthand" in of_items


def has_references(kind: str) -> bool:
    """Whether things of a kind refer to any other by fields of their schema."""
    return bool(fields_that_refer(kind))


def _link(step: Step, described: Described, rules: Rules, value: Any, path: Path) -> Any:
    if "refers_to" in rules:
        return resolve_reference(step, described, rules["refers_to"], value, path)
    link = _link_item if "shorthand" in rules["schema"] else _link
    items = []
    unresolved = 0
    for index, item in enumerate(value):
        items.append(link(step, described, rules["schema"], item, (*path, index)))
        unresolved += items[-1] is None
        if unresolved > MOST_PROBLEMS:  # as many as are reported of a file
            break
    key = (rules["schema"]["shorthand"],) if "shorthand" in rules["schema"] else ()
    note_repeated(step, described, path, items, key)
    return [item for item in items if item is not None]


def _link_item(step: Step, described: Described, rules: Rules, item: dict[str, Any], path: Path) -> Any:
    """Link a mapping that stands for the thing its shorthand key names, and says something of it."""
    key = rules["shorthand"]
    reference = resolve_reference(step, described, rules["schema"][key]["refers_to"], item[key], (*path, key))
    return None if reference is None else {**item, **reference}


def note_repeated(step: Step, described: Described, path: Path, items: list[Any], key: Path = ()) -> None:
    """Note references that name one thing twice, once by UUID and once by name; `key` is where an item has its name."""
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        uuid = item.get("uuid") if isinstance(item, dict) else None
        if uuid is not None and first.setdefault(uuid, index) != index:
            message = f"this is item {first[uuid]} once more (items are counted from 0), by its UUID or name: keep one"
            step.report(described, (*path, index, *key), "duplicate_item", message)


def resolve_reference(step: Step, described: Described, kind: str, text: str, path: Path) -> Reference | None:
    """Resolve one reference to what bodies say of the thing; an unregistered biosample may become a stub."""
    if kind == "biosample":
        return _resolve_biosample(step, described, text, path)
    uuid = step.resolve(described, path, kind, text)
    return step.reference(kind, uuid) if uuid is not None else None


def _resolve_biosample(step: Step, described: Described, text: str, path: Path) -> Reference | None:
    found = step.find("biosample", text)
    if not found and step.settings.stubs and not is_uuid(text) and not step.is_faulty("biosample", text):
        uuid = derive("biosample", text)
        may_be = is_stub_name(step, described, path, text)
        if not may_be or not step.is_free(described, path, uuid, f"the stub of {shorten(text)}"):
            return None
        step.set_body(uuid, "biosample", {_NAME: text, "stub": True, "uuid": uuid})
        step.names.add("biosample", "", text, uuid)
        found = [uuid]
    uuid_or_none = found[0] if len(found) == 1 else step.resolve(described, path, "biosample", text)
    if uuid_or_none is None:
        return None
    is_stub = step.has_flag(uuid_or_none, "stub") and uuid_or_none not in step.described
    if is_stub and not step.is_doubtful("biosample", uuid_or_none):
        message = f"the biosample {shorten(text)} is not registered: its record is a stub until it is described"
        step.report(described, path, "stub", message, severity="warning")
        _note_case(step, described, uuid_or_none, path)
    return step.reference("biosample", uuid_or_none)


def is_stub_name(step: Step, described: Described, path: Path, text: str) -> bool:
    """Whether a biosample of this name can be described once; if not, it is noted at what refers to it."""
    _, findings = check_body(_stub_shape(), {_NAME: text})
    for finding in findings:
        message = f"the biosample {shorten(text)} is not registered, and no stub can have this name: {finding.message}"
        step.report(described, path, finding.code, message)
    return not findings


@cache
def _stub_shape() -> Shape:
    return compile_shape("biosample", {_NAME: load_kinds()["biosample"].fields[_NAME]}, {})


def _note_case(step: Step, described: Described, stub: str, path: Path) -> None:
    """Warn of a stub whose name differs from that of another biosample only in case: most likely that one is meant."""
    name = str(step.name("biosample", stub))
    step.stubs.add(name)
    first = step.names.add("biosample", "", name, stub)
    if first is not None:
        other = step.described.get(first)
        see = (other.source, (_NAME,)) if other is not None else None
        like = shorten(str(step.name("biosample", first)))
        message = f"{shorten(name)} differs only in case from {like}: they are two things"
        step.report(described, path, "case_collision", message, severity="warning", see=see)


def _refuse_future(step: Step, described: Described) -> None:
    """Refuse times to come in fields that report what has happened, as Majora does."""
    now = step.settings.now
    for name in _past_fields(described.kind):
        value = described.body.get(name)
        if value is not None and now is not None and instant_of(value) > instant_of(now):
            message = f"{name} {value} is in the future: it is {now} now"
            step.report(described, (name,), "out_of_range", message)


@cache
def _past_fields(kind: str) -> tuple[str, ...]:
    return tuple(name for name, rules in load_kinds()[kind].fields.items() if rules.get("past"))
