"""Names looked up in the records: by the index of the last run or without it, the same is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from reading import tell_story

from seqmeta.errors import UsageError
from seqmeta.kinds import load_kinds
from seqmeta.lookup import Match, find
from seqmeta.records import name_of
from seqmeta.revision import Revision, open_revision
from seqmeta.workspace import open_workspace


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tell_story(tmp_path_factory.mktemp("story") / "lab").root


def found(revision: Revision, text: str) -> Match | str:
    try:
        return find(revision, text)
    except UsageError as error:
        return str(error)


def test_the_index_finds_what_is_found_without_it(lab: Path) -> None:
    workspace = open_workspace(lab)
    with_index = open_revision(workspace)
    without = Revision(with_index.repository, with_index.commit)
    records = [record for kind in load_kinds() for record in without.of_kind(kind)]
    names = {name for record in records if (name := name_of(record.kind, record.body))}
    texts = [*names, *(record.uuid for record in records), *(f"{of.kind}/{of.uuid}" for of in records), "o1@1"]
    texts += [name.swapcase() for name in names] + ["first run", "nobody", "study/nobody", "0" * 36]
    assert len(texts) > 60
    for text in texts:
        assert found(with_index, text) == found(without, text), text


def test_a_name_is_found_without_reading_everything(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("all records of a kind are read")

    revision = open_revision(open_workspace(lab))
    monkeypatch.setattr(Revision, "mentioning", refuse)
    monkeypatch.setattr(Revision, "of_kind", refuse)
    assert find(revision, "BIRM-XXXXX").kind == "biosample"
    assert find(revision, "o1").kind == "order"


@pytest.mark.parametrize("change", ["DROP TABLE things", "UPDATE meta SET value = '0' WHERE key IN ('head', 'key')"])
def test_an_index_that_cannot_be_believed_hides_nothing(tmp_path: Path, change: str) -> None:
    lab = tell_story(tmp_path / "lab")
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection, connection:
        connection.execute("DELETE FROM things") if "meta" in change else None
        connection.execute(change)
    assert find(open_revision(open_workspace(lab.root)), "BIRM-XXXXX").kind == "biosample"
