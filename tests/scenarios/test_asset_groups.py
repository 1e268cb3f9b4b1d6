"""Asset groups in every combination: existing, new, unnamed, by UUID, made, followed, frozen (CONTRACT 2.2)."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from effort import within
from lab import dump
from ordering import STUDY, OrderLab, building, catalogue, order, submission

from seqmeta.markdown import escape

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
ID = "8f5a4c0e-0000-4111-8222-333344445555"


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def group(name: str = "Plate 7", study: str = "Cohort", *assets: str, **fields: Any) -> dict[str, Any]:
    return {"asset_group": {"name": name, "study": study, "assets": list(assets or ["tube1", "tube2"]), **fields}}


def taking(name: str = "Plate 7", who: str = "o1", **fields: Any) -> dict[str, Any]:
    """An order that takes the assets of a group."""
    return order(who, assets=None, asset_group_name=name, **fields)


def making(name: str | None, *assets: str, who: str = "o1", **fields: Any) -> dict[str, Any]:
    """An order that makes a group of its assets."""
    return order(who, assets=list(assets), asset_group_name=name, **fields)


def group_uuid(name: str, study: str = STUDY) -> str:
    return str(uuid.uuid5(NAMESPACE, f"asset_group\n{study}\n{name}"))


def names(body: dict[str, Any]) -> list[str]:
    return [of["name"] for of in body["assets"]]


def test_the_name_of_an_existing_group_means_its_assets(lab):
    lab.quiet(group("Plate 7", "Cohort", "tube2", "tube1"), taking())
    body = lab.body("order", "o1")
    assert names(body) == ["tube2", "tube1"]
    assert body["asset_group"] == {"uuid": group_uuid("Plate 7"), "name": "Plate 7"}
    assert "order" not in lab.body("asset_group", "Plate 7")


def test_a_group_is_named_by_uuid_or_name(lab):
    lab.quiet(
        group(uuid=ID),
        order("o1", assets=None, asset_group=ID.upper()),
        order("o2", assets=None, asset_group="Plate 7"),
    )
    for name in ("o1", "o2"):
        assert lab.body("order", name)["asset_group"] == {"uuid": ID, "name": "Plate 7"}
        assert names(lab.body("order", name)) == ["tube1", "tube2"]


def test_assets_beside_an_existing_group_are_an_error(lab):
    plate = group()
    message = lab.refuses("conflicting_fields", "order.assets", plate, order(assets=["tube3"], asset_group="Plate 7"))
    assert "asset group" in message
    lab.refuses("conflicting_fields", "order.assets", plate, making("Plate 7", "tube1", "tube2"))
    lab.quiet(plate, taking())
    lab.refuses("conflicting_fields", "order.assets", plate, making("Plate 7", "tube3"))
    lab.describe(plate, name="plate.yaml")
    lab.refuses("conflicting_fields", "order.assets", making(group_uuid("Plate 7"), "tube3"))


def test_a_group_is_given_in_one_way(lab):
    both = order(assets=None, asset_group="Plate 7", asset_group_name="Plate 7")
    found = lab.refused(group(), both)
    assert ("conflicting_fields", "order.asset_group") in {(of["code"], of["path"]) for of in found}


def test_a_new_name_with_assets_makes_the_group(lab):
    lab.quiet(making("My tubes", "tube2", "tube1"))
    made = lab.body("asset_group", "My tubes")
    assert made["uuid"] == group_uuid("My tubes")
    assert made["study"] == {"uuid": STUDY, "name": "Cohort"}
    assert made["order"]["name"] == "o1"
    assert names(made) == ["tube2", "tube1"]
    assert lab.body("order", "o1")["asset_group"] == {"uuid": made["uuid"], "name": "My tubes"}


def test_assets_without_a_name_make_a_group_named_for_the_order(lab):
    lab.quiet(order(uuid=ID))
    (made,) = lab.list_records("asset_group")
    assert made["asset_group"]["name"] == ID
    assert made["asset_group"]["uuid"] == group_uuid(ID)
    assert lab.body("order", "o1")["asset_group"]["name"] == ID


def test_a_name_without_assets_and_without_a_group_is_incomplete(lab):
    lab.quiet(taking("Later"))
    assert lab.body("order", "o1")["asset_group_name"] == "Later"
    assert lab.body("order", "o1")["assets"] == []
    assert not lab.list_records("asset_group")
    message = lab.refuses_only("order_incomplete", "submission.orders.0", taking("Later"), building(), at="o1")
    assert "assets" in message
    assert "o1" in message
    lab.quiet(making("Later", "tube1"), building())
    assert names(lab.body("asset_group", "Later")) == ["tube1"]
    assert "asset_group_name" not in lab.body("order", "o1")


def test_groups_are_named_within_their_study(lab):
    elsewhere = group("Plate 7", "Other study")
    lab.quiet(elsewhere, making("Plate 7", "tube3"))
    assert names(lab.body("order", "o1")) == ["tube3"]
    assert len(lab.list_records("asset_group")) == 2
    other = next(
        of["asset_group"]["uuid"] for of in lab.list_records("asset_group") if "order" not in of["asset_group"]
    )
    lab.refuses("unknown_reference", "order.asset_group", elsewhere, order("o2", assets=None, asset_group=other))
    lab.refuses_only(
        "unknown_reference",
        "order.asset_group",
        elsewhere,
        making("Plate 7", "tube3"),
        order("o2", assets=None, asset_group="P"),
    )


def test_two_orders_cannot_make_one_group(lab):
    one, two = making("G", "tube1"), making("G", "tube2", who="o2")
    message = lab.refuses_only("asset_group_conflict", "order.asset_group_name", one, two, at="G")
    assert "work.yaml:" in message
    lab.quiet(one)
    for documents in ([one, two], [two, one]):
        lab.refuses_only("asset_group_conflict", "order.asset_group_name", *documents)
    (found,) = lab.refused(two, one)
    lines = (lab.root / found["file"]).read_text().splitlines()
    assert found["line"] < lines.index("  name: o1"), "whoever made it first keeps it"
    lab.refuses_only("conflicting_fields", "order.assets", two)
    lab.quiet(one, taking("G", "o2"), making("G", "tube2", who="o3", study="Other study"))
    assert names(lab.body("order", "o2")) == ["tube1"]


def test_a_group_is_not_both_described_and_made(lab):
    lab.refuses("asset_group_conflict", "order.asset_group_name", making("Plate 7", "tube1"), group())
    lab.quiet(making("Plate 7", "tube1"), building())
    lab.refuses("asset_group_conflict", "order.asset_group_name", making("Plate 7", "tube1"), building(), group())
    lab.refuses_only(
        "asset_group_conflict", "asset_group.name", building(), group("Plate 7", "Cohort", "tube1"), at="Plate 7"
    )
    lab.quiet(making("Plate 7", "tube1"), submission())
    described = group("Plate 7", "Cohort", "tube1")
    lab.refuses_only("asset_group_conflict", "asset_group.name", making("Plate 7", "tube1"), submission(), described)


def test_a_made_group_can_become_a_described_one(lab):
    lab.quiet(making("Plate 7", "tube1"))
    lab.quiet(taking(), group())
    assert "order" not in lab.body("asset_group", "Plate 7")
    assert names(lab.body("order", "o1")) == ["tube1", "tube2"]


def test_a_made_group_follows_its_order(lab):
    lab.quiet(making("G", "tube1"), taking("G", "o2"))
    lab.quiet(making("G", "tube2", "tube3"), taking("G", "o2"))
    assert names(lab.body("asset_group", "G")) == ["tube2", "tube3"]
    assert names(lab.body("order", "o2")) == ["tube2", "tube3"]
    lab.quiet(taking("G"), taking("G", "o2"))
    assert names(lab.body("order", "o1")) == names(lab.body("asset_group", "G")) == ["tube2", "tube3"]
    assert lab.quiet(taking("G"), taking("G", "o2"))["commit"] is None
    lab.quiet(making("G", "tube4"), taking("G", "o2"))
    assert names(lab.body("order", "o2")) == ["tube4"]


def test_an_unnamed_group_follows_its_order_too(lab):
    lab.quiet(order())
    lab.quiet(order(assets=None))
    lab.quiet(order(assets=None))
    assert names(lab.list_records("asset_group")[0]["asset_group"]) == []
    lab.quiet(order(assets=["tube5"]))
    assert names(lab.list_records("asset_group")[0]["asset_group"]) == ["tube5"]


@pytest.mark.parametrize("name", ["G", ID])
def test_an_empty_list_beside_the_order_s_own_group_empties_it(lab, name):
    lab.quiet(making(name, "tube1", "tube2", uuid=ID), taking(name, "o2"))
    lab.quiet(making(name, uuid=ID), taking(name, "o2"))
    assert names(lab.body("order", "o1")) == names(lab.body("asset_group", name)) == []
    assert names(lab.body("order", "o2")) == [], "the group follows its maker, and who takes it follows the group"
    lab.expect_stable()
    assert lab.refuses_only("order_incomplete", "submission.orders.0", making(name, uuid=ID), building())
    lab.quiet(making(name, "tube4", uuid=ID), taking(name, "o2"))
    assert names(lab.body("order", "o1")) == names(lab.body("order", "o2")) == ["tube4"]


def test_an_order_that_empties_its_group_is_recorded_as_one_that_never_had_assets(lab, tmp_path):
    fresh = OrderLab(tmp_path / "fresh")
    lab.good(making("G", "tube1", "tube2"))
    for at in (lab, fresh):
        at.quiet(making("G"))
    assert lab.body("order", "o1") == fresh.body("order", "o1")
    assert fresh.body("order", "o1")["asset_group_name"] == "G"
    assert not fresh.list_records("asset_group")


def test_an_empty_list_beside_somebody_else_s_group_is_a_list_too(lab):
    plate = group()
    for empty in (making("Plate 7"), order(assets=[], asset_group="Plate 7"), making(group_uuid("Plate 7"))):
        assert "asset group" in lab.refuses("conflicting_fields", "order.assets", plate, empty)
    two = making("G", "tube2", who="o2")
    for documents in ([making("G"), two], [two, making("G")]):
        lab.refuses_only("asset_group_conflict", "order.asset_group_name", *documents)
        (found,) = lab.check()
        above = (lab.root / found["file"]).read_text().splitlines()[: found["line"]]
        assert [line for line in above if line.startswith("  name: ")][-1] == "  name: o1", "o2 has assets for it"
    lab.good(two)
    lab.refuses_only("asset_group_conflict", "order.asset_group_name", making("G"), two)
    lab.refuses_only("conflicting_fields", "order.assets", making("G"))


def test_the_maker_of_a_frozen_group_cannot_empty_it(lab):
    sealed = [taking("G", "o2"), submission("o2")]
    lab.quiet(making("G", "tube1"), *sealed)
    lab.refuses_only("asset_group_conflict", "order.assets", making("G"), *sealed)


@pytest.mark.parametrize("named", [{"asset_group_name": "G"}, {"asset_group": "G"}])
def test_the_name_of_a_group_means_its_assets_to_an_order_that_made_and_left_it_too(lab, named):
    lab.good(making("G", "tube1"))
    lab.good(making("H", "tube2"), taking("G", "o2"))
    lab.good(order(assets=None, **named), taking("G", "o2"))
    for of in ("o1", "o2"):
        assert names(lab.body("order", of)) == ["tube1"]
        assert lab.body("order", of)["asset_group"]["name"] == "G"
    lab.expect_stable()


@pytest.mark.parametrize("user", [[], [building("o2")], [submission("o2")]])
@pytest.mark.parametrize("is_described", [True, False])
def test_a_group_that_another_order_has_is_not_emptied_by_its_maker(lab, user, is_described):
    lab.good(order(uuid=ID), order("o2", assets=None, asset_group_name=ID), *user)
    rest = [order("o2", assets=None, asset_group_name=ID)] if is_described else []
    lab.good(order(uuid=ID, assets=None, withdrawn=True), *rest, *user)
    assert names(lab.body("asset_group", ID)) == names(lab.body("order", "o2")) == ["tube1"]
    assert "asset_group" not in lab.body("order", "o1")
    lab.expect_stable()
    lab.good(order(uuid=ID, assets=None), *rest, *user)
    assert names(lab.body("order", "o2")) == ["tube1"]


@pytest.mark.parametrize("user", [[], [building("o2")], [submission("o2")]])
def test_a_group_that_an_order_left_for_another_is_not_emptied_later(lab, user):
    others = [group(), order("o2", assets=None, asset_group_name=ID), *user]
    lab.good(order(uuid=ID))
    lab.good(taking(uuid=ID), *others)
    lab.quiet(order(uuid=ID, assets=None), *others)
    assert names(lab.body("asset_group", ID)) == names(lab.body("order", "o2")) == ["tube1"]
    assert lab.body("order", "o1")["assets"] == []
    lab.expect_stable()


def test_a_group_that_nobody_took_is_not_emptied_once_its_order_left_it(lab):
    lab.good(order(uuid=ID))
    lab.good(group(), taking(uuid=ID))
    lab.good(group(), order(uuid=ID, assets=None))
    assert names(lab.body("asset_group", ID)) == ["tube1"]
    lab.expect_stable()


def test_an_order_may_take_another_name_for_its_group(lab):
    lab.quiet(making("G", "tube1"))
    lab.good(making("H", "tube1"))
    assert lab.body("order", "o1")["asset_group"]["name"] == "H"
    assert names(lab.body("asset_group", "G")) == ["tube1"]


def test_a_building_order_follows_a_described_group(lab):
    lab.quiet(group(), taking(), taking(who="o2"), building("o2"))
    lab.quiet(group("Plate 7", "Cohort", "tube5"), taking(), taking(who="o2"), building("o2"))
    for name in ("o1", "o2"):
        assert names(lab.body("order", name)) == ["tube5"]


def frozen_bytes(lab: OrderLab, name: str) -> bytes:
    uuid_ = lab.body("asset_group", name)["uuid"]
    return (lab.records / "asset_groups" / uuid_[:2] / f"{uuid_}.json").read_bytes()


@pytest.mark.parametrize("gather", [building, submission])
def test_a_locked_orders_group_cannot_leave_for_another_study(lab, gather):
    lab.good(group(uuid=ID), taking(), building())
    moved = group(study="Other study", uuid=ID)
    assert lab.errors(moved, taking(), gather()) == [("asset_group_conflict", "submission.orders.0")]
    (problem,) = lab.check()
    assert "'Plate 7', which is one of the study 'Other study' now: move it back" in problem["message"]
    lab.good(group(uuid=ID), taking(), gather())


def test_a_locked_order_follows_a_described_group_and_that_is_told(lab):
    plate = ("Plate 7", "Cohort")
    lab.good(group(*plate, "tube1"), taking(), building())
    told = "the locked order o1 of submission s1: assets"
    lab.describe(group(*plate, "tube1", "tube2"), taking(), building())
    assert f"would change {told}\n" in lab.call("plan")[1]
    assert f"\n\n- {escape(told)}\n\n" in lab.call("plan", "--format", "markdown")[1]
    assert f"changed {told}\n" in lab.call("apply")[1]
    assert names(lab.body("order", "o1")) == ["tube1", "tube2"]
    lab.describe(group(*plate, "tube1", "tube2"), taking(), submission())
    assert "locked order" not in lab.call("plan")[1]  # it is sealed as it was
    lab.describe(group(*plate, "tube3"), taking(), submission())
    assert f"would change {told}\n" in lab.call("plan")[1]
    lab.good(group(*plate, "tube1"), taking(), submission())
    assert lab.refuses_only(
        "asset_group_conflict", "asset_group.assets", group(*plate, "tube2"), taking(), submission()
    )


def test_a_group_that_a_sealed_order_took_is_frozen(lab):
    sealed = [taking(), submission()]
    lab.quiet(group(uuid=ID), *sealed)
    before = frozen_bytes(lab, "Plate 7")
    lab.refuses_only(
        "asset_group_conflict", "asset_group.assets", group("Plate 7", "Cohort", "tube3", uuid=ID), *sealed
    )
    lab.refuses_only("asset_group_conflict", "asset_group.name", group("Plate 8", uuid=ID), *sealed, at="Plate 8")
    lab.refuses_only("asset_group_conflict", "asset_group.study", group("Plate 7", "Other study", uuid=ID), *sealed)
    renamed = (
        dump(*catalogue())
        .replace("name: Cohort", "name: Cohort of old")
        .replace("name: tube1\n", "name: tube1\n  barcode: B1\n")
    )
    lab.write("catalogue.yaml", renamed)
    lab.quiet(group("Plate 7", "Cohort", uuid=ID), *sealed)
    lab.quiet(group("Plate 7", "Cohort of old", uuid=ID), *sealed)
    lab.quiet(*sealed)
    assert frozen_bytes(lab, "Plate 7") == before


def test_groups_that_name_a_study_as_it_was_called_are_told_however_many_they_are(lab):
    """The study of each is looked for among those of recorded groups: by name, not among all of them."""
    groups = {"asset_groups": [{"name": f"Plate {n}", "study": "Cohort", "assets": ["tube1"]} for n in range(4000)]}
    lab.good(groups)
    lab.write("catalogue.yaml", dump(*catalogue()).replace("name: Cohort", "name: Cohort of old"))
    with within(2):
        problems = lab.check()
    assert len(problems) == 4000
    assert {(of["code"], of["path"]) for of in problems} == {("unknown_reference", "asset_group.study")}
    assert "did you mean Cohort of old?" in problems[0]["message"]


def test_the_maker_of_a_frozen_group_cannot_change_it(lab):
    sealed = [taking("G", "o2"), submission("o2")]
    lab.quiet(making("G", "tube1"), *sealed)
    before = frozen_bytes(lab, "G")
    lab.refuses_only("asset_group_conflict", "order.assets", making("G", "tube1", "tube2"), *sealed)
    lab.quiet(taking("G"), *sealed)
    assert names(lab.body("order", "o1")) == ["tube1"]
    lab.write("catalogue.yaml", dump(*catalogue()).replace("name: Cohort", "name: Cohort of old"))
    lab.quiet(making("G", "tube1", study=STUDY), *sealed)
    assert frozen_bytes(lab, "G") == before
    lab.good(making("H", "tube2", study=STUDY), *sealed)
    assert frozen_bytes(lab, "G") == before
    assert names(lab.body("asset_group", "H")) == ["tube2"]


def test_a_group_that_a_sealed_order_made_is_frozen_and_can_be_taken(lab):
    sealed = [making("G", "tube1"), submission()]
    lab.quiet(*sealed)
    before = frozen_bytes(lab, "G")
    lab.quiet(*sealed, taking("G", "o2", template="Only sequencing", request_options={"read_length": 76}))
    assert names(lab.body("order", "o2")) == ["tube1"]
    lab.refuses_only("conflicting_fields", "order.assets", *sealed, making("G", "tube1", who="o3"))
    found = {(of["code"], of["path"]) for of in lab.refused(making("G", "tube2"), submission())}
    assert found == {("order_sealed", "order.assets")}
    assert frozen_bytes(lab, "G") == before


def test_a_described_group_has_assets_that_are_registered(lab):
    lab.refuses_only("unknown_reference", "asset_group.assets.0", group("G", "Cohort", "tube99"), at="tube99")
    lab.refuses_only("unknown_reference", "asset_group.study", group("G", "Nowhere"))
    lab.refuses_only("duplicate_item", "asset_group.assets.1", group("G", "Cohort", "tube1", "tube1"))
    lab.refuses_only("duplicate_identity", "asset_group.name", group(), group("Plate 7", "Cohort", "tube3"))
    lab.quiet(group(), group("Plate 7", "Other study", "tube3"))


@pytest.mark.parametrize("uuid", [ID, None])
def test_the_name_that_a_group_gave_up_is_made_anew_and_the_group_stays_what_it_is(lab, uuid):
    """`None`: the group has the UUID that comes from its first name, which the new one would have too."""
    first = {"name": "G", "study": STUDY, "assets": ["tube1"], **({"uuid": uuid} if uuid else {})}
    lab.good({"asset_group": first})
    known = lab.record("asset_group", "G")["asset_group"]["uuid"]
    renamed = {"asset_group": {**first, "uuid": known, "name": "H"}}
    making = order(asset_group_name="G", assets=["tube2"])
    lab.refuses_only("cannot_change", "order.asset_group_name", renamed, making, at="asset_group_name: G")
    lab.refuses_only("cannot_change", "order.asset_group_name", making, renamed)
    lab.good(renamed)
    if uuid is None:
        lab.refuses_only("duplicate_identity", "order", renamed, making)
        return
    lab.good(renamed, making)
    assert [asset["name"] for asset in lab.record("asset_group", "H")["asset_group"]["assets"]] == ["tube1"]
    assert [asset["name"] for asset in lab.record("asset_group", "G")["asset_group"]["assets"]] == ["tube2"]


def test_a_name_that_is_the_uuid_of_a_group_is_refused_beside_assets_wherever_that_stands(lab):
    one, two = making("G", "tube1"), making(group_uuid("G").upper(), "tube2", who="o2")
    for documents in ([one, two], [two, one]):
        lab.refuses_only("conflicting_fields", "order.assets", *documents, at="tube2")
    lab.good(one)
    lab.refuses_only("conflicting_fields", "order.assets", one, two, at="tube2")


def test_a_name_that_is_the_uuid_of_another_study_s_group_is_a_name(lab):
    one, elsewhere = making("G", "tube1"), {"study": "Other study"}
    two = making(group_uuid("G"), "tube2", who="o2", **elsewhere)
    lab.quiet(two, one, taking(group_uuid("G"), "o3", **elsewhere), taking(group_uuid("G"), "o4"))
    assert names(lab.body("order", "o2")) == names(lab.body("order", "o3")) == ["tube2"]
    assert names(lab.body("order", "o4")) == ["tube1"]
    lab.expect_stable()
    lab.good(one, two, building("o2"))
    lab.good(two, one, submission("o2"))
    lab.expect_stable()


def test_whoever_made_a_group_keeps_its_name_though_that_becomes_the_uuid_of_another(lab):
    one, two = making("G", "tube1"), making(group_uuid("G"), "tube2", who="o2")
    lab.good(two)
    lab.good(one, two)
    lab.expect_stable()
    lab.good(two, one, building("o2"))
    lab.expect_stable()


@pytest.mark.parametrize("state", [building, submission])
def test_to_describe_a_group_that_an_order_made_is_no_change_of_the_order(lab, state):
    made = making("G", "tube1")
    lab.good(made, state())
    described = group("G", "Cohort", "tube1")
    found = {of["code"] for of in lab.refused(described, made, state())}
    assert "asset_group_conflict" in found
    assert not found & {"order_locked", "order_sealed"}
    code = "order_locked" if state is building else "order_sealed"
    lab.refuses(code, "order.assets", described, making("G", "tube2"), state())


def test_a_group_that_a_locked_order_made_may_be_described_where_the_order_names_it(lab):
    lab.good(making("G", "tube1"), building())
    lab.good(group("G", "Cohort", "tube1"), taking("G"), building())
    lab.expect_stable()
    assert "order" not in lab.body("asset_group", "G")


def studies(name: str, *more: str) -> dict[str, Any]:
    """A study that keeps its UUID whatever its name, and more."""
    return {"studies": [{"uuid": ID[:-1] + "6", "name": name}, *({"name": of} for of in more)]}


def test_a_frozen_group_stays_in_its_study_whatever_takes_the_old_name(lab):
    plate, sealed = group("G", "First", uuid=ID), taking("G", study="First")
    lab.good(studies("First"), plate, sealed, submission())
    frozen = lab.record("asset_group", "G")
    lab.good(studies("Older"), plate, sealed, submission())
    lab.good(studies("Older", "First"), plate, sealed, submission())
    lab.expect_stable()
    later = order("o2", study="Older", assets=None, asset_group="G")
    other = making("G", "tube3", who="o3", study="First")
    lab.good(studies("Older", "First"), plate, sealed, submission(), later, other)
    lab.expect_stable()
    assert lab.record("asset_group", ID) == frozen
    assert lab.body("order", "o2")["asset_group"]["uuid"] == ID
    assert lab.body("order", "o3")["asset_group"]["uuid"] != ID
