"""The parts of a run's collections that lie in its temporary database, and are read back from there."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from seqmeta.overflow import Overflow

Key = TypeVar("Key")
Value = TypeVar("Value")

_MOST_RECENT = 2_000
"""How much of what was read last is kept, by its weight: some values have thousands of items."""

_FILTER_BITS = 1 << 25
_FILTER = _FILTER_BITS - 1
_LEAST_AHEAD, _MOST_AHEAD = 2, 64
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
    """Whether values are short and selected by how their keys begin: their tags are these beginnings, and their places
    the keys."""
    is_once: bool = False
    """Whether each key gets its value once: what comes in the order of the places need not be sorted to be selected."""


class Table(ABC, Generic[Key, Value]):
    """The part of a mapping that is in the database.

    What is surely not there is not looked for: a Bloom filter tells. What was read last is kept for a while.
    """

    def __init__(self, overflow: Overflow, form: Form, columns: str, more: str = "") -> None:
        """Make an empty one in this database, with the columns of its rows."""
        self._overflow = overflow
        self._form = form
        self._name = overflow.new_table(columns, more)
        self._heavy: dict[Key, Value] = {}
        self._filter = bytearray(_FILTER_BITS // 8)
        self._recent: dict[Key, Value] = {}
        self._recent_weight = 0.0
        self._used = 0

    def put(self, items: Mapping[Key, Value], heavy: Collection[Key]) -> None:
        """Take over these, of which the heavy ones stay in memory."""
        form, bits = self._form, self._filter
        self._drop(form.key_text(key) for key in items if self._may_have(key))
        for key in items:
            number = hash(key)
            bits[(number & _FILTER) >> 3] |= 1 << (number & 7)
            number >>= 32
            bits[(number & _FILTER) >> 3] |= 1 << (number & 7)
        if self._heavy:
            self._heavy = {key: value for key, value in self._heavy.items() if key not in items}
        self._heavy |= {key: items[key] for key in heavy}
        self._write((key, of, b"" if key in heavy else form.dump(of)) for key, of in items.items())
        self._forget()

    def _may_have(self, key: Key) -> bool:
        bits, number = self._filter, hash(key)
        if not bits[(number & _FILTER) >> 3] >> (number & 7) & 1:
            return False
        number >>= 32
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

    def _forget(self) -> None:
        self._recent, self._recent_weight = {}, 0.0

    def _keep(self, key: Key, value: Value) -> None:
        """Put a value to what was read last."""
        self._recent[key] = value
        self._recent_weight += self._form.weight(value)

    def select(self, tag: str | None) -> Iterator[tuple[Key, Value]]:
        """Keys and values, or those of one tag, sorted by their places."""
        keyed = ((self._form.key(text), of, data) for text, of, data in self._rows(tag))
        return ((key, self._heavy[key] if key in self._heavy else self._form.load(of, data)) for key, of, data in keyed)

    def __len__(self) -> int:
        return int(self._overflow.one(f"SELECT count(*) FROM {self._name}")[0])  # noqa: S608 - a table of our own

    @abstractmethod
    def _drop(self, texts: Iterable[str]) -> None:
        """Take away the rows of these keys, as text."""

    @abstractmethod
    def _write(self, rows: Iterable[tuple[Key, Value, bytes]]) -> None: ...

    @abstractmethod
    def _read(self, key: Key) -> None:
        """Keep the value of a key, where there is one."""

    @abstractmethod
    def _rows(self, tag: str | None) -> Iterator[tuple[str, str, bytes]]:
        """The text of keys, tags and data, sorted by their places."""


class ShortTable(Table[Key, Value]):
    """Short values: one tree, in the order of the keys.

    Who asks for one key asks for the next ones after it, most often: so some are read ahead, more where that was right.
    """

    def __init__(self, overflow: Overflow, form: Form) -> None:
        """Make an empty one in this database."""
        super().__init__(overflow, form, "key TEXT PRIMARY KEY, data BLOB", "WITHOUT ROWID")
        self._ahead = _LEAST_AHEAD

    def _drop(self, texts: Iterable[str]) -> None:
        """Leave them: each is replaced by that of the same key."""

    def _write(self, rows: Iterable[tuple[Key, Value, bytes]]) -> None:
        text = self._form.key_text  # sorted, they go to each page of the tree once
        put = f"REPLACE INTO {self._name} VALUES (?, ?)"  # noqa: S608 - a table of our own
        self._overflow.write(put, sorted((text(key), data) for key, _, data in rows))

    def _read(self, key: Key) -> None:
        was_right = 2 * self._used >= self._ahead
        self._ahead = min(2 * self._ahead, _MOST_AHEAD) if was_right else max(self._ahead // 2, _LEAST_AHEAD)
        self._used = 0
        query = f"SELECT key, data FROM {self._name} WHERE key >= ? ORDER BY key LIMIT ?"  # noqa: S608 - as above
        of_text, load = self._form.key, self._form.load
        for text, data in self._overflow.all(query, self._form.key_text(key), self._ahead):
            if (read := of_text(text)) not in self._heavy:
                self._keep(read, load("", data))

    def _rows(self, tag: str | None) -> Iterator[tuple[str, str, bytes]]:
        first, beyond = ("", _LAST) if tag is None else (tag, tag + _LAST)
        query = f"SELECT key, '', data FROM {self._name} WHERE key >= ? AND key < ? ORDER BY key"  # noqa: S608 - as above
        return self._overflow.all(query, first, beyond)


class LongTable(Table[Key, Value]):
    """Values of any length, one behind the other; a second table has where those of a hash are.

    That one is a quarter of one of the keys, and gets its rows sorted: so each of its pages is gone to once for many.
    """

    def __init__(self, overflow: Overflow, form: Form) -> None:
        """Make an empty one in this database."""
        super().__init__(overflow, form, "n INTEGER PRIMARY KEY, key TEXT, tag TEXT, place TEXT, data BLOB")
        self._hashes = overflow.new_table("hash INTEGER, n INTEGER, PRIMARY KEY (hash, n)", "WITHOUT ROWID")
        self._found = f"FROM {self._hashes} JOIN {self._name} USING (n) WHERE hash = ? AND key = ?"
        self._last = 0
        self._spans: dict[str, tuple[int, int]] = {}
        """From where to where rows of a tag are: those of one tag come together, most often."""
        self._last_places: dict[str, str] = {}
        self._unsorted: set[str] = set()

    def _drop(self, texts: Iterable[str]) -> None:
        for text in texts:
            row = self._overflow.one(f"SELECT hash, n {self._found}", hash(text), text)
            if row is not None:
                self._overflow.write(f"DELETE FROM {self._hashes} WHERE hash = ? AND n = ?", [row])  # noqa: S608 - as above
                self._overflow.write(f"DELETE FROM {self._name} WHERE n = ?", [row[1:]])  # noqa: S608 - as above

    def _write(self, rows: Iterable[tuple[Key, Value, bytes]]) -> None:
        hashes: list[tuple[int, int]] = []
        put = f"INSERT INTO {self._name} VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - as above
        self._overflow.write(put, (self._row(row, hashes) for row in rows))
        self._overflow.write(f"INSERT INTO {self._hashes} VALUES (?, ?)", sorted(hashes))  # noqa: S608 - as above

    def _row(self, row: tuple[Key, Value, bytes], hashes: list[tuple[int, int]]) -> tuple[int, str, str, str, bytes]:
        key, value, data = row
        form, text = self._form, self._form.key_text(key)
        tag, place = form.tag(key, value), form.place(key, value)
        if place < self._last_places.get(tag, ""):
            self._unsorted.add(tag)
        self._last_places[tag] = place
        self._last += 1
        self._spans[tag] = (self._spans.get(tag, (self._last,))[0], self._last)
        hashes.append((hash(text), self._last))
        return self._last, text, tag, place, data

    def _read(self, key: Key) -> None:
        text = self._form.key_text(key)
        row = self._overflow.one(f"SELECT tag, data {self._found}", hash(text), text)
        if row is not None:
            self._keep(key, self._form.load(*row))

    def _rows(self, tag: str | None) -> Iterator[tuple[str, str, bytes]]:
        columns = f"SELECT key, tag, data FROM {self._name}"  # noqa: S608 - as above
        if tag is None:
            return self._overflow.all(f"{columns} ORDER BY place, n")
        order = "n" if self._form.is_once and tag not in self._unsorted else "place, n"
        where = "WHERE n BETWEEN ? AND ? AND tag = ?"
        return self._overflow.all(f"{columns} {where} ORDER BY {order}", *self._spans.get(tag, (0, 0)), tag)
