"""Tables: rows of plain values to aligned text, to CSV that is safe to open in a spreadsheet, and to JSON.

A table may be longer than the memory: it is written as its rows come, and aligned text goes through them twice.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from seqmeta.rendering import printable, render_json

FORMATS = ("text", "csv", "json")
_NUMERIC = (int, Decimal, type(None))

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


class Table(NamedTuple):
    """Columns in order, and rows that have a value (text, whole number, Decimal, None) for each of them.

    The rows can be gone through more than once; `unsorted` are the same in whatever order they are had soonest.
    """

    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]
    unsorted: Iterable[Mapping[str, Any]] | None = None


def render_table(table: Table, form: str) -> str:
    """Render a table in one of the forms, without a last line break."""
    return "\n".join(render_lines(table, form))


def render_lines(table: Table, form: str) -> Iterator[str]:
    """Render a table in one of the forms, some lines at a time, each without its last line break."""
    return {"json": _json_lines, "csv": _csv_lines, "text": _text_lines}[form](table)


def _json_lines(table: Table) -> Iterator[str]:
    rows = plain_rows(table)
    before = next(rows, None)
    if before is None:
        yield "[]"
        return
    yield "["
    for row in rows:
        yield f"{_json_row(before)},"
        before = row
    yield _json_row(before)
    yield "]"


def plain_rows(table: Table) -> Iterator[dict[str, Any]]:
    """Yield the rows as plain values, by column; amounts of money as text, as records have them."""
    return ({column: _plain(row.get(column)) for column in table.columns} for row in table.rows)


def _json_row(row: Mapping[str, Any]) -> str:
    """Write a row as it stands in a list: a line break is never within a text of JSON, so each begins a line."""
    return "  " + render_json(row).replace("\n", "\n  ")


def _plain(value: Any) -> Any:
    """Write an amount as text, as records do: not every reader of JSON keeps decimals exact."""
    return _write(value) if isinstance(value, Decimal) else value


def _write(value: Any) -> str:
    if isinstance(value, str):  # as most are
        return value
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _csv_lines(table: Table) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="")
    yield str(writer.writerow(table.columns))
    for row in table.rows:
        yield str(writer.writerow([_cell(row.get(column)) for column in table.columns]))


class _Line:
    """Gives what is written back to who writes it: `csv.writer` hands on what its file returns."""

    def write(self, text: str) -> str:
        return text


def _cell(value: Any) -> str:
    """Write a value exactly, save that text which would be taken for a formula gets a leading `'`."""
    text = _write(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _text_lines(table: Table) -> Iterator[str]:
    widths, numeric, is_empty = [len(column) for column in table.columns], [True] * len(table.columns), True
    for row in table.rows if table.unsorted is None else table.unsorted:
        is_empty = False
        for index, column in enumerate(table.columns):
            value = row.get(column)
            width = len(_shown(value))
            widths[index] = max(widths[index], width)
            if numeric[index] and not isinstance(value, _NUMERIC):
                numeric[index] = False
    right = [of and not is_empty for of in numeric]
    yield _line(table.columns, widths, right)
    for row in table.rows:
        yield _line([_shown(row.get(column)) for column in table.columns], widths, right)


def _shown(value: Any) -> str:
    return printable(_write(value))


def _line(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    cells = zip(row, widths, numeric, strict=True)
    return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells).rstrip()
