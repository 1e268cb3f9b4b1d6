"""The kinds of things that can be described: each one a schema in `schemas/*.yaml`, in Cerberus's language.

A field's rules are Cerberus's own, and these of seqmeta's: `vocabulary` (its terms), `refers_to` (a kind), `alias`
(another spelling of the key), `line_breaks`, `distinct`, `single` (one value stands for a list of it), `shorthand` (the
key that an item given as plain text stands for), `without` (characters), `dotted`, `not_before`, `same_as`, `make_in`,
`applies_where`, `past`.

A schema has a `version` (1 where nothing is said) and, from the second on, `upgrades`: how the body of a record comes
from each version to the next (`seqmeta.upgrades`). Only the fields of the newest version stand in it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from seqmeta.errors import UsageError
from seqmeta.reader import Value, read_yaml
from seqmeta.upgrades import Upgrade, UpgradeError, parse_upgrade
from seqmeta.values import shorten
from seqmeta.vocabulary import fold, nearest

Rules = Mapping[str, Any]
"""The rules of one field, typed as Cerberus wants them."""

_TEXT, _NUMBER, _FLAG, _TEXTS, _RULES, _FREE = "text", "number", "flag", "texts", "rules", "free"
_RULE_TYPES = {
    "type": _TEXT,
    "required": _FLAG,
    "allowed": _TEXTS,
    "min": _NUMBER,
    "max": _NUMBER,
    "minlength": _NUMBER,
    "maxlength": _NUMBER,
    "excludes": _TEXTS,
    "keysrules": _RULES,
    "valuesrules": _RULES,
    "schema": _RULES,
    "meta": _FREE,
    "vocabulary": _TEXT,
    "refers_to": _TEXT,
    "alias": _TEXT,
    "line_breaks": _FLAG,
    "distinct": _TEXTS,
    "single": _FLAG,
    "shorthand": _TEXT,
    "without": _TEXT,
    "dotted": _FLAG,
    "not_before": _TEXT,
    "same_as": _TEXT,
    "make_in": _TEXT,
    "applies_where": _FREE,
    "past": _FLAG,
}
_KIND_KEYS = {
    *("kind", "plural", "named_by", "named_within", "anonymous", "about", "embeds", "embedded_fields", "fields"),
    *("version", "upgrades"),
}


class SchemaError(Exception):
    """A packaged schema is not written as this module wants it: a mistake in seqmeta, not of its user."""


class Kind(NamedTuple):
    """One kind: its name, the key of a list of it (also its folder in `records/`), and the rules of its fields."""

    name: str
    plural: str
    about: str
    named_by: str
    named_within: str | None
    is_anonymous: bool
    embeds: str | None
    embedded: frozenset[str]
    fields: Mapping[str, Rules]
    schemas: tuple[str, ...]
    """What `meta.schema` of a record may say that is read: of each version, the oldest first."""
    upgrades: tuple[Upgrade, ...]
    """What leads from the first version of the schema to the second, and so on to the last."""

    def path(self, uuid: str) -> str:
        """Name the file of one of its records inside the store: `orders/ab/ab….json`."""
        return f"{self.plural}/{uuid[:2]}/{uuid}.json"

    @property
    def schema(self) -> str:
        """What `meta.schema` of its records says."""
        return self.schemas[-1]


@cache
def load_kinds() -> Mapping[str, Kind]:
    """Load all packaged kinds, in the order in which they are linked: what is referred to comes first."""
    raw = {name: _read_schema(name) for name in _listed()}
    return {name: _make_kind(name, raw) for name in raw}


@cache
def load_fields(name: str) -> Mapping[str, Rules]:
    """Load the fields of a packaged schema that is no kind: the workspace's `config`, its `vocabularies`."""
    return _fields(_read_schema(name)["fields"], name)


def _listed() -> Iterator[str]:
    return iter(_read_schema("index")["kinds"])


def _read_schema(name: str) -> dict[str, Any]:
    data = resources.files("seqmeta").joinpath(f"schemas/{name}.yaml").read_bytes()
    reading = read_yaml(data)
    raw = reading.documents[0].value if reading.documents else None
    if reading.faults or not isinstance(raw, dict):
        raise SchemaError(f"{name}.yaml: {reading.faults or 'no mapping'}")
    return raw


