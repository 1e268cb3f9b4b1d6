"""CSV, TSV and XLSX files to rows of text, numbered as a spreadsheet numbers them.

The delimiter is the one under which a row of known headings comes to light; of a workbook it is the sheet. Guidance
above the headings is skipped. An apostrophe that was put in front of a formula is taken off.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from seqmeta.formulas import unshield
from seqmeta.imports.sources import FaultySourceError, Source, decode, load_source

_DELIMITERS = (",", "\t", ";", "|")
_HEADINGS_WITHIN = 60
"""How many rows are looked at for the headings."""
_MOST_COLUMNS = 16_384
_EXCEL, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_INFLATED = 20
"""A sheet compresses about tenfold; a workbook that grows more than this is no table that somebody filled in."""
_ALWAYS_INFLATED = 8 * 1024 * 1024

_MOST_ROWS, _MOST_CELLS = 1_048_576, 5_000_000
"""How much a workbook may hold. It says where a row and a cell stand, and all before them are gone through: a few bytes
can say that there are thousands of millions. Excel has so many rows."""

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What zipfile and openpyxl raise on workbooks that are damaged."""

Grid = list[list[str]]
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
    grids = _workbook(source) if source.data.startswith(_EXCEL) else _texts(source, decode(source))
    best = max(grids, key=lambda grid: _most_known(grid, recognize)[0], default=[])
    known, index = _most_known(best, recognize)
    if known < 1:
        raise source.fault(
            "required_field", "there is no row of headings that are known: expected a CSV, TSV or XLSX table"
        )
    rows = (Row(number, tuple(cells)) for number, cells in enumerate(best[index + 1 :], index + 2) if any(cells))
    return Sheet(source, index + 1, tuple(best[index]), tuple(rows))


def _most_known(grid: Grid, recognize: Recognize) -> tuple[int, int]:
    """The most known headings in any row, and the first such row."""
    counts = [sum(map(recognize, set(filter(None, row)))) for row in grid[:_HEADINGS_WITHIN]]
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
    grid: Grid = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(cells) > _MOST_COLUMNS:
                message = f"the row has {len(cells)} cells: expected at most {_MOST_COLUMNS}"
                raise source.fault("out_of_range", message, len(grid) + 1)
            grid.append([clean(cell) for cell in cells])
    except csv.Error as error:
        behind = "text stands behind the closing quote of a cell: a quote within a quoted cell is written twice"
        said = behind if "expected after" in str(error) else "a quoted cell of this row is never closed"
        raise source.fault("csv_syntax", said, len(grid) + 1) from None
    return grid


def clean(cell: str) -> str:
    """Return the text that a cell stands for; line breaks within it are line feeds."""
    if "\r" in cell:
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return unshield(cell.strip(" \u00a0\n")).strip()


def _workbook(source: Source) -> Iterator[Grid]:
    import openpyxl

    _refuse_bombs(source)
    try:
        book = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # a file may say that it has a million columns
            yield list(map(_cells, _bounded(source, sheet.iter_rows(values_only=True))))
    except _UNREADABLE as error:
        raise source.fault("wrong_type", f"the workbook cannot be read: {_sentence(error)}") from error


def _bounded(source: Source, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    cells = 0
    for number, row in enumerate(rows, 1):
        cells += len(row)
        if number > _MOST_ROWS or cells > _MOST_CELLS:
            most = f"expected at most {_MOST_ROWS} rows and {_MOST_CELLS} cells up to the last one of each"
            raise source.fault("out_of_range", f"the sheet is too large: {most}; save what counts as CSV", number)
        yield row


def _refuse_bombs(source: Source) -> None:
    """Refuse what would unpack to far more than it is, and what declares entities."""
    most = max(_ALWAYS_INFLATED, _INFLATED * len(source.data))
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            if sum(of.file_size for of in archive.infolist()) > most:
                raise source.fault("out_of_range", f"the workbook unpacks to more than {most // 2**20} MiB")
            for of in archive.infolist():
                if of.filename.endswith((".xml", ".rels")) and re.search(
                    rb"<!DOCTYPE|<!ENTITY", archive.read(of)[:4096]
                ):
                    raise source.fault("wrong_type", "the workbook has a document type declaration: Excel writes none")
    except _UNREADABLE as error:
        raise source.fault("wrong_type", f"the workbook cannot be read: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _cells(values: Iterable[Any]) -> list[str]:
    cells = [clean(_text(value)) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: Any) -> str:
    """Write a value of a workbook as a person sees it: no `.0` behind whole numbers, days without midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)
