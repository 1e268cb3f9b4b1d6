"""The events of PyYAML's two parsers, made to agree; their errors become `UnreadableError`s with our words.

libyaml's parser is the fast one. The other is there where libyaml is not, and is held to the same verdicts.
"""

from collections.abc import Callable
from typing import Literal, cast

import yaml
from yaml.events import Event
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken

from seqmeta.reader.scalars import escapes
from seqmeta.reader.yaml_wording import explain

ParserName = Literal["c", "python"]

BAD_ESCAPE = "found invalid Unicode character escape code"  # libyaml's words


class _PythonParser(Reader, Scanner, Parser):
    """PyYAML's own parser, which knows nothing of loading; it refuses the escapes that libyaml refuses."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        self._text = text

    def scan_flow_scalar(self, style: str) -> ScalarToken:
        start = self.get_mark()
        try:
            token = super().scan_flow_scalar(style)
        except (ValueError, OverflowError):  # chr() of a code point that does not exist
            self._refuse_escape(start)
            raise
        if style == '"' and not token.value.isascii():
            self._refuse_escape(start)
        return token

    def _refuse_escape(self, start: yaml.Mark) -> None:
        """Raise for the first escape that stands for no character; up to here, or just behind it."""
        for index, code in escapes(self._text, start.index, self.index + 8):
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                lines = self._text.count("\n", start.index, index)
                column = index - self._text.rfind("\n", 0, index) - 1
                mark = yaml.Mark(start.name, index + 2, start.line + lines, column + 2, None, None)
                raise ScannerError("while parsing a quoted scalar", start, BAD_ESCAPE, mark)


def yaml_events(text: str, parser: ParserName) -> Callable[[], Event]:
    """Return a function that gives the next event of `text`, and raises `UnreadableError` at a syntax error."""
    next_event = _raw_events(text, parser)

    def checked() -> Event:
        try:
            return next_event()
        except yaml.MarkedYAMLError as error:
            raise explain(error, text) from None

    return checked


def _raw_events(text: str, parser: ParserName) -> Callable[[], Event]:
    if parser == "c" and yaml.__with_libyaml__:
        from yaml._yaml import CParser  # type: ignore[import-not-found]  # missing where PyYAML was built without it

        return cast("Callable[[], Event]", CParser(text.encode()).get_event)
    return cast("Callable[[], Event]", _PythonParser(text).get_event)
