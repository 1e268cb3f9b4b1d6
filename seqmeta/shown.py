"""What `show`, `log` and `blame` tell of what goes by a name: itself, its versions, and where its fields come from."""

from collections.abc import Sequence
from typing import Any

from seqmeta.errors import UsageError
from seqmeta.history import FieldOrigin, Version, find_origins, load_versions
from seqmeta.lookup import PARTS, Match, find, find_owner, find_record, require_versioned
from seqmeta.revision import Revision
from seqmeta.story import Request, requests_of


def find_shown(revision: Revision, name: str) -> tuple[Revision, Match]:
    """Find what a name or UUID means, and the revision to read it from: with `NAME@3` the one that had version 3.

    UsageError where it means nothing, or several things, or there is no such version.
    """
    match = find(revision, name)
    return (revision if match.version is None else _go_back(revision, match)), match


def _go_back(revision: Revision, match: Match) -> Revision:
    """Go back to the newest commit that has the version that was asked for."""
    require_versioned(match)
    return revision.at(_versions_of(revision, match)[0].commit.id)


def _versions_of(revision: Revision, match: Match) -> list[Version]:
    """Load the versions of a record, newest first, or those up to the one that was asked for."""
    versions = load_versions(revision.repository, revision.commit, match.kind, match.uuid)
    if match.version is None:
        return versions
    numbers = [of.record.version for of in versions]
    if match.version not in numbers:
        what = f"{match.kind} {match.name or match.uuid}"
        raise UsageError(f"there is no version {match.version} of {what}: the last is {max(numbers, default=0)}")
    return versions[numbers.index(match.version) :]


def plain_shown(revision: Revision, match: Match) -> dict[str, Any]:
    """Write what was found as plain values: a record as its file has it, a request or pool with what became of it."""
    if match.kind in PARTS:
        working = working_on(revision, match)
        return {"pool": plain_pool(working)} if match.kind == "pool" else {"request": _plain_request(working[0])}
    plain = next(iter(revision.get_all(match.kind, [match.uuid]))).plain
    progress = revision.progress_of(match.uuid) if match.kind == "submission" else None
    is_cancelled = progress is not None and progress["state"] == "cancelled"
    return {**plain, "state": "cancelled"} if is_cancelled else plain


def find_versions(revision: Revision, name: str) -> list[Version]:
    """Find all versions of the record of a name, newest first, with `NAME@3` those up to version 3.

    UsageError where it means nothing, or several things, or there is no such version.
    """
    return _versions_of(revision, find_record(revision, name))


def find_field_origins(revision: Revision, name: str) -> list[FieldOrigin]:
    """Find who set each field of the record of a name, with `NAME@3` as it was in version 3; UsageError as above."""
    match = find_record(revision, name)
    return find_origins(match.kind, _versions_of(revision, match))


def working_on(revision: Revision, match: Match) -> list[Request]:
    """Find the request, or the requests that work on the pool."""
    submission = find_owner(revision, match)
    requests = requests_of(submission, revision.progress_of(submission.uuid))
    return [of for of in requests if match.uuid == (of.item["uuid"] if match.kind == "pool" else of.uuid)]


def _plain_request(request: Request) -> dict[str, Any]:
    told = {**request.body, "submission": request.submission, "state": request.state, "events": list(request.events)}
    return dict(sorted(told.items()))


def plain_pool(working: Sequence[Request]) -> dict[str, Any]:
    """Write a pool as plain values, out of the requests that work on it."""
    first = working[0]
    requests = [request.uuid for request in working]
    return {**first.item, "submission": first.submission, "upstream": first.body["upstream"], "requests": requests}
