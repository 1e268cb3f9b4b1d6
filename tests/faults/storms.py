"""What the fault tests share: starting a writer, and asking plain git whether the store is old or new, and whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from storing import git
from writer import state_after, step_tags

WRITER = Path(__file__).with_name("writer.py")


def start_writer(folder: Path, seed: int, steps: int, *more: str, **options) -> subprocess.Popen:
    """Start a writer in a process group of its own."""
    command = [sys.executable, str(WRITER), str(folder), str(seed), str(steps), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, **options
    )


def run_writer(folder: Path, seed: int, steps: int) -> str:
    """Run a writer to its end without any fault; it has to succeed by itself."""
    writer = start_writer(folder, seed, steps)
    output, _ = writer.communicate(timeout=900)
    assert writer.returncode == 0, output
    return output


def kill(writer: subprocess.Popen, *, group: bool) -> str:
    """End a writer at once, with what it started or leaving it behind, and return what it had said."""
    os.killpg(writer.pid, signal.SIGKILL) if group else writer.kill()
    output, _ = writer.communicate(timeout=900)
    return output


def acknowledged(output: str) -> int:
    """Read from what a writer said the last step it was told is done, 0 when none."""
    return max((int(line.split()[1]) for line in output.splitlines() if line.startswith("published ")), default=0)


def require_old_or_new(folder: Path, seed: int, done: int) -> int:
    """Require that the branch holds a whole step, at or one after the last acknowledged; return it.

    Files, tags and their targets are compared with what the story says, read by plain git.
    """
    if not (folder / ".git" / "refs" / "heads" / "main").exists():
        assert done == 0
        return 0
    step = int(git(folder, "log", "-1", "--format=%s", "main").split()[1])
    assert step in {done, done + 1}
    assert read_all(folder) == state_after(seed, step)
    tags = git(folder, "for-each-ref", "--format=%(refname:lstrip=2) %(*subject)", "refs/tags").splitlines()
    wanted = [f"{name} step {number}" for number in range(1, step + 1) for name in step_tags(seed, number)]
    assert sorted(tags) == sorted(wanted)
    return step


def read_all(folder: Path, rev: str = "main") -> dict[str, bytes]:
    """Read every file of a commit in two processes of plain git."""
    lines = [line.split(None, 3) for line in git(folder, "ls-tree", "-r", rev).splitlines()]
    listing = "".join(f"{object_id}\n" for _, _, object_id, _ in lines).encode()
    output = subprocess.run(["git", "cat-file", "--batch"], cwd=folder, input=listing, capture_output=True, check=True)
    files, rest = {}, output.stdout
    for _, _, _, path in lines:
        head, _, rest = rest.partition(b"\n")
        size = int(head.split()[2])
        files[path], rest = rest[:size], rest[size + 1 :]
    return files
