"""What a run saw to the tables of the index: made anew, or brought to the state after it."""

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from seqmeta.index import Basis, Index, IndexedFile, Thing, checksum_of, index_format, proven, with_checksum
from seqmeta.index_opening import CACHE_KIB
from seqmeta.overflow import temporary_disk_errors
from seqmeta.particulars import counted, label, state_of, sum_up
from seqmeta.problems import Problem

# Only tables of short rows are WITHOUT ROWID: a search in such a tree reads each row it passes to its end, and the body
# of a submission may be fifty megabytes. For the same reason the body is the last of its row.
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT, checksum INTEGER) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, signature TEXT, sha256 TEXT, documents INTEGER, checksum INTEGER
) WITHOUT ROWID;
CREATE TABLE things (
    uuid TEXT, kind TEXT, scope TEXT, name TEXT, folded TEXT, version INTEGER, digest TEXT,
    file TEXT, said TEXT, is_orphan INTEGER, head_checksum INTEGER, checksum INTEGER,
    other_name TEXT, state TEXT, label_checksum INTEGER, body BLOB
);
CREATE TABLE links (target TEXT, source TEXT, PRIMARY KEY (target, source)) WITHOUT ROWID;
CREATE TABLE link_counts (target TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE owned (uuid TEXT PRIMARY KEY, submission TEXT, is_request INTEGER, checksum INTEGER) WITHOUT ROWID;
CREATE TABLE problems (file TEXT, problem TEXT, checksum INTEGER);
"""
_INDEXES = """
CREATE UNIQUE INDEX things_by_uuid ON things (uuid);
CREATE INDEX things_by_name ON things (kind, scope, name);
CREATE INDEX things_by_case ON things (kind, scope, folded);
CREATE INDEX things_by_other_name ON things (kind, other_name) WHERE other_name IS NOT NULL;
CREATE INDEX things_by_state ON things (kind, state) WHERE state IS NOT NULL;
CREATE INDEX things_by_file ON things (file) WHERE file IS NOT NULL;
CREATE INDEX orphans ON things (is_orphan) WHERE is_orphan;
CREATE INDEX links_by_source ON links (source);
CREATE INDEX problems_by_file ON problems (file);
"""
# Rows of these go into their trees in order: one by one they cost several times as much in a large index.
_UNSORTED = """
CREATE TEMPORARY TABLE new_links (target TEXT, source TEXT);
CREATE TEMPORARY TABLE new_owned (uuid TEXT, submission TEXT, is_request INTEGER, checksum INTEGER);
"""
_SORT = """
INSERT OR REPLACE INTO links SELECT target, source FROM new_links ORDER BY target, source;
INSERT INTO link_counts SELECT target, count(*) FROM links GROUP BY target;
INSERT OR REPLACE INTO owned SELECT uuid, submission, is_request, checksum FROM new_owned ORDER BY uuid;
DROP TABLE new_links;
DROP TABLE new_owned;
"""
AT_ONCE = 1000
"""How many things are written in one go."""
_BEGIN = f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB};{_TABLES}{_UNSORTED}"
_END = _SORT + _INDEXES  # made from all rows at once the indexes cost half of what they do row by row


@dataclass(frozen=True, slots=True)
class Beside:
    """What an index says besides what each thing is; `problems` replace those of the files that are named with them."""

    basis: Basis
    taken_at_ns: int
    digest: str
    files: Sequence[IndexedFile] = ()
    problems: Mapping[str, list[Problem]] = field(default_factory=dict)


class IndexChanges(NamedTuple):
    """What a run changes in the index."""

    beside: Beside
    things: Iterable[Thing]
    gone_files: Iterable[str] = ()


def update_index(index: Index, *steps: IndexChanges) -> None:
    """Bring an index to the state after a run, step by step, whole or not at all."""

    def write(connection: sqlite3.Connection) -> None:
        for changes in steps:
            _remove(connection, changes)
            _update(connection, changes)

    index.change(write)


class NewTables:
    """The tables of an index that is made anew."""

    def __init__(self, place: Path | Literal[""]) -> None:
        """Make them in this file, or in one of SQLite's own that goes with the process."""
        self._counts = Counter[str]()
        self.connection = sqlite3.connect(place)
        self.connection.executescript(_BEGIN)

    def add(self, things: Sequence[Thing]) -> None:
        """Write things that are not in yet."""
        self._counts.update(count_things(things))
        _write_things(self.connection, things, is_new=True)

    def sort(self) -> None:
        """Sort what was added, the last of which is in: from here on it can be looked up."""
        _write_meta(self.connection, {"counts": json.dumps(self._counts)})
        self.connection.commit()
        self.connection.executescript(_END)

    def finish(self, beside: Beside, key: str) -> None:
        """Write all else, for an index that is believed by this key."""
        _write_meta(self.connection, {"format": index_format(), "key": key})
        _write_beside(self.connection, beside)
        self.connection.commit()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def make_temporary_index(things: Iterable[Thing]) -> Index:
    """Make an index of these things alone, in a file of SQLite's own that goes with the process."""
    rest = iter(things)
    with temporary_disk_errors():
        tables = NewTables("")
        while some := list(islice(rest, AT_ONCE)):
            tables.add(some)
        tables.sort()
    return Index(tables.connection)


def row_of(thing: Thing) -> tuple[Any, ...]:
    """Make the row of the table of things."""
    record = thing.record
    folded = None if thing.name is None else thing.name.casefold()
    named, what = (record.uuid, record.kind, thing.scope, thing.name), (record.version, record.digest)
    where = (thing.file, thing.said, int(thing.is_orphan))
    body = orjson.dumps(record.body, option=orjson.OPT_SORT_KEYS)  # as its file has it
    said = label(record)
    told = (said.other_name, said.state, sum_up(said))
    head = checksum_of((*named, *what, *where))
    return (*named, folded, *what, *where, head, zlib.crc32(body, head), *told, body)


def _remove(connection: sqlite3.Connection, changes: IndexChanges) -> None:
    """Take out what the changes take away or replace and no key of a table stands for."""
    connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in changes.gone_files])
    connection.executemany("DELETE FROM problems WHERE file = ?", [(file,) for file in changes.beside.problems])


