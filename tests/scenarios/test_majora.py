"""Requests that were recorded at a Majora server, as descriptions: the same verdict, and the same field blamed.

Where seqmeta answers otherwise on purpose, the case is in `DIFFERENCES` with the reason. The requests lie beside the
project; without them these tests are skipped.
"""

import json
import uuid
from pathlib import Path

import pytest
from lab import Lab

RECORDED = Path(__file__).resolve().parents[3] / "shared/cases/majora.jsonl"
LINES = RECORDED.read_text().splitlines() if RECORDED.is_file() else []
CASES = [case for case in map(json.loads, LINES) if "payload" in case]

ACCEPTED: frozenset[str] = frozenset()
DIFFERENCES = {
    "W06": (ACCEPTED, "there is no client whose version could be too old"),
    "L07": (
        {"library_source", "library_selection", "library_strategy"},
        "a plain list is read; these are missing then",
    ),
    "L19": ({"library_layout_read_length"}, "150.0 is not how a whole number is written"),
    "L25": (ACCEPTED, "every vocabulary takes a space for an underscore"),
    "L29": ({"library_strategy"}, "the options are those of the 2020 interface until a workspace adds a line"),
    "L57": ({"sequencing_org_received_date"}, "01/02/2021 is two days: a date is YYYY-MM-DD"),
    "L69": (ACCEPTED, "records are made whole, so nothing is met half-made"),
    "S06": (ACCEPTED, "no run is described, and that is no mistake"),
    "S08": ({"sequencing_id"}, "a run is named by its sequencing_id, not by its run_name"),
    "S09b": (ACCEPTED, "the same description again is the same run"),
    "S13": (ACCEPTED, "a run_name names nothing: two runs may have one"),
    "S15": ({"sequencing_id"}, "a UUID is written with its hyphens"),
    "S32": ({"instrument_model"}, "MiSeq is no model of this make"),
    "S34": ({"instrument_model"}, "MiSeq is no model of this make"),
    "S41": (ACCEPTED, "the model is optional"),
    "S43": ({"instrument_model"}, "GridION is no model of ILLUMINA"),
    "S65": ({"instrument_model"}, "NextSeq is a family of models, none of them meant"),
}
TRANSPORT = {"client_name", "client_version", "force_biosamples", "token", "username"}
SAID_OF_ALL_RUNS = {"bioinfo_pipe_name", "bioinfo_pipe_version", "run_group"}


def _number(case):
    return case["case"].split()[0]


def _registered(payload):
    """The biosamples that were registered at the server: all that are asked for but those made up to be missing."""
    names = [of["central_sample_id"] if isinstance(of, dict) else of for of in payload["biosamples"]]
    return [{"central_sample_id": name.upper()} for name in names if not name.startswith("NOPE")]


def _describe_library(payload):
    library = {key: value for key, value in payload.items() if key not in TRANSPORT}
    return [{"biosamples": _registered(payload)}, {"library": library}]


def _describe_runs(payload, number):
    """Each run as a description; Majora makes the sequencing_id up where seqmeta wants it said."""
    known = payload["library_name"] != "NO-SUCH-LIBRARY"
    library = {
        "library_name": payload["library_name"],
        "library_layout_config": "SINGLE",
        "library_seq_kit": "LSK109",
        "library_seq_protocol": "LIGATION",
        "library_source": "VIRAL_RNA",
        "library_selection": "PCR",
        "library_strategy": "AMPLICON",
        "biosamples": ["HOOT-1"],
    }
    documents = [{"biosample": {"central_sample_id": "HOOT-1"}}, *([{"library": library}] if known else [])]
    for place, run in enumerate(payload["runs"]):
        body = run
        if isinstance(run, dict):
            made_up = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number} {place}"))
            given = {} if number == "S08" else {"sequencing_id": made_up}
            shared = {key: payload[key] for key in SAID_OF_ALL_RUNS & payload.keys()}
            body = {"library_name": payload["library_name"], **given, **shared, **run}
        documents.append({"sequencing_run": body})
    return documents


def _field(path):
    """The field that a path blames: what is wrong with a sample's own field is no fault of the list."""
    _, *fields = path.split(".")
    if len(fields) > 2 and fields[0] == "biosamples" and fields[2] != "central_sample_id":
        return fields[2]
    return fields[0] if fields else ""


def _blamed(case):
    """The fields that Majora blamed; an empty set where it accepted."""
    reply = case["reply"]
    fields: set[str] = set()
    for message in reply.get("messages", []):
        if isinstance(message, dict):
            fields |= message.keys()
        elif "Biosample" in message:
            fields.add("biosamples")
        elif "key missing or empty" in message:
            fields.add(message.split("'")[1])
    named = {"L47": {"metadata"}, "L49": {"metadata"}, "S3A": {"instrument_make"}, "S73": {""}}
    return named.get(_number(case), fields)


@pytest.mark.parametrize("case", CASES, ids=_number)
def test_the_same_verdict_and_the_same_field(tmp_path, case):
    number, payload = _number(case), case["payload"]
    force = bool(payload.get("force_biosamples"))
    lab = Lab(tmp_path / "lab", unregistered_biosamples="stub" if force else "refuse")
    documents = _describe_library(payload) if case["endpoint"] == "lib" else _describe_runs(payload, number)
    for place, document in enumerate(documents):
        lab.write(f"{place}.json", json.dumps(document))
    answer = lab.apply()
    errors = [problem for problem in answer["problems"] if problem["severity"] == "error"]
    blamed = {_field(problem["path"]) for problem in errors}
    expected, _ = DIFFERENCES.get(number, (_blamed(case), ""))
    assert blamed == set(expected), [problem["message"] for problem in errors]
    assert (answer["code"], answer["commit"] is not None) == ((1, False) if expected else (0, True))
    if number not in DIFFERENCES:
        assert bool(errors) == (case["reply"]["errors"] > 0)


@pytest.mark.parametrize("number", DIFFERENCES)
def test_every_difference_is_one(number):
    if not CASES:
        pytest.skip("no recorded requests beside the project")
    case = next(case for case in CASES if _number(case) == number)
    expected, reason = DIFFERENCES[number]
    assert reason
    assert set(expected) != _blamed(case) or bool(expected) != (case["reply"].get("errors", 1) > 0)
