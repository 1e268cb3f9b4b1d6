"""Paths inside a store to the kind and UUID that they stand for."""

import re

from seqmeta.kinds import load_kinds

KIND_OF_FOLDER = {kind.plural: kind.name for kind in load_kinds().values()}

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ANY_FOLDER = "|".join(KIND_OF_FOLDER)
_RECORD = re.compile(rf"({_ANY_FOLDER})/([0-9a-f]{{2}})/(?=\2)({_UUID})\.json")
_LIKE_A_RECORD = re.compile(rf"({_ANY_FOLDER})/(?:.*/)?({_UUID})\.json", re.IGNORECASE | re.DOTALL)


def parse_path(path: str) -> tuple[str, str] | None:
    """Return the kind and UUID of a record's path, None for any other file."""
    match = _RECORD.fullmatch(path)
    return (KIND_OF_FOLDER[match[1]], match[3]) if match else None


def path_of(kind: str, uuid: str) -> str:
    """Return the path of a record."""
    return load_kinds()[kind].path(uuid)


def is_misplaced(path: str) -> bool:
    """Whether a path that is no record's would be taken for one: a UUID's file, but in the wrong place or case."""
    return _LIKE_A_RECORD.fullmatch(path) is not None
