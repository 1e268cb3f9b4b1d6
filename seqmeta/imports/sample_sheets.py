"""Illumina sample sheets, v1 (IEM), v2 (BCL Convert) and CASAVA's plain table, to sections, reads and samples.

Liberal in layout: padding, comments, blank rows, the case of headings, a missing header. Strict in meaning: what a
demultiplexer would refuse is a problem with its row and column. Sources: Illumina's sample sheet guides for IEM and
BCL Convert 4, and bcl2fastq2 2.20 for the characters of a sample's name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from seqmeta.imports.reads import Read
from seqmeta.imports.sheet_checks import check_samples, note_shared_indexes
from seqmeta.imports.sheet_rows import Row, read_rows
from seqmeta.imports.sheet_samples import SheetSample, fold_heading, is_heading, read_samples
from seqmeta.imports.sources import FaultySourceError, Source
from seqmeta.problems import Problem
from seqmeta.values import shorten

_SECTION = re.compile(r"\[\s*(?P<name>[^\]]*?)\s*\]")
_SEPARATOR = re.compile(r"sep=.?", re.IGNORECASE)
"""A first line that tells Excel how the cells are separated; where that is a comma, nothing is left behind the sign."""

_V2_READS = {"read1cycles": (0, False), "index1cycles": (1, True), "index2cycles": (2, True), "read2cycles": (3, False)}
_DATA = ("bclconvertdata", "data", "clouddata")
"""The sections that list samples, in the order in which one is believed."""

_MOST_LISTED = 20
"""How many samples that only another table has are named in a comment."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its name as written, the line it begins at, and its rows."""

    name: str
    line: int
    rows: list[Row] = field(default_factory=list)

    @property
    def pairs(self) -> dict[str, str]:
        """Its rows as keys and values; a key that comes again is listed once, with all its values."""
        pairs: dict[str, str] = {}
        for row in self.rows:
            value = ", ".join(cell for cell in row.cells[1:] if cell)
            if value and row.cells[0]:
                pairs[row.cells[0]] = f"{pairs[row.cells[0]]}, {value}" if row.cells[0] in pairs else value
        return pairs


class SampleSheet(NamedTuple):
    """What a sheet says: pairs by section, the reads in the order of the run, the samples, and comments.

    `doubts` are sentences about the samples, for a person to decide on.
    """

    settings: Mapping[str, Mapping[str, str]]
    reads: Sequence[Read]
    samples: Sequence[SheetSample]
    comments: Sequence[str]
    doubts: Sequence[str]

    def setting(self, *names: str) -> str | None:
        """Return the first value that the header has for one of the names."""
        return next((value for _, value in self.said(*names)), None)

    def said(self, *names: str) -> Iterator[tuple[str, str]]:
        """Yield what the header has for the names: each key as it is written, once, and its value."""
        header = next((of for name, of in self.settings.items() if fold_heading(name) == "header"), {})
        folded = {fold_heading(key): (key, value) for key, value in header.items()}
        yield from (folded[name] for name in dict.fromkeys(map(fold_heading, names)) if name in folded)


def parse_sample_sheet(source: Source) -> SampleSheet:
    """Parse a sample sheet; FaultySourceError names all that is wrong with it."""
    comments, sections, problems = _read_sections(source)
    by_name = {fold_heading(section.name): section for section in sections}
    data = next((by_name[name] for name in _DATA if name in by_name), None) or _other_data(sections)
    is_plan_of_reads = "reads" in by_name and "fileformatversion" in _header_keys(by_name)
    if data is None or (not data.rows and is_plan_of_reads):
        if not problems and not is_plan_of_reads:
            message = "there is no section [Data] or [BCLConvert_Data] that lists samples"
            problems.append(source.problem("required_field", message))
        samples: list[SheetSample] = []
    else:
        samples, found = read_samples(source, data.name, data.line, data.rows)
        problems += found or check_samples(source, samples)
    reads = _read_cycles(source, by_name["reads"], problems) if "reads" in by_name else []
    if problems:
        raise FaultySourceError(sorted(problems, key=lambda of: (of.line, of.column)))
    doubts = note_shared_indexes(samples)
    settings = {of.name: of.pairs for of in sections if of is not data and fold_heading(of.name) != "reads"}
    tables = [of for of in sections if of is not data and len(of.rows) > 1 and is_heading(of.rows[0].cells)]
    for table in tables:
        settings.pop(table.name, None)
    samples, unlisted = _add_columns(source, samples, tables)
    comments += unlisted
    return SampleSheet({name: pairs for name, pairs in settings.items() if pairs}, reads, samples, comments, doubts)


