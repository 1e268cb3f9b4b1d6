"""What stands in a store's way, each alone and for real: one sentence, or mended; never a guess and never a loss."""

import ctypes
import errno
import fcntl
import hashlib
import json
import os
import resource
import shutil
import stat
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from storing import COMMITTER, WHEN, assert_sound, committed, git, make_ssh_key, new_store, publish, record, records

from seqmeta import creation, durability, locks, publishing, recovery, signing
from seqmeta.commit_files import require_plain
from seqmeta.durability import sync_path, sync_paths, write_durably
from seqmeta.errors import ConflictError, LockedError, StoreError
from seqmeta.git import Repository
from seqmeta.git_state import _is_there, find_peculiarities
from seqmeta.locks import find_holder, index_lock, own_lock
from seqmeta.mending import is_whole_index
from seqmeta.publishing import KEEP_MARK
from seqmeta.scratch import Intent, Scratch
from seqmeta.shard_key import _keep, make_key, read_key
from seqmeta.signing import sign
from seqmeta.snapshot import StoreHistory, load_records
from seqmeta.store import Tag, open_store
from seqmeta.tree_changes import Change
from seqmeta.worktree import place_files, prepare_folders, remove_files


def test_a_store_in_a_place_or_on_a_branch_that_cannot_be(tmp_path):
    with pytest.raises(StoreError, match=r"'a\.\.b' cannot be the name of a branch"):
        open_store(tmp_path / "records", "a..b", create=True)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="EEXIST"):
        open_store(tmp_path / "file", create=True)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="link is a symbolic link: expected a folder"):
        open_store(tmp_path / "link")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/.git").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="is a link or a file: expected a folder"):
        open_store(tmp_path / "odd", create=True)
    with pytest.raises(StoreError, match="cannot be looked at: File name too long"):
        Repository.open(tmp_path / ("x" * 300))


def test_a_store_is_used_in_the_order_that_it_is_made_for(tmp_path):
    store = new_store(tmp_path, 1)
    with pytest.raises(RuntimeError, match="a remote is asked outside of locked"):
        store.push("elsewhere")
    with pytest.raises(RuntimeError, match="packs are joined outside of locked"):
        store.keep_packs_few()
    with store.locked():
        with pytest.raises(RuntimeError, match="locked by this run already"), store.locked():
            pass
        with pytest.raises(ValueError, match="nothing to publish"):
            store.publish(parent=store.repository.head(), files={}, message="m", committer=COMMITTER, when=WHEN)


def test_what_an_attempt_of_the_same_run_left_is_mended_before_the_next(tmp_path):
    store = new_store(tmp_path, 1)
    with store.locked() as findings:
        Scratch(store.repository.git_dir).make(None)
        path, content = record(7)
        parent = store.repository.head()
        store.publish(parent=parent, files={path: content}, message="m", committer=COMMITTER, when=WHEN)
        assert "publication_dropped" in {finding.code for finding in findings}
    assert_sound(store.path)


def test_a_file_that_cannot_be_synced_is_named():
    with pytest.raises(OSError, match="Invalid argument: '/proc/self/status'"):
        sync_path("/proc/self/status")  # fsync(2) gives EINVAL there


def test_a_durable_file_that_cannot_get_its_name_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_durably(tmp_path / "taken", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


class _Library:
    """A C library whose syncfs(2) fails as on a disk that is gone, or one that has none."""

    def __init__(self, *, has_it):
        if has_it:
            self.syncfs = lambda descriptor: ctypes.set_errno(5) or -1


def test_many_files_are_synced_one_by_one_where_there_is_no_syncfs_and_its_failure_is_one(tmp_path, monkeypatch):
    paths = [tmp_path / str(number) for number in range(durability.SYNC_ONE_BY_ONE + 1)]
    for path in paths:
        path.touch()
    synced = []
    monkeypatch.setattr(durability, "sync_path", synced.append)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Library(has_it=True))
    with pytest.raises(OSError, match="Input/output error"):
        sync_paths(paths, tmp_path)
    assert synced == []
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Library(has_it=False))
    sync_paths(paths, tmp_path)
    assert synced == paths


