"""A description file to the same file with terms and keys spelled as they are stored; all else stays, byte for byte.

Only what is mere spelling is changed: a term or a word of an option's list in another case, with other separators or
by a synonym, and a key by its alias (CONTRACT 2, 2.1 and 7). The text is edited where the reader says that a value
stands, never written anew, so comments and layout stay. A file whose edited text would read to anything else than
before is left as it is.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seqmeta.documents import read_file
from seqmeta.reader import Mark, Value, find_child
from seqmeta.rulebook import Checked, Rulebook
from seqmeta.shapes import Field, Shape
from seqmeta.vocabulary import Terms, fold

OptionTerms = Callable[[str, Mapping[str, Any]], Mapping[str, Terms]]
"""What tells of a kind and a body the terms of its options, by their dotted names."""

_LINE_BREAK = re.compile("\r\n|\r|\n")
_PLAIN = re.compile(r"\w([\w. +/-]*[\w+/])?")
_BOM = "\ufeff"


class Edit(NamedTuple):
    """One text in place of another, at line and column (both from 1) of a file."""

    line: int
    column: int
    old: str
    new: str


def respell(file: str, data: bytes, rulebook: Rulebook, option_terms: OptionTerms) -> tuple[bytes, list[Edit]]:
    """Respell one description file; returns it as it was, with no edits, where nothing can be changed safely."""
    documents, problems = read_file(file, data)
    if problems:
        return data, []
    edits = [
        edit
        for document in documents
        if isinstance(document.body, dict)
        for edit in (
            *_find_edits(rulebook.shape(document.kind), document.body, document.mark),
            *_find_in_options(document.kind, document.body, document.mark, option_terms),
        )
    ]
    text = data.decode()
    edited, made = _edit(text.removeprefix(_BOM), edits)
    respelled = (_BOM * text.startswith(_BOM) + edited).encode()
    if not made or _meaning(rulebook.check_file(file, respelled)) != _meaning(rulebook.check_file(file, data)):
        return data, []
    return respelled, made


def _meaning(checked: Checked) -> tuple[object, ...]:
    """What a file says, without where in it: its normal forms, and what is wrong with it."""
    problems = Counter((problem.severity, problem.path, problem.code) for problem in checked.problems)
    normal = [(kind, _fold_options(kind, body), source) for kind, body, source in checked.normal]
    return normal, problems, checked.documents, checked.faulty


def _fold_options(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write a normal form so that two which differ in how words of options are spelled are the same."""
    if kind == "request_type":
        options = body.get("options", {})
        return {**body, "options": {name: _fold_key(rules, "default") for name, rules in options.items()}}
    return _fold_key(body, "request_options")


def _fold_key(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {**body, key: _fold_all(body[key])} if key in body else dict(body)


def _fold_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _fold_all(of) for key, of in value.items()}
    return fold(value) if isinstance(value, str) else value


def _find_edits(shape: Shape, body: dict[str, Value], mark: Mark) -> Iterator[Edit]:
    keys = mark.keys or {}
    for key, value in body.items():
        name = shape.aliases.get(key, key)
        if name != key and name not in body:
            yield Edit(*keys[key], key, name)
        field, child = shape.fields.get(name), find_child(mark, key)
        if field is not None and child is not None:
            yield from _find_in_value(field, value, child)


def _find_in_value(field: Field, value: Value, mark: Mark) -> Iterator[Edit]:
    if isinstance(value, str):
        term = field.terms.find(value) if field.terms is not None else None
        if term is not None and term.name != value:
            yield Edit(mark.line, mark.column, value, term.name)
    elif isinstance(value, list) and field.item is not None:
        for index, item in enumerate(value):
            child = find_child(mark, index)
            if child is not None:
                yield from _find_in_value(field.item, item, child)
    elif isinstance(value, dict) and field.shape is not None:
        yield from _find_edits(field.shape, value, mark)
    elif isinstance(value, dict) and field.values is not None:
        for key, of in value.items():
            child = find_child(mark, key)
            if child is not None:
                yield from _find_in_value(field.values, of, child)


def _find_in_options(kind: str, body: dict[str, Value], mark: Mark, option_terms: OptionTerms) -> Iterator[Edit]:
    """Find the words of options that are spelled in another way than their list spells them."""
    key = "options" if kind == "request_type" else "request_options"
    options, child = body.get(key), find_child(mark, key)
    if not isinstance(options, dict) or child is None:
        return
    terms = option_terms(kind, body)
    for name, value, place in _leaves(options, child, ""):
        option = name.removesuffix(".default") if kind == "request_type" else name
        if option in terms and (kind != "request_type" or name.endswith(".default")):
            term = terms[option].find(value)
            if term is not None and term.name != value:
                yield Edit(place.line, place.column, value, term.name)


def _leaves(options: dict[str, Value], mark: Mark, prefix: str) -> Iterator[tuple[str, str, Mark]]:
    """The texts in nested options, each with its dotted name and where it stands."""
    for key, value in options.items():
        child = find_child(mark, key)
        if child is not None and isinstance(value, dict):
            yield from _leaves(value, child, f"{prefix}{key}.")
        elif child is not None and isinstance(value, str):
            yield f"{prefix}{key}", value, child


def _edit(text: str, edits: Sequence[Edit]) -> tuple[str, list[Edit]]:
    """Make the edits whose old text stands where it should, on one line; from the end, so that places stay right."""
    starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]
    made = []
    for edit in sorted(edits, key=lambda of: (of.line, of.column), reverse=True):
        index = starts[edit.line - 1] + edit.column - 1
        sign = text[index : index + 1]
        quotes = sign if sign in ("'", '"') else ""
        end = _find_end(text, index + len(quotes), edit.old)
        if end is not None and text.startswith(quotes, end):
            text = text[:index] + _write(edit.new, sign) + text[end + len(quotes) :]
            made.append(edit)
    return text, made[::-1]


def _find_end(text: str, start: int, value: str) -> int | None:
    """Find where a value ends that was read from here; it may stand there in another normal form of Unicode."""
    for end in range(start + len(value), start + len(unicodedata.normalize("NFD", value)) + 1):
        is_whole = end == len(text) or not unicodedata.combining(text[end])
        if is_whole and unicodedata.normalize("NFC", text[start:end]) == value:
            return end
    return None


def _write(new: str, sign: str) -> str:
    """Write a term in the quotes that were there, or in some where plain text could be read as something else."""
    if sign == '"' and not set(new) & set('"\\'):
        return f'"{new}"'
    is_plain = _PLAIN.fullmatch(new) is not None and new.lower() != "null"
    return new if sign not in ("'", '"') and is_plain else "'" + new.replace("'", "''") + "'"
