"""Work that is asked for twice: an asset through the same request types in two live submissions (CONTRACT 2.2, 7)."""

from collections.abc import Iterator
from heapq import nsmallest

from seqmeta.memberships import Members, is_cancelled
from seqmeta.order_templates import is_partial
from seqmeta.problems import Finding
from seqmeta.records import Body
from seqmeta.step import Path, Placed, Step
from seqmeta.values import shorten

Work = tuple[str, tuple[str, ...]]
"""An asset and the ordered request types that it goes through."""


def warn_of_duplicates(step: Step, members: Members) -> None:
    """Warn at each asset of an order, not sealed before this step, that another live submission takes so too."""
    takers = _Takers(step, members)
    for uuid, (_, body) in step.bodies.select("order"):
        described, member = step.described.get(uuid), members.of_order(uuid)
        if described is None or member is None or member.is_doubtful:
            continue
        for index, work in enumerate(_works(step, body)):
            other = takers.find_other(work, member.submission)
            if other is not None:
                name = shorten(step.name("submission", other) or other)
                message = f"the submission {name} takes this asset through the same request types already"
                path: Path = ("assets", index)
                finding = Finding(path, "duplicate_work", message, "warning")
                step.findings.append(Placed("order", described.source, finding, is_passing=member.is_submitted))


class _Takers:
    """Which live submissions take which work, in the step and as it is recorded."""

    def __init__(self, step: Step, members: Members) -> None:
        self._step, self._members = step, members
        self._places = {submission: place for place, submission in enumerate(members.of_submission)}
        self._orders: dict[Work, list[str]] = {}
        self._known: set[str] = set()
        self._looked_up: set[str] = set()
        self._first: dict[Work, list[str]] = {}
        for uuid, (_, body) in step.bodies.select("order"):
            self._note(uuid, body)

    def find_other(self, work: Work, own: str) -> str | None:
        """Find the first live submission but this one that takes a work: recorded ones first, then as described."""
        if work not in self._first:
            self._first[work] = self._find_first(work)
        return next((submission for submission in self._first[work] if submission != own), None)

    def _find_first(self, work: Work) -> list[str]:
        """Find the first two live submissions that take a work: whoever asks is one of them at most."""
        self._look_up(work[0])
        members = map(self._members.of_order, self._orders.pop(work, ()))
        found = {member.submission for member in members if member is not None and not member.is_doubtful}
        known = (submission for submission in found if not self._step.is_doubtful("submission", submission))
        live = (submission for submission in known if not is_cancelled(self._step, submission))
        return nsmallest(2, live, key=lambda submission: (self._places.get(submission, -1), submission))

    def _look_up(self, asset: str) -> None:
        """Note the work of all recorded orders that refer to an asset, so all that is asked of it."""
        if asset in self._looked_up:
            return
        self._looked_up.add(asset)
        for order in self._step.records.referring(asset, "order"):
            if order not in self._known:
                self._note(order, self._step.body(order))

    def _note(self, order: str, body: Body | None) -> None:
        """Note all work of an order at once: it may be asked for asset by asset."""
        self._known.add(order)
        for work in _works(self._step, body):
            self._orders.setdefault(work, []).append(order)


def _works(step: Step, body: Body | None) -> Iterator[Work]:
    if body is not None and not _is_doubtful(step, body):
        types = tuple(of["uuid"] for of in body["request_types"])
        yield from ((asset["uuid"], types) for asset in body["assets"])


def _is_doubtful(step: Step, order: Body) -> bool:
    """Whether an order may be for other work than the step knows, for its description or its template has problems."""
    if not step.settings.faulty:
        return False
    return step.is_doubtful("order", order["uuid"]) or is_partial(step, order["template"]["uuid"])
