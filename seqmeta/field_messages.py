"""A faulty field of a description in words: what was found, what was expected, what may have been meant."""

import re

from seqmeta.archive_terms import suggest_line
from seqmeta.kinds import load_kinds
from seqmeta.problems import Finding
from seqmeta.reader import Value
from seqmeta.shapes import Field, Shape
from seqmeta.values import shorten
from seqmeta.vocabulary import Terms, expected, nearest

Path = tuple[str | int, ...]

_MOST_SHOWN = 60

REQUIRED, _UNKNOWN, _UNALLOWED = 0x02, 0x03, 0x44
"""Cerberus's codes of the errors that say what was expected."""


def say_expected_mapping(shape: Shape, body: Value) -> str:
    """Say what to write instead of what stands where a mapping must be."""
    if body is None:
        return "expected a mapping of 'key: value' lines, indented below it"
    if isinstance(body, str) and re.match(r"[a-z_.]+:\S", body):
        return f"expected a mapping; a space belongs behind the ':', as in '{body.replace(':', ': ', 1)[:_MOST_SHOWN]}'"
    kind = load_kinds().get(shape.title)
    if kind is None or not isinstance(body, str) or len(body) > _MOST_SHOWN:
        return "expected a mapping"
    return f"expected a mapping, such as {{{kind.named_by}: {shorten(body)}}}"


def note_two_spellings(shape: Shape, name: str, one: object, other: object, path: Path) -> Finding:
    """Note that a key is given in both of its spellings, with values that differ."""
    spelling = next(alias for alias, of in shape.aliases.items() if of == name)
    message = f"{spelling} and {name} are the same key and differ: {shorten(str(one))} and {shorten(str(other))}"
    return Finding(path, "conflicting_fields", message, at_key=True)


def name_field(code: int, name: str, shape: Shape) -> str:
    """Name the field that an error of Cerberus's is about, or say that there is none of this name."""
    return f"{shorten(name)} is no key of {shape.title}" if code == _UNKNOWN else name


def hint_at(code: int, name: str, shape: Shape, value: object, *, near: bool) -> str:
    """Say what was expected where an error of Cerberus's is; with `near` also which key or term may have been meant."""
    field = shape.fields.get(name)
    if code == _UNKNOWN:
        meant = nearest(name, [*shape.fields, *shape.aliases]) if near else None
        return f": did you mean {meant}?" if meant else f": expected one of {', '.join(shape.fields)}"
    if field is None:
        return ""
    if code == _UNALLOWED and field.terms is not None:
        return list_legal_terms(field, field.terms, str(value) if near else "")
    if code == REQUIRED:
        legal = f" ({expected('', field.terms.names)})" if field.terms is not None else ""
        about = f"the name of the {shape.title.replace('_', ' ')}" if field.about == "its name" else field.about
        return f": {about}{legal}"
    return ""


def list_legal_terms(field: Field, terms: Terms, text: str) -> str:
    """Say which terms are legal, and how one that only the archive knows becomes so; no text, no suggestion."""
    line = suggest_line(field.rules.get("vocabulary", ""), text) if text else None
    if line is None:
        return expected(text, terms.names)
    where = "in the vocabularies file, config/vocabularies.yaml by default,"
    return f"{expected('', terms.names)}; the archive has it, so `{line}` {where} makes it legal"
