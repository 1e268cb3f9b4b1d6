"""How strong a proof is: signatures with keys from outside the store, and checkpoints that are kept elsewhere."""

import os
import resource
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from honest_store import COMMITTER, HonestStore, build_store, fill_store, submission_uuid
from storing import make_ssh_key
from verifying import codes, found, judge

from seqmeta.errors import StoreError, UsageError
from seqmeta.git import Repository
from seqmeta.seals import parse_checkpoint
from seqmeta.verification import signatures, write_checkpoint

FIRST, SECOND = f"seal/{submission_uuid(1)}", f"seal/{submission_uuid(2)}"


def public(key):
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


@pytest.fixture(scope="session")
def signed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    return build_store(folder / "records", signing_key=make_ssh_key(folder / "key"))


@pytest.fixture
def store(signed, tmp_path):
    return signed.copy_to(tmp_path / "records")


@pytest.fixture
def signers(store, tmp_path):
    path = tmp_path / "allowed_signers"
    path.write_text(f"lab@example.org {public(store.signing_key)}\n")
    return path


def resign(store, name, key=None, **replaced):
    """Make a tag anew, with some of its text replaced, signed by a key."""
    text = store.read_tag(name.removeprefix("seal/")).decode().partition("-----BEGIN")[0]
    for old, new in replaced.values():
        text = text.replace(old, new)
    store.write_tag(name, text.encode() + store.sign(text.encode(), key))


def test_signed_by_an_allowed_key(store, signers):
    assert judge(store).strength == "consistent"
    assert judge(store, allowed_signers=signers).strength == "signed"


def test_many_signed_by_one_key_and_one_of_them_by_another(tmp_path):
    """Who signed one is asked about first for the next; that is no shortcut for what another signed."""
    key = make_ssh_key(tmp_path / "key")
    store = build_store(tmp_path / "records", submissions=7, signing_key=key)
    (tmp_path / "allowed").write_text(f"lab@example.org {public(key)}\n")
    assert judge(store, allowed_signers=tmp_path / "allowed").strength == "signed"
    last = f"seal/{submission_uuid(7)}"
    resign(store, last, make_ssh_key(tmp_path / "attacker"))
    findings = judge(store, allowed_signers=tmp_path / "allowed").findings
    assert [(finding.code, finding.object) for finding in findings] == [("unknown_key", last)]


def test_nothing_is_signed_where_nothing_is_sealed(tmp_path, signers):
    assert judge(build_store(tmp_path / "r", submissions=0), allowed_signers=signers).strength == "consistent"


def test_a_key_that_is_not_allowed(store, signers, tmp_path):
    signers.write_text(f"lab@example.org {public(make_ssh_key(tmp_path / 'other'))}\n")
    assert {f.object for f in found(judge(store, allowed_signers=signers), "unknown_key")} == {FIRST, SECOND}


def test_a_seal_made_anew_by_an_attacker_without_the_key(store, signers, tmp_path):
    resign(store, SECOND, make_ssh_key(tmp_path / "attacker"))
    assert judge(store).strength == "consistent"
    assert {f.object for f in found(judge(store, allowed_signers=signers), "unknown_key")} == {SECOND}


def test_a_seal_that_is_not_signed(store, signers):
    store.write_tag(SECOND, store.read_tag(submission_uuid(2)).partition(b"-----BEGIN")[0])
    assert judge(store).strength == "consistent"
    assert {f.object for f in found(judge(store, allowed_signers=signers), "bad_signature")} == {SECOND}


def test_the_signature_of_another_seal(store, signers):
    signature = store.read_tag(submission_uuid(1)).partition(b"-----BEGIN")[2]
    text = store.read_tag(submission_uuid(2)).partition(b"-----BEGIN")[0]
    store.write_tag(SECOND, text + b"-----BEGIN" + signature)
    assert {f.object for f in found(judge(store, allowed_signers=signers), "bad_signature")} == {SECOND}


def test_a_signature_for_another_purpose(store, signers):
    text = store.read_tag(submission_uuid(2)).partition(b"-----BEGIN")[0]
    done = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", "file", "-f", str(store.signing_key)],
        input=text, capture_output=True, check=True,
    )  # fmt: skip
    store.write_tag(SECOND, text + done.stdout)
    assert {f.object for f in found(judge(store, allowed_signers=signers), "bad_signature")} == {SECOND}


