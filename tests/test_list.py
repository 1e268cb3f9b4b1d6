"""`seqmeta list`: what there is of a kind, in which state (CONTRACT 2.3 and 4)."""

import csv
import io

from lab import Lab, biosamples
from ordering import building, order, submission
from reading import RUN_ID, ReadingLab, tell_story


def test_all_of_a_kind_by_name_with_state_and_version(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order("later"), order("earlier", assets=None, request_options=None))
    lab.good(order("later", comments="more"), order("earlier", assets=None, request_options=None), building("later"))
    rows = lab.json("list", "order")
    assert [(row["name"], row["state"], row["version"]) for row in rows] == [
        ("earlier", "building", 1),
        ("later", "locked", 2),
    ]
    assert [row["uuid"] for row in rows] == [lab.body("order", row["name"])["uuid"] for row in rows]
    assert lab.json("list", "orders", "--state", "locked") == rows[1:]
    assert lab.json("list", "orders", "--state", "sealed") == []


def test_a_cancelled_submission_is_listed_as_cancelled(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    documents = [order(), order("o2", assets=["tube2"])]
    lab.good(*documents, submission(), submission("o2", name="s2"))
    lab.good(*documents, submission(cancel=True), submission("o2", name="s2"))
    assert lab.body("submission", "s1")["state"] == "ready"
    assert [(row["name"], row["state"]) for row in lab.json("list", "submissions")] == [
        ("s1", "cancelled"),
        ("s2", "ready"),
    ]
    assert [row["name"] for row in lab.json("list", "submission", "--state", "cancelled")] == ["s1"]
    assert [row["name"] for row in lab.json("list", "submission", "--state", "ready")] == ["s2"]
    told = [(row["name"], row["state"]) for row in lab.json("list", "progress")]  # which has the submission's name
    assert told == [("s1", "cancelled"), ("s2", "ready")]


def test_studies_are_active_unless_they_say_otherwise(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good({"studies": [{"name": "ended", "state": "inactive"}, {"name": "under way"}]})
    assert [row["name"] for row in lab.json("list", "study", "--state", "active")] == [
        "Cohort",
        "Other study",
        "under way",
    ]
    assert [row["name"] for row in lab.json("list", "studies", "--state", "inactive")] == ["ended"]


def test_runs_are_told_by_name_instrument_and_start(tmp_path):
    lab = tell_story(tmp_path / "lab")
    (row,) = lab.json("list", "sequencing_run")
    assert (row["uuid"], row["run_name"], row["instrument"], row["start"]) == (
        RUN_ID,
        "first run",
        "OXFORD_NANOPORE",
        None,
    )


def test_a_kind_is_found_in_either_number_and_spelling(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good()
    for word in ("study", "studies", "Studies", "request-type", "request_types"):
        assert lab.text("list", word)
    assert "did you mean order?" in lab.fails(2, "list", "oder")
    assert "expected one of study, project" in lab.fails(2, "list", "xyz")


def test_an_older_revision_lists_what_was_then(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    lab.good(order(), order("o2", assets=["tube2"]))
    assert len(lab.json("list", "order")) == 2
    assert [row["name"] for row in lab.json("list", "order", "--rev", "HEAD~1")] == ["o1"]


def test_csv_is_exact_and_no_spreadsheet_takes_it_for_a_formula(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    names = ["=1+1", "+1", "-1", "@SUM(A1)", 'a "quoted", one', "plain", "1-2"]
    lab.good({"biosamples": [{"central_sample_id": name} for name in names]})
    table = list(csv.DictReader(io.StringIO(lab.text("list", "biosample", "--format", "csv"))))
    assert {row["name"] for row in table} == {"'=1+1", "'+1", "'-1", "'@SUM(A1)", 'a "quoted", one', "plain", "1-2"}
    assert {row["name"] for row in lab.json("list", "biosample")} == set(names)


def test_a_revision_may_be_searched_by_the_message_of_its_commit(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples("BIRM-1", "BIRM-2"))
    lab.good(biosamples("BIRM-1", "BIRM-2", "BIRM-3"))
    for text, lines in (("Create", 4), ("Create 1", 4), ("Create 2", 3)):
        code, out, err = lab.call("list", "biosample", "--rev", f":/{text}", "--format", "csv")
        assert (code, len(out.splitlines())) == (0, lines), err
    assert lab.call("list", "biosample", "--rev", ":/never said")[0] == 3
