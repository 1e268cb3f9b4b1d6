"""What stands at a path, as the system says: an answer, or its error where it gives none.

`pathlib` answers so up to Python 3.12 only: from 3.13 on its `glob`, from 3.14 on its `exists`, `is_file`, `is_dir` and
`is_symlink` too, take every error for "not there". A disk that fails must never be taken for a store that is empty.
"""

import os
import stat
from collections.abc import Callable, Iterator
from errno import ELOOP, ENOENT, ENOTDIR
from fnmatch import filter as match_names
from pathlib import Path

_NOTHING = {ENOENT, ENOTDIR, ELOOP}
"""What says that nothing is there: no such name, a file among the folders on the way, a link that leads to itself."""


def is_there(path: Path) -> bool:
    """Whether anything is there, links followed; OSError where the system does not say."""
    return _mode(path, os.stat) is not None


def is_file(path: Path) -> bool:
    """Whether a regular file is there, links followed; OSError as above."""
    return stat.S_ISREG(_mode(path, os.stat) or 0)


def is_folder(path: Path) -> bool:
    """Whether a folder is there, links followed; OSError as above."""
    return stat.S_ISDIR(_mode(path, os.stat) or 0)


def is_link(path: Path) -> bool:
    """Whether a symbolic link is there; OSError as above."""
    return stat.S_ISLNK(_mode(path, os.lstat) or 0)


Identity = tuple[int, int, int, int]
"""Device, inode, size in bytes, and time of change in nanoseconds: of one file, as it was."""


def identify(path: Path) -> Identity | None:
    """What tells whether a file is the very one that was seen before, and as it was; None where nothing is there."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def find_matching(folder: Path, *patterns: str) -> Iterator[Path]:
    """Yield what goes by a pattern in a folder, or by several, one for each step down, sorted; OSError as above."""
    pattern, *below = patterns
    for name in match_names(_list(folder), pattern):
        if below:
            yield from find_matching(folder / name, *below)
        else:
            yield folder / name


def find_below(folder: Path) -> Iterator[Path]:
    """Yield all that is no folder below a folder, at any depth, and follow no link; OSError as above."""

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for place, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(place, name) for name in names)


def _mode(path: Path, ask: Callable[[Path], os.stat_result]) -> int | None:
    try:
        return ask(path).st_mode
    except OSError as error:
        _raise(error)
    except ValueError:  # a NUL, which no name can have
        pass
    return None


def _list(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        _raise(error)
    return []


def _raise(error: OSError) -> None:
    if error.errno not in _NOTHING:
        raise error
