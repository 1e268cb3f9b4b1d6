"""Libraries described alone, their samples, and the runs that sequenced them (CONTRACT 2.1)."""

import pytest
from lab import LIBRARY, RUN_ID, biosamples, dump, library_of, run_of, sequenced

NAME = LIBRARY["library_name"]
PER_SAMPLE = ("library_source", "library_selection", "library_strategy")
OTHER_ID = RUN_ID.replace("0", "1")


def _samples(*said):
    """Samples A, B, … and what is said of each."""
    return [{"central_sample_id": name, **of} for name, of in zip("ABCDEF", said, strict=False)]


@pytest.mark.parametrize(
    "key", ["library_name", "biosamples", "library_layout_config", "library_seq_kit", "library_seq_protocol"]
)
def test_each_required_key_of_a_library(lab, key):
    for missing in (None, ""):
        assert lab.errors(biosamples(), library_of(**{key: missing})) == [("required_field", f"library.{key}")]


@pytest.mark.parametrize("key", ["library_sop_name", "library_sop_version"])
def test_the_sop_is_optional_for_a_library_and_required_for_a_run(lab, key):
    lab.good(biosamples(), library_of(**{key: None}))
    assert key not in lab.body("library", NAME)
    assert lab.errors(biosamples(), run_of(**{key: None})) == [("required_field", f"sequencing_run.{key}")]


@pytest.mark.parametrize("key", PER_SAMPLE)
def test_what_may_stand_on_each_sample_instead(lab, key):
    value = str(LIBRARY[key])
    each = library_of(biosamples=_samples({key: value.lower()}, {key: value}), **{key: None})
    lab.good(biosamples("A", "B"), each)
    body = lab.body("library", NAME)
    assert key not in body
    assert [sample[key] for sample in body["biosamples"]] == [value, value]
    some = library_of(biosamples=_samples({key: value}, {}), **{key: None})
    assert lab.errors(biosamples("A", "B"), some) == [("required_field", f"library.biosamples.1.{key}")]
    none = library_of(biosamples=_samples({}, {}), **{key: None})
    assert lab.errors(biosamples("A", "B"), none) == [("required_field", f"library.{key}")]


def test_a_sample_may_differ_from_its_library(lab):
    lab.good(biosamples("A", "B"), library_of(biosamples=_samples({"library_strategy": "wgs"}, {})))
    body = lab.body("library", NAME)
    assert (body["library_strategy"], body["biosamples"][0]["library_strategy"]) == ("AMPLICON", "WGS")
    assert "library_strategy" not in body["biosamples"][1]


def test_what_is_said_of_a_sample_is_stored_with_it(lab):
    said = {
        "library_primers": "ARTIC v3",
        "library_protocol": "ARTIC v3 (LoCost)",
        "barcode": "02",
        "sequencing_org_received_date": "2021-01-14",
    }
    lab.good(biosamples("A"), run_of(biosamples=_samples(said)))
    (sample,) = lab.body("library", NAME)["biosamples"]
    assert {key: value for key, value in sample.items() if key != "uuid"} == {"central_sample_id": "A", **said}


@pytest.mark.parametrize(
    "said, code, key",
    [
        ({"library_source": "SEA"}, "not_allowed", "library_source"),
        ({"library_primers": "p" * 49}, "out_of_range", "library_primers"),
        ({"library_protocol": "p" * 49}, "out_of_range", "library_protocol"),
        ({"barcode": "b" * 25}, "out_of_range", "barcode"),
        ({"sequencing_org_received_date": "01/02/2021"}, "invalid_time", "sequencing_org_received_date"),
        ({"sequencing_org_received_date": "2021-02-30"}, "invalid_time", "sequencing_org_received_date"),
        ({"library_name": "x"}, "unknown_field", "library_name"),
        ({"primers": "x"}, "unknown_field", "primers"),
        ({"barcode": ["x"]}, "wrong_type", "barcode"),
    ],
)
def test_what_is_wrong_with_a_sample_is_reported_at_it(lab, said, code, key):
    errors = lab.errors(biosamples("A", "B"), library_of(biosamples=_samples({}, said)))
    assert errors == [(code, f"library.biosamples.1.{key}")]


def test_barcodes_are_distinct_within_a_library(lab):
    twice = library_of(biosamples=_samples({"barcode": "01"}, {"barcode": "02"}, {"barcode": " 01 "}))
    assert lab.errors(biosamples("A", "B", "C"), twice) == [("duplicate_item", "library.biosamples.2.barcode")]
    lab.good(biosamples("A", "B", "C"), library_of(biosamples=_samples({"barcode": "01"}, {"barcode": "1"}, {})))
    other = library_of(library_name="Another", biosamples=_samples({"barcode": "01"}))
    lab.good(biosamples("A", "B", "C"), library_of(biosamples=_samples({"barcode": "01"})), other)


