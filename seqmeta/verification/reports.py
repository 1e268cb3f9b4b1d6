"""Checks that what was reported of a request stays so: events of progress are only ever appended (CONTRACT 2.4)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from seqmeta.git import Repository
from seqmeta.kinds import load_kinds
from seqmeta.records import bring_body_forward
from seqmeta.verification.findings import Finding


class ProgressStep(NamedTuple):
    """One change of a progress record: the commit, and the blobs before and after."""

    path: str
    commit: str
    old: str
    new: str


def check_reports(repository: Repository, steps: list[ProgressStep]) -> Iterator[Finding]:
    """Yield the changes that take away or alter an event; all contents are known to be readable."""
    contents = repository.read(blob for step in steps for blob in (step.old, step.new))
    for step in steps:
        before, after = _events(next(contents)[1]), _events(next(contents)[1])
        for request, events in before.items():
            if after.get(request, [])[: len(events)] != events:
                message = f"{step.path}: what was reported of request {request} is altered"
                yield Finding("event_changed", step.path, step.commit, message)


def _events(content: bytes) -> dict[str, list[Any]]:
    """Return the events of each request in the present schema, whatever shape the rest has."""
    record = orjson.loads(content)
    schema = record["meta"]["schema"]
    is_known = schema in load_kinds()["progress"].schemas
    body = bring_body_forward("progress", schema, record["progress"], "it") if is_known else record["progress"]
    requests = body["requests"]
    return {request: _list(of.get("events")) for request, of in requests.items() if isinstance(of, dict)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
