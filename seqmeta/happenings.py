"""Changes of progress to what happened, request by request, in words that people use at the bench."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqmeta.changes import Change
from seqmeta.judgement import Judgement
from seqmeta.rendering import name_value, render_value

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
    titles = {request["uuid"]: _title(request) for request in submission["requests"]}
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for request in submission["requests"]:
        was, now = before["requests"].get(request["uuid"]), change.body["requests"][request["uuid"]]
        if was == now:
            continue
        new = now["events"][len(was["events"]) if was is not None else 0 :]
        words = "; ".join(_describe_event(event, titles, submission) for event in new)
        state = was["state"] if was is not None else request["initial_state"]
        kind = request["request_type"]["name"]
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


def _title(request: Mapping[str, Any]) -> str:
    return f"{name_value(request.get('asset') or request['pool'])}, {request['request_type']['name']}"


def _describe_event(event: Mapping[str, Any], titles: Mapping[str, str], submission: Mapping[str, Any]) -> str:
    at = f" {event['at']}" if "at" in event else ""
    by = f" by {event['by']}" if "by" in event else ""
    comment = f": {event['comment']}" if "comment" in event else ""
    cause = event.get("cause")
    if cause is None:
        return f"{event['event']}{at}{by}{comment}"
    because = titles.get(cause, f"submission {name_value(submission)}")
    return f"{event['event']}, because of {because}"
