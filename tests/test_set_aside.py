"""One slip hides no other: what refers to nothing is told of a description that has problems of its own, too."""

import shutil
from typing import Any

import pytest
from lab import Lab, biosamples, library_of, run_of
from ordering import OPTIONS, TYPES, OrderLab, building, catalogue, order, progress, submission

from seqmeta import order_templates, vocabulary

NOBODY = "7c78efbe-7f1b-47f7-b4bb-13eccf020f18"
NO_STUDY = ("unknown_reference", "order.study")
NO_PROJECT = ("unknown_reference", "order.project")


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


@pytest.fixture
def orders(tmp_path):
    lab = OrderLab(tmp_path / "orders")
    lab.describe(*catalogue(), name="catalogue.yaml")
    return lab


def errors(lab: Lab, *documents: dict) -> set[tuple[str, str]]:
    found = lab.errors(*documents)
    assert len(set(found)) == len(found), "a problem is told of twice"
    return set(found)


def test_an_unknown_key_hides_neither_what_an_order_refers_to_nor_its_options(orders):
    slips = {"study": "nope", "assets": ["tube1", "nope"], "coments": "x", "request_options": {"read_length": 100}}
    assert errors(orders, order(**slips)) == {
        ("unknown_field", "order.coments"),
        NO_STUDY,
        ("unknown_reference", "order.assets.1"),
        ("not_allowed", "order.request_options.read_length"),
    }


def test_an_unknown_study_does_not_hide_the_options(orders):
    options = {"read_length": 100, "lanes": 2, "fragment_size_required": {"from": 2, "to": 1}}
    assert errors(orders, order(study="nope", project="nope", request_options=options)) == {
        NO_STUDY,
        NO_PROJECT,
        ("not_allowed", "order.request_options.read_length"),
        ("not_applicable", "order.request_options.lanes"),
        ("out_of_range", "order.request_options.fragment_size_required.to"),
    }


def test_an_order_that_is_not_complete_is_not_told_so_for_its_slips(orders):
    assert errors(orders, order(study="nope", request_options=None, assets=None), building()) == {NO_STUDY}


def test_a_group_is_looked_up_in_the_study_where_that_is_known(orders):
    slip = {"assets": None, "asset_group": "nope", "colour": "red"}
    assert errors(orders, order(**slip)) == {
        ("unknown_field", "order.colour"),
        ("unknown_reference", "order.asset_group"),
    }
    assert errors(orders, order(**slip, study="nowhere")) == {("unknown_field", "order.colour"), NO_STUDY}


@pytest.mark.parametrize("slip", [{"colour": "red"}, {"study": "nope"}])
def test_a_group_that_an_order_with_a_slip_makes_is_not_unknown(orders, slip):
    maker, taker = order("maker", asset_group_name="G", **slip), order("taker", assets=None, asset_group="G")
    assert errors(orders, maker, taker) == {("unknown_field", "order.colour") if "colour" in slip else NO_STUDY}


def test_of_a_list_what_can_be_read_is_looked_up(lab):
    assert errors(lab, {"asset": {"name": "T", "biosamples": ["B1", "B1", "B2", {"central_sample_id": "B3"}]}}) == {
        ("duplicate_item", "asset.biosamples.1"),
        ("unknown_reference", "asset.biosamples.0"),
        ("unknown_reference", "asset.biosamples.2"),
        ("wrong_type", "asset.biosamples.3"),
    }


def test_of_each_sample_of_a_library_the_name_is_looked_up(lab):
    samples = [{"central_sample_id": "B1", "colour": "red"}, "B2", {"barcode": "01"}]
    assert errors(lab, library_of(biosamples=samples)) == {
        ("unknown_field", "library.biosamples.0.colour"),
        ("unknown_reference", "library.biosamples.0.central_sample_id"),
        ("unknown_reference", "library.biosamples.1"),
        ("required_field", "library.biosamples.2.central_sample_id"),
    }


def test_what_a_run_has_within_it_and_what_it_names_is_looked_up(lab):
    assert errors(lab, run_of(biosamples=["B1"], study="nope", requests=[NOBODY], colour="red")) == {
        ("unknown_field", "sequencing_run.colour"),
        ("unknown_reference", "sequencing_run.biosamples.0"),
        ("unknown_reference", "sequencing_run.study"),
        ("unknown_reference", "sequencing_run.requests.0"),
    }


