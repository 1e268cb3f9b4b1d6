"""Parts of a comparison to what is known of the contents that are new in them, some thousand at once."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from seqmeta.verification.contents import Contents
from seqmeta.verification.diffs import NO_MODE, Part
from seqmeta.verification.facts import RecordFacts, inspect_record
from seqmeta.verification.names import ObjectNames
from seqmeta.verification.paths import parse_path
from seqmeta.verification.rules import NO_FILE, Place

_NO_OBJECT = {NO_MODE, "160000"}
"""Modes for which a store holds no object: of what is not there, and of a submodule's commit."""


class Inspected(NamedTuple):
    """What is known of the contents of some parts: facts by blob, and the paths and blobs that have their file.

    `places` has what the parts' paths stand for, None for what is no record's; `is_whole` is False where the store
    lacks an object that a path has, whatever its file in the work tree may hold.
    """

    places: dict[str, Place | None]
    facts: dict[str, RecordFacts]
    in_place: set[tuple[str, str]]
    is_whole: bool


def inspect_parts(
    contents: Contents, batch: Sequence[Part], aside: Collection[int], named: set[tuple[str, str]], names: ObjectNames
) -> Inspected:
    """Look at the new records of some parts; `named` takes what they name.

    Of the parts at the places `aside`, which are off the line so that no standing tells of them, at the old ones too.
    """
    places: dict[str, Place | None] = {}
    new: dict[tuple[str, str], None] = {}
    old: dict[tuple[str, str], None] = {}
    is_whole = True
    for part in batch:
        is_aside = part.place in aside
        for path, old_mode, new_mode, before, after in part.differences:
            place = places[path] = parse_path(path)
            if is_whole and new_mode not in _NO_OBJECT:
                is_whole = after in names
            if place is None:
                continue
            if new_mode != NO_MODE and new_mode not in NO_FILE:
                new[path, after] = None
            if is_aside and old_mode != NO_MODE:
                old[path, before] = None
    facts: dict[str, RecordFacts] = {}
    in_place: set[tuple[str, str]] = set()
    for path, blob, data, is_in_place in contents.read(new):
        if blob not in facts:
            facts[blob] = inspect_record(data, named)
        if is_in_place:
            in_place.add((path, blob))
    unknown = [of for of in old if of[1] not in facts]
    facts |= {blob: inspect_record(data, set()) for _, blob, data, _ in contents.read(unknown)}
    return Inspected(places, facts, in_place, is_whole)