@pytest.mark.parametrize("value, code", [([], "out_of_range"), ("A", "wrong_type"), ({"A": "B"}, "wrong_type")])
def test_what_is_no_list_of_samples(lab, value, code):
    for document in (library_of, run_of):
        (error,) = lab.errors(biosamples("A"), document(biosamples=value))
        assert error[0] == code
        assert error[1].endswith(".biosamples")


@pytest.mark.parametrize("item, code", [("~", "required_field"), ("[A]", "wrong_type"), ("''", "required_field")])
def test_what_is_no_sample(lab, item, code):
    text = dump(biosamples("A"), library_of(biosamples="PLACE")).replace("PLACE", f"[A, {item}]")
    lab.write("work.yaml", text)
    assert [(of["code"], of["path"]) for of in lab.check()] == [(code, "library.biosamples.1")]


@pytest.mark.parametrize("length, is_good", [(1, True), (96, True), (97, False)])
def test_names_of_libraries_and_samples_have_1_to_96_characters(lab, length, is_good):
    name = "é" * length
    errors = lab.errors(biosamples(name), library_of(library_name=name, biosamples=[name]))
    expected = ["biosample.central_sample_id", "library.library_name", "library.biosamples.0"]
    assert errors == ([] if is_good else [("out_of_range", path) for path in expected])


def test_a_run_of_a_library_described_elsewhere(lab):
    lab.good(biosamples(), library_of(), sequenced(), sequenced(sequencing_id=OTHER_ID))
    uuid = lab.body("library", NAME)["uuid"]
    for run in lab.list_records("sequencing_run"):
        assert run["sequencing_run"]["library"] == {"uuid": uuid, "name": NAME}
    assert lab.errors(sequenced(library_name="None such")) == [("unknown_reference", "sequencing_run.library_name")]


def test_a_run_of_a_library_that_another_run_describes(lab):
    lab.good(biosamples(), run_of(), sequenced(sequencing_id=OTHER_ID))
    assert len(lab.list_records("library")) == 1


@pytest.mark.parametrize("key", ["library_seq_kit", "library_layout_nominal_length", "biosamples"])
def test_one_other_library_key_makes_a_run_describe_its_library(lab, key):
    value = {"library_seq_kit": "LSK109", "library_layout_nominal_length": "400", "biosamples": ["A"]}[key]
    errors = lab.errors(biosamples("A"), sequenced(instrument_make="ILLUMINA", **{key: value}))
    assert {code for code, _ in errors} == {"required_field"}
    assert ("required_field", "sequencing_run.library_strategy") in errors


@pytest.mark.parametrize("first, second", [(library_of, library_of), (library_of, run_of), (run_of, run_of)])
def test_a_library_name_that_two_descriptions_define(lab, first, second):
    lab.write("a.yaml", dump(first(), biosamples()))
    lab.write("b.yaml", dump(second(**({"sequencing_id": OTHER_ID} if second is run_of else {}))))
    (problem,) = lab.check()
    assert problem["code"] == "duplicate_identity"
    assert problem["path"].endswith(".library_name")
    other = {"config/descriptions/a.yaml", "config/descriptions/b.yaml"} - {problem["file"]}
    assert f"{other.pop()}:2:" in problem["message"]


def test_two_definitions_that_say_the_same_are_an_error_too(lab):
    errors = lab.errors(biosamples(), library_of(), library_of())
    assert [code for code, _ in errors] == ["duplicate_identity"]


@pytest.mark.parametrize("make", ["OXFORD_NANOPORE", "PACBIO_SMRT"])
def test_a_library_described_elsewhere_has_a_nominal_length_for_illumina_only(lab, make):
    library = library_of(library_layout_nominal_length=400)
    lab.good(biosamples(), library, sequenced(instrument_make="ILLUMINA"))
    assert [code for code, _ in lab.errors(biosamples(), library, sequenced(instrument_make=make))] == [
        "not_applicable"
    ]
    lab.good(biosamples(), library_of(), sequenced(instrument_make="ILLUMINA"))
    lab.good(biosamples(), library_of(), sequenced(instrument_make=make))


def test_a_recorded_library_has_a_nominal_length_for_illumina_only(lab):
    lab.good(biosamples(), library_of(library_layout_nominal_length=400))
    assert lab.errors(sequenced()) == [("not_applicable", "sequencing_run.library_name")]


def test_a_library_keeps_its_uuid_whoever_describes_it(lab):
    lab.good(biosamples(), run_of())
    library = lab.record("library", NAME)
    answer = lab.good(biosamples(), library_of(), sequenced())
    assert answer["commit"] is None
    assert lab.record("library", NAME) == library
