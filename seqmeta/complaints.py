"""What ended a command, said in one sentence for the person who called it."""

import sys
from pathlib import Path

from seqmeta.errors import SeqmetaError
from seqmeta.system_errors import explain_os_error


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
    sqlite = sys.modules.get("sqlite3")  # which only what opens a database imports
    if sqlite is not None and isinstance(error, sqlite.Error):
        return f"the index that the last run kept, .seqmeta/index.sqlite, cannot be read: {error}: remove it"
    return None


def _is_here_gone() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
