"""What is known of each record as of one commit of a walk, in few bytes: a store may have a million of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple

from seqmeta.verification.facts import Detail, RecordFacts

_LAYOUT = Struct(">20s32sqqBB")
_NAMED = Struct(">52xq")
_BLOB = 20
_IN_PLACE, _READ = 1, 2
_NO_DIGEST = bytes(32)
_DIGEST = "sha256:"


class Standing(NamedTuple):
    """One record: its blob, what facts say of it, and whether its file in the work tree was seen to have that blob.

    `is_read` is False where the blob could not be read; `version`, `digest` and `schema` are then as of no record.
    """

    blob: str
    digest: str
    version: int
    schema: int
    detail: Detail | None
    is_in_place: bool
    is_read: bool


@dataclass(slots=True)
class Standings:
    """The records as of one commit, by path; `details` has what rules depend on, for the kinds that have such."""

    details: dict[str, Detail] = field(default_factory=dict)
    _packed: dict[str, bytes] = field(default_factory=dict)

    def put(self, path: str, blob: str, facts: RecordFacts | None, *, is_in_place: bool) -> None:
        """Take note of a record's new content; `facts` is None where it could not be read."""
        name = bytes.fromhex(blob)
        if facts is None:
            self._packed[path] = _LAYOUT.pack(name, _NO_DIGEST, 0, 0, 0, 0)
            self.details.pop(path, None)
            return
        digest = bytes.fromhex(facts.digest[len(_DIGEST) :]) if facts.digest else _NO_DIGEST
        flags = _READ | _IN_PLACE if is_in_place else _READ
        self._packed[path] = _LAYOUT.pack(name, digest, facts.named, facts.version, facts.schema, flags)
        if facts.detail is not None:
            self.details[path] = facts.detail
        else:
            self.details.pop(path, None)

    def remove(self, path: str) -> None:
        """Forget a record."""
        self.details.pop(path, None)
        self._packed.pop(path, None)

    def get(self, path: str) -> Standing | None:
        """Return all that is known of a record, None where there is none."""
        packed = self._packed.get(path)
        if packed is None:
            return None
        blob, digest, _, version, schema, flags = _LAYOUT.unpack(packed)
        said = "" if digest == _NO_DIGEST else _DIGEST + digest.hex()
        detail = self.details.get(path)
        return Standing(blob.hex(), said, version, schema, detail, bool(flags & _IN_PLACE), bool(flags & _READ))

    def blob(self, path: str) -> str | None:
        """Return the blob of a record, None where there is none."""
        packed = self._packed.get(path)
        return None if packed is None else packed[:_BLOB].hex()

    def is_in_place(self, path: str) -> bool:
        """Whether the record's file was seen to have its blob."""
        return bool(self._packed[path][-1] & _IN_PLACE)

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield path and blob of each record."""
        return ((path, packed[:_BLOB].hex()) for path, packed in self._packed.items())

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield path and hashed name (`RecordFacts.named`) of each record that has a name."""
        named = ((path, _NAMED.unpack_from(packed)[0]) for path, packed in self._packed.items())
        return ((path, name) for path, name in named if name)

    def __contains__(self, path: str) -> bool:
        return path in self._packed

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)
