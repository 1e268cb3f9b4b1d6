"""Collections that keep what they got last in memory and the rest in a temporary database.

So a run of a million things needs hardly more memory than one of a hundred thousand: eight bytes a row, which say
where it is. The database is a temporary file of SQLite's own (below /var/tmp, or where `SQLITE_TMPDIR` or `TMPDIR`
points): it has no name by which anybody could open it, and it is gone with the process, however that ends.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar, overload

from seqmeta.overflow import Overflow
from seqmeta.spilled_tables import Form, Key, Table, Value

Other = TypeVar("Other")

MOST_IN_MEMORY = 100_000
"""How much each collection keeps in memory, by the weight of its values, before any of it goes to the disk."""
_LATER = 0.3
"""And as a share of that, how much after it."""

_HEAVY, _MOST_HEAVY = 1 / 8, 2
"""A value of so much of the allowance is kept in memory, up to so many allowances in all: it has to be there whole
whenever it is asked for, and to read it back each time takes longer than all the rest."""

_CHUNK = 50
"""The weight of rows of one tag that are one in the database."""


class Spilled(Mapping[Key, Value]):
    """A mapping to add to; a value must not be changed once it is in."""

    def __init__(self, overflow: Overflow, form: Form, most: int | None = None) -> None:
        """Keep up to `most` in memory (default: `MOST_IN_MEMORY`) and the rest in this database."""
        self._overflow = overflow
        self._form = form
        self._most: float = MOST_IN_MEMORY if most is None else most
        self._young: dict[Key, Value] = {}
        self._tags: set[str] = set()
        """Those that anything was ever put in with."""
        self._weight = 0.0
        self._heavy: set[Key] = set()
        self._heavy_left: float = self._most * _MOST_HEAVY
        self._old: Table[Key, Value] | None = None

    def __setitem__(self, key: Key, value: Value) -> None:
        self._young[key] = value
        self._tags.add(self._form.tag(key, value))
        weight = self._form.weight(value)
        if self._most * _HEAVY <= weight <= self._heavy_left:  # stays in memory, so it drives nothing else out
            self._heavy_left -= weight
            self._heavy.add(key)
        else:
            self._heavy.discard(key)
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
        if tag is not None and tag not in self._tags:
            return iter(())
        if self._old is None:
            items = [(key, of) for key, of in self._young.items() if tag is None or form.tag(key, of) == tag]
            return iter(sorted(items, key=lambda item: form.place(*item)))
        self._spill()
        return self._old.select(tag)

    def _spill(self) -> None:
        if self._old is None:
            self._old = Table(self._overflow, self._form)
            self._most *= _LATER
        if self._young:
            self._old.put(self._young, self._heavy)
        self._young, self._heavy, self._weight = {}, set(), 0.0


class SpilledRows(Generic[Value]):
    """Values in the order in which they come, each with a tag to select by.

    In the database some that follow each other are one row: they are only ever gone through.
    """

    def __init__(
        self,
        overflow: Overflow,
        dump: Callable[[list[Value]], bytes],
        load: Callable[[bytes], Iterable[Value]],
        most: int | None = None,
    ) -> None:
        """Keep up to `most` in memory (default: `MOST_IN_MEMORY`) and the rest in this database."""
        self._overflow = overflow
        self._dump, self._load = dump, load
        self._most: float = MOST_IN_MEMORY if most is None else most
        self._young: list[tuple[str, Value, float]] = []
        self._tags: set[str] = set()
        self._weight = 0.0
        self._table: str | None = None

    def append(self, tag: str, value: Value, weight: float = 1) -> None:
        """Add a value at the end."""
        self._young.append((tag, value, weight))
        self._tags.add(tag)
        self._weight += weight
        if self._weight >= self._most:
            self._spill()

    def select(self, *tags: str) -> Iterator[Value]:
        """The values, or those of these tags, in the order in which they came; nothing may be added meanwhile."""
        if tags and self._tags.isdisjoint(tags):
            return iter(())
        if self._table is None:
            return iter([value for tag, value, _ in self._young if not tags or tag in tags])
        self._spill()
        which = f"WHERE tag IN ({', '.join('?' * len(tags))})" if tags else ""
        rows = self._overflow.all(f"SELECT data FROM {self._table} {which} ORDER BY n", *tags)  # noqa: S608 - a table of our own
        return chain.from_iterable(self._load(data) for (data,) in rows)

    def _spill(self) -> None:
        if self._table is None:
            self._most *= _LATER
            self._table = self._overflow.new_table("n INTEGER PRIMARY KEY, tag TEXT, data BLOB")
            self._overflow.sort_by("tag", self._table)
        rows = ((tag, self._dump(some)) for tag, some in self._chunks())
        self._overflow.write(f"INSERT INTO {self._table} (tag, data) VALUES (?, ?)", rows)  # noqa: S608 - as above
        self._young, self._weight = [], 0.0

    def _chunks(self) -> Iterator[tuple[str, list[Value]]]:
        for tag, group in groupby(self._young, key=itemgetter(0)):
            some, weight = [], 0.0
            for _, value, of in group:
                some.append(value)
                weight += of
                if weight >= _CHUNK:
                    yield tag, some
                    some, weight = [], 0.0
            if some:
                yield tag, some
