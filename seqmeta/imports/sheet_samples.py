"""The rows below a heading with `Sample_ID` to samples: lane, index sequences, and all other columns as text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sheet_rows import Row
from seqmeta.imports.sources import Source
from seqmeta.problems import Problem
from seqmeta.values import shorten

_ROLES = {
    "sampleid": "name",
    "lane": "lane",
    "index": "i7",
    "index1": "i7",
    "i7index": "i7",
    "index2": "i5",
    "i5index": "i5",
}
_SEQUENCE = re.compile(r"[ACGTN]+", re.IGNORECASE)
_DUAL = re.compile(r"(?P<i7>[ACGTN]+)[-+](?P<i5>[ACGTN]+)", re.IGNORECASE)
_INDEX_SET = re.compile(r"SI-[A-Z0-9]{2,4}-[A-H](?:1[0-2]|[1-9])")
"""What 10x Genomics calls its sets of indexes, which its software replaces by their sequences."""

_SET_SIZE = 4
_NO_INDEX = {"", "noindex", "none", "na", "undetermined", "n/a", "no index"}
_LANE = re.compile(r"[1-9]\d?", re.ASCII)
_ILLEGAL = re.compile(r"""[?()\[\]/\\=+<>:;"',*^|&$%#@!{}~`]""")
"""Characters that a sample's name may not have: those of bcl2fastq2's guide but space and dot, and a shell's."""


@dataclass(frozen=True, slots=True)
class SheetSample:
    """One row: a sample in a lane (None: in all of them). `cells` say which column each part stands in."""

    line: int
    name: str
    lane: str | None
    i7: str
    i5: str
    columns: Mapping[str, str]
    cells: Mapping[str, int]

    @property
    def barcode(self) -> str:
        """The index sequences, joined by `+`; empty where there are none."""
        return "+".join(filter(None, (self.i7, self.i5)))

    def with_columns(self, more: Mapping[str, str]) -> "SheetSample":
        """Return the sample with more columns; its own win."""
        return replace(self, columns={**more, **self.columns})


