"""`seqmeta compare`: a recorded run against what the instrument wrote."""

import json

import pytest
from importing import fill, import_text
from lab import Lab
from test_import_illumina import MISEQ, PARAMETERS, RUN_INFO, SHEET
from test_import_nanopore import RUN_ID, SUMMARY
from test_import_nanopore import SHEET as NANOPORE_SHEET

import seqmeta


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path / "lab")


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / MISEQ["run_id"]
    folder.mkdir()
    (folder / "RunInfo.xml").write_text(RUN_INFO.format(**MISEQ))
    (folder / "RunParameters.xml").write_text(PARAMETERS.format(**MISEQ))
    (folder / "SampleSheet.csv").write_text(SHEET)
    return folder


def record(lab, text):
    lab.write("run.yaml", fill(text))
    lab.good()


def compare(lab, run, folder):
    """Return the exit code and each field's verdict, declared and measured value."""
    code, out, err = lab.call("compare", run, "--run-folder", str(folder), "--format", "json")
    assert out, err
    answer = json.loads(out)
    assert seqmeta.compare(run, folder, lab.root) == {**answer, "problems": []}
    return code, {of["field"]: (of["verdict"], of["declared"], of["measured"]) for of in answer["fields"]}


def test_what_was_imported_is_the_same(lab, run_folder):
    record(lab, import_text("illumina", run_folder))
    code, fields = compare(lab, MISEQ["run_id"], run_folder)
    assert code == 0
    assert fields["flowcell_id"] == ("same", "000000000-ABCDE", "000000000-ABCDE")
    assert fields["biosamples.SAMPLE-1.barcode"][0] == "same"
    assert fields["library_layout_read_length"] == ("same", "151", "151")
    assert fields["library_seq_kit"] == ("only declared", "a kit", None)
    assert {verdict for verdict, _, _ in fields.values()} == {"same", "only declared"}


# What is changed in the description, and the field that must differ, with what each side has.
CHANGES = [
    ("flowcell_id: 000000000-AB", "flowcell_id: 000000000-BA", "flowcell_id", "000000000-BACDE", "000000000-ABCDE"),
    ("config: PAIRED", "config: SINGLE", "library_layout_config", "SINGLE", "PAIRED"),
    ("read_length: 151", "read_length: 75", "library_layout_read_length", "75", "151"),
    ("model: Illumina MiSeq", "model: NextSeq 500", "instrument_model", "NextSeq 500", "Illumina MiSeq"),
    ("TAAGGCGA+", "AAAAAAAA+", "biosamples.SAMPLE-1.barcode", "AAAAAAAA+TAGATCGC", "TAAGGCGA+TAGATCGC"),
    ("SAMPLE-2", "SAMPLE-3", "biosamples", "2, among them SAMPLE-3", "2, among them SAMPLE-2"),
    ("chemistry: Amplicon", "chemistry: Default", "metadata.illumina.chemistry", "Default", "Amplicon"),
    ("#start_time:", "start_time: 2020-03-25 10:00", "run_date", "2020-03-25T10:00:00Z", "2020-03-22"),
]


@pytest.mark.parametrize("change", CHANGES, ids=[of[2] for of in CHANGES])
def test_a_contradiction_is_named_with_both_values(lab, run_folder, change):
    written, instead, field, declared, measured = change
    text = import_text("illumina", run_folder)
    assert written in text
    record(lab, text.replace(written, instead))
    code, fields = compare(lab, MISEQ["run_id"], run_folder)
    assert (code, fields[field]) == (1, ("differs", declared, measured))
    assert [name for name, (verdict, _, _) in fields.items() if verdict == "differs"] == [field]


@pytest.mark.parametrize("model, verdict", [("Illumina HiSeq 4000", "same"), ("Illumina MiSeq", "differs")])
def test_a_model_is_held_against_all_that_the_instrument_may_be(lab, run_folder, model, verdict):
    (run_folder / "RunParameters.xml").unlink()
    fields = {**MISEQ, "instrument": "K00166", "flowcell": "HF22YBBXX"}
    (run_folder / "RunInfo.xml").write_text(RUN_INFO.format(**fields))
    record(lab, import_text("illumina", run_folder).replace("#instrument_model:", f"instrument_model: {model}"))
    code, fields = compare(lab, MISEQ["run_id"], run_folder)
    assert (code, fields["instrument_model"][0]) == (int(verdict == "differs"), verdict)


