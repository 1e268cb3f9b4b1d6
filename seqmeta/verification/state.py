"""Checks what records say of each other at one commit: orders, submissions, their requests, progress and runs."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from seqmeta.identity import progress_uuid
from seqmeta.verification.contents import Contents
from seqmeta.verification.facts import Detail, OrderFacts, ProgressFacts, RunFacts, SubmissionFacts, inspect_record
from seqmeta.verification.findings import Finding
from seqmeta.verification.paths import path_of
from seqmeta.verification.standings import Standings

_UUID_BYTES = 16

_ORDER_STATE = {True: "sealed", False: "locked"}
"""The state of an order in a submission, by whether that is sealed."""


class State(NamedTuple):
    """The records of one commit."""

    commit: str
    records: Standings

    def submission(self, uuid: str | None) -> SubmissionFacts | None:
        """Return what a submission says, None where it is not there."""
        found = self.records.details.get(path_of("submission", uuid)) if uuid else None
        return found if isinstance(found, SubmissionFacts) else None


def check_state(state: State) -> Iterator[Finding]:
    """Yield where records contradict each other."""
    details = state.records.details
    named = {request for detail in details.values() if isinstance(detail, RunFacts) for request in detail.requests}
    unsealed = named - _find_sealed(details.values(), named)
    for path, detail in details.items():
        uuid = path.rpartition("/")[2].removesuffix(".json")
        if isinstance(detail, OrderFacts):
            yield from _check_order(state, path, uuid, detail)
        elif isinstance(detail, SubmissionFacts):
            yield from _check_submission(state, path, uuid, detail)
        elif isinstance(detail, ProgressFacts):
            yield from _check_progress(state, path, uuid, detail)
        else:
            for request in detail.requests:
                if request in unsealed:
                    message = f"{path}: request {request} is in no sealed submission"
                    yield Finding("unknown_reference", path, state.commit, message)


def _find_sealed(details: Iterable[Detail], wanted: set[str]) -> set[str]:
    """List which of these requests are in a sealed submission."""
    packed = {UUID(request).bytes: request for request in wanted}
    found: set[str] = set()
    for detail in details if packed else ():
        if isinstance(detail, SubmissionFacts) and detail.sealed:
            requests = detail.requests
            each = (requests[start : start + _UUID_BYTES] for start in range(0, len(requests), _UUID_BYTES))
            found.update(packed[request] for request in each if request in packed)
    return found


def _mismatch(state: State, path: str, message: str) -> Finding:
    return Finding("state_mismatch", path, state.commit, f"{path}: {message}")


def _check_order(state: State, path: str, uuid: str, order: OrderFacts) -> Iterator[Finding]:
    if order.state not in _ORDER_STATE.values():
        if order.submission is not None:
            yield _mismatch(state, path, f"an order that is {order.state} in submission {order.submission}")
        return
    submission = state.submission(order.submission)
    if submission is None or uuid not in submission.orders:
        where = f"submission {order.submission} does not have it" if order.submission else "in no submission"
        yield _mismatch(state, path, f"an order that is {order.state}, and {where}")
    elif order.state != _ORDER_STATE[submission.sealed]:
        expected = _ORDER_STATE[submission.sealed]
        yield _mismatch(state, path, f"an order that is {order.state}, its submission asks for {expected}")


def _check_submission(state: State, path: str, uuid: str, submission: SubmissionFacts) -> Iterator[Finding]:
    for order in submission.orders:
        found = state.records.get(path_of("order", order))
        if found is None or not found.is_read:
            continue  # an unknown reference or a corrupt object, reported as such
        if not isinstance(found.detail, OrderFacts) or found.detail.submission != uuid:
            yield _mismatch(state, path, f"order {order} does not say that it is in this submission")
        if submission.sealed and submission.digests.get(order) != found.digest:
            message = f"{path}: the seal has another digest of order {order} than its record, which is {found.digest}"
            yield Finding("root_mismatch", path, state.commit, message)
    if submission.sealed and path_of("progress", progress_uuid(uuid)) not in state.records:
        yield _mismatch(state, path, "a sealed submission without a progress record")


def _check_progress(state: State, path: str, uuid: str, progress: ProgressFacts) -> Iterator[Finding]:
    submission = state.submission(progress.submission)
    if submission is None or not submission.sealed:
        yield _mismatch(state, path, f"progress of submission {progress.submission}, which is not sealed")
        return
    if uuid != progress_uuid(progress.submission):
        expected = progress_uuid(progress.submission)
        yield _mismatch(state, path, f"progress of {progress.submission} is {expected}, not {uuid}")
    if progress.request_set != submission.request_set:
        message = f"{path}: other requests than submission {progress.submission} has"
        yield Finding("request_set_changed", path, state.commit, message)


def check_references(contents: Contents, commit: str, records: Standings, missing: set[str]) -> Iterator[Finding]:
    """Yield the references to what is not there; `missing` are the paths of what any record, of any commit, names.

    Only when there are some are the records read again, to say which of them names it.
    """
    if not missing:
        return
    for path, _, data, _ in contents.read(records.items()):
        named: set[tuple[str, str]] = set()
        inspect_record(data, named)
        for kind, uuid in sorted(of for of in named if path_of(*of) in missing):
            message = f"{path}: it names {kind} {uuid}, which is not there"
            yield Finding("unknown_reference", path, commit, message)
