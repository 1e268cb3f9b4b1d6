"""Show one record and what belongs to it: an order with its submission, requests and runs; a run with its orders.

A request or a pool is shown out of its submission. NAME may be a UUID, KIND/NAME, or NAME@3 for its version 3.

examples:
  seqmeta show 'Order 1'
  seqmeta show order/'Order 1'@2 --format json
  seqmeta show 4f8ef0f5-5f0a-5b9d-8d1b-2f6d3c1c3e5a
  seqmeta show 'Order 1' --as sequencescape --base-url https://lims.example.org/api/1
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqmeta.cli import Context

if TYPE_CHECKING:
    from seqmeta.lookup import Match
    from seqmeta.record_text import Emphasis
    from seqmeta.revision import Revision
    from seqmeta.story import Request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("name", metavar="[KIND/]NAME", help="its name or UUID, with its kind where needed")
    parser.add_argument("--rev", help="as of this git revision of the records (default: now)")
    forms = ("native", "sequencescape", "majora")
    parser.add_argument("--as", dest="form", choices=forms, default="native", help="the JSON shape of which system")
    parser.add_argument("--base-url", metavar="URL", help="what the URLs of --as sequencescape begin with")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print the record."""
    from seqmeta.lookup import PARTS, find
    from seqmeta.revision import open_revision

    revision = open_revision(context.open_workspace(), arguments.rev, context.ticker())
    match = find(revision, arguments.name)
    if match.version is not None:
        revision = _go_back(revision, match)
    if arguments.form != "native":
        print(_foreign(revision, match, arguments.form, arguments.base_url))
        return 0
    show = _show_part if match.kind in PARTS else _show_record
    print(show(revision, match, context.style().bold, as_json=arguments.format == "json"))
    return 0


def _go_back(revision: "Revision", match: "Match") -> "Revision":
    """Go back to the newest commit that has the version that was asked for."""
    from seqmeta.errors import UsageError
    from seqmeta.history import load_versions
    from seqmeta.lookup import PARTS

    if match.kind in PARTS:
        raise UsageError(f"a {match.kind} has no versions: its submission does")
    versions = load_versions(revision.repository, revision.commit, match.kind, match.uuid)
    found = next((of for of in versions if of.record.version == match.version), None)
    if found is None:
        highest = max((of.record.version for of in versions), default=0)
        what = f"{match.kind} {match.name or match.uuid}"
        raise UsageError(f"there is no version {match.version} of {what}: the last is {highest}")
    return revision.at(found.commit.id)


def _show_record(revision: "Revision", match: "Match", emphasis: "Emphasis", *, as_json: bool) -> str:
    from seqmeta.history import load_versions
    from seqmeta.record_text import render_record
    from seqmeta.rendering import render_json
    from seqmeta.story import tell
    from seqmeta.values import time_text

    progress = revision.progress_of(match.uuid) if match.kind == "submission" else None
    is_cancelled = progress is not None and progress["state"] == "cancelled"
    if as_json:
        plain = next(iter(revision.get_all(match.kind, [match.uuid]))).plain
        return render_json({**plain, "state": "cancelled"} if is_cancelled else plain)
    version = load_versions(revision.repository, revision.commit, match.kind, match.uuid)[0]
    commit = version.commit
    said = f"{version.record.version} ({commit.id[:12]}, {time_text(commit.author.time)}, {commit.author.name})"
    notes = {"version": said}
    if progress is not None:
        notes |= {"state": progress["state"], "progress": f"{progress['percent']} %"}
    return render_record(version.record, tell(revision, version.record), notes, emphasis)


def _show_part(revision: "Revision", match: "Match", emphasis: "Emphasis", *, as_json: bool) -> str:
    from seqmeta.lookup import find_owner
    from seqmeta.record_text import render_pool, render_request
    from seqmeta.rendering import render_json
    from seqmeta.story import requests_of, tell_of_part

    submission = find_owner(revision, match)
    requests = list(requests_of(submission, revision.progress_of(submission.uuid)))
    story = None if as_json else tell_of_part(revision, submission, match.uuid)
    if match.kind == "pool":
        pool = _plain_pool([request for request in requests if request.item["uuid"] == match.uuid])
        return render_json({"pool": pool}) if story is None else render_pool(pool, story, emphasis)
    request = next(of for of in requests if of.uuid == match.uuid)
    if story is None:
        told = {**request.body, "submission": request.submission, "state": request.state, "events": request.events}
        return render_json({"request": dict(sorted(told.items()))})
    return render_request(request, story, emphasis)


def _plain_pool(working: "Sequence[Request]") -> dict[str, Any]:
    """Write a pool as plain values, out of the requests that work on it."""
    first = working[0]
    requests = [request.uuid for request in working]
    return {**first.item, "submission": first.submission, "upstream": first.body["upstream"], "requests": requests}


def _foreign(revision: "Revision", match: "Match", form: str, base_url: str | None) -> str:
    """Write it in the JSON shape of another system, without what no export may have."""
    from seqmeta.errors import UsageError
    from seqmeta.exports import majora, sequencescape
    from seqmeta.exports.consent import find_withdrawn_in
    from seqmeta.rendering import render_json

    shape = None
    if form == "sequencescape":
        url = (base_url or sequencescape.BASE_URL).rstrip("/")
        shape = _sequencescape(revision, match, url)
    elif match.kind in majora.KINDS:
        record = revision.get(match.kind, match.uuid)
        if record is not None:
            withdrawn = find_withdrawn_in(revision, record.body)
            shape = majora.shape(record.kind, withdrawn.strip(record.body))
    if shape is None:
        expected = ", ".join(sequencescape.KINDS if form == "sequencescape" else majora.KINDS)
        raise UsageError(f"there is no {form} form of {match.kind} records: expected one of {expected}")
    return render_json(shape)


def _sequencescape(revision: "Revision", match: "Match", url: str) -> dict[str, Any] | None:
    from seqmeta.errors import UsageError
    from seqmeta.exports import sequencescape
    from seqmeta.exports.consent import find_withdrawn_in
    from seqmeta.lookup import find_owner
    from seqmeta.story import requests_of

    if match.kind not in sequencescape.KINDS:
        return None
    if match.kind == "request":
        submission = find_owner(revision, match)
        requests = requests_of(submission, revision.progress_of(submission.uuid))
        request = next(of for of in requests if of.uuid == match.uuid)
        told = {**request.body, "submission": request.submission}
        told = find_withdrawn_in(revision, told).strip(told)
        return sequencescape.shape_request(told, request.state, url)
    record = revision.get(match.kind, match.uuid)
    if record is None:
        return None
    withdrawn = find_withdrawn_in(revision, record.body)
    if withdrawn.hides(match.uuid):
        raise UsageError(f"the {match.kind} holds nothing but biosamples whose consent is withdrawn: no export has it")
    progress = revision.progress_of(match.uuid) if match.kind == "submission" else None
    return sequencescape.shape(match.kind, withdrawn.strip(record.body), progress, url)
