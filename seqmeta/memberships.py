"""Which submission each order is in after a step: an order is in one submission only (CONTRACT 2.3).

Submissions that are described and not sealed may change; all others keep the orders that their records have, which are
looked up when they are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from seqmeta.asset_groups import all_recorded_or_found
from seqmeta.identity import progress_uuid
from seqmeta.links import note_repeated
from seqmeta.recorded import SETTLED, RecordLookup
from seqmeta.step import Described, Path, Step
from seqmeta.values import shorten


class Membership(NamedTuple):
    """The submission that an order is in; `is_new` where it is being submitted in this step.

    It `is_doubtful` where the order may be in another, or in none: that is said by a description that has problems.
    """

    submission: str
    is_submitted: bool = False
    is_new: bool = False
    is_doubtful: bool = False


@dataclass(slots=True)
class Members:
    """Of each order its submission, and of each submission that may change its orders, in order."""

    records: RecordLookup
    changing: frozenset[str] = frozenset()
    """The submissions that may change."""
    doubtful: frozenset[str] = frozenset()
    """The recorded submissions that may change, and how cannot be told."""
    is_any_doubtful: bool = False
    """Whether a submission, recorded or not, is described and what it takes cannot be told."""
    of_submission: dict[str, list[str]] = field(default_factory=dict)
    """The orders of each of these."""
    _of_order: dict[str, Membership | None] = field(default_factory=dict)
    _places: dict[tuple[str, str], Path] = field(default_factory=dict)

    def of_order(self, order: str) -> Membership | None:
        """The submission that an order is in: one that may change, else the one that it is recorded in."""
        if order not in self._of_order:
            self._of_order[order] = self._recorded(order)
        return self._of_order[order]

    def _recorded(self, order: str) -> Membership | None:
        recorded = self.records.referring(order, "submission")
        kept = [uuid for uuid in recorded if uuid not in self.changing]
        if not kept:  # one that left a submission may be in such a one now, and locked all the same
            return Membership(recorded[-1], is_doubtful=True) if recorded and self.is_any_doubtful else None
        return Membership(kept[-1], is_submitted(self.records, kept[-1]), is_doubtful=kept[-1] in self.doubtful)

    def join(self, submission: str, orders: Sequence[str], membership: Membership) -> None:
        """Put orders into a submission that may change."""
        self.of_submission[submission] = list(orders)
        self._of_order.update(dict.fromkeys(orders, membership))

    def place(self, submission: str, order: str) -> Path:
        """Where an order stands in the description of a submission."""
        return self._places.get((submission, order), ("orders",))

    def stand(self, submission: str, order: str, index: int) -> None:
        """Note where an order stands in the description of a submission, the first time that it does."""
        self._places.setdefault((submission, order), ("orders", index))


def is_submitted(records: RecordLookup, submission: str) -> bool:
    """Whether a submission is recorded as submitted, and so sealed."""
    outline = records.outline(submission)
    return outline is not None and (outline.kind, outline.state) == ("submission", SETTLED["submission"])


def is_cancelled(step: Step, submission: str) -> bool:
    """Whether a submission is cancelled, as recorded or by this step."""
    outline = step.records.outline(progress_uuid(submission))
    was_cancelled = outline is not None and (outline.kind, outline.state) == ("progress", "cancelled")
    return was_cancelled or submission in step.cancelled


def find_members(step: Step) -> Members:
    """Find the orders of the submissions that may change."""
    changing = [of for of in step.of_kind("submission") if not is_submitted(step.records, of.uuid)]
    is_any_doubtful = any(kind == "submission" for kind, _ in step.settings.faulty)
    members = Members(step.records, frozenset(of.uuid for of in changing), _find_doubtful(step), is_any_doubtful)
    for submission in changing:
        is_new = submission.body.get("submit") is True
        _join_described(step, members, submission, Membership(submission.uuid, is_new, is_new))
    return members


def _find_doubtful(step: Step) -> frozenset[str]:
    recorded = step.records.unsettled("submission") if step.settings.faulty else ()
    return frozenset(uuid for uuid in recorded if step.is_doubtful("submission", uuid))


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
        other = members.of_order(order) if order is not None else None
        is_elsewhere = other is not None and other.submission != submission.uuid and not other.is_doubtful
        if other is not None and is_elsewhere and not step.findings.is_enough(submission.source):
            name = shorten(step.name("submission", other.submission) or other.submission)
            message = f"the order {shorten(submission.body['orders'][index])} is in submission {name} already"
            described = step.described.get(other.submission)
            see = (described.source, ("orders",)) if described is not None else None
            step.report(submission, ("orders", index), "order_in_two_submissions", message, see=see)
        if order is not None:
            members.stand(submission.uuid, order, index)
    orders = [uuid for uuid in found if uuid is not None]
    members.join(submission.uuid, list(dict.fromkeys(orders)), membership)