def test_what_only_one_side_has_is_no_contradiction(lab, run_folder):
    text = import_text("illumina", run_folder).replace("  flowcell_id: 000000000-ABCDE\n", "  run_group: GROUP-1\n")
    assert text.count("\n      chemistry: Amplicon\n") == 1
    record(lab, text.replace("\n      chemistry: Amplicon\n", "\n      own_note: mine\n"))
    code, fields = compare(lab, MISEQ["run_id"], run_folder)
    assert code == 0
    assert fields["metadata.illumina.chemistry"] == ("only measured", None, "Amplicon")
    assert fields["metadata.illumina.own_note"] == ("only declared", "mine", None)
    assert fields["flowcell_id"] == ("only measured", None, "000000000-ABCDE")
    assert fields["run_group"] == ("only declared", "GROUP-1", None)


def test_a_time_holds_as_exactly_as_it_was_declared(lab, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "final_summary.txt").write_text(SUMMARY)
    text = import_text("nanopore", folder)
    record(lab, text.replace('"2022-11-03T17:14:43.069997Z"', "2022-11-03 17:14"))
    assert compare(lab, RUN_ID, folder)[1]["start_time"][0] == "same"
    record(lab, text.replace('"2022-11-03T17:14:43.069997Z"', '"2022-11-03T17:14:44Z"'))
    code, fields = compare(lab, RUN_ID, folder)
    assert (code, fields["start_time"][0]) == (1, "differs")


def test_the_run_is_found_among_several_of_a_folder(lab, tmp_path):
    other = SUMMARY.replace(RUN_ID, "6623d643-aaf6-4980-82fc-2870c62685cd").replace("FAX00001", "FAX00002")
    for name, content in (("a", SUMMARY), ("b", other)):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "final_summary.txt").write_text(content)
    record(lab, import_text("nanopore", tmp_path / "runs" / "a"))
    code, fields = compare(lab, RUN_ID, tmp_path / "runs")
    assert (code, fields["flowcell_id"][0]) == (0, "same")
    assert fields["sequencing_id"][0] == "same"


def test_text_shows_each_field_in_a_line(lab, run_folder):
    record(lab, import_text("illumina", run_folder))
    code, out, _ = lab.call("compare", MISEQ["run_id"], "--run-folder", str(run_folder))
    assert (code, out.splitlines()[-1]) == (0, "0 contradictions")
    assert any(line.split()[:2] == ["flowcell_id", "same"] for line in out.splitlines())


def test_a_version_is_the_one_that_the_record_has_at_the_revision(lab, run_folder):
    text = import_text("illumina", run_folder)
    record(lab, text)
    first = lab.head()
    record(lab, text.replace("flowcell_id: 000000000-AB", "flowcell_id: 000000000-BA"))
    run = MISEQ["run_id"]
    assert compare(lab, f"{run}@2", run_folder) == compare(lab, run, run_folder)
    assert lab.call("compare", f"{run}@1", "--rev", first, "--run-folder", str(run_folder))[0] == 0
    code, out, err = lab.call("compare", f"{run}@1", "--run-folder", str(run_folder))
    assert (code, out) == (2, "")
    assert "has version 2 there, not 1" in err
    assert "--rev REV" in err


def test_what_cannot_be_compared_is_said(lab, run_folder, tmp_path):
    record(lab, import_text("illumina", run_folder))
    assert lab.call("compare", "no such run", "--run-folder", str(run_folder))[0] == 2
    lab.good({"asset": {"name": "tube1", "biosamples": ["SAMPLE-1"]}})
    for name, kind in (("LIBRARY-1", "a library"), ("tube1", "an asset")):
        said = f"seqmeta: {name!r} is {kind}: expected a sequencing run\n"
        assert lab.call("compare", name, "--run-folder", str(run_folder)) == (2, "", said)
    assert lab.call("compare", MISEQ["run_id"], "--run-folder", str(tmp_path / "none"))[0] == 3
    assert lab.call("compare", MISEQ["run_id"])[0] == 2
    (run_folder / "RunInfo.xml").write_text("<RunInfo>")
    code, _, err = lab.call("compare", MISEQ["run_id"], "--run-folder", str(run_folder))
    assert (code, "[xml_syntax]" in err) == (1, True)


