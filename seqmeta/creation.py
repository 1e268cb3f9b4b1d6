"""Makes the repository of records in a folder that may hold a README already, or goes on where it was cut short.

Whether it is made, and where it stands, is told here too: it costs nobody more than that.
"""

import stat
from pathlib import Path

from seqmeta.config import is_branch_name
from seqmeta.durability import sync_paths
from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_command import GitCommand
from seqmeta.git_state import refuse_bare, refuse_strange_files
from seqmeta.locks import own_lock
from seqmeta.mending import ignore_saved_files
from seqmeta.presence import find_matching, is_file, is_folder, is_there
from seqmeta.system_errors import store_errors
from seqmeta.workspace import Workspace
from seqmeta.worktree import is_record_path


def create_repository(folder: Path, branch: str, wait_seconds: float) -> None:
    """Make the repository unless it is there, whole; StoreError when something else stands in its place."""
    if not is_branch_name(branch):
        raise StoreError(f"{branch!r} cannot be the name of a branch")
    with store_errors("the store cannot be made"):
        folder.mkdir(parents=True, exist_ok=True)
        _require_folder(folder)
        git_dir = folder / ".git"
        if not _is_whole(git_dir):
            _refuse_lost(folder)
        git_dir.mkdir(exist_ok=True)
        _require_folder(git_dir)
    if _is_whole(git_dir):
        return
    refuse_strange_files(git_dir)
    with own_lock(git_dir / "seqmeta" / "lock", wait_seconds):
        if not _is_whole(git_dir):
            _initialize(folder, git_dir, branch)


def is_made(folder: Path) -> bool:
    """Whether there is a repository in the folder; one whose making was cut short is empty, and counts as none.

    StoreError when there is none, but records that must have come out of one: what was sealed in it would be
    made anew, and nobody would be told.
    """
    git_dir = folder / ".git"
    with store_errors("the store cannot be looked at"):
        if is_folder(git_dir):
            is_begun = is_there(git_dir / "seqmeta" / "making")
            found = not is_begun and any(part.name != "seqmeta" for part in git_dir.iterdir())
        else:
            found = is_there(git_dir)
        if not found:
            _refuse_lost(folder)
    return found


def require_records(workspace: Workspace) -> Path:
    """Return the folder of a workspace's records; StoreError where there are none yet, with how they come there."""
    folder = workspace.records_folder
    if not is_made(folder):
        way = (
            "makes them"
            if workspace.config.remote is None
            else "fetches what the remote has, and adds what is described"
        )
        raise StoreError(f"there are no records in {folder} yet: `seqmeta apply` {way}")
    return folder


def open_records(workspace: Workspace) -> Repository:
    """Open the repository of records for reading; StoreError where there is none yet."""
    return Repository.open(require_records(workspace), workspace.config.branch)


def store_head(workspace: Workspace) -> str:
    """The commit that the store is at, as a line; empty where there is no store yet."""
    head = open_records(workspace).head() if is_made(workspace.records_folder) else None
    return f"{head}\n" if head is not None else ""


def _refuse_lost(folder: Path) -> None:
    """Refuse a folder that is a bare repository, or has records and none: a new one would know nothing of seals."""
    refuse_bare(folder)
    records = find_matching(folder, "*", "??", "*.json")
    found = next((path for path in records if is_record_path(str(path.relative_to(folder)))), None)
    if found is not None:
        raise StoreError(
            f"{folder} has records such as {found.relative_to(folder)}, but its git repository is gone: bring "
            f"{folder.name}/.git back from a copy, clone the store anew, or move the folder away to begin a new store"
        )


def _require_folder(path: Path) -> None:
    if not stat.S_ISDIR(path.lstat().st_mode):
        raise StoreError(f"{path} is a link or a file: expected a folder")


def _is_whole(git_dir: Path) -> bool:
    """Whether making it came to its end; of a repository that a person made, whether git would take it for one."""
    parts = (git_dir / "HEAD", git_dir / "objects", git_dir / "refs", git_dir / "config")
    return all(is_there(part) for part in parts) and not is_there(git_dir / "seqmeta" / "making")


def _initialize(folder: Path, git_dir: Path, branch: str) -> None:
    mark = git_dir / "seqmeta" / "making"
    git = GitCommand(git_dir, folder)
    with store_errors("the store cannot be made"):
        mark.touch()
        for name in ("HEAD", "config"):
            if is_file(git_dir.joinpath(name)) and git_dir.joinpath(name).stat().st_size == 0:
                git_dir.joinpath(name).unlink()
        git_dir.joinpath("config.lock").unlink(missing_ok=True)
        git_dir.joinpath("HEAD.lock").unlink(missing_ok=True)
        git.run("init", "--quiet", "--template=", f"--initial-branch={branch}", "--object-format=sha1")
        # A rename changes a file's time of change only; so what was renamed into place counts as unchanged.
        git.run("config", "--file", str(git_dir / "config"), "core.trustctime", "false")
        ignore_saved_files(git_dir, sorted(path.name for path in folder.iterdir() if is_file(path)))
        sync_paths(
            [git_dir / "config", git_dir / "HEAD", git_dir / "refs", git_dir / "objects", git_dir, folder], folder
        )
        mark.unlink()
