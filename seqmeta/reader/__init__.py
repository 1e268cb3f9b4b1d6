"""The strict reader: the bytes of one description file, turned into documents of text with places (CONTRACT 2, 7).

It knows nothing of kinds and schemas. Whatever the bytes are, the answer is a `Reading`, never an exception.
"""

import re
from collections.abc import Callable

from seqmeta.reader.builder import Builder
from seqmeta.reader.events import NextEvent
from seqmeta.reader.faults import FaultLog, UnreadableError
from seqmeta.reader.json_events import json_events
from seqmeta.reader.scalars import ScalarReader
from seqmeta.reader.source import MAX_BYTES, decode_source, place_of
from seqmeta.reader.tabs import TabWatch
from seqmeta.reader.trees import Fault, KeyPlaces, Mark, Path, Reading, Tree, Value, find_child, locate
from seqmeta.reader.yaml_events import ParserName, yaml_events

__all__ = [
    "MAX_BYTES",
    "Fault",
    "KeyPlaces",
    "Mark",
    "Path",
    "Reading",
    "Tree",
    "Value",
    "find_child",
    "locate",
    "read_json",
    "read_yaml",
]

_DIRECTIVE = re.compile("^%", re.MULTILINE)
_CONFLICT_BEGINS = re.compile("^<{7} ", re.MULTILINE)
_CONFLICT_MIDDLE = re.compile(r"^={7}\r?$", re.MULTILINE)
_CONFLICT_ENDS = re.compile("^>{7} ", re.MULTILINE)


def read_yaml(data: bytes, *, parser: ParserName = "c") -> Reading:
    """Read the documents of a YAML file; both parsers give the same answer, libyaml's ("c") faster."""
    return _read(data, lambda text, log: _read_yaml_text(_without_directives(text, log), parser, log))


def read_json(data: bytes) -> Reading:
    """Read a JSON file (RFC 8259) as one document; numbers, `true` and `false` stay the text that they were."""
    return _read(data, lambda text, log: _build(text, json_events(text), log))


def _read(data: bytes, read_text: Callable[[str, FaultLog], list[Tree]]) -> Reading:
    log = FaultLog()
    trees: list[Tree] = []
    text = ""
    try:
        text = decode_source(data, log)
        trees = read_text(text, log)
    except UnreadableError as error:
        log.end(error)
    faults = log.sorted()
    conflict = _find_conflict(text) if faults else None
    return Reading(trees, faults) if conflict is None else Reading([], [conflict])


def _find_conflict(text: str) -> Fault | None:
    """Find the merge conflict that a faulty file is left with: all else that is wrong with the file comes of it."""
    begin = _CONFLICT_BEGINS.search(text)
    middle = begin and _CONFLICT_MIDDLE.search(text, begin.end())
    if begin is None or not middle or not _CONFLICT_ENDS.search(text, middle.end()):
        return None
    message = "an unresolved merge conflict begins here: keep one of its two sides, and remove its three marker lines"
    return Fault(*place_of(text, begin.start()), 0, (), "yaml_syntax", message)


def _read_yaml_text(text: str, parser: ParserName, log: FaultLog) -> list[Tree]:
    if "\t" not in text:
        return _build(text, yaml_events(text, parser), log)
    watch = TabWatch(text)
    next_event = watch.record(yaml_events(text.replace("\t", " "), parser))
    return _build(text, next_event, log, watch)


def _build(text: str, next_event: NextEvent, log: FaultLog, watch: TabWatch | None = None) -> list[Tree]:
    """Build the trees and log what ended the reading early, if anything did."""
    builder = Builder(next_event, ScalarReader(text, log), log)
    ended = builder.read()
    if watch is not None:
        watch.judge(log, ended)
    if ended is not None:
        log.end(ended)
    return builder.trees


def _without_directives(text: str, log: FaultLog) -> str:
    """Return the text before the first line that begins with '%', which is a directive or no YAML."""
    match = _DIRECTIVE.search(text) if "%" in text else None
    if match is None:
        return text
    message = "a line that begins with '%' is a directive, which is not allowed: remove it, or indent the text"
    log.add(place_of(text, match.start()), "yaml_syntax", message)
    return text[: match.start()]
