"""What git knows around a workspace: who its user is, and which commit the descriptions are from.

Only values are asked for, in ways that start nothing that a configuration names.
"""

from collections.abc import Iterator
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git_command import GitCommand


def find_user(root: Path, home: Path) -> tuple[str, str] | None:
    """Find the name and address of git's user: of the repository around the workspace, else the person's own."""
    name, email = (_first(root, home, key) for key in ("user.name", "user.email"))
    return (name, email) if name and email else None


def _first(root: Path, home: Path, key: str) -> str | None:
    for file in _configurations(root, home):
        status, output, _ = _git(root).ask("config", "--file", str(file), "--includes", "--get", key)
        value = output.decode(errors="replace").strip()
        if status == 0 and value:
            return value
    return None


def _configurations(root: Path, home: Path) -> Iterator[Path]:
    git_dir = _find_git_dir(root)
    files = [git_dir / "config"] if git_dir is not None else []
    files += [home / ".gitconfig", home / ".config" / "git" / "config", Path("/etc/gitconfig")]
    return (file for file in files if file.is_file())


def find_commit(root: Path) -> str | None:
    """Find the commit that is checked out around the workspace, None where there is no repository."""
    git_dir = _find_git_dir(root)
    if git_dir is None:
        return None
    try:
        status, output, _ = GitCommand(git_dir=git_dir, work_tree=root).ask("rev-parse", "--verify", "--quiet", "HEAD")
    except StoreError:
        return None
    return output.decode().strip() if status == 0 else None


def _find_git_dir(root: Path) -> Path | None:
    """Find the git folder of the repository that the workspace is in; linked worktrees are not looked into."""
    for folder in (root, *root.parents):
        if (folder / ".git").is_dir():
            return folder / ".git"
    return None


def _git(root: Path) -> GitCommand:
    return GitCommand(git_dir=root / ".git", work_tree=root)
