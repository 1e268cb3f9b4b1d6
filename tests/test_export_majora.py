"""`seqmeta export majora`: what a Majora server would refuse is warned of, and the rest is there to be sent.

What it refuses is in its forms (majora2/forms.py of SamStudio8/majora2), and in what such a server answered (the cases
S13, S36, S41 and L31 beside the project).
"""

import csv
import json
import uuid

import pytest
from exporting import STUDY, export, illumina_run, sequenced_lab, study
from lab import LIBRARY, RUN_ID, SAMPLES, Lab, biosamples, library_of, sequenced

ADDED = """
library_strategy: {RNA_SEQ: {ena: RNA-Seq}, CHIP_SEQ: {ena: ChIP-Seq}, TARGETED_CAPTURE: {ena: Targeted-Capture}}
library_source: {SYNTHETIC: {}}
library_selection: {CDNA: {ena: cDNA}}
"""
OTHER_RUN = str(uuid.UUID(int=7))


@pytest.fixture
def lab(tmp_path):
    """A laboratory with terms that Majora does not have, and one (TARGETED_CAPTURE) that it has by now."""
    lab = Lab(tmp_path / "lab")
    lab.write("../vocabularies.yaml", ADDED)
    lab.good(study(), biosamples())
    return lab


def warnings(lab, tmp_path):
    """Export; return what is warned of. All is written."""
    code, out, err = lab.call("export", "majora", "-o", str(tmp_path / "out"))
    assert (code, out.startswith(("1 library and ", "2 libraries and "))) == (0, True)
    assert len(list((tmp_path / "out" / "library.add").iterdir())) == int(out[0])
    return [line.removeprefix("seqmeta: warning: Majora will refuse ") for line in err.splitlines()]


def test_what_majora_takes_is_not_warned_of(lab, tmp_path):
    lab.good(illumina_run(library_strategy="TARGETED_CAPTURE"))
    assert warnings(lab, tmp_path) == []


def test_a_make_that_majora_does_not_have_is_warned_of(tmp_path):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(instrument_make="PACBIO_SMRT", instrument_model="Revio"))
    known = "it knows ILLUMINA and OXFORD_NANOPORE"
    expected = f"what was sequenced on PACBIO_SMRT (1 of the runs: '200322_M00001'): {known}"
    assert warnings(lab, tmp_path) == [expected]


def test_a_run_without_a_model_is_warned_of(lab, tmp_path):
    lab.good(illumina_run(instrument_model=None), sequenced(instrument_make="ILLUMINA", sequencing_id=OTHER_RUN))
    expected = f"a run without an instrument_model (2 of the runs: '{OTHER_RUN}', '200322_M00001')"
    assert warnings(lab, tmp_path) == [expected]


def test_terms_that_majora_does_not_have_are_warned_of(lab, tmp_path):
    own = {"library_source": "GENOMIC", "library_selection": "PCR"}
    members = [
        {"central_sample_id": SAMPLES[0], **own, "library_strategy": "RNA_SEQ"},
        {"central_sample_id": SAMPLES[1], **own, "library_strategy": "CHIP_SEQ"},
        {"central_sample_id": SAMPLES[2], **own, "library_strategy": "RNA_SEQ"},
    ]
    several = {"library_name": "L2", "library_source": None, "library_selection": None, "library_strategy": None}
    whole = library_of(library_source="SYNTHETIC", library_selection="CDNA", library_strategy="RNA_SEQ")
    lab.good(whole, library_of(**several, biosamples=members))
    strategies = "it knows WGA, WGS, AMPLICON, TARGETED_CAPTURE and OTHER"
    sources = "it knows GENOMIC, TRANSCRIPTOMIC, METAGENOMIC, METATRANSCRIPTOMIC, VIRAL_RNA and OTHER"
    name = LIBRARY["library_name"]
    first, *rest = warnings(lab, tmp_path)
    assert (
        first
        == f"the library_selection 'CDNA' (1 of the libraries: '{name}'): it knows RANDOM, PCR, RANDOM_PCR and OTHER"
    )
    both = [f"'{name}'", "'L2'"]
    assert rest[:2] == [
        f"the library_source 'SYNTHETIC' (1 of the libraries: '{name}'): {sources}",
        f"the library_strategy 'CHIP_SEQ' (1 of the libraries: 'L2'): {strategies}",
    ]
    assert rest[2:] in (
        [f"the library_strategy 'RNA_SEQ' (2 of the libraries: {', '.join(order)}): {strategies}"]
        for order in (both, both[::-1])
    )


