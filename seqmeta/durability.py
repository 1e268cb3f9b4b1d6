"""Makes files and folders survive a power loss: what was written is on the disk before the next step begins.

A file is safe when its content was synced and the folder that names it was synced too (fsync(2)).
"""

import ctypes
import os
import threading
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

SYNC_ONE_BY_ONE = 64
"""Up to this many files are synced each by itself; beyond it one syncfs(2) of the file system is faster."""


def sync_path(path: Path | str) -> None:
    """Sync one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(descriptor)


def sync_paths(paths: Iterable[Path | str], folder: Path) -> None:
    """Sync files that all lie on the file system of `folder`: one by one, or all of the file system at once."""
    rest = iter(paths)
    first = list(islice(rest, SYNC_ONE_BY_ONE + 1))
    if len(first) <= SYNC_ONE_BY_ONE or not _sync_filesystem(folder):
        for path in chain(first, rest):
            sync_path(path)


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that at any instant its old or its new content is there, whole, on the disk."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_native_id()}.tmp")
    try:
        temporary.unlink(missing_ok=True)  # of a process that was killed, or somebody's link
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_path(path.parent)


def _sync_filesystem(folder: Path) -> bool:
    """Call syncfs(2), which Python does not offer; False where the C library has none."""
    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return False
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
    return True