@pytest.mark.parametrize("again", [False, True])
def test_a_lock_that_another_put_there_meanwhile_is_given_back(tmp_path, monkeypatch, again):
    """Between the look at a stale lock and its removal a live process may have made its own of that name, or two."""
    store = new_store(tmp_path, 1)
    git_dir, lock = store.repository.git_dir, store.repository.git_dir / "index.lock"
    lock.write_text("stale")
    seen = locks.identify(lock)
    real = Path.rename

    def rename(path, target):
        if path == lock:
            lock.unlink()
            time.sleep(0.02)
            lock.write_text("live")
        real(path, target)
        if again:
            lock.write_text("newer")

    monkeypatch.setattr(Path, "rename", rename)
    assert not locks._remove_same(lock, git_dir, seen)
    assert lock.read_text() == ("newer" if again else "live")
    assert not (git_dir / "seqmeta/stale-lock").exists()


def test_the_lock_of_the_index_is_taken_from_the_dead_and_needs_a_folder(tmp_path):
    store = new_store(tmp_path, 1)
    lock = store.repository.git_dir / "index.lock"
    lock.touch()
    with index_lock(store.repository.git_dir, time.monotonic() + 5) as removed:
        assert removed == [lock]
        assert lock.exists()
    assert not lock.exists()
    with index_lock(store.repository.git_dir, 0):
        lock.unlink()  # by a person who took it for one that was left
    with index_lock(store.repository.git_dir, 0):
        lock.unlink()
        lock.write_text("of a git that began since")
    assert lock.read_text() == "of a git that began since"
    with pytest.raises(StoreError, match="the index cannot be locked"), index_lock(tmp_path / "gone", 0):
        pass


