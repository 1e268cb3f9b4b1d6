"""Compares work tree and index with a commit by content, whatever flags, times and monitors say."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_objects import object_id
from seqmeta.verification.findings import Finding
from seqmeta.verification.paths import KIND_OF_FOLDER, is_misplaced, parse_path

_LARGEST_RECORD = 64 * 2**20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def check_worktree(repository: Repository, records: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the records whose file is not what was committed; `records` is path → blob id."""
    present: set[str] = set()
    for folder in KIND_OF_FOLDER:
        for path, strange in _walk(repository.path, folder):
            if strange is not None:
                yield _differs(path, strange)
            elif path in records:
                present.add(path)
                reason = _compare(f"{repository.path}/{path}", records[path])
                if reason:
                    yield _differs(path, reason)
            elif parse_path(path) is not None or is_misplaced(path):
                yield _differs(path, "a record that was never committed")
    for path in sorted(records.keys() - present):
        yield _differs(path, "its file is missing or is no regular file")


def _walk(root: Path, folder: str) -> Iterator[tuple[str, str | None]]:
    """Yield the regular files below a folder, each with None, and what can be no part of a store with what it is."""
    try:
        with os.scandir(root / folder) as entries:
            if (root / folder).is_symlink():
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
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path)
        elif entry.is_file(follow_symlinks=False):
            yield path, None
        elif entry.is_symlink() and folder in KIND_OF_FOLDER:
            yield path, "a symbolic link instead of a folder"


def _compare(file: str, blob: str) -> str | None:
    """Say how a file differs from a blob, None when it does not."""
    try:
        descriptor = os.open(file, _READ)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return "it is no regular file"
            content = os.read(descriptor, min(status.st_size, _LARGEST_RECORD) + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        return f"its file cannot be read: {error.strerror}"
    if object_id("blob", content) != blob:
        return "its file is not what was committed"
    return None


def check_index(repository: Repository, records: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the records that the index has otherwise than the commit, so that a plain commit would change them."""
    try:
        listed = repository.git.run("ls-files", "--stage", "-z", "--full-name")
    except StoreError as error:
        yield Finding("index_differs", "index", None, f"the index cannot be read: {error}")
        return
    if not listed and records:
        yield Finding("index_differs", "index", None, "the index is missing or empty")
        return
    staged: dict[str, str] = {}
    for line in listed.split(b"\0")[:-1]:
        head, _, name = line.partition(b"\t")
        mode, blob, stage = head.decode().split()
        path = os.fsdecode(name)
        if path not in records and parse_path(path) is None:
            continue
        staged[path] = blob
        if mode != "100644" or stage != "0":
            yield Finding("index_differs", path, None, f"{path}: in the index with mode {mode} and stage {stage}")
    for path in sorted(records.keys() | staged.keys()):
        if records.get(path) != staged.get(path):
            message = f"{path}: the index has {staged.get(path, 'nothing')}, the commit {records.get(path, 'nothing')}"
            yield Finding("index_differs", path, None, message)


def _differs(path: str, message: str) -> Finding:
    return Finding("worktree_differs", path, None, f"{path}: {message}")
