"""Which fields of a record's body name other records: a body to the kinds and UUIDs that must exist (CONTRACT 3)."""

from collections.abc import Iterator, Mapping
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


def find_references(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield kind and UUID of every record that a body names; ShapeError where a field is no reference."""
    yield from _find(REFERENCES.get(kind, _NONE), body, "")
    if kind == "submission":
        requests = body.get("requests")
        for place, request in enumerate(requests if isinstance(requests, list) else ()):
            if not isinstance(request, dict):
                raise ShapeError(f"requests.{place}: expected a mapping")
            yield from _find(_REQUEST, request, f"requests.{place}.")


def _find(fields: Inner, body: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    for field, (kind, inner) in fields.items():
        value = body.get(field)
        if value is None:
            continue
        for place, item in enumerate(value if isinstance(value, list) else (value,)):
            yield kind, uuid_of(item, f"{where}{field}" + (f".{place}" if isinstance(value, list) else ""))
            if inner and isinstance(item, dict):
                yield from _find(inner, item, f"{where}{field}.{place}.")
