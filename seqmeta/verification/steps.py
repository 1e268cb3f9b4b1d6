"""The commits of a history to the pairs of trees that are to be compared, and which commits and trees are not there."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from seqmeta.tree_changes import EMPTY_TREE
from seqmeta.verification.findings import Finding
from seqmeta.verification.scan import Objects


class Step(NamedTuple):
    """A commit compared with one of its parents; `is_line` for the first parent of a commit on the line.

    `old` and `new` are the trees of parent and commit.
    """

    commit: str
    parent: str | None
    is_line: bool
    old: str
    new: str


def list_steps(objects: Objects, order: Sequence[str], line: Collection[str]) -> list[Step]:
    """List the steps of these commits, in their order; those whose trees are not there are passed over."""
    return [
        Step(commit, parent, commit in line and number == 0, _tree(objects, parent), _tree(objects, commit))
        for commit in order
        for number, parent in enumerate(objects.commits[commit].parents or (None,))
        if _is_readable(objects, commit) and (parent is None or _is_readable(objects, parent))
    ]


def find_absent(objects: Objects, order: Iterable[str], head: str) -> Iterator[Finding]:
    """Yield the commits and trees of a history that cannot be read."""
    if head not in objects.commits:
        yield Finding("missing_object", head, head, "the branch's commit cannot be read")
    for commit in order:
        node = objects.commits[commit]
        for parent in node.parents:
            if parent not in objects.commits:
                yield Finding("missing_object", parent, commit, f"commit {parent}, its parent, cannot be read")
        if not _is_readable(objects, commit):
            yield Finding("missing_object", node.tree, commit, f"tree {node.tree}, its content, cannot be read")


def _tree(objects: Objects, commit: str | None) -> str:
    return EMPTY_TREE if commit is None else objects.commits[commit].tree


def _is_readable(objects: Objects, commit: str) -> bool:
    node = objects.commits.get(commit)
    return node is not None and (node.tree in objects.trees or node.tree == EMPTY_TREE)
