"""Versions, commits and refusals: what a run adds to the history, and when it adds nothing (CONTRACT 3)."""

import json
import shutil

import pytest
from lab import LIBRARY, RUN_ID, SAMPLES, Lab, biosamples, dump, library_of, run_of, sequenced

from seqmeta import commit_message, orphans

NAME = str(LIBRARY["library_name"])


def _versions(lab):
    kinds = ("biosample", "library", "sequencing_run")
    return {of[kind]["uuid"]: of["meta"]["version"] for kind in kinds for of in lab.list_records(kind)}


def _count(lab):
    return int(lab.git("rev-list", "--count", "HEAD"))


def test_a_version_goes_up_by_one_only_when_the_body_changes(lab):
    lab.good(biosamples(), run_of())
    assert set(_versions(lab).values()) == {1}
    for version, kit in enumerate(("LSK110", "LSK109", "LSK110"), 2):
        answer = lab.good(biosamples(), run_of(library_seq_kit=kit))
        assert answer["updated"] == [lab.body("library", NAME)["uuid"]]
        assert answer["created"] == []
        others = [of for uuid, of in _versions(lab).items() if uuid != lab.body("library", NAME)["uuid"]]
        assert lab.record("library", NAME)["meta"]["version"] == version
        assert set(others) == {1}
    assert _count(lab) == 4


def test_one_run_is_one_commit_and_nothing_is_none(lab):
    first = lab.good(biosamples(), run_of())
    assert first["commit"] == lab.head()
    assert len(first["created"]) == 5
    for document in (run_of(), run_of(library_source="viral rna"), run_of(library_seq_kit="  LSK109 ")):
        again = lab.good(biosamples(), document)
        assert (again["commit"], again["created"], again["updated"]) == (None, [], [])
    lab.good(biosamples(), run_of(flowcell_id="F"), {"study": {"name": "S"}})
    assert _count(lab) == 2
    assert lab.git("status", "--porcelain", "--ignored") == ""


def test_an_empty_workspace_makes_no_commit(lab):
    assert lab.good()["commit"] is None
    code, out, _ = lab.call("check")
    assert (code, "0 described" in out) == (0, True)


def test_created_and_updated_are_sorted_by_folder_and_uuid(lab):
    lab.good(biosamples("A"), library_of(biosamples=["A"]))
    answer = lab.good(biosamples("A", "B", "C"), library_of(biosamples=["B"]), sequenced(), {"study": {"name": "S"}})
    created = [
        next(lab.records.glob(f"*/*/{uuid}.json")).relative_to(lab.records).as_posix() for uuid in answer["created"]
    ]
    assert created == sorted(created)
    assert len(answer["updated"]) == 1


def test_a_renamed_or_touched_file_is_no_change(lab):
    lab.good(biosamples(), run_of())
    work = lab.descriptions / "work.yaml"
    work.rename(lab.descriptions / "other.yml")
    assert lab.good()["commit"] is None
    (lab.descriptions / "other.yml").write_text("# reviewed\n" + (lab.descriptions / "other.yml").read_text())
    assert lab.good()["commit"] is None


def test_a_refusal_leaves_everything_as_it_was(lab):
    lab.good(biosamples(), run_of())
    before = (lab.head(), lab.git("status", "--porcelain"), _versions(lab))
    lab.write("b.yaml", "study: {nme: X}\n")
    problems = lab.refused(biosamples(*SAMPLES, "NEW"), run_of(library_seq_kit="LSK110"))
    assert {of["code"] for of in problems} == {"unknown_field", "required_field"}
    assert (lab.head(), lab.git("status", "--porcelain"), _versions(lab)) == before


def test_a_first_run_that_is_refused_makes_no_store(lab):
    lab.refused(run_of())
    assert not lab.records.exists()


def test_an_orphan_is_a_warning_at_its_record_and_stays(lab):
    lab.good(biosamples(), run_of())
    answer = lab.good(biosamples())
    assert answer["commit"] is None
    warnings = {(of["file"], of["line"], of["column"], of["code"], of["severity"]) for of in answer["problems"]}
    library = lab.body("library", NAME)["uuid"]
    assert warnings == {
        (f"records/sequencing_runs/09/{RUN_ID}.json", 1, 1, "orphaned", "warning"),
        (f"records/libraries/{library[:2]}/{library}.json", 1, 1, "orphaned", "warning"),
    }
    assert lab.good(biosamples(), run_of())["problems"] == []


@pytest.mark.parametrize("is_index_kept", [True, False])
def test_of_very_many_orphans_the_first_are_named_and_all_are_counted(lab, monkeypatch, is_index_kept):
    monkeypatch.setattr(orphans, "MOST_PROBLEMS", 3)
    studies = [{"study": {"name": f"Study {number}"}} for number in range(10)]
    lab.good(biosamples(), *studies)
    paths = sorted(f"records/{path.relative_to(lab.records)}" for path in lab.records.glob("studies/*/*.json"))
    for described in (0, 0, 1, 8, 0):
        if not is_index_kept:
            shutil.rmtree(lab.root / ".seqmeta")
        problems = lab.good(biosamples(), *studies[:described])["problems"]
        names = {f"records/{study_path(lab, of)}" for of in studies[:described]}
        gone = [path for path in paths if path not in names]
        assert {(of["code"], of["severity"]) for of in problems} == {("orphaned", "warning")}
        told = [of["message"] for of in problems if of["file"] == "records"]
        assert told == [f"{len(gone)} records are not described any more and stay; the first 3 of them are named"] * (
            len(gone) > 3
        )
        assert [of["file"] for of in problems if of["file"] != "records"] == gone[:3]


