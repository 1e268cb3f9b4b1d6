"""Names looked up in the records: by the index of the last run or without it, the same is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from reading import tell_story

from seqmeta import indexed_records
from seqmeta.errors import UsageError
from seqmeta.git import Repository
from seqmeta.index_filling import index_record
from seqmeta.index_writing import make_temporary_index
from seqmeta.indexed_records import IndexedRecords
from seqmeta.kinds import load_kinds
from seqmeta.lookup import Match, find
from seqmeta.recorded import SETTLED, Outline, Records
from seqmeta.records import Record, name_of
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
        raise AssertionError("all records of a kind are looked for")

    revision = open_revision(open_workspace(lab))
    without = Revision(revision.repository, revision.commit)
    monkeypatch.setattr(Repository, "entries", refuse)
    assert find(revision, "BIRM-XXXXX").kind == "biosample"
    assert find(revision, "o1").kind == "order"
    with pytest.raises(AssertionError, match="looked for"):
        find(without, "o1")


def test_what_is_no_uuid_is_the_name_of_no_record_however_much_was_asked_before(lab: Path) -> None:
    revision = open_revision(open_workspace(lab))
    without = Revision(revision.repository, revision.commit)
    for number in range(20):
        assert without.get("order", f"nonsense {number}") is None


@pytest.mark.parametrize("change", ["DROP TABLE things", "UPDATE meta SET value = '0' WHERE key IN ('head', 'key')"])
def test_an_index_that_cannot_be_believed_hides_nothing(tmp_path: Path, change: str) -> None:
    lab = tell_story(tmp_path / "lab")
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection, connection:
        connection.execute("DELETE FROM things") if "meta" in change else None
        connection.execute(change)
    assert find(open_revision(open_workspace(lab.root)), "BIRM-XXXXX").kind == "biosample"


def test_the_outline_of_a_record_is_the_same_from_the_index_and_from_its_body(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = open_revision(open_workspace(lab))
    records = [record for kind in load_kinds() for record in revision.of_kind(kind)]
    for number, flags in enumerate([{}, {"stub": True}, {"consent_withdrawn": True}, {"consent_withdrawn": False}]):
        uuid = f"{number}" * 8 + "-1111-4111-8111-111111111111"
        body = {"uuid": uuid, "central_sample_id": f"S{number}", **flags}
        records.append(Record("biosample", uuid, body, 1, "sha256:0"))
    begun = next(record for record in records if record.kind == "order")
    open_one = "9" * 8 + "-1111-4111-8111-111111111111"
    records.insert(0, Record("order", open_one, {**begun.body, "uuid": open_one, "state": "building"}, 1, "sha256:0"))
    plain, indexed = Records(records), IndexedRecords(make_temporary_index(map(index_record, records)))
    uuids = [*(record.uuid for record in records), "f" * 8 + "-1111-4111-8111-111111111111"]
    outlines = [indexed.outline(uuid) for uuid in uuids]
    assert outlines == [plain.outline(uuid) for uuid in uuids]
    assert outlines[-4:] == [
        Outline("biosample", "S1", "stub"),
        Outline("biosample", "S2", "consent_withdrawn"),
        Outline("biosample", "S3", None),
        None,
    ]
    sealed = [request for record in records if record.kind == "submission" for request in record.body["requests"]]
    owned = {request["uuid"] for request in sealed}
    assert len(owned) > 3
    uuids_and_owned = [*uuids, *owned] * 40
    assert indexed.among(uuids_and_owned) == plain.among(uuids_and_owned) == {*uuids[:-1], *owned}
    for kind in SETTLED:
        assert indexed.unsettled(kind) == plain.unsettled(kind)
        referring = [plain.referring(uuid, kind) for uuid in uuids]
        assert [indexed.referring(uuid, kind) for uuid in uuids] == referring
        assert any(referring)
    assert plain.unsettled("order") == [open_one]
    for uuid in uuids:  # once more, when their bodies were read
        indexed.get(uuid)
    assert [indexed.outline(uuid) for uuid in uuids] == outlines
    monkeypatch.setattr(indexed_records, "_MOST_RECENT", 30)  # so that few are kept, and all let go again
    frugal = IndexedRecords(make_temporary_index(map(index_record, records)))
    assert [frugal.get(uuid) for uuid in uuids * 2] == [plain.get(uuid) for uuid in uuids * 2]
