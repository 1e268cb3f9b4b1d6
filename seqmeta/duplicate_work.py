"""Work that is asked for twice: an asset through the same request types in two live submissions (CONTRACT 2.2, 7)."""

from collections.abc import Iterator

from seqmeta.memberships import Members
from seqmeta.problems import Finding
from seqmeta.records import Body
from seqmeta.step import Path, Placed, Step
from seqmeta.values import shorten

Work = tuple[str, tuple[str, ...]]
"""An asset and the ordered request types that it goes through."""


def warn_of_duplicates(step: Step, members: Members) -> None:
    """Warn at each asset of an order, not sealed before this step, that another live submission takes so too."""
    takers: dict[Work, dict[tuple[str, str], None]] = {}
    live = {uuid: orders for uuid, orders in members.of_submission.items() if uuid not in step.cancelled}
    for submission, orders in live.items():
        for order in orders:
            for work in _works(step.body(order)):
                takers.setdefault(work, {})[submission, order] = None
    for described in step.of_kind("order"):
        linked, member = step.bodies.get(described.uuid), members.of_order.get(described.uuid)
        if linked is None or member is None:
            continue
        for index, work in enumerate(_works(linked[1])):
            others = [of for of, order in takers.get(work, ()) if of != member.submission and order != described.uuid]
            if others:
                name = shorten(step.name("submission", others[0]) or others[0])
                message = f"the submission {name} takes this asset through the same request types already"
                path: Path = ("assets", index)
                finding = Finding(path, "duplicate_work", message, "warning")
                step.findings.append(Placed("order", described.source, finding, is_passing=member.is_submitted))


def _works(body: Body | None) -> Iterator[Work]:
    if body is not None:
        types = tuple(of["uuid"] for of in body["request_types"])
        yield from ((asset["uuid"], types) for asset in body["assets"])
