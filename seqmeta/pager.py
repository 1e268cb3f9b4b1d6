"""Long output to a program that shows it page by page, as git does it: on a terminal only, and never for a machine.

Which program is the person's own choice (`SEQMETA_PAGER`, `PAGER`); it is started as it is named, without a shell.
"""

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO

_DEFAULT = "less"
_FLAGS = {"LESS": "FRX", "LV": "-c"}
"""What git sets too where a person has not: leave at once where it fits, show colours, leave the screen as it is."""

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


_MOST_UNREAD = 10_000_000
"""So many characters are dropped when the person has left the pager, so that what is nearly done gets to its end."""


class Page(io.TextIOBase):
    """What a command prints for a person at a terminal: kept while a screen holds it, and paged as it comes beyond."""

    def __init__(self, pager: Sequence[str], stream: TextIO, environment: Mapping[str, str]) -> None:
        """Take the words of the pager and the terminal's stream."""
        self._pager = pager
        self._stream = stream
        self._environment = environment
        self._kept = ""
        self._unread = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._into: TextIO | None = None
        self._before: Any = None

    def isatty(self) -> bool:
        """Whether a terminal shows it in the end: it does."""
        return True

    def write(self, text: str) -> int:
        """Keep or page the text; BrokenPipeError where nobody has read for long."""
        if self._into is not None:
            self._hand_on(text)
        else:
            self._kept += text
            if not _fits(self._kept, shutil.get_terminal_size()):
                self._into = self._start()
                self._hand_on(self._kept)
                self._kept = ""
        return len(text)

    def flush(self) -> None:
        """Let the pager have what was written so far."""
        if self._into is not None:
            self._hand_on("")

    def end(self) -> None:
        """Show what was kept, or wait for the person at the pager."""
        into, self._into = self._into, None  # Python flushes a page once more when it takes it away
        if self._process is None or into is None:
            self._stream.write(self._kept)
            self._stream.flush()
            return
        try:
            with suppress(BrokenPipeError):
                into.close()
            self._process.wait()
        finally:
            signal.signal(signal.SIGINT, self._before)

    def _start(self) -> TextIO:
        try:
            process = subprocess.Popen(self._pager, stdin=subprocess.PIPE, env={**_FLAGS, **self._environment})
        except OSError:
            return self._stream
        self._process = process
        self._before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the pager's now
        encoding = self._stream.encoding or "utf-8"
        return io.TextIOWrapper(process.stdin, encoding=encoding, errors="backslashreplace")  # type: ignore[type-var]

    def _hand_on(self, text: str) -> None:
        if self._into is None or self._unread:
            self._drop(text)
            return
        try:
            self._into.write(text)
            if not text:
                self._into.flush()
        except BrokenPipeError:  # the person has seen enough
            self._unread = 1
            if self._process is None:
                raise

    def _drop(self, text: str) -> None:
        self._unread += len(text)
        if self._unread > _MOST_UNREAD:
            raise BrokenPipeError


@contextmanager
def paged(pager: Sequence[str], stream: TextIO, environment: Mapping[str, str]) -> Iterator[Page]:
    """Give what takes a command's text in the place of standard output, and wait for the person at its end."""
    page = Page(pager, stream, environment)
    try:
        yield page
    finally:
        page.end()


def find_pager(stream: TextIO, environment: Mapping[str, str]) -> list[str]:
    """Find the program to page with, as words; none where the stream is no terminal, or none is wanted."""
    if not stream.isatty() or environment.get("TERM") in {None, "", "dumb"}:
        return []
    named = next((environment[name] for name in ("SEQMETA_PAGER", "PAGER") if name in environment), _DEFAULT)
    try:
        words = shlex.split(named)
    except ValueError:
        return []
    return [] if words in ([], ["cat"]) or shutil.which(words[0]) is None else words


def _fits(text: str, size: os.terminal_size) -> bool:
    """Whether text is shorter than a screen, its long lines wrapped; the last line of the screen is for the prompt."""
    if size.columns < 1:
        return True
    rows = 0
    for line in _ESCAPE.sub("", text).splitlines():
        rows += max(1, -(-len(line) // size.columns))
        if rows >= size.lines:
            return False
    return True
