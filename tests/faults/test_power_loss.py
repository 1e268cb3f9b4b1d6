"""A power loss: files that were written and never synced are empty afterwards, and the next run goes on by itself.

strace writes down what each process of a run wrote, renamed and synced; what was not synced since it was last
written is then emptied, as some file systems do.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from storing import assert_sound, git
from storms import require_old_or_new, run_writer, start_writer
from test_syscalls import needs_strace, wait_until_traced

CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<args>.*)\) += (?P<result>-?\d+)(?P<returned><[^>]*>)?")
TRACED = "openat,open,creat,write,pwrite64,ftruncate,fsync,fdatasync,syncfs,sync,rename,renameat,renameat2,link,linkat"


def run_traced(folder, seed, steps, log, *plants):
    writer = start_writer(folder, seed, steps, "wait", *plants, stdin=subprocess.PIPE)
    assert writer.stdout.readline() == "ready\n"
    command = ["strace", "-f", "-qq", "-y", "-s", "0", "-o", log, "-e", f"trace={TRACED}", "-p", str(writer.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until_traced(writer.pid)
    output, _ = writer.communicate("\n", timeout=900)
    tracer.wait(timeout=900)
    assert writer.returncode == 0, output


def unsynced(log, folder, early=None):
    """Replay the log: which files below `folder` have content that was written after their last sync.

    To `early` is added what was given its name before it was synced, where it would be taken for whole by that name.
    """
    dirty, unfinished = set(), {}
    for line in log.read_text(errors="replace").splitlines():
        call = CALL.match(joined(line, unfinished))
        if call is None or int(call["result"]) < 0:
            continue
        name, args = call["name"], call["args"]
        if name in {"write", "pwrite64", "ftruncate", "openat", "open", "creat"}:
            opened = name.startswith(("open", "creat"))
            if not opened or "O_TRUNC" in args or "O_CREAT" in args:
                dirty |= {path_of(call["returned"] or "" if opened else args)}
        elif name in {"fsync", "fdatasync"}:
            dirty.discard(path_of(args))
        elif name in {"syncfs", "sync"}:
            dirty.clear()
        elif name.startswith("rename"):
            old, new = renamed(args)
            if early is not None and old in dirty and is_relied_on(new, folder):
                early.append(new)
            dirty = {new + path[len(old) :] if path == old or path.startswith(old + "/") else path for path in dirty}
    return sorted(path for path in dirty if path and path.startswith(f"{folder}/"))


def is_relied_on(path, folder):
    """Whether a file must be whole as soon as it has this name: not so what is still being prepared."""
    work = f"{folder}/.git/seqmeta/work/"
    return path.startswith(f"{folder}/") and not path.startswith((f"{work}files", f"{work}index", f"{work}objects"))


def joined(line, unfinished):
    process = line.split(" ", 1)[0]
    if line.endswith("<unfinished ...>"):
        unfinished[process] = line.removesuffix("<unfinished ...>").rstrip()
        return ""
    resumed = re.match(r"^\d+ +<\.\.\. \w+ resumed>(.*)", line)
    return unfinished.pop(process, "") + resumed[1] if resumed else line


def path_of(text):
    found = re.search(r"<(/[^>]*)>", text)
    return found[1] if found else ""


def renamed(args):
    names = re.findall(r'(?:(?:\d+|AT_FDCWD)<([^>]*)>, )?"([^"]*)"', args)
    return [name if name.startswith("/") else f"{folder}/{name}" for folder, name in names[:2]]


def lose_power(tmp_path, seed, steps, *plants):
    folder, log = tmp_path / "records", tmp_path / "log"
    emptied = 0
    run_writer(folder, seed, 1)
    for step in range(2, steps + 2):
        run_traced(folder, seed, step, log, *plants)
        early = []
        lost = unsynced(log, folder, early)
        assert [path for path in early if not path.endswith(".keep")] == []
        for path in map(Path, lost):
            if path.is_file() and not path.is_symlink():
                path.chmod(0o644)
                path.write_bytes(b"")
                emptied += 1
        assert require_old_or_new(folder, seed, step) == step
        said = run_writer(folder, seed, step)
        assert "found " not in said, said  # nothing that the next run has to mend
        require_old_or_new(folder, seed, step)
        assert git(folder, "status", "--porcelain") == ""
        assert_sound(folder)
        assert list(folder.rglob("*.edited*")) == []
    sys.stdout.write(f"{emptied} files emptied over {steps} steps\n")


@needs_strace
def test_power_is_lost_after_a_publication(tmp_path, seed):
    lose_power(tmp_path, seed, 2)


@needs_strace
@pytest.mark.soak
def test_power_is_lost_after_each_of_many_publications(tmp_path, seed):
    lose_power(tmp_path, seed, 25)


@needs_strace
@pytest.mark.parametrize("plant", ["no_sync", "no_sync_of_the_index", "rename_before_sync"])
def test_a_writer_that_syncs_nothing_or_not_all_or_too_late_is_found(tmp_path, seed, plant):
    with pytest.raises(AssertionError):
        lose_power(tmp_path, seed, 2, plant)


@needs_strace
def test_the_replay_itself_sees_a_file_that_is_not_synced(tmp_path):
    """The check has to be able to fail: a writer that syncs one of two files is told apart."""
    code = (
        "import os, sys; print('ready', flush=True); sys.stdin.readline()\n"
        "for name in ('synced', 'not'):\n"
        "    with open(name + '.tmp', 'w') as stream:\n"
        "        stream.write('x'); stream.flush()\n"
        "        name == 'synced' and os.fsync(stream.fileno())\n"
        "    os.rename(name + '.tmp', name)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    writer.stdout.readline()
    log = tmp_path / "log"
    command = ["strace", "-f", "-qq", "-y", "-s", "0", "-o", log, "-e", f"trace={TRACED}", "-p", str(writer.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_until_traced(writer.pid)
    writer.communicate("\n")
    tracer.wait()
    text = log.read_text().replace('"not', f'"{tmp_path}/not').replace('"synced', f'"{tmp_path}/synced')
    log.write_text(text)
    assert unsynced(log, tmp_path) == [f"{tmp_path}/not"]
