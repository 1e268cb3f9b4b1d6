"""Reads objects of a store robustly, and hashes them anew: all commits and tags, and whatever else is asked for.

Git itself does not compare a packed object with its name when it reads it; this does. What nothing here asks for is
hashed by git's own check (`seqmeta.verification.fsck`), as is every further copy of an object.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.verification.names import ObjectNames

LARGEST_CONTENT = 256 * 2**20
"""Objects beyond this are hashed, but their content is not kept: nothing of seqmeta's is that large (the requests of a
submission take 120 MB at most, its references to them in `progress` less)."""

MOST_RESTARTS = 200
"""How many objects may kill the git that reads them before the rest is given up as unreadable."""

_FRUGAL: Mapping[str, str] = {
    "core.packedGitWindowSize": "1m",
    "core.packedGitLimit": "16m",
    "core.deltaBaseCacheLimit": "16m",
}
"""Else git maps whole packs and keeps 96 MB of what it has unpacked. Where objects are asked for in the order in which
they are packed, or each by itself, that is no faster; trees are compared in another (`seqmeta.verification.diffs`)."""

_COMMIT = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author [^\n]*\ncommitter ([^\n]*)\n(?:[^\n]+\n)*\n.*", re.DOTALL
)
_LIST = ("cat-file", "--batch-all-objects", "--buffer")
_TYPES = (*_LIST, "--unordered", "--batch-check=%(objectname) %(objecttype)")
"""Asked in the order of their packs: else git finds each by its name anew, in one pack after the other, and maps a
window of that pack for it."""

_NAMES = (*_LIST, "--batch-check=%(objectname)")
_NAME_BYTES = 20
_LISTED = re.compile(rb"^([0-9a-f]{40})$", re.MULTILINE)
_BLOB = re.compile(rb"^([0-9a-f]{40}) blob$", re.MULTILINE)
_OF_HISTORY = re.compile(rb"^([0-9a-f]{40}) (?!blob$|tree$)", re.MULTILINE)
"""A line of the list of all objects that is of a commit or tag, or of what git cannot tell the type of."""


class CommitNode(NamedTuple):
    """What a commit object says: its tree, its parents, and its committer line."""

    tree: str
    parents: tuple[str, ...]
    committer: bytes


class GitObject(NamedTuple):
    """An object that is what its name says."""

    name: str
    kind: str
    content: bytes


@dataclass(slots=True)
class Objects:
    """The commits and tags of a store, which of the commits' trees are there, and the faults of objects by name.

    `names` are those of all objects, and `blob` any one of them that is a blob; `blobs` is how many git says there are.
    """

    names: ObjectNames
    blob: str | None
    blobs: int = 0
    commits: dict[str, CommitNode] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    trees: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _List:
    """The list of all objects: names in 20 bytes each, one that is of a blob, and those of commits and tags.

    `typed` counts the objects that git was seen to tell the type of, or to know no type of.
    """

    names: bytearray = field(default_factory=bytearray)
    blob: str | None = None
    of_history: list[str] = field(default_factory=list)
    typed: int = 0
    blobs: int = 0

    def add_names(self, lines: bytes) -> None:
        self.names += bytes.fromhex(b"".join(_LISTED.findall(lines)).decode())

    def add_types(self, lines: bytes) -> None:
        self.typed += lines.count(b"\n")
        self.blobs += lines.count(b" blob\n")
        self.of_history += (name.decode() for name in _OF_HISTORY.findall(lines))
        if self.blob is None and (match := _BLOB.search(lines)):
            self.blob = match[1].decode()

    def doubt_types(self) -> None:
        """Take every object for one of history, so that each is looked at by itself."""
        starts = range(0, len(self.names), _NAME_BYTES)
        self.of_history = [self.names[start : start + _NAME_BYTES].hex() for start in starts]
        self.blob = None


def look_at_objects(repository: Repository) -> Repository:
    """Give a repository whose git goes through objects in little memory, and sees no index: a broken one ends it."""
    git = repository.git
    environment = {**git.environment, "GIT_INDEX_FILE": "/nonexistent/index"}
    frugal = git._replace(environment=environment, settings={**git.settings, **_FRUGAL})
    return Repository(repository.path, repository.branch, git=frugal)


def scan_objects(repository: Repository) -> Objects:
    """Read and hash every commit and tag of the store, reachable or not, and the trees that commits name."""
    listed = _list_all(repository)
    found = Objects(ObjectNames.of(listed.names), listed.blob, listed.blobs)
    for name, kind, content in read_objects(repository, listed.of_history, found.faults):
        if kind == "tag":
            found.tags[name] = content
        elif kind == "commit":
            match = _COMMIT.fullmatch(content)
            if match is None:
                found.faults[name] = "it is no commit that can be read"
                continue
            parents = match[2].decode().replace("parent ", "").split()
            found.commits[name] = CommitNode(match[1].decode(), tuple(parents), match[3])
    trees = {commit.tree for commit in found.commits.values()}
    for name, kind, _ in read_objects(repository, sorted(trees), found.faults):
        if kind == "tree":
            found.trees.add(name)
    return found


def _list_all(repository: Repository) -> _List:
    """List all objects, names sorted; as of history also what git cannot tell the type of.

    Names are those of a pack's index, types come in the order that its `.rev` file tells. Where there are fewer types,
    because git gave up at an object or that file leaves some out, none is believed. What another process writes
    meanwhile makes them more.
    """
    found = _List()
    _read_lines(repository, _NAMES, found.add_names)
    with suppress(StoreError):
        _read_lines(repository, _TYPES, found.add_types)
    found.of_history.sort()
    if found.typed * _NAME_BYTES < len(found.names):
        found.doubt_types()
    return found


def _read_lines(repository: Repository, command: Sequence[str], take: Callable[[bytes], None]) -> None:
    """Give what a git command writes to `take`, some whole lines at a time; StoreError where it fails."""
    with repository.git.start(*command) as stream:
        rest = b""
        while piece := stream.stdout.read(2**18):
            whole, end, rest = (rest + piece).rpartition(b"\n")
            take(whole + end)
        stream.finish()


def read_objects(repository: Repository, names: Sequence[str], faults: dict[str, str]) -> Iterator[GitObject]:
    """Yield the objects that are what their names say, in order; `faults` takes why others that are there are not.

    Where git gives up, it is begun again behind the object that ended it.
    """
    waiting, unanswered = names, list[str]()
    for _ in range(MOST_RESTARTS):
        if not waiting:
            break
        done = 0
        with repository.git.start("cat-file", "--batch", "--buffer") as stream:
            feeder = threading.Thread(target=feed, args=(stream.stdin, waiting), daemon=True)
            feeder.start()
            for answer in _answers(stream.stdout, faults):
                if answer is None:
                    unanswered.append(waiting[done])
                elif answer.name not in faults:
                    yield answer
                done += 1
            feeder.join()
            with suppress(StoreError):  # that it failed is why the rest is asked for again
                stream.finish()
        if done < len(waiting):
            unanswered.append(waiting[done])
        waiting = waiting[done + 1 :]
    for name in waiting:
        faults.setdefault(name, "not read, because too many objects before it are corrupt")
    if unanswered:
        faults |= dict.fromkeys(_list_those_there(repository, unanswered), "git cannot read it")


def feed(pipe: IO[bytes], lines: Sequence[str]) -> None:
    """Write lines to a command and close its input; that it ended first is for the reader to see."""
    try:
        for start in range(0, len(lines), 1000):
            pipe.write("".join(f"{line}\n" for line in lines[start : start + 1000]).encode())
        pipe.close()
    except (OSError, ValueError):
        return


def _answers(stream: IO[bytes], faults: dict[str, str]) -> Iterator[GitObject | None]:
    """Yield what `cat-file --batch` says of each object it is asked for, None where it has nothing to say."""
    while header := stream.readline():
        words = header.decode(errors="replace").split()
        if len(words) != 3:
            yield None
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
            faults[name] = f"its content is that of {hasher.hexdigest()}"
        yield GitObject(name, kind, content)


def _hash_in_pieces(stream: IO[bytes], size: int, hasher: "hashlib._Hash") -> None:
    while size > 0 and (piece := stream.read(min(size, 2**20))):
        hasher.update(piece)
        size -= len(piece)


def _list_those_there(repository: Repository, names: Iterable[str]) -> set[str]:
    """List which of these objects the store has after all, though git did not read them."""
    listed = repository.git.run(*_NAMES)
    return set(names).intersection(listed.decode().split())
