"""The system calls of one `seqmeta apply`, git's own processes among them, and a fault put in at any single one.

A run without faults is traced first: each call on a file of the workspace is a point. Then the same step is run again
from the same state with a fault at that point. seqmeta's own process is forked from the tests, with all imported, so
that a run costs what it does and not the start of Python. Each git is started by a stand-in, which counts them and lets
strace have the one that is to be hit.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab import Lab

import seqmeta.commands.apply
import seqmeta.commands.verify  # noqa: F401 - before any process is forked
from seqmeta import git_command
from seqmeta.cli import main

OPENING = ("open", "openat", "creat")
WRITING = ("write", "pwrite64", "writev", "sendfile", "copy_file_range", "ftruncate", "fsync", "fdatasync", "syncfs")
NAMING = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat")
OTHERS = ("mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "flock", "fcntl")
TRACED = (*OPENING, *WRITING, *NAMING, *OTHERS)
_CALL = re.compile(r"^(?P<process>\d+) +(?P<name>\w+)\((?P<arguments>.*)")
_FAULTS = {
    "kill": "signal=SIGKILL",
    **{name: f"error={name}" for name in ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES", "EMFILE", "ENOMEM")},
}
_ON_CHANGE = tuple(_FAULTS)
_ON_READ = ("EIO", "EACCES", "EMFILE", "ENOMEM")
_ON_LOCK = ("EIO", "ENOMEM")


@dataclass(frozen=True, slots=True)
class Point:
    """One call to be hit: the `when`th of its name in seqmeta's process, or in the `git`th git that it starts.

    In a thread of seqmeta's beside the first, it is the `when`th that concerns `path`.
    """

    call: str
    fault: str
    when: int
    git: int | None = None
    path: str | None = None

    @property
    def injection(self) -> list[str]:
        """What strace is told."""
        only = ["-P", self.path] if self.path is not None else []
        return [*only, "-e", f"trace={self.call}", "-e", f"inject={self.call}:{_FAULTS[self.fault]}:when={self.when}"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit status (negative: a signal), all it said, and whether the fault was put in."""

    status: int
    said: str
    is_hit: bool


