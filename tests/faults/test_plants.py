"""A test that cannot fail shows nothing: each safeguard is taken away alone, and what was to find it has to go red.

The plants of syncing, locking and writing down what is to come are where their faults are: `test_power_loss.py`,
`test_writers.py`, `test_syscalls.py`.
"""

import random
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import plants
import pytest
from honest_store import build_store, submission_uuid
from storing import COMMITTER, WHEN, git, new_store, publish, records
from test_yaml_spellings import end_with_trap
from verifying import codes, judge
from yaml_spellings import Writer

import seqmeta.publishing
import seqmeta.reader
import seqmeta.reader.builder
import seqmeta.recovery
import seqmeta.store
import seqmeta.verification.tags
from seqmeta.errors import ConflictError
from seqmeta.git import Repository
from seqmeta.verification import write_checkpoint

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def plant():
    """Plant a bug for the time of one test."""
    modules = [seqmeta.publishing, seqmeta.recovery, seqmeta.store, seqmeta.reader, seqmeta.reader.builder]
    modules += [seqmeta.verification.tags, import_module("seqmeta.verification.verify")]
    kept = [(module, dict(module.__dict__)) for module in modules]
    yield lambda name: getattr(plants, name)()
    for module, names in kept:
        module.__dict__.clear()
        module.__dict__.update(names)


def commit_while_a_person_does(store):
    """Publish while a person's commit comes in after all checks: either it is built upon, or the run is told."""
    head = store.repository.head()
    by_hand = git(store.path, "commit-tree", "-p", head, "-m", "by hand", f"{head}^{{tree}}").strip()

    def come_between(_, first):
        git(store.path, "update-ref", "refs/heads/main", by_hand)
        return []

    with store.locked(), suppress(ConflictError):
        store.publish(
            parent=head, files=records(range(5)), message="m", committer=COMMITTER, when=WHEN, tags=come_between
        )
    assert by_hand in git(store.path, "rev-list", "main").split()


def test_a_commit_that_comes_between_is_never_lost(tmp_path):
    commit_while_a_person_does(new_store(tmp_path, 2))


@pytest.mark.parametrize("name", ["no_compare_and_swap", "index_commit"])
def test_without_compare_and_swap_it_would_be(tmp_path, plant, name):
    store = new_store(tmp_path, 2)
    plant(name)
    with pytest.raises(AssertionError):
        commit_while_a_person_does(store)


def add_while_published(store):
    """Publish while a person adds a file after the index was copied: it stays added, or git says that it could not."""
    (store.path / "notes.txt").write_text("by hand\n")
    move, statuses = seqmeta.publishing.move_references, []

    def come_between(repository, intent):
        statuses.append(subprocess.run(["git", "add", "notes.txt"], cwd=store.path, capture_output=True, check=False))
        move(repository, intent)

    seqmeta.publishing.move_references = come_between
    publish(store, records(range(5)))
    assert len(statuses) == 1
    assert statuses[0].returncode != 0 or git(store.path, "ls-files", "notes.txt") == "notes.txt\n"


def test_a_file_that_a_person_adds_meanwhile_is_never_dropped(tmp_path, plant):
    add_while_published(new_store(tmp_path, 2))


def test_without_the_lock_of_the_index_it_would_be(tmp_path, plant):
    plant("no_index_lock")
    with pytest.raises(AssertionError):
        add_while_published(new_store(tmp_path, 2))


def findings_of_a_swapped_tag(folder):
    """Put the tag of one seal in the place of another."""
    store = build_store(folder)
    first, second = (f"refs/tags/seal/{submission_uuid(number)}" for number in (1, 2))
    git(store.path, "update-ref", first, git(store.path, "rev-parse", second).strip())
    return codes(judge(store))


def test_without_a_look_at_its_name_a_swapped_tag_would_not_be_named(tmp_path, plant):
    assert "tag_name_mismatch" in findings_of_a_swapped_tag(tmp_path / "checked")
    plant("no_tag_name_check")
    assert "tag_name_mismatch" not in findings_of_a_swapped_tag(tmp_path / "unchecked")


def findings_of_a_store_put_back(folder):
    """Put a whole store back to before its second seal, of which a line kept elsewhere knows."""
    store = build_store(folder / "records")
    write_checkpoint(Repository.open(store.path), judge(store).checkpoint, folder / "line")
    git(store.path, "reset", "-q", "--hard", f"seal/{submission_uuid(2)}^{{commit}}~1")
    git(store.path, "tag", "-d", f"seal/{submission_uuid(2)}")
    return codes(judge(store, checkpoint=folder / "line"))


def test_without_a_look_at_the_checkpoint_a_store_put_back_would_not_be_named(tmp_path, plant):
    checked, unchecked = tmp_path / "checked", tmp_path / "unchecked"
    checked.mkdir()
    unchecked.mkdir()
    assert findings_of_a_store_put_back(checked) == {"rolled_back"}
    plant("no_anchor_check")
    assert findings_of_a_store_put_back(unchecked) == set()


def test_without_a_look_at_equal_keys_the_oracle_of_spellings_goes_red(plant):
    def run():
        chance, writer = random.Random(1), Writer(1)
        for _ in range(200):
            end_with_trap(writer, chance)

    run()
    plant("no_duplicate_key_check")
    with pytest.raises(AssertionError, match="key"):
        run()
