"""The states of requests: events replayed over the requests of a submission (CONTRACT 2.4 and 7, "Cascade").

The table of transitions is data (`transitions.yaml`). A request that fails or is cancelled takes along each dependent
that has no live upstream left; what is taken along says so with `cause` instead of `number`.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from seqmeta.reader import read_yaml
from seqmeta.records import Body

CLOSED = frozenset({"passed", "failed", "cancelled"})
_DEAD = frozenset({"failed", "cancelled"})
_TAKEN_ALONG = {"pending": "cancel", "hold": "cancel", "blocked": "cancel", "started": "fail"}
_CANCELLABLE = frozenset({"pending", "blocked", "cancelled"})


class TransitionError(ValueError):
    """An event that the state of its request does not allow; carries the problem's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@cache
def load_transitions() -> Mapping[str, tuple[frozenset[str], str]]:
    """Load the table: of each event the states it starts from, and the state it leads to."""
    data = resources.files("seqmeta").joinpath("transitions.yaml").read_bytes()
    raw: Any = read_yaml(data).documents[0].value
    return {event: (frozenset(of["from"]), of["to"]) for event, of in raw.items()}


class _Behind:
    """The requests behind one upstream: behind a pool all lanes are, and what one of them waits for, all do.

    Counted when that is asked for first, and kept with each change from then on: how many of the upstream are not
    closed, and how many are live; and which of the requests can be taken along.
    """

    __slots__ = ("is_counted", "live", "open", "requests", "takeable", "upstream")

    def __init__(self, upstream: Sequence[str]) -> None:
        self.upstream = upstream
        self.requests: list[str] = []
        self.is_counted = False
        self.open = self.live = 0
        self.takeable: set[str] = set()

    def count(self, states: Mapping[str, str]) -> "_Behind":
        if not self.is_counted:
            self.open = sum(states[of] not in CLOSED for of in self.upstream)
            self.live = sum(states[of] not in _DEAD for of in self.upstream)
            self.takeable = {of for of in self.requests if states[of] in _TAKEN_ALONG}
            self.is_counted = True
        return self

    def note_upstream(self, state: str, to: str) -> None:
        """Keep the counts where one of the upstream goes from a state to another."""
        if self.is_counted:
            self.open += (to not in CLOSED) - (state not in CLOSED)
            self.live += (to not in _DEAD) - (state not in _DEAD)

    def note_request(self, request: str, to: str) -> None:
        """Keep which requests can be taken along where one of them goes to a state."""
        if self.is_counted:
            (self.takeable.add if to in _TAKEN_ALONG else self.takeable.discard)(request)


class Replay:
    """The requests of one submission, brought from their initial states through events in the order they come."""

    def __init__(self, requests: Sequence[Body]) -> None:
        self.states: dict[str, str] = {request["uuid"]: request["initial_state"] for request in requests}
        self.events: dict[str, list[dict[str, Any]]] = {request["uuid"]: [] for request in requests}
        self._places = {uuid: place for place, uuid in enumerate(self.states)}
        self._own: dict[str, _Behind] = {}
        """Of each request that has any upstream, what is behind that: itself and its like."""
        self._behind: dict[str, list[_Behind]] = {}
        """Of each request what it is upstream of."""
        known: dict[tuple[str, ...], _Behind] = {}
        for request in requests:
            upstream = tuple(request["upstream"])
            if upstream and upstream not in known:
                known[upstream] = _Behind(upstream)
                for of in upstream:
                    self._behind.setdefault(of, []).append(known[upstream])
            if upstream:
                known[upstream].requests.append(request["uuid"])
                self._own[request["uuid"]] = known[upstream]

    def apply(self, request: str, event: str, details: Mapping[str, Any]) -> None:
        """Apply one reported event; raises TransitionError and changes nothing where the state does not allow it."""
        sources, _ = load_transitions()[event]
        state = self.states[request]
        if state not in sources:
            possible = [name for name, (of, _) in load_transitions().items() if state in of]
            nothing = "nothing can happen to it any more, order the work anew"
            expected = f"expected one of {', '.join(possible)}" if possible else nothing
            raise TransitionError("illegal_transition", f"{event} of a request that is {state}: {expected}")
        if event == "start":
            self._require_ready(request)
        self._move(request, event, details)
        if self.states[request] in _DEAD:
            self._take_along(request)

    def _require_ready(self, request: str) -> None:
        if request not in self._own:
            return
        own = self._own[request].count(self.states)
        if own.open:
            message = f"{own.open} of the {len(own.upstream)} requests upstream of it are not closed yet"
            raise TransitionError("upstream_not_ready", f"start of a request too early: {message}")
        if not own.live:  # of those that are closed, the passed ones are
            message = "start of a request whose upstream requests all failed or were cancelled: at least one must pass"
            raise TransitionError("upstream_not_ready", message)

    def _move(self, request: str, event: str, details: Mapping[str, Any]) -> None:
        state, to = self.states[request], "cancelled" if event == "cancel" else load_transitions()[event][1]
        self.events[request].append({**details, "event": event, "from": state, "to": to})
        self.states[request] = to
        if request in self._own:
            self._own[request].note_request(request, to)
        for behind in self._behind.get(request, ()):
            behind.note_upstream(state, to)

    def _take_along(self, request: str) -> None:
        queue = deque([request])
        while queue:
            cause = queue.popleft()
            for dependent in self._find_forsaken(cause):
                self._move(dependent, _TAKEN_ALONG[self.states[dependent]], {"cause": cause})
                queue.append(dependent)

    def _find_forsaken(self, request: str) -> list[str]:
        """Find what goes down behind a request: what can be taken along, and has no live upstream left."""
        behind = (of for of in self._behind.get(request, ()) if not of.count(self.states).live)
        return sorted({dependent for of in behind for dependent in of.takeable}, key=self._places.__getitem__)

    def is_cancellable(self) -> bool:
        """Whether no work has begun, so that the submission can be cancelled."""
        return set(self.states.values()) <= _CANCELLABLE

    def cancel_all(self, cause: str) -> None:
        """Cancel every request that is not cancelled yet, because their submission is."""
        for request, state in self.states.items():
            if state != "cancelled":
                self._move(request, "cancel", {"cause": cause})


def percent(states: Iterable[str]) -> int:
    """The progress of a set of requests: passed × 100 // (total − failed), cancelled ones left out."""
    counted = [state for state in states if state != "cancelled"]
    total = len(counted) - counted.count("failed")
    return counted.count("passed") * 100 // total if total else 0
