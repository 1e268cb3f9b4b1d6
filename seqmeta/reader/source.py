"""The bytes of a file, turned into text that is fit to be parsed.

Characters that a reviewer cannot see, or that change how a line looks (CONTRACT 2), are refused wherever they
stand, comments included. In the text they are replaced by U+FFFD, so that every other column stays as it is.
"""

import re
from collections.abc import Iterable, Iterator

from seqmeta.reader.characters import FORBIDDEN, REPLACEMENT, describe
from seqmeta.reader.faults import FaultLog, Place, UnreadableError

MAX_BYTES = 32 * 1024 * 1024
"""The largest file that is read (CONTRACT 2)."""

BOM = b"\xef\xbb\xbf"

_RAW = re.compile(rf"{FORBIDDEN.pattern}|\r(?!\n)")
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r") + b"\x7f"


def decode_source(data: bytes, log: FaultLog) -> str:
    """Return the text of a file; raise `UnreadableError` where it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        size = f"a file of more than {MAX_BYTES:,} bytes (32 MiB): split it into several files"
        raise UnreadableError((1, 1), "out_of_range", size)
    data = data.removeprefix(BOM)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(data, error.start) from None
    if _is_plain_ascii(data):
        return text
    if _is_wide(data):
        raise _not_utf8(data, data.index(0))
    return _replace_forbidden(text, log)


def places(text: str, indices: Iterable[int]) -> Iterator[Place]:
    """Yield line and column of each index into `text`; the indices ascend."""
    line, begin, seen = 1, 0, 0
    for index in indices:
        line += text.count("\n", seen, index)
        begin = text.rfind("\n", seen, index) + 1 or begin
        seen = index
        yield line, index - begin + 1


def place_of(text: str, index: int) -> Place:
    """Return line and column of an index into `text`."""
    return next(places(text, [index]))


def _is_plain_ascii(data: bytes) -> bool:
    if not data.isascii() or len(data.translate(None, _CONTROLS)) != len(data):
        return False
    return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")


def _is_wide(data: bytes) -> bool:
    """Whether this is UTF-16 or UTF-32 without a BOM: NUL in the pattern that ASCII has there (RFC 4627, 3)."""
    nulls = [byte == 0 for byte in data[:4]]
    return nulls in ([True, True, True, False], [False, True, True, True], [True, False] * 2, [False, True] * 2)


def _not_utf8(data: bytes, offset: int) -> UnreadableError:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or data[offset] == 0
    found = "UTF-16 or UTF-32 text" if wide else "a byte that is not UTF-8"
    before = data[:offset].decode()
    message = f"{found} (0x{data[offset]:02x} at byte offset {offset}): save the file as UTF-8"
    return UnreadableError(place_of(before, len(before)), "invalid_text", message)


def _replace_forbidden(text: str, log: FaultLog) -> str:
    starts = (match.start() for match in _RAW.finditer(text))
    for match, place in zip(_RAW.finditer(text), places(text, starts), strict=True):
        log.add(place, "invalid_text", f"{describe(match.group())} is not allowed in a description: remove it")
    return _RAW.sub(REPLACEMENT, text)
