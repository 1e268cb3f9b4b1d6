"""Orders: work wanted on assets, from a template, for a project that pays and a study that gets the results.

An order grows over days: what is given is checked at once, what is missing only when it joins a submission
(CONTRACT 2.2). `link_orders` brings all orders of a step to their bodies, with the groups that they make.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from seqmeta.drafts import Draft, is_held, make_draft
from seqmeta.made_groups import find_group, make_groups
from seqmeta.memberships import Members, Membership
from seqmeta.options import find_repeated, flatten, missing_options, nest
from seqmeta.order_changes import find_changes, find_fixed_changes
from seqmeta.order_sizes import refuse_endless
from seqmeta.order_templates import (
    Fault,
    defaults,
    find_disagreements,
    is_partial,
    option_path,
    presets,
    read_options,
    types_of,
)
from seqmeta.records import Body, Record
from seqmeta.step import Described, Step
from seqmeta.values import shorten


def link_orders(step: Step, members: Members) -> None:
    """Link every order of the step, described or recorded, with the asset groups that orders make."""
    drafts: list[Draft] = []
    for described in step.of_kind("order"):
        record = step.record(described)
        if record is not None and record.body["state"] == "sealed":
            _compare_sealed(step, described, record)
        else:
            member = members.of_order(described.uuid)
            draft = make_draft(step, described, record, member)
            _refuse_changes(step, described, record, member)
            drafts += [draft] if draft is not None else []
    make_groups(step, drafts)
    with_groups = [(draft, find_group(step, draft)) for draft in drafts]
    for draft, group in with_groups if not refuse_endless(step, with_groups) else ():
        step.set_body(draft.described.uuid, "order", _link_order(step, draft, group, members))
    for uuid in step.records.unsettled("order"):
        record = step.records.get(uuid) if uuid not in step.described else None
        if record is not None:
            step.set_body(uuid, "order", _place_recorded(step, record, members))


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
    if was_in is None or member is None or member.submission != was_in["uuid"]:
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
        "template": draft.name("template", step.reference("order_template", draft.template)),
        "project": draft.name("project", step.reference("project", draft.project)),
        "study": draft.name("study", step.reference("study", draft.study)),
        "assets": _describe_assets(step, draft, assets),
        "request_types": [_describe_type(step, of["uuid"]) for of in template["request_types"]],
        "request_options": nest(_effective_options(step, draft, template, members)),
    }
    body |= {key: said[key] for key in ("name", "comments", "withdrawn") if key in said}
    if group is not None and group_body is not None:
        body["asset_group"] = _name_group(draft, {"uuid": group, "name": group_body["name"]})
    elif "asset_group_name" in said:
        body["asset_group_name"] = said["asset_group_name"]
    if draft.member is not None:
        body["submission"] = step.reference("submission", draft.member.submission)
    return body


def _state(draft: Draft) -> str:
    if draft.member is not None:
        return "sealed" if draft.member.is_submitted else "locked"
    return "withdrawn" if draft.described.body.get("withdrawn") else "building"


def _name_group(draft: Draft, reference: dict[str, str]) -> dict[str, str]:
    held: Body = draft.held.get("asset_group", {})
    says_so = draft.group_name == held.get("name") and held.get("uuid") == reference["uuid"]
    return dict(held) if says_so else draft.name("asset_group", reference)


def _describe_assets(step: Step, draft: Draft, assets: Sequence[str]) -> list[dict[str, Any]]:
    said = set(draft.described.body.get("assets", ()))
    recorded = [asset for asset in draft.held.get("assets", ()) if asset.get("name") in said]
    kept = {asset["uuid"]: {"name": asset["name"]} for asset in recorded}
    return [{**_describe_asset(step, asset), **kept.get(asset, {})} for asset in assets]


def _describe_asset(step: Step, uuid: str) -> dict[str, Any]:
    body = step.body(uuid) or {}
    known = {key: body[key] for key in ("name", "asset_type", "barcode", "biosamples") if key in body}
    return {"uuid": uuid, **known}


def _describe_type(step: Step, uuid: str) -> dict[str, Any]:
    body = step.body(uuid) or {}
    return {**step.reference("request_type", uuid), "options": body.get("options", {})}


def _effective_options(step: Step, draft: Draft, template: Body, members: Members) -> dict[str, Any]:
    """The template's presets with the order's own on top, then the defaults of the rules, dotted."""
    if is_partial(step, draft.template):
        return {}
    types = types_of(step, template)
    own = draft.described.body.get("request_options", {})
    options, faults = read_options(types, defaults(types) | presets(template) | flatten(own))
    for fault in [*faults, *find_disagreements(types, options)]:
        _report_option(step, draft, fault, members)
    for path in find_repeated(own):
        message = f"the option {'.'.join(path)} is given twice, nested and with a dotted key: leave one out"
        step.report(draft.described, ("request_options", *path), "conflicting_fields", message)
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
    called = shorten(step.name("order", order) or order)
    place = members.place(submission.uuid, order)
    step.report(submission, place, code, f"the locked order {called}: request_options.{name}: {message}")


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
            body |= _derive_anew(step, body, submission, members)
    elif body["state"] != "withdrawn":
        body["state"] = "building"
    return body


def _derive_anew(step: Step, body: Body, submission: Described, members: Members) -> dict[str, Any]:
    """Derive what is to be sealed of a recorded order from what it names, as it is now; its options are as recorded."""
    group = step.body(body.get("asset_group", {}).get("uuid", "")) or {}
    is_maker = group.get("order", {}).get("uuid") == body["uuid"]
    assets = body["assets"] if is_maker else group.get("assets", body["assets"])
    derived: dict[str, Any] = {"assets": [_describe_asset(step, asset["uuid"]) for asset in assets]}
    if not is_partial(step, body["template"]["uuid"]):
        template = step.body(body["template"]["uuid"]) or {"request_types": []}
        types = types_of(step, template)
        options, faults = read_options(types, presets(body))
        for fault in [*faults, *find_disagreements(types, options)]:
            _report_held(step, submission, body["uuid"], fault, members)
        derived["request_options"] = nest(options)
        derived["request_types"] = [_describe_type(step, of["uuid"]) for of in template["request_types"]]
    return derived


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
    described, template = (step.described.get(of) for of in (body["uuid"], body["template"]["uuid"]))
    record = step.records.get(body["uuid"])
    recorded = {"request_options": record.body["request_options"]} if record is not None else {}
    said = described.body if described is not None else recorded
    presets_said = template.body if template is not None and described is not None else {}
    is_group_faulty = _names_faulty_group(step, said, body)
    types_are_known = not is_partial(step, body["template"]["uuid"])
    given = {name for of in (said, presets_said) for name in flatten(of.get("request_options", {}))}
    unread = given - flatten(body["request_options"]).keys()
    is_misspelt = bool(unread - {name for kind in body["request_types"] for name in kind["options"]})

    def is_doubtful(field: str) -> bool:
        if field == "assets":
            return bool(said.get("assets")) or is_group_faulty
        if not field.startswith("request_options."):
            return not types_are_known
        return not types_are_known or is_misspelt or field.removeprefix("request_options.") in unread

    return is_doubtful


def _names_faulty_group(step: Step, said: Body, body: Body) -> bool:
    """Whether an order takes the assets of a group that has problems, or whose assets have."""
    text = said.get("asset_group", said.get("asset_group_name"))
    if text is None:
        return False
    group = step.described.get(body.get("asset_group", {}).get("uuid", ""))
    return group is not None or step.is_faulty("asset_group", text)