def study_path(lab, study):
    uuid = lab.record("study", study["study"]["name"])["study"]["uuid"]
    return f"studies/{uuid[:2]}/{uuid}.json"


def test_strict_takes_warnings_for_errors(lab):
    lab.good(biosamples(), run_of())
    lab.describe(biosamples("BIRM-NEW"))
    head = lab.head()
    assert [lab.call(command)[0] for command in ("check", "plan")] == [0, 0]
    assert [lab.call(command, "--strict")[0] for command in ("check", "plan", "apply")] == [1, 1, 1]
    assert lab.head() == head
    assert lab.call("apply")[0] == 0


def test_plan_says_what_apply_does_and_writes_nothing(lab):
    lab.describe(biosamples(), run_of())
    code, out, _ = lab.call("plan", "--format", "json")
    plan = json.loads(out)
    assert (code, plan["updated"], plan["problems"], lab.records.exists()) == (0, [], [], False)
    assert {(of["kind"], of["name"]) for of in plan["created"]} >= {("biosample", SAMPLES[0]), ("library", NAME)}
    assert [of["uuid"] for of in plan["created"]] == lab.good()["created"]
    lab.describe(biosamples(), run_of(library_seq_kit="LSK110"))
    plan = json.loads(lab.call("plan", "--format", "json")[1])
    (updated,) = plan["updated"]
    assert updated["changes"] == [{"path": "library.library_seq_kit", "from": "LSK109", "to": "LSK110"}]


def test_the_descriptions_and_the_version_stand_in_the_commit(lab):
    lab.good(biosamples())
    message = lab.git("log", "-1", "--format=%B")
    assert "sha256:" in message
    assert lab.git("log", "-1", "--format=%an <%ae> %cn") == "Example lab <lab@example.org> Example lab"
    changed = dump(biosamples(), {"study": {"name": "S"}})
    lab.write("work.yaml", changed)
    lab.good()
    assert lab.git("log", "-1", "--format=%B") != message


def test_the_message_of_a_large_commit_names_the_first_changes_and_counts_the_rest(lab, monkeypatch):
    monkeypatch.setattr(commit_message, "MOST_LINES", 2)
    lab.good(biosamples("A-1", "A-2", "A-3", "A-4", "A-5"))
    subject, _, *changes, _, digest, _ = lab.git("log", "-1", "--format=%B").strip().splitlines()
    assert subject == "Create 5 biosamples"
    assert [line.rpartition(": ")[2] for line in changes] == ["create", "create", "and 3 more"]
    assert digest.startswith("Descriptions-Digest: sha256:")


def test_two_workspaces_that_took_other_ways_agree_but_for_versions(tmp_path):
    one, other = Lab(tmp_path / "one"), Lab(tmp_path / "other")
    one.good(biosamples(), run_of(library_seq_kit="OLD"))
    for lab in (one, other):
        lab.good(biosamples(), run_of())
    bodies = [
        {path.name: json.loads(path.read_bytes()) for path in lab.records.glob("*/*/*.json")} for lab in (one, other)
    ]
    assert {name for name in bodies[0] if bodies[0][name] != bodies[1][name]} == {
        f"{one.body('library', NAME)['uuid']}.json"
    }
    assert one.record("library", NAME)["meta"]["digest"] == other.record("library", NAME)["meta"]["digest"]


UUID = "9e2b8ac0-36c9-5f6e-9c9f-0d4b1f5b3c11"


@pytest.mark.parametrize(
    "folder, record, said",
    [
        ("things", {}, "is in no folder of records: a newer seqmeta may know its kind, so use that; else take"),
        ("studies", {"meta": {}, "project": {}}, "is not a record of the kind study: expected the keys meta and study"),
        ("studies", {"meta": [], "study": {}}, "is not a record of the kind study: expected the keys meta and study"),
        (
            "studies",
            {"meta": {"schema": "study/9"}, "study": {}},
            "has the schema 'study/9': this seqmeta reads",
        ),
        ("studies", {"meta": {"schema": "study/1"}, "study": {}}, "has no version, no digest, or another UUID than"),
    ],
)
def test_what_is_committed_and_is_no_record_ends_a_run(lab, folder, record, said):
    lab.good(biosamples())
    path = lab.records / folder / UUID[:2] / f"{UUID}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    lab.git("add", "-A")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "By hand")
    head = lab.head()
    lab.describe(biosamples("NEW"))
    code, out, err = lab.call("apply")
    assert (code, out, lab.head()) == (3, "", head)
    assert f"{folder}/{UUID[:2]}/{UUID}.json {said}" in err


def test_a_copy_of_a_record_in_another_folder_is_not_taken_for_it(lab):
    """`verify` names it; a run that took it would compare descriptions with what nobody committed as that record."""
    lab.good({"study": {"name": "S"}})
    uuid = lab.body("study", "S")["uuid"]
    real = lab.records / f"studies/{uuid[:2]}/{uuid}.json"
    copy = lab.records / f"studies/{'00' if uuid[:2] != '00' else '01'}/{uuid}.json"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(real.read_bytes())
    lab.git("add", "-A")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "By hand")
    head = lab.head()
    lab.describe({"study": {"name": "S", "description": "new"}})
    code, out, err = lab.call("apply")
    assert (code, out, lab.head()) == (3, "", head)
    assert f"{copy.relative_to(lab.records)} has no version, no digest, or another UUID than its path" in err
