"""A record's body against its kind's schema, to its depths: what is missing, unknown, or of another type (CONTRACT 3).

Terms of vocabularies are not looked up: those of the workspace that wrote a record are not in its store.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from seqmeta.kinds import Rules, load_kinds
from seqmeta.values import MOST_DIGITS
from seqmeta.verification.fits import (
    Fits,
    dated,
    list_of,
    mapping_of,
    misfits_of,
    plain,
    reference_of,
    table_of,
    word,
    written,
)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)

_TEXT = plain("text", str)
_WHOLE = plain("a whole number", int)
_BOOLEAN = plain("true or false", bool)
_AT = dated("a time in UTC", _TIME)
_AMOUNT = written("decimal text", _DECIMAL, MOST_DIGITS)
_SINGLE = plain("text, a whole number, or true or false", str, int, bool)
_PLAIN: Mapping[str, Fits] = {
    "string": _TEXT,
    "uuid": _TEXT,
    "decimal": _AMOUNT,
    "date": dated("a date", _DATE),
    "time": _AT,
    "integer": _WHOLE,
    "boolean": _BOOLEAN,
}
"""By the type of a field, what a record may have there."""


@cache
def _reference_to(kind: str) -> Fits:
    """Take what bodies say of a thing of this kind, which has no name only where a UUID is enough to describe one."""
    named = "central_sample_id" if kind == "biosample" else "name"
    return reference_of(named, is_optional=load_kinds()[kind].is_anonymous)


def _or_none(fits: Fits) -> Fits:
    return lambda value: None if value is None else fits(value)


def _options(value: Any) -> str | None:
    """Take the options of an order or a request, which are nested at the dots of their names."""
    return _SUBOPTIONS(value) if type(value) is dict else ": expected a mapping"


def _option(value: Any) -> str | None:
    return _SUBOPTIONS(value) if type(value) is dict else _SINGLE(value)


_SUBOPTIONS = table_of(_option)
_OF_TYPE: Mapping[str, Fits] = {"string": _TEXT, "integer": _WHOLE, "float": _AMOUNT, "boolean": _BOOLEAN}
"""By the type of an option, how its values are recorded."""

_BOUNDED = ("integer", "float")


def _rule_of(type_: str) -> Fits:
    fits = _OF_TYPE[type_]
    bounds = {"min": fits, "max": fits} if type_ in _BOUNDED else {}
    rules = {"type": word(_OF_TYPE), "allowed": list_of(fits), "required": _BOOLEAN, "default": fits}
    return mapping_of({**rules, **bounds}, ["type"])


_RULE_BY_TYPE = {type_: _rule_of(type_) for type_ in _OF_TYPE}


def _rule(value: Any) -> str | None:
    """Take what a request type asks of an option."""
    type_ = value.get("type") if type(value) is dict else None
    return _RULE_BY_TYPE[type_ if type(type_) is str and type_ in _OF_TYPE else "string"](value)


_RULES = table_of(_rule)
_WORK = mapping_of(
    {
        "uuid": _TEXT,
        "request_type": _reference_to("request_type"),
        "orders": list_of(_TEXT),
        "study": _or_none(_reference_to("study")),
        "project": _or_none(_reference_to("project")),
        "asset": _reference_to("asset"),
        "pool": reference_of("name", is_optional=False),
        "upstream": list_of(_TEXT),
        "options": _options,
        "initial_state": word(("pending", "blocked")),
        "billable": _BOOLEAN,
        "price": _AMOUNT,
    },
    ["uuid", "request_type", "orders", "study", "project", "upstream", "options", "initial_state", "billable"],
)


def _request(value: Any) -> str | None:
    """Take a request, which works on an asset or on a pool."""
    said = _WORK(value)
    if said is not None or ("asset" in value) != ("pool" in value):
        return said
    return ".pool: it has an asset already" if "pool" in value else ".asset: it is missing, and there is no pool"


_EVENT = mapping_of(
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
_TAKEN = mapping_of(
    {
        "uuid": _TEXT,
        "name": _TEXT,
        "asset_type": _TEXT,
        "barcode": _TEXT,
        "biosamples": list_of(_reference_to("biosample")),
    },
    ["uuid", "name"],
)
_ORDERED = mapping_of({"uuid": _TEXT, "name": _TEXT, "options": _RULES}, ["uuid", "name", "options"])
_REPORTED = mapping_of({"state": _TEXT, "events": list_of(_EVENT)}, ["state", "events"])
_SEAL = mapping_of({"orders": table_of(_TEXT), "root": _TEXT}, ["orders", "root"])

_OWN: Mapping[str, Mapping[str, Fits]] = {
    "biosample": {"stub": _BOOLEAN},
    "asset_group": {
        "assets": list_of(_reference_to("asset")),  # none where the order that made it has none any more
        "order": _reference_to("order"),
    },
    "request_type": {"options": _RULES},
    "order": {
        "state": _TEXT,
        "assets": list_of(_TAKEN),
        "request_types": list_of(_ORDERED),
        "request_options": _options,
        "submission": _reference_to("submission"),
    },
    "submission": {"state": _TEXT, "requests": list_of(_request), "seal": _SEAL},
    "progress": {"uuid": _TEXT, "state": _TEXT, "requests": table_of(_REPORTED), "percent": _WHOLE},
    "sequencing_run": {"library": _reference_to("library")},
}
"""What seqmeta adds to a description's fields, or has in another form."""

