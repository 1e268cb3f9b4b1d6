"""Request options: the rules that a request type has for them, and values read by those rules (CONTRACT 2.2).

Options are nested where people write them and dotted where rules name them: `fragment_size_required: {from: 100}`
is `fragment_size_required.from`. A rule is cast by its `type` when the request type is read, so that none fails open.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from seqmeta.cerberus_rules import FlatValidator, explain
from seqmeta.problems import Finding
from seqmeta.values import (
    DecimalText,
    UnreadableTextError,
    as_text,
    plain,
    read_boolean,
    read_decimal,
    read_integer,
    shorten,
)
from seqmeta.vocabulary import expected, fold, plain_terms

OptionRules = Mapping[str, Any]
"""The rules of one option as a record holds them: `type`, `allowed`, `min`, `max`, `required`, `default`."""

_READERS: Mapping[str, Any] = {"string": str, "integer": read_integer, "float": read_decimal, "boolean": read_boolean}
_BOUNDED = ("integer", "float")
_MOST_EXACT_FIRST = ("integer", "boolean", "float", "string")

LARGEST_MULTIPLIER = 1000
"""More requests of one type for one asset than any laboratory makes: a slip of the keyboard."""


def flatten(nested: Mapping[str, Any]) -> dict[str, Any]:
    """Write nested options with dotted names, in their order; of one that is given twice the last value counts."""
    return dict(each_given(nested))


def each_given(nested: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the dotted name and the value of each option, as often as it is given."""
    return ((".".join(path), value) for path, value in _leaves(nested, ()))


def find_repeated(nested: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Find the keys that lead to an option given before, once nested and once with a dotted key."""
    seen: set[str] = set()
    for path, _ in _leaves(nested, ()):
        name = ".".join(path)
        if name in seen:
            yield path
        seen.add(name)


def _leaves(nested: Mapping[str, Any], within: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*within, key))
        else:
            yield (*within, key), value


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Write dotted options as nested mappings."""
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *parents, last = name.split(".")
        inner = nested
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = plain(value)
    return nested


def cast_rules(options: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, dict[str, Any]], list[Finding]]:
    """Cast the rules of a request type's options, each by its `type`; findings have paths below `options`."""
    cast: dict[str, dict[str, Any]] = {}
    findings: list[Finding] = []
    for name, rules in options.items():
        cast[name] = _cast_option(name, rules, findings)
        parent = next((other for other in find_parents(name) if other in options), None)
        if parent is not None:
            message = f"{name} lies within the option {parent}: an option has either a value or parts"
            findings.append(Finding((name,), "conflicting_fields", message, at_key=True))
    return cast, findings


def find_parents(name: str) -> Iterator[str]:
    """Name what a dotted name lies within, the outermost first."""
    return (name[:at] for at, character in enumerate(name) if character == ".")


def _cast_option(name: str, rules: Mapping[str, Any], findings: list[Finding]) -> dict[str, Any]:
    of_type = rules["type"]
    cast: dict[str, Any] = {rule: rules[rule] for rule in ("type", "required") if rule in rules}
    for rule in ("min", "max"):
        if rule in rules and of_type not in _BOUNDED:
            message = f"{rule} has no meaning for an option of type {of_type}: leave it out"
            findings.append(Finding((name, rule), "not_applicable", message))
        elif rule in rules:
            _cast(cast, rule, of_type, rules[rule], (name, rule), findings)
    if "allowed" in rules:
        _cast_allowed(cast, of_type, rules["allowed"], (name, "allowed"), findings)
    if "min" in cast and "max" in cast and Decimal(cast["min"]) > Decimal(cast["max"]):
        message = f"max {cast['max']} is less than min {cast['min']}"
        findings.append(Finding((name, "max"), "out_of_range", message))
    if "default" in rules:
        value, finding = read_option(name, cast, rules["default"])
        if finding is None:
            cast["default"] = plain(value)
        else:
            findings.append(Finding((name, "default"), finding[0], finding[1]))
    return cast


def _cast(
    cast: dict[str, Any], rule: str, of_type: str, text: str, path: tuple[str | int, ...], findings: list[Finding]
) -> None:
    try:
        cast[rule] = plain(_READERS[of_type](text))
    except UnreadableTextError as error:
        findings.append(Finding(path, error.code, f"{rule} is not of the option's type {of_type}: {error}"))


def _cast_allowed(
    cast: dict[str, Any], of_type: str, texts: list[str], path: tuple[str | int, ...], findings: list[Finding]
) -> None:
    read: list[Any] = []
    seen: dict[object, int] = {}
    for index, text in enumerate(texts):
        try:
            value = _READERS[of_type](text)
        except UnreadableTextError as error:
            findings.append(Finding((*path, index), error.code, f"not of the option's type {of_type}: {error}"))
            continue
        key = fold(value) if of_type == "string" else Decimal(value) if of_type == "float" else value
        if seen.setdefault(key, index) != index:
            message = f"{shorten(text)} stands twice in the list: it is item {seen[key]} already (counted from 0)"
            findings.append(Finding((*path, index), "duplicate_item", message))
        read.append(plain(value))
    cast["allowed"] = read


MaySuggest = Callable[[], bool]
"""Whether one more message may say what was meant: to look for it takes longer than all else."""


def always() -> bool:
    """Let every message say what was meant."""
    return True


