"""The text of a CSV file to rows of cells that know where they stand, whatever separates them and ends their lines."""

import csv
import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from seqmeta.imports.sources import Source, decode

_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_LINES = 50
"""Over how many lines a quoted cell may run: where one is never closed, the rest of the file is not its text."""

_MOST_ROWS = 20_000
"""How many rows a file may have: the 1,536 samples that indexes tell apart, in eight lanes, are 12,288."""

_MOST_CHARACTERS = 100_000
"""How long a row with quoted cells may be; csv itself takes cells of 131,072 characters."""


class Row(NamedTuple):
    """One row; `cells` are stripped, those at the end that are empty left away; `line` counts from 1."""

    line: int
    cells: tuple[str, ...]

    def cell(self, index: int) -> str:
        """Return the cell of a column, empty where the row ends before it."""
        return self.cells[index] if index < len(self.cells) else ""


def other_columns(heading: Row, taken: Collection[int], row: Row) -> dict[str, str]:
    """The cells of a row by their heading, but for columns that are taken; of a heading that stands twice both."""
    found: dict[str, str] = {}
    for index, (name, cell) in enumerate(zip(heading.cells, row.cells, strict=False)):
        if name and cell and index not in taken:
            found[name] = f"{found[name]}, {cell}" if name in found else cell
    return found


def read_rows(source: Source, is_heading: Callable[[tuple[str, ...]], bool]) -> list[Row]:
    """Read the rows that hold anything; comma, semicolon or tab, whichever makes a heading of some row."""
    text = decode(source)
    first: list[Row] | None = None
    for delimiter in (of for of in ",;\t" if of == "," or of in text):
        rows = list(_split(source, text, delimiter))
        if any(is_heading(row.cells) for row in rows):
            return rows
        first = rows if first is None else first
    return first or []


def _split(source: Source, text: str, delimiter: str) -> Iterator[Row]:
    lines = _LINE_END.split(text)
    index = found = 0
    while index < len(lines):
        taken, cells = _parse(source, lines, index, delimiter)
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found += 1
            if found > _MOST_ROWS:
                message = f"the file has more than {_MOST_ROWS:,} rows: no sheet of samples has so many"
                raise source.fault("out_of_range", message, index + 1)
            yield Row(index + 1, tuple(cells))
        index += taken


def _parse(source: Source, lines: list[str], start: int, delimiter: str) -> tuple[int, list[str]]:
    """Parse the row that begins at a line; return how many lines it takes, and its cells."""
    if '"' not in lines[start]:
        return 1, [cell.strip() for cell in lines[start].split(delimiter)]
    for taken in range(1, min(_MOST_LINES, len(lines) - start) + 1):
        row = "\n".join(lines[start : start + taken])
        if len(row) > _MOST_CHARACTERS:
            raise source.fault("out_of_range", f"the row is longer than {_MOST_CHARACTERS} characters", start + 1)
        try:
            cells = next(csv.reader([row], delimiter=delimiter, strict=True, skipinitialspace=True))
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                continue
            cells = next(csv.reader([row], delimiter=delimiter, skipinitialspace=True))
        return taken, [" ".join(cell.split()) for cell in cells]
    column = lines[start].index('"') + 1
    raise source.fault("csv_syntax", "a quoted cell begins here and is never closed", start + 1, column)
