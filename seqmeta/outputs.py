"""The files that a person tells a command to write: what may stand in their place before."""

import stat
from pathlib import Path

from seqmeta.errors import UsageError


def require_output(path: Path) -> Path:
    """Return where something is to be written; UsageError unless a regular file stands there, or nothing.

    To open a FIFO waits for who reads it, a link leads to what nobody has named, and a device would be replaced.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        return path  # nothing is there; else who writes is told why that cannot be
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no regular file, and what is written takes the place of what is there")
    return path
