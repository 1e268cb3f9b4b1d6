"""The names of all objects of a store, in 28 bytes each: there may be millions, and what trees name is looked for."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from struct import iter_unpack

_BYTES, _HEAD = 20, 8


@dataclass(slots=True)
class ObjectNames:
    """Sorted names, and the numbers that their first bytes are, by which they are found."""

    _names: bytes = b""
    _heads: "array[int]" = field(default_factory=lambda: array("Q"))

    @classmethod
    def of(cls, names: bytes | bytearray) -> "ObjectNames":
        """Take names of 20 bytes each, one behind the other in sorted order."""
        return cls(bytes(names), array("Q", (head for (head,) in iter_unpack(">Q12x", names))))

    def __contains__(self, name: str) -> bool:
        wanted = bytes.fromhex(name)
        head = int.from_bytes(wanted[:_HEAD])
        place = bisect_left(self._heads, head)
        while place < len(self._heads) and self._heads[place] == head:
            if self._names[place * _BYTES : (place + 1) * _BYTES] == wanted:
                return True
            place += 1
        return False
