"""A record that a hand wrote, and that is none of its kind: whatever fails over it names it, and a bug is a bug."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ordering import PROJECT, OrderLab, order, submission
from storing import git

from seqmeta.canonical import digest
from seqmeta.commands import blame, diff, log, show
from seqmeta.commands import list as listing
from seqmeta.errors import CorruptRecordError
from seqmeta.git import Repository
from seqmeta.misfits import misfits_told


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    lab = OrderLab(tmp_path / "lab")
    lab.good(order(), submission())
    return lab


def rename(lab: OrderLab, name: str | None) -> str:
    """Name the project otherwise, or not at all, in a commit by hand; returns the record's path in the store."""
    kind = "project"
    path = lab.records / "projects" / PROJECT[:2] / f"{PROJECT}.json"
    record = json.loads(path.read_text())
    record[kind] = {key: value for key, value in {**record[kind], "name": name}.items() if value is not None}
    record["meta"] |= {"digest": digest(record[kind]), "version": record["meta"]["version"] + 1}
    path.write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    git(lab.records, "commit", "-qam", "By hand")
    return os.fspath(path.relative_to(lab.records))


@pytest.mark.parametrize("words", [("report", "charges"), ("report", "html", "-o", "page.html")])
def test_what_fails_over_a_misshapen_record_names_it(lab, words):
    path = rename(lab, None)
    code, _, err = lab.call(*words)
    fault = f"{path} is no record of its kind: project.name: it is missing"
    assert (code, err) == (3, f"seqmeta: {fault}; `seqmeta verify` names all such records [KeyError]\n")


def test_one_that_was_mended_since_is_named_with_its_commit(lab):
    path = rename(lab, None)
    commit = lab.head()
    rename(lab, "Grant")
    assert lab.call("report", "charges")[0] == 0
    code, _, err = lab.call("report", "charges", "--rev", commit)
    assert code == 3
    fault = f"{path} as of commit {commit} is no record of its kind: project.name: it is missing"
    assert f"{fault}, which may be what this failed over; `seqmeta verify`" in err
    assert err.endswith(" [KeyError]\n")


def fail_with(monkeypatch: pytest.MonkeyPatch, command: Any, error: Exception) -> None:
    def fail(*_: Any) -> int:
        raise error

    monkeypatch.setattr(command, "run", fail)


@pytest.mark.parametrize("words", [("list", "order"), ("show", "o1")])
def test_what_was_mended_since_is_not_blamed_by_a_command_that_does_not_read_it(lab, monkeypatch, words):
    rename(lab, None)
    rename(lab, "Grant")
    error = KeyError("x")
    fail_with(monkeypatch, {"list": listing, "show": show}[words[0]], error)
    with pytest.raises(KeyError) as caught:
        lab.call(*words)
    assert caught.value is error


@pytest.mark.parametrize(
    "command, words",
    [
        (listing, ("list", "order", "--rev", "main")),
        (show, ("show", "o1@1")),
        (log, ("log", "o1")),
        (blame, ("blame", "o1")),
        (diff, ("diff", "main")),
    ],
)
def test_what_reads_history_may_have_failed_over_it(lab, monkeypatch, command, words):
    path = rename(lab, None)
    rename(lab, "Grant")
    fail_with(monkeypatch, command, TypeError("x"))
    code, _, err = lab.call(*words)
    assert code == 3
    assert f"{path} as of commit " in err
    assert err.endswith(" [TypeError]\n")


def test_what_it_came_of_is_not_lost(lab):
    rename(lab, None)
    error = KeyError("x")
    with pytest.raises(CorruptRecordError) as caught, misfits_told(Repository.open(lab.records, check=False)):
        raise error
    assert caught.value.__cause__ is error


def test_a_text_that_cannot_be_encoded_comes_of_no_record(lab):
    rename(lab, None)
    with pytest.raises(UnicodeEncodeError), misfits_told(Repository.open(lab.records, check=False)):
        "ü".encode("ascii")


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("x"), ValueError("x")])
def test_a_bug_shows_itself_where_all_records_are_good(lab, monkeypatch, error):
    fail_with(monkeypatch, listing, error)
    with pytest.raises(type(error)) as caught:
        lab.call("list", "order")
    assert caught.value is error


def test_a_bug_shows_itself_where_there_are_no_records(tmp_path, monkeypatch):
    fail_with(monkeypatch, listing, KeyError())
    with pytest.raises(KeyError):
        OrderLab(tmp_path / "lab").call("list", "order")
