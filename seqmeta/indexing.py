"""Runs to what the index keeps of them: of one that judged everything all of it, of one by changes the changes."""

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from seqmeta.canonical import digest
from seqmeta.delta import Delta, said_digest
from seqmeta.described import Said
from seqmeta.index import Basis, Index, IndexedFile, Thing
from seqmeta.index_filling import index_record
from seqmeta.index_writing import Beside, IndexChanges
from seqmeta.judgement import Judgement, Reading
from seqmeta.kinds import load_kinds
from seqmeta.linking import SIMPLE
from seqmeta.problems import Problem
from seqmeta.recorded import RecordLookup
from seqmeta.records import Record
from seqmeta.step import Described, Step
from seqmeta.workspace import Workspace


def make_basis(workspace: Workspace, head: str) -> Basis:
    """Say what an index of this workspace at this head is made with."""
    config = hashlib.sha256(repr(workspace.config).encode()).hexdigest()
    return Basis(head, workspace.rulebook.digest, config)


class Everything(NamedTuple):
    """What an index is made of behind a run that judged everything, on top of these records."""

    basis: Basis
    taken_at_ns: int
    reading: Reading
    judgement: Judgement
    records: RecordLookup

    def said(self, without: Container[str] = ()) -> Iterator[tuple[str, Said]]:
        """What is said of each thing, by UUID: kind after kind but for those, in the order of the descriptions."""
        kinds = (kind for kind in load_kinds() if kind not in without)
        return ((of.uuid, said_of(of)) for of in chain.from_iterable(map(self.judgement.step.of_kind, kinds)))

    def first_unnoted(self) -> Iterator[Record]:
        """Of a run on top of no record, what is recorded and was not noted while it was linked.

        That is all of kinds that are not `SIMPLE`, by UUID, and stubs, which are not described.
        """
        bodies = self.judgement.step.bodies
        others = chain.from_iterable(bodies.select(kind) for kind in load_kinds() if kind not in SIMPLE)
        stubs = ((uuid, bodies[uuid]) for uuid in self.judgement.step.flagged)
        stubs = ((uuid, linked) for uuid, linked in stubs if linked[1].get("stub"))
        return (Record(kind, uuid, body, 1, digest(body)) for uuid, (kind, body) in chain(others, stubs))

    def kept(self) -> Iterator[Record]:
        """The records that the run leaves as they are, by UUID."""
        changes = self.judgement.changes
        return (record for record in self.records if not changes.has_update_of(record.uuid))

    def beside(self, head: str) -> Beside:
        """All else, at the head that the run made."""
        return Beside(
            basis=self.basis._replace(head=head),
            taken_at_ns=self.taken_at_ns,
            digest=self.judgement.digest,
            files=[IndexedFile(of.path, of.signature, sha256, number) for of, sha256, number in self.reading.files],
            problems=_by_file(self.judgement.lasting, ()),
        )


def said_of(described: Described) -> Said:
    """Say what an index keeps of a description."""
    return Said(described.kind, said_digest(described), described.source.file)


def index_changes(basis: Basis, taken_at_ns: int, delta: Delta, index: Index) -> Iterator[IndexChanges]:
    """Say what becomes of the index with a run by changes: what others recorded before it, and then the run."""
    judgement = delta.judgement
    others = judgement.orphans.symmetric_difference(record.uuid for record in index.orphans())
    changed = {*judgement.changes.uuids(created=True), *judgement.changes.uuids(created=False)}
    kept = {*delta.before, *judgement.step.described, *others} - changed
    things = chain(
        (_described(change.after, judgement.step, judgement.orphans) for change in judgement.changes),
        _differing(index, judgement.step, kept, judgement.orphans),
    )
    if delta.followed:
        yield IndexChanges(Beside(basis, taken_at_ns, judgement.digest), delta.followed)
    found = _by_file(judgement.lasting, delta.judged)
    yield IndexChanges(Beside(basis, taken_at_ns, judgement.digest, delta.files, found), things, delta.gone)


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
    return index_record(record, None if described is None else said_of(described), is_orphan=record.uuid in orphans)


def _by_file(problems: Iterable[Problem], files: Iterable[str]) -> Mapping[str, list[Problem]]:
    by_file: dict[str, list[Problem]] = {file: [] for file in files}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    return by_file
