"""Schemas to tables of fields: what each field takes, in words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from layout import code, row, table

from seqmeta.kinds import Kind
from seqmeta.libraries import PER_SAMPLE

TYPES = {
    "text": "One line, read as it is written: `NO`, `0123` and `1.10` stay what they are. Outer white space is "
    "dropped. `comments` and `description` may have several lines.",
    "whole number": "Decimal digits with an optional sign: `76`. `01`, `1.0` and `1e3` are refused.",
    "decimal number": "Decimal digits with an optional point, no exponent: `120.00`. It is stored as it was written.",
    "`true` or `false`": "In any case. `yes`, `no`, `1` and `0` are refused.",
    "date": "`YYYY-MM-DD`: `2020-03-22`.",
    "time": "RFC 3339 with its offset: `2020-03-22T10:05:00Z`, `2020-03-22T11:05:00+01:00`; or `YYYY-MM-DD HH:MM`, "
    "which means UTC: `2020-03-22 10:05`. It is stored in UTC, as `2020-03-22T10:05:00Z`; fractions of seconds are "
    "kept.",
    "term": "One of the terms of a [vocabulary](vocabularies.md), in any case; a space, `-` and `_` are the same. It "
    "is stored as the vocabulary spells it.",
    "UUID": "32 hexadecimal digits as 8-4-4-4-12, in any case: `09ef4b3a-1bad-453a-a291-029ac9bd705d`. It is stored "
    "in lower case. The nil UUID is refused.",
    "name or UUID": "What names another thing, exactly as that is spelled; it may be described in any file, or be "
    "recorded already.",
    "list": "`[A, B]`, or one item a line behind `- `. It is the whole list: what is left out is taken away.",
    "mapping": "`{key: value}`, or one `key: value` a line.",
}
"""What a type is called in the tables, and how its values are written."""

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "boolean": "`true` or `false`",
    "decimal": "[decimal number](kinds.md#types)",
    "date": "[date](kinds.md#types)",
    "time": "[time](kinds.md#types)",
    "uuid": "[UUID](kinds.md#types)",
    "dict": "mapping",
    "options": "mapping",
}


def type_rows() -> str:
    """Write the table of the types."""
    return table("takes", "how it is written") + "".join(row(name, about) for name, about in TYPES.items())


def kind_rows(kind: Kind) -> Iterator[str]:
    """Write the fields of a kind as rows of a table, with when each is required."""
    return field_rows(kind.fields, need=lambda name: _need(kind, name))


def _need(kind: Kind, name: str) -> str:
    """Say when a key of a kind is required; nothing where it never is."""
    if kind.is_anonymous and name in ("uuid", kind.named_by):
        return f"`{kind.named_by}` or `uuid`"
    if kind.name == "library" and name in PER_SAMPLE:
        return "yes, here or on each biosample"
    if not kind.fields[name].get("required"):
        return ""
    return "yes, unless the library is described elsewhere" if name in kind.embedded else "yes"


def field_rows(fields: Mapping[str, Any], prefix: str = "", need: Callable[[str], str] | None = None) -> Iterator[str]:
    """Write fields as rows of a table, what lies within a field after it."""
    for name, rules in fields.items():
        needed = need(name) if need is not None else "yes" if rules.get("required") else ""
        yield row(code(prefix + name), describe_type(rules), needed, _meaning(rules))
        yield from field_rows(_within(rules), f"{prefix}{name}.")


def _within(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a mapping, or of the mappings in a list; a free name is written NAME, or what it is."""
    if rules["type"] == "list":
        inner: Mapping[str, Any] = rules.get("schema", {})
        return inner.get("schema", {}) if inner.get("type") == "dict" else {}
    if "valuesrules" in rules:
        return {rules.get("keysrules", {}).get("meta", {}).get("about", "name").upper(): rules["valuesrules"]}
    fields: Mapping[str, Any] = rules.get("schema", {})
    return fields


def _meaning(rules: Mapping[str, Any]) -> str:
    meta = rules.get("meta", {})
    parts = [meta["about"]] if "about" in meta else []
    parts += [f"such as {code(meta[given])}" for given in ("example", "entry") if given in meta]
    parts += [f"may also be written {code(rules['alias'])}"] if "alias" in rules else []
    parts += ["not in the future"] if rules.get("past") else []
    parts += [f"not before {code(rules['not_before'])}"] if "not_before" in rules else []
    return "; ".join(parts)


def describe_type(rules: Mapping[str, Any]) -> str:
    """Say what a field takes."""
    if "refers_to" in rules:
        kind = rules["refers_to"].replace("_", " ")
        return f"name or UUID of {'an' if kind[0] in 'ao' else 'a'} {kind}"
    if rules["type"] == "list":
        inner = rules.get("schema", {})
        alone = f", or the {code(inner['shorthand'])} alone" if "shorthand" in inner else ""
        some = ", not empty" if rules.get("minlength") else ""
        return f"list{some}, each: {describe_type(inner)}{alone}" + (", none twice" if "distinct" in rules else "")
    if "vocabulary" in rules:
        return f"[term](vocabularies.md#{rules['vocabulary']})"
    if "allowed" in rules:
        return ", ".join(map(code, rules["allowed"]))
    return _TYPES[rules["type"]] + _limits(rules)


def _limits(rules: Mapping[str, Any]) -> str:
    if "maxlength" in rules:
        if rules["type"] != "string":
            return f", at most {rules['maxlength']:,} entries"
        return f", {rules.get('minlength', 1)} to {rules['maxlength']:,} characters"
    if "min" in rules:
        return f", {rules['min']} to {rules['max']:,}" if "max" in rules else f", at least {rules['min']}"
    return ""
