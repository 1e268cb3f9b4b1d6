"""Writers at the same time: what was acknowledged is committed and checked out, nothing else, nothing mixed."""

import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from storing import COMMITTER, WHEN, assert_sound, git, new_store, publish, record, records
from storms import read_all, start_writer

from seqmeta.errors import ConflictError, LockedError
from seqmeta.store import open_store


def write(folder, first, count):
    """Publish `count` records one by one, each in a lock of its own."""
    store = open_store(folder, create=True)
    for number in range(first, first + count):
        with store.locked(300):
            path, content = record(number, f"of {first}")
            store.publish(
                parent=store.repository.head(),
                files={path: content},
                message=f"record {number}",
                committer=COMMITTER,
                when=WHEN,
            )


def in_parallel(jobs):
    """Run each job in a process of its own; all have to end well."""
    children = []
    for job in jobs:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                job()
                status = 0
            except BaseException:  # noqa: BLE001 - the parent sees the status alone
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)


def race(folder, writers, count):
    in_parallel([lambda first=10_000 * number: write(folder, first, count) for number in range(writers)])
    expected = {}
    for number in range(writers):
        expected |= records(range(10_000 * number, 10_000 * number + count), f"of {10_000 * number}")
    assert len(expected) == writers * count
    assert int(git(folder, "rev-list", "--count", "main")) == writers * count
    assert read_all(folder) == expected
    assert {path: (folder / path).read_bytes() for path in expected} == expected
    assert_sound(folder)


def test_writers_race_from_an_empty_folder(tmp_path):
    race(tmp_path / "records", 4, 6)


def test_writers_without_the_lock_are_found(tmp_path, seed):
    writers = [start_writer(tmp_path / "records", seed, 30, "no_own_lock") for _ in range(4)]
    said = [line for writer in writers for line in writer.communicate(timeout=900)[0].splitlines()]
    published = [line for line in said if line.startswith("published ")]
    assert len(published) != len(set(published)) or any("Error" in line for line in said)


@pytest.mark.soak
def test_eight_writers_of_250(tmp_path):
    race(tmp_path / "records", 8, 250)


def test_of_writers_from_one_head_exactly_one_wins(tmp_path):
    store = new_store(tmp_path, 1)
    head = store.repository.head()
    path, _ = record(0)
    results = tmp_path / "results"
    results.mkdir()

    def claim(number):
        opened = open_store(store.path)
        with opened.locked(60):
            try:
                opened.publish(parent=head, files={path: b"%d" % number}, message="m", committer=COMMITTER, when=WHEN)
                (results / str(number)).write_text("won")
            except ConflictError:
                (results / str(number)).write_text("conflict")

    in_parallel([lambda number=number: claim(number) for number in range(5)])
    said = {file.name: file.read_text() for file in results.iterdir()}
    assert sorted(said.values()) == ["conflict"] * 4 + ["won"]
    winner = next(name for name, what in said.items() if what == "won")
    assert (store.path / path).read_text() == winner
    assert_sound(store.path)


def test_a_person_commits_by_hand_all_the_while(tmp_path):
    store = new_store(tmp_path, 1)
    person = """
import subprocess, sys, pathlib
git = ["git", "-c", "user.name=P", "-c", "user.email=p@example.org"]
done = tries = 0
while done < 15 and tries < 3000:
    tries += 1
    pathlib.Path("notes.md").write_text(f"note {tries}")
    if subprocess.run([*git, "add", "notes.md"], capture_output=True).returncode == 0:
        commit = subprocess.run([*git, "commit", "-q", "-m", f"note {tries}", "notes.md"], capture_output=True)
        done += commit.returncode == 0
print(done)
"""
    by_hand = subprocess.Popen([sys.executable, "-c", person], cwd=store.path, stdout=subprocess.PIPE, text=True)
    conflicts, number = 0, 1
    while by_hand.poll() is None or number < 10:
        try:
            publish(store, records(range(number, number + 1)))
            number += 1
        except ConflictError:
            conflicts += 1
    committed_by_hand = int(by_hand.communicate()[0])
    assert committed_by_hand == 15
    subjects = git(store.path, "log", "--first-parent", "--format=%s", "main").split("\n")
    assert sum(subject.startswith("note ") for subject in subjects) == committed_by_hand
    assert sum(subject == "a step" for subject in subjects) == number
    assert {path: data for path, data in read_all(store.path).items() if path != "notes.md"} == records(range(number))
    assert_sound(store.path, clean=False)
    assert git(store.path, "status", "--porcelain").strip() in {"", "M notes.md"}


def test_upkeep_runs_all_the_while(tmp_path):
    store = new_store(tmp_path, 1)
    loop = "while :; do git gc -q --prune=now; git repack -adq; git prune --expire=now; git pack-refs --all; done"
    upkeep = subprocess.Popen(["sh", "-c", loop], cwd=store.path, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        for number in range(1, 30):
            publish(store, records(range(number, number + 1)))
    finally:
        os.killpg(upkeep.pid, signal.SIGKILL)
        upkeep.wait()
    assert read_all(store.path) == records(range(30))
    publish(store, records(range(30, 31)))
    assert_sound(store.path)


def test_a_writer_stopped_in_the_lock_is_waited_for_and_goes_on(tmp_path):
    folder = tmp_path / "records"
    writer = start_writer(folder, 1, 1_000_000)
    assert writer.stdout.readline() == "published 1\n"
    other = open_store(folder)
    try:
        while True:
            os.kill(writer.pid, signal.SIGSTOP)
            time.sleep(0.02)
            try:
                with other.locked(0.2):
                    pass
            except LockedError:
                break
            os.kill(writer.pid, signal.SIGCONT)
            time.sleep(0.01)
    finally:
        os.kill(writer.pid, signal.SIGCONT)
    time.sleep(0.3)
    os.killpg(writer.pid, signal.SIGKILL)
    writer.communicate()
    with other.locked(30):
        pass
    assert_sound(folder)
    assert Path(folder, ".git", "seqmeta", "lock").exists()


def test_one_who_is_next_and_is_stopped_makes_nobody_else_wait(tmp_path):
    """Ctrl-Z upon a run that waits for another, which then ends."""
    store = new_store(tmp_path, 1)
    lock = store.path / ".git/seqmeta/lock.next"
    hold = (
        "import fcntl, os, signal, sys\nfile = open(sys.argv[1], 'a')\nfcntl.flock(file, fcntl.LOCK_EX)\nprint('held')"
    )
    stop = "sys.stdout.flush()\nos.kill(os.getpid(), signal.SIGSTOP)"
    command = [sys.executable, "-c", f"{hold}\n{stop}", str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiter:
        assert waiter.stdout.readline() == "held\n"
        with store.locked(60) as findings:
            assert findings == []
        waiter.kill()
