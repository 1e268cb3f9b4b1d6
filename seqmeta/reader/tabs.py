"""Tabs in YAML, which its two parsers judge differently: found beforehand, judged by where they stand.

The parsers get a space for each tab, so both see the same. A tab is fine in a comment and as outer white space of
a quoted text or a text block; elsewhere inside such a text it is `invalid_text`, anywhere else `yaml_syntax`.
"""

import re
from collections.abc import Iterator

from seqmeta.reader.events import SCALAR, NextEvent, ParserEvent
from seqmeta.reader.faults import FaultLog, Place, UnreadableError
from seqmeta.reader.source import places

_COMMENT_OR_TAB = re.compile(r"(?:^|(?<=[ \t\]}\"',\[{]))#[^\n]*|\t", re.MULTILINE)
_BLANKS = re.compile(r"[ \t]+")

Finding = tuple[int, str]
"""The index of a tab that is not allowed, and the code for it."""


class TabWatch:
    """Remembers where the scalars of a text stand while it is parsed, and then judges the tabs."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[tuple[int, int, str]] = []

    def record(self, next_event: NextEvent) -> NextEvent:
        """Return `next_event` with an ear at it."""

        def recorded() -> ParserEvent:
            event = next_event()
            if event.__class__ is SCALAR:
                self._spans.append((event.start_mark.index, event.end_mark.index, event.style or ""))
            return event

        return recorded

    def judge(self, log: FaultLog, ended: UnreadableError | None) -> None:
        """Report the tabs that are not allowed, as far as the text was read."""
        codes = (code for _, code in self._findings())
        for place, code in zip(places(self._text, (index for index, _ in self._findings())), codes, strict=True):
            if ended is not None and place >= ended.place:
                return
            _report(log, place, code)

    def _findings(self) -> Iterator[Finding]:
        position = 0
        for start, end, style in self._spans:
            yield from self._between(position, start)
            if style in ("'", '"'):
                yield from self._in_quotes(start, end)
            elif style:
                header = self._text.find("\n", start, end) + 1 or end
                yield from self._between(start, header)
                yield from self._in_block(header, end)
            else:
                yield from self._between(start, end)
            position = end
        yield from self._between(position, len(self._text))

    def _between(self, start: int, end: int) -> Iterator[Finding]:
        for match in _COMMENT_OR_TAB.finditer(self._text, start, end):
            if match[0] == "\t":
                yield match.start(), "yaml_syntax"

    def _in_quotes(self, start: int, end: int) -> Iterator[Finding]:
        """Find the tabs that stay in the value: not outer ones, and not those around a line break, which is folded."""
        for match in self._inner_blanks(start + 1, end - 1):
            if self._text[match.start() - 1] != "\n" and self._text[match.end()] not in "\r\n":
                yield match.start() + match[0].index("\t"), "invalid_text"

    def _in_block(self, start: int, end: int) -> Iterator[Finding]:
        content = self._inner_blanks(start, end)
        leading = re.compile(r"^[ ]*\t", re.MULTILINE)
        indents = {match.end() - 1 for match in leading.finditer(self._text, start, end)}
        inner = {match.start() + match[0].index("\t") for match in content}
        for index in sorted(indents | inner):
            yield index, "yaml_syntax" if index in indents else "invalid_text"

    def _inner_blanks(self, start: int, end: int) -> Iterator[re.Match[str]]:
        """Yield the runs of blanks with a tab in them that have text before and behind them."""
        content = self._text[start:end]
        begin = start + len(content) - len(content.lstrip())
        finish = start + len(content.rstrip())
        return (match for match in _BLANKS.finditer(self._text, begin, finish) if "\t" in match[0])


def _report(log: FaultLog, place: Place, code: str) -> None:
    if code == "yaml_syntax":
        log.add(place, code, "a tab where YAML has spaces only: use spaces")
    else:
        log.add(place, code, "a tab (U+0009) inside a value is not allowed: use spaces")
