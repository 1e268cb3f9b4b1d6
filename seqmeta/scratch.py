"""The private git folder in which one publication is prepared, inside the store and on its file system.

It borrows the store's objects and has a configuration and attributes of its own. So nothing that is done in it
can be seen, pruned or bent by what stands in the store, and whatever kills a run leaves only this folder behind.
"""

import json
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from seqmeta.durability import write_durably
from seqmeta.errors import StoreError
from seqmeta.git_command import GitCommand
from seqmeta.system_errors import store_errors

_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tlogAllRefUpdates = false
\ttrustctime = false
[fastimport]
\tunpackLimit = 0
"""
_NO_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding -eol -diff -merge\n"
_OBJECT_ID = re.compile(r"[0-9a-f]{40}")
_TAG_NAME = re.compile(r"[^\x00-\x20~^:?*\[\\\x7f]+")
_UNBORN = "ref: refs/heads/none\n"


def make_private_folder(folder: Path, head: str | None) -> None:
    """Make a folder that is there a git folder, standing at `head`, with nothing in it that bends what git does."""
    for name in ("refs", "info"):
        folder.joinpath(name).mkdir()
    folder.joinpath("config").write_text(_CONFIG)
    folder.joinpath("info", "attributes").write_text(_NO_ATTRIBUTES)
    folder.joinpath("HEAD").write_text(_UNBORN if head is None else f"{head}\n")


class Intent(NamedTuple):
    """What a publication is about to make visible: written before the branch moves, read after a crash."""

    parent: str | None
    commit: str
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder and what lies in it: `files` to be renamed into the work tree, the new `index`, the intent."""

    git_dir: Path

    @property
    def folder(self) -> Path:
        """The private git folder."""
        return self.git_dir / "seqmeta" / "work"

    @property
    def files(self) -> Path:
        """Where record files are staged, by their paths in the store."""
        return self.folder / "files"

    @property
    def index(self) -> Path:
        """The index that will be the store's."""
        return self.folder / "index"

    @property
    def git(self) -> GitCommand:
        """Git on the private folder, with the staged files as its work tree."""
        return self.git_on(self.files, self.index)

    def git_on(self, work_tree: Path, index: Path) -> GitCommand:
        """Git on the private folder with another work tree and index."""
        return GitCommand(self.folder, work_tree, environment={"GIT_INDEX_FILE": str(index)})

    def make(self, head: str | None) -> None:
        """Make the folder anew, empty, standing at `head`."""
        self.remove()
        with store_errors("the store cannot be written to"):
            for name in ("objects/pack", "objects/info", "files"):
                self.folder.joinpath(name).mkdir(parents=True)
            self.folder.joinpath("objects", "info", "alternates").write_text("../../../objects\n")
            make_private_folder(self.folder, head)

    def is_there(self) -> bool:
        """Whether the folder is there: a run is at work, or was killed."""
        return os.path.lexists(self.folder)

    def remove(self) -> None:
        """Remove the folder and all in it."""
        with store_errors("what a run left behind cannot be removed"):
            try:
                is_folder = stat.S_ISDIR(self.folder.lstat().st_mode)
            except FileNotFoundError:
                return
            if not is_folder:
                raise StoreError(f"{self.folder} is not a folder: it is left untouched")
            # The intent goes first: without it, what is left is never taken for a publication to finish.
            self._intent.unlink(missing_ok=True)
            shutil.rmtree(self.folder)

    def write_intent(self, intent: Intent) -> None:
        """Write down, so that a power loss does not lose it, what is about to become visible."""
        text = json.dumps({"parent": intent.parent, "commit": intent.commit, "tags": intent.tags})
        with store_errors("the publication cannot be written down"):
            write_durably(self._intent, text.encode())

    def read_intent(self) -> Intent | None:
        """Read what a killed run was about to make visible, None when it did not come so far.

        StoreError when it stands there and the disk does not give it: taken for none, the seals of a commit that the
        branch has already would never be made.
        """
        with store_errors("what a killed run has written down cannot be read"):
            try:
                written = self._intent.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None
        try:
            found = json.loads(written)
            intent = Intent(found["parent"], found["commit"], dict(found["tags"]))
            ids = [intent.commit, *intent.tags.values(), *([intent.parent] if intent.parent is not None else [])]
            is_good = all(map(_OBJECT_ID.fullmatch, ids)) and all(map(_TAG_NAME.fullmatch, intent.tags))
        except (ValueError, KeyError, TypeError):
            return None
        return intent if is_good else None

    @property
    def _intent(self) -> Path:
        return self.folder / "intent"
