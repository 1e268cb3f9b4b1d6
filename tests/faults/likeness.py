"""Whether two workspaces are alike: in all that a run of seqmeta goes on from.

Left out is what differs between any two runs and decides nothing: times of day in git's logs, inode numbers and times
of files (of them only whether an index has a file's own), keys drawn at random (only whether they fit), the names of
temporary files.
"""

import hashlib
import os
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_TEMPORARY = re.compile(r"\.\d+\.\d+\.tmp$|(?<=tmp_)\w+$|(?<=\.lock)\.\w+$")
_TIMES_OF_LOG = re.compile(rb"(?<=> )\d+ [+-]\d{4}")
_KEY = re.compile(rb"[0-9a-f]{32}")
_TABLES = ("meta", "things", "links", "owned", "problems")
_ENTRY = struct.Struct(">10I20sH")
_EXTENDED = 0x4000


def digest_state(folder: Path) -> str:
    """Digest every name, mode and content below a folder."""
    digest = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders.sort()
        digest.update(f"{_TEMPORARY.sub('', place)}\0{folders}\n".encode())
        for name in sorted(files):
            path = Path(place, name)
            digest.update(f"{_TEMPORARY.sub('', name)}\0{path.lstat().st_mode:o}\n".encode())
            digest.update(hashlib.sha256(_content(path, folder)).digest())
    return digest.hexdigest()


def _content(path: Path, folder: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    data = path.read_bytes()
    if path.name == "index" and data[:4] == b"DIRC" and ".git" in path.parts:
        return "\n".join(_index_lines(data, _work_tree(path))).encode()
    if path.name == "index.sqlite":
        return _database_text(path, data, folder)
    if path.name == "index-key":
        return b"a key" if _KEY.fullmatch(data) else data
    if "logs" in path.parts:
        return _TIMES_OF_LOG.sub(b"", data)
    return data


def _work_tree(index: Path) -> Path:
    return Path(*index.parts[: index.parts.index(".git")])


def _index_lines(data: bytes, work_tree: Path) -> Iterator[str]:
    """Give an index of git's (gitformat-index(5)) without the times and numbers of files that it has of each."""
    version, entries = struct.unpack(">II", data[4:12])
    place = 12
    yield f"version {version} whole {hashlib.sha1(data[:-20], usedforsecurity=False).digest() == data[-20:]}"
    for _ in range(entries):
        _, _, seconds, nanoseconds, _, inode, mode, _, _, size, blob, flags = _ENTRY.unpack_from(data, place)
        start = place + _ENTRY.size + (2 if flags & _EXTENDED else 0)
        end = data.index(b"\0", start)
        path = os.fsdecode(data[start:end])
        is_own = (seconds, nanoseconds, inode, size) == _stat(work_tree / path)
        yield f"{path} {mode:o} {blob.hex()} {flags:x} {data[start - 2 : start].hex()} {is_own}"
        place += (end - place + 8) & ~7
    yield data[place:-20].hex()


def _stat(path: Path) -> tuple[int, int, int, int] | None:
    try:
        of = path.lstat()
    except OSError:
        return None
    return of.st_mtime_ns // 10**9, of.st_mtime_ns % 10**9, of.st_ino & 0xFFFFFFFF, of.st_size


def _database_text(path: Path, data: bytes, folder: Path) -> bytes:
    """Give an index of seqmeta's as text, without times of files, and without its key where it is the store's."""
    if path.with_name(f"{path.name}-journal").exists():
        return data
    try:
        with closing(sqlite3.connect(f"file://{path}?mode=ro&immutable=1", uri=True)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]
            rows = list(connection.execute("SELECT path, sha256, documents FROM files ORDER BY path"))
            for table in _TABLES:
                rows += connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
    except sqlite3.Error:
        return data
    text = "\n".join(map(str, [*names, *rows]))
    for key in folder.rglob("index-key"):
        text = text.replace(key.read_text() or "\0", "the key of the store")
    return text.encode(errors="surrogateescape")
