"""The events of PyYAML's two parsers, made to agree; their errors become `UnreadableError`s with our words.

libyaml's parser is the fast one. The other is there where libyaml is not, and is held to the same verdicts.
"""

import re
from typing import Literal, cast

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken, TagToken

from seqmeta.reader.comments import refuse_close_comments
from seqmeta.reader.events import NextEvent, ParserEvent
from seqmeta.reader.scalars import escapes
from seqmeta.reader.yaml_wording import explain

ParserName = Literal["c", "python"]

_PLAIN_IN_BRACKETS = re.compile(r"[^,\[\]{}]*")
_BRACKETS = re.compile(r"[,\[\]{}]")
_LOST_COLON = re.compile(r":(?=[,?\[\]{}])")
_STAND_IN = "\x01"  # a character that no checked text has

BAD_ESCAPE = "found invalid Unicode character escape code"  # libyaml's words


class _PythonParser(Reader, Scanner, Parser):
    """PyYAML's own parser, which knows nothing of loading; it refuses the escapes that libyaml refuses."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        self._text = text

    def scan_plain(self) -> ScalarToken:
        """Read plain text in brackets as libyaml does: a '?' is part of it, a ':' before an indicator an error."""
        if not self.flow_level:
            return super().scan_plain()
        start = self.get_mark()
        text, pointer = self.buffer, self.pointer
        inside = _PLAIN_IN_BRACKETS.match(text, pointer)
        end = inside.end() if inside else pointer
        self.buffer, self.pointer = text[pointer:end].replace("?", _STAND_IN) + text[end : end + 4] + "\0", 0
        try:
            token = super().scan_plain()
        finally:
            self.buffer, self.pointer = text, pointer + self.pointer
        token.value = token.value.replace(_STAND_IN, "?")
        if colon := _LOST_COLON.search(text, pointer, self.pointer + 2):
            mark = self._mark_at(start, colon.start())
            raise ScannerError("while scanning a plain scalar", start, "found unexpected ':'", mark)
        return token

    def scan_tag(self) -> TagToken:
        """Read a tag as libyaml does, in which brackets and commas are no part of a name."""
        token = super().scan_tag()
        written = self._text[token.start_mark.index : token.end_mark.index]
        if not written.startswith("!<") and _BRACKETS.search(written):
            raise ScannerError("while scanning a tag", token.start_mark, "unexpected bracket or comma", token.end_mark)
        return token

    def scan_flow_scalar(self, style: str) -> ScalarToken:
        start = self.get_mark()
        try:
            token = super().scan_flow_scalar(style)
        except ScannerError:
            self._refuse_escape(style, start, self.index)
            raise
        except (ValueError, OverflowError):  # chr() of the eight digits that come next: there is no such character
            self._refuse_escape(style, start, self.index + 8)
            raise
        if not token.value.isascii():
            self._refuse_escape(style, start, self.index)
        return token

    def _refuse_escape(self, style: str, start: yaml.Mark, end: int) -> None:
        """Raise for the first escape of a double-quoted scalar that stands for no character."""
        found = escapes(self._text, start.index, end) if style == '"' else ()
        for index, code in found:
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                raise ScannerError("while parsing a quoted scalar", start, BAD_ESCAPE, self._mark_at(start, index + 2))

    def _mark_at(self, start: yaml.Mark, index: int) -> yaml.Mark:
        """Return the mark of a place behind `start`."""
        lines = self._text.count("\n", start.index, index)
        column = index - self._text.rfind("\n", 0, index) - 1
        return yaml.Mark(start.name, index, start.line + lines, column, "", 0)


def yaml_events(text: str, parser: ParserName) -> NextEvent:
    """Return a function that gives the next event of `text`, and raises `UnreadableError` at a syntax error."""
    # At the end of a text without a final line break, libyaml's marks stand on the line after it.
    next_event = _raw_events(text if text.endswith("\n") else text + "\n", parser)

    def checked() -> ParserEvent:
        try:
            return next_event()
        except yaml.MarkedYAMLError as error:
            raise explain(error, text) from None

    return refuse_close_comments(checked, text)


def _raw_events(text: str, parser: ParserName) -> NextEvent:
    if parser == "c" and yaml.__with_libyaml__:
        from yaml._yaml import CParser  # not there where PyYAML was built without libyaml

        return cast("NextEvent", CParser(text.encode()).get_event)
    return cast("NextEvent", _PythonParser(text).get_event)
