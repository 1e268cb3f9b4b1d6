"""The bytes of records: bodies to the canonical form that digests are made over, records to files and back.

The canonical form is RFC 8785 (JSON Canonicalization Scheme); a record's file is JSON with sorted keys, an indent
of two spaces and a final newline (CONTRACT 3). Both are written by orjson, whose bytes are theirs for what a record
may hold, save the order of keys where a character beyond U+FFFF meets one from U+E000 to U+FFFF: RFC 8785 sorts by
UTF-16 code units.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, NoReturn

import orjson

from seqmeta.errors import CorruptRecordError

LARGEST_INTEGER = 2**53 - 1
"""Integers beyond this, either way, are not exact in every JSON reader (RFC 8785, appendix D)."""

_COMPACT = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_PRETTY = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_HIGH_BMP = re.compile(rb"[\xee\xef]")
_ASTRAL = re.compile(rb"[\xf0-\xf4]")


def canonical_bytes(body: Any) -> bytes:
    """Render a body in its RFC 8785 form.

    Raises ValueError for what no body may hold: anything but text, booleans, None, lists, dicts with text keys and
    integers within ±(2^53 - 1); lone surrogates; nesting too deep for any reader.
    """
    return _in_canonical_order(body, _dump(body, _COMPACT))


def _in_canonical_order(body: Any, data: bytes) -> bytes:
    """Return `data`, orjson's rendering of a body, with the keys in the order that RFC 8785 wants."""
    if not data.isascii() and _ASTRAL.search(data) and _HIGH_BMP.search(data):
        text = json.dumps(_in_utf16_order(body), ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    return data


def digest(body: Any) -> str:
    """Hash a body: `sha256:` and the lower-case hex SHA-256 of its RFC 8785 form."""
    return "sha256:" + hashlib.sha256(canonical_bytes(body)).hexdigest()


def digest_of_parsed(body: Any) -> str:
    """Hash a body that `parse_record` has read, which is known to hold only what a body may."""
    return "sha256:" + hashlib.sha256(canonical_bytes_of_parsed(body)).hexdigest()


def canonical_bytes_of_parsed(value: Any) -> bytes:
    """Render a body, or a part of one, that `parse_record` has read, in its RFC 8785 form."""
    return _in_canonical_order(value, orjson.dumps(value, option=_COMPACT))


def record_bytes(record: Mapping[str, Any]) -> bytes:
    """Render a record as its file: UTF-8, keys sorted by code point, two spaces, final newline.

    Raises ValueError as `canonical_bytes` does.
    """
    return _dump(record, _PRETTY)


def record_bytes_of_digested(record: Mapping[str, Any]) -> bytes:
    """Render a record as `record_bytes` does, its body being one that `digest` has taken."""
    return orjson.dumps(record, option=_PRETTY)


def parse_record(data: bytes, path: str) -> dict[str, Any]:
    """Read a record's file back, strictly: only the bytes that `record_bytes` writes are taken.

    Raises CorruptRecordError that names `path` and what is wrong, with line and column where there is one.
    """
    try:
        record = orjson.loads(data)
        rendered = _dump(record, _PRETTY)
    except ValueError as error:
        _refuse(data, path, str(error))
    if type(record) is not dict:
        raise CorruptRecordError(f"{path}: a record is a JSON object, this is {_name(record)}")
    if rendered != data:
        _refuse(data, path, "")
    return record


def _dump(value: Any, options: int) -> bytes:
    try:
        data = orjson.dumps(value, option=options)
    except TypeError as error:  # orjson's encode errors: unknown types, surrogates, recursion
        raise ValueError(f"cannot be part of a record: {error}") from error
    _require_plain(value)
    return data


def _require_plain(root: Any) -> None:
    """Raise ValueError unless everything below is of the types of a body; called when it is known to end."""
    pending = [root]
    for value in pending:
        kind = type(value)
        if kind is str or kind is bool or kind is NoneType:
            continue
        if kind is dict:
            pending.extend(value.values())
        elif kind is list:
            pending.extend(value)
        elif kind is not int:
            raise ValueError(f"{value!r} cannot be part of a record: expected text, true, false, null or an integer")
        elif not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            raise ValueError(f"{value} cannot be part of a record: expected an integer within ±{LARGEST_INTEGER}")


def _in_utf16_order(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _in_utf16_order(value[key]) for key in keys}
    if isinstance(value, list):
        return [_in_utf16_order(item) for item in value]
    return value


def _refuse(data: bytes, path: str, reason: str) -> NoReturn:
    """Say why these bytes are no record, as exactly as the standard library's slower reader can tell."""
    try:
        json.loads(data.decode(), object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise CorruptRecordError(f"{where}: not JSON: {error.msg[:1].lower()}{error.msg[1:]}") from error
    except UnicodeDecodeError as error:
        raise CorruptRecordError(f"{path}: not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise CorruptRecordError(f"{path}: nested too deeply") from error
    except ValueError as error:
        raise CorruptRecordError(f"{path}: {error}") from error
    raise CorruptRecordError(f"{path}: {reason or _first_difference(data)}")


def _first_difference(data: bytes) -> str:
    canonical = record_bytes(orjson.loads(data))
    pairs = zip(data.split(b"\n"), canonical.split(b"\n"), strict=False)
    for number, (found, expected) in enumerate(pairs, start=1):
        if found != expected:
            return f"not in canonical form at line {number}: {_text(found)} instead of {_text(expected)}"
    return "not in canonical form: lines too many or too few at the end"


def _text(line: bytes) -> str:
    return repr(line.decode(errors="replace")[:60])


def _refuse_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twice!r} stands twice in one object")
    return found


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _name(value: Any) -> str:
    names = {list: "a list", str: "text", int: "a number", bool: "a boolean", NoneType: "null"}
    return names.get(type(value), type(value).__name__)
