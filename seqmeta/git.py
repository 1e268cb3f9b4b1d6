"""Turns the git repository of records into plain values: commits, trees, blobs, changes and tags.

It only reads, and reads objects and references, never index or work tree. How git is started, and what is
held off while it runs, stands in `seqmeta.git_command`.
"""

import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import BrokenReferenceError, StoreError
from seqmeta.git_command import Conversation, GitCommand, failure
from seqmeta.git_objects import NO_OBJECT, Commit, TagRef, parse_commit, parse_tag
from seqmeta.git_state import refuse_unsupported
from seqmeta.tree_changes import EMPTY_TREE, Change, Comparison, is_folder, read_change

_OBJECT_ID = re.compile(r"[0-9a-f]{40}\Z")
_LINE_LENGTH = 41
"""So many bytes have the file of a reference: an object id and a line feed."""

_COMMITS_AT_ONCE = 500
_PATHS_AT_ONCE = 200
"""So many paths of the longest fit into a command line."""

_RAW = ("-z", "--raw", "--no-renames", "--no-abbrev")


class Entry(NamedTuple):
    """One path in a tree: its mode as git writes it (`100644`), type (`blob`, `commit` for a gitlink) and id."""

    mode: str
    type: str
    id: str
    path: str


class Thing(NamedTuple):
    """An object: its id and type."""

    id: str
    type: str