def test_a_key_that_is_allowed_for_other_purposes_only(store, signers):
    signers.write_text(f'lab@example.org namespaces="file" {public(store.signing_key)}\n')
    assert codes(judge(store, allowed_signers=signers)) <= {"bad_signature", "unknown_key"}
    assert len(judge(store, allowed_signers=signers).findings) == 2


@pytest.mark.parametrize(
    "option, good",
    [
        ('valid-before="20240101Z"', True),  # the seals were made in November 2023
        ('valid-before="20200101Z"', False),
        ('valid-after="20200101Z"', True),
        ('valid-after="20240101Z"', False),
        ('namespaces="git"', True),
    ],
)
def test_a_key_counts_when_it_was_valid_at_the_time_of_the_seal(store, signers, option, good):
    signers.write_text(f"lab@example.org {option} {public(store.signing_key)}\n")
    verdict = judge(store, allowed_signers=signers)
    assert verdict.strength == ("signed" if good else None)
    if not good:
        assert codes(verdict) == {"unknown_key"}


@pytest.mark.parametrize("place", ["allowed_signers", ".git/allowed_signers", "link"])
def test_keys_from_inside_the_store_prove_nothing(store, signers, tmp_path, place):
    inside = store.path / ("allowed_signers" if place == "link" else place)
    shutil.copy(signers, inside)
    chosen = inside
    if place == "link":
        chosen = tmp_path / "link"
        chosen.symlink_to(inside)
    verdict = judge(store, allowed_signers=chosen)
    assert codes(verdict) == {"unknown_key"}
    assert verdict.strength is None


@pytest.mark.parametrize("ended, good", [(3600, True), (-3600, False)])
def test_an_expired_key_cannot_choose_a_day_on_which_it_was_valid(store, signers, tmp_path, ended, good):
    """Two clocks may differ by a day; a seal that is dated further back than what it was made upon is not believed."""
    end = store.time - 86_400 + ended
    store.time = end - 600
    grow(store)
    resign(store, f"seal/{submission_uuid(3)}", make_ssh_key(tmp_path / "old"))
    until = datetime.fromtimestamp(end, UTC).strftime("%Y%m%d%H%M%SZ")
    old = f'lab@example.org valid-before="{until}" {public(tmp_path / "old")}\n'
    signers.write_text(signers.read_text() + old)
    verdict = judge(store, allowed_signers=signers)
    assert codes(verdict) == (set() if good else {"unknown_key"})


@pytest.mark.parametrize("time", ["x +0000", "99999999999999 +0000"])
def test_a_commit_without_a_time_says_nothing_of_when_the_next_was_sealed(store, signers, time):
    parent, tree = store.head(), store.git("rev-parse", "HEAD^{tree}")
    text = f"tree {tree}\nparent {parent}\nauthor {COMMITTER} {time}\ncommitter {COMMITTER} {time}\n\nBy hand\n"
    store.git("update-ref", "refs/heads/main", store.write_object("commit", text.encode()))
    grow(store)
    assert not codes(judge(store, allowed_signers=signers)) & {"bad_signature", "unknown_key"}


def make_sparse(path):
    path.touch()
    os.truncate(path, 2**32)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, make_sparse])
def test_a_file_of_keys_that_has_no_end_is_not_waited_for(store, tmp_path, make):
    make(tmp_path / "keys")
    with pytest.raises(StoreError, match=r"no regular file|larger than 1 MiB"):
        judge(store, allowed_signers=tmp_path / "keys")


def test_a_file_of_keys_that_is_not_there(store, tmp_path):
    with pytest.raises(StoreError, match="gone"):
        judge(store, allowed_signers=tmp_path / "gone")


@pytest.mark.parametrize("content", ["", "garbage\n", "lab@example.org ssh-ed25519 garbage\n"])
def test_a_file_without_keys(store, signers, content):
    signers.write_text(content)
    assert codes(judge(store, allowed_signers=signers)) == {"unknown_key"}


def test_a_garbled_signature(store, signers):
    text = store.read_tag(submission_uuid(2)).partition(b"-----BEGIN")[0]
    block = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
    store.write_tag(SECOND, text + block)
    assert {f.object for f in found(judge(store, allowed_signers=signers), "bad_signature")} == {SECOND}