class Bench:
    """A workspace that is put back to one state before each run."""

    def __init__(self, folder: Path, lab: Lab) -> None:
        self.lab = lab
        self._folder = folder
        self._before = folder / "before"
        self._log = folder / "log"
        self._stand_in = folder / "bin" / "git"
        self._stand_in.parent.mkdir()
        subprocess.run(["cp", "-a", lab.root, self._before], check=True)

    def put_back(self) -> None:
        """Bring the workspace to the state before the step."""
        shutil.rmtree(self.lab.root)
        subprocess.run(["cp", "-a", self._before, self.lab.root], check=True)

    def find_points(self, faults: Sequence[str]) -> list[Point]:
        """Run the step undisturbed and list where these faults can be put in."""
        self.put_back()
        (self._folder / "logs").mkdir()
        trace = ["strace", "-f", "-qq", "-y", "-s", "0", "-e", f"trace={_names(TRACED)}"]
        self._write_stand_in(f'exec {_words(trace)} -o "{self._folder}/logs/$n" {_real_git()} "$@"')
        child = start_commands(self.lab.root, ["apply"], self._stand_in.parent)
        tracer = self._trace(child, ["-y", "-s", "0", "-e", f"trace={_names(TRACED)}"])
        status, said = self._finish(child, tracer)
        assert status == 0, said
        found = list(self._points_in(self._log, None, faults))
        for log in sorted((self._folder / "logs").iterdir(), key=lambda log: int(log.name)):
            found += self._points_in(log, int(log.name), faults)
        return found

    def run(self, point: Point) -> Ended:
        """Run the step from its beginning with one fault in it."""
        self.put_back()
        self._log.unlink(missing_ok=True)
        if point.git is None:
            child = start_commands(self.lab.root, ["apply"])
            status, said = self._finish(child, self._trace(child, point.injection))
        else:
            trace = ["strace", "-f", "-qq", "-s", "0", "-o", str(self._log), *point.injection]
            hit, real = f"[ $n = {point.git} ] && exec {_words(trace)}", f'{_real_git()} "$@"'
            self._write_stand_in(f"{hit} {real}; exec {real}")
            status, said = self._finish(start_commands(self.lab.root, ["apply"], self._stand_in.parent), None)
        log = self._log.read_text(errors="replace") if self._log.exists() else ""
        return Ended(status, said, "INJECTED" in log or "+++ killed by SIGKILL" in log)

    def call(self, *commands: str) -> tuple[int, str]:
        """Run commands undisturbed, one after the other while they end well; return the last status and all said."""
        return self._finish(start_commands(self.lab.root, commands), None)

    def state(self) -> str:
        """A digest of every name, mode and byte in the workspace: from the same state a run goes on the same way."""
        digest = hashlib.sha256()
        for folder, folders, files in os.walk(self.lab.root):
            folders.sort()
            digest.update(f"{folder}\0{folders}\0{sorted(files)}\n".encode())
            for name in sorted(files):
                path = Path(folder, name)
                content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
                digest.update(f"{path.lstat().st_mode:o}\n".encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()

    def _write_stand_in(self, last: str) -> None:
        counting = self._folder / "started"
        shutil.rmtree(counting, ignore_errors=True)
        counting.mkdir()
        count = f'n=0; set -C; while ! true 2>/dev/null >"{counting}/$n"; do n=$((n+1)); done'
        self._stand_in.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{count}\n{last}\n")
        self._stand_in.chmod(0o755)

    def _trace(self, child: "Child", options: list[str]) -> "subprocess.Popen[str]":
        command = ["strace", "-f", "-b", "execve", "-qq", "-o", self._log, *options, "-p", str(child.pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True)
        while not re.search(r"TracerPid:\t[1-9]", Path(f"/proc/{child.pid}/status").read_text()):
            assert tracer.poll() is None
        return tracer

    def _finish(self, child: "Child", tracer: "subprocess.Popen[str] | None") -> tuple[int, str]:
        child.let_go()
        status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        if tracer is not None:
            tracer.wait(timeout=60)
        if status < 0:  # what it started goes with it
            child.kill(group=True)
        return status, child.said()

    def _points_in(self, log: Path, git: int | None, faults: Sequence[str]) -> Iterator[Point]:
        counts: Counter[tuple[str, ...]] = Counter()
        main_process = None
        for line in log.read_text(errors="replace").splitlines():
            call = _CALL.match(line)
            if call is None:
                continue
            process, name, arguments = call["process"], call["name"], call["arguments"]
            main_process = main_process or process
            path = _path_of(arguments)
            counts[process, name] += 1
            counts[process, name, path] += 1
            if not self._concerns_workspace(arguments, path, git):
                continue
            is_beside = git is None and process != main_process
            when = counts[process, name, path] if is_beside else counts[process, name]
            for fault in _possible(name, arguments):
                if fault in faults:
                    yield Point(name, fault, when, git, path if is_beside else None)

    def _concerns_workspace(self, arguments: str, path: str, git: int | None) -> bool:
        return str(self.lab.root) in arguments or (git is not None and path != "" and not path.startswith("/"))


@dataclass(frozen=True, slots=True)
class Child:
    """A process of seqmeta's that waits to be let go, in a group of its own."""

    pid: int
    out: int
    go: int

    def let_go(self) -> None:
        """Let it begin."""
        os.write(self.go, b"!")
        os.close(self.go)

    def kill(self, *, group: bool) -> None:
        """End it at once, with what it started or leaving that behind; it may have ended."""
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, signal.SIGKILL)

    def said(self) -> str:
        """All that it and what it started said, to the end of the last of them."""
        with os.fdopen(self.out, "rb") as stream:
            return stream.read().decode(errors="replace")


def start_commands(root: Path, commands: Sequence[str], programs: Path | None = None) -> Child:
    """Fork a process that will run these commands in a workspace, one after the other while they end well.

    `programs` is a folder where programs are looked for first.
    """
    git_command._gitpython()  # imported once, before any process is forked
    out, into = os.pipe()
    waits, go = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _live(root, programs, commands, waits, into)
    os.close(into)
    os.close(waits)
    return Child(pid, out, go)


def _live(root: Path, programs: Path | None, commands: Sequence[str], waits: int, into: int) -> None:
    """Be the process that is hit: wait to be traced, then run the commands, and never come back."""
    status = 1
    try:
        os.setsid()
        os.dup2(into, 1)
        os.dup2(into, 2)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        if programs is not None:
            os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
            git_command.find_program.cache_clear()
            git_command.find_git.cache_clear()
        os.read(waits, 1)
        for command in commands:
            status = main(["-C", str(root), command])
            if status:
                break
    except BaseException:  # noqa: BLE001 - the parent reads what is printed
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _possible(name: str, arguments: str) -> Sequence[str]:
    if name == "fcntl":
        return _ON_LOCK if "F_SETLK" in arguments else ()
    if name in OPENING and not re.search("O_WRONLY|O_RDWR|O_CREAT", arguments):
        return _ON_READ
    return _ON_CHANGE


def _path_of(arguments: str) -> str:
    """The path that strace would know a call by: the first in quotes, else that of the descriptor."""
    found = re.search(r'"([^"]+)"', arguments) or re.search(r"<(/[^>]*)>", arguments)
    return found[1] if found else ""


def _real_git() -> str:
    return git_command.find_git()


def _names(calls: Sequence[str]) -> str:
    return ",".join(f"?{call}" for call in calls)


def _words(command: Sequence[str]) -> str:
    return " ".join(f"'{word}'" for word in command)