class Repository:
    """A git repository that has a work tree, for reading; `branch` is the one that `head` looks at."""

    def __init__(self, path: Path, branch: str = "main", *, git: GitCommand | None = None) -> None:
        self.path = path
        self.branch = branch
        self.git_dir = path / ".git"
        self.git = git or GitCommand(git_dir=self.git_dir, work_tree=path)
        # `git diff-tree` reads all of the index though it needs nothing of it: it is told of one that cannot be there.
        no_index = {"GIT_INDEX_FILE": "/nonexistent/index"}
        self._comparing = self.git._replace(environment={**self.git.environment, **no_index})

    @classmethod
    def open(cls, path: str | os.PathLike[str], branch: str = "main", *, check: bool = True) -> "Repository":
        """Open the repository at `path`, never one around it; StoreError names what is missing or unsupported.

        With `check=False` what is merely unsupported (shallow, grafts, alternates …) is let pass: a verifier
        wants to name it as a finding (`seqmeta.git_state.find_peculiarities`).
        """
        folder = Path.cwd() / path
        refuse_unsupported(folder, only_unreadable=not check)
        return cls(folder, branch)

    def resolve(self, rev: str) -> str:
        """Return the commit id that a revision, as a person writes it, stands for; StoreError if unknown."""
        if not rev or any(ord(char) < 32 or ord(char) == 127 for char in rev):
            raise StoreError(f"{rev!r} is not a git revision")
        peeled = rev if rev.startswith(":/") else rev + "^{commit}"  # of a commit's message, all behind :/ is searched
        status, output, _ = self.git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", peeled)
        commit = output.decode(errors="replace").strip()
        if status != 0 or not _OBJECT_ID.match(commit):
            raise StoreError(f"{rev!r} is not a revision of {self.path}")
        return commit

    def head(self) -> str | None:
        """Return the commit of the branch, None when nothing was committed yet; StoreError when it is broken."""
        return self.reference(f"refs/heads/{self.branch}")

    def reference(self, name: str) -> str | None:
        """Return the object id that a full reference name stands for, None when there is no such reference.

        Raises BrokenReferenceError when its file holds no id, StoreError when git cannot work in the repository.
        """
        if (plain := self._plain_reference(name)) is not None:
            return plain
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        status, output, complaint = self.git.ask(*words)
        value = output.decode(errors="replace").strip()
        if status == 0 and _OBJECT_ID.match(value):
            return value
        if "fatal: " in complaint or status < 0:  # what is merely not there, or no id, is not fatal here
            raise StoreError(failure(words, status, complaint, self.path))
        if os.path.lexists(self.git_dir / name):
            raise BrokenReferenceError(f"{self.git_dir / name} is broken: expected the id of a readable object")
        return None

    def _plain_reference(self, name: str) -> str | None:
        """Read a reference that has a file of its own, which counts before any other; None where git must be asked.

        Where it stands, packed or in a table, or that it is broken, git says at the price of two processes.
        """
        path = self.git_dir / name
        with suppress(OSError, UnicodeDecodeError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_size == _LINE_LENGTH:
                value, end, rest = path.read_bytes().decode("ascii").partition("\n")
                if end and not rest and _OBJECT_ID.match(value) and value != NO_OBJECT:
                    return value
        return None

    def has_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` is a commit or builds on it; StoreError where the disk does not give what tells it."""
        if self.git.run("cat-file", "--batch-check", data=f"{older}\n".encode()).endswith(b" missing\n"):
            # Not here, or in a pack that git cannot read: then the way back from `newer` meets it, or breaks off there.
            return older in self.git.run("rev-list", _require_id(newer)).decode().split()
        words = ("merge-base", "--is-ancestor", older, newer)
        status, _, complaint = self.git.ask(*words)
        if status not in {0, 1}:
            raise StoreError(failure(words, status, complaint, self.path))
        return status == 0

    def first_commit(self, rev: str | None = None) -> str | None:
        """Return the first commit of the branch (or of `rev`) along first parents, None when there is none."""
        start = rev or self.head()
        if start is None:
            return None
        output = self.git.run("rev-list", "--first-parent", "--max-parents=0", _require_id(start))
        return output.decode().split()[-1]

    def entries(self, commit: str, folder: str | None = None) -> Iterator[Entry]:
        """Yield every path of a commit (or tree), or those of a folder, with mode, type and id, sorted as git sorts."""
        where = [] if folder is None else ["--", folder]
        with self.git.start("ls-tree", "-r", "-z", "--full-tree", _require_id(commit), *where) as conversation:
            rest = b""
            while data := conversation.stdout.read1(1 << 16):
                *lines, rest = (rest + data).split(b"\0")
                yield from map(_entry, lines)
            conversation.finish()

    def tree(self, commit: str) -> dict[str, str]:
        """Map each path of a commit to its blob id."""
        return {entry.path: entry.id for entry in self.entries(commit) if entry.type == "blob"}

    def read(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield id and content of each object in the order asked, from one process; StoreError for a missing one."""
        for object_id, _, content in self.objects(ids):
            yield object_id, content

    def objects(self, ids: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield id, type and content of each object in the order asked, from one process."""
        wanted = [_require_id(object_id) for object_id in ids]
        if not wanted:
            return
        with self.git.start("cat-file", "--batch", "--buffer") as conversation:
            feeder = threading.Thread(target=_feed, args=(conversation, wanted), daemon=True)
            feeder.start()
            for object_id in wanted:
                yield object_id, *_next_object(conversation, object_id, self.path)
            feeder.join()
            conversation.finish()

    def changed(self, old: str | None, new: str) -> Iterator[Change]:
        """Yield the paths that differ from `old` (None: from nothing) to `new`, renames as two changes.

        Folder after folder, each whole before the next, so that git holds no more than one of them.
        """
        before = EMPTY_TREE if old is None else _require_id(old)
        output = self._comparing.run("diff-tree", *_RAW, before, _require_id(new))
        words = output.split(b"\0")[:-1]
        top = [read_change(words[i].decode(), os.fsdecode(words[i + 1])) for i in range(0, len(words), 2)]
        yield from (change for change in top if not is_folder(change))
        if any(map(is_folder, top)):
            with self._comparing.start("diff-tree", "--stdin", *_RAW) as conversation:
                yield from Comparison(conversation, self.path).below(top)
                conversation.finish()

    def changed_below(self, commit: str, *folders: str) -> Iterator[Change]:
        """Yield what each commit changed below some folders, from this one back along first parents, newest first."""
        commits = self.git.run("rev-list", "--first-parent", _require_id(commit)).decode().split()
        places = [f":(literal,top){folder}" for folder in folders]
        pairs = [f"{of} {parent}\n" for of, parent in pairwise(commits)] + [f"{of}\n" for of in commits[-1:]]
        for start in range(0, len(pairs), _COMMITS_AT_ONCE):
            asked = "".join(pairs[start : start + _COMMITS_AT_ONCE]).encode()
            words = ("diff-tree", "--stdin", "--root", "-r", "--no-commit-id", *_RAW, "--", *places)
            answer = self._comparing.run(*words, data=asked).split(b"\0")[:-1]
            for head, path in zip(answer[::2], answer[1::2], strict=True):
                yield read_change(head.decode(), os.fsdecode(path))

    def log(self, rev: str, path: str | None = None, *, first_parent: bool = True) -> Iterator[Commit]:
        """Yield the commits from `rev` back, newest first; with `path` only those that changed it."""
        options = ["--first-parent"] if first_parent else ["--topo-order", "--full-history"]
        where = ["--", f":(literal,top){path}"] if path is not None else ["--"]
        output = self.git.run("rev-list", *options, self.resolve(rev), *where)
        for commit, content in self.read(output.decode().split()):
            yield parse_commit(commit, content)

    def tags(self, prefix: str = "") -> list[TagRef]:
        """List the tags whose names begin with the folder `prefix` (`seal` finds `seal/…`), sorted by name."""
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        return [tag._replace(name=start + tag.name) for tag in self.tags_below(f"refs/tags/{start}")]

    def tags_below(self, folder: str) -> list[TagRef]:
        """List the tags that stand below a folder of references, named relative to it."""
        found = []
        for line in self.git.lines("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)", folder):
            object_id, kind, reference = line.split(" ", 2)
            found.append((reference.removeprefix(folder), object_id, kind))
        contents = dict(self.read(object_id for _, object_id, kind in found if kind == "tag"))
        return [parse_tag(name, object_id, kind, contents.get(object_id)) for name, object_id, kind in found]

    def ids_at(self, commit: str | None, paths: Iterable[str]) -> dict[str, str | None]:
        """Map each of these paths to what a commit has there (None: nothing), at a cost that follows their number."""
        wanted = list(paths)
        if commit is None:
            return dict.fromkeys(wanted)
        return dict(zip(wanted, self.ids_of((commit, path) for path in wanted), strict=True))

    def ids_of(self, places: Iterable[tuple[str, str]]) -> list[str | None]:
        """List what is at each of these places, a commit and a path, in order; None where nothing is."""
        return [None if found is None else found.id for found in self.things_at(places)]

    def things_at(self, places: Iterable[tuple[str, str]]) -> list[Thing | None]:
        """List what is at each of these places as above, with its type."""
        wanted = list(places)
        asked = [number for number, (_, path) in enumerate(wanted) if is_askable(path)]
        found: list[Thing | None] = [None] * len(wanted)
        if not asked:
            return found
        lines = "".join(f"{_require_id(wanted[number][0])}:{wanted[number][1]}\n" for number in asked)
        output = self.git.run("cat-file", "--batch-check", data=os.fsencode(lines)).split(b"\n")[:-1]
        for number, line in zip(asked, output, strict=True):
            found[number] = None if line.endswith(b" missing") else Thing(*line.decode().split()[:2])
        return found

    def modes_at(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """Map those of some paths that a commit has to their modes; of many, some thousand, it takes long."""
        found: dict[str, str] = {}
        for start in range(0, len(paths), _PATHS_AT_ONCE):
            where = [f":(literal,top){path}" for path in paths[start : start + _PATHS_AT_ONCE]]
            output = self.git.run("ls-tree", "-z", "--full-tree", _require_id(commit), "--", *where)
            found.update((entry.path, entry.mode) for entry in map(_entry, output.split(b"\0")[:-1]))
        return found


def _entry(line: bytes) -> Entry:
    head, _, path = line.partition(b"\t")
    mode, kind, object_id = head.decode().split()
    return Entry(mode, kind, object_id, os.fsdecode(path))


def is_askable(path: str) -> bool:
    """Whether git can be asked for a path in a line: a line feed, or a return before it, is taken for its end."""
    return "\n" not in path and not path.endswith("\r")


def _require_id(object_id: str) -> str:
    if not _OBJECT_ID.match(object_id):
        raise StoreError(f"{object_id!r} is not an object id: expected 40 hexadecimal digits")
    return object_id


def _feed(conversation: Conversation, ids: list[str]) -> None:
    try:
        for start in range(0, len(ids), 1000):
            conversation.stdin.write("".join(f"{object_id}\n" for object_id in ids[start : start + 1000]).encode())
        conversation.stdin.close()
    except (OSError, ValueError):
        return  # the reader stopped early, or git ended; the reader's side tells


def _next_object(conversation: Conversation, object_id: str, place: Path) -> tuple[str, bytes]:
    header = conversation.stdout.readline().decode(errors="replace").split()
    if len(header) != 3 or header[0] != object_id:
        conversation.finish()
        raise StoreError(f"object {object_id} is missing or cannot be read in {place}")
    content = conversation.stdout.read(int(header[2]) + 1)
    if len(content) != int(header[2]) + 1:
        conversation.finish()
        raise StoreError(f"object {object_id} is cut short in {place}")
    return header[1], content[:-1]
