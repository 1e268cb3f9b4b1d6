"""A selection in the JSON of Sequencescape's API, in one folder: a file for each thing, by kind and UUID."""

from collections.abc import Iterator
from typing import Any

from seqmeta.exports.folders import Draft
from seqmeta.exports.jobs import Job, RefusedError
from seqmeta.exports.sequencescape import BASE_URL, shape, shape_request
from seqmeta.kinds import load_kinds
from seqmeta.records import Record
from seqmeta.rendering import render_json
from seqmeta.story import requests_of

KINDS = ("study", "project", "asset", "asset_group", "request_type", "order_template", "order", "submission")
"""The kinds that have records of their own; requests come out of their submissions."""


def export_sequencescape(job: Job, draft: Draft) -> str:
    """Write the folder; return what is in it."""
    count = 0
    for kind in KINDS:
        for record in job.selection.records(kind):
            for folder, uuid, value in _shapes(job, record):
                draft.write(f"{folder}/{uuid}.json", f"{render_json(value)}\n")
                count += 1
    if not count:
        raise RefusedError("there is nothing that Sequencescape has to export: nothing is written")
    return f"{count} file{'' if count == 1 else 's'}"


def _shapes(job: Job, record: Record) -> Iterator[tuple[str, str, Any]]:
    if job.withdrawn.hides(record.uuid):
        return
    url = (job.base_url or BASE_URL).rstrip("/")
    body = job.withdrawn.strip(record.body)
    progress = job.selection.revision.progress_of(record.uuid) if record.kind == "submission" else None
    yield load_kinds()[record.kind].plural, record.uuid, shape(record.kind, body, progress, url)
    if record.kind == "submission":
        for request in requests_of(record, progress):
            told = job.withdrawn.strip({**request.body, "submission": request.submission})
            yield "requests", request.uuid, shape_request(told, request.state, url)
