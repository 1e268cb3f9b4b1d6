"""Looks at a git folder's files and names what is unusual there: what seqmeta refuses, or a verifier reports.

Only files are looked at, no command is run; the formats are those of git's `gitrepository-layout`.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import StoreError
from seqmeta.git_config import Setting, parse_settings
from seqmeta.presence import find_matching, is_file, is_folder
from seqmeta.system_errors import store_errors

_MAX_CONFIG = 1 << 20
_LEAVING_OUT = {("extensions", "partialclone"), ("remote", "promisor"), ("remote", "partialclonefilter")}
_FALSE = {"", "0", "no", "off", "false"}

_FOLDERS = {"objects", "objects/pack", "objects/info", "refs", "logs", "info", "seqmeta"}
_WRITTEN = {"config", "HEAD", "index", "packed-refs"}
_WRITTEN_BELOW = {"refs", "logs", "info", "seqmeta"}
"""What git or seqmeta writes to, and git through a link: it would change a file that is anywhere."""

_BLOCKING = "a FIFO, socket or device, which git would wait for without end"
_LEADING_OUT = "a symbolic link leads out of the repository"

UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisection",
}


class Peculiarity(NamedTuple):
    """One unusual thing about a repository: a stable code and a sentence that names the file."""

    code: str
    message: str


def find_peculiarities(repository: Path) -> list[Peculiarity]:
    """List what makes a repository other than plain: what it hides, borrows or leaves out."""
    git_dir = repository / ".git"
    found = []
    for name, code, what in (
        ("shallow", "shallow", "a shallow clone: its history is cut off"),
        ("info/grafts", "grafts", "a graft file bends its history"),
        ("objects/info/alternates", "alternates", "its objects lie in another repository"),
        ("objects/info/http-alternates", "alternates", "its objects lie in another repository"),
        ("refs/replace", "replace_refs", "replace references stand in for other objects"),
        ("worktrees", "worktrees", "further work trees belong to it"),
        ("info/sparse-checkout", "sparse_checkout", "a sparse checkout: its work tree is not whole"),
        ("commondir", "worktree", "it is a work tree of another repository"),
        ("reftable", "reftable", "its references are kept as a reftable"),
    ):
        path = git_dir / name
        if _is_there(path):
            found.append(Peculiarity(code, f"{path}: {what}"))
    for path in _list_configs(git_dir):
        found += _find_in_config(path)
    return found + _find_promisor_packs(git_dir) + _list_strange_files(git_dir)


def find_included(repository: Path) -> Peculiarity | None:
    """Name the first setting of a repository that includes another file of settings, None where none does.

    Every git command reads that file before anything else, wherever and whatever it is: it would wait for a FIFO.
    """
    found = (of for path in _list_configs(repository / ".git") for of in _find_in_config(path))
    return next((of for of in found if of.code == "include"), None)


def list_settings(repository: Path) -> list[Setting]:
    """List the settings in a repository's own files."""
    return [setting for path in _list_configs(repository / ".git") for setting in _read_settings(path)]


def refuse_strange_files(git_dir: Path) -> None:
    """Raise StoreError where git would wait for a file of a git folder, whole or not, or write through a link in it.

    So it would for what its settings include.
    """
    settings = [found for path in _list_configs(git_dir) for found in _find_in_config(path)]
    strange = _list_strange_files(git_dir) + [found for found in settings if found.code in {"config", "include"}]
    if strange:
        raise _refusal(strange[0])


def find_unfinished(git_dir: Path) -> str | None:
    """Name the operation that a person began with git and has not ended, None when there is none."""
    return next((what for name, what in UNFINISHED.items() if os.path.lexists(git_dir / name)), None)


def refuse_unsupported(repository: Path, *, only_unreadable: bool = False) -> None:
    """Raise StoreError when `repository` is not the top folder of a plain git repository."""
    _require_git_folder(repository)
    for peculiarity in find_peculiarities(repository):
        unreadable = peculiarity.code in {"object_format", "reftable", "worktree", "config", "special_file"}
        if peculiarity.code not in {"replace_refs", "worktrees"} and (unreadable or not only_unreadable):
            raise _refusal(peculiarity)


def _refusal(peculiarity: Peculiarity) -> StoreError:
    return StoreError(f"this repository is not supported: {peculiarity.message} [{peculiarity.code}]")


