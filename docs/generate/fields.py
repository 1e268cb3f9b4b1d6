"""Schemas to tables of fields: what each field takes, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from layout import code, row

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "boolean": "`true` or `false`",
    "decimal": "decimal number",
    "uuid": "UUID",
    "dict": "mapping",
    "options": "mapping",
}


def field_rows(fields: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Write fields as rows of a table, what lies within a field after it."""
    for name, rules in fields.items():
        yield row(code(prefix + name), _type(rules), "yes" if rules.get("required") else "", _meaning(rules))
        yield from field_rows(_within(rules), f"{prefix}{name}.")


def _within(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a mapping, or of the mappings in a list; a free name is written NAME."""
    if rules["type"] == "list":
        inner: Mapping[str, Any] = rules.get("schema", {})
        return inner.get("schema", {}) if inner.get("type") == "dict" else {}
    if "valuesrules" in rules:
        values = rules["valuesrules"]
        return {"NAME": values, **{f"NAME.{name}": of for name, of in values.get("schema", {}).items()}}
    fields: Mapping[str, Any] = rules.get("schema", {})
    return fields


def _meaning(rules: Mapping[str, Any]) -> str:
    meta = rules.get("meta", {})
    parts = [meta["about"]] if "about" in meta else []
    parts += [f"such as {code(meta['example'])}"] if "example" in meta else []
    parts += [f"may also be written {code(rules['alias'])}"] if "alias" in rules else []
    parts += ["not in the future"] if rules.get("past") else []
    parts += [f"not before {code(rules['not_before'])}"] if "not_before" in rules else []
    parts += [f"only for {', '.join(_makes(rules))}"] if "applies_where" in rules else []
    return "; ".join(parts)


def _makes(rules: Mapping[str, Any]) -> list[str]:
    return [of for legal in rules["applies_where"].values() for of in legal]


def _type(rules: Mapping[str, Any]) -> str:
    if "refers_to" in rules:
        kind = rules["refers_to"].replace("_", " ")
        return f"name or UUID of {'an' if kind[0] in 'ao' else 'a'} {kind}"
    if rules["type"] == "list":
        inner = rules.get("schema", {})
        alone = f", or the {code(inner['shorthand'])} alone" if "shorthand" in inner else ""
        return f"list, each: {_type(inner)}{alone}" + (", none twice" if "distinct" in rules else "")
    if "vocabulary" in rules:
        return f"[term](vocabularies.md#{rules['vocabulary']})"
    if "allowed" in rules:
        return ", ".join(map(code, rules["allowed"]))
    return _TYPES.get(rules["type"], rules["type"]) + _limits(rules)


def _limits(rules: Mapping[str, Any]) -> str:
    if "maxlength" in rules:
        return f", {rules.get('minlength', 1)} to {rules['maxlength']:,} characters"
    if "min" in rules:
        return f", {rules['min']} to {rules['max']:,}" if "max" in rules else f", at least {rules['min']}"
    return ""