def test_a_library_that_a_run_names_is_looked_up(lab):
    run = {"sequencing_id": NOBODY, "instrument_make": "ILUMINA", "library_name": "nope"}
    assert errors(lab, {"sequencing_run": run}) == {
        ("not_allowed", "sequencing_run.instrument_make"),
        ("unknown_reference", "sequencing_run.library_name"),
    }


def test_a_group_of_a_study_that_is_not_there_has_its_tubes_looked_up(lab):
    assert errors(lab, {"asset_group": {"name": "G", "study": "nope", "assets": ["T1"]}}) == {
        ("unknown_reference", "asset_group.study"),
        ("unknown_reference", "asset_group.assets.0"),
    }


def test_what_is_described_twice_has_what_it_refers_to_looked_up_in_both_places(lab):
    tubes = [{"asset": {"name": "T", "biosamples": [name]}} for name in ("B1", "B2")]
    assert sorted(lab.errors(*tubes)) == [
        ("duplicate_identity", "asset.name"),
        ("unknown_reference", "asset.biosamples.0"),
        ("unknown_reference", "asset.biosamples.0"),
    ]


def test_the_presets_of_a_template_with_a_slip_are_checked(orders):
    template = {"name": "T", "request_types": ["Paired end sequencing"], "colour": "red"}
    assert errors(orders, {"order_template": {**template, "request_options": {"read_length": 100}}}) == {
        ("unknown_field", "order_template.colour"),
        ("not_allowed", "order_template.request_options.read_length"),
    }


@pytest.mark.parametrize("types", [["Paired end sequencing"], ["Nothing"]])
def test_an_option_that_is_given_twice_is_told_of_whatever_else_is_wrong(orders, types):
    twice = {"fragment_size_required": {"from": 100}, "fragment_size_required.from": 100}
    path = "request_options.fragment_size_required.from"
    template = {"order_template": {"name": "T", "request_types": types, "request_options": twice, "colour": "red"}}
    assert ("conflicting_fields", f"order_template.{path}") in errors(orders, template)
    assert errors(orders, order(template="nope", study="nope", request_options=twice)) == {
        NO_STUDY,
        ("unknown_reference", "order.template"),
        ("conflicting_fields", f"order.{path}"),
    }


def test_a_value_with_a_problem_of_its_own_is_told_of_once(lab):
    assert errors(lab, library_of(biosamples=["B" * 97])) == {("out_of_range", "library.biosamples.0")}


def test_what_is_described_with_problems_is_not_unknown_to_others_with_problems(lab):
    sample, tube = {"central_sample_id": "B1", "colour": "red"}, {"name": "T", "biosamples": ["B1"], "colour": "red"}
    assert errors(lab, {"biosample": sample}, {"asset": tube}) == {
        ("unknown_field", "biosample.colour"),
        ("unknown_field", "asset.colour"),
    }


def test_a_sample_that_becomes_a_stub_is_not_unknown(tmp_path):
    lab = Lab(tmp_path, unregistered_biosamples="stub")
    assert errors(lab, library_of(biosamples=["B1", NOBODY], colour="red")) == {
        ("unknown_field", "library.colour"),
        ("unknown_reference", "library.biosamples.1"),
    }


@pytest.mark.parametrize("of", [building("o1"), submission("o1")], ids=["locked", "sealed"])
def test_a_name_that_a_locked_or_sealed_order_knows_is_not_unknown(orders, of):
    """It means what the order's own record says (CONTRACT 2.2), though its description has a slip now."""
    study = {"uuid": NOBODY, "name": "Survey"}
    orders.describe({"study": study}, name="study.yaml")
    orders.good(order(study="Survey"), of)
    orders.describe({"study": {**study, "name": "Cohort of 2020"}}, name="study.yaml")
    assert errors(orders, order(study="Survey", colour="red"), of) == {("unknown_field", "order.colour")}


def test_the_requests_of_a_submission_with_a_slip_are_not_unknown(orders):
    work = [order(), biosamples("B1")]
    orders.good(*work, submission())
    run = run_of(biosamples=["B1"], requests=[orders.requests()[0]["uuid"]])
    shutil.rmtree(orders.records)
    assert orders.errors(*work, submission(), run) == []
    assert errors(orders, *work, submission(priority=9), run) == {("out_of_range", "submission.priority")}


