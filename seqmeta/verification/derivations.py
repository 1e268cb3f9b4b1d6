"""Derives again what records must say by themselves: requests from sealed orders, their states from reported events.

Both are pure functions of what is recorded (CONTRACT 2.3 and 2.4), so a record that says otherwise was not made by a
run, even if digest, version, root and tag were made to fit. Records of an older schema are passed over: other rules
made them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from seqmeta.errors import StoreError
from seqmeta.identity import progress_uuid
from seqmeta.kinds import load_kinds
from seqmeta.records import Body
from seqmeta.transitions import Replay, percent
from seqmeta.verification.batches import gather
from seqmeta.verification.contents import Contents
from seqmeta.verification.findings import Finding
from seqmeta.verification.history import History, SealedSubmission
from seqmeta.verification.paths import path_of
from seqmeta.work_requests import Chain, count_requests, generate_requests

_AT_ONCE = 5_000
"""Submissions of so many requests are held in memory at once, with their orders; one that has more by itself."""

_UUID_BYTES = 16

_MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a body of any shape can raise when it is taken for one that a run made."""

Place = tuple[str, str]
"""A path, and the blob that is there."""


def check_derived(contents: Contents, history: History, head: str) -> Iterator[Finding]:
    """Yield the seals whose requests, and the progress whose states, are not what follows from the records.

    What has faults is reported already, and is not looked at again.
    """
    sound = _Sound(contents, history.unsound)
    for seals in gather(history.seals.values(), lambda seal: len(seal.facts.requests) // _UUID_BYTES, _AT_ONCE):
        yield from _check_seals(sound, history, seals, head)


class _Sound(NamedTuple):
    """The records of a store that nothing is wrong with in themselves, to be read by path and blob."""

    contents: Contents
    unsound: set[str]

    def read(self, places: Iterable[Place]) -> dict[Place, Body]:
        """Read the bodies at these places; what has faults, cannot be read or is of an older schema is left out."""
        wanted = dict.fromkeys(place for place in places if place[1] not in self.unsound)
        bodies = ((path, blob, _body(path, data)) for path, blob, data, _ in self.contents.read(wanted))
        return {(path, blob): body for path, blob, body in bodies if body is not None}

    def locate(self, places: Sequence[tuple[str, str]]) -> list[Place | None]:
        """Find what is at a commit and a path, None where nothing is or the commit's trees cannot be read."""
        try:
            blobs = self.contents.repository.ids_of(places)
        except StoreError:
            return [None] * len(places)  # which is reported
        return [None if blob is None else (path, blob) for (_, path), blob in zip(places, blobs, strict=True)]


def _body(path: str, data: bytes) -> Body | None:
    """Return the body of a record of the present schema."""
    try:
        kind = _KIND_OF_FOLDER[path.partition("/")[0]]
        record = orjson.loads(data)
        body: Body = record[kind.name]
        return body if record["meta"]["schema"] == kind.schema else None
    except _MALFORMED:
        return None


_KIND_OF_FOLDER = {kind.plural: kind for kind in load_kinds().values()}


def _check_seals(sound: _Sound, history: History, seals: Sequence[SealedSubmission], head: str) -> Iterator[Finding]:
    """Derive what submissions must say from what the commits that sealed them have, and their progress from events."""
    now = {seal.uuid: _find_progress(history, seal) for seal in seals}
    bodies = sound.read(
        [*(place for seal in seals for place in seal.blobs.items()), *(of for both in now.values() for of in both)]
    )
    types = _read_types(sound, seals, bodies)
    for seal in seals:
        own = path_of("submission", seal.uuid)
        submission = bodies.get((own, seal.blobs[own]))
        orders = [bodies.get((path, seal.blobs[path])) for path in _order_paths(seal) if path in seal.blobs]
        wrong = _compare_requests(submission, orders, types[seal.uuid], len(seal.facts.orders))
        if wrong:
            yield Finding("request_set_changed", own, seal.commit, f"{own}: {wrong}")
        if now[seal.uuid]:
            (path, blob), at_head = now[seal.uuid]
            progress, submission = bodies.get((path, blob)), bodies.get(at_head)
            wrong = _compare_states(progress, submission) if progress and submission else None
            if wrong:  # else it follows, or one of them is of an older schema or was reported already
                yield Finding("state_mismatch", path, head, f"{path}: {wrong}")


def _order_paths(seal: SealedSubmission) -> list[str]:
    return [path_of("order", uuid) for uuid in seal.facts.orders]


def _find_progress(history: History, seal: SealedSubmission) -> tuple[Place, ...]:
    """Find the progress of a submission at the end of the history, and the submission itself; nothing without both."""
    paths = path_of("progress", progress_uuid(seal.uuid)), path_of("submission", seal.uuid)
    found = [(path, blob) for path in paths if (blob := history.records.blob(path)) is not None]
    return tuple(found) if len(found) == len(paths) else ()


def _read_types(
    sound: _Sound, seals: Iterable[SealedSubmission], bodies: Mapping[Place, Body]
) -> dict[str, list[Body | None]]:
    """Read the request types of each submission, as they were when it was sealed."""
    named: dict[str, list[tuple[str, str]]] = {}
    for seal in seals:
        first = next(((path, seal.blobs[path]) for path in _order_paths(seal) if path in seal.blobs), ("", ""))
        named[seal.uuid] = [(seal.commit, path) for path in _type_paths(bodies.get(first, {}))]
    places = list(dict.fromkeys(place for of in named.values() for place in of))
    located = dict(zip(places, sound.locate(places), strict=True))
    kinds = sound.read(place for place in located.values() if place is not None)
    return {uuid: [kinds.get(located[place] or ("", "")) for place in of] for uuid, of in named.items()}


def _type_paths(order: Body) -> list[str]:
    try:
        return [path_of("request_type", kind["uuid"]) for kind in order["request_types"]]
    except _MALFORMED:
        return []


def _compare_requests(
    submission: Body | None, orders: Sequence[Body | None], types: Sequence[Body | None], number_of_orders: int
) -> str | None:
    """Say how the requests of a submission are not those that its orders stand for, None when they are.

    Nothing can be said where one of them is of an older schema, or was reported as missing or unreadable.
    """
    known = [order for order in orders if order is not None]
    chain_of = [kind for kind in types if kind is not None]
    if submission is None or not known or len(known) != number_of_orders or len(chain_of) != len(types):
        return None
    try:
        name = {key: submission[key] for key in ("uuid", "name") if key in submission}
        chain = Chain(name, known, chain_of)
        expected, found = count_requests(chain), len(submission["requests"])
        if expected != found:  # and only then as many are made as the record has
            return f"it has {found} requests, its orders stand for {expected}"
        made, said = generate_requests(chain), submission["requests"]
        if _render(said) not in _render_ways(chain, made):  # for Python true is 1, in a record it is not
            number = next(
                place for place, (one, of) in enumerate(zip(made, said, strict=True)) if _render(one) != _render(of)
            )
            return f"request {number} is not what its orders stand for: {_differing(made[number], said[number])}"
    except _MALFORMED:
        return "its orders are such that no requests follow from them"
    return None


def _render_ways(chain: Chain, made: Sequence[Body]) -> Iterator[bytes]:
    """Render requests as they are made, and as they were when they copied their order's options."""
    yield _render(made)
    yield _render(generate_requests(chain._replace(copies_options=True)))


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
            kept = {key: value for key, value in event.items() if key not in ("event", "from", "to")}
            replay.apply(uuid, event["event"], {**kept, "number": number})  # true is 1 too, and is none in a record
        if progress["state"] == "cancelled":
            replay.cancel_all(submission["uuid"])
        follows = {uuid: {"state": state, "events": replay.events[uuid]} for uuid, state in replay.states.items()}
        if _render(recorded) != _render(follows):
            uuid = next(uuid for uuid, of in follows.items() if _render(recorded[uuid]) != _render(of))
            return f"what is recorded of request {uuid} does not follow from the reported events"
        if _render(progress["percent"]) != _render(percent(replay.states.values())):
            return f"{progress['percent']} is not the percentage of its requests"
    except _MALFORMED as error:
        return f"its events cannot be replayed: {error}"
    return None


def _reported(recorded: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """List the reported events with their requests, in the order of their numbers."""
    events = [(uuid, event) for uuid, of in recorded.items() for event in of["events"] if "number" in event]
    return sorted(events, key=lambda pair: int(pair[1]["number"]))


def _render(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _differing(made: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    keys = sorted(key for key in made.keys() | request.keys() if _render(made.get(key)) != _render(request.get(key)))
    return ", ".join(keys)
