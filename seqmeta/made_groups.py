"""Drafts of orders to asset groups: those that orders make of their assets, and those that they take theirs from.

A group that an order makes names its maker, and follows it until the order is locked; a group that a sealed order
holds never changes again, whoever made it (CONTRACT 2.2).
"""

from collections.abc import Sequence
from typing import Any

from seqmeta.asset_groups import is_frozen
from seqmeta.drafts import Draft
from seqmeta.identity import asset_group_uuid, is_uuid
from seqmeta.records import Body, Record
from seqmeta.step import Step
from seqmeta.values import shorten


def make_groups(step: Step, drafts: list[Draft]) -> None:
    """Make the groups of the orders that give assets; each group has one maker, rather one that has assets for it."""
    makers: dict[tuple[str, str], Draft] = {}
    making = (draft for draft in drafts if draft.makes_group)
    for draft in sorted(making, key=lambda draft: (not _has_made(step, draft), not draft.assets)):
        maker = makers.setdefault((draft.study, draft.group_name), draft)
        if maker is not draft:
            path = ("asset_group_name",)
            message = f"another order makes the asset group {shorten(draft.group_name)} too"
            step.report(draft.described, path, "asset_group_conflict", message, see=(maker.described.source, path))
        elif not _is_others(step, draft, _find_by_name(step, draft)):
            _make_group(step, draft)
    for draft in makers.values():  # only now there is every group that a name may be the UUID of
        _is_others(step, draft, _find_by_uuid(step, draft))
    _refuse_taken_over(step)


def _has_made(step: Step, draft: Draft) -> bool:
    """Whether the group is recorded as this order's: whoever made it first keeps it, wherever it is described."""
    record = step.records.named("asset_group", draft.group_name, draft.study)
    return record is not None and _maker(record.body) == draft.described.uuid


def _find_by_name(step: Step, draft: Draft) -> str | None:
    found = step.find("asset_group", draft.group_name, draft.study)
    return next((uuid for uuid in found if uuid != draft.group_name.lower()), None)


def _find_by_uuid(step: Step, draft: Draft) -> str | None:
    """Find the group of its study that has as its UUID what a group of the order is called from now on."""
    uuid = str(draft.described.body.get("asset_group_name", "")).lower()
    is_group = is_uuid(uuid) and step.kind_of(uuid) == "asset_group" and _study_of(step, uuid) == draft.study
    return uuid if is_group and not _has_made(step, draft) else None


def _is_others(step: Step, draft: Draft, uuid: str | None) -> bool:
    """Whether a group that the order's name for one means is described, or something else's; it is noted."""
    if uuid is None or (uuid not in step.described and _maker(step.body(uuid)) == draft.described.uuid):
        return False
    group = shorten(draft.group_name)
    if uuid in step.described:
        message = f"the asset group {group} is described, and this order would make it too"
        path, see = ("asset_group_name",), (step.described[uuid].source, ())
        step.report(draft.described, path, "asset_group_conflict", message, see=see)
    message = f"the asset group {group} exists: name it and leave the assets out, or take another name"
    step.report(draft.described, ("assets",), "conflicting_fields", message)
    return True


def _maker(group: Body | None) -> str | None:
    """The UUID of the order that made a group."""
    uuid: str | None = (group or {}).get("order", {}).get("uuid")
    return uuid


def _make_group(step: Step, draft: Draft) -> None:
    record = step.records.named("asset_group", draft.group_name, draft.study)
    if record is None and not draft.assets:
        return
    uuid = record.uuid if record is not None else asset_group_uuid(draft.study, draft.group_name)
    if record is not None and record.uuid in step.described:
        name = shorten(draft.group_name)
        message = f"the name {name} belongs to {uuid}, under which it was recorded first, not to a group of this order"
        step.report(draft.described, ("asset_group_name",), "cannot_change", message)
        return
    if record is None and not step.is_free(draft.described, (), uuid, f"the asset group {shorten(draft.group_name)}"):
        return
    step.names.add("asset_group", draft.study, draft.group_name, uuid)
    assets = draft.assets or ()
    if record is not None and is_frozen(step, uuid):
        _keep_frozen(step, draft, record, assets)
        return
    body = {
        "uuid": uuid,
        "name": draft.group_name,
        "study": step.reference("study", draft.study),
        "assets": step.references("asset", assets),
        "order": step.reference("order", draft.described.uuid),
    }
    step.set_body(uuid, "asset_group", body)


