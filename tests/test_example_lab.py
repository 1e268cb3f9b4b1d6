"""The example lab against what it is taken from: sequencer output, the two seeds, and the rule that makes UUIDs."""

import json
import shutil
import subprocess
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
    assert {(row[1].split("__")[1].removesuffix("L01"), f"{row[7]}+{row[9]}") for row in rows} == {
        (sample["central_sample_id"], sample["barcode"]) for sample in run["biosamples"]
    }
    assert {row[10] for row in rows} == {run["library_name"]}


def seqmeta(workspace, *words):
    return subprocess.run(["seqmeta", "-C", workspace, *words], capture_output=True, text=True, check=False)


@pytest.fixture
def workspace(project, tmp_path):
    shutil.copytree(project / "config", tmp_path / "config")
    return tmp_path


def test_the_lab_becomes_records_in_one_commit_without_a_problem(workspace, lab):
    applied = seqmeta(workspace, "apply", "--format", "json")
    assert (applied.returncode, applied.stderr) == (0, "")
    outcome = json.loads(applied.stdout)
    assert outcome["problems"] == []

    records = list((workspace / "records").glob("*/*/*.json"))
    assert len(records) == len(outcome["created"])
    # One order names the group that it makes and another does not; the example of the submission API has a third.
    described = {"sequencing_runs": len(lab["sequencing_run"]), "asset_groups": 1 + 3}
    for folder, number in described.items():
        assert len(list((workspace / "records" / folder).glob("*/*.json"))) == number, folder

    log = subprocess.run(
        ["git", "-C", workspace / "records", "log", "--format=%H"], capture_output=True, text=True, check=True
    )
    assert log.stdout.split() == [outcome["commit"]]
    assert json.loads(seqmeta(workspace, "apply", "--format", "json").stdout)["commit"] is None


def test_the_submission_that_was_sequenced_is_sealed_and_done(workspace):
    assert seqmeta(workspace, "apply").returncode == 0
    (progress,) = [json.loads(path.read_text()) for path in (workspace / "records" / "progress").glob("*/*.json")]
    states = [request["state"] for request in progress["progress"]["requests"].values()]
    assert sorted(states) == ["failed"] + ["passed"] * 5
    assert progress["progress"]["percent"] == 5 * 100 // (6 - 1)


def test_the_problem_that_the_readme_shows_is_the_one_that_is_found(workspace, project):
    readme = (project / "README.md").read_text(encoding="utf-8")
    (shown,) = [line for line in readme.splitlines() if line.endswith("[not_allowed]")]
    path = workspace / shown.partition(":")[0]
    path.write_text(path.read_text().replace("library_layout_config: SINGLE", "library_layout_config: SINGEL"))
    checked = seqmeta(workspace, "check")
    assert checked.returncode == 1
    assert shown in checked.stdout.splitlines()
