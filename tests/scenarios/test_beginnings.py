"""What nothing new may begin with, and work that is asked for twice: errors, warnings, silence (CONTRACT 2.2, 7)."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from effort import assert_linear, within
from lab import dump
from ordering import OrderLab, building, catalogue, order, submission

from seqmeta import duplicate_work, memberships


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def inactive(lab: OrderLab, name: str) -> None:
    """Make the study or project of this name inactive."""
    text = dump(*catalogue())
    lab.write("catalogue.yaml", text.replace(f"name: {name}\n", f"name: {name}\n  state: inactive\n", 1))


def superseded(lab: OrderLab) -> None:
    text = dump(*catalogue())
    lab.write("catalogue.yaml", text.replace("- name: Simple\n", "- name: Simple\n  superseded_by: Simple again\n"))


def withdraw(lab: OrderLab, *, withdrawn: bool = True, samples: tuple[str, ...] = ("S1",)) -> None:
    """Describe biosample S1, whose consent may be withdrawn, and a tube with the samples given."""
    sample = {"central_sample_id": "S1", **({"consent_withdrawn": True} if withdrawn else {})}
    tube = {"name": "tube of S1", "biosamples": list(samples)}
    lab.describe({"biosamples": [sample, {"central_sample_id": "S2"}]}, {"asset": tube}, name="samples.yaml")


def spoil(lab: OrderLab, code: str, field: str) -> None:
    if code == "superseded":
        superseded(lab)
    else:
        inactive(lab, {"study": "Cohort", "project": "Grant"}[field])


@pytest.mark.parametrize("code, field", [("inactive", "study"), ("inactive", "project"), ("superseded", "template")])
def test_orders_do_not_begin_with_what_has_ended(lab, code, field):
    spoil(lab, code, field)
    lab.refuses_only(code, f"order.{field}", order(), at=field)
    lab.stock()
    lab.quiet(order())
    spoil(lab, code, field)
    lab.warns(code, f"order.{field}", order(), at=field)
    lab.warns(code, f"order.{field}", order(assets=["tube1", "tube2"]))
    lab.warns(code, f"order.{field}", order(assets=["tube1", "tube2"]), building())
    lab.refuses_only(code, f"order.{field}", order(assets=["tube1", "tube2"]), submission())
    lab.refuses_only(code, "submission.orders.0", submission(), at="o1")
    lab.stock()
    lab.quiet(order(assets=["tube1", "tube2"]), submission())
    spoil(lab, code, field)
    lab.quiet(order(assets=["tube1", "tube2"]), submission())


def test_a_superseded_template_names_the_one_to_take(lab):
    message = lab.refuses_only(
        "superseded", "order.template", order(template="Old", request_options={"read_length": 76})
    )
    assert "Only sequencing" in message


def test_withdrawn_consent(lab):
    withdraw(lab)
    used = order(assets=["tube1", "tube of S1"])
    message = lab.refuses_only("consent_withdrawn", "order.assets.1", used, at="tube of S1")
    assert "S1" in message
    withdraw(lab, withdrawn=False)
    lab.quiet(used, order("o2"))
    withdraw(lab)
    lab.warns("consent_withdrawn", "order.assets.1", used, order("o2"), at="tube of S1")
    found = lab.refused(used, order("o2", assets=["tube of S1"]))
    assert [(of["code"], of["path"]) for of in found] == [("consent_withdrawn", "order.assets.0")]
    lab.refuses_only("consent_withdrawn", "order.assets.1", used, order("o2"), submission())
    lab.quiet(order(assets=["tube1"]), order("o2"), submission())


def test_withdrawn_consent_in_a_group(lab):
    withdraw(lab)
    group = {"asset_group": {"name": "G", "study": "Cohort", "assets": ["tube1", "tube of S1"]}}
    lab.refuses_only(
        "consent_withdrawn", "order.asset_group_name", group, order(assets=None, asset_group_name="G"), at="G"
    )
    lab.refuses_only("consent_withdrawn", "order.asset_group", group, order(assets=None, asset_group="G"), at="G")
    alone = {"asset_group": {**group["asset_group"], "assets": ["tube1"]}}
    lab.quiet(alone, order(assets=None, asset_group="G"))
    lab.refuses_only("consent_withdrawn", "order.asset_group", group, order(assets=None, asset_group="G"))


def test_a_sample_that_an_asset_gains_is_a_new_reference(lab):
    withdraw(lab, samples=("S2",))
    lab.quiet(order(assets=["tube of S1"]))
    withdraw(lab, samples=("S2", "S1"))
    lab.refuses_only("consent_withdrawn", "order.assets.0", order(assets=["tube of S1"]))


def test_sealed_orders_are_not_looked_at(lab):
    withdraw(lab, withdrawn=False)
    work = [order(assets=["tube of S1"]), submission()]
    lab.quiet(*work)
    withdraw(lab)
    lab.quiet(*work)


def two(**fields: Any) -> list[dict[str, Any]]:
    """Two orders in two submissions."""
    return [order("o1"), order("o2", **fields), submission("o1"), building("o2", name="s2")]


def test_work_that_is_asked_for_twice(lab):
    found = lab.good(*two(assets=["tube2", "tube1"], template="Simple again"))["problems"]
    assert {(of["severity"], of["code"]) for of in found} == {("warning", "duplicate_work")}
    assert {of["path"] for of in found} == {"order.assets.0", "order.assets.1"}
    message = lab.warns(
        "duplicate_work", "order.assets.1", *two(assets=["tube2", "tube1"], template="Simple again"), at="tube1"
    )
    assert "s1" in message
    lab.quiet(*two(assets=["tube2", "tube1"], template="Simple again")[:3], {"submission": {"name": "s2"}})


def test_once_it_is_sealed_work_is_not_said_to_be_asked_for_twice_with_a_cache_or_without(lab):
    work = [order("o1"), order("o2"), submission("o1"), submission("o2", name="s2")]
    assert [of["code"] for of in lab.good(*work)["problems"]] == ["duplicate_work", "duplicate_work"]
    assert lab.check() == []
    shutil.rmtree(lab.root / ".seqmeta")
    assert lab.check() == []


@pytest.mark.parametrize(
    "fields", [{"assets": ["tube2"]}, {"template": "Only sequencing", "request_options": {"read_length": 76}}]
)
def test_other_work_is_not_asked_for_twice(lab, fields):
    lab.quiet(*two(**fields))


def test_one_submission_may_take_an_asset_twice_and_a_cancelled_one_takes_none(lab):
    lab.quiet(order("o1"), order("o2"), submission("o1", "o2"))
    again = [order("o3"), building("o3", name="s3")]
    lab.warns("duplicate_work", "order.assets.0", order("o1"), order("o2"), submission("o1", "o2"), *again)
    lab.quiet(order("o1"), order("o2"), submission("o1", "o2", cancel=True), *again)


def test_strict_refuses_warnings(lab):
    lab.quiet(order())
    inactive(lab, "Cohort")
    lab.describe(order(assets=["tube3"]))
    before = lab.snapshot()
    assert lab.call("apply", "--strict")[0] == 1
    assert lab.snapshot() == before
    assert lab.call("apply")[0] == 0


def test_orders_of_the_same_many_tubes_are_held_against_each_other_tube_by_tube_and_not_all_by_all(lab):
    tubes = [f"many{number}" for number in range(12_000)]
    lab.write("many.yaml", dump({"assets": [{"name": name} for name in tubes]}))
    one = {"template": "Only sequencing", "request_options": {"read_length": 76}}
    lab.write("sealed.yaml", dump(order("o1", assets=tubes, **one), submission("o1", name="s1")))
    lab.good()
    lab.write("open.yaml", dump(order("o2", assets=tubes[::-1], **one), building("o2", name="s2")))
    with within(3):
        problems = lab.check()
    assert {of["code"] for of in problems} == {"duplicate_work", "too_many_problems"}


SHORT = {"template": "Only sequencing", "request_options": {"read_length": 76}}


def taking_one_tube(lab: OrderLab, size: int, each: int) -> Callable[[], object]:
    """Describe so many orders of one tube, in submissions of so many each."""
    names = [f"o{number}" for number in range(size)]
    taken = [building(*names[at : at + each], name=f"s{at}") for at in range(0, size, each)]
    lab.describe(*(order(name, **SHORT) for name in names), *taken)
    return lab.check


@pytest.mark.parametrize("each", [1000, 1])
def test_orders_of_one_tube_are_not_held_against_each_other_all_by_all(lab, each):
    assert_linear(lambda size: taking_one_tube(lab, size, each), 100, duplicate_work, memberships)


def test_an_order_of_other_work_does_not_ask_again_what_is_recorded_of_its_tube(tmp_path):
    def prepare(size: int) -> Callable[[], object]:
        lab = OrderLab(tmp_path / str(uuid4()))
        kinds = [f"t{number}" for number in range(size)]
        templates = [{"order_template": {"name": of, "request_types": [of]}} for of in kinds]
        lab.describe(*({"request_type": {"name": of}} for of in kinds), *templates, name="kinds.yaml")
        bare = [{"order": {"name": of, "template": of, "project": "Grant", "study": "Cohort"}} for of in kinds]
        for of in bare:
            of["order"]["assets"] = ["tube1"]
        lab.describe(*bare, *(submission(of, name=of) for of in kinds), name="sealed.yaml")
        lab.good()
        again = [{"order": {**of["order"], "name": f"{of['order']['name']} again"}} for of in bare]
        lab.describe(*again, *(building(f"{of} again", name=f"{of} again") for of in kinds))
        return lab.check

    assert_linear(prepare, 50, duplicate_work, memberships)
