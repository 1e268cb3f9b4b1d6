"""A record's body against its kind's schema, to its depths: what is missing, unknown, or of another type (CONTRACT 3).

Terms of vocabularies are not looked up: those of the workspace that wrote a record are not in its store.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from seqmeta.kinds import Rules, load_kinds

Fits = Callable[[Any], str | None]
"""Says of a value what is wrong with it, as what stands behind its name (`: expected text`, `.0.barcode: expected …`);
None where it fits."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z", re.ASCII)


def _plain(called: str, *types: type, pattern: re.Pattern[str] | None = None) -> Fits:
    """Take a single value of one of these types, written like the pattern."""
    known = frozenset(types)

    def fits(value: Any) -> str | None:
        if type(value) in known and (pattern is None or pattern.fullmatch(value) is not None):
            return None
        return f": expected {called}"

    return fits


def _word(allowed: Collection[str]) -> Fits:
    """Take one of these words."""
    expected = ", ".join(sorted(allowed))

    def fits(value: Any) -> str | None:
        if type(value) is not str:
            return ": expected text"
        return None if value in allowed else f": {value!r} is not one of {expected}"

    return fits


def _list(item: Fits) -> Fits:
    """Take a list of such items."""

    def fits(value: Any) -> str | None:
        if type(value) is not list:
            return ": expected a list"
        for place, of in enumerate(value):
            said = item(of)
            if said is not None:
                return f".{place}{said}"
        return None

    return fits


def _table(values: Fits) -> Fits:
    """Take a mapping whose names are free."""

    def fits(value: Any) -> str | None:
        if type(value) is not dict:
            return ": expected a mapping"
        for name, of in value.items():
            said = values(of)
            if said is not None:
                return f".{name}{said}"
        return None

    return fits


def _mapping(fields: Mapping[str, Fits], required: Collection[str] = ()) -> Fits:
    """Take a mapping that has these fields and no other."""

    def fits(value: Any) -> str | None:
        return next((f".{said}" for said in _misfits(fields, required, value)), None)

    def plainly_fits(value: Any) -> str | None:
        if type(value) is not dict:
            return ": expected a mapping"
        for name, of in value.items():
            field = fields.get(name)
            if field is None or field(of) is not None:
                return fits(value)
        return None if all(name in value for name in required) else fits(value)

    return plainly_fits


def _misfits(fields: Mapping[str, Fits], required: Collection[str], value: Mapping[str, Any]) -> Iterator[str]:
    for name, of in value.items():
        field = fields.get(name)
        said = ": its schema has no such field" if field is None else field(of)
        if said is not None:
            yield f"{name}{said}"
    for name in required:
        if name not in value:
            yield f"{name}: it is missing"


_TEXT = _plain("text", str)
_WHOLE = _plain("a whole number", int)
_BOOLEAN = _plain("true or false", bool)
_AT = _plain("a time in UTC", str, pattern=_TIME)
_SINGLE = _plain("text, a whole number, or true or false", str, int, bool)
_PLAIN: Mapping[str, Fits] = {
    "string": _TEXT,
    "uuid": _TEXT,
    "decimal": _TEXT,
    "date": _plain("a date", str, pattern=_DATE),
    "time": _AT,
    "integer": _WHOLE,
    "boolean": _BOOLEAN,
}
"""By the type of a field, what a record may have there."""

_NAMED = _mapping({"uuid": _TEXT, "name": _TEXT, "central_sample_id": _TEXT}, ["uuid"])


def _reference(value: Any) -> str | None:
    if type(value) is dict:
        return _NAMED(value)
    return None if type(value) is str else ": expected a reference"


def _reference_or_none(value: Any) -> str | None:
    return None if value is None else _reference(value)


def _options(value: Any) -> str | None:
    """Take the options of an order or a request, which are nested at the dots of their names."""
    return _SUBOPTIONS(value) if type(value) is dict else ": expected a mapping"


def _option(value: Any) -> str | None:
    return _SUBOPTIONS(value) if type(value) is dict else _SINGLE(value)


_SUBOPTIONS = _table(_option)
_OF_TYPE: Mapping[str, Fits] = {"string": _TEXT, "integer": _WHOLE, "float": _TEXT, "boolean": _BOOLEAN}
"""By the type of an option, how its values are recorded."""

