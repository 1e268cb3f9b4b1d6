"""What a person, a crash or a power loss leaves in a store, each alone: mended, built upon, or refused by name."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab import Lab, biosamples
from stand_ins import standing_in, where
from storing import assert_sound, committed, git, new_store, publish, record, records

import seqmeta.mending
import seqmeta.publishing
import seqmeta.recovery
from seqmeta.errors import LockedError, StoreError
from seqmeta.git import Repository
from seqmeta.git_command import GitCommand
from seqmeta.references import list_seal_tags
from seqmeta.scratch import Intent, Scratch
from seqmeta.store import Tag, doctor, open_store

LOCKS = [
    "index.lock", "HEAD.lock", "refs/heads/main.lock", "packed-refs.lock", "config.lock", "objects/maintenance.lock",
    "refs/tags/seal/x.lock", "shallow.lock",
]  # fmt: skip


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("content", [b"", b"DIRC garbage"])
def test_a_stale_lock_is_removed_and_named(tmp_path, name, content):
    store = new_store(tmp_path, 2)
    lock = store.path / ".git" / name
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_bytes(content)
    with store.locked() as findings:
        assert [(finding.code, finding.path) for finding in findings] == [("stale_lock", f".git/{name}")]
    assert not lock.exists()
    publish(store, records(range(2, 3)), tags=[Tag("seal/x", "root")])
    assert_sound(store.path)


def test_all_stale_locks_at_once_with_a_lock_file_of_a_dead_run(tmp_path):
    store = new_store(tmp_path, 2)
    names = [*LOCKS, "gc.pid", "gc.pid.lock"]
    for name in names:
        store.path.joinpath(".git", name).parent.mkdir(parents=True, exist_ok=True)
        store.path.joinpath(".git", name).touch()
    # A process number in our own lock is never read: that of process 1, which always lives, changes nothing.
    store.path.joinpath(".git/seqmeta/lock").write_text("1\n")
    with store.locked() as findings:
        assert sorted(finding.path for finding in findings) == sorted(f".git/{name}" for name in names)
    publish(store, records(range(2, 3)), tags=[Tag("seal/x", "root")])
    assert_sound(store.path)


@pytest.mark.parametrize("name", ["index.lock", "refs/heads/main.lock", "seqmeta/lock"])
@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_a_lock_that_is_no_plain_file_is_refused_and_left_untouched(tmp_path, name, kind):
    store = new_store(tmp_path, 2)
    lock = store.path / ".git" / name
    lock.unlink(missing_ok=True)
    {"link": lambda: lock.symlink_to(tmp_path / "target"), "folder": lock.mkdir, "fifo": lambda: os.mkfifo(lock)}[
        kind
    ]()
    before = lock.lstat()
    with pytest.raises(StoreError, match="is left untouched"):
        publish(store, records(range(2, 3)))
    assert lock.lstat().st_ino == before.st_ino
    assert not (tmp_path / "target").exists()
    assert committed(store.path) == records(range(2))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_run_killed_between_two_files_of_a_folder_is_finished_by_the_next(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    first, *others = (f"orders/aa/aaaaaaaa-0000-0000-0000-00000000000{number}.json" for number in range(3))
    publish(store, {first: b"{}\n"})
    rename = os.rename

    def end(source, target, **folders):
        rename(source, target, **folders)
        if str(source).endswith(others[0].rpartition("/")[2]):
            raise KeyboardInterrupt

    before = store.repository.head()
    monkeypatch.setattr(os, "rename", end)
    with pytest.raises(KeyboardInterrupt):
        publish(store, dict.fromkeys(others, b"[]\n"))
    monkeypatch.undo()
    assert [(store.path / path).exists() for path in others] == [True, False]
    assert store.repository.head() != before
    with store.locked() as findings:
        assert [finding.code for finding in findings if finding.code != "pack_released"] == ["publication_finished"]
    assert [(store.path / path).read_bytes() for path in (first, *others)] == [b"{}\n", b"[]\n", b"[]\n"]
    assert_sound(store.path)


@pytest.mark.parametrize("name", ["index.lock", "seqmeta/lock", "seqmeta/lock.next"])
def test_a_lock_of_another_user_is_refused_and_left_untouched(tmp_path, name):
    store = new_store(tmp_path, 2)
    lock = store.path / ".git" / name
    lock.touch()
    os.chown(lock, 12345, 12345)
    with pytest.raises(StoreError, match=r"belongs to user 12345, not to 0: .*; run seqmeta as the user that"):
        publish(store, records(range(2, 3)))
    assert lock.exists()


@pytest.mark.parametrize("way", [".", "link"])
def test_a_lock_that_a_process_has_open_is_never_stolen(tmp_path, way):
    (tmp_path / "link").symlink_to(".")
    lock = new_store(tmp_path, 2).path / ".git" / "index.lock"
    store = open_store(tmp_path / way / "records")
    with lock.open("w"):
        holder = subprocess.Popen(["sleep", "60"], stdin=lock.open())
    try:
        with pytest.raises(LockedError, match=f"in use by process {holder.pid} .sleep."), store.locked(0.5):
            pass
        assert lock.exists()
    finally:
        holder.kill()
        holder.wait()
    publish(store, records(range(2, 3)))
    assert_sound(store.path)


def test_a_lock_beside_a_git_at_work_in_the_store_is_waited_for(tmp_path):
    store = new_store(tmp_path, 2)
    lock = store.path / ".git" / "index.lock"
    lock.touch()
    person = subprocess.Popen(["git", "cat-file", "--batch"], cwd=store.path, stdin=subprocess.PIPE)
    try:
        time.sleep(0.2)
        with pytest.raises(LockedError, match=f"process {person.pid} .git."), store.locked(0.5):
            pass
    finally:
        person.communicate()
    publish(store, records(range(2, 3)))


@pytest.mark.parametrize("content", [None, b"", b"garbage that is longer than thirty-two bytes", bytes(200), "cut"])
def test_an_index_that_is_missing_or_damaged_is_made_anew(tmp_path, content):
    store = new_store(tmp_path, 5)
    index = store.path / ".git" / "index"
    whole = index.read_bytes()
    index.unlink()
    if content is not None:
        index.write_bytes(whole[: len(whole) // 2] if content == "cut" else content)
    assert [finding.code for finding in doctor(store)] == ["index_rebuilt"]
    assert git(store.path, "diff-files") == ""  # it knows the files' times: none has to be read again
    assert_sound(store.path)
    publish(store, records(range(5, 6)))
    assert_sound(store.path)


def test_an_index_of_version_4_and_a_split_index_are_built_upon(tmp_path):
    for number, command in enumerate(
        (["update-index", "--index-version", "4"], ["update-index", "--split-index"]), start=1
    ):
        store = new_store(tmp_path / str(number), 5)
        git(store.path, *command)
        publish(store, records(range(5, 8)))
        assert committed(store.path) == records(range(8))
        assert list(store.path.joinpath(".git").glob("sharedindex.*")) == []
        assert_sound(store.path)


def test_a_damaged_index_that_was_split_is_made_anew_beside_edited_records(tmp_path):
    store = new_store(tmp_path, 5)
    git(store.path, "update-index", "--split-index")
    store.path.joinpath(".git/index").write_bytes(b"DIRC nonsense")
    store.path.joinpath(record(1)[0]).write_text("by hand")
    store.path.joinpath(record(2)[0]).unlink()
    assert [finding.code for finding in doctor(store)] == ["index_rebuilt", "edit_put_back", "record_put_back"]
    assert list(store.path.joinpath(".git").glob("sharedindex.*")) == []
    assert_sound(store.path)


def test_a_file_at_a_records_place_that_was_added_and_removed_again_is_forgotten(tmp_path):
    store = new_store(tmp_path, 1)
    path, content = record(99)
    store.path.joinpath(path).parent.mkdir(parents=True)
    store.path.joinpath(path).write_bytes(content)
    git(store.path, "add", path)
    store.path.joinpath(path).unlink()
    assert [(finding.code, finding.path) for finding in doctor(store)] == [("record_put_back", path)]
    assert committed(store.path) == records(range(1))
    assert_sound(store.path)


def test_an_emptied_record_is_filled_again(tmp_path, monkeypatch):
    store = new_store(tmp_path, 3)
    path, content = record(1)
    store.path.joinpath(path).write_bytes(b"")
    lock, held, place = store.path / ".git/index.lock", [], seqmeta.recovery.place_files
    monkeypatch.setattr(seqmeta.recovery, "place_files", lambda *words: held.append(lock.exists()) or place(*words))
    assert [(finding.code, finding.path) for finding in doctor(store)] == [("record_put_back", path)]
    assert held == [True]
    assert store.path.joinpath(path).read_bytes() == content
    assert list(store.path.rglob("*.edited*")) == []


@pytest.mark.parametrize("name", ["HEAD", "config", "refs/heads/main", "refs/tags/seal/a"])
def test_an_emptied_file_of_git_is_restored_and_named(tmp_path, name):
    store = new_store(tmp_path, 3)
    uuid, whole = (record(number)[0][-41:-5] for number in range(2))
    publish(store, records(range(3, 4)), tags=[Tag(f"seal/{uuid}", "root"), Tag(f"seal/{whole}", "root")])
    head, tag = store.repository.head(), git(store.path, "rev-parse", f"seal/{uuid}")
    file = store.path / ".git" / name.replace("seal/a", f"seal/{uuid}")
    file.write_bytes(b"")
    again = open_store(store.path)
    code = {"refs/heads/main": "branch_restored", "refs/tags/seal/a": "tag_restored"}.get(name, "file_refilled")
    assert [(finding.code, finding.path) for finding in doctor(again)] == [(code, str(file.relative_to(store.path)))]
    assert again.repository.head() == head
    assert git(store.path, "rev-parse", f"seal/{uuid}") == tag
    publish(again, records(range(4, 5)))
    assert committed(store.path) == records(range(5))
    assert_sound(store.path)


@pytest.mark.parametrize("is_newer", [False, True])
def test_emptied_packed_references_are_restored(tmp_path, is_newer):
    """But not the branch where it has moved since they were packed: then it stands in a file of its own."""
    store = new_store(tmp_path, 3)
    uuid = record(0)[0][-41:-5]
    publish(store, records(range(3, 4)), tags=[Tag(f"seal/{uuid}", "root")])
    git(store.path, "pack-refs", "--all")
    shutil.rmtree(store.path / ".git/refs/tags")
    assert doctor(store) == []
    if is_newer:
        publish(store, records(range(4, 5)))
    head, tag = store.repository.head(), git(store.path, "rev-parse", f"seal/{uuid}")
    (store.path / ".git" / "packed-refs").write_bytes(b"")
    lost = {"tag_restored"} if is_newer else {"branch_restored", "tag_restored"}
    assert {finding.code for finding in doctor(store)} == lost
    assert not (store.path / ".git" / "packed-refs").exists()  # else a tag taken away on purpose would come back
    assert store.repository.head() == head
    assert git(store.path, "rev-parse", f"seal/{uuid}") == tag
    assert_sound(store.path)


@pytest.mark.parametrize("is_loose", [False, True])
def test_a_lost_branch_without_a_log_is_never_taken_for_an_empty_store(tmp_path, is_loose):
    store = new_store(tmp_path, 3)
    if is_loose:
        packs = store.path / ".git/objects/pack"
        pack = next(packs.glob("*.pack")).rename(tmp_path / "pack")
        for path in packs.iterdir():
            path.unlink()
        subprocess.run(["git", "unpack-objects", "-q"], cwd=store.path, stdin=pack.open(), check=True)
    git(store.path, "pack-refs", "--all")
    packed = store.path / ".git/packed-refs"
    packed.write_bytes(b"")
    shutil.rmtree(store.path / ".git/logs")
    with pytest.raises(StoreError, match=r"main is empty or gone, and its log names no commit .*set it with git "):
        publish(store, records(range(1)))
    assert packed.exists()


def test_lost_seals_are_those_of_published_commits_and_one_object_tells_which(tmp_path):
    """What came to nothing leaves a tag object of a seal's name too, and so may a person."""
    store, folder = new_store(tmp_path, 3), tmp_path / "records"
    mine, other = (f"seal/{record(number)[0][-41:-5]}" for number in range(2))
    commit = publish(store, records(range(3, 4)), tags=[Tag(mine, "root")])
    elsewhere = git(folder, "commit-tree", "-p", "main", "-m", "came to nothing", "main^{tree}").strip()
    text = git(folder, "cat-file", "tag", mine)
    unpublished = text.replace(commit, elsewhere)
    for data in (unpublished, unpublished.replace(mine, other), text.replace(mine, "../../../evil"), "no tag\n"):
        git(folder, "hash-object", "-t", "tag", "-w", "--literally", "--stdin", data=data)
    tags = git(folder, "for-each-ref", "refs/tags")
    git(folder, "pack-refs", "--all")
    folder.joinpath(".git/packed-refs").write_bytes(b"")
    assert [finding.path for finding in doctor(store)] == [".git/refs/heads/main", f".git/refs/tags/{mine}"]
    assert git(folder, "for-each-ref", "refs/tags") == tags
    again = git(folder, "hash-object", "-t", "tag", "-w", "--stdin", data=text.replace("root", "another"))
    git(folder, "pack-refs", "--all")
    folder.joinpath(".git/packed-refs").write_bytes(b"")
    with pytest.raises(StoreError, match=rf"the tags {mine} of .* set them with git update-ref$"):
        doctor(store)
    git(folder, "update-ref", f"refs/tags/{mine}", again.strip())
    assert doctor(store) == []


