"""SIGKILL and errors at single system calls of a publication, put in by strace: old or new, and the next run succeeds.

Every call by which a publication changes the disk is hit, at its first, second … time in each process, git's own
processes included, until a time comes that no process reaches any more.
"""

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from storing import assert_sound
from storms import acknowledged, require_old_or_new, run_writer, start_writer

CALLS = [
    "mkdir",
    "openat",
    "write",
    "rename",
    "renameat,renameat2",
    "unlink",
    "link",
    "fsync",
    "close",
    "ftruncate",
    "pwrite64",
]
ERRORS = ["ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES", "EMFILE", "ENOMEM"]
FAILING_CALLS = [call for call in CALLS if call != "close"]

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def inject(folder, seed, step, injection, log, *plants):
    """Let a writer do one step with a fault in it; return its exit status, what it said, and whether it was hit."""
    writer = start_writer(folder, seed, step, "wait", *plants, stdin=subprocess.PIPE)
    assert writer.stdout.readline() == "ready\n"
    calls = injection.split(":")[0]
    command = [
        "strace",
        "-f",
        "-qq",
        "-o",
        log,
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={injection}",
        "-p",
        str(writer.pid),
    ]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_until_traced(writer.pid)
    output, _ = writer.communicate("\n", timeout=900)
    tracer.wait(timeout=900)
    hit = "INJECTED" in log.read_text(errors="replace") or "+++ killed by SIGKILL" in log.read_text(errors="replace")
    return writer.returncode, output, hit


def wait_until_traced(pid):
    while True:
        if re.search(r"TracerPid:\t[1-9]", Path(f"/proc/{pid}/status").read_text()):
            return


def check_point(folder, seed, step, injection, log):
    """Hit one point in the next step, then let a second writer do it undisturbed; return whether the point was hit."""
    status, output, hit = inject(folder, seed, step + 1, injection, log)
    assert "Traceback" not in output, f"{injection}: {output}"
    assert status in {0, 3, -9}, f"{injection}: {output}"
    done = require_old_or_new(folder, seed, max(step, acknowledged(output)))
    if status == 0:
        assert done == step + 1, f"{injection}: {output}"
    run_writer(folder, seed, step + 1)
    assert require_old_or_new(folder, seed, step + 1) == step + 1
    assert_sound(folder)
    return hit


def walk(tmp_path, seed, calls, faults, limit):
    folder, log = tmp_path / "records", tmp_path / "log"
    run_writer(folder, seed, 2)
    step, points = 2, 0
    for call in calls:
        for fault in faults:
            for when in range(1, limit):
                hit = check_point(folder, seed, step, f"{call}:{fault}:when={when}", log)
                step += 1
                if not hit:
                    break
                points += 1
    sys.stdout.write(f"{points} points hit\n")
    assert points > 0


@needs_strace
def test_a_sample_of_points(tmp_path, seed):
    chance = random.Random(seed)
    folder, log = tmp_path / "records", tmp_path / "log"
    run_writer(folder, seed, 2)
    hits = 0
    for step in range(2, 6):
        fault = chance.choice(["signal=SIGKILL", *(f"error={name}" for name in ERRORS)])
        call = chance.choice(CALLS if "SIGKILL" in fault else FAILING_CALLS)
        hits += check_point(folder, seed, step, f"{call}:{fault}:when={chance.randint(1, 6)}", log)
    sys.stdout.write(f"{hits} of 4 points hit\n")


@needs_strace
def test_a_file_system_without_locks_is_refused(tmp_path, seed):
    folder, log = tmp_path / "records", tmp_path / "log"
    run_writer(folder, seed, 1)
    status, output, _ = inject(folder, seed, 2, "flock:error=ENOLCK:when=1+", log)
    assert status == 3
    assert "this file system has no flock [ENOLCK]" in output
    assert require_old_or_new(folder, seed, 1) == 1


@needs_strace
def test_a_failed_sync_is_reported_and_tried_anew(tmp_path, seed):
    """After an fsync that failed the next may say yes without cause: what was reported as failed is not relied on."""
    folder, log = tmp_path / "records", tmp_path / "log"
    run_writer(folder, seed, 1)
    status, output, hit = inject(folder, seed, 2, "fsync:error=EIO:when=1", log)
    assert hit
    assert status == 3
    assert "[EIO]" in output
    assert acknowledged(output) == 0
    run_writer(folder, seed, 2)
    assert_sound(folder)


@needs_strace
def test_a_writer_that_writes_down_nothing_is_found(tmp_path, seed):
    """Killed at the first rename into the work tree, it leaves records that the next run takes for a person's doing."""
    folder, log = tmp_path / "records", tmp_path / "log"
    found = {}
    for step, plants in ((2, []), (3, ["no_intent"])):
        run_writer(folder, seed, step - 1)
        _, _, hit = inject(folder, seed, step, "renameat,renameat2:signal=SIGKILL:when=1", log, *plants)
        assert hit
        assert require_old_or_new(folder, seed, step - 1) == step
        found[step] = {line.split()[1] for line in run_writer(folder, seed, step).splitlines()}
    assert "publication_finished" in found[2]
    assert not {"record_put_back", "edit_put_back"} & found[2]
    assert {"record_put_back", "edit_put_back"} & found[3]


@needs_strace
@pytest.mark.soak
@pytest.mark.parametrize("call", CALLS)
def test_a_kill_at_every_call(tmp_path, seed, call):
    walk(tmp_path, seed, [call], ["signal=SIGKILL"], 400)


@needs_strace
@pytest.mark.soak
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_at_every_call(tmp_path, seed, name):
    walk(tmp_path, seed, FAILING_CALLS, [f"error={name}"], 60)
