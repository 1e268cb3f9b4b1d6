"""Bodies for Majora: read in both forms, and given back through records as they came."""

import contextlib
import io
import json

import pytest
import yaml
from exporting import export
from lab import SAMPLES, Lab, biosamples

from seqmeta.cli import main

LIBRARY = {
    "library_name": "BIRM-LIBRARY-20200322",
    "library_layout_config": "PAIRED",
    "library_layout_read_length": 150,
    "library_layout_insert_length": 350,
    "library_seq_kit": "LSK109",
    "library_seq_protocol": "LIGATION",
    "metadata": {"artic": {"primers": "4", "protocol": "v4"}},
    "biosamples": [
        {
            "central_sample_id": SAMPLES[0],
            "library_source": "VIRAL_RNA",
            "library_selection": "PCR",
            "library_strategy": "AMPLICON",
            "library_primers": "ARTIC v3",
            "library_protocol": "ARTIC v3 (LoCost)",
            "barcode": "02",
            "sequencing_org_received_date": "2020-03-21",
        },
        {
            "central_sample_id": SAMPLES[1],
            "library_source": "GENOMIC",
            "library_selection": "RANDOM_PCR",
            "library_strategy": "WGS",
        },
    ],
}
SEQUENCING = {
    "library_name": "BIRM-LIBRARY-20200322",
    "runs": [
        {
            "sequencing_id": "09ef4b3a-1bad-453a-a291-029ac9bd705d",
            "run_name": "200322_M00001_0001",
            "run_group": "Batch 1",
            "instrument_make": "ILLUMINA",
            "instrument_model": "Illumina MiSeq",
            "flowcell_type": "v3",
            "flowcell_id": "000000000-ADWKV",
            "start_time": "2020-03-22 10:05",
            "end_time": "2020-03-23 11:00",
            "bioinfo_pipe_name": "ARTIC Pipeline",
            "bioinfo_pipe_version": "1.10",
        },
        {
            "sequencing_id": "19ef4b3a-1bad-453a-a291-029ac9bd705d",
            "instrument_make": "OXFORD_NANOPORE",
            "instrument_model": "GridION",
        },
    ],
}
SEED = """{
    "library_name": "BIRM-LIBRARY-20200322",
    "library_strategy": "AMPLICON",
    "library_source": "VIRAL RNA",
    "library_selection": "PCR",

    "biosamples": [
        "BIRM-XXXXX",
        "BIRM-YYYYY",
        "BIRM-ZZZZZ",
    ],

    "sequencing_id": "09ef4b3a-1bad-453a-a291-029ac9bd705d",
    "instrument_make": "OXFORD_NANOPORE",
}
"""


@pytest.fixture
def importer(tmp_path):
    lab = Lab(tmp_path / "lab")

    def call(body):
        path = tmp_path / "body.json"
        path.write_text(body if isinstance(body, str) else json.dumps(body))
        code, out, err = lab.call("import", "majora", str(path))
        return code, out, err.removeprefix(f"{tmp_path}/")

    return call


def test_bodies_come_back_as_they_were(tmp_path, importer):
    lab = Lab(tmp_path / "records")
    for name, body in (("library", LIBRARY), ("sequencing", SEQUENCING)):
        code, text, err = importer(body)
        assert (code, err) == (0, "")
        lab.write(f"{name}.yaml", text)
    lab.good(biosamples())
    files = export(lab, "majora", tmp_path / "out")
    assert json.loads(files["library.add/BIRM-LIBRARY-20200322.json"]) == LIBRARY
    assert json.loads(files["sequencing.add/BIRM-LIBRARY-20200322.json"]) == SEQUENCING
    header, *rows = files["majora.metadata.tsv"].decode().splitlines()
    table = [dict(zip(header.split("\t"), row.split("\t"), strict=True)) for row in rows]
    assert [(of["sequencing_id"][:2], of["central_sample_id"], of["barcode"]) for of in table] == [
        ("09", SAMPLES[0], "02"),
        ("09", SAMPLES[1], ""),
        ("19", SAMPLES[0], "02"),
        ("19", SAMPLES[1], ""),
    ]
    assert table[0]["bioinfo_pipe_version"] == "1.10"


def test_the_example_of_the_documentation(importer):
    """It ends lists with commas, and leaves out keys that its own table requires: these are gaps."""
    code, text, err = importer(SEED)
    assert (code, err) == (0, "")
    run = yaml.load(text, yaml.BaseLoader)["sequencing_run"]
    assert run["biosamples"] == list(SAMPLES)
    assert (run["library_source"], run["instrument_make"]) == ("VIRAL RNA", "OXFORD_NANOPORE")
    assert [key for key, value in run.items() if value == ""] == [
        "library_layout_config",
        "library_seq_kit",
        "library_seq_protocol",
        "library_sop_name",
        "library_sop_version",
    ]


