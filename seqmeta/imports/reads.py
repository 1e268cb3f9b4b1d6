"""The reads of an Illumina run, as its files list them, to the layout and read length of the library."""

from collections.abc import Sequence
from typing import NamedTuple

_LAYOUTS = {1: "SINGLE", 2: "PAIRED"}


class Read(NamedTuple):
    """One read of the sequencer; an index read reads the tag, not the fragment."""

    cycles: int
    is_index: bool


def find_layout(reads: Sequence[Read]) -> str | None:
    """Tell the layout by the number of reads that read the fragment; None where they are neither one nor two."""
    return _LAYOUTS.get(len(_of_fragment(reads)))


def find_length(reads: Sequence[Read]) -> int | None:
    """Return the length that all reads of the fragment have; None where they differ, or there is none."""
    lengths = {read.cycles for read in _of_fragment(reads)}
    return lengths.pop() if len(lengths) == 1 else None


def render_reads(reads: Sequence[Read]) -> str:
    """Write reads as sequencing centres do: Y151 I8 I8 Y151."""
    return " ".join(f"{'I' if read.is_index else 'Y'}{read.cycles}" for read in reads if read.cycles > 0)


def _of_fragment(reads: Sequence[Read]) -> list[Read]:
    return [read for read in reads if not read.is_index and read.cycles > 0]
