"""Requests of random chains: counts by a formula, UUIDs by CONTRACT 7, paths to assets, seals by RFC 9162."""

import hashlib
import json
import uuid
from collections import Counter
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from seqmeta.canonical import digest
from seqmeta.seals import seal_root
from seqmeta.work_requests import Chain, count_requests, count_upstream, generate_requests

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
SUBMISSION = {"uuid": "5b0b3b0a-0000-4000-8000-000000000001", "name": "s1"}


def named(*parts: object) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(map(str, parts))))


def reference(kind: str, name: str) -> dict[str, str]:
    return {"uuid": named(kind, name), "name": name}


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """A chain of one to four types, and one to four orders for identical work with shared or own assets."""
    kinds: list[dict[str, Any]] = []
    options: dict[str, int] = {}
    for place in range(draw(st.integers(1, 4))):
        pooling = draw(st.sampled_from(["none", "order", "submission", None]))
        kind: dict[str, Any] = {**reference("request_type", f"type {place}"), "options": {}}
        kind |= {"pooling": pooling} if pooling is not None else {}
        if pooling in ("none", None) and draw(st.booleans()):
            options[f"lanes_{place}"] = draw(st.integers(1, 3))
            kind |= {"multiplier_option": f"lanes_{place}", "options": {f"lanes_{place}": {"type": "integer"}}}
        kinds.append(kind)
    orders = []
    for number in range(draw(st.integers(1, 4))):
        assets = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True))
        orders.append(
            {
                **reference("order", f"o{number}"),
                "assets": [reference("asset", f"tube{of}") for of in assets],
                "study": reference("study", draw(st.sampled_from(["A", "B"]))),
                "project": reference("project", draw(st.sampled_from(["A", "B"]))),
                "request_types": [{"uuid": of["uuid"], "name": of["name"]} for of in kinds],
                "request_options": dict(options),
            }
        )
    return Chain(SUBMISSION, orders, kinds)


def expected_counts(chain: Chain) -> list[int]:
    """How many requests of each type: what comes in, by order, times the multiple; a pool makes one of many."""
    incoming: list[int] = [len(order["assets"]) for order in chain.orders]
    counts = []
    for kind in chain.types:
        multiple = chain.orders[0]["request_options"].get(kind.get("multiplier_option"), 1)
        made = [items * multiple for items in incoming]
        counts.append(sum(made))
        pooling = kind.get("pooling", "none")
        incoming = {"none": made, "order": [1] * len(made), "submission": [1]}[pooling]
    return counts


@given(chains())
def test_counts_go_by_a_formula(chain: Chain) -> None:
    requests = generate_requests(chain)
    by_type = Counter(request["request_type"]["uuid"] for request in requests)
    assert [by_type[kind["uuid"]] for kind in chain.types] == expected_counts(chain)
    assert count_requests(chain) == len(requests)
    assert count_upstream(chain) == sum(len(request["upstream"]) for request in requests)
    places = [next(n for n, of in enumerate(chain.types) if of["uuid"] == r["request_type"]["uuid"]) for r in requests]
    assert places == sorted(places)


def test_a_multiplier_below_nothing_does_not_hide_what_others_make() -> None:
    kinds = [
        {**reference("request_type", name), "options": {name: {"type": "integer"}}, "multiplier_option": name}
        for name in ("many", "negative")
    ]
    order = {**reference("order", "o1"), "assets": [reference("asset", "tube")]}
    order |= {"request_options": {"many": 10**9, "negative": -1}}
    assert count_requests(Chain(SUBMISSION, [order], kinds)) == 10**9


@given(chains())
def test_generation_is_the_same_every_time_and_every_uuid_is_one_thing(chain: Chain) -> None:
    requests = generate_requests(chain)
    assert generate_requests(chain) == requests
    pools = {request["pool"]["uuid"] for request in requests if "pool" in request}
    assert len({request["uuid"] for request in requests} | pools) == len(requests) + len(pools)


