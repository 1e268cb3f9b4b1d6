"""Blobs to their bytes: from the work tree where the file hashes to the blob's name, else from git's objects.

In an honest store nearly every blob has its file, and reading that proves two things at once: what the record says,
and that its file is what was committed. That git's own copy is whole as well, git's own check says
(`seqmeta.verification.fsck`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import NamedTuple

from seqmeta.git import Repository
from seqmeta.git_objects import object_id
from seqmeta.verification.scan import read_objects
from seqmeta.verification.worktree import announce_file, read_file

_AHEAD = 200
"""So many files are announced before the first of them is read."""

_SLOW_SECONDS = 40e-6
"""A file that is in memory takes a fifth of this to be read, one on an idle SSD half as long again."""


class Content(NamedTuple):
    """The bytes of a blob that has a path, and whether its file there has them."""

    path: str
    blob: str
    data: bytes
    is_in_place: bool


@dataclass(slots=True)
class _Disk:
    """How fast files come from the disk: once that was slow, it is taken to be so from then on."""

    is_slow: bool = False
    files: int = 0
    seconds: float = 0.0

    def note(self, seconds: float) -> None:
        """Take note of how long a file took; some are looked at together."""
        self.files += 1
        self.seconds += seconds
        if self.files == _AHEAD:
            self.is_slow |= self.seconds > _AHEAD * _SLOW_SECONDS
            self.files, self.seconds = 0, 0.0


@dataclass(frozen=True, slots=True)
class Contents:
    """Reads what is at paths; `faults` takes why an object that is there cannot be read.

    With `is_checked_out` False the work tree is of another commit, and is not looked at.
    """

    repository: Repository
    faults: dict[str, str]
    is_checked_out: bool
    _disk: _Disk = field(default_factory=_Disk)

    def read(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Content]:
        """Yield the contents of these paths and blobs, those from the work tree first; what has none is left out."""
        asked: dict[str, list[str]] = {}
        for path, blob, data in self._read_files(wanted):
            if data is None:
                asked.setdefault(blob, []).append(path)
            else:
                yield Content(path, blob, data, is_in_place=True)
        for blob, kind, data in read_objects(self.repository, list(asked), self.faults):
            if kind == "blob":
                yield from (Content(path, blob, data, is_in_place=False) for path in asked[blob])

    def _read_files(self, wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, bytes | None]]:
        """Yield path, blob and bytes, None where no file has them; those of a slow disk are announced before."""
        if not self.is_checked_out:
            yield from ((path, blob, None) for path, blob in wanted)
            return
        rest = iter(wanted)
        following = self._take_some(rest)
        while following:
            some, following = following, self._take_some(rest)
            for path, blob in some:
                begun = perf_counter()
                data = self._read_file(path, blob)
                self._disk.note(perf_counter() - begun)
                yield path, blob, data

    def _take_some(self, wanted: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
        some = list(islice(wanted, _AHEAD))
        if self._disk.is_slow:
            for path, _ in some:
                announce_file(f"{self.repository.path}/{path}")
        return some

    def _read_file(self, path: str, blob: str) -> bytes | None:
        try:
            data = read_file(f"{self.repository.path}/{path}")
        except OSError:
            return None  # the work tree's own check says so
        return data if object_id("blob", data) == blob else None
