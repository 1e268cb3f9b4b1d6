"""What nothing new may begin with: withdrawn consent, inactive studies and projects, superseded templates.

Where something new begins (a first record, a newly added reference, a submission being submitted) it is an error,
else a warning (CONTRACT 2.2). Sealed orders are not looked at.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from seqmeta.memberships import Members
from seqmeta.problems import Severity
from seqmeta.records import Body, Record
from seqmeta.step import Described, Path, Step
from seqmeta.values import shorten

Obstacle = tuple[Path, str, str, tuple[str, str] | None]
"""Where it stands in the description of an order, code, message, and the UUIDs of the asset and biosample it is of."""


def check_orders(step: Step, members: Members) -> None:
    """Check each order that is not sealed yet."""
    for uuid, (_, body) in step.bodies.select("order"):
        described = step.described.get(uuid)
        if described is None:
            continue
        record, member = step.record(described), members.of_order(uuid)
        begins = record is None or (member is not None and member.is_new)
        known = _recorded_samples(record)
        for path, code, message, sample in _obstacles(step, described, body):
            is_new = begins or (sample is not None and sample not in known)
            severity: Severity = "error" if is_new else "warning"
            step.report(described, path, code, message, severity=severity)


def _recorded_samples(record: Record | None) -> set[tuple[str, str]]:
    """The assets of an order's record with the biosamples that were in each."""
    assets = record.body["assets"] if record is not None else ()
    return {(asset["uuid"], sample["uuid"]) for asset in assets for sample in asset.get("biosamples", ())}


def check_undescribed(step: Step, members: Members) -> None:
    """Check the orders that are submitted without being described any more, at their submission."""
    for submission in step.of_kind("submission"):
        for order in members.of_submission.get(submission.uuid, ()):
            member = members.of_order(order)
            if member is None or not member.is_new or order in step.described:
                continue
            linked = step.bodies.get(order)
            for _, code, message, _ in _obstacles(step, None, linked[1]) if linked is not None else ():
                place = members.place(submission.uuid, order)
                step.report(submission, place, code, f"{step.name('order', order) or order}: {message}")


def check_libraries(step: Step) -> None:
    """Check the biosamples of each library."""
    for described in step.of_kind("library"):
        linked = step.bodies.get(described.uuid)
        if linked is None:
            continue
        samples = [sample["uuid"] for sample in linked[1].get("biosamples", ())]
        added = _new_items(step.record(described), "biosamples", samples)
        withdrawn = step.withdrawn(samples)
        for index, uuid in enumerate(samples):
            if uuid in withdrawn and not step.is_doubtful("biosample", uuid):
                severity: Severity = "error" if uuid in added else "warning"
                message = _withdrawn(step, uuid)
                step.report(described, ("biosamples", index), "consent_withdrawn", message, severity=severity)


def _new_items(record: Record | None, key: str, uuids: Sequence[str]) -> set[str]:
    """Find which of the things in a list are not in the record's list: references that begin with this step."""
    recorded: Iterable[Any] = record.body.get(key, ()) if record is not None else ()
    return set(uuids) - {item["uuid"] if isinstance(item, dict) else item for item in recorded}


def _withdrawn(step: Step, biosample: str) -> str:
    name = shorten(step.name("biosample", biosample) or biosample)
    return f"consent for the biosample {name} is withdrawn: nothing may use it any more"


def _obstacles(step: Step, described: Described | None, body: Body) -> Iterator[Obstacle]:
    for field in ("study", "project"):
        thing = step.body(body[field]["uuid"]) or {}
        if thing.get("state") == "inactive" and not step.is_doubtful(field, thing["uuid"]):
            message = f"the {field} {shorten(thing['name'])} is inactive: it takes no new orders"
            yield (field,), "inactive", message, None
    template = step.body(body["template"]["uuid"]) or {}
    if "superseded_by" in template and not step.is_doubtful("order_template", template["uuid"]):
        instead = shorten(template["superseded_by"].get("name", template["superseded_by"]["uuid"]))
        message = f"the template {shorten(template['name'])} is superseded: take {instead} instead"
        yield ("template",), "superseded", message, None
    own = described.body.get("assets") if described is not None else None
    # What is described was linked with its assets as they are; a record may be older than they are.
    assets = body["assets"] if described is not None else [step.body(of["uuid"]) or of for of in body["assets"]]
    withdrawn = step.withdrawn([sample for asset in assets for sample in _samples(asset)])
    for index, asset in enumerate(assets):
        for sample in _samples(asset):
            if sample in withdrawn and not _is_doubtful(step, body, asset, sample):
                path: Path = ("assets", index) if own else _group_path(described)
                yield path, "consent_withdrawn", _withdrawn(step, sample), (asset["uuid"], sample)


def _is_doubtful(step: Step, order: Body, asset: Body, sample: str) -> bool:
    """Whether a sample may not be in an asset of an order, or be withdrawn, when all that is described can be read."""
    things = [("biosample", sample), ("asset", asset["uuid"])]
    if "asset_group" in order:
        things.append(("asset_group", order["asset_group"]["uuid"]))
    return any(step.is_doubtful(kind, uuid) for kind, uuid in things)


def _samples(asset: Body) -> list[str]:
    return [sample["uuid"] for sample in asset.get("biosamples", ())]


def _group_path(described: Described | None) -> Path:
    return ("asset_group",) if described is not None and "asset_group" in described.body else ("asset_group_name",)
