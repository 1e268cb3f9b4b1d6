"""The committed records of an index, looked up there instead of in memory."""

from collections.abc import Iterator

from seqmeta.index import Index
from seqmeta.records import Record


class IndexedRecords:
    """The committed records as the index has them: what `seqmeta.records.Records` is, without loading them all."""

    def __init__(self, index: Index) -> None:
        """Look up in this index."""
        self._index = index

    def get(self, uuid: str) -> Record | None:
        """The record of this UUID."""
        thing = self._index.thing(uuid)
        return None if thing is None else thing.record

    def named(self, kind: str, name: str, scope: str = "") -> Record | None:
        """The record of this kind and name (an asset group's within the study `scope`)."""
        thing = self._index.named(kind, name, scope)
        return None if thing is None else thing.record

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

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        return self._index.names(kind, most)

    def __iter__(self) -> Iterator[Record]:
        return self._index.records()
