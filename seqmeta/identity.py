"""UUIDs that are the same on every machine: UUIDv5 of what a thing is, in seqmeta's namespace (CONTRACT 7)."""

import hashlib
import re
import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
NIL = "00000000-0000-0000-0000-000000000000"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_NAMESPACE_BYTES = NAMESPACE.bytes


def is_uuid(text: str) -> bool:
    """Whether the text is the RFC 4122 text form of a UUID, in any case (the nil UUID too)."""
    return len(text) == len(NIL) and _UUID.fullmatch(text.lower()) is not None


def is_stored_uuid(text: str) -> bool:
    """Whether the text is a UUID as records have it, in lower case."""
    return _UUID.fullmatch(text) is not None


def derive(*parts: str) -> str:
    """Derive the UUIDv5 of the parts, joined by line feeds, in seqmeta's namespace."""
    name = "\n".join(parts).encode()
    digest = bytearray(hashlib.sha1(_NAMESPACE_BYTES + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def asset_group_uuid(study: str, name: str) -> str:
    """Derive the UUID of an asset group: it is named within its study."""
    return derive("asset_group", study, name)


def progress_uuid(submission: str) -> str:
    """Derive the UUID of the progress record of a submission."""
    return derive("progress", submission)


def pool_uuid(submission: str, place: int, owner: str) -> str:
    """Derive the UUID of the pool behind the type at `place` of the chain, of an order or the submission."""
    return derive("pool", submission, str(place), owner)


def request_uuid(submission: str, place: int, owner: str, item: str, multiple: int) -> str:
    """Derive the UUID of one request.

    `place` is that of its type in the chain (from 0), `owner` its order (behind a submission's pool the
    submission), `item` the asset or pool it works on, `multiple` its number (from 0) among the requests
    of that place, owner and item.
    """
    return derive("request", submission, str(place), owner, item, str(multiple))
