"""The system calls of one run of seqmeta, git's own processes among them, and a fault put in at any single one.

A run without faults is watched first: each call on a file of the workspace is a point. Then the same step is run again
from the same state with a fault at that point. seqmeta's own process is forked from the tests, with all imported and
all that the package itself brings read, so that a run costs what it does and not the start of Python.
"""

import errno
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from interception import HeldCall, Watch, hold_up
from lab import Lab
from likeness import digest_state
from storing import WHEN

from seqmeta import git_command, maintenance
from seqmeta.cli import main
from seqmeta.maintenance import MANY_PACKS

OPENING = ("open", "openat", "creat")
WRITING = ("write", "pwrite64", "writev", "sendfile", "copy_file_range", "ftruncate", "fsync", "fdatasync", "syncfs")
NAMING = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat")
OTHERS = ("mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "flock", "fcntl")
CHANGING = (*OPENING, *WRITING, *NAMING, *OTHERS)
READING = (
    "read", "pread64", "mmap", "close", "getdents64", "stat", "lstat", "fstat", "newfstatat", "statx", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat",
)  # fmt: skip
ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES", "EMFILE", "ENOMEM")
KILLS = ("kill", "orphan")
"""SIGKILL of the process that makes the call (with seqmeta goes what it started), or, in a git, of seqmeta alone."""
_ON_CHANGE = (*KILLS, *ERRORS)
_ON_READ = ("EIO", "EACCES", "EMFILE", "ENOMEM")
_ON_LOCK = ("EIO", "ENOMEM")
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Point:
    """One call to be hit: the `when`th of its name on a file of the workspace, in seqmeta's process or in a git.

    `process` is 0 for seqmeta and else says which git it is, in the order in which they are started. In a thread
    beside a process's first, it is the `when`th that concerns `path`.
    """

    call: str
    fault: str
    when: int
    process: int
    path: str | None = None

    def is_at(self, call: HeldCall, place: "Place") -> bool:
        """Whether this very call is the one to be hit."""
        return (self.call, self.when, self.process, self.path) == (call.name, place.when, place.process, place.path)


@dataclass(frozen=True, slots=True)
class Place:
    """Which call of a run it is: of the fields of a point, those that the fault has no part in."""

    when: int
    process: int
    path: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit status (negative: a signal), all it said, and whether the fault was put in."""

    status: int
    said: str
    is_hit: bool


class Bench:
    """A workspace, and what else lies in `world` around it, that is put back to one state before each run.

    For its runs more than `many_packs` packs are too many: fifty of them would be a point each for every git.
    """

    def __init__(
        self,
        folder: Path,
        lab: Lab,
        world: Path | None = None,
        command: str = "apply",
        many_packs: int = MANY_PACKS,
    ) -> None:
        self.lab = lab
        self.command = command
        self.many_packs = many_packs
        self.world = world or lab.root
        self._before = folder / "before"
        folder.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", self.world, self._before], check=True)
        self._warm_up()
        self.put_back()

    def put_back(self) -> None:
        """Bring the workspace to the state before the step."""
        shutil.rmtree(self.world)
        subprocess.run(["cp", "-a", self._before, self.world], check=True)

    def find_points(self, faults: Sequence[str], calls: Sequence[str] = CHANGING, about: str = "") -> list[Point]:
        """Run the step undisturbed and list where these faults can be put in; `about` is how a path must end."""
        self.put_back()
        child = self._start([self.command], held=(*calls, "execve"))
        watch = child.watch()
        found = []
        for call, place in self._follow(child, watch):
            found += [
                Point(call.name, fault, place.when, place.process, place.path)
                for fault in _possible(call)
                if fault in faults and call.paths()[0].endswith(about) and (fault != "orphan" or place.process)
            ]
            watch.let_go_on(call)
        status, said = child.end()
        assert status == 0, said
        return found

    def run(self, point: Point) -> Ended:
        """Run the step from its beginning with one fault in it."""
        self.put_back()
        held = (point.call, "execve") if point.process else (point.call,)
        child = self._start([self.command], held=held)
        watch = child.watch()
        is_hit = False
        for call, place in self._follow(child, watch):
            if not point.is_at(call, place):
                watch.let_go_on(call)
                continue
            is_hit = True
            if point.fault == "orphan":
                child.kill(group=False)
                watch.let_go_on(call)
            elif point.fault != "kill":
                watch.fail(call, getattr(errno, point.fault))
            elif point.process == 0:  # what it started goes with it, in the same instant
                child.kill(group=True)
            else:
                os.kill(leader_of(call.thread), signal.SIGKILL)
            with _killed_when_left(child):
                for later in watch.calls(_PATIENCE_SECONDS):
                    watch.let_go_on(later)
        return Ended(*child.end(), is_hit)

    def call(self, *commands: str) -> tuple[int, str]:
        """Run commands undisturbed, one after the other while they end well; return the last status and all said."""
        child = self._start(commands)
        child.let_go()
        return child.end()

    def state(self) -> str:
        """A digest of all there is: from states of one digest a run goes on the same way."""
        return digest_state(self.world)

    def _start(self, commands: Sequence[str], held: Sequence[str] = ()) -> "Child":
        return start_commands(self.lab.root, commands, held=held, clock=WHEN, many_packs=self.many_packs)

    def _warm_up(self) -> None:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            assert [main(["-C", str(self.lab.root), command]) for command in (self.command, "verify")] == [0, 0]

    def _follow(self, child: "Child", watch: Watch) -> Iterator[tuple[HeldCall, Place]]:
        """Let a process begin, and yield its calls on files of the workspace; all others go on at once."""
        processes = Processes(child.pid)
        counts: Counter[tuple[str, Place]] = Counter()
        child.let_go()
        with _killed_when_left(child):
            for call in watch.calls(_PATIENCE_SECONDS):
                process, is_beside = processes.find(call)
                paths = call.paths() if process is not None else []
                mine = [path for path in paths if path.startswith(f"{self.lab.root}/")]
                if process is None or not mine:
                    watch.let_go_on(call)
                    continue
                kind = Place(0, process, mine[0] if is_beside else None)
                counts[call.name, kind] += 1
                yield call, Place(counts[call.name, kind], process, kind.path)


class Processes:
    """The processes of one run, known by the order in which they were started: 0 is seqmeta, then each git."""

    def __init__(self, first: int) -> None:
        self._numbers = {first: 0}
        self._leaders = {first: first}
        self._next = count(1)

    def find(self, call: HeldCall) -> tuple[int | None, bool]:
        """The number of the process that makes a call (None: none of these), and whether in a thread beside its first.

        A process becomes a git by the call that starts git in it.
        """
        leader = self._leaders.get(call.thread)
        if leader is None:
            leader = self._leaders[call.thread] = leader_of(call.thread)
        if call.name == "execve":
            if any(path.endswith("/git") for path in call.paths()):
                self._numbers[leader] = next(self._next)
            return None, False
        return self._numbers.get(leader), leader != call.thread


def leader_of(thread: int) -> int:
    """The process that a thread is of."""
    with suppress(OSError):
        for line in Path(f"/proc/{thread}/status").read_text().splitlines():
            if line.startswith("Tgid:"):
                return int(line.split()[1])
    return thread


@dataclass(frozen=True, slots=True)
class Child:
    """A process of seqmeta's that waits to be let go, in a group of its own."""

    pid: int
    out: int
    line: socket.socket

    def watch(self) -> Watch:
        """Take over the watch on its system calls, which it has asked to be held up."""
        _, (listener,), _, _ = socket.recv_fds(self.line, 1, 1)
        return Watch(listener)

    def let_go(self) -> None:
        """Let it begin."""
        self.line.send(b"!")
        self.line.close()

    def kill(self, *, group: bool) -> None:
        """End it at once, with what it started or leaving that behind; it may have ended."""
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, signal.SIGKILL)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit status (negative: a signal) and all that was said."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return status, self.said()

    def said(self) -> str:
        """All that it and what it started said, to the end of the last of them."""
        with os.fdopen(self.out, "rb") as stream:
            return stream.read().decode(errors="replace")


