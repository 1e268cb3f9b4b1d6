"""`seqmeta log`: every version of one record, and what changed in it (CONTRACT 4)."""

import subprocess
from datetime import UTC, datetime

import pytest
from lab import call
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


def test_up_to_a_version_that_there_is(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    for text in ("one", "two", "three"):
        lab.good(order(comments=text))
    assert [of["version"] for of in lab.json("log", "o1@2")] == [2, 1]
    for command in ("log", "blame"):
        assert "there is no version 9 of order o1: the last is 3" in lab.fails(2, command, "o1@9")


def git(folder, *words):
    """Ask git in a repository of descriptions."""
    start = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run([*start, *words], check=True, capture_output=True, text=True).stdout.strip()


def commit_descriptions(folder):
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "descriptions")
    return git(folder, "rev-parse", "HEAD")


def test_the_commit_of_the_descriptions_is_named(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    head = commit_descriptions(lab.root)
    lab.good(order())
    assert [of["descriptions_commit"] for of in lab.json("log", "o1")] == [head]
    assert {of["descriptions_commit"] for of in lab.json("blame", "o1")} == {head}


@pytest.mark.parametrize(("stands_in", "workspace"), [("lab", "."), (".", "lab")])
def test_the_commit_of_the_descriptions_is_found_above_a_relative_workspace(tmp_path, stands_in, workspace):
    lab = ReadingLab(tmp_path / "lab")
    lab.describe(order())
    head = commit_descriptions(tmp_path)
    assert call(tmp_path / stands_in, "-C", workspace, "apply").returncode == 0
    assert lab.json("log", "o1")[0]["descriptions_commit"] == head


def test_a_linked_worktree_has_its_own_commit_and_the_user_of_all(tmp_path):
    first = commit_descriptions(tmp_path)
    git(tmp_path, "worktree", "add", "-q", "--detach", "side")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "later")
    git(tmp_path, "config", "user.name", "Of all")
    git(tmp_path, "config", "user.email", "all@example.org")
    lab = ReadingLab(tmp_path / "side" / "lab", committer=None)
    lab.good(order())
    latest = lab.json("log", "o1")[0]
    assert latest["descriptions_commit"] == first
    assert latest["author"] == {"name": "Of all", "email": "all@example.org"}


def test_a_plain_repository_around_the_workspace_says_who_commits(tmp_path):
    commit_descriptions(tmp_path)
    git(tmp_path, "config", "user.name", "Of the workspace")
    git(tmp_path, "config", "user.email", "workspace@example.org")
    lab = ReadingLab(tmp_path / "lab", committer=None)
    lab.good(order())
    assert lab.json("log", "o1")[0]["author"] == {"name": "Of the workspace", "email": "workspace@example.org"}


@pytest.mark.parametrize("content", [b"\xff", b"gitdir: nowhere", b"elsewhere: lab", b""])
def test_a_file_that_leads_to_no_repository_stands_for_none(tmp_path, content):
    (tmp_path / ".git").write_bytes(content)
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    assert [of["descriptions_commit"] for of in lab.json("log", "o1")] == [None]


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
