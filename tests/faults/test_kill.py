"""SIGKILL at random moments of publishing: the store is as before or after, and the next run goes on by itself."""

import os
import random
import sys
import time

import pytest
from storing import assert_sound, git
from storms import acknowledged, kill, require_old_or_new, run_writer, start_writer
from writer import state_after

STEPS = 1_000_000


def storm(folder, seed, hits):
    chance = random.Random(seed)
    done, landed, found = 0, 0, {}
    for _ in range(hits):
        writer = start_writer(folder, seed, STEPS)
        # The first line comes when the imports are over and the first step is done; from there the moment is random.
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.12))
        output = first + kill(writer, group=chance.random() < 0.7)
        for line in output.splitlines():
            if line.startswith("found "):
                found[line.split()[1]] = found.get(line.split()[1], 0) + 1
        done = require_old_or_new_when_quiet(folder, seed, max(done, acknowledged(output)))
        landed += 1
    sys.stdout.write(f"{landed} SIGKILL, {done} steps, found by later runs: {found}\n")
    run_writer(folder, seed, done + 2)
    require_old_or_new(folder, seed, done + 2)
    assert_sound(folder)
    assert list(folder.rglob("*.edited*")) == []
    assert list((folder / ".git").rglob("*.lock")) == []
    assert {path.name for path in (folder / ".git" / "seqmeta").iterdir()} == {"lock", "lock.next"}
    assert {path.relative_to(folder).as_posix() for path in folder.glob("*/*/*.json")} == set(
        state_after(seed, done + 2)
    )
    assert int(git(folder, "rev-list", "--count", "main")) == done + 2


def require_old_or_new_when_quiet(folder, seed, done):
    """A git that outlived its writer may still move the branch: what it does, it does whole."""
    end = time.monotonic() + 600
    while True:
        try:
            return require_old_or_new(folder, seed, done)
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.2)


def test_a_few_kills(tmp_path, seed):
    storm(tmp_path / "records", seed, 6)


@pytest.mark.soak
def test_a_thousand_kills(tmp_path, seed):
    storm(tmp_path / "records", seed, int(os.environ.get("SEQMETA_HITS", "1000")))


def test_kills_while_the_store_is_made(tmp_path, seed):
    chance = random.Random(seed)
    for number in range(3):
        folder = tmp_path / str(number)
        writer = start_writer(folder, seed, 1)
        deadline = time.monotonic() + 600
        while not folder.exists() and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.02))
        kill(writer, group=True)
        run_writer(folder, seed, 2)
        require_old_or_new(folder, seed, 2)
        assert_sound(folder)
