"""Opens an index: its file, its key, and what it must say of itself before anything in it is believed."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from seqmeta.index import Basis, Index, index_format
from seqmeta.presence import is_link

INDEX_FILE = "index.sqlite"
"""Its file in the folder of caches."""
KEY_FILE = "seqmeta/index-key"
"""Its key in the git folder of the store."""
CACHE_KIB = 16_000
"""How much of an index SQLite keeps in memory."""
_LONGEST_KEY = 64
_MOST_STEPS = 1_000_000
"""How many steps of SQLite's machine may be taken before an index is known to be one: some 10 ms."""


def open_index(path: Path, key_file: Path, basis: Basis) -> Index | None:
    """Open the index of this basis; None where there is none that can be believed."""
    return _open(path, key_file, {"head": basis.head, "rules": basis.rules, "config": basis.config})


def open_earlier(path: Path, key_file: Path, basis: Basis) -> Index | None:
    """Open an index that is of these rules and this configuration, but of whatever head."""
    return _open(path, key_file, {"rules": basis.rules, "config": basis.config})


def open_records(path: Path, key_file: Path, head: str | None = None) -> Index | None:
    """Open an index for the records that it has of a head, or of any; its descriptions may be of other rules."""
    return _open(path, key_file, {} if head is None else {"head": head})


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
        index.lock()  # all that is read is of one state, and locked once
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

    What a journal has SQLite would put back, and take what a write-ahead log has for what the database says, whether
    the database is in that mode or not. It may be a killed run's; it may have come along in somebody's checkout, and
    change all of an index but its key.
    """
    if is_link(path) or any(map(os.path.lexists, journals_of(path))):
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


def journals_of(path: Path) -> tuple[Path, Path]:
    """Where SQLite notes what it changes in a database, in either of its ways."""
    return path.with_name(f"{path.name}-journal"), path.with_name(f"{path.name}-wal")


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