def _header_keys(sections: Mapping[str, Section]) -> set[str]:
    header = sections.get("header")
    return {fold_heading(key) for key in header.pairs} if header is not None else set()


def _other_data(sections: Sequence[Section]) -> Section | None:
    """Find a table of samples under any other name, such as an assay's own."""
    named = (of for of in sections if fold_heading(of.name).endswith("data"))
    return next((of for of in named if any(is_heading(row.cells) for row in of.rows[:1])), None)


def _read_sections(source: Source) -> tuple[list[str], list[Section], list[Problem]]:
    comments: list[str] = []
    sections: list[Section] = []
    begun: dict[str, int] = {}
    problems: list[Problem] = []
    for row in read_rows(source, is_heading):
        section = _SECTION.fullmatch(row.cells[0]) if row.cells else None
        if row.cells[0].startswith("#") or (not sections and _SEPARATOR.fullmatch(row.cells[0])):
            comments.append(" ".join(cell for cell in row.cells if cell))
        elif section is not None:
            comments += [f"[{section['name']}] has behind it: {cell}" for cell in row.cells[1:] if cell]
            first = begun.setdefault(fold_heading(section["name"]), row.line)
            if first != row.line:
                message = f"the section [{section['name']}] begins again: it began at line {first} already"
                problems.append(source.problem("duplicate_item", message, row.line))
            sections.append(Section(section["name"], row.line))
        elif sections:
            sections[-1].rows.append(row)
        elif is_heading(row.cells):  # CASAVA's table has no sections
            sections.append(Section("Data", row.line, [row]))
        else:
            expected = "expected a section such as [Header]: this is no sample sheet"
            message = f"{shorten(row.cells[0])} is neither a section nor a heading: {expected}"
            raise source.fault("unknown_format", message, row.line)
    if not sections:
        raise source.fault("unknown_format", "the file is empty: expected a sample sheet with [Header] and [Data]")
    return comments, sections, problems


def _read_cycles(source: Source, section: Section, problems: list[Problem]) -> list[Read]:
    """Read the section [Reads]: bare numbers in v1, in v2 keys, which come in the order of the run."""
    reads: list[tuple[int, Read]] = []
    for row in section.rows:
        key = fold_heading(row.cells[0])
        text = row.cell(1) if key in _V2_READS else row.cells[0]
        if not text and key in _V2_READS:
            continue
        if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
            column = 2 if key in _V2_READS else 1
            message = f"{shorten(text)} is no number of cycles: expected a whole number such as 151"
            problems.append(source.problem("wrong_type", message, row.line, column))
        else:
            place, is_index = _V2_READS.get(key, (len(reads), False))
            reads.append((place, Read(int(text), is_index)))
    return [read for _, read in sorted(reads, key=lambda of: of[0])]


def _add_columns(
    source: Source, samples: Sequence[SheetSample], tables: Sequence[Section]
) -> tuple[list[SheetSample], list[str]]:
    """Add to the first row of each sample what other tables say of it; return also what they say of no sample here."""
    columns: dict[str, dict[str, dict[str, None]]] = {sample.name: {} for sample in samples}
    comments: list[str] = []
    for table in tables:
        others: list[str] = []
        more, problems = read_samples(source, table.name, table.line, table.rows)
        if problems:
            raise FaultySourceError(problems)
        for sample in more:
            found = columns.get(sample.name)
            if found is None:
                others.append(sample.name)
                continue
            for column, value in sample.columns.items():
                found.setdefault(column, {})[value] = None
        if others:
            listed = ", ".join(others[:_MOST_LISTED]) + (", …" if len(others) > _MOST_LISTED else "")
            comments.append(f"[{table.name}] lists {len(others)} that are no samples of this sheet: {listed}")
    return [sample.with_columns(columns.pop(sample.name, {})) for sample in samples], comments
