"""The index: what the last run saw and recorded, in SQLite, so that the next one costs what changed (CONTRACT 6).

A cache in `.seqmeta/`, never the truth: it is believed only for the very head, rules and configuration that it was
made with, and only where the store holds the key that was drawn for it; else it is made anew. Nothing in a checkout
of somebody else's can stand in for it.
"""

import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from weakref import finalize

import orjson

from seqmeta.kinds import load_kinds
from seqmeta.particulars import Label, counted, sum_up
from seqmeta.problems import Problem
from seqmeta.recorded import SETTLED, Outline
from seqmeta.records import Record

_MOST_ASKED = 500
"""SQLite may take no more than 999 values in one query."""
LABEL = "uuid, kind, name, other_name, state, version, digest, label_checksum"
"""The columns that say what `Label` does."""
_HEAD = "uuid, kind, scope, name, version, digest, file, said, is_orphan"
"""The columns that say everything but what the body says; `head_checksum` is theirs, `checksum` that of all."""
_COLUMNS = f"{_HEAD}, checksum, body"


def index_format() -> str:
    """What an index is the form of: of these tables, and of bodies as the present schemas have them."""
    return " ".join(["10", *(kind.schema for kind in load_kinds().values())])


class Basis(NamedTuple):
    """What an index is made with: another head, other rules or another configuration, and it is worth nothing."""

    head: str
    rules: str
    config: str


class IndexedFile(NamedTuple):
    """A description file as the last run read it."""

    path: str
    signature: str
    sha256: str
    documents: int


class Thing(NamedTuple):
    """A record with what the index knows besides: its name's scope, and where and with what digest it is described.

    `refers_to` (UUIDs) and `owns` (UUIDs of requests, true, and pools, false) are for writing: they are asked of the
    index itself.
    """

    record: Record
    scope: str
    name: str | None
    file: str | None
    said: str | None
    is_orphan: bool
    refers_to: Collection[str] = ()
    owns: Collection[tuple[str, bool]] = ()


class Indexed(NamedTuple):
    """What the index knows of a thing besides its record: where it is described, and the digest of what is said."""

    kind: str
    scope: str
    name: str | None
    file: str | None
    said: str | None
    is_orphan: bool