def test_what_has_no_place_is_a_comment_and_a_token_stays_secret(importer):
    code, text, _ = importer({**LIBRARY, "client_name": "ocarina", "token": "hunter2", "colour": {"a": 1}})
    assert code == 0
    assert "client_name: ocarina" in text
    assert "colour" in text
    assert "hunter2" not in text


def test_a_run_without_a_uuid_gets_the_same_one_each_time(importer):
    body = {"library_name": "L", "runs": [{"run_name": "RUN-0001", "instrument_make": "illumina"}]}
    found = {yaml.load(importer(body)[1], yaml.BaseLoader)["sequencing_run"]["sequencing_id"] for _ in range(2)}
    assert len(found) == 1


def test_a_library_beside_several_runs_is_described_once(tmp_path, importer):
    runs = [{"run_name": "RUN-1"}, {"run_name": "RUN-2"}]
    body = {**LIBRARY, "instrument_make": "ILLUMINA", "colour": "red", "runs": runs}
    code, text, err = importer(body)
    assert (code, err) == (0, "")
    assert text.count("colour: red") == 1
    lab = Lab(tmp_path / "records")
    lab.write("imported.yaml", text)
    lab.good(biosamples())
    assert [len(lab.list_records(kind)) for kind in ("library", "sequencing_run")] == [1, 2]


@pytest.mark.parametrize(
    "body, message",
    [
        ({"library_name": "L", "runs": [{}] * 2_001}, "there are 2,001 runs: expected at most 2,000 in one file"),
        ({"library_name": "L", "requests": ["R"] * 60, "runs": [{}] * 2_000}, "too much that would count for each"),
        ("---\n{library_name: L}\n" * 2_001, "the file has 2,001 bodies: expected at most 2,000 in one file"),
    ],
)
def test_more_than_a_person_reviews_is_refused(importer, body, message):
    code, text, err = importer(body)
    assert (code, text, len(err.splitlines())) == (1, "", 1)
    assert message in err
    assert err.endswith("[out_of_range]\n")


def test_times_with_seconds_as_the_documentation_of_the_later_form_has_them(importer):
    run = {"run_name": "RUN-0001", "instrument_make": "ILLUMINA", "start_time": "2020-03-22 10:05:30"}
    code, text, err = importer({"library_name": "L", "runs": [run]})
    assert (code, err) == (0, "")
    assert yaml.load(text, yaml.BaseLoader)["sequencing_run"]["start_time"] == "2020-03-22T10:05:30Z"
    code, _, err = importer({"library_name": "L", "runs": [{**run, "start_time": "2020-03-22 10:65:30"}]})
    assert (code, "[invalid_time]" in err) == (1, True)


@pytest.mark.parametrize(
    "body, problem",
    [
        ("", "body.json:1:1: "),
        ("{", "body.json:1:2: "),
        ("[1]", "body.json:1:1: the document is a list: expected a mapping"),
        ({**LIBRARY, "library_name": ""}, "library_name is missing or empty [required_field]"),
        ({**LIBRARY, "biosamples": []}, "biosamples are missing or empty [required_field]"),
        ({"library_name": "L", "runs": []}, "runs are missing or empty"),
        ({"library_name": "L", "runs": None}, "runs are missing or empty"),
        ({"library_name": "L", "runs": "x"}, "'x' is no list of runs: expected a list of them [wrong_type]"),
        (
            {"library_name": "L", "runs": {"run_name": "RUN-1"}},
            "is no list of runs: expected a list of them [wrong_type]",
        ),
        ({"library_name": "L", "runs": ["RUN-1"]}, "'RUN-1' is no run"),
        ({"library_name": "L", "runs": [{"instrument_make": "ILLUMINA"}]}, "a run needs one of them"),
        ({**LIBRARY, "library_layout_config": "BOTH"}, "[not_allowed]"),
        ({**LIBRARY, "library_seq_kit": "k" * 97}, "[out_of_range]"),
        (SEED.replace("09ef4b3a-", "09ef4b3a"), "body.json:13:22: "),
    ],
)
def test_what_majora_would_refuse_is_refused_at_its_place(importer, body, problem):
    code, text, err = importer(body)
    assert (code, text) == (1, "")
    assert problem in err


def recorded(project):
    path = project.parent / "shared" / "cases" / "majora.jsonl"
    if not path.is_file():
        pytest.skip("no recorded bodies beside the project")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_bodies_that_majora_took_are_read(tmp_path, project):
    """All but one, whose two runs have one name: Majora takes the second for a correction of the first."""
    failed = []
    for case in recorded(project):
        if "payload" in case and case["reply"].get("success"):
            path = tmp_path / "body.json"
            path.write_text(json.dumps(case["payload"]))
            with contextlib.redirect_stdout(io.StringIO()):
                code = main(["-C", str(tmp_path), "import", "majora", str(path)])
            failed += [case["case"]] if code else []
    assert failed == ["S65 same run_name twice in one request"]
