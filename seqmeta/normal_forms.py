"""What a run reads of the descriptions: the normal forms of things, kept by kind and in the order of their sources.

Of what has problems there is no normal form; what could be read of it is kept beside them.
"""

from collections.abc import Iterable, Iterator

import orjson

from seqmeta.documents import Source
from seqmeta.overflow import Overflow
from seqmeta.records import Body
from seqmeta.spilling import SpilledRows
from seqmeta.weights import weigh

Normal = tuple[str, Body, Source]
"""A kind, a body in normal form, and where it is described."""


class Normals:
    """The normal forms of a run, however many: they are read off kind by kind."""

    def __init__(self, items: Iterable[Normal] = (), partly: Iterable[Normal] = ()) -> None:
        """Take these, in whatever order they come."""
        self._rows: SpilledRows[Normal] = SpilledRows(Overflow(), _dump, _load)
        self._partly: SpilledRows[Normal] = SpilledRows(Overflow(), _dump, _load)
        self._count = 0
        self.extend(*(sorted(of, key=lambda item: item[2].order) for of in (items, partly)))

    def extend(self, items: Iterable[Normal], partly: Iterable[Normal]) -> None:
        """Add more, in the order of their sources and behind all that are in."""
        for item in items:
            self._rows.append(item[0], item, weigh(item[1]))
            self._count += 1
        for item in partly:
            self._partly.append(item[0], item, weigh(item[1]))

    def __len__(self) -> int:
        return self._count

    def of_kind(self, kind: str) -> Iterator[Normal]:
        """Those of a kind, as a person reads them."""
        return self._rows.select(kind)

    def partly_of_kind(self, kind: str) -> Iterator[Normal]:
        """What could be read of those of a kind that have problems: of faulty fields a part, or None."""
        return self._partly.select(kind)


def _dump(items: list[Normal]) -> bytes:
    return orjson.dumps([(kind, body, *source) for kind, body, source in items])


def _load(data: bytes) -> Iterator[Normal]:
    return ((kind, body, Source(*source)) for kind, body, *source in orjson.loads(data))
