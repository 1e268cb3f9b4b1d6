"""Collections that keep what they got last in memory and the rest in a temporary database.

So a run of a million things needs no more memory than one of a hundred thousand. The database is a temporary file of
SQLite's own (below /var/tmp, or where `SQLITE_TMPDIR` or `TMPDIR` points): it has no name by which anybody could open
it, and it is gone with the process, however that ends.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar, overload

from seqmeta.overflow import Overflow

Key = TypeVar("Key")
Value = TypeVar("Value")
Other = TypeVar("Other")

MOST_IN_MEMORY = 45_000
"""How much each collection keeps in memory, by the weight of its values."""

_HEAVY, _MOST_HEAVY = 1 / 4, 4
"""A value of so much of the allowance is kept in memory, up to so many allowances in all: it has to be there whole
whenever it is asked for, and to read it back each time takes longer than all the rest."""

_MOST_RECENT = 2_000
_FILTER_BITS = 1 << 25
_LAST = "\U0010ffff"


def _no_text(_key: Any, _value: Any) -> str:
    return ""


class Form(NamedTuple):
    """How the keys and values of a mapping look in the database: as text and as bytes, and back.

    `tag` is what values are selected by, `place` the text that sorts those of one tag, `weight` says how much of the
    memory a value takes up.
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
    """Whether values are short and selected by how their keys begin: their tags are these beginnings."""
    is_once: bool = False
    """Whether each key gets its value once: what comes in the order of the places need not be sorted to be selected."""


class Spilled(Mapping[Key, Value]):
    """A mapping to add to; a value must not be changed once it is in."""

    def __init__(self, overflow: Overflow, form: Form, most: int | None = None) -> None:
        """Keep up to `most` in memory (default: `MOST_IN_MEMORY`) and the rest in this database."""
        self._overflow = overflow
        self._form = form
        self._most = MOST_IN_MEMORY if most is None else most
        self._young: dict[Key, Value] = {}
        self._weight = 0.0
        self._heavy_left: float = self._most * _MOST_HEAVY
        self._old: _Table[Key, Value] | None = None

    def __setitem__(self, key: Key, value: Value) -> None:
        self._young[key] = value
        weight = self._form.weight(value)
        if self._most * _HEAVY <= weight <= self._heavy_left:  # stays in memory, so it drives nothing else out
            self._heavy_left -= weight
        else:
            self._weight += weight
        if self._weight >= self._most:
            self._spill()

    def __getitem__(self, key: Key) -> Value:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    @overload
    def get(self, key: Key, /) -> Value | None: ...

    @overload
    def get(self, key: Key, /, default: Value | Other) -> Value | Other: ...

    def get(self, key: Key, /, default: Value | Other | None = None) -> Value | Other | None:
        """The value of a key, or the default."""
        found = self._find(key)
        return default if found is None else found

    def _find(self, key: Any) -> Value | None:
        found = self._young.get(key)
        return self._old.get(key) if found is None and self._old is not None else found

    def __contains__(self, key: object) -> bool:
        return self._find(key) is not None

    def __len__(self) -> int:
        if self._old is None:
            return len(self._young)
        self._spill()
        return len(self._old)

    def __iter__(self) -> Iterator[Key]:
        return (key for key, _ in self.select())

    def setdefault(self, key: Key, value: Value) -> Value:
        """The value of a key, which is this one where there was none."""
        found = self.get(key)
        if found is None:
            self[key] = found = value
        return found

    def select(self, tag: str | None = None) -> Iterator[tuple[Key, Value]]:
        """Keys and values, or those of one tag, sorted by their places; the mapping may be added to meanwhile."""
        form = self._form
        if self._old is None:
            items = [(key, of) for key, of in self._young.items() if tag is None or form.tag(key, of) == tag]
            return iter(sorted(items, key=lambda item: form.place(*item)))
        self._spill()
        return self._old.select(tag)

    def _spill(self) -> None:
        if self._old is None:
            self._old = _Table(self._overflow, self._form, self._most)
        self._old.put(self._young)
        self._young, self._weight = {}, 0.0


