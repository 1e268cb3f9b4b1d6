"""Which record a failure comes of: what is not of its kind's schema can only have been written by a hand."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from seqmeta.errors import CorruptRecordError, SeqmetaError
from seqmeta.git import Repository
from seqmeta.worktree import is_record_path

_FAILURES = (LookupError, TypeError, AttributeError, ValueError)
"""What comes of a value that is missing, or is not what its schema says. Any other failure is not looked into."""


@contextmanager
def misfits_told(repository: Repository | None, *, is_history_read: bool = False) -> Iterator[None]:
    """Say which record is not of its kind's schema, where something fails over one.

    Those at the head are looked at and, where what may fail reads history, those in all commits behind it. Raises
    CorruptRecordError then, which names the first one that is found and ends with the type of what it came of, for that
    may be a bug all the same; where none is found it surely is one, and goes its way. A text that an encoding lacks
    comes of no record.
    """
    try:
        yield
    except _FAILURES as error:
        if repository is None or isinstance(error, SeqmetaError | UnicodeError):
            raise
        misfit = _find_misfit(_read_head(repository)) or (
            _find_misfit(_read_history(repository), ", which may be what this failed over") if is_history_read else None
        )
        if misfit is None:
            raise
        told = f"{misfit}; `seqmeta verify` names all such records [{type(error).__name__}]"
        raise CorruptRecordError(told) from error


def _find_misfit(records: Iterable[tuple[str, bytes]], remark: str = "") -> str | None:
    """Find the first record that is none of its kind."""
    from seqmeta.verification.facts import inspect_record  # it is not loaded where nothing fails

    for place, data in records:
        for code, fault in inspect_record(data, set()).faults:
            if code == "malformed_record":
                return f"{place} is no record of its kind{fault}{remark}"
    return None


def _read_head(repository: Repository) -> Iterator[tuple[str, bytes]]:
    head = repository.head()
    entries = [] if head is None else repository.entries(head)
    yield from _read(repository, {of.path: of.id for of in entries if of.type == "blob" and is_record_path(of.path)})


def _read_history(repository: Repository) -> Iterator[tuple[str, bytes]]:
    """Read what each commit of the branch wrote, the newest first."""
    head = repository.head()
    for commit in repository.log(head) if head is not None else ():
        changed = repository.changed(next(iter(commit.parents), None), commit.id)
        written = {of.path: of.new_id for of in changed if of.new_id is not None and is_record_path(of.path)}
        yield from ((f"{path} as of commit {commit.id}", data) for path, data in _read(repository, written))


def _read(repository: Repository, blobs: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    contents = repository.read(blobs.values())
    return ((path, data) for path, (_, data) in zip(blobs, contents, strict=True))