class Index:
    """An open index; every method may raise sqlite3.Error, on which the index is thrown away."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take an open connection; it is closed by `close()`, and at the latest when nothing has the index any more."""
        self._connection = connection
        self.close = finalize(self, connection.close)

    def unlock(self) -> None:
        """Let others change the file: what is read from here on may be of another state."""
        self._connection.commit()  # of tables of the connection's own, where it has any

    def lock(self) -> None:
        """Keep others from changing the file until it is unlocked."""
        self._connection.execute("BEGIN")

    def rows(self, query: str, *values: object) -> Iterator[Any]:
        """The rows of an answer, one at a time."""
        return iter(self._connection.execute(query, values))

    def _one(self, query: str, *values: object) -> Any:
        return self._connection.execute(query, values).fetchone()

    def _all(self, query: str, *values: object) -> list[Any]:
        return self._connection.execute(query, values).fetchall()

    def _of_these(self, query: str, values: Iterable[str]) -> Iterator[Any]:
        """The rows of a query that ends with a column which is to have one of these values."""
        rest = iter(values)
        while some := list(islice(rest, _MOST_ASKED)):
            yield from self._all(f"{query} IN ({', '.join('?' * len(some))})", *some)

    def meta(self, key: str) -> str:
        """One of the facts about the index itself."""
        row = self._one("SELECT key, value, checksum FROM meta WHERE key = ?", key)
        return "" if row is None else str(proven(row)[1])

    def files(self) -> dict[str, IndexedFile]:
        """All description files, by path."""
        rows = self._connection.execute("SELECT path, signature, sha256, documents, checksum FROM files")
        return {row[0]: IndexedFile(*proven(row)) for row in rows}

    def indexed(self, uuid: str) -> Indexed | None:
        """What is known of the thing of this UUID besides its record, which is not read."""
        row = self._one(f"SELECT {_HEAD}, head_checksum FROM things WHERE uuid = ?", uuid)  # noqa: S608 - as below
        if row is None:
            return None
        _, kind, scope, name, _, _, file, said, is_orphan = proven(row)
        return Indexed(kind, scope, name, file, said, bool(is_orphan))

    def thing(self, uuid: str) -> Thing | None:
        """The thing of this UUID."""
        row = self._one(f"SELECT {_COLUMNS} FROM things WHERE uuid = ?", uuid)  # noqa: S608 - a fixed list of columns
        return None if row is None else _thing(row)

    def named(self, kind: str, name: str, scope: str) -> Thing | None:
        """The thing of this name; of two that others gave it at once the one that is last by UUID, as in `Records`."""
        query = f"SELECT {_COLUMNS} FROM things WHERE kind = ? AND scope = ? AND name = ? ORDER BY uuid DESC LIMIT 1"  # noqa: S608
        row = self._one(query, kind, scope, name)
        return None if row is None else _thing(row)

    def has_other_case(self, kind: str, name: str, scope: str = "") -> bool:
        """Whether the name of a thing of a kind, within the same scope, differs from this one only in case."""
        query = "SELECT 1 FROM things WHERE kind = ? AND scope = ? AND folded = ? AND name <> ?"
        return self._one(query, kind, scope, name.casefold(), name) is not None

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID, which is not read."""
        return self.outlines([uuid]).get(uuid)

    def outlines(self, uuids: Iterable[str]) -> dict[str, Outline]:
        """The outlines of the records of these UUIDs, by UUID; none of them is read."""
        query = f"SELECT {LABEL} FROM things WHERE uuid"  # noqa: S608 - as above
        labels = map(read_label, self._of_these(query, uuids))
        return {of.uuid: Outline(of.kind, of.name, of.state) for of in labels}

    def among(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs are those of things, or of requests and pools."""
        queries = ("SELECT uuid FROM things WHERE uuid", "SELECT uuid FROM owned WHERE uuid")
        return {uuid for query in queries for (uuid,) in self._of_these(query, uuids)}

    def described_in(self, file: str) -> dict[str, tuple[str, str]]:
        """What is described in a file: by UUID, kind and digest of what its description says."""
        rows = map(proven, self._all(f"SELECT {_HEAD}, head_checksum FROM things WHERE file = ?", file))  # noqa: S608
        return {uuid: (kind, said) for uuid, kind, _, _, _, _, _, said, _ in rows}

    def files_of(self, kinds: Iterable[str]) -> list[str]:
        """The files that describe things of these kinds, sorted; DatabaseError unless there are as many as written."""
        files: set[str] = set()
        for kind in kinds:
            query = f"SELECT {_HEAD}, head_checksum FROM things WHERE kind = ?"  # noqa: S608 - as above
            found = [proven(row)[6] for row in self._connection.execute(query, (kind,))]
            if len(found) != self._count_written([kind]):
                raise sqlite3.DatabaseError("the names of the index are damaged")
            files.update(file for file in found if file is not None)
        return sorted(files)

    def unsettled(self, kind: str) -> list[tuple[str, str | None]]:
        """The UUIDs and files of the things of a kind that are not in its state of `SETTLED`.

        DatabaseError unless they are as many as were written.
        """
        query, settled = f"SELECT {_HEAD}, head_checksum FROM things WHERE kind = ? AND state", SETTLED[kind]  # noqa: S608
        rows = [proven(row) for beside in "<>" for row in self._all(f"{query} {beside} ?", kind, settled)]
        if len(rows) != self._count_written([kind]) - self._count_written([counted(kind, settled)[-1]]):
            raise sqlite3.DatabaseError("the states of the index are damaged")
        return sorted((uuid, file) for uuid, _, _, _, _, _, file, _, _ in rows)

    def sources(self, target: str) -> list[tuple[str, str, str | None]]:
        """What refers to a thing: UUID, kind and file of each; DatabaseError unless it is as many as were written."""
        query = f"SELECT {_HEAD}, head_checksum FROM links JOIN things ON uuid = source WHERE target = ?"  # noqa: S608
        rows = [proven(row) for row in self._connection.execute(query, (target,))]
        written = self._one("SELECT number FROM link_counts WHERE target = ?", target)
        if len(rows) != (0 if written is None else written[0]):
            raise sqlite3.DatabaseError("the links of the index are damaged")
        return [(uuid, kind, file) for uuid, kind, _, _, _, _, file, _, _ in rows]

    def owner(self, uuid: str) -> tuple[str, bool] | None:
        """The submission that a request or pool is of, and whether it is a request."""
        query = "SELECT uuid, submission, is_request, checksum FROM owned WHERE uuid"
        row = self._one(f"{query} = ?", uuid)
        if row is not None:
            _, submission, is_request = proven(row)
            return submission, bool(is_request)
        for beside in ("< ? ORDER BY uuid DESC", "> ? ORDER BY uuid"):  # one that was changed has kept its place there
            row = self._one(f"{query} {beside} LIMIT 1", uuid)
            if row is not None:
                proven(row)
        return None

    def of_kind(self, kind: str) -> Iterator[Record]:
        """All records of a kind, by UUID; DatabaseError at the end unless they are as many as were written."""
        query = f"SELECT {_COLUMNS} FROM things WHERE kind = ? ORDER BY uuid"  # noqa: S608 - as above
        return self._all_of(self._count_written([kind]), self._connection.execute(query, (kind,)))

    def count(self) -> int:
        """How many records were written."""
        return self._count_written(load_kinds())

    def records(self) -> Iterator[Record]:
        """All records, by UUID; DatabaseError at the end unless they are as many as were written."""
        query = f"SELECT {_COLUMNS} FROM things ORDER BY uuid"  # noqa: S608 - as above
        return self._all_of(self.count(), self._connection.execute(query))

    def _all_of(self, written: int, rows: Iterable[Any]) -> Iterator[Record]:
        found = 0
        for row in rows:
            yield _thing(row).record
            found += 1
        if found != written:
            raise sqlite3.DatabaseError("records are missing in the index")

    def _count_written(self, kinds: Iterable[str]) -> int:
        counts = self.meta("counts")
        if not counts:
            raise sqlite3.DatabaseError("the index does not say how much it has")
        written = json.loads(counts)
        return sum(written.get(kind, 0) for kind in kinds)

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        query = "SELECT name FROM (SELECT uuid, name FROM things WHERE kind = ? ORDER BY uuid LIMIT ?)"
        return [name for (name,) in self._all(query, kind, most) if name is not None]

    def orphans(self) -> Iterator[Record]:
        """The records that are not described any more."""
        query = f"SELECT {_COLUMNS} FROM things WHERE is_orphan"  # noqa: S608 - as above
        return (_thing(row).record for row in self._connection.execute(query))

    def problems(self) -> Iterator[Problem]:
        """What was found when things were linked, all of it warnings."""
        for row in self._all("SELECT file, problem, checksum FROM problems"):
            yield Problem(**json.loads(proven(row)[1]))

    def write_aside(self, write: Callable[[sqlite3.Connection], None]) -> None:
        """Write to temporary tables of the connection, which keeps what it has locked."""
        write(self._connection)

    def change(self, write: Callable[[sqlite3.Connection], None]) -> None:
        """Write to the index, whole or not at all."""
        with self._connection:
            write(self._connection)


