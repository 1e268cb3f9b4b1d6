"""The index: what the last run saw and recorded, in SQLite, so that the next one costs what changed (CONTRACT 6).

A cache in `.seqmeta/`, never the truth: it is believed only for the very head, rules and configuration that it was
made with, and only where the store holds the key that was drawn for it; else it is made anew. Nothing in a checkout
of somebody else's can stand in for it.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import finalize

import orjson

from seqmeta.kinds import load_kinds
from seqmeta.problems import Problem
from seqmeta.records import Outline, Record

INDEX_FILE = "index.sqlite"
"""Its file in the folder of caches."""
KEY_FILE = "seqmeta/index-key"
"""Its key in the git folder of the store."""
CACHE_KIB = 16_000
"""How much of an index SQLite keeps in memory."""
_LONGEST_KEY = 64
_MOST_STEPS = 1_000_000
"""How many steps of SQLite's machine may be taken before an index is known to be one: some 10 ms."""
_MOST_ASKED = 500
"""SQLite may take no more than 999 values in one query."""
_COLUMNS = "uuid, kind, scope, name, version, digest, file, said, is_orphan, checksum, body"


def index_format() -> str:
    """What an index is the form of: of these tables, and of bodies as the present schemas have them."""
    return " ".join(["5", *(kind.schema for kind in load_kinds().values())])


@dataclass(frozen=True, slots=True)
class Basis:
    """What an index is made with: another head, other rules or another configuration, and it is worth nothing."""

    head: str
    rules: str
    config: str


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A description file as the last run read it."""

    path: str
    signature: str
    sha256: str
    documents: int


@dataclass(frozen=True, slots=True)
class Thing:
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


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index knows of a thing besides its record: where it is described, and the digest of what is said."""

    kind: str
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
        self._connection.rollback()

    def _one(self, query: str, *values: object) -> Any:
        return self._connection.execute(query, values).fetchone()

    def _all(self, query: str, *values: object) -> list[Any]:
        return self._connection.execute(query, values).fetchall()

    def meta(self, key: str) -> str:
        """One of the facts about the index itself."""
        row = self._one("SELECT value FROM meta WHERE key = ?", key)
        return "" if row is None else str(row[0])

    def files(self) -> dict[str, IndexedFile]:
        """All description files, by path."""
        rows = self._connection.execute("SELECT path, signature, sha256, documents FROM files")
        return {row[0]: IndexedFile(*row) for row in rows}

    def indexed(self, uuid: str) -> Indexed | None:
        """What is known of the thing of this UUID besides its record, which is not read."""
        row = self._one("SELECT kind, name, file, said, is_orphan FROM things WHERE uuid = ?", uuid)
        if row is None:
            return None
        kind, name, file, said, is_orphan = row
        return Indexed(kind, name, file, said, bool(is_orphan))

    def thing(self, uuid: str) -> Thing | None:
        """The thing of this UUID."""
        row = self._one(f"SELECT {_COLUMNS} FROM things WHERE uuid = ?", uuid)  # noqa: S608 - a fixed list of columns
        return None if row is None else _thing(row)

    def named(self, kind: str, name: str, scope: str) -> Thing | None:
        """The thing of this name."""
        query = f"SELECT {_COLUMNS} FROM things WHERE kind = ? AND scope = ? AND name = ?"  # noqa: S608 - as above
        row = self._one(query, kind, scope, name)
        return None if row is None else _thing(row)

    def uuids_named(self, kind: str, name: str, *, is_scoped: bool) -> list[str]:
        """The UUIDs of the things of a kind and name, whatever they are named within where names are scoped."""
        unscoped = "" if is_scoped else "scope = '' AND"
        query = f"SELECT uuid FROM things WHERE kind = ? AND {unscoped} name = ? ORDER BY uuid"  # noqa: S608 - as above
        return [uuid for (uuid,) in self._all(query, kind, name)]

    def has_other_case(self, kind: str, name: str) -> bool:
        """Whether a thing's name (of a kind whose names are not within anything) differs from this one only in case."""
        query = "SELECT 1 FROM things WHERE kind = ? AND scope = '' AND folded = ? AND name <> ?"
        return self._one(query, kind, name.casefold(), name) is not None

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID, which is not read."""
        row = self._one("SELECT kind, name, flags FROM things WHERE uuid = ?", uuid)
        return None if row is None else Outline(row[0], row[1], tuple(str(row[2]).split()))

    def among(self, uuids: Iterable[str]) -> set[str]:
        """Which of these UUIDs are those of things, or of requests and pools."""
        found, rest = set[str](), iter(uuids)
        while some := list(islice(rest, _MOST_ASKED)):
            for table in ("things", "owned"):
                query = f"SELECT uuid FROM {table} WHERE uuid IN ({', '.join('?' * len(some))})"  # noqa: S608 - no value in it
                found |= {uuid for (uuid,) in self._all(query, *some)}
        return found

    def described_in(self, file: str) -> dict[str, tuple[str, str]]:
        """What is described in a file: by UUID, kind and digest of what its description says."""
        rows = self._all("SELECT uuid, kind, said FROM things WHERE file = ?", file)
        return {uuid: (kind, said) for uuid, kind, said in rows}

    def files_of(self, kinds: Iterable[str]) -> list[str]:
        """The files that describe things of these kinds, sorted."""
        rows = (self._all("SELECT DISTINCT file FROM things WHERE kind = ? AND file IS NOT NULL", of) for of in kinds)
        return sorted({file for some in rows for (file,) in some})

    def sources(self, target: str) -> list[tuple[str, str, str | None]]:
        """What refers to a thing: UUID, kind and file of each."""
        query = "SELECT t.uuid, t.kind, t.file FROM links l JOIN things t ON t.uuid = l.source WHERE l.target = ?"
        return self._all(query, target)

    def owner(self, uuid: str) -> tuple[str, bool] | None:
        """The submission that a request or pool is of, and whether it is a request."""
        row = self._one("SELECT submission, is_request FROM owned WHERE uuid = ?", uuid)
        return None if row is None else (row[0], bool(row[1]))

    def of_kind(self, kind: str) -> Iterator[Record]:
        """All records of a kind, by UUID."""
        query = f"SELECT {_COLUMNS} FROM things WHERE kind = ? ORDER BY uuid"  # noqa: S608 - as above
        return (_thing(row).record for row in self._connection.execute(query, (kind,)))

    def count(self) -> int:
        """How many records there are."""
        return int(self._one("SELECT count(*) FROM things")[0])

    def records(self) -> Iterator[Record]:
        """All records, by UUID."""
        query = f"SELECT {_COLUMNS} FROM things ORDER BY uuid"  # noqa: S608 - as above
        return (_thing(row).record for row in self._connection.execute(query))

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        query = "SELECT name FROM (SELECT uuid, name FROM things WHERE kind = ? ORDER BY uuid LIMIT ?)"
        return [name for (name,) in self._all(query, kind, most) if name is not None]

    def orphans(self) -> list[Record]:
        """The records that are not described any more."""
        query = f"SELECT {_COLUMNS} FROM things WHERE is_orphan"  # noqa: S608 - as above
        return [_thing(row).record for row in self._all(query)]

    def problems(self) -> Iterator[Problem]:
        """What was found when things were linked, all of it warnings."""
        for (text,) in self._all("SELECT problem FROM problems"):
            try:
                yield Problem(**json.loads(text))
            except (ValueError, TypeError) as error:
                raise sqlite3.DatabaseError("a problem of the index is damaged") from error

    def change(self, write: Callable[[sqlite3.Connection], None]) -> None:
        """Write to the index, whole or not at all."""
        with self._connection:
            write(self._connection)


def checksum_of(row: Sequence[Any], body: bytes) -> int:
    """The CRC-32 of a thing's row: SQLite does not see that a disk has changed a byte of a value."""
    return zlib.crc32(body, zlib.crc32("\0".join(map(str, row)).encode(errors="surrogatepass")))


