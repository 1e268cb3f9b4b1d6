"""What is described and comes to no body, for it has problems of its own: what it refers to is looked up all the same.

So one slip hides no other: who mends a description is told at once of a name in it that nothing has, or of an option
that its request types do not take. What is known of it is what could be read, None standing for the rest.
"""

from collections.abc import Container
from typing import Any

from seqmeta.asset_groups import is_frozen
from seqmeta.checking import MOST_PROBLEMS
from seqmeta.identity import asset_group_uuid, derive, is_uuid
from seqmeta.kinds import Rules, load_kinds
from seqmeta.links import fields_that_refer, is_stub_name
from seqmeta.normal_forms import Normals
from seqmeta.order_templates import (
    check_presets,
    is_partial,
    option_path,
    read_order_options,
    refuse_repeated,
    types_of,
)
from seqmeta.records import Body
from seqmeta.runs import check_requests
from seqmeta.step import Described, Path, Step

_OPEN_STATES = ("building", "withdrawn")
"""In these an order or a submission means by a name what has it now; else what its record says is looked up first."""


def look_at_all(step: Step, normals: Normals) -> None:
    """Look at what could be read in part, and at what the step has set aside, when all else is linked."""
    for kind in load_kinds():
        for _, body, source in normals.partly_of_kind(kind):
            _look(step, Described(kind, _uuid_of(step, kind, body), None, body, source), ())
    for described, done in step.set_aside:
        _look(step, described, done)


def _look(step: Step, described: Described, done: Container[str]) -> None:
    if _is_settled(step, described):
        return
    kind, body = load_kinds()[described.kind], described.body
    for name, rules in fields_that_refer(described.kind).items():
        if name not in done and name != "asset_group":
            _look_up(step, described, rules, body.get(name), (name,))
    if described.kind == "order":
        _look_at_order(step, described)
    elif described.kind == "order_template":
        _look_at_template(step, described)
    elif described.kind == "sequencing_run":
        if kind.embedded.isdisjoint(body) and isinstance(body.get("library_name"), str):
            step.resolve(described, ("library_name",), "library", body["library_name"])
        check_requests(step, described)


def _look_up(step: Step, described: Described, rules: Rules, value: Any, path: Path) -> bool:
    """Look up what a field refers to, and return whether all of it is there."""
    if value is None:
        return True
    if "refers_to" in rules:
        return _is_there(step, described, rules["refers_to"], str(value), path)
    if "shorthand" in rules:
        key = rules["shorthand"]
        return _look_up(step, described, rules["schema"][key], value.get(key), (*path, key))
    missing = 0
    for index, item in enumerate(value):
        missing += not _look_up(step, described, rules["schema"], item, (*path, index))
        if missing > MOST_PROBLEMS:
            break
    return not missing


def _is_there(step: Step, described: Described, kind: str, text: str, path: Path) -> bool:
    if kind == "biosample" and step.settings.stubs and not is_uuid(text):
        return bool(step.find(kind, text)) or is_stub_name(step, described, path, text)
    return step.resolve(described, path, kind, text) is not None


def _look_at_order(step: Step, order: Described) -> None:
    refuse_repeated(step, order)
    study, group = _find(step, "study", order.body.get("study")), order.body.get("asset_group")
    if study is not None and isinstance(group, str):
        step.resolve(order, ("asset_group",), "asset_group", group, study)
    template = _find(step, "order_template", order.body.get("template"))
    body = step.body(template) if template is not None else None
    if template is None or body is None or is_partial(step, template):
        return
    own = order.body.get("request_options") or {}
    for name, code, message in read_order_options(types_of(step, body), body, own, step.may_suggest)[1]:
        step.report(order, option_path(name), code, message)


def _look_at_template(step: Step, template: Described) -> None:
    refuse_repeated(step, template)
    types = [_find(step, "request_type", text) for text in template.body.get("request_types") or ()]
    if types and None not in types and template.body.get("request_options"):
        check_presets(step, template, [step.body(str(uuid)) or {} for uuid in types])


def _find(step: Step, kind: str, text: object) -> str | None:
    found = step.find(kind, text) if isinstance(text, str) else []
    return found[0] if len(found) == 1 else None


def _uuid_of(step: Step, kind: str, body: Body) -> str:
    """The UUID that a thing would have, as far as it is known."""
    uuid, name = body.get("uuid"), body.get(load_kinds()[kind].named_by)
    if isinstance(uuid, str) or not isinstance(name, str):
        return str(uuid or "")
    if kind != "asset_group":
        return derive(kind, name)
    study = _find(step, "study", body.get("study"))
    return asset_group_uuid(study, name) if study is not None else ""


def _is_settled(step: Step, described: Described) -> bool:
    """Whether a thing is recorded so that its names mean what they meant, and its description is compared alone."""
    record = step.records.get(described.uuid)
    if record is None or record.kind != described.kind:
        return False
    if described.kind == "asset_group":
        return is_frozen(step, described.uuid)
    return described.kind in {"order", "submission"} and record.body["state"] not in _OPEN_STATES