def test_a_git_folder_without_settings_or_commits_is_gone_on_with(tmp_path):
    store = new_store(tmp_path)
    store.path.joinpath(".git/packed-refs").touch()
    store.path.joinpath(".git/config").unlink()
    assert [finding.code for finding in doctor(store)] == ["branch_restored"]
    publish(store, records(range(2)))
    assert_sound(store.path)


def test_a_broken_branch_is_never_taken_for_an_empty_store(tmp_path):
    store = new_store(tmp_path, 3)
    (store.path / ".git" / "refs" / "heads" / "main").write_bytes(b"garbage\n")
    with pytest.raises(StoreError, match="is broken"):
        publish(store, records(range(1)))


def test_making_the_store_goes_on_where_it_was_cut_short(tmp_path):
    store = new_store(tmp_path)
    parts = sorted(path.relative_to(store.path) for path in (store.path / ".git").rglob("*"))
    for part in parts:
        folder = tmp_path / "again" / str(part).replace("/", "_")
        shutil.copytree(store.path, folder)
        target = folder / part
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        (folder / ".git/seqmeta").mkdir(exist_ok=True)
        (folder / ".git/seqmeta/making").touch()
        publish(open_store(folder, create=True), records(range(2)))
        assert committed(folder) == records(range(2))
        assert_sound(folder)


