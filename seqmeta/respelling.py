"""A description file to the same file with terms and keys spelled as they are stored; all else stays, byte for byte.

Only what is mere spelling is changed: a term in another case, with other separators or by a synonym, and a key by its
alias (CONTRACT 2 and 2.1). The text is edited where the reader says that a value stands, never written anew, so
comments and layout stay. A file whose edited text would read to anything else than before is left as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqmeta.documents import read_file
from seqmeta.reader import Mark, Value, find_child
from seqmeta.rulebook import Checked, Rulebook
from seqmeta.shapes import Field, Shape

_LINE_BREAK = re.compile("\r\n|\r|\n")
_PLAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_. +/-]*[A-Za-z0-9_+/])?")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """One text in place of another, at line and column (both from 1) of a file."""

    line: int
    column: int
    old: str
    new: str


def respell(file: str, data: bytes, rulebook: Rulebook) -> tuple[bytes, list[Edit]]:
    """Respell one description file; returns it as it was, with no edits, where nothing can be changed safely."""
    documents, problems = read_file(file, data)
    if problems:
        return data, []
    edits = [
        edit
        for document in documents
        if isinstance(document.body, dict)
        for edit in _find_edits(rulebook.shape(document.kind), document.body, document.mark)
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
    return checked.normal, problems, checked.documents, checked.faulty


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


def _edit(text: str, edits: Sequence[Edit]) -> tuple[str, list[Edit]]:
    """Make the edits whose old text stands where it should, on one line; from the end, so that places stay right."""
    starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]
    made = []
    for edit in sorted(edits, key=lambda of: (of.line, of.column), reverse=True):
        index = starts[edit.line - 1] + edit.column - 1
        sign = text[index : index + 1]
        written = f"{sign}{edit.old}{sign}" if sign in ("'", '"') else edit.old
        if text.startswith(written, index):
            text = text[:index] + _write(edit.new, sign) + text[index + len(written) :]
            made.append(edit)
    return text, made[::-1]


def _write(new: str, sign: str) -> str:
    """Write a term in the quotes that were there, or in some where plain text could be read as something else."""
    if sign == '"' and not set(new) & set('"\\'):
        return f'"{new}"'
    return new if sign not in ("'", '"') and _PLAIN.fullmatch(new) else "'" + new.replace("'", "''") + "'"
