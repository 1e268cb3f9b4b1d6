"""From one record to all that belongs to its work, both ways: orders, submissions, requests, runs, libraries, samples.

The walk goes along the references that bodies have, and against them by asking what refers to a UUID
(CONTRACT 1: one can walk from an order to the run that fulfilled it, and back).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seqmeta.records import Body, Record
from seqmeta.revision import Revision


class Request(NamedTuple):
    """A request of a submission, with the state that it is in and the events that brought it there."""

    body: Body
    submission: Mapping[str, str]
    state: str
    events: tuple[Body, ...] = ()

    @property
    def uuid(self) -> str:
        """Its UUID."""
        return str(self.body["uuid"])

    @property
    def item(self) -> Mapping[str, str]:
        """The asset or pool that it works on."""
        found: Mapping[str, str] = self.body.get("asset") or self.body["pool"]
        return found


@dataclass(slots=True)
class Story:
    """What belongs together, each by UUID in the order in which it was come upon."""

    studies: dict[str, Mapping[str, str]] = field(default_factory=dict)
    projects: dict[str, Mapping[str, str]] = field(default_factory=dict)
    orders: dict[str, Record] = field(default_factory=dict)
    submissions: dict[str, Record] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    runs: dict[str, Record] = field(default_factory=dict)
    libraries: dict[str, Record] = field(default_factory=dict)
    assets: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    biosamples: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    """Which of the submissions are cancelled."""


def requests_of(submission: Record, progress: Body | None) -> Iterator[Request]:
    """The requests of a submission, in the states that its progress says they are in."""
    about = {key: submission.body[key] for key in ("uuid", "name") if key in submission.body}
    states = progress["requests"] if progress is not None else {}
    for body in submission.body["requests"]:
        now = states.get(body["uuid"], {"state": body["initial_state"], "events": []})
        yield Request(body, about, now["state"], tuple(now["events"]))


def tell(revision: Revision, record: Record) -> Story:
    """Tell what belongs to a record."""
    walk = _Walk(revision)
    start = _STARTS.get(record.kind)
    if start is not None:
        start(walk, record)
    return walk.story


def tell_of_part(revision: Revision, submission: Record, uuid: str) -> Story:
    """Tell what belongs to a request, or to a pool, of a submission."""
    walk = _Walk(revision)
    walk.add_submission(submission, lambda request: uuid in (request.uuid, request.item["uuid"]))
    walk.go_back()
    walk.go_on()
    return walk.story


class _Walk:
    """A story that is being found out."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self.story = Story()
        self._by_order: dict[str, Mapping[str, list[Request]]] = {}

    def add_order(self, order: Record) -> None:
        """Add an order with its assets and its submission's requests for it."""
        self.add_order_alone(order)
        joined = order.body.get("submission")
        if joined is not None:
            if joined["uuid"] not in self._by_order:
                self._by_order[joined["uuid"]] = self._read_submission(joined["uuid"])
            for request in self._by_order[joined["uuid"]].get(order.uuid, ()):
                self.story.requests[request.uuid] = request

    def _read_submission(self, uuid: str) -> Mapping[str, list[Request]]:
        """Add a submission without its requests; return these by order."""
        by_order: dict[str, list[Request]] = {}
        for submission in self._revision.get_all("submission", [uuid]):
            self.story.submissions[uuid] = submission
            for request in self._requests_of(submission):
                for order in request.body["orders"]:
                    by_order.setdefault(order, []).append(request)
        return by_order

    def _requests_of(self, submission: Record) -> Iterator[Request]:
        progress = self._revision.progress_of(submission.uuid)
        if progress is not None and progress["state"] == "cancelled":
            self.story.cancelled.add(submission.uuid)
        return requests_of(submission, progress)

    def add_order_alone(self, order: Record) -> None:
        """Add an order with its assets."""
        story = self.story
        if order.uuid not in story.orders:
            story.orders[order.uuid] = order
            self._add_heads(order.body)
            for asset in order.body["assets"]:
                self.add_asset(asset)

    def _add_heads(self, body: Body) -> None:
        for kind, found in (("study", self.story.studies), ("project", self.story.projects)):
            if body.get(kind):
                found.setdefault(body[kind]["uuid"], body[kind])

    def add_asset(self, asset: Mapping[str, Any]) -> None:
        """Add an asset with its biosamples."""
        self.story.assets.setdefault(asset["uuid"], asset)
        for biosample in asset.get("biosamples", ()):
            self.story.biosamples.setdefault(biosample["uuid"], biosample)

    def add_submission(self, submission: Record, wanted: Callable[[Request], bool] = lambda _: True) -> None:
        """Add a submission with those of its requests that are wanted."""
        self.story.submissions[submission.uuid] = submission
        for request in self._requests_of(submission):
            if wanted(request):
                self.story.requests[request.uuid] = request

    def add_library(self, library: Record) -> None:
        """Add a library with its biosamples."""
        self.story.libraries[library.uuid] = library
        for biosample in library.body["biosamples"]:
            self.story.biosamples.setdefault(biosample["uuid"], biosample)

    def add_run(self, run: Record) -> None:
        """Add a run with the library that it sequenced and the requests that it fulfils."""
        self.story.runs[run.uuid] = run
        self._add_heads(run.body)
        for library in self._get("library", run.body.get("library")):
            if library.uuid not in self.story.libraries:
                self.add_library(library)

    def go_on(self) -> None:
        """Go on from requests to the runs that fulfil them, with their libraries."""
        wanted = self.story.requests.keys()
        for run in self._revision.referring("sequencing_run", wanted) if wanted else ():
            self.add_run(run)

    def go_back(self) -> None:
        """Go back from runs to their requests, from requests to their orders."""
        asked = {uuid for run in self.story.runs.values() for uuid in run.body["requests"]} - self.story.requests.keys()
        for submission in self._revision.owning(asked) if asked else ():
            self.add_submission(submission, lambda request: request.uuid in asked)
        orders = dict.fromkeys(uuid for of in self.story.requests.values() for uuid in of.body["orders"])
        for order in self._revision.get_all("order", orders):
            self.add_order_alone(order)

    def add_runs_of_library(self, library: Record) -> None:
        """Add the runs that sequenced a library."""
        for run in self._revision.referring("sequencing_run", [library.uuid]):
            self.add_run(run)

    def referring(self, kind: str, uuid: str) -> list[Record]:
        """The records of a kind that refer to the thing of this UUID."""
        return self._revision.referring(kind, [uuid])

    def orders_through(self, request_type: str) -> list[Record]:
        """The orders that go through the request type of this UUID."""
        orders = self._revision.mentioning("order", request_type)
        return [order for order in orders if request_type in (of["uuid"] for of in order.body["request_types"])]

    def orders_of(self, uuids: Iterable[str]) -> list[Record]:
        """The orders of these UUIDs."""
        return self._revision.get_all("order", uuids)

    def submission_of(self, progress: Record) -> list[Record]:
        """The submission that a progress is of."""
        return self._get("submission", progress.body["submission"])

    def _get(self, kind: str, reference: Mapping[str, str] | None) -> list[Record]:
        return self._revision.get_all(kind, [reference["uuid"]]) if reference else []


