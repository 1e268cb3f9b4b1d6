"""JSON text (RFC 8259), turned into the events that a YAML parser would give for the same tree.

PyYAML does not read all of JSON, and reads much that is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from seqmeta.reader.events import NextEvent, ParserEvent
from seqmeta.reader.faults import UnreadableError

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"')
_STRING_PART = re.compile(_STRING.pattern.removesuffix('"'))
_LITERAL = re.compile(r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])")
_ESCAPE = re.compile(
    r'\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(["\\/bfnrt]))'
)
_IMPLICIT = True  # no tag was written
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(slots=True)
class JsonMark:
    """A place in JSON text as PyYAML gives it: all three count from 0."""

    index: int
    line: int
    column: int


def json_events(text: str) -> NextEvent:
    """Return a function that gives the next event of `text`, and raises `UnreadableError` at a syntax error."""
    return _Tokens(text).events().__next__


class _Tokens:
    """A walk over JSON text with a stack of open brackets instead of recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._index = 0
        self._line = 0
        self._line_start = 0
        self._open: list[tuple[str, int]] = []  # the bracket that will close, the line of the one that opened
        self._fresh = False  # whether a bracket has just been opened

    def events(self) -> Iterator[ParserEvent]:
        self._skip_space()
        mark = self._mark()
        yield _event(StreamStartEvent, mark, mark)
        if self._index < len(self._text):
            yield _event(DocumentStartEvent, mark, mark)
            yield from self._document()
            self._skip_space()
            mark = self._mark()
            yield _event(DocumentEndEvent, mark, mark)
            if self._index < len(self._text):
                raise self._error("more text behind the JSON value: expected one value in the file")
        yield _event(StreamEndEvent, mark, mark)

    def _document(self) -> Iterator[ParserEvent]:
        yield self._value()
        while self._open:
            closing, line = self._open[-1]
            is_first, self._fresh = self._fresh, False
            if self._take(closing):
                yield self._close()
                continue
            if not is_first and not self._take(","):
                raise self._error(f"expected ',' or '{closing}', which closes the bracket of line {line}")
            if closing == "}":
                yield self._name()
            yield self._value()

    def _value(self) -> ParserEvent:
        self._skip_space()
        mark = self._mark()
        character = self._text[self._index : self._index + 1]
        if character == '"':
            return self._string(mark)
        if character == "{":
            self._push("}", mark)
            return _event(MappingStartEvent, None, None, _IMPLICIT, mark, mark)
        if character == "[":
            self._push("]", mark)
            return _event(SequenceStartEvent, None, None, _IMPLICIT, mark, mark)
        match = _LITERAL.match(self._text, self._index)
        if match is None:
            raise self._error(_no_value(character))
        self._index = match.end()
        return _scalar(match[0], "", mark, mark)

    def _name(self) -> ParserEvent:
        self._skip_space()
        mark = self._mark()
        if self._text[self._index : self._index + 1] != '"':
            found = self._text[self._index : self._index + 1]
            hint = "a comma before '}'" if found == "}" else "no name in double quotes"
            raise self._error(f"{hint}: expected '\"name\": value'")
        name = self._string(mark)
        if not self._take(":"):
            raise self._error("expected ':' behind the name")
        return name

    def _string(self, mark: JsonMark) -> ParserEvent:
        match = _STRING.match(self._text, self._index)
        if match is None:
            raise self._bad_string()
        self._index = match.end()
        text = match[1] if "\\" not in match[1] else _ESCAPE.sub(_unescape, match[1])
        return _scalar(text, '"', mark, self._mark())

    def _push(self, closing: str, mark: JsonMark) -> None:
        self._open.append((closing, mark.line + 1))
        self._index += 1
        self._fresh = True

    def _close(self) -> ParserEvent:
        closing, _ = self._open.pop()
        mark = self._mark()
        return _event(MappingEndEvent, mark, mark) if closing == "}" else _event(SequenceEndEvent, mark, mark)

    def _take(self, character: str) -> bool:
        if not self._text.startswith(character, self._index):
            self._skip_space()
            if not self._text.startswith(character, self._index):
                return False
        self._index += 1
        return True

    def _skip_space(self) -> None:
        if self._text[self._index : self._index + 1] > " ":
            return
        match = _SPACE.match(self._text, self._index)
        begin, self._index = self._index, match.end() if match else self._index
        lines = self._text.count("\n", begin, self._index)
        if lines:
            self._line += lines
            self._line_start = self._text.rindex("\n", begin, self._index) + 1

    def _mark(self) -> JsonMark:
        return JsonMark(self._index, self._line, self._index - self._line_start)

    def _error(self, message: str) -> UnreadableError:
        found = self._text[self._index : self._index + 1]
        where = "the end of the file" if not found else f"'{found}'"
        return UnreadableError(
            (self._line + 1, self._index - self._line_start + 1), "yaml_syntax", f"no valid JSON at {where}: {message}"
        )

    def _bad_string(self) -> UnreadableError:
        good = _STRING_PART.match(self._text, self._index)
        end = good.end() if good else self._index
        place = (self._line + 1, end - self._line_start + 1)
        if self._text.startswith("\t", end):
            return UnreadableError(place, "invalid_text", "a tab (U+0009) inside a value is not allowed: use spaces")
        if self._text.startswith("\\", end):
            self._index = end
            return self._error("no escape that JSON knows: write '\\\\' for a backslash")
        return self._error("this text is never closed: expected '\"' at its end, on the same line")


def _event(kind: type[Event], *parts: Any) -> ParserEvent:
    return cast("ParserEvent", kind(*parts))


def _scalar(text: str, style: str, start: JsonMark, end: JsonMark) -> ParserEvent:
    return _event(ScalarEvent, None, None, (_IMPLICIT, _IMPLICIT), text, start, end, style)


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        return chr(0x10000 + (int(match[1], 16) - 0xD800) * 0x400 + int(match[2], 16) - 0xDC00)
    return chr(int(match[3], 16)) if match[3] else _SHORT[match[4]]


def _no_value(character: str) -> str:
    if character in ("]", "}"):
        return "a comma or ':' with nothing behind it: expected a value, or no comma"
    if character in ("/", "#"):
        return "JSON has no comments: remove it"
    if character == "'":
        return "use double quotes"
    return "expected text in double quotes, a number, true, false, null, '{' or '['"
