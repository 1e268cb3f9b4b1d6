"""Seals: a submitted submission to its Merkle root, and the chain of roots to tag messages and checkpoint lines.

CONTRACT 3 defines the leaves, CONTRACT 7 the tag's message and the checkpoint. Numbers count from 1 over the whole
store, and each seal names the root before it, so that no seal can be taken out of the middle.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqmeta.canonical import canonical_bytes, canonical_bytes_of_parsed
from seqmeta.merkle import tree_hash

TAG_PREFIX = "seal/"
FIRST_PREVIOUS = "0" * 64
"""What the first seal of a store names as the root before it."""

CHECKPOINT_FORMAT = "seqmeta-checkpoint/1"

_NUMBER = r"0|[1-9][0-9]{0,15}"
_HEX32, _HEX20 = "[0-9a-f]{64}", "[0-9a-f]{40}"
_SIGNATURE = r"(?:-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]+\n)+-----END SSH SIGNATURE-----\n)?"
_SEAL = re.compile(
    rf"root ({_HEX32})\nnumber ([1-9][0-9]{{0,15}})\nprevious ({_HEX32})\nstore ({_HEX20})\n{_SIGNATURE}"
)
_CHECKPOINT = re.compile(rf"{CHECKPOINT_FORMAT} ({_HEX20}) ({_NUMBER}) ({_HEX32}) ({_HEX20})\n?")


class Seal(NamedTuple):
    """What a seal's tag says: the root of one submission and its place in the store's chain."""

    root: str
    number: int
    previous: str
    store: str


class Checkpoint(NamedTuple):
    """How far a store had come when somebody looked: its last seal (number 0: none yet) and the branch's commit."""

    store: str
    number: int
    root: str
    commit: str


def seal_root(
    submission: Mapping[str, Any],
    orders: Iterable[tuple[str, str]],
    requests: Iterable[Any],
    render: Callable[[Any], bytes] = canonical_bytes,
) -> str:
    """Compute the root of a submission, as lower-case hex.

    `submission` is its body (a `seal` in it is left out), `orders` are pairs of UUID and digest (`sha256:…`) in the
    submission's order, `requests` are the bodies of its requests in their order, as they stand in it; `render` makes
    its RFC 8785 form, or raises ValueError for what cannot be in a record.
    """
    return tree_hash(_leaves(submission, orders, requests, render)).hex()


def _leaves(
    submission: Mapping[str, Any],
    orders: Iterable[tuple[str, str]],
    requests: Iterable[Any],
    render: Callable[[Any], bytes],
) -> Iterator[bytes]:
    """Yield the leaves one at a time: all of them together are as large again as the record.

    The first leaf has the requests in it: that a record may hold them need not be asked again for each.
    """
    yield render({key: value for key, value in submission.items() if key != "seal"})
    for uuid, digest in orders:
        yield canonical_bytes_of_parsed({"digest": digest, "uuid": uuid})
    yield from map(canonical_bytes_of_parsed, requests)


def tag_name(submission_uuid: str) -> str:
    """Name the tag that carries the seal of a submission."""
    return TAG_PREFIX + submission_uuid


def render_seal(root: str, number: int, previous: str, store: str) -> str:
    """Write the message of a seal's tag; `store` is the id of the store's first commit."""
    return f"root {root}\nnumber {number}\nprevious {previous}\nstore {store}\n"


def parse_seal(text: str) -> Seal:
    """Read the message of a seal's tag: exactly the lines of `render_seal`, and an ssh signature or nothing behind.

    Raises ValueError for anything else, so that no two readers can understand one tag differently.
    """
    match = _SEAL.fullmatch(text)
    if match is None:
        raise ValueError("not a seal: expected the lines root, number, previous and store, once each and in this order")
    root, number, previous, store = match.groups()
    return Seal(root, int(number), previous, store)


def next_seals(existing: Sequence[Seal], sealed: Iterable[tuple[str, str]], store: str) -> list[tuple[str, str]]:
    """Continue the chain: names and messages of the tags for newly sealed submissions, by their UUID.

    `sealed` are pairs of submission UUID and root.
    """
    last = max(existing, key=lambda seal: seal.number, default=None)
    number, previous = (last.number, last.root) if last else (0, FIRST_PREVIOUS)
    tags = []
    for uuid, root in sorted(sealed):
        number += 1
        tags.append((tag_name(uuid), render_seal(root, number, previous, store)))
        previous = root
    return tags


def render_checkpoint(checkpoint: Checkpoint) -> str:
    """Write a checkpoint as the one line that is kept elsewhere."""
    parts = (checkpoint.store, checkpoint.number, checkpoint.root, checkpoint.commit)
    return " ".join((CHECKPOINT_FORMAT, *map(str, parts))) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint line; raises ValueError unless it is exactly one."""
    match = _CHECKPOINT.fullmatch(text)
    if match is None or (match[2] == "0") != (match[3] == FIRST_PREVIOUS):
        raise ValueError(f"not a checkpoint: expected one line `{CHECKPOINT_FORMAT} <store> <number> <root> <commit>`")
    store, number, root, commit = match.groups()
    return Checkpoint(store, int(number), root, commit)
