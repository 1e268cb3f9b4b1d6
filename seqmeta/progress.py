"""Progress: what is reported of a submission's requests to the states they are in (CONTRACT 2.4).

A description's events are only ever appended to; the record is made of all of them anew in each step.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import Any

from seqmeta.identity import is_uuid, progress_uuid
from seqmeta.memberships import is_cancelled, is_submitted
from seqmeta.records import Body, Record
from seqmeta.step import Described, Path, Step
from seqmeta.transitions import Replay, TransitionError, percent
from seqmeta.values import elide, list_few, shorten

_REPORTED = ("at", "by", "comment")

Event = dict[str, Any]
"""One reported event with its `request` resolved to a UUID."""


def find_cancelled(step: Step) -> set[str]:
    """Find the submissions whose description cancels them, now or before."""
    asked = (described.uuid for described in step.of_kind("submission") if described.body.get("cancel"))
    return {submission for submission in asked if is_submitted(step.records, submission)}


def link_progress(step: Step) -> None:
    """Bring the progress of every submission that is submitted to its body."""
    described = {of.uuid: of for of in step.of_kind("progress")}
    for submission in _submitted(step):
        uuid = progress_uuid(submission)
        outline = step.records.outline(uuid)
        of = described.pop(uuid, None)
        is_recorded = outline is not None and outline.kind == "progress"
        was_cancelled = outline is not None and outline.state == "cancelled"
        if of is None and is_recorded and was_cancelled == is_cancelled(step, submission):
            continue
        if "seal" not in (step.body(submission) or {}):
            continue  # an error, perhaps elsewhere, keeps its requests from being made
        if of is None and not is_recorded and not _is_free(step, submission, uuid):
            continue
        step.set_body(uuid, "progress", _link(step, submission, of, step.records.get(uuid)))
    for of in described.values():
        if any(step.is_doubtful("submission", uuid) for uuid in step.find("submission", of.body["submission"])):
            continue
        message = "the submission is not submitted: nothing can have happened to its requests"
        step.report(of, ("submission",), "not_applicable", message)


def _is_free(step: Step, submission: str, uuid: str) -> bool:
    """Whether nothing has the UUID that the progress of a submission gets; else it is noted at the submission."""
    described = step.described.get(submission)
    return described is None or step.is_free(described, (), uuid, "its progress")


def _submitted(step: Step) -> list[str]:
    """Find the submitted submissions, sorted; in a step of some things, of those that it is about."""
    linked = {uuid: body["state"] for uuid, (_, body) in step.bodies.select("submission")}
    if step.settings.is_whole:
        recorded = {record.uuid: record.body["state"] for record in step.records.of_kind("submission")}
    else:
        recorded = {uuid: "ready" for uuid in _concerned(step) if is_submitted(step.records, uuid)}
    return sorted(uuid for uuid, state in {**recorded, **linked}.items() if state == "ready")


def _concerned(step: Step) -> Iterator[str]:
    """Name the submissions that are described, or whose progress is."""
    yield from (of.uuid for of in step.of_kind("submission"))
    records = filter(None, (step.record(of) for of in step.of_kind("progress")))
    yield from (record.body["submission"]["uuid"] for record in records)


def _link(step: Step, submission: str, described: Described | None, record: Record | None) -> dict[str, Any]:
    requests = (step.body(submission) or {})["requests"]
    recorded = _recorded_events(record)
    events = recorded
    if described is not None:
        events = _Naming(step, described, requests).resolve_all()
        _refuse_rewriting(step, described, recorded, events)
    cancelled = is_cancelled(step, submission)
    was_cancelled = record is not None and record.body["state"] == "cancelled"
    replay = Replay(requests)
    before = events[: len(recorded)] if was_cancelled else events
    _replay(step, described, replay, before, 0)
    if cancelled:
        _cancel(step, submission, replay, was_cancelled=was_cancelled)
    _replay(step, described, replay, events[len(before) :], len(before))
    return {
        "uuid": progress_uuid(submission),
        "submission": step.reference("submission", submission),
        "state": "cancelled" if cancelled else "ready",
        "requests": {uuid: {"state": state, "events": replay.events[uuid]} for uuid, state in replay.states.items()},
        "percent": percent(replay.states.values()),
    }


def _recorded_events(record: Record | None) -> list[Event | None]:
    """The reported events of a record in the order of their numbers."""
    if record is None:
        return []
    numbered: dict[int, Event] = {}
    for uuid, of in record.body["requests"].items():
        for event in of["events"]:
            if "number" in event:
                kept = {key: event[key] for key in ("event", *_REPORTED) if key in event}
                numbered[event["number"]] = {"request": uuid, **kept}
    return [numbered[number] for number in sorted(numbered)]


def _refuse_rewriting(
    step: Step, described: Described, recorded: list[Event | None], events: list[Event | None]
) -> None:
    for number, was in enumerate(recorded):
        if number >= len(events):
            numbers = f"{len(recorded)} are recorded, {len(events)} left in the description"
            message = f"events are only ever appended: {numbers}; put back what is missing"
            step.report(described, ("events",), "event_changed", message)
            return
        if events[number] is not None and events[number] != was:
            message = f"event {number} is recorded otherwise and cannot change: {_written(was)}; change it back"
            step.report(described, ("events", number), "event_changed", message)


def _written(event: Event | None) -> str:
    return ", ".join(f"{key} {elide(str(value))}" for key, value in (event or {}).items())


def _replay(step: Step, described: Described | None, replay: Replay, events: list[Event | None], first: int) -> None:
    for number, event in enumerate(events, first):
        if event is None:  # a finding says why
            continue
        details = {"number": number, **{key: event[key] for key in _REPORTED if key in event}}
        try:
            replay.apply(event["request"], event["event"], details)
        except TransitionError as error:
            if described is None:
                raise
            step.report(described, ("events", number), error.code, str(error))


def _cancel(step: Step, submission: str, replay: Replay, *, was_cancelled: bool) -> None:
    described = step.described.get(submission)
    is_refused = not was_cancelled and not replay.is_cancellable() and not _is_doubtful(step, submission)
    if is_refused and described is not None:
        begun = ", ".join(sorted(set(replay.states.values()) - {"pending", "blocked", "cancelled"}))
        message = f"the submission cannot be cancelled: some of its requests are {begun}"
        cure = "expected all pending, blocked or cancelled; cancel single requests in its progress"
        step.report(described, ("cancel",), "not_cancellable", f"{message}: {cure}")
    replay.cancel_all(submission)


def _is_doubtful(step: Step, submission: str) -> bool:
    """Whether the progress of a submission is described with problems, so that what has happened is not known."""
    names = {submission, step.name("submission", submission) or submission}
    return any(step.is_faulty("progress", text) for text in names)


def _name_one(uuids: list[str], most: int = 4) -> str:
    more = ", …" if len(uuids) > most else ""
    return f"name the one that is meant, as request: {', '.join(uuids[:most])}{more}"


class _Naming:
    """How the events of one description name requests: by UUID, or by asset and request type."""

    def __init__(self, step: Step, described: Described, requests: list[Body]) -> None:
        self._step = step
        self._described = described
        self._uuids = {request["uuid"] for request in requests}
        self._requests = requests
        self._by_work: dict[tuple[str, str], list[str]] = {}
        self._known_as: dict[tuple[str, str], dict[str, None]] = {}
        """By kind and name or UUID what has it here: the name of a tube may be like the UUID of another."""
        for request in requests:
            kind = request["request_type"]
            self._note("request_type", kind)
            if "asset" in request:
                asset = request["asset"]
                self._note("asset", asset)
                self._by_work.setdefault((asset["uuid"], kind["uuid"]), []).append(request["uuid"])

    def _note(self, kind: str, thing: Mapping[str, str]) -> None:
        for text in (thing["name"], thing["uuid"]):
            self._known_as.setdefault((kind, text), {})[thing["uuid"]] = None

    def resolve_all(self) -> list[Event | None]:
        return [self._resolve(index, event) for index, event in enumerate(self._described.body.get("events", ()))]

    def _resolve(self, index: int, event: Mapping[str, Any]) -> Event | None:
        path: Path = ("events", index)
        if "request" in event:
            uuid = self._known(event["request"], path)
        elif "asset" in event and "request_type" in event:
            uuid = self._worked(event, path)
        else:
            message = "the event names no request: give its request, or its asset and request_type"
            self._step.report(self._described, (*path, "request"), "required_field", message)
            uuid = None
        kept = {key: event[key] for key in ("event", *_REPORTED) if key in event}
        return None if uuid is None else {"request": uuid, **kept}

    def _known(self, uuid: str, path: Path) -> str | None:
        if uuid in self._uuids:
            return uuid
        message = f"{uuid} is no request of this submission: `seqmeta show` of the submission lists them"
        self._step.report(self._described, (*path, "request"), "unknown_reference", message)
        return None

    def _worked(self, event: Mapping[str, Any], path: Path) -> str | None:
        assets, kinds = (self._things(event, key, path) for key in ("asset", "request_type"))
        if not assets or not kinds:
            return None
        found = [uuid for work in product(assets, kinds) for uuid in self._by_work.get(work, ())]
        if len(found) == 1:
            return found[0]
        code = "ambiguous_reference" if found else "unknown_reference"
        work = f"{shorten(event['request_type'])} for {shorten(event['asset'])}"
        self._step.report(self._described, path, code, self._explain(assets, kinds, work, found))
        return None

    def _explain(self, assets: Collection[str], kinds: Collection[str], work: str, found: list[str]) -> str:
        """Say why an asset and a request type are not one request, and which requests may be meant."""
        if found:
            return f"there are {len(found)} requests of {work} in this submission: {_name_one(found)}"
        asked = (of for of in self._requests if of.get("asset", {}).get("uuid") in assets)
        orders = {order for of in asked for order in of["orders"]}
        if not orders:
            return f"there is no request of {work} in this submission: none of its orders has that asset"
        pooled = [of for of in self._requests if of["request_type"]["uuid"] in kinds and orders & set(of["orders"])]
        if not pooled:
            names = list_few(dict.fromkeys(of["request_type"]["name"] for of in self._requests))
            return f"there is no request of {work} in this submission: its request types are {names}"
        pools = list_few(dict.fromkeys(shorten(of["pool"]["name"]) for of in pooled))
        return f"{work} is asked of a pool, {pools}: {_name_one([of['uuid'] for of in pooled])}"

    def _things(self, event: Mapping[str, Any], kind: str, path: Path) -> Collection[str]:
        """What a name or UUID means: all that it is here, else what it is now; nothing where a finding says why."""
        text = event[kind]
        texts = (text, text.lower()) if is_uuid(text) else (text,)
        known = dict.fromkeys(uuid for of in texts for uuid in self._known_as.get((kind, of), ()))
        if known:
            return known
        found = self._step.resolve(self._described, (*path, kind), kind, text)
        return () if found is None else (found,)
