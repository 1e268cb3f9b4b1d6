"""Pairs of trees to the paths that differ between them, in one git process that is never told of a commit.

Only trees are compared, as the commits' own bytes name them: nothing that bends history (grafts, replace
references, a commit graph) has a part in it.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_command import GitCommand
from seqmeta.verification.scan import MOST_RESTARTS, feed

NO_MODE = "000000"
"""The mode that git writes for a path that is not there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One path that differs between two trees: modes and blob ids on both sides."""

    path: str
    old_mode: str
    new_mode: str
    old: str
    new: str


def ignore_index(git: GitCommand) -> GitCommand:
    """Give a git that sees no index: some commands that compare objects only would fail over a broken one."""
    return replace(git, environment={**git.environment, "GIT_INDEX_FILE": "/nonexistent/index"})


def compare_trees(repository: Repository, pairs: Sequence[tuple[str, str]]) -> Iterator[list[Difference] | None]:
    """Yield for each pair of tree ids what differs, in order; None where a tree below them cannot be read."""
    waiting = list(pairs)
    for _ in range(MOST_RESTARTS):
        if not waiting:
            return
        done = 0
        try:
            for differences in _compare(repository, waiting):
                yield differences
                done += 1
        except StoreError:
            yield None
            waiting = waiting[done + 1 :]
        else:
            return
    for _ in waiting:
        yield None


def _compare(repository: Repository, pairs: list[tuple[str, str]]) -> Iterator[list[Difference]]:
    """Yield the differences of complete pairs; StoreError when git ended before the last."""
    command = ("diff-tree", "--stdin", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
    with ignore_index(repository.git).start(*command) as stream:
        lines = [f"{old} {new}" for old, new in pairs]
        feeder = threading.Thread(target=feed, args=(stream.stdin, lines), daemon=True)
        feeder.start()
        held: list[Difference] | None = None  # complete only when the next one begins, or git ends well
        agreed, skipped = 0, False
        for header, differences in _parse(_tokens(stream.stdout)):
            if held is not None:
                yield held
            skipped = skipped or header != lines[agreed]
            held = None if skipped else differences
            agreed += not skipped
        feeder.join()
        stream.finish()
        if held is not None:
            yield held
        if agreed != len(lines):
            raise StoreError(f"git compared {agreed} of {len(lines)} trees")


def _parse(tokens: Iterator[str]) -> Iterator[tuple[str, list[Difference]]]:
    """Yield each pair of trees, as git repeats it, with what differs."""
    pair, differences = "", list[Difference]()
    for token in tokens:
        *headers, meta = token.split("\n")
        for header in headers:
            if pair:
                yield pair, differences
            pair, differences = header, []
        if meta:
            old_mode, new_mode, old, new, _ = meta.removeprefix(":").split()
            differences.append(Difference(next(tokens, ""), old_mode, new_mode, old, new))
    if pair:
        yield pair, differences


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    """Split what git writes at its NUL bytes; the last token may be header lines only."""
    rest = b""
    while piece := stream.read(2**18):
        *whole, rest = (rest + piece).split(b"\0")
        yield from map(os.fsdecode, whole)
    if rest:
        yield os.fsdecode(rest)
