"""Comments of YAML that stand too close: `"value"# text` or `[a,#b`, which libyaml takes for comments, others do not.

YAML 1.2.2 (6.6) wants white space before the `#`; without it, what is text and what is comment is a matter of guess.
"""

import re

from seqmeta.reader.events import MAPPING_END, SCALAR, SEQUENCE_END, NextEvent, ParserEvent
from seqmeta.reader.faults import UnreadableError
from seqmeta.reader.source import place_of

MESSAGE = "a '#' directly behind a value: put a space before it if it begins a comment, or quotes around the whole"

SIGN_MESSAGE = "a '#' directly behind a sign: put a space before it if it begins a comment, or quotes around the text"

_SUSPICIOUS = re.compile(r"""["'\]}|>0-9+,\[{?:-]#""")
_BEHIND_SIGN = re.compile(r"^[^#\n]*[,\[{?:]#", re.MULTILINE)
_BLOCK_HEADER = re.compile(r"[|>][0-9+-]*")


def refuse_close_comments(next_event: NextEvent, text: str) -> NextEvent:
    """Return `next_event`, which now raises `UnreadableError` for a comment without white space before it."""
    if "#" not in text or not _SUSPICIOUS.search(text):
        return next_event

    done = 0  # where the event before ended: from there to the next are signs, white space and comments

    def checked() -> ParserEvent:
        nonlocal done
        event = next_event()
        end = _end_of_value(event, text)
        if end is not None and text.startswith("#", end):
            raise UnreadableError(place_of(text, end), "yaml_syntax", MESSAGE)
        before = max(done - 1, 0)
        if found := _BEHIND_SIGN.search(text[before : event.start_mark.index]):
            raise UnreadableError(place_of(text, before + found.end() - 1), "yaml_syntax", SIGN_MESSAGE)
        done = max(done, event.end_mark.index)
        return event

    return checked


def _end_of_value(event: ParserEvent, text: str) -> int | None:
    """Return where a quoted text, a flow collection or the header of a text block ends."""
    kind = event.__class__
    if kind is SCALAR and event.style:
        if event.style in ("'", '"'):
            return event.end_mark.index
        header = _BLOCK_HEADER.match(text, event.start_mark.index)
        return header.end() if header else None
    if kind in (MAPPING_END, SEQUENCE_END) and event.end_mark.index > event.start_mark.index:
        return event.end_mark.index
    return None
