"""CSV, TSV and XLSX files to rows of text, numbered as a spreadsheet numbers them.

The delimiter is the one under which a row of known headings comes to light; of a workbook it is the sheet. Guidance
above the headings is skipped. An apostrophe that was put in front of a formula is taken off.
"""

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from seqmeta.formulas import unshield
from seqmeta.imports.sources import FaultySourceError, Source, decode, load_source
from seqmeta.imports.workbooks import Grid, read_workbook
from seqmeta.problems import sort_problems

_DELIMITERS = (",", "\t", ";", "|")
_HEADINGS_WITHIN = 60
"""How many rows are looked at for the headings."""
_MOST_COLUMNS = 16_384
_EXCEL, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Recognize = Callable[[str], bool]
"""Whether the text of a cell is a heading that is known."""


class Row(NamedTuple):
    """One row below the headings; `number` is the spreadsheet's, counted from 1."""

    number: int
    cells: tuple[str, ...]


class Sheet(NamedTuple):
    """A table: its headings as they were written, the row that they stand in, and the rows below that hold anything."""

    source: Source
    heading_row: int
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def load_sheet(path: Path, recognize: Recognize) -> Sheet:
    """Read a table; FaultySourceError where it is none, or has no row of headings of which two are known.

    A single known heading is enough where it stands alone.
    """
    source = load_source(path)
    if not source.data.strip():
        raise source.fault("required_field", "the file is empty: expected a row of headings")
    if source.data.startswith(_OLD_EXCEL):
        raise source.fault("wrong_type", "this is a workbook of old Excel: save it as XLSX or CSV")
    grids = map(_clean, read_workbook(source)) if source.data.startswith(_EXCEL) else _texts(source, decode(source))
    best = max(grids, key=lambda grid: _most_known(grid, recognize)[0], default=Grid([]))
    known, index = _most_known(best, recognize)
    if known < 1:
        raise source.fault(
            "required_field", "there is no row of headings that are known: expected a CSV, TSV or XLSX table"
        )
    faults = [fault for fault in best.faults if fault.line > index]
    if faults:
        raise FaultySourceError(sort_problems(faults))
    rows = (Row(number, tuple(cells)) for number, cells in enumerate(best.rows[index + 1 :], index + 2) if any(cells))
    return Sheet(source, index + 1, tuple(best.rows[index]), tuple(rows))


def _most_known(grid: Grid, recognize: Recognize) -> tuple[int, int]:
    """The most known headings in any row, and the first such row."""
    counts = [sum(map(recognize, set(filter(None, row)))) for row in grid.rows[:_HEADINGS_WITHIN]]
    best = max(counts, default=0)
    return best, counts.index(best) if counts else 0


def _texts(source: Source, text: str) -> Iterator[Grid]:
    """Read the text with each delimiter that stands in it."""
    found = [delimiter for delimiter in _DELIMITERS if delimiter in text]
    faults = []
    for delimiter in found or [","]:
        try:
            yield _parse(source, text, delimiter)
        except FaultySourceError as error:
            faults.append(error)
    if len(faults) == len(found or [","]):
        raise faults[0]


def _parse(source: Source, text: str, delimiter: str) -> Grid:
    grid: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(cells) > _MOST_COLUMNS:
                message = f"the row has {len(cells)} cells: expected at most {_MOST_COLUMNS}"
                raise source.fault("out_of_range", message, len(grid) + 1)
            grid.append([clean(cell) for cell in cells])
    except csv.Error as error:
        raise _explain(source, text, delimiter, str(error), len(grid)) from None
    return Grid(grid)


def _clean(grid: Grid) -> Grid:
    """Clean the cells of a sheet; those behind the last one of a row that holds anything go."""
    rows = [[clean(cell) for cell in row] for row in grid.rows]
    for row in rows:
        while row and not row[-1]:
            row.pop()
    return grid._replace(rows=rows)


def _explain(source: Source, text: str, delimiter: str, said: str, rows: int) -> FaultySourceError:
    """Say what is wrong with the row behind so many others. A cell too long may be one that is never closed."""
    if "field limit" in said:
        most = csv.field_size_limit(len(text))
        try:
            row = next(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), rows, None))
            column, length = next((at, len(cell)) for at, cell in enumerate(row) if len(cell) > most)
            message = f"the cell has {length} characters: expected at most {most}"
            return source.fault("out_of_range", message, rows + 1, column + 1)
        except csv.Error as error:
            said = str(error)
        finally:
            csv.field_size_limit(most)
    behind = "text stands behind the closing quote of a cell: a quote within a quoted cell is written twice"
    said = behind if "expected after" in said else "a quoted cell of this row is never closed"
    return source.fault("csv_syntax", said, rows + 1)


def clean(cell: str) -> str:
    """Return the text that a cell stands for; line breaks within it are line feeds."""
    if "\r" in cell:
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return unshield(cell.strip(" \u00a0\n")).strip()
