"""Writes files below a folder of seqmeta's own, from where they are renamed into the work tree."""

import os
from collections.abc import Container, Iterable
from pathlib import Path

from seqmeta.system_errors import store_errors

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class StagedFiles:
    """Record files being written below a folder of seqmeta's own.

    They are made in one folder and renamed from there: ext4 makes a file several times faster in a folder that
    it is at work in than in each of a thousand others.
    """

    def __init__(self, root: Path, executable: Container[str] = ()) -> None:
        """Stage files below this folder, which is there; `executable` are the paths of those that are programs."""
        self._root = root
        self._executable = executable
        self._nursery = root.with_name(root.name + ".new")
        self._folder = ""
        with store_errors("a record cannot be written"):
            self._nursery.mkdir()

    def add(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write these files, which come sorted by folder."""
        new = f"{self._nursery}/file"
        with store_errors("a record cannot be written"):
            for path, content in files:
                file = os.open(new, _NEW_FILE, 0o777 if path in self._executable else 0o666)
                try:
                    _write_all(file, content)
                finally:
                    os.close(file)
                folder = path.rpartition("/")[0]
                if folder != self._folder:
                    self._root.joinpath(folder).mkdir(parents=True, exist_ok=True)
                    self._folder = folder
                os.rename(new, f"{self._root}/{path}")  # noqa: PTH104 - a million times

    def finish(self) -> None:
        """Take away what was needed while files were added."""
        with store_errors("a record cannot be written"):
            self._nursery.rmdir()


def write_files(root: Path, files: Iterable[tuple[str, bytes]], executable: Container[str] = ()) -> None:
    """Write record files, which come sorted by folder, below a folder of seqmeta's own."""
    staged = StagedFiles(root, executable)
    staged.add(files)
    staged.finish()


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
