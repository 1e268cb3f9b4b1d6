"""`seqmeta import nanopore`: final summaries, sample sheets and reports, made up here and real ones."""

import json

import pytest
from importing import fill, import_runs, import_samples, import_text, refusals
from lab import Lab

RUN_ID = "136e9f68-0baa-43d7-aaf7-6d5d63ef5733"
SUMMARY = f"""instrument=MN99999
position=
flow_cell_id=FAX00001
sample_id=POOL-1
protocol_group_id=EXPERIMENT-1
protocol=sequencing/sequencing_MIN106_DNA:FLO-MIN106:SQK-LSK109
protocol_run_id={RUN_ID}
acquisition_run_id=a6bd7a6db91d367d2e8d991ffd6bea8b7d026092
started=2022-11-03T18:14:43.069997+01:00
acquisition_stopped=2022-11-06T17:14:50.536300+00:00
processing_stopped=2022-11-06T17:14:59.284508+00:00
fastq_files_in_final_dest=69
# a comment
fastq_files_in_final_dest=3125
"""
SHEET = "flow_cell_id,kit,sample_id,experiment_id,barcode,alias,type\n" + "".join(
    f"FAX00001,SQK-LSK109,POOL-1,EXPERIMENT-1,barcode0{number},patient_{number},test_sample\n" for number in (1, 2, 3)
)
REPORT = {
    "protocol_run_info": {
        "run_id": RUN_ID,
        "protocol_id": "sequencing/sequencing_PRO114_DNA:FLO-PRO114M:SQK-NBD114-24",
        "start_time": "2024-05-06T07:08:09.123456Z",
        "end_time": "2024-05-09T07:08:09.123456Z",
        "output_path": "/data/EXPERIMENT-1/POOL-1/20240506_0708_1A_PAW00001_136e9f68",
        "flow_cell": {"flow_cell_id": "PAW00001", "product_code": "FLO-PRO114M"},
        "device": {"device_id": "1A", "device_type": "PROMETHION"},
        "user_info": {
            "sample_id": {"value": "POOL-1"},
            "protocol_group_id": "EXPERIMENT-1",
            "kit_info": {"sequencing_kit": "SQK-NBD114-24"},
            "barcode_user_info": [
                {"barcode_name": "barcode01", "alias": "patient_1", "type": "test_sample"},
                {"barcode_name": "barcode02", "alias": "water", "type": "no_template_control"},
            ],
        },
        "software_versions": {"minknow": {"full": "6.0.4"}, "bream": "8.0.5"},
    },
    "acquisitions": [{"acquisition_run_info": {"run_id": "0", "start_time": "2024-05-06T07:12:13Z"}}],
}


TRACKING_ID = {
    "device_id": "MN99999",
    "device_type": "minion",
    "distribution_version": "19.12.2",
    "exp_script_name": "sequencing_MIN106_DNA:FLO-MIN106:SQK-LSK109:False",
    "exp_start_time": "2020-02-12T04:03:28Z",
    "flow_cell_id": "FAX00001",
    "flow_cell_product_code": "FLO-MIN106",
    "hostname": "sequencer-1",
    "protocol_group_id": "EXPERIMENT-1",
    "protocol_run_id": RUN_ID,
    "run_id": "67a0761ea992f55d7000e748e88761780ca1bb60",
    "sample_id": "POOL-1",
    "version": "3.6.0",
}
PAGE = "Tracking ID\n===========\n\n{}\n\nDuty Time\n=========\n\n| Time | Count |\n"


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("started", ["2020-02-12T04:03:28Z", "1581480208"])
def test_a_report_page_becomes_a_run(tmp_path, started):
    tracking_id = json.dumps({**TRACKING_ID, "exp_start_time": started}, indent=4)
    path = write(tmp_path / "report_FAX00001_20200212_0403.md", PAGE.format(tracking_id))
    (run,) = import_runs("nanopore", path)
    expected = {
        "sequencing_id": RUN_ID,
        "run_group": "EXPERIMENT-1",
        "instrument_model": "MinION",
        "flowcell_id": "FAX00001",
        "flowcell_type": "FLO-MIN106",
        "library_seq_kit": "SQK-LSK109",
        "start_time": "2020-02-12T04:03:28Z",
        "biosamples": [{"central_sample_id": "POOL-1"}],
    }
    assert {key: run.get(key) for key in expected} == expected
    assert run["metadata"]["nanopore"]["minknow_version"] == "3.6.0"
    assert "hostname = sequencer-1" in import_text("nanopore", path)


def test_a_report_page_and_a_summary_of_one_run_are_one_run(tmp_path):
    write(tmp_path / "report.md", PAGE.format(json.dumps(TRACKING_ID)))
    write(tmp_path / "final_summary_FAX00001.txt", SUMMARY)
    (run,) = import_runs("nanopore", tmp_path)
    assert run["end_time"] == "2022-11-06T17:14:50.536300Z"


