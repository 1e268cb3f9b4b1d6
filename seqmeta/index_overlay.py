"""Things laid over an open index: it answers as if it had been brought to them, and its file stays as it is.

They lie in temporary tables of the connection; views of the names of the index's own tables put both together. So every
question to an index can be put to one with an overlay.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from seqmeta.index import Index, Thing, with_checksum
from seqmeta.index_writing import count_things, counted_before, read_counts, row_of

IS_SWIFT = sqlite3.sqlite_version_info >= (3, 39)
"""Whether SQLite looks up in both parts of such a view, where it is joined, instead of putting all rows together."""

_TABLES = (
    "CREATE TEMP TABLE over_things AS SELECT * FROM main.things WHERE 0",
    "CREATE UNIQUE INDEX temp.over_things_by_uuid ON over_things (uuid)",
    "CREATE INDEX temp.over_things_by_name ON over_things (kind, scope, name)",
    "CREATE INDEX temp.over_things_by_case ON over_things (kind, scope, folded)",
    "CREATE INDEX temp.over_things_by_state ON over_things (kind, state)",
    "CREATE INDEX temp.over_things_by_file ON over_things (file)",
    "CREATE TEMP TABLE over_links (target TEXT, source TEXT, PRIMARY KEY (target, source)) WITHOUT ROWID",
    "CREATE TEMP TABLE over_link_counts (target TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID",
    "CREATE TEMP TABLE over_owned (uuid TEXT PRIMARY KEY, submission TEXT, is_request, checksum) WITHOUT ROWID",
    "CREATE TEMP TABLE over_meta (key TEXT PRIMARY KEY, value TEXT, checksum INTEGER) WITHOUT ROWID",
)
_VIEWS = tuple(
    f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {key} NOT IN (SELECT {of} FROM over_{by}) "  # noqa: S608
    f"UNION ALL SELECT * FROM over_{table}"
    for table, key, of, by in (
        ("things", "uuid", "uuid", "things"),
        ("links", "source", "uuid", "things"),
        ("link_counts", "target", "target", "link_counts"),
        ("owned", "uuid", "uuid", "owned"),
        ("meta", "key", "key", "meta"),
    )
)


def lay_over(index: Index, things: Sequence[Thing]) -> None:
    """Lay things over an index for as long as it is open, each in place of the one of its UUID; once only."""
    index.write_aside(lambda connection: _lay_over(connection, things))


def _lay_over(connection: sqlite3.Connection, things: Sequence[Thing]) -> None:
    for table in _TABLES:
        connection.execute(table)
    counts, numbers = read_counts(connection), Counter[str]()
    for thing in things:
        uuid = thing.record.uuid
        counts.subtract(counted_before(connection, uuid))
        numbers.subtract(of for (of,) in connection.execute("SELECT target FROM links WHERE source = ?", (uuid,)))
        numbers.update(set(thing.refers_to))
    counts.update(count_things(things))
    _insert(connection, "things", map(row_of, things))
    _insert(connection, "links", ((of, thing.record.uuid) for thing in things for of in set(thing.refers_to)))
    owned = (with_checksum(uuid, thing.record.uuid, int(is_it)) for thing in things for uuid, is_it in thing.owns)
    _insert(connection, "owned", owned)
    _insert(connection, "link_counts", [(of, _number(connection, of) + change) for of, change in numbers.items()])
    _insert(connection, "meta", [with_checksum("counts", json.dumps(counts))])
    for view in _VIEWS:
        connection.execute(view)


def _number(connection: sqlite3.Connection, target: str) -> int:
    row = connection.execute("SELECT number FROM link_counts WHERE target = ?", (target,)).fetchone()
    return 0 if row is None else int(row[0])


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    some = list(rows)
    if some:
        places = ", ".join("?" * len(some[0]))
        connection.executemany(f"INSERT INTO over_{table} VALUES ({places})", some)  # noqa: S608 - a table of ours
