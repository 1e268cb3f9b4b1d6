"""Asset groups: described ones, and those that orders make of their assets (CONTRACT 2.2).

A group that a sealed order took its assets from, or made, is frozen: its bytes never change again.
"""

from collections.abc import Sequence
from typing import Any

from seqmeta.identity import is_uuid
from seqmeta.links import link_references
from seqmeta.records import Record
from seqmeta.step import Described, Path, Step


def is_frozen(step: Step, group: str) -> bool:
    """Whether a sealed order holds a group."""
    holders = step.records.outlines(step.records.referring(group, "order"))
    return any(order.state == "sealed" for order in holders.values())


def link_group(step: Step, described: Described) -> dict[str, Any]:
    """Link a described group; a frozen one keeps its bytes, and a description that says otherwise is refused."""
    record = step.record(described)
    if record is None or not is_frozen(step, described.uuid):
        return link_references(step, described)
    for path, what in _changes(step, described, record):
        message = f"{what} of a group that a sealed order holds cannot change: describe a new group"
        step.report(described, path, "asset_group_conflict", message)
    return dict(record.body)


def _changes(step: Step, described: Described, record: Record) -> list[tuple[Path, str]]:
    said, recorded = described.body, record.body
    changes: list[tuple[Path, str]] = []
    if said["name"] != recorded["name"]:
        changes.append((("name",), "the name"))
    if recorded_or_found(step, "study", said["study"], [recorded["study"]]) != recorded["study"]["uuid"]:
        changes.append((("study",), "the study"))
    assets = all_recorded_or_found(step, "asset", said["assets"], recorded["assets"])
    is_other = assets != [asset["uuid"] for asset in recorded["assets"]]
    if is_other and not is_untold(step, "asset", said["assets"], assets):
        changes.append((("assets",), "the assets"))
    return changes


def is_untold(step: Step, kind: str, texts: Sequence[str], found: Sequence[str | None]) -> bool:
    """Whether what was not found of these references may be what has problems: nothing is said to differ then."""
    return any(uuid is None and step.is_faulty(kind, text) for text, uuid in zip(texts, found, strict=True))


def recorded_or_found(step: Step, kind: str, text: str, recorded: Sequence[Any], scope: str = "") -> str | None:
    """Find what a reference means, first among what a record itself refers to, then as any reference."""
    return all_recorded_or_found(step, kind, [text], recorded, scope)[0]


def all_recorded_or_found(
    step: Step, kind: str, texts: Sequence[str], recorded: Sequence[Any], scope: str = ""
) -> list[str | None]:
    """Find what each reference of a list means, as `recorded_or_found` does; the record is gone through once."""
    known: dict[str, str] = {}
    for reference in recorded:
        known.setdefault(reference["uuid"], reference["uuid"])
        if "name" in reference:
            known.setdefault(reference["name"], reference["uuid"])
    names = ((text, known.get(text) or (known.get(text.lower()) if is_uuid(text) else None)) for text in texts)
    return [uuid or next(iter(step.find(kind, text, scope)), None) for text, uuid in names]
