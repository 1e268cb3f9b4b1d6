"""The names on a command line to the records that an export is about, with all that belongs to them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from seqmeta.lookup import PARTS, Match, find, find_owner, require_present
from seqmeta.records import Record
from seqmeta.revision import Revision
from seqmeta.story import Story, tell, tell_of_part

BATCH = 500
"""How many records are read at once."""


class Selection(NamedTuple):
    """What was asked for: everything where `stories` is None; `biosamples` are the only ones wanted, None: all."""

    revision: Revision
    stories: tuple[Story, ...] | None = None
    matches: tuple[Match, ...] = ()
    biosamples: frozenset[str] | None = None

    def batches(self, kind: str) -> Iterator[list[Record]]:
        """Yield the wanted records of a kind by UUID, some at a time."""
        told = self.told(kind)
        if told is None:
            yield from self.revision.batches(kind)
            return
        uuids = sorted(told)
        for start in range(0, len(uuids), BATCH):
            yield self.revision.get_all(kind, uuids[start : start + BATCH])

    def records(self, kind: str) -> Iterator[Record]:
        """Yield the wanted records of a kind by UUID."""
        for batch in self.batches(kind):
            yield from batch

    def told(self, kind: str) -> set[str] | None:
        """The UUIDs of the things of a kind that belong to what was asked for; None where that is all of them."""
        if self.stories is None:
            return None
        found = {match.uuid for match in self.matches if match.kind == kind}
        for story in self.stories:
            found.update(_PARTS_OF_STORY[kind](story) if kind in _PARTS_OF_STORY else ())
        return found


_PARTS_OF_STORY: Mapping[str, Callable[[Story], Iterable[str]]] = {
    "study": lambda story: story.studies,
    "project": lambda story: story.projects,
    "biosample": lambda story: story.biosamples,
    "asset": lambda story: story.assets,
    "order": lambda story: story.orders,
    "submission": lambda story: story.submissions,
    "library": lambda story: story.libraries,
    "sequencing_run": lambda story: story.runs,
}


def select(revision: Revision, names: Sequence[str]) -> Selection:
    """Select what belongs to these names, or everything where there are none; UsageError for an unknown name.

    `NAME@3` is one only where 3 is the version at this revision: what belongs to a thing is that of one commit.
    """
    if not names:
        return Selection(revision)
    matches = tuple(find(revision, name) for name in names)
    for match in matches:
        require_present(revision, match)
    stories = tuple(_tell(revision, match) for match in matches)
    return Selection(revision, stories, matches, _only_biosamples(matches))


def _tell(revision: Revision, match: Match) -> Story:
    if match.kind in PARTS:
        return tell_of_part(revision, find_owner(revision, match), match.uuid)
    return tell(revision, next(iter(revision.get_all(match.kind, [match.uuid]))))


def _only_biosamples(matches: Iterable[Match]) -> frozenset[str] | None:
    """Where biosamples and nothing else were named, only these are wanted of the libraries that they are in."""
    kinds = {match.kind for match in matches}
    return frozenset(match.uuid for match in matches) if kinds == {"biosample"} else None
