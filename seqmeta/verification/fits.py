"""What a value of a record has to be, as functions that say what is wrong with it; shapes of kinds are made of them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any

Fits = Callable[[Any], str | None]
"""Says of a value what is wrong with it, as what stands behind its name (`: expected text`, `.0.barcode: expected …`);
None where it fits."""


def plain(called: str, *types: type) -> Fits:
    """Take a single value of one of these types."""
    known = frozenset(types)

    def fits(value: Any) -> str | None:
        return None if type(value) in known else f": expected {called}"

    return fits


def written(called: str, pattern: re.Pattern[str], most: int) -> Fits:
    """Take text that is written like the pattern, and not longer."""

    def fits(value: Any) -> str | None:
        if type(value) is str and len(value) <= most and pattern.fullmatch(value) is not None:
            return None
        return f": expected {called}"

    return fits


def dated(called: str, pattern: re.Pattern[str]) -> Fits:
    """Take text that is written like the pattern and begins with a day that the calendar has."""

    def fits(value: Any) -> str | None:
        if type(value) is str and pattern.fullmatch(value) is not None and _is_day(value[:10]):
            return None
        return f": expected {called}"

    return fits


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def word(allowed: Collection[str]) -> Fits:
    """Take one of these words."""
    expected = ", ".join(sorted(allowed))

    def fits(value: Any) -> str | None:
        if type(value) is not str:
            return ": expected text"
        return None if value in allowed else f": {value!r} is not one of {expected}"

    return fits


def list_of(item: Fits, *, is_filled: bool = False) -> Fits:
    """Take a list of such items, with one of them at least where it is to be filled."""

    def fits(value: Any) -> str | None:
        if type(value) is not list:
            return ": expected a list"
        if is_filled and not value:
            return ": it is empty"
        for place, of in enumerate(value):
            said = item(of)
            if said is not None:
                return f".{place}{said}"
        return None

    return fits


def table_of(values: Fits) -> Fits:
    """Take a mapping whose names are free."""

    def fits(value: Any) -> str | None:
        if type(value) is not dict:
            return ": expected a mapping"
        for name, of in value.items():
            said = values(of)
            if said is not None:
                return f".{name}{said}"
        return None

    return fits


def mapping_of(fields: Mapping[str, Fits], required: Collection[str] = ()) -> Fits:
    """Take a mapping that has these fields and no other."""
    needed = frozenset(required)

    def fits(value: Any) -> str | None:
        return next((f".{said}" for said in misfits_of(fields, required, value)), None)

    def plainly_fits(value: Any) -> str | None:
        if type(value) is not dict:
            return ": expected a mapping"
        for name, of in value.items():
            field = fields.get(name)
            if field is None or field(of) is not None:
                return fits(value)
        return None if value.keys() >= needed else fits(value)

    return plainly_fits


def misfits_of(fields: Mapping[str, Fits], required: Collection[str], value: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit in a mapping: each field with what is wrong with it."""
    for name, of in value.items():
        field = fields.get(name)
        said = ": its schema has no such field" if field is None else field(of)
        if said is not None:
            yield f"{name}{said}"
    for name in required:
        if name not in value:
            yield f"{name}: it is missing"


def reference_of(named: str, *, is_optional: bool) -> Fits:
    """Take what stands for another record: its UUID and, unless it may have none, its name."""
    text = plain("text", str)
    closely = mapping_of({"uuid": text, named: text}, ["uuid"] if is_optional else ["uuid", named])

    def fits(value: Any) -> str | None:
        if type(value) is not dict:
            return ": expected a reference"
        if len(value) == 2 and type(value.get("uuid")) is str and type(value.get(named)) is str:
            return None
        return closely(value)

    return fits
