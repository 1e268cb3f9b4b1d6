"""`seqmeta log`: every version of one record, and what changed in it (CONTRACT 4)."""

import subprocess
from datetime import UTC, datetime

from ordering import OPTIONS, order, submission
from reading import CREATION, ReadingLab, tell_story


def test_every_version_newest_first_with_what_changed(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    commits = [lab.good(order(comments=text))["commit"] for text in ("one", "two")]
    commits.append(lab.good(order(comments="two", request_options={**OPTIONS, "read_length": 37}))["commit"])
    versions = lab.json("log", "o1")
    assert [(of["version"], of["commit"]) for of in versions] == list(zip((3, 2, 1), reversed(commits), strict=True))
    assert [of["changes"] for of in versions] == [
        [{"path": "order.request_options.read_length", "from": 76, "to": 37}],
        [{"path": "order.comments", "from": "one", "to": "two"}],
        [],
    ]
    assert [of["created"] for of in versions] == [False, False, True]
    assert versions[0]["author"] == {"name": "Example lab", "email": "lab@example.org"}
    committed = datetime.fromtimestamp(int(lab.git("show", "-s", "--format=%at", commits[2])), UTC)
    assert versions[0]["time"] == committed.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert versions[0]["subject"] == lab.git("show", "-s", "--format=%s", commits[2])


def test_only_commits_that_changed_the_record(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    lab.good(order(), order("o2", assets=["tube2"]))
    assert len(lab.json("log", "o1")) == 1
    assert len(lab.json("log", "o2")) == 1
    text = lab.text("log", "o1")
    assert "version 1" in text
    assert "created" in text


def test_up_to_a_revision(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    for text in ("one", "two", "three"):
        lab.good(order(comments=text))
    assert [of["version"] for of in lab.json("log", "o1", "--rev", "HEAD~1")] == [2, 1]


def test_the_commit_of_the_descriptions_is_named(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    git = ["git", "-C", str(lab.root), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "descriptions"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    lab.good(order())
    assert [of["descriptions_commit"] for of in lab.json("log", "o1")] == [head]
    assert {of["descriptions_commit"] for of in lab.json("blame", "o1")} == {head}


def test_a_request_is_told_where_its_history_is(tmp_path):
    lab = tell_story(tmp_path / "lab")
    complaint = lab.fails(2, "log", lab.requests(CREATION)[0])
    assert "is a request and has no record of its own" in complaint
    assert [of["version"] for of in lab.json("log", "progress/s1")] == [2, 1]
    assert len(lab.json("log", "s1")) == 1


def test_a_sealed_submission_has_the_version_that_sealed_it(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order(), submission(submit=None))
    sealing = lab.good(order(), submission())["commit"]
    latest, first = lab.json("log", "s1")
    assert latest["commit"] == sealing
    paths = [change["path"] for change in latest["changes"]]
    assert paths == ["submission.requests", "submission.seal", "submission.state", "submission.submit"]
    assert first["created"]
