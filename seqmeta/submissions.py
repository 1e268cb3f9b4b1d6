"""Submissions: orders for identical work, that are sealed together when they are submitted (CONTRACT 2.3).

Once submitted, a submission keeps its bytes; its description may only gain `cancel: true`, which shows in its
progress.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from seqmeta.asset_groups import all_recorded_or_found, is_untold
from seqmeta.canonical import canonical_bytes_of_parsed, digest_of_parsed
from seqmeta.checking import MOST_PROBLEMS
from seqmeta.memberships import Members, is_cancelled, is_submitted
from seqmeta.order_changes import recorded_text
from seqmeta.order_faults import find_faults, is_order_untold
from seqmeta.records import Record
from seqmeta.seals import seal_root
from seqmeta.step import Described, Path, Step
from seqmeta.values import list_few, shorten
from seqmeta.work_requests import Chain, count_requests, count_upstream, generate_requests

MOST_REQUESTS, FOR_EACH = 100_000, 4
"""So many requests may come into being in one run at most, or so many for each thing that is described: more are a
slip of the keyboard, or meant to fill the disk."""

MOST_BYTES, BYTES_FOR_EACH = 120_000_000, 1_200
"""So many bytes of records may these requests take in one run, or so many for each that may be made, and those of one
submission never more than the first: each repeats names and options, and `verify` must be able to hold the record."""

_MARGIN = 6
"""How far a record's requests are indented."""

MOST_UPSTREAM = 1_000_000
"""Behind a pool of ten thousand a hundred requests name so many upstream of them: a few lines could make a record of
any size."""


def link_submissions(step: Step, members: Members) -> None:
    """Link every submission that is described and not sealed; a sealed one is compared with its record."""
    for uuid in step.records.unsettled("submission"):
        is_described = uuid in step.described or uuid in members.doubtful
        submission = step.records.get(uuid) if not is_described else None
        if submission is not None:
            _check_recorded(step, submission)
    for described in step.of_kind("submission"):
        record = step.record(described) if is_submitted(step.records, described.uuid) else None
        if record is not None:
            _compare_sealed(step, described, record)
        else:
            orders = members.of_submission[described.uuid]
            _check(step, described, members)
            step.set_body(described.uuid, "submission", _link(step, described, orders))


def _called(step: Step, kind: str, uuid: str) -> str:
    return shorten(step.name(kind, uuid) or uuid)


def _check(step: Step, described: Described, members: Members) -> None:
    said = described.body
    if not step.findings.is_enough(described.source):
        for order, code, message in _first_faults(step, members.of_submission[described.uuid]):
            step.report(described, members.place(described.uuid, order), code, message)
    if said.get("submit") and not said.get("orders"):
        step.report(described, ("orders",), "submission_empty", "a submission without orders cannot be submitted")
    if said.get("cancel"):
        message = "the submission is not recorded as submitted, so there is nothing to cancel"
        step.report(described, ("cancel",), "not_cancellable", message)


def _first_faults(step: Step, orders: list[str]) -> Iterator[tuple[str, str, str]]:
    """Find what is wrong with orders, until that is more than is reported of a file; of the last order all of it."""
    last = None
    for number, fault in enumerate(find_faults(step, orders)):
        if number > MOST_PROBLEMS and fault[0] != last:
            break
        last = fault[0]
        yield fault


def _check_recorded(step: Step, submission: Record) -> None:
    """Check the described orders of a submission that is recorded alone; what is wrong is reported at themselves."""
    orders = [order["uuid"] for order in submission.body["orders"]]
    if not any(order in step.described for order in orders):
        return
    for order, code, message in find_faults(step, orders):
        described = step.described.get(order)
        if described is None and code == "orders_incompatible":  # the first order is the other one
            described = step.described.get(orders[0])
        if described is not None:
            name = shorten(submission.body.get("name", submission.uuid))
            step.report(described, (), code, f"in the submission {name}, which is not described: {message}")


def _link(step: Step, described: Described, orders: list[str]) -> dict[str, Any]:
    said = described.body
    body: dict[str, Any] = {
        "uuid": described.uuid,
        "state": "ready" if said.get("submit") else "building",
        "orders": [step.reference("order", order) for order in orders],
        "requests": [],
        "priority": said.get("priority", 0),
    }
    body |= {key: said[key] for key in ("name", "comments", "submit") if key in said}
    if "supersedes" in said:
        superseded = step.resolve(described, ("supersedes",), "submission", said["supersedes"])
        if superseded is not None:
            _check_superseded(step, described, superseded)
            body["supersedes"] = step.reference("submission", superseded)
    if body["state"] == "ready":
        chain = None if step.has_errors else _gather(step, described, orders)
        if chain is None:
            step.is_sealing_put_off = True
        else:
            _seal(step, described, body, chain)
    return body


def _check_superseded(step: Step, described: Described, superseded: str) -> None:
    if not is_cancelled(step, superseded) and not step.is_doubtful("submission", superseded):
        name = _called(step, "submission", superseded)
        message = f"the submission {name} is not cancelled: only a cancelled one can be superseded"
        step.report(described, ("supersedes",), "not_applicable", message)


