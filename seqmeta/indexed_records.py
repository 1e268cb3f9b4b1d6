"""The committed records of an index, looked up there instead of in memory."""

from collections.abc import Collection, Iterator

from seqmeta.index import Index, Thing
from seqmeta.recorded import Outline, outline_of
from seqmeta.records import Record
from seqmeta.weights import weigh

_MOST_RECENT = 50_000
"""Records of so much weight in all are kept for a while: what is found by name is asked for its body next."""


class IndexedRecords:
    """The committed records as the index has them: what `seqmeta.records.Records` is, without loading them all."""

    def __init__(self, index: Index) -> None:
        """Look up in this index."""
        self._index = index
        self._recent: dict[str, Record] = {}
        self._weight = 0.0

    def get(self, uuid: str) -> Record | None:
        """The record of this UUID."""
        return self._recent.get(uuid) or self._keep(self._index.thing(uuid))

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID, for which its body need not be read."""
        record = self._recent.get(uuid)
        return self._index.outline(uuid) if record is None else outline_of(record.kind, record.body)

    def outlines(self, uuids: Collection[str]) -> dict[str, Outline]:
        """The outlines of the records of these UUIDs, by UUID."""
        return self._index.outlines(uuids)

    def among(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs are those of records, requests or pools."""
        return self._index.among(uuids)

    def _keep(self, thing: Thing | None) -> Record | None:
        if thing is None:
            return None
        self._weight += weigh(thing.record.body)
        if self._weight > _MOST_RECENT:
            self._recent, self._weight = {}, 0.0
        else:
            self._recent[thing.record.uuid] = thing.record
        return thing.record

    def named(self, kind: str, name: str, scope: str = "") -> Record | None:
        """The record of this kind and name (an asset group's within the study `scope`)."""
        return self._keep(self._index.named(kind, name, scope))

    def owner(self, uuid: str) -> str | None:
        """The UUID of the submission that this request or pool is of."""
        owned = self._index.owner(uuid)
        return None if owned is None else owned[0]

    def is_request(self, uuid: str) -> bool:
        """Whether the UUID is that of a request."""
        owned = self._index.owner(uuid)
        return owned is not None and owned[1]

    def of_kind(self, kind: str) -> Iterator[Record]:
        """All records of a kind, by UUID."""
        return self._index.of_kind(kind)

    def referring(self, uuid: str, kind: str) -> list[str]:
        """The UUIDs of the records of a kind that refer to a thing, sorted."""
        return sorted(source for source, of, _ in self._index.sources(uuid) if of == kind)

    def unsettled(self, kind: str) -> list[str]:
        """The UUIDs of the records of one of the kinds of `SETTLED` that are not in that state, sorted."""
        return [uuid for uuid, _ in self._index.unsettled(kind)]

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        return self._index.names(kind, most)

    def __iter__(self) -> Iterator[Record]:
        return self._index.records()
