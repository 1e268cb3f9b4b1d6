"""A test that cannot fail shows nothing: each safeguard is taken away alone, and what was to find it has to go red.

The plants of syncing, locking and writing down what is to come are where their faults are: `test_power_loss.py`,
`test_writers.py`, `test_syscalls.py`.
"""

import random
import sys
from contextlib import suppress
from pathlib import Path

import plants
import pytest
from honest_store import build_store, submission_uuid
from storing import COMMITTER, WHEN, git, new_store, records
from test_yaml_spellings import end_with_trap
from verifying import codes, judge
from yaml_spellings import Writer

import seqmeta.publishing
import seqmeta.reader
import seqmeta.reader.builder
import seqmeta.verification.tags
from seqmeta.errors import ConflictError

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def plant():
    """Plant a bug for the time of one test."""
    modules = [seqmeta.publishing, seqmeta.verification.tags, seqmeta.reader, seqmeta.reader.builder]
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


def test_without_compare_and_swap_it_would_be(tmp_path, plant):
    plant("no_compare_and_swap")
    with pytest.raises(AssertionError):
        commit_while_a_person_does(new_store(tmp_path, 2))


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


def test_without_a_look_at_equal_keys_the_oracle_of_spellings_goes_red(plant):
    def run():
        chance, writer = random.Random(1), Writer(1)
        for _ in range(200):
            end_with_trap(writer, chance)

    run()
    plant("no_duplicate_key_check")
    with pytest.raises(AssertionError, match="key"):
        run()
