"""The requests of a submission and their events to what each project is charged (CONTRACT 2.4 and 7).

A pass charges the project, a failure is charged internally; `return` of a passed request and `retrospective_fail`
refund. A retrospective pass takes back what its failure had charged internally: an attempt is charged once.
Amounts are exact: shares are cut to the scale of the price, and the last project takes the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

from seqmeta.records import Body

_EXACT = Context(prec=10_000)

Payer = str | None
"""The UUID of a project, None for the laboratory itself."""

_THE_LABORATORY: Mapping[Payer, int] = {None: 1}

_BY_EVENT: Mapping[tuple[str, str, str], Sequence[tuple[str, int]]] = {
    ("pass", "started", "passed"): (("project", 1),),
    ("fail", "started", "failed"): (("internal", 1),),
    ("retrospective_pass", "failed", "passed"): (("internal", -1), ("project", 1)),
    ("retrospective_fail", "passed", "failed"): (("project", -1), ("internal", 1)),
    ("return", "passed", "pending"): (("project", -1),),
}
"""What an event charges (1) or refunds (-1), by event and the states before and after it."""


@dataclass(slots=True)
class Account:
    """What one payer was charged: how many requests, how many of them were refunded or had no price, how much.

    `unpriced` is what is left of them when refunds are taken off; `amount` is in the currency of the prices.
    """

    charged: int = 0
    refunded: int = 0
    unpriced: int = 0
    amount: Decimal = Decimal(0)


Accounts = dict[Payer, Account]
"""An account for each payer that anything was booked for."""

INTERNAL = "(charged internally)"
"""What stands for the project where a failure is charged to the laboratory itself."""


def plain_account(payer: Payer, names: Mapping[str, str], account: Account) -> dict[str, Any]:
    """An account as a row of a report; `names` are those of the projects by UUID."""
    return {
        "project": INTERNAL if payer is None else names.get(payer),
        "uuid": payer,
        "charged": account.charged,
        "refunded": account.refunded,
        "unpriced": account.unpriced,
        "amount": account.amount,
    }


def sort_payers(accounts: Accounts, names: Mapping[str, str]) -> list[Payer]:
    """The payers of accounts by name, the laboratory itself at last."""
    return sorted(accounts, key=lambda payer: (payer is None, names.get(payer or "", ""), payer or ""))


def book_events(accounts: Accounts, requests: Sequence[Body], progress: Body | None) -> None:
    """Book every event of a submission's requests; `progress` is the body of its progress, None before there is one."""
    payers = _Payers(requests)
    states = progress["requests"] if progress is not None else {}
    for request in requests:
        if request["billable"] and request["uuid"] in states:
            for who, sign in _bookings(states[request["uuid"]]["events"]):
                _book(accounts, sign, request, payers.of(request["uuid"]) if who == "project" else _THE_LABORATORY)


def _bookings(events: Iterable[Body]) -> Iterator[tuple[str, int]]:
    for event in events:
        yield from _BY_EVENT.get((event["event"], event["from"], event["to"]), ())


def book_passes(accounts: Accounts, requests: Sequence[Body]) -> None:
    """Book what the projects are charged when each request of a submission has passed once."""
    payers = _Payers(requests)
    for request in requests:
        if request["billable"]:
            _book(accounts, 1, request, payers.of(request["uuid"]))


def subtract(accounts: Accounts, before: Accounts) -> Accounts:
    """What was booked since: one set of accounts without another, payers with nothing new left out."""
    new = {}
    for payer, account in accounts.items():
        old = before.get(payer, Account())
        left = Account(
            account.charged - old.charged,
            account.refunded - old.refunded,
            account.unpriced - old.unpriced,
            _EXACT.subtract(account.amount, old.amount),
        )
        if left.charged or left.refunded:
            new[payer] = left
    return new


def _book(accounts: Accounts, sign: int, request: Body, payers: Mapping[Payer, int]) -> None:
    amounts = share(Decimal(request["price"]) if "price" in request else None, payers)
    for payer in payers:
        account = accounts.setdefault(payer, Account())
        account.charged += sign == 1
        account.refunded += sign == -1
        if payer in amounts:
            account.amount = _EXACT.add(account.amount, _EXACT.multiply(Decimal(sign), amounts[payer]))
        else:
            account.unpriced += sign


def share(price: Decimal | None, weights: Mapping[Payer, int]) -> dict[Payer, Decimal]:
    """Share a price over payers by weight, each cut to the price's own scale; the last takes the rest."""
    if price is None:
        return {}
    *others, last = weights
    total = sum(weights.values())
    unit = Decimal(1).scaleb(min(int(price.as_tuple().exponent), 0))
    shares = {payer: _cut(price, weights[payer], total, unit) for payer in others}
    rest = price
    for part in shares.values():
        rest = _EXACT.subtract(rest, part)
    return {**shares, last: rest}


def _cut(price: Decimal, weight: int, total: int, unit: Decimal) -> Decimal:
    """Cut price × weight ÷ total to whole units; whole numbers are divided, so nothing is rounded on the way."""
    units = int(_EXACT.divide(price, unit)) * weight
    whole = Decimal(abs(units) // total * (1 if units >= 0 else -1))
    return _EXACT.multiply(whole, unit).quantize(unit, ROUND_DOWN, _EXACT)


class _Payers:
    """Which projects pay for the requests of a submission, and with what weight: how many of the assets are theirs."""

    def __init__(self, requests: Sequence[Body]) -> None:
        self._requests = {request["uuid"]: request for request in requests}
        self._shared: dict[tuple[str, ...], dict[Payer, int]] = {}

    def of(self, uuid: str) -> Mapping[Payer, int]:
        """The projects that pay for a request, in the order of their assets."""
        request = self._requests[uuid]
        if request["project"] is not None:
            return {request["project"]["uuid"]: 1}
        upstream = tuple(request["upstream"])
        if upstream not in self._shared:
            weights: dict[Payer, int] = {}
            for _, project in dict.fromkeys(self._assets(upstream)):
                weights[project] = weights.get(project, 0) + 1
            self._shared[upstream] = weights
        return self._shared[upstream]

    def _assets(self, upstream: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each asset that went into a pool, with the project of the order that it came with."""
        seen = set(upstream)
        waiting = list(upstream)
        for uuid in waiting:
            request = self._requests[uuid]
            if "asset" in request:
                yield f"{request['orders'][0]} {request['asset']['uuid']}", request["project"]["uuid"]
            else:
                above = [of for of in request["upstream"] if of not in seen]
                seen.update(above)
                waiting.extend(above)
