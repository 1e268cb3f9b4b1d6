"""The files that a person tells a command to write: what may stand in their place before."""

import os
import stat
from pathlib import Path

from seqmeta.errors import UsageError, WorkspaceError


def require_output(path: Path) -> Path:
    """Return where something is to be written; UsageError unless a regular file stands there, or nothing.

    To open a FIFO waits for who reads it, a link leads to what nobody has named, and a device would be replaced.
    """
    try:
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            raise UsageError(f"{path} is no regular file, and what is written takes the place of what is there")
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be looked at: {error.strerror}") from error
    return path
