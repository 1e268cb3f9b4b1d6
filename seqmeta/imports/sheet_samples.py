"""The rows below a heading with `Sample_ID` to samples: lane, index sequences, and all other columns as text."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from seqmeta.imports.sheet_rows import Row, other_columns
from seqmeta.imports.sources import Source
from seqmeta.problems import Problem
from seqmeta.values import shorten

_ROLES: Mapping[str, Sequence[str]] = {
    "name": ("sampleid", "sample"),
    "lane": ("lane", "lanes"),
    "i7": ("index", "index1", "i7index"),
    "i5": ("index2", "i5index"),
}
"""By what a column is here, the headings that mean it; where several are there, the first counts."""

_SIMPLE = {"lane", "sample", "index"}
"""The heading of the plain table that 10x Genomics' demultiplexer takes, folded."""

_DUAL = re.compile(r"(?P<i7>[ACGTN]+)[-+](?P<i5>[ACGTN]+)", re.IGNORECASE)
_NO_INDEX = {"", "noindex", "none", "na", "undetermined", "n/a", "no index"}
_LANES = re.compile(r"0*([1-9]\d?)(?:\s*-\s*0*([1-9]\d?))?", re.ASCII)
_ALL_LANES = ("", "*")
_MOST_LANES = 16
"""How many lanes a cell may name: no flow cell has more than eight."""

_MOST_SHARED = 100_000
"""How many lanes all rows of a table may name besides the first of each: eight lanes of 12,288 samples are fewer."""


class SheetSample(NamedTuple):
    """One row: a sample in some lanes (none named: in all of them). `cells` say which column each part stands in."""

    line: int
    name: str
    lanes: Sequence[str]
    i7: str
    i5: str
    columns: Mapping[str, str]
    cells: Mapping[str, int]

    @property
    def barcode(self) -> str:
        """The index sequences, joined by `+`; empty where there are none."""
        return "+".join(filter(None, (self.i7, self.i5)))

    def with_columns(self, more: Mapping[str, Iterable[str]]) -> "SheetSample":
        """Return the sample with more columns; of one that has several values all are kept, its own first."""
        if not more:
            return self
        joined = {}
        for name, values in more.items():
            own = [self.columns[name]] if name in self.columns else []
            joined[name] = ", ".join(dict.fromkeys([*own, *values]))
        return self._replace(columns={**self.columns, **joined})


@lru_cache(10_000)
def fold_heading(text: str) -> str:
    """Fold a heading: its case and separators do not matter."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def is_heading(cells: Sequence[str]) -> bool:
    """Whether the cells are the heading of a table of samples."""
    folded = {fold_heading(cell) for cell in cells}
    return "sampleid" in folded or folded >= _SIMPLE


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
    samples = [] if problems else [_read_sample(heading, roles, row) for row in body]
    shared = sum(len(sample.lanes) - 1 for sample in samples if sample.lanes)
    if shared > _MOST_SHARED:
        message = f"the rows of [{section}] name {shared:,} lanes more than one each: expected at most {_MOST_SHARED:,}"
        problems.append(source.problem("out_of_range", message, heading.line, roles["lane"] + 1))
    return ([] if problems else samples), problems


def _find_roles(source: Source, heading: Row) -> tuple[dict[str, int], list[Problem]]:
    folded = [fold_heading(cell) for cell in heading.cells]
    roles: dict[str, int] = {}
    problems: list[Problem] = []
    for role, headings in _ROLES.items():
        name = next((of for of in headings if of in folded), None)
        if name is None:
            continue
        first, *others = (index for index, of in enumerate(folded) if of == name)
        roles[role] = first
        for index in others:
            message = f"{heading.cells[index]} is a column that {heading.cells[first]} (column {first + 1}) is already"
            problems.append(source.problem("duplicate_item", message, heading.line, index + 1))
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
    columns = other_columns(heading, roles.values(), row)
    lanes = split_lanes(row.cell(roles["lane"])) if "lane" in roles else ()
    return SheetSample(row.line, row.cell(roles["name"]), lanes, i7, i5, columns, roles)


@lru_cache(1_000)
def split_lanes(text: str) -> Sequence[str]:
    """Split `1+2`, `1, 2`, `1-4`; none for `*`, which means all, and the text itself where it names no lanes."""
    if text in _ALL_LANES:
        return ()
    lanes: dict[str, None] = {}
    for part in re.split(r"\s*[+,;&/]\s*", text):
        found = _LANES.fullmatch(part)
        if found is None:
            return (text,)
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            return (text,)
        lanes |= dict.fromkeys(map(str, range(first, last + 1)))
        if len(lanes) > _MOST_LANES:
            return (text,)
    return tuple(lanes)


def _index(text: str) -> str:
    plain = text.strip("-+ ")  # CASAVA's `GATTACA-` has no second index
    return "" if plain.lower() in _NO_INDEX else plain
