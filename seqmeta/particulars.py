"""What is said of a record beside its body, so that it is found and listed unread: names, state, what it refers to."""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqmeta.records import Body, Record, name_of

OTHER_NAMES: Mapping[str, str] = {"sequencing_run": "run_name", "asset": "barcode"}
"""By kind, the field by which people know a thing too."""
_DEFAULT_STATE = {"study": "active", "project": "active"}
_NOT_FOLLOWED = {"uuid", "metadata", "requests", "seal", "request_types"}
"""Parts of bodies without references that anything depends on; a submission's requests are sealed with it."""


def other_name_of(kind: str, body: Body) -> str | None:
    """What people know a thing by that has, or may have, another name: a run's name at the sequencer, a barcode.

    Of progress it is the name of its submission.
    """
    name = body["submission"].get("name") if kind == "progress" else body.get(OTHER_NAMES.get(kind, ""))
    return name if isinstance(name, str) else None


def state_of(kind: str, body: Body) -> str | None:
    """The state that a body says it is in, None where its kind has none."""
    if kind == "biosample":
        return next((state for state in ("consent_withdrawn", "stub") if body.get(state)), None)
    state = body.get("state", _DEFAULT_STATE.get(kind))
    return str(state) if state is not None else None


def find_referred(kind: str, body: Body) -> set[str]:
    """The UUIDs of the things that a body refers to, and of the requests that a run fulfils."""
    found: set[str] = set(body["requests"]) if kind == "sequencing_run" else set()
    pending: list[Any] = [value for key, value in body.items() if key not in _NOT_FOLLOWED]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("uuid"), str):
                found.add(value["uuid"])
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return found


def find_owned(submission: Body) -> Iterator[tuple[str, bool]]:
    """The UUIDs of the requests (true) and pools (false) that stand in the body of a submission."""
    for request in submission["requests"]:
        yield request["uuid"], True
        if "pool" in request:
            yield request["pool"]["uuid"], False


def has_part(submission: Body, uuid: str) -> bool:
    """Whether a request or pool of this UUID stands in the body of a submission."""
    return any(part == uuid for part, _ in find_owned(submission))


class Label(NamedTuple):
    """What a list says of a record, and what proves it: the digest that the body must have."""

    uuid: str
    kind: str
    name: str | None
    other_name: str | None
    state: str | None
    version: int
    digest: str

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in a list: by name (progress by that of its submission), then by UUID."""
        return (self.other_name if self.kind == "progress" else self.name) or "", self.uuid


def label(record: Record) -> Label:
    """Say what a list says of a record."""
    kind, body = record.kind, record.body
    names = name_of(kind, body), other_name_of(kind, body)
    return Label(record.uuid, kind, *names, state_of(kind, body), record.version, record.digest)


def counted(kind: str, state: str | None) -> tuple[str, ...]:
    """What a record counts as in an index, so that it is known how many there must be: its kind, and kind and state."""
    return (kind,) if state is None else (kind, f"{kind} {state}")


def sum_up(of: Label) -> int:
    """Sum up a label, so that one that a failing disk has changed is known by it."""
    return zlib.crc32(repr(tuple(of)).encode())
