"""Pairs of trees to the paths that differ between them, in one git process that is never told of a commit.

Only trees are compared, as the commits' own bytes name them: nothing that bends history (grafts, replace
references, a commit graph) has a part in it.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.verification.scan import MOST_RESTARTS, feed

NO_MODE = "000000"
"""The mode that git writes for a path that is not there."""

MOST_AT_ONCE = 5000
"""How many differences are held at once, however many a pair of trees has."""

_REMEMBERED = "96m"
"""How much git keeps of what it has unpacked, as it does by default. A folder's tree is packed as what changed since
the commit before, so where the last tree of each folder is forgotten, its whole chain is unpacked for the next."""


class Difference(NamedTuple):
    """One path that differs between two trees: modes and blob ids on both sides."""

    path: str
    old_mode: str
    new_mode: str
    old: str
    new: str


class Part(NamedTuple):
    """Differences of the pair at one place of the list that was asked for; `is_whole` is False where git failed."""

    place: int
    differences: list[Difference]
    is_last: bool
    is_whole: bool = True


def compare_trees(repository: Repository, pairs: Sequence[tuple[str, str]]) -> Iterator[Part]:
    """Yield what differs in each pair of tree ids, in order, one or more parts for each; the last is marked.

    A pair whose trees cannot all be read ends with a part that is not whole.
    """
    done = 0
    for _ in range(MOST_RESTARTS):
        if done == len(pairs):
            return
        first = done
        try:
            for part in _compare(repository, pairs[first:]):
                yield part._replace(place=first + part.place)
                done += part.is_last
        except StoreError:
            yield Part(done, [], is_last=True, is_whole=False)
            done += 1
    yield from (Part(place, [], is_last=True, is_whole=False) for place in range(done, len(pairs)))


def _compare(repository: Repository, pairs: Sequence[tuple[str, str]]) -> Iterator[Part]:
    """Yield the differences of pairs; StoreError when git passed one over or ended before the last."""
    command = ("diff-tree", "--stdin", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
    git = repository.git._replace(settings={**repository.git.settings, "core.deltaBaseCacheLimit": _REMEMBERED})
    with git.start(*command) as stream:
        lines = [f"{old} {new}" for old, new in pairs]
        feeder = threading.Thread(target=feed, args=(stream.stdin, lines), daemon=True)
        feeder.start()
        held: Part | None = (
            None  # what was said last of a pair counts as the last when the next begins, or git ends well
        )
        for part in _parse(_tokens(stream.stdout), lines):
            if held is not None:
                yield held._replace(is_last=held.place != part.place)
            held = part
        feeder.join()
        stream.finish()
        compared = 0
        if held is not None and held.is_whole:
            yield held._replace(is_last=True)
            compared = held.place + 1
        if compared != len(lines):
            raise StoreError(f"git compared {compared} of {len(lines)} trees")


def _parse(tokens: Iterator[str], lines: list[str]) -> Iterator[Part]:
    """Yield what differs, for each pair as git repeats it; where git has passed one over, what is not whole ends it."""
    place, found = -1, list[Difference]()
    for token in tokens:
        *headers, meta = token.split("\n")
        for header in headers:
            if place >= 0:
                yield Part(place, found, is_last=False)
            place, found = place + 1, []
            if header != lines[place]:
                yield Part(place, [], is_last=False, is_whole=False)
                return
        if meta:
            if len(found) == MOST_AT_ONCE:
                yield Part(place, found, is_last=False)
                found = []
            found.append(Difference(next(tokens, ""), meta[1:7], meta[8:14], meta[15:55], meta[56:96]))
    if place >= 0:
        yield Part(place, found, is_last=False)


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    """Split what git writes at its NUL bytes; the last token may be header lines only."""
    rest = b""
    while piece := stream.read(2**18):
        whole, end, rest = (rest + piece).rpartition(b"\0")
        if end:
            yield from os.fsdecode(whole).split("\0")
    if rest:
        yield os.fsdecode(rest)
