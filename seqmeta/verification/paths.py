"""Paths inside a store to the kind and UUID that they stand for."""

import re

from seqmeta.canonical import FOLDERS, record_path

KIND_OF_FOLDER = {folder: kind for kind, folder in FOLDERS.items()}

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_LIKE_A_RECORD = re.compile(rf"({'|'.join(KIND_OF_FOLDER)})/(?:.*/)?({_UUID})\.json", re.IGNORECASE | re.DOTALL)


def parse_path(path: str) -> tuple[str, str] | None:
    """Return the kind and UUID of a record's path, None for any other file."""
    parts = path.split("/")
    if len(parts) != 3 or parts[0] not in KIND_OF_FOLDER:
        return None
    uuid = parts[2].removesuffix(".json")
    if len(uuid) != 36 or record_path(parts[0], uuid) != path or not re.fullmatch(_UUID, uuid):
        return None
    return KIND_OF_FOLDER[parts[0]], uuid


def path_of(kind: str, uuid: str) -> str:
    """Return the path of a record."""
    return record_path(FOLDERS[kind], uuid)


def is_misplaced(path: str) -> bool:
    """Whether a path that is no record's would be taken for one: a UUID's file, but in the wrong place or case."""
    return _LIKE_A_RECORD.fullmatch(path) is not None
