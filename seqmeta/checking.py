"""Bodies as they were written to their normal form, and all that is wrong with them: pure, one body at a time.

A normal form has every scalar in its type, terms in their stored spelling, keys by their stored name, and nothing
that was not given (CONTRACT 2).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from seqmeta.cerberus_rules import APPLIES_WHERE, explain
from seqmeta.field_messages import (
    REQUIRED,
    hint_at,
    list_legal_terms,
    name_field,
    note_two_spellings,
    say_expected_mapping,
)
from seqmeta.problems import Finding
from seqmeta.reader import Value
from seqmeta.shapes import Field, Shape
from seqmeta.values import READERS, UnreadableTextError, plain, shorten

Path = tuple[str | int, ...]

MOST_PROBLEMS = 10_000
"""How many problems of one file are reported; one more says that there are more."""

SUGGESTIONS = 100
"""How many problems of one file say what is nearest to what they found."""


class _Part:
    """A value that was given and could not be read, or not all of it: a finding says why. `value` is what could."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


_UNREADABLE: Any = _Part(None)
"""What stands for a value of which nothing could be read."""


class _TooManyError(Exception):
    """Ends the reading of a body; never leaves this module."""


class Findings(list[Finding]):
    """What is wrong with one body; the first of them, so many as `suggestions` says, may suggest what was meant."""

    def __init__(self, suggestions: int) -> None:
        super().__init__()
        self.suggestions = suggestions

    def append(self, finding: Finding) -> None:
        """Note a finding; when there are more than will be reported, the body is not read any further."""
        super().append(finding)
        if len(self) > MOST_PROBLEMS:
            raise _TooManyError

    @property
    def may_suggest(self) -> bool:
        """Whether one more may look for the nearest known word, which takes longer than all else."""
        return len(self) < self.suggestions


class Reading(NamedTuple):
    """A body as it was read: its normal form, what is wrong with it, and of fields with faults what could be read.

    Where nothing of a field could be read, or of an item of a list, None stands for it.
    """

    normal: dict[str, Any]
    findings: list[Finding]
    parts: dict[str, Any]


def check_body(shape: Shape, body: Value, suggestions: int = SUGGESTIONS) -> tuple[dict[str, Any], list[Finding]]:
    """Read one body in its shape; return its normal form and what is wrong with it."""
    normal, findings, _ = read_body(shape, body, suggestions)
    return normal, findings


def read_body(shape: Shape, body: Value, suggestions: int = SUGGESTIONS) -> Reading:
    """Read one body in its shape, as far as it can be read."""
    findings = Findings(suggestions)
    if not isinstance(body, dict):
        found = "nothing" if body is None else "a list" if isinstance(body, list) else shorten(body)
        message = f"{found} is not what {shape.title} takes: {say_expected_mapping(shape, body)}"
        findings.append(Finding((), "wrong_type", message))
        return Reading({}, findings, {})
    try:
        normal, parts = _read_mapping(shape, body, (), findings)
    except _TooManyError:
        return Reading({}, findings, {})
    return Reading(normal, findings, parts)


