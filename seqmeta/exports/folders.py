"""Named contents to files in a new folder: all of them or none, and nothing that was there is touched.

They are written beside the folder and moved there whole. Names are made of a small alphabet that means nothing to a
shell, a spreadsheet or a file system, so no name of a record can lead out of the folder.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO

from seqmeta.errors import WorkspaceError
from seqmeta.presence import is_file, is_folder, is_link, is_there

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_MOST = 96


def safe_name(text: str, uuid: str) -> str:
    """Make a file name of a name; where that changes it, part of the UUID keeps it apart from others."""
    name = _UNSAFE.sub("_", text).strip("._-")[:_MOST]
    return name if name == text else f"{name}-{uuid[:8]}".lstrip("-")


class FileNames:
    """File names that differ in more than their case: some file systems take `A.json` and `a.json` for one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, *things: tuple[str, str]) -> str:
        """Return a free file name for what is of these things, each a name and a UUID: no other file's looks the same.

        It has their whole UUIDs where another has the name already, and a number where even then one has.
        """
        name = ".".join(safe_name(text, uuid) for text, uuid in things)
        longer = "-".join([name[:_MOST], *(uuid for _, uuid in things)])
        choices = chain([name, longer], (f"{longer}-{number}" for number in count(2)))
        free = next(choice for choice in choices if choice.casefold() not in self._taken)
        self._taken.add(free.casefold())
        return free


class Draft:
    """A folder that is being filled, beside the place where it will be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> BinaryIO:
        """Open a new file, its path made of `safe_name`s."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    def write(self, name: str, text: str) -> None:
        """Write a new file whole."""
        with self.open(name) as stream:
            stream.write(text.encode())


@contextmanager
def fill_folder(folder: Path) -> Iterator[Draft]:
    """Give a draft to be filled, and put it in place when all is written; where it fails, nothing is.

    Raises WorkspaceError where the folder is a link or holds anything but just these files.
    """
    try:
        if is_link(folder) or (is_there(folder) and not is_folder(folder)):
            raise WorkspaceError(f"{folder} is no folder: name a new or an empty one")
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = folder.resolve()  # beside it, not within: the parent of `.` is `.`
        draft = place.parent / f".{place.name}.{os.getpid()}.partial"
        draft.mkdir()
        try:
            yield Draft(draft)
            _put_in_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise WorkspaceError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _put_in_place(draft: Path, folder: Path) -> None:
    if not is_there(folder):
        draft.rename(folder)
    elif not any(folder.iterdir()):
        for entry in sorted(draft.iterdir()):  # not renamed as a whole: a person may be standing in the folder
            entry.rename(folder / entry.name)
    elif _listed(folder) != _listed(draft) or any(_differ(folder / name, draft / name) for name in _listed(draft)):
        raise WorkspaceError(f"{folder} holds something else than this export: name a new or an empty folder")


def _listed(folder: Path) -> list[str]:
    """List all that is below a folder, links and empty folders too, and follow no link."""
    return sorted(_walk(folder, ""))


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        yield f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{prefix}{entry.name}/")


def _differ(there: Path, wanted: Path) -> bool:
    if is_link(there) or is_folder(there) != is_folder(wanted):
        return True
    return not is_folder(wanted) and (not is_file(there) or there.read_bytes() != wanted.read_bytes())
