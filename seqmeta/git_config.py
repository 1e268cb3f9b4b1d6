"""Turns the text of a git configuration file into its settings, and follows nothing that it includes.

The syntax is that of git-config(1), "CONFIGURATION FILE", read as git's `config.c` does.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_BLANK = re.compile(r"(?:[ \t\r\n]|[#;][^\n]*)*+")
_HEADER = re.compile(r'\[([A-Za-z0-9.-]++)(?:[ \t\r]++"((?:[^"\\\n]|\\[^\n])*+)")?\]')
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*+)[ \t]*+(=|(?=\n))")
_VALUE = re.compile(r'((?:[^"\\\n#;]|\\[\ntbn\\"]|"(?:[^"\\\n]|\\[\ntbn\\"])*+")*+)(?:[#;][^\n]*)?(?=\n)')
_QUOTING = re.compile(r'"|\\(.)', re.DOTALL)
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "\n": ""}


class Setting(NamedTuple):
    """One setting: section and key in lower case, the subsection as it is, None for a value where `=` is left out."""

    section: str
    subsection: str | None
    key: str
    value: str | None

    @property
    def name(self) -> str:
        """The whole name, as `git config --list` has it; of a key before any section, the key alone."""
        return ".".join(part for part in (self.section, self.subsection, self.key) if part is not None).removeprefix(
            "."
        )


def parse_settings(text: str) -> Iterator[Setting]:
    """Yield the settings of a file in order; ValueError says of which line git would make nothing."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n") + "\n\n"  # an end of the file is an end of a line
    section, subsection = "", None
    place = _skip(text, 0)
    while place < len(text):
        if header := _HEADER.match(text, place):
            section, subsection = header[1].lower(), header[2] and re.sub(r"\\(.)", r"\1", header[2])
            place = header.end()
        elif key := _KEY.match(text, place):
            place, value = _read_value(text, key.end()) if key[2] else (key.end(), None)
            yield Setting(section, subsection, key[1].lower(), value)
        else:
            raise _complaint(text, place)
        place = _skip(text, place)


def _read_value(text: str, start: int) -> tuple[int, str]:
    found = _VALUE.match(text, start)
    if found is None:
        raise _complaint(text, start)
    return found.end(), _QUOTING.sub(lambda part: _ESCAPES.get(part[1], part[1]) if part[1] else "", found[1]).strip()


def _skip(text: str, place: int) -> int:
    blank = _BLANK.match(text, place)
    return blank.end() if blank else place


def _complaint(text: str, place: int) -> ValueError:
    return ValueError(f"line {text.count(chr(10), 0, place) + 1} is no setting that git reads")