@pytest.mark.parametrize("time", ["", " 99999999999999999999 +0000", " x +0000"])
def test_a_signed_seal_without_a_time(store, signers, time):
    text = store.read_tag(submission_uuid(2)).decode().partition("-----BEGIN")[0]
    start = text.index(COMMITTER) + len(COMMITTER)
    text = text[:start] + time + text[text.index("\n", start) :]
    store.write_tag(SECOND, text.encode() + store.sign(text.encode()))
    assert {f.object for f in found(judge(store, allowed_signers=signers), "bad_signature")} == {SECOND}


def test_an_ssh_keygen_that_cannot_be_run(store, signers, monkeypatch):
    monkeypatch.setattr(signatures, "find_program", lambda name: "/nonexistent/" + name)
    with pytest.raises(StoreError, match="ssh-keygen"):
        judge(store, allowed_signers=signers)


def test_a_signed_seal_of_the_past_in_place_of_a_newer_one(store, signers):
    """The signer's key is good, its text is old: the chain shows it."""
    resign(store, SECOND, store.signing_key, number=("number 2", "number 1"))
    assert "seal_number" in codes(judge(store, allowed_signers=signers))


# checkpoints


@pytest.fixture
def line(store, tmp_path):
    path = tmp_path / "checkpoint"
    write(store, path)
    return path


def write(store, path):
    verdict = judge(store)
    assert verdict.checkpoint is not None
    write_checkpoint(Repository.open(store.path), verdict.checkpoint, path)


def grow(store, number=3):
    order = store.order(f"Order {number}", [f"Tube {number}"])
    store.submit(store.submission(f"Submission {number}", [order]))
    store.commit()


def test_a_checkpoint_is_the_line_of_the_contract(store, line):
    root = store.seals[-1][1]
    assert line.read_text() == f"seqmeta-checkpoint/1 {store.store_id()} 2 {root} {store.head()}\n"
    assert line.stat().st_mode & 0o777 == 0o644


def test_a_store_that_is_where_it_was_or_grew(store, line, signers):
    assert judge(store, checkpoint=line).strength == "anchored"
    grow(store)
    assert judge(store, checkpoint=line).strength == "anchored"
    assert judge(store, checkpoint=line, allowed_signers=signers).strength == "anchored"


def test_a_checkpoint_of_a_store_without_seals(tmp_path):
    store = build_store(tmp_path / "records", submissions=0)
    write(store, tmp_path / "line")
    assert parse_checkpoint((tmp_path / "line").read_text()).number == 0
    grow(store)
    assert judge(store, checkpoint=tmp_path / "line").strength == "anchored"


def test_a_whole_store_put_back(store, tmp_path, signed):
    grow(store)
    write(store, tmp_path / "line")
    old = signed.copy_to(tmp_path / "old")
    assert judge(old).strength == "consistent"
    assert codes(judge(old, checkpoint=tmp_path / "line")) == {"rolled_back"}


def test_a_branch_put_back_behind_its_last_seal(store, line):
    sealed = store.git("rev-parse", f"{SECOND}^{{commit}}")
    store.git("reset", "-q", "--hard", sealed)
    assert judge(store).strength == "consistent"
    assert codes(judge(store, checkpoint=line)) == {"rolled_back"}


def test_two_clones_that_were_shown_to_different_readers(store, signed, tmp_path):
    grow(store, 3)
    write(store, tmp_path / "line")
    other = signed.copy_to(tmp_path / "other")
    grow(other, 4)
    assert judge(other).strength == "consistent"
    assert "forked" in codes(judge(other, checkpoint=tmp_path / "line"))


def test_a_store_rebuilt_from_its_first_commit(store, line, tmp_path):
    """A forger without the key, who makes history anew behind the first commit, with the same work and another text."""
    forged = HonestStore(tmp_path / "forged")
    forged.catalogue()
    forged.commit("Catalogue")
    assert forged.store_id() == store.store_id()
    forged.thing("study", "Study 1", state="active", description="forged")
    fill_store(forged, 2)
    assert judge(forged).strength == "consistent"
    assert codes(judge(forged, checkpoint=line)) == {"rolled_back"}


