"""Orders: work wanted on assets, from a template, for a project that pays and a study that gets the results.

An order grows over days: what is given is checked at once, what is missing only when it joins a submission
(CONTRACT 2.2). `link_orders` brings all orders of a step to their bodies, with the groups that they make.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqmeta.asset_groups import recorded_or_found
from seqmeta.identity import asset_group_uuid, is_uuid
from seqmeta.links import note_repeated
from seqmeta.memberships import Membership
from seqmeta.options import find_reversed, flatten, missing_options, nest
from seqmeta.order_changes import FIXED, find_changes, find_fixed_changes
from seqmeta.order_templates import defaults, option_path, presets, read_options, type_rules
from seqmeta.records import Body, Record
from seqmeta.step import Described, Step
from seqmeta.values import shorten

Memberships = Mapping[str, Membership]
"""By the UUID of an order, the submission that it is in after this step."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A described order with its references resolved; `assets` is None where none are given."""

    described: Described
    record: Record | None
    template: str
    project: str
    study: str
    assets: tuple[str, ...] | None
    member: Membership | None

    @property
    def group_name(self) -> str:
        """The name of the group that the order's assets are to be in: its own UUID where it gives none."""
        return str(self.described.body.get("asset_group_name", self.described.uuid))

    @property
    def makes_group(self) -> bool:
        """Whether it gives assets, which make a group, rather than taking those of one."""
        return self.assets is not None and "asset_group" not in self.described.body


def link_orders(step: Step, memberships: Memberships) -> None:
    """Link every order of the step, described or recorded, with the asset groups that orders make."""
    drafts: list[Draft] = []
    for described in step.of_kind("order"):
        record = step.record(described)
        if record is not None and record.body["state"] == "sealed":
            _compare_sealed(step, described, record)
        else:
            draft = _draft(step, described, record, memberships.get(described.uuid))
            drafts += [draft] if draft is not None else []
    _make_groups(step, drafts)
    for draft in drafts:
        step.bodies[draft.described.uuid] = ("order", _link_order(step, draft))
    for record in step.records.of_kind("order"):
        if record.uuid not in step.described and record.body["state"] != "sealed":
            step.bodies[record.uuid] = ("order", _place_recorded(step, record, memberships.get(record.uuid)))


def _compare_sealed(step: Step, described: Described, record: Record) -> None:
    submission = record.body["submission"]
    template = step.template_when_sealed(submission["uuid"], record.body["template"]["uuid"])
    for path, words in find_changes(step, described, record, template):
        message = f"the order is sealed in submission {_called(submission)} and cannot change: {words}"
        step.report(described, path, "order_sealed", message)


def _called(reference: Mapping[str, Any]) -> str:
    return str(reference.get("name", reference["uuid"]))


def _draft(step: Step, described: Described, record: Record | None, member: Membership | None) -> Draft | None:
    own = record.body if record is not None and record.body["state"] == "locked" else {}
    fixed = {name: _resolve(step, described, name, kind, own) for name, kind in FIXED.items()}
    assets = _resolve_assets(step, described, own.get("assets", []))
    if record is not None:
        _refuse_changes(step, described, record, member)
    if None in fixed.values():
        return None
    uuids = {name: str(uuid) for name, uuid in fixed.items()}
    return Draft(described=described, record=record, assets=assets, member=member, **uuids)


def _resolve(step: Step, described: Described, name: str, kind: str, own: Body) -> str | None:
    text = described.body[name]
    if own:
        found = recorded_or_found(step, kind, text, [own[name]])
        if found is not None:
            return found
    return step.resolve(described, (name,), kind, text)


def _resolve_assets(step: Step, described: Described, own: list[Any]) -> tuple[str, ...] | None:
    texts = described.body.get("assets") or None
    if texts is None:
        return None
    found: list[str | None] = []
    for index, text in enumerate(texts):
        known = recorded_or_found(step, "asset", text, own) if own else None
        found.append(known or step.resolve(described, ("assets", index), "asset", text))
    note_repeated(step, described, ("assets",), [{"uuid": uuid} if uuid else None for uuid in found])
    return tuple(uuid for uuid in found if uuid is not None)


