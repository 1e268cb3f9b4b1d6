"""A program at a real terminal of its own: keys are typed, and what it shows is read."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

WAIT_SECONDS = 60
"""How long a program may say nothing before a test gives up: far more than it takes, for busy machines."""


class Terminal:
    """One program, with the terminal that it runs at; leaving it ends the program."""

    def __init__(self, *command: str, folder: Path, rows: int = 24, columns: int = 80, **environment: str) -> None:
        self._side, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS")}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**inherited, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - tests have no threads here
        )
        os.close(other)
        self._unread = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._side)

    def type(self, keys: str) -> None:
        """Type these keys."""
        os.write(self._side, keys.encode())

    def read_until(self, pattern: str) -> str:
        """Read until something like this is shown; return all of it, up to and with that."""
        while (found := re.search(pattern, self._unread)) is None:
            if not self._read(WAIT_SECONDS):
                raise AssertionError(f"{pattern!r} is not shown, but: {self._unread!r}")
        shown, self._unread = self._unread[: found.end()], self._unread[found.end() :]
        return shown

    def read_for(self, seconds: float) -> str:
        """Read what is shown within a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(left):
            pass
        shown, self._unread = self._unread, ""
        return shown

    def read_to_end(self) -> tuple[int, str]:
        """Read until the program ends; return its exit code (negative: its signal) and what was shown."""
        while self._read(WAIT_SECONDS):
            pass
        shown, self._unread = self._unread, ""
        return self.process.wait(WAIT_SECONDS), shown

    def _read(self, seconds: float) -> bool:
        """Read what is there; False where nothing came in time, or there will be no more."""
        ready, _, _ = select.select([self._side], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._side, 65536)
        except OSError:  # what Linux says when nobody has the other side open any more
            return False
        self._unread += data.decode(errors="replace")
        return bool(data)
