"""What stands open, to rows that say what each waits for: people who order, the laboratory, earlier work, a release.

A pending request can start when all of its upstream is closed and at least one of that passed (CONTRACT 2.4); else it
waits for the request types before it: for those that are open, else for those that failed, which can be returned. A
cancelled request cannot, so behind nothing else it can but be cancelled too. A passed request of a type that runs have
fulfilled before waits for its run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqmeta.reports.page_work import Row, Work, name_of_row, name_studies, state_of, type_of
from seqmeta.story import Request
from seqmeta.transitions import CLOSED

START, RESULT, RELEASE, UNBLOCK = "the laboratory to start", "its result", "a release from hold", "being unblocked"
REPEAT, CANCEL = "{}, which failed, to be done again", "being cancelled"
RUN, SUBMIT, JOIN = "the description of its run", "being submitted", "a submission to join"
_BY_STATE = {"started": RESULT, "hold": RELEASE, "blocked": UNBLOCK}


def list_waiting(work: Work) -> Iterator[Row]:
    """List what waits: by submission and request type, then submissions and orders that are not submitted yet."""
    fulfilled = {uuid for run in work.runs.values() for uuid in run.body["requests"]}
    sequenced = {type_of(request) for of in work.requests.values() for request in of if request.uuid in fulfilled}
    for uuid in sorted(work.submissions, key=lambda of: (name_of_row(work.submissions[of]), of)):
        submission = work.submissions[uuid]
        state = state_of(work, submission)
        if state == "building":
            yield _row("submission", SUBMIT, 1, submission=uuid, priority=submission.body["priority"])
        elif state == "ready":
            waits = _count_waits(work, work.requests[uuid], fulfilled, sequenced)
            for (kind, what), requests in waits.items():
                yield _row(
                    work.types[kind],
                    what,
                    len(requests),
                    submission=uuid,
                    study=name_studies(of.body for of in requests),
                    priority=submission.body["priority"],
                )
    for uuid in sorted(work.orders, key=lambda of: (name_of_row(work.orders[of]), of)):
        order = work.orders[uuid].body
        if order["state"] == "building":
            yield _row("order", JOIN, 1, order=uuid, study=order["study"]["name"])


def _row(what: str, waits_for: str, number: int, **about: str | int) -> Row:
    empty = {"submission": None, "order": None, "study": "", "priority": None}
    return {"what": what, "waits_for": waits_for, "number": number, **empty, **about}


def _count_waits(
    work: Work, requests: Sequence[Request], fulfilled: set[str], sequenced: set[str]
) -> Mapping[tuple[str, str], list[Request]]:
    """The requests of a submission that wait, by their type and what they wait for."""
    by_uuid = {request.uuid: request for request in requests}
    waits: dict[tuple[str, str], list[Request]] = {}
    for request in requests:
        what = _BY_STATE.get(request.state)
        if request.state == "pending":
            what = _before(request, by_uuid, work.types)
        elif request.state == "passed" and type_of(request) in sequenced and request.uuid not in fulfilled:
            what = RUN
        if what is not None:
            waits.setdefault((type_of(request), what), []).append(request)
    return waits


def _before(request: Request, by_uuid: Mapping[str, Request], types: Mapping[str, str]) -> str:
    """Say what a pending request waits for: its start, or the types of request before it."""
    upstream = [by_uuid[uuid] for uuid in request.body["upstream"] if uuid in by_uuid]
    states = {above.state for above in upstream}
    if not states or (states <= CLOSED and "passed" in states):
        return START
    if not states <= CLOSED:
        return _name_types((above for above in upstream if above.state not in CLOSED), types)
    failed = _name_types((above for above in upstream if above.state == "failed"), types)
    return REPEAT.format(failed) if failed else CANCEL


def _name_types(requests: Iterable[Request], types: Mapping[str, str]) -> str:
    return " and ".join(types[uuid] for uuid in dict.fromkeys(map(type_of, requests)))
