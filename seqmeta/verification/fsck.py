"""Git's own check of a store as findings: a second opinion on what is reachable, and the only one on its packs."""

import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_command import GitCommand, failure
from seqmeta.git_state import list_settings
from seqmeta.scratch import make_private_folder
from seqmeta.system_errors import store_errors
from seqmeta.verification.findings import Finding

_CHECKS = ("duplicateEntries", "treeNotSorted", "hasDotgit", "fullPathname", "nullSha1", "badTree", "badParentSha1")
_SETTINGS: Mapping[str, str] = {
    **{f"fsck.{check}": "error" for check in _CHECKS},
    "core.commitGraph": "true",
    "core.multiPackIndex": "true",
}
"""Checks that a store's own configuration may not turn off.

Nothing of seqmeta's reads a commit graph or an index over several packs, but people's git believes what they say.
"""

_COMMAND = ("fsck", "--full", "--strict", "--no-dangling", "--no-reflogs", "--no-progress")
_MISSING = re.compile(r"missing (?P<kind>\w+) (?P<id>[0-9a-f]{40})")
_ERROR = re.compile(r"(?:error|fatal)(?: in \w+)?:? (?P<text>.+)")
_ID = re.compile(r"[0-9a-f]{40}")
_LOOSE = re.compile(r"objects/([0-9a-f]{2})/([0-9a-f]{38})")


def check_with_git(repository: Repository, only: str | None = None) -> list[Finding]:
    """Return what `git fsck` finds wrong with objects and references; StoreError where it was killed (no memory).

    With the name of an object it looks at each object by itself as ever, but follows nothing than this one to what
    may be missing: no reference, not HEAD and not the index (`seqmeta.verification.reach`).
    """
    with _without_skipping(repository) as git:
        command = git._replace(settings={**git.settings, **_SETTINGS})
        status, output, complaint = command.ask(*_COMMAND, *((only,) if only else ()))
    if status == -signal.SIGKILL:  # other signals may be what a corrupt pack does to it
        raise StoreError(failure(_COMMAND, status, complaint, repository.path))
    found = list(_read(output.decode(errors="replace") + complaint))
    if status != 0 and not found:
        found = [Finding("corrupt_object", "objects", None, f"git fsck ends with status {status}")]
    return found


@contextmanager
def _without_skipping(repository: Repository) -> Iterator[GitCommand]:
    """Give the git that checks: where the store names a file of what it is to skip, one that does not see the settings.

    No option takes such a setting back: git opens the file, were it a FIFO, before it comes to the command line.
    """
    if all(setting.name != "fsck.skiplist" for setting in list_settings(repository.path)):
        yield repository.git
        return
    with store_errors("git's own check cannot be prepared"), TemporaryDirectory(prefix="seqmeta-") as place:
        folder, store = Path(place), repository.git_dir
        make_private_folder(folder, None)
        folder.joinpath("HEAD").write_bytes(store.joinpath("HEAD").read_bytes())
        folder.joinpath("refs").rmdir()
        for name in ("refs", "packed-refs"):
            folder.joinpath(name).symlink_to(store / name)
        borrowed = {"GIT_OBJECT_DIRECTORY": str(store / "objects"), "GIT_SHALLOW_FILE": str(store / "shallow")}
        yield repository.git._replace(git_dir=folder, environment={**repository.git.environment, **borrowed})


def _read(text: str) -> Iterator[Finding]:
    for line in text.splitlines():
        if match := _MISSING.match(line):
            yield Finding("missing_object", match["id"], None, f"object {match['id']}, a {match['kind']}, is missing")
        elif match := _ERROR.match(line):
            yield Finding("corrupt_object", _name(line), None, f"git: {match['text']}")


def _name(line: str) -> str:
    """Name the object that a complaint is about: the one whose file it names, else the first it names."""
    if file := _LOOSE.search(line):
        return file[1] + file[2]
    named = _ID.search(line)
    return named[0] if named else "objects"
