"""Changes of progress to what happened, request by request, in words that people use at the bench.

Assets and types of requests are called as they are after the run, which may not be as their submission was sealed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqmeta.changes import Change
from seqmeta.judgement import Judgement
from seqmeta.rendering import name_value, render_value
from seqmeta.step import Step

MOST_SHOWN = 20
"""Where more than this happened to requests of one type in the same way, they are counted."""


class Happening(NamedTuple):
    """What happened to one request, or to several in the same way: its state before and after, and through what."""

    what: str
    before: str
    after: str
    events: str


def find_happenings(judgement: Judgement, change: Change) -> list[Happening]:
    """Find what a change of progress says, in the order of the submission's requests; the percentage comes last."""
    before: Mapping[str, Any] = change.before or {"requests": {}}
    submission = judgement.step.body(change.body["submission"]["uuid"]) or {"requests": []}
    names = _find_names(judgement.step, submission["requests"])
    titles = {request["uuid"]: _title(request, names) for request in submission["requests"]}
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for request in submission["requests"]:
        was, now = before["requests"].get(request["uuid"]), change.body["requests"][request["uuid"]]
        if was == now:
            continue
        new = now["events"][len(was["events"]) if was is not None else 0 :]
        words = "; ".join(_describe_event(event, titles, submission) for event in new)
        state = was["state"] if was is not None else request["initial_state"]
        kind = names[request["request_type"]["uuid"]]
        found.setdefault((kind, state, now["state"], words), []).append(titles[request["uuid"]])
    return [*_gather(found), *_percent(before, change.body)]


def _gather(found: Mapping[tuple[str, str, str, str], list[str]]) -> Iterator[Happening]:
    for (kind, before, after, words), titles in found.items():
        if len(titles) > MOST_SHOWN:
            yield Happening(f"{len(titles)} requests, {kind}", before, after, words)
        else:
            yield from (Happening(title, before, after, words) for title in titles)


def _percent(before: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Happening]:
    if before.get("percent") != body["percent"]:
        yield Happening("percent", render_value(before.get("percent")), render_value(body["percent"]), "")


def _find_names(step: Step, requests: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """The names of the assets and types of requests, by UUID."""
    names: dict[str, str] = {}
    for kind in ("asset", "request_type"):
        sealed = {request[kind]["uuid"]: name_value(request[kind]) for request in requests if kind in request}
        found = {of["uuid"]: of["name"] for of in step.references(kind, list(sealed)) if "name" in of}
        names |= sealed | found
    return names


def _title(request: Mapping[str, Any], names: Mapping[str, str]) -> str:
    item = names[request["asset"]["uuid"]] if "asset" in request else name_value(request["pool"])
    return f"{item}, {names[request['request_type']['uuid']]}"


def _describe_event(event: Mapping[str, Any], titles: Mapping[str, str], submission: Mapping[str, Any]) -> str:
    at = f" {event['at']}" if "at" in event else ""
    by = f" by {event['by']}" if "by" in event else ""
    comment = f": {event['comment']}" if "comment" in event else ""
    cause = event.get("cause")
    if cause is None:
        return f"{event['event']}{at}{by}{comment}"
    because = titles.get(cause, f"submission {name_value(submission)}")
    return f"{event['event']}, because of {because}"
