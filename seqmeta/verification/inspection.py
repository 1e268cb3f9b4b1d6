"""Parts of a comparison to what is known of the contents that are new in them, some thousand at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from seqmeta.verification.contents import Contents
from seqmeta.verification.diffs import NO_MODE, Part
from seqmeta.verification.facts import RecordFacts, inspect_record
from seqmeta.verification.paths import parse_path
from seqmeta.verification.rules import NO_FILE, Place


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is known of the contents of some parts: facts by blob, and the paths and blobs that have their file.

    `places` has what the parts' paths stand for, None for what is no record's.
    """

    places: dict[str, Place | None]
    facts: dict[str, RecordFacts]
    in_place: set[tuple[str, str]]


def inspect_parts(
    contents: Contents, batch: Sequence[Part], aside: Collection[int], named: set[tuple[str, str]]
) -> Inspected:
    """Look at the new records of some parts; `named` takes what they name.

    Of the parts at the places `aside`, which are off the line so that no standing tells of them, at the old ones too.
    """
    places = {of.path: parse_path(of.path) for part in batch for of in part.differences}
    new = {
        (of.path, of.new): None
        for part in batch
        for of in part.differences
        if places[of.path] is not None and of.new_mode != NO_MODE and of.new_mode not in NO_FILE
    }
    facts: dict[str, RecordFacts] = {}
    in_place: set[tuple[str, str]] = set()
    for path, blob, data, is_in_place in contents.read(new):
        if blob not in facts:
            facts[blob] = inspect_record(data, named)
        if is_in_place:
            in_place.add((path, blob))
    old = {
        (of.path, of.old): None
        for part in batch
        for of in (part.differences if part.place in aside else ())
        if places[of.path] is not None and of.old_mode != NO_MODE and of.old not in facts
    }
    facts |= {blob: inspect_record(data, set()) for _, blob, data, _ in contents.read(old)}
    return Inspected(places, facts, in_place)
