"""Reads every object of a store once, and hashes it anew: the store's objects to commits, tags and facts of records.

Git itself does not compare a packed object with its name when it reads it; this does, with both SHA-1 and the bytes
that all further checks are made on.
"""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.verification.facts import RecordFacts, inspect_record

LARGEST_CONTENT = 64 * 2**20
"""Objects beyond this are hashed, but their content is not kept: nothing of seqmeta's is that large."""

MOST_RESTARTS = 200
"""How many objects may kill the git that reads them before the rest is given up as unreadable."""

_COMMIT = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author [^\n]*\ncommitter ([^\n]*)\n(?:[^\n]+\n)*\n.*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class CommitNode:
    """What a commit object says: its tree, its parents, and its committer line."""

    tree: str
    parents: tuple[str, ...]
    committer: bytes


@dataclass(slots=True)
class Objects:
    """All objects of a store that could be read and that are what their names say, and the faults of the others."""

    commits: dict[str, CommitNode] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    trees: set[str] = field(default_factory=set)
    blobs: dict[str, RecordFacts] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    mentioned: set[tuple[str, str]] = field(default_factory=set)


def scan_objects(repository: Repository) -> Objects:
    """Read and hash every object of the store, reachable or not."""
    found = Objects()
    try:
        with repository.git.start("cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer") as stream:
            for _ in _take(stream.stdout, found):
                pass
            stream.finish()
    except StoreError:
        _scan_one_by_one(repository, found)
    return found


def _scan_one_by_one(repository: Repository, found: Objects) -> None:
    """Go on where git gave up, beginning again behind each object that ends it."""
    listed = repository.git.run("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered")
    seen = found.commits.keys() | found.tags.keys() | found.trees | found.blobs.keys() | found.faults.keys()
    waiting = [name for name in listed.decode().split() if name not in seen]
    for _ in range(MOST_RESTARTS):
        if not waiting:
            return
        done = 0
        with repository.git.start("cat-file", "--batch", "--buffer") as stream:
            feeder = threading.Thread(target=feed, args=(stream.stdin, waiting), daemon=True)
            feeder.start()
            for _ in _take(stream.stdout, found):
                done += 1
            feeder.join()
            with suppress(StoreError):  # that it failed is why the rest is asked for again
                stream.finish()
        if done < len(waiting):
            found.faults.setdefault(waiting[done], "git cannot read it")
        waiting = waiting[done + 1 :]
    for name in waiting:
        found.faults.setdefault(name, "not read, because too many objects before it are corrupt")


def feed(pipe: IO[bytes], lines: list[str]) -> None:
    """Write lines to a command and close its input; that it ended first is for the reader to see."""
    try:
        for start in range(0, len(lines), 1000):
            pipe.write("".join(f"{line}\n" for line in lines[start : start + 1000]).encode())
        pipe.close()
    except (OSError, ValueError):
        return


def _take(stream: IO[bytes], found: Objects) -> Iterator[None]:
    """Take objects from `cat-file --batch` until it ends, yielding after each complete one."""
    while header := stream.readline():
        words = header.decode(errors="replace").split()
        if len(words) != 3 or not words[2].isdecimal():
            found.faults[words[0] if words else "?"] = "git cannot read it"
            yield
            continue
        name, kind, size = words[0], words[1], int(words[2])
        hasher = hashlib.sha1(f"{kind} {size}\0".encode(), usedforsecurity=False)
        content = stream.read(size) if size <= LARGEST_CONTENT else b""
        hasher.update(content)
        if size > LARGEST_CONTENT:
            _hash_in_pieces(stream, size, hasher)
        if stream.read(1) != b"\n":
            return  # cut short: git ended inside this object
        if hasher.hexdigest() != name:
            found.faults[name] = f"its content is that of {hasher.hexdigest()}"
        else:
            _keep(found, name, kind, content)
        yield


def _hash_in_pieces(stream: IO[bytes], size: int, hasher: "hashlib._Hash") -> None:
    while size > 0 and (piece := stream.read(min(size, 2**20))):
        hasher.update(piece)
        size -= len(piece)


def _keep(found: Objects, name: str, kind: str, content: bytes) -> None:
    if kind == "tree":
        found.trees.add(name)
    elif kind == "blob":
        found.blobs[name] = inspect_record(content, found.mentioned)
    elif kind == "tag":
        found.tags[name] = content
    else:
        match = _COMMIT.fullmatch(content)
        if match is None:
            found.faults[name] = "it is no commit that can be read"
            return
        parents = match[2].decode().replace("parent ", "").split()
        found.commits[name] = CommitNode(match[1].decode(), tuple(parents), match[3])
