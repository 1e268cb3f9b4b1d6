"""The records of one revision to the tables of a page: submissions, orders and runs, each knowing the others' UUIDs.

Requests are counted, not listed: a row has, for every request type, how many are in which state. So the page of
10,000 submissions stays one file that a browser opens at once. What a row names has the name of now, not of the seal.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seqmeta.present_names import PresentNames
from seqmeta.records import Body, Record
from seqmeta.reports.progress import STATES
from seqmeta.revision import Revision
from seqmeta.story import Request, requests_of
from seqmeta.transitions import percent

Row = Mapping[str, Any]
"""A row of a table: text, whole numbers, None, and lists of them."""


@dataclass(slots=True)
class Work:
    """What the page is made from, read once: records by UUID, and the requests of each submission and order.

    Bodies are without what no table shows. `assets` has how many each order has, `states` how submissions stand by
    their progress, `types` the names of the request types by UUID, sorted by name.
    """

    submissions: dict[str, Record] = field(default_factory=dict)
    orders: dict[str, Record] = field(default_factory=dict)
    runs: dict[str, Record] = field(default_factory=dict)
    assets: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    requests: dict[str, list[Request]] = field(default_factory=dict)
    by_order: dict[str, list[Request]] = field(default_factory=dict)
    runs_of_order: dict[str, dict[str, None]] = field(default_factory=dict)
    orders_of_run: dict[str, dict[str, None]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


_OF_RUN = {"library": "library", "study": "study"}
_OF_ORDER = {"study": "study", "project": "project", "template": "order_template"}
_OF_REQUEST = {"request_type": "request_type", "study": "study"}
"""By field, the kind of what is called by its present name."""


def read_work(revision: Revision) -> Work:
    """Read orders, submissions, requests and runs, and link orders to runs both ways."""
    work = Work()
    names = PresentNames(revision)
    for run in _read(revision, names, "sequencing_run", _OF_RUN):
        work.runs[run.uuid] = _without(run, "metadata")
    for order in _read(revision, names, "order", _OF_ORDER):
        work.assets[order.uuid] = len(order.body["assets"])
        work.orders[order.uuid] = _without(order, "assets", "request_types", "request_options")
    shared: dict[object, Any] = {}
    for submission, progress in revision.submissions():
        work.states[submission.uuid] = str((progress or submission.body)["state"])
        requests = list(requests_of(submission, progress))
        bodies = names.put_into([of.body for of in requests], _OF_REQUEST)
        told = zip(requests, bodies, strict=True)
        work.requests[submission.uuid] = [_shown(of._replace(body=body), shared) for of, body in told]
        work.submissions[submission.uuid] = _without(submission, "requests", "seal")
    _link_orders(work)
    types = {type_of(of): str(of.body["request_type"]["name"]) for some in work.requests.values() for of in some}
    work.types = dict(sorted(types.items(), key=lambda item: (item[1], item[0])))
    return work


def _read(revision: Revision, names: PresentNames, kind: str, kinds: Mapping[str, str]) -> Iterator[Record]:
    for records in revision.batches(kind):
        bodies = names.put_into([record.body for record in records], kinds)
        yield from (record._replace(body=body) for record, body in zip(records, bodies, strict=True))


def _without(record: Record, *keys: str) -> Record:
    return record._replace(body={key: value for key, value in record.body.items() if key not in keys})


def _shown(request: Request, shared: dict[object, Any]) -> Request:
    """Keep of a request what the page is made from; what thousands of requests have in common is `shared`."""
    body = {key: _once(request.body[key], shared) for key in ("uuid", "request_type", "orders", "study", "upstream")}
    return request._replace(body=body, events=tuple({"at": of.get("at"), "to": of["to"]} for of in request.events))


def _once(value: Any, shared: dict[object, Any]) -> Any:
    key = tuple(value.items()) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value
    return shared.setdefault(key, value)


def _link_orders(work: Work) -> None:
    orders_of: dict[str, list[str]] = {}
    for requests in work.requests.values():
        for request in requests:
            orders_of[request.uuid] = request.body["orders"]
            for order in request.body["orders"]:
                work.by_order.setdefault(order, []).append(request)
    for run in work.runs.values():
        for uuid in run.body["requests"]:
            for order in orders_of.get(uuid, ()):
                work.orders_of_run.setdefault(run.uuid, {})[order] = None
                work.runs_of_order.setdefault(order, {})[run.uuid] = None


def type_of(request: Request) -> str:
    """The UUID of a request's type."""
    return str(request.body["request_type"]["uuid"])


