"""What is wrong with the world around a run: one family of exceptions, each one sentence for the user.

What a user wrote wrong in a description is never an exception but a `seqmeta.problems.Problem`.
A bug is neither: it shows its traceback.
"""

from pathlib import Path


class SeqmetaError(Exception):
    """The base of the family; its text is one sentence that says what is wrong and what to do."""

    exit_code = 3


class UsageError(SeqmetaError):
    """The command was called with words that do not fit (exit code 2)."""

    exit_code = 2


class WorkspaceError(SeqmetaError):
    """The workspace is not there or cannot be read: a missing folder, an unreadable file."""


class StoreError(SeqmetaError):
    """The repository of records cannot be used: not a repository, unsupported, corrupt, disk full."""


class BrokenReferenceError(StoreError):
    """A branch or tag of the store holds something else than the id of an object."""


class EndlessError(StoreError):
    """A git command did not end within the time that it may take."""


class UnfitError(StoreError):
    """A commit has at `path`, or says of itself, what cannot be in a store, so that no run can make it anew."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class InTheWayError(StoreError):
    """Where a folder of the work tree should be stands something else, at `place`."""

    def __init__(self, place: Path) -> None:
        super().__init__(f"{place} is a link or a file: expected a folder")
        self.place = place


class LockedError(StoreError):
    """Another run holds the store, and did not let go of it in time."""


class ConflictError(StoreError):
    """The branch moved while this run was at work: its step must be judged anew on the new head."""


class SetAsideError(ConflictError):
    """A commit not yet pushed does not fit what the remote has; `standing` is this run's, made anew, if that does."""

    def __init__(self, standing: str | None) -> None:
        super().__init__("what was committed does not fit what the remote has now: run again")
        self.standing = standing


class CorruptRecordError(StoreError):
    """A committed record cannot be read as one: not JSON, not canonical, of an unknown schema."""


class LostRecordError(CorruptRecordError):
    """A committed record names another, of a kind and UUID that the store does not have."""

    def __init__(self, kind: str, uuid: str) -> None:
        super().__init__(f"the {kind} {uuid} is named by a record and has none: `seqmeta verify` says more")
