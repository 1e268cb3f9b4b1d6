"""Text as typed values: what a schema's type makes of a scalar, every one of which is read as text (CONTRACT 2).

Values that records keep as text stay text, in a class of their own by which Cerberus tells them apart.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from seqmeta.identity import NIL, is_uuid

LARGEST_INTEGER = 2**53 - 1
MOST_DIGITS = 100
"""Of a decimal number: more than any price or measure has, and few enough to be summed exactly at no cost."""

_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<clock>(?:[01][0-9]|2[0-3]):[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9])(?:\.(?P<fraction>[0-9]{1,30}))?(?P<zone>[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))?",
    re.ASCII,
)
"""RFC 3339, 5.6. The ranges stand here, for Python's own reader takes minutes of an offset up to 99, and from 3.14 on
24:00; a fraction has as many digits as any clock gives, and an end."""
_ROOM = 240
"""So many characters may names take that are listed in a message."""
_LEAP_SECOND = re.compile(r".*:60(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII)


class UnreadableTextError(ValueError):
    """The text is no value of the type; carries the problem's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UuidText(str):
    """A UUID in RFC 4122 text form, lower case."""

    __slots__ = ()


class TimeText(str):
    """An instant in UTC, `2020-03-22T10:05:00Z`, fractions of a second as they were written."""

    __slots__ = ()


class DateText(str):
    """A calendar date, `2020-03-22`."""

    __slots__ = ()


class DecimalText(str):
    """A decimal number as it was written, without an exponent."""

    __slots__ = ()


def read_text(text: str) -> str:
    """Read text as itself."""
    return text


def read_integer(text: str) -> int:
    """Read a whole number within ±(2⁵³−1), in plain decimal digits."""
    if not _INTEGER.fullmatch(text):
        raise UnreadableTextError(
            "wrong_type", f"{shorten(text)} is not a whole number: expected digits alone, such as 12"
        )
    if len(text) > len(str(LARGEST_INTEGER)) + 1 or abs(int(text)) > LARGEST_INTEGER:
        raise UnreadableTextError(
            "out_of_range", f"{shorten(text)} is out of range: expected at most ±{LARGEST_INTEGER}"
        )
    return int(text)


def read_boolean(text: str) -> bool:
    """Read `true` or `false`, in any case."""
    value = {"true": True, "false": False}.get(text.lower())
    if value is None:
        raise UnreadableTextError("wrong_type", f"{shorten(text)} is not a truth value: expected true or false")
    return value


def read_decimal(text: str) -> DecimalText:
    """Read a decimal number without an exponent, such as `12.50`."""
    if not _DECIMAL.fullmatch(text):
        raise UnreadableTextError("wrong_type", f"{shorten(text)} is not a decimal number such as 12.50")
    if len(text) > MOST_DIGITS:
        message = f"{shorten(text)} has {len(text):,} characters: expected a number of at most {MOST_DIGITS}"
        raise UnreadableTextError("out_of_range", message)
    return DecimalText(text.removeprefix("+"))


def read_uuid(text: str) -> UuidText:
    """Read a UUID in RFC 4122 text form and any case; the nil UUID is refused."""
    if not is_uuid(text):
        expected = "expected 32 hexadecimal digits as 8-4-4-4-12"
        raise UnreadableTextError("invalid_uuid", f"{shorten(text)} is not a UUID: {expected}")
    if text == NIL:
        message = f"{shorten(text)} is the nil UUID, which names nothing: expected a UUID of its own"
        raise UnreadableTextError("invalid_uuid", message)
    return UuidText(text.lower())


def read_date(text: str) -> DateText:
    """Read a date as `YYYY-MM-DD`."""
    if not _DATE.fullmatch(text):
        raise UnreadableTextError(
            "invalid_time", f"{shorten(text)} is not a date: expected YYYY-MM-DD, such as 2020-03-22"
        )
    try:
        date.fromisoformat(text)
    except ValueError as error:
        message = f"{shorten(text)} is not a date ({error}): expected YYYY-MM-DD, such as 2020-03-22"
        raise UnreadableTextError("invalid_time", message) from None
    return DateText(text)


def read_time(text: str) -> TimeText:
    """Read an RFC 3339 time, or `YYYY-MM-DD HH:MM` which means UTC, and write it in UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        expected = "expected RFC 3339 such as 2020-03-22T10:05:00Z, or 2020-03-22 10:05, which means UTC"
        if _LEAP_SECOND.fullmatch(text):
            expected = "leap seconds are not taken: expected 59 as the last second"
        raise UnreadableTextError("invalid_time", f"{shorten(text)} is not a time: {expected}")
    day, clock, second, fraction, zone = found.group("date", "clock", "second", "fraction", "zone")
    offset = "+00:00" if zone in (None, "Z", "z") else zone
    if offset == "-00:00":  # RFC 3339, 4.3: UTC is known, the local offset is not
        offset = "+00:00"
    try:
        instant = datetime.fromisoformat(f"{day}T{clock}:{second or '00'}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableTextError("invalid_time", f"{shorten(text)} is not a time: {error}") from None
    written = f"{instant.year:04d}" + instant.strftime("-%m-%dT%H:%M:%S")
    return TimeText(f"{written}.{fraction}Z" if fraction else f"{written}Z")


def time_text(seconds: int) -> str:
    """Write seconds since 1970 as a stored time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(time: str) -> tuple[str, str]:
    """Return a key by which stored times sort, fractions of any length included."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return whole, fraction.rstrip("0")


def plain(value: object) -> object:
    """Return a value as records hold it: text without the class that told its type."""
    return str(value) if isinstance(value, str) else value


def as_text(value: object) -> str:
    """Write a stored value as the text that is read to it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def shorten(text: str, most: int = 60) -> str:
    """Return the text in quotes for a message, its middle left out where it is long, also by its escapes."""
    return elide(repr(elide(text, most)), 2 * most)


def elide(text: str, most: int = 60, tail: int = 8) -> str:
    """Return the text for a message, its middle left out where it is long."""
    return text if len(text) <= most else text[: most - tail - 4] + "…" + text[-tail:]


def list_few(names: Iterable[str], most: int = 3) -> str:
    """List some names for a message, and how many more there are where they are many."""
    every = list(names)
    some = every if len(every) <= most + 1 else every[:most]
    listed = ", ".join(some if sum(map(len, some)) <= _ROOM else (elide(name, _ROOM // most) for name in some))
    return listed if len(some) == len(every) else f"{listed} and {len(every) - len(some)} more"


READERS: dict[str, Callable[[str], object]] = {
    "string": read_text,
    "integer": read_integer,
    "boolean": read_boolean,
    "decimal": read_decimal,
    "uuid": read_uuid,
    "date": read_date,
    "time": read_time,
}
"""How each scalar type of the schema language reads text; each raises `UnreadableTextError`."""
