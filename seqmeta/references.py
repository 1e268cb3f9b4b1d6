"""Lists the references of a store for whoever writes to it: one that cannot be read is an error, never left out.

`git for-each-ref` passes over a folder or a file of references that the system does not let it read, and ends well:
the next seal would get a number that there is already. So what it lists is held against the files
(gitrepository-layout(5)).
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_objects import TagRef
from seqmeta.system_errors import store_errors

_NAME = re.compile(r"(?!.*(?:\.\.|\.lock(?:/|$)|//|/\.|@\{))refs/[^\x00-\x20~^:?*\[\\\x7f]+(?<![./])")
_ID = re.compile(r"(?!0{40})[0-9a-f]{40}\n?")
_PACKED = re.compile(r"([0-9a-f]{40}) (refs/.+)")


def list_references(repository: Repository, folder: str) -> dict[str, str]:
    """List the references below a folder (`refs/…/`): object ids by full name."""
    output = repository.git.run("for-each-ref", "--format=%(objectname) %(refname)", folder)
    lines = (line.split(" ", 1) for line in output.decode(errors="surrogateescape").splitlines())
    found = {name: object_id for object_id, name in lines}
    _require_all(repository, folder, found)
    return found


def list_tags(repository: Repository, folder: str) -> list[TagRef]:
    """List the tags below a folder of references, named relative to it."""
    tags = repository.tags_below(folder)
    _require_all(repository, folder, {folder + tag.name for tag in tags})
    return tags


def list_seal_tags(repository: Repository) -> list[TagRef]:
    """List the tags of seals, named as `seal/…`."""
    return [replace(tag, name=f"seal/{tag.name}") for tag in list_tags(repository, "refs/tags/seal/")]


def _require_all(repository: Repository, folder: str, listed: Collection[str]) -> None:
    with store_errors("the references cannot be read"):
        left_out = next((name for name in _names(repository.git_dir, folder, listed) if name not in listed), None)
    if left_out is not None:
        raise StoreError(f"{left_out} of {repository.path} could not be read by git: expected it to be listed")


def _names(git_dir: Path, folder: str, listed: Collection[str]) -> Iterator[str]:
    """Give the references that files have and that are not listed, but for those of `packed-refs`, which may be."""
    for place, _, files in os.walk(git_dir / folder, onerror=_raise):
        for file in files:
            path = Path(place, file)
            name = str(path.relative_to(git_dir))
            if name not in listed and _NAME.fullmatch(name):
                with path.open(errors="replace") as stream:
                    if _ID.fullmatch(stream.read(64)):
                        yield name
    packed = git_dir / "packed-refs"
    for line in packed.read_text(errors="surrogateescape").splitlines() if packed.exists() else []:
        match = _PACKED.fullmatch(line)
        if match is not None and match[2].startswith(folder) and _NAME.fullmatch(match[2]):
            yield match[2]


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # no such folder: no such references
        raise error
