"""The index of the last run to names that begin with a text: a quick guess for a person who is typing."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from seqmeta.index_opening import connect, has_key, read_key
from seqmeta.kinds import load_kinds

_MOST_STEPS = 50_000_000
"""How many steps of SQLite's machine it may take: about a second."""


def find_names(path: Path, key_file: Path, kinds: Iterable[str], start: str, most: int) -> list[tuple[str, str]]:
    """Names with their kinds that begin with a text, as the last run left them, whatever its basis; at most so many."""
    query = "SELECT name, kind FROM things WHERE kind = ? {} AND name >= ? AND name < ? ORDER BY name LIMIT ?"
    try:
        key = read_key(key_file)
        with closing(connect(path, "ro")) as connection:
            if not has_key(connection, key):
                return []
            connection.set_progress_handler(lambda: True, _MOST_STEPS)  # a person waits
            bounds = (start, start + "\U0010ffff", most)
            scopes = {kind: "" if load_kinds()[kind].named_within else "AND scope = ''" for kind in kinds}
            queries = ((query.format(scope), (kind, *bounds)) for kind, scope in scopes.items())
            found = [row for asked, values in queries for row in connection.execute(asked, values)]
    except (OSError, ValueError, sqlite3.Error):
        return []
    return sorted(found)[:most]
