"""How much the records of orders repeat of other things, counted before any of it is written.

An order's record holds its assets with their biosamples, and the options of its request types (CONTRACT 3). A few lines
that name a large group, or a request type with many legal values, again and again would be records without end.
"""

from collections.abc import Sequence

from seqmeta.drafts import Draft
from seqmeta.order_templates import types_of
from seqmeta.records import Body
from seqmeta.step import Step

LEAST, FOR_EACH = 100_000, 5
"""What all orders that are not sealed may repeat: so much at least, and so much for each thing that is described."""

_VALUES_AS_ONE = 10
"""How many legal values of options cost what an asset or a biosample does."""


def refuse_endless(step: Step, drafts: Sequence[tuple[Draft, str | None]]) -> bool:
    """Report the order at which the orders, each with its group, repeat too much of other things; whether one does."""
    most = max(LEAST, FOR_EACH * len(step.described))
    count = _Count(step)
    for draft, group in drafts:
        count.add(draft, group)
        if count.repeated > most:
            named = ("asset_group", "asset_group_name", "assets", "template")
            field = next(key for key in named if key in draft.described.body)
            message = (
                f"up to this order, records would repeat {count.repeated:,} assets, biosamples and options of others: "
                f"expected at most {most:,} for {len(step.described):,} things described; take smaller groups"
            )
            step.report(draft.described, (field,), "out_of_range", message)
            return True
    return False


class _Count:
    """Counts what is repeated; the first order that an asset or group stands in repeats nothing."""

    def __init__(self, step: Step) -> None:
        self.repeated = 0
        self._step = step
        self._seen: set[str] = set()
        self._weights: dict[str, int] = {}

    def add(self, draft: Draft, group: str | None) -> None:
        """Count one more order."""
        self.repeated += self._weigh(draft.template) // _VALUES_AS_ONE
        for uuid in draft.assets if draft.assets is not None else (group,) if group is not None else ():
            if uuid in self._seen:
                self.repeated += self._weigh(uuid)
            self._seen.add(uuid)

    def _weigh(self, uuid: str) -> int:
        if uuid not in self._weights:
            self._weights[uuid] = self._weight_of(self._step.body(uuid) or {})
        return self._weights[uuid]

    def _weight_of(self, body: Body) -> int:
        if "request_types" in body:
            rules = (rule for kind in types_of(self._step, body) for rule in kind.get("options", {}).values())
            return sum(1 + len(rule.get("allowed", ())) for rule in rules)
        if "assets" in body:
            return sum(self._weigh(asset["uuid"]) for asset in body["assets"])
        return 1 + len(body.get("biosamples", ()))