@pytest.mark.parametrize("page", ["", "# Notes\n", PAGE.format("{}"), PAGE.format('{"run_id": '), "{" * 100_000])
def test_a_page_without_a_tracking_id_is_refused(tmp_path, page):
    found = refusals("nanopore", write(tmp_path / "report.md", page))
    assert len(found) == 1


def test_a_heading_that_stands_twice_loses_nothing(tmp_path):
    text = "flow_cell_id,barcode,alias,note,note\nFBX00001,barcode01,S1,one,two\n"
    assert 'note: "one, two"' in import_text("nanopore", write(tmp_path / "sample_sheet.csv", text))


def test_a_sheet_of_more_runs_than_any_instrument_takes_is_refused(tmp_path):
    rows = "".join(f"FBX{number:05},s,e\n" for number in range(501))
    path = write(tmp_path / "sample_sheet.csv", f"flow_cell_id,sample_id,experiment_id\n{rows}")
    ((_, _, code, message),) = refusals("nanopore", path)
    assert (code, "more than 500 runs" in message) == ("out_of_range", True)


def test_a_sheet_of_a_flow_cell_that_was_not_barcoded(tmp_path):
    heading = (
        "protocol_run_id,position_id,flow_cell_id,sample_id,experiment_id,flow_cell_product_code,kit,barcode,alias,"
    )
    row = f"{RUN_ID},MD-100098,FBX00001,,my_experiment,FLO-MIN114,SQK-NBD114-24,,,test_sample,1"
    path = write(tmp_path / "sample_sheet_FBX00001.csv", f"{heading}type,rowNumber\n{row}\n")
    (run,) = import_runs("nanopore", path)
    assert (run["sequencing_id"], run["library_seq_kit"], run["biosamples"]) == (RUN_ID, "SQK-NBD114-24", None)


def test_a_final_summary_becomes_a_run(tmp_path):
    folder = tmp_path / "20221103_1710_MN99999_FAX00001_136e9f68"
    write(folder / "final_summary_FAX00001_136e9f68_a6bd7a6d.txt", SUMMARY)
    (run,) = import_runs("nanopore", folder)
    expected = {
        "sequencing_id": RUN_ID,
        "run_name": folder.name,
        "run_group": "EXPERIMENT-1",
        "instrument_make": "OXFORD_NANOPORE",
        "instrument_model": "MinION",
        "flowcell_id": "FAX00001",
        "flowcell_type": "FLO-MIN106",
        "library_seq_kit": "SQK-LSK109",
        "start_time": "2022-11-03T17:14:43.069997Z",
        "end_time": "2022-11-06T17:14:50.536300Z",
        "biosamples": ["POOL-1"],
    }
    names = [of["central_sample_id"] for of in run["biosamples"]]
    assert {**{key: run.get(key) for key in expected}, "biosamples": names} == expected
    assert run["library_name"] is None
    assert run["library_layout_config"] is None
    text = import_text("nanopore", folder)
    assert "fastq_files_in_final_dest = 3125" in text  # what was written again holds
    assert "= 69" not in text


def test_a_sheet_names_the_samples_on_the_barcodes(tmp_path):
    write(tmp_path / "run/final_summary.txt", SUMMARY)
    write(tmp_path / "sample_sheet.csv", SHEET.replace("patient_3", "patient 3"))
    (run,) = import_runs("nanopore", tmp_path)
    assert [(of["central_sample_id"], of["barcode"]) for of in run["biosamples"]] == [
        ("patient_1", "barcode01"),
        ("patient_2", "barcode02"),
        ("patient 3", "barcode03"),
    ]
    assert import_samples("nanopore", tmp_path)["patient_1"]["metadata"] == {"minknow": {"type": "test_sample"}}


def test_a_report_becomes_a_run(tmp_path):
    (run,) = import_runs("nanopore", write(tmp_path / "report_PAW00001.json", REPORT))
    expected = {
        "sequencing_id": RUN_ID,
        "run_name": "20240506_0708_1A_PAW00001_136e9f68",
        "instrument_model": "PromethION",
        "flowcell_id": "PAW00001",
        "flowcell_type": "FLO-PRO114M",
        "library_seq_kit": "SQK-NBD114-24",
        "start_time": "2024-05-06T07:12:13Z",
        "end_time": "2024-05-09T07:08:09.123456Z",
    }
    assert {key: run[key] for key in expected} == expected
    assert [(of["central_sample_id"], of["barcode"]) for of in run["biosamples"]] == [
        ("patient_1", "barcode01"),
        ("water", "barcode02"),
    ]
    assert run["metadata"]["nanopore"]["minknow_version"] == "6.0.4"


