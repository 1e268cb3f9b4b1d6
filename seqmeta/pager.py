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
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

_DEFAULT = "less"
_FLAGS = {"LESS": "FRX", "LV": "-c"}
"""What git sets too where a person has not: leave at once where it fits, show colours, leave the screen as it is."""

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


class Page(io.StringIO):
    """What a command prints for a person at a terminal, kept until it is known how long it is."""

    def isatty(self) -> bool:
        """Whether a terminal shows it in the end: it does."""
        return True


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


def show_page(text: str, pager: list[str], stream: TextIO, environment: Mapping[str, str]) -> None:
    """Show text through a pager, or where it fits on the screen without one."""
    if _fits(text, shutil.get_terminal_size()):
        stream.write(text)
        stream.flush()
        return
    try:
        process = subprocess.Popen(pager, stdin=subprocess.PIPE, env={**_FLAGS, **environment})
    except OSError:
        stream.write(text)
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the pager's now
    try:
        with suppress(BrokenPipeError):  # the person has seen enough
            process.communicate(text.encode(stream.encoding or "utf-8", "backslashreplace"))
        process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


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
