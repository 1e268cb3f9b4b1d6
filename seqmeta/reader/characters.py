"""Which characters a text may have, and the normal form of a text (CONTRACT 2 and 7)."""

import re
import unicodedata
from itertools import groupby

REPLACEMENT = "\ufffd"

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters but tab and line ends, line and paragraph separators, bidirectional embeddings, overrides
and isolates, the byte order mark, noncharacters, lone surrogates."""

MAX_MARKS = 30
"""How many combining marks may follow one character: the limit of Unicode's stream-safe text (UAX 15, 13).
Normalising takes the square of their number."""

_NAMES = {
    0x00: "a NUL character",
    0x09: "a tab",
    0x0A: "a line break",
    0x0D: "a carriage return without a line feed",
    0x1B: "an escape character",
    0x7F: "a delete character",
    0x85: "a next-line character",
    0x2028: "a line separator",
    0x2029: "a paragraph separator",
    0xFEFF: "a byte order mark inside the text",
}


def describe(character: str) -> str:
    """Return words for a character that cannot be shown, with its code point."""
    code = ord(character)
    return f"{_NAMES.get(code) or _family(code)} (U+{code:04X})"


def clip(text: str) -> str:
    """Return a text short enough for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def normalize_text(text: str) -> str:
    """Return `text` in NFC and without outer white space; it has no overlong run of combining marks."""
    return (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()


def has_overlong_marks(text: str) -> bool:
    """Whether more than `MAX_MARKS` combining marks stand in a row."""
    if text.isascii() or len(text) <= MAX_MARKS:
        return False
    runs = groupby(text, key=lambda character: unicodedata.combining(character) != 0)
    return any(marks and sum(1 for _ in run) > MAX_MARKS for marks, run in runs)


def _family(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF:
        return "half of a surrogate pair"
    if 0x202A <= code <= 0x2069:
        return "a character that changes the direction of text"
    if code >= 0xFFFE:
        return "a code point that is no character"
    return "a control character"