def _detach(folder):
    git(folder, "checkout", "--detach")


def _other_branch(folder):
    git(folder, "checkout", "-b", "other")


def _merge(folder):
    git(folder, "checkout", "-b", "side")
    (folder / "notes").write_text("side")
    git(folder, "add", "notes")
    git(folder, "commit", "-m", "side")
    git(folder, "checkout", "main")
    (folder / "notes").write_text("main")
    git(folder, "add", "notes")
    git(folder, "commit", "-m", "main")
    git(folder, "merge", "side", check=False)


def _rebase(folder):
    _merge(folder)
    git(folder, "merge", "--abort")
    git(folder, "rebase", "side", check=False)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_detach, "HEAD of"),
        (_other_branch, "HEAD of"),
        (_merge, "a merge is under way"),
        (_rebase, "a rebase is under"),
    ],
)
def test_what_a_person_has_not_ended_is_named_and_left(tmp_path, make, said):
    store = new_store(tmp_path, 3)
    make(store.path)
    before = (git(store.path, "status"), git(store.path, "rev-parse", "main"))
    with pytest.raises(StoreError, match=said):
        publish(store, records(range(3, 4)))
    assert (git(store.path, "status"), git(store.path, "rev-parse", "main")) == before


def _shallow(folder):
    publish(open_store(folder), records(range(5, 6)))
    (folder / ".git/shallow").write_text(git(folder, "rev-parse", "main"))


