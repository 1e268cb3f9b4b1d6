"""The temporary database of a run: a file of SQLite's own, without a name, that is gone with the process."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from seqmeta.errors import StoreError

_CACHE_KIB = 24_000


class Overflow:
    """The temporary database of one run, opened when something first goes there."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._tables = count()

    def new_table(self, columns: str, more: str = "") -> str:
        """Make a table of these columns, and name it."""
        name = f"t{next(self._tables)}"
        self.write(f"CREATE TABLE {name} ({columns}) {more}", None)
        return name

    def sort_by(self, column: str, table: str) -> None:
        """Make an index on a column of a table."""
        self.write(f"CREATE INDEX {table}_by_{column} ON {table} ({column})", None)

    def write(self, statement: str, rows: Iterable[tuple[Any, ...]] | None) -> None:
        """Run a statement for each row, or once where there are none to run it for."""
        with temporary_disk_errors():
            if rows is None:
                self._open().execute(statement)
            else:
                self._open().executemany(statement, rows)

    def one(self, query: str, *values: object) -> Any:
        """The first row of an answer, None where there is none."""
        try:
            return self._open().execute(query, values).fetchone()
        except sqlite3.Error as error:
            raise _explain(error) from error

    def all(self, query: str, *values: object) -> Iterator[Any]:
        """The rows of an answer, one at a time, for each may be large; other rows may be written meanwhile."""
        with temporary_disk_errors():
            yield from self._open().execute(query, values)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect("", isolation_level=None)
            for setting in (
                "page_size = 16384",
                "journal_mode = OFF",
                "synchronous = OFF",
                f"cache_size = -{_CACHE_KIB}",
            ):
                self._connection.execute(f"PRAGMA {setting}")
            self._connection.execute("BEGIN")  # never committed: nobody reads it but this process
        return self._connection


@contextmanager
def temporary_disk_errors() -> Iterator[None]:
    """Turn an error of a temporary database into a StoreError that says where it is."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(error) from error


def _explain(error: sqlite3.Error) -> StoreError:
    where = "below /var/tmp, or where SQLITE_TMPDIR or TMPDIR points"
    return StoreError(f"the temporary database of this run ({where}) cannot be used: {error}")
