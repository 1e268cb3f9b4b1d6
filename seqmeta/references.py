"""Lists the references of a store: one that cannot be read is an error, never left out.

`git for-each-ref` passes over a folder or a file of references that the system does not let it read, and ends well:
the next seal would get a number that there is already, and a verification would know nothing of a seal. So what it
lists is held against the files (gitrepository-layout(5)).
"""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_objects import TagRef
from seqmeta.presence import find_below, is_there
from seqmeta.system_errors import store_errors

_NAME = re.compile(r"(?!.*(?:\.\.|\.lock(?:/|$)|//|/\.|@\{))refs/[^\x00-\x20~^:?*\[\\\x7f]+(?<![./])")
_REFERENCE = "%(objectname) %(refname)"
_ID = re.compile(r"(?!0{40})[0-9a-f]{40}\n?")
_PACKED = re.compile(r"([0-9a-f]{40}) (refs/.+)")


def list_references(repository: Repository, folder: str) -> dict[str, str]:
    """List the references below a folder (`refs/…/`): object ids by full name."""
    found = ask_for_references(repository, folder)
    _require_all(repository, folder, found)
    return found


def ask_for_references(repository: Repository, folder: str = "refs/") -> dict[str, str]:
    """List the references below a folder as far as git gives them: object ids by full name."""
    lines = (line.split(" ", 1) for line in repository.git.lines("for-each-ref", f"--format={_REFERENCE}", folder))
    return {name: object_id for object_id, name in lines}


def list_tags(repository: Repository, folder: str) -> list[TagRef]:
    """List the tags below a folder of references, named relative to it."""
    tags = repository.tags_below(folder)
    _require_all(repository, folder, {folder + tag.name for tag in tags})
    return tags


def list_seal_tags(repository: Repository) -> list[TagRef]:
    """List the tags of seals, named as `seal/…`."""
    return [tag._replace(name=f"seal/{tag.name}") for tag in list_tags(repository, "refs/tags/seal/")]


def read_reference_files(git_dir: Path, folder: str, known: Collection[str] = ()) -> dict[str, str]:
    """Read the references below a folder (`refs/…/`) that are not `known` from their files: object ids by full name.

    A file or line that holds no object id under a name that a reference may have is passed over. Raises OSError where
    the system does not let a file or folder be read.
    """
    return dict(_packed(git_dir, folder, known)) | dict(_loose(git_dir, folder, known))


def name_reference_files(git_dir: Path) -> Iterator[str]:
    """Yield the names that files and the lines of `packed-refs` have, whatever stands there; OSError as above."""
    yield from (_name(git_dir, path) for path in find_below(git_dir / "refs"))
    yield from (line.partition(" ")[2] for line in _packed_lines(git_dir) if not line.startswith(("#", "^")))


def find_left_out(repository: Repository, folder: str, listed: Collection[str]) -> str | None:
    """Name a reference below a folder that the files have and git has not listed, None when it has listed all.

    Raises StoreError where the files cannot be read.
    """
    with store_errors("the references cannot be read"):
        return next(iter(read_reference_files(repository.git_dir, folder, listed)), None)


def explain_left_out(repository: Repository, name: str) -> str:
    """Say that git has not listed a reference."""
    return f"{name} of {repository.path} could not be read by git: expected it to be listed"


def _require_all(repository: Repository, folder: str, listed: Collection[str]) -> None:
    left_out = find_left_out(repository, folder, listed)
    if left_out is not None:
        raise StoreError(explain_left_out(repository, left_out))


def _loose(git_dir: Path, folder: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    for path in find_below(git_dir / folder):
        name = _name(git_dir, path)
        if name not in known and _NAME.fullmatch(name):
            text = _read_beginning(path)
            if _ID.fullmatch(text):
                yield name, text.strip()


def _name(git_dir: Path, path: Path) -> str:
    """Name the reference whose file this is, as git does whatever the locale is: in UTF-8."""
    return os.fsencode(path.relative_to(git_dir)).decode(errors="surrogateescape")


def _packed(git_dir: Path, folder: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    for line in _packed_lines(git_dir):
        match = _PACKED.fullmatch(line)
        if match is not None and match[2] not in known and match[2].startswith(folder) and _NAME.fullmatch(match[2]):
            yield match[2], match[1]


def _packed_lines(git_dir: Path) -> list[str]:
    packed = git_dir / "packed-refs"
    text = packed.read_bytes().decode(errors="surrogateescape") if is_there(packed) else ""
    return [line for line in text.split("\n") if line]


def _read_beginning(file: Path) -> str:
    """Read as much of a file as an id takes and a little more; nothing where another process has just removed it."""
    try:
        with file.open(errors="replace") as stream:
            return stream.read(64)
    except FileNotFoundError:
        return ""