def test_a_checkpoint_of_another_store(store, line, tmp_path):
    other = HonestStore(tmp_path / "other")
    other.catalogue()
    other.commit("Another beginning")
    assert codes(judge(other, checkpoint=line)) == {"wrong_store"}
    empty = HonestStore(tmp_path / "empty")
    assert codes(judge(empty, checkpoint=line)) == {"wrong_store"}


def test_no_checkpoint_there_is_a_warning(store, tmp_path):
    verdict = judge(store, checkpoint=tmp_path / "gone")
    assert (verdict.strength, [w.code for w in verdict.warnings]) == ("consistent", ["not_anchored"])


@pytest.mark.parametrize("text", ["", "garbage", "seqmeta-checkpoint/2 a b c d\n", "\xff", "x" * 100_000])
def test_a_malformed_checkpoint(store, line, text):
    line.write_text(text, encoding="latin-1")
    assert codes(judge(store, checkpoint=line)) == {"malformed_checkpoint"}


def test_a_checkpoint_that_anybody_may_write_anchors_nothing(store, line):
    line.chmod(0o666)
    verdict = judge(store, checkpoint=line)
    assert (verdict.strength, [w.code for w in verdict.warnings]) == ("consistent", ["not_anchored"])
    store.git("reset", "-q", "--hard", f"{SECOND}^{{commit}}")
    assert codes(judge(store, checkpoint=line)) == {"rolled_back"}


def test_a_folder_instead_of_a_checkpoint(store, tmp_path):
    with pytest.raises(StoreError, match="EISDIR"):
        judge(store, checkpoint=tmp_path)


def test_a_checkpoint_that_comes_through_a_pipe(store, line, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert codes(judge(store, checkpoint=tmp_path / "pipe")) == {"malformed_checkpoint"}  # nobody writes to it
    reader, end = os.pipe()
    os.write(end, line.read_bytes())
    os.close(end)
    try:
        assert judge(store, checkpoint=Path(f"/dev/fd/{reader}")).strength == "anchored"
    finally:
        os.close(reader)


@pytest.mark.parametrize("what", ["fifo", "link", "folder"])
def test_a_checkpoint_replaces_nothing_but_a_file(store, line, tmp_path, what):
    """As root `--write-checkpoint /dev/null` would else make a file of it, for all programs of the machine."""
    place = tmp_path / "place"
    make = {"fifo": os.mkfifo, "link": lambda path: path.symlink_to(line), "folder": Path.mkdir}[what]
    make(place)
    before = place.lstat()
    with pytest.raises(UsageError, match="no regular file"):
        write_checkpoint(Repository.open(store.path), parse_checkpoint(line.read_text()), place)
    assert (place.lstat().st_ino, place.lstat().st_mode) == (before.st_ino, before.st_mode)


def test_a_checkpoint_is_not_kept_inside_the_store(store, line):
    checkpoint = parse_checkpoint(line.read_text())
    for place in ("line", ".git/line"):
        with pytest.raises(UsageError, match="inside the store"):
            write_checkpoint(Repository.open(store.path), checkpoint, store.path / place)


def test_a_checkpoint_that_cannot_be_written(store, line, tmp_path):
    checkpoint = parse_checkpoint(line.read_text())
    with pytest.raises(StoreError, match="gone/line: No such file or directory \\[ENOENT]"):
        write_checkpoint(Repository.open(store.path), checkpoint, tmp_path / "gone" / "line")


def test_a_checkpoint_that_is_cut_short_leaves_the_one_before(store, line):
    """As on a full disk: the line is replaced whole or not at all, and nothing else stays behind."""
    before, beside = line.read_bytes(), sorted(line.parent.iterdir())
    checkpoint = parse_checkpoint(line.read_text())
    repository = Repository.open(store.path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"the checkpoint cannot be written: .*\[EFBIG\]"):
            write_checkpoint(repository, checkpoint, line)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (line.read_bytes(), sorted(line.parent.iterdir())) == (before, beside)


def test_no_checkpoint_comes_of_a_store_with_findings(store):
    (store.path / "studies").rename(store.path / "elsewhere")
    assert judge(store).checkpoint is None


def test_the_time_of_a_tag_is_that_of_its_commit(store, signers):
    """Else the holder of an expired key could choose a time at which it was still valid."""
    resign(store, SECOND, None, time=(COMMITTER + " 17", COMMITTER + " 16"))
    assert codes(judge(store, allowed_signers=signers)) == {"wrong_tagger"}
