"""Two laboratories and one remote: nothing is forced, nothing is lost, offline is a warning (CONTRACT 6)."""

import os
import shutil
import signal
import subprocess
import time
from itertools import count
from pathlib import Path

import pytest
from storing import COMMITTER, WHEN, assert_sound, committed, git, publish, record, records

from seqmeta import commit_files, publishing
from seqmeta.errors import ConflictError, StoreError
from seqmeta.git import Repository
from seqmeta.git_command import GitCommand
from seqmeta.store import Tag, open_store


def retag(commit, tags, new, first):
    return [Tag(tag.name, f"root of {tag.name}\nanew {new}\nstore {first}") for tag in tags]


def step(store, remote, files, tags=None, pulling=True):
    """Do what a run does: pull, publish on the head, push; again when another was faster."""
    findings = []
    for _ in range(20):
        with store.locked():
            if pulling:
                findings += store.pull(remote, retag)
            if any(current != files[path] for path, current in present(store, files).items()):
                store.publish(
                    parent=store.repository.head(),
                    files=files,
                    message=f"{store.path.parent.name} writes",
                    committer=COMMITTER,
                    when=WHEN,
                    tags=tags and (lambda commit, first: [Tag(name, f"store {first}") for name in tags]),
                )
            try:
                return findings + store.push(remote)
            except ConflictError:
                pulling = True
    raise AssertionError("twenty conflicts in a row")


def present(store, files):
    head = store.repository.head()
    ids = store.repository.ids_at(head, files)
    found = dict(store.repository.read(value for value in ids.values() if value))
    return {path: found.get(ids[path]) for path in files}


@pytest.fixture
def remote(tmp_path):
    git(tmp_path, "init", "--bare", "-b", "main", "remote.git")
    return str(tmp_path / "remote.git")


@pytest.fixture
def labs(tmp_path):
    return [open_store(tmp_path / name / "records", create=True) for name in ("one", "two")]


def begin_alike(labs, remote):
    """Have both stores, and the remote, at three records."""
    one, two = labs
    step(one, remote, records(range(3)))
    with two.locked():
        two.pull(remote, retag)
    return one, two


def codes(findings):
    return [finding.code for finding in findings]


def test_a_first_push_and_a_first_pull(remote, labs):
    one, two = labs
    assert step(one, remote, records(range(5)), ["seal/a"]) == []
    assert committed(remote) == records(range(5))
    assert git(remote, "tag").split() == ["seal/a"]
    with two.locked():
        assert two.pull(remote, retag) == []
        assert two.repository.head() == one.repository.head()
    assert_sound(two.path)
    assert git(two.path, "tag").split() == ["seal/a"]
    assert {path: (two.path / path).read_bytes() for path in records(range(5))} == records(range(5))


def test_a_store_that_is_only_behind_is_moved_forward(remote, labs):
    one, two = labs
    step(one, remote, records(range(5)))
    step(two, remote, records(range(5, 8)), ["seal/b"])
    step(one, remote, records(range(5), "changed"))
    assert step(two, remote, records(range(8, 9))) == []
    assert committed(remote) == records(range(5), "changed") | records(range(5, 9))
    assert git(remote, "rev-list", "--count", "main").strip() == "4"
    for lab in labs:
        assert_sound(lab.path)


def test_commits_made_offline_on_both_sides_are_all_kept(remote, labs):
    one, two = labs
    step(one, remote, records(range(3)))
    step(two, remote, records(range(3, 4)))
    with one.locked():
        one.pull(remote, retag)
    publish(one, records(range(10, 12)), "one offline", [Tag("seal/one", "root")])
    publish(one, records(range(12, 14)), "one offline again")
    unpushed = one.repository.head()
    step(two, remote, records(range(20, 22)), ["seal/two"])
    findings = step(one, remote, records(range(30, 31)))
    assert codes(findings) == ["redone"]
    expected = records(range(4)) | records(range(10, 14)) | records(range(20, 22)) | records(range(30, 31))
    assert committed(remote) == committed(one.path) == expected
    first = git(remote, "rev-list", "--max-parents=0", "main").strip()
    anew = git(remote, "log", "--format=%H", "--grep=^one offline$", "main").strip()
    assert git(remote, "cat-file", "tag", "seal/one").endswith(f"\n\nroot of seal/one\nanew {anew}\nstore {first}\n")
    assert git(remote, "rev-parse", "seal/one^{commit}").strip() == anew
    assert git(remote, "merge-base", "--is-ancestor", unpushed, "main", check=False) == ""
    assert git(one.path, "for-each-ref", "refs/seqmeta") == ""
    assert_sound(one.path)