def fold_heading(text: str) -> str:
    """Fold a heading: its case and separators do not matter."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def is_heading(cells: Sequence[str]) -> bool:
    """Whether the cells are the heading of a table of samples."""
    return any(fold_heading(cell) == "sampleid" for cell in cells)


def read_samples(
    source: Source, section: str, line: int, rows: Sequence[Row]
) -> tuple[list[SheetSample], list[Problem]]:
    """Read the table of a section; return the samples and what is wrong with its form."""
    if not rows:
        return [], [source.problem("required_field", f"[{section}] is empty: expected a heading with Sample_ID", line)]
    heading = rows[0]
    if not is_heading(heading.cells):
        message = f"[{section}] has no column Sample_ID: its heading is {shorten(', '.join(heading.cells), 120)}"
        return [], [source.problem("required_field", message, heading.line)]
    roles, problems = _find_roles(source, heading)
    body = [row for row in rows[1:] if not row.cells[0].startswith("#") and _is_more_than_a_lane(roles, row)]
    if not body:
        problems.append(source.problem("required_field", f"[{section}] lists no samples", heading.line))
    problems += [problem for row in body for problem in _check_cells(source, heading, row)]
    return ([] if problems else [_read_sample(heading, roles, row) for row in body]), problems


def _find_roles(source: Source, heading: Row) -> tuple[dict[str, int], list[Problem]]:
    roles: dict[str, int] = {}
    problems: list[Problem] = []
    for index, cell in enumerate(heading.cells):
        role = _ROLES.get(fold_heading(cell))
        if role is not None and role in roles:
            message = f"{cell} is a column that {heading.cells[roles[role]]} (column {roles[role] + 1}) is already"
            problems.append(source.problem("duplicate_item", message, heading.line, index + 1))
        elif role is not None:
            roles[role] = index
    return roles, problems


def _is_more_than_a_lane(roles: Mapping[str, int], row: Row) -> bool:
    """Whether a row has anything besides its lane: templates number the lanes that are not used."""
    return any(cell for index, cell in enumerate(row.cells) if index != roles.get("lane"))


def _check_cells(source: Source, heading: Row, row: Row) -> Iterator[Problem]:
    for index, cell in enumerate(row.cells):
        if cell and not heading.cell(index):
            place = f"row {row.line}, column {index + 1}"
            message = f"{place} has {shorten(cell)} but no heading: has the row one cell too many?"
            yield source.problem("unknown_field", message, row.line, index + 1)
            return


def _read_sample(heading: Row, roles: Mapping[str, int], row: Row) -> SheetSample:
    i7, i5 = (_index(row.cell(roles[role])) if role in roles else "" for role in ("i7", "i5"))
    dual = _DUAL.fullmatch(i7)
    if dual is not None and not i5:
        i7, i5 = dual["i7"], dual["i5"]
    columns = {
        name: row.cell(index)
        for index, name in enumerate(heading.cells)
        if name and index not in roles.values() and row.cell(index)
    }
    lane = row.cell(roles["lane"]) if "lane" in roles else ""
    return SheetSample(row.line, row.cell(roles["name"]), lane or None, i7, i5, columns, roles)


def _index(text: str) -> str:
    plain = text.strip("-+ ")  # CASAVA's `GATTACA-` has no second index
    return "" if plain.lower() in _NO_INDEX else plain


def check_samples(source: Source, samples: Sequence[SheetSample]) -> list[Problem]:
    """Find what a demultiplexer would refuse: names, lanes and indexes that are illegal or taken."""
    problems = [problem for sample in samples for problem in _check_sample(source, sample)]
    lanes: dict[str | None, list[SheetSample]] = {}
    for sample in samples:
        lanes.setdefault(sample.lane, []).append(sample)
    for lane, of in lanes.items():
        where = f"in lane {lane}" if lane else "in the same lanes"
        problems += [*_find_repeated_names(source, of, where), *_find_repeated_indexes(source, of, where)]
    return problems


def _find_repeated_names(source: Source, samples: Sequence[SheetSample], where: str) -> Iterator[Problem]:
    """Find samples that come twice in a lane; where all come equally often, those are their sets of indexes.

    A sample that is alone in its lane has a set when it has four, as 10x Genomics' sets have.
    """
    lines: dict[str, list[SheetSample]] = {}
    for sample in samples:
        lines.setdefault(sample.name, []).append(sample)
    is_even = len({len(rows) for rows in lines.values()}) == 1 and all(sample.i7 for sample in samples)
    if is_even and (len(lines) > 1 or len(samples) == _SET_SIZE):
        return
    for name, rows in lines.items():
        for row in rows[1:]:
            message = f"{shorten(name)} is {where} twice: it is at line {rows[0].line} already"
            yield _problem(source, row, "name", "duplicate_item", message)


def _find_repeated_indexes(source: Source, samples: Sequence[SheetSample], where: str) -> Iterator[Problem]:
    first: dict[str, SheetSample] = {}
    for sample in samples:
        tag = sample.barcode.upper()
        other = first.setdefault(tag, sample) if tag.strip("N+") else sample
        if other is not sample:
            message = f"the index {tag} is {where} twice: {shorten(other.name)} at line {other.line} has it already"
            yield _problem(source, sample, "i7", "duplicate_item", message)


def _check_sample(source: Source, sample: SheetSample) -> Iterator[Problem]:
    illegal, fault = _ILLEGAL.search(sample.name), find_fault(sample.name)
    if not sample.name:
        yield _problem(source, sample, "name", "required_field", f"row {sample.line} has no Sample_ID")
    elif illegal is not None:
        message = f"{shorten(sample.name)} has {illegal[0]!r}, which no sample's name may have"
        yield _problem(source, sample, "name", "invalid_text", message)
    elif fault is not None:
        yield _problem(source, sample, "name", *fault)
    if sample.lane is not None and not _LANE.fullmatch(sample.lane):
        message = f"{shorten(sample.lane)} is no lane: expected a whole number from 1"
        yield _problem(source, sample, "lane", "wrong_type", message)
    for role, index in (("i7", sample.i7), ("i5", sample.i5)):
        if index and not _SEQUENCE.fullmatch(index) and not _INDEX_SET.fullmatch(index):
            message = f"{shorten(index)} is no index sequence: expected the letters A, C, G, T and N"
            yield _problem(source, sample, role, "not_allowed", message)


def _problem(source: Source, sample: SheetSample, role: str, code: str, message: str) -> Problem:
    return source.problem(code, message, sample.line, sample.cells.get(role, 0) + 1)
