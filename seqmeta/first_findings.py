"""What is found wrong in a step: of each file the first by place, and not many more of them than are reported.

Errors are kept beside warnings, and what lasts beside what passes: so the first of all are there, and of those that
last, and whether any is an error, however much more was found.
"""

from bisect import bisect_right
from collections.abc import Iterator

from seqmeta.checking import MOST_PROBLEMS
from seqmeta.described import Path, Placed
from seqmeta.documents import Source
from seqmeta.problems import Finding

_ENOUGH = MOST_PROBLEMS + 1
"""So many of a file are enough to report the first, and that there are more."""


class FirstFindings:
    """Findings in the order in which they come; those that stand behind enough others of their file are let go."""

    def __init__(self) -> None:
        self.errors: set[tuple[str, str]] = set()
        """The kind and code of each error that was noted, whether it is still here or not."""
        self._found: dict[int, Placed] = {}
        self._alike: dict[tuple[str, str, bool], _Alike] = {}
        self._noted = 0

    def __iter__(self) -> Iterator[Placed]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def append(self, placed: Placed) -> int:
        """Note a finding; return its number, by which another can take its place."""
        self._noted += 1
        self._note_error(placed)
        severity, source = placed.finding.severity, placed.source
        alike = self._alike.setdefault((source.file, severity, placed.is_passing), _Alike())
        if not alike.is_beyond(source):
            self._found[self._noted] = placed
            alike.numbers.append(self._noted)
            if len(alike.numbers) >= alike.most:
                self._let_go(alike)
        return self._noted

    def replace(self, number: int, finding: Finding, see: tuple[Source, Path] | None) -> None:
        """Say otherwise what is wrong with a description, where the finding of this number is still here."""
        if number in self._found:
            self._found[number] = self._found[number]._replace(finding=finding, see=see)
            self._note_error(self._found[number])

    def is_enough(self, source: Source) -> bool:
        """Whether one more error at a description would not be reported: enough stand before it in its file."""
        alike = self._alike.get((source.file, "error", False))
        return alike is not None and alike.is_beyond(source)

    def _note_error(self, placed: Placed) -> None:
        if placed.finding.severity == "error":
            self.errors.add((placed.kind, placed.finding.code))

    def _let_go(self, alike: "_Alike") -> None:
        """Let go what stands behind the description in which there are enough."""

        def place(number: int) -> tuple[str, int, int]:
            return self._found[number].source.order

        alike.numbers.sort(key=place)
        alike.last = place(alike.numbers[_ENOUGH - 1])
        kept = bisect_right(alike.numbers, alike.last, key=place)
        for number in alike.numbers[kept:]:
            del self._found[number]
        del alike.numbers[kept:]
        alike.most = 2 * kept


class _Alike:
    """The numbers of the findings of one file that are alike, and the last description of those that were enough."""

    __slots__ = ("last", "most", "numbers")

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.most = 2 * _ENOUGH
        self.last: tuple[str, int, int] | None = None

    def is_beyond(self, source: Source) -> bool:
        return self.last is not None and source.order > self.last
