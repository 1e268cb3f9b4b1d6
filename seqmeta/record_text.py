"""Records and the stories they are part of, to text that is laid out for people."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from seqmeta.changes import FieldChange
from seqmeta.listing import state_now
from seqmeta.records import Body, Record, name_of
from seqmeta.rendering import name_value, printable, render_value
from seqmeta.story import Request, Story

Emphasis = Callable[[str], str]
"""What makes a heading stand out where that can be seen."""

MOST_LINES = 20
"""How many of one sort are listed before it only says how many more there are."""

_TOLD_APART = {
    "submission": ("requests", "seal", "submit"),
    "progress": ("requests",),
}
"""What of a body is told by the story, or is for machines."""


def render_field(change: FieldChange) -> str:
    """Write what happened to one field."""
    return f"{change.path}: {render_value(change.before)} → {render_value(change.after)}"


def render_record(record: Record, story: Story, notes: Mapping[str, str], emphasis: Emphasis) -> str:
    """Write a record, what else there is to note of it, and its story."""
    body = {key: value for key, value in record.body.items() if key not in _TOLD_APART.get(record.kind, ())}
    name = name_of(record.kind, record.body) or record.body.get("submission", {}).get("name") or record.uuid
    fields = {"uuid": record.uuid, **notes, **dict(_fields(body)), **notes}
    return _page(f"{record.kind.replace('_', ' ')} {name}", fields, _sections(story, record.uuid), emphasis)


def render_request(request: Request, story: Story, emphasis: Emphasis) -> str:
    """Write a request with what happened to it, and its story."""
    told = {key: value for key, value in request.body.items() if key not in ("uuid", "orders", "upstream")}
    fields = {"uuid": request.uuid, "state": request.state, "submission": name_value(request.submission)}
    fields |= dict(_fields({**told, "upstream": f"{len(request.body['upstream'])} requests"}))
    events = ("events", "", [_event(event) for event in request.events])
    sections = [events, *_sections(story, request.uuid)]
    title = f"request {request.body['request_type']['name']} of {name_value(request.item)}"
    return _page(title, fields, sections, emphasis)


def render_pool(pool: Mapping[str, str], story: Story, emphasis: Emphasis) -> str:
    """Write a pool with the requests that work on it, and its story."""
    return _page(f"pool {pool['name']}", {"uuid": pool["uuid"]}, _sections(story, pool["uuid"]), emphasis)


Section = tuple[str, str, Sequence[str]]
"""A heading, what is said behind it, and lines."""


def _page(title: str, fields: Mapping[str, str], sections: Iterable[Section], emphasis: Emphasis) -> str:
    width = max(map(len, fields), default=0)
    lines = [emphasis(printable(title)), *(printable(f"  {key.ljust(width)}  {text}") for key, text in fields.items())]
    for heading, summary, items in sections:
        if items:
            lines += ["", emphasis(heading) + printable(f": {summary}" if summary else "")]
            lines += [printable(f"  {item}") for item in items[:MOST_LINES]]
            lines += [f"  and {len(items) - MOST_LINES} more"] if len(items) > MOST_LINES else []
    return "\n".join(lines)


def _fields(body: Body, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key in sorted(body, key=lambda key: (key not in ("uuid", "state", "name"), key)):
        value = body[key]
        if isinstance(value, dict) and not _is_reference(value):
            yield from _fields(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", render_value(value, 400)


def _is_reference(value: Mapping[str, Any]) -> bool:
    return "uuid" in value


def _event(event: Body) -> str:
    who = f" by {event['by']}" if "by" in event else ""
    when = f"{event['at']}  " if "at" in event else ""
    cause = f" (because of {event['cause']})" if "cause" in event else ""
    comment = f": {event['comment']}" if "comment" in event else ""
    return f"{when}{event['event']}: {event['from']} → {event['to']}{who}{cause}{comment}"


def _sections(story: Story, itself: str) -> Iterator[Section]:
    requests = [of for of in story.requests.values() if of.uuid != itself]
    yield "studies", "", _references(story.studies, itself)
    yield "projects", "", _references(story.projects, itself)
    yield "orders", "", _records(story.orders, itself)
    yield "submissions", "", _records(story.submissions, itself, story.cancelled)
    yield "requests", _count_requests(requests), [_request(of) for of in requests]
    yield "runs", "", _records(story.runs, itself)
    yield "libraries", "", _records(story.libraries, itself)
    yield "assets", "", _references(story.assets, itself)
    yield "biosamples", "", _references(story.biosamples, itself)


def _references(found: Mapping[str, Mapping[str, Any]], itself: str) -> list[str]:
    return [f"{uuid}  {name_value(of)}" for uuid, of in found.items() if uuid != itself]


def _records(found: Mapping[str, Record], itself: str, cancelled: Collection[str] = ()) -> list[str]:
    return [_record(record, cancelled) for uuid, record in found.items() if uuid != itself]


def _record(record: Record, cancelled: Collection[str]) -> str:
    body = record.body
    name = body.get("run_name") if record.kind == "sequencing_run" else name_of(record.kind, body)
    instrument = body.get("instrument_model", body.get("instrument_make"))
    words = (record.uuid, name, state_now(record, cancelled), instrument, body.get("start_time"))
    return "  ".join(str(word) for word in words if word is not None)


def _request(request: Request) -> str:
    return f"{request.uuid}  {request.state:9}  {request.body['request_type']['name']}  {name_value(request.item)}"


def _count_requests(requests: Sequence[Request]) -> str:
    """Say how many there are of each type, in which states: `4 Library creation (4 passed)`."""
    types: dict[str, Counter[str]] = {}
    for request in requests:
        types.setdefault(request.body["request_type"]["name"], Counter())[request.state] += 1
    return ", ".join(f"{states.total()} {name} ({_count_states(states)})" for name, states in types.items())


def _count_states(states: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in states.items())