def test_a_commit_of_both_sides_to_one_record_is_set_aside_and_named(remote, labs):
    one, two = begin_alike(labs, remote)
    publish(one, records(range(1), "of one") | records(range(5, 6)), "of one")
    unpushed = one.repository.head()
    step(two, remote, records(range(1), "of two"))
    with one.locked():
        findings = one.pull(remote, retag)
        assert one.repository.head() == two.repository.head()
    assert codes(findings) == ["redone", "set_aside"]
    assert record(0)[0] in findings[1].message
    assert git(one.path, "rev-parse", f"refs/seqmeta/set-aside/{unpushed}/head").strip() == unpushed
    assert committed(one.path) == records(range(3)) | records(range(1), "of two")
    assert_sound(one.path)
    with one.locked():
        assert one.pull(remote, retag) == []


def test_two_stores_begun_apart_come_together(remote, labs):
    one, two = labs
    publish(one, records(range(3)), tags=[Tag("seal/one", "x")])
    publish(two, records(range(3, 6)), tags=[Tag("seal/two", "x")])
    step(one, remote, records(range(6, 7)))
    step(two, remote, records(range(7, 8)))
    assert committed(remote) == records(range(8))
    assert sorted(git(remote, "tag").split()) == ["seal/one", "seal/two"]
    assert git(remote, "rev-list", "--max-parents=0", "main").split() == [two.repository.first_commit()]


def test_what_is_taken_over_and_made_anew_is_read_a_few_at_a_time(remote, labs, monkeypatch):
    one, two = labs
    read = Repository.read
    asked = []

    def count(self, ids):
        some = list(ids)
        asked.append(len(some))
        return read(self, some)

    monkeypatch.setattr(commit_files, "_AT_ONCE", 3)
    step(one, remote, records(range(20)), ["seal/a"])
    publish(two, records(range(15, 40)), tags=[Tag("seal/b", "one")])
    monkeypatch.setattr(Repository, "read", count)
    with two.locked():
        assert codes(two.pull(remote, retag)) == ["redone"]
        assert two.push(remote) == []
    assert max(asked) == 3
    monkeypatch.undo()
    assert committed(remote) == records(range(40))
    made = git(two.path, "diff", "--name-only", "HEAD~1", "HEAD").split()
    assert made == sorted(records(range(20, 40)))
    assert git(remote, "tag").split() == ["seal/a", "seal/b"]
    assert_sound(two.path)


def test_offline_is_a_warning_and_the_next_run_pushes(tmp_path, remote, labs):
    one, _ = labs
    Path(remote).rename(tmp_path / "away")
    assert codes(step(one, remote, records(range(3)))) == ["remote_unreachable", "not_pushed"]
    tmp_path.joinpath("away").rename(remote)
    assert step(one, remote, records(range(3))) == []
    assert committed(remote) == records(range(3))


def test_a_remote_that_refuses_is_named_with_its_reason(remote, labs):
    hook = Path(remote, "hooks", "pre-receive")
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    findings = step(labs[0], remote, records(range(3)))
    assert codes(findings) == ["not_pushed"]
    assert "(pre-receive hook declined); not today;" in findings[0].message


def test_a_lock_that_a_dead_git_left_in_the_remote_is_named(remote, labs):
    lock = Path(remote, "refs", "heads", "main.lock")
    lock.touch()
    findings = step(labs[0], remote, records(range(3)))
    assert codes(findings) == ["not_pushed"]
    assert "main.lock': File exists" in findings[0].message
    lock.unlink()
    assert step(labs[0], remote, records(range(3))) == []
    assert committed(remote) == records(range(3))


def test_a_push_that_another_overtook_is_a_conflict(remote, labs):
    one, two = begin_alike(labs, remote)
    publish(two, records(range(3, 4)))
    step(one, remote, records(range(4, 5)))
    with two.locked(), pytest.raises(ConflictError, match="commits that this store lacks"):
        two.push(remote)


@pytest.mark.parametrize("place", ["", "docs/", "biosamples/", "docs/sub/", "docs/sub/deep/"])
@pytest.mark.parametrize("is_tracked", [True, False])
def test_an_edit_of_notes_stays_when_the_remote_changes_them(remote, labs, place, is_tracked):
    """However deep: records are two folders down, and their folders are put in their places whole."""
    one, two = labs
    step(one, remote, records(range(2)))
    step(two, remote, records(range(2)))
    for text in ("of one", "of one, once more") if is_tracked else ("of one, once more",):
        for name in ("notes.md", "other.md"):
            one.path.joinpath(place).mkdir(parents=True, exist_ok=True)
            (one.path / place / name).write_text(text)
            git(one.path, "add", place + name)
        git(one.path, "commit", "-m", "notes by hand")
        step(one, remote, records(range(2, 3) if text == "of one" else range(3, 4)))
        if text == "of one":
            with two.locked():
                two.pull(remote, retag)
    two.path.joinpath(place).mkdir(parents=True, exist_ok=True)
    (two.path / place / "notes.md").write_text("mine, not committed")
    with two.locked():
        two.pull(remote, retag)
    assert (two.path / place / "notes.md").read_text() == "mine, not committed"
    assert (two.path / place / "other.md").read_text() == "of one, once more"
    assert git(two.path, "status", "--porcelain") == f" M {place}notes.md\n"


