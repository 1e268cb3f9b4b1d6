"""Broken, missing, forged and hidden objects: each is named, with its record, and nothing ends in a traceback."""

import hashlib
import os
import shutil
import struct
import subprocess
import zlib
from itertools import count, repeat
from pathlib import Path

import pytest
from honest_store import (
    HonestStore,
    build_store,
    fill_store,
    order_uuid,
    path_of,
    render,
    submission_uuid,
    uuid_of,
)
from verifying import codes, found, judge

from seqmeta.errors import StoreError
from seqmeta.verification import contents, diffs, scan, worktree
from seqmeta.verification.names import ObjectNames

ORDER_PATH = path_of("order", order_uuid("1a"))


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("objects") / "records", submissions=1)


@pytest.fixture
def store(original, tmp_path):
    return original.copy_to(tmp_path / "records")


def loose(store, identity) -> Path:
    path = store.path / ".git" / "objects" / identity[:2] / identity[2:]
    path.chmod(0o644)
    return path


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replace(path):
    content = zlib.decompress(path.read_bytes())
    path.write_bytes(zlib.compress(content[:-3] + b"X" + content[-2:]))


def garbage(path):
    path.write_bytes(b"garbage")


DAMAGE = {
    "emptied": lambda path: path.write_bytes(b""),
    "truncated": truncate,
    "flipped": flip,
    "other content": replace,
    "garbage": garbage,
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("revision", [f"HEAD:{ORDER_PATH}", "HEAD^{tree}", "HEAD:orders", "HEAD", "HEAD~2"])
def test_a_damaged_object_is_named(store, revision, damage):
    identity = store.git("rev-parse", revision)
    damage(loose(store, identity))
    findings = [f for f in judge(store).findings if f.code in {"corrupt_object", "missing_object"}]
    assert identity in {f.object for f in findings}, findings
    if revision.endswith(".json"):
        assert any(ORDER_PATH in f.message for f in findings)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_tag_is_named(store, damage):
    identity = store.git("rev-parse", f"refs/tags/seal/{submission_uuid(1)}")
    damage(loose(store, identity))
    assert f"seal/{submission_uuid(1)}" in {f.object for f in judge(store).findings}


def test_other_records_are_still_judged_behind_a_damaged_one(store):
    path = path_of("study", uuid_of("study", "Study 1"))
    store.commit_files({path: b"{}\n"})
    garbage(loose(store, store.git("rev-parse", f"HEAD:{ORDER_PATH}")))
    verdict = judge(store)
    assert path in {f.object for f in found(verdict, "wrong_envelope")}
    assert found(verdict, "corrupt_object")


@pytest.mark.parametrize("restarts", [None, 1])
def test_many_damaged_objects(store, monkeypatch, restarts):
    """All are named, also when reading is given up because git has to be started too often."""
    if restarts:
        monkeypatch.setattr(scan, "MOST_RESTARTS", restarts)
        monkeypatch.setattr(diffs, "MOST_RESTARTS", restarts)
    names = store.git("ls-tree", "-r", "--format=%(objectname)", "HEAD").split()
    for name in names:
        garbage(loose(store, name))
    assert set(names) <= {f.object for f in judge(store).findings}


def test_many_damaged_trees(store, monkeypatch):
    monkeypatch.setattr(diffs, "MOST_RESTARTS", 1)
    names = store.git("ls-tree", "-r", "-t", "--format=%(objecttype) %(objectname)", "HEAD").splitlines()
    trees = {name.split()[1] for name in names if name.startswith("tree")}
    for name in trees:
        garbage(loose(store, name))
    verdict = judge(store)
    assert trees <= {f.object for f in verdict.findings}
    assert any("a tree of this commit" in f.message for f in verdict.findings)


def test_a_record_too_large_to_be_kept_is_hashed_in_pieces(store, monkeypatch):
    """Nothing of seqmeta's is as large, so that it is none; whether its bytes are those committed is told as well."""
    path = path_of("biosample", uuid_of("biosample", "large"))
    metadata = {"notes": {str(number): "x" * 100 for number in range(1200)}}
    body = {"uuid": uuid_of("biosample", "large"), "central_sample_id": "large", "metadata": metadata}
    commit = store.commit_files({path: render("biosample", body, 1)})
    assert judge(store).findings == ()
    monkeypatch.setattr(scan, "LARGEST_CONTENT", 100_000)
    monkeypatch.setattr(worktree, "LARGEST_CONTENT", 100_000)
    assert {(of.object, of.commit) for of in found(judge(store), "not_canonical")} == {(path, commit)}
    identity = store.git("rev-parse", f"HEAD:{path}")
    file = loose(store, identity)
    file.write_bytes(zlib.compress(zlib.decompress(file.read_bytes())[:-1] + b"X"))
    finding = next(of for of in found(judge(store), "corrupt_object") if of.object == identity)
    assert path in finding.message
    assert "its content is that of" in finding.message


@pytest.fixture
def packed(store):
    store.git("repack", "-a", "-d", "-q")
    return store


def pack(store, suffix):
    (path,) = (store.path / ".git" / "objects" / "pack").glob(f"*.{suffix}")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("offset", range(12, 4000, 211))
def test_a_flipped_byte_of_a_pack(packed, offset):
    path = pack(packed, "pack")
    content = bytearray(path.read_bytes())
    content[offset % len(content)] ^= 4
    path.write_bytes(content)
    assert codes(judge(packed)) & {"corrupt_object", "missing_object"}


@pytest.mark.parametrize("damage", [DAMAGE[name] for name in ("emptied", "truncated", "flipped", "garbage", "removed")])
@pytest.mark.parametrize("suffix", ["pack", "idx"])
def test_a_damaged_pack(packed, suffix, damage):
    damage(pack(packed, suffix))
    assert codes(judge(packed)) & {"corrupt_object", "missing_object"}


def test_a_damaged_second_copy_of_an_object(packed):
    identity = packed.git("rev-parse", f"HEAD:{ORDER_PATH}")
    content = subprocess.run(
        ["git", "-C", str(packed.path), "cat-file", "blob", identity], capture_output=True, check=True
    ).stdout
    path = packed.path / ".git" / "objects" / identity[:2] / identity[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(b"blob %d\0" % (len(content) + 1) + content + b"X"))
    assert identity in {f.object for f in judge(packed).findings}


def test_an_object_forged_under_the_name_of_a_sealed_one(store):
    """As after a collision of SHA-1: same name, other bytes, and a record that agrees with itself."""
    identity = store.git("rev-parse", f"HEAD:{ORDER_PATH}")
    forged = render("order", store.bodies["order", order_uuid("1a")] | {"comments": "forged"}, 3)
    loose(store, identity).write_bytes(zlib.compress(b"blob %d\0" % len(forged) + forged))
    (store.path / ORDER_PATH).write_bytes(forged)
    verdict = judge(store)
    assert identity in {f.object for f in found(verdict, "corrupt_object")}


def test_a_tree_that_has_one_name_twice(store):
    """Readers that take the first and readers that take the last entry would see different records."""
    tree = subprocess.run(
        ["git", "-C", str(store.path), "cat-file", "tree", f"HEAD:{ORDER_PATH.rpartition('/')[0]}"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    forged = store.write_object("blob", b"{}\n")
    double = store.write_object("tree", tree + tree[: tree.index(b"\0") + 1] + bytes.fromhex(forged))
    shard = ORDER_PATH.split("/")[1]
    orders = subprocess.run(
        ["git", "-C", str(store.path), "cat-file", "tree", "HEAD:orders"], capture_output=True, check=True
    ).stdout
    entry = b"40000 " + shard.encode() + b"\0"
    start = orders.index(entry) + len(entry)
    folder = store.write_object("tree", orders[:start] + bytes.fromhex(double) + orders[start + 20 :])
    root = subprocess.run(
        ["git", "-C", str(store.path), "cat-file", "tree", "HEAD^{tree}"], capture_output=True, check=True
    ).stdout
    start = root.index(b"40000 orders\0") + 13
    top = store.write_object("tree", root[:start] + bytes.fromhex(folder) + root[start + 20 :])
    store.git("config", "fsck.duplicateEntries", "ignore")
    store.git("update-ref", "refs/heads/main", store.git("commit-tree", top, "-p", "HEAD", "-m", "Twice"))
    verdict = judge(store)
    assert double in {f.object for f in found(verdict, "corrupt_object")}
    assert found(verdict, "hidden_check")


def test_request_types_that_cannot_be_read_make_no_forgery_of_a_seal(store):
    """What its orders stand for is not known then: what is told is which object is damaged."""
    identity = store.git("rev-parse", f"seal/{submission_uuid(1)}:request_types")
    garbage(loose(store, identity))
    verdict = judge(store)
    assert identity in {of.object for of in found(verdict, "corrupt_object")}
    assert "request_set_changed" not in codes(verdict)


def test_a_request_type_that_no_comparison_has_come_to_may_be_anything(tmp_path):
    """The commit that has it cannot be compared: what is told is why, and of the seal nothing that is not known."""
    store = HonestStore(tmp_path / "records")
    store.catalogue()
    kind = path_of("request_type", uuid_of("request_type", "Library creation"))
    store.commit_files(dict(store.changed_files()) | {kind: b"{}\n"})
    fill_store(store, 1)
    identity = store.git("rev-parse", "HEAD:order_templates")
    garbage(loose(store, identity))
    verdict = judge(store)
    assert identity in {of.object for of in found(verdict, "corrupt_object")}
    assert "request_set_changed" not in codes(verdict)


def test_a_tree_in_the_place_of_a_record(store):
    """Its mode says that it is a file."""
    tree = store.git("rev-parse", "HEAD^{tree}")
    store.git("update-index", "--cacheinfo", f"100644,{tree},{ORDER_PATH}")
    store.git("commit", "-qm", "A tree for a record")
    finding = found(judge(store), "missing_object")[0]
    assert finding.object == tree
    assert finding.message == f"object {tree}, which holds {ORDER_PATH}: there is no such blob"


def test_a_commit_whose_tree_is_none(store):
    blob = store.git("rev-parse", f"HEAD:{ORDER_PATH}")
    person = "Lab <lab@example.org> 1700000000 +0000"
    text = f"tree {blob}\nparent {store.head()}\nauthor {person}\ncommitter {person}\n\nNo tree\n"
    commit = store.write_object("commit", text.encode())
    (store.path / ".git" / "refs" / "heads" / "main").write_text(commit + "\n")
    finding = next(of for of in found(judge(store), "missing_object") if of.object == blob)
    assert (finding.commit, finding.message) == (commit, f"tree {blob}, its content, cannot be read")


def test_a_list_of_objects_that_are_not_to_be_checked(store, tmp_path):
    (tmp_path / "skip").write_text(store.head() + "\n")
    store.git("config", "fsck.skipList", str(tmp_path / "skip"))
    assert codes(judge(store)) == {"hidden_check"}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_list_of_objects_that_are_not_to_be_checked_hides_none_and_is_not_opened(packed, tmp_path, is_there):
    path = pack(packed, "pack")
    flip(path)
    packed.write_tag("broken", packed.tag_text("broken", "0" * 39 + "1", "none"))
    told = judge(packed)
    assert {"corrupt_object", "missing_object"} <= codes(told)
    if is_there:
        os.mkfifo(tmp_path / "skip")
    packed.git("config", "fsck.skipList", str(tmp_path / "skip"))
    hidden = judge(packed)
    assert {of for of in hidden.findings if of.code != "hidden_check"} == set(told.findings)
    assert found(hidden, "hidden_check")


# what bends history or borrows objects


@pytest.mark.parametrize("where", ["loose", "packed"])
def test_a_replace_reference(store, where):
    forged = store.write_object("blob", b"{}\n")
    store.git("replace", "-f", store.git("rev-parse", f"HEAD:{ORDER_PATH}"), forged)
    if where == "packed":
        store.git("pack-refs", "--all")
    verdict = judge(store)
    assert codes(verdict) == {"replace_refs"}


def test_a_graft(store):
    (store.path / ".git" / "info").mkdir(exist_ok=True)
    (store.path / ".git" / "info" / "grafts").write_text(store.head() + "\n")
    assert codes(judge(store)) == {"grafts"}


def test_a_shallow_clone(store, tmp_path):
    store.git("clone", "-q", "--depth", "2", f"file://{store.path}", str(tmp_path / "clone"))
    verdict = judge(tmp_path / "clone")
    assert {"shallow", "missing_object"} <= codes(verdict)


def test_a_shallow_file_that_hides_history(store):
    (store.path / ".git" / "shallow").write_text(store.head() + "\n")
    assert codes(judge(store)) == {"shallow"}


def test_objects_borrowed_from_another_repository(store, tmp_path):
    store.git("clone", "-q", "--shared", str(store.path), str(tmp_path / "clone"))
    assert codes(judge(tmp_path / "clone")) == {"alternates"}


def test_a_partial_clone(store, tmp_path):
    store.git("config", "uploadpack.allowFilter", "true")
    source = f"file://{store.path}"
    store.git("clone", "-q", "--no-checkout", "--filter=blob:none", source, str(tmp_path / "clone"))
    assert {"promisor", "missing_object"} <= codes(judge(tmp_path / "clone"))


def test_a_branch_that_names_no_commit(store):
    (store.path / ".git" / "refs" / "heads" / "main").write_text("1" * 40 + "\n")
    assert "1" * 40 in {f.object for f in found(judge(store), "missing_object")}
    blob = store.git("rev-parse", f"seal/{submission_uuid(1)}:{ORDER_PATH}")
    (store.path / ".git" / "refs" / "heads" / "main").write_text(blob + "\n")
    assert blob in {f.object for f in found(judge(store), "missing_object")}


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"\0" * 41, b"ref: refs/heads/main\n"])
def test_a_branch_that_cannot_be_read(store, content):
    (store.path / ".git" / "refs" / "heads" / "main").write_bytes(content)
    verdict = judge(store)
    assert "refs/heads/main" in {f.object for f in found(verdict, "corrupt_object")}
    assert {f.object for f in found(verdict, "rolled_back")} == {f"seal/{submission_uuid(1)}"}
    assert not any(f.code == "worktree_differs" for f in verdict.findings)


@pytest.mark.parametrize("line", ["garbage\n", "{head} refs/heads/../../x\n", "{head} refs/heads/z"])
def test_packed_references_that_git_cannot_read(store, line):
    """git gives up over one line; the rest is judged as the files have it."""
    store.git("pack-refs", "--all")
    head, commits = store.head(), len(store.git("rev-list", "HEAD").split())
    with (store.path / ".git" / "packed-refs").open("a") as packed:
        packed.write(line.format(head=head))
    verdict = judge(store)
    assert found(verdict, "corrupt_object")[0].object == "packed-refs"
    assert codes(verdict) == {"corrupt_object"}
    assert (verdict.commits, verdict.seals) == (commits, 1)
    (store.path / ORDER_PATH).write_text("{}\n")
    (store.path / ".git" / "refs" / "tags" / "seal").mkdir(parents=True, exist_ok=True)
    (store.path / ".git" / "refs" / "tags" / "seal" / "loose").write_text(head + "\n")
    assert {"worktree_differs", "malformed_tag"} <= codes(judge(store))


@pytest.mark.parametrize(
    "make, file", [("commit-graph", "info/commit-graph"), ("multi-pack-index", "pack/multi-pack-index")]
)
def test_what_git_believes_for_speed_is_not_believed_and_is_checked(store, make, file):
    store.git("repack", "-adq")
    store.git(make, "write", *(["--reachable"] if make == "commit-graph" else []))
    assert judge(store).strength == "consistent"
    path = store.path / ".git" / "objects" / file
    content = bytearray(path.read_bytes())
    path.chmod(0o644)
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    verdict = judge(store)
    assert codes(verdict) == {"corrupt_object"}
    assert verdict.records > 0


def test_a_pack_whose_order_leaves_objects_out_hides_none_of_them(packed):
    """What tells the order of a pack (git's `gitformat-pack`, "pack-*.rev files") is in no check of git 2.39."""
    index = pack(packed, "idx").read_bytes()
    (objects,) = struct.unpack_from(">I", index, 8 + 255 * 4)
    always_the_first = bytes(4 * objects)
    told = b"RIDX" + struct.pack(">II", 1, 1) + always_the_first + index[-40:-20]
    pack(packed, "pack").with_suffix(".rev").write_bytes(told + hashlib.sha1(told).digest())
    listing = ("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    assert len(packed.git(*listing, "--unordered").split()) < objects == len(packed.git(*listing).split())
    verdict = judge(packed)
    assert (verdict.commits, verdict.seals) == (len(packed.git("rev-list", "HEAD").split()), 1)
    assert verdict.records > 0
    packed.commit_files({ORDER_PATH: b"{}\n"})
    assert "sealed_changed" in codes(judge(packed))


def test_a_setting_that_git_cannot_read_is_told_in_its_words(store):
    store.git("config", "core.preloadIndex", "sometimes")
    with pytest.raises(StoreError, match="preloadindex"):
        judge(store)


def test_a_commit_that_git_would_not_write(store):
    tree = store.git("rev-parse", "HEAD^{tree}")
    commit = store.write_object("commit", f"tree {tree}\nparent {store.head()}\n\nno author\n".encode())
    (store.path / ".git" / "refs" / "heads" / "main").write_text(commit + "\n")
    assert commit in {f.object for f in found(judge(store), "missing_object")}


def test_programs_that_the_store_names_are_not_run(store, tmp_path):
    canary = tmp_path / "canary"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "core.pager", "gpg.ssh.program", "core.sshCommand", "core.editor"):
        store.git("config", name, str(program))
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        target = store.path / ".git" / "hooks" / hook
        target.parent.mkdir(exist_ok=True)
        shutil.copy(program, target)
    (store.path / ".gitattributes").write_text("* diff=x filter=x\n")
    store.git("config", "diff.x.textconv", str(program))
    store.git("config", "filter.x.clean", str(program))
    canary.unlink(missing_ok=True)  # making the store may have run them
    judge(store)
    assert not canary.exists()


@pytest.mark.parametrize(("clock", "is_slow"), [(count(step=1), True), (repeat(0), False)])
def test_files_of_a_slow_disk_are_announced_and_read_all_the_same(store, monkeypatch, clock, is_slow):
    (store.path / ORDER_PATH).unlink()
    expected = judge(store)
    announced, announce = [], os.posix_fadvise

    def note(descriptor, *of):
        announced.append(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(store.path))
        announce(descriptor, *of)

    monkeypatch.setattr(contents, "perf_counter", clock.__next__)
    monkeypatch.setattr(contents, "_AHEAD", 3)
    monkeypatch.setattr(os, "posix_fadvise", note)
    opened = len(list(Path("/proc/self/fd").iterdir()))
    assert judge(store) == expected
    assert found(expected, "worktree_differs")[0].object == ORDER_PATH
    assert len(list(Path("/proc/self/fd").iterdir())) == opened
    records = {Path(path) for path in store.git("ls-files").split()} - {Path(ORDER_PATH)}
    assert set(announced) <= records
    assert len(records - set(announced)) <= 2 * 3 if is_slow else not announced


def test_names_that_begin_alike_are_told_apart():
    alike = sorted(bytes.fromhex("ab" * 8 + f"{number:02x}" * 12) for number in range(3))
    names = ObjectNames.of(b"".join([bytes(20), *alike, b"\xff" * 20]))
    assert all(name.hex() in names for name in alike)
    for missing in ("ab" * 8 + "07" * 12, "ab" * 20, "00" * 19 + "01", "ff" * 19 + "fe", "cd" * 20):
        assert missing not in names
