"""The times that instruments write, in all their formats, to ISO 8601; an instant only where they name a zone."""

import re
from datetime import date, datetime
from typing import NamedTuple

from seqmeta.values import UnreadableTextError, read_time

_COMPACT = re.compile(r"(?P<year>(?:20)?\d\d)(?P<month>\d\d)(?P<day>\d\d)", re.ASCII)
_ZONE = r"(?P<zone>Z|z|UTC|[+-]\d\d(?::?\d\d)?)?"
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)"
    rf"(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?{_ZONE}",
    re.ASCII,
)
"""ISO 8601's basic format, `20240612T101010Z`."""

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    rf" ?{_ZONE})?",
    re.ASCII,
)
_AMERICAN = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
    r"(?: (?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AP]M))?)?",
    re.ASCII | re.IGNORECASE,
)


class WrittenTime(NamedTuple):
    """A time as an instrument wrote it: `iso` in its own zone; `utc` is None where no zone is named."""

    iso: str
    utc: str | None


def read_written_time(text: str) -> WrittenTime | None:
    """Read `YYMMDD`, `YYYYMMDD`, ISO 8601 and Illumina's `6/1/2021 11:05:11 AM`; None for what is no time.

    The year 1, which .NET programs write for "not set", is none either.
    """
    for form in (_COMPACT, _BASIC, _ISO, _AMERICAN):
        found = form.fullmatch(text.strip())
        if found is not None:
            return _assemble({name: of for name, of in found.groupdict().items() if of is not None})
    return None


def _assemble(parts: dict[str, str]) -> WrittenTime | None:
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    try:
        day = date(year, int(parts["month"]), int(parts["day"])).isoformat()
        if year < 1990:
            return None
        if "hour" not in parts:
            return WrittenTime(day, None)
        moment = datetime.fromisoformat(f"{day}T{_hour(parts):02d}:{parts['minute']}:{parts.get('second', '00')}")
    except ValueError:
        return None
    iso = moment.isoformat() + (f".{parts['fraction']}" if "fraction" in parts else "")
    return WrittenTime(iso, _to_utc(iso, parts.get("zone")))


def _hour(parts: dict[str, str]) -> int:
    hour = int(parts["hour"])
    half = parts.get("half", "").upper()
    if half and not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half}")
    return hour % 12 + (12 if half == "PM" else 0) if half else hour


def _to_utc(iso: str, zone: str | None) -> str | None:
    if zone is None:
        return None
    offset = zone if ":" in zone else f"{zone[:3]}:{zone[3:] or '00'}"
    try:
        return str(read_time(f"{iso}Z" if zone.upper() in ("Z", "UTC") else f"{iso}{offset}"))
    except UnreadableTextError:
        return None
