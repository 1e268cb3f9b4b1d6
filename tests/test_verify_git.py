"""A git that answers `verify` badly is never taken for one that found nothing."""

import os

import pytest
from honest_store import build_store
from stand_ins import standing_in, where
from verifying import codes, found, judge

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.verification import Finding, refs, scan, verify
from seqmeta.verification import verify as verify_function
from seqmeta.verification.findings import plain_verdict
from seqmeta.verification.graph import sort_ancestors_first
from seqmeta.verification.history import walk_history
from seqmeta.verification.scan import CommitNode, feed, scan_objects


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("asked") / "records", submissions=1)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    with standing_in(tmp_path / "bin", monkeypatch) as make:
        yield make


def test_a_comparison_without_an_answer_is_a_finding(original, stand_in):
    stand_in(where("diff-tree", "cat > /dev/null"))
    verdict = judge(original)
    assert verdict.strength is None
    assert any("a tree of this commit" in finding.message for finding in verdict.findings)


def test_a_tree_that_is_gone_when_it_is_to_be_compared(original, tmp_path):
    """As beside a `git gc` that went wrong: git passes the pair over without a word, and goes on with the next."""
    store = original.copy_to(tmp_path / "records")
    objects = scan_objects(Repository.open(store.path))
    tree = store.git("rev-parse", "HEAD~2^{tree}")
    (store.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    findings = walk_history(Repository.open(store.path), objects, store.head()).findings
    assert {(of.object, of.message) for of in findings if of.code == "missing_object"} == {
        (store.git("rev-parse", commit), "a tree of this commit cannot be read") for commit in ("HEAD~2", "HEAD~1")
    }


def test_a_seal_that_git_leaves_out_of_its_list_without_a_word_is_not_passed_over(original, stand_in, monkeypatch):
    """As where the disk does not give the file of a reference."""
    monkeypatch.setattr(refs, "_MOST_READINGS", 2)
    stand_in(where("for-each-ref", '"$real" "$@" | grep -v refs/tags/seal/'))
    with pytest.raises(StoreError, match=r"refs/tags/seal/.* could not be read by git: expected it to be listed"):
        judge(original)


def test_a_list_of_all_objects_that_git_does_not_end_is_made_otherwise(original, stand_in):
    """As where a pack that git maps is cut short under it: what type an object has is then seen when it is read."""
    told = judge(original)
    stand_in(where("--batch-all-objects --buffer --unordered", "exit 1"))
    assert judge(original) == told
    assert told.strength == "consistent"


def test_an_object_that_git_ends_in_the_midst_of_is_named(original, stand_in, monkeypatch):
    monkeypatch.setattr(scan, "MOST_RESTARTS", 2)
    stand_in(where("cat-file --batch", '"$real" "$@" | head -c 100'))
    faults = scan_objects(Repository.open(original.path)).faults
    assert "git cannot read it" in faults.values()
    assert original.head() in faults


def test_a_check_of_gits_own_that_fails_without_a_word_is_a_finding(original, stand_in):
    stand_in(where("fsck", "exit 3"))
    assert [finding.message for finding in judge(original).findings] == ["git fsck ends with status 3"]
    plain = plain_verdict(judge(original))["findings"]
    assert plain == [
        {"code": "corrupt_object", "object": "objects", "commit": None, "message": "git fsck ends with status 3"}
    ]


def test_a_check_of_gits_own_that_was_killed_says_nothing_of_the_store(original, stand_in):
    """As the system does where the memory is not enough."""
    stand_in(where("fsck", "kill -9 $$"))
    with pytest.raises(StoreError, match=r"git fsck in .* was ended by SIGKILL"):
        judge(original)


def test_objects_that_are_not_read_in_the_end_are_named(original, stand_in, monkeypatch):
    """Commits and tags by the scan, and with a work tree that is no help every record by the walk."""
    monkeypatch.setattr(scan, "MOST_RESTARTS", 1)
    listed = original.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)").splitlines()
    stand_in(where("--batch", "exit 1"))
    objects = scan_objects(Repository.open(original.path))
    assert objects.faults.keys() == {name for name, _, kind in map(partition, listed) if kind in ("commit", "tag")}
    assert sorted(set(objects.faults.values())) == [
        "git cannot read it",
        "not read, because too many objects before it are corrupt",
    ]


def partition(line):
    return line.partition(" ")


def test_records_that_are_not_read_in_the_end_are_named(original, stand_in, monkeypatch):
    objects = scan_objects(Repository.open(original.path))
    blobs = set(original.git("ls-tree", "-r", "--format=%(objectname)", "HEAD").split())
    monkeypatch.setattr(scan, "MOST_RESTARTS", 1)
    stand_in(where("--batch", "exit 1"))
    history = walk_history(Repository.open(original.path), objects, original.head())
    assert blobs <= {finding.object for finding in history.findings if finding.code == "corrupt_object"}


def test_who_feeds_a_git_that_has_ended_leaves_it_to_the_reader():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as pipe:
        feed(pipe, ["0" * 40])


def test_a_commit_that_is_reached_twice_is_listed_once():
    commits = {
        "head": CommitNode("", ("one", "two"), b""),
        "one": CommitNode("", ("two",), b""),
        "two": CommitNode("", ("gone",), b""),
    }
    assert sort_ancestors_first(commits, "head") == ["two", "one", "head"]
    assert sort_ancestors_first(commits, "gone") == []


@pytest.mark.parametrize(("stays", "looked"), [((), 2), (("asset/it",), 3)])
def test_what_differs_otherwise_at_each_look_is_somebody_writing(original, monkeypatch, stays, looked):
    """As beside a writer that is faster than the looks: only what is there again counts, and there is an end to it."""
    module = __import__(verify_function.__module__, fromlist=["check_worktree"])
    looks = []

    def differ(*_):
        looks.append(1)
        return [Finding("worktree_differs", name, None, "it differs") for name in (f"look {len(looks)}", *stays)]

    monkeypatch.setattr(module, "check_worktree", differ)
    verdict = verify(Repository.open(original.path))
    assert tuple(finding.object for finding in verdict.findings) == stays
    assert verdict.strength == (None if stays else "consistent")
    assert len(looks) == looked


def test_what_is_peculiar_and_hides_nothing_is_no_finding(tmp_path):
    store = build_store(tmp_path / "records", submissions=1)
    store.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    assert codes(judge(store)) == set()
    (store.path / ".git/shallow").touch()
    assert found(judge(store), "shallow")
