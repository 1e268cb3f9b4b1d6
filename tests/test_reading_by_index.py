"""What is read back is the same by the index of this commit, by one of another, by a spoilt one, and without one."""

import random
import re
import shlex
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from exporting import files_below
from ordering import building, order, submission
from reading import CREATION, RUN_ID, ReadingLab, tell_story

from seqmeta.api import open_records
from seqmeta.cli import main
from seqmeta.kinds import load_kinds

KINDS = list(load_kinds())
NAMES = ["o1", "pooled", "s1", "s2", "s3", "progress/s1", "first run", "BIRM-XXXXX", "sampled0", "QR 7", "tube3"]
NAMES += ["Cohort", "Grant", "Simple", CREATION, "asset_group/rack", RUN_ID, "nobody", "study/Grant", "0" * 36]
FORMATS = ["ena", "majora", "sequencescape", "table", "rocrate", "samplesheet --for snakemake"]


def write_lab(root: Path) -> ReadingLab:
    """The story of two tubes, and beside it whatever else there is to read: pools, states, names of all sorts."""
    lab = tell_story(root)
    told = lab.descriptions / "work.yaml"
    told = told.rename(told.with_name("story.yaml"))
    samples = [{"central_sample_id": name} for name in ("kept", "withdrawn", "é=1+1", "zz\U0001f9ec")]
    tubes = {"assets": [{"name": "lone", "barcode": "QR 7", "biosamples": ["withdrawn"]}]}
    pooled = order("pooled", template="Multiplexed", assets=["tube1", "tube2"], project="Other project")
    shared = order("shared", template="Multiplexed", assets=["tube5"], study="Other study")
    group = order("grouped", assets=["tube3"], asset_group_name="rack")
    nameless = order(None, uuid="10000000-0000-4000-8000-000000000001", assets=["tube4"])
    left = order("left", assets=["tube6"], withdrawn=True)
    base = [{"biosamples": samples}, tubes, pooled, shared, group, nameless, left]
    done = [submission("pooled", "shared", name="s2"), building("grouped", name="s3")]
    lab.good(*base, *done, submission("10000000-0000-4000-8000-000000000001", name="s4"))
    samples[1]["consent_withdrawn"] = True  # type: ignore[assignment]
    pool = lab.requests("Multiplexed library creation", "s2")
    worked = [{"request": uuid, "event": event} for uuid in pool for event in ("start", "pass")]
    more = {"progress": {"submission": "s2", "events": worked}}
    cancelled = submission("10000000-0000-4000-8000-000000000001", name="s4", cancel=True)
    second = order(None, uuid="00000000-0000-4000-8000-000000000001", assets=["tube7"])  # later, and before the other
    lab.good(*base, *done, cancelled, more, second)
    assert told.exists()
    return lab


def commands(head: str) -> list[str]:
    """Every way to read back, of everything and of what is named."""
    found = [f"list {kind} --format {form}" for kind in KINDS for form in ("text", "csv", "json")]
    found += [f"list {kind} --rev {rev}" for kind in KINDS for rev in ("main~1", "main~3")]
    states = (("submission", "cancelled"), ("order", "sealed"), ("biosample", "consent_withdrawn"))
    found += [f"list {kind} --state {state}" for kind, state in states]
    found += [f"{word} {shlex.quote(name)}" for name in NAMES for word in ("show", "log", "blame")]
    found += [f"show {shlex.quote(name)} --rev {rev}" for name in NAMES for rev in ("main~1", "main~3")]
    found += [f"show {shlex.quote(name)} --format json" for name in NAMES] + ["show o1@1", "show order/o1@2"]
    found += [f"report {of} --format {form}" for of in ("progress", "charges", "studies") for form in ("text", "json")]
    found += ["report studies --rev main~1", f"report html --rev {head}", "diff main~2", "diff main~3 main~1"]
    return found + [f"export {form} {more}" for form in FORMATS for more in ("", "o1", "BIRM-XXXXX", "--rev main~1")]


def read(root: Path, words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """What a command says and, of an export, writes."""
    shutil.rmtree(folder, ignore_errors=True)
    into = ["-o", str(folder)] if words.startswith("export") else []
    code = main(["-C", str(root), *shlex.split(words), *into])
    said = capsys.readouterr()
    return code, said.out, said.err, files_below(folder) if into and folder.exists() else {}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> ReadingLab:
    return write_lab(tmp_path_factory.mktemp("read") / "lab")


def copy_of(lab: ReadingLab, root: Path) -> Path:
    """A copy of the laboratory with its records and index, and the path of that."""
    shutil.copytree(lab.root, root)
    return root / ".seqmeta/index.sqlite"


def leave(index: Path) -> None:
    """Leave it as it is."""


def keep_older(index: Path) -> None:
    """Have an index of a commit before the last one, as when somebody else committed since."""
    run = ["-C", str(index.parent.parent)]
    older = index.read_bytes()
    (index.parent.parent / "config/descriptions/later.yaml").write_text(
        "biosamples: [{central_sample_id: later}, {central_sample_id: kept, taxon_id: 9606}]\n"
    )
    work = index.parent.parent / "config/descriptions/work.yaml"
    work.write_text(work.read_text().replace("- central_sample_id: kept\n", ""))
    assert main([*run, "apply"]) == 0
    assert index.read_bytes() != older
    index.write_bytes(older)


def spoil(index: Path) -> None:
    """Have each cell of what a list or a record is made from be something else, in records of one kind each."""
    changes = [
        "name = name || 'x' WHERE kind = 'study'",
        "version = 9 WHERE kind = 'order'",
        "state = 'x' WHERE kind = 'submission'",
        "other_name = 'y' WHERE kind = 'progress'",
        "digest = 'sha256:0' WHERE kind = 'library'",
        "label_checksum = 0 WHERE kind = 'asset'",
        "body = CAST(replace(CAST(body AS TEXT), 'BIRM', 'FALSE') AS BLOB) WHERE kind = 'biosample'",
    ]
    with closing(sqlite3.connect(index)) as connection, connection:
        for change in changes:
            connection.execute(f"UPDATE things SET {change}")


def cut(index: Path) -> None:
    """Have the second half of it be nothing."""
    data = index.read_bytes()
    index.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))