_RULE_BY_TYPE = {
    name: _mapping(
        {
            "type": _word(_OF_TYPE),
            "allowed": _list(fits),
            "min": fits,
            "max": fits,
            "required": _BOOLEAN,
            "default": fits,
        },
        ["type"],
    )
    for name, fits in _OF_TYPE.items()
}


def _rule(value: Any) -> str | None:
    """Take what a request type asks of an option."""
    type_ = value.get("type") if type(value) is dict else None
    return _RULE_BY_TYPE[type_ if type(type_) is str and type_ in _OF_TYPE else "string"](value)


_RULES = _table(_rule)
_REQUEST = _mapping(
    {
        "uuid": _TEXT,
        "request_type": _reference,
        "orders": _list(_TEXT),
        "study": _reference_or_none,
        "project": _reference_or_none,
        "asset": _reference,
        "pool": _reference,
        "upstream": _list(_TEXT),
        "options": _options,
        "initial_state": _word(("pending", "blocked")),
        "billable": _BOOLEAN,
        "price": _TEXT,
    },
    ["uuid", "request_type", "orders", "study", "project", "upstream", "options", "initial_state", "billable"],
)
_EVENT = _mapping(
    {
        "number": _WHOLE,
        "cause": _TEXT,
        "event": _TEXT,
        "from": _TEXT,
        "to": _TEXT,
        "at": _AT,
        "by": _TEXT,
        "comment": _TEXT,
    },
    ["event", "from", "to"],
)
_TAKEN = _mapping(
    {"uuid": _TEXT, "name": _TEXT, "asset_type": _TEXT, "barcode": _TEXT, "biosamples": _list(_reference)},
    ["uuid", "name"],
)
_ORDERED = _mapping({"uuid": _TEXT, "name": _TEXT, "options": _RULES}, ["uuid", "name", "options"])
_REPORTED = _mapping({"state": _TEXT, "events": _list(_EVENT)}, ["state", "events"])
_SEAL = _mapping({"orders": _table(_TEXT), "root": _TEXT}, ["orders", "root"])

_OWN: Mapping[str, Mapping[str, Fits]] = {
    "biosample": {"stub": _BOOLEAN},
    "asset_group": {"order": _reference},
    "request_type": {"options": _RULES},
    "order": {
        "state": _TEXT,
        "assets": _list(_TAKEN),
        "request_types": _list(_ORDERED),
        "request_options": _options,
        "submission": _reference,
    },
    "submission": {"state": _TEXT, "requests": _list(_REQUEST), "seal": _SEAL},
    "progress": {"uuid": _TEXT, "state": _TEXT, "requests": _table(_REPORTED), "percent": _WHOLE},
    "sequencing_run": {"library": _reference},
}
"""What seqmeta adds to a description's fields, or has in another form."""

_RESOLVED = {"sequencing_run": {"library_name"}, "progress": {"events"}, "submission": {"cancel"}}
"""Fields of a description that its record has under another name, or that another record has."""


def find_misfits(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit the schema of a kind, each as the field and what was expected of it."""
    return _misfits(*_fields(kind), body)


@cache
def _fields(kind: str) -> tuple[Mapping[str, Fits], tuple[str, ...]]:
    of = load_kinds()[kind]
    left_out = of.embedded | _RESOLVED.get(kind, set())
    own = {name: rules for name, rules in of.fields.items() if name not in left_out}
    added = _OWN.get(kind, {})
    fields = {name: _compile(rules) for name, rules in own.items() if name not in added}
    return {**fields, **added}, tuple(name for name, rules in own.items() if rules.get("required"))


def _compile(rules: Rules) -> Fits:
    """Turn the rules of a field into what a record may have there."""
    if "refers_to" in rules:
        return _reference
    if "allowed" in rules:
        return _word(rules["allowed"])
    if rules["type"] == "options":
        return _options
    if rules["type"] == "list":
        return _list(_compile(rules["schema"]))
    if "schema" in rules:
        return _compile_mapping(rules)
    return _table(_compile(rules["valuesrules"])) if rules["type"] == "dict" else _PLAIN[rules["type"]]


def _compile_mapping(rules: Rules) -> Fits:
    """Turn the rules of a mapping into what a record may have; what it refers to by name has its UUID beside that."""
    inner: Mapping[str, Rules] = rules["schema"]
    fields = {name: _TEXT if "refers_to" in of else _compile(of) for name, of in inner.items()}
    required = [name for name, of in inner.items() if of.get("required")]
    return _mapping({**fields, "uuid": _TEXT} if "shorthand" in rules else fields, required)
