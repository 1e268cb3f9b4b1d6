"""Cerberus with seqmeta's own types and rules, for one flat mapping at a time.

Nested mappings and lists are walked by `seqmeta.checking`, which asks one reused validator per level: a child
validator for each item of a list would cost ten times as much. Values come in typed (`seqmeta.values`). Most mappings
are good, so Cerberus's rules are first called by themselves; only where one objects, or a key is missing or unknown,
does the whole of its validation run, which costs thirty times as much.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from cerberus import TypeDefinition, Validator, errors

from seqmeta.values import DateText, DecimalText, TimeText, UuidText, as_text, elide, instant_of, list_few, shorten

WITHOUT = errors.ErrorDefinition(0x101, "without")
DOTTED = errors.ErrorDefinition(0x102, "dotted")
NOT_BEFORE = errors.ErrorDefinition(0x103, "not_before")
SAME_AS = errors.ErrorDefinition(0x104, "same_as")
MAKE_IN = errors.ErrorDefinition(0x105, "make_in")
APPLIES_WHERE = errors.ErrorDefinition(0x106, "applies_where")


_Rule = Callable[[Any, str, Any], None]

HELD_BY_READING = frozenset({"type", "required"})
"""Rules that every value that was read has met: its reader gives it its type, and what was not given is left out."""


class _PlainErrors(errors.BaseErrorHandler):  # type: ignore[misc]
    """Hands the errors out as they are: the messages are written elsewhere."""

    def __call__(self, found: Sequence[errors.ValidationError]) -> list[errors.ValidationError]:
        return list(found)


class FlatValidator(Validator):  # type: ignore[misc]
    """Checks one mapping whose values are typed already; `errors` are Cerberus's own, in the order of the rules."""

    _errors: list[errors.ValidationError]  # Cerberus makes it

    types_mapping = Validator.types_mapping.copy() | {
        "integer": TypeDefinition("integer", (int,), (bool,)),
        "uuid": TypeDefinition("uuid", (UuidText,), ()),
        "date": TypeDefinition("date", (DateText,), ()),
        "time": TypeDefinition("time", (TimeText,), ()),
        "decimal": TypeDefinition("decimal", (DecimalText,), ()),
        "options": TypeDefinition("options", (dict,), ()),
        "float": TypeDefinition("float", (Decimal,), ()),
    }

    def __init__(self, schema: Mapping[str, Any], **settings: Any) -> None:
        """Take the rules by field; the settings are Cerberus's own."""
        settings.setdefault("error_handler", _PlainErrors)
        super().__init__(schema, **settings)
        self._unrequired_by_excludes: set[str] = set()  # Cerberus makes it when a whole validation begins
        self._required = {name for name, rules in schema.items() if rules.get("required")}
        self._calls = {name: self._calls_of(rules) for name, rules in schema.items()}

    def _calls_of(self, rules: Mapping[str, Any]) -> list[tuple[_Rule, Any]]:
        """The methods of a field's rules with their constraints, but of those that hold for every value read."""
        return [(getattr(self, f"_validate_{rule}"), of) for rule, of in rules.items() if rule not in HELD_BY_READING]

    def find_errors(self, mapping: Mapping[str, Any]) -> list[errors.ValidationError]:
        """Check the mapping and return what is wrong with it, by field."""
        if self._is_plainly_good(mapping) or self.validate(mapping, normalize=False):
            return []
        found: list[errors.ValidationError] = self.errors
        return sorted(found)

    def _is_plainly_good(self, mapping: Mapping[str, Any]) -> bool:
        if not (self._required <= mapping.keys() <= self._calls.keys()):
            return False
        self.document = mapping
        if self._errors:
            self._errors = errors.ErrorList()
        for name, value in mapping.items():
            for call, constraint in self._calls[name]:
                call(constraint, name, value)
        return not self._errors

    def _error(self, field: str, definition: errors.ErrorDefinition, *info: object) -> None:
        """Note an error. Cerberus would sort all that it has each time, and grow two trees of them."""
        rule = definition.rule
        constraint = None if rule is None else self.schema[field].get(rule)
        path = (field,), (field, rule)
        found = errors.ValidationError(*path, definition.code, rule, constraint, self.document.get(field), info)
        self._errors.append(found)

    def _validate_minlength(self, least: int, field: str, value: Sequence[Any]) -> None:
        """{'type': 'integer'}"""
        if len(value) < least:  # Cerberus would ask first whether it has a length, as every value with this rule has
            self._error(field, errors.MIN_LENGTH, len(value))

    def _validate_maxlength(self, most: int, field: str, value: Sequence[Any]) -> None:
        """{'type': 'integer'}"""
        if len(value) > most:
            self._error(field, errors.MAX_LENGTH, len(value))

    def _validate_min(self, least: Any, field: str, value: Any) -> None:
        """{'nullable': False}"""
        if (Decimal(value) if isinstance(value, DecimalText) else value) < least:
            self._error(field, errors.MIN_VALUE)

    def _validate_without(self, characters: str, field: str, value: str) -> None:
        """{'type': 'string'}"""
        if any(character in value for character in characters):
            self._error(field, WITHOUT)

    def _validate_dotted(self, dotted: bool, field: str, value: str) -> None:  # noqa: FBT001 - Cerberus calls it
        """{'type': 'boolean'}"""
        parts = value.split(".")
        if dotted and not all(part.isascii() and part.replace("_", "a").isalnum() for part in parts):
            self._error(field, DOTTED)

    def _validate_not_before(self, other: str, field: str, value: str) -> None:
        """{'type': 'string'}"""
        earlier = self.document.get(other)
        if earlier is not None and instant_of(value) < instant_of(earlier):
            self._error(field, NOT_BEFORE, earlier)

    def _validate_same_as(self, other: str, field: str, value: str) -> None:
        """{'type': 'string'}"""
        if self.document.get(other, value) != value:
            self._error(field, SAME_AS)

    def _validate_make_in(self, constraint: Mapping[str, Any], field: str, value: str) -> None:
        """{'type': 'dict'}"""
        make = self.document.get(constraint["field"])
        makes = constraint["makes"].get(value, ())
        if makes and make in constraint["known"] and make not in makes:
            self._error(field, MAKE_IN, make)

    def _validate_applies_where(self, constraint: Mapping[str, Any], field: str, _: object) -> None:
        """{'type': 'dict'}"""
        for other, legal in constraint.items():
            if other in self.document and self.document[other] not in legal:
                self._error(field, APPLIES_WHERE, other)