def _write(name, text):
    def make(folder):
        (folder / ".git" / name).parent.mkdir(exist_ok=True)
        (folder / ".git" / name).write_text(text)

    return make


def _configure(key, value):
    return lambda folder: git(folder, "config", key, value)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_shallow, "shallow"),
        (_write("info/grafts", "x"), "grafts"),
        (_write("objects/info/alternates", "/elsewhere\n"), "alternates"),
        (_configure("core.bare", "true"), "bare"),
        (_configure("remote.origin.promisor", "true"), "promisor"),
        (_configure("extensions.partialClone", "origin"), "promisor"),
        (_configure("extensions.refStorage", "reftable"), "reftable"),
        (_write("config", "[core] repositoryformatversion = 1\n[extensions] partialClone = origin\n"), "promisor"),
        (lambda folder: git(folder, "sparse-checkout", "set", "orders"), "sparse_checkout"),
    ],
)
def test_an_unsupported_repository_is_refused_by_name(tmp_path, make, code):
    store = new_store(tmp_path, 3)
    make(store.path)
    with pytest.raises(StoreError, match=rf"not supported: .*\[{code}\]"):
        publish(store, records(range(3, 4)))


def test_sha256_bare_and_linked_repositories_are_refused_by_name(tmp_path):
    git(tmp_path, "init", "--object-format=sha256", "sha256")
    git(tmp_path, "init", "--bare", "bare")
    store = new_store(tmp_path, 1)
    git(store.path, "worktree", "add", "../linked", "-b", "other")
    for name, said in (("sha256", "object_format"), ("bare", "is a bare repository"), ("linked", "is not a folder")):
        with pytest.raises(StoreError, match=said):
            Repository.open(tmp_path / name)
    publish(store, records(range(1, 2)))
    assert_sound(store.path)