def checksum_of(row: Sequence[Any]) -> int:
    """The CRC-32 of a row: SQLite does not see that a disk has changed a byte of a value."""
    return zlib.crc32("\0".join(map(str, row)).encode(errors="surrogatepass"))


def with_checksum(*row: Any) -> tuple[Any, ...]:
    """Put behind a row its checksum."""
    return (*row, checksum_of(row))


def proven(row: Sequence[Any]) -> Sequence[Any]:
    """Return a row without its checksum, which stands last; DatabaseError where it is that of another one."""
    if checksum_of(row[:-1]) != row[-1]:
        raise sqlite3.DatabaseError("a row of the index is damaged")
    return row[:-1]


def read_label(row: Sequence[Any]) -> Label:
    """Take the label of a row that begins with the columns of `LABEL`; DatabaseError where that is damaged."""
    label = Label(*row[:7])
    if sum_up(label) != row[7]:
        raise sqlite3.DatabaseError("a label in the index is damaged")
    return label


def _thing(row: Any) -> Thing:
    uuid, kind, scope, name, version, digest, file, said, is_orphan, checksum, body = row
    if type(body) is not bytes or zlib.crc32(body, checksum_of(row[:-2])) != checksum:
        raise sqlite3.DatabaseError("a row of the index is damaged")
    return Thing(Record(kind, uuid, orjson.loads(body), version, digest), scope, name, file, said, bool(is_orphan))