def test_what_was_meant_is_looked_for_some_times_only(orders, monkeypatch):
    """To look for it takes longer than all else, and a file may have ten thousand options."""
    sought = []
    real = vocabulary.nearest
    for module in (order_templates, vocabulary):
        monkeypatch.setattr(module, "nearest", lambda text, names: sought.append(text) or real(text, names))
    unknown = {f"read_lenght{number}": "76" for number in range(150)}
    some = [order(f"x{number}", request_options={"library_type": "Standart"}) for number in range(150)]
    for slip in ({}, {"colour": "red"}):
        sought.clear()
        found = orders.errors(order(request_options=unknown, **slip), *some)
        assert len(found) >= 300
        assert 0 < len(sought) <= 202  # so many of each file, and of what is linked, and of unknown keys


def test_the_shards_of_a_workflow_say_the_same(orders):
    slips = order(study="nope", assets=["tube1", {"name": "tube2"}, "nope"], colour="red")
    said = orders.errors(slips)
    assert len(said) == 4
    shard = orders.root / "0-of-1.tsv"
    assert orders.call("check-shard", "0-of-1", "-o", str(shard))[0] == 0
    code, out, _ = orders.call("apply", "--checked", str(shard))
    assert code == 1
    assert [line.rsplit("[")[-1].rstrip("]") for line in out.splitlines() if line.endswith("]")] == [
        of for of, _ in said
    ]


def errors_each_way(lab: Lab) -> list[tuple[str, str]]:
    """What is wrong by the index and as a whole, which must be the same."""
    found = lab.errors()
    (lab.root / ".seqmeta").rename(lab.root / "kept")
    assert lab.errors() == found
    (lab.root / "kept").rename(lab.root / ".seqmeta")
    return found


def expect_told_alone(lab: Lab, *documents: dict) -> None:
    """Of what is described now the unknown key `colour` is told of, and nothing that would follow from it."""
    if documents:
        lab.describe(*documents)
    found = errors_each_way(lab)
    assert [code for code, _ in found] == ["unknown_field"], found


def faulty(document: dict) -> dict:
    """The description with a key that no kind has."""
    return {kind: {**body, "colour": "red"} for kind, body in document.items()}


BARE = order("o5", assets=None, request_options=None, withdrawn=None)
OTHER = {**OPTIONS, "read_length": 54}


def test_an_order_may_leave_a_submission_that_has_a_slip(orders):
    orders.good(order(), building())
    moved = [order(), building(), submission(name="s2", submit=None)]
    assert ("order_in_two_submissions", "submission.orders.0") in errors(orders, *moved)
    left = faulty({"submission": {"name": "s1", "orders": []}})
    expect_told_alone(orders, order(), left, building(name="s2"))
    expect_told_alone(orders, order(assets=["tube2"], name="o1"), left)


def test_an_order_that_may_have_left_its_submission_means_by_its_names_what_it_meant(orders):
    orders.describe({"study": {"uuid": NOBODY, "name": "Survey"}}, name="study.yaml")
    orders.good(order(study="Survey"), building())
    orders.describe({"study": {"uuid": NOBODY, "name": "Cohort of 2020"}}, name="study.yaml")
    expect_told_alone(orders, order(study="Survey"), faulty(building()))


def test_an_order_may_have_come_into_a_new_submission_that_has_a_slip(orders):
    orders.describe({"study": {"uuid": NOBODY, "name": "Survey"}}, name="study.yaml")
    orders.good(order(study="Survey"), building())
    orders.describe({"study": {"uuid": NOBODY, "name": "Cohort of 2020"}}, name="study.yaml")
    left = {"submission": {"name": "s1", "orders": []}}
    assert errors(orders, order(study="Survey"), left) == {("unknown_reference", "order.study")}
    expect_told_alone(orders, order(study="Survey"), left, faulty(building(name="s2")))


def test_a_submission_that_has_a_slip_may_be_submitted(orders):
    orders.good(order(), building())
    start = {"asset": "tube1", "request_type": "Library creation", "event": "start"}
    expect_told_alone(orders, order(), faulty(submission()), progress(start))


def test_a_submission_that_has_a_slip_may_be_cancelled(orders):
    orders.good(order(), submission())
    again = submission("o2", name="s2", supersedes="s1")
    assert errors(orders, order(), submission(), order("o2", assets=["tube2"]), again) == {
        ("not_applicable", "submission.supersedes")
    }
    expect_told_alone(orders, order(), faulty(submission(cancel=True)), order("o2", assets=["tube2"]), again)


def test_an_order_that_has_a_slip_may_be_complete(orders):
    orders.good(BARE)
    assert "order_incomplete" in {code for code, _ in orders.errors(BARE, submission("o5"))}
    expect_told_alone(orders, faulty(order("o5")), submission("o5"))