def test_two_runs_of_one_name_are_warned_of(lab, tmp_path):
    names = {"run_name": "200322_M00001", "instrument_make": "ILLUMINA", "instrument_model": "MiSeq"}
    lab.good(illumina_run(), sequenced(**names, sequencing_id=OTHER_RUN))
    which = f"(2 of the runs: '{OTHER_RUN}', '{RUN_ID}')"
    expected = f"a second run called '200322_M00001', or write it over the first {which}"
    assert warnings(lab, tmp_path) == [expected]
    (body,) = (tmp_path / "out" / "sequencing.add").iterdir()
    assert [run["sequencing_id"] for run in json.loads(body.read_text())["runs"]] == [OTHER_RUN, RUN_ID]


def test_the_table_has_the_very_text(lab, tmp_path):
    names = ["-ve control", "+pos", "=1+1", "@here", "'-quoted"]
    lab.good(biosamples(*names), illumina_run(biosamples=names, library_sop_version="-1"))
    assert warnings(lab, tmp_path) == []
    with (tmp_path / "out" / "majora.metadata.tsv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {(row["central_sample_id"], row["library_sop_version"]) for row in rows} == {(name, "-1") for name in names}


def test_what_is_described_no_more_is_called_as_it_is_called_now(tmp_path):
    """A library goes on with the names of its biosamples, and a run with that of its library, as they were recorded."""
    lab = Lab(tmp_path / "lab")
    sample, library = str(uuid.UUID(int=8)), str(uuid.UUID(int=9))
    run = sequenced(library_name="L", instrument_make="ILLUMINA", instrument_model="MiSeq", study=STUDY)
    described = library_of(library_name="L", uuid=library, biosamples=["S"])
    lab.good(study(), {"biosample": {"central_sample_id": "S", "uuid": sample}}, described, run)
    renamed = library_of(library_name="L old", uuid=library, biosamples=["S"])
    lab.good(study(), {"biosample": {"central_sample_id": "S", "uuid": sample}}, renamed)
    others = [{"biosample": {"central_sample_id": "S old", "uuid": sample}}, biosamples("S")]
    lab.good(study(), others[0])
    lab.good(study(), *others, library_of(library_name="L", uuid=str(uuid.UUID(int=10)), biosamples=["S"]))
    assert lab.body("sequencing_run", RUN_ID)["library"]["name"] == "L", "as it was recorded"
    assert lab.body("library", "L old")["biosamples"][0]["central_sample_id"] == "S"
    files = export(lab, "majora", tmp_path / "out")
    (sequencing,) = [json.loads(data) for name, data in files.items() if name.startswith("sequencing.add/")]
    assert sequencing["library_name"] == "L old"
    added = [json.loads(data) for name, data in files.items() if name.startswith("library.add/")]
    members = {of["library_name"]: [sample["central_sample_id"] for sample in of["biosamples"]] for of in added}
    assert members == {"L": ["S"], "L old": ["S old"]}
    shown = [json.loads(lab.call("show", name, "--as", "majora")[1]) for name in (RUN_ID, library)]
    assert shown[0] == sequencing
    assert shown[1] in added
    units = export(lab, "samplesheet", tmp_path / "units", "--for", "snakemake")["units.tsv"].decode().splitlines()
    assert [line.split("\t")[0] for line in units[1:]] == ["S_old"]
    experiment = export(lab, "ena", tmp_path / "ena")["experiment.xml"].decode()
    assert 'alias="L old:S old:Illumina MiSeq"' in experiment
    assert 'refname="S old"' in experiment