@pytest.mark.parametrize("change", [leave, keep_older, spoil, cut])
@pytest.mark.parametrize("every", [15, pytest.param(1, marks=pytest.mark.soak)])
def test_the_same_is_read_whatever_the_index_is(
    tmp_path: Path, lab: ReadingLab, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], every: int
) -> None:
    index = copy_of(lab, tmp_path / "lab")
    change(index)
    kept = index.read_bytes()
    capsys.readouterr()
    for words in commands(str(lab.head()))[::every]:
        by_index = read(tmp_path / "lab", words, tmp_path / "out", capsys)
        index.unlink()
        assert by_index == read(tmp_path / "lab", words, tmp_path / "out", capsys), words
        assert not index.exists()
        index.write_bytes(kept)


@pytest.mark.parametrize("most", [5000, 0])
def test_what_was_committed_behind_an_index_is_found_by_its_name(
    tmp_path: Path, lab: ReadingLab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("seqmeta.candidates._MOST_DIFFERING", most)
    index = copy_of(lab, tmp_path / "lab")
    keep_older(index)
    capsys.readouterr()
    for words, version in (("show later", 1), ("show kept --format json", 2), ("log later", 1)):
        code, out, err, _ = read(tmp_path / "lab", words, tmp_path / "out", capsys)
        assert (code, err) == (0, "")
        assert re.search(rf'version"?:? +{version}\b', out), out
    code, _, err, _ = read(tmp_path / "lab", "show later --rev main~1", tmp_path / "out", capsys)
    assert (code, "there is no record of the name" in err) == (2, True)


def test_a_cell_that_a_disk_changed_is_read_from_git(
    tmp_path: Path, lab: ReadingLab, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(copy_of(lab, tmp_path / "lab"))
    wanted = [f"list {kind}" for kind in ("study", "order", "submission", "progress", "library", "asset")]
    wanted += ["show BIRM-XXXXX --format json", "export table", "show BIRM-LIBRARY-20200322"]
    for words in wanted:
        by_index = read(tmp_path / "lab", words, tmp_path / "out", capsys)
        assert by_index == read(lab.root, words, tmp_path / "out", capsys), words


@pytest.mark.parametrize("seed", range(4))
def test_a_byte_that_a_disk_changed_changes_no_list_or_export(
    tmp_path: Path, lab: ReadingLab, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    wanted = ["list order --format csv", "list biosample", "list progress", "report studies", "export table"]
    rest = random.Random(seed)
    expected = [read(lab.root, words, tmp_path / "out", capsys) for words in wanted]
    index = copy_of(lab, tmp_path / "lab")
    whole = index.read_bytes()
    for _ in range(2):
        data = bytearray(whole)
        for place in rest.sample(range(len(data)), 40):
            data[place] ^= rest.randrange(1, 256)
        index.write_bytes(data)
        assert [read(tmp_path / "lab", words, tmp_path / "out", capsys) for words in wanted] == expected


def test_a_list_goes_on_where_the_index_was_lost(
    tmp_path: Path, lab: ReadingLab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "list asset --format csv"
    expected = read(lab.root, words, tmp_path / "out", capsys)
    monkeypatch.setattr("seqmeta.holdings._AT_ONCE", 2)
    index = copy_of(lab, tmp_path / "lab")
    with closing(sqlite3.connect(index)) as connection, connection:
        connection.execute("UPDATE things SET version = 7 WHERE name = 'tube5'")
    assert read(tmp_path / "lab", words, tmp_path / "out", capsys) == expected
    assert "tube5," in str(expected)


def test_whoever_reads_lets_others_write(tmp_path: Path, lab: ReadingLab) -> None:
    """A pipeline may take an hour over what it reads: the index must be there for the next run all the same."""
    index = copy_of(lab, tmp_path / "lab")
    records = open_records(tmp_path / "lab")
    reading = records.of_kind("asset")
    first = next(reading)
    work = tmp_path / "lab/config/descriptions/more.yaml"
    work.write_text("biosample: {central_sample_id: meanwhile}\n")
    before = index.stat().st_mtime_ns
    assert main(["-C", str(tmp_path / "lab"), "apply"]) == 0
    assert index.stat().st_mtime_ns > before
    with closing(sqlite3.connect(index)) as connection:
        head = connection.execute("SELECT value FROM meta WHERE key = 'head'").fetchone()[0]
    assert head == open_records(tmp_path / "lab").commit != records.commit
    assert [first, *reading] == list(open_records(tmp_path / "lab", records.commit).of_kind("asset"))
    assert "meanwhile" not in records


def test_what_cannot_be_written_to_can_be_read(
    tmp_path: Path, lab: ReadingLab, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in lab.root.rglob("*")}
    for words in ("list order", "show o1", "report progress", "log o1", "list order --rev main~1"):
        code, _, err, _ = read(lab.root, words, tmp_path / "out", capsys)
        assert (code, err) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in lab.root.rglob("*")} == before
