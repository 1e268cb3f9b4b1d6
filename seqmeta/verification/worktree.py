"""Compares work tree and index with a commit by content, whatever flags, times and monitors say."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_objects import object_id
from seqmeta.presence import is_link
from seqmeta.verification.findings import Finding
from seqmeta.verification.paths import KIND_OF_FOLDER, is_misplaced, parse_path
from seqmeta.verification.scan import LARGEST_CONTENT
from seqmeta.verification.standings import Standings

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ANNOUNCED = 2**20


def check_worktree(repository: Repository, records: Standings) -> Iterator[Finding]:
    """Yield the records whose file is not what was committed."""
    present = 0
    for folder in KIND_OF_FOLDER:
        for path, strange in _walk(str(repository.path), folder):
            if strange is not None:
                yield _differs(path, strange)
            elif path in records:
                present += 1
                reason = None if records.is_in_place(path) else _compare(repository, path, records.blob(path))
                if reason:
                    yield _differs(path, reason)
            elif parse_path(path) is not None:
                yield _differs(path, "a record that was never committed")
            elif is_misplaced(path):
                yield _differs(path, "the file of a record where none belongs")
    if present != len(records):
        seen = {path for folder in KIND_OF_FOLDER for path, strange in _walk(str(repository.path), folder)}
        for path in sorted(set(records) - seen):
            yield _differs(path, "its file is missing or is no regular file")


def _walk(root: str, folder: str) -> Iterator[tuple[str, str | None]]:
    """Yield the regular files below a folder, each with None, and what can be no part of a store with what it is."""
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            if is_link(Path(root, folder)):
                yield folder, "a symbolic link instead of a folder"
                return
            found = list(entries)
    except FileNotFoundError:
        return
    except OSError as error:
        yield folder, f"it cannot be read: {error.strerror}"
        return
    for entry in found:
        path = f"{folder}/{entry.name}"
        if entry.is_file(follow_symlinks=False):
            yield path, None
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path)
        elif entry.is_symlink() and folder in KIND_OF_FOLDER:
            yield path, "a symbolic link instead of a folder"


def _compare(repository: Repository, path: str, blob: str | None) -> str | None:
    """Say how a file differs from a blob, None when it does not."""
    try:
        content = read_file(f"{repository.path}/{path}")
    except OSError as error:
        return f"its file cannot be read: {error.strerror}"
    return None if object_id("blob", content) == blob else "its file is not what was committed"


def announce_file(file: str) -> None:
    """Have the system fetch the beginning of a file, so that it is in memory when it is read."""
    with suppress(OSError, AttributeError):  # who reads it says what is wrong; not every system takes such hints
        descriptor = os.open(file, _READ)
        try:
            os.posix_fadvise(descriptor, 0, _ANNOUNCED, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(descriptor)


def read_file(file: str) -> bytes:
    """Read a regular file, of a larger one than any record its beginning; OSError where it is none."""
    descriptor = os.open(file, _READ)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        most = min(status.st_size, LARGEST_CONTENT) + 1
        data = os.read(descriptor, most)
        while len(data) < most - 1 and (more := os.read(descriptor, most - len(data))):
            data += more  # some file systems give less at once than they are asked for
        return data
    finally:
        os.close(descriptor)


def check_index(repository: Repository, records: Standings) -> Iterator[Finding]:
    """Yield the records that the index has otherwise than the commit, so that a plain commit would change them."""
    found: list[Finding] = []
    agreeing, is_empty = 0, True
    try:
        for mode, blob, stage, path in _list_index(repository):
            is_empty = False
            expected = records.blob(path)
            if expected is None and parse_path(path) is None:
                continue
            if mode != "100644" or stage != "0":
                found.append(_differs_in_index(path, f"in the index with mode {mode} and stage {stage}"))
            if blob != expected:
                found.append(_differs_in_index(path, f"the index has {blob}, the commit {expected or 'nothing'}"))
            elif stage == "0":
                agreeing += 1
    except StoreError as error:
        yield Finding("index_differs", "index", None, f"the index cannot be read: {error}")
        return
    if is_empty and records:
        yield Finding("index_differs", "index", None, "the index is missing or empty")
        return
    yield from found
    if agreeing != len(records):
        for path in sorted(set(records) - {path for _, _, _, path in _list_index(repository)}):
            yield _differs_in_index(path, f"the index has nothing, the commit {records.blob(path)}")


def _list_index(repository: Repository) -> Iterator[tuple[str, str, str, str]]:
    """Yield mode, blob, stage and path of each entry of the index; StoreError when git cannot read it."""
    with repository.git.start("ls-files", "--stage", "-z", "--full-name") as stream:
        rest = b""
        while piece := stream.stdout.read(2**18):
            whole, end, rest = (rest + piece).rpartition(b"\0")
            for line in os.fsdecode(whole).split("\0") if end else ():
                yield line[:6], line[7:47], line[48], line[50:]
        stream.finish()


def _differs(path: str, message: str) -> Finding:
    return Finding("worktree_differs", path, None, f"{path}: {message}")


def _differs_in_index(path: str, message: str) -> Finding:
    return Finding("index_differs", path, None, f"{path}: {message}")
