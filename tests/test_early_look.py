"""git's look at the work tree that is begun before the store is locked: what it may be believed, and what not."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from storing import COMMITTER, assert_sound, committed, git, new_store, publish, record, records

import seqmeta.early_look
from seqmeta.early_look import early_look
from seqmeta.errors import StoreError
from seqmeta.git_command import GitCommand
from seqmeta.store import Store


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect each start of `git status`."""
    found: list[str] = []
    command_line = GitCommand.arguments

    def note(self: GitCommand, args: tuple[str, ...]) -> list[str]:
        found.extend(args[:1] if args[0] == "status" else [])
        return command_line(self, args)

    monkeypatch.setattr(GitCommand, "arguments", note)
    return found


def _stray(folder: Path) -> None:
    path, content = record(99)
    folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
    folder.joinpath(path).write_bytes(content)


def _stage(folder: Path) -> None:
    folder.joinpath(record(0)[0]).write_text("staged")
    git(folder, "add", "-A")


DAMAGES = {
    "deleted": lambda folder: folder.joinpath(record(0)[0]).unlink(),
    "edited": lambda folder: folder.joinpath(record(0)[0]).write_text("{}"),
    "stray": _stray,
    "staged": _stage,
    "taken out of the index": lambda folder: git(folder, "rm", "-q", "--cached", record(0)[0]),
}
"""What a person may do to records in the work tree, or in the index."""


def _is_put_back(store: Store) -> bool:
    files = {str(path.relative_to(store.path)): path.read_bytes() for path in store.path.glob("*/??/*.json")}
    return files == committed(store.path) and git(store.path, "diff", "HEAD", "--stat") == ""


def test_where_nothing_was_touched_git_looks_once(tmp_path, looks):
    store = new_store(tmp_path, 4)
    looks.clear()
    with early_look(store.path, "main") as look, store.locked(look=look) as findings:
        assert findings == []
        store.publish(
            parent=store.repository.head(), files=records(range(4, 6)), message="more", committer=COMMITTER, when=1
        )
    assert looks == ["status"]
    assert not _place(store).exists()
    assert_sound(store.path)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_was_there_before_the_look_is_put_back(tmp_path, damage):
    store = new_store(tmp_path, 4)
    DAMAGES[damage](store.path)
    with early_look(store.path, "main") as look, store.locked(look=look) as findings:
        assert findings
    assert _is_put_back(store)


@pytest.mark.parametrize("damage", ["staged", "taken out of the index"])
def test_what_was_done_to_the_index_behind_the_look_is_put_back(tmp_path, damage):
    store = new_store(tmp_path, 4)
    with early_look(store.path, "main") as look:
        assert look is not None
        assert look.wait()
        DAMAGES[damage](store.path)
        with store.locked(look=look) as findings:
            assert findings
    assert _is_put_back(store)


@pytest.mark.parametrize("damage", ["deleted", "edited", "stray"])
def test_what_was_done_to_a_file_behind_the_look_is_put_back_by_the_next_run(tmp_path, damage):
    store = new_store(tmp_path, 4)
    with early_look(store.path, "main") as look:
        assert look is not None
        assert look.wait()
        DAMAGES[damage](store.path)
        with store.locked(look=look):
            pass
    with early_look(store.path, "main") as look, store.locked(look=look) as findings:
        assert findings
    assert _is_put_back(store)


def test_an_old_look_is_taken_again(tmp_path, monkeypatch):
    monkeypatch.setattr(seqmeta.early_look, "MOST_SECONDS", 0.0)
    store = new_store(tmp_path, 4)
    with early_look(store.path, "main") as look:
        assert look is not None
        assert look.wait()
        DAMAGES["deleted"](store.path)
        with store.locked(look=look) as findings:
            assert [of.path for of in findings] == [record(0)[0]]


