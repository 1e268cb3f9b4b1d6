"""Whether a walk has seen all that a store's references lead to, so that git need not go there a second time.

`git fsck` looks at each object by itself, and then follows the references, HEAD and index through every tree to find
what is missing; that takes it a fifth of its time. The walk follows the branch through every tree too, and
looks for each object that a tree names among those that the store has. So where nothing but the branch and tags of
commits behind it is there to be followed, and the walk found all that it looked for, git would find nothing missing
either. In any other case it is asked to look for itself.
"""

import re
from collections.abc import Iterator

from seqmeta.git import Repository
from seqmeta.presence import is_there
from seqmeta.references import name_reference_files
from seqmeta.system_errors import store_errors
from seqmeta.verification.history import History
from seqmeta.verification.refs import References
from seqmeta.verification.scan import Objects

_BRANCHES = "refs/heads/"
_TARGET = re.compile(rb"object ([0-9a-f]{40})\ntype commit\n")


def may_see_all(references: References) -> bool:
    """Whether it is worth trying: a reference of another kind, as to a remote, mostly leads somewhere else."""
    return all(name.startswith((_BRANCHES, "refs/tags/")) for name in references.listed)


def has_seen_all(repository: Repository, references: References, objects: Objects, history: History) -> bool:
    """Whether the walk of the branch met all that git's own check would, and all of it is there."""
    if not history.is_whole or objects.faults or references.faults:
        return False
    walked = set(history.order)
    for name, identity in references.listed.items():
        target = None if name.startswith(_BRANCHES) else _TARGET.match(objects.tags.get(identity, b""))
        if identity not in walked and (target is None or target[1].decode() not in walked):
            return False
    with store_errors("the references cannot be read"):
        return not any(_find_others(repository, references))


def _find_others(repository: Repository, references: References) -> Iterator[str]:
    """Yield what git's check would follow, or complain about, besides the references that git lists."""
    git_dir = repository.git_dir
    if (git_dir / "HEAD").read_bytes() != f"ref: {_BRANCHES}{repository.branch}\n".encode():
        yield "HEAD"
    if is_there(git_dir / "worktrees"):
        yield "worktrees"
    yield from (name for name in name_reference_files(git_dir) if name not in references.listed)