def test_without_proc_a_lock_is_left_to_a_person(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    monkeypatch.setattr(locks, "_PROC", tmp_path / "no-proc")
    Scratch(store.repository.git_dir).make(None)
    with store.locked() as findings:  # what a killed run left is no lock, and whose it was need not be asked
        assert [finding.code for finding in findings] == ["publication_dropped"]
    (store.repository.git_dir / "index.lock").touch()
    said = r"index\.lock may be in use: remove the lock by hand, this system has no /proc to ask"
    with pytest.raises(LockedError, match=said), store.locked():
        pass


@pytest.mark.parametrize("told_by", ["--git-dir={store}/.git", "GIT_DIR={store}/.git", "GIT_WORK_TREE={store}"])
def test_a_git_that_is_told_of_the_store_is_seen_wherever_it_runs(tmp_path, told_by):
    store, other = new_store(tmp_path, 1), new_store(tmp_path / "other", 1)
    told = told_by.format(store=store.path)
    words = [told] if told.startswith("-") else []
    more = {"GIT_DIR": str(other.repository.git_dir)} | ({} if words else dict([told.split("=")]))
    command = ["git", *words, "cat-file", "--batch"]
    with subprocess.Popen(command, cwd="/", stdin=subprocess.PIPE, env={**os.environ, **more}) as process:
        deadline = time.monotonic() + 600
        while (holder := find_holder(None, store.repository.git_dir)) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert holder == f"process {process.pid} (git)"
        process.stdin.close()
    assert find_holder(None, store.repository.git_dir) is None


@pytest.mark.parametrize("folder", [".", "orders"])
def test_a_part_of_git_that_is_a_program_of_its_own_counts_as_git(tmp_path, folder):
    store = new_store(tmp_path, 1)
    program = shutil.copy(shutil.which("sleep"), tmp_path / "git-upload-pack")
    with subprocess.Popen([program, "60"], cwd=store.path / folder) as process:
        try:
            while Path(f"/proc/{process.pid}/comm").read_text() != "git-upload-pack\n":
                time.sleep(0.01)
            assert find_holder(None, store.repository.git_dir) == f"process {process.pid} (git-upload-pack)"
        finally:
            process.kill()


def test_a_git_that_outlived_a_killed_run_is_waited_for_and_any_other_is_not(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    with subprocess.Popen(["git", "cat-file", "--batch"], cwd=store.path, stdin=subprocess.PIPE) as left:
        with monkeypatch.context() as patch:
            patch.setattr(recovery, "_wait_for_orphans", _refuse)
            publish(store, records(range(1, 2)))
        Scratch(store.repository.git_dir).make(None)
        with monkeypatch.context() as patch:
            asked = iter(["a git that hangs"])
            patch.setattr(recovery, "find_holder", lambda *_: next(asked))
            patch.setattr(recovery, "ORPHAN_SECONDS", 0)
            with store.locked() as findings:
                assert [finding.code for finding in findings] == ["publication_dropped"]
        Scratch(store.repository.git_dir).make(None)
        threading.Timer(0.5, left.stdin.close).start()
        with store.locked():
            assert left.stdin.closed
    assert_sound(store.path)


def test_a_damaged_index_of_a_store_without_commits_is_thrown_away(tmp_path):
    store = new_store(tmp_path)
    empty = b"DIRC" + bytes([0, 0, 0, 2, 0, 0, 0, 0])  # version 2, no entries (gitformat-index(5))
    (store.repository.git_dir / "index").write_bytes(empty + hashlib.sha1(empty).digest())
    with store.locked() as findings:
        assert findings == []
    (store.repository.git_dir / "index").write_bytes(empty + bytes(20))  # as git does by `index.skipHash`
    assert is_whole_index(store.repository.git_dir / "index")
    (store.repository.git_dir / "index").write_bytes(b"DIRC nonsense")
    with store.locked() as findings:
        assert [finding.code for finding in findings] == ["index_rebuilt"]
    publish(store, records(range(2)))
    assert_sound(store.path)


def test_a_branch_that_is_empty_without_any_commit_is_taken_away(tmp_path):
    store = new_store(tmp_path)
    branch = store.repository.git_dir / "refs/heads/main"
    branch.touch()
    with store.locked() as findings:
        assert "branch_restored" in {finding.code for finding in findings}
    publish(store, records(range(2)))
    assert_sound(store.path)


@pytest.mark.parametrize("log", ["", f"{'0' * 40} {'1' * 40} A <a> 1 +0000\tgone\n"])
def test_a_branch_that_nothing_tells_of_is_left_to_a_person(tmp_path, log):
    store = new_store(tmp_path, 2)
    store.repository.git_dir.joinpath("refs/heads/main").write_text("")
    store.repository.git_dir.joinpath("logs/refs/heads/main").write_text(log)
    with pytest.raises(StoreError, match="its log names no commit that is there: set it with git update-ref"):
        store.locked().__enter__()


def test_tags_that_nothing_tells_of_are_left_to_a_person(tmp_path):
    store = new_store(tmp_path, 2)
    git(store.path, "tag", "-a", "-m", "a person's", "release")
    lost = "seal/11111111-2222-3333-4444-555555555555"
    publish(store, records(range(3)), tags=[Tag("seal/99999999-2222-3333-4444-555555555555", "root")])
    path = store.repository.git_dir / "refs/tags" / lost
    path.touch()
    with pytest.raises(
        StoreError, match=rf"the tags {lost} of .* are empty or gone, and no one object tells .*: set them"
    ):
        store.locked().__enter__()


def test_many_megabytes_and_a_tag_of_no_good_name(tmp_path):
    store = new_store(tmp_path, 1)
    large = {record(number)[0]: bytes(700_000) for number in range(4)}
    publish(store, large)
    assert committed(store.path) == records(range(1)) | large
    with pytest.raises(StoreError, match=r"'seal/a\.\.b' cannot be the name of a tag"):
        publish(store, records(range(1)), tags=[Tag("seal/a..b", "root")])
    assert_sound(store.path)


def test_a_branch_that_moves_in_the_last_moment_is_not_overrun(tmp_path):
    store = new_store(tmp_path, 1)
    head = store.repository.head()
    by_hand = git(store.path, "commit-tree", "-p", head, "-m", "by hand", f"{head}^{{tree}}").strip()

    def come_between(_, first):
        git(store.path, "update-ref", "refs/heads/main", by_hand)
        return []

    with store.locked(), pytest.raises(ConflictError, match=f"expected {head}, found {by_hand}"):
        store.publish(
            parent=head, files=records(range(2)), message="m", committer=COMMITTER, when=WHEN, tags=come_between
        )
    assert git(store.path, "rev-parse", "main").strip() == by_hand
    assert not Scratch(store.repository.git_dir).is_there()


def test_what_fails_after_the_branch_has_moved_is_put_right_by_the_next_run(tmp_path, monkeypatch):
    store = new_store(tmp_path, 2)

    def fail(*_):
        raise StoreError("a record cannot be put in its place")

    monkeypatch.setattr(publishing, "place_files", fail)
    with pytest.raises(
        StoreError, match=r"commit \w{40} was made; its files come into place in the next run: a record"
    ):
        publish(store, records(range(2, 5)))
    monkeypatch.undo()
    real = publishing.sync_path
    monkeypatch.setattr(publishing, "sync_path", lambda path: fail() if "refs" in str(path) else real(path))
    with pytest.raises(StoreError, match="a record cannot"):
        publish(store, records(range(5, 6)))
    monkeypatch.undo()
    with store.locked() as findings:
        assert [finding.code for finding in findings] == ["publication_finished"]
    assert committed(store.path) == records(range(6))
    assert_sound(store.path)


@pytest.mark.parametrize("is_built_upon", [False, True])
def test_a_publication_is_finished_also_when_somebody_built_upon_it(tmp_path, monkeypatch, is_built_upon):
    store = new_store(tmp_path, 2)
    real = publishing.finish
    monkeypatch.setattr(publishing, "finish", lambda *_: (_ for _ in ()).throw(StoreError("ended")))
    with pytest.raises(StoreError, match="ended"):
        publish(store, records(range(2, 5)))
    monkeypatch.setattr(publishing, "finish", real)
    if is_built_upon:
        by_hand = git(store.path, "commit-tree", "-p", "main", "-m", "by hand", "main^{tree}").strip()
        git(store.path, "update-ref", "refs/heads/main", by_hand)
    else:  # its index was in place already when it was killed
        Scratch(store.repository.git_dir).index.replace(store.repository.git_dir / "index")
    lock, held = store.repository.git_dir / "index.lock", []
    monkeypatch.setattr(recovery, "finish", lambda *words: held.append(lock.exists()) or real(*words))
    with store.locked() as findings:
        assert "publication_finished" in {finding.code for finding in findings}
    assert held == [True]  # no `git add` of a person comes in between
    assert committed(store.path) == records(range(5))
    assert_sound(store.path)


def test_a_head_that_is_on_another_branch_before_the_first_commit_is_put_right(tmp_path):
    store = new_store(tmp_path)
    git(store.path, "symbolic-ref", "HEAD", "refs/heads/master")
    publish(store, records(range(2)))
    assert git(store.path, "symbolic-ref", "HEAD").strip() == "refs/heads/main"
    assert_sound(store.path)


def test_a_pack_that_a_person_keeps_stays_kept(tmp_path):
    store = new_store(tmp_path, 2)
    pack = next((store.repository.git_dir / "objects/pack").glob("*.pack"))
    theirs, ours = pack.with_suffix(".keep"), pack.with_name("pack-" + "0" * 40 + ".keep")
    theirs.write_text("mine")
    ours.write_bytes(KEEP_MARK)
    with store.locked() as findings:
        assert [finding.code for finding in findings] == ["pack_released"]
    assert theirs.exists()
    assert not ours.exists()


def test_what_is_no_folder_in_the_place_of_the_private_one_is_left_alone(tmp_path):
    store = new_store(tmp_path, 1)
    Scratch(store.repository.git_dir).folder.write_text("a file")
    with pytest.raises(StoreError, match="is not a folder: it is left untouched"):
        store.locked().__enter__()
    with pytest.raises(StoreError, match="is not a folder: it is left untouched"):
        Scratch(store.repository.git_dir).remove()


def test_the_first_key_stays_when_another_process_was_faster(tmp_path):
    first = make_key(tmp_path)
    _keep(tmp_path / ".git/seqmeta/shards-key", b"0" * 64, tmp_path)
    assert read_key(tmp_path) == first


@pytest.fixture
def key(tmp_path):
    return make_ssh_key(tmp_path / "key")


def test_a_key_that_only_the_users_agent_holds_signs(tmp_path, key, monkeypatch):
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as agent:
        deadline = time.monotonic() + 600
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        subprocess.run(["ssh-add", "-q", key], check=True)
        signed = sign(b"text", key)
        key.unlink()
        assert sign(b"text", key.with_suffix(".pub")) == signed  # an ed25519 signature is the same each time
        agent.terminate()
    with pytest.raises(StoreError):
        sign(b"text", key.with_suffix(".pub"))


def test_signing_is_not_waited_for_for_ever_and_needs_its_program(tmp_path, key, monkeypatch):
    slow = tmp_path / "ssh-keygen"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(signing, "find_program", lambda _: str(slow))
    monkeypatch.setattr(signing, "SECONDS", 0.2)
    with pytest.raises(StoreError, match="ssh-keygen did not sign with"):
        sign(b"text", key)
    slow.chmod(0o644)
    with pytest.raises(StoreError, match=r"ssh-keygen cannot be started: .*\[EACCES\]"):
        sign(b"text", key)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(StoreError, match="no regular file"):
        sign(b"text", tmp_path / "fifo")


def test_a_store_without_commits_has_no_records(tmp_path):
    assert load_records(new_store(tmp_path).repository, None).get("x") is None


def test_paths_that_no_store_has_are_refused_from_a_remote():
    for path in ("a/../b", ".git/hooks/x", "a/GIT~1/x", "a\nb"):
        with pytest.raises(StoreError, match="cannot be a path in a store"):
            require_plain(Change(path, None, "1" * 40, None, "100644"))
    with pytest.raises(StoreError, match="expected plain files only"):
        require_plain(Change("a", None, "1" * 40, None, "120000"))


def test_what_stands_in_the_place_of_a_record_or_its_folder(tmp_path):
    root, (path, _) = tmp_path / "root", record(1)
    staged = tmp_path / "staged"
    (root / path / "of mine").mkdir(parents=True)
    (root / path / "of mine" / "notes").touch()
    with pytest.raises(StoreError, match="is a folder: expected a record or nothing"):
        prepare_folders(root, [path])
    prepare_folders(root, [path], lambda: [f"{path}/of mine/notes"])
    (root / path / "of mine" / "notes").unlink()
    (root / path / "of mine").rmdir()
    (root / path).rmdir()
    (staged / path).parent.mkdir(parents=True)
    assert place_files(staged, root, [(path, ())]) == []  # it was placed before
    (root / path).write_text("edited")
    remove_files(root, [(path, ("1" * 40,))])
    assert (root / path).read_text() == "edited"
    remove_files(root, [("nowhere/ab/x.json", ())])
    with pytest.raises(StoreError, match=r"a folder cannot be opened: .*ENOENT"):
        prepare_folders(tmp_path / "gone", [path])


def test_an_intent_that_cannot_be_read_is_none(tmp_path):
    scratch = Scratch(new_store(tmp_path).repository.git_dir)
    scratch.make(None)
    scratch.write_intent(Intent(None, "1" * 40, {}))
    assert scratch.read_intent() == Intent(None, "1" * 40, {})
    hostile = [
        [], {"parent": None, "commit": "--all", "tags": {}}, {"parent": 1, "commit": "1" * 40, "tags": {}},
        {"parent": None, "commit": "1" * 40, "tags": {"a\nb": "1" * 40}},
        {"parent": None, "commit": "1" * 40, "tags": {"a": "1" * 39 + "\n"}},
    ]  # fmt: skip
    for found in hostile:
        scratch.folder.joinpath("intent").write_text(json.dumps(found))
        assert scratch.read_intent() is None


def test_a_lock_that_is_gone_when_it_is_looked_at_again_is_nobodys(tmp_path, monkeypatch):
    git_dir = new_store(tmp_path, 1).repository.git_dir
    lock = git_dir / "index.lock"
    with lock.open("w"):
        assert find_holder(lock, git_dir) is None  # who asks is nobody that it would have to wait for
    monkeypatch.setattr(locks, "identify", lambda path: path.unlink(missing_ok=True))
    assert not locks.remove_stale(lock, git_dir, time.monotonic())


def test_a_run_that_ended_while_it_removed_a_lock_leaves_none(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    git_dir = store.repository.git_dir
    lock = git_dir / "index.lock"
    lock.touch()
    rename = Path.rename

    def end(path, target):
        rename(path, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", end)
    with pytest.raises(KeyboardInterrupt):
        locks.remove_stale(lock, git_dir, time.monotonic())
    monkeypatch.undo()
    with store.locked():
        assert sorted(path.name for path in git_dir.joinpath("seqmeta").iterdir()) == ["lock", "lock.next"]


def test_who_waits_for_the_lock_of_seqmeta_gets_it_and_a_run_that_failed_does_not_keep_it(tmp_path):
    path = tmp_path / "folder to make" / "lock"
    got = []

    def wait():
        with own_lock(path, 60):
            got.append("lock")

    waiting = threading.Thread(target=wait)

    def fail():
        with own_lock(path, 0):
            locks._release(locks._acquire(path.with_name("lock.next"), path, 0, 0.01))  # nobody is next yet
            waiting.start()
            waiting.join(0.3)
            assert waiting.is_alive()
            raise KeyError

    with pytest.raises(KeyError) as error:
        fail()
    waiting.join(60)
    assert got == ["lock"]
    with own_lock(path, 0):  # although all that the error knows of is kept
        assert error.value is not None


def test_who_stands_behind_one_that_waits_is_told_when_its_time_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 0.05)
    path = tmp_path / "lock"
    with own_lock(path, 0):
        waiting = locks._acquire(path.with_name("lock.next"), path, 0, 0.01)
        with pytest.raises(LockedError, match=r"another run of seqmeta holds .*lock for more than 0\.2 s"):
            own_lock(path, 0.2).__enter__()
        locks._release(waiting)
    with own_lock(path, 0):
        pass


def test_who_waits_for_no_time_at_all_is_told_at_once_also_where_another_is_next(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    held = [locks._acquire(file, path, 0, 0.01) for file in (path, path.with_name("lock.next"))]
    assert None not in held
    for other in reversed(held):
        with pytest.raises(LockedError, match="for more than 0 s"):
            own_lock(path, 0).__enter__()
        locks._release(other)
    assert slept == []


def test_who_stands_behind_another_that_is_next_waits_longer_than_it_has_patience(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    held = [locks._acquire(file, path, 0, 0.01) for file in (path, path.with_name("lock.next"))]
    take, looked = locks._take_if_left, []

    def look(lock):
        looked.append(lock)
        if len(looked) == 3:
            for other in held:
                locks._release(other)
        return take(lock)

    monkeypatch.setattr(locks, "_take_if_left", look)
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 0.01)
    with own_lock(path, 60):
        assert len(looked) == 3


def test_a_process_that_has_the_same_lock_of_another_store_open_or_has_ended_holds_none(tmp_path):
    git_dir = new_store(tmp_path, 1).repository.git_dir
    lock, other = git_dir / "index.lock", tmp_path / "index.lock"
    lock.touch()
    with other.open("w") as stream:
        holder = subprocess.Popen(["sleep", "60"], stdin=stream)
    assert find_holder(other, git_dir) == f"process {holder.pid} (sleep)"
    assert find_holder(lock, git_dir) is None
    holder.kill()
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # nobody has asked yet how it ended
    assert find_holder(other, git_dir) is None
    holder.wait()
    git = subprocess.Popen(["git", "cat-file", "--batch"], cwd=git_dir, stdin=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while (found := find_holder(None, git_dir)) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert found == f"process {git.pid} (git)"
    git.kill()
    os.waitid(os.P_PID, git.pid, os.WEXITED | os.WNOWAIT)
    assert find_holder(None, git_dir) is None
    git.communicate()


@pytest.mark.parametrize(
    "said, act",
    [
        ("the store cannot be locked", lambda file: own_lock(file / "lock", 0).__enter__()),
        ("a lock cannot be looked at", lambda file: locks.require_plain_file(file / "lock")),
        ("a stale lock cannot be removed", lambda file: locks.remove_stale(file, file.parent / "no", time.monotonic())),
    ],
)
def test_what_is_in_the_way_of_a_lock_is_one_sentence(tmp_path, said, act):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match=rf"^{said}: .* \[E[A-Z]+\]$"):
        act(file)


def test_a_lock_that_the_system_does_not_let_go_is_named(tmp_path, monkeypatch):
    index = index_lock(tmp_path, time.monotonic())
    index.__enter__()

    def refuse(path, **_):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(locks.Path, "unlink", refuse)
        with pytest.raises(StoreError, match=r"^the index cannot be unlocked: .*index\.lock: .* \[EIO\]$"):
            index.__exit__(None, None, None)
    release = locks.filelock.FileLock.release

    def fail(lock, *_, **__):
        release(lock)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(locks.filelock.FileLock, "release", fail)
        with pytest.raises(StoreError, match=r"lock.* cannot be unlocked before this process ends: .* \[EIO\]$"):
            own_lock(tmp_path / "lock", 0).__enter__()


def test_a_lock_of_seqmeta_is_a_file_of_this_user(tmp_path):
    fifo = tmp_path / "lock"
    os.mkfifo(fifo)
    with pytest.raises(StoreError, match="is not a regular file"):
        locks.require_plain_file(fifo)
    assert stat.S_ISFIFO(fifo.lstat().st_mode)
    assert not locks.require_plain_file(tmp_path / "none")


@pytest.fixture
def unprivileged(tmp_path, monkeypatch):
    """Be somebody who may not read everything, as root may, for as long as the test wants."""
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


def test_what_may_not_be_looked_into_counts_as_there(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "listdir", _refuse)
        patch.setattr(os, "scandir", _refuse)  # which Python 3.13 asks instead
        assert _is_there(tmp_path / "closed")


def test_a_configuration_that_may_not_be_read_or_is_gone(tmp_path, request):
    store = new_store(tmp_path, 1)
    config = store.repository.git_dir / "config"
    config.chmod(0)
    store.repository.git_dir.joinpath("refs/closed").mkdir(mode=0)
    request.getfixturevalue("unprivileged")
    with pytest.raises(StoreError, match="config cannot be read: Permission denied"):
        find_peculiarities(Path("records"))
    os.seteuid(os.getuid())
    config.unlink()
    os.seteuid(65534 if os.getuid() == 0 else os.getuid())
    assert find_peculiarities(Path("records")) == []


def test_a_seal_that_is_none_tells_nothing(tmp_path):
    store = new_store(tmp_path, 1)
    uuid = "11111111-2222-3333-4444-555555555555"
    tag = git(store.path, "hash-object", "-t", "tag", "-w", "--literally", "--stdin", data="no tag\n").strip()
    folder = store.repository.git_dir / "refs/tags/seal"
    folder.mkdir()
    (folder / uuid).write_text(f"{tag}\n")  # git itself would not set it
    assert StoreHistory(store.repository).when_sealed(uuid, "study", uuid) is None
    assert list(StoreHistory(store.repository).when_orders_were([uuid])) == []  # before its first commit


def _refuse(*_):
    raise PermissionError(13, "Permission denied")


def test_a_store_that_another_made_while_its_lock_was_waited_for_is_not_made_again(tmp_path, monkeypatch):
    real = creation.own_lock

    @contextmanager
    def lock(path, seconds):
        monkeypatch.undo()
        new_store(tmp_path, 3)
        with real(path, seconds):
            yield

    monkeypatch.setattr(creation, "own_lock", lock)
    creation.create_repository(tmp_path / "records", "main", 10)
    assert committed(tmp_path / "records") == records(range(3))


def test_a_process_that_may_open_nothing_more_cannot_lock(tmp_path):
    store = new_store(tmp_path, 1)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = Path("/proc/self/fd")
    highest = max(int(path.name) for path in descriptors.iterdir())
    filler = [os.dup(0) for _ in range(highest)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(descriptors.iterdir())) - 1, limits[1]))
        with pytest.raises(StoreError, match="EMFILE"), store.locked():
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for descriptor in filler:
            os.close(descriptor)
    with store.locked():
        pass


@pytest.mark.parametrize(
    "number, said",
    [
        (errno.ENOLCK, r"cannot be locked: this file system has no flock \[ENOLCK\]$"),
        (errno.ENOSYS, r"cannot be locked: this file system has no flock \[ENOSYS\]$"),
        (errno.EIO, r"^the store cannot be locked: .*\[EIO\]$"),
    ],
)
def test_a_store_that_cannot_be_locked_is_not_gone_to_work_in(tmp_path, monkeypatch, number, said):
    store = new_store(tmp_path, 1)

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(StoreError, match=said), store.locked():
        raise AssertionError


def test_a_lock_that_a_process_has_open_is_waited_for_and_no_longer_than_said(tmp_path):
    store = new_store(tmp_path, 1)
    git_dir = store.repository.git_dir
    lock = git_dir / "index.lock"
    with subprocess.Popen(["sh", "-c", "exec 3>index.lock; sleep 1; rm index.lock"], cwd=git_dir):
        while not lock.exists():
            time.sleep(0.01)
        with pytest.raises(LockedError, match=r"is in use by process .* expected it to end within the time to wait"):
            locks.remove_stale(lock, git_dir, time.monotonic())
        with index_lock(git_dir, time.monotonic() + 30) as removed:
            assert removed == []


def test_a_lock_that_is_gone_or_another_is_not_removed(tmp_path):
    store = new_store(tmp_path, 1)
    lock = store.repository.git_dir / "index.lock"
    assert locks.identify(lock) is None
    lock.touch()
    assert not locks._remove_same(lock, store.repository.git_dir, (0, 0, 0))
    assert lock.exists()


def test_a_store_that_may_not_be_looked_into_is_not_taken_for_none(tmp_path, request):
    new_store(tmp_path, 1).repository.git_dir.chmod(0o311)
    request.getfixturevalue("unprivileged")
    with pytest.raises(StoreError, match=r"the store cannot be looked at: .*\[EACCES\]"):
        creation.is_made(Path("records"))