@pytest.mark.parametrize("place", ["", "docs/", "biosamples/", "docs/sub/"])
def test_a_file_in_the_way_of_the_first_pull_stays(remote, labs, place):
    one, two = labs
    one.path.joinpath(place).mkdir(parents=True, exist_ok=True)
    step(one, remote, records(range(2)))
    (one.path / place / "notes.md").write_text("of one")
    git(one.path, "add", place + "notes.md")
    git(one.path, "commit", "-m", "notes by hand")
    step(one, remote, records(range(2, 3)))
    two.path.joinpath(place).mkdir(parents=True, exist_ok=True)
    (two.path / place / "notes.md").write_text("mine, not committed")
    with two.locked():
        two.pull(remote, retag)
    assert (two.path / place / "notes.md").read_text() == "mine, not committed"
    assert present(two, records(range(3))) == records(range(3))


def test_a_file_of_an_odd_name_that_somebody_committed_offline_is_taken_along(remote, labs):
    one, two = labs
    step(one, remote, records(range(2)))
    name = "notes\rof one\N{LINE SEPARATOR}.md"
    (one.path / name).write_text("of one")
    git(one.path, "add", ".")
    git(one.path, "commit", "-m", "notes by hand")
    step(two, remote, records(range(2, 4)))
    step(one, remote, records(range(4, 5)))
    assert (one.path / name).read_text() == "of one"
    expected = records(range(5)) | {name: b"of one"}
    assert present(one, [name, "gone\r", "not\nthere", *records(range(5))]) == {
        **expected,
        "gone\r": None,
        "not\nthere": None,
    }
    assert git(remote, "rev-parse", "main").strip() == one.repository.head()


def test_a_remote_with_a_link_or_submodule_is_refused(tmp_path, remote, labs):
    one, two = labs
    step(one, remote, records(range(2)))
    git(tmp_path, "clone", remote, "person")
    (tmp_path / "person" / "link").symlink_to("/etc/passwd")
    git(tmp_path / "person", "add", "link")
    git(tmp_path / "person", "commit", "-m", "a link")
    git(tmp_path / "person", "push", "origin", "main")
    with two.locked(), pytest.raises(StoreError, match="expected plain files only"):
        two.pull(remote, retag)
    assert two.repository.head() is None
    assert not (two.path / "link").exists()


@pytest.fixture
def person(tmp_path, remote, labs):
    """Somebody who works with plain git in a clone of the remote, which has two records."""
    step(labs[0], remote, records(range(2)))
    step(labs[1], remote, records(range(2)))
    git(tmp_path, "clone", remote, "person")
    return tmp_path / "person"


def commit_all(folder, *more):
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "by hand", *more)


def push_all(person):
    commit_all(person)
    git(person, "pull", "--rebase", "origin", "main")
    git(person, "push", "origin", "main")


def listing(folder, rev="main"):
    """What a commit has, as plain git says it byte for byte, records left out."""
    words = ["git", "ls-tree", "-r", "-z", rev]
    lines = subprocess.run(words, cwd=folder, capture_output=True, check=True).stdout.split(b"\0")[:-1]
    return [line for line in lines if not line.endswith(b".json")]


def take(store, remote):
    with store.locked():
        return store.pull(remote, retag)


ODD_NAMES = (b"caf\xe9.txt", b'"q"', b'"back\\slash', b" ", b":top", b"a\ttab", "\N{LINE SEPARATOR}".encode())


def test_names_and_programs_by_hand_go_through_the_remote_as_they_are(remote, labs, person):
    one, two = labs
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(person) + b"/" + name)).write_bytes(name)
    (person / "run.sh").write_text("exit")
    (person / "run.sh").chmod(0o755)
    push_all(person)
    assert take(one, remote) == []
    assert listing(one.path) == listing(person)
    assert_sound(one.path)
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(person) + b"/" + name)).unlink()
    push_all(person)
    assert take(one, remote) == []
    assert [line.split(b"\t")[-1] for line in listing(one.path)] == [b"run.sh"]
    assert_sound(one.path)
    assert sorted(path.name for path in one.path.iterdir() if path.is_file()) == ["run.sh"]
    assert take(two, remote) == []


def test_names_and_programs_by_hand_are_as_they_were_when_made_anew(remote, labs, person):
    one, two = labs
    names = [os.fsencode(two.path) + b"/" + name for name in ODD_NAMES]
    for path in names:
        Path(os.fsdecode(path)).write_bytes(path)
    (two.path / "run.sh").write_text("exit")
    (two.path / "run.sh").chmod(0o755)
    commit_all(two.path)
    before = listing(two.path)
    step(one, remote, records(range(2, 3)))
    assert codes(step(two, remote, records(range(3)))) == ["redone"]
    assert listing(remote) == before
    assert_sound(two.path)
    for path in names:
        Path(os.fsdecode(path)).unlink()
    (two.path / "run.sh").chmod(0o644)
    commit_all(two.path)
    before = listing(two.path)
    step(one, remote, records(range(3, 4)))
    assert codes(step(two, remote, records(range(4)))) == ["redone"]
    assert listing(remote) == before
    assert [line.split(b" ")[0] for line in before] == [b"100644"]
    assert_sound(two.path)


