"""A record's body against its kind's schema: a field that is missing, unknown, or of another type (CONTRACT 3).

Terms of vocabularies are not looked up: those of the workspace that wrote a record are not in its store.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from seqmeta.kinds import Rules, load_kinds

_ADDED: Mapping[str, Mapping[str, str]] = {
    "biosample": {"stub": "boolean"},
    "asset_group": {"order": "reference"},
    "order": {"state": "string", "request_types": "list", "submission": "reference"},
    "submission": {"state": "string", "requests": "list", "seal": "dict"},
    "progress": {"uuid": "uuid", "state": "string", "requests": "dict", "percent": "integer"},
    "sequencing_run": {"library": "reference"},
}
"""What seqmeta adds to a description's fields, with its type."""

_RESOLVED = {"sequencing_run": {"library_name"}, "progress": {"events"}, "submission": {"cancel"}}
"""Fields of a description that its record has in another form, or that another record has."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z", re.ASCII)
_IS: Mapping[str, tuple[str, frozenset[type], re.Pattern[str] | None]] = {
    "string": ("text", frozenset({str}), None),
    "uuid": ("text", frozenset({str}), None),
    "decimal": ("text", frozenset({str}), None),
    "date": ("a date", frozenset({str}), _DATE),
    "time": ("a time in UTC", frozenset({str}), _TIME),
    "integer": ("a whole number", frozenset({int}), None),
    "boolean": ("true or false", frozenset({bool}), None),
    "list": ("a list", frozenset({list}), None),
    "dict": ("a mapping", frozenset({dict}), None),
    "options": ("a mapping", frozenset({dict}), None),
    "reference": ("a reference", frozenset({dict, str}), None),
}
"""Of each type of field: what it is called, the types that a value may have in a record, and how it is written."""


class _Form(NamedTuple):
    """What a record's field may be: its type by name, by Python's types and by pattern, and its words if limited."""

    called: str
    types: frozenset[type]
    pattern: re.Pattern[str] | None
    allowed: frozenset[str] | None = None


def find_misfits(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit the schema of a kind, each as the field and what was expected of it."""
    forms, required = _forms(kind)
    for name, value in body.items():
        form = forms.get(name)
        if form is None:
            yield f"{name}: its schema has no such field"
        elif type(value) not in form.types or (form.pattern is not None and form.pattern.fullmatch(value) is None):
            yield f"{name}: expected {form.called}"
        elif form.allowed is not None and value not in form.allowed:
            yield f"{name}: {value!r} is not one of {', '.join(sorted(form.allowed))}"
    for name in required:
        if name not in body:
            yield f"{name}: it is missing"


@cache
def _forms(kind: str) -> tuple[Mapping[str, _Form], tuple[str, ...]]:
    of = load_kinds()[kind]
    left_out = of.embedded | _RESOLVED.get(kind, set())
    own = {name: rules for name, rules in of.fields.items() if name not in left_out}
    added = {name: _Form(*_IS[type_]) for name, type_ in _ADDED.get(kind, {}).items()}
    forms = {name: _form(rules) for name, rules in own.items()} | added
    return forms, tuple(name for name, rules in own.items() if rules.get("required"))


def _form(rules: Rules) -> _Form:
    allowed = frozenset(rules["allowed"]) if "allowed" in rules else None
    return _Form(*_IS["reference" if "refers_to" in rules else rules["type"]], allowed)
