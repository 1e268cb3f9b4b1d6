"""How far long work is, told to whoever wants to know: what is done of what, and of how much in all."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Tell = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and of how much; where both are the same, that it is at its end."""

Thing = TypeVar("Thing")

_STEP = 100


def tell_nobody(what: str, done: int, total: int) -> None:
    """Say nothing of how far long work is."""


class Told:
    """Work on so many things, which may come in several collections."""

    def __init__(self, tell: Tell, what: str, total: int) -> None:
        """Tell of this work, such as `records written`, on so many things."""
        self._tell, self._what, self._total = tell, what, total
        self._done = 0

    def each(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """Yield these things; when the next one is asked for, the one before is done."""
        for thing in things:
            yield thing
            self._done += 1
            if not self._done % _STEP:
                self._tell(self._what, self._done, self._total)

    def end(self) -> None:
        """Tell that the work is at its end."""
        self._tell(self._what, self._total, self._total)