def _seal(step: Step, described: Described, body: dict[str, Any], chain: Chain) -> None:
    """Generate the requests of a submission and seal it with its orders: both or neither."""
    message = _refuse_endless(step, chain)
    if message:
        step.report(described, ("orders",), "out_of_range", message)
        return
    body["requests"] = generate_requests(chain)
    message = _refuse_large(step, body["requests"])
    if message:
        step.report(described, ("orders",), "out_of_range", message)
        return
    _refuse_taken(step, described, body["requests"])
    # That records may hold these bodies is asked where they become changes: nothing is recorded before.
    digests = [(order["uuid"], digest_of_parsed(order)) for order in chain.orders]
    root = seal_root(body, digests, body["requests"], canonical_bytes_of_parsed)
    body["seal"] = {"orders": dict(digests), "root": root}


def _refuse_endless(step: Step, chain: Chain) -> str | None:
    """Say why the requests of a submission are too many, None when they are not; none of them is made for it."""
    requests, upstream = count_requests(chain), count_upstream(chain)
    made = len(step.made) + requests
    if made > MOST_REQUESTS and made > (most := max(MOST_REQUESTS, FOR_EACH * len(step.described))):
        return (
            f"{requests:,} requests would be made, {made:,} in this run: expected at most {most:,}; submit in parts, "
            "or see how many are asked for of each asset"
        )
    if upstream > MOST_UPSTREAM:
        return (
            f"requests would name others upstream of them {upstream:,} times: expected at most {MOST_UPSTREAM:,} in a "
            "submission; make smaller pools, or fewer requests of each"
        )
    return None


def _refuse_large(step: Step, requests: list[dict[str, Any]]) -> str | None:
    """Say why requests take too much room, None when they do not."""
    most = max(MOST_BYTES, BYTES_FOR_EACH * FOR_EACH * len(step.described))
    size = 0
    for request in requests:
        data = orjson.dumps(request, option=orjson.OPT_INDENT_2)
        size += len(data) + _MARGIN * data.count(b"\n")
        if size > MOST_BYTES or step.made_bytes + size > most:
            return (
                f"the records of its {len(requests):,} requests would be too large: expected at most {MOST_BYTES:,} "
                f"bytes in a submission, {most:,} in a run; submit in parts, ask for fewer, or take shorter names"
            )
    step.made_bytes += size
    return None


def _refuse_taken(step: Step, described: Described, requests: list[dict[str, Any]]) -> None:
    """One UUID names one thing in the store, requests and pools included."""
    made, pools = {request["uuid"] for request in requests}, {of["pool"]["uuid"] for of in requests if "pool" in of}
    for uuid in sorted(step.taken(made | pools)):
        holder = step.holder(uuid) or "something else"
        message = (
            f"a request or pool of it would get the UUID {uuid}, which is that of {holder}: give that another UUID"
        )
        step.report(described, (), "duplicate_identity", message)
    step.made |= made
    step.made_pools |= pools


def _gather(step: Step, described: Described, orders: list[str]) -> Chain | None:
    """Gather what the requests of a submission are made of; None where a problem elsewhere keeps an order from it."""
    found = [step.body(order) if not is_order_untold(step, order) else None for order in orders]
    bodies = [body for body in found if body is not None]
    if len(bodies) < len(described.body.get("orders", ())):
        return None
    kinds = [step.body(of["uuid"]) or {} for of in bodies[0]["request_types"]] if bodies else []
    return Chain(step.reference("submission", described.uuid), bodies, kinds)


def _compare_sealed(step: Step, described: Described, record: Record) -> None:
    for path, words in _changes(step, described, record):
        message = f"the submission is sealed and cannot change: {words}; change it back"
        step.report(described, path, "submission_sealed", message)


def _changes(step: Step, described: Described, record: Record) -> Iterator[tuple[Path, str]]:
    said, recorded = described.body, record.body
    if described.name != recorded.get("name"):
        yield ("name",), recorded_text(recorded, "name")
    texts = said.get("orders", ())
    orders = all_recorded_or_found(step, "order", texts, recorded["orders"])
    is_other = orders != [order["uuid"] for order in recorded["orders"]]
    if is_other and not is_untold(step, "order", texts, orders):
        names = list_few(str(order.get("name", order["uuid"])) for order in recorded["orders"])
        yield ("orders",), f"its orders are {names}"
    if not said.get("submit"):
        yield ("submit",), "it is submitted"
    if said.get("priority", 0) != recorded["priority"]:
        yield ("priority",), f"its priority is {recorded['priority']}"
    if said.get("comments") != recorded.get("comments"):
        yield ("comments",), recorded_text(recorded, "comments")
    superseded = recorded.get("supersedes", {})
    texts = [said["supersedes"]] if "supersedes" in said else []
    references = [superseded] if superseded else []
    found = all_recorded_or_found(step, "submission", texts, references)
    if found != [of["uuid"] for of in references] and not is_untold(step, "submission", texts, found):
        yield ("supersedes",), f"it supersedes {superseded.get('name', superseded.get('uuid', 'nothing'))}"
    if is_cancelled(step, record.uuid) and not said.get("cancel"):
        yield ("cancel",), "it is cancelled for good"
