"""What a terminal gets more than a file: colours, how far long work is, escapes of what its encoding lacks.

None of it is in any other output.
"""

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TextIO

_INTERVAL_SECONDS = 0.2
_QUIET_SECONDS = 1.0
"""Work that is done by then is not reported on."""


class Style(NamedTuple):
    """Colours, or none."""

    is_on: bool = False

    def bold(self, text: str) -> str:
        """Make text bold."""
        return self._with("1", text)

    def red(self, text: str) -> str:
        """Make text red."""
        return self._with("31", text)

    def yellow(self, text: str) -> str:
        """Make text yellow."""
        return self._with("33", text)

    def _with(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.is_on else text


def style_for(stream: TextIO, environment: Mapping[str, str]) -> Style:
    """Choose the style for a stream, as no-color.org, force-color.org and bixense.com/clicolors have it.

    `NO_COLOR` turns colours off, else `FORCE_COLOR` or `CLICOLOR_FORCE` turns them on (`0` says nothing), else
    `CLICOLOR=0` and `TERM=dumb` turn them off, else they are there on a terminal.
    """
    if environment.get("NO_COLOR"):
        return Style()
    if any(environment.get(name, "") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return Style(is_on=True)
    is_plain = environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb"
    return Style(stream.isatty() and not is_plain)


@contextmanager
def escaping(stream: TextIO) -> Iterator[None]:
    """Have a stream write what its encoding lacks as escapes, as Python's own standard error does.

    What somebody chose in its place, such as `PYTHONIOENCODING=ascii:replace`, stays.
    """
    before = stream.errors if isinstance(stream, io.TextIOWrapper) else None
    if not isinstance(stream, io.TextIOWrapper) or before not in _UNFORGIVING:
        yield
        return
    stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        stream.reconfigure(errors=before)


_UNFORGIVING = ("strict", "surrogateescape")
"""What Python has streams do over a character that their encoding lacks, unless it is told otherwise: fail."""


class Ticker:
    """Says on a terminal how far work is, with rate and time left; on anything else nothing."""

    def __init__(self, stream: TextIO) -> None:
        """Take the stream to write to."""
        self._stream = stream if stream.isatty() else None
        self._what = ""
        self._began = self._said = 0.0
        self._is_shown = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` are through; the last call takes the line away."""
        if self._stream is None:
            return
        now = time.monotonic()
        if what != self._what:
            self._what, self._began = what, now
        if done >= total:
            self.clear()
        elif now - self._began > _QUIET_SECONDS and now - self._said > _INTERVAL_SECONDS:
            rate = done / (now - self._began)
            left = (total - done) / rate if rate else 0.0
            self._stream.write(f"\r\x1b[K{what}: {done} of {total}, {rate:.0f} a second, {left:.0f} s left")
            self._stream.flush()
            self._said, self._is_shown = now, True

    def clear(self) -> None:
        """Take the line away, whatever comes next."""
        if self._is_shown and self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._what, self._is_shown = "", False
