"""Blobs to their bytes: from the work tree where the file hashes to the blob's name, else from git's objects.

In an honest store nearly every blob has its file, and reading that proves two things at once: what the record says,
and that its file is what was committed. That git's own copy is whole as well, git's own check says
(`seqmeta.verification.fsck`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from seqmeta.git import Repository
from seqmeta.git_objects import object_id
from seqmeta.verification.scan import read_objects
from seqmeta.verification.worktree import read_file


class Content(NamedTuple):
    """The bytes of a blob that has a path, and whether its file there has them."""

    path: str
    blob: str
    data: bytes
    is_in_place: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """Reads what is at paths; `faults` takes why an object that is there cannot be read.

    With `is_checked_out` False the work tree is of another commit, and is not looked at.
    """

    repository: Repository
    faults: dict[str, str]
    is_checked_out: bool

    def read(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Content]:
        """Yield the contents of these paths and blobs, those from the work tree first; what has none is left out."""
        asked: dict[str, list[str]] = {}
        for path, blob in wanted:
            data = self._read_file(path, blob) if self.is_checked_out else None
            if data is None:
                asked.setdefault(blob, []).append(path)
            else:
                yield Content(path, blob, data, is_in_place=True)
        for blob, kind, data in read_objects(self.repository, list(asked), self.faults):
            if kind == "blob":
                yield from (Content(path, blob, data, is_in_place=False) for path in asked[blob])

    def _read_file(self, path: str, blob: str) -> bytes | None:
        try:
            data = read_file(f"{self.repository.path}/{path}")
        except OSError:
            return None  # the work tree's own check says so
        return data if object_id("blob", data) == blob else None
