"""One run judged: the descriptions of a workspace against the records, to changes and problems. Writes nothing."""

import hashlib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from seqmeta.changes import Changes, find_changes
from seqmeta.checking import MOST_PROBLEMS
from seqmeta.circumstances import History, Settings
from seqmeta.descriptions import DescriptionFile, descriptions_digest, read_bytes
from seqmeta.documents import Document, Source, find_documents, place
from seqmeta.linking import Note, link, note_nothing
from seqmeta.moment import Moment
from seqmeta.normal_forms import Normals
from seqmeta.orphans import Orphans, find_orphans
from seqmeta.problems import Finding, Problem, has_errors, sort_problems
from seqmeta.reader import Mark, locate
from seqmeta.recorded import RecordLookup
from seqmeta.rulebook import cap_problems
from seqmeta.shards import CheckedFiles
from seqmeta.step import Placed, Step
from seqmeta.telling import Tell, tell_nobody
from seqmeta.workspace import Workspace


class Reading(NamedTuple):
    """All descriptions, checked one by one: normal forms, problems, how many there are, and the digest of them.

    `faulty` has what is described with problems, as kind and name or UUID; `files` each file with its SHA-256 (hex)
    and the number of things it describes.
    """

    normals: Normals
    problems: list[Problem]
    documents: int
    digest: str
    faulty: frozenset[tuple[str, str]] = frozenset()
    files: tuple[tuple[DescriptionFile, str, int], ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What a run would do: every problem, sorted, and `changes`.

    Of the problems, `lasting` are those of linking that the next run finds too where nothing is described otherwise;
    `orphans` are the UUIDs of the records that are not described any more.
    """

    step: Step
    problems: list[Problem]
    documents: int
    digest: str
    lasting: list[Problem]
    orphans: frozenset[str]

    @property
    def is_refused(self) -> bool:
        """Whether an error keeps the run from committing."""
        return has_errors(self.problems)

    @cached_property
    def changes(self) -> Changes:
        """What the run would create and update, nothing with errors; it is found when it is first asked for."""
        return Changes(self.step) if self.is_refused else find_changes(self.step)


def read_descriptions(workspace: Workspace, known: CheckedFiles | None = None, tell: Tell = tell_nobody) -> Reading:
    """Read and check every description file of a workspace; `known` is what came of checking some of them before."""
    files, problems = workspace.find_descriptions()
    normals = Normals()
    faulty: set[tuple[str, str]] = set()
    read: list[tuple[DescriptionFile, str, int]] = []
    for number, file in enumerate(files, 1):
        data = read_bytes(workspace.root, file.path)
        digest = hashlib.sha256(data).hexdigest()
        checked = known.get(file.path, digest) if known is not None else None
        checked = checked or workspace.rulebook.check_file(file.path, data)
        normals.extend(checked.normal, checked.partly)
        faulty |= checked.faulty
        problems += checked.problems
        read.append((file, digest, checked.documents))
        tell("files read", number, len(files))
    return Reading(
        normals,
        [*workspace.problems, *problems],
        documents=sum(documents for _, _, documents in read),
        digest=descriptions_digest((file.path, digest) for file, digest, _ in read),
        faulty=frozenset(faulty),
        files=tuple(read),
    )


class Past(NamedTuple):
    """What a run begins at: the records, and what the store knows of the time before them.

    Of the records without description, only those in `mine` are orphans, where it is given.
    """

    records: RecordLookup
    history: History | None = None
    mine: Container[str] | None = None


def judge(workspace: Workspace, reading: Reading, past: Past, moment: Moment, note: Note = note_nothing) -> Judgement:
    """Judge what was read as one step from the past; `note` is told of what is linked, as by `link`."""
    settings = make_settings(workspace, moment.text, reading.faulty)
    step = link(past.records, reading.normals, settings, past.history, moment.tell, note)
    placed = place_findings(workspace.root, step.findings)
    lasting = find_lasting(step, placed)
    placed = leave_out_said(placed, reading.problems)
    mine = (record for record in past.records if past.mine is None or record.uuid in past.mine)
    is_told = not has_errors(reading.problems)
    orphans = find_orphans(step, mine, workspace.config.records) if is_told else Orphans()
    problems = [*reading.problems, *placed, *orphans.problems]
    sorted_problems = cap_by_file(sort_problems(problems))
    return Judgement(step, sorted_problems, reading.documents, reading.digest, lasting, orphans.uuids)


def find_lasting(step: Step, placed: Sequence[Problem]) -> list[Problem]:
    """Find among the findings of a step, which have their places here, those that do not pass with it."""
    return [problem for of, problem in zip(step.findings, placed, strict=True) if not of.is_passing]


def leave_out_said(placed: list[Problem], said: Iterable[Problem]) -> list[Problem]:
    """Leave out what is found of a value that has a problem of its own, which is reported already."""
    known = {(of.file, of.line, of.column, of.path) for of in said}
    return [of for of in placed if (of.file, of.line, of.column, of.path) not in known] if known else placed


def make_settings(
    workspace: Workspace,
    now: str | None,
    faulty: frozenset[tuple[str, str]] = frozenset(),
    *,
    is_whole: bool = True,
) -> Settings:
    """Say what the linking of a workspace's descriptions depends on besides them; `now` is a UTC time as stored."""
    return Settings(workspace.config.unregistered_biosamples == "stub", now, is_whole, faulty)


def cap_by_file(problems: list[Problem]) -> list[Problem]:
    """Keep the first problems of each file where there are very many, and say that there are more."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    return [problem for file, of in by_file.items() for problem in cap_problems(file, of)]


def place_findings(root: Path, findings: Iterable[Placed]) -> list[Problem]:
    """Give findings of linking their places: each file with findings is read once more."""
    findings = list(findings)
    finder = _Finder(root, findings)
    problems = []
    for placed in findings:
        finding = placed.finding
        if placed.see is not None:
            source, path = placed.see
            line, column = locate(finder.find(source), path)
            message = f"{finding.message}; see {source.file}:{line}:{column}"
            finding = Finding(finding.path, finding.code, message, finding.severity, finding.at_key)
        problems.append(place(finding, placed.kind, placed.source.file, finder.find(placed.source)))
    return problems


_NOWHERE = Mark(1, 1, [], {})
"""Stands for a document that is gone since the file was read first."""


class _Finder:
    """Finds documents in description files, each of which it reads once."""

    def __init__(self, root: Path, findings: Iterable[Placed]) -> None:
        self._root = root
        self._documents: dict[str, dict[Source, Document]] = {}
        self._wanted = {placed.source for placed in findings} | {of.see[0] for of in findings if of.see is not None}

    def find(self, source: Source) -> Mark:
        if source.file not in self._documents:
            data = read_bytes(self._root, source.file)
            self._documents[source.file] = find_documents(source.file, data, self._wanted)
        document = self._documents[source.file].get(source)
        return _NOWHERE if document is None else document.mark
