"""An index made anew by a process beside the run: the same as one made within it, whatever becomes of the process."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, biosamples, dump, run_of
from reading import tell_story
from test_delta import Bench, apply_later, judged, moment, take_short_ways
from test_following import tables_of

from seqmeta import applying, index_filling, index_making, index_writing, judging, publishing
from seqmeta.applying import apply
from seqmeta.errors import StoreError
from seqmeta.index_making import NewIndex
from seqmeta.workspace import open_workspace

_PATIENCE_SECONDS = 30


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """Have every index made by a process of its own; the processes are listed."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(index_making._Process):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words)
            processes.append(self._process)

    monkeypatch.setattr(index_making, "MANY", 0)
    monkeypatch.setattr(index_making, "_Process", Noted)
    return processes


@pytest.fixture
def made_here(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of the indexes that this process makes itself."""
    made: list[Path] = []
    original = index_making.fill_index

    def fill(path: Path, *words: Any) -> bool:
        made.append(path)
        return original(path, *words)

    monkeypatch.setattr(index_making, "fill_index", fill)
    return made


def left_in(lab: Lab) -> list[str]:
    """The names of the caches of a lab."""
    return sorted(path.name for path in lab.root.glob(".seqmeta/*"))


def parts_in(lab: Lab) -> list[Path]:
    """The indexes of a lab that are being made."""
    return sorted(lab.root.glob(".seqmeta/index-*.part"))


def make_anew(lab: Lab) -> dict[str, list[Any]]:
    """Throw the index away, run, and tell what the new one says."""
    (lab.root / ".seqmeta/index.sqlite").unlink()
    apply_later(lab)
    assert left_in(lab) == ["index.sqlite"]
    return tables_of(lab)


def test_a_process_makes_the_index_that_the_run_would_make(
    tmp_path: Path, started: list[Any], made_here: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of samples, stubs, orphans and warnings; where the run records something, and where it does not."""
    lab = Lab(tmp_path / "lab", unregistered_biosamples="stub")
    bench = Bench(lab, seed=1)
    bench.stub()
    bench.write()
    apply_later(lab)
    assert (len(started), made_here) == (1, [])
    lab.describe({"biosamples": [{"central_sample_id": f"later {n}"} for n in range(3)]}, name="later.yaml")
    apply_later(lab)
    lab.describe({"biosample": {"central_sample_id": "later 1", "metadata": {"tag": {"x": "y"}}}}, name="later.yaml")
    shutil.copytree(lab.root, tmp_path / "copy")
    beside = [make_anew(lab), make_anew(lab)]
    assert (len(started), made_here) == (3, [])
    assert [process.returncode for process in started] == [0, 0, 0]
    monkeypatch.setattr(index_making, "MANY", 1000)
    lab.root = tmp_path / "copy"
    assert [make_anew(lab), make_anew(lab)] == beside
    assert (len(started), len(made_here)) == (3, 2)
    assert len(beside[0]["things"]) > 30
    assert sum(row[9] for row in beside[0]["things"]) == 2  # the orphans


def test_a_process_makes_the_index_of_sealed_work_that_the_run_would_make(
    tmp_path: Path, started: list[Any], made_here: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = tell_story(tmp_path / "lab")
    beside = make_anew(lab)
    assert (len(started), made_here) == (2, [])  # the story's first run, and this one
    monkeypatch.setattr(index_making, "MANY", 1000)
    assert make_anew(lab) == beside
    assert len(made_here) == 1
    assert beside["owned"]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("part_bytes", [1, 1 << 18])
def test_a_first_run_has_the_index_begun_that_it_would_make(
    tmp_path: Path,
    started: list[Any],
    made_here: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    part_bytes: int,
) -> None:
    """Of samples, stubs and warnings, with orders, and with work that is sealed and reported in the first run."""
    monkeypatch.setattr(index_making, "_PART_BYTES", part_bytes)
    lab = Lab(tmp_path / "lab", unregistered_biosamples="stub")
    bench = Bench(lab, seed)
    bench.stub()
    bench.write()
    lab.describe({"biosample": {"central_sample_id": "s0-0"}}, run_of(library_name="elsewhere"), name="more.yaml")
    shutil.copytree(lab.root, tmp_path / "copy")
    apply_later(lab)
    assert (len(started), made_here) == (1, [])
    assert (started[0].returncode, left_in(lab)) == (0, ["index.sqlite"])
    beside = tables_of(lab)
    monkeypatch.setattr(index_making, "MANY", 1000)
    lab.root = tmp_path / "copy"
    apply_later(lab)
    assert (len(started), len(made_here)) == (1, 1)
    assert tables_of(lab) == beside
    assert ("biosample stub", 4) in beside["counts"]  # the run's three samples, and the one that a tube has
    assert bool(beside["owned"]) is (seed == 3)


@pytest.mark.parametrize("fault", ["an unknown sample", "a key that nobody knows"])
def test_a_first_run_that_is_refused_leaves_nothing(tmp_path: Path, started: list[Any], fault: str) -> None:
    """Where that is known before anything is linked, nothing is begun."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(**({"biosamples": ["nobody"]} if fault == "an unknown sample" else {"knee": 1})))
    outcome = apply(open_workspace(lab.root), moment(lab.root))
    assert outcome.is_refused
    assert [process.returncode for process in started] == [-signal.SIGKILL] * (fault == "an unknown sample")
    assert not (lab.root / ".seqmeta").exists()
    assert not lab.records.exists()


def test_two_first_runs_that_are_refused_leave_nothing(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One ends while the other has its files in the folder that the first of them made."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(biosamples=["nobody"]))
    original = judging.judge

    def overlap(*words: Any) -> Any:
        monkeypatch.setattr(judging, "judge", original)
        assert apply(open_workspace(lab.root), moment(lab.root)).is_refused
        return original(*words)

    monkeypatch.setattr(judging, "judge", overlap)
    assert apply(open_workspace(lab.root), moment(lab.root)).is_refused
    assert len(started) == 2
    assert not (lab.root / ".seqmeta").exists()


def test_what_was_begun_counts_for_nothing_where_another_run_was_first(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one commits behind the judgement of this one, and before it has the lock."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), name="a.yaml")
    original = applying.find_committer

    def wait(*words: Any) -> Any:
        monkeypatch.setattr(applying, "find_committer", original)
        assert len(parts_in(lab)) <= 1
        apply_later(lab)
        assert left_in(lab) == ["index.sqlite"]
        lab.describe(run_of(), name="b.yaml")
        return original(*words)

    monkeypatch.setattr(applying, "find_committer", wait)
    apply_later(lab)
    begun, made = [process.returncode for process in started]
    assert begun in {-signal.SIGKILL, 1}  # it ends by itself where its file was cleared before it had opened that
    assert made == 0
    assert left_in(lab) == ["index.sqlite"]
    assert len(tables_of(lab)["things"]) == 5
    assert tables_of(lab) == make_anew(lab)


def test_a_process_is_told_in_parts_that_end_with_a_message(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_making, "_PART_BYTES", 700)
    monkeypatch.setattr(index_making, "_AT_ONCE", 2)
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    beside = tables_of(lab)
    monkeypatch.setattr(index_making, "MANY", 1000)
    monkeypatch.setattr(index_filling, "_LARGE", 1)
    assert make_anew(lab) == beside
    assert [process.returncode for process in started] == [0]


@pytest.mark.parametrize("program", ["", "/no/such/python", "/bin/false", "/bin/true"])
def test_where_there_is_no_such_process_the_run_makes_the_index(
    tmp_path: Path, started: list[Any], made_here: list[Path], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """As where Python is part of another program."""
    monkeypatch.setattr(sys, "executable", program)
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    assert (left_in(lab), len(made_here)) == (["index.sqlite"], 1)
    assert judged(lab, whole=False)["bodies"] == {}


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_process_that_is_killed_costs_time_alone(
    tmp_path: Path, started: list[Any], made_here: list[Path], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As the kernel does it where memory is short: whatever was told by then."""
    original = index_making.write_message
    count = 0

    def write(*words: Any) -> int:
        nonlocal count
        count += 1
        if count == number:
            started[-1].kill()
            started[-1].wait()
        return original(*words)

    monkeypatch.setattr(index_making, "_PART_BYTES", 1)
    monkeypatch.setattr(index_making, "write_message", write)
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    assert count >= number
    assert (left_in(lab), len(made_here)) == (["index.sqlite"], 1)
    taken = take_short_ways(monkeypatch)
    assert judged(lab, whole=False)["bodies"] == {}
    assert taken == [True]


def test_a_disk_too_full_for_an_index_keeps_no_commit_from_being_made(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index_making, "write_message", fail)
    monkeypatch.setattr(index_writing, "_write_things", fail)
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    assert left_in(lab) == []
    assert started[0].returncode is not None
    assert judged(lab, whole=False)["bodies"] == {}


def test_an_index_that_its_process_cannot_make_is_made_by_the_run(
    tmp_path: Path, started: list[Any], made_here: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = "f.NewTables.sort = lambda tables: tables.connection.execute('SELECT no_such_thing'); f.fill"
    monkeypatch.setattr(index_making, "_PROGRAM", index_making._PROGRAM.replace("f.fill", failing))
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    assert started[0].returncode == 1
    assert (left_in(lab), len(made_here)) == (["index.sqlite"], 1)


def test_records_that_cannot_be_read_for_the_index_keep_no_commit_from_being_made(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old index, which they come from, may have been damaged after the judgement."""

    def fail(_: Any) -> Iterator[Any]:
        raise sqlite3.DatabaseError("records are missing in the index")
        yield

    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples())
    apply_later(lab)
    lab.describe(biosamples(), run_of())
    (lab.root / ".seqmeta/index.sqlite").unlink()
    with monkeypatch.context() as failing:
        failing.setattr(judging.Everything, "kept", fail)
        apply_later(lab)
    assert left_in(lab) == []
    assert started[1].returncode == -signal.SIGKILL
    assert judged(lab, whole=False)["bodies"] == {}


@pytest.mark.parametrize("many", [0, 1000])
def test_an_index_of_a_commit_that_was_not_made_does_not_stay(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not many and not parts_in(lab):  # it is made while git is at work
            assert time.monotonic() < end
        raise StoreError("the disk is full")

    monkeypatch.setattr(index_making, "MANY", many)
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    with monkeypatch.context() as failing:
        failing.setattr(publishing, "move_references", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            apply_later(lab)
    assert left_in(lab) == []
    assert [process.returncode is not None for process in started] == [True] * (not many)
    apply_later(lab)
    assert judged(lab, whole=False)["bodies"] == {}


def test_ctrl_c_ends_the_process_with_the_run(
    tmp_path: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    monkeypatch.setattr(publishing, "move_references", interrupt)
    with pytest.raises(KeyboardInterrupt):
        apply_later(lab)
    assert started[0].returncode is not None
    assert left_in(lab) == []


def test_ctrl_c_at_a_terminal_leaves_the_process_to_the_run(tmp_path: Path) -> None:
    """The terminal sends the signal to both; a run that is past its commit goes on, and so does what it waits for."""
    told = tmp_path / "told"
    told.touch()
    words = [sys.executable, "-c", index_making._PROGRAM, str(tmp_path / "index"), str(told), *sys.path]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_until(lambda: not told.exists())
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate()
    assert (process.returncode, complaint) == (1, b"")  # of standard input that came to its end
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_no_process_and_no_part_of_an_index(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    program = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from seqmeta import index_making, publishing\n"
        "from seqmeta.cli import main\n"
        "def kill(*_):\n"
        "    while not list(Path('.seqmeta').glob('*.part')):\n"
        "        time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "index_making.MANY = 0\n"
        "publishing.move_references = kill\n"
        "main(['apply'])\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], cwd=lab.root, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    wait_until(lambda: left_in(lab) == [])
    apply_later(lab)
    assert judged(lab, whole=False)["bodies"] == {}


def test_what_a_killed_run_and_its_process_left_is_cleared(tmp_path: Path, started: list[Any]) -> None:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    (lab.root / ".seqmeta").mkdir()
    for name in ("index.part", "index-0123456789abcdef.part", "index-0123456789abcdef.told"):
        (lab.root / ".seqmeta" / name).write_text("half of it")
    apply_later(lab)
    assert left_in(lab) == ["index.sqlite"]
    assert started[0].returncode == 0


@pytest.mark.parametrize("flags", [(), ("-I",)])
def test_the_process_imports_nothing_from_the_folder_that_it_is_started_in(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """A checkout of somebody else's may have anything in it, and be where a person stands."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    (lab.root / "seqmeta").mkdir()
    for name in ("seqmeta/__init__.py", "orjson.py", "sqlite3.py", "signal.py", "sitecustomize.py"):
        (lab.root / name).write_text(f"open({str(tmp_path / 'taken')!r}, 'w')\n")
    program = "import sys; from seqmeta import cli, index_making as m; m.MANY = 0; cli.main(['apply'])"
    path = os.pathsep.join(map(str, sys.path))
    begin = f"import sys; sys.path[:] = {path!r}.split({os.pathsep!r}); {program}"
    words = [sys.executable, *(flags or ("-P",)), "-c", begin]
    done = subprocess.run(words, cwd=lab.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "taken").exists()
    assert left_in(lab) == ["index.sqlite"]


def test_few_things_take_no_process(tmp_path: Path, made_here: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(index_making, "_Process", refuse)
    lab = Lab(tmp_path / "lab")
    lab.write("some.yaml", dump(biosamples(*(f"S{number}" for number in range(index_making.MANY - 1)))))
    apply_later(lab)
    assert len(made_here) == 1


def test_an_index_is_closed_twice_in_peace(tmp_path: Path, started: list[Any]) -> None:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples())
    closed: list[NewIndex] = []
    original = NewIndex.close

    def close(self: NewIndex) -> None:
        closed.append(self)
        original(self)
        original(self)

    with pytest.MonkeyPatch.context() as watching:
        watching.setattr(NewIndex, "close", close)
        apply_later(lab)
    assert len(closed) == 1
    assert left_in(lab) == ["index.sqlite"]
    assert started[0].returncode == 0


def wait_until(is_so: Any) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end
        with suppress(OSError):
            time.sleep(0.01)
