"""Tables: rows of plain values to aligned text, to CSV that is safe to open in a spreadsheet, and to JSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from seqmeta.rendering import printable, render_json

FORMATS = ("text", "csv", "json")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in order, and rows that have a value (text, whole number, Decimal, None) for each of them."""

    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]


def render_table(table: Table, form: str) -> str:
    """Render a table in one of the forms, without a last line break."""
    if form == "json":
        return render_json([{column: _plain(row.get(column)) for column in table.columns} for row in table.rows])
    return _render_csv(table) if form == "csv" else _render_text(table)


def _plain(value: Any) -> Any:
    """Write an amount as text, as records do: not every reader of JSON keeps decimals exact."""
    return _write(value) if isinstance(value, Decimal) else value


def _write(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _render_csv(table: Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_cell(row.get(column)) for column in table.columns])
    return out.getvalue().removesuffix("\n")


def _cell(value: Any) -> str:
    """Write a value exactly, save that text which would be taken for a formula gets a leading `'`."""
    text = _write(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _render_text(table: Table) -> str:
    rows = [list(table.columns)] + [[_shown(row.get(column)) for column in table.columns] for row in table.rows]
    widths = [max(len(row[index]) for row in rows) for index in range(len(table.columns))]
    numeric = [
        bool(table.rows) and all(isinstance(row.get(column), int | Decimal | None) for row in table.rows)
        for column in table.columns
    ]
    return "\n".join(_line(row, widths, numeric) for row in rows)


def _shown(value: Any) -> str:
    return printable(_write(value))


def _line(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    cells = zip(row, widths, numeric, strict=True)
    return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells).rstrip()