def test_an_order_of_a_group_that_is_not_there_is_not_told_to_lack_its_assets(orders):
    taker = order(assets=None, asset_group="nope")
    assert errors(orders, taker, submission()) == {("unknown_reference", "order.asset_group")}


def test_an_order_that_has_a_slip_may_be_for_the_work_of_the_others(orders):
    orders.good(order(), order("o5"))
    changed = order("o5", request_options=OTHER)
    expect_told_alone(orders, faulty(order(request_options=OTHER)), changed, submission("o1", "o5"))
    expect_told_alone(orders, faulty(order(request_options=OTHER)), changed, submission("o5", "o1"))


def test_a_request_type_that_has_a_slip_may_take_an_option(orders):
    reads = TYPES["Paired end sequencing"]
    orders.good(order())
    more = {**reads, "options": {**reads["options"], "kit": {"type": "string"}}}
    orders.stock(Paired_end_sequencing={**more, "colour": "red"})
    template = {"name": "Of a kit", "request_types": ["Paired end sequencing"], "request_options": {"kit": "v3"}}
    options = {"read_length": 76, "kit": "v2"}
    found = orders.errors(
        order(), {"order_template": template}, order("o2", template="Simple", request_options=options)
    )
    assert [code for code, _ in found] == ["unknown_field"]
    expect_told_alone(orders)


def test_a_template_that_has_a_slip_may_have_another_request_type(orders):
    template = {"name": "Grown", "request_types": ["Paired end sequencing"]}
    orders.good({"order_template": template}, order(template="Grown", request_options={"read_length": 76}))
    grown = {"order_template": {**template, "request_types": ["Library creation", "Paired end sequencing"]}}
    expect_told_alone(orders, faulty(grown), order(template="Grown"))
    expect_told_alone(orders, faulty(grown), order("o2"), order(template="Grown"), submission("o1", "o2"))


@pytest.mark.parametrize("kind", ["study", "project"])
def test_what_is_inactive_may_be_active_again_with_a_slip(orders, kind):
    old = {kind: {"name": "Old", "state": "inactive"}}
    orders.good(old)
    assert errors(orders, old, order(**{kind: "Old"})) == {("inactive", f"order.{kind}")}
    expect_told_alone(orders, faulty({kind: {"name": "Old", "state": "active"}}), order(**{kind: "Old"}))


def test_a_template_that_has_a_slip_may_not_be_superseded(orders):
    types = {"request_types": ["Library creation", "Paired end sequencing"]}
    old = {"order_template": {"name": "TT old", **types}}
    orders.good(
        {"order_template": {**old["order_template"], "superseded_by": "TT"}},
        {"order_template": {"name": "TT", **types}},
    )
    turned = {"order_template": {"name": "TT", **types, "superseded_by": "TT old"}}
    expect_told_alone(orders, faulty(old), turned)
    expect_told_alone(orders, faulty(old), {"order_template": {"name": "TT", **types}}, order(template="TT old"))


def test_a_group_that_has_a_slip_may_come_into_the_study_of_an_order(orders):
    group = {"uuid": NOBODY, "name": "G", "study": "Other study", "assets": ["tube1"]}
    orders.good({"asset_group": group})
    taker = order(assets=None, asset_group=NOBODY)
    assert errors(orders, {"asset_group": group}, taker) == {("unknown_reference", "order.asset_group")}
    expect_told_alone(orders, faulty({"asset_group": {**group, "study": "Cohort"}}), taker, submission())


def test_a_stub_that_is_described_with_a_slip_is_not_said_to_be_unregistered(tmp_path):
    lab = Lab(tmp_path, unregistered_biosamples="stub")
    tube = {"asset": {"name": "T", "biosamples": ["B1"]}}
    lab.good(tube)
    lab.describe(tube, faulty({"biosample": {"central_sample_id": "B1"}}))
    assert [problem["code"] for problem in lab.check()] == ["unknown_field"]


def test_consent_that_has_a_slip_may_be_given_again(orders):
    sample, tube = {"central_sample_id": "B1", "consent_withdrawn": True}, {"name": "T", "biosamples": ["B1"]}
    given = {"biosample": {"central_sample_id": "B1"}}
    orders.good({"biosample": sample}, {"asset": {"name": "T"}}, {"asset": {"name": "U"}})
    others = [{"asset": {"name": "U"}}, order(assets=["T"]), library_of(biosamples=["B1"])]
    assert "consent_withdrawn" in {code for code, _ in orders.errors({"biosample": sample}, {"asset": tube}, *others)}
    expect_told_alone(orders, faulty(given), {"asset": tube}, *others)


