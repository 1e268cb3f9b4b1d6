"""Biosamples: what is said of them, stubs of unregistered ones, and withdrawn consent (CONTRACT 2 and 2.1)."""

import pytest
from lab import LIBRARY, SAMPLES, Lab, biosamples, library_of, run_of

from seqmeta.identity import derive

A = derive("biosample", "A")


def sample(**fields):
    return {"biosample": {"central_sample_id": "A", **fields}}


@pytest.fixture
def stubbing(tmp_path):
    """A laboratory that takes unregistered biosamples."""
    return Lab(tmp_path / "stubbing", unregistered_biosamples="stub")


def test_every_field_of_a_biosample(lab):
    metadata = {"site": {"code": "BIRM", "pillar": "1"}}
    lab.good(
        sample(accession="ERS4361001", taxon_id="2697049", collection_date="2020-03-19", metadata=metadata),
        {"biosample": {"central_sample_id": "B", "consent_withdrawn": "false"}},
    )
    assert lab.body("biosample", "A") == {
        "uuid": A,
        "central_sample_id": "A",
        "accession": "ERS4361001",
        "taxon_id": 2697049,
        "collection_date": "2020-03-19",
        "metadata": metadata,
    }
    assert lab.body("biosample", "B")["consent_withdrawn"] is False


@pytest.mark.parametrize(
    "fields, code, path",
    [
        ({"taxon_id": "0"}, "out_of_range", "taxon_id"),
        ({"taxon_id": "human"}, "wrong_type", "taxon_id"),
        ({"taxon_id": "9.0"}, "wrong_type", "taxon_id"),
        ({"collection_date": "2020-02-30"}, "invalid_time", "collection_date"),
        ({"collection_date": "20200319"}, "invalid_time", "collection_date"),
        ({"collection_date": "2020-03-19T00:00:00Z"}, "invalid_time", "collection_date"),
        ({"consent_withdrawn": "NO"}, "wrong_type", "consent_withdrawn"),
        ({"consent_withdrawn": "1"}, "wrong_type", "consent_withdrawn"),
        ({"stub": "true"}, "unknown_field", "stub"),
        ({"central_sample_id": "A" * 97}, "out_of_range", "central_sample_id"),
        ({"central_sample_id": ""}, "required_field", "central_sample_id"),
        ({"uuid": "x"}, "invalid_uuid", "uuid"),
    ],
)
def test_what_is_wrong_with_a_biosample(lab, fields, code, path):
    assert lab.errors(sample(**fields)) == [(code, f"biosample.{path}")]


@pytest.mark.parametrize("spelling", ["true", "True", "TRUE"])
def test_a_flag_in_any_case(lab, spelling):
    lab.good(sample(consent_withdrawn=spelling))
    assert lab.body("biosample", "A")["consent_withdrawn"] is True


@pytest.mark.parametrize("document", [run_of, library_of])
def test_unregistered_biosamples_are_refused_unless_stubs_are_asked_for(tmp_path, document):
    for number, config in enumerate([{}, {"unregistered_biosamples": "refuse"}]):
        lab = Lab(tmp_path / str(number), **config)
        problems = lab.refused(document())
        assert [of["code"] for of in problems] == ["unknown_reference"] * 3
        assert lab.head() is None


def test_a_stub_is_made_with_a_warning(stubbing):
    answer = stubbing.good(run_of(), biosamples("BIRM-XXXXX"))
    warnings = [(of["severity"], of["code"], of["path"]) for of in answer["problems"]]
    assert warnings == [("warning", "stub", f"sequencing_run.biosamples.{index}") for index in (1, 2)]
    uuid = derive("biosample", "BIRM-YYYYY")
    assert stubbing.body("biosample", uuid) == {"uuid": uuid, "central_sample_id": "BIRM-YYYYY", "stub": True}
    assert "stub" not in stubbing.body("biosample", "BIRM-XXXXX")
    assert uuid in answer["created"]


def test_a_stub_is_warned_of_until_it_is_described_and_then_is_version_2(stubbing):
    stubbing.good(run_of())
    answer = stubbing.good()
    assert answer["commit"] is None
    assert [of["code"] for of in answer["problems"]] == ["stub"] * 3
    answer = stubbing.good(run_of(), biosamples())
    assert answer["problems"] == []
    assert sorted(answer["updated"]) == sorted(derive("biosample", name) for name in SAMPLES)
    record = stubbing.record("biosample", SAMPLES[0])
    assert record["meta"]["version"] == 2
    assert record["biosample"] == {"uuid": derive("biosample", SAMPLES[0]), "central_sample_id": SAMPLES[0]}


def test_a_stub_stays_known_when_stubs_are_refused_again(stubbing):
    stubbing.good(run_of())
    stubbing.configure()
    assert [of["code"] for of in stubbing.good(run_of())["problems"]] == ["stub"] * 3
    other = library_of(library_name="Another", biosamples=["A new one"])
    assert [of["code"] for of in stubbing.refused(run_of(), other)] == ["unknown_reference"]


