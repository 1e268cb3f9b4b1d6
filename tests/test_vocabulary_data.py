"""The packaged vocabularies against the archive's own XSD, where a copy of it lies beside the project."""

import re
from pathlib import Path

import pytest
import yaml

from seqmeta.vocabulary import fold

PROJECT = Path(__file__).resolve().parents[1]
XSDS = PROJECT.parent / "shared" / "data" / "sra"

needs_xsd = pytest.mark.skipif(not XSDS.is_dir(), reason="no copy of the archive's XSDs beside the project")

# What the two documents that seqmeta comes from allow.
SEED_OPTIONS = {
    "library_strategy": ["WGA", "WGS", "AMPLICON", "OTHER"],
    "library_source": ["GENOMIC", "TRANSCRIPTOMIC", "METAGENOMIC", "METATRANSCRIPTOMIC", "VIRAL_RNA", "OTHER"],
    "library_selection": ["RANDOM", "PCR", "RANDOM_PCR", "OTHER"],
    "library_layout_config": ["SINGLE", "PAIRED"],
    "instrument_make": ["ILLUMINA", "OXFORD_NANOPORE", "PACBIO_SMRT"],
}
XSD_TYPES = {
    "library_strategy": ("SRA.experiment.xsd", "typeLibraryStrategy"),
    "library_source": ("SRA.experiment.xsd", "typeLibrarySource"),
    "library_selection": ("SRA.experiment.xsd", "typeLibrarySelection"),
}
MODEL_TYPES = {
    "ILLUMINA": "typeIlluminaModel",
    "OXFORD_NANOPORE": "typeOxfordNanoporeModel",
    "PACBIO_SMRT": "typePacBioModel",
}


def load(name):
    return yaml.safe_load((PROJECT / "seqmeta" / name).read_text(encoding="utf-8"))


def archive_spelling(name, term):
    return term.get("ena", name)


def enumeration(file, type_name):
    """The values that a simple type of an XSD enumerates."""
    text = (XSDS / file).read_text(encoding="utf-8")
    definition = re.search(rf'simpleType name="{type_name}"(.*?)</xs:simpleType>', text, re.DOTALL)
    return re.findall(r'enumeration value="([^"]*)"', definition[1])


@pytest.fixture(scope="module")
def vocabularies():
    return load("vocabularies.yaml")


@pytest.fixture(scope="module")
def archive_terms():
    return load("archive_terms.yaml")


@pytest.mark.parametrize("field", SEED_OPTIONS)
def test_the_options_are_the_seeds(vocabularies, field):
    assert list(vocabularies[field]) == SEED_OPTIONS[field]


def test_terms_have_only_the_keys_of_the_format(vocabularies):
    for field, terms in vocabularies.items():
        for name, term in terms.items():
            assert set(term) <= {"ena", "synonyms", "make"}, (field, name)
            assert ("make" in term) == (field == "instrument_model"), (field, name)


def test_no_spelling_means_two_terms(vocabularies):
    for field, terms in vocabularies.items():
        meaning = {}
        for name, term in terms.items():
            for spelling in {fold(text) for text in (name, archive_spelling(name, term), *term.get("synonyms", []))}:
                assert meaning.setdefault(spelling, name) == name, (field, spelling)


def test_a_spelling_that_is_folded_into_its_term_is_not_listed_as_a_synonym(vocabularies):
    for field, terms in vocabularies.items():
        for name, term in terms.items():
            folded = [fold(text) for text in (name, *term.get("synonyms", []))]
            assert len(folded) == len(set(folded)), (field, name)


def test_models_are_of_known_makes(vocabularies):
    for name, term in vocabularies["instrument_model"].items():
        makes = [term["make"]] if isinstance(term["make"], str) else term["make"]
        assert set(makes) <= set(vocabularies["instrument_make"]), name


@pytest.mark.parametrize("field", ["library_strategy", "library_source", "library_selection", "instrument_model"])
def test_the_archive_knows_every_spelling(vocabularies, archive_terms, field):
    spellings = {archive_spelling(name, term) for name, term in vocabularies[field].items()}
    assert spellings <= set(archive_terms[field])


@needs_xsd
@pytest.mark.parametrize("field", XSD_TYPES)
def test_archive_terms_are_those_of_the_xsd(archive_terms, field):
    assert archive_terms[field] == enumeration(*XSD_TYPES[field])


@needs_xsd
def test_archive_terms_have_every_model_of_the_xsd(archive_terms):
    text = (XSDS / "SRA.common.xsd").read_text(encoding="utf-8")
    known = {model for name in re.findall(r'simpleType name="(type\w+Model)"', text)
             for model in enumeration("SRA.common.xsd", name)}  # fmt: skip
    newer = {"UG 200"}  # in the XSD of ena-upload-cli 0.11, not yet in the copy
    assert set(archive_terms["instrument_model"]) - newer == known


@needs_xsd
@pytest.mark.parametrize("make", MODEL_TYPES)
def test_every_model_of_the_three_makes_is_there(vocabularies, make):
    ours = {
        archive_spelling(name, term)
        for name, term in vocabularies["instrument_model"].items()
        if make in ([term["make"]] if isinstance(term["make"], str) else term["make"])
    }
    assert ours == set(enumeration("SRA.common.xsd", MODEL_TYPES[make]))


@needs_xsd
def test_spellings_of_the_archive_that_are_easily_got_wrong(vocabularies):
    # Selection has a lower-case "other" where strategy and source have "OTHER"; two terms have a space.
    selection, source = vocabularies["library_selection"], vocabularies["library_source"]
    assert selection["OTHER"]["ena"] == "other"
    assert "OTHER" not in enumeration("SRA.experiment.xsd", "typeLibrarySelection")
    assert archive_spelling("OTHER", vocabularies["library_strategy"]["OTHER"]) == "OTHER"
    assert archive_spelling("OTHER", source["OTHER"]) == "OTHER"
    assert source["VIRAL_RNA"]["ena"] == "VIRAL RNA"
    assert selection["RANDOM_PCR"]["ena"] == "RANDOM PCR"
