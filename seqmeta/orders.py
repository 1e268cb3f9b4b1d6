"""Orders: work wanted on assets, from a template, for a project that pays and a study that gets the results.

An order grows over days: what is given is checked at once, what is missing only when it joins a submission
(CONTRACT 2.2). `link_orders` brings all orders of a step to their bodies, with the groups that they make.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seqmeta.drafts import Draft, is_held, make_draft
from seqmeta.held_names import learn_past, needs_past
from seqmeta.made_groups import empty_left_groups, find_group, make_groups
from seqmeta.memberships import Members, Membership
from seqmeta.options import flatten, missing_options, nest
from seqmeta.order_changes import FIXED, find_changes, find_fixed_changes
from seqmeta.order_sizes import refuse_endless
from seqmeta.order_templates import (
    Fault,
    defaults,
    find_disagreements,
    is_partial,
    option_path,
    presets,
    read_options,
    read_order_options,
    refuse_repeated,
    types_of,
)
from seqmeta.records import Body, Record
from seqmeta.step import Described, Step
from seqmeta.values import shorten


def link_orders(step: Step, members: Members) -> None:
    """Link every order of the step, described or recorded, with the asset groups that orders make."""
    drafts: list[Draft] = []
    for described, record in _each(step, members):
        if record is not None and record.body["state"] == "sealed":
            _compare_sealed(step, described, record)
        else:
            member = members.of_order(described.uuid)
            draft = make_draft(step, described, record, member)
            _refuse_changes(step, described, record, member)
            if draft is not None:
                drafts.append(draft)
            else:
                step.put_aside(described, {*FIXED, "assets"})
                step.unusable.add(("asset_group", described.body.get("asset_group_name", described.uuid)))
    drafts.sort(key=lambda draft: draft.described.source.order)
    make_groups(step, drafts)
    with_groups = [(draft, find_group(step, draft)) for draft in drafts]
    empty_left_groups(step, with_groups)
    for draft, group in with_groups if not refuse_endless(step, with_groups) else ():
        step.set_body(draft.described.uuid, "order", _link_order(step, draft, group, members))
    for uuid in step.records.unsettled("order"):
        record = step.records.get(uuid) if uuid not in step.described else None
        if record is not None:
            step.set_body(uuid, "order", _place_recorded(step, record, members))


def _each(step: Step, members: Members) -> Iterator[tuple[Described, Record | None]]:
    """Yield the described orders with their records, and last those for which the store's history is asked, at once."""
    asking: list[tuple[Described, Record]] = []
    for described in step.of_kind("order"):
        record = step.record(described)
        if record is not None and _is_bound(record, members) and needs_past(step, described, record):
            asking.append((described, record))
        else:
            yield described, record
    learn_past(step, (record for _, record in asking))
    yield from asking


def _is_bound(record: Record, members: Members) -> bool:
    return record.body["state"] == "sealed" or is_held(record, members.of_order(record.uuid))


def _compare_sealed(step: Step, described: Described, record: Record) -> None:
    submission = _called(record.body["submission"])
    for path, words in find_changes(step, described, record):
        message = f"the order is sealed in submission {submission} and cannot change: {words}; change it back"
        step.report(described, path, "order_sealed", message)


def _called(reference: Mapping[str, Any]) -> str:
    return str(reference.get("name", reference["uuid"]))


def _refuse_changes(step: Step, described: Described, record: Record | None, member: Membership | None) -> None:
    if record is None:
        return
    for path, words in find_fixed_changes(step, described, record, is_held=is_held(record, member)):
        message = f"{path[0]} of an order cannot change after its first record: {words}"
        step.report(described, path, "cannot_change", message)
    was_in = record.body.get("submission")
    if was_in is None or member is None or member.is_doubtful or member.submission != was_in["uuid"]:
        return
    for path, words in find_changes(step, described, record):
        message = f"the order is locked in submission {_called(was_in)}: take it out of there to change it ({words})"
        step.report(described, path, "order_locked", message)


def _link_order(step: Step, draft: Draft, group: str | None, members: Members) -> dict[str, Any]:
    described, said = draft.described, draft.described.body
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
        "request_options": nest(_effective_options(step, draft, template, members)),
    }
    body |= {key: said[key] for key in ("name", "comments", "withdrawn") if key in said}
    if group is not None and group_body is not None:
        body["asset_group"] = {"uuid": group, "name": group_body["name"]}
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
    known = {key: body[key] for key in ("name", "asset_type", "barcode", "biosamples") if key in body}
    return {"uuid": uuid, **known}


def _describe_type(step: Step, uuid: str) -> dict[str, Any]:
    body = step.body(uuid) or {}
    return {**step.reference("request_type", uuid), "options": body.get("options", {})}


def _effective_options(step: Step, draft: Draft, template: Body, members: Members) -> dict[str, Any]:
    """The template's presets with the order's own on top, then the defaults of the rules, dotted."""
    refuse_repeated(step, draft.described)
    if is_partial(step, draft.template):
        return {}
    own = draft.described.body.get("request_options", {})
    options, faults = read_order_options(types_of(step, template), template, own, step.may_suggest)
    for fault in faults:
        _report_option(step, draft, fault, members)
    return options


def _report_option(step: Step, draft: Draft, fault: Fault, members: Members) -> None:
    """Report a fault of an option; at the submission where the order stays in it, for then its sources have changed."""
    name, code, message = fault
    submission = step.described.get(draft.member.submission) if draft.member is not None and draft.stays else None
    if submission is None:
        step.report(draft.described, option_path(name), code, message)
    else:
        _report_held(step, submission, draft.described.uuid, fault, members)


