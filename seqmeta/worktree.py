"""Puts files into the work tree by renaming; what a person had put in a record's place is saved, other edits stay.

Every folder is opened relative to the one above it and no link is followed (openat(2), O_NOFOLLOW), so that a
link made between a check and a write leads nowhere.
"""

import os
import re
import stat
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, groupby
from pathlib import Path

from seqmeta.durability import sync_paths
from seqmeta.errors import InTheWayError, StoreError
from seqmeta.findings import Finding
from seqmeta.git_objects import object_id
from seqmeta.presence import find_below, find_matching, is_folder, is_link
from seqmeta.system_errors import store_errors

RECORD_PATH = re.compile(r"[a-z_]+/[0-9a-f]{2}/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json")
"""Where a record may stand in the store (CONTRACT 3); anything else there is not seqmeta's."""

SAVED_SUFFIX = ".edited"
"""What is added to a record's file name for a person's uncommitted version; git is told to ignore such files."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def require_record_path(path: str) -> str:
    """Return `path` when a record may be written there; StoreError otherwise."""
    if not RECORD_PATH.fullmatch(path):
        raise StoreError(f"{path!r} is not a place for a record: expected <folder>/<xx>/<uuid>.json")
    return path


def is_record_path(path: str) -> bool:
    """Whether a path of the store is one of a record."""
    return RECORD_PATH.fullmatch(path) is not None


def prepare_folders(root: Path, paths: Iterable[str], leaving: Callable[[], Iterable[str]] = tuple) -> None:
    """Make the folders of these paths, sorted by folder; StoreError where something is in the way of a record.

    That may be a link, a file or a folder, and does not count where it is `leaving`, which lists what the same commit
    takes away. What is in the way of any other file is a person's edit, for `place_files` to leave alone.
    """
    made: list[Path] = []
    for parts, group in _by_folder(paths):
        try:
            with _opened(root, parts, made) as folder:
                if made and made[-1] == root.joinpath(*parts):
                    continue  # nothing is in it yet
                for path in filter(is_record_path, group):
                    if _mode(path.rpartition("/")[2], folder) == stat.S_IFDIR and not _is_leaving(root, path, leaving):
                        raise StoreError(f"{root / path} is a folder: expected a record or nothing")
        except InTheWayError as error:
            if any(map(is_record_path, group)) and not _is_leaving(root, str(error.place.relative_to(root)), leaving):
                raise
    _sync_folders(root, {folder.parent for folder in made})


def _is_leaving(root: Path, path: str, leaving: Callable[[], Iterable[str]]) -> bool:
    """Whether all that is there is taken away, a folder with all that is in it."""
    place = root / path
    there = (
        {path} if is_link(place) or not is_folder(place) else {str(of.relative_to(root)) for of in find_below(place)}
    )
    return bool(there) and there.issubset(leaving())


Expected = Iterable[tuple[str, Container[str | None]]]
"""Paths, sorted by folder, each with the blob ids that may be replaced there without saving."""


Blocked = list[tuple[str, Container[str | None]]]
"""Such paths, where a folder stands in the place of the file, or a file in that of its folder."""


def place_files(staged: Path, root: Path, expected: Expected, blocked: Blocked | None = None) -> list[Finding]:
    """Rename staged record files into the work tree; what a person put there is saved beside and named.

    A path with no staged file was placed before, such as by `place_folders`. Returns what was saved. What is `blocked`
    is left and added there, to be placed when what the commit takes away is gone; without it what still is in the way
    is a person's: saved beside where a record has to be, and left as an edit where any other file has.
    """
    findings: list[Finding] = []
    made: list[Path] = []
    touched: set[Path] = set()
    for parts, group in _by_folder_expected(expected):
        if not is_folder(staged.joinpath(*parts)):
            continue
        try:
            with (
                store_errors("a record cannot be put in its place"),
                _opened(root, parts, made) as target,
                _opened(staged, parts) as source,
            ):
                touched.add(root.joinpath(*parts))
                findings += _place_in_folder(group, source, target, blocked)
        except InTheWayError as error:
            left = list(group)
            if blocked is not None:
                blocked += left
            elif any(is_record_path(path) for path, _ in left):
                findings += [_save_obstacle(root, error.place), *place_files(staged, root, left)]
    with store_errors("a record cannot be put in its place"):
        _sync_folders(root, touched | {folder.parent for folder in made})
    return findings


def _place_in_folder(group: Expected, source: int, target: int, blocked: Blocked | None) -> Iterator[Finding]:
    for path, ids in group:
        name = path.rpartition("/")[2]
        if _mode(name, source) != stat.S_IFREG:
            continue
        if _mode(name, target) == stat.S_IFDIR:
            if blocked is not None:
                blocked.append((path, ids))
                continue
            _remove_empty(name, target)
        if not is_record_path(path) and not _is_expected(name, target, ids):
            continue  # a person's edit of a file that is not seqmeta's stays, as an edit
        finding = _save_edit(path, target, ids)
        if finding:
            yield finding
        os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)


def place_folders(staged: Path, root: Path) -> bool:
    """Rename staged folders of records with all that is in them, where the work tree has an empty one.

    All else is for `place_files`; returns whether there is nothing else.
    """
    with store_errors("a record cannot be put in its place"):
        found = [path.relative_to(staged) for path in find_matching(staged, "*", "*")]
        placed = [folder for folder in found if _place_folder(staged, root, folder.parts)]
        _sync_folders(root, {root / place for folder in placed for place in (folder, folder.parent)})
        return next(find_below(staged), None) is None


def _place_folder(staged: Path, root: Path, parts: tuple[str, ...]) -> bool:
    """Rename a staged folder, where the work tree has an empty one with the same rights, and nothing prevents it.

    Nothing but a folder: rename(2) puts that in the place of an empty folder only, and a file in that of any file.
    """
    name = parts[-1]
    with suppress(OSError, StoreError), _opened(root, parts[:-1]) as target, _opened(staged, parts[:-1]) as source:
        rights = _rights(name, source)
        if stat.S_ISDIR(rights[0]) and rights == _rights(name, target):
            os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)  # fails where the other is not empty
            return True
    return False


def _rights(name: str, folder: int) -> tuple[int, int, int]:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return found.st_mode, found.st_uid, found.st_gid


def _save_obstacle(root: Path, place: Path) -> Finding:
    """Rename what stands in the place of a folder of records, whatever it is."""
    path = str(place.relative_to(root))
    with _opened(root, _parts(path)[:-1]) as folder, store_errors("a file cannot be set aside"):
        return _save(path, folder, "it was in the way of records")


def remove_files(root: Path, expected: Expected) -> None:
    """Take away files that hold one of the expected blobs, and folders left empty; what a person changed stays."""
    for parts, group in _by_folder_expected(expected):
        if not is_folder(root.joinpath(*parts)):
            continue
        with suppress(InTheWayError), _opened(root, parts) as folder, store_errors("a file cannot be taken away"):
            for path, ids in group:
                name = path.rpartition("/")[2]
                if _mode(name, folder) is not None and _is_expected(name, folder, ids):
                    os.unlink(name, dir_fd=folder)
        _remove_empty_upwards(root, parts)


def _remove_empty_upwards(root: Path, parts: tuple[str, ...]) -> None:
    with suppress(OSError, StoreError):
        for length in range(len(parts) - 1, -1, -1):
            with _opened(root, parts[:length]) as folder:
                os.rmdir(parts[length], dir_fd=folder)  # fails where it is not empty


def _remove_empty(name: str, folder: int) -> None:
    """Take away a folder in which there are but folders; one with anything else stays as it is."""
    with suppress(OSError):
        if not any(files for _, _, files, _ in os.fwalk(name, dir_fd=folder)):
            for _, folders, _, place in os.fwalk(name, topdown=False, dir_fd=folder):
                for inner in folders:
                    os.rmdir(inner, dir_fd=place)
            os.rmdir(name, dir_fd=folder)


def set_aside(root: Path, path: str) -> Finding | None:
    """Save a file that stands at a record's place without being one, under its name with a suffix."""
    parts = tuple(path.split("/")[:-1])
    with _opened(root, parts) as folder, store_errors("a file cannot be set aside"):
        return _save_edit(path, folder, set())