@contextmanager
def _killed_when_left(child: Child) -> Iterator[None]:
    """End a process, and what it started, when who watches it gives up."""
    try:
        yield
    except BaseException:
        child.kill(group=True)
        raise


def start_commands(
    root: Path,
    commands: Sequence[str],
    *,
    held: Sequence[str] = (),
    clock: float | None = None,
    many_packs: int = MANY_PACKS,
) -> Child:
    """Fork a process that will run these commands in a workspace, one after the other while they end well.

    The calls in `held` are told to who watches it. With `clock` it takes this for the time of day, in seconds since
    1970; more than `many_packs` packs are too many for it.
    """
    git_command._gitpython()  # imported once, before any process is forked

    def run() -> int:
        maintenance.MANY_PACKS = many_packs
        if clock is not None:
            time.time = lambda: clock
        statuses = (main(["-C", str(root), command]) for command in commands)
        return next((status for status in statuses if status), 0)

    return _start(run, held)


def start_program(words: Sequence[str], folder: Path, *, held: Sequence[str]) -> Child:
    """Fork a process that will be a program, in a folder; the calls in `held` are told to who watches it."""

    def run() -> int:
        os.chdir(folder)
        os.execvp(words[0], words)

    return _start(run, held)


def _start(run: Callable[[], int], held: Sequence[str]) -> Child:
    out, into = os.pipe()
    here, there = socket.socketpair()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        here.close()
        _live(run, held, there, into)
    os.close(into)
    there.close()
    return Child(pid, out, here)


def _live(run: Callable[[], int], held: Sequence[str], line: socket.socket, into: int) -> None:
    """Be the process that is hit: wait to be let go, then run, and never come back."""
    status = 1
    try:
        os.setsid()
        os.dup2(into, 1)
        os.dup2(into, 2)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        if held:
            listener = hold_up(held)
            socket.send_fds(line, [b"!"], [listener])
            os.close(listener)
        line.recv(1)
        status = run()
    except BaseException:  # noqa: BLE001 - the parent reads what is printed
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _possible(call: HeldCall) -> Sequence[str]:
    if call.name in READING:
        return ("EIO",)
    if call.name == "fcntl":
        return _ON_LOCK
    if call.name in {"open", "openat"}:
        flags = call.arguments[1 if call.name == "open" else 2]
        return _ON_CHANGE if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else _ON_READ
    return _ON_CHANGE
