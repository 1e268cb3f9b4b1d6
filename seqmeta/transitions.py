"""The states of requests: events replayed over the requests of a submission (CONTRACT 2.4 and 7, "Cascade").

The table of transitions is data (`transitions.yaml`). A request that fails or is cancelled takes along each dependent
that has no live upstream left; what is taken along says so with `cause` instead of `number`.
"""

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


class Replay:
    """The requests of one submission, brought from their initial states through events in the order they come."""

    def __init__(self, requests: Sequence[Body]) -> None:
        self.states: dict[str, str] = {request["uuid"]: request["initial_state"] for request in requests}
        self.events: dict[str, list[dict[str, Any]]] = {request["uuid"]: [] for request in requests}
        self._upstream: dict[str, Sequence[str]] = {request["uuid"]: request["upstream"] for request in requests}
        self._dependents: dict[str, list[str]] = {}
        for request in requests:
            for upstream in request["upstream"]:
                self._dependents.setdefault(upstream, []).append(request["uuid"])

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
        self._take_along([request])

    def _require_ready(self, request: str) -> None:
        states = [self.states[upstream] for upstream in self._upstream[request]]
        waiting = sum(state not in CLOSED for state in states)
        if waiting:
            message = f"{waiting} of the {len(states)} requests upstream of it are not closed yet"
            raise TransitionError("upstream_not_ready", f"start of a request too early: {message}")
        if states and "passed" not in states:
            message = "start of a request whose upstream requests all failed or were cancelled: at least one must pass"
            raise TransitionError("upstream_not_ready", message)

    def _move(self, request: str, event: str, details: Mapping[str, Any]) -> None:
        state, to = self.states[request], "cancelled" if event == "cancel" else load_transitions()[event][1]
        self.events[request].append({**details, "event": event, "from": state, "to": to})
        self.states[request] = to

    def _take_along(self, changed: Iterable[str]) -> None:
        queue = [request for request in changed if self.states[request] in _DEAD]
        while queue:
            request = queue.pop(0)
            for dependent in self._dependents.get(request, ()):
                event = _TAKEN_ALONG.get(self.states[dependent])
                if event is None or any(self.states[of] not in _DEAD for of in self._upstream[dependent]):
                    continue
                self._move(dependent, event, {"cause": request})
                queue.append(dependent)

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
