"""Lists in one cell of a table to their items and back: `A; B`, an item with a separator in it in double quotes."""

import re
from collections.abc import Iterable

_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[;,\n]|\Z)|([^;,\n]*))(?:[;,\n]|\Z)')
_NEEDS_QUOTES = re.compile(r'[;,\n"]|\A\s|\s\Z|\A\Z')


def split_cell(cell: str) -> list[str]:
    """Split a cell at semicolons, commas and line breaks that are not within quotes; empty items are dropped."""
    items = []
    place = 0
    while place < len(cell):
        found = _ITEM.match(cell, place)
        if found is None:
            raise AssertionError(f"no item at {place} of {cell!r}")
        quoted, plain = found.groups()
        items.append(quoted.replace('""', '"') if quoted is not None else plain.strip())
        place = found.end()
    return [item for item in items if item]


def join_cell(items: Iterable[str]) -> str:
    """Join items so that `split_cell` gives them back."""
    return "; ".join('"' + item.replace('"', '""') + '"' if _NEEDS_QUOTES.search(item) else item for item in items)
