"""The requests that a submission stands for, compared whole, and submissions built over days (CONTRACT 2.3, 7)."""

import re
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lab import biosamples, dump, run_of
from ordering import OPTIONS, PROJECT, SIZES, STUDY, OrderLab, building, order, submission

from seqmeta import submissions

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
GRANT = {"uuid": PROJECT, "name": "Grant"}
COHORT = {"uuid": STUDY, "name": "Cohort"}
LIBRARY_WORK = {"library_type": "No PCR", "fragment_size_required": SIZES}


def named(*parts: object) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(map(str, parts))))


def tube(number: int) -> dict[str, str]:
    return {"uuid": named("asset", f"tube{number}"), "name": f"tube{number}"}


S1, O1, O2 = named("submission", "s1"), named("order", "o1"), named("order", "o2")


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def counts(lab: OrderLab) -> dict[str, int]:
    return dict(Counter(request["request_type"]["name"] for request in lab.requests()))


def tubes(first: int, last: int) -> list[str]:
    return [f"tube{number}" for number in range(first, last + 1)]


def test_three_tubes_through_two_types_make_six_requests(lab):
    lab.quiet(order(assets=["tube3", "tube1", "tube2"]), submission())
    first = [named("request", S1, 0, O1, tube(number)["uuid"], 0) for number in (3, 1, 2)]
    library = {
        "request_type": {"uuid": named("request_type", "Library creation"), "name": "Library creation"},
        "options": LIBRARY_WORK,
        "initial_state": "pending",
        "billable": True,
        "price": "80.50",
        "orders": [O1],
        "study": COHORT,
        "project": GRANT,
        "upstream": [],
    }
    sequencing = {
        "request_type": {"uuid": named("request_type", "Paired end sequencing"), "name": "Paired end sequencing"},
        "options": {"read_length": 76},
        "initial_state": "pending",
        "billable": True,
        "orders": [O1],
        "study": COHORT,
        "project": GRANT,
    }
    assert lab.requests() == [
        *({**library, "uuid": of, "asset": tube(number)} for of, number in zip(first, (3, 1, 2), strict=True)),
        *(
            {**sequencing, "uuid": named("request", S1, 1, O1, tube(n)["uuid"], 0), "asset": tube(n), "upstream": [of]}
            for of, n in zip(first, (3, 1, 2), strict=True)
        ),
    ]


def test_ten_tubes_multiplexed_make_eleven_requests(lab):
    lab.quiet(order(template="Multiplexed", assets=tubes(1, 10)), submission())
    *libraries, sequencing = lab.requests()
    pool = named("pool", S1, 0, S1)
    assert sequencing["uuid"] == named("request", S1, 1, S1, pool, 0)
    assert sequencing["pool"]["uuid"] == pool
    assert "asset" not in sequencing
    assert sequencing["upstream"] == [of["uuid"] for of in libraries]
    assert [of["asset"] for of in libraries] == [tube(number) for number in range(1, 11)]
    assert (sequencing["study"], sequencing["project"], sequencing["orders"]) == (COHORT, GRANT, [O1])


def test_lanes_multiply_what_is_not_pooled_and_pools(lab):
    five = {**OPTIONS, "number_of_lanes": 5}
    lab.quiet(order(assets=tubes(1, 2), request_options=five), submission())
    assert counts(lab) == {"Library creation": 2, "Paired end sequencing": 10}
    sequencing = lab.requests()[2:]
    assert [of["asset"]["name"] for of in sequencing] == ["tube1"] * 5 + ["tube2"] * 5
    assert [of["uuid"] for of in sequencing[:5]] == [named("request", S1, 1, O1, tube(1)["uuid"], n) for n in range(5)]
    assert {tuple(of["upstream"]) for of in sequencing[:5]} == {(lab.requests()[0]["uuid"],)}
    assert sequencing[0]["options"] == {"read_length": 76, "number_of_lanes": 5}


@pytest.mark.parametrize("template, libraries", [("Multiplexed", "Multiplexed"), ("Order pooled", "Order pooled")])
def test_two_tubes_pooled_with_five_lanes_make_seven(lab, template, libraries):
    lab.quiet(
        order(template=template, assets=tubes(1, 2), request_options={**OPTIONS, "number_of_lanes": 5}), submission()
    )
    assert counts(lab) == {f"{libraries} library creation": 2, "Paired end sequencing": 5}


def two_orders(template: str, **fields: Any) -> list[dict[str, Any]]:
    return [
        order("o1", template=template, assets=tubes(1, 2)),
        order("o2", template=template, assets=tubes(3, 4), **fields),
        submission("o1", "o2"),
    ]


