"""An Illumina sample sheet against the run that it lies beside: lanes and index cycles that the run has not.

A demultiplexer refuses both, and only a person knows which file is wrong: the sheet may be another run's. An index that
is shorter than its read is fine: the cycles behind it are left, or hold something else.
"""

import re
from collections.abc import Iterator, Sequence

from seqmeta.imports.evidence import Evidence
from seqmeta.imports.reads import Read, render_reads
from seqmeta.imports.sheet_samples import SheetSample
from seqmeta.values import list_few, shorten

_SEQUENCE = re.compile(r"[ACGTN]+", re.IGNORECASE)
_WHICH = "which is right?"


def find_missing_lanes(name: str, samples: Sequence[SheetSample], evidence: Evidence) -> Iterator[str]:
    """Say which lanes the sheet of a name has and the flow cell has not."""
    count, origin = next(iter(evidence.found.get("lane_count", ())), ("", ""))
    if not re.fullmatch(r"\d{1,3}", count, re.ASCII):
        return
    lanes: dict[int, list[str]] = {}
    for sample in samples:
        for lane in map(int, sample.lanes):
            if lane > int(count):
                lanes.setdefault(lane, []).append(sample.name)
    for lane in sorted(lanes):
        has = f"{count} lane{'' if int(count) == 1 else 's'}"
        yield f"{name} has lane {lane} (of {_few(lanes[lane])}), and {origin} {has}: {_WHICH}"


def find_long_indexes(name: str, samples: Sequence[SheetSample], listed: tuple[str, Sequence[Read]]) -> Iterator[str]:
    """Say which indexes of the sheet are longer than the index reads that a file of the run lists."""
    origin, reads = listed
    cycles = [read.cycles for read in reads if read.is_index and read.cycles > 0]
    longer: dict[tuple[str, int], list[str]] = {}
    for sample in samples:
        for place, (role, index) in enumerate((("i7", sample.i7), ("i5", sample.i5))):
            if _SEQUENCE.fullmatch(index) and len(index) > (cycles[place] if place < len(cycles) else 0):
                longer.setdefault((role, len(index)), []).append(sample.name)
    for (role, length), names in longer.items():
        bases = f"an {role} index of {length} bases (of {_few(names)})"
        yield f"{name} has {bases}, and {origin} the reads {render_reads(reads)}: {_WHICH}"


def _few(names: Sequence[str]) -> str:
    return list_few(map(shorten, dict.fromkeys(names)))
