"""What a step depends on besides what is described and what is recorded: settings, the time, and the store's past."""

from collections.abc import Collection, Iterator
from typing import NamedTuple, Protocol

from seqmeta.records import Body


class Settings(NamedTuple):
    """What the linking of a run depends on besides descriptions and records; `now` is a UTC time as stored."""

    stubs: bool = False
    now: str | None = None
    is_whole: bool = True
    """Whether all that is described is in the step; if not, what is settled and not in it stays as it is recorded."""
    faulty: frozenset[tuple[str, str]] = frozenset()
    """Kind and name or UUID of what is described and has problems of its own: what refers to it is not wrong."""


class History(Protocol):
    """What the store knows of records before the commit that a step begins at."""

    def when_sealed(self, submission: str, kind: str, uuid: str) -> Body | None:
        """The body of a thing as it was recorded in the commit that sealed a submission."""

    def when_recorded(self, order: str, kind: str, uuid: str) -> Iterator[Body]:
        """The bodies of a thing as it was in the commits that recorded the versions of an order, newest first."""

    def when_orders_were(self, orders: Collection[str]) -> Iterator[Body]:
        """The bodies of all versions of these orders."""
