"""What git's own check would find by following references is found, though it is mostly not asked to follow them."""

import re

import pytest
from honest_store import build_store, order_uuid, path_of, submission_uuid
from stand_ins import standing_in, where
from verifying import codes, found, judge

ORDER_PATH = path_of("order", order_uuid("1a"))
GONE = "1" * 40


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    store = build_store(tmp_path_factory.mktemp("reach") / "records", submissions=1)
    store.commit_files({"notes.txt": b"by hand\n"})
    return store


@pytest.fixture
def store(original, tmp_path):
    return original.copy_to(tmp_path / "records")


def write(store, name, content):
    path = store.path / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content + "\n")


def remove(store, revision):
    """Take an object out of the store; its file in the work tree stays."""
    identity = store.git("rev-parse", revision)
    (store.path / ".git" / "objects" / identity[:2] / identity[2:]).unlink()
    return identity


def on_a_side(store):
    """Commit on another branch, and go back."""
    store.git("checkout", "-q", "-b", "side")
    store.commit_files({"side.txt": b"aside\n"})
    store.git("checkout", "-q", "main")
    return store.git("rev-parse", "side")


@pytest.mark.parametrize(
    "name", ["refs/heads/other", "refs/tags/note", "refs/remotes/origin/main", "refs/seqmeta/unpushed/0"]
)
def test_a_reference_to_what_is_not_there(store, name):
    write(store, name, GONE)
    assert found(judge(store), "corrupt_object")[0].object == GONE


@pytest.mark.parametrize("content", ["garbage", "0" * 40, "", "ref: refs/heads/gone"])
def test_a_tag_that_is_no_reference(store, content):
    write(store, "refs/tags/note", content)
    assert codes(judge(store)) == {"corrupt_object"}


def test_a_link_to_nothing_among_the_tags_is_no_tag_and_stands_for_none(store):
    tags = store.path / ".git" / "refs" / "tags"
    (tags / "note").symlink_to("nowhere")
    assert judge(store).strength == "consistent"
    seal = tags / "seal" / submission_uuid(1)
    seal.unlink()
    seal.symlink_to("nowhere")
    assert codes(judge(store)) == {"seal_without_tag"}


def test_a_line_of_packed_references_that_leads_nowhere(store):
    store.git("pack-refs", "--all")
    with (store.path / ".git" / "packed-refs").open("a") as packed:
        packed.write(f"{'0' * 40} refs/tags/zero\n")
    assert "corrupt_object" in codes(judge(store))


def test_a_branch_that_is_a_tag(store):
    write(store, "refs/heads/other", store.git("rev-parse", f"refs/tags/seal/{submission_uuid(1)}"))
    assert "not a commit" in found(judge(store), "corrupt_object")[0].message


def test_a_head_without_a_branch(store):
    write(store, "HEAD", GONE)
    assert "corrupt_object" in codes(judge(store))
    write(store, "HEAD", store.git("rev-parse", "refs/heads/main"))
    assert judge(store).findings == ()


def test_a_work_tree_elsewhere(store, tmp_path):
    store.git("worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    assert judge(store).findings == ()
    write(store, "worktrees/second/HEAD", GONE)
    assert "corrupt_object" in codes(judge(store))


@pytest.mark.parametrize("revision", ["side:side.txt", "side^{tree}"])
@pytest.mark.parametrize("how", ["branch", "tag", "light tag", "tag of a tag"])
def test_what_only_another_reference_leads_to(store, revision, how):
    side = on_a_side(store)
    if how != "branch":
        store.git("tag", *(["-a", "-m", "x"] if how != "light tag" else []), "kept", side)
        if how == "tag of a tag":
            store.git("tag", "-a", "-m", "x", "again", "kept")
            store.git("tag", "-d", "kept")
    identity = remove(store, revision)
    if how != "branch":
        (store.path / ".git" / "refs" / "heads" / "side").unlink()
    assert identity in {finding.object for finding in judge(store).findings}


@pytest.mark.parametrize("revision", [f"HEAD:{ORDER_PATH}", "HEAD:notes.txt"])
def test_an_object_that_only_the_work_tree_still_has(store, revision):
    assert judge(store).findings == ()
    identity = remove(store, revision)
    assert identity in {finding.object for finding in found(judge(store), "missing_object")}


def test_an_object_that_only_an_older_commit_has(store):
    store.commit_files({"notes.txt": b"otherwise\n"})
    identity = remove(store, "HEAD~1:notes.txt")
    assert identity in {finding.object for finding in found(judge(store), "missing_object")}


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What git was asked for when it was to check a store."""
    log = tmp_path / "asked"
    with standing_in(tmp_path / "bin", monkeypatch) as make:
        make(where("fsck", f'echo "$*" >> {log}; exec $real "$@"'))
        yield lambda: [line.partition(" fsck ")[2].split()[-1] for line in log.read_text().splitlines()]


def test_git_need_not_follow_what_the_walk_has_followed(store, asked):
    assert judge(store).findings == ()
    (last,) = asked()
    assert re.fullmatch("[0-9a-f]{40}", last)
    assert store.git("cat-file", "-t", last) == "blob"


@pytest.mark.parametrize("where_to", ["side", "elsewhere"])
def test_git_follows_what_the_walk_does_not(store, asked, where_to):
    on_a_side(store)
    if where_to == "elsewhere":
        store.git("update-ref", "refs/remotes/origin/side", "side")
        store.git("branch", "-q", "-D", "side")
    assert judge(store).findings == ()
    assert asked()[-1] == "--no-progress"


def test_an_older_revision_is_checked_with_all_that_is_there(store, asked):
    assert judge(store, rev="HEAD~1").findings == ()
    assert asked() == ["--no-progress"]
