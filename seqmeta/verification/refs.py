"""All references of a store at one moment: as git lists them or, where one of their files is broken, as the files say.

A line of `packed-refs` that git cannot take ends every git command that lists references; a verifier names it instead.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seqmeta.errors import BrokenReferenceError, StoreError
from seqmeta.git import Repository
from seqmeta.system_errors import store_errors
from seqmeta.verification.findings import Finding

_MOST_READINGS = 20
_PACKED = re.compile(r"([0-9a-f]{40}) (refs/[^\x00-\x20~^:?*\[\\\x7f]+)")
_ID = re.compile(r"[0-9a-f]{40}\n?")


@dataclass(frozen=True, slots=True)
class References:
    """All references (object by name) and the branch's commit; `faults` says what of them cannot be read."""

    listed: Mapping[str, str]
    branch: str | None
    faults: tuple[Finding, ...] = ()

    @property
    def is_branch_broken(self) -> bool:
        """Whether there is a branch that leads nowhere."""
        return self.branch is None and bool(self.faults)


def read_references(repository: Repository) -> References:
    """Read the references until they hold still: branch and tags are moved together."""
    before = _read_once(repository)
    for _ in range(_MOST_READINGS):
        now = _read_once(repository)
        if now.listed == before.listed:
            return now
        before = now
    raise StoreError(f"the references of {repository.path} change all the time: verify it when fewer are writing")


def _read_once(repository: Repository) -> References:
    faults: tuple[Finding, ...] = ()
    branch = None
    try:
        branch = repository.head()
    except BrokenReferenceError as error:
        faults = (Finding("corrupt_object", f"refs/heads/{repository.branch}", None, str(error)),)
    except StoreError as error:
        return _read_files(repository, error)
    try:
        return References(_list_references(repository), branch, faults)
    except StoreError as error:
        return _read_files(repository, error)


def _list_references(repository: Repository) -> dict[str, str]:
    listed = repository.git.run("for-each-ref", "--format=%(objectname) %(refname)").decode(errors="surrogateescape")
    return {name: object_id for object_id, _, name in (line.partition(" ") for line in listed.splitlines())}


def _read_files(repository: Repository, why: StoreError) -> References:
    """Read what can be read of the files; StoreError where git fails over something else than its references."""
    repository.git.run("rev-parse", "--git-dir")
    with store_errors("the references of the store cannot be read"):
        listed = dict(_packed(repository.git_dir / "packed-refs")) | dict(_loose(repository.git_dir))
    fault = Finding("corrupt_object", "packed-refs", None, f"packed-refs: {why}")
    return References(listed, listed.get(f"refs/heads/{repository.branch}"), (fault,))


def _packed(file: Path) -> Iterator[tuple[str, str]]:
    if file.is_file():
        for line in file.read_text(errors="surrogateescape").splitlines():
            match = _PACKED.fullmatch(line)
            if match is not None and ".." not in match[2]:
                yield match[2], match[1]


def _loose(git_dir: Path) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(git_dir / "refs"):
        for name in names:
            path = Path(folder, name)
            with path.open(errors="surrogateescape") as stream:
                text = stream.read(64)
            if _ID.fullmatch(text):
                yield str(path.relative_to(git_dir)), text.strip()