def _report_held(step: Step, submission: Described, order: str, fault: Fault, members: Members) -> None:
    """Report a fault of an option of an order at the submission that holds it."""
    name, code, message = fault
    called, place = shorten(step.name("order", order) or order), members.place(submission.uuid, order)
    outline = step.records.outline(order)
    locked = "locked " if outline is not None and outline.state == "locked" else ""
    step.report(submission, place, code, f"the {locked}order {called}: request_options.{name}: {message}")


def _place_recorded(step: Step, record: Record, members: Members) -> dict[str, Any]:
    """Bring an order that is not described any more to where the step's submissions have it.

    While nothing is sealed with it, it stays as it is recorded.
    """
    member = members.of_order(record.uuid)
    body = {key: value for key, value in record.body.items() if key != "submission"}
    if member is not None:
        body["submission"] = step.reference("submission", member.submission)
        body["state"] = "sealed" if member.is_submitted else "locked"
        submission = step.described.get(member.submission)
        if member.is_new and submission is not None:
            derived, faults = derive_anew(step, body)
            body |= derived
            for fault in faults:
                _report_held(step, submission, record.uuid, fault, members)
    elif body["state"] != "withdrawn":
        body["state"] = "building"
    return body


def derive_anew(step: Step, body: Body) -> tuple[dict[str, Any], list[Fault]]:
    """Derive what would be sealed of a recorded order from what it names, as it is now, and find what is wrong with it.

    Its options are as recorded; a default that is legal no more is the present one.
    """
    group = step.body(body.get("asset_group", {}).get("uuid", "")) or {}
    is_maker = group.get("order", {}).get("uuid") == body["uuid"]
    assets = body["assets"] if is_maker else group.get("assets", body["assets"])
    derived: dict[str, Any] = {name: step.reference(kind, body[name]["uuid"]) for name, kind in FIXED.items()}
    derived["assets"] = [_describe_asset(step, asset["uuid"]) for asset in assets]
    if group:
        derived["asset_group"] = {"uuid": group["uuid"], "name": group["name"]}
    if is_partial(step, body["template"]["uuid"]):
        return derived, []
    template = step.body(body["template"]["uuid"]) or {"request_types": []}
    types, kept = types_of(step, template), presets(body)
    lapsed = _defaulted(body).intersection(name for name, _, _ in read_options(types, kept, lambda: False)[1])
    unsaid = defaults(types) | {name: text for name, text in presets(template).items() if name in lapsed}
    wanted = unsaid | {name: kept[name] for name in kept if name not in lapsed}
    options, faults = read_options(types, wanted, step.may_suggest)
    derived["request_options"] = nest(options)
    derived["request_types"] = [_describe_type(step, of["uuid"]) for of in template["request_types"]]
    return derived, [*faults, *find_disagreements(types, options)]


def _defaulted(body: Body) -> set[str]:
    """Name the options of a recorded order that nobody need have given: they are its defaults."""
    types, options = body["request_types"], flatten(body["request_options"])
    by_default, _ = read_options(types, defaults(types))
    return {name for name, value in by_default.items() if name in options and options[name] == value}


def find_missing(body: Body) -> Iterator[str]:
    """Name what an order lacks to be done: assets, and required options of its request types."""
    if not body["assets"]:
        yield "assets"
    flat = flatten(body["request_options"])
    named = dict.fromkeys(name for kind in body["request_types"] for name in missing_options(kind["options"], flat))
    yield from (f"request_options.{name}" for name in named)


def doubtful_fields(step: Step, body: Body) -> Callable[[str], bool]:
    """Tell of which fields of an order it is not known what they say: a finding says why, and is enough.

    Of its assets where those that are given are not there; of an option that the order or its template gives and that
    is no legal one; of all options where one may be misspelt; of all work where a request type is not known.
    """
    described, record = step.described.get(body["uuid"]), step.records.get(body["uuid"])
    said = described.body if described is not None else {}
    is_group_faulty = _names_faulty_group(step, said, body)
    types_are_known = not is_partial(step, body["template"]["uuid"])
    unread = _given_options(step, body, described, record) - flatten(body["request_options"]).keys()
    is_misspelt = bool(unread - {name for kind in body["request_types"] for name in kind["options"]})

    def is_doubtful(field: str) -> bool:
        if field == "assets":
            return bool(said.get("assets")) or is_group_faulty
        if not field.startswith("request_options."):
            return not types_are_known
        return not types_are_known or is_misspelt or field.removeprefix("request_options.") in unread

    return is_doubtful


def _given_options(step: Step, body: Body, described: Described | None, record: Record | None) -> set[str]:
    """Name the options that an order or its template gives; of one that is only recorded those that it must keep."""
    if described is None:
        return set(flatten(record.body["request_options"])) - _defaulted(record.body) if record is not None else set()
    template = step.described.get(body["template"]["uuid"])
    sources = [described.body, *([template.body] if template is not None else [])]
    return {name for of in sources for name in flatten(of.get("request_options", {}))}


def _names_faulty_group(step: Step, said: Body, body: Body) -> bool:
    """Whether an order takes the assets of a group that is not there or has problems, or whose assets have."""
    if "asset_group" in said and "asset_group" not in body:
        return True
    text = said.get("asset_group", said.get("asset_group_name"))
    if text is None:
        return False
    group = step.described.get(body.get("asset_group", {}).get("uuid", ""))
    return group is not None or step.is_faulty("asset_group", text)
