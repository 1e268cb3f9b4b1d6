"""The committed records at one commit, looked up by UUID, by name and by what they refer to: what a run starts from."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from seqmeta.particulars import find_referred, state_of
from seqmeta.records import Body, Record, name_of, scope_of

FLAGS = ("stub", "consent_withdrawn")
"""Fields that what refers to a thing asks for: that it is not registered, and that nothing new may use it."""


SETTLED: Mapping[str, str] = {"order": "sealed", "submission": "ready"}
"""The state that a thing of a kind never leaves; what is in it stays as it is recorded, whatever becomes of others."""


class Outline(NamedTuple):
    """What is asked of a record most often: its kind, its name, and the state that it is in, where its kind has any."""

    kind: str
    name: str | None
    state: str | None

    @property
    def has_flag(self) -> bool:
        """Whether its body has one of `FLAGS`."""
        return self.state in FLAGS


def outline_of(kind: str, body: Body) -> Outline:
    """Say what is asked most often of a body of this kind."""
    return Outline(kind, name_of(kind, body), state_of(kind, body))


class RecordLookup(Protocol):
    """Committed records to look up in, however they are held."""

    def get(self, uuid: str) -> Record | None:
        """The record of this UUID."""

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID, for which its body need not be read."""

    def outlines(self, uuids: Collection[str]) -> dict[str, Outline]:
        """The outlines of the records of these UUIDs, by UUID."""

    def among(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs are those of records, requests or pools."""

    def named(self, kind: str, name: str, scope: str = "") -> Record | None:
        """The record of this kind and name (an asset group's within the study `scope`)."""

    def owner(self, uuid: str) -> str | None:
        """The UUID of the submission that this request or pool is of."""

    def is_request(self, uuid: str) -> bool:
        """Whether the UUID is that of a request."""

    def of_kind(self, kind: str) -> Iterable[Record]:
        """All records of a kind, by UUID."""

    def referring(self, uuid: str, kind: str) -> list[str]:
        """The UUIDs of the records of a kind that refer to a thing, sorted."""

    def unsettled(self, kind: str) -> list[str]:
        """The UUIDs of the records of one of the kinds of `SETTLED` that are not in that state, sorted."""

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""

    def __iter__(self) -> Iterator[Record]:
        """All records, by UUID."""


class Records:
    """Committed records in memory."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._by_uuid: dict[str, Record] = {}
        self._by_name: dict[tuple[str, str, str], Record] = {}
        self._owned: dict[str, str] = {}
        self._requests: set[str] = set()
        self._by_kind: dict[str, list[Record]] = {}
        self._referring: dict[str, dict[str, list[str]]] = {}
        for record in records:
            self._add(record)

    def _add(self, record: Record) -> None:
        self._by_uuid[record.uuid] = record
        self._by_kind.setdefault(record.kind, []).append(record)
        name = name_of(record.kind, record.body)
        if name is not None:
            self._by_name[record.kind, scope_of(record.kind, record.body), name] = record
        if record.kind == "submission":
            for request in record.body["requests"]:
                self._owned[request["uuid"]] = record.uuid
                self._requests.add(request["uuid"])
                if "pool" in request:
                    self._owned[request["pool"]["uuid"]] = record.uuid

    def get(self, uuid: str) -> Record | None:
        """The record of this UUID."""
        return self._by_uuid.get(uuid)

    def outline(self, uuid: str) -> Outline | None:
        """The outline of the record of this UUID."""
        record = self._by_uuid.get(uuid)
        return None if record is None else outline_of(record.kind, record.body)

    def outlines(self, uuids: Collection[str]) -> dict[str, Outline]:
        """The outlines of the records of these UUIDs, by UUID."""
        found = ((uuid, self.outline(uuid)) for uuid in uuids)
        return {uuid: outline for uuid, outline in found if outline is not None}

    def among(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs are those of records, requests or pools."""
        return {uuid for uuid in uuids if uuid in self._by_uuid or uuid in self._owned}

    def named(self, kind: str, name: str, scope: str = "") -> Record | None:
        """The record of this kind and name (an asset group's within the study `scope`)."""
        return self._by_name.get((kind, scope, name))

    def owner(self, uuid: str) -> str | None:
        """The UUID of the submission that this request or pool is of."""
        return self._owned.get(uuid)

    def is_request(self, uuid: str) -> bool:
        """Whether the UUID is that of a request."""
        return uuid in self._requests

    def of_kind(self, kind: str) -> list[Record]:
        """All records of a kind, by UUID."""
        return sorted(self._by_kind.get(kind, ()), key=lambda record: record.uuid)

    def referring(self, uuid: str, kind: str) -> list[str]:
        """The UUIDs of the records of a kind that refer to a thing, sorted."""
        if kind not in self._referring:
            sources: dict[str, list[str]] = {}
            for record in self.of_kind(kind):
                for target in find_referred(kind, record.body):
                    sources.setdefault(target, []).append(record.uuid)
            self._referring[kind] = sources
        return self._referring[kind].get(uuid, [])

    def unsettled(self, kind: str) -> list[str]:
        """The UUIDs of the records of one of the kinds of `SETTLED` that are not in that state, sorted."""
        return [record.uuid for record in self.of_kind(kind) if state_of(kind, record.body) != SETTLED[kind]]

    def names(self, kind: str, most: int) -> list[str]:
        """The names of the first records of a kind by UUID, so many at most."""
        names = (name_of(kind, record.body) for record in self.of_kind(kind)[:most])
        return [name for name in names if name is not None]

    def __iter__(self) -> Iterator[Record]:
        return iter(sorted(self._by_uuid.values(), key=lambda record: record.uuid))
