"""Show one record and what belongs to it: an order with its submission, requests and runs; a run with its orders.

A request or a pool is shown out of its submission. NAME may be a UUID, KIND/NAME, or NAME@3 for its version 3.

examples:
  seqmeta show 'Order 1'
  seqmeta show order/'Order 1'@2 --format json
  seqmeta show 4f8ef0f5-5f0a-5b9d-8d1b-2f6d3c1c3e5a
  seqmeta show 'Order 1' --as sequencescape --base-url https://lims.example.org/api/1
"""

import argparse
from typing import TYPE_CHECKING, Any

from seqmeta.cli import Context

if TYPE_CHECKING:
    from seqmeta.lookup import Match
    from seqmeta.record_text import Emphasis
    from seqmeta.revision import Revision


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
    from seqmeta.lookup import PARTS
    from seqmeta.rendering import render_json
    from seqmeta.revision import open_revision
    from seqmeta.shown import find_shown, plain_shown

    revision, match = find_shown(open_revision(context.open_workspace(), arguments.rev, context.ticker), arguments.name)
    if arguments.form != "native":
        print(_foreign(revision, match, arguments.form, arguments.base_url))
    elif arguments.format == "json":
        print(render_json(plain_shown(revision, match)))
    else:
        show = _show_part if match.kind in PARTS else _show_record
        print(show(revision, match, context.style().bold))
    return 0


def _show_record(revision: "Revision", match: "Match", emphasis: "Emphasis") -> str:
    from seqmeta.history import load_versions
    from seqmeta.record_text import render_record
    from seqmeta.story import tell
    from seqmeta.values import time_text

    progress = revision.progress_of(match.uuid) if match.kind == "submission" else None
    version = load_versions(revision.repository, revision.commit, match.kind, match.uuid)[0]
    commit = version.commit
    said = f"{version.record.version} ({commit.id[:12]}, {time_text(commit.author.time)}, {commit.author.name})"
    notes = {"version": said}
    if progress is not None:
        notes |= {"state": progress["state"], "progress": f"{progress['percent']} %"}
    return render_record(version.record, tell(revision, version.record), notes, emphasis)


def _show_part(revision: "Revision", match: "Match", emphasis: "Emphasis") -> str:
    from seqmeta.lookup import find_owner
    from seqmeta.record_text import render_pool, render_request
    from seqmeta.shown import plain_pool, working_on
    from seqmeta.story import tell_of_part

    story = tell_of_part(revision, find_owner(revision, match), match.uuid)
    requests = working_on(revision, match)
    if match.kind == "pool":
        return render_pool(plain_pool(requests), story, emphasis)
    return render_request(requests[0], story, emphasis)


def _foreign(revision: "Revision", match: "Match", form: str, base_url: str | None) -> str:
    """Write it in the JSON shape of another system, without what no export may have."""
    from seqmeta.errors import UsageError
    from seqmeta.exports import majora, sequencescape
    from seqmeta.exports.consent import find_withdrawn_in
    from seqmeta.present_names import PresentNames
    from seqmeta.rendering import render_json

    shape = None
    if form == "sequencescape":
        url = (base_url or sequencescape.BASE_URL).rstrip("/")
        shape = _sequencescape(revision, match, url)
    elif match.kind in majora.KINDS:
        record = revision.get(match.kind, match.uuid)
        if record is not None:
            withdrawn = find_withdrawn_in(revision, record.body)
            (body,) = PresentNames(revision).put_into([withdrawn.strip(record.body)], majora.REFERENCES[record.kind])
            shape = majora.shape(record.kind, body)
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