def test_a_program_that_both_sides_made_of_another_file_is_set_aside(remote, labs, person):
    _, two = labs
    (person / "run.sh").write_text("exit")
    push_all(person)
    for lab in labs:
        take(lab, remote)
    (two.path / "run.sh").chmod(0o755)
    commit_all(two.path)
    (person / "run.sh").write_text("exit 1")
    push_all(person)
    (redone, aside) = take(two, remote)
    assert (redone.code, aside.code) == ("redone", "set_aside")
    assert aside.message.endswith("run.sh was changed on the remote too")


def test_a_tag_that_is_no_utf8_goes_through_the_remote(tmp_path, remote, labs, person):
    one, two = labs
    head = git(remote, "rev-parse", "main").strip()
    Path(remote, "packed-refs").write_bytes(b"%b refs/tags/seal/caf\xe9\n" % head.encode())
    step(one, remote, records(range(2, 4)), ["seal/a"])
    assert step(two, remote, records(range(5)), ["seal/b"]) == []
    assert {name.split("/")[-1] for name in git_bytes_tags(two.path)} == {"a", "b", "caf\udce9"}


def git_bytes_tags(folder):
    done = subprocess.run(["git", "tag", "--list"], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode(errors="surrogateescape").split()


UNFIT = {
    "a link": lambda folder: (folder / "unfit").symlink_to("/etc/passwd"),
    "a submodule": lambda folder: git(folder, "clone", "../../remote.git", "unfit"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_no_store_holds_is_not_pushed_and_says_how_to_take_it_away(remote, labs, person, what):
    one, two = labs
    UNFIT[what](two.path)
    commit_all(two.path)
    unfit = two.repository.head()
    pushed = git(remote, "rev-parse", "main")
    (finding,) = step(two, remote, records(range(3)))
    assert (finding.code, finding.path) == ("not_pushed", "unfit")
    assert finding.message.startswith(f"commit {unfit} has what no other store would take from the remote: 'unfit' is ")
    assert f"take it out of {two.path} (git rm, git commit)" in finding.message
    assert git(remote, "rev-parse", "main") == pushed
    git(two.path, "rm", "--cached", "unfit")
    git(two.path, "commit", "-m", "without")
    assert step(two, remote, records(range(3))) == []
    assert git(remote, "rev-parse", "main").strip() == two.repository.head()
    assert take(one, remote) == []
    assert present(one, records(range(3))) == records(range(3))


@pytest.mark.parametrize("what", [*UNFIT, "a line feed"])
def test_what_no_store_holds_is_set_aside_and_the_other_commits_are_made_anew(remote, labs, person, what):
    one, two = labs
    if what == "a line feed":
        (two.path / "un\nfit").touch()
    else:
        UNFIT[what](two.path)
    commit_all(two.path)
    unfit = two.repository.head()
    publish(two, records(range(2, 3)))
    if what != "a submodule":  # a third commit takes it away again
        git(two.path, "rm", "unfit" if what == "a link" else "un\nfit")
        git(two.path, "commit", "-m", "without")
    step(one, remote, records(range(3, 4)))
    redone, aside = step(two, remote, records(range(4)))
    assert (redone.code, aside.code, aside.path) == ("redone", "set_aside", unfit)
    assert "expected plain files only" in aside.message or "cannot be a path in a store" in aside.message
    assert git(remote, "rev-parse", "main").strip() == two.repository.head()
    assert committed(remote) == records(range(4))


def test_a_commit_whose_committer_cannot_be_written_is_set_aside(remote, labs, person):
    one, two = labs
    (two.path / "notes").touch()
    git(two.path, "add", ".")
    tree = git(two.path, "write-tree").strip()
    text = f"tree {tree}\nparent {two.repository.head()}\nauthor A <a@b> 1 +0000\ncommitter  <a@b> 1 +0000\n\nby hand\n"
    made = git(two.path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=text).strip()
    git(two.path, "update-ref", "refs/heads/main", made)
    step(one, remote, records(range(2, 3)))
    redone, aside = step(two, remote, records(range(3)))
    assert (redone.code, aside.code) == ("redone", "set_aside")
    assert "cannot be a committer's name or address" in aside.message


def test_what_no_store_holds_in_the_remote_is_named_with_its_commit(remote, labs, person):
    one, _ = labs
    (person / "link").symlink_to("/etc/passwd")
    push_all(person)
    unfit = git(person, "rev-parse", "main").strip()
    (person / "more").touch()
    push_all(person)
    with pytest.raises(StoreError) as caught:
        take(one, remote)
    assert f"commit {unfit} on its branch main" in str(caught.value)
    assert "'link' is a symbolic link" in str(caught.value)
    assert "take it out in a clone of the remote" in str(caught.value)
    assert not list((one.path / ".git/objects/pack").glob("*.keep"))
    (person / "link").unlink()
    push_all(person)
    assert take(one, remote) == []


def make_folder(root, place="notes"):
    """Make a folder with a folder in it, where there may be a file."""
    root.joinpath(place).unlink(missing_ok=True)
    (root / place / "deep" / "deeper").mkdir(parents=True)
    for path in ("a", "deep/b", "deep/deeper/c"):
        (root / place / path).write_text(path)


def make_file(root, place="notes"):
    shutil.rmtree(root / place, ignore_errors=True)
    (root / place).write_text("a file")


@pytest.mark.parametrize("place", ["notes", "docs/notes", "orders"])
@pytest.mark.parametrize("first, then", [(make_folder, make_file), (make_file, make_folder)])
def test_a_folder_that_becomes_a_file_and_the_other_way_round(remote, labs, person, place, first, then):
    one, _ = labs
    if place == "orders":
        git(person, "rm", "-rqf", "orders", check=False)
        shutil.rmtree(person / "orders", ignore_errors=True)
    (person / place).parent.mkdir(exist_ok=True)
    for make in (first, then, first):
        make(person, place)
        push_all(person)
        assert take(one, remote) == []
        assert listing(one.path) == listing(person)
        assert_sound(one.path)
    shutil.rmtree(person / place) if first is make_folder else (person / place).unlink()
    (person / "other").write_text("other")
    push_all(person)
    assert take(one, remote) == []
    assert not (one.path / place).exists()
    assert_sound(one.path)


def die_at_call(number, act):
    """Do something in another process that ends, as killed, before so manieth change of a folder; returns whether."""
    child = os.fork()
    if child == 0:
        left = [number]

        def counted(call):
            def change(*words, **more):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*words, **more)

            return change

        for name in ("rename", "unlink", "rmdir", "mkdir"):
            setattr(os, name, counted(getattr(os, name)))
        try:
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("first, then", [(make_folder, make_file), (make_file, make_folder)])
def test_a_run_killed_while_a_folder_or_file_gives_way_is_finished_by_the_next(remote, labs, person, first, then):
    one, _ = labs
    first(person)
    push_all(person)
    take(one, remote)
    then(person)
    push_all(person)
    saved = one.path.with_name("saved")
    shutil.copytree(one.path, saved)
    for number in count(1, 7):  # each of them took a minute, and all held
        shutil.rmtree(one.path)
        shutil.copytree(saved, one.path)
        was_killed = die_at_call(number, lambda: take(one, remote))
        take(one, remote)
        assert listing(one.path) == listing(person)
        assert_sound(one.path)
        if not was_killed:
            break
    assert number > 7


def test_empty_folders_are_in_no_files_way(remote, labs, person):
    one, _ = labs
    (one.path / "notes" / "deep" / "deeper").mkdir(parents=True)
    make_file(person)
    push_all(person)
    assert take(one, remote) == []
    assert_sound(one.path)


@pytest.mark.parametrize("first, then", [(make_folder, make_file), (make_file, make_folder)])
@pytest.mark.parametrize("is_staged", [False, True])
def test_what_is_not_committed_where_a_folder_or_file_gives_way_stays(remote, labs, person, first, then, is_staged):
    one, _ = labs
    first(person)
    push_all(person)
    take(one, remote)
    edited = one.path / ("notes/deep/b" if first is make_folder else "notes")
    edited.write_text("mine")
    mine = {edited}
    if first is make_folder:
        (one.path / "notes/deep/new").write_text("mine")
        mine.add(one.path / "notes/deep/new")
    if is_staged:
        git(one.path, "add", "-A")
    then(person)
    push_all(person)
    assert take(one, remote) == []
    assert {path.read_text() for path in mine} == {"mine"}
    (person / "other").touch()
    push_all(person)
    assert step(one, remote, records(range(3))) == []
    assert {path.read_text() for path in mine} == {"mine"}
    assert listing(one.path) == listing(remote)


@pytest.mark.parametrize("first, then", [(make_folder, make_file), (make_file, make_folder)])
def test_a_folder_or_file_that_gave_way_offline_is_made_anew(remote, labs, person, first, then):
    one, two = labs
    first(person)
    push_all(person)
    for lab in labs:
        take(lab, remote)
    then(two.path)
    commit_all(two.path)
    before = listing(two.path)
    step(one, remote, records(range(2, 3)))
    assert codes(step(two, remote, records(range(3)))) == ["redone"]
    assert listing(remote) == before
    assert_sound(two.path)


@pytest.mark.parametrize("theirs", ["notes", "notes/deep"])
def test_what_the_remote_put_in_the_place_of_a_folder_is_not_replaced_by_a_commit_made_anew(
    remote, labs, person, theirs
):
    """Not even where no path is in both commits."""
    _, two = labs
    (two.path / "notes" / "deep").mkdir(parents=True)
    (two.path / "notes" / "deep" / "mine").write_text("mine")
    commit_all(two.path)
    (person / theirs).parent.mkdir(exist_ok=True)
    (person / theirs).write_text("theirs")
    push_all(person)
    redone, aside = take(two, remote)
    assert (redone.code, aside.code) == ("redone", "set_aside")
    assert aside.message.endswith(f"{theirs} was changed on the remote too")
    assert (two.path / theirs).read_text() == "theirs"
    assert_sound(two.path)


def test_what_the_remote_put_into_a_folder_that_became_a_file_is_not_lost(remote, labs, person):
    _, two = labs
    make_folder(person)
    push_all(person)
    take(two, remote)
    make_file(two.path)
    commit_all(two.path)
    (person / "notes" / "more").write_text("more")
    push_all(person)
    redone, aside = take(two, remote)
    assert (redone.code, aside.code) == ("redone", "set_aside")
    assert (two.path / "notes" / "more").read_text() == "more"
    assert_sound(two.path)


def test_an_edited_file_where_a_folder_of_records_comes_is_saved_beside_it(remote, labs, person):
    path, content = record(2)
    folder = path.partition("/")[0]
    (person / folder).write_text("by hand\n")
    push_all(person)
    step(labs[1], remote, records(range(2)))
    (labs[1].path / folder).write_text("not committed\n")
    (person / folder).unlink()
    (person / path).parent.mkdir(parents=True)
    (person / path).write_bytes(content)
    push_all(person)
    with labs[1].locked():
        findings = labs[1].pull(remote, retag)
    assert ("edit_put_back", folder) in {(of.code, of.path) for of in findings}
    assert (labs[1].path / f"{folder}.edited").read_text() == "not committed\n"
    assert (labs[1].path / path).read_bytes() == content
    assert git(labs[1].path, "diff", "HEAD") == ""


@pytest.mark.parametrize("url", ["ext::sh -c 'touch {canary}'", "--upload-pack=touch {canary}", "-c", "fd::7"])
def test_an_address_runs_no_program(tmp_path, labs, url):
    canary = tmp_path / "canary"
    with labs[0].locked():
        assert codes(labs[0].pull(url.format(canary=canary), retag)) == ["remote_unreachable"]
    assert not canary.exists()


def test_a_password_in_the_address_is_not_said(labs):
    with labs[0].locked():
        findings = labs[0].pull("https://user:secret@localhost:1/x.git", retag)
    assert "secret" not in findings[0].message


def test_two_labs_at_once_lose_nothing(tmp_path, remote, labs):
    children = []
    for number, lab in enumerate(labs):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for k in range(6):
                    step(lab, remote, records(range(100 * number + k, 100 * number + k + 1)), [f"seal/{number}-{k}"])
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert committed(remote) == records(range(6)) | records(range(100, 106))
    assert len(git(remote, "tag").split()) == 12
    assert git(remote, "rev-list", "--count", "main").strip() == "12"
    assert_sound(tmp_path / "remote.git", clean=False)


def test_a_run_killed_while_it_makes_commits_anew_is_finished_by_the_next(remote, labs):
    one, two = begin_alike(labs, remote)
    for number in range(10, 16):
        publish(one, records(range(number, number + 1)), f"offline {number}", [Tag(f"seal/{number}", "x")])
    step(two, remote, records(range(20, 22)))
    for delay in (0.02, 0.05, 0.08, 0.11):
        child = os.fork()
        if child == 0:
            with one.locked():
                one.pull(remote, retag)
            os._exit(0)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    step(one, remote, records(range(30, 31)))
    expected = records(range(3)) | records(range(10, 16)) | records(range(20, 22)) | records(range(30, 31))
    assert committed(remote) == expected
    assert len(git(remote, "tag").split()) == 6
    assert git(remote, "rev-list", "--count", "main").strip() == "9"
    assert git(one.path, "for-each-ref", "refs/seqmeta") == ""
    assert_sound(one.path)


def test_settings_of_the_store_take_no_part(tmp_path, remote, labs):
    one, _ = labs
    canary = tmp_path / "canary"
    publish(one, records(range(2)))
    for key in ("core.sshCommand", "core.gitProxy", "core.askPass", "core.alternateRefsCommand", "credential.helper"):
        git(one.path, "config", key, f"touch {canary};")
    git(one.path, "config", f"url.ext::touch {canary}.insteadOf", remote)
    git(one.path, "config", "uploadpack.packObjectsHook", f"touch {canary}")
    hook = one.path / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {canary}\n")
    hook.chmod(0o755)
    step(one, remote, records(range(2, 3)))
    assert committed(remote) == records(range(3))
    assert not canary.exists()


def test_a_pushed_store_is_what_a_plain_clone_gets(tmp_path, remote, labs):
    step(labs[0], remote, records(range(50)), ["seal/a"])
    subprocess.run(["git", "clone", "-q", remote, tmp_path / "clone"], check=True, capture_output=True)
    clone = open_store(tmp_path / "clone")
    with clone.locked() as findings:
        assert findings == []
    publish(clone, records(range(50, 51)))
    assert_sound(clone.path)


def test_nothing_on_both_sides_is_nothing_to_push(remote, labs):
    with labs[0].locked():
        assert labs[0].push(remote) == []
    assert git(remote, "for-each-ref") == ""


def test_a_seal_that_went_lost_comes_back_also_to_a_store_that_is_ahead(remote, labs):
    one, _ = labs
    step(one, remote, records(range(3)), ["seal/a"])
    seal = git(one.path, "rev-parse", "seal/a")
    publish(one, records(range(3, 4)), tags=[Tag("seal/b", "root b")])
    git(one.path, "tag", "-d", "seal/a")
    assert step(one, remote, records(range(4, 5))) == []
    assert git(one.path, "rev-parse", "seal/a") == seal
    assert git(remote, "tag").split() == ["seal/a", "seal/b"]
    assert_sound(one.path)


def test_a_seal_that_is_another_on_the_remote_is_not_taken_over(remote, labs):
    one, _ = labs
    step(one, remote, records(range(3)), ["seal/a"])
    seal = git(one.path, "rev-parse", "seal/a").strip()
    git(remote, "tag", "-f", "-a", "-m", "another", "seal/a", "main")
    with one.locked(), pytest.raises(StoreError, match=f"seal/a of .* is another than this store's: expected {seal}"):
        one.pull(remote, retag)
    assert git(one.path, "rev-parse", "seal/a").strip() == seal


def test_both_sides_seal_one_thing_and_the_first_to_push_has_sealed_it(remote, labs):
    one, two = labs
    step(one, remote, records(range(3)), ["seal/old"])
    with two.locked():
        two.pull(remote, retag)
    publish(one, records(range(5, 6), "same"), tags=[Tag("seal/a", "root"), Tag("seal/mine", "root")])
    step(two, remote, records(range(5, 6), "same"), ["seal/a"])
    first = git(remote, "rev-parse", "seal/a")
    findings = step(one, remote, records(range(7, 8)))
    assert codes(findings) == ["redone"]
    assert git(one.path, "rev-parse", "seal/a") == git(remote, "rev-parse", "seal/a") == first
    assert committed(remote) == committed(one.path)
    assert_sound(one.path)


def test_a_program_of_the_remote_stays_one(remote, labs, tmp_path):
    one, two = labs
    step(one, remote, records(range(2)))
    git(tmp_path, "clone", "-q", remote, "person")
    script = tmp_path / "person/tidy.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    git(tmp_path / "person", "add", "tidy.sh")
    git(tmp_path / "person", "commit", "-q", "-m", "a script")
    git(tmp_path / "person", "push", "-q")
    step(two, remote, records(range(2, 3)))
    assert os.access(two.path / "tidy.sh", os.X_OK)
    assert_sound(two.path)


def test_a_take_over_that_is_cut_short_is_finished_by_the_next_run(remote, labs, monkeypatch):
    one, two = labs
    step(one, remote, records(range(3)), ["seal/a"])
    real = publishing.sync_path

    def fail(path):
        if "refs" in str(path):
            raise OSError(5, "Input/output error", str(path))
        real(path)

    monkeypatch.setattr(publishing, "sync_path", fail)
    with pytest.raises(StoreError, match="EIO"), two.locked():
        two.pull(remote, retag)
    monkeypatch.undo()
    with two.locked() as findings:
        assert codes(findings) == ["publication_finished"]
    assert committed(two.path) == records(range(3))
    assert git(two.path, "tag").split() == ["seal/a"]
    assert_sound(two.path)


def test_a_push_that_is_overtaken_in_the_last_moment_is_a_conflict(remote, labs, monkeypatch):
    """What git says then, and no other way leads there from outside: its own look and its push are one command."""
    one, _ = labs
    publish(one, records(range(3)))
    real = GitCommand.ask

    def ask(command, *args, data=None):
        if args[0] == "push":
            return 1, b"To remote\n!\tmain:refs/heads/main\t[rejected] (fetch first)\nDone\n", ""
        return real(command, *args, data=data)

    monkeypatch.setattr(GitCommand, "ask", ask)
    with one.locked(), pytest.raises(ConflictError, match="moved while this run was at work"):
        one.push(remote)


def test_what_was_made_anew_before_a_kill_is_only_forgotten(labs, remote):
    one, _ = labs
    step(one, remote, records(range(1)))
    head = one.repository.head()
    git(one.path, "update-ref", f"refs/seqmeta/unpushed/{head}/head", head)
    assert step(one, remote, records(range(1))) == []
    assert one.repository.head() == head
    assert git(one.path, "for-each-ref", "refs/seqmeta/unpushed") == ""


def test_a_seal_that_a_killed_git_had_set_aside_and_not_taken_away_is_made_anew(labs, remote):
    """Git deletes last: killed before, it leaves the branch at the remote's head and the old seal beside."""
    one, two = labs
    step(one, remote, records(range(1)))
    step(two, remote, records(range(1, 2)))
    publish(one, records(range(2, 3)), tags=[Tag("seal/a", "root a")])
    unpushed, seal = one.repository.head(), git(one.path, "rev-parse", "refs/tags/seal/a").strip()
    git(one.path, "fetch", "-q", remote, "main")
    git(one.path, "reset", "-q", "--hard", "FETCH_HEAD")
    git(one.path, "update-ref", f"refs/seqmeta/unpushed/{unpushed}/head", unpushed)
    git(one.path, "update-ref", f"refs/seqmeta/unpushed/{unpushed}/seal/a", seal)
    step(one, remote, records(range(2, 3)))
    assert committed(one.path) == records(range(3))
    assert git(one.path, "rev-parse", "seal/a^{commit}").strip() == one.repository.head()
    assert git(remote, "rev-parse", "main", "seal/a").split() == git(one.path, "rev-parse", "main", "seal/a").split()
    assert git(one.path, "for-each-ref", "refs/seqmeta/unpushed") == ""
    assert_sound(one.path)


def test_a_seal_that_is_there_of_what_the_commit_has_not_keeps_that_commit_from_being_made_anew(remote, labs):
    one, two = begin_alike(labs, remote)
    publish(one, records(range(5, 6)), tags=[Tag("seal/a", "root")])
    step(two, remote, records(range(6, 7)), ["seal/a"])
    findings = step(one, remote, records(range(7, 8)))
    assert codes(findings) == ["redone", "set_aside"]
    assert "the tag seal/a is on the remote already" in findings[1].message
    assert git(one.path, "rev-parse", "seal/a") == git(remote, "rev-parse", "seal/a")
    assert committed(one.path) == committed(remote) == records(range(3)) | records(range(6, 8))
    assert_sound(one.path)


def test_a_commit_by_nobody_is_set_aside_and_keeps_no_run_from_going_on(remote, labs):
    one, two = labs
    step(one, remote, records(range(3)))
    step(two, remote, records(range(3, 4)))
    publish(one, records(range(5, 6)))
    whole = git(one.path, "cat-file", "commit", "HEAD").replace(f"committer {COMMITTER.name}", "committer ")
    nobody = git(one.path, "hash-object", "-t", "commit", "-w", "--stdin", data=whole).strip()
    git(one.path, "update-ref", "refs/heads/main", nobody)
    findings = step(one, remote, records(range(7, 8)))
    assert codes(findings) == ["redone", "set_aside"]
    assert "cannot be a committer's name" in findings[1].message
    assert git(one.path, "for-each-ref", "--format=%(objectname)", "refs/seqmeta/set-aside").strip() == nobody
    assert step(one, remote, records(range(8, 9))) == []
    assert committed(one.path) == committed(remote) == records(range(4)) | records(range(7, 9))


def test_a_link_that_somebody_committed_offline_is_set_aside_and_keeps_no_run_from_going_on(remote, labs):
    one, two = labs
    step(one, remote, records(range(3)))
    step(two, remote, records(range(3, 4)))
    link = git(one.path, "hash-object", "-w", "--stdin", data="/etc/passwd").strip()
    git(one.path, "update-index", "--add", "--cacheinfo", f"120000,{link},{record(30)[0]}")
    git(one.path, "commit", "-m", "a link by hand")
    findings = step(one, remote, records(range(7, 8)))
    assert "set_aside" in codes(findings)
    assert any("expected plain files only" in of.message for of in findings)
    assert committed(remote) == records(range(4)) | records(range(7, 8))


def test_a_disk_that_fails_sets_nothing_aside(remote, labs, monkeypatch):
    """The next run may be luckier."""
    one, two = begin_alike(labs, remote)
    publish(one, records(range(5, 6)), tags=[Tag("seal/a", "root")])
    step(two, remote, records(range(6, 7)))
    for name in ("read", "things_at"):

        def fail(*_):
            raise StoreError("Input/output error [EIO]")

        with one.locked(), monkeypatch.context() as patch:
            patch.setattr(Repository, name, fail)
            with pytest.raises(StoreError, match="EIO"):
                one.pull(remote, retag)
        assert git(one.path, "for-each-ref", "refs/seqmeta/set-aside") == ""
    assert codes(step(one, remote, records(range(7, 8)))) in ([], ["redone"])
    assert committed(remote) == records(range(3)) | records(range(5, 8))


def test_what_the_remote_has_changed_is_read_once_for_all_commits_that_are_made_anew(remote, labs, monkeypatch):
    one, two = begin_alike(labs, remote)
    for number in range(10, 16):
        publish(one, records(range(number, number + 1)))
    step(two, remote, records(range(20, 40)))
    theirs = set(git(remote, "ls-tree", "-r", "--format=%(objectname)", "main").split())
    read, asked = Repository.read, []

    def count(self, ids):
        some = list(ids)
        asked.extend(theirs.intersection(some))
        return read(self, some)

    monkeypatch.setattr(Repository, "read", count)
    with one.locked():
        assert codes(one.pull(remote, retag)) == ["redone"]
    assert len(asked) == 2 * 20  # once to be written, once to be held against the commits
