"""The headings of a table to the fields that they mean, and values of rows with the places that they stand at."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from seqmeta.checking import MOST_PROBLEMS
from seqmeta.imports.drafts import is_writable
from seqmeta.imports.sources import FaultySourceError
from seqmeta.imports.spreadsheets import Row, Sheet
from seqmeta.problems import Problem, sort_problems
from seqmeta.rendering import printable
from seqmeta.rulebook import cap_problems
from seqmeta.values import shorten

_SEPARATORS = re.compile(r"[\s_-]+")
_MARKS = re.compile(r"\((?:required|optional|mandatory)\)|[*:?]", re.IGNORECASE)
_NEAR = 0.85
"""How like a known heading one must be to be a misspelling of it: manifests have many that share some words."""


def fold_heading(text: str) -> str:
    """Fold a heading: case, separators and marks such as `*` are of no account."""
    return _SEPARATORS.sub(" ", _MARKS.sub(" ", text)).strip().casefold()


class Columns(NamedTuple):
    """Which column has which field; `others` are the columns whose headings are none of them, by heading."""

    fields: Mapping[str, int]
    others: Mapping[str, int]


def find_columns(
    sheet: Sheet, known: Mapping[str, Sequence[str]], problems: list[Problem], is_exact: Callable[[str], bool]
) -> Columns:
    """Find the column of each field by its headings, of which the first that is there counts.

    A heading that `is_exact` has a name in it, in which each character counts.
    """
    places: dict[str, int] = {}
    for index, heading in enumerate(sheet.headings):
        folded = heading if is_exact(heading) else fold_heading(heading) or heading  # a mark alone is one too
        if folded and places.setdefault(folded, index) != index:
            problems.append(at(sheet, None, index, "duplicate_key", f"the heading {shorten(heading)} stands twice"))
    fields: dict[str, int] = {}
    for name, headings in known.items():
        found = next((places[folded] for folded in map(fold_heading, headings) if folded in places), None)
        if found is not None and found not in fields.values():
            fields[name] = found
    taken = set(fields.values())
    others = {sheet.headings[index]: index for index in places.values() if index not in taken}
    problems += _without_heading(sheet)
    return Columns(fields, others)


def _without_heading(sheet: Sheet) -> list[Problem]:
    found: list[Problem] = []
    named = {index for index, heading in enumerate(sheet.headings) if heading}
    for row in sheet.rows:
        for index, cell in enumerate(row.cells):
            if cell and index not in named and len(found) <= MOST_PROBLEMS:
                message = f"row {row.number}, column {index + 1} contains data but no heading"
                found.append(at(sheet, row, index, "unknown_field", message))
    return found


def suggest_heading(heading: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """The known heading that one is most likely a misspelling of; itself where it is known."""
    folded = [fold_heading(of) for headings in known.values() for of in headings]
    return next(iter(difflib.get_close_matches(fold_heading(heading)[:256], folded, n=1, cutoff=_NEAR)), None)


def explain_heading(heading: str, near: str | None, expected: str) -> str:
    """Say why a heading is refused."""
    if near == fold_heading(heading):
        return f"the heading {shorten(heading)} means the same as that of another column"
    return f"the heading {shorten(heading)} is not known: " + (f"did you mean {near}?" if near else expected)


def at(sheet: Sheet, row: Row | None, column: int, code: str, message: str) -> Problem:
    """Place a problem at a row (None: the headings) and a column, counted from 0."""
    number = sheet.heading_row if row is None else row.number
    return Problem("error", sheet.source.name, number, column + 1, "", code, message)


@dataclass(slots=True)
class Reader:
    """The rows of a sheet by field, and what is wrong with them."""

    sheet: Sheet
    columns: Columns
    problems: list[Problem] = field(default_factory=list)

    def get(self, row: Row, name: str) -> str:
        """The text of a field in a row, empty where there is none."""
        index = self.columns.fields.get(name)
        return "" if index is None or index >= len(row.cells) else row.cells[index]

    def report(self, row: Row | None, name: str, code: str, message: str) -> None:
        """Report what is wrong with a field of a row."""
        self.problems.append(at(self.sheet, row, self.columns.fields.get(name, 0), code, message))

    def check_texts(self, columns: Iterable[int]) -> None:
        """Report each cell of some columns that has a character no description may have; line breaks are no matter."""
        for index in columns:
            for row in self.sheet.rows:
                text = cell(row, index)
                if not is_writable(text.replace("\n", "")):
                    message = f"{shorten(printable(text))} has a character that no description may have"
                    self.problems.append(at(self.sheet, row, index, "invalid_text", message))
                    if len(self.problems) > MOST_PROBLEMS:
                        return

    def raise_problems(self) -> None:
        """Raise FaultySourceError where anything is wrong: a table is taken whole or not at all."""
        if self.problems:
            capped = cap_problems(self.sheet.source.name, sort_problems(dict.fromkeys(self.problems)))
            raise FaultySourceError(capped)


def cell(row: Row, index: int) -> str:
    """The text of a cell, empty where the row is shorter."""
    return row.cells[index] if index < len(row.cells) else ""
