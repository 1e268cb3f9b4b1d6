"""A remote whose branch was rewritten or put back: what was pushed does not wait to be pushed (CONTRACT 6)."""

import re
import shlex
import subprocess

import pytest
from storing import assert_sound, committed, git, publish, records
from test_store_remote import codes, labs, remote, retag, step

from seqmeta.errors import StoreError
from seqmeta.store import open_store

__all__ = ["labs", "remote"]


def picture(store):
    """Where all references are, and what the work tree and its index have."""
    return git(store.path, "for-each-ref"), git(store.path, "status", "--porcelain"), committed(store.path)


def refused(store, remote):
    """Pull, which has to be refused and change nothing; returns the sentence that says why."""
    before = picture(store)
    with pytest.raises(StoreError) as caught, store.locked():
        store.pull(remote, retag)
    assert picture(store) == before
    assert not list(store.path.glob(".git/objects/pack/*.keep"))
    assert_sound(store.path)
    return str(caught.value)


def squash(remote):
    """Have the remote's branch begin anew, with the same files."""
    tree = git(remote, "rev-parse", "main^{tree}").strip()
    commit = git(remote, "commit-tree", "-m", "squashed", tree).strip()
    git(remote, "update-ref", "refs/heads/main", commit)
    return commit


@pytest.mark.parametrize("are_seals_left", [True, False])
def test_a_branch_that_was_rewritten_takes_nothing_away(remote, labs, are_seals_left):
    one, _ = labs
    step(one, remote, records(range(3)), ["seal/a"])
    publish(one, records(range(5, 6)), "not pushed yet")
    if not are_seals_left:
        git(remote, "tag", "-d", "seal/a")
    squash(remote)
    assert "was rewritten, or put back to an earlier state" in refused(one, remote)
    assert "was rewritten, or put back to an earlier state" in refused(one, remote)
    assert git(one.path, "tag").split() == ["seal/a"]


def test_a_branch_put_back_and_gone_on_with_takes_nothing_away(remote, labs):
    one, two = labs
    step(one, remote, records(range(3)))
    before = one.repository.head()
    step(one, remote, records(range(3, 4)), ["seal/a"])
    git(remote, "update-ref", "refs/heads/main", before)
    git(remote, "tag", "-d", "seal/a")
    step(two, remote, records(range(7, 8)))
    refused(one, remote)


def test_the_remote_is_given_back_what_it_had_as_the_sentence_says(remote, labs):
    one, _ = labs
    one = open_store(one.path.rename(one.path.with_name("a lab's records")))
    step(one, remote, records(range(3)), ["seal/a"])
    pushed = one.repository.head()
    squash(remote)
    said = refused(one, remote)
    words = shlex.split(re.search(r"`(git .*?)`", said)[1])
    subprocess.run(words, check=True, capture_output=True)
    assert git(remote, "rev-parse", "main").strip() == pushed
    assert step(one, remote, records(range(4))) == []


def test_what_the_remote_has_now_is_built_on_where_a_person_wants_that(remote, labs):
    one, _ = labs
    step(one, remote, records(range(3)))
    publish(one, records(range(5, 6)), "not pushed yet")
    squash(remote)
    file = re.search(r"or remove (\S+),", refused(one, remote))[1]
    one.path.joinpath(file).unlink()
    assert codes(step(one, remote, records(range(4)))) == ["redone"]
    assert committed(remote) == committed(one.path) == records(range(4)) | records(range(5, 6))


def test_a_remote_that_only_lost_its_newest_commits_gets_them_again(remote, labs):
    one, _ = labs
    step(one, remote, records(range(3)))
    before = one.repository.head()
    step(one, remote, records(range(3, 4)), ["seal/a"])
    pushed = one.repository.head()
    git(remote, "update-ref", "refs/heads/main", before)
    assert step(one, remote, {}) == []
    assert git(remote, "rev-parse", "main").strip() == pushed
    git(remote, "update-ref", "-d", "refs/heads/main")
    assert step(one, remote, {}) == []
    assert git(remote, "rev-parse", "main").strip() == pushed


@pytest.mark.parametrize("said", ["", "0" * 39 + "\n", "no commit\n"])
def test_what_was_seen_and_is_not_whole_is_not_known(remote, labs, said):
    one, _ = labs
    step(one, remote, records(range(3)))
    (file,) = (one.path / ".git/seqmeta/seen").iterdir()
    file.write_text(said)
    assert step(one, remote, {}) == []
    assert file.read_text() == f"{one.repository.head()}\n"


def test_another_remote_has_lost_nothing(remote, labs, tmp_path):
    one, two = labs
    step(one, remote, records(range(3)))
    git(tmp_path, "init", "--bare", "-b", "main", "other.git")
    step(two, str(tmp_path / "other.git"), records(range(7, 8)))
    assert codes(step(one, str(tmp_path / "other.git"), {})) == ["redone"]
    assert committed(one.path) == records(range(3)) | records(range(7, 8))
