"""Derives again what records must say by themselves: requests from sealed orders, their states from reported events.

Both are pure functions of what is recorded (CONTRACT 2.3 and 2.4), so a record that says otherwise was not made by a
run, even if digest, version, root and tag were made to fit. Records of an older schema are passed over: other rules
made them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.records import Body, read_record
from seqmeta.transitions import Replay, percent
from seqmeta.verification.facts import RecordFacts
from seqmeta.verification.findings import Finding
from seqmeta.verification.history import History, SealedSubmission
from seqmeta.verification.paths import parse_path, path_of
from seqmeta.work_requests import Chain, count_requests, generate_requests

_AT_ONCE = 500
"""How many submissions are held in memory at once, with their orders."""

_MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError)
"""What a body of any shape can raise when it is taken for one that a run made."""

Place = tuple[str, str]
"""A commit and a path in it."""


def check_derived(
    repository: Repository, history: History, blobs: Mapping[str, RecordFacts], head: str
) -> Iterator[Finding]:
    """Yield the seals whose requests, and the progress whose states, are not what follows from the records.

    `blobs` has what is known of each content; what has faults is reported already, and is not looked at again.
    """
    sound = _Sound(repository, {blob: (of.kind, of.uuid) for blob, of in blobs.items() if not of.faults})
    seals = list(history.seals.values())
    for start in range(0, len(seals), _AT_ONCE):
        yield from _check_seals(sound, seals[start : start + _AT_ONCE])
    reports = [path for path in sorted(history.records) if (parse_path(path) or ("",))[0] == "progress"]
    for start in range(0, len(reports), _AT_ONCE):
        yield from _check_reports(sound, head, reports[start : start + _AT_ONCE])


@dataclass(frozen=True, slots=True)
class _Sound:
    """The records of a store that have no faults, to be read by commit and path; `blobs` has what each is of."""

    repository: Repository
    blobs: Mapping[str, tuple[str, str]]

    def read(self, places: Iterable[Place]) -> dict[Place, Body]:
        """Read the bodies at these places; what has faults, is not there, is another's or of an older schema is not."""
        wanted = list(dict.fromkeys(places))
        try:
            found = zip(wanted, self.repository.ids_of(wanted), strict=True)
        except StoreError:
            return {}  # a tree that cannot be read, which is reported
        sound = [(of, blob) for of, blob in found if blob is not None and self._is_of(blob, of[1])]
        contents = (content for _, content in self.repository.read(blob for _, blob in sound))
        records = ((of[0], read_record(of[0][1], content)) for of, content in zip(sound, contents, strict=True))
        return {place: record.body for place, record in records if record.stored is None}

    def _is_of(self, blob: str, path: str) -> bool:
        return blob in self.blobs and self.blobs[blob] == parse_path(path)


def _check_seals(sound: _Sound, seals: Sequence[SealedSubmission]) -> Iterator[Finding]:
    """Derive the requests of submissions from what the commits that sealed them have."""
    own = {seal.uuid: (seal.commit, path_of("submission", seal.uuid)) for seal in seals}
    theirs = {seal.uuid: [(seal.commit, path_of("order", uuid)) for uuid in seal.facts.orders] for seal in seals}
    bodies = sound.read([*own.values(), *(place for places in theirs.values() for place in places)])
    types: dict[str, list[Place]] = {}
    for seal in seals:
        first = bodies.get(theirs[seal.uuid][0]) if theirs[seal.uuid] else None
        types[seal.uuid] = [(seal.commit, path) for path in _type_paths(first or {})]
    kinds = sound.read([place for places in types.values() for place in places])
    for seal in seals:
        submission = bodies.get(own[seal.uuid])
        orders = [bodies[place] for place in theirs[seal.uuid] if place in bodies]
        chain_of = [kinds[place] for place in types[seal.uuid] if place in kinds]
        is_whole = len(orders) == len(theirs[seal.uuid]) and len(chain_of) == len(types[seal.uuid])
        if submission is None or not orders or not is_whole:
            continue  # of an older schema, or reported as missing or unreadable
        wrong = _compare_requests(submission, orders, chain_of)
        if wrong:
            path = own[seal.uuid][1]
            yield Finding("request_set_changed", path, seal.commit, f"{path}: {wrong}")


def _type_paths(order: Body) -> list[str]:
    try:
        return [path_of("request_type", kind["uuid"]) for kind in order["request_types"]]
    except _MALFORMED:
        return []


def _compare_requests(submission: Body, orders: list[Body], types: list[Body]) -> str | None:
    """Say how the requests of a submission are not those that its orders stand for, None when they are."""
    try:
        name = {key: submission[key] for key in ("uuid", "name") if key in submission}
        chain = Chain(name, orders, types)
        expected, found = count_requests(chain), len(submission["requests"])
        if expected != found:  # and only then as many are made as the record has
            return f"it has {found} requests, its orders stand for {expected}"
        for number, (made, request) in enumerate(zip(generate_requests(chain), submission["requests"], strict=True)):
            if made != request:
                return f"request {number} is not what its orders stand for: {_differing(made, request)}"
    except _MALFORMED:
        return "its orders are such that no requests follow from them"
    return None


def _check_reports(sound: _Sound, head: str, paths: Sequence[str]) -> Iterator[Finding]:
    """Replay the events of progress records over the requests of their submissions."""
    reports = sound.read([(head, path) for path in paths])
    submissions = {place: _submission_path(body) for place, body in reports.items()}
    sealed = sound.read([(head, path) for path in submissions.values() if path is not None])
    for place, body in reports.items():
        submission = sealed.get((head, submissions[place] or ""))
        if submission is None:
            continue  # of an older schema, or reported already
        wrong = _compare_states(body, submission)
        if wrong:
            yield Finding("state_mismatch", place[1], head, f"{place[1]}: {wrong}")


def _submission_path(progress: Body) -> str | None:
    try:
        return path_of("submission", progress["submission"]["uuid"])
    except _MALFORMED:
        return None


def _compare_states(progress: Body, submission: Body) -> str | None:
    """Say what of a progress record does not follow from its events, None when all of it does."""
    try:
        recorded: Mapping[str, Any] = progress["requests"]
        if recorded.keys() != {request["uuid"] for request in submission["requests"]}:
            return None  # reported as such
        replay = Replay(submission["requests"])
        for number, (uuid, event) in enumerate(_reported(recorded)):
            if event["number"] != number:
                return f"event {number} is missing or doubled"
            replay.apply(uuid, event["event"], {k: v for k, v in event.items() if k not in ("event", "from", "to")})
        if progress["state"] == "cancelled":
            replay.cancel_all(submission["uuid"])
        for uuid, state in replay.states.items():
            if recorded[uuid] != {"state": state, "events": replay.events[uuid]}:
                return f"what is recorded of request {uuid} does not follow from the reported events"
        if progress["percent"] != percent(replay.states.values()):
            return f"{progress['percent']} is not the percentage of its requests"
    except _MALFORMED as error:
        return f"its events cannot be replayed: {error}"
    return None


def _reported(recorded: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """List the reported events with their requests, in the order of their numbers."""
    events = [(uuid, event) for uuid, of in recorded.items() for event in of["events"] if "number" in event]
    return sorted(events, key=lambda pair: int(pair[1]["number"]))


def _differing(made: Mapping[str, Any], request: Any) -> str:
    if not isinstance(request, dict):
        return "it is no mapping"
    keys = sorted(key for key in made.keys() | request.keys() if made.get(key) != request.get(key))
    return ", ".join(keys)
