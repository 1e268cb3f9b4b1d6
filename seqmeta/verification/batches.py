"""Things to batches of about a size, for each of which it is worth to start git once."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def gather(things: Iterable[Thing], size_of: Callable[[Thing], int], most: int) -> Iterator[list[Thing]]:
    """Gather things until their sizes come to `most` or more; the last batch is smaller, and may be empty."""
    batch: list[Thing] = []
    size = 0
    for thing in things:
        batch.append(thing)
        size += size_of(thing)
        if size >= most:
            yield batch
            batch, size = [], 0
    yield batch
