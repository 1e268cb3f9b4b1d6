"""Which fields of a record's body name other records: a body to the kinds and UUIDs that must exist (CONTRACT 3)."""

from collections.abc import Mapping
from typing import Any

from seqmeta.verification.shapes import ShapeError, uuid_of

Inner = Mapping[str, tuple[str, "Inner"]]
"""Field → the kind that it names, and the fields of each such mapping that name records in turn."""

_NONE: Inner = {}
_BIOSAMPLES: Inner = {"biosamples": ("biosample", _NONE)}
_REQUEST: Inner = {
    "request_type": ("request_type", _NONE),
    "orders": ("order", _NONE),
    "study": ("study", _NONE),
    "project": ("project", _NONE),
    "asset": ("asset", _BIOSAMPLES),
}

REFERENCES: Mapping[str, Inner] = {
    "asset": _BIOSAMPLES,
    "asset_group": {"study": ("study", _NONE), "assets": ("asset", _BIOSAMPLES), "order": ("order", _NONE)},
    "order_template": {"request_types": ("request_type", _NONE), "superseded_by": ("order_template", _NONE)},
    "order": {
        "template": ("order_template", _NONE),
        "project": ("project", _NONE),
        "study": ("study", _NONE),
        "assets": ("asset", _BIOSAMPLES),
        "asset_group": ("asset_group", _NONE),
        "request_types": ("request_type", _NONE),
        "submission": ("submission", _NONE),
    },
    "submission": {"orders": ("order", _NONE), "supersedes": ("submission", _NONE)},
    "progress": {"submission": ("submission", _NONE)},
    "library": _BIOSAMPLES,
    "sequencing_run": {"library": ("library", _NONE), "study": ("study", _NONE)},
}


def add_references(kind: str, body: Mapping[str, Any], mentioned: set[tuple[str, str]]) -> None:
    """Add kind and UUID of every record that a body names; ShapeError where a field is no reference."""
    fields = REFERENCES.get(kind)
    if fields is not None:
        _add(fields, body, mentioned)
    if kind == "submission":
        requests = body.get("requests")
        for place, request in enumerate(requests if isinstance(requests, list) else ()):
            if not isinstance(request, dict):
                raise ShapeError(f"requests.{place}: expected a mapping")
            _add(_REQUEST, request, mentioned)


def _add(fields: Inner, body: Mapping[str, Any], mentioned: set[tuple[str, str]]) -> None:
    for field, (kind, inner) in fields.items():
        value = body.get(field)
        if value is None:
            continue
        for item in value if type(value) is list else (value,):
            named = item.get("uuid") if type(item) is dict else item
            if type(named) is not str or (kind, named) not in mentioned:  # most are named many times
                mentioned.add((kind, uuid_of(item, field)))
            if inner and type(item) is dict and not inner.keys().isdisjoint(item):
                _add(inner, item, mentioned)
