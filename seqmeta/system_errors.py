"""Turns an error of the operating system into one sentence with its path and its name, such as ENOSPC."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from seqmeta.errors import StoreError


def explain_os_error(error: OSError) -> str:
    """Say what an OSError says, with its path and its name: `disk/x: No space left on device [ENOSPC]`."""
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return f"{where}{error.strerror or error} [{name}]"


@contextmanager
def store_errors(doing: str) -> Iterator[None]:
    """Turn an OSError of the block into a StoreError that begins with `doing`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{doing}: {explain_os_error(error)}") from error
