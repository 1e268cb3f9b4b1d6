"""Which record a failure comes of: what is not of its kind's schema can only have been written by a hand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from seqmeta.errors import CorruptRecordError, SeqmetaError
from seqmeta.git import Repository
from seqmeta.worktree import is_record_path

_FAILURES = (LookupError, TypeError, AttributeError, ValueError)
"""What comes of a value that is missing, or is not what its schema says. Any other failure is not looked into."""


@contextmanager
def misfits_told(repository: Repository | None) -> Iterator[None]:
    """Say which record is not of its kind's schema, where something fails over one in any commit of the branch.

    Raises CorruptRecordError then, which names the first one that is found; else the failure goes its way: it is a bug.
    """
    try:
        yield
    except _FAILURES as error:
        misfit = None if repository is None or isinstance(error, SeqmetaError) else _find_misfit(repository)
        if misfit is None:
            raise
        raise CorruptRecordError(f"{misfit}; `seqmeta verify` names all such records") from None


def _find_misfit(repository: Repository) -> str | None:
    """Find a record that is none of its kind: among those at the head, then in the commits behind it, newest first."""
    from seqmeta.verification.facts import inspect_record  # it is not loaded where nothing fails

    for place, data in _read_all(repository):
        for code, fault in inspect_record(data, set()).faults:
            if code == "malformed_record":
                return f"{place} is no record of its kind{fault}"
    return None


def _read_all(repository: Repository) -> Iterator[tuple[str, bytes]]:
    head = repository.head()
    if head is None:
        return
    entries = {of.path: of.id for of in repository.entries(head) if of.type == "blob" and is_record_path(of.path)}
    yield from _read(repository, entries)
    for commit in repository.log(head):
        changed = repository.changed(next(iter(commit.parents), None), commit.id)
        written = {of.path: of.new_id for of in changed if of.new_id is not None and is_record_path(of.path)}
        yield from ((f"{path} as of commit {commit.id}", data) for path, data in _read(repository, written))


def _read(repository: Repository, blobs: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    contents = repository.read(blobs.values())
    return ((path, data) for path, (_, data) in zip(blobs, contents, strict=True))
