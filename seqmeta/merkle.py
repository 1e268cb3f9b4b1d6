"""The Merkle tree hash of a list of leaves, as RFC 9162 (2.1.1) defines it, with SHA-256."""

import hashlib
from collections.abc import Iterable

_LEAF = b"\x00"
_NODE = b"\x01"


def tree_hash(leaves: Iterable[bytes]) -> bytes:
    """Hash leaves, in order, to one root of 32 bytes, holding no more than one hash per level of the tree."""
    complete: list[tuple[int, bytes]] = []  # (height, hash) of perfect subtrees from the left, heights falling
    for leaf in leaves:
        height, node = 0, hashlib.sha256(_LEAF + leaf).digest()
        while complete and complete[-1][0] == height:
            node = _parent(complete.pop()[1], node)
            height += 1
        complete.append((height, node))
    if not complete:
        return hashlib.sha256(b"").digest()
    _, root = complete.pop()
    while complete:
        root = _parent(complete.pop()[1], root)
    return root


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
