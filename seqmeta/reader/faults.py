"""The faults of one file, collected while it is read, up to a limit (CONTRACT 4, `too_many_problems`)."""

from bisect import bisect_right

from seqmeta.reader.trees import Fault, Path

MAX_FAULTS = 10_000

Place = tuple[int, int]
"""Line and column, from 1."""


class UnreadableError(Exception):
    """The rest of a file means nothing any more; never leaves the reader."""

    def __init__(self, place: Place, code: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.code = code
        self.message = message


class FaultLog:
    """Collects faults, and knows which document a place belongs to once the documents' beginnings are known."""

    def __init__(self) -> None:
        self.beginnings: list[Place] = []
        self._faults: list[tuple[Place, Path, str, str]] = []

    def add(self, place: Place, code: str, message: str, path: Path = ()) -> None:
        """Note a fault; the one after `MAX_FAULTS` ends the reading."""
        if len(self._faults) == MAX_FAULTS:
            raise UnreadableError(
                place,
                "too_many_problems",
                f"more than {MAX_FAULTS:,} problems in this file: the rest of it was not read",
            )
        self._faults.append((place, path, code, message))

    def end(self, error: UnreadableError) -> None:
        """Note what ended the reading, unless it follows from a fault before it: on its line, or in the syntax."""
        line = error.place[0]
        follows = any(
            place[0] == line or (code == "yaml_syntax" and place < error.place) for place, _, code, _ in self._faults
        )
        if not (follows and error.code == "yaml_syntax"):
            self._faults.append((error.place, (), error.code, error.message))

    def sorted(self) -> list[Fault]:
        """Return the faults in order of their places, each once."""
        ordered = sorted(self._faults, key=lambda fault: (fault[0], fault[2], fault[3]))
        return [self._finish(*fault) for fault in ordered]

    def _finish(self, place: Place, path: Path, code: str, message: str) -> Fault:
        document = max(bisect_right(self.beginnings, place) - 1, 0)
        return Fault(place[0], place[1], document, path, code, message)
