"""Which submission each order is in after a step: an order is in one submission only (CONTRACT 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seqmeta.asset_groups import all_recorded_or_found
from seqmeta.links import note_repeated
from seqmeta.records import Record
from seqmeta.step import Described, Path, Step
from seqmeta.values import shorten


@dataclass(frozen=True, slots=True)
class Membership:
    """The submission that an order is in; `is_new` where it is being submitted in this step."""

    submission: str
    is_submitted: bool = False
    is_new: bool = False


@dataclass(slots=True)
class Members:
    """Of each order its submission, and of each submission its orders, in order."""

    of_order: dict[str, Membership] = field(default_factory=dict)
    of_submission: dict[str, list[str]] = field(default_factory=dict)
    _places: dict[tuple[str, str], Path] = field(default_factory=dict)

    def place(self, submission: str, order: str) -> Path:
        """Where an order stands in the description of a submission."""
        return self._places.get((submission, order), ("orders",))

    def stand(self, submission: str, order: str, index: int) -> None:
        """Note where an order stands in the description of a submission, the first time that it does."""
        self._places.setdefault((submission, order), ("orders", index))


def is_submitted(record: Record | None) -> bool:
    """Whether a submission is recorded as submitted, and so sealed."""
    return record is not None and record.body["state"] != "building"


def find_members(step: Step) -> Members:
    """Find the orders of every submission; those that stay as they are recorded come first."""
    members = Members()
    described = list(step.of_kind("submission"))
    changing = {of.uuid for of in described if not is_submitted(step.record(of))}
    for record in step.records.of_kind("submission"):
        if record.uuid not in changing:
            orders = [order["uuid"] for order in record.body["orders"]]
            _join(members, record.uuid, orders, Membership(record.uuid, is_submitted(record)))
    for submission in described:
        if submission.uuid in changing:
            is_new = submission.body.get("submit") is True
            _join_described(step, members, submission, Membership(submission.uuid, is_new, is_new))
    return members


def _join(members: Members, submission: str, orders: Sequence[str], membership: Membership) -> None:
    members.of_submission[submission] = list(orders)
    members.of_order.update(dict.fromkeys(orders, membership))


def _join_described(step: Step, members: Members, submission: Described, membership: Membership) -> None:
    record = step.record(submission)
    recorded = list(record.body["orders"]) if record is not None else []
    texts = submission.body.get("orders", ())
    found = [
        uuid or step.resolve(submission, ("orders", index), "order", text)
        for index, (text, uuid) in enumerate(
            zip(texts, all_recorded_or_found(step, "order", texts, recorded), strict=True)
        )
    ]
    note_repeated(step, submission, ("orders",), [{"uuid": uuid} if uuid else None for uuid in found])
    for index, order in enumerate(found):
        other = members.of_order.get(order or "")
        if other is not None and other.submission != submission.uuid:
            name = shorten(step.name("submission", other.submission) or other.submission)
            message = f"the order {shorten(submission.body['orders'][index])} is in submission {name} already"
            described = step.described.get(other.submission)
            see = (described.source, ("orders",)) if described is not None else None
            step.report(submission, ("orders", index), "order_in_two_submissions", message, see=see)
        if order is not None:
            members.stand(submission.uuid, order, index)
    orders = [uuid for uuid in found if uuid is not None]
    _join(members, submission.uuid, list(dict.fromkeys(orders)), membership)