def test_each_run_of_a_folder_is_a_document_and_its_files_are_put_together(tmp_path):
    other = SUMMARY.replace(RUN_ID, "6623d643-aaf6-4980-82fc-2870c62685cd").replace("FAX00001", "FAX00002")
    write(tmp_path / "a/final_summary_a.txt", SUMMARY)
    write(tmp_path / "a/report_a.json", REPORT)
    write(tmp_path / "b/final_summary_b.txt", other)
    runs = import_runs("nanopore", tmp_path)
    assert sorted(run["sequencing_id"] for run in runs) == [RUN_ID, "6623d643-aaf6-4980-82fc-2870c62685cd"]


def test_filled_in_it_is_accepted(tmp_path):
    lab = Lab(tmp_path / "lab")
    write(tmp_path / "run/final_summary.txt", SUMMARY)
    write(tmp_path / "run/sample_sheet.csv", SHEET)
    lab.write("run.yaml", fill(import_text("nanopore", tmp_path / "run")))
    lab.good()
    assert lab.body("sequencing_run", RUN_ID)["start_time"] == "2022-11-03T17:14:43.069997Z"


ROWS = "barcode,alias,type\nbarcode01,sample1,test_sample\n"


@pytest.mark.parametrize(
    "name, content, place, code",
    [
        ("final_summary.txt", "", (1, 1), "unknown_format"),
        ("final_summary.txt", "Dear all\n", (1, 1), "unknown_format"),
        ("final_summary.txt", "colour=red\n", (1, 1), "unknown_format"),
        ("final_summary.txt", SUMMARY + "no equals sign\n", (15, 1), "unknown_format"),
        ("report_x.json", "{", (1, 2), "json_syntax"),
        ("report_x.json", "[1]", (1, 1), "unknown_format"),
        ("report_x.json", '{"a": 1}', (1, 1), "unknown_format"),
        ("report_x.json", "[" * 100_000, (1, 1), "json_syntax"),
        ("report_x.json", "[" + "1" * 5_000 + "]", (1, 1), "json_syntax"),
        ("sample_sheet.csv", ROWS + "barcode01,sample2,test_sample\n", (3, 1), "duplicate_item"),
        ("sample_sheet.csv", ROWS + "barcode02,sample1,test_sample\n", (3, 2), "duplicate_item"),
        ("sample_sheet.csv", ROWS + "barcode02,sample2,tset\n", (3, 3), "not_allowed"),
        ("sample_sheet.csv", ROWS + "barcode2,sample2,test_sample\n", (3, 1), "not_allowed"),
        ("sample_sheet.csv", ROWS + "barcode02,barcode01,test_sample\n", (3, 2), "not_allowed"),
        ("sample_sheet.csv", ROWS + "barcode02,,test_sample\n", (3, 2), "required_field"),
        ("sample_sheet.csv", ROWS + "barcode02,sample2,test_sample,x\n", (3, 4), "unknown_field"),
        ("sample_sheet.csv", "barcode,type\nbarcode01,test_sample\n", (1, 1), "required_field"),
        ("sample_sheet.csv", "barcode,alias,type\n", (1, 1), "required_field"),
        ("sample_sheet.csv", "flow_cell_id,alias,kit\nF,a,k\nF,b,k\n", (3, 1), "required_field"),
        ("sample_sheet.csv", "name,colour\na,red\n", (1, 1), "unknown_format"),
    ],
)
def test_what_is_wrong_is_refused_with_a_place(tmp_path, name, content, place, code):
    found = refusals("nanopore", write(tmp_path / name, content))
    assert [(line, column, of) for line, column, of, _ in found] == [(*place, code)]


def test_every_real_summary(shared_data):
    paths = sorted((shared_data / "nanopore/final_summaries").iterdir())
    assert len(paths) > 10
    for path in paths:
        said = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
        (run,) = import_runs("nanopore", path)
        assert run["sequencing_id"] == said.get("protocol_run_id")
        assert run.get("flowcell_id") == said.get("flow_cell_id")
        if "sample_id" in said:
            assert [of["central_sample_id"] for of in run["biosamples"]] == [said["sample_id"]]
            assert run["library_seq_kit"] == said["protocol"].split(":")[2]


def test_every_real_sheet(shared_data):
    """Those that their own project holds for invalid are refused: a barcode or alias twice, or without the other."""
    invalid = ("case11", "dupealias", "barcodealias", "sheet_12.", "sheet_2.", "sheet_3.", "sheet_4.")
    for path in sorted((shared_data / "nanopore/sample_sheets").iterdir()):
        if any(part in path.name for part in invalid):
            refusals("nanopore", path)
        else:
            aliases = [line.split(",") for line in path.read_text().split()]
            column = aliases[0].index("alias")
            assert list(import_samples("nanopore", path)) == [row[column] for row in aliases[1:]]
