"""Puts the many small packs that many publications make into few; no run starts it by itself.

`git repack --geometric` writes a new pack before it takes the old ones away, and keeps objects that nothing refers
to; a kill in between leaves both.
"""

from seqmeta.findings import Finding
from seqmeta.git import Repository

MANY_PACKS = 50
"""As many as git itself lets be (`gc.autoPackLimit`)."""


def join_packs(repository: Repository) -> list[Finding]:
    """Put packs together when there are many; own lock held."""
    before = _count(repository)
    if before <= MANY_PACKS:
        return []
    repository.git.run("repack", "-d", "-l", "-q", "--geometric=2")
    return [Finding("packs_joined", ".git/objects/pack", f"{before} packs became {_count(repository)}")]


def _count(repository: Repository) -> int:
    return sum(1 for _ in repository.git_dir.joinpath("objects", "pack").glob("pack-*.pack"))
