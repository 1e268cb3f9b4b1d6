"""Orders from their first day to the day they are complete: what is given is checked at once (CONTRACT 2.2, 3)."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from ordering import OPTIONS, PROJECT, STUDY, OrderLab, building, order, submission

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
ID = "8f5a4c0e-0000-4111-8222-333344445555"


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def test_project_and_study_are_enough_to_begin_with(lab):
    lab.quiet(order(assets=None, request_options=None))
    body = lab.body("order", "o1")
    assert body["uuid"] == str(uuid.uuid5(NAMESPACE, "order\no1"))
    assert body["state"] == "building"
    assert body["assets"] == []
    assert body["request_options"] == {}
    assert body["study"] == {"uuid": STUDY, "name": "Cohort"}
    assert body["project"] == {"uuid": PROJECT, "name": "Grant"}
    assert body["template"]["name"] == "Simple"
    assert body.keys() == {
        *("uuid", "name", "state", "template", "project", "study", "assets", "request_types", "request_options"),
    }


def test_the_rules_that_an_order_must_meet_stand_in_its_record(lab):
    lab.quiet(order(assets=None, request_options=None))
    library, sequencing = lab.body("order", "o1")["request_types"]
    assert (library["name"], sequencing["name"]) == ("Library creation", "Paired end sequencing")
    assert library["uuid"] == str(uuid.uuid5(NAMESPACE, "request_type\nLibrary creation"))
    assert library["options"]["fragment_size_required.from"] == {"type": "integer", "min": 1, "required": True}
    assert sequencing["options"] == {
        "read_length": {"type": "integer", "required": True, "allowed": [37, 54, 76, 108]},
        "number_of_lanes": {"type": "integer"},
    }


@pytest.mark.parametrize("field", ["template", "project", "study"])
def test_what_an_order_needs_from_the_start(lab, field):
    lab.refuses_only("required_field", f"order.{field}", order(**{field: None}))
    message = lab.refuses_only("unknown_reference", f"order.{field}", order(**{field: "Nowhere"}), at="Nowhere")
    assert "Nowhere" in message


def test_an_order_has_a_name_or_a_uuid(lab):
    lab.refuses_only("required_field", "order.name", order(None))
    lab.refuses_only("invalid_uuid", "order.uuid", order(uuid="8f5a4c0e-0000-4111-8222-33334444555"))
    lab.quiet(order(None, uuid=ID.upper()))
    assert lab.body("order", ID).get("name") is None
    lab.refuses_only("duplicate_identity", "order.uuid", order("o1", uuid=ID), order("o2", uuid=ID))
    lab.refuses_only("duplicate_identity", "order.name", order("o1", uuid=ID), order("o1"))


def test_a_thing_of_another_kind_is_no_reference(lab):
    message = lab.refuses_only("unknown_reference", "order.project", order(project=STUDY), at=STUDY)
    assert "study" in message
    assert "project" in message


def test_references_by_uuid_and_by_name_are_the_same(lab):
    lab.quiet(order())
    by_name = lab.record("order", "o1")
    tube = by_name["order"]["assets"][0]["uuid"]
    lab.quiet(order(study=STUDY.upper(), project=PROJECT, assets=[tube]))
    assert lab.record("order", "o1") == by_name


def test_assets_are_the_whole_list_in_its_order(lab):
    lab.quiet(order(assets=["tube3", "tube1", "tube2"]))
    assert [of["name"] for of in lab.body("order", "o1")["assets"]] == ["tube3", "tube1", "tube2"]
    assert lab.body("order", "o1")["assets"][0]["asset_type"] == "sample_tube"
    lab.quiet(order(assets=["tube2"]))
    assert [of["name"] for of in lab.body("order", "o1")["assets"]] == ["tube2"]
    lab.quiet(order(assets=[]))
    assert lab.body("order", "o1")["assets"] == []
    assert lab.record("order", "o1")["meta"]["version"] == 3


def test_assets_are_registered_and_stand_once(lab):
    lab.refuses_only("unknown_reference", "order.assets.1", order(assets=["tube1", "tube99"]), at="tube99")
    lab.refuses_only("duplicate_item", "order.assets.2", order(assets=["tube1", "tube2", "tube1"]))
    tube = str(uuid.uuid5(NAMESPACE, "asset\ntube1"))
    lab.refuses_only("duplicate_item", "order.assets.1", order(assets=["tube1", tube]), at=tube)
    lab.refuses_only("wrong_type", "order.assets", order(assets={"tube1": "tube2"}))


def test_what_is_known_of_an_asset_goes_with_the_order(lab):
    more = {"assets": [{"name": "well", "asset_type": "well", "barcode": "NT1", "biosamples": ["S1"]}]}
    lab.stock({"biosample": {"central_sample_id": "S1"}}, more)
    lab.quiet(order(assets=["well"]))
    (well,) = lab.body("order", "o1")["assets"]
    sample = {"uuid": str(uuid.uuid5(NAMESPACE, "biosample\nS1")), "central_sample_id": "S1"}
    assert well == {
        "uuid": str(uuid.uuid5(NAMESPACE, "asset\nwell")),
        "name": "well",
        "asset_type": "well",
        "barcode": "NT1",
        "biosamples": [sample],
    }


@pytest.mark.parametrize(
    "field, other", [("template", "Preset"), ("project", "Other project"), ("study", "Other study")]
)
def test_what_never_changes_after_the_first_record(lab, field, other):
    lab.quiet(order())
    message = lab.refuses_only("cannot_change", f"order.{field}", order(**{field: other}), at=other)
    assert field in message


def test_a_study_that_takes_over_a_name_is_another_study(lab):
    lab.quiet(order())
    lab.stock()
    renamed = (lab.descriptions / "catalogue.yaml").read_text().replace("name: Cohort", "name: Cohort of old")
    lab.write("catalogue.yaml", renamed)
    lab.refuses_only("unknown_reference", "order.study", order(), at="Cohort")
    lab.quiet(order(study="Cohort of old"))
    lab.describe({"study": {"name": "Cohort"}}, name="new.yaml")
    lab.refuses_only("cannot_change", "order.study", order(), at="Cohort")


def test_an_order_can_be_withdrawn_and_taken_back(lab):
    lab.quiet(order(withdrawn=True))
    assert lab.body("order", "o1")["state"] == "withdrawn"
    lab.refuses_only("not_applicable", "submission.orders.0", order(withdrawn=True), building(), at="o1")
    lab.quiet(order(), building())
    assert lab.body("order", "o1")["state"] == "locked"
    found = {(of["code"], of["path"]) for of in lab.refused(order(withdrawn=True), building())}
    assert found == {("order_locked", "order.withdrawn"), ("not_applicable", "submission.orders.0")}


@pytest.mark.parametrize("said", ["asets", "asset"])
def test_unknown_keys_are_refused_with_the_nearest(lab, said):
    """Also where others have the word: an order may have an asset group."""
    message = lab.refuses("unknown_field", f"order.{said}", order(assets=None, **{said: ["tube1"]}), at=said)
    assert message.endswith("did you mean assets?")
    lab.refuses("unknown_field", "order.state", order(state="sealed"), at="state")


def test_comments_may_have_lines_and_a_name_may_not(lab):
    lab.quiet(order(comments="first\nsecond"))
    assert lab.body("order", "o1")["comments"] == "first\nsecond"
    lab.refuses("invalid_text", "order.name", order("o\n1"))


def test_a_description_that_disappears_leaves_its_order(lab):
    lab.quiet(order())
    before = lab.record("order", "o1")
    answer = lab.good(order("o2", assets=["tube2"]))
    (orphan,) = answer["problems"]
    path = lab.records / "orders" / before["order"]["uuid"][:2] / f"{before['order']['uuid']}.json"
    assert (orphan["code"], orphan["severity"], orphan["line"]) == ("orphaned", "warning", 1)
    assert lab.root / orphan["file"] == path
    assert lab.record("order", "o1") == before
    lab.good(order("o2", assets=["tube2"]), submission("o1", "o2"))
    assert lab.body("order", "o1")["state"] == "sealed"


def refused_options(lab: OrderLab, path: str, code: str, **options: Any) -> str:
    return lab.refuses_only(code, f"order.request_options.{path}", order(request_options={**OPTIONS, **options}))


def test_options_are_checked_when_they_are_given(lab):
    message = refused_options(lab, "read_length", "not_allowed", read_length=100)
    assert all(word in message for word in ("100", "37", "54", "76", "108"))
    assert "'foo'" in refused_options(lab, "read_length", "wrong_type", read_length="foo")
    refused_options(lab, "library_type", "not_allowed", library_type="One with books")
    refused_options(lab, "fragment_size_required.from", "wrong_type", fragment_size_required={"from": "foo", "to": 9})
    refused_options(lab, "fragment_size_required.from", "out_of_range", fragment_size_required={"from": 0, "to": 9})
    refused_options(lab, "fragment_size_required.to", "out_of_range", fragment_size_required={"from": 300, "to": 299})
    refused_options(lab, "read_lenght", "not_applicable", read_lenght=76)
    refused_options(lab, "insert_size", "not_applicable", insert_size=250)
    refused_options(lab, "fragment_size_required", "wrong_type", fragment_size_required=100)


def test_options_that_are_a_list_are_told_as_one(lab):
    message = lab.refuses_only("wrong_type", "order.request_options", order(request_options=["read_length"]))
    assert message == "options are a mapping, such as {read_length: 76}: found a list"


def test_options_given_twice_are_refused(lab):
    twice = {**OPTIONS, "fragment_size_required.from": 150}
    lab.refuses_only(
        "conflicting_fields", "order.request_options.fragment_size_required.from", order(request_options=twice)
    )


@pytest.mark.parametrize("lanes", [0, -1])
def test_a_multiplier_is_checked_at_once(lab, lanes):
    message = refused_options(lab, "number_of_lanes", "invalid_multiplier", number_of_lanes=lanes)
    assert str(lanes) in message


def test_a_multiplier_is_a_whole_number(lab):
    refused_options(lab, "number_of_lanes", "wrong_type", number_of_lanes="2.5")
    refused_options(lab, "number_of_lanes", "wrong_type", number_of_lanes="two")


def test_a_pooling_type_cannot_be_multiplied(lab):
    pooling = {"pooling": "order", "multiplier_option": "pools", "options": {"pools": {"type": "integer", "min": 1}}}
    lab.stock({"order_template": {"name": "Pools", "request_types": ["Quality control"]}}, Quality_control=pooling)
    several = order(template="Pools", request_options={"pools": 2})
    lab.refuses_only("invalid_multiplier", "order.request_options.pools", several)
    lab.refuses(
        "invalid_multiplier", "order.request_options.pools", order(template="Pools", request_options={"pools": 0})
    )
    lab.quiet(order(template="Pools", request_options={"pools": 1}), submission())
    lab.stock(
        {"order_template": {"name": "Pools", "request_types": ["Quality control"], "request_options": {"pools": 3}}},
        Quality_control=pooling,
    )
    lab.refuses("invalid_multiplier", "order_template.request_options.pools")
    lab.stock(Quality_control={**pooling, "options": {"pools": {"type": "integer", "default": 2}}})
    lab.refuses("invalid_multiplier", "request_type.options.pools.default")


def test_presets_then_own_options_then_defaults(lab):
    own = {"fragment_size_required": {"to": 400}, "read_length": 54}
    rules = {"read_length": {"type": "integer"}, "cycles": {"type": "integer", "default": 8, "required": True}}
    lab.stock(Paired_end_sequencing={"options": rules})
    lab.quiet(order(template="Preset", request_options=own), building())
    assert lab.body("order", "o1")["request_options"] == {
        "library_type": "Standard",
        "fragment_size_required": {"from": 300, "to": 400},
        "read_length": 54,
        "cycles": 8,
    }
    lab.refuses_only(
        "out_of_range",
        "order.request_options.fragment_size_required.to",
        order("o2", template="Preset", request_options={"fragment_size_required": {"to": 299}}),
        order(template="Preset", request_options=own),
        building(),
    )


def test_terms_of_options_match_whatever_the_case(lab):
    lab.quiet(order(request_options={**OPTIONS, "library_type": "no_PCR"}))
    assert lab.body("order", "o1")["request_options"]["library_type"] == "No PCR"


def test_option_values_are_read_by_their_type(lab):
    rules = {
        "kit": {"type": "string", "allowed": ["NO", "1.10"]},
        "volume": {"type": "float", "min": "0.5"},
        "dual": {"type": "boolean"},
    }
    lab.stock(Quality_control={"options": rules})
    options = {**OPTIONS, "kit": "1.10", "volume": "1.50", "dual": True}
    lab.quiet(order(template="Three steps", request_options=options))
    stored = lab.body("order", "o1")["request_options"]
    assert (stored["kit"], stored["volume"], stored["dual"]) == ("1.10", "1.50", True)
    for name, value, code in [
        ("volume", "0.4", "out_of_range"),
        ("dual", "NO", "wrong_type"),
        ("kit", "1.1", "not_allowed"),
    ]:
        wrong = order(template="Three steps", request_options={**options, name: value})
        assert "Decimal" not in lab.refuses_only(code, f"order.request_options.{name}", wrong)
