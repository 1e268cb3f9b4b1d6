"""The secret by which a store knows what its own runs made of the shards, and nobody else did.

It lies in `records/.git/seqmeta/`, where nothing that is checked out can be: git keeps no path with `.git` in it. So
results that somebody sends along with descriptions carry no seal of this store's, and are not believed.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from seqmeta.presence import is_link

_DIGITS = 64


def read_key(records_folder: Path) -> bytes | None:
    """Read the key of a store, None where there is none, or none that is whole."""
    path = _key_file(records_folder)
    if _is_linked(path):
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            key = file.read(_DIGITS + 1)
    except OSError:
        return None
    return key if len(key) == _DIGITS else None


def make_key(records_folder: Path) -> bytes | None:
    """Read the key of a store, which is drawn when there is none; None where it cannot be kept.

    The store itself need not be there yet. Of several processes on several machines that draw one, the first wins.
    """
    key = read_key(records_folder)
    path = _key_file(records_folder)
    if key is not None or _is_linked(path):
        return key
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep(path, secrets.token_hex(_DIGITS // 2).encode(), records_folder)
    return read_key(records_folder)


def _keep(path: Path, key: bytes, records_folder: Path) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        part.unlink(missing_ok=True)  # of a process that was killed, or somebody's link
        with part.open("xb") as file:
            file.write(key)
        try:
            path.hardlink_to(part)
        except OSError:  # another process was first, what is there was cut short, or there are no hard links here
            if read_key(records_folder) is None:
                part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_linked(path: Path) -> bool:
    """Whether a folder of git's leads elsewhere, where somebody may know the key."""
    return is_link(path.parent) or is_link(path.parent.parent)


def _key_file(records_folder: Path) -> Path:
    return records_folder / ".git" / "seqmeta" / "shards-key"