@pytest.mark.parametrize("count", [2, 501])  # as words of a command, and from its standard input
def test_hidden_file_flags_do_not_stop_a_publication(tmp_path, count):
    store = new_store(tmp_path, count + 1)
    paths = [record(number)[0] for number in (0, count - 1)]
    git(store.path, "update-index", "--skip-worktree", paths[0])
    git(store.path, "update-index", "--assume-unchanged", paths[1])
    for path in paths:
        store.path.joinpath(path).write_text("hidden edit")
    commit = publish(store, records(range(count), "new"))
    assert committed(store.path) == records(range(count + 1)) | records(range(count), "new")
    for path in paths:
        assert store.path.joinpath(path).read_bytes() == records(range(count), "new")[path]
        assert store.path.joinpath(path + ".edited").read_text() == "hidden edit"
    assert git(store.path, "ls-tree", "-r", commit).split() == [
        word for line in git(store.path, "ls-files", "-s").splitlines() for word in _as_tree(line)
    ]


def _as_tree(line):
    mode, object_id, _, path = line.split()
    return [mode, "blob", object_id, path]


def test_git_upkeep_in_between_loses_nothing(tmp_path):
    store = new_store(tmp_path, 3)
    commands = [["gc", "-q", "--prune=now"], ["repack", "-adq"], ["prune", "--expire=now"], ["pack-refs", "--all"]]
    for number in range(3, 19):
        publish(store, records(range(number, number + 1)), tags=[Tag(f"seal/{number}", "root")])
        git(store.path, *commands[number % 4])
    assert committed(store.path) == records(range(19))
    assert len(store.repository.tags("seal")) == 16
    assert_sound(store.path)


def many_packs(folder):
    """Put objects of a store into 51 packs of one object each, and return the folder of packs."""
    packs = folder / ".git/objects/pack"
    names = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    for name in names[:51]:
        git(folder, "pack-objects", "-q", str(packs / "pack"), data=f"{name}\n")
    assert len(list(packs.glob("*.pack"))) == 52
    return packs


def test_many_packs_are_joined_by_the_doctor(tmp_path):
    store = new_store(tmp_path, 40)
    packs = many_packs(store.path)
    assert [finding.code for finding in doctor(store)] == ["packs_joined"]
    assert len(list(packs.glob("*.pack"))) < 5
    assert committed(store.path) == records(range(40))
    publish(store, records(range(40, 41)))
    assert_sound(store.path)


@pytest.mark.parametrize("does_repack", [True, False])
def test_many_packs_are_joined_by_a_run_where_that_is_possible(tmp_path, monkeypatch, does_repack):
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples(*(f"S{number}" for number in range(40))))
    packs = many_packs(lab.records)
    with standing_in(tmp_path / "bin", monkeypatch) as make:
        make(where("repack", 'exec $real "$@"' if does_repack else "kill -9 $$"))
        lab.good(biosamples("S0", "S1"), {"study": {"name": "Cohort"}})
    assert (len(list(packs.glob("*.pack"))) < 5) is does_repack
    assert lab.body("study", "Cohort")["name"] == "Cohort"
    assert_sound(lab.records)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where nobody may")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path):
    store = new_store(tmp_path, 2)
    store.path.joinpath(".git").chmod(0o555)
    with pytest.raises(StoreError, match="EACCES"):
        publish(store, records(range(2, 3)))
    store.path.joinpath(".git").chmod(0o755)


@pytest.mark.parametrize("left", [[], ["seqmeta/"], ["seqmeta/lock", "seqmeta/making"], ["seqmeta/making", "HEAD"]])
def test_a_store_whose_making_was_cut_short_is_none_yet_and_the_next_run_goes_on(tmp_path, left):
    lab = Lab(tmp_path / "lab")
    lab.describe({"study": {"name": "Cohort"}})
    for name in [".git/", *(f".git/{name}" for name in left)]:
        path = lab.records / name
        path.mkdir(parents=True, exist_ok=True) if name.endswith("/") else _touch(path)
    assert lab.check() == []
    assert lab.call("plan")[0] == 0
    assert lab.call("shards")[0] == 0
    assert lab.good()["commit"] == lab.head()


