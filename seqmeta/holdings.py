"""What a commit of the store holds, asked of the index a little at a time and proved before it is believed.

Between two questions the index is let go, for a reader may take its time (a person at a pager, a pipeline that goes
through a million records) and a run must be able to write meanwhile. What a failing disk changed is known by the sum of
a label and by the digest of a body.
"""

import json
import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from seqmeta.canonical import digest_of_parsed
from seqmeta.index import LABEL, Index, read_label
from seqmeta.kinds import load_kinds
from seqmeta.particulars import Label, counted
from seqmeta.records import Body, Record

_NUMBERS = "SELECT rowid FROM things WHERE kind = ?"
_AT_ONCE = 500
_MOST_RECORDS_AT_ONCE = 50
"""So many bodies are read at once: one of a submission may be of megabytes."""


class LostIndexError(Exception):
    """The index cannot be believed, or is of another commit by now: what is wanted must come from git."""


class Holdings:
    """The records of the commit `head` as an index has them; any question may raise LostIndexError."""

    def __init__(self, index: Index) -> None:
        """Take an open index, for the commit that it is of."""
        self._index = index
        try:
            self.head = index.meta("head")
            index.unlock()
        except sqlite3.Error as error:
            raise LostIndexError from error

    @contextmanager
    def _asking(self) -> Iterator[Index]:
        try:
            self._index.lock()
            try:
                if self._index.meta("head") != self.head:
                    raise LostIndexError
                yield self._index
            finally:
                self._index.unlock()
        except (sqlite3.Error, ValueError, TypeError, LookupError) as error:  # cells may not be what they were
            raise LostIndexError from error

    def _uuids(self, query: str, *values: object) -> list[str]:
        with self._asking() as index:
            return sorted({str(uuid) for (uuid,) in index.rows(query, *values)})

    def uuids_named(self, kind: str, name: str) -> list[str]:
        """The UUIDs of the records of a kind that go by a name, whatever they are named within."""
        within = (
            "" if load_kinds()[kind].named_within is not None else "AND scope = ''"
        )  # else all names are gone through
        return self._uuids(f"SELECT uuid FROM things WHERE kind = ? {within} AND name = ?", kind, name)  # noqa: S608

    def uuids_also_named(self, kind: str, name: str) -> list[str]:
        """The UUIDs of the records of a kind that people know by a name too."""
        return self._uuids("SELECT uuid FROM things WHERE kind = ? AND other_name = ?", kind, name)

    def uuids_in_state(self, kind: str, state: str) -> list[str]:
        """The UUIDs of the records of a kind that are in a state."""
        found = self._uuids("SELECT uuid FROM things WHERE kind = ? AND state = ?", kind, state)
        self._require(counted(kind, state)[-1], len(found))
        return found

    def uuids_mentioning(self, kind: str, texts: Collection[str]) -> list[str]:
        """The UUIDs of the records of a kind that have one of these texts among their values; all bodies are read."""
        found: set[str] = set()
        for text in texts:
            query = "SELECT uuid FROM things WHERE kind = ? AND instr(body, ?)"
            found.update(self._uuids(query, kind, orjson.dumps(text)))
        return sorted(found)

    def uuids_referring(self, kind: str, targets: Iterable[str]) -> list[str]:
        """The UUIDs of the records of a kind that refer to one of these."""
        found: set[str] = set()
        with self._asking() as index:
            for target in targets:
                found.update(uuid for uuid, of, _ in index.sources(target) if of == kind)
        return sorted(found)

    def owners(self, uuids: Iterable[str]) -> list[str]:
        """The UUIDs of the submissions that these requests and pools are of."""
        with self._asking() as index:
            owners = map(index.owner, uuids)
            return sorted({owner[0] for owner in owners if owner is not None})

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        with self._asking() as index:
            return index.names(kind, most)

    def find(self, kind: str, uuids: Iterable[str]) -> dict[str, Record]:
        """The records of a kind and of these UUIDs, as far as there are any."""
        query = f"SELECT {LABEL}, body FROM things WHERE uuid = ? AND kind = ?"  # noqa: S608 - a fixed list of columns
        found = {}
        with self._asking() as index:
            for uuid in uuids:
                for row in index.rows(query, uuid, kind):
                    found[uuid] = _record(row)
        return found

    def of_kind(self, kind: str, told: Callable[[int, int], None]) -> Iterator[Record]:
        """All records of a kind, by UUID; `told` is called with how many are through, of how many."""
        numbers = self._all_numbers(f"{_NUMBERS} ORDER BY uuid", kind)
        for row in self._rows(numbers, kind, f"{LABEL}, body", told):
            yield _record(row)

    def labels(self, kind: str, state: str | None, *, with_body: bool, is_sorted: bool) -> Iterator[tuple[Label, Body]]:
        """What a list says of the records of a kind (in a state), by name or as they come soonest.

        Their bodies come along, or empty ones.
        """
        numbers = self._in_state(kind, state) if state is not None else self._by_name(kind)
        if not is_sorted:
            numbers = array("q", sorted(numbers))
        for row in self._rows(numbers, kind, f"{LABEL}, body" if with_body else LABEL, lambda *_: None):
            yield _label(row), _record(row).body if with_body else {}

    def _in_state(self, kind: str, state: str) -> "array[int]":
        """The numbers of the rows of a kind that are in a state, by name."""
        name = "other_name" if kind == "progress" else "name"
        numbers = self._numbers(f"{_NUMBERS} AND state = ? ORDER BY {name}, uuid", kind, state)
        self._require(counted(kind, state)[-1], len(numbers))
        return numbers

    def _by_name(self, kind: str) -> "array[int]":
        """The numbers of the rows of a kind by name: from the index of names alone, where no two have the same."""
        if kind == "progress":
            return self._all_numbers(f"{_NUMBERS} ORDER BY other_name, uuid", kind)
        scoped = "SELECT 1 FROM things WHERE kind = ? AND (scope <> '' OR name IS NULL) LIMIT 1"
        same = "SELECT 1 FROM things WHERE kind = ? AND scope = '' GROUP BY name HAVING count(*) > 1 LIMIT 1"
        is_unique = not self._numbers(scoped, kind) and not self._numbers(same, kind)
        order = "AND scope = '' ORDER BY name" if is_unique else "ORDER BY name, uuid"
        return self._all_numbers(f"{_NUMBERS} {order}", kind)

    def _all_numbers(self, query: str, kind: str) -> "array[int]":
        """The numbers of the rows of a kind in the order of a query, which must be as many as were written."""
        numbers = self._numbers(query, kind)
        self._require(kind, len(numbers))
        return numbers

    def _require(self, what: str, found: int) -> None:
        """Raise LostIndexError unless there are as many of something as were written."""
        with self._asking() as index:
            if json.loads(index.meta("counts")).get(what, 0) != found:
                raise LostIndexError

    def _numbers(self, query: str, *values: str) -> "array[int]":
        """The numbers of rows, eight bytes each."""
        with self._asking() as index:
            return array("q", (number for (number,) in index.rows(query, *values)))

    def _rows(self, numbers: "array[int]", kind: str, columns: str, told: Callable[[int, int], None]) -> Iterator[Any]:
        """The rows of these numbers, some at a time."""
        at_once = _MOST_RECORDS_AT_ONCE if columns.endswith("body") else _AT_ONCE
        for start in range(0, len(numbers), at_once):
            some = numbers[start : start + at_once]
            query = f"SELECT rowid, {columns} FROM things WHERE rowid IN ({', '.join('?' * len(some))})"  # noqa: S608
            with self._asking() as index:
                rows = {row[0]: row[1:] for row in index.rows(query, *some)}
                ordered = [rows[number] for number in some if rows[number][1] == kind]
            yield from ordered
            told(start + len(some), len(numbers))


def _label(row: Any) -> Label:
    """Take the label of a row, which must be what was summed up."""
    try:
        return read_label(row)
    except sqlite3.DatabaseError as error:
        raise LostIndexError from error


def _record(row: Any) -> Record:
    """Take the record of a row, whose body must have the digest that the label says."""
    label = _label(row)
    try:
        body = orjson.loads(row[8])
        is_whole = digest_of_parsed(body) == label.digest
    except (ValueError, TypeError) as error:
        raise LostIndexError from error
    if not is_whole:
        raise LostIndexError
    return Record(label.kind, label.uuid, body, label.version, label.digest)