def _from_order(walk: _Walk, order: Record) -> None:
    walk.add_order(order)
    walk.go_on()


def _from_submission(walk: _Walk, submission: Record) -> None:
    for order in walk.orders_of(of["uuid"] for of in submission.body["orders"]):
        walk.add_order_alone(order)
    walk.add_submission(submission)
    walk.go_on()


def _from_progress(walk: _Walk, progress: Record) -> None:
    for submission in walk.submission_of(progress):
        _from_submission(walk, submission)


def _from_run(walk: _Walk, run: Record) -> None:
    walk.add_run(run)
    walk.go_back()


def _from_library(walk: _Walk, library: Record) -> None:
    walk.add_library(library)
    walk.add_runs_of_library(library)
    walk.go_back()


def _from_biosample(walk: _Walk, biosample: Record) -> None:
    for asset in walk.referring("asset", biosample.uuid):
        walk.add_asset(asset.body)
    for order in walk.referring("order", biosample.uuid):
        walk.add_order(order)
    for library in walk.referring("library", biosample.uuid):
        walk.add_library(library)
        walk.add_runs_of_library(library)
    _keep_only(walk.story, biosample.uuid)


def _keep_only(story: Story, biosample: str) -> None:
    """Leave out the samples and tubes that only share an order or a library with a biosample."""
    story.biosamples.clear()
    mine = {
        uuid for uuid, asset in story.assets.items() if biosample in (of["uuid"] for of in asset.get("biosamples", ()))
    }
    _leave(story.assets, mine)
    _keep_requests(story, mine)


def _keep_requests(story: Story, assets: set[str]) -> None:
    """Leave out the requests that work on other assets; a pool has them all in it."""
    wanted = {uuid for uuid, of in story.requests.items() if "pool" in of.body or of.item["uuid"] in assets}
    _leave(story.requests, wanted)


def _leave(found: dict[str, Any], wanted: set[str]) -> None:
    for uuid in found.keys() - wanted:
        del found[uuid]


def _from_asset(walk: _Walk, asset: Record) -> None:
    for order in walk.referring("order", asset.uuid):
        walk.add_order(order)
    walk.add_asset(asset.body)
    story = walk.story
    _leave(story.assets, {asset.uuid})
    _leave(story.biosamples, {of["uuid"] for of in asset.body.get("biosamples", ())})
    _keep_requests(story, {asset.uuid})
    walk.go_on()


def _from_study(walk: _Walk, study: Record) -> None:
    for order in walk.referring("order", study.uuid):
        if study.uuid in (order.body["study"]["uuid"], order.body["project"]["uuid"]):
            walk.add_order(order)
    walk.go_on()
    for run in walk.referring("sequencing_run", study.uuid):
        walk.add_run(run)


def _from_what_orders_name(walk: _Walk, named: Record) -> None:
    for order in walk.referring("order", named.uuid):
        walk.add_order(order)


def _from_request_type(walk: _Walk, request_type: Record) -> None:
    for order in walk.orders_through(request_type.uuid):
        walk.add_order(order)


_STARTS: Mapping[str, Callable[[_Walk, Record], None]] = {
    "order": _from_order,
    "submission": _from_submission,
    "progress": _from_progress,
    "sequencing_run": _from_run,
    "library": _from_library,
    "biosample": _from_biosample,
    "asset": _from_asset,
    "asset_group": _from_what_orders_name,
    "study": _from_study,
    "project": _from_study,
    "order_template": _from_what_orders_name,
    "request_type": _from_request_type,
}
