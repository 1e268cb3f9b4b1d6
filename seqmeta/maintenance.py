"""Puts the many small packs that many publications make into few, as git's own upkeep does behind a commit.

`git repack --geometric` writes a new pack before it takes the old ones away, and keeps objects that nothing refers
to; a kill in between leaves both, or a new pack under a temporary name (`tmp_…`, `.tmp-…`), which nobody uses.
"""

from contextlib import suppress
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.locks import find_holder, require_plain_file
from seqmeta.presence import find_matching

MANY_PACKS = 50
"""As many as git itself lets be (`gc.autoPackLimit`)."""


def keep_packs_few(repository: Repository) -> None:
    """Put packs together when there are many; own lock held. That it cannot be done hinders nothing."""
    with suppress(StoreError, OSError):
        if _count(repository) > MANY_PACKS:
            join_packs(repository)


def join_packs(repository: Repository) -> list[Finding]:
    """Put packs together when there are many, and remove what a killed git left of new ones; own lock held."""
    findings = _remove_unfinished(repository)
    before = _count(repository)
    if before > MANY_PACKS:
        repository.git.run("repack", "-d", "-l", "-q", "--geometric=2")
        message = f"{before} packs became {_count(repository)}"
        findings.append(Finding("packs_joined", ".git/objects/pack", message))
    return findings


def _remove_unfinished(repository: Repository) -> list[Finding]:
    removed = []
    for path in find_matching(_packs(repository), "*tmp[_-]*"):
        with suppress(StoreError):  # another user's, or on a system that does not tell who has it open
            if path.name.startswith(("tmp_", ".tmp-")) and _is_nobodys(path, repository.git_dir):
                path.unlink()
                removed.append(str(path.relative_to(repository.path)))
    message = "a pack that a killed git had not finished was removed"
    return [Finding("unfinished_pack", name, message) for name in removed]


def _is_nobodys(path: Path, git_dir: Path) -> bool:
    return require_plain_file(path) and find_holder(path, git_dir) is None


def _count(repository: Repository) -> int:
    return sum(1 for _ in find_matching(_packs(repository), "pack-*.pack"))


def _packs(repository: Repository) -> Path:
    return repository.git_dir.joinpath("objects", "pack")