def test_behind_another_commit_git_looks_again(tmp_path, looks):
    store = new_store(tmp_path, 4)
    with early_look(store.path, "main") as look:
        assert look is not None
        assert look.wait()
        publish(new_store(tmp_path), records(range(4, 6)))
        DAMAGES["deleted"](store.path)
        looks.clear()
        with store.locked(look=look) as findings:
            assert [of.path for of in findings] == [record(0)[0]]
    assert looks == ["status"]


def test_where_git_is_ended_it_looks_again(tmp_path, monkeypatch):
    store = new_store(tmp_path, 4)
    DAMAGES["deleted"](store.path)
    start = seqmeta.git_command._start

    def start_and_end(command: list[str], folder: str, stdin: int | None) -> "subprocess.Popen[bytes]":
        process = start(["sleep", "60"] if "status" in command else command, folder, stdin)
        if "status" in command:
            process.kill()
        return process

    monkeypatch.setattr(seqmeta.git_command, "_start", start_and_end)
    with early_look(store.path, "main") as look:
        assert look is not None
        assert not look.wait()
        monkeypatch.undo()
        with store.locked(look=look) as findings:
            assert [of.path for of in findings] == [record(0)[0]]


def test_a_look_that_sees_more_than_a_pipe_holds_is_not_taken_for_the_holder_of_a_stale_lock(tmp_path):
    store = new_store(tmp_path, 4)
    for number in range(100, 1700):
        _write(store.path, *record(number))
    store.path.joinpath(".git/index.lock").touch()
    with early_look(store.path, "main") as look, store.locked(5, look) as findings:
        assert {of.code for of in findings} >= {"stale_lock"}
    assert _is_put_back(store)


def _write(folder: Path, path: str, content: bytes) -> None:
    folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
    folder.joinpath(path).write_bytes(content)


def test_nothing_that_the_store_says_is_run(tmp_path):
    store = new_store(tmp_path, 4)
    mark = tmp_path / "run"
    for name in ("core.fsmonitor", "filter.evil.clean", "diff.external", "filter.evil.process"):
        git(store.path, "config", name, f"touch {mark}; cat")
    git(store.path, "config", "core.worktree", str(tmp_path))
    store.path.joinpath(".gitattributes").write_text("* filter=evil\n")
    store.path.joinpath(".git/info/attributes").write_text("* filter=evil\n")
    store.path.joinpath(record(0)[0]).touch()
    with early_look(store.path, "main") as look:
        assert look is not None
        assert look.wait()
        assert look.found_nothing(store.repository.head())
    assert not mark.exists()


def _place(store: Store) -> Path:
    return store.path / ".git/seqmeta/look"


def test_a_run_that_ends_early_leaves_no_git_and_no_file_behind(tmp_path, monkeypatch):
    store = new_store(tmp_path, 4)
    started: list[subprocess.Popen[bytes]] = []
    start = seqmeta.git_command._start

    def note(command: list[str], folder: str, stdin: int | None) -> "subprocess.Popen[bytes]":
        started.append(start(["sleep", "60"] if "status" in command else command, folder, stdin))
        return started[-1]

    monkeypatch.setattr(seqmeta.git_command, "_start", note)
    with early_look(store.path, "main") as look:
        assert look is not None
        assert _place(store).exists()
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert not _place(store).exists()


def test_what_a_killed_run_left_is_taken_away(tmp_path):
    store = new_store(tmp_path, 4)
    _place(store).mkdir()
    _place(store).joinpath("config").write_text("[core]\n\tbare = true\n")
    with early_look(store.path, "main") as look:
        assert look is not None
        assert look.wait()
    assert not _place(store).exists()


def test_there_is_none_without_a_store_or_beside_another_one(tmp_path):
    with early_look(tmp_path / "records", "main") as look:
        assert look is None
    store = new_store(tmp_path, 2)
    with early_look(store.path, "main") as look, early_look(store.path, "main") as other:
        assert look is not None
        assert other is None
        with store.locked(look=other) as findings:
            assert findings == []
        assert look.found_nothing(store.repository.head())


