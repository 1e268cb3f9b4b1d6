"""The system calls of a process and of all that it starts, held up before the kernel does them (seccomp_unotify(2)).

A process asks for it itself, and hands what it gets to the one that watches it: that one is told each call of the
chosen names, and lets it go on or makes it fail. All other calls run at their full speed, which is what a tracer that
stops at every call costs several times over.
"""

import ctypes
import fcntl
import os
import platform
import select
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

NUMBERS = {
    "write": 1, "open": 2, "pwrite64": 18, "writev": 20, "sendfile": 40, "execve": 59, "fcntl": 72, "flock": 73,
    "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85,
    "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "openat": 257, "mkdirat": 258, "unlinkat": 263,
    "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "fallocate": 285, "syncfs": 306,
    "renameat2": 316, "copy_file_range": 326, "read": 0, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "mmap": 9,
    "pread64": 17, "access": 21, "readlink": 89, "getdents64": 217, "newfstatat": 262, "readlinkat": 267,
    "faccessat": 269, "statx": 332, "faccessat2": 439,
}  # fmt: skip
"""The calls that can be held up, as x86-64 numbers them."""
_NAMES = {number: name for name, number in NUMBERS.items()}

# Where the arguments of a call name files: descriptors, paths from the working folder, and paths from a descriptor.
_DESCRIPTORS = {"sendfile": (0, 1), "copy_file_range": (0, 2), "mmap": (4,)}
_PATHS = {
    "open": (0,), "creat": (0,), "truncate": (0,), "rename": (0, 1), "link": (0, 1), "symlink": (1,), "unlink": (0,),
    "mkdir": (0,), "rmdir": (0,), "chmod": (0,), "execve": (0,), "stat": (0,), "lstat": (0,),
    "access": (0,), "readlink": (0,),
}  # fmt: skip
_PATHS_FROM = {
    "openat": (0,), "mkdirat": (0,), "unlinkat": (0,), "fchmodat": (0,), "renameat": (0, 2), "renameat2": (0, 2),
    "linkat": (0, 2), "symlinkat": (1,), "newfstatat": (0,), "statx": (0,), "readlinkat": (0,), "faccessat": (0,),
    "faccessat2": (0,),
}  # fmt: skip
_LOCKING = (6, 7, 37, 38)
"""The commands of fcntl(2) that lock: F_SETLK, F_SETLKW, F_OFD_SETLK and F_OFD_SETLKW."""

_ARCHITECTURE = 0xC000003E
_ARGUMENTS, _NO_FILE = 16, 0xFFFFFFFF
_SECCOMP, _NEW_LISTENER, _FILTER_MODE = 317, 1 << 3, 1
_NO_NEW_PRIVILEGES = 38
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_GO_ON = 1
_WORKING_FOLDER = -100


@cache
def is_possible() -> bool:
    """Whether calls can be held up here: Linux 5.8 or newer on x86-64, where no sandbox forbids it."""
    release = tuple(int(part) for part in platform.release().split(".")[:2] if part.isdigit())
    if platform.system() != "Linux" or platform.machine() != "x86_64" or release < (5, 8):
        return False
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            hold_up(["flock"])
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


def hold_up(names: Sequence[str]) -> int:
    """Have these calls held up, of this process and of all that it starts; return what to watch them by."""
    program = _program(names)
    code = ctypes.create_string_buffer(program, len(program))
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        listener = int(library.syscall(_SECCOMP, _FILTER_MODE, _NEW_LISTENER, filters))
        if listener >= 0:
            return listener
    raise OSError(ctypes.get_errno(), "system calls cannot be held up here")