_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "order": ("state", "assets", "request_types", "request_options"),
    "submission": ("state", "orders", "requests", "priority"),
    "progress": ("state", "requests", "percent"),
    "sequencing_run": ("library", "requests"),
}
"""What every record of a kind has although its description may lack it; of what is for some, rules of state say for
which."""

_RESOLVED = {"sequencing_run": {"library_name"}, "progress": {"events"}, "submission": {"cancel"}}
"""Fields of a description that its record has under another name, or that another record has."""


def find_misfits(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit the schema of a kind, each as the field and what was expected of it."""
    return misfits_of(*_fields(kind), body)


@cache
def _fields(kind: str) -> tuple[Mapping[str, Fits], tuple[str, ...]]:
    of = load_kinds()[kind]
    left_out = of.embedded | _RESOLVED.get(kind, set())
    own = {name: rules for name, rules in of.fields.items() if name not in left_out}
    added = _OWN.get(kind, {})
    fields = {name: _compile(rules) for name, rules in own.items() if name not in added}
    said = (name for name, rules in own.items() if rules.get("required"))
    return {**fields, **added}, tuple(dict.fromkeys(("uuid", *said, *_ALWAYS.get(kind, ()))))


def _compile(rules: Rules) -> Fits:
    """Turn the rules of a field into what a record may have there."""
    if "refers_to" in rules:
        return _reference_to(rules["refers_to"])
    if "allowed" in rules:
        return word(rules["allowed"])
    if rules["type"] == "options":
        return _options
    if rules["type"] == "list":
        return list_of(_compile(rules["schema"]), is_filled="minlength" in rules)
    if "schema" in rules:
        return _compile_mapping(rules)
    return table_of(_compile(rules["valuesrules"])) if rules["type"] == "dict" else _PLAIN[rules["type"]]


def _compile_mapping(rules: Rules) -> Fits:
    """Turn the rules of a mapping into what a record may have; what it refers to by name has its UUID beside that."""
    inner: Mapping[str, Rules] = rules["schema"]
    fields = {name: _TEXT if "refers_to" in of else _compile(of) for name, of in inner.items()}
    required = [name for name, of in inner.items() if of.get("required")]
    beside = ["uuid"] if "shorthand" in rules else []
    return mapping_of({**fields, **dict.fromkeys(beside, _TEXT)}, [*beside, *required])
