"""Checks what records say of each other at one commit: orders, submissions, their requests, progress and runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seqmeta.git import Repository
from seqmeta.identity import progress_uuid
from seqmeta.verification.facts import (
    OrderFacts,
    ProgressFacts,
    RecordFacts,
    RunFacts,
    SubmissionFacts,
    inspect_record,
)
from seqmeta.verification.findings import Finding
from seqmeta.verification.paths import path_of

_ORDER_STATE = {True: "sealed", False: "locked"}
"""The state of an order in a submission, by whether that is sealed."""


@dataclass(frozen=True, slots=True)
class State:
    """The records of one commit: their facts by path."""

    commit: str
    records: Mapping[str, RecordFacts]

    def submission(self, uuid: str | None) -> SubmissionFacts | None:
        """Return what a submission says, None where it is not there."""
        found = self.records.get(path_of("submission", uuid)) if uuid else None
        return found.detail if found and isinstance(found.detail, SubmissionFacts) else None


def check_state(state: State) -> Iterator[Finding]:
    """Yield where records contradict each other."""
    requests = {
        request
        for facts in state.records.values()
        if isinstance(facts.detail, SubmissionFacts) and facts.detail.sealed
        for request in facts.detail.requests
    }
    for path, facts in state.records.items():
        detail = facts.detail
        if isinstance(detail, OrderFacts):
            yield from _check_order(state, path, facts.uuid, detail)
        elif isinstance(detail, SubmissionFacts):
            yield from _check_submission(state, path, facts.uuid, detail)
        elif isinstance(detail, ProgressFacts):
            yield from _check_progress(state, path, facts.uuid, detail)
        elif isinstance(detail, RunFacts):
            for request in detail.requests:
                if request not in requests:
                    message = f"{path}: request {request} is in no sealed submission"
                    yield Finding("unknown_reference", path, state.commit, message)


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
        facts = state.records.get(path_of("order", order))
        if facts is None:
            continue  # an unknown reference, reported as such
        if not isinstance(facts.detail, OrderFacts) or facts.detail.submission != uuid:
            yield _mismatch(state, path, f"order {order} does not say that it is in this submission")
        if submission.sealed and submission.digests.get(order) != facts.digest:
            message = f"{path}: the seal has another digest of order {order} than its record, which is {facts.digest}"
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
    if progress.requests != set(submission.requests):
        message = f"{path}: other requests than submission {progress.submission} has"
        yield Finding("request_set_changed", path, state.commit, message)


def check_references(
    repository: Repository,
    commit: str,
    records: Mapping[str, str],
    readable: Mapping[str, str],
    mentioned: set[tuple[str, str]],
) -> Iterator[Finding]:
    """Yield the references to what is not there.

    `records` is path → blob id, `readable` those of them that are whole, `mentioned` what any record names.
    Only when something is missing are the records read again, to say which of them names it.
    """
    missing = {(kind, uuid) for kind, uuid in mentioned if path_of(kind, uuid) not in records}
    if not missing:
        return
    by_blob = {blob: path for path, blob in readable.items()}
    for blob, content in repository.read(by_blob):
        named: set[tuple[str, str]] = set()
        inspect_record(content, named)
        for kind, uuid in sorted(named & missing):
            message = f"{by_blob[blob]}: it names {kind} {uuid}, which is not there"
            yield Finding("unknown_reference", by_blob[blob], commit, message)