def test_what_is_wrong_in_a_submission_with_a_slip_is_not_said_of_one_that_is_not_described(orders):
    orders.good(order(), order("o2"), building("o1", "o2"))
    expect_told_alone(orders, order(), order("o2", request_options=OTHER), faulty(building("o1")))


def test_a_study_that_is_renamed_with_a_slip_is_no_change_of_its_orders(orders):
    orders.describe({"study": {"uuid": NOBODY, "name": "Survey"}}, name="study.yaml")
    orders.good(order(study="Survey"), building(), order("o2", study="Survey"), submission("o2", name="s2"))
    orders.describe(faulty({"study": {"uuid": NOBODY, "name": "Cohort of 2020"}}), name="study.yaml")
    mended = [order(study="Cohort of 2020"), order("o2", study="Cohort of 2020")]
    expect_told_alone(orders, *mended, building(), submission("o2", name="s2"))


SEQUENCING = {"name": "Reading", "options": {"length": {"type": "integer", "required": True}}}
STARTED = {"asset": "T3", "request_type": "Reading", "event": "start"}


def uuid_of(number: int) -> str:
    return f"33333333-4444-4555-8666-{number:012}"


def named(kind: str, number: int, name: str, **fields: Any) -> dict[str, Any]:
    """A thing whose UUID is given, so that it may be renamed."""
    key = "central_sample_id" if kind == "biosample" else "name"
    return {kind: {"uuid": uuid_of(number), key: name, **fields}}


def work(name: str, number: int, **fields: Any) -> dict[str, Any]:
    """An order for reading whose UUID is given."""
    body = {"template": "Read", "project": "Grant", "study": "Cohort", "request_options": {"length": 76}, **fields}
    return named("order", number, name, **{key: value for key, value in body.items() if value is not None})