# By make: the barcode that was declared, the one that was measured, and whether they are the same. The plus sign stands
# between the indexes in the headers of FASTQ files that BCL Convert writes; MinKNOW writes barcode02, its kits NB02.
BARCODES = {
    "ILLUMINA": [
        ("TAAGGCGA-TAGATCGC", True),
        ("taaggcga TAGATCGC", True),
        ("TAAGGCGA_TAGATCGC", True),
        ("TAAGGCGA", False),
        ("TAGATCGC+TAAGGCGA", False),
        ("02", False),
    ],
    "OXFORD_NANOPORE": [
        ("'01'", True),
        ("'1'", True),
        ("NB01", True),
        ("BC-01", True),
        ("Barcode01", True),
        ("barcode10", False),
        ("NB01A", False),
        ("patient", False),
    ],
}
CASES = [(make, *case) for make, cases in BARCODES.items() for case in cases]


@pytest.mark.parametrize("make, declared, is_same", CASES, ids=[f"{make}-{text}" for make, text, _ in CASES])
def test_a_barcode_is_the_same_however_it_is_spelt(lab, run_folder, tmp_path, make, declared, is_same):
    name, run, sample, measured = MISEQ["run_id"], run_folder, "SAMPLE-1", "TAAGGCGA+TAGATCGC"
    if make != "ILLUMINA":
        name, run, sample, measured = RUN_ID, tmp_path / "nanopore", "patient_1", "barcode01"
        run.mkdir()
        (run / "final_summary.txt").write_text(SUMMARY)
        (run / "sample_sheet.csv").write_text(NANOPORE_SHEET)
    text = import_text("illumina" if make == "ILLUMINA" else "nanopore", run)
    assert text.count(f" {measured}\n") == 1
    record(lab, text.replace(f" {measured}\n", f" {declared}\n"))
    code, fields = compare(lab, name, run)
    expected = ("same" if is_same else "differs", declared.strip("'"), measured)
    assert (code, fields[f"biosamples.{sample}.barcode"]) == (int(not is_same), expected)


def test_the_code_of_a_product_is_the_same_in_any_case(lab, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "final_summary.txt").write_text(SUMMARY)
    text = import_text("nanopore", tmp_path / "run")
    record(lab, text.replace(" SQK-LSK109\n", " sqk-lsk109\n").replace(" FLO-MIN106\n", " flo-min106\n"))
    code, fields = compare(lab, RUN_ID, tmp_path / "run")
    assert code == 0
    assert fields["library_seq_kit"] == ("same", "sqk-lsk109", "SQK-LSK109")
    assert fields["flowcell_type"] == ("same", "flo-min106", "FLO-MIN106")


def test_the_starting_workspace_and_a_sheet_of_its_run_agree(tmp_path):
    lab = Lab(tmp_path / "lab")
    starter = tmp_path / "starter"
    assert lab.call("init", str(starter))[0] == 0
    assert lab.call("-C", str(starter), "apply")[0] == 0
    (tmp_path / "run").mkdir()
    rows = "EX-001,CCGCGGTT,AGCGCTAG\nEX-002,TTATAACC,GATATCGA\n"
    (tmp_path / "run" / "SampleSheet.csv").write_text(f"[Reads]\n151\n151\n[Data]\nSample_ID,index,index2\n{rows}")
    answer = seqmeta.compare("240612_EXAMPLE_0001", tmp_path / "run", starter)
    barcodes = [of for of in answer["fields"] if of["field"].endswith(".barcode")]
    assert [(of["verdict"], of["declared"] == of["measured"]) for of in barcodes] == [("same", True)] * 2