def _keep_frozen(step: Step, draft: Draft, record: Record, assets: tuple[str, ...]) -> None:
    """Keep the bytes of a group that a sealed order holds; its maker may not change its assets any more."""
    step.set_body(record.uuid, "asset_group", dict(record.body))
    if [asset["uuid"] for asset in record.body["assets"]] != list(assets):
        name = shorten(record.body["name"])
        message = f"a sealed order holds the asset group {name}, so its assets cannot change: name another group"
        step.report(draft.described, ("assets",), "asset_group_conflict", message)


def empty_left_groups(step: Step, drafts: Sequence[tuple[Draft, str | None]]) -> None:
    """Let the group that has an order's UUID as its name follow that order to having no assets and no group.

    Where the order had taken another group before, or another order has this one after the step, it stays as it is.
    """
    used = {group for _, group in drafts}
    known = {draft.described.uuid for draft, _ in drafts}
    for draft, _ in drafts:
        record = step.records.named("asset_group", draft.group_name, draft.study) if draft.lacks_group else None
        if record is None or record.uuid in step.described or _maker(record.body) != draft.described.uuid:
            continue
        held = draft.record.body.get("asset_group", {}).get("uuid") if draft.record is not None else None
        was_left_before = held != record.uuid and bool(record.body["assets"])
        is_used = record.uuid in used or not known.issuperset(step.records.referring(record.uuid, "order"))
        if not was_left_before and not is_used:
            step.set_body(record.uuid, "asset_group", {**record.body, "assets": []})


def _refuse_taken_over(step: Step) -> None:
    """Refuse to describe a group that an order made and holds, and holds on to.

    So it is where that order is sealed or not described any more, and where the group keeps its bytes, and its maker's
    name with them, because another order is sealed with it.
    """
    for described in step.of_kind("asset_group"):
        record = step.record(described)
        maker = step.records.get(_maker(record.body) or "") if record is not None else None
        if maker is None or maker.body.get("asset_group", {}).get("uuid") != described.uuid:
            continue
        is_kept = maker.body["state"] == "sealed" or is_frozen(step, described.uuid)
        may_leave = maker.uuid in step.described or step.is_doubtful("order", maker.uuid)
        if is_kept or not may_leave:
            name = shorten(maker.body.get("name", maker.uuid))
            group = shorten(str(described.name))
            message = f"the asset group {group} was made by the order {name}: leave its description out"
            step.report(described, ("name",), "asset_group_conflict", message)


def find_group(step: Step, draft: Draft) -> str | None:
    """Find the group whose assets the order takes, or that it made of its own."""
    said = draft.described.body
    if draft.makes_group:  # one that it has emptied it has no more, as if there had never been one
        return step.names.find("asset_group", draft.study, draft.group_name) if draft.assets else None
    if "asset_group" in said:
        return _find_named_group(step, draft, said["asset_group"])
    if "asset_group_name" not in said:
        return None
    found = _held_group(step, draft, draft.group_name) or step.find("asset_group", draft.group_name, draft.study)
    group = next((uuid for uuid in found if not is_uuid(draft.group_name) or _study_of(step, uuid) == draft.study), "")
    return group or None


def _held_group(step: Step, draft: Draft, text: str) -> list[str]:
    """The group that a locked order is recorded with, where the text names it."""
    own: Any = draft.held.get("asset_group")
    if own is None:
        return []
    names = {own["name"]}.union(step.formerly.get(draft.described.uuid, {}).get(own["uuid"], ()))
    return [own["uuid"]] if text.lower() == own["uuid"] or text in names else []


def _find_named_group(step: Step, draft: Draft, text: str) -> str | None:
    if draft.assets is not None:
        message = "assets beside an existing asset group: give one of them"
        step.report(draft.described, ("assets",), "conflicting_fields", message)
    for held in _held_group(step, draft, text):
        return held
    uuid = step.resolve(draft.described, ("asset_group",), "asset_group", text, draft.study)
    if uuid is not None and _study_of(step, uuid) != draft.study:
        if step.is_doubtful("asset_group", uuid):  # it may come into this study
            return None
        study = shorten(step.name("study", draft.study) or draft.study)
        message = f"the asset group {shorten(text)} is of another study: expected one of {study}"
        step.report(draft.described, ("asset_group",), "unknown_reference", message)
        return None
    return uuid


def _study_of(step: Step, group: str) -> str | None:
    body = step.body(group)
    return body["study"]["uuid"] if body is not None and "study" in body else None