@given(chains())
def test_every_request_has_a_path_to_assets_of_its_orders(chain: Chain) -> None:
    requests = {request["uuid"]: request for request in generate_requests(chain)}
    place = {kind["uuid"]: number for number, kind in enumerate(chain.types)}
    assets = {order["uuid"]: {asset["uuid"] for asset in order["assets"]} for order in chain.orders}
    for request in requests.values():
        assert ("asset" in request) != ("pool" in request)
        number = place[request["request_type"]["uuid"]]
        assert bool(request["upstream"]) == (number > 0)
        assert all(place[requests[of]["request_type"]["uuid"]] == number - 1 for of in request["upstream"])
        reached = reach(requests, request["uuid"])
        assert reached <= set().union(*(assets[order] for order in request["orders"]))
        assert reached
        if "asset" in request:
            assert reached == {request["asset"]["uuid"]}
            assert len(request["orders"]) == 1
        else:
            assert reached == set().union(*(assets[order] for order in request["orders"]))


def reach(requests: dict[str, dict[str, Any]], uuid_: str) -> set[str]:
    request = requests[uuid_]
    if not request["upstream"]:
        return {request["asset"]["uuid"]}
    return set().union(*(reach(requests, of) for of in request["upstream"]))


@given(chains())
def test_all_that_is_made_is_handed_on(chain: Chain) -> None:
    requests = generate_requests(chain)
    used = {uuid_ for request in requests for uuid_ in request["upstream"]}
    last = chain.types[-1]["uuid"]
    assert used == {request["uuid"] for request in requests if request["request_type"]["uuid"] != last}
    for request in requests:
        if "asset" in request and request["upstream"]:
            assert len(request["upstream"]) == 1


@given(chains())
def test_uuids_are_those_of_the_contract(chain: Chain) -> None:
    """Each is made anew from the request's own fields: place, owner, item, and its number among those before it."""
    place = {kind["uuid"]: number for number, kind in enumerate(chain.types)}
    pooled = [kind.get("pooling", "none") for kind in chain.types]
    seen: Counter[tuple[int, str, str]] = Counter()
    for request in generate_requests(chain):
        number = place[request["request_type"]["uuid"]]
        mixed = "submission" in pooled[:number]
        owner = SUBMISSION["uuid"] if mixed else request["orders"][0]
        if "pool" in request:
            pool_place = max(n for n in range(number) if pooled[n] != "none")
            assert request["pool"]["uuid"] == named("pool", SUBMISSION["uuid"], pool_place, owner)
        item = request.get("pool", request.get("asset"))["uuid"]
        assert request["uuid"] == named("request", SUBMISSION["uuid"], number, owner, item, seen[number, owner, item])
        seen[number, owner, item] += 1


@given(chains())
def test_study_and_project_are_those_of_all_its_orders_or_none(chain: Chain) -> None:
    orders = {order["uuid"]: order for order in chain.orders}
    for request in generate_requests(chain):
        for field in ("study", "project"):
            several = {orders[of][field]["uuid"] for of in request["orders"]}
            found = request[field]["uuid"] if request[field] is not None else None
            assert found == (several.pop() if len(several) == 1 else None)


def tree_root(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash as RFC 9162, 2.1.1 defines it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:half]) + tree_root(leaves[half:])).digest()


@given(chains())
def test_the_root_is_that_of_the_leaves(chain: Chain) -> None:
    requests = generate_requests(chain)
    body = {"uuid": SUBMISSION["uuid"], "requests": requests, "state": "ready"}
    digests = [(order["uuid"], digest(order)) for order in chain.orders]
    leaves = [rfc8785.dumps(body)]
    for order in chain.orders:
        content = "sha256:" + hashlib.sha256(rfc8785.dumps(json.loads(json.dumps(order)))).hexdigest()
        leaves.append(rfc8785.dumps({"uuid": order["uuid"], "digest": content}))
    leaves += [rfc8785.dumps(request) for request in requests]
    assert seal_root({**body, "seal": {"root": "x"}}, digests, requests) == tree_root(leaves).hex()
