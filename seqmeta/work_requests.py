"""The requests that a submission stands for: orders through their chain of request types (CONTRACT 2.3 and 7).

Generation is one pure function. A type without pooling makes one request per incoming item and multiple, and each
hands on one item; a type with pooling makes one per incoming item, and all of them hand on a single pool, one for
each order or one for the submission.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqmeta.identity import pool_uuid, request_uuid
from seqmeta.options import flatten, nest, read_again
from seqmeta.records import Body

Request = dict[str, Any]


class Item(NamedTuple):
    """What one request works on: an asset, or behind a pooling type a pool.

    `owner` is the UUID of the order it is of, or of the submission where a pool mixes its orders; `orders` are all
    the orders that it came from, `upstream` the requests that hand it on.
    """

    thing: Mapping[str, str]
    owner: str
    orders: tuple[str, ...]
    upstream: tuple[str, ...] = ()
    is_pool: bool = False


class Chain(NamedTuple):
    """What the requests of one submission are made of: it, its orders' bodies, and its request types' bodies.

    `copies_options`: requests have options as their order, and not as their own type reads them. So seqmeta made them
    once, and what is sealed stays.
    """

    submission: Mapping[str, str]
    orders: Sequence[Body]
    types: Sequence[Body]
    copies_options: bool = False


def generate_requests(chain: Chain) -> list[Request]:
    """Generate all requests of a submission: all of the first type first, within a type by order, item, multiple."""
    items = [
        Item(_plain(asset), order["uuid"], (order["uuid"],)) for order in chain.orders for asset in order["assets"]
    ]
    requests: list[Request] = []
    for place, kind in enumerate(chain.types):
        made, handed = _generate_type(chain, place, kind, items)
        requests += made
        items = _hand_on(chain, place, kind, handed)
    return requests


def count_requests(chain: Chain) -> int:
    """Count the requests that `generate_requests` would make, without making them."""
    return sum(made for made, _ in _sizes(chain))


def count_upstream(chain: Chain) -> int:
    """Count how often these requests would name one upstream of them: behind a pool each names all that went in."""
    return sum(named for _, named in _sizes(chain))


def _sizes(chain: Chain) -> Iterator[tuple[int, int]]:
    """Yield for each type how many requests it makes, and how many upstream these name."""
    items = {order["uuid"]: len(order["assets"]) for order in chain.orders}
    upstream = dict.fromkeys(items, 0)
    for kind in chain.types:
        multiple = _multiple(chain, kind)
        made = {owner: number * multiple for owner, number in items.items()}
        yield sum(made.values()), sum(number * upstream[owner] for owner, number in made.items())
        pooling = kind.get("pooling", "none")
        if pooling == "none":
            items, upstream = made, dict.fromkeys(made, 1)
        else:
            upstream = {"": sum(made.values())} if pooling == "submission" else made
            items = dict.fromkeys(upstream, 1)


def _generate_type(chain: Chain, place: int, kind: Body, items: list[Item]) -> tuple[list[Request], list[Item]]:
    """Generate the requests of one type, and for each the item that it hands on."""
    requests: list[Request] = []
    handed: list[Item] = []
    multiples: dict[tuple[str, str], int] = {}
    multiple = _multiple(chain, kind)
    shared = _Shared(chain)
    work = _work(chain, kind)
    for item in items:
        key = (item.owner, item.thing["uuid"])
        given = {**work, **shared.of(item.orders), **_input(item)}
        for _ in range(multiple):
            number = multiples.get(key, 0)
            multiples[key] = number + 1
            uuid = request_uuid(chain.submission["uuid"], place, *key, number)
            requests.append({"uuid": uuid, **given})
            handed.append(Item(item.thing, item.owner, item.orders, (uuid,), item.is_pool))
    return requests, handed


def _work(chain: Chain, kind: Body) -> Request:
    """What all requests of one type have in common: the orders of a submission are for identical work."""
    rules = kind.get("options", {})
    options = flatten(chain.orders[0]["request_options"]) if chain.orders else {}
    taken = {name: options[name] for name in rules if name in options}
    if not chain.copies_options:
        taken = {name: read_again(rules[name], value) for name, value in taken.items()}
    work: Request = {
        "request_type": {"uuid": kind["uuid"], "name": kind["name"]},
        "options": nest(taken),
        "initial_state": kind.get("initial_state", "pending"),
        "billable": kind.get("billable", False),
    }
    return work | ({"price": kind["price"]} if "price" in kind else {})


def _input(item: Item) -> Request:
    return {"pool" if item.is_pool else "asset": dict(item.thing), "upstream": list(item.upstream)}


class _Shared:
    """What requests say of their orders: which, and the study and project that all of those have (else None)."""

    def __init__(self, chain: Chain) -> None:
        self._orders = {order["uuid"]: order for order in chain.orders}
        self._known: dict[tuple[str, ...], Request] = {}

    def of(self, uuids: tuple[str, ...]) -> Request:
        if uuids not in self._known:
            orders = [self._orders[uuid] for uuid in uuids]
            self._known[uuids] = {"study": self._one(orders, "study"), "project": self._one(orders, "project")}
        return {"orders": list(uuids), **self._known[uuids]}

    @staticmethod
    def _one(orders: Sequence[Body], name: str) -> dict[str, str] | None:
        first = orders[0][name]
        return dict(first) if all(order[name]["uuid"] == first["uuid"] for order in orders) else None


def _multiple(chain: Chain, kind: Body) -> int:
    """How many requests of a type are made of one item: all orders of a submission have the same options.

    Less than none, as only a forged order can say, is none: counts that cancel each other would hide what is made.
    """
    name = kind.get("multiplier_option")
    options = flatten(chain.orders[0]["request_options"]) if chain.orders else {}
    return 1 if name is None else max(int(options.get(name, 1)), 0)


def _hand_on(chain: Chain, place: int, kind: Body, handed: list[Item]) -> list[Item]:
    """Gather what a pooling type hands on: one pool for each order, or one for the submission."""
    pooling = kind.get("pooling", "none")
    if pooling == "none":
        return handed
    gathered: dict[str, list[Item]] = {}
    for item in handed:
        owner = chain.submission["uuid"] if pooling == "submission" else item.owner
        gathered.setdefault(owner, []).append(item)
    return [_make_pool(chain, place, owner, items) for owner, items in gathered.items()]


def _make_pool(chain: Chain, place: int, owner: str, items: list[Item]) -> Item:
    order = next((order for order in chain.orders if order["uuid"] == owner), chain.submission)
    name = f"pool {place + 1} of {order.get('name', owner)}"
    thing = {"uuid": pool_uuid(chain.submission["uuid"], place, owner), "name": name}
    orders = tuple(dict.fromkeys(order for item in items for order in item.orders))
    return Item(thing, owner, orders, tuple(uuid for item in items for uuid in item.upstream), is_pool=True)


def _plain(asset: Mapping[str, Any]) -> Mapping[str, str]:
    return {key: asset[key] for key in ("uuid", "name") if key in asset}