def _refuse_changes(step: Step, described: Described, record: Record, member: Membership | None) -> None:
    for path, words in find_fixed_changes(step, described, record):
        message = f"{path[0]} of an order cannot change after its first record: {words}"
        step.report(described, path, "cannot_change", message)
    was_in = record.body.get("submission")
    if was_in is None or member is None or member.submission != was_in["uuid"]:
        return
    template = step.records.get(record.body["template"]["uuid"])
    for path, words in find_changes(step, described, record, template.body if template is not None else None):
        message = f"the order is locked in submission {_called(was_in)}: take it out of there to change it ({words})"
        step.report(described, path, "order_locked", message)


def _make_groups(step: Step, drafts: list[Draft]) -> None:
    """Make the groups of the orders that give assets; each group has one maker."""
    makers: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if not draft.makes_group:
            continue
        key = (draft.study, draft.group_name)
        maker = makers.setdefault(key, draft)
        if maker is not draft:
            path = ("asset_group_name",)
            message = f"another order makes the asset group {shorten(draft.group_name)} too"
            step.report(draft.described, path, "asset_group_conflict", message, see=(maker.described.source, path))
        if _is_others(step, draft):
            message = f"the asset group {shorten(draft.group_name)} exists: name it and leave the assets out, or take another name"
            step.report(draft.described, ("assets",), "conflicting_fields", message)
        elif maker is draft:
            _make_group(step, draft)
    _empty_left_groups(step, drafts)


def _is_others(step: Step, draft: Draft) -> bool:
    """Whether the group that the order would make is described, or recorded as something else's."""
    named = step.names.get(("asset_group", draft.study, draft.group_name))
    if named in step.described:
        path = ("asset_group_name",)
        message = f"the asset group {shorten(draft.group_name)} is described, and this order would make it too"
        see = (step.described[str(named)].source, ())
        step.report(draft.described, path, "asset_group_conflict", message, see=see)
        return True
    record = step.records.named("asset_group", draft.group_name, draft.study)
    return record is not None and record.body.get("order", {}).get("uuid") != draft.described.uuid


def _make_group(step: Step, draft: Draft) -> None:
    record = step.records.named("asset_group", draft.group_name, draft.study)
    uuid = record.uuid if record is not None else asset_group_uuid(draft.study, draft.group_name)
    step.names["asset_group", draft.study, draft.group_name] = uuid
    body = {
        "uuid": uuid,
        "name": draft.group_name,
        "study": step.reference("study", draft.study),
        "assets": [step.reference("asset", asset) for asset in draft.assets or ()],
        "order": step.reference("order", draft.described.uuid),
    }
    step.bodies[uuid] = ("asset_group", body)


def _empty_left_groups(step: Step, drafts: list[Draft]) -> None:
    """Let a group follow its order to having no assets, while the order still names it."""
    for draft in drafts:
        own = draft.record.body.get("asset_group") if draft.record is not None else None
        record = step.records.get(own["uuid"]) if own is not None else None
        if record is None or draft.makes_group or "asset_group" in draft.described.body:
            continue
        is_own = record.body.get("order", {}).get("uuid") == draft.described.uuid
        if is_own and record.uuid not in step.bodies and record.body["name"] == draft.group_name:
            step.bodies[record.uuid] = ("asset_group", {**record.body, "assets": []})


def _find_group(step: Step, draft: Draft) -> str | None:
    """Find the group whose assets the order takes, or that it made."""
    said = draft.described.body
    if draft.makes_group:
        return step.names.get(("asset_group", draft.study, draft.group_name))
    if "asset_group" in said:
        return _find_named_group(step, draft, said["asset_group"])
    if "asset_group_name" not in said:
        return None
    found = step.find("asset_group", draft.group_name, draft.study)
    group = next((uuid for uuid in found if not is_uuid(draft.group_name) or _study_of(step, uuid) == draft.study), None)
    maker = (step.body(group) or {}).get("order", {}).get("uuid") if group is not None else None
    return None if maker == draft.described.uuid else group


def _find_named_group(step: Step, draft: Draft, text: str) -> str | None:
    if draft.assets is not None:
        message = "assets beside an existing asset group: give one of them"
        step.report(draft.described, ("assets",), "conflicting_fields", message)
    uuid = step.resolve(draft.described, ("asset_group",), "asset_group", text, draft.study)
    if uuid is not None and _study_of(step, uuid) != draft.study:
        message = f"the asset group {shorten(text)} is of another study: expected one of {_study_name(step, draft)}"
        step.report(draft.described, ("asset_group",), "unknown_reference", message)
        return None
    return uuid