class _Table(Generic[Key, Value]):
    """The part of a mapping that is in the database.

    What is surely not there is not looked for: a Bloom filter tells. What was read last is kept for a while.
    """

    def __init__(self, overflow: Overflow, form: Form, most: int) -> None:
        self._overflow = overflow
        self._form = form
        self._heavy: dict[Key, Value] = {}
        self._from, self._heavy_left = most * _HEAVY, float(most * _MOST_HEAVY)
        if form.is_short:  # one tree, in the order of the keys
            name = overflow.new_table("key TEXT PRIMARY KEY, data BLOB", "WITHOUT ROWID")
            self._put = f"REPLACE INTO {name} VALUES (?, ?)"  # noqa: S608 - a table of our own
            self._one = f"SELECT '', data FROM {name} WHERE key = ?"  # noqa: S608 - as above
            self._all = f"SELECT key, '', data FROM {name} WHERE key >= ? AND key < ? ORDER BY key"  # noqa: S608 - as above
        else:  # found by the hash of the key, whose index is a quarter of one of the keys
            name = overflow.new_table("n INTEGER PRIMARY KEY, hash INTEGER, key TEXT, tag TEXT, place TEXT, data BLOB")
            overflow.sort_by("tag", name)
            overflow.sort_by("hash", name)
            self._put = f"INSERT INTO {name} (hash, key, data, tag, place) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - as above
            self._one = f"SELECT tag, data FROM {name} WHERE hash = ? AND key = ?"  # noqa: S608 - as above
            self._all = f"SELECT key, tag, data FROM {name} WHERE tag >= ? AND tag < ? ORDER BY place, n"  # noqa: S608 - as above
            self._sorted = f"SELECT key, tag, data FROM {name} WHERE tag = ? AND n <= ? ORDER BY n"  # noqa: S608 - as above
        self._drop = f"DELETE FROM {name} WHERE hash = ? AND key = ?"  # noqa: S608 - as above
        self._newest = f"SELECT max(n) FROM {name}"  # noqa: S608 - as above
        self._number = f"SELECT count(*) FROM {name}"  # noqa: S608 - as above
        self._last_places: dict[str, str] = {}
        self._unsorted: set[str] = set()
        self._filter = bytearray(_FILTER_BITS // 8)
        self._recent: dict[Key, Value] = {}

    def put(self, items: Mapping[Key, Value]) -> None:
        form, bits = self._form, self._filter
        if not form.is_short:
            self._overflow.write(self._drop, (self._where(key) for key in items if self._may_have(key)))
        for key in items:
            for bit in _bits(key):
                bits[bit >> 3] |= 1 << (bit & 7)
        self._keep_heavy(items)
        if form.is_short:  # sorted, they go to each page of the tree once
            self._overflow.write(self._put, sorted(map(self._short_row, items.items())))
        else:
            self._overflow.write(self._put, map(self._row, items.items()))
        self._recent = {}

    def _may_have(self, key: Key) -> bool:
        return all(self._filter[bit >> 3] >> (bit & 7) & 1 for bit in _bits(key))

    def _where(self, key: Key) -> tuple[int | str, ...]:
        text = self._form.key_text(key)
        return (text,) if self._form.is_short else (hash(text), text)

    def _keep_heavy(self, items: Mapping[Key, Value]) -> None:
        for key, value in items.items():
            weight = self._form.weight(value)
            if self._heavy.pop(key, None) is not None or self._from <= weight <= self._heavy_left:
                self._heavy[key] = value
                self._heavy_left -= weight

    def _short_row(self, item: tuple[Key, Value]) -> tuple[str, bytes]:
        return self._form.key_text(item[0]), b"" if item[0] in self._heavy else self._form.dump(item[1])

    def _row(self, item: tuple[Key, Value]) -> tuple[int, str, bytes, str, str]:
        text, data = self._short_row(item)
        tag, place = self._form.tag(*item), self._form.place(*item)
        if place < self._last_places.get(tag, ""):
            self._unsorted.add(tag)
        self._last_places[tag] = place
        return hash(text), text, data, tag, place

    def get(self, key: Key) -> Value | None:
        if not self._may_have(key):
            return None
        if key in self._heavy:
            return self._heavy[key]
        if key in self._recent:
            return self._recent[key]
        row = self._overflow.one(self._one, *self._where(key))
        if row is None:
            return None
        if len(self._recent) >= _MOST_RECENT:
            self._recent = {}
        value: Value = self._form.load(*row)
        self._recent[key] = value
        return value

    def __len__(self) -> int:
        return int(next(self._overflow.all(self._number))[0])

    def select(self, tag: str | None) -> Iterator[tuple[Key, Value]]:
        if tag is not None and self._form.is_once and tag not in self._unsorted:
            rows = self._overflow.all(self._sorted, tag, self._overflow.one(self._newest)[0])
        else:
            first, beyond = ("", _LAST) if tag is None else (tag, tag + (_LAST if self._form.is_short else "\0"))
            rows = self._overflow.all(self._all, first, beyond)
        keyed = ((self._form.key(text), of, data) for text, of, data in rows)
        return ((key, self._heavy[key] if key in self._heavy else self._form.load(of, data)) for key, of, data in keyed)


def _bits(key: Any) -> tuple[int, int]:
    """The two bits of the filter that stand for a key."""
    number = hash(key)
    return number & (_FILTER_BITS - 1), (number >> 32) & (_FILTER_BITS - 1)


class SpilledRows(Generic[Value]):
    """Values in the order in which they come, each with a tag to select by."""

    def __init__(
        self,
        overflow: Overflow,
        dump: Callable[[Value], bytes],
        load: Callable[[bytes], Value],
        most: int | None = None,
    ) -> None:
        """Keep up to `most` in memory (default: `MOST_IN_MEMORY`) and the rest in this database."""
        self._overflow = overflow
        self._dump, self._load = dump, load
        self._most = MOST_IN_MEMORY if most is None else most
        self._young: list[tuple[str, Value]] = []
        self._weight = 0.0
        self._table: str | None = None

    def append(self, tag: str, value: Value, weight: float = 1) -> None:
        """Add a value at the end."""
        self._young.append((tag, value))
        self._weight += weight
        if self._weight >= self._most:
            self._spill()

    def select(self, *tags: str) -> Iterator[Value]:
        """The values, or those of these tags, in the order in which they came."""
        if self._table is None:
            return iter([value for tag, value in self._young if not tags or tag in tags])
        self._spill()
        which = f"WHERE tag IN ({', '.join('?' * len(tags))})" if tags else ""
        rows = self._overflow.all(f"SELECT data FROM {self._table} {which} ORDER BY n", *tags)  # noqa: S608 - as above
        return (self._load(data) for (data,) in rows)

    def _spill(self) -> None:
        if self._table is None:
            self._table = self._overflow.new_table("n INTEGER PRIMARY KEY, tag TEXT, data BLOB")
            self._overflow.sort_by("tag", self._table)
        rows = ((tag, self._dump(value)) for tag, value in self._young)
        self._overflow.write(f"INSERT INTO {self._table} (tag, data) VALUES (?, ?)", rows)  # noqa: S608 - as above
        self._young, self._weight = [], 0.0
