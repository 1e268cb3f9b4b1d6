"""What differs between two trees, folder by folder, as `git diff-tree --raw -z` writes it (git-diff-tree(1))."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import StoreError
from seqmeta.git_command import Conversation
from seqmeta.system_errors import store_errors

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id of a tree without entries, which git knows without being told."""

_FOLDER = "040000"


class Change(NamedTuple):
    """One path that differs between two trees; an id (and mode) is None on the side where the path is absent."""

    path: str
    old_id: str | None
    new_id: str | None
    old_mode: str | None
    new_mode: str | None


class Comparison:
    """A `git diff-tree --stdin` that is asked for one pair of folders after the other."""

    _END = b"end\n"  # a line that is no object id is repeated by git, which then has sent all before it

    def __init__(self, conversation: Conversation, place: Path) -> None:
        """Take the process, and the repository for what is said when it ends."""
        self._conversation = conversation
        self._place = place
        self._data = b""
        self._at = 0

    def below(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield what differs in the folders among these changes, and in those below them."""
        for folder in filter(is_folder, changes):
            found = list(self._compare(folder))
            yield from (change for change in found if not is_folder(change))
            yield from self.below(found)

    def _compare(self, folder: Change) -> Iterator[Change]:
        old = folder.old_id if folder.old_mode == _FOLDER else None
        new = folder.new_id if folder.new_mode == _FOLDER else None
        with store_errors("git stopped listening"):
            self._conversation.stdin.write(f"{old or EMPTY_TREE} {new or EMPTY_TREE}\n".encode() + self._END)
            self._conversation.stdin.flush()
        self._until(b"\n")  # the pair, repeated
        while self._next() == b":":
            head = self._until(b"\0").decode()
            name = os.fsdecode(self._until(b"\0"))
            yield read_change(head, f"{folder.path}/{name}")
        self._until(b"\n")

    def _next(self) -> bytes:
        while self._at == len(self._data):
            self._read()
        return self._data[self._at : self._at + 1]

    def _until(self, mark: bytes) -> bytes:
        while (end := self._data.find(mark, self._at)) < 0:
            self._read()
        found = self._data[self._at : end]
        self._at = end + 1
        return found

    def _read(self) -> None:
        more = self._conversation.stdout.read1(1 << 16)
        if not more:
            self._conversation.finish()
            raise StoreError(f"git diff-tree ended without an answer in {self._place}")
        self._data, self._at = self._data[self._at :] + more, 0


def is_folder(change: Change) -> bool:
    """Whether there is a folder on either side, so that what is in it differs."""
    return _FOLDER in (change.old_mode, change.new_mode)


def read_change(head: str, path: str) -> Change:
    """Read what stands before a path: `:100644 100644 <id> <id> M`, zeros where the path is absent."""
    old_mode, new_mode, old_id, new_id, _ = head.removeprefix(":").split()
    was, is_now = old_id.strip("0") != "", new_id.strip("0") != ""
    return Change(
        path=path,
        old_id=old_id if was else None,
        new_id=new_id if is_now else None,
        old_mode=old_mode if was else None,
        new_mode=new_mode if is_now else None,
    )
