"""Illumina's RunInfo.xml, of all its versions and the Genome Analyzer's before them, to facts about the run."""

import re
from collections.abc import Iterator
from typing import Any

from seqmeta.imports.evidence import Evidence
from seqmeta.imports.reads import Read
from seqmeta.imports.sources import Source
from seqmeta.imports.xml_sources import children, descend, flatten, text_of
from seqmeta.values import shorten

_TILES = ("FlowcellLayout.TileSet.Tiles.", "Tiles.")
"""Lists of thousands of names that say what the counts say already."""

_SKIPPED = ("@Id", "@Number", "Flowcell", "Instrument", "Date", "FlowcellLayout@LaneCount")


def read_run_info(source: Source, root: Any, evidence: Evidence) -> list[Read]:
    """Add what the file says to the evidence, and return its reads; some programs write runs without an Id."""
    run = next(iter(children(root, "Run")), None)
    if run is None:
        raise source.fault("required_field", "there is no <Run>: no run is described", root.sourceline)
    evidence.add("run_name", run.get("Id", "").strip(), source.name)
    evidence.add("run_number", run.get("Number", "").strip(), source.name)
    for fact, name in (("flowcell_id", "Flowcell"), ("instrument", "Instrument"), ("date", "Date")):
        for element in children(run, name)[:1]:
            evidence.add(fact, text_of(element), source.name)
    for layout in children(run, "FlowcellLayout")[:1]:
        evidence.add("lane_count", layout.get("LaneCount"), source.name)
    reads = list(_reads(source, run))
    directions = [read.get("IsReverseComplement") for read in descend(run, "Read")]
    if "Y" in directions:
        evidence.add("reverse_complemented_reads", _numbers(directions), source.name)
    _leave_rest(source, root, run, evidence)
    return reads


def _numbers(directions: list[str | None]) -> str:
    return " ".join(str(number) for number, value in enumerate(directions, 1) if value == "Y")


def _reads(source: Source, run: Any) -> Iterator[Read]:
    listed = [read for reads in children(run, "Reads") for read in children(reads, "Read")]
    if not listed:
        raise source.fault("required_field", "there is no <Read> in <Reads>: no read is listed", run.sourceline)
    numbers: set[str] = set()
    for element in listed:
        yield parse_read(source, element)
        number = element.get("Number") or element.get("Index")
        if number is not None and number in numbers:
            raise source.fault("duplicate_item", f"read {number} is listed twice", element.sourceline)
        numbers |= {number} if number is not None else set()


def parse_read(source: Source, element: Any) -> Read:
    """Parse a `<Read>`: by its cycles, or in the oldest files by its first and last one."""
    cycles = element.get("NumCycles") or element.get("Cycles")
    if cycles is None and element.get("FirstCycle"):
        first, last = (_whole(source, element, element.get(name)) for name in ("FirstCycle", "LastCycle"))
        cycles = str(last - first + 1)
    indexed = (element.get("IsIndexedRead") or "").upper()
    if indexed not in ("", "Y", "N", "TRUE", "FALSE"):
        message = f"{shorten(indexed)} is no IsIndexedRead: expected Y or N"
        raise source.fault("not_allowed", message, element.sourceline)
    is_named_index = (element.get("ReadName") or "").lower().startswith("index")
    is_index = indexed in ("Y", "TRUE") or is_named_index or bool(children(element, "Index"))
    return Read(_whole(source, element, cycles), is_index)


def _whole(source: Source, element: Any, text: str | None) -> int:
    if text is None or not re.fullmatch(r"\s*\d{1,6}\s*", text, re.ASCII):
        found = "nothing" if text is None else shorten(text)
        raise source.fault("wrong_type", f"{found} is no number of cycles: expected a whole number", element.sourceline)
    return int(text)


def _leave_rest(source: Source, root: Any, run: Any, evidence: Evidence) -> None:
    if root.get("Version"):
        evidence.leave(source.name, "Version", root.get("Version"))
    rest: dict[str, list[str]] = {}
    for path, value in flatten(run):
        if path not in _SKIPPED and not path.startswith(("Reads.", *_TILES)):
            rest.setdefault(path, []).append(value)
    for path, values in rest.items():
        evidence.leave(source.name, path, " ".join(values))
    tiles = sum(1 for _ in descend(run, "Tile"))
    if tiles:
        evidence.leave(source.name, "Tile", f"{tiles} names, not listed here")
