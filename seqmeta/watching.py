"""A workspace's files to the moments at which they change: looked at again and again, which works on every file system.

Looking takes a twentieth of the time at most, however many files there are.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from seqmeta.errors import WorkspaceError
from seqmeta.workspace import Workspace

_INTERVAL_SECONDS = 0.5
_SETTLED_SECONDS = 0.1
"""An editor may write a file in several steps: it is done when nothing changes for so long."""

_LARGEST_SHARE = 0.05

Sight = tuple[object, ...]
"""What is seen of files: equal to another where none of them has changed in between."""


def look(root: Path, config_file: Path, workspace: Workspace | None) -> Sight:
    """See the configuration, and as far as a workspace could be opened its vocabularies, descriptions and records."""
    if workspace is None:
        return (_see(config_file),)
    branch = workspace.records_folder / ".git" / "refs" / "heads" / workspace.config.branch
    try:
        files, problems = workspace.find_descriptions()
    except WorkspaceError as error:
        return (_see(config_file), str(error))
    signatures = tuple((file.path, file.signature) for file in files)
    others = (config_file, root / workspace.config.vocabularies, branch)
    return (*map(_see, others), signatures, tuple(problem.file for problem in problems))


def _see(path: Path) -> object:
    try:
        status = os.lstat(path)
    except OSError as error:
        return error.errno
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def wait_for_change(see: Callable[[], Sight], before: Sight) -> Sight:
    """Wait until something else is seen than before, and it stays so for a moment; return that."""
    while True:
        began = time.process_time()
        now = see()
        cost = time.process_time() - began
        if now != before:
            time.sleep(_SETTLED_SECONDS)
            settled = see()
            if settled == now:
                return now
        time.sleep(max(_INTERVAL_SECONDS, cost / _LARGEST_SHARE))
