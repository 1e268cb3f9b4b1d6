"""What somebody should look at: problems of the descriptions, and what the records themselves say is out of order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from seqmeta.problems import Problem
from seqmeta.reports.page_work import Row, Work, name_of_row, state_of
from seqmeta.revision import Revision


def list_notices(work: Work, revision: Revision, problems: Iterable[Problem]) -> Iterator[Row]:
    """List the problems as they were sorted, then the notices of the records, by kind and name."""
    for problem in problems:
        place = f"{problem.file}:{problem.line}:{problem.column}"
        message = f"{problem.path}: {problem.message}" if problem.path else problem.message
        yield _row(problem.severity, problem.code, place, message)
    yield from _of_submissions(work)
    yield from _of_orders(work)
    yield from _of_biosamples(revision)
    for uuid, run in work.runs.items():
        if not run.body["requests"]:
            yield _notice("no_request", "run", uuid, name_of_row(run), "the run fulfils no request")


def _row(severity: str, code: str, where: str, message: str, target: str | None = None) -> Row:
    return {"severity": severity, "code": code, "where": where, "message": message, "target": target}


def _notice(code: str, kind: str, uuid: str, name: str, message: str) -> Row:
    return _row("notice", code, f"{kind} {name}", message, f"{kind}/{uuid}")


def _of_submissions(work: Work) -> Iterator[Row]:
    successors = {of.body["supersedes"]["uuid"]: of for of in work.submissions.values() if "supersedes" in of.body}
    for uuid, submission in work.submissions.items():
        name = name_of_row(submission)
        if state_of(work, submission) == "cancelled":
            after = successors.get(uuid)
            message = f"superseded by {name_of_row(after)}" if after is not None else "superseded by none"
            yield _notice("cancelled", "submission", uuid, name, f"the submission is cancelled, and {message}")
        failed = Counter(request.state for request in work.requests[uuid])["failed"]
        if failed:
            message = f"{failed} of {len(work.requests[uuid])} requests failed"
            yield _notice("failed", "submission", uuid, name, message)


def _of_orders(work: Work) -> Iterator[Row]:
    for uuid, order in work.orders.items():
        if order.body["state"] == "withdrawn":
            yield _notice("withdrawn", "order", uuid, name_of_row(order), "the order is withdrawn")


def _of_biosamples(revision: Revision) -> Iterator[Row]:
    used = _used_biosamples(revision)
    for record in revision.of_kind("biosample"):
        where = f"biosample {record.body['central_sample_id']}"
        if record.body.get("stub"):
            message = "nobody described the biosample: its record is a stub"
            yield _row("notice", "stub", where, message)
        if record.body.get("consent_withdrawn"):
            yield _row("notice", "consent_withdrawn", where, "consent is withdrawn: nothing new may use the biosample")
        elif record.uuid not in used:
            yield _row("notice", "unused", where, "the biosample is in no asset and in no library")


def _used_biosamples(revision: Revision) -> set[str]:
    holders = chain(revision.of_kind("asset"), revision.of_kind("library"))
    return {biosample["uuid"] for record in holders for biosample in record.body.get("biosamples", ())}
