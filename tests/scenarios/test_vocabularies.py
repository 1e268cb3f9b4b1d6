"""Controlled terms of a workspace's own, and instrument models by make (CONTRACT 2.1)."""

import re

import pytest
from lab import LIBRARY, RUN_ID, biosamples, library_of, run_of, sequenced


def _own(lab, text):
    (lab.root / "config/vocabularies.yaml").write_text(text)


def test_a_new_option_is_one_line(lab):
    assert lab.errors(biosamples(), run_of(library_strategy="RNA-Seq")) == [
        ("not_allowed", "sequencing_run.library_strategy")
    ]
    _own(lab, "library_strategy: {RNA_SEQ: {ena: RNA-Seq, synonyms: [RNA sequencing]}}\n")
    for spelling in ("RNA_SEQ", "rna-seq", "RNA Seq", "rna sequencing", "RNA-SEQUENCING"):
        lab.good(biosamples(), run_of(library_strategy=spelling))
        assert lab.body("library", LIBRARY["library_name"])["library_strategy"] == "RNA_SEQ"
    lab.good(biosamples(), run_of(library_strategy="WGS"))


@pytest.mark.parametrize(
    "field, said", [("library_strategy", "chip seq"), ("library_source", "Synthetic"), ("library_selection", "cdna")]
)
def test_what_only_the_archive_has_is_said_with_the_line_that_makes_it_legal(lab, field, said):
    for host, path in ((biosamples(), f"sequencing_run.{field}"), (biosamples("X"), "library.biosamples.0." + field)):
        one = library_of(biosamples=[{"central_sample_id": "X", field: said}])
        lab.describe(host, run_of(**{field: said}) if "run" in path else one)
        found = {problem["path"]: problem["message"] for problem in lab.check()}
        line = re.search("`(.+)` in the vocabularies file", found[path])
        assert line, found
        _own(lab, line[1] + "\n")
        assert lab.check() == []
        _own(lab, "")


def test_a_term_without_spellings(lab):
    _own(lab, "library_selection:\n  Hybrid_Selection:\n")
    lab.good(biosamples(), run_of(library_selection="hybrid selection"))
    assert lab.body("library", LIBRARY["library_name"])["library_selection"] == "Hybrid_Selection"


def test_a_new_term_counts_for_samples_and_in_messages(lab):
    _own(lab, "library_source: {SYNTHETIC: {}}\n")
    samples = [{"central_sample_id": "A", "library_source": "synthetic"}]
    lab.good(biosamples("A"), library_of(biosamples=samples))
    lab.describe(biosamples("A"), library_of(biosamples=[{"central_sample_id": "A", "library_source": "SYNTETIC"}]))
    (problem,) = lab.check()
    assert "SYNTHETIC" in problem["message"]


def test_synonyms_added_to_a_packaged_term(lab):
    _own(lab, "instrument_make: {OXFORD_NANOPORE: {synonyms: [ONT]}}\n")
    lab.good(biosamples(), run_of(instrument_make="ont"))
    assert lab.body("sequencing_run", RUN_ID)["instrument_make"] == "OXFORD_NANOPORE"
    lab.good(biosamples(), run_of(instrument_make="oxford nanopore technologies"))


@pytest.mark.parametrize(
    "text, code, path, line",
    [
        ("library_strategi: {X: {}}\n", "unknown_field", "library_strategi", 1),
        ("library_strategy: {X: {enna: Y}}\n", "unknown_field", "library_strategy.X.enna", 1),
        ("library_strategy: [X]\n", "wrong_type", "library_strategy", 1),
        ("library_strategy:\n  X: Y\n", "wrong_type", "library_strategy.X", 2),
        ("library_strategy:\n  X: {synonyms: text}\n", "wrong_type", "library_strategy.X.synonyms", 2),
        ("library_strategy: {A: {}, A: {}}\n", "duplicate_key", "library_strategy.A", 1),
        ("library_strategy: {A: &a {}}\n", "alias_not_allowed", "library_strategy.A", 1),
        ("- X\n", "wrong_type", "", 1),
    ],
)
def test_what_is_wrong_with_a_vocabularies_file(lab, text, code, path, line):
    _own(lab, text)
    lab.describe(biosamples(), run_of())
    (problem,) = lab.check()
    assert (problem["file"], problem["code"]) == ("config/vocabularies.yaml", code)
    assert problem["line"] == line
    assert problem["path"] == path


def test_an_empty_vocabularies_file_adds_nothing(lab):
    _own(lab, "# nothing yet\n")
    lab.good(biosamples(), run_of())


@pytest.mark.parametrize(
    "terms, path",
    [
        ("{RNA_SEQ: {}, rna-seq: {}}", "rna-seq"),
        ("{RNA_SEQ: {synonyms: [wgs]}}", "RNA_SEQ.synonyms.0"),
        ("{RNA_SEQ: {ena: W-G-S}}", None),
        ("{RNA_SEQ: {ena: Amplicon}}", "RNA_SEQ.ena"),
        ("{A: {synonyms: [X]}, B: {synonyms: [Y, x]}}", "B.synonyms.1"),
        ("{A: {synonyms: [a]}, WGS: {synonyms: [whole genome sequencing, genome]}}", None),
    ],
)
def test_one_spelling_means_one_term(lab, terms, path):
    _own(lab, f"library_strategy: {terms}\n")
    expected = [] if path is None else [("duplicate_item", f"library_strategy.{path}")]
    assert lab.errors(biosamples()) == expected


