"""The packaged starter to a new workspace: its files written into a folder, all of them or none.

What an editor needs is added: the schema of descriptions, and in each of them the line that leads to it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from seqmeta.descriptions import read_bytes
from seqmeta.editing import SCHEMA_FILE, add_modelines, render_schema
from seqmeta.errors import WorkspaceError
from seqmeta.presence import is_file, is_folder, is_link
from seqmeta.rulebook import Rulebook
from seqmeta.vocabularies import make_vocabularies, packaged_terms

_RENAMED = {"gitignore": ".gitignore"}
"""Files that would mean something where they are packaged, and so go by another name there."""

_IGNORED = ".gitignore"
_MAY_BE_THERE = ("README.md", _IGNORED)
"""Files that a repository has before it becomes a workspace: a person's own stay as they are."""

_BEGUN = ".seqmeta/init"
"""Is there while a workspace is being made, and after a making that was killed."""


def starter_files() -> Mapping[str, bytes]:
    """Return the files of a new workspace: content by path, `/` between its parts."""
    found = dict(_walk(resources.files("seqmeta").joinpath("starter"), ""))
    for path, content in found.items():
        folder, _, name = path.rpartition("/")
        if folder.startswith("config/") and name.endswith(".yaml"):
            found[path] = add_modelines(content.decode(), folder).encode()
    found[SCHEMA_FILE] = render_schema(Rulebook(make_vocabularies(packaged_terms(), {}))).encode()
    return {_RENAMED.get(path, path): found[path] for path in sorted(found)}


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_bytes()


class Made(NamedTuple):
    """The files of a new workspace that were written and that stay as they were, and what its `.gitignore` lacks."""

    written: list[str]
    left: list[str]
    not_ignored: list[str]


def make_workspace(folder: Path) -> Made:
    """Write a new workspace into a folder, which is made where it is missing.

    Nothing is ever overwritten: WorkspaceError names what is there already, but for a README and a list of what git
    ignores, or why a file cannot be written, and then nothing is left behind. What a making that was killed has left is
    made whole.
    """
    all_files = starter_files()
    left = [path for path in _MAY_BE_THERE if _is_left(folder, path, all_files[path])]
    files = {path: content for path, content in all_files.items() if path not in left}
    begun = folder / _BEGUN
    is_begun = is_file(begun) and not is_link(begun)
    kept = _find_begun(folder, files) if is_begun else {}
    _refuse_existing(folder, [_BEGUN] * (not is_begun) + [path for path in files if path not in kept])
    made: list[Path] = []
    try:
        for path, content in {_BEGUN: b"", **files}.items() if not is_begun else files.items():
            _make_folders((folder / path).parent, made)
            if path in kept:
                _complete(folder / path, kept[path], content)
            else:
                _write_new(folder / path, content, made)
        begun.unlink()
    except OSError as error:
        _take_back(made)
        raise WorkspaceError(f"{error.filename} cannot be written ({error.strerror}): nothing was made") from error
    except BaseException:
        _take_back(made)
        raise
    with suppress(OSError):  # a run has kept something there
        begun.parent.rmdir()
    ignored = read_bytes(folder, _IGNORED).splitlines() if _IGNORED in left else ()
    wanted = all_files[_IGNORED].splitlines() if _IGNORED in left else ()
    lacking = [line.decode() for line in wanted if line not in ignored and not line.startswith(b"#")]
    return Made(list(files), left, lacking)


def _is_left(folder: Path, path: str, content: bytes) -> bool:
    """Whether a person's own file is at this path: not ours, nor the beginning of ours that a killed making wrote."""
    if not is_file(folder / path) or is_link(folder / path):
        return False
    return not (is_file(folder / _BEGUN) and content.startswith(read_bytes(folder, path)))


def _find_begun(folder: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Find what a making that was killed has left: files that hold what they are to hold, or the beginning of it."""
    found = {}
    for path, content in files.items():
        with suppress(WorkspaceError):
            there = read_bytes(folder, path)
            if content.startswith(there):
                found[path] = there
    return found


def _refuse_existing(folder: Path, paths: Iterable[str]) -> None:
    """Refuse a folder that has one of the files already, or something that is no folder on the way to one."""
    for path in paths:
        target = folder / path
        if os.path.lexists(target):
            raise WorkspaceError(f"{target} exists already: nothing was made, so that nothing is overwritten")
        for parent in target.relative_to(folder).parents:
            way = folder / parent
            if os.path.lexists(way) and (not is_folder(way) or (way != folder and is_link(way))):
                raise WorkspaceError(f"{way} exists already and is no folder: nothing was made")


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [way for way in (folder, *folder.parents) if not is_folder(way)]
    for way in reversed(missing):
        way.mkdir()
        made.append(way)


def _write_new(path: Path, content: bytes, made: list[Path]) -> None:
    try:
        with path.open("xb") as file:
            made.append(path)
            file.write(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # a failed write does not name its file


def _complete(path: Path, there: bytes, content: bytes) -> None:
    """Write what a file lacks behind the beginning that it has."""
    try:
        with path.open("r+b") as file:
            file.seek(len(there))
            file.write(content[len(there) :])
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error  # as above


def _take_back(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            if is_folder(path):
                path.rmdir()
            else:
                path.unlink()
