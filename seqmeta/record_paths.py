"""The paths of one kind of record in a commit to where their bytes are: thirty-six bytes for each, however many."""

from collections.abc import Iterable, Iterator

from seqmeta.git import Entry
from seqmeta.kinds import load_kinds
from seqmeta.worktree import is_record_path

_UUID, _BLOB = 16, 20
_EACH = _UUID + _BLOB


class RecordPaths:
    """The blobs of the records of a kind, by UUID and in that order."""

    def __init__(self, kind: str, entries: Iterable[Entry]) -> None:
        """Take the entries of the folder of a kind, sorted as git sorts them, which is by UUID."""
        self._kind = load_kinds()[kind]
        self._packed = b"".join(
            bytes.fromhex(entry.path[-41:-5].replace("-", "") + entry.id)
            for entry in entries
            if entry.type == "blob" and is_record_path(entry.path) and entry.path == self._kind.path(entry.path[-41:-5])
        )

    def __len__(self) -> int:
        return len(self._packed) // _EACH

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield the path and the blob of each record."""
        return (self._at(place) for place in range(len(self)))

    def _at(self, place: int) -> tuple[str, str]:
        start = place * _EACH
        text = self._packed[start : start + _UUID].hex()
        uuid = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        return self._kind.path(uuid), self._packed[start + _UUID : start + _EACH].hex()

    def find(self, uuid: str) -> tuple[str, str] | None:
        """Find the path and the blob of one record."""
        wanted = bytes.fromhex(uuid.replace("-", ""))
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._packed[middle * _EACH : middle * _EACH + _UUID] < wanted:
                low = middle + 1
            else:
                high = middle
        is_there = low < len(self) and self._packed[low * _EACH : low * _EACH + _UUID] == wanted
        return self._at(low) if is_there else None
