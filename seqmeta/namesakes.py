"""The names of things: whose each of them is, and which differ from each other in case alone."""

from collections.abc import Iterator
from itertools import chain

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


def _tag(key: _Key, _: _Holder) -> str:
    return "\n".join(key[:2])


def _load_holder(_tag: str, data: bytes) -> _Holder:
    uuid, name = data.decode().split("\n", 1)
    return uuid, name


_HOLDERS = Form(
    key_text="\n".join,
    key=_key,
    dump=lambda holder: "\n".join(holder).encode(),
    load=_load_holder,
    tag=_tag,
    weight=lambda _: ENTRY,
    is_short=True,
    is_once=True,
)


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
        """Make a name known, which nothing else has; return the UUID of what had it first in another case, if any."""
        first = self._first.setdefault((kind, scope, name.casefold()), (uuid, name))
        if first[1] == name:
            return None
        self._others.setdefault((kind, scope, name), (uuid, name))
        return first[0]

    def of(self, kind: str, scope: str) -> Iterator[str]:
        """The names of a kind and scope, in the order in which they became known, those in another case last."""
        tag = f"{kind}\n{scope}"
        return (name for _, (_, name) in chain(self._first.select(tag), self._others.select(tag)))