def test_a_store_without_its_head_is_not_taken_for_an_empty_one(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Cohort"}})
    (lab.records / ".git/HEAD").unlink()
    assert lab.call("check")[0] == 3


def _touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


@pytest.mark.parametrize("fails", [False, True])
def test_tags_that_a_killed_git_had_not_come_to_are_made(tmp_path, monkeypatch, fails):
    """Git moves one reference after the other: killed in between, it leaves a branch that has moved and no tag.

    Where the disk does not give what was written down about it, that is not taken for nothing.
    """
    store = new_store(tmp_path, 1)
    names = ("seal/a", "seal/b", "seal/c")
    commit = publish(store, records(range(1, 3)), tags=[Tag(name, f"root {name}") for name in names])
    tags = git(store.path, "for-each-ref", "refs/tags")
    intent = {"parent": git(store.path, "rev-parse", f"{commit}~").strip(), "commit": commit, "tags": {}}
    for line in tags.splitlines():
        intent["tags"][line.split("refs/tags/")[1]] = line.split()[0]
    git(store.path, "tag", "-d", *names[1:])
    with store.locked():
        scratch = Scratch(store.path / ".git")
        scratch.make(commit)
        scratch.folder.joinpath("intent").write_text(json.dumps(intent))
    if fails:
        read = Path.read_bytes
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda path: _fail() if path.name == "intent" else read(path))
            with pytest.raises(StoreError, match=r"^what a killed run has written down cannot be read: .* \[EIO\]$"):
                store.locked().__enter__()
    with store.locked() as findings:
        assert "publication_finished" in {finding.code for finding in findings}
    assert git(store.path, "for-each-ref", "refs/tags") == tags
    assert_sound(store.path)


def _fail(*_):
    raise OSError(errno.EIO, "Input/output error", "there")


@pytest.mark.parametrize("has_moved", [True, False])
def test_a_git_that_fails_is_believed_only_where_the_branch_has_not_moved(tmp_path, monkeypatch, has_moved):
    store = new_store(tmp_path, 2)
    ask = GitCommand.ask

    def fail(command, *args, data=None):
        if args[0] == "update-ref":
            if has_moved:
                assert ask(command, *args, data=data)[0] == 0
            return -signal.SIGKILL, b"", ""
        return ask(command, *args, data=data)

    with monkeypatch.context() as patch:
        patch.setattr(GitCommand, "ask", fail)
        if has_moved:
            publish(store, records(range(2, 4)))
        else:
            with pytest.raises(StoreError, match="refs/heads/main cannot be moved"):
                publish(store, records(range(2, 4)))
    assert committed(store.path) == records(range(4 if has_moved else 2))
    assert doctor(store) == []
    assert_sound(store.path)


def test_a_git_that_cannot_say_what_is_published_is_not_taken_for_a_no(tmp_path, monkeypatch):
    """The killed run's seal would be dropped with its plan, though the branch has its commit."""
    store = new_store(tmp_path, 1)
    commit = publish(store, records(range(1, 3)), tags=[Tag("seal/a", "root")])
    parent, seal = git(store.path, "rev-parse", "main^").strip(), git(store.path, "rev-parse", "seal/a").strip()
    publish(store, records(range(3, 4)))
    git(store.path, "tag", "-d", "seal/a")
    scratch = Scratch(store.path / ".git")
    scratch.make(commit)
    scratch.write_intent(Intent(parent, commit, {"seal/a": seal}))
    with standing_in(tmp_path / "bin", monkeypatch) as make:
        make(where("merge-base", "kill -9 $$"))
        with pytest.raises(StoreError, match=r"git merge-base in .* was ended by SIGKILL"), store.locked():
            pass
        make('exec $real "$@"')
        with store.locked() as findings:
            assert "publication_finished" in {finding.code for finding in findings}
    assert git(store.path, "rev-parse", "seal/a").strip() == seal


def test_a_commit_in_a_pack_that_cannot_be_read_is_not_taken_for_one_that_is_not_published(tmp_path):
    """For git it is missing, like one that never was: the killed run's seal would be dropped with its plan."""
    store = new_store(tmp_path, 1)
    packs = store.path / ".git" / "objects" / "pack"
    before = set(packs.iterdir())
    commit = publish(store, records(range(1, 3)), tags=[Tag("seal/a", "root")])
    of_commit = set(packs.iterdir()) - before
    parent, seal = git(store.path, "rev-parse", "main^").strip(), git(store.path, "rev-parse", "seal/a").strip()
    head = publish(store, records(range(3, 4)))
    git(store.path, "tag", "-d", "seal/a")
    scratch = Scratch(store.path / ".git")
    scratch.make(commit)
    scratch.write_intent(Intent(parent, commit, {"seal/a": seal}))
    for path in of_commit:
        path.rename(tmp_path / path.name)
    with pytest.raises(StoreError, match=r"git rev-list failed in .*: .*" + commit), store.locked():
        pass
    for path in of_commit:
        tmp_path.joinpath(path.name).rename(path)
    with store.locked() as findings:
        assert "publication_finished" in {finding.code for finding in findings}
    assert git(store.path, "rev-parse", "seal/a").strip() == seal
    assert not store.repository.has_ancestor("1" * 40, head)