@pytest.mark.parametrize("terms", ["{RNA_SEQ: {synonyms: [wgs]}}", "{wgs: {}, RNA_SEQ: {synonyms: [Wgs]}}"])
def test_the_term_that_a_spelling_means_already_is_named(lab, terms):
    _own(lab, f"library_strategy: {terms}\n")
    (problem,) = lab.check()
    assert problem["message"].endswith("cannot mean RNA_SEQ: it means WGS already")


def test_a_named_vocabularies_file_takes_the_place_of_the_default(lab):
    (lab.root / "terms.yaml").write_text("library_strategy: {POOLCLONE: {}}\n")
    lab.configure(vocabularies="terms.yaml")
    lab.good(biosamples(), run_of(library_strategy="poolclone"))


@pytest.mark.parametrize(
    "make, model, stored",
    [
        ("ILLUMINA", "Illumina MiSeq", "Illumina MiSeq"),
        ("ILLUMINA", "miseq", "Illumina MiSeq"),
        ("ILLUMINA", "NextSeq 500", "NextSeq 500"),
        ("ILLUMINA", "illumina novaseq 6000", "Illumina NovaSeq 6000"),
        ("OXFORD_NANOPORE", "gridion", "GridION"),
        ("oxford nanopore", "PROMETHION", "PromethION"),
        ("PACBIO_SMRT", "Sequel-II", "Sequel II"),
        ("PACBIO_SMRT", "unspecified", "unspecified"),
        ("ILLUMINA", "Unspecified", "unspecified"),
    ],
)
def test_models_of_a_make(lab, make, model, stored):
    lab.good(biosamples(), library_of(), sequenced(instrument_make=make, instrument_model=model))
    assert lab.body("sequencing_run", RUN_ID)["instrument_model"] == stored


@pytest.mark.parametrize(
    "make, model",
    [("ILLUMINA", "GridION"), ("OXFORD_NANOPORE", "MiSeq"), ("PACBIO_SMRT", "MinION"), ("ILLUMINA", "MiSeq 9000")],
)
def test_models_of_no_make_and_of_another(lab, make, model):
    errors = lab.errors(biosamples(), library_of(), sequenced(instrument_make=make, instrument_model=model))
    assert errors == [("not_allowed", "sequencing_run.instrument_model")]


def test_a_new_model_is_one_line_with_its_make(lab):
    _own(lab, "instrument_model: {Sikun 2000: {make: ILLUMINA}}\n")
    lab.good(biosamples(), library_of(), sequenced(instrument_make="ILLUMINA", instrument_model="sikun 2000"))
    wrong = sequenced(instrument_model="Sikun 2000")
    assert lab.errors(biosamples(), library_of(), wrong) == [("not_allowed", "sequencing_run.instrument_model")]


def test_a_new_make_with_a_model(lab):
    _own(lab, "instrument_make: {DNBSEQ: {}}\ninstrument_model: {DNBSEQ-T7: {make: DNBSEQ}}\n")
    lab.good(biosamples(), library_of(), sequenced(instrument_make="dnbseq", instrument_model="dnbseq t7"))


def test_a_wrong_make_is_the_only_problem_of_a_good_model(lab):
    wrong = sequenced(instrument_make="NANOPORE", instrument_model="GridION")
    assert lab.errors(biosamples(), library_of(), wrong) == [("not_allowed", "sequencing_run.instrument_make")]


@pytest.mark.parametrize("make", ["illumina", "[oxford nanopore, Illumina]"])
def test_the_make_of_a_model_is_matched_like_any_term(lab, make):
    _own(lab, f"instrument_model: {{Sikun 2000: {{make: {make}}}}}\n")
    lab.good(biosamples(), library_of(), sequenced(instrument_make="ILLUMINA", instrument_model="Sikun 2000"))


def test_a_make_that_there_is_not_is_said_where_the_model_is(lab):
    _own(lab, "instrument_make: {DNBSEQ: {}}\ninstrument_model:\n  DNBSEQ-T7: {make: [dnbseq, ILLUMNIA]}\n")
    (problem,) = lab.check()
    place = (problem["file"], problem["line"], problem["path"], problem["code"])
    assert place == ("config/vocabularies.yaml", 3, "instrument_model.DNBSEQ-T7.make", "not_allowed")
    assert "'ILLUMNIA' is no make" in problem["message"]
    assert "did you mean ILLUMINA?" in problem["message"]


def test_a_vocabulary_stands_in_one_document(lab):
    _own(lab, "library_source: {SYNTHETIC: {}}\n---\nlibrary_source: {OLD: {}}\n")
    (problem,) = lab.check()
    assert (problem["line"], problem["path"], problem["code"]) == (3, "library_source", "duplicate_item")


def test_a_word_of_several_terms_suggests_none_of_them(lab):
    """`tube` is spelt more as the tube rack is than as the sample tube is, and may mean either."""
    lab.describe(biosamples("A"), {"asset": {"name": "T1", "asset_type": "tube", "biosamples": ["A"]}})
    (problem,) = lab.check()
    assert (problem["path"], problem["code"]) == ("asset.asset_type", "not_allowed")
    assert "expected sample_tube, library_tube" in problem["message"]
    assert "did you mean" not in problem["message"]
    lab.describe(biosamples("A"), {"asset": {"name": "T1", "asset_type": "sampletube", "biosamples": ["A"]}})
    (problem,) = lab.check()
    assert "did you mean sample_tube?" in problem["message"]
