"""Publishing, with plain git looking at the result from outside (CONTRACT 3, 6 and 7)."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from storing import COMMITTER, WHEN, assert_sound, committed, git, make_ssh_key, new_store, publish, record, records

from seqmeta import git as git_module
from seqmeta import packing, publishing
from seqmeta.creation import is_made
from seqmeta.errors import ConflictError, LockedError, StoreError
from seqmeta.git_objects import object_id
from seqmeta.store import Committer, Tag, doctor, open_store


def test_a_first_publication_is_one_commit_with_these_bytes_and_a_clean_work_tree(tmp_path):
    store = new_store(tmp_path)
    files = records(range(30))
    commit = publish(store, files, "thirty records")
    assert git(store.path, "rev-parse", "main").strip() == commit
    assert committed(store.path) == files
    assert {path: (store.path / path).read_bytes() for path in files} == files
    assert git(store.path, "log", "--format=%an|%ae|%at|%cn|%ce|%ct|%B").strip() == (
        "A Lab|lab@example.org|1700000000|A Lab|lab@example.org|1700000000|thirty records"
    )
    assert_sound(store.path)


def test_a_second_publication_keeps_the_rest_and_has_the_first_as_its_parent(tmp_path):
    store = new_store(tmp_path, 10)
    first = store.repository.head()
    path, content = record(3, "changed")
    commit = publish(store, {path: content})
    assert git(store.path, "rev-list", "--parents", "-1", "main").split() == [commit, first]
    assert git(store.path, "diff", "--name-only", f"{first}", commit).split() == [path]
    assert committed(store.path) == records(range(10)) | {path: content}
    assert_sound(store.path)


@pytest.mark.parametrize("what", ["a note", "rights of its own", "nothing"])
def test_a_folder_that_stands_already_keeps_what_it_has(tmp_path, what):
    """Where nothing stands in it, a folder of new records is put there as a whole."""
    store = new_store(tmp_path)
    path, content = record(1)
    folder = (store.path / path).parent
    folder.mkdir(parents=True)
    number = folder.stat().st_ino
    if what == "a note":
        folder.joinpath("note.txt").write_text("mine")
    elif what == "rights of its own":
        folder.chmod(0o700)
    publish(store, {path: content})
    assert (store.path / path).read_bytes() == content
    assert (folder.stat().st_ino == number) is (what != "nothing")
    if what == "a note":
        assert folder.joinpath("note.txt").read_text() == "mine"
    elif what == "rights of its own":
        assert folder.stat().st_mode & 0o777 == 0o700
    assert_sound(store.path, clean=what != "a note")


def test_the_same_files_from_an_empty_store_give_the_same_tree_and_commit(tmp_path):
    one, two = new_store(tmp_path / "one"), new_store(tmp_path / "two")
    assert publish(one, records(range(20))) == publish(two, dict(reversed(records(range(20)).items())))


@pytest.mark.parametrize("most", [1, 7, 1000])
def test_what_takes_several_packs_is_the_same_commit(tmp_path, monkeypatch, most):
    """Whatever it adds, changes and takes away, and on whichever parent: the last pack has the commit and its tags."""
    monkeypatch.setattr(packing, "_BATCH_BYTES", 300)
    commits = []
    for number in (most, 100_000):
        monkeypatch.setattr(packing, "_MOST_IN_PACK", number)
        store = new_store(tmp_path / str(number), 30)
        first = store.repository.head()
        gone = record(3)[0]
        files = records(range(20, 50), "changed")
        publication = packing.Publication(
            parent=first,
            files=packing.FilesInMemory(files),
            message="a step",
            committer=COMMITTER,
            when=WHEN,
            removed=[gone],
            tags=lambda commit, _: [Tag("seal/a", f"root {commit}")],
        )
        with store.locked():
            commit, findings = publishing.publish(store.repository, publication)
        assert findings == []
        assert committed(store.path) == {path: of for path, of in records(range(30)).items() if path != gone} | files
        assert git(store.path, "rev-list", "main").split() == [commit, first]
        assert_sound(store.path)
        packs = len(list((store.path / ".git/objects/pack").glob("*.pack")))
        commits.append((commit, git(store.path, "rev-parse", "seal/a"), packs > 2))
    assert commits[0][:2] == commits[1][:2]
    assert (commits[0][2], commits[1][2]) == (most < 30, False)


@pytest.mark.parametrize("size, expected", [(1, [1, 1, 1, 1]), (150, [2, 2]), (1000, [4])])
def test_files_are_sent_in_batches_of_which_none_is_empty(monkeypatch, size, expected):
    """An empty one at the end would take a git of its own where the packs are full."""
    monkeypatch.setattr(packing, "_BATCH_BYTES", size)
    files = packing.FilesInMemory({f"{number}.json": b"x" * 100 for number in range(4)})
    publication = packing.Publication(None, files, "a step", COMMITTER, WHEN)
    assert [len(batch) for batch in publication.batches()] == expected


def test_nothing_of_seqmeta_stays_behind_but_its_lock(tmp_path):
    store = new_store(tmp_path, 5)
    assert {path.name for path in (store.path / ".git" / "seqmeta").iterdir()} == {"lock", "lock.next"}
    assert list((store.path / ".git" / "objects" / "pack").glob("*.keep")) == []
    assert git(store.path, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_tags_are_annotated_and_told_the_commit_and_the_stores_first_commit(tmp_path):
    store = new_store(tmp_path, 3)
    first = store.repository.head()
    seen = []

    def tags(commit, first_commit):
        seen.append((commit, first_commit))
        return [Tag("seal/a", f"root {commit}"), Tag("seal/b", "root b")]

    with store.locked():
        commit = store.publish(
            parent=first, files=records(range(3, 5)), message="sealed", committer=COMMITTER, when=WHEN, tags=tags
        )
    assert seen == [(commit, first)]
    assert git(store.path, "cat-file", "tag", "seal/a") == (
        f"object {commit}\ntype commit\ntag seal/a\ntagger A Lab <lab@example.org> 1700000000 +0000\n\nroot {commit}\n"
    )
    assert git(store.path, "rev-parse", "seal/b^{commit}").strip() == commit
    assert [tag.name for tag in store.repository.tags("seal")] == ["seal/a", "seal/b"]
    assert_sound(store.path)


def test_in_a_first_commit_the_stores_first_commit_is_itself(tmp_path):
    store = new_store(tmp_path)
    seen = []
    with store.locked():
        commit = store.publish(
            parent=None,
            files=records(range(1)),
            message="m",
            committer=COMMITTER,
            when=WHEN,
            tags=lambda commit, first: seen.append((commit, first)) or [],
        )
    assert seen == [(commit, commit)]


def test_a_tag_that_exists_keeps_the_whole_publication_back(tmp_path):
    store = new_store(tmp_path, 3)
    head = publish(store, records(range(3, 4)), tags=[Tag("seal/a", "one")])
    with pytest.raises(StoreError, match="seal/a"):
        publish(store, records(range(4, 5)), tags=[Tag("seal/a", "two")])
    assert store.repository.head() == head
    assert committed(store.path) == records(range(4))
    assert_sound(store.path)


def test_signed_tags_are_good_for_git_itself(tmp_path):
    key = make_ssh_key(tmp_path / "key")
    allowed = tmp_path / "allowed"
    allowed.write_text("lab@example.org " + key.with_suffix(".pub").read_text())
    store = new_store(tmp_path)
    with store.locked():
        store.publish(
            parent=None,
            files=records(range(2)),
            message="m",
            committer=COMMITTER,
            when=WHEN,
            tags=lambda commit, first: [Tag("seal/a", "root a\nnumber 1")],
            signing_key=key,
        )
    done = subprocess.run(
        ["git", "-c", f"gpg.ssh.allowedSignersFile={allowed}", "-c", "gpg.format=ssh", "verify-tag", "seal/a"],
        cwd=store.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert 'Good "git" signature for lab@example.org' in done.stderr


@pytest.mark.parametrize("content", ["", "no key\n"])
def test_a_key_that_cannot_sign_publishes_nothing(tmp_path, content):
    key = make_ssh_key(tmp_path / "key")
    key.write_text(content)
    key.chmod(0o600)
    store = new_store(tmp_path, 2)
    head = store.repository.head()
    with store.locked(), pytest.raises(StoreError, match="ssh-keygen cannot sign with"):
        store.publish(
            parent=head,
            files=records(range(3, 4)),
            message="m",
            committer=COMMITTER,
            when=WHEN,
            tags=lambda commit, first: [Tag("seal/a", "x")],
            signing_key=key,
        )
    assert store.repository.head() == head
    assert_sound(store.path)


def test_a_parent_that_is_not_the_head_is_a_conflict_and_changes_nothing(tmp_path):
    store = new_store(tmp_path, 2)
    first = store.repository.head()
    head = publish(store, records(range(2, 3)))
    with store.locked():
        for parent in (first, None):
            with pytest.raises(ConflictError, match=f"expected {parent or 'no commit'}, found {head}$"):
                store.publish(parent=parent, files=records(range(5, 6)), message="m", committer=COMMITTER, when=WHEN)
    assert committed(store.path) == records(range(3))
    assert_sound(store.path)
    empty = new_store(tmp_path / "empty")
    with empty.locked(), pytest.raises(ConflictError, match=f"expected {head}, found no commit$"):
        empty.publish(parent=head, files=records(range(1)), message="m", committer=COMMITTER, when=WHEN)


BAD_PATHS = [
    ".git/config", "/abs/ab/x.json", "orders/../../x.json", "orders/ab/x.json", "README.md", "", "orders",
    "Orders/ab/ab000000-0000-0000-0000-000000000000.json", "orders/ab/ab000000-0000-0000-0000-000000000000.json\n",
    "orders/AB/ab000000-0000-0000-0000-000000000000.json", "./orders/ab/ab000000-0000-0000-0000-000000000000.json",
    "orders/ab/ab000000-0000-0000-0000-000000000000.json/x", "orders\0/ab/ab000000-0000-0000-0000-000000000000.json",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_only_places_of_records_are_written(tmp_path, path):
    store = new_store(tmp_path, 1)
    head = store.repository.head()
    with pytest.raises(StoreError, match="is not a place for a record"):
        publish(store, {path: b"x"})
    assert store.repository.head() == head


@pytest.mark.parametrize("name", ["orders", "orders/{xx}"])
def test_a_folder_that_is_a_link_is_refused_before_anything_is_published(tmp_path, name):
    store = new_store(tmp_path)
    path, content = record(0)
    outside = tmp_path / "outside"
    outside.mkdir()
    link = store.path / name.format(xx=path.split("/")[1])
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    with pytest.raises(StoreError, match="is a link or a file: expected a folder"):
        publish(store, {path: content})
    assert store.repository.head() is None
    assert list(outside.iterdir()) == []


def test_a_link_or_fifo_in_a_records_place_is_saved_beside_and_never_followed(tmp_path):
    store = new_store(tmp_path)
    target = tmp_path / "target"
    target.write_text("untouched")
    for number, make in enumerate((lambda path: path.symlink_to(target), os.mkfifo)):
        path, content = record(number)
        place = store.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        make(place)
        publish(store, {path: content})
        assert place.read_bytes() == content
        assert not place.is_symlink()
    assert target.read_text() == "untouched"


@pytest.mark.parametrize(
    "committer",
    [
        Committer("", "a@b"),
        Committer("a\nb", "a@b"),
        Committer("a\udcf6b", "a@b"),
        Committer("a<b", "a@b"),
        Committer("a", "a>b"),
        Committer("a" * 20_000, "a@b"),
    ],
)
def test_a_committer_that_git_cannot_hold_is_refused(tmp_path, committer):
    store = new_store(tmp_path)
    with store.locked(), pytest.raises(StoreError, match="cannot be a committer's name or address"):
        store.publish(parent=None, files=records(range(1)), message="m", committer=committer, when=WHEN)
    assert store.repository.head() is None


def test_a_time_that_git_cannot_hold_is_refused(tmp_path):
    """`git fsck` takes such a commit for a corrupt object, and so would `verify`."""
    store = new_store(tmp_path)
    with store.locked(), pytest.raises(StoreError, match="the clock is 1 seconds before 1970"):
        store.publish(parent=None, files=records(range(1)), message="m", committer=COMMITTER, when=-1)
    assert store.repository.head() is None


def test_messages_and_contents_are_data_whatever_they_say(tmp_path):
    store = new_store(tmp_path)
    content = b"done\ncommit refs/heads/evil\nM 100644 inline x\ndata 3\n\0\xff\r\n"
    message = "--output=x\n\ndone\nreset refs/heads/main\n"
    path, _ = record(0)
    publish(store, {path: content}, message)
    assert (store.path / path).read_bytes() == content
    assert store.repository.tree(store.repository.head()) == {path: object_id("blob", content)}
    assert git(store.path, "log", "-1", "--format=%B") == message + "\n"
    assert_sound(store.path)


def test_publish_outside_of_the_lock_is_a_bug(tmp_path):
    store = new_store(tmp_path)
    with pytest.raises(RuntimeError):
        store.publish(parent=None, files=records(range(1)), message="m", committer=COMMITTER, when=WHEN)


def test_a_record_edited_by_hand_is_put_back_named_and_saved_beside(tmp_path):
    store = new_store(tmp_path, 6)
    edited, deleted, staged, stray = (record(number)[0] for number in (0, 1, 2, 99))
    store.path.joinpath(edited).write_text("mine")
    store.path.joinpath(deleted).unlink()
    store.path.joinpath(staged).write_text("staged")
    store.path.joinpath(stray).parent.mkdir(parents=True, exist_ok=True)
    store.path.joinpath(stray).write_text("no record of ours")
    git(store.path, "add", staged)
    findings = doctor(store)
    assert {(finding.code, finding.path) for finding in findings} == {
        ("edit_put_back", edited), ("record_put_back", deleted), ("edit_put_back", staged), ("edit_put_back", stray)
    }  # fmt: skip
    for path, text in ((edited, "mine"), (staged, "staged"), (stray, "no record of ours")):
        assert store.path.joinpath(path + ".edited").read_text() == text
    assert not store.path.joinpath(stray).exists()
    assert committed(store.path) == records(range(6))
    assert_sound(store.path)
    assert doctor(store) == []


def test_a_second_edit_does_not_overwrite_the_first_one_saved(tmp_path):
    store = new_store(tmp_path, 1)
    path = record(0)[0]
    for text in ("one", "two", "three"):
        store.path.joinpath(path).write_text(text)
        doctor(store)
    saved = sorted(store.path.joinpath(path).parent.glob("*.edited*"))
    assert [file.read_text() for file in saved] == ["one", "two", "three"]
    assert_sound(store.path)


def test_an_edit_made_while_the_run_is_at_work_is_saved_too(tmp_path):
    store = new_store(tmp_path, 1)
    path, content = record(0, "new")
    with store.locked() as findings:
        store.path.joinpath(path).write_text("mine")
        store.publish(
            parent=store.repository.head(), files={path: content}, message="m", committer=COMMITTER, when=WHEN
        )
        assert [finding.path for finding in findings] == [path]
    assert store.path.joinpath(path + ".edited").read_text() == "mine"
    assert store.path.joinpath(path).read_bytes() == content
    assert_sound(store.path)


def test_files_that_are_not_ours_are_left_alone(tmp_path):
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "README.md").write_text("read me")
    store = open_store(folder, create=True)
    publish(store, records(range(2)))
    assert_sound(store.path)
    (folder / "notes.md").write_text("a note")
    git(folder, "add", "notes.md")
    git(folder, "commit", "-m", "notes")
    (folder / "notes.md").write_text("an edited note")
    (folder / "staged.md").write_text("staged")
    git(folder, "add", "staged.md")
    publish(store, records(range(2, 4)))
    assert git(folder, "status", "--porcelain") == " M notes.md\nA  staged.md\n"
    assert committed(folder) == records(range(4)) | {"notes.md": b"a note"}
    assert (folder / "README.md").read_text() == "read me"


def test_a_commit_by_hand_in_between_is_a_conflict_and_then_built_upon(tmp_path):
    store = new_store(tmp_path, 2)
    with store.locked():
        parent = store.repository.head()
        (store.path / "notes.md").write_text("a note")
        git(store.path, "add", "notes.md")
        git(store.path, "commit", "-m", "by hand")
        by_hand = git(store.path, "rev-parse", "main").strip()
        with pytest.raises(ConflictError):
            store.publish(parent=parent, files=records(range(2, 3)), message="m", committer=COMMITTER, when=WHEN)
    publish(store, records(range(2, 3)))
    assert git(store.path, "rev-parse", "main^").strip() == by_hand
    assert_sound(store.path)


def test_the_repository_around_the_store_is_never_taken(tmp_path):
    git(tmp_path, "init", "-b", "main")
    (tmp_path / "records").mkdir()
    with pytest.raises(StoreError, match="is not a git repository"):
        open_store(tmp_path / "records")
    store = open_store(tmp_path / "records", create=True)
    publish(store, records(range(2)))
    assert git(tmp_path, "log", "--all", "--oneline") == ""
    assert git(tmp_path / "records", "log", "--oneline").count("\n") == 1


def test_another_run_is_waited_for_and_then_named(tmp_path):
    store, other = new_store(tmp_path, 1), open_store(tmp_path / "records")
    said = r"another run of seqmeta holds .*lock for more than 0.3 s"
    with store.locked(), pytest.raises(LockedError, match=said), other.locked(0.3):
        pass
    with other.locked(0.3) as findings:
        assert findings == []


def test_one_file_among_many_is_cheap_and_leaves_the_index_fresh(tmp_path):
    store = new_store(tmp_path, 2000)
    path, content = record(7, "changed")
    publish(store, {path: content})
    # `diff-files` compares stat data only: what it names would be read again by every `git status`.
    assert git(store.path, "diff-files") == ""


def test_opening_costs_no_gitpython_until_a_command_runs():
    code = "import sys, seqmeta.store; assert 'git' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_what_is_there_already_can_be_published_again(tmp_path):
    """Whoever publishes judges whether anything changed; the store takes what it is given."""
    store = new_store(tmp_path, 3)
    publish(store, records(range(3)))
    assert git(store.path, "rev-list", "--count", "main").strip() == "2"
    assert committed(store.path) == records(range(3))
    assert_sound(store.path)


def test_records_without_their_repository_are_not_taken_for_a_new_store(tmp_path):
    new_store(tmp_path, 3)
    shutil.rmtree(tmp_path / "records/.git")
    left = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match=r"its git repository is gone: bring records/\.git back"):
        open_store(tmp_path / "records", create=True)
    with pytest.raises(StoreError, match="its git repository is gone"):
        is_made(tmp_path / "records")
    assert sorted(tmp_path.rglob("*")) == left


def test_no_store_is_made_in_a_bare_repository(tmp_path):
    """Whose seals it would know nothing of."""
    store = new_store(tmp_path, 3)
    git(tmp_path, "clone", "-q", "--bare", str(store.path), "copy")
    left = sorted((tmp_path / "copy").rglob("*"))
    for look in (is_made, lambda folder: open_store(folder, create=True)):
        with pytest.raises(StoreError, match=r"copy is a bare repository: expected one with a work tree; .*\[bare\]"):
            look(tmp_path / "copy")
    assert sorted((tmp_path / "copy").rglob("*")) == left


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_what_each_commit_changed_below_a_folder_counts_along_first_parents(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(git_module, "_COMMITS_AT_ONCE", at_once)
    store = new_store(tmp_path, 3)
    commits = [store.repository.head()]
    commits += [publish(store, records(range(number, number + 2), "more")) for number in range(4)]
    side = git(store.path, "commit-tree", "-p", commits[0], "-m", "aside", f"{commits[0]}^{{tree}}").strip()
    tree = f"{commits[1]}^{{tree}}"  # a merge that takes back what the last ones did
    merge = git(store.path, "commit-tree", "-p", commits[-1], "-p", side, "-m", "merge", tree).strip()
    line = [merge, *reversed(commits), None]
    expected = [
        [of for of in store.repository.changed(old, new) if of.path.startswith("orders/")]
        for new, old in pairwise(line)
        if new is not None
    ]
    found = list(store.repository.changed_below(merge, "orders"))
    assert [of for group in expected for of in group] == found
    assert len([group for group in expected if group]) > 3
