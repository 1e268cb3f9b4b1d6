"""The example lab against what it is taken from: sequencer output, the two seeds, and the rule that makes UUIDs."""

import uuid
from xml.etree import ElementTree as ET

import pytest
import yaml

from seqmeta.kinds import load_kinds

SEQMETA = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")


def derive(*parts):
    return str(uuid.uuid5(SEQMETA, "\n".join(parts)))


@pytest.fixture(scope="module")
def lab(project):
    """Everything the example describes: by kind, the bodies, every scalar as text."""
    found = {}
    for path in sorted((project / "config" / "descriptions").rglob("*.yaml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
            for key, body in document.items():
                kind = {"studies": "study"}.get(key, key.removesuffix("s") if isinstance(body, list) else key)
                found.setdefault(kind, []).extend(body if isinstance(body, list) else [body])
    return found


@pytest.fixture(scope="module")
def runs(lab):
    return {run["sequencing_id"]: run for run in lab["sequencing_run"]}


def test_the_requests_that_are_named_are_those_of_the_submission(lab):
    submission = derive("submission", "Rapid run April 2018")
    pool = derive("pool", submission, "0", submission)
    lanes = [derive("request", submission, "1", submission, pool, multiple) for multiple in ("0", "1")]

    (progress,) = lab["progress"]
    assert {event["request"] for event in progress["events"] if "request" in event} == set(lanes)
    assert [run["requests"] for run in lab["sequencing_run"] if "requests" in run] == [lanes]


def test_every_kind_is_described(lab):
    assert set(lab) == set(load_kinds()) - {"request_type", "order_template"}, "these two are in the catalogue"


def test_the_seeds_own_examples_are_there(lab, runs):
    assert runs["09ef4b3a-1bad-453a-a291-029ac9bd705d"]["biosamples"] == ["BIRM-XXXXX", "BIRM-YYYYY", "BIRM-ZZZZZ"]
    (order,) = [order for order in lab["order"] if order.get("uuid") == "11111111-2222-3333-4444-555555555555"]
    assert order["request_options"] == {
        "read_length": "76",
        "library_type": "No PCR",
        "fragment_size_required": {"from": "100", "to": "200"},
    }


def read_summary(path):
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)


def test_nanopore_runs_are_what_minknow_wrote(runs, shared_data):
    summaries = [read_summary(path) for path in (shared_data / "nanopore" / "final_summaries").glob("*.txt")]
    described = [summary for summary in summaries if summary.get("protocol_run_id") in runs]
    assert len(described) == 4
    for summary in described:
        run = runs[summary["protocol_run_id"]]
        assert run["flowcell_id"] == summary["flow_cell_id"]
        assert run["flowcell_type"] == summary["protocol"].split(":")[1]
        assert summary["started"][:16] == run["start_time"].replace(" ", "T")[:16]
        assert summary["acquisition_stopped"][:16] == run["end_time"].replace(" ", "T")[:16]
        assert run.get("library_seq_kit", "SQK-LSK109") == summary["protocol"].split(":")[2]


def test_the_hiseq_run_is_what_the_instrument_wrote(runs, shared_data):
    (run,) = [run for run in runs.values() if run.get("instrument_model") == "HiSeq 2500"]
    info = ET.parse(shared_data / "illumina" / "run_info" / "npg_tracking__t_data_run_info_runInfo.hiseq.rr.twoind.xml")
    assert info.find("Run").get("Id") == run["run_name"]
    assert info.findtext("Run/Flowcell") == run["flowcell_id"]
    reads = [read.get("NumCycles") for read in info.iter("Read") if read.get("IsIndexedRead") == "N"]
    assert reads == [run["library_layout_read_length"]] * 2
    assert info.find("Run/FlowcellLayout").get("LaneCount") == str(len(run["requests"]))


def test_the_novaseq_pool_is_what_the_sample_sheet_says(runs, shared_data):
    (run,) = [run for run in runs.values() if run.get("instrument_model", "").startswith("NovaSeq")]
    (sheet,) = (shared_data / "illumina" / "sample_sheets").glob(
        f"*_auto_redo_seqdata_{run['run_name']}_SampleSheet.csv"
    )
    rows = [line.split(",") for line in sheet.read_text(encoding="utf-8").splitlines() if line.startswith("1,")]
    assert {(row[1].split("__")[1].removesuffix("L01"), f"{row[7]}-{row[9]}") for row in rows} == {
        (sample["central_sample_id"], sample["barcode"]) for sample in run["biosamples"]
    }
    assert {row[10] for row in rows} == {run["library_name"]}
