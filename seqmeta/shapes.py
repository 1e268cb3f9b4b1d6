"""Kinds compiled for checking: for each level of a description its fields, and one Cerberus validator."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqmeta.cerberus_rules import HELD_BY_READING, FlatValidator
from seqmeta.kinds import Kind, Rules
from seqmeta.vocabulary import Terms, plain_terms

Vocabularies = Mapping[str, Terms]
"""The terms of each vocabulary, by its name."""

_FLAT_RULES = {"type", "required", "allowed", "min", "max", "minlength", "maxlength", "excludes"}
_OWN_FLAT_RULES = {"without", "dotted", "not_before", "same_as", "make_in", "applies_where"}


@dataclass(frozen=True, slots=True)
class Field:
    """How the value of one key is read and checked."""

    name: str
    type: str
    rules: Rules
    flat: Rules
    terms: Terms | None = None
    item: "Field | None" = None
    shape: "Shape | None" = None
    keys: "Field | None" = None
    values: "Field | None" = None
    alone: FlatValidator | None = field(default=None, compare=False)
    """Checks a value that stands in a list, or is a key, under the name `value`; None where it has no rules."""
    lengths: tuple[int, float] | None = None
    """Least and most characters of a text, where these are all the rules that it has."""

    def takes(self, value: object) -> bool:
        """Whether the value is a text that is good as it stands; others have to be read and checked."""
        if self.lengths is None or not isinstance(value, str):
            return False
        return self.lengths[0] <= len(value) <= self.lengths[1] and "\n" not in value

    @property
    def about(self) -> str:
        """What the field is, for messages."""
        return str(self.rules.get("meta", {}).get("about", ""))


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one mapping, and the validator that checks them together."""

    title: str
    fields: Mapping[str, Field]
    aliases: Mapping[str, str]
    validator: FlatValidator = field(compare=False)
    embedded: frozenset[str] = frozenset()
    """Fields that describe another thing within this one: when one of them is given, `embedded_required` are too."""
    embedded_required: frozenset[str] = frozenset()


def compile_kind(kind: Kind, vocabularies: Vocabularies) -> Shape:
    """Compile a kind with the vocabularies of a workspace."""
    return compile_shape(kind.name, kind.fields, vocabularies, kind.embedded)


def compile_shape(
    title: str, rules: Mapping[str, Rules], vocabularies: Vocabularies, embedded: frozenset[str] = frozenset()
) -> Shape:
    """Compile the rules of one mapping's fields; `embedded` are those that describe another thing within it."""
    required = frozenset(name for name in embedded if rules[name].get("required"))
    plain = {
        name: {rule: value for rule, value in of.items() if rule != "required"} if name in required else of
        for name, of in rules.items()
    }
    fields = {name: _compile_field(name, of, vocabularies) for name, of in plain.items()}
    return Shape(
        title=title,
        fields=fields,
        aliases={str(of["alias"]): name for name, of in rules.items() if "alias" in of},
        validator=FlatValidator({name: of.flat for name, of in fields.items()}),
        embedded=embedded,
        embedded_required=required,
    )


def _compile_field(name: str, rules: Rules, vocabularies: Vocabularies) -> Field:
    terms = _terms(rules, vocabularies)
    flat = {rule: value for rule, value in rules.items() if rule in _FLAT_RULES | _OWN_FLAT_RULES}
    if "excludes" in flat:
        flat["excludes"] = list(flat["excludes"])  # Cerberus takes a tuple for the name of one field
    if terms is not None:
        flat["allowed"] = terms.names
    if "make_in" in rules and terms is not None:
        makes = {term.name: term.makes for term in terms.terms}
        known = vocabularies[rules["make_in"]].names
        flat["make_in"] = {"field": rules["make_in"], "makes": makes, "known": known}
    item = rules.get("schema") if rules["type"] == "list" else None
    nested = rules.get("schema") if rules["type"] == "dict" else None
    return Field(
        name=name,
        type=rules["type"],
        rules=rules,
        flat=flat,
        terms=terms,
        item=_compile_alone(name, item, vocabularies) if item else None,
        shape=compile_shape(name, nested, vocabularies) if nested else None,
        keys=_compile_alone(name, rules["keysrules"], vocabularies) if "keysrules" in rules else None,
        values=_compile_alone(name, rules["valuesrules"], vocabularies) if "valuesrules" in rules else None,
        lengths=_lengths(flat),
    )


def _lengths(rules: Rules) -> tuple[int, float] | None:
    """The least and most characters of a text that nothing else is asked of."""
    if rules["type"] != "string" or rules.keys() - HELD_BY_READING - {"minlength", "maxlength"}:
        return None
    return rules.get("minlength", 0), rules.get("maxlength", math.inf)


def _compile_alone(name: str, rules: Rules, vocabularies: Vocabularies) -> Field:
    compiled = _compile_field(name, rules, vocabularies)
    validator = FlatValidator({"value": compiled.flat}) if compiled.flat.keys() - HELD_BY_READING else None
    return Field(**{**{slot: getattr(compiled, slot) for slot in Field.__slots__}, "alone": validator})


def _terms(rules: Rules, vocabularies: Vocabularies) -> Terms | None:
    if "vocabulary" in rules:
        return vocabularies[rules["vocabulary"]]
    if "allowed" in rules:
        allowed: Any = rules["allowed"]
        return plain_terms(allowed)
    return None