def explain(error: errors.ValidationError, names: str, hint: str) -> tuple[str, str]:
    """Turn one of Cerberus's errors into a problem's code and message.

    `names` is what the message calls the field, `hint` what was expected where the error is about legal values
    or known fields.
    """
    value = shorten(error.value) if isinstance(error.value, str) else elide(as_text(error.value), 120)
    of = error.constraint
    plain: dict[int, tuple[str, str]] = {
        errors.REQUIRED_FIELD.code: ("required_field", f"{names} is missing{hint}"),
        errors.UNKNOWN_FIELD.code: ("unknown_field", f"{names}{hint}"),
        errors.UNALLOWED_VALUE.code: ("not_allowed", f"{value} is not a legal {names}: {hint}"),
        errors.BAD_TYPE.code: ("wrong_type", f"{value} is not what {names} takes: expected {of}"),
        errors.MIN_VALUE.code: ("out_of_range", f"{value} is too small for {names}: expected at least {of}"),
        errors.MAX_VALUE.code: ("out_of_range", f"{value} is too large for {names}: expected at most {of}"),
        WITHOUT.code: ("invalid_text", f"{names} {value} has one of the characters {' '.join(str(of))}"),
        DOTTED.code: (
            "invalid_text",
            f"{value} is no name of an option: expected letters, digits, _ and . between parts",
        ),
        SAME_AS.code: ("conflicting_fields", f"{names} {value} is not the {of}: leave it out, or make them the same"),
    }
    if error.code in plain:
        return plain[error.code]
    return _explain_relation(error, names, value)


def _explain_relation(error: errors.ValidationError, names: str, value: str) -> tuple[str, str]:
    if error.code in (errors.MIN_LENGTH.code, errors.MAX_LENGTH.code):
        unit = "characters" if isinstance(error.value, str) else "items"
        bound = "at least" if error.code == errors.MIN_LENGTH.code else "at most"
        length = len(error.value)
        return "out_of_range", f"{names} has {length} {unit}: expected {bound} {error.constraint}"
    if error.code == errors.EXCLUDES_FIELD.code:
        return "conflicting_fields", f"{names} cannot be given together with {' or '.join(error.constraint)}"
    if error.code == NOT_BEFORE.code:
        return "out_of_range", f"{names} {error.value} is before {error.constraint} {error.info[0]}"
    if error.code == MAKE_IN.code:
        makes = list_few(error.constraint["makes"][error.value])
        return "not_allowed", f"{value} is a model of {makes}, not of {error.info[0]}"
    if error.code == APPLIES_WHERE.code:
        legal = " or ".join(error.constraint[error.info[0]])
        return "not_applicable", f"{names} is for {legal} runs only: leave it out"
    raise AssertionError(f"no words for the rule {error.rule}")
