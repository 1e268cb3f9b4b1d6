"""Records to the JSON of Sequencescape's API, with the `actions` that say what may be done now.

Shapes as in the submission API's page of January 2012; an order's actions are what its state allows (CONTRACT 2.2).
"""

from collections.abc import Mapping
from typing import Any

from seqmeta.identity import is_uuid
from seqmeta.records import Body

BASE_URL = "http://localhost/api/1"
"""What URLs begin with where nothing else is asked for."""

KINDS = (
    "order",
    "submission",
    "order_template",
    "request",
    "request_type",
    "asset_group",
    "asset",
    "study",
    "project",
)
"""The kinds that Sequencescape has."""

_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("order", "building"): ("read", "update"),
    ("order", "withdrawn"): ("read", "update"),
    ("submission", "building"): ("read", "update", "submit"),
}
"""What may be done besides reading, by kind and state."""

_LEFT_OUT = {"submission": ("seal", "submit")}


def shape(kind: str, body: Body, progress: Body | None, url: str) -> dict[str, Any]:
    """Shape a record's body; a submission's requests have the states that its progress says."""
    kept = {key: value for key, value in body.items() if key not in _LEFT_OUT.get(kind, ())}
    if kind == "submission":
        kept["requests"] = [_add_state(request, progress) for request in body["requests"]]
        if progress is not None:
            kept["state"] = progress["state"]
    shaped: dict[str, Any] = {key: _shape(key, value, url) for key, value in kept.items()}
    if kind == "order_template":
        shaped["orders"] = {"actions": {"create": f"{url}/{body['uuid']}/orders"}}
    return {kind: {"actions": _actions(kind, body, url), **shaped}}


def shape_request(request: Body, state: str, url: str) -> dict[str, Any]:
    """Shape one request of a submission, in the state that it is in."""
    shaped = {key: _shape(key, value, url) for key, value in request.items()}
    return {"request": {"actions": _read(request["uuid"], url), **shaped, "state": state}}


def _add_state(request: Body, progress: Body | None) -> Body:
    known = progress["requests"].get(request["uuid"], {}) if progress is not None else {}
    return {**request, "state": known.get("state", request["initial_state"])}


def _actions(kind: str, body: Body, url: str) -> dict[str, str]:
    here = f"{url}/{body['uuid']}"
    allowed = _ACTIONS.get((kind, body.get("state", "")), ("read",))
    return {action: f"{here}/submit" if action == "submit" else here for action in allowed}


def _read(uuid: str, url: str) -> dict[str, str]:
    return {"read": f"{url}/{uuid}"}


def _shape(key: str, value: Any, url: str) -> Any:
    """Give whatever has a UUID the action of reading it; requests name others by UUID alone."""
    if isinstance(value, dict):
        shaped = {name: _shape(name, of, url) for name, of in value.items()}
        return {"actions": _read(value["uuid"], url), **shaped} if "uuid" in value else shaped
    if isinstance(value, list):
        return [_shape(key, item, url) for item in value]
    if key in ("orders", "upstream") and isinstance(value, str) and is_uuid(value):
        return {"actions": _read(value, url), "uuid": value}
    return value