def state_of(work: Work, submission: Record) -> str:
    """The state of a submission as people see it: `building`, `ready` or `cancelled`."""
    return work.states[submission.uuid]


def list_submissions(work: Work) -> Iterator[Row]:
    """List the submissions, by name."""
    for record in _by_name(work.submissions.values()):
        body = record.body
        requests = work.requests[record.uuid]
        yield {
            "uuid": record.uuid,
            "name": name_of_row(record),
            "state": state_of(work, record),
            "priority": body["priority"],
            "orders": [order["uuid"] for order in body["orders"]],
            **_counted(work, requests),
            "supersedes": body.get("supersedes", {}).get("uuid"),
            "comments": body.get("comments"),
        }


def list_orders(work: Work) -> Iterator[Row]:
    """List the orders, by name."""
    for record in _by_name(work.orders.values()):
        body = record.body
        yield {
            "uuid": record.uuid,
            "name": name_of_row(record),
            "state": body["state"],
            "study": body["study"]["name"],
            "project": body["project"]["name"],
            "template": body["template"]["name"],
            "assets": work.assets[record.uuid],
            **_counted(work, work.by_order.get(record.uuid, ())),
            "submission": body.get("submission", {}).get("uuid"),
            "runs": list(work.runs_of_order.get(record.uuid, ())),
            "comments": body.get("comments"),
        }


def list_runs(work: Work, revision: Revision) -> Iterator[Row]:
    """List the sequencing runs, the latest first, those without a time at the end."""
    samples = {record.uuid: len(record.body["biosamples"]) for record in revision.of_kind("library")}
    runs = sorted(_by_name(work.runs.values()), key=lambda of: str(of.body.get("start_time", "")), reverse=True)
    for record in runs:
        body = record.body
        orders = work.orders_of_run.get(record.uuid, {})
        studies = name_studies(work.orders[uuid].body for uuid in orders if uuid in work.orders)
        yield {
            "uuid": record.uuid,
            "name": name_of_row(record),
            "start": body.get("start_time"),
            "instrument": instrument_of(record),
            "make": body["instrument_make"],
            "library": body.get("library", {}).get("name"),
            "biosamples": samples.get(body.get("library", {}).get("uuid"), 0),
            "study": name_studies([body]) or studies,
            "requests": len(body["requests"]),
            "orders": list(orders),
        }


def instrument_of(run: Record) -> str:
    """The model of a run's instrument, where that is not known its make."""
    return str(run.body.get("instrument_model", run.body["instrument_make"]))


def name_of_row(record: Record) -> str:
    """What people call a thing: its name, a run's `run_name`, or its UUID."""
    return str(record.body.get("name") or record.body.get("run_name") or record.uuid)


def name_studies(bodies: Iterable[Body]) -> str:
    """Name the studies of some bodies, each once; some may have none."""
    return ", ".join({of["study"]["uuid"]: of["study"]["name"] for of in bodies if of.get("study")}.values())


def count_states(requests: Iterable[Request]) -> list[int]:
    """Count requests by state, in the order of the states."""
    counts = Counter(request.state for request in requests)
    return [counts[state] for state in STATES]


def _by_name(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (name_of_row(record), record.uuid))


def _counted(work: Work, requests: Iterable[Request]) -> Mapping[str, Any]:
    """Count requests by state; `requests` is a list of type, state and number, types and states by their place."""
    requests = list(requests)
    counts = Counter((type_of(request), request.state) for request in requests)
    return {
        "percent": percent([request.state for request in requests]) if requests else None,
        "requests": [
            [place, STATES.index(state), counts[kind, state]]
            for place, kind in enumerate(work.types)
            for state in STATES
            if counts[kind, state]
        ],
    }
