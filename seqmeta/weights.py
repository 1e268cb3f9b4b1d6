"""How much memory a thing takes up, in the unit that the allowances of a run are counted in: a body of six fields."""

from collections.abc import Mapping
from typing import Any

ENTRY = 0.55
"""What a mapping's entry of a name and a UUID weighs, and as much else: some 300 bytes. A biosample has some 500."""
_ITEM = 1 / 3
"""What a name or a reference weighs in a list."""
_MANY = (list, dict)
_LONG_TEXT, _CHARACTER = 256, 1 / 550
"""A text of so many characters counts by its length, a shorter one as any field does."""
_MOST_OF_REFERENCE = 2
"""A reference has a UUID and a name; what has more fields is a thing of its own."""


def weigh(body: Mapping[str, Any]) -> float:
    """Say how much of the memory a body takes up: one of six fields 1, a name or reference in it a third.

    A long text weighs what its length does.
    """
    weight = 0.25 + len(body) / 8
    for value in body.values():
        if type(value) is str:
            if len(value) > _LONG_TEXT:
                weight += len(value) * _CHARACTER
        elif type(value) in _MANY and value:
            weight += _weigh_items(value)
    return weight


def _weigh_items(items: list[Any] | dict[str, Any]) -> float:
    """Say what the items of a list or mapping take up, which are all like the first."""
    first = items[0] if isinstance(items, list) else next(iter(items.values()))
    return len(items) * (1 if type(first) is dict and len(first) > _MOST_OF_REFERENCE else _ITEM)