BEFORE = [
    named("study", 1, "Cohort"),
    named("study", 2, "Sleeping", state="inactive"),
    named("project", 3, "Grant"),
    named("project", 4, "Spent", state="inactive"),
    named("biosample", 5, "B1"),
    named("biosample", 6, "B2", consent_withdrawn=True),
    *(named("asset", 10 + number, f"T{number}", biosamples=["B1"]) for number in range(1, 8)),
    named("asset", 18, "T8"),
    named("request_type", 20, **SEQUENCING),
    named("request_type", 21, "Making"),
    named("order_template", 22, "Read", request_types=["Reading"]),
    named("order_template", 23, "Old", request_types=["Reading"], superseded_by="Read"),
    named("order_template", 24, "Make", request_types=["Making"]),
    named("order_template", 27, "X", request_types=["Reading"]),
    named("order_template", 28, "X old", request_types=["Reading"], superseded_by="X"),
    named("asset_group", 25, "G", study="Cohort", assets=["T5"]),
    work("left", 30, assets=["T1"]),
    work("bare", 31, request_options=None),
    work("sealed", 32, assets=["T3"]),
    work("locked", 33, assets=["T4"]),
    work("grouped", 34, asset_group="G"),
    work("gone", 35, assets=["T7"], withdrawn=True),
    work("started", 36, assets=["T6"]),
    work("maker", 39, assets=["T1"], asset_group_name="H"),
    work("stopped", 50, assets=["T2"]),
    named("submission", 40, "S1", orders=["left"]),
    named("submission", 41, "S2", orders=["sealed"], submit=True),
    named("submission", 42, "S3", orders=["locked"]),
    named("submission", 43, "S4", orders=["started"], submit=True),
    named("submission", 44, "S5", orders=["grouped"]),
    named("submission", 48, "S9", orders=["stopped"], submit=True),
    {"progress": {"submission": "S9", "events": [{**STARTED, "asset": "T2"}]}},
]
LENGTH = SEQUENCING["options"]
NOW: dict[str, Any] = {"template": "Read out", "study": "Cohort of 2020", "project": "Grants"}
AFTER = [
    named("study", 1, "Cohort of 2020"),
    named("study", 2, "Sleeping", state="active"),
    named("project", 3, "Grants"),
    named("project", 4, "Spent", state="active"),
    named("biosample", 5, "B one"),
    named("biosample", 6, "B2"),
    *(named("asset", 10 + number, f"Tube {number}", biosamples=["B one"]) for number in range(1, 8)),
    named("asset", 18, "T8", biosamples=["B2"]),
    named("request_type", 20, "Reading on", options={**LENGTH, "kit": {"type": "string", "default": "v1"}}),
    named("request_type", 21, "Making", options={"volume": {"type": "integer"}}),
    named("order_template", 22, "Read out", request_types=["Reading on"], request_options={"kit": "v2"}),
    named("order_template", 27, "X", request_types=["Reading on"], superseded_by="X old"),
    named("order_template", 28, "X old", request_types=["Reading on"]),
    named("order_template", 23, "Old", request_types=["Reading on", "Making"]),
    named("order_template", 24, "Make", request_types=["Making"], request_options={"volume": 3}),
    named("asset_group", 25, "Group", study="Cohort of 2020", assets=["Tube 5", "T8"]),
    work("left and taken", 30, assets=["Tube 2"], **NOW),
    work("bare no more", 31, assets=["Tube 1"], **NOW),
    work("sealed", 32, assets=["Tube 3"], **NOW),
    work("locked", 33, assets=["Tube 4"], **NOW),
    work("grouped", 34, asset_group="Group", **NOW),
    work("back", 35, assets=["Tube 7"], **NOW),
    work("started", 36, assets=["Tube 6"], **NOW),
    work("maker", 39, assets=["Tube 1"], asset_group_name="I", **NOW),
    {"asset_group": {"name": "H", "study": "Cohort of 2020", "assets": ["Tube 1"]}},
    work("stopped", 50, assets=["Tube 2"], **NOW),
    work("made", 37, template="Make", study="Sleeping", project="Spent", assets=["T8"], request_options={"volume": 4}),
    work("both", 38, template="Old", study="Sleeping", project="Spent", assets=["T8"], request_options={"length": 5}),
    named("submission", 40, "S1", orders=["bare no more", "back"], submit=True),
    named("submission", 41, "S2", orders=["sealed"], submit=True),
    named("submission", 42, "S3 again", orders=["locked"], submit=True),
    named("submission", 43, "S4", orders=["started"], submit=True, cancel=True),
    named("submission", 44, "S5", orders=[]),
    named("submission", 45, "S6", orders=["left and taken", "grouped"], supersedes="S4"),
    named("submission", 46, "S7", orders=["made"], submit=True),
    named("submission", 47, "S8", orders=["both"], submit=True),
    named("submission", 48, "S9", orders=["stopped"], submit=True, cancel=True),
    {"progress": {"submission": "S2", "events": [STARTED]}},
    {
        "progress": {
            "submission": "S9",
            "events": [{**STARTED, "asset": "T2", "event": of} for of in ("start", "cancel")],
        }
    },
    {"progress": {"submission": "S3 again", "events": [{**STARTED, "asset": "Tube 4", "request_type": "Reading on"}]}},
]
"""Of nearly everything something else is said, and what is said of one thing fits what is said of the others."""


RENAMED = {
    **{f"Tube {number}": f"T{number}" for number in range(1, 8)},
    "Cohort of 2020": "Cohort",
    "Grants": "Grant",
    "B one": "B1",
    "Group": "G",
    "left and taken": "left",
    "bare no more": "bare",
    "back": "gone",
    "S3 again": "S3",
    "Read out": "Read",
    "Reading on": "Reading",
}


def without_uuids(document: Any) -> Any:
    """The same described by names alone, which nothing changes then."""
    if isinstance(document, dict):
        return {key: without_uuids(value) for key, value in document.items() if key != "uuid"}
    if isinstance(document, list):
        return [without_uuids(item) for item in document]
    return RENAMED.get(document, document)


def describe_apart(lab: Lab, documents: list[dict]) -> None:
    for number, document in enumerate(documents):
        lab.describe(document, name=f"{number:03}.yaml")


@pytest.mark.parametrize("spell", [lambda documents: documents, without_uuids], ids=["renamed", "without UUIDs"])
@pytest.mark.parametrize("after", [BEFORE, AFTER], ids=["nothing else changes", "all changes"])
def test_of_an_unknown_key_in_any_description_nothing_else_follows(tmp_path, spell, after):
    lab = Lab(tmp_path)
    describe_apart(lab, spell(BEFORE))
    lab.good()
    describe_apart(lab, spell(after))
    assert lab.check() == []
    for number, document in enumerate(spell(after)):
        lab.describe(faulty(document), name=f"{number:03}.yaml")
        expect_told_alone(lab)
        assert len(lab.check()) == 1, "no warning either"
        lab.describe(document, name=f"{number:03}.yaml")
