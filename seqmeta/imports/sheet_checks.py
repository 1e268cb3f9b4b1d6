"""What a demultiplexer would refuse of a sheet's samples: names, lanes and indexes that are illegal or taken.

Sources: bcl2fastq2 2.20 for the characters of a name, and for an index that two samples of one lane have. Where a sheet
has further barcodes, within the reads, the indexes alone need not tell the samples apart.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from seqmeta.checking import MOST_PROBLEMS
from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sheet_samples import SheetSample, fold_heading
from seqmeta.imports.sources import Source
from seqmeta.problems import Problem
from seqmeta.values import shorten

_SEQUENCE = re.compile(r"[ACGTN]+", re.IGNORECASE)
_INDEX_SETS = (
    re.compile(r"SI-[A-Z0-9]{2,4}-[A-H](?:1[0-2]|[1-9])"),
    re.compile(r"SMARTSEQ[1-9]?-[1-9]\d?[A-P]", re.ASCII),
)
"""What 10x Genomics and sequencing centres call sets of indexes, which their software replaces by the sequences."""

_ARE_THEY = "are they told apart by the barcodes within their reads?"
_SET_SIZE = 4
_LANE = re.compile(r"[1-9]\d?", re.ASCII)
_ILLEGAL = re.compile(r"""[?()\[\]/\\=+<>:;"',*^|&$%#@!{}~`]""")
"""Characters that a sample's name may not have: those of bcl2fastq2's guide but space and dot, and a shell's."""


def check_samples(source: Source, samples: Sequence[SheetSample]) -> list[Problem]:
    """Find what a demultiplexer would refuse; of more than a file may have, the first ones found."""
    return list(dict.fromkeys(islice(_find_problems(source, samples), MOST_PROBLEMS + 1)))


def _find_problems(source: Source, samples: Sequence[SheetSample]) -> Iterator[Problem]:
    for sample in samples:
        yield from _check_sample(source, sample)
    for lane, of in _by_lane(samples).items():
        where = f"in lane {lane}" if lane else "in the same lanes"
        yield from _find_repeated_names(source, of, where)
        for sample, other in _find_repeated_indexes(of):
            if not _has_inner_barcode(sample):
                yield _problem(source, sample, "i7", "duplicate_item", _say_shared(sample, other, where))


def note_shared_indexes(samples: Sequence[SheetSample]) -> list[str]:
    """Say which indexes do not tell samples apart, where barcodes within the reads may do so; of each, for one lane."""
    doubts: dict[int, str] = {}
    for lane, of in _by_lane(samples).items():
        where = f"in lane {lane}" if lane else "in the same lanes"
        for sample, other in _find_repeated_indexes(of):
            if sample.line not in doubts:
                doubts[sample.line] = f"line {sample.line}: {_say_shared(sample, other, where)}; {_ARE_THEY}"
    return list(doubts.values())


def _by_lane(samples: Sequence[SheetSample]) -> Mapping[str, list[SheetSample]]:
    lanes: dict[str, list[SheetSample]] = {}
    for sample in samples:
        for lane in sample.lanes or ("",):
            lanes.setdefault(lane, []).append(sample)
    return lanes


def _has_inner_barcode(sample: SheetSample) -> bool:
    """Whether a column such as R1_Barcode_Bases has a sequence."""
    return any("barcode" in fold_heading(name) and _SEQUENCE.fullmatch(of) for name, of in sample.columns.items())


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


def _find_repeated_indexes(samples: Sequence[SheetSample]) -> Iterator[tuple[SheetSample, SheetSample]]:
    """Yield each sample of a lane whose index another one before it has, and that one."""
    first: dict[str, SheetSample] = {}
    for sample in samples:
        tag = sample.barcode.upper()
        other = first.setdefault(tag, sample) if tag.strip("N+") else sample
        if other is not sample:
            yield sample, other


def _say_shared(sample: SheetSample, other: SheetSample, where: str) -> str:
    tag = sample.barcode.upper()
    return f"the index {tag} is {where} twice: {shorten(other.name)} at line {other.line} has it already"


def _check_sample(source: Source, sample: SheetSample) -> Iterator[Problem]:
    illegal, fault = _ILLEGAL.search(sample.name), find_fault(sample.name)
    if not sample.name:
        yield _problem(source, sample, "name", "required_field", f"row {sample.line} has no Sample_ID")
    elif illegal is not None:
        message = f"{shorten(sample.name)} has {illegal[0]!r}, which no sample's name may have"
        yield _problem(source, sample, "name", "invalid_text", message)
    elif fault is not None:
        yield _problem(source, sample, "name", *fault)
    unknown = next((lane for lane in sample.lanes if not _LANE.fullmatch(lane)), None)
    if unknown is not None:
        message = f"{shorten(unknown)} is no lane: expected a whole number from 1, or several such as 1+2"
        yield _problem(source, sample, "lane", "wrong_type", message)
    for role, index in (("i7", sample.i7), ("i5", sample.i5)):
        if index and not any(of.fullmatch(index) for of in (_SEQUENCE, *_INDEX_SETS)):
            message = f"{shorten(index)} is no index sequence: expected the letters A, C, G, T and N"
            yield _problem(source, sample, role, "not_allowed", message)


def _problem(source: Source, sample: SheetSample, role: str, code: str, message: str) -> Problem:
    return source.problem(code, message, sample.line, sample.cells.get(role, 0) + 1)
