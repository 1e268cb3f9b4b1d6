"""The description files of a workspace: which there are, and their bytes, read once (CONTRACT 2 and 7).

Only regular files are read; a link, device or FIFO among them is reported and left alone. Names that begin with a
dot are skipped.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import WorkspaceError
from seqmeta.presence import is_folder, is_link, is_there
from seqmeta.problems import Problem
from seqmeta.reader import MAX_BYTES

SUFFIXES = (".yaml", ".yml", ".json")
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class DescriptionFile(NamedTuple):
    """One description file: its path relative to the workspace with `/` between its parts, and what tells a change.

    Times are in nanoseconds since 1970: of the content, and of the file's entry, which nobody can set back.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @property
    def signature(self) -> str:
        """Text that is another when the file was changed, unless that was within the granularity of its times."""
        return f"{self.size}:{self.mtime_ns}:{self.ctime_ns}:{self.inode}"


def find_files(
    root: Path, folders: Iterable[str], left_out: Iterable[str]
) -> tuple[list[DescriptionFile], list[Problem]]:
    """Find the description files below the folders, sorted by path, and what among them is no regular file."""
    files: dict[str, DescriptionFile] = {}
    problems: dict[str, Problem] = {}
    skip = set(left_out)
    for folder in folders:
        if is_linked(root, folder):
            problems[folder] = _not_regular(folder, "a symbolic link")
        elif is_folder(root / folder):
            _scan(root, folder.rstrip("/"), skip, files, problems)
    return [files[path] for path in sorted(files)], [problems[path] for path in sorted(problems)]


def find_misnamed(root: Path, folders: Iterable[str], left_out: Iterable[str]) -> Iterator[str]:
    """Yield the paths below the folders that would be description files but for the case of their ending."""
    skip = set(left_out)
    for folder in folders:
        if is_linked(root, folder):
            continue
        for parent, below, names in os.walk(root / folder):
            above = Path(parent).relative_to(root).as_posix()
            below[:] = sorted(of for of in below if not of.startswith(".") and f"{above}/{of}" not in skip)
            for name in sorted(of for of in names if not of.startswith(".") and not of.endswith(SUFFIXES)):
                if name.lower().endswith(SUFFIXES):
                    yield f"{above}/{name}"


def require_own_folder(root: Path, folder: str) -> None:
    """Require that a folder of the workspace, where it is there, is one; WorkspaceError says what is in its place."""
    if is_linked(root, folder):
        raise WorkspaceError(f"{folder} is, or is in, a symbolic link: expected a folder inside {root}")
    path = Path(folder)
    for way in (*reversed(path.parents), path):
        with _explained(folder):
            is_blocked = is_there(root / way) and not is_folder(root / way)
        if is_blocked:
            raise WorkspaceError(f"{way} is a file: expected a folder, or nothing yet; move it away")


def is_linked(root: Path, folder: str) -> bool:
    """Whether the folder, or one on the way to it, is a link: it may lead out of the workspace."""
    path = root
    for part in Path(folder).parts:
        path /= part
        with _explained(folder):
            if is_link(path):
                return True
    return False


@contextmanager
def _explained(folder: str) -> Iterator[None]:
    """Name the folder that cannot be looked at, such as one with a name that the file system does not take."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be looked at: {error.strerror}") from error


def _scan(
    root: Path, folder: str, skip: set[str], files: dict[str, DescriptionFile], problems: dict[str, Problem]
) -> None:
    try:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be read: {error.strerror}") from error
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.name.startswith(".") or path in skip:
            continue
        if entry.is_dir(follow_symlinks=False):
            _scan(root, path, skip, files, problems)
        elif entry.name.endswith(SUFFIXES) or (entry.is_symlink() and entry.is_dir()):
            _add(entry, path, files, problems)


def _add(entry: "os.DirEntry[str]", path: str, files: dict[str, DescriptionFile], problems: dict[str, Problem]) -> None:
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISREG(status.st_mode):
        try:
            path.encode()
        except UnicodeEncodeError:
            problems[path] = _not_regular(ascii(path)[1:-1], "a file whose name is not UTF-8")
        else:
            times = (status.st_mtime_ns, status.st_ctime_ns)
            files[path] = DescriptionFile(path, status.st_size, *times, status.st_ino)
    else:
        problems[path] = _not_regular(path, _called(status.st_mode))


def _called(mode: int) -> str:
    names = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
    return names.get(stat.S_IFMT(mode), "a device")


def _not_regular(path: str, what: str) -> Problem:
    message = f"this is {what} and was left alone: expected a regular file"
    return Problem("warning", path, 1, 1, "", "not_a_regular_file", message)


def read_bytes(root: Path, path: str) -> bytes:
    """Read a description file, once and whole; no link is followed, and a FIFO put in its place does not block.

    Of a file that is too large to be read as a description only as much is returned as shows that.
    """
    try:
        descriptor = os.open(root / path, _OPEN_FLAGS)
    except OSError as error:
        what = "a symbolic link" if error.errno == errno.ELOOP else f"not readable: {error.strerror}"
        raise WorkspaceError(f"{path} is {what}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise WorkspaceError(f"{path} is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)


def descriptions_digest(files: Iterable[tuple[str, str]]) -> str:
    """Hash the descriptions: over path and SHA-256 (hex) of each file, sorted by path (CONTRACT 7)."""
    return "sha256:" + hashlib.sha256(b"".join(_digest_lines(files))).hexdigest()


def _digest_lines(files: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    return (f"{path}\0{digest}\n".encode() for path, digest in sorted(files))
