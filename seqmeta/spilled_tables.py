"""The parts of a run's collections that lie in its temporary database, and are read back from there."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from seqmeta.overflow import Overflow

Key = TypeVar("Key")
Value = TypeVar("Value")

_MOST_RECENT = 2_000
"""How much of what was read last is kept, by its weight: some values have thousands of items."""

_FILTER_BITS = 1 << 25
_FILTER = _FILTER_BITS - 1
_LEAST_AHEAD, _MOST_AHEAD = 2, 64
_HALF, _LOW_HALF = 32, (1 << 32) - 1
_MOST_MERGED = 1 << 18
"""Up to so many numbers of rows are merged into one part, which takes some forty bytes for each meanwhile."""


def _no_text(_key: Any, _value: Any) -> str:
    return ""


class Form(NamedTuple):
    """How the keys and values of a mapping look in the database: as text and as bytes, and back.

    `tag` is what values are selected by, `place` the text that sorts those of one tag (else they come as they were put
    in), `weight` says how much of the memory a value takes up.
    """

    key_text: Callable[[Any], str]
    key: Callable[[str], Any]
    dump: Callable[[Any], bytes]
    load: Callable[[str, bytes], Any]
    """Takes the tag and the bytes."""
    tag: Callable[[Any, Any], str] = _no_text
    place: Callable[[Any, Any], str] = _no_text
    weight: Callable[[Any], float] = lambda _value: 1
    is_short: bool = False
    """Whether values are short and asked for in the order in which they came, most often: some are read ahead."""
    is_once: bool = False
    """Whether each key gets its value once, which is not looked after: nothing takes the place of anything, and what
    comes in the order of the places need not be sorted to be selected."""


class Table(Generic[Key, Value]):
    """The part of a mapping that is in the database: rows one behind the other, found by the hashes of their keys.

    What is surely not there is not looked for: a Bloom filter tells. What was read last is kept for a while.
    """

    def __init__(self, overflow: Overflow, form: Form) -> None:
        """Make an empty one in this database."""
        self._overflow = overflow
        self._form = form
        self._name = overflow.new_table("n INTEGER PRIMARY KEY, key TEXT, tag TEXT, place TEXT, data BLOB")
        self._numbers = _Numbers()
        self._last = 0
        self._spans: dict[str, tuple[int, int]] = {}
        """From where to where rows of a tag are: those of one tag come together, most often."""
        self._last_places: dict[str, str] = {}
        self._unsorted: set[str] = set()
        self._heavy: dict[Key, Value] = {}
        self._filter = bytearray(_FILTER_BITS // 8)
        self._recent: dict[Key, Value] = {}
        self._recent_weight = 0.0
        self._ahead = _LEAST_AHEAD
        self._used = 0

    def put(self, items: Mapping[Key, Value], heavy: Collection[Key]) -> None:
        """Take over these, of which the heavy ones stay in memory."""
        form, bits = self._form, self._filter
        if not form.is_once:
            for key in filter(self._may_have, items):
                self._drop(key)
        for key in items:
            number = hash(key)
            bits[(number & _FILTER) >> 3] |= 1 << (number & 7)
            number >>= _HALF
            bits[(number & _FILTER) >> 3] |= 1 << (number & 7)
        self._heavy |= {key: items[key] for key in heavy}
        self._numbers.add(map(hash, items), self._last + 1)
        rows = (self._row(key, of, b"" if key in heavy else form.dump(of)) for key, of in items.items())
        self._overflow.write(f"INSERT INTO {self._name} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608 - a table of our own
        self._forget()

    def _row(self, key: Key, value: Value, data: bytes) -> tuple[int, str, str, str, bytes]:
        form = self._form
        tag, place = form.tag(key, value), form.place(key, value)
        if place < self._last_places.get(tag, ""):
            self._unsorted.add(tag)
        self._last_places[tag] = place
        self._last += 1
        self._spans[tag] = (self._spans.get(tag, (self._last,))[0], self._last)
        return self._last, form.key_text(key), tag, place, data

    def _drop(self, key: Key) -> None:
        """Take away the row of a key, where there is one."""
        row = self._find(key)
        if row is not None:
            self._heavy.pop(key, None)
            self._overflow.write(f"DELETE FROM {self._name} WHERE n = ?", [row[:1]])  # noqa: S608 - as above

    def _may_have(self, key: Key) -> bool:
        bits, number = self._filter, hash(key)
        if not bits[(number & _FILTER) >> 3] >> (number & 7) & 1:
            return False
        number >>= _HALF
        return bits[(number & _FILTER) >> 3] >> (number & 7) & 1 == 1

    def get(self, key: Key) -> Value | None:
        """The value of a key, None where there is none."""
        found = self._recent.get(key)
        if found is not None:
            self._used += 1
        elif key in self._heavy:
            found = self._heavy[key]
        elif self._may_have(key):
            if self._recent_weight >= _MOST_RECENT:
                self._forget()
            self._read(key)
            found = self._recent.get(key)
        return found

    def _find(self, key: Key) -> tuple[int, str, bytes] | None:
        """The number, tag and data of the row of a key."""
        query = f"SELECT n, tag, data FROM {self._name} WHERE n = ? AND key = ?"  # noqa: S608 - as above
        text = self._form.key_text(key)
        rows = (self._overflow.one(query, number, text) for number in self._numbers.find(hash(key)))
        return next((row for row in rows if row is not None), None)

    def _read(self, key: Key) -> None:
        """Keep the value of a key, where there is one, and those of some that came after it."""
        row = self._find(key)
        if row is None:
            return
        number, tag, data = row
        self._keep(key, self._form.load(tag, data))
        if self._form.is_short:
            was_right = 2 * self._used >= self._ahead
            self._ahead = min(2 * self._ahead, _MOST_AHEAD) if was_right else max(self._ahead // 2, _LEAST_AHEAD)
            self._used = 0
            for other, of, data in self._items("WHERE n > ? ORDER BY n LIMIT ?", number, self._ahead):
                if other not in self._heavy:
                    self._keep(other, self._form.load(of, data))

    def _forget(self) -> None:
        self._recent, self._recent_weight = {}, 0.0

    def _keep(self, key: Key, value: Value) -> None:
        """Put a value to what was read last."""
        self._recent[key] = value
        self._recent_weight += self._form.weight(value)

    def select(self, tag: str | None) -> Iterator[tuple[Key, Value]]:
        """Keys and values, or those of one tag, sorted by their places."""
        heavy, load = self._heavy, self._form.load
        return ((key, heavy[key] if key in heavy else load(of, data)) for key, of, data in self._sorted(tag))

    def _sorted(self, tag: str | None) -> Iterator[tuple[Key, str, bytes]]:
        if tag is None:
            return self._items("ORDER BY place, n")
        order = "n" if self._form.is_once and tag not in self._unsorted else "place, n"
        return self._items(f"WHERE n BETWEEN ? AND ? AND tag = ? ORDER BY {order}", *self._spans.get(tag, (0, 0)), tag)

    def _items(self, which: str, *values: object) -> Iterator[tuple[Key, str, bytes]]:
        rows = self._overflow.all(f"SELECT key, tag, data FROM {self._name} {which}", *values)  # noqa: S608 - as above
        key = self._form.key
        return ((key(text), tag, data) for text, tag, data in rows)

    def __len__(self) -> int:
        return int(self._overflow.one(f"SELECT count(*) FROM {self._name}")[0])  # noqa: S608 - as above


class _Numbers:
    """The numbers of rows by the hashes of their keys, in eight bytes each: half a hash, and a number below 2^32.

    They are in sorted parts, of which those added last are merged while they are small: a lookup goes through each. In
    the database a tree of them would have each of its pages changed by each part that is added.
    """

    def __init__(self) -> None:
        self._parts: list[array[int]] = []

    def add(self, hashes: Iterable[int], first: int) -> None:
        """Number the rows of these hashes from `first` on."""
        numbered = enumerate(hashes, start=first)
        part = sorted((of & _LOW_HALF) << _HALF | number for number, of in numbered)
        while self._parts and len(self._parts[-1]) <= 2 * len(part) and len(self._parts[-1]) + len(part) < _MOST_MERGED:
            part = sorted(chain(self._parts.pop(), part))  # two runs that are sorted: in one pass
        self._parts.append(array("Q", part))

    def find(self, wanted: int) -> Iterator[int]:
        """Yield the numbers of the rows whose keys may have this hash."""
        half = wanted & _LOW_HALF
        for part in reversed(self._parts):
            at = bisect_left(part, half << _HALF)
            while at < len(part) and part[at] >> _HALF == half:
                yield part[at] & _LOW_HALF
                at += 1
