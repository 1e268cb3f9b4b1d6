"""Names to what has them, also where they differ in case alone."""

from collections.abc import Iterator
from itertools import chain, islice

from seqmeta.overflow import Overflow
from seqmeta.spilled_tables import Form
from seqmeta.spilling import Spilled
from seqmeta.weights import ENTRY

_Key = tuple[str, str, str]
"""Kind, scope, and a name or one with its case folded."""

_Holder = tuple[str, str]
"""A UUID, and the name that it has."""


def _key(text: str) -> _Key:
    kind, scope, name = text.split("\n", 2)
    return kind, scope, name


def _load_holder(_tag: str, data: bytes) -> _Holder:
    uuid, name = data.decode().split("\n", 1)
    return uuid, name


_HOLDERS = Form(
    key_text="\n".join,
    key=_key,
    dump=lambda holder: "\n".join(holder).encode(),
    load=_load_holder,
    tag=lambda key, _: key[0],
    weight=lambda _: ENTRY,
    is_short=True,
    is_once=True,
)


_MOST_SEEN = 50_000
"""Among so many names of a kind those of one scope are looked for: a kind may have a scope for each of its things."""


class Names:
    """Names of each kind and scope to UUIDs, however many.

    A name is looked for with its case folded: so one look says whether it is taken, and whether a name is that differs
    in case alone.
    """

    def __init__(self, overflow: Overflow) -> None:
        """Know no name; what does not stay in memory goes to this database."""
        self._first: Spilled[_Key, _Holder] = Spilled(overflow, _HOLDERS)
        """By folded name what had such a name first."""
        self._others: Spilled[_Key, _Holder] = Spilled(overflow, _HOLDERS)
        """By name what has one that something else had first in another case."""

    def find(self, kind: str, scope: str, name: str) -> str | None:
        """The UUID of what has exactly this name."""
        first = self._first.get((kind, scope, name.casefold()))
        if first is None or first[1] == name:
            return None if first is None else first[0]
        other = self._others.get((kind, scope, name))
        return None if other is None else other[0]

    def add(self, kind: str, scope: str, name: str, uuid: str) -> str | None:
        """Make a name known, unless it is; return the UUID of what had it first in another case, if anything had."""
        first = self._first.setdefault((kind, scope, name.casefold()), (uuid, name))
        if first[1] == name:
            return None
        self._others.setdefault((kind, scope, name), (uuid, name))
        return first[0]

    def some(self, kind: str, scope: str, most: int) -> list[str]:
        """Up to so many names of a kind and scope, sorted: where there are more, those that were known first."""
        known: Iterator[tuple[_Key, _Holder]] = chain(self._first.select(kind), self._others.select(kind))
        named = (name for (_, of, _), (_, name) in islice(known, _MOST_SEEN) if of == scope)
        return sorted(islice(named, most))