def _thing(row: Any) -> Thing:
    uuid, kind, scope, name, version, digest, file, said, is_orphan, checksum, body = row
    if type(body) is not bytes or checksum_of(row[:-2], body) != checksum:
        raise sqlite3.DatabaseError("a row of the index is damaged")
    record = Record(kind, uuid, orjson.loads(body), version, digest)
    return Thing(record, scope, name, file, said, bool(is_orphan))


def open_index(path: Path, key_file: Path, basis: Basis) -> Index | None:
    """Open the index of this basis; None where there is none that can be believed."""
    return _open(path, key_file, {"head": basis.head, "rules": basis.rules, "config": basis.config})


def open_records(path: Path, key_file: Path, head: str) -> Index | None:
    """Open an index for the records that it has of a head; what it says of descriptions may be of other rules."""
    return _open(path, key_file, {"head": head})


def read_key(key_file: Path) -> str:
    """Read the key that an index must have; OSError where there is none, or a link in its place."""
    descriptor = os.open(key_file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="ascii") as file:
        return file.read(_LONGEST_KEY)


def _open(path: Path, key_file: Path, wanted: Mapping[str, str]) -> Index | None:
    try:
        key = read_key(key_file)
        connection = connect(path, "rw")
    except (OSError, ValueError, sqlite3.Error):
        return None
    index = Index(connection)
    try:
        connection.execute("BEGIN")  # all that is read is of one state, and locked once
        wanted = {**wanted, "format": index_format()}
        is_ours = has_key(connection, key) and all(index.meta(name) == value for name, value in wanted.items())
        if is_ours and index.meta("taken_at_ns").isdecimal():
            return index
    except sqlite3.Error:
        pass
    index.close()
    return None


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the database of an index (`mode` is `ro` or `rw`); OSError where a link stands for it, or with a journal.

    What a journal has SQLite would put back. It may be a killed run's; it may have come along in somebody's checkout,
    and change all of an index but its key.
    """
    if path.is_symlink() or os.path.lexists(journal_of(path)):
        raise FileExistsError(path)
    connection = sqlite3.connect(f"file://{quote(os.fsencode(path.absolute()))}?mode={mode}", uri=True, timeout=5)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


def has_key(connection: sqlite3.Connection, key: str) -> bool:
    """Whether a database has this key; one that came along in a checkout may take for ever to say so."""
    connection.set_progress_handler(lambda: True, _MOST_STEPS)
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
    finally:
        connection.set_progress_handler(None, 0)
    return key != "" and row == (key,)


def journal_of(path: Path) -> Path:
    """Where SQLite notes what it changes in a database."""
    return path.with_name(f"{path.name}-journal")


def described_before(path: Path, key_file: Path) -> set[str]:
    """The things that this workspace described in an earlier run, as far as its index tells, whatever its basis."""
    try:
        key = read_key(key_file)
        with closing(connect(path, "ro")) as connection:
            if not has_key(connection, key):
                return set()
            rows = connection.execute("SELECT uuid FROM things WHERE file IS NOT NULL OR is_orphan")
            return {uuid for (uuid,) in rows}
    except (OSError, ValueError, sqlite3.Error):
        return set()