@dataclass(frozen=True, slots=True)
class HeldCall:
    """One call that waits for an answer; `thread` is the one that makes it."""

    id: int
    thread: int
    name: str
    arguments: tuple[int, ...]

    def paths(self) -> list[str]:
        """The files that it is about, as absolute paths; empty where there are none, or the caller has ended."""
        with suppress(OSError):
            if self.name in _PATHS:
                found = [self._from(_WORKING_FOLDER, self.arguments[place]) for place in _PATHS[self.name]]
            elif self.name in _PATHS_FROM:
                found = [self._from(self.arguments[n], self.arguments[n + 1]) for n in _PATHS_FROM[self.name]]
            else:
                found = [self._descriptor(self.arguments[place]) for place in _DESCRIPTORS.get(self.name, (0,))]
            return [path for path in found if path.startswith("/")]
        return []

    def _from(self, folder: int, address: int) -> str:
        name = self._text(address)
        if name.startswith("/"):
            return os.path.normpath(name)
        return os.path.normpath(f"{self._descriptor(folder)}/{name}")

    def _descriptor(self, number: int) -> str:
        number = ctypes.c_int32(number).value
        where = "cwd" if number == _WORKING_FOLDER else f"fd/{number}"
        return os.readlink(f"/proc/{self.thread}/{where}")  # noqa: PTH115 - there are thousands of them

    def _text(self, address: int) -> str:
        memory = os.open(f"/proc/{self.thread}/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.fsdecode(os.pread(memory, 4096, address).partition(b"\0")[0])
        finally:
            os.close(memory)


class Watch:
    """What the calls of one process and of all that it started are told to."""

    def __init__(self, listener: int) -> None:
        self._listener = listener

    def calls(self, seconds: float) -> Iterator[HeldCall]:
        """Yield each call, which has to be answered, until all those processes have ended.

        TimeoutError when none of them makes one, or ends, for so many seconds.
        """
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while True:
            happened = poll.poll(seconds * 1000)
            if not happened:
                raise TimeoutError(f"nothing happened for {seconds:g} s")
            if happened[0][1] & select.POLLIN:
                call = self._receive()
                if call is not None:
                    yield call
            elif happened[0][1] & (select.POLLHUP | select.POLLERR):
                return

    def let_go_on(self, call: HeldCall) -> None:
        """Let the kernel do the call."""
        self._answer(call, 0, _GO_ON)

    def fail(self, call: HeldCall, number: int) -> None:
        """Make the call fail with an error of the system, undone."""
        self._answer(call, -number, 0)

    def _receive(self) -> HeldCall | None:
        message = bytearray(80)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, message)
        except FileNotFoundError:
            return None  # the caller was ended meanwhile
        id_, thread, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", message)
        return HeldCall(id_, thread, _NAMES[number], tuple(arguments))

    def _answer(self, call: HeldCall, error: int, flags: int) -> None:
        with suppress(FileNotFoundError):  # as above
            fcntl.ioctl(self._listener, _ANSWER, struct.pack("QqiI", call.id, 0, error, flags))


def _program(names: Sequence[str]) -> bytes:
    """Make the filter (seccomp(2), BPF): these calls are told, of mmap only those of files, of fcntl what locks."""
    lines = [(_LOAD, 0, 0, 4), (_EQUALS, 1, 0, _ARCHITECTURE), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, 0)]
    for name in names:
        if name not in {"fcntl", "mmap"}:
            lines += [(_EQUALS, 0, 1, NUMBERS[name]), (_RETURN, 0, 0, _NOTIFY)]
    if "mmap" in names:
        lines += [(_EQUALS, 0, 4, NUMBERS["mmap"]), (_LOAD, 0, 0, _ARGUMENTS + 8 * 4), (_EQUALS, 1, 0, _NO_FILE)]
        lines += [(_RETURN, 0, 0, _NOTIFY), (_RETURN, 0, 0, _ALLOW)]
    if "fcntl" in names:
        lines += [(_EQUALS, 1, 0, NUMBERS["fcntl"]), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _ARGUMENTS + 8)]
        for command in _LOCKING:
            lines += [(_EQUALS, 0, 1, command), (_RETURN, 0, 0, _NOTIFY)]
    return b"".join(struct.pack("HBBI", *line) for line in [*lines, (_RETURN, 0, 0, _ALLOW)])