def test_a_pool_of_a_submission_mixes_its_orders(lab):
    lab.quiet(*two_orders("Multiplexed", study="Other study", project="Other project"))
    assert counts(lab) == {"Multiplexed library creation": 4, "Paired end sequencing": 1}
    pooled = lab.requests()[-1]
    assert (pooled["study"], pooled["project"], pooled["orders"]) == (None, None, [O1, O2])
    assert [of["study"]["name"] for of in lab.requests()[:4]] == ["Cohort"] * 2 + ["Other study"] * 2


def test_a_pool_keeps_what_its_orders_share(lab):
    lab.quiet(*two_orders("Multiplexed", project="Other project"))
    assert (lab.requests()[-1]["study"], lab.requests()[-1]["project"]) == (COHORT, None)


def test_a_pool_of_an_order_is_its_own(lab):
    lab.quiet(*two_orders("Order pooled", study="Other study"))
    *libraries, one, two = lab.requests()
    assert [of["pool"]["uuid"] for of in (one, two)] == [named("pool", S1, 0, O1), named("pool", S1, 0, O2)]
    assert [of["uuid"] for of in (one, two)] == [
        named("request", S1, 1, owner, named("pool", S1, 0, owner), 0) for owner in (O1, O2)
    ]
    assert [of["orders"] for of in (one, two)] == [[O1], [O2]]
    assert two["study"]["name"] == "Other study"
    assert two["upstream"] == [of["uuid"] for of in libraries[2:]]


def test_unpooled_orders_of_other_studies_stay_apart(lab):
    lab.quiet(*two_orders("Simple", study="Other study", project="Other project"))
    assert counts(lab) == {"Library creation": 4, "Paired end sequencing": 4}
    assert [of["study"]["name"] for of in lab.requests()] == (["Cohort"] * 2 + ["Other study"] * 2) * 2


def test_longer_chains_with_multiples_in_the_middle(lab):
    repeats = {"multiplier_option": "repeats", "options": {"repeats": {"type": "integer"}}}
    lab.stock(Quality_control=repeats)
    lab.quiet(
        order(template="Three steps", request_options={**OPTIONS, "repeats": 2, "number_of_lanes": 3}), submission()
    )
    assert counts(lab) == {"Quality control": 2, "Library creation": 2, "Paired end sequencing": 6}
    requests = lab.requests()
    assert [of["upstream"] for of in requests[2:4]] == [[requests[0]["uuid"]], [requests[1]["uuid"]]]
    item = tube(1)["uuid"]
    assert [of["uuid"] for of in requests[4:]] == [named("request", S1, 2, O1, item, number) for number in range(6)]


def test_one_tube_in_two_orders_is_worked_on_twice(lab):
    lab.quiet(order("o1"), order("o2"), submission("o1", "o2"))
    assert len({of["uuid"] for of in lab.requests()}) == 4


def test_a_type_may_begin_blocked(lab):
    lab.quiet(order(template="Picked", request_options={"read_length": 76}), submission())
    assert [of["initial_state"] for of in lab.requests()] == ["blocked", "pending"]
    assert lab.states() == ["blocked", "pending"]


def test_submitted_at_once_is_the_same_as_built_over_days(tmp_path):
    first, second = OrderLab(tmp_path / "once"), OrderLab(tmp_path / "days")
    whole = [
        order("o1", template="Multiplexed", assets=tubes(2, 4), asset_group_name="G", comments="c"),
        order("o2", template="Multiplexed", assets=["tube1"]),
        submission("o1", "o2", priority=2),
    ]
    first.quiet(*whole)
    second.quiet(order("o1", template="Multiplexed", assets=None, request_options=None))
    second.quiet(
        order("o2", template="Multiplexed", assets=["tube1"]),
        order("o1", template="Multiplexed", assets=tubes(2, 3), asset_group_name="G"),
        building("o2"),
    )
    second.describe(*reversed(whole[:2]), name="b/orders.yaml")
    second.quiet(whole[2])
    for kind, name in [("order", "o1"), ("order", "o2"), ("submission", "s1"), ("asset_group", "G")]:
        assert first.body(kind, name) == second.body(kind, name), name
        assert first.record(kind, name)["meta"]["digest"] == second.record(kind, name)["meta"]["digest"]
    assert first.progress() == second.progress()


def test_the_order_of_files_and_documents_does_not_matter(tmp_path):
    trees = []
    for number, turned in enumerate((False, True)):
        lab = OrderLab(tmp_path / f"lab{number}")
        documents = two_orders("Multiplexed")
        for index, document in enumerate(reversed(documents) if turned else documents):
            lab.describe(document, name=f"{'z' if turned else 'a'}/{index}.yaml")
        lab.quiet()
        trees.append(lab.tree())
    assert trees[0] == trees[1]


def test_a_uuid_is_one_thing_requests_and_pools_included(lab):
    lab.quiet(order(template="Multiplexed"), submission())
    for taken in (lab.requests()[0]["uuid"], lab.requests()[1]["pool"]["uuid"]):
        mine = order("o2", uuid=taken, assets=["tube2"])
        lab.refuses_only(
            "duplicate_identity", "order.uuid", order(template="Multiplexed"), submission(), mine, at=taken
        )
    lab.refuses_only("duplicate_identity", "order.uuid", order("o2", uuid=STUDY), at=STUDY)


