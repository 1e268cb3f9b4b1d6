"""Records to identities that two things have: one UUID is one thing's, requests and pools included (CONTRACT 7).

So is one name among the things of a kind, and of a study's groups. Both are looked for by hashes of eight bytes, for
there may be a million of each, and told only where what is recorded is the same.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from uuid import UUID

from seqmeta.values import shorten
from seqmeta.verification.contents import Contents
from seqmeta.verification.facts import SubmissionFacts, read_name
from seqmeta.verification.findings import Finding
from seqmeta.verification.standings import Standings

_UUID_BYTES = 16
_AT_END = slice(-41, -5)
"""Where the UUID stands in a record's path."""


def check_identities(contents: Contents, commit: str, records: Standings) -> Iterator[Finding]:
    """Yield the UUIDs and names that two of these records have."""
    yield from _check_uuids(commit, records)
    yield from _check_names(contents, commit, records)


def _check_uuids(commit: str, records: Standings) -> Iterator[Finding]:
    doubled = _find_doubled(hash(uuid) for uuid, _, _ in _list_uuids(records))
    holders: dict[bytes, list[tuple[str, str]]] = defaultdict(list)
    for uuid, path, what in _list_uuids(records) if doubled else ():
        if hash(uuid) in doubled:
            holders[uuid].append((path, what))
    for uuid, things in holders.items():
        (first, _), *others = things
        for path, what in others:
            message = f"{path}: the UUID {UUID(bytes=uuid)} of {what} is that of {first} too"
            yield Finding("duplicate_identity", path, commit, message)


def _list_uuids(records: Standings) -> Iterator[tuple[bytes, str, str]]:
    """Yield each UUID of records, then each of requests and pools, with the path of the record and what it is there."""
    for path in records:
        yield bytes.fromhex(path[_AT_END].replace("-", "")), path, "this record"
    for path, detail in records.details.items():
        if isinstance(detail, SubmissionFacts):
            for what, packed in (("a request", detail.requests), ("a pool", detail.pools)):
                for start in range(0, len(packed), _UUID_BYTES):
                    yield packed[start : start + _UUID_BYTES], path, what


def _check_names(contents: Contents, commit: str, records: Standings) -> Iterator[Finding]:
    doubled = _find_doubled(named for _, named in records.names())
    places = (
        [(path, records.blob(path) or "") for path, named in records.names() if named in doubled] if doubled else []
    )
    first: dict[tuple[str, str, str], str] = {}
    for path, _, data, _ in contents.read(places):
        name = read_name(data)
        other = path if name is None else first.setdefault(name, path)
        if name is not None and other != path:
            message = f"{path}: the name {shorten(name[-1])} is that of {other} too"
            yield Finding("duplicate_identity", path, commit, message)


def _find_doubled(hashes: Iterable[int]) -> set[int]:
    """Find the hashes that come twice; of a million it holds some dozen bytes each, and only for this."""
    return {one for one, other in pairwise(sorted(array("q", hashes))) if one == other}