def test_there_is_none_through_a_link(tmp_path):
    store = new_store(tmp_path, 2)
    tmp_path.joinpath("link").symlink_to(store.path)
    with early_look(tmp_path / "link", "main") as look:
        assert look is None
    assert not _place(store).exists()


def test_git_may_complain_of_more_than_a_pipe_holds(tmp_path):
    store = new_store(tmp_path, 4)
    for number in range(1200):
        folder = store.path / "notes" / str(number)
        folder.mkdir(parents=True)
        folder.joinpath(".gitignore").symlink_to("/nowhere")
        folder.joinpath("x").touch()
    with early_look(store.path, "main") as look, store.locked(look=look) as findings:
        assert look is not None
        assert look.wait()
        assert findings == []


RULES = (".gitignore", ".gitattributes")


@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize("name", [f"{folder}{name}" for folder in ("", "orders/", "notes/") for name in RULES])
def test_what_git_would_wait_for_at_the_top_is_named_before_git_looks(tmp_path, looks, name, is_early):
    store = new_store(tmp_path, 4)
    store.path.joinpath(name).parent.mkdir(exist_ok=True)
    os.mkfifo(store.path / name)
    looks.clear()
    said = rf"{name}: a FIFO, socket or device, which git would wait for without end: remove it"
    with early_look(store.path if is_early else tmp_path, "main") as look:
        assert look is None
        with pytest.raises(StoreError, match=said), store.locked(look=look):
            pass
    assert looks == []


@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize("name", [*(f"{Path(record(0)[0]).parent}/{name}" for name in RULES), "notes/a/b/.gitignore"])
def test_what_git_waits_for_further_down_is_named_soon(tmp_path, monkeypatch, name, is_early):
    monkeypatch.setattr(seqmeta.early_look, "DOUBTFUL_SECONDS", 0.5)
    store = new_store(tmp_path, 4)
    path = store.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("x").touch()
    os.mkfifo(path)
    store.path.joinpath(record(0)[0]).touch()  # so that git reads it, and asks how
    with early_look(store.path if is_early else tmp_path, "main") as look:
        assert (look is not None) is is_early
        with pytest.raises(StoreError, match=rf"{name}: a FIFO"), store.locked(look=look):
            pass


def test_rules_of_git_that_are_files_or_links_are_let_be(tmp_path):
    store = new_store(tmp_path, 4)
    os.mkfifo(tmp_path / "fifo")
    store.path.joinpath(".gitignore").write_text("notes\n")
    store.path.joinpath("orders/.gitattributes").symlink_to(tmp_path / "fifo")
    store.path.joinpath("orders/.gitignore").mkdir()
    with early_look(store.path, "main") as look, store.locked(look=look) as findings:
        assert look is not None
        assert look.wait()
        assert findings == []


@pytest.mark.parametrize("is_early", [True, False])
def test_a_look_that_does_not_end_is_waited_for_so_long_and_no_longer(tmp_path, monkeypatch, is_early):
    monkeypatch.setattr(seqmeta.early_look, "DOUBTFUL_SECONDS", 0.2)
    monkeypatch.setattr(seqmeta.early_look, "LONGEST_SECONDS", 0.5)
    store = new_store(tmp_path, 4)
    start = seqmeta.git_command._start

    def start_slowly(command: list[str], folder: str, stdin: int | None) -> "subprocess.Popen[bytes]":
        return start(["sleep", "60"] if "status" in command else command, folder, stdin)

    monkeypatch.setattr(seqmeta.git_command, "_start", start_slowly)
    with early_look(store.path if is_early else tmp_path, "main") as look:
        assert (look is not None) is is_early
        with pytest.raises(StoreError, match=r"git status in .* did not end within 0\.5 s"), store.locked(look=look):
            pass