def refuse_bare(folder: Path) -> None:
    """Raise StoreError when the folder itself is a repository, with nothing checked out of it."""
    if is_file(folder / "HEAD") and is_folder(folder / "objects") and is_folder(folder / "refs"):
        raise StoreError(
            f"{folder} is a bare repository: expected one with a work tree; move it away, and clone it to "
            f"{folder.name} without --bare [bare]"
        )


def _require_git_folder(repository: Path) -> None:
    git_dir = repository / ".git"
    try:
        mode = git_dir.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        refuse_bare(repository)
        raise StoreError(f"{repository} is not a git repository: there is no {git_dir}") from None
    except OSError as error:
        raise StoreError(f"{git_dir} cannot be looked at: {error.strerror}") from error
    if not stat.S_ISDIR(mode):
        raise StoreError(f"{git_dir} is not a folder: a linked work tree, submodule or symbolic link cannot be a store")
    if not is_file(git_dir / "HEAD"):
        raise StoreError(f"{repository} is not a git repository: there is no {git_dir / 'HEAD'}")


def _is_there(path: Path) -> bool:
    """Whether a file, or a folder with something in it, is there."""
    try:
        return any(path.iterdir()) if is_folder(path) else os.path.lexists(path)
    except OSError:
        return True


def _list_strange_files(git_dir: Path) -> list[Peculiarity]:
    """List the links that lead out of a git folder, then the files in it that git would wait for."""
    strange = list(_find_strange_files(str(git_dir), ""))
    links = [Peculiarity("link", f"{git_dir / name}: {_LEADING_OUT}") for name, is_link in strange if is_link]
    return links + [
        Peculiarity("special_file", f"{git_dir / name}: {_BLOCKING}") for name, is_link in strange if not is_link
    ]


def _find_strange_files(git_dir: str, folder: str) -> Iterator[tuple[str, bool]]:
    """Yield what below a git folder git would wait for (False), and links that it would write through (True).

    Locks are left out: git makes them and never opens one that is there.
    """
    try:
        with os.scandir(f"{git_dir}/{folder}") as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    yield from _find_strange_files(git_dir, name)
                elif not (entry.is_file(follow_symlinks=False) or entry.name.endswith(".lock")):
                    if _may_block(entry):
                        yield name, False
                    elif entry.is_symlink() and _is_written(name):
                        yield name, True
    except OSError:
        return  # git says what it cannot read


def _is_written(name: str) -> bool:
    return name in _WRITTEN or name in _FOLDERS or name.partition("/")[0] in _WRITTEN_BELOW


def _may_block(entry: "os.DirEntry[str]") -> bool:
    try:
        mode = entry.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _list_configs(git_dir: Path) -> list[Path]:
    return [git_dir / "config", git_dir / "config.worktree"]


def _find_in_config(path: Path) -> list[Peculiarity]:
    try:
        settings = _read_settings(path)
    except ValueError as error:
        return [Peculiarity("config", f"{path}: {error}")]
    return [Peculiarity(code, f"{path}: {message}") for setting in settings for code, message in _judge(setting)]


def _read_settings(path: Path) -> list[Setting]:
    """Read a file of settings, none where it is not there or a power loss emptied it; ValueError says what is wrong."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return []
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_CONFIG:
        raise ValueError(f"expected a regular file of at most {_MAX_CONFIG} bytes")
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    return list(parse_settings(text)) if text.strip("\0\n ") else []


def _judge(setting: Setting) -> Iterator[tuple[str, str]]:
    """Yield code and sentence of what is unusual about a setting."""
    value = (setting.value or "").lower()
    top = setting.section.partition(".")[0]
    if top in {"include", "includeif"}:
        yield (
            "include",
            f"{setting.name:.100} names another file of settings: take it out, and copy here what is needed",
        )
    elif setting.name == "extensions.objectformat" and value != "sha1":
        yield "object_format", f"objects are named by {setting.value}, expected sha1"
    elif setting.name == "extensions.refstorage" and value != "files":
        yield "reftable", f"references are kept as {setting.value}, expected files"
    elif (top, setting.key) in _LEAVING_OUT:
        yield "promisor", "a partial clone: objects are left out"
    elif setting.name == "core.bare" and (setting.value is None or value not in _FALSE):
        yield "bare", "a bare repository: expected one with a work tree"


def _find_promisor_packs(git_dir: Path) -> list[Peculiarity]:
    with store_errors("the store cannot be looked at"):
        packs = list(find_matching(git_dir / "objects" / "pack", "*.promisor"))
    return [Peculiarity("promisor", f"{packs[0]}: a partial clone: objects are left out")] if packs else []
