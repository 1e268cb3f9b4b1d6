"""Kinds to JSON Schema 2020-12, for editors: what the checker accepts is valid, much of what it refuses is not.

Never stricter than the checker: every scalar is read as text, so that text may be written as a number or truth value;
terms match whatever the case and separators; blank text and null mean "not given"; and two numbers that are equal to
a JSON reader (`1.0`, `1.00`) are different texts. What a schema cannot say under these rules, such as the length of a
text that normalisation may change, its descriptions do.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from seqmeta.kinds import Kind
from seqmeta.reader import read_yaml
from seqmeta.shapes import Field, Shape
from seqmeta.vocabulary import Terms

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BLANK = r"^\s*$"
_PATTERNS = {
    "integer": r"[+-]?(0|[1-9][0-9]*)",
    "decimal": r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?",
    "boolean": "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
    "uuid": "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?",
}
_ALSO = {"integer": "integer", "decimal": "number", "boolean": "boolean"}
"""The JSON type that a scalar of a type may have besides text."""

_MISREAD = re.compile(r"[0-9.+-].*|y|n|yes|no|on|off|true|false", re.ASCII)
"""Folded terms that some YAML reader may take for a number or truth value."""

_NOT_ASCII = r"|[^\x00-\x7F]"
"""What is left to the checker: a letter beyond ASCII may stand for one within (the Kelvin sign, a ligature), and two
characters for one."""

_COUNTED = 256
"""The longest text whose characters a pattern counts: some programs refuse to count to more than 1,000."""

_SYNTAX = frozenset(r"^$\.*+?()[]{}|/")


def file_schema(kinds: Iterable[tuple[Kind, Shape]]) -> Schema:
    """Write the schema of a description: one key, a kind or the plural of one; the kinds' bodies are in `$defs`."""
    properties: Schema = {}
    bodies: Schema = {}
    for kind, shape in kinds:
        named = {"anyOf": [_is_given(key) for key in (kind.named_by, "uuid")]} if kind.is_anonymous else {}
        bodies[kind.name] = {"description": kind.about, **_object(shape), **named}
        one = {"$ref": f"#/$defs/{kind.name}"}
        several = {"description": f"a list: {kind.about}", "type": ["array", "null"], "items": one}
        properties[kind.name] = one if kind.name != kind.plural else {"anyOf": [one, {**several, "type": "array"}]}
        properties.setdefault(kind.plural, several)
    return {
        "$schema": DIALECT,
        "title": "a description of seqmeta" if len(bodies) > 1 else f"a description of seqmeta: {', '.join(bodies)}",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "$defs": {**bodies, **_shared()},
    }


def _shared() -> Schema:
    scalar = ["string", "number", "boolean", "null"]
    options = {"anyOf": [{"type": scalar}, {"$ref": "#/$defs/options"}]}
    return {
        "not_given": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": _BLANK}]},
        "options": {"type": "object", "additionalProperties": options},
    }


def _object(shape: Shape) -> Schema:
    required = [
        name
        for name, field in shape.fields.items()
        if field.rules.get("required") and name not in shape.embedded_required
    ]
    plain = [name for name in required if name not in shape.aliases.values()]
    properties = {name: _described(field, is_needed=name in plain) for name, field in shape.fields.items()}
    properties |= {alias: {**properties[name], "deprecated": True} for alias, name in shape.aliases.items()}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    conditions = [_is_given_somehow(name, shape.aliases) for name in required if name not in plain]
    if shape.embedded_required:
        embedded = [*shape.embedded, *(alias for alias, name in shape.aliases.items() if name in shape.embedded)]
        wanted = [_is_given_somehow(name, shape.aliases) for name in sorted(shape.embedded_required)]
        conditions.append({"if": {"anyOf": [_is_given(name) for name in sorted(embedded)]}, "then": {"allOf": wanted}})
    return {**schema, **({"required": plain} if plain else {}), **({"allOf": conditions} if conditions else {})}


def _is_given_somehow(name: str, aliases: Mapping[str, str]) -> Schema:
    """Require a key by any of its spellings."""
    spellings = [name, *(alias for alias, of in aliases.items() if of == name)]
    return {"anyOf": [_is_given(spelling) for spelling in spellings]} if len(spellings) > 1 else _is_given(name)


def _is_given(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"not": {"$ref": "#/$defs/not_given"}}}}


