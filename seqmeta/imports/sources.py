"""The files that an import reads: a path to bytes and text with a name for messages, whatever their encoding.

Only regular files are read, of a bounded size; a link is followed when it stays within the folder that was named.
"""

import codecs
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import WorkspaceError
from seqmeta.presence import is_file
from seqmeta.problems import Problem

MAX_BYTES = 32 * 1024 * 1024
"""The most that one file may hold; MinKNOW's reports may be larger, and have a limit of their own."""

_MOST_FILES = 20_000
"""How many entries of a run folder are looked at: reads and images stand beside what is described."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.-]{1,40})["']""")


class FaultySourceError(Exception):
    """What is wrong in the files that were to be imported, as problems with their places."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


class Source(NamedTuple):
    """One file as it was read: `name` is its path below what was named."""

    name: str
    data: bytes

    def problem(self, code: str, message: str, line: int = 1, column: int = 1) -> Problem:
        """Say what is wrong at a place of this file."""
        return Problem("error", self.name, line, column, "", code, message)

    def fault(self, code: str, message: str, line: int = 1, column: int = 1) -> FaultySourceError:
        """Return the exception that ends the import at a place of this file."""
        return FaultySourceError([self.problem(code, message, line, column)])


def load_source(path: Path, name: str | None = None, most: int = MAX_BYTES) -> Source:
    """Read one regular file; WorkspaceError where that cannot be done."""
    shown = name if name is not None else path.name
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise WorkspaceError(f"{path} is no regular file: name a run folder or a file of it")
            data = file.read(most + 1)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise Source(shown, b"").fault("out_of_range", f"the file is larger than {most // 2**20} MiB")
    return Source(shown, data)


def is_folder(path: Path) -> bool:
    """Whether the path is a folder; WorkspaceError where nothing can be said of it."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error


def find_files(folder: Path, is_wanted: Callable[[str], bool], depth: int = 0) -> list[Path]:
    """Find the regular files whose name is wanted, `depth` levels down, sorted by path."""
    try:
        root = folder.resolve(strict=True)
        found = [path for path in _walk(folder, depth) if is_wanted(path.name)]
        return sorted(path for path in found if is_file(path) and path.resolve().is_relative_to(root))
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be read: {error.strerror}") from error


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    level, seen = [folder], 0
    for deeper in range(depth, -1, -1):
        below: list[Path] = []
        for parent in level:
            with os.scandir(parent) as entries:
                for entry in entries:
                    seen += 1
                    if seen > _MOST_FILES:
                        message = f"has more than {_MOST_FILES} entries: name the folder of one run, or one file"
                        raise WorkspaceError(f"{folder} {message}")
                    if entry.is_dir(follow_symlinks=False):
                        below.append(Path(entry.path))
                    else:
                        yield Path(entry.path)
        level = below if deeper else []


def decode(source: Source) -> str:
    """Decode text: by its byte order mark, as UTF-16 without one, UTF-8, what its XML declares, or Windows-1252."""
    data = source.data
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" in text:
            at = text.index("\x00")
            line = text.count("\n", 0, at) + 1
            raise source.fault("invalid_text", "there is a NUL character: expected a text file", line)
        return text
    raise source.fault("invalid_text", "the text is neither UTF-8, UTF-16 nor Windows-1252")


def _encodings(data: bytes) -> Iterator[str]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            yield encoding
            return
    if data[:1] != b"\0" and data[1:2] == b"\0":
        yield "utf-16-le"
    elif data[:1] == b"\0" and data[1:2] != b"\0":
        yield "utf-16-be"
    yield "utf-8"
    declared = _DECLARED.search(data[:200])
    if declared is not None:
        yield declared[1].decode("ascii")
    yield "cp1252"
