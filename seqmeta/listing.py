"""The records of a kind to a table of their names, UUIDs, states and versions (CONTRACT 4, `list`)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from seqmeta.errors import UsageError
from seqmeta.records import Record, name_of
from seqmeta.revision import Revision
from seqmeta.tables import Table
from seqmeta.values import shorten
from seqmeta.vocabulary import expected

_DEFAULT_STATE = {"study": "active", "project": "active"}
STATES: Mapping[str, Sequence[str]] = {
    "study": ("active", "inactive"),
    "project": ("active", "inactive"),
    "biosample": ("stub", "consent_withdrawn"),
    "order": ("building", "locked", "sealed", "withdrawn"),
    "submission": ("building", "ready", "cancelled"),
    "progress": ("ready", "cancelled"),
}
"""The states that a record of a kind may be in; other kinds have none."""
_BESIDES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sequencing_run": {
        "run_name": ("run_name",),
        "instrument": ("instrument_model", "instrument_make"),
        "start": ("start_time",),
    }
}
"""More columns, each with the fields of which the first that is given stands there."""


def list_kind(revision: Revision, kind: str, state: str | None = None) -> Table:
    """List the records of a kind by name, or only those that are in a state; UsageError for one that there is not."""
    if state is not None and state not in STATES.get(kind, ()):
        what = f"{'an' if kind[0] in 'ao' else 'a'} {kind.replace('_', ' ')}"
        if kind not in STATES:
            raise UsageError(f"{what} has no state: leave --state out")
        raise UsageError(f"{what} is never {shorten(state)}: {expected(state, list(STATES[kind]))}")
    cancelled = find_cancelled(revision) if kind == "submission" else frozenset()
    listed = [_row(record, state_of(record, cancelled)) for record in revision.of_kind(kind)]
    rows = sorted((row for row in listed if state in (None, row["state"])), key=_place)
    return Table(("name", "uuid", "state", "version", *_BESIDES.get(kind, {})), rows)


def find_cancelled(revision: Revision) -> frozenset[str]:
    """Find the submissions that are cancelled: their own records are sealed, and say nothing of it."""
    progress = (record.body for record in revision.of_kind("progress"))
    return frozenset(body["submission"]["uuid"] for body in progress if body["state"] == "cancelled")


def state_of(record: Record, cancelled: Collection[str]) -> str | None:
    """The state that a record is in, None where its kind has none."""
    body = record.body
    if record.uuid in cancelled:
        return "cancelled"
    if record.kind == "biosample":
        return next((state for state in ("consent_withdrawn", "stub") if body.get(state)), None)
    state = body.get("state", _DEFAULT_STATE.get(record.kind))
    return str(state) if state is not None else None


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["name"] or "", row["uuid"]


def _row(record: Record, state: str | None) -> Mapping[str, Any]:
    body = record.body
    name = body["submission"].get("name") if record.kind == "progress" else name_of(record.kind, body)
    row = {"name": name, "uuid": record.uuid, "state": state, "version": record.version}
    for column, fields in _BESIDES.get(record.kind, {}).items():
        row[column] = next((body[field] for field in fields if field in body), None)
    return row
