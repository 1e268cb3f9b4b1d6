"""What git knows around a workspace: who its user is, and which commit the descriptions are from.

Only values are asked for, in ways that start nothing that a configuration names.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from seqmeta.git_command import GitCommand, identity_environment
from seqmeta.presence import is_file, is_folder


def find_user(root: Path, home: Path) -> tuple[str, str] | None:
    """Find the name and address of git's user, as git does (git-var(1)).

    Those of the environment, else of the repository around the workspace, else the person's own, else the machine's.
    """
    said = {key: _decode(os.fsencode(value)) for key, value in identity_environment().items()}
    name = said.get("GIT_COMMITTER_NAME") or _first(root, home, "user.name")
    email = said.get("GIT_COMMITTER_EMAIL") or _first(root, home, "user.email")
    return (name, email) if name and email else None


def _decode(said: bytes) -> str:
    """Decode what git is told in UTF-8 whatever the locale is; a commit holds no lone surrogate of what is none."""
    return said.decode(errors="surrogateescape").strip()


def _first(root: Path, home: Path, key: str) -> str | None:
    for file in _configurations(root, home):
        status, output, _ = _git(root).ask("config", "--file", str(file), "--includes", "--get", key)
        value = _decode(output)
        if status == 0 and value:
            return value
    return None


def _configurations(root: Path, home: Path) -> Iterator[Path]:
    git_dir = _find_git_dir(root)
    files = [_shared_folder(git_dir) / "config"] if git_dir is not None else []
    said = identity_environment()
    if "GIT_CONFIG_GLOBAL" in said:
        files.append(Path(said["GIT_CONFIG_GLOBAL"]))
    else:
        files += [home / ".gitconfig", Path(said.get("XDG_CONFIG_HOME", home / ".config")) / "git" / "config"]
    if said.get("GIT_CONFIG_NOSYSTEM", "0").lower() in {"0", "false", "no", "off"}:
        files.append(Path(said.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig")))
    return (file for file in files if is_file(file))


def find_commit(root: Path) -> str | None:
    """Find the commit that is checked out around the workspace, None where there is no repository or no commit."""
    git_dir = _find_git_dir(root)
    if git_dir is None:
        return None
    git = GitCommand(git_dir=git_dir, work_tree=root.resolve())
    status, output, _ = git.ask("rev-parse", "--verify", "--quiet", "HEAD")
    return output.decode().strip() if status == 0 else None


def _find_git_dir(root: Path) -> Path | None:
    """Find the git folder of the innermost repository around the workspace, be it a submodule or a linked worktree."""
    above = root.resolve()
    for folder in (above, *above.parents):
        place = folder / ".git"
        if is_folder(place):
            return place
        if is_file(place):
            return _follow(place)
    return None


def _follow(place: Path) -> Path | None:
    """Read where the git folder is from the file that stands for one (gitrepository-layout(5))."""
    try:
        word, _, path = place.read_text().strip().partition(": ")
    except (OSError, ValueError):
        return None
    git_dir = place.parent / path
    return git_dir if word == "gitdir" and is_folder(git_dir) else None


def _shared_folder(git_dir: Path) -> Path:
    """Return the git folder that a linked worktree shares with the others; its own where it shares none."""
    try:
        return git_dir / (git_dir / "commondir").read_text().strip()
    except (OSError, ValueError):
        return git_dir


def _git(root: Path) -> GitCommand:
    return GitCommand(git_dir=root / ".git", work_tree=root)