def _study_of(step: Step, group: str) -> str | None:
    body = step.body(group)
    return body["study"]["uuid"] if body is not None and "study" in body else None


def _study_name(step: Step, draft: Draft) -> str:
    return shorten(step.name("study", draft.study) or draft.study)


def _link_order(step: Step, draft: Draft) -> dict[str, Any]:
    described, said = draft.described, draft.described.body
    group = _find_group(step, draft)
    group_body = step.body(group) if group is not None else None
    assets = draft.assets
    if assets is None:
        assets = tuple(asset["uuid"] for asset in (group_body or {}).get("assets", ()))
    template = step.body(draft.template) or {"request_types": []}
    body: dict[str, Any] = {
        "uuid": described.uuid,
        "state": _state(draft),
        "template": step.reference("order_template", draft.template),
        "project": step.reference("project", draft.project),
        "study": step.reference("study", draft.study),
        "assets": [_describe_asset(step, asset) for asset in assets],
        "request_types": [_describe_type(step, of["uuid"]) for of in template["request_types"]],
        "request_options": nest(_effective_options(step, draft, template)),
    }
    body |= {key: said[key] for key in ("name", "comments", "withdrawn") if key in said}
    if group is not None and group_body is not None:
        body["asset_group"] = step.reference("asset_group", group) | {"name": group_body["name"]}
    elif "asset_group_name" in said:
        body["asset_group_name"] = said["asset_group_name"]
    if draft.member is not None:
        body["submission"] = step.reference("submission", draft.member.submission)
    return body


def _state(draft: Draft) -> str:
    if draft.member is not None:
        return "sealed" if draft.member.is_submitted else "locked"
    return "withdrawn" if draft.described.body.get("withdrawn") else "building"


def _describe_asset(step: Step, uuid: str) -> dict[str, Any]:
    body = step.body(uuid) or {}
    known = {key: body[key] for key in ("asset_type", "barcode", "biosamples") if key in body}
    return {**step.reference("asset", uuid), **known}


def _describe_type(step: Step, uuid: str) -> dict[str, Any]:
    body = step.body(uuid) or {}
    return {**step.reference("request_type", uuid), "options": body.get("options", {})}


def _effective_options(step: Step, draft: Draft, template: Body) -> dict[str, Any]:
    """The template's presets with the order's own on top, then the defaults of the rules, dotted."""
    rules = type_rules(step, template)
    given = presets(template) | flatten(draft.described.body.get("request_options", {}))
    options = read_options(step, draft.described, rules, given)
    options |= {name: value for name, value in defaults(rules) if name not in given}
    for name, message in find_reversed(options):
        step.report(draft.described, option_path(name), "out_of_range", message)
    for name, message in find_bad_multipliers(step, template, options):
        step.report(draft.described, option_path(name), "invalid_multiplier", message)
    return options


LARGEST_MULTIPLIER = 1000
"""More requests of one type for one asset than any laboratory makes: a slip of the keyboard."""


def find_bad_multipliers(step: Step, template: Body, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find multipliers that no number of requests can be: the option, and what is wrong."""
    for reference in template["request_types"]:
        kind = step.body(reference["uuid"]) or {}
        name = kind.get("multiplier_option")
        value = options.get(name, 1)
        if value < 1 or value > LARGEST_MULTIPLIER:
            yield str(name), f"{name} {value} multiplies the requests of {kind['name']}: expected 1 to {LARGEST_MULTIPLIER}"
        elif value > 1 and kind.get("pooling", "none") != "none":
            yield str(name), f"{name} is {value}, but {kind['name']} makes pools and cannot be multiplied: expected 1"


def _place_recorded(step: Step, record: Record, member: Membership | None) -> dict[str, Any]:
    """Bring an order that is not described any more to where the step's submissions have it."""
    body = {key: value for key, value in record.body.items() if key != "submission"}
    if member is not None:
        body["submission"] = step.reference("submission", member.submission)
        body["state"] = "sealed" if member.is_submitted else "locked"
    elif body["state"] != "withdrawn":
        body["state"] = "building"
    return body


def find_missing(body: Body) -> Iterator[str]:
    """Name what an order lacks to be done: assets, and required options of its request types."""
    if not body["assets"]:
        yield "assets"
    flat = flatten(body["request_options"])
    named = dict.fromkeys(name for kind in body["request_types"] for name in missing_options(kind["options"], flat))
    yield from (f"request_options.{name}" for name in named)