def _make_kind(name: str, schemas: Mapping[str, dict[str, Any]]) -> Kind:
    raw = schemas[name]
    if raw["kind"] != name or not raw.keys() <= _KIND_KEYS:
        raise SchemaError(f"{name}.yaml: a kind has the keys {sorted(_KIND_KEYS)}")
    fields = _fields(raw["fields"], name)
    embedded = _embedded_fields(raw, schemas) if "embeds" in raw else {}
    upgrades = _upgrades(raw, name)
    return Kind(
        name=name,
        plural=raw["plural"],
        about=raw["about"],
        named_by=raw["named_by"],
        named_within=raw.get("named_within"),
        is_anonymous=raw.get("anonymous") == "true",
        embeds=raw.get("embeds"),
        embedded=frozenset(embedded),
        fields={**fields, **embedded},
        schemas=tuple(f"{name}/{number}" for number in range(1, len(upgrades) + 2)),
        upgrades=upgrades,
    )


def _upgrades(raw: Mapping[str, Any], name: str) -> tuple[Upgrade, ...]:
    try:
        upgrades = tuple(map(parse_upgrade, raw.get("upgrades", ())))
    except (UpgradeError, KeyError, ValueError) as error:
        raise SchemaError(f"{name}.yaml: {error}") from error
    if raw.get("version", "1") != str(len(upgrades) + 1):
        raise SchemaError(f"{name}.yaml: version {raw.get('version')}, and {len(upgrades)} upgrades lead to it")
    return upgrades


def _embedded_fields(raw: Mapping[str, Any], schemas: Mapping[str, dict[str, Any]]) -> dict[str, Rules]:
    """The fields of the embedded kind that the host does not have itself, made stricter as the host says."""
    stricter = _fields(raw["embedded_fields"], raw["kind"])
    theirs = _fields(schemas[raw["embeds"]]["fields"], raw["embeds"])
    return {name: {**rules, **stricter.get(name, {})} for name, rules in theirs.items() if name not in raw["fields"]}


def _fields(raw: Mapping[str, Any], where: str) -> dict[str, Rules]:
    return {name: _typed(rules, f"{where}.{name}") for name, rules in raw.items()}


def _typed(raw: Mapping[str, Any], where: str) -> Rules:
    unknown = raw.keys() - _RULE_TYPES.keys()
    if unknown:
        raise SchemaError(f"{where}: unknown rules {sorted(unknown)}")
    return {rule: _typed_constraint(_RULE_TYPES[rule], value, f"{where}.{rule}", raw) for rule, value in raw.items()}


def _typed_constraint(kind: str, value: Value, where: str, raw: Mapping[str, Any]) -> Any:
    if kind == _FREE and isinstance(value, dict):
        return value
    if kind == _RULES and isinstance(value, dict):
        return _fields(value, where) if raw.get("type") == "dict" and "valuesrules" not in raw else _typed(value, where)
    if kind == _TEXTS:
        return tuple(value) if isinstance(value, list) else (value,)
    if kind == _NUMBER and isinstance(value, str):
        return int(value)
    if kind == _FLAG and value in ("true", "false"):
        return value == "true"
    if kind == _TEXT and isinstance(value, str):
        return value
    raise SchemaError(f"{where}: {value!r} is no {kind}")


def find_kind(word: str) -> str:
    """Find the kind that a word means, singular or plural; UsageError with a suggestion for any other word."""
    known = kind_words()
    if fold(word) in known:
        return known[fold(word)]
    near = nearest(word, list(known))
    raise UsageError(f"there is no kind {shorten(word)}: " + (f"did you mean {near}?" if near else _kinds_listed()))


def _kinds_listed() -> str:
    return f"expected one of {', '.join(load_kinds())}"


def with_article(kind: str) -> str:
    """Name a thing of a kind in a sentence: `an order template`."""
    return f"{'an' if kind[0] in 'aeo' else 'a'} {kind.replace('_', ' ')}"


def kind_words() -> dict[str, str]:
    """The names of the kinds by the words that mean them, singular and plural."""
    return {word: name for name, kind in load_kinds().items() for word in (name, kind.plural)}
