"""Runs to what the index keeps of them: of one that judged everything all of it, of one by changes the changes."""

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain

from seqmeta.changes import Change
from seqmeta.delta import Delta, said_digest
from seqmeta.described import SAID, Said
from seqmeta.index import Basis, Index, IndexedFile, Thing
from seqmeta.index_writing import IndexChanges
from seqmeta.judgement import Judgement, Reading
from seqmeta.kinds import load_kinds
from seqmeta.particulars import find_owned, find_referred
from seqmeta.problems import Problem
from seqmeta.records import Record, name_of, scope_of
from seqmeta.spilling import Spilled
from seqmeta.step import Described, Step
from seqmeta.workspace import Workspace

_NO_MORE = ("\U0010ffff", None)
"""What comes behind the last UUID."""


def make_basis(workspace: Workspace, head: str) -> Basis:
    """Say what an index of this workspace at this head is made with."""
    config = hashlib.sha256(repr(workspace.config).encode()).hexdigest()
    return Basis(head, workspace.rulebook.digest, config)


def index_everything(
    basis: Basis, taken_at_ns: int, reading: Reading, judgement: Judgement, records: Iterable[Record]
) -> IndexChanges:
    """Say what the index is after a run that judged everything, on top of these records."""
    return IndexChanges(
        basis=basis,
        taken_at_ns=taken_at_ns,
        digest=judgement.digest,
        files=[IndexedFile(file.path, file.signature, sha256, number) for file, sha256, number in reading.files],
        gone_files=(),
        things=_all_things(judgement, records),
        problems=_by_file(judgement.lasting, ()),
    )


def _all_things(judgement: Judgement, records: Iterable[Record]) -> Iterator[Thing]:
    orphans = {record.uuid for record in judgement.orphans}
    kept = (record for record in records if not judgement.changes.has_update_of(record.uuid))
    said = _all_said(judgement.step)
    changed = (_beside(map(_changed, judgement.changes.of_kinds(kind)), said.select(kind)) for kind in load_kinds())
    for record, of in chain(chain.from_iterable(changed), _beside(kept, said.select())):
        yield _thing(record, of, is_orphan=record.uuid in orphans)


def _beside(records: Iterable[Record], said: Iterator[tuple[str, Said]]) -> Iterator[tuple[Record, Said | None]]:
    """Put what is said of each record beside it, both sorted by UUID.

    To look that up one by one would read a page of the disk for each.
    """
    uuid, of = "", None
    for record in records:
        while uuid < record.uuid:
            uuid, of = next(said, _NO_MORE)
        yield record, of if uuid == record.uuid else None


def _all_said(step: Step) -> Spilled[str, Said]:
    """Tell of each thing, by UUID, what its description says."""
    said: Spilled[str, Said] = Spilled(step.overflow, SAID)
    for described in chain.from_iterable(map(step.of_kind, load_kinds())):
        said[described.uuid] = _said(described)
    return said


def _said(described: Described) -> Said:
    return Said(described.kind, said_digest(described), described.source.file)


def index_changes(basis: Basis, taken_at_ns: int, delta: Delta, index: Index) -> Iterator[IndexChanges]:
    """Say what becomes of the index with a run by changes: what others recorded before it, and then the run."""
    judgement = delta.judgement
    orphans = {record.uuid for record in judgement.orphans}
    were_orphans = {record.uuid for record in index.orphans()}
    changed = {*judgement.changes.uuids(created=True), *judgement.changes.uuids(created=False)}
    kept = {*delta.before, *judgement.step.described, *orphans, *were_orphans} - changed
    things = chain(
        (_described(_changed(change), judgement.step, orphans) for change in judgement.changes),
        _differing(index, judgement.step, kept, orphans),
    )
    if delta.followed:
        yield IndexChanges(basis, taken_at_ns, judgement.digest, (), (), delta.followed, {})
    yield IndexChanges(
        basis=basis,
        taken_at_ns=taken_at_ns,
        digest=judgement.digest,
        files=delta.files,
        gone_files=delta.gone,
        things=things,
        problems=_by_file(judgement.lasting, delta.judged),
    )


def _differing(index: Index, step: Step, uuids: Iterable[str], orphans: Container[str]) -> Iterator[Thing]:
    """The things whose records are as they were and whose descriptions are not, or are elsewhere."""
    for uuid in sorted(uuids):
        of, indexed = step.described.get(uuid), index.indexed(uuid)
        where = (None, None) if of is None else (of.source.file, said_digest(of))
        is_same = indexed is None or (indexed.file, indexed.said, indexed.is_orphan) == (*where, uuid in orphans)
        if not is_same and (thing := index.thing(uuid)) is not None:
            yield _described(thing.record, step, orphans)


def _described(record: Record, step: Step, orphans: Container[str]) -> Thing:
    described = step.described.get(record.uuid)
    return _thing(record, None if described is None else _said(described), is_orphan=record.uuid in orphans)


def _changed(change: Change) -> Record:
    return Record(change.kind, change.uuid, change.body, change.version, change.digest)


def _thing(record: Record, said: Said | None, *, is_orphan: bool) -> Thing:
    return Thing(
        record=record,
        scope=scope_of(record.kind, record.body),
        name=name_of(record.kind, record.body),
        file=None if said is None else said.file,
        said=None if said is None else said.digest,
        is_orphan=is_orphan,
        refers_to=find_referred(record.kind, record.body),
        owns=tuple(find_owned(record.body)) if record.kind == "submission" else (),
    )


def index_record(record: Record) -> Thing:
    """Say what an index has of a record of which nothing but itself is known."""
    return _thing(record, None, is_orphan=False)


def _by_file(problems: Iterable[Problem], files: Iterable[str]) -> Mapping[str, list[Problem]]:
    by_file: dict[str, list[Problem]] = {file: [] for file in files}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    return by_file
