"""XLSX workbooks to grids of text, one of each sheet, and the cells whose value is not to be had from the file.

A cell becomes the text that a person sees. Spreadsheet programs keep 15 digits of a number, and store formulas with
the values that they last computed; other programs may store no value (ECMA-376, 18.3.1.4 and 18.3.1.96).
"""

import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from seqmeta.checking import MOST_PROBLEMS
from seqmeta.imports.sources import Source
from seqmeta.problems import Problem

_INFLATED = 20
"""A sheet compresses about tenfold; a workbook that grows more than this is no table that somebody filled in."""
_ALWAYS_INFLATED = 8 * 1024 * 1024

_MOST_ROWS, _MOST_CELLS = 1_048_576, 5_000_000
"""How much a workbook may hold. It says where a row and a cell stand, and all before them are gone through: a few bytes
can say that there are thousands of millions. Excel has so many rows."""

_DIGITS = 15
_UNCOMPUTED = (
    "a formula without a value: open the workbook in a spreadsheet program and save it, or write what it means"
)

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")

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
"""What zipfile, lxml and openpyxl raise on workbooks that are damaged."""


class Grid(NamedTuple):
    """A table as rows of text, and what is wrong with cells of it, by line and column."""

    rows: Sequence[Sequence[str]]
    faults: Sequence[Problem] = ()


def read_workbook(source: Source) -> Iterator[Grid]:
    """Read each sheet; FaultySourceError where the file is damaged or too large."""
    import openpyxl

    _refuse_bombs(source)
    try:
        book = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # a file may say that it has a million columns
            faults: list[Problem] = []
            rows = [
                [_read_cell(source, faults, number, column, value) for column, value in enumerate(values, 1)]
                for number, values in enumerate(_bounded(source, sheet.iter_rows(values_only=True)), 1)
            ]
            with sheet._get_source() as stream:  # noqa: SLF001 - openpyxl tells nowhere else which part it reads
                faults += _find_uncomputed(source, stream.read())
            yield Grid(rows, faults)
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


def _find_uncomputed(source: Source, sheet: bytes) -> Iterator[Problem]:
    """Find the formulas of a sheet that have no value; an empty text is one."""
    from lxml import etree

    if _FORMULA.search(sheet) is None:
        return  # as in most, which then need no second look
    row = column = found = 0
    parts = etree.iterparse(
        io.BytesIO(sheet), tag=("{*}row", "{*}c"), events=("start", "end"), resolve_entities=False, no_network=True
    )
    for event, element in parts:
        is_row = element.tag.endswith("row")
        if is_row and event == "start":
            row, column = int(element.get("r", row + 1)), 0
        elif is_row:
            element.clear()
        elif event == "end":
            name = re.match(r"[A-Z]+", element.get("r", ""))
            column = _number(name[0]) if name else column + 1
            has_value = element.get("t") == "str" or any(of.text for of in element.iterchildren("{*}v"))
            if not has_value and next(element.iterchildren("{*}f"), None) is not None and found <= MOST_PROBLEMS:
                found += 1
                yield _fault(source, "required_field", row, column, _UNCOMPUTED)


def _number(letters: str) -> int:
    """The number of a column that is called by letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _fault(source: Source, code: str, row: int, column: int, what: str) -> Problem:
    return source.problem(code, f"row {row}, column {column} has {what}", row, column)


def _read_cell(source: Source, faults: list[Problem], row: int, column: int, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not (math.isfinite(value) and abs(value) < 10**_DIGITS) and len(faults) <= MOST_PROBLEMS:
        what = f"a number of more than {_DIGITS} digits, of which a spreadsheet keeps no more"
        faults.append(
            _fault(source, "wrong_type", row, column, f"{what}: format the column as text, and write it again")
        )
        return ""
    return _text(value)


def _text(value: Any) -> str:
    """Write a value of a workbook as a person sees it: no `.0` behind whole numbers, days without midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.{_DIGITS}g}"
    if isinstance(value, datetime):
        return _date_text(value)
    if isinstance(value, timedelta):
        return _duration_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _date_text(value: datetime) -> str:
    if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
        return value.date().isoformat()
    if value.microsecond:
        return value.isoformat(" ", "milliseconds")
    return value.isoformat(" ", "seconds" if value.second else "minutes")


def _duration_text(value: timedelta) -> str:
    """Write a duration as `[h]:mm:ss` shows it, the hours beyond a day too."""
    seconds = round(abs(value).total_seconds())
    sign = "-" if value < timedelta() else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