def _read_mapping(
    shape: Shape, raw: Mapping[str, Value], path: Path, findings: Findings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a mapping to its normal form, and to the parts of what could not be read whole."""
    normal: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    unread: dict[str, Path] = {}
    places: dict[str, Path] = {}
    for key, value in raw.items():
        name = shape.aliases.get(key, key)
        field = shape.fields.get(name)
        if field is None:
            normal[key] = value
        elif value is not None:
            read = _read_value(field, value, (*path, key), findings)
            if isinstance(read, _Part):
                unread[name], parts[name] = (*path, key), read.value
            elif normal.setdefault(name, read) != read:
                findings.append(note_two_spellings(shape, name, normal[name], read, (*path, key)))
            else:
                places[name] = (*path, key)
    _explain_all(shape, normal, unread, places, path, findings)
    return {name: plain(value) for name, value in normal.items() if name in shape.fields}, parts


def _explain_all(
    shape: Shape,
    normal: dict[str, Any],
    unread: Mapping[str, Path],
    places: Mapping[str, Path],
    path: Path,
    findings: Findings,
) -> None:
    errors = shape.validator.find_errors(normal)
    wrong = {error.field for error in errors}
    for error in errors:
        if error.code == APPLIES_WHERE.code and error.info[0] in wrong:
            continue  # mended, it may be what this one applies to
        name = str(error.field)
        hint = hint_at(error.code, name, shape, error.value, near=findings.may_suggest)
        code, message = explain(error, name_field(error.code, name, shape), hint)
        if code == "required_field" and name in unread:
            continue
        findings.append(Finding(places.get(name, (*path, name)), code, message, at_key=code == "unknown_field"))
    given = shape.embedded & (normal.keys() | unread.keys())
    missing = sorted(shape.embedded_required - given) if given else []
    only = {**places, **unread}[next(iter(given))][-1] if len(given) == 1 else None  # as it is written there
    way_out = f"; leave {only} out where the library is described elsewhere" if only and len(missing) > 1 else ""
    for name in missing:
        message = f"{name} is missing{hint_at(REQUIRED, name, shape, None, near=False)}{way_out}"
        findings.append(Finding((*path, name), "required_field", message))


def _read_value(field: Field, raw: Value, path: Path, findings: Findings) -> Any:
    if field.type == "list":
        return _read_list(field, raw, path, findings)
    if field.type == "dict":
        return _read_nested(field, raw, path, findings)
    if field.type == "options":
        return _read_options(raw, path, findings)
    return _read_scalar(field, raw, path, findings)


def _read_scalar(field: Field, raw: Value, path: Path, findings: Findings) -> Any:
    if not isinstance(raw, str):
        found = "a list" if isinstance(raw, list) else "a mapping"
        findings.append(Finding(path, "wrong_type", f"{field.name} is {found}: expected one value"))
        return _UNREADABLE
    if "\n" in raw and not field.rules.get("line_breaks"):
        findings.append(Finding(path, "invalid_text", f"{field.name} has a line break in it: expected one line"))
        return _UNREADABLE
    if field.terms is not None:
        term = field.terms.find(raw)
        return raw if term is None else term.name
    try:
        return READERS[field.type](raw)
    except UnreadableTextError as error:
        findings.append(Finding(path, error.code, f"{field.name} {error}"))
        return _UNREADABLE


def _read_alone(field: Field, raw: Value, path: Path, findings: Findings) -> Any:
    """Read an item of a list, a key or a value of a free mapping."""
    read = _read_value(field, raw, path, findings)
    if isinstance(read, _Part) or field.alone is None:
        return read
    errors = field.alone.find_errors({"value": read})
    for error in errors:
        meant = str(error.value) if findings.may_suggest else ""
        hint = list_legal_terms(field, field.terms, meant) if field.terms is not None else ""
        code, message = explain(error, field.name, hint)
        findings.append(Finding(path, code, message))
    return _UNREADABLE if errors else read


def _read_list(field: Field, raw: Value, path: Path, findings: Findings) -> Any:
    if isinstance(raw, str) and field.rules.get("single"):
        raw = [raw]
    if not isinstance(raw, list):
        found = "a mapping" if isinstance(raw, dict) else shorten(str(raw))
        findings.append(Finding(path, "wrong_type", f"{field.name} is {found}: expected a list, such as [A, B]"))
        return _UNREADABLE
    if field.item is None:
        raise AssertionError(f"the list {field.name} has no schema")
    read: list[Any] = []
    for index, item in enumerate(raw):
        if field.item.takes(item):  # as most do
            read.append(item)
        elif item is None:
            message = f"an item of {field.name} is empty: give it a value or leave it out"
            findings.append(Finding((*path, index), "required_field", message))
            read.append(_UNREADABLE)
        else:
            read.append(_read_alone(field.item, item, (*path, index), findings))
    for name in field.rules.get("distinct", ()):
        _find_duplicates(read, name, path, findings)
    if any(isinstance(item, _Part) for item in read):
        return _Part([item.value if isinstance(item, _Part) else plain(item) for item in read])
    return [plain(item) for item in read]


def _find_duplicates(items: list[Any], key: str, path: Path, findings: Findings) -> None:
    first: dict[object, int] = {}
    for index, item in enumerate(items):
        value = item.get(key) if isinstance(item, dict) else item if key == "items" else None
        if value is None or isinstance(value, _Part) or first.setdefault(value, index) == index:
            continue
        where: Path = (*path, index) if key == "items" else (*path, index, key)
        message = f"{shorten(str(value))} stands twice in the list: it is item {first[value]} already (counted from 0)"
        findings.append(Finding(where, "duplicate_item", message))


def _read_nested(field: Field, raw: Value, path: Path, findings: Findings) -> Any:
    shorthand = field.rules.get("shorthand")
    if isinstance(raw, str) and shorthand is not None and field.shape is not None:
        return _read_shaped(field.shape, {shorthand: raw}, path, findings)
    if not isinstance(raw, dict):
        found = "a list" if isinstance(raw, list) else shorten(str(raw))
        findings.append(Finding(path, "wrong_type", f"{field.name} has {found}: expected a mapping"))
        return _UNREADABLE
    if field.shape is not None:
        return _read_shaped(field.shape, raw, path, findings)
    before = len(findings)
    read = _read_free(field, raw, path, findings)
    return _UNREADABLE if len(findings) > before else read


def _read_shaped(shape: Shape, raw: Mapping[str, Value], path: Path, findings: Findings) -> Any:
    before = len(findings)
    normal, parts = _read_mapping(shape, raw, path, findings)
    return _Part(normal | parts) if len(findings) > before else normal


def _read_free(field: Field, raw: Mapping[str, Value], path: Path, findings: Findings) -> dict[str, Any]:
    if field.keys is None or field.values is None:
        raise AssertionError(f"the mapping {field.name} has no rules for its keys and values")
    read: dict[str, Any] = {}
    for key, value in raw.items():
        if field.keys.takes(key) and field.values.takes(value):  # as most do
            read[key] = value
            continue
        name = _read_alone(field.keys, key, (*path, key), findings)
        if value is not None:
            read[name] = plain(_read_alone(field.values, value, (*path, key), findings))
    return read


def _read_options(raw: Value, path: Path, findings: Findings) -> Any:
    if not isinstance(raw, dict):
        found = "a list" if isinstance(raw, list) else shorten(str(raw))
        message = f"options are a mapping, such as {{read_length: 76}}: found {found}"
        findings.append(Finding(path, "wrong_type", message))
        return _UNREADABLE
    before = len(findings)
    read: dict[str, Any] = {}
    for key, value in raw.items():
        if isinstance(value, dict):
            within = _read_options(value, (*path, key), findings)
            if within is not _UNREADABLE:
                read[key] = within.value if isinstance(within, _Part) else within
        elif isinstance(value, list):
            message = f"the option {shorten(key)} is a list: expected one value"
            findings.append(Finding((*path, key), "wrong_type", message))
        elif value is not None and "\n" in value:
            findings.append(Finding((*path, key), "invalid_text", f"the option {shorten(key)} has a line break in it"))
        elif value is not None:
            read[key] = value
    return _Part(read) if len(findings) > before else read
