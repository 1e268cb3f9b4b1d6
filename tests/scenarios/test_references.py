"""What a reference may be, what it resolves to, and where one that does not is reported (CONTRACT 2 and 7)."""

import pytest
from lab import LIBRARY, RUN_ID, SAMPLES, Lab, biosamples, dump, library_of, run_of, sequenced

from seqmeta.identity import derive

A, B = derive("biosample", "A"), derive("biosample", "B")


def of(*items):
    """A run of these biosamples."""
    return run_of(biosamples=list(items))


def test_by_name_by_uuid_in_any_case_and_by_mapping(lab):
    lab.good(biosamples("A", "B"), of("A", "B"))
    tree = lab.tree()
    for items in ([A, B], [A.upper(), "B"], [{"central_sample_id": "A"}, {"central_sample_id": B.upper()}]):
        lab.good(biosamples("A", "B"), of(*items))
        assert lab.tree() == tree
    assert lab.body("library", LIBRARY["library_name"])["biosamples"] == [
        {"uuid": A, "central_sample_id": "A"},
        {"uuid": B, "central_sample_id": "B"},
    ]


def test_identifiers_are_matched_exactly(lab):
    assert lab.errors(biosamples("Abc"), of("abc")) == [("unknown_reference", "sequencing_run.biosamples.0")]
    (problem,) = lab.check()
    assert "Abc" in problem["message"]


@pytest.mark.parametrize(
    "item, path", [("none", "1"), ({"central_sample_id": "none", "barcode": "7"}, "1.central_sample_id")]
)
def test_an_unknown_biosample_is_reported_at_its_item(lab, item, path):
    lab.write("work.yaml", dump(of("A", item), biosamples("A")))
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("unknown_reference", f"sequencing_run.biosamples.{path}")
    lines = (lab.descriptions / "work.yaml").read_text().splitlines()
    assert lines[problem["line"] - 1][problem["column"] - 1 :] == "none"


@pytest.mark.parametrize(
    "items, path",
    [
        (["A", "B", "A"], "2"),
        (["A", {"central_sample_id": "A"}], "1.central_sample_id"),
        ([A, "A"], "1"),
        ([A, A.upper()], "1"),
        ([{"central_sample_id": "A"}, {"central_sample_id": A}], "1.central_sample_id"),
    ],
)
def test_one_biosample_twice_is_reported_at_the_second(lab, items, path):
    errors = lab.errors(biosamples("A", "B"), of(*items))
    assert errors == [("duplicate_item", f"sequencing_run.biosamples.{path}")]


def test_what_is_described_wrongly_is_not_unknown(lab):
    wrong = {"biosample": {"central_sample_id": "A", "taxon_id": "virus"}}
    assert lab.errors(wrong, of("A")) == [("wrong_type", "biosample.taxon_id")]
    assert lab.errors(wrong, of(A)) == [("wrong_type", "biosample.taxon_id")]
    assert lab.errors(wrong, of("A", "B")) == [
        ("wrong_type", "biosample.taxon_id"),
        ("unknown_reference", "sequencing_run.biosamples.1"),
    ]


def test_what_is_described_wrongly_in_another_file_is_not_unknown(lab):
    lab.write("a.yaml", dump(sequenced()))
    lab.write("b.yaml", dump(library_of(library_layout_config="MATE"), biosamples()))
    assert [(problem["file"][-6:], problem["code"]) for problem in lab.check()] == [("b.yaml", "not_allowed")]


def test_a_run_described_wrongly_still_describes_its_library(lab):
    other = sequenced(sequencing_id=RUN_ID.replace("0", "1"))
    assert lab.errors(biosamples(), run_of(start_time="soon"), other) == [("invalid_time", "sequencing_run.start_time")]


def test_what_is_described_twice_and_wrongly_is_reported_as_wrong_only(lab):
    group = {"asset_group": {"name": "G", "study": "S", "assets": ["T"]}}
    documents = ({"study": {"name": "S", "state": "gone"}}, group, {"asset": {"name": "T", "asset_type": "bucket"}})
    assert lab.errors(*documents) == [("not_allowed", "study.state"), ("not_allowed", "asset.asset_type")]


def test_a_uuid_of_another_kind_is_named_as_that(lab):
    study = "22222222-3333-4444-5555-000000000000"
    lab.describe({"study": {"name": "S", "uuid": study}}, of(study))
    (problem,) = lab.check()
    assert problem["code"] == "unknown_reference"
    assert "study" in problem["message"]
    assert "biosample" in problem["message"]


def test_a_uuid_that_is_the_name_of_another_is_ambiguous(lab):
    named = {"biosamples": [{"central_sample_id": "A"}, {"central_sample_id": A}]}
    assert lab.errors(named, of(A)) == [("ambiguous_reference", "sequencing_run.biosamples.0")]


def test_an_orphan_still_resolves(lab):
    lab.good(biosamples("A"))
    answer = lab.good(of("A"))
    assert [(problem["code"], problem["severity"]) for problem in answer["problems"]] == [("orphaned", "warning")]


def test_the_order_of_files_and_documents_does_not_matter(lab: Lab):
    lab.write("a.yaml", dump(sequenced(study="S"), {"study": {"name": "S"}}))
    lab.write("b.yaml", dump(library_of(), biosamples()))
    lab.good()
    first = lab.tree()
    for path in lab.descriptions.iterdir():
        path.unlink()
    lab.write("z/y/x.yml", dump(biosamples(), {"study": {"name": "S"}}, library_of(), sequenced(study="S")))
    assert lab.good()["commit"] is None
    assert lab.tree() == first


@pytest.mark.parametrize(
    "said, meant",
    [("GUT-O4", "GUT-04"), ("GUT-4", "GUT-04"), ("gut 04", "GUT-04"), ("GUTT-04", "GUT-04"), ("GUT-05", None)],
)
def test_another_number_is_another_sample_and_never_suggested(lab, said, meant):
    lab.describe(biosamples("GUT-04", "GUT-14", "GUT-40", *SAMPLES[1:]), run_of(biosamples=[said, *SAMPLES[1:]]))
    found = lab.check()
    lab.good(biosamples("GUT-04", "GUT-14", "GUT-40", *SAMPLES[1:]))
    lab.describe(biosamples("GUT-04", "GUT-14", "GUT-40", *SAMPLES[1:]), run_of(biosamples=[said, *SAMPLES[1:]]))
    for problem in (*found, *lab.check()):  # before the samples are recorded, and behind it
        assert problem["code"] == "unknown_reference"
        hint = problem["message"].partition("did you mean ")[2]
        assert hint == (f"{meant}?" if meant else "")
    assert len(found) == 1