def read_option(
    name: str, rules: OptionRules, text: str, may_suggest: MaySuggest = always
) -> tuple[Any, tuple[str, str] | None]:
    """Read the text of one option by its rules: its value as stored, and code and message where it is not legal."""
    of_type = rules["type"]
    try:
        value = _READERS[of_type](text)
    except UnreadableTextError as error:
        return None, (error.code, f"{name} {error}{_legal(rules)}")
    if "allowed" in rules:
        value = _spelled(of_type, value, rules["allowed"])
    checked = Decimal(value) if of_type == "float" else value
    for wrong in _validator(rules).find_errors({"value": checked}):
        meant = as_text(value) if may_suggest() else ""
        hint = expected(meant, [as_text(legal) for legal in rules.get("allowed", ())])
        return None, explain(wrong, name, hint)
    return value, None


def leading_rules(takers: Sequence[OptionRules]) -> OptionRules:
    """Of the rules that request types have for one option, those by which it is stored: numbers and truth values first.

    Text, which takes anything, comes last, and a list that spells a value comes before none; else the first type leads.
    """
    return min(takers, key=lambda rules: (_MOST_EXACT_FIRST.index(rules["type"]), "allowed" not in rules))


def read_shared(
    name: str, takers: Sequence[OptionRules], text: str, may_suggest: MaySuggest = always
) -> tuple[Any, list[tuple[str, str]]]:
    """Read the text of an option for all request types that take it: one value, legal for each also as it is stored."""
    if len(takers) == 1:
        value, fault = read_option(name, takers[0], text, may_suggest)
        return value, [] if fault is None else [fault]
    found = _faults(name, takers, text, may_suggest)
    value = None if found else read_option(name, leading_rules(takers), text)[0]
    if not found and as_text(value) != text:
        found = _faults(name, takers, as_text(value), may_suggest)
    return None if found else value, found


def _faults(name: str, takers: Sequence[OptionRules], text: str, may_suggest: MaySuggest) -> list[tuple[str, str]]:
    faults = (read_option(name, rules, text, may_suggest)[1] for rules in takers)
    return list(dict.fromkeys(fault for fault in faults if fault is not None))


def read_again(rules: OptionRules, value: Any) -> Any:
    """Read the stored value of a shared option as one of its types has it; as it is where it is none of that type."""
    try:
        own = _READERS[rules["type"]](as_text(value))
    except UnreadableTextError:
        return value
    return plain(_spelled(rules["type"], own, rules["allowed"]) if "allowed" in rules else own)


def _spelled(of_type: str, value: Any, allowed: list[Any]) -> Any:
    """Take the spelling of the list where the value is in it by the rules for terms."""
    if of_type == "string":
        term = _terms_of(tuple(allowed)).find(value)
        return value if term is None else term.name
    if of_type == "float":
        return next((DecimalText(legal) for legal in allowed if Decimal(legal) == Decimal(value)), value)
    return value


def _legal(rules: OptionRules) -> str:
    return f": {expected('', [as_text(legal) for legal in rules['allowed']])}" if "allowed" in rules else ""


def _validator(rules: OptionRules) -> FlatValidator:
    allowed = tuple(rules["allowed"]) if "allowed" in rules else None
    return _make_validator(rules["type"], allowed, rules.get("min"), rules.get("max"))


@lru_cache(maxsize=256)  # one option is read for each of many orders, and making a validator takes longer than using it
def _make_validator(of_type: str, allowed: tuple[Any, ...] | None, least: Any, most: Any) -> FlatValidator:
    rules = {"type": of_type, "allowed": None if allowed is None else list(allowed), "min": least, "max": most}
    flat = {rule: constraint for rule, constraint in rules.items() if constraint is not None}
    if of_type == "float":
        flat = {rule: _as_decimal(constraint) for rule, constraint in flat.items()}
    return FlatValidator({"value": flat})


_terms_of = lru_cache(maxsize=256)(plain_terms)


def _as_decimal(constraint: Any) -> Any:
    if isinstance(constraint, list):
        return [Decimal(legal) for legal in constraint]
    return constraint if constraint == "float" else Decimal(constraint)


def missing_options(rules: Mapping[str, OptionRules], flat: Mapping[str, Any]) -> Iterator[str]:
    """Name the required options that are not there."""
    return (name for name, of in rules.items() if of.get("required") and name not in flat)


def find_reversed(flat: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find each `x.to` that is less than its `x.from`: its name, and what is wrong."""
    for name, least in flat.items():
        if not name.endswith(".from"):
            continue
        other = f"{name.removesuffix('.from')}.to"
        most = flat.get(other)
        if _is_number(least) and _is_number(most) and Decimal(least) > Decimal(str(most)):
            yield other, f"{other} {most} is less than {name} {least}"


def multiplier_fault(kind: Mapping[str, Any], value: int | None) -> str | None:
    """Say what is wrong with the number of requests of a type for each incoming item; None for one that can be."""
    name = kind["multiplier_option"]
    if value is None:
        return None
    if value < 1 or value > LARGEST_MULTIPLIER:
        return f"{name} {value} multiplies the requests of {kind['name']}: expected 1 to {LARGEST_MULTIPLIER}"
    if value > 1 and kind.get("pooling", "none") != "none":
        return f"{name} is {value}, but {kind['name']} makes pools and cannot be multiplied: expected 1"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, DecimalText) or (isinstance(value, int) and not isinstance(value, bool))