def test_one_stub_for_two_libraries(stubbing):
    stubbing.good(run_of(biosamples=["A"]), library_of(library_name="Another", biosamples=["A"]))
    assert len(stubbing.list_records("biosample")) == 1


def test_a_stub_that_differs_only_in_case_from_another_biosample_is_warned_of(stubbing):
    def collisions():
        return [(of["path"], of["message"]) for of in stubbing.check() if of["code"] == "case_collision"]

    stubbing.describe(sample(), name="sample.yaml")
    stubbing.good(run_of(biosamples=["a", "B", "b"]))
    found = collisions()
    assert [path for path, _ in found] == ["sequencing_run.biosamples.0", "sequencing_run.biosamples.2"]
    assert "'A'" in found[0][1]
    assert "sample.yaml:" in found[0][1]
    stubbing.describe(run_of(biosamples=["a", "B", "b"], library_seq_kit="LSK110"))
    assert collisions() == found


def test_a_uuid_makes_no_stub(stubbing):
    assert [of["code"] for of in stubbing.refused(run_of(biosamples=[A]))] == ["unknown_reference"]


@pytest.mark.parametrize("slip", [{}, {"colour": "red"}])
def test_a_stub_has_a_name_that_a_biosample_can_have(stubbing, slip):
    def tube(length: int) -> dict:
        return {"asset": {"name": "T", "biosamples": ["A", "Z" * length], **slip}}

    found = [of for of in stubbing.refused(tube(97)) if of["code"] != "unknown_field"]
    assert [(of["code"], of["path"]) for of in found] == [("out_of_range", "asset.biosamples.1")]
    assert found[0]["message"].endswith("central_sample_id has 97 characters: expected at most 96")
    assert "not registered" in found[0]["message"]
    if not slip:
        stubbing.good(tube(96))
        stubbing.good(tube(96), biosamples("A", "Z" * 96))


def test_a_stub_of_a_name_that_was_too_long_is_one_problem_of_each_reference(stubbing):
    long = "Z" * 120
    tubes = {"assets": [{"name": "T", "biosamples": [long]}, {"name": "U", "biosamples": [long]}]}
    assert [(of["code"], of["path"]) for of in stubbing.refused(tubes)] == [("out_of_range", "asset.biosamples.0")] * 2
    assert stubbing.errors(library_of(biosamples=[long])) == [("out_of_range", "library.biosamples.0")]
    assert stubbing.errors(tubes, biosamples(long)) == [("out_of_range", "biosample.central_sample_id")]


def test_what_is_faulty_is_no_stub(stubbing):
    errors = stubbing.refused(sample(taxon_id="x"), run_of(biosamples=["A"]))
    assert [of["code"] for of in errors] == ["wrong_type"]
    assert [of["code"] for of in stubbing.check()] == ["wrong_type"]


def test_a_withdrawn_biosample_is_in_no_new_library(lab):
    assert ("consent_withdrawn", "sequencing_run.biosamples.0") in lab.errors(
        sample(consent_withdrawn="true"), run_of(biosamples=["A"])
    )


def test_consent_withdrawn_later_is_a_warning_for_what_there_is(lab):
    lab.good(sample(), biosamples("B"), run_of(biosamples=["A"]))
    answer = lab.good(sample(consent_withdrawn="true"), biosamples("B"), run_of(biosamples=["A"]))
    assert [(of["severity"], of["code"]) for of in answer["problems"]] == [("warning", "consent_withdrawn")]
    other = library_of(library_name="New", biosamples=["B", "A"])
    problems = lab.refused(sample(consent_withdrawn="true"), biosamples("B"), run_of(biosamples=["A"]), other)
    assert [(of["code"], of["path"]) for of in problems] == [("consent_withdrawn", "library.biosamples.1")]
    lab.good(sample(consent_withdrawn="false"), biosamples("B"), run_of(biosamples=["A"]), other)


def test_samples_that_differ_in_case_are_two_with_a_warning(lab):
    answer = lab.good(biosamples("Birm-1", "BIRM-1"))
    (problem,) = answer["problems"]
    assert (problem["severity"], problem["code"], problem["path"]) == (
        "warning",
        "case_collision",
        "biosample.central_sample_id",
    )
    assert "Birm-1" in problem["message"]
    assert len(answer["created"]) == 2


def test_the_order_of_samples_is_kept(lab):
    lab.good(biosamples("A", "B", "C"), library_of(biosamples=["C", "A", "B"]))
    body = lab.body("library", LIBRARY["library_name"])
    assert [of["central_sample_id"] for of in body["biosamples"]] == ["C", "A", "B"]
    assert lab.good(biosamples("A", "B", "C"), library_of(biosamples=["A", "B", "C"]))["updated"] == [body["uuid"]]
