"""Described orders to drafts: their references resolved, and the submission that they are in after the step.

What a locked order names is looked up first in its own record (CONTRACT 2.2).
"""

from typing import NamedTuple

from seqmeta.held_names import find_held
from seqmeta.links import note_repeated
from seqmeta.memberships import Membership
from seqmeta.order_changes import FIXED, names_group
from seqmeta.records import Body, Record
from seqmeta.step import Described, Step


class Draft(NamedTuple):
    """A described order that is not sealed; `assets` is None where no list is given, which an empty one is."""

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
        """Whether it gives a list of assets, which are those of its own group, rather than taking those of one.

        An empty one beside a name says that the group of this name has none; without one it says it of no group.
        """
        if self.assets is None or "asset_group" in self.described.body:
            return False
        return bool(self.assets) or names_group(self.described)

    @property
    def lacks_group(self) -> bool:
        """Whether it gives neither assets nor a group."""
        return not self.assets and not names_group(self.described)

    @property
    def held(self) -> Body:
        """What is recorded of it while it is locked, else nothing; it may be older than what it names now."""
        return self.record.body if self.record is not None and is_held(self.record, self.member) else {}

    @property
    def stays(self) -> bool:
        """Whether it was in this submission before, so that its description may not change."""
        was_in = self.record.body.get("submission") if self.record is not None else None
        if was_in is None or self.member is None or self.member.is_doubtful:
            return False
        return self.member.submission == str(was_in["uuid"])


def is_held(record: Record, member: Membership | None) -> bool:
    """Whether an order was locked before the step and still is in a submission, this one or another."""
    return record.body["state"] == "locked" and member is not None


def make_draft(step: Step, described: Described, record: Record | None, member: Membership | None) -> Draft | None:
    """Resolve what an order names; None where its template, project or study is not to be found."""
    held = record if record is not None and is_held(record, member) else None
    fixed = {name: _resolve(step, described, name, kind, held) for name, kind in FIXED.items()}
    assets = _resolve_assets(step, described, held)
    if None in fixed.values():
        return None
    uuids = {name: str(uuid) for name, uuid in fixed.items()}
    return Draft(described=described, record=record, assets=assets, member=member, **uuids)


def _resolve(step: Step, described: Described, name: str, kind: str, held: Record | None) -> str | None:
    text = described.body[name]
    known = find_held(step, held, name, [text])[0] if held is not None else None
    return known or step.resolve(described, (name,), kind, text)


def _resolve_assets(step: Step, described: Described, held: Record | None) -> tuple[str, ...] | None:
    texts = described.body.get("assets")
    if texts is None:
        return None
    known = find_held(step, held, "assets", texts) if held is not None else [None] * len(texts)
    found = [
        uuid or step.resolve(described, ("assets", index), "asset", text)
        for index, (text, uuid) in enumerate(zip(texts, known, strict=True))
    ]
    note_repeated(step, described, ("assets",), [{"uuid": uuid} if uuid else None for uuid in found])
    return tuple(uuid for uuid in found if uuid is not None)
