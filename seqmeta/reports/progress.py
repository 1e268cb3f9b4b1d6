"""The states of all requests, counted for each submission and request type, to a table of progress.

`total` leaves the cancelled out, as `percent` does. `remaining` is what was requested and neither passed nor is
running (started): a failed request remains, for what it was to bring is still wanted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from seqmeta.records import Record
from seqmeta.revision import Revision
from seqmeta.story import requests_of
from seqmeta.tables import Table
from seqmeta.transitions import percent

STATES = ("pending", "hold", "blocked", "started", "passed", "failed", "cancelled")
_COLUMNS = ("submission", "uuid", "state", "request_type", "total", *STATES, "percent", "remaining")

ALL_TYPES = "all"
"""What stands for the request type in the row that counts all requests of a submission."""


def report_progress(revision: Revision) -> Table:
    """Report on every submitted submission: a row for each of its request types, then one for all of them."""
    progress = {record.body["submission"]["uuid"]: record for record in revision.of_kind("progress")}
    submissions = sorted(revision.of_kind("submission"), key=lambda of: (of.body.get("name", ""), of.uuid))
    rows = [row for of in submissions if of.body["state"] == "ready" for row in _rows(of, progress.get(of.uuid))]
    return Table(_COLUMNS, rows)


def _rows(submission: Record, progress: Record | None) -> Iterator[Mapping[str, Any]]:
    body = progress.body if progress is not None else None
    about = {
        "submission": submission.body.get("name"),
        "uuid": submission.uuid,
        "state": body["state"] if body is not None else submission.body["state"],
    }
    states: dict[str, list[str]] = {}
    for request in requests_of(submission, body):
        states.setdefault(request.body["request_type"]["name"], []).append(request.state)
    for kind, of in states.items():
        yield {**about, "request_type": kind, **_count(of)}
    yield {**about, "request_type": ALL_TYPES, **_count([state for of in states.values() for state in of])}


def _count(states: list[str]) -> dict[str, int]:
    counts = Counter(states)
    total = len(states) - counts["cancelled"]
    by_state = {state: counts[state] for state in STATES}
    remaining = total - counts["passed"] - counts["started"]
    return {"total": total, **by_state, "percent": percent(states), "remaining": remaining}