def _update(connection: sqlite3.Connection, changes: IndexChanges) -> None:
    _write_beside(connection, changes.beside)
    counts = read_counts(connection)
    things = iter(changes.things)
    while some := list(islice(things, AT_ONCE)):
        counts.subtract(chain.from_iterable(counted_before(connection, of.record.uuid) for of in some))
        counts.update(count_things(some))
        _write_things(connection, some, is_new=False)
    _write_meta(connection, {"counts": json.dumps(counts)})


def _write_beside(connection: sqlite3.Connection, beside: Beside) -> None:
    """Write all but the things."""
    basis = beside.basis
    meta = {"head": basis.head, "rules": basis.rules, "config": basis.config, "digest": beside.digest}
    _write_meta(connection, meta | {"taken_at_ns": str(beside.taken_at_ns)})
    rows = (with_checksum(of.path, of.signature, of.sha256, of.documents) for of in beside.files)
    connection.executemany("REPLACE INTO files VALUES (?, ?, ?, ?, ?)", rows)
    found = (
        with_checksum(file, orjson.dumps(of._asdict()).decode())
        for file, some in beside.problems.items()
        for of in some
    )
    connection.executemany("INSERT INTO problems VALUES (?, ?, ?)", found)


def _write_meta(connection: sqlite3.Connection, facts: Mapping[str, str]) -> None:
    connection.executemany("REPLACE INTO meta VALUES (?, ?, ?)", (with_checksum(*fact) for fact in facts.items()))


def read_counts(connection: sqlite3.Connection) -> Counter[str]:
    """Read how many there are of each kind, and of each in a state; DatabaseError where that is damaged."""
    row = connection.execute("SELECT key, value, checksum FROM meta WHERE key = 'counts'").fetchone()
    return Counter() if row is None else Counter(json.loads(proven(row)[1]))


def count_things(things: Iterable[Thing]) -> Iterator[str]:
    """Yield what each of these things counts as."""
    return chain.from_iterable(counted(of.record.kind, state_of(of.record.kind, of.record.body)) for of in things)


def counted_before(connection: sqlite3.Connection, uuid: str) -> tuple[str, ...]:
    """Tell what the thing of this UUID counts as; as nothing where there is none."""
    row = connection.execute("SELECT kind, state FROM things WHERE uuid = ?", (uuid,)).fetchone()
    return () if row is None else counted(*row)


def _write_things(connection: sqlite3.Connection, things: Sequence[Thing], *, is_new: bool) -> None:
    places = ", ".join("?" * 16)
    connection.executemany(f"REPLACE INTO things VALUES ({places})", map(row_of, things))  # noqa: S608 - of ours
    if is_new:
        links = ((target, of.record.uuid) for of in things for target in of.refers_to)
        connection.executemany("INSERT INTO new_links VALUES (?, ?)", links)
    else:
        for of in things:
            _link_anew(connection, of.record.uuid, set(of.refers_to))
    new = "new_" if is_new else ""
    owned = (with_checksum(uuid, of.record.uuid, int(is_it)) for of in things for uuid, is_it in of.owns)
    connection.executemany(f"REPLACE INTO {new}owned VALUES (?, ?, ?, ?)", sorted(owned))  # noqa: S608 - our own two


def _link_anew(connection: sqlite3.Connection, source: str, targets: set[str]) -> None:
    """Write what a thing refers to in place of what it referred to, and count both in the targets' numbers."""
    before = {target for (target,) in connection.execute("SELECT target FROM links WHERE source = ?", (source,))}
    gone, new = [(of, source) for of in before - targets], [(of, source) for of in targets - before]
    connection.executemany("DELETE FROM links WHERE target = ? AND source = ?", gone)
    connection.executemany("INSERT INTO links VALUES (?, ?)", new)
    count = "INSERT INTO link_counts VALUES (?, ?) ON CONFLICT (target) DO UPDATE SET number = number + excluded.number"
    connection.executemany(count, [*((of, -1) for of, _ in gone), *((of, 1) for of, _ in new)])