def test_a_git_that_is_killed_over_packed_references_has_not_said_that_there_is_no_branch(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    git(store.path, "pack-refs", "--all")
    with standing_in(tmp_path / "bin", monkeypatch) as make:
        make(where("rev-parse", "kill -9 $$"))
        with pytest.raises(StoreError, match=r"git rev-parse in .* was ended by SIGKILL"):
            store.repository.head()


@pytest.mark.parametrize("count", [0, 2])
def test_a_publication_that_was_killed_before_its_commit_is_dropped(tmp_path, monkeypatch, count):
    store = new_store(tmp_path, count)
    monkeypatch.setattr(seqmeta.publishing, "move_references", _fail)
    monkeypatch.setattr(seqmeta.publishing, "_drop", lambda *_: None)
    with pytest.raises(StoreError, match="EIO"):
        publish(store, records(range(count, 4)))
    monkeypatch.undo()
    assert Scratch(store.repository.git_dir).read_intent() is not None
    assert {finding.code for finding in doctor(store)} == {"publication_dropped", "pack_released"}
    assert git(store.path, "status", "--porcelain") == ""
    publish(store, records(range(count, 5)))
    assert committed(store.path) == records(range(5))
    assert_sound(store.path)


@pytest.mark.parametrize(
    "commands", ["symbolic-ref HEAD refs/heads/none", "checkout --detach|branch -D main", "branch -m main other"]
)
def test_a_head_beside_the_branch_with_commits_on_either_is_left_to_a_person(tmp_path, commands):
    store = new_store(tmp_path, 2)
    for command in commands.split("|"):
        git(store.path, *command.split())
    before = store.path.joinpath(".git/HEAD").read_bytes()
    with pytest.raises(StoreError, match=r"^HEAD of .*: expected the branch main checked out$"):
        doctor(store)
    assert store.path.joinpath(".git/HEAD").read_bytes() == before


def test_what_git_is_to_ignore_is_told_again_and_its_upkeep_at_work_is_left_alone(tmp_path):
    store = new_store(tmp_path, 2)
    exclude, upkeep = store.path / ".git/info/exclude", store.path / ".git/gc.pid"
    exclude.unlink()
    with upkeep.open("w") as stream, subprocess.Popen(["sleep", "60"], stdin=stream) as holder:
        assert doctor(store) == []
        holder.kill()
    assert upkeep.exists()
    assert "*.json.edited*" in exclude.read_text().splitlines()


def test_a_folder_in_a_records_place_is_named_and_left(tmp_path):
    store = new_store(tmp_path, 2)
    path, content = record(0)
    store.path.joinpath(path).unlink()
    store.path.joinpath(path, "notes").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"is a folder: expected a record or nothing$"):
        doctor(store)
    shutil.rmtree(store.path / path)
    assert [(finding.code, finding.path) for finding in doctor(store)] == [("record_put_back", path)]
    assert store.path.joinpath(path).read_bytes() == content


def test_seals_that_cannot_be_made_are_an_error_also_where_the_branch_stays_where_it_is(tmp_path):
    store = new_store(tmp_path, 1)
    head = publish(store, records(range(1, 2)), tags=[Tag("seal/a", "root")])
    with pytest.raises(StoreError, match=r"refs/heads/main cannot be moved: .*refs/tags/seal/a"):
        seqmeta.publishing.move_references(store.repository, Intent(head, head, {"seal/a": head}))


