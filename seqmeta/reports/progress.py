"""The states of all requests, counted for each submission and request type, to a table of progress.

`total` leaves the cancelled out, as `percent` does. `remaining` is what was requested and neither passed nor is
running (started): a failed request remains, for what it was to bring is still wanted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from seqmeta.present_names import PresentNames
from seqmeta.records import Body, Record
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
    submitted = (of for of in revision.submissions() if of[0].body["state"] == "ready")
    names = PresentNames(revision)
    rows = [row for submission, progress in submitted for row in _rows(submission, progress, names)]
    return Table(_COLUMNS, sorted(rows, key=lambda row: (row["submission"] or "", row["uuid"])))


def _rows(submission: Record, body: Body | None, names: PresentNames) -> Iterator[Mapping[str, Any]]:
    about = {
        "submission": submission.body.get("name"),
        "uuid": submission.uuid,
        "state": body["state"] if body is not None else submission.body["state"],
    }
    states: dict[str, list[str]] = {}
    for request in requests_of(submission, body):
        states.setdefault(request.body["request_type"]["uuid"], []).append(request.state)
    types = names.of("request_type", states)
    for kind, of in states.items():
        yield {**about, "request_type": types[kind], **_count(of)}
    yield {**about, "request_type": ALL_TYPES, **_count([state for of in states.values() for state in of])}


def _count(states: list[str]) -> dict[str, int]:
    counts = Counter(states)
    total = len(states) - counts["cancelled"]
    by_state = {state: counts[state] for state in STATES}
    remaining = total - counts["passed"] - counts["started"]
    return {"total": total, **by_state, "percent": percent(states), "remaining": remaining}
