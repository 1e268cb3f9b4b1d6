"""Reads parts of a record's body that may have any shape: a value of the type that is expected, or ShapeError."""

from collections.abc import Mapping
from typing import Any

from seqmeta.identity import is_stored_uuid


class ShapeError(ValueError):
    """A part of a body is not there or not of its type; the text names the part and what was expected."""


def text_at(body: Mapping[str, Any], key: str) -> str:
    """Return the text under a key."""
    value = body.get(key)
    if not isinstance(value, str):
        raise ShapeError(f"{key}: expected text")
    return value


def list_at(body: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list under a key."""
    value = body.get(key)
    if not isinstance(value, list):
        raise ShapeError(f"{key}: expected a list")
    return value


def mapping_at(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the mapping under a key."""
    value = body.get(key)
    if not isinstance(value, dict):
        raise ShapeError(f"{key}: expected a mapping")
    return value


def uuid_of(value: Any, where: str) -> str:
    """Return the UUID of a reference, which is a mapping with `uuid` or the UUID itself."""
    uuid = value.get("uuid") if isinstance(value, dict) else value
    if not isinstance(uuid, str) or not is_stored_uuid(uuid):
        raise ShapeError(f"{where}: expected a reference by UUID")
    return uuid


def uuids_at(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the UUIDs of the list of references under a key, in order."""
    items = list_at(body, key)
    uuids: tuple[Any, ...] = tuple([item.get("uuid") if type(item) is dict else item for item in items])
    if all(type(uuid) is str and is_stored_uuid(uuid) for uuid in uuids):
        return uuids
    return tuple(uuid_of(item, f"{key}.{place}") for place, item in enumerate(items))  # which says what is wrong
