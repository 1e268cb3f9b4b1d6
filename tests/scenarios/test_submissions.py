"""Submissions: gathered, submitted, cancelled, superseded; orders for identical work, each in one (CONTRACT 2.3)."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from lab import biosamples, run_of
from ordering import OPTIONS, TYPES, OrderLab, building, order, progress, submission

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def empty(**fields: Any) -> dict[str, Any]:
    return {"submission": {"name": "s1", **fields}}


def started(of: str = "s1", **fields: Any) -> dict[str, Any]:
    return progress({"asset": "tube1", "request_type": "Library creation", "event": "start", **fields}, of=of)


def test_a_submission_is_built_empty_and_not_submitted_empty(lab):
    lab.quiet(empty())
    body = lab.body("submission", "s1")
    assert body == {
        "uuid": str(uuid.uuid5(NAMESPACE, "submission\ns1")),
        "name": "s1",
        "state": "building",
        "orders": [],
        "requests": [],
        "priority": 0,
    }
    for nothing in ({}, {"orders": []}, {"orders": None}):
        lab.refuses_only("submission_empty", "submission.orders", empty(submit=True, **nothing))
    for later in (None, False):
        lab.good(order(), building() | {"submission": {**building()["submission"], "submit": later}})
        assert lab.body("submission", "s1")["state"] == "building"
        assert not lab.list_records("progress")


def test_orders_keep_the_order_given(lab):
    both = [order("o1"), order("o2", assets=["tube2"])]
    lab.quiet(*both, building("o2", "o1"))
    assert [of["name"] for of in lab.body("submission", "s1")["orders"]] == ["o2", "o1"]
    lab.quiet(*both, building("o1", "o2"))
    assert [of["name"] for of in lab.body("submission", "s1")["orders"]] == ["o1", "o2"]
    lab.quiet(*both, building("o2"))
    assert lab.body("order", "o1")["state"] == "building"
    lab.quiet(*both, submission("o2", "o1"))
    assert [of["asset"]["name"] for of in lab.requests()] == ["tube2", "tube1", "tube2", "tube1"]
    assert lab.body("submission", "s1")["state"] == "ready"


def test_orders_are_known_and_stand_once(lab):
    lab.refuses_only("unknown_reference", "submission.orders.1", order(), submission("o1", "o9"), at="o9")
    lab.refuses_only("duplicate_item", "submission.orders.1", order(), submission("o1", "o1"))
    by_uuid = str(uuid.uuid5(NAMESPACE, "order\no1"))
    lab.refuses_only("duplicate_item", "submission.orders.1", order(), submission("o1", by_uuid), at=by_uuid)


def test_priority(lab):
    for wrong, code in [(4, "out_of_range"), (-1, "out_of_range"), ("high", "wrong_type")]:
        lab.refuses_only(code, "submission.priority", order(), submission(priority=wrong))
    lab.quiet(order(), submission(priority=3))
    assert lab.body("submission", "s1")["priority"] == 3


def test_an_incomplete_order_cannot_join(lab):
    options = {"library_type": "Standard", "fragment_size_required": {"from": 1}}
    bare = order(assets=None, request_options=options)
    lab.quiet(bare)
    for joined in (building(), submission()):
        found = lab.refused(bare, joined)
        assert {(of["code"], of["path"]) for of in found} == {("order_incomplete", "submission.orders.0")}
        fields = ("assets", "read_length", "fragment_size_required.to")
        assert [sum(field in of["message"] for of in found) for field in fields] == [1, 1, 1]
        assert all("o1" in of["message"] for of in found)
        lab.expect_place(found[0], "o1")


def test_an_illegal_option_is_not_missing_too(lab):
    wrong = order(request_options={**OPTIONS, "read_length": 75})
    lab.refuses_only("not_allowed", "order.request_options.read_length", wrong, order("o2"), submission("o1", "o2"))


@pytest.mark.parametrize(
    "code, options",
    [
        ("not_applicable", {"raed_length": 76}),
        ("wrong_type", {"read_length": 76, "fragment_size_required": "100-200"}),
    ],
)
def test_a_slip_in_an_option_is_one_problem_and_not_missing_and_different_work_too(lab, code, options):
    rest = {key: value for key, value in OPTIONS.items() if key not in options and key != "read_length"}
    path = f"order.request_options.{list(options)[-1]}"
    orders = [order(), order("o2", request_options={**rest, **options}), order("o3")]
    lab.refuses_only(code, path, *orders, submission("o1", "o2", "o3"))


@pytest.mark.parametrize(
    "wrong, said, path",
    [
        ({}, {"assets": ["tube77"]}, "order.assets.0"),
        ({"asset_group": {"name": "G", "study": "Cohort", "assets": ["tube77"]}}, None, "asset_group.assets.0"),
        ({"asset_group": {"name": "G", "study": "Nowhere", "assets": ["tube1"]}}, None, "asset_group.study"),
        (
            {"asset_group": {"name": "G", "study": "Cohort", "assets": ["tube1"], "colour": 1}},
            None,
            "asset_group.colour",
        ),
    ],
)
def test_assets_that_are_not_known_are_not_missing_too(lab, wrong, said, path):
    taking = order(**(said or {"assets": None, "asset_group_name": "G"}))
    code = "unknown_field" if path.endswith("colour") else "unknown_reference"
    assert lab.errors(*([wrong] if wrong else []), taking, submission()) == [(code, path)]


def test_an_illegal_preset_is_not_missing_in_each_order_too(lab):
    presets = {"request_types": ["Paired end sequencing"], "request_options": {"read_length": 75}}
    template = {"order_template": {"name": "Short", **presets}}
    orders = [order(name, template="Short", request_options=None) for name in ("o1", "o2")]
    assert lab.errors(template, *orders, submission("o1", "o2")) == [
        ("not_allowed", "order_template.request_options.read_length")
    ]


def test_a_preset_that_came_later_does_not_complete_an_order_that_is_not_described(lab):
    """Which is as it is recorded: a change of its template reaches it only with its description."""
    template = {"order_template": {"name": "Short", "request_types": ["Paired end sequencing"]}}
    lab.good(template, order(template="Short", request_options=None))
    template["order_template"]["request_options"] = {"read_length": 76}
    assert lab.errors(template, submission()) == [("order_incomplete", "submission.orders.0")]


def test_an_order_not_described_any_more_is_sealed_with_the_assets_that_its_group_has_then(lab):
    def group(*assets: str) -> dict[str, Any]:
        return {"asset_group": {"name": "G", "study": "Cohort", "assets": assets}}

    lab.good(group("tube1"), order(assets=None, asset_group_name="G"), building())
    lab.good(group("tube1", "tube2"), building())
    assert [of["name"] for of in lab.body("order", "o1")["assets"]] == ["tube1"]  # until it is sealed
    lab.good(group("tube1", "tube2"), submission())
    assert [of["name"] for of in lab.body("order", "o1")["assets"]] == ["tube1", "tube2"]
    assert [of["asset"]["name"] for of in lab.requests()] == ["tube1", "tube2"] * 2
    assert lab.call("verify")[0] == 0


def test_an_order_not_described_any_more_is_sealed_with_what_its_tubes_hold_then(lab):
    tube = {"asset": {"name": "tube77", "biosamples": ["S1"]}}
    lab.good(biosamples("S1"), tube, order(assets=["tube77"]), building())
    withdrawn = {"biosample": {"central_sample_id": "S1", "consent_withdrawn": True}}
    lab.good(withdrawn, {"asset": {"name": "tube77", "biosamples": None}}, submission())
    assert lab.body("order", "o1")["assets"] == [{"uuid": lab.body("asset", "tube77")["uuid"], "name": "tube77"}]
    assert lab.call("verify")[0] == 0


@pytest.mark.parametrize(
    "code, options, fields",
    [
        ("not_allowed", {"read_length": {"type": "integer", "allowed": [54]}}, {}),
        ("not_applicable", {"read_length": None}, {}),
        ("order_incomplete", {"colour": {"type": "string", "required": True}}, {}),
        ("invalid_multiplier", {}, {"pooling": "order"}),
    ],
)
def test_an_order_that_is_sealed_is_checked_anew_described_or_not(lab, code, options, fields):
    def kind(options: dict[str, Any], **fields: Any) -> dict[str, Any]:
        rules = {"read_length": {"type": "integer"}, "lanes": {"type": "integer"}, **options}
        given = {name: of for name, of in rules.items() if of is not None}
        return {"request_type": {"name": "R", "multiplier_option": "lanes", "options": given, **fields}}

    template = {"order_template": {"name": "T", "request_types": ["R"]}}
    locked = order(template="T", request_options={"read_length": 76, "lanes": 2})
    lab.good(kind({}), template, locked, building())
    for described in ([locked], []):
        found = lab.errors(kind(options, **fields), template, *described, submission())
        assert found == [(code, "submission.orders.0")]


def test_a_request_type_with_a_problem_is_the_only_problem(lab):
    lab.stock(Paired_end_sequencing={**TYPES["Paired end sequencing"], "price": "900 EUR"})
    orders = [order(), order("o2"), order("o3", template="Preset")]
    lab.refuses_only("wrong_type", "request_type.price", *orders, submission("o1", "o2"), building("o3", name="s2"))


@pytest.mark.parametrize("orders", [("o1",), ("o1", "o2"), ("o2", "o1")])
@pytest.mark.parametrize("kind, more", [("template", "request_types: [Cherrypick], "), ("project", ""), ("study", "")])
def test_what_a_submitted_order_names_with_a_problem_is_the_only_problem(lab, orders, kind, more):
    named = {"template": "order_template"}.get(kind, kind)
    lab.write("new.yaml", f"{named}: {{name: New, {more}colour: red}}\n")
    new = order(**{kind: "New", **({"request_options": None} if more else {})})
    run = run_of(study="Cohort", requests=["5f0c5b8e-0000-4000-8000-000000000001"])
    found = lab.errors(new, order("o2", assets=["tube2"]), submission(*orders), biosamples(), run)
    assert found == [("unknown_field", f"{named}.colour")]


def test_orders_of_one_submission_are_for_identical_work(lab):
    other = order("o2", request_options={**OPTIONS, "read_length": 54})
    message = lab.refuses_only(
        "orders_incompatible", "submission.orders.1", order(), other, building("o1", "o2"), at="o2"
    )
    assert all(word in message for word in ("o1", "o2", "read_length", "76", "54"))
    explicit = order("o2", request_options={**OPTIONS, "number_of_lanes": 1})
    message = lab.refuses_only("orders_incompatible", "submission.orders.1", order(), explicit, submission("o1", "o2"))
    assert "number_of_lanes" in message
    chain = order("o2", template="Only sequencing", request_options={"read_length": 76})
    found = lab.refused(order(), chain, submission("o1", "o2"))
    assert {(of["code"], of["path"]) for of in found} == {("orders_incompatible", "submission.orders.1")}
    assert any("Library creation" in of["message"] for of in found)
    sizes = {**OPTIONS, "fragment_size_required": {"from": 100, "to": 201}}
    orders = [order(), order("o2"), order("o3", request_options=sizes)]
    message = lab.refuses_only(
        "orders_incompatible", "submission.orders.2", *orders, building("o1", "o2", "o3"), at="o3"
    )
    assert "fragment_size_required.to" in message
    assert "201" in message


def test_what_may_differ_between_the_orders(lab):
    other = order(
        "o2",
        template="Simple again",
        study="Other study",
        project="Other project",
        assets=["tube2", "tube3"],
        comments="x",
    )
    lab.quiet(order(), other, submission("o1", "o2"))
    assert len(lab.requests()) == 6


def test_a_preset_is_as_good_as_an_option(lab):
    preset = order("o2", template="Preset", request_options={"read_length": 76})
    same = {"read_length": 76, "library_type": "Standard", "fragment_size_required": {"from": 300, "to": 500}}
    lab.quiet(order(request_options=same), preset, submission("o1", "o2"))


def test_an_order_is_in_one_submission_only(lab):
    two = [building(), building(name="s2")]
    message = lab.refuses_only("order_in_two_submissions", "submission.orders.0", order(), *two, at="o1")
    assert "s1" in message
    assert [of["code"] for of in lab.check()] == ["order_in_two_submissions"]  # it does no work twice beside itself
    lab.quiet(order(), building())
    lab.refuses_only("order_in_two_submissions", "submission.orders.0", order(), *two)
    lab.quiet(order(), empty(), building(name="s2"))
    lab.quiet(order(), empty(), submission(name="s2"))
    lab.refuses_only("order_in_two_submissions", "submission.orders.0", order(), building(), submission(name="s2"))


def test_a_sealed_submission_only_gains_a_cancellation(lab):
    both = [order("o1"), order("o2", assets=["tube2"]), order("o3", assets=["tube3"])]
    lab.quiet(*both, submission("o1", "o2"))
    record = lab.record("submission", "s1")
    changes = [
        ("submission.orders", submission("o2", "o1")),
        ("submission.orders", submission("o1")),
        ("submission.orders", submission("o1", "o2", "o3")),
        ("submission.submit", building("o1", "o2")),
        ("submission.submit", submission("o1", "o2", submit=False)),
        ("submission.priority", submission("o1", "o2", priority=1)),
        ("submission.comments", submission("o1", "o2", comments="x")),
        ("submission.supersedes", submission("o1", "o2", supersedes="s1")),
        ("submission.name", submission("o1", "o2", name="s9", uuid=record["submission"]["uuid"])),
    ]
    for path, changed in changes:
        lab.refuses_only("submission_sealed", path, *both, changed)
    assert lab.quiet(*both, submission("o1", "o2", priority=0))["commit"] is None
    assert lab.quiet(*both)["commit"] is None
    assert lab.quiet(*both, submission("o1", "o2", cancel=False))["commit"] is None
    lab.quiet(*both, submission("o1", "o2", cancel=True))
    assert lab.record("submission", "s1") == record
    assert lab.progress()["state"] == "cancelled"
    assert set(lab.states()) == {"cancelled"}


@pytest.mark.parametrize("said", ["O1", "ORDER-1"])
def test_a_sealed_submission_does_not_take_a_name_in_another_case_for_its_order(lab, said):
    recorded = said.lower()
    both = [order(recorded), order(said, assets=["tube2"])]
    assert {of["code"] for of in lab.good(*both, submission(recorded))["problems"]} == {"case_collision"}
    lab.refuses_only("submission_sealed", "submission.orders", *both, submission(said))
    lab.refuses("submission_sealed", "submission.orders", order(recorded), submission(said))
    uuid = lab.body("order", recorded)["uuid"]
    assert lab.good(*both, submission(uuid.upper()))["commit"] is None


def test_a_sealed_submission_does_not_take_a_name_in_another_case_for_the_one_it_supersedes(lab):
    old = [order("o1"), submission("o1", name="old", cancel=True)]
    lab.quiet(order("o1"), submission("o1", name="old"))
    lab.quiet(*old)
    new = order("o2", assets=["tube2"])
    lab.quiet(*old, new, submission("o2", supersedes="old"))
    lab.refuses("submission_sealed", "submission.supersedes", *old, new, submission("o2", supersedes="OLD"))
    uuid = lab.body("submission", "old")["uuid"]
    assert lab.quiet(*old, new, submission("o2", supersedes=uuid.upper()))["commit"] is None


def test_submitting_twice_is_submitting_once(lab):
    lab.quiet(order(), submission())
    before = lab.snapshot()
    assert lab.quiet(order(), submission())["commit"] is None
    assert lab.snapshot() == before


def test_only_what_is_recorded_as_submitted_can_be_cancelled(lab):
    lab.refuses_only("not_cancellable", "submission.cancel", order(), submission(cancel=True), at="cancel")
    lab.refuses_only("not_cancellable", "submission.cancel", order(), building(cancel=True))
    lab.quiet(order(), building())
    lab.refuses_only("not_cancellable", "submission.cancel", order(), submission(cancel=True))


@pytest.mark.parametrize("event", ["start", "hold", "cancel", "block"])
def test_a_submission_is_cancelled_while_no_work_has_begun(lab, event):
    lab.quiet(order(), submission())
    work = [order(), started(event=event)]
    if event in ("start", "hold"):
        message = lab.refuses_only("not_cancellable", "submission.cancel", *work, submission(cancel=True), at="cancel")
        state = {"start": "started"}.get(event, event)
        assert f"some of its requests are {state}: expected all pending, blocked or cancelled" in message
        lab.quiet(*work, submission())
        lab.refuses_only("not_cancellable", "submission.cancel", *work, submission(cancel=True), at="cancel")
        return
    lab.quiet(*work, submission(cancel=True))
    assert lab.states() == ["cancelled", "cancelled"]
    cause = lab.body("submission", "s1")["uuid"]
    events = [of["events"] for of in lab.progress()["requests"].values()]
    causes = [of[-1].get("cause") for of in events if of[-1]["event"] == "cancel" and "number" not in of[-1]]
    assert (cause in causes) == (event == "block")  # what is cancelled already, and its dependents, stay so


def test_a_cancellation_is_not_taken_back(lab):
    lab.quiet(order(), submission())
    lab.quiet(order(), submission(cancel=True))
    before = lab.snapshot()
    lab.refuses_only("submission_sealed", "submission.cancel", order(), submission())
    lab.refuses_only("submission_sealed", "submission.cancel", order(), submission(cancel=False))
    assert lab.quiet(order(), submission(cancel=True))["commit"] is None
    assert lab.quiet(order())["commit"] is None
    assert lab.snapshot() == before


def test_a_cancelled_submission_is_superseded_by_one_with_its_own_orders(lab):
    lab.quiet(order(), submission())
    again = [order("o2"), submission("o2", name="s2", supersedes="s1")]
    lab.refuses("not_applicable", "submission.supersedes", order(), submission(), *again, at="s1")
    lab.quiet(order(), submission(cancel=True), *again)
    assert lab.body("submission", "s2")["supersedes"]["name"] == "s1"
    same = submission("o1", name="s3", supersedes="s1")
    lab.refuses_only("order_in_two_submissions", "submission.orders.0", order(), submission(cancel=True), *again, same)
    lab.refuses_only(
        "unknown_reference", "submission.supersedes", order("o4"), building("o4", name="s4", supersedes="s9")
    )


def test_a_submission_has_a_name_or_a_uuid(lab):
    lab.refuses_only("required_field", "submission.name", order(), submission(name=None))
    ours = "8f5a4c0e-0000-4111-8222-333344445555"
    lab.quiet(order(), submission(name=None, uuid=ours))
    assert "name" not in lab.body("submission", ours)
    lab.refuses_only("duplicate_identity", "submission.name", order(), empty(), empty())


def test_a_plan_says_what_a_run_would_seal_and_refuses_in_the_same_words(lab):
    ten = order(template="Multiplexed", assets=[f"tube{number}" for number in range(1, 11)])
    lab.describe(ten, order("o2", template="Multiplexed", assets=["tube11"]), submission("o1", "o2"))
    code, text, _ = lab.call("plan")
    words = "2 orders, 12 requests (11 Multiplexed library creation, 1 Paired end sequencing)"
    assert (code, text.splitlines()[0]) == (0, f"would seal submission s1: {words}")
    plan = json.loads(lab.call("plan", "--format", "json")[1])
    requests = {"Multiplexed library creation": 11, "Paired end sequencing": 1}
    assert [(of["name"], of["orders"], of["requests"]) for of in plan["sealed"]] == [("s1", ["o1", "o2"], requests)]
    assert [of["name"] for of in plan["created"] if of["kind"] in ("submission", "progress")] == ["s1", "s1"]
    assert lab.head() is None
    answer = lab.quiet()
    assert sorted(answer["created"]) == sorted(of["uuid"] for of in plan["created"])
    lab.describe(ten, submission("o1", "o2", priority=2))
    planned = json.loads(lab.call("plan", "--format", "json")[1])
    assert lab.call("plan")[0] == 1
    assert planned["problems"] == lab.apply()["problems"]


def test_an_error_anywhere_keeps_everything_from_being_sealed(lab):
    lab.quiet(order(), building())
    lab.refuses_only("unknown_reference", "order.study", order(), submission(), started(), order("o9", study="Nowhere"))
    assert lab.body("submission", "s1")["requests"] == []
    lab.quiet(order(), submission(), started())
    assert lab.states() == ["started", "pending"]
