"""What others committed since the index was made, laid over it: with a remote, a run need not read all there is for it.

The records that differ between the head of the index and that of the store are read from git. What they may change
besides themselves is judged along, as behind an edit of one's own (`delta`). Whatever else they could mean (a record
that is gone, a name or UUID that something else has, very many of them) only a judgement of everything can tell.
"""

from collections.abc import Collection, Iterator
from itertools import islice

from seqmeta.certainty import UncertainError, may_be_meant
from seqmeta.git import Repository
from seqmeta.identity import progress_uuid
from seqmeta.index import Index, Thing
from seqmeta.index_filling import index_record
from seqmeta.index_overlay import IS_SWIFT, lay_over
from seqmeta.particulars import find_owned
from seqmeta.recorded import SETTLED
from seqmeta.records import Record, read_record
from seqmeta.weights import weigh
from seqmeta.worktree import is_record_path

_MOST_FOLLOWED = 5_000
_MOST_WEIGHT = 200_000
"""How many records are followed at most, and how heavy: they are held in memory, some 100 MB."""

_PLAIN = "100644"
"""The mode of a record's file."""


def follow(index: Index, repository: Repository, head: str) -> list[Thing] | None:
    """Lay over an index what differs in a later head, and return it; None where everything has to be judged.

    Raises StoreError where git does not give a record, KeyError, TypeError or AttributeError where one is misshapen,
    and sqlite3.Error.
    """
    if not IS_SWIFT:
        return None
    try:
        things = [_follow(index, record) for record in _read_differing(repository, index.meta("head"), head)]
        _refuse_clashes(index, things)
    except UncertainError:
        return None
    lay_over(index, things)
    return things


def _read_differing(repository: Repository, old: str, new: str) -> Iterator[Record]:
    differing = (change for change in repository.changed(old, new) if is_record_path(change.path))
    changes = list(islice(differing, _MOST_FOLLOWED + 1))
    if len(changes) > _MOST_FOLLOWED or any(change.new_mode != _PLAIN for change in changes):
        raise UncertainError  # too many, or one that is gone or no file
    weight = 0.0
    contents = repository.read(str(change.new_id) for change in changes)
    for change, (_, data) in zip(changes, contents, strict=True):
        record = read_record(change.path, data)
        weight += weigh(record.body)
        if weight > _MOST_WEIGHT:
            raise UncertainError
        yield record


def _follow(index: Index, record: Record) -> Thing:
    """Say what an index has of a record now: it is described where it was."""
    thing, before = index_record(record), index.thing(record.uuid)
    if before is None:
        return thing
    if (before.record.kind, before.scope, before.name) != (record.kind, thing.scope, thing.name):
        raise UncertainError  # what the old name means now, and in which files, its records do not tell
    return thing._replace(file=before.file, said=before.said, is_orphan=before.is_orphan)


def _refuse_clashes(index: Index, things: list[Thing]) -> None:
    """Refuse to tell by these things alone where what is known by a name or UUID may be something else from now on."""
    uuids = {thing.record.uuid for thing in things}
    names = [(thing.record.kind, thing.scope, thing.name.casefold()) for thing in things if thing.name is not None]
    if len(set(names)) < len(names):
        raise UncertainError
    for thing in things:
        kind, uuid, name = thing.record.kind, thing.record.uuid, thing.name
        namesakes = "SELECT 1 FROM things WHERE kind = ? AND scope = ? AND name = ? AND uuid <> ?"
        if any(True for _ in index.rows(namesakes, kind, thing.scope, name, uuid)):
            raise UncertainError
        if name is not None and index.has_other_case(kind, name, thing.scope):
            raise UncertainError
        if index.indexed(uuid) is None and (index.among([uuid]) or may_be_meant(index, kind, uuid, name)):
            raise UncertainError
        if kind == "submission":
            _refuse_requests(index, thing, uuids)


def _refuse_requests(index: Index, submission: Thing, followed: Collection[str]) -> None:
    """Refuse a submission that lost requests, has those of something else, or is sealed and has no progress."""
    uuid, owned = submission.record.uuid, {of for of, _ in submission.owns}
    before, progress = index.thing(uuid), progress_uuid(uuid)
    known = set() if before is None else {of for of, _ in find_owned(before.record.body)}
    if not known <= owned or index.among(owned - known) or not owned.isdisjoint(followed):
        raise UncertainError
    is_sealed = submission.record.body["state"] == SETTLED["submission"]
    if is_sealed and progress not in followed and index.indexed(progress) is None:
        raise UncertainError
