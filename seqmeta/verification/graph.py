"""Commits and their parents, as read from the objects themselves, to orders in which history can be walked."""

from collections.abc import Mapping

from seqmeta.verification.scan import CommitNode


def sort_ancestors_first(commits: Mapping[str, CommitNode], head: str) -> list[str]:
    """List every commit that can be reached from `head`, parents before children; absent ones are passed over."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False: begun, True: listed
    waiting = [head] if head in commits else []
    while waiting:
        commit = waiting[-1]
        if commit not in state:
            state[commit] = False
            waiting.extend(p for p in reversed(commits[commit].parents) if p in commits and p not in state)
            continue
        waiting.pop()
        if not state[commit]:
            state[commit] = True
            order.append(commit)
    return order


def find_first_parents(commits: Mapping[str, CommitNode], head: str) -> list[str]:
    """List the first-parent line of `head`, oldest first, as far back as its commits are there."""
    line: list[str] = []
    commit: str | None = head
    while commit is not None and commit in commits:
        line.append(commit)
        commit = next(iter(commits[commit].parents), None)
    return line[::-1]
