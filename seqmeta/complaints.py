"""What ended a command, said in one sentence for the person who called it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seqmeta.errors import SeqmetaError
from seqmeta.system_errors import explain_os_error

if TYPE_CHECKING:
    from seqmeta.workspace import Workspace


def explain(error: Exception) -> str | None:
    """Say what is wrong with the world in one sentence, None where it is a bug."""
    if isinstance(error, SeqmetaError):
        return str(error) or f"{type(error).__name__}, and nobody said why"
    if isinstance(error, MemoryError):
        return "the memory is not enough for this: nothing was committed that was not reported as committed"
    if isinstance(error, OSError):  # of a file that no part of the program speaks of: a failing disk, a long name
        if isinstance(error, FileNotFoundError) and _is_here_gone():
            return "the folder that this was called in is not there any more: change to one that is, and call again"
        return f"a file, or the output, cannot be used: {explain_os_error(error)}"
    return _explain_encoding(error) if isinstance(error, UnicodeEncodeError) else _explain_index(error)


def _explain_encoding(error: UnicodeEncodeError) -> str | None:
    if error.encoding == "utf-8":  # which lacks nothing that a text may have
        return None
    lacking = f"{error.object[error.start]!r} cannot be written in {error.encoding}"
    cure = "set PYTHONUTF8=1, or a UTF-8 locale such as C.UTF-8, and leave PYTHONIOENCODING unset"
    return f"{lacking}, the encoding of the output or of the locale: {cure}"


def _explain_index(error: Exception) -> str | None:
    sqlite = sys.modules.get("sqlite3")  # which only what opens a database imports
    if sqlite is not None and isinstance(error, sqlite.Error):
        return f"the index that the last run kept, .seqmeta/index.sqlite, cannot be read: {error}: remove it"
    return None


@contextmanager
def records_suspected(open_workspace: Callable[[], "Workspace"], *, is_history_read: bool) -> Iterator[None]:
    """Say which record is none of its kind, where a command fails over one; the store is opened only then."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError):  # as `misfits` looks into
        from seqmeta.creation import open_records
        from seqmeta.misfits import misfits_told

        repository = None
        with suppress(SeqmetaError):
            repository = open_records(open_workspace())
        with misfits_told(repository, is_history_read=is_history_read):
            raise


def _is_here_gone() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