def _save_edit(path: str, folder: int, expected: Container[str | None]) -> Finding | None:
    name = path.rpartition("/")[2]
    if _is_expected(name, folder, expected):
        return None
    return _save(path, folder, "an uncommitted edit was put back")


def _save(path: str, folder: int, why: str) -> Finding:
    above, _, name = path.rpartition("/")
    saved = next(new for new in _saved_names(name) if _mode(new, folder) is None)
    os.rename(name, saved, src_dir_fd=folder, dst_dir_fd=folder)
    beside = f"{above}/{saved}" if above else saved
    return Finding("edit_put_back", path, f"{why}; it is saved as {beside}")


def _is_expected(name: str, folder: int, expected: Container[str | None]) -> bool:
    """Whether a name is free, or that of an empty file, or of one that holds an expected blob."""
    mode = _mode(name, folder)
    if mode != stat.S_IFREG:
        return mode is None
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb") as stream:
        content = stream.read()
    return not content or object_id("blob", content) in expected


def _saved_names(name: str) -> Iterator[str]:
    yield name + SAVED_SUFFIX
    yield from (f"{name}{SAVED_SUFFIX}-{number}" for number in count(2))


def _mode(name: str, folder: int) -> int | None:
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def _by_folder(paths: Iterable[str]) -> Iterator[tuple[tuple[str, ...], Iterator[str]]]:
    for folder, group in groupby(paths, key=lambda path: path.rpartition("/")[0]):
        yield _parts(folder), group


def _by_folder_expected(
    expected: Expected,
) -> Iterator[tuple[tuple[str, ...], Iterator[tuple[str, Container[str | None]]]]]:
    for folder, group in groupby(expected, key=lambda item: item[0].rpartition("/")[0]):
        yield _parts(folder), group


def _parts(folder: str) -> tuple[str, ...]:
    return tuple(folder.split("/")) if folder else ()


@contextmanager
def _opened(root: Path, parts: tuple[str, ...], made: list[Path] | None = None) -> Iterator[int]:
    """Open a folder below `root`; with `made` it is made where there is none, and what was made is added there."""
    descriptor = _open_folder(str(root), None, root)
    try:
        for number, part in enumerate(parts):
            place = root.joinpath(*parts[: number + 1])
            if made is not None and _made_folder(part, descriptor):
                made.append(place)
            inner = _open_folder(part, descriptor, place)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _made_folder(name: str, folder: int) -> bool:
    """Make a folder unless something stands there; returns whether it was made."""
    with store_errors("a folder cannot be made"):
        try:
            os.mkdir(name, dir_fd=folder)
        except FileExistsError:
            return False
    return True


def _sync_folders(root: Path, folders: Iterable[Path]) -> None:
    with store_errors("the records cannot be synced"):
        sync_paths(sorted(map(str, folders)), root)


def _open_folder(name: str, folder: int | None, place: Path) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except (NotADirectoryError, OSError) as error:
        if is_link(place) or isinstance(error, NotADirectoryError):
            raise InTheWayError(place) from error
        with store_errors("a folder cannot be opened"):
            raise
