"""Scalars that are not plain printable ASCII, turned into text: their characters checked, each where it stands."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from seqmeta.reader.characters import (
    FORBIDDEN,
    MAX_MARKS,
    REPLACEMENT,
    describe,
    has_overlong_marks,
    normalize_text,
)
from seqmeta.reader.events import ParserEvent
from seqmeta.reader.faults import FaultLog, Place

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""Plain text that means "not given" (CONTRACT 7)."""

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)", re.DOTALL)
_LOST_SIGN = re.compile(r"[\s\[{,]\?[^\s,]")
_SHORT_ESCAPES = {
    "0": 0x00, "a": 0x07, "b": 0x08, "t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D, "e": 0x1B,
    "N": 0x85, "_": 0xA0, "L": 0x2028, "P": 0x2029,
}  # fmt: skip


def escapes(source: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the index and the code point of each escape in a double-quoted scalar of YAML."""
    for match in _ESCAPE.finditer(source, start, end):
        digits = match[1] or match[2] or match[3]
        yield match.start(), int(digits, 16) if digits else _SHORT_ESCAPES.get(match[0][1], ord(match[0][1]))


def _without_pairs(found: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Leave out the surrogate pairs, which are good characters in JSON; YAML's never come this far."""
    skipped = -1
    for (index, code), (after, low) in pairwise([*found, (-1, 0)]):
        if 0xD800 <= code < 0xDC00 <= low < 0xE000 and after == index + 6:
            skipped = after
        elif index != skipped:
            yield index, code


class ScalarReader:
    """Reads the scalars of one file; `source` is its text, where the events' marks point."""

    def __init__(self, source: str, log: FaultLog) -> None:
        self._source = source
        self._log = log
        self.has_lost_sign = _LOST_SIGN.search(source) is not None
        """Whether there is a '?' that may be one of those that `is_behind_sign` looks for."""

    def read(self, event: ParserEvent, path: Sequence[str | int]) -> str:
        """Return the text in its normal form, forbidden characters replaced and reported."""
        text: str = event.value
        if has_overlong_marks(text):
            self._add(self._place(event), f"more than {MAX_MARKS} combining marks in a row: remove them", path)
            return REPLACEMENT
        if FORBIDDEN.search(text) or "\r" in text:
            self._refuse_escapes(event, path)
            text = FORBIDDEN.sub(REPLACEMENT, text).replace("\r", REPLACEMENT)
        text = normalize_text(text)
        if "\t" in text:
            place = self._place_of_escape(event, 0x09) or self._place(event)
            self._add(place, f"{describe(chr(9))} inside a value is not allowed: use spaces", path)
            text = text.replace("\t", " ")
        return text

    def refuse_key(self, event: ParserEvent, path: Sequence[str | int]) -> bool:
        """Report what a key may not have; whether there was something."""
        text: str = event.value
        if not (FORBIDDEN.search(text) or "\r" in text or has_overlong_marks(text)):
            broken = set("\t\n") & set(normalize_text(text))
            if broken:
                self._add(self._place(event), f"a key with {describe(min(broken))} in it: expected a name", path)
            return bool(broken)
        self.read(event, path)
        return True

    def is_behind_sign(self, event: ParserEvent) -> bool:
        """Whether a scalar stands directly behind a '?' that both parsers take, in brackets, for the sign of a key.

        To YAML 1.2 it is a part of the text (7.3.3: `{?a: b}` has the key `?a`).
        """
        return self._source[event.start_mark.index - 1 : event.start_mark.index] == "?"

    def place_of_property(self, event: ParserEvent, sign: str) -> Place:
        """Return the place of the anchor (`&`) or the tag (`!`) of a node, which stand in any order."""
        index = self._source.find(sign, event.start_mark.index)
        return self._place(event) if index < 0 else self._place_in(event, index)

    def place_of_nothing(self, event: ParserEvent) -> Place:
        """Return the place of a value that is not there: directly behind what is before it on its line.

        In brackets libyaml puts it at the next sign, PyYAML's own parser behind the ':' or '?'.
        """
        line, column = self._place(event)
        index = event.start_mark.index
        while column > 1 and self._source[index - 1 : index] in (" ", "\t"):
            index, column = index - 1, column - 1
        return line, column

    def _refuse_escapes(self, event: ParserEvent, path: Sequence[str | int]) -> None:
        found = list(escapes(self._source, event.start_mark.index, event.end_mark.index))
        for index, code in _without_pairs(found):
            character = chr(code)
            if FORBIDDEN.match(character) or character == "\r":
                is_return = character == "\r"
                name = "a carriage return (U+000D)" if is_return else describe(character)
                cure = "remove it, a line break is \\n alone" if is_return else "remove it"
                place = self._place_in(event, index)
                self._add(place, f"{name}, written as an escape, is not allowed in a description: {cure}", path)

    def _place_of_escape(self, event: ParserEvent, wanted: int) -> Place | None:
        found = escapes(self._source, event.start_mark.index, event.end_mark.index)
        return next((self._place_in(event, index) for index, code in found if code == wanted), None)

    def _add(self, place: Place, message: str, path: Sequence[str | int]) -> None:
        self._log.add(place, "invalid_text", message, tuple(step for step in path if step != ""))

    def _place_in(self, event: ParserEvent, index: int) -> Place:
        start = event.start_mark
        lines = self._source.count("\n", start.index, index)
        before = self._source.rfind("\n", start.index, index) if lines else start.index - start.column - 1
        return start.line + lines + 1, index - before

    def _place(self, event: ParserEvent) -> Place:
        return event.start_mark.line + 1, event.start_mark.column + 1