def test_a_run_fulfils_requests_and_no_pool_also_where_they_are_made_in_the_same_step(lab):
    work = order(template="Multiplexed", assets=["tube1"]), submission("o1")
    pool = named("pool", S1, 0, S1)
    request = named("request", S1, 1, S1, pool, 0)
    lab.write("samples.yaml", dump(biosamples()))
    assert lab.errors(*work, run_of(requests=[request, pool])) == [("unknown_reference", "sequencing_run.requests.1")]
    lab.good(*work)
    assert lab.errors(*work, run_of(requests=[request, pool])) == [("unknown_reference", "sequencing_run.requests.1")]


def test_too_many_requests_are_a_slip(lab):
    lab.refuses_only(
        "invalid_multiplier",
        "order.request_options.number_of_lanes",
        order(request_options={**OPTIONS, "number_of_lanes": 10**9}),
    )


def test_a_large_pool_is_not_named_by_a_thousand_requests(lab):
    """Each of its 1,000 lanes would name all 1,001 libraries upstream: a record of 40 MB from a few lines."""
    tubes = [f"pooled{number}" for number in range(1001)]
    pool = order(template="Multiplexed", assets=tubes, request_options={**OPTIONS, "number_of_lanes": 1000})
    things = {"assets": [{"name": name} for name in tubes]}
    said = lab.refuses_only("out_of_range", "submission.orders", things, pool, submission())
    assert "1,001,000 times" in said
    pool = order(template="Multiplexed", assets=tubes, request_options={**OPTIONS, "number_of_lanes": 8})
    lab.describe(things, pool, submission())
    assert lab.check() == []


def test_requests_of_one_run_are_bounded_by_what_is_described(lab):
    """A few lines that ask for a thousand lanes each would take gigabytes before anybody saw the plan."""
    tubes = [f"many{number}" for number in range(220)]
    many = order(assets=tubes, request_options={**OPTIONS, "number_of_lanes": 1000})
    things = {"assets": [{"name": name} for name in tubes]}
    said = lab.refuses_only("out_of_range", "submission.orders", things, many, submission())
    assert "220,220 requests would be made" in said
    assert "expected at most 100,000" in said


@pytest.mark.parametrize("was_recorded", [False, True])
@pytest.mark.parametrize("of", ["request", "pool"])
def test_a_request_or_pool_whose_uuid_something_else_has_is_not_made(lab, of, was_recorded):
    taken = named("pool", S1, 0, S1) if of == "pool" else named("request", S1, 0, O1, tube(1)["uuid"], 0)
    work = [{"asset": {"name": "other", "uuid": taken}}, order(template="Multiplexed")]
    if was_recorded:
        lab.good(*work, building())
    [problem] = lab.refused(*work, submission())
    assert (problem["code"], problem["path"]) == ("duplicate_identity", "submission")
    assert taken in problem["message"]


@pytest.mark.parametrize("what", ["names", "options", "submissions"])
def test_requests_of_one_run_are_bounded_by_the_room_that_they_take(lab, monkeypatch, what):
    """Each repeats four names, which may be long, and options, which stand the deeper the more dots they have."""
    monkeypatch.setattr(submissions, "MOST_BYTES", 100_000)
    monkeypatch.setattr(submissions, "BYTES_FOR_EACH", 1)

    def works(*submitted: list[str], asset: str = "box", option: str = "o") -> list[dict[str, Any]]:
        rules = {"lanes": {"type": "integer"}, option: {"type": "string"}}
        kind = {"name": "Deep", "multiplier_option": "lanes", "options": rules}
        things = {"assets": [{"name": f"{asset}{number}"} for number in (0, 1)]}
        asked = {"lanes": 50, option: "x"}
        orders = [order(f"d{n}", template="Deeper", assets=[f"{asset}{n}"], request_options=asked) for n in (0, 1)]
        sent = [submission(*names, name=f"of {names[0]}") for names in submitted]
        template = {"order_template": {"name": "Deeper", "request_types": ["Deep"]}}
        return [{"request_type": kind}, template, things, *orders, *sent]

    lab.describe(*works(["d0", "d1"]))
    assert lab.check() == []
    bad = {
        "names": lambda: works(["d0", "d1"], asset="t" * 250),
        "options": lambda: works(["d0", "d1"], option=".".join("o" * 60)),
        "submissions": lambda: works(["d0"], ["d1"]),
    }
    if what == "submissions":
        monkeypatch.setattr(submissions, "MOST_BYTES", 60_000)
    said = lab.refuses_only("out_of_range", "submission.orders", *bad[what]())
    assert re.search("the records of its (50|100) requests would be too large: expected at most [16]0", said)
