"""All references of a store at one moment: as git lists them or, where one of their files is broken, as the files say.

A line of `packed-refs` that git cannot take ends every git command that lists references; a verifier names it instead.
"""

from collections.abc import Mapping
from typing import NamedTuple

from seqmeta.errors import BrokenReferenceError, StoreError
from seqmeta.git import Repository
from seqmeta.references import ask_for_references, explain_left_out, find_left_out, read_reference_files
from seqmeta.system_errors import store_errors
from seqmeta.verification.findings import Finding

_MOST_READINGS = 20


class References(NamedTuple):
    """All references (object by name) and the branch's commit; `faults` says what of them cannot be read."""

    listed: Mapping[str, str]
    branch: str | None
    faults: tuple[Finding, ...] = ()

    @property
    def is_branch_broken(self) -> bool:
        """Whether there is a branch that leads nowhere."""
        return self.branch is None and bool(self.faults)


def read_references(repository: Repository) -> References:
    """Read the references until they hold still: branch and tags are moved together.

    Raises StoreError where they do not, and where the system does not let one be read.
    """
    before, left_out = _read_once(repository), None
    branch = f"refs/heads/{repository.branch}"
    for _ in range(_MOST_READINGS):
        now = _read_once(repository)
        if now.listed == before.listed and now.listed.get(branch) == now.branch:
            left_out = find_left_out(repository, "refs/", now.listed)
            if left_out is None:  # else it was made since they were listed, or git could not read it
                return now
        before = now
    if left_out is not None:
        raise StoreError(explain_left_out(repository, left_out))
    raise StoreError(f"the references of {repository.path} change all the time: verify it when fewer are writing")


def _read_once(repository: Repository) -> References:
    faults: tuple[Finding, ...] = ()
    branch = None
    try:
        branch = repository.head()
    except BrokenReferenceError as error:
        faults = (Finding("corrupt_object", f"refs/heads/{repository.branch}", None, str(error)),)
    except StoreError as error:
        return _read_files(repository, error)
    try:
        return References(ask_for_references(repository), branch, faults)
    except StoreError as error:
        return _read_files(repository, error)


def _read_files(repository: Repository, why: StoreError) -> References:
    """Read what can be read of the files; StoreError where git fails over something else than its references."""
    repository.git.run("rev-parse", "--git-dir")
    with store_errors("the references cannot be read"):
        listed = read_reference_files(repository.git_dir, "refs/")
    fault = Finding("corrupt_object", "packed-refs", None, f"packed-refs: {why}")
    return References(listed, listed.get(f"refs/heads/{repository.branch}"), (fault,))
