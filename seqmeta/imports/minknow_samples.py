"""MinKNOW's sample sheets to the samples on the barcodes of each flow cell.

Source: "Sample sheet upload" of MinKNOW's documentation, for the columns, types and what an alias may be.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sheet_rows import Row, other_columns, read_rows
from seqmeta.imports.sheet_samples import fold_heading
from seqmeta.imports.sources import FaultySourceError, Source
from seqmeta.problems import Problem
from seqmeta.values import shorten

TYPES = ("test_sample", "positive_control", "negative_control", "no_template_control")

_COLUMNS = {
    "protocolrunid": "protocol_run_id",
    "flowcellid": "flowcell_id",
    "positionid": "position",
    "sampleid": "sample_id",
    "experimentid": "experiment",
    "protocolgroupid": "experiment",
    "flowcellproductcode": "flowcell_type",
    "kit": "kit",
    "barcodingkit": "barcoding_kits",
    "barcode": "barcode",
    "internalbarcode": "internal_barcode",
    "externalbarcode": "external_barcode",
    "rapidbarcode": "external_barcode",
    "alias": "alias",
    "type": "type",
}
_OF_RUN = (
    "protocol_run_id",
    "flowcell_id",
    "position",
    "sample_id",
    "experiment",
    "flowcell_type",
    "kit",
    "barcoding_kits",
)
_KEY = ("protocol_run_id", "flowcell_id", "position", "sample_id")
"""What tells the runs of one sheet apart."""

_MOST_RUNS = 500
"""How many runs one sheet may speak of."""

_BARCODE = re.compile(r"[A-Za-z]{1,12}[-_ ]?\d{1,4}[A-Za-z]?", re.ASCII)
_BARCODE_NAME = re.compile(r"barcode\d+", re.IGNORECASE | re.ASCII)


class BarcodedSample(NamedTuple):
    """A sample on a barcode; `barcode` is empty where the flow cell has one sample only."""

    name: str
    barcode: str
    type: str
    columns: Mapping[str, str]


class SheetRun(NamedTuple):
    """What a sheet says of one flow cell: facts about its run, and its samples."""

    facts: Mapping[str, str]
    samples: Sequence[BarcodedSample]


def is_minknow_heading(cells: Sequence[str]) -> bool:
    """Whether the cells are the heading of a MinKNOW sample sheet."""
    folded = {fold_heading(cell) for cell in cells}
    return "alias" in folded or ("flowcellid" in folded and bool(folded & {"kit", "sampleid", "experimentid"}))


def parse_minknow_sheet(source: Source) -> list[SheetRun]:
    """Parse a sheet; FaultySourceError names all that is wrong with it."""
    rows = [row for row in read_rows(source, _is_any_heading) if not row.cells[0].startswith("#")]
    if not rows or not _is_any_heading(rows[0].cells):
        expected = "expected columns such as flow_cell_id, barcode, alias"
        raise source.fault("unknown_format", f"this is no sample sheet of MinKNOW's: {expected}")
    roles = {
        _COLUMNS[fold_heading(cell)]: at for at, cell in enumerate(rows[0].cells) if fold_heading(cell) in _COLUMNS
    }
    problems = [*_check_heading(source, rows, roles)]
    problems += [problem for row in rows[1:] for problem in _check_row(source, rows[0], roles, row)]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows[1:]:
        key = tuple(row.cell(roles[role]) if role in roles else "" for role in _KEY)
        groups.setdefault(key, []).append(row)
    if len(groups) > _MOST_RUNS:
        raise source.fault("out_of_range", f"the sheet is of more than {_MOST_RUNS} runs: an instrument takes up to 48")
    for group in groups.values():
        problems += _check_group(source, roles, group)
    if problems:
        raise FaultySourceError(sorted(problems, key=lambda of: (of.line, of.column)))
    return [_read_group(rows[0], roles, group) for group in groups.values()]


def _is_any_heading(cells: Sequence[str]) -> bool:
    return is_minknow_heading(cells) or {"barcode", "type"} <= {fold_heading(cell) for cell in cells}


def _check_heading(source: Source, rows: Sequence[Row], roles: Mapping[str, int]) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, cell in enumerate(map(fold_heading, rows[0].cells)):
        if cell in _COLUMNS and cell in seen:
            yield source.problem("duplicate_item", f"the column {rows[0].cells[at]} comes twice", rows[0].line, at + 1)
        seen.add(cell)
    if "alias" not in roles and "barcode" in roles:
        yield source.problem("required_field", "there is no column alias: the barcodes name no samples", rows[0].line)
    if len(rows) == 1:
        yield source.problem("required_field", "the sheet lists nothing below its heading", rows[0].line)


def _check_row(source: Source, heading: Row, roles: Mapping[str, int], row: Row) -> Iterator[Problem]:
    def problem(role: str, code: str, message: str) -> Problem:
        return source.problem(code, message, row.line, roles[role] + 1)

    for at, cell in enumerate(row.cells):
        if cell and not heading.cell(at):
            message = f"row {row.line}, column {at + 1} has {shorten(cell)} but no heading"
            yield source.problem("unknown_field", message, row.line, at + 1)
    parts = {role: row.cell(at) for role, at in roles.items()}
    alias, barcode, kind = (parts.get(role, "") for role in ("alias", "barcode", "type"))
    if "alias" in roles and barcode and not alias:
        yield problem("alias", "required_field", f"barcode {barcode} has no alias: which sample is it?")
    if _BARCODE_NAME.fullmatch(alias):
        yield problem("alias", "not_allowed", f"{shorten(alias)} is the name of a barcode, and names no sample")
    fault = find_fault(alias)
    if fault is not None:
        yield problem("alias", *fault)
    if barcode and not _BARCODE.fullmatch(barcode):
        yield problem("barcode", "not_allowed", f"{shorten(barcode)} is no barcode: expected one such as barcode01")
    if kind and fold_heading(kind) not in {fold_heading(known) for known in TYPES}:
        yield problem("type", "not_allowed", f"{shorten(kind)} is no type of a sample: expected {', '.join(TYPES)}")


def _check_group(source: Source, roles: Mapping[str, int], rows: Sequence[Row]) -> Iterator[Problem]:
    """Check the rows of one flow cell: no barcode and no alias comes twice, and barcodes are of one form."""
    tags = [role for role in ("barcode", "internal_barcode", "external_barcode") if role in roles]
    if len(rows) > 1 and not tags:
        message = "the flow cell has several samples: expected a column barcode that tells them apart"
        yield source.problem("required_field", message, rows[1].line)
    before: dict[tuple[str, str], int] = {}
    for row in rows:
        barcode = "+".join(filter(None, (row.cell(roles[role]) for role in tags)))
        alias = row.cell(roles["alias"]) if "alias" in roles else ""
        for role, text in (("barcode", barcode), ("alias", alias)):
            line = before.setdefault((role, text), row.line)
            if text and line != row.line:
                message = f"the {role} {shorten(text)} comes twice: it is at line {line} already"
                yield source.problem("duplicate_item", message, row.line, roles.get(role, 0) + 1)
        first = rows[0].cell(roles["barcode"]) if "barcode" in roles else ""
        own = row.cell(roles["barcode"]) if "barcode" in roles else ""
        if first and own and len(own) != len(first):
            message = f"the barcodes {shorten(first)} and {shorten(own)} are of different length"
            yield source.problem("not_allowed", message, row.line, roles["barcode"] + 1)


def _read_group(heading: Row, roles: Mapping[str, int], rows: Sequence[Row]) -> SheetRun:
    facts = {role: rows[0].cell(roles[role]) for role in _OF_RUN if role in roles and rows[0].cell(roles[role])}
    return SheetRun(facts, [_read_sample(heading, roles, row) for row in rows if _has_sample(roles, row)])


def _has_sample(roles: Mapping[str, int], row: Row) -> bool:
    return "alias" in roles and bool(row.cell(roles["alias"]))


def _read_sample(heading: Row, roles: Mapping[str, int], row: Row) -> BarcodedSample:
    parts = {role: row.cell(at) for role, at in roles.items()}
    tags = (parts.get(role, "") for role in ("barcode", "external_barcode", "internal_barcode"))
    columns = other_columns(heading, roles.values(), row)
    return BarcodedSample(parts["alias"], "+".join(filter(None, tags)), parts.get("type", "").lower(), columns)
