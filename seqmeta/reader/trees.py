"""Documents as trees of text, with a parallel tree of places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Value = None | str | dict[str, "Value"] | list["Value"]
"""A value as it was written: text, a mapping, a list, or None for "not given"."""

Path = tuple[str | int, ...]
"""The way from a document's root to a value: keys of mappings, indices of lists."""


class Mark(NamedTuple):
    """The place of a value; its marks form a tree parallel to the value.

    `line` and `column` count from 1, the column in code points. `children` has the marks of a mapping's values by
    key, or of a list's items; a scalar has none. `key_places` has line and column of each key of a mapping, one
    behind the other in the order of `children`: a list of numbers takes a third of the memory of a mapping.
    """

    line: int
    column: int
    key_places: list[int] | None
    children: dict[str, Mark] | list[Mark] | None

    @property
    def keys(self) -> dict[str, tuple[int, int]] | None:
        """The place of each key of a mapping; None for a list or a scalar."""
        places = self.key_places
        if places is None or self.children is None:
            return None
        pairs = zip(places[::2], places[1::2], strict=True)
        return {str(key): place for key, place in zip(self.children, pairs, strict=True)}


class Tree(NamedTuple):
    """One document: its value, the places in it, and its number in the file, from 0."""

    value: Value
    mark: Mark
    number: int


class Fault(NamedTuple):
    """One thing that is wrong with the text of a file, with its place.

    `document` is the number of the document that it stands in, `path` the way to it as far as it is known.
    """

    line: int
    column: int
    document: int
    path: Path
    code: str
    message: str


class Reading(NamedTuple):
    """What was read from a file: the documents that have content, and the faults in order of their places.

    A file with faults is refused; its documents are there so that what else is wrong with them can be said too.
    """

    documents: list[Tree]
    faults: list[Fault]


KeyPlaces = dict[int, dict[str, tuple[int, int]]]
"""The places of the keys of some mappings, by the identity of the mapping's mark."""


def locate(
    mark: Mark, path: Sequence[str | int], *, key: bool = False, seen: KeyPlaces | None = None
) -> tuple[int, int]:
    """Return line and column of the value at `path` below `mark`, or of the nearest one above it that exists.

    With `key`, the place of the last key of the path, where the path ends in a key. Who asks for many keys of one
    tree hands the same `seen` in each time: the keys of a large mapping are then counted once.
    """
    above, last = mark, None
    for step in path:
        child = find_child(mark, step)
        if child is None:
            break
        above, mark, last = mark, child, step
    keys = _keys(above, seen) if key and isinstance(last, str) else None
    return (mark.line, mark.column) if keys is None else keys[str(last)]


def _keys(mark: Mark, seen: KeyPlaces | None) -> dict[str, tuple[int, int]] | None:
    if seen is None:
        return mark.keys
    if id(mark) not in seen:
        seen[id(mark)] = mark.keys or {}
    return seen[id(mark)]


def find_child(mark: Mark, step: str | int) -> Mark | None:
    """Return the mark of a mapping's value or a list's item, None where there is none."""
    children = mark.children
    if isinstance(children, dict) and isinstance(step, str):
        child: Mark | None = children.get(step)
        return child
    if isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
        item: Mark = children[step]
        return item
    return None