def test_what_went_wrong_is_said_and_not_what_went_wrong_behind_it(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    monkeypatch.setattr(seqmeta.publishing, "move_references", _fail)
    monkeypatch.setattr(seqmeta.publishing, "release_packs", lambda _: (_ for _ in ()).throw(StoreError("second")))
    with pytest.raises(StoreError, match="EIO"):
        publish(store, records(range(1, 2)))
    monkeypatch.undo()
    publish(store, records(range(1, 2)))
    assert_sound(store.path)


def test_links_of_a_person_in_the_git_folder_hinder_nothing(tmp_path):
    store = new_store(tmp_path, 1)
    (tmp_path / "hooks").mkdir()
    (store.path / ".git" / "to-a-folder").symlink_to(tmp_path / "hooks")
    (store.path / ".git" / "to-nowhere").symlink_to(tmp_path / "nowhere")
    publish(store, records(range(1, 2)))
    assert committed(store.path) == records(range(2))


def test_a_disk_that_fails_behind_the_commit_is_not_said_to_have_prevented_it(tmp_path, monkeypatch):
    store = new_store(tmp_path, 2)

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error", "records")

    monkeypatch.setattr(seqmeta.publishing, "place_files", fail)
    with pytest.raises(StoreError, match=r"^commit \w{40} was made; .* records: Input/output error \[EIO\]$"):
        publish(store, records(range(2, 5)))
    monkeypatch.undo()
    with store.locked() as findings:
        assert [finding.code for finding in findings] == ["publication_finished"]
    assert committed(store.path) == records(range(5))


def test_packs_that_killed_gits_had_not_finished_are_removed_and_no_other_file(tmp_path):
    store = new_store(tmp_path, 2)
    packs = store.path / ".git" / "objects" / "pack"
    whole = set(packs.iterdir())
    for name in ("tmp_pack_aBcDeF", ".tmp-123-pack-456.idx", "tmp_idx_of_the_living", "notes"):
        (packs / name).write_text(name)
    (packs / "tmp_link").symlink_to("notes")
    with (packs / "tmp_idx_of_the_living").open() as stream:
        living = subprocess.Popen(["sleep", "60"], stdin=stream)
    try:
        found = [(finding.code, finding.path) for finding in doctor(store)]
    finally:
        living.kill()
        living.wait()
    folder = ".git/objects/pack"
    assert found == [("unfinished_pack", f"{folder}/{name}") for name in (".tmp-123-pack-456.idx", "tmp_pack_aBcDeF")]
    assert {path.name for path in set(packs.iterdir()) - whole} == {"tmp_idx_of_the_living", "notes", "tmp_link"}


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_seal_that_git_leaves_out_is_an_error_and_what_is_no_reference_is_not(tmp_path, monkeypatch, is_packed):
    store = new_store(tmp_path, 1)
    publish(store, records(range(1, 2)), tags=[Tag("seal/x", "root")])
    if is_packed:
        git(store.path, "pack-refs", "--all")
    folder = store.path / ".git/refs/tags/seal"
    folder.mkdir(exist_ok=True)
    for name in ("notes.txt", ".hidden", "y.lock"):
        (folder / name).write_text("no object\n")
    assert [tag.name for tag in list_seal_tags(store.repository)] == ["seal/x"]
    monkeypatch.setattr(Repository, "tags_below", lambda *_: [])
    with pytest.raises(StoreError, match=r"refs/tags/seal/x of .* could not be read by git"):
        list_seal_tags(store.repository)


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_tag_of_any_name_is_listed_in_any_locale(tmp_path, is_packed):
    store = new_store(tmp_path, 1)
    for name in ("größe", "seal/not\N{LINE SEPARATOR}one\N{NEXT LINE}line"):
        git(store.path, "tag", name)
    if is_packed:
        git(store.path, "pack-refs", "--all")
    list_all = (
        "import sys; from pathlib import Path; from seqmeta.git import Repository; from seqmeta.references import *\n"
        "repository = Repository.open(Path(sys.argv[1]), 'main')\n"
        "listed = [*list_references(repository, 'refs/tags/'), *(of.name for of in list_seal_tags(repository))]\n"
        "print(ascii(listed))"
    )
    ascii_only = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", list_all, store.path], env=ascii_only, capture_output=True, text=True, check=True
    )
    seal = "seal/not\N{LINE SEPARATOR}one\N{NEXT LINE}line"
    assert done.stdout.strip() == ascii(["refs/tags/größe", f"refs/tags/{seal}", seal])


def test_a_folder_of_references_that_cannot_be_read_is_an_error_and_a_missing_one_is_none(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    assert list_seal_tags(store.repository) == []
    monkeypatch.setattr(os, "scandir", _fail)
    with pytest.raises(StoreError, match=r"^the references cannot be read: .*\[EIO\]$"):
        list_seal_tags(store.repository)


@pytest.mark.parametrize("name", ["no-index", "index.old", "anything"])
def test_a_file_in_the_git_folder_that_nobody_knows_stops_no_publication(tmp_path, name):
    store = new_store(tmp_path, 3)
    store.path.joinpath(".git", name).write_text("junk")
    publish(store, records(range(2), "changed"))
    assert_sound(store.path)


@pytest.mark.parametrize("name", ["main", "one"])
def test_a_reference_that_git_packs_meanwhile_is_not_empty(tmp_path, monkeypatch, name):
    """Between the question whether its file is there and the look into it, `git pack-refs` takes that away."""
    store = new_store(tmp_path, 2)
    git(store.path, "tag", "-a", "-m", "one", "seal/one")
    real = seqmeta.mending.is_file

    def packing(path: Path) -> bool:
        answer = real(path)
        if path.name == name:
            git(store.path, "pack-refs", "--all")
        return answer

    monkeypatch.setattr(seqmeta.mending, "is_file", packing)
    head = store.repository.head()
    with store.locked() as findings:
        assert list(findings) == []
    assert (store.repository.head(), git(store.path, "tag", "--list").strip()) == (head, "seal/one")