def _described(field: Field, *, is_needed: bool) -> Schema:
    said = [field.about, _lengths(field)]
    schema: Schema = {"description": "; ".join(filter(None, said))}
    example = _example(field)
    if example is not None:
        schema["examples"] = [example]
    return {**schema, **_value(field, is_needed=is_needed)}


def _lengths(field: Field) -> str:
    least, most = field.rules.get("minlength"), field.rules.get("maxlength")
    if field.type != "string" or most is None:
        return ""
    return f"{least} to {most} characters" if least else f"at most {most} characters"


def _example(field: Field) -> Any:
    text = field.rules.get("meta", {}).get("example")
    if text is None or field.type in ("string", "uuid", "date", "time", "decimal"):
        return text
    if field.type in ("integer", "boolean"):
        return int(text) if field.type == "integer" else text == "true"
    reading = read_yaml(str(text).encode())
    return reading.documents[0].value if reading.documents else None


def _value(field: Field, *, is_needed: bool = False) -> Schema:
    """What a field takes; null and blank text mean "not given", which one that is needed, and an item, cannot be."""
    nothing: list[Schema] = [] if is_needed else [{"type": "null"}]
    if field.terms is not None:
        return {"anyOf": [*_terms(field.terms, is_needed=is_needed), *nothing]}
    if field.type == "options":
        return {"anyOf": [{"$ref": "#/$defs/options"}, *nothing, _BLANK_TEXT]}
    if field.type in ("list", "dict"):
        return {"anyOf": [*_nested(field), *nothing, *([] if is_needed else [_BLANK_TEXT])]}
    if field.type == "string":
        return _text(field, is_needed=is_needed)
    return {"anyOf": [*_scalar(field, is_needed=is_needed), *nothing]}


_BLANK_TEXT: Schema = {"type": "string", "pattern": _BLANK}


def _text(field: Field, *, is_needed: bool) -> Schema:
    schema: Schema = {"type": ["string", "number", "boolean", *([] if is_needed else ["null"])]}
    least, most = field.rules.get("minlength", 1), field.rules.get("maxlength")
    if most is None or most > _COUNTED:
        return {**schema, "pattern": r"\S"} if is_needed else schema
    return {
        **schema,
        "pattern": _within(rf"\S[\s\S]{{{max(least, 1) - 1},{most - 1}}}", is_needed=is_needed) + _NOT_ASCII,
    }


def _within(pattern: str, *, is_needed: bool) -> str:
    """Let white space stand around a text, and nothing else for it where it is not needed."""
    return rf"^\s*({pattern}){'' if is_needed else '?'}\s*$"


def _scalar(field: Field, *, is_needed: bool) -> list[Schema]:
    pattern = _within(_PATTERNS[field.type], is_needed=is_needed)
    forms: list[Schema] = [{"type": "string", "pattern": pattern}]
    if field.type in _ALSO:
        names = {"min": "minimum", "max": "maximum"}
        bounds = {names[rule]: field.rules[rule] for rule in names if rule in field.rules}
        forms.insert(0, {"type": _ALSO[field.type], **bounds})
    return forms


def _nested(field: Field) -> list[Schema]:
    if field.type == "list" and field.item is not None:
        least = field.rules.get("minlength")
        items = {"type": "array", "items": _value(field.item, is_needed=True)}
        return [{**items, "minItems": least} if least else items]
    if field.shape is None:
        return [{"type": "object", "additionalProperties": _value(field.values) if field.values is not None else {}}]
    text: list[Schema] = (
        [{"type": ["string", "number", "boolean"], "pattern": r"\S"}] if "shorthand" in field.rules else []
    )
    return [*text, _object(field.shape)]


def _terms(terms: Terms, *, is_needed: bool) -> list[Schema]:
    """Offer terms as they are stored, and accept each in every spelling that means it."""
    spellings = [spelling for spelling in terms.by_spelling if spelling.isascii()]
    pattern = "|".join(map(_any_case, spellings))
    spelled = {"type": "string", "pattern": _within(pattern, is_needed=is_needed) + _NOT_ASCII}
    forms: list[Schema] = [{"enum": terms.names}, spelled]
    if any(_MISREAD.fullmatch(spelling) for spelling in spellings):
        forms.append({"type": ["number", "boolean"]})
    return forms


def _any_case(folded: str) -> str:
    return "".join(_any_case_of(character) for character in folded)


def _any_case_of(character: str) -> str:
    if character == "_":
        return "[ _-]"
    if character.isalpha():
        return f"[{character.upper()}{character}]"
    return f"\\{character}" if character in _SYNTAX else character
