"""What a person calls something to the one thing that is meant: UUIDs, names, `KIND/NAME`, `NAME@3` (CONTRACT 4 and 7).

A reading is only tried where the one before it found nothing: as KIND/NAME, as a UUID, as a name, by the other names
that things go by, and at last as one of these with `@VERSION` behind it. Reading one kind is quicker than all.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from seqmeta.errors import UsageError
from seqmeta.identity import derive, is_uuid, progress_uuid
from seqmeta.kinds import kind_words, load_kinds
from seqmeta.particulars import OTHER_NAMES
from seqmeta.records import Record, name_of
from seqmeta.revision import Revision
from seqmeta.values import shorten
from seqmeta.vocabulary import fold, nearest

PARTS = {"request": "requests", "pool": "pools"}
"""What has a UUID and no record of its own: both stand in the record of their submission."""

_VERSIONED = re.compile(r"(?P<name>.+)@(?P<version>[1-9][0-9]{0,8})", re.ASCII | re.DOTALL)


class Match(NamedTuple):
    """What is meant: a kind (`request` and `pool` too), the UUID, the name and, where one was asked for, a version."""

    kind: str
    uuid: str
    name: str | None
    version: int | None = None


def find(revision: Revision, text: str) -> Match:
    """Find the one thing that is meant; UsageError lists what it could be, or suggests what was meant."""
    if any("\ud800" <= char <= "\udfff" for char in text):  # bytes of the command line that are not UTF-8
        raise UsageError(f"{shorten(text)} is not the name of anything: expected UTF-8")
    matches = _find_all(revision, text)
    versioned = _VERSIONED.fullmatch(text)
    if not matches and versioned is not None:
        matches = [of._replace(version=int(versioned["version"])) for of in _find_all(revision, versioned["name"])]
    if len(matches) > 1:
        listed = ", ".join(f"{of.kind}/{of.uuid}" for of in matches)
        raise UsageError(f"{shorten(text)} is the name of {len(matches)} things: use the one that is meant of {listed}")
    if not matches:
        raise UsageError(_unknown(revision, text))
    return matches[0]


def find_record(revision: Revision, text: str) -> Match:
    """Find the one record that is meant; UsageError also for what only stands in a record."""
    match = find(revision, text)
    if match.kind in PARTS:
        owner = find_owner(revision, match)
        message = f"its history is that of the submission {owner.uuid} that it is part of, and of progress/{owner.uuid}"
        raise UsageError(f"{shorten(text)} is a {match.kind} and has no record of its own: {message}")
    return match


def require_present(revision: Revision, match: Match) -> None:
    """Raise UsageError where a version was asked for that the record does not have at this revision."""
    if match.version is None:
        return
    require_versioned(match)
    record = revision.get(match.kind, match.uuid)
    if record is not None and record.version != match.version:
        what = f"{match.kind} {match.name or match.uuid}"
        hint = f"leave @{match.version} out, and name with --rev REV a revision that `seqmeta log` lists"
        raise UsageError(f"{what} has version {record.version} there, not {match.version}: {hint}")


def require_versioned(match: Match) -> None:
    """Raise UsageError where what is meant only stands in a record: that has versions."""
    if match.kind in PARTS:
        raise UsageError(f"a {match.kind} has no versions: its submission does")


def find_owner(revision: Revision, match: Match) -> Record:
    """Find the submission that a request or pool is part of."""
    return next(of for of in revision.owning([match.uuid]) if match.uuid in _parts(of, match.kind))


def _find_all(revision: Revision, text: str) -> list[Match]:
    head, slash, rest = text.partition("/")
    kind = (kind_words() | {word: part for part, plural in PARTS.items() for word in (part, plural)}).get(fold(head))
    matches: list[Match] = []
    if slash and kind is not None:
        matches = _find_among(revision, [] if kind in PARTS else [kind], rest, with_parts=kind in PARTS)
        matches = [of for of in matches if of.kind == kind] or _by_other_name(revision, [kind], rest)
    kinds = list(load_kinds())
    return matches or _find_among(revision, kinds, text, with_parts=True) or _by_other_name(revision, kinds, text)


def _find_among(revision: Revision, kinds: list[str], text: str, *, with_parts: bool) -> list[Match]:
    """By UUID, and where that finds nothing by name."""
    if is_uuid(text):
        uuid = text.lower()
        kind = revision.kind_of(uuid)
        if kind in kinds:
            record = revision.get(kind, uuid)
            return [Match(kind, uuid, name_of(kind, record.body) if record is not None else None)]
        if with_parts and (part := _find_part(revision, uuid)) is not None:
            return [part]
    if len(kinds) == 1 and (known := _by_derived_uuid(revision, kinds[0], text)) is not None:
        return [known]
    found = [
        Match(kind, record.uuid, text) for kind in kinds if kind != "progress" for record in revision.named(kind, text)
    ]
    if kinds == ["progress"]:
        found = list(_progress_of(revision, text))
    return found or (_named_pools(revision, text) if with_parts and not kinds else [])


def _by_derived_uuid(revision: Revision, kind: str, name: str) -> Match | None:
    """By the UUID made of a name where none is given: without a scope, a name is one thing's within its kind."""
    uuid = derive(kind, name)
    record = revision.get(kind, uuid) if load_kinds()[kind].named_within is None else None
    return Match(kind, uuid, name) if record is not None and name_of(kind, record.body) == name else None


def _progress_of(revision: Revision, text: str) -> Iterator[Match]:
    """Progress goes by its submission: that one's name or UUID."""
    by_uuid = revision.get_all("progress", [progress_uuid(text.lower())] if is_uuid(text) else [])
    found = {record.uuid: record.body["submission"] for record in [*by_uuid, *revision.also_named("progress", text)]}
    return (Match("progress", uuid, found[uuid].get("name")) for uuid in sorted(found))


def _find_part(revision: Revision, uuid: str) -> Match | None:
    for record in revision.owning([uuid]):
        for kind in PARTS:
            if uuid in _parts(record, kind):
                return Match(kind, uuid, _parts(record, kind)[uuid])
    return None


def _named_pools(revision: Revision, name: str) -> list[Match]:
    return [
        Match("pool", uuid, name)
        for record in revision.mentioning("submission", name)
        for uuid, of in _parts(record, "pool").items()
        if of == name
    ]


def _parts(submission: Record, kind: str) -> dict[str, str | None]:
    """The requests or pools of a submission with their names, as far as they have any."""
    requests = submission.body["requests"]
    if kind == "request":
        return {request["uuid"]: None for request in requests}
    return {request["pool"]["uuid"]: request["pool"]["name"] for request in requests if "pool" in request}


def _by_other_name(revision: Revision, kinds: list[str], text: str) -> list[Match]:
    """By what is no name of ours, but what people know a thing by: a run's name at the sequencer, a barcode."""
    return [
        Match(kind, record.uuid, name_of(kind, record.body))
        for kind in OTHER_NAMES
        if kind in kinds
        for record in revision.also_named(kind, text)
    ]


def _unknown(revision: Revision, text: str) -> str:
    kind, _, name = text.partition("/")
    kinds = [kind_words()[fold(kind)]] if name and fold(kind) in kind_words() else list(load_kinds())
    prefix = f"{kind}/" if len(kinds) == 1 else ""
    near = nearest(name if prefix else text, [known for kind in kinds for known in revision.some_names(kind)])
    hint = f"did you mean {prefix}{near}?" if near else "`seqmeta list KIND` lists what there is"
    return f"there is no record of the name or UUID {shorten(text)}: {hint}"
