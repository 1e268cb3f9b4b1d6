"""A run judged by what changed since the last one, where that is certain to give what judging everything would.

It is taken only while the changed files describe things of `linking.SIMPLE` kinds, and what refers to them is of
these kinds too; the files of the latter are judged along. Whatever else is met (an error, an order, two things of one
name) ends in None, and everything is judged. So there is one definition of what is valid, and this is no second one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seqmeta.canonical import digest_of_parsed
from seqmeta.changes import find_changes, orphaned
from seqmeta.descriptions import DescriptionFile, descriptions_digest, read_bytes
from seqmeta.index import Index, IndexedFile
from seqmeta.indexed_records import IndexedRecords
from seqmeta.judgement import Judgement, make_settings, place_findings
from seqmeta.linking import SIMPLE, link_some
from seqmeta.normal_forms import Normal, Normals
from seqmeta.problems import Problem, has_errors, sort_problems
from seqmeta.records import Record, name_of
from seqmeta.shards import CheckedFiles
from seqmeta.step import Described, Step
from seqmeta.workspace import Workspace

_RACY_NS, _RACY_COARSE_NS = 100_000_000, 2_000_000_000
"""A file changed this shortly before it was read may be changed again without its times telling (git calls it racy);
the longer time is for file systems that keep whole seconds. Such a file is read and hashed again, no more."""

_MOST_FILES = 1000
"""With more files to judge than this, judging everything costs hardly more."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What a run by the changes alone comes to, and what the index needs to follow it.

    `files` are those that were looked at, `gone` those that are not there any more; `judged` are the files whose
    things were judged, `before` the UUIDs of what they described in the last run.
    """

    judgement: Judgement
    files: list[IndexedFile]
    gone: list[str]
    judged: frozenset[str]
    before: frozenset[str]


class _UncertainError(Exception):
    """Only judging everything can tell."""


def judge_changes(workspace: Workspace, index: Index, checked: CheckedFiles | None, *, now: str | None) -> Delta | None:
    """Judge the changes since the run that the index is of; None where everything has to be judged."""
    if workspace.problems:
        return None
    try:
        return _Run(workspace, index, checked, now).judge()
    except _UncertainError:
        return None


class _Run:
    """One run by changes: the files to judge grow by those that refer to what changed."""

    def __init__(self, workspace: Workspace, index: Index, checked: CheckedFiles | None, now: str | None) -> None:
        self._workspace = workspace
        self._index = index
        self._records = IndexedRecords(index)
        self._checked = checked
        self._settings = make_settings(workspace, now)
        self._known = index.files()
        found, self._scanned = workspace.find_descriptions()
        self._found = {file.path: file for file in found}
        self._files: dict[str, IndexedFile] = {}
        self._judged: set[str] = set()
        self._normal: list[Normal] = []

    def judge(self) -> Delta:
        gone = [path for path in self._known if path not in self._found]
        changed = []
        for path in self._find_touched():
            changed += [path] if self._is_changed(path) else []
            if len(changed) + len(gone) > _MOST_FILES:
                raise _UncertainError
        self._judged = {*gone, *changed}
        before = self._described_in(self._judged)
        self._take_along(before)
        step = link_some(self._records, Normals(self._normal), self._settings)
        self._refuse_doubt(step, before)
        placed = place_findings(self._workspace.root, step.findings)
        orphans = self._find_orphans(step, before)
        problems = self._all_problems(placed, orphans)
        if has_errors(problems):
            raise _UncertainError
        judgement = self._make_judgement(step, problems, placed, orphans)
        return Delta(judgement, list(self._files.values()), gone, frozenset(self._judged), frozenset(before))

    def _make_judgement(
        self, step: Step, problems: list[Problem], placed: list[Problem], orphans: list[Record]
    ) -> Judgement:
        files = {**self._known, **self._files}
        current = [files[path] for path in self._found]
        return Judgement(
            step,
            find_changes(step),
            sort_problems(problems),
            documents=sum(file.documents for file in current),
            digest=descriptions_digest((file.path, file.sha256) for file in current),
            placed=placed,
            orphans=orphans,
        )

    def _find_touched(self) -> Iterator[str]:
        taken_at = int(self._index.meta("taken_at_ns"))
        for path, file in self._found.items():
            known = self._known.get(path)
            if known is None or known.signature != file.signature or is_racy(file, taken_at):
                yield path

    def _is_changed(self, path: str) -> bool:
        """Read a file, and check it where its content is not what it was."""
        data = read_bytes(self._workspace.root, path)
        sha256 = hashlib.sha256(data).hexdigest()
        known = self._known.get(path)
        if known is not None and known.sha256 == sha256:
            self._files[path] = IndexedFile(path, self._found[path].signature, sha256, known.documents)
            return False
        self._check(path, data, sha256)
        return True

    def _check(self, path: str, data: bytes, sha256: str) -> None:
        found = self._checked.get(path, sha256) if self._checked is not None else None
        checked = found or self._workspace.rulebook.check_file(path, data)
        if checked.problems or any(kind not in SIMPLE for kind, _, _ in checked.normal):
            raise _UncertainError
        self._files[path] = IndexedFile(path, self._found[path].signature, sha256, checked.documents)
        self._normal += checked.normal

    def _described_in(self, paths: Iterable[str]) -> dict[str, str]:
        """What files described in the last run: by UUID, the digest of what was said of it."""
        described: dict[str, str] = {}
        for path in paths:
            for uuid, (kind, said) in self._index.described_in(path).items():
                if kind not in SIMPLE:
                    raise _UncertainError
                described[uuid] = said
        return described

    def _take_along(self, before: dict[str, str]) -> None:
        """Judge along every file that refers to something which is not described as it was."""
        pending = self._find_differing(before)
        seen = set(pending)
        while pending:
            for uuid, kind, path in self._index.sources(pending.pop()):
                if kind not in SIMPLE:
                    raise _UncertainError
                if path is not None and path in self._found and path not in self._judged:
                    self._judge_along(path, before)
                if uuid not in seen:
                    seen.add(uuid)
                    pending.add(uuid)

    def _judge_along(self, path: str, before: dict[str, str]) -> None:
        if len(self._judged) >= _MOST_FILES:
            raise _UncertainError
        self._judged.add(path)
        data = read_bytes(self._workspace.root, path)
        self._check(path, data, hashlib.sha256(data).hexdigest())
        before |= self._described_in([path])

    def _find_differing(self, before: dict[str, str]) -> set[str]:
        """The things that the changed files described or describe, but for those of which the same is said."""
        step = link_some(self._records, Normals(self._normal), self._settings)
        now = {uuid: said_digest(described) for uuid, described in step.described.items()}
        return {uuid for uuid in before.keys() | now.keys() if before.get(uuid) != now.get(uuid)}

    def _refuse_doubt(self, step: Step, before: Iterable[str]) -> None:
        """Leave to a judgement of everything what may be described twice, or differs or differed only in case."""
        for record in filter(None, map(self._records.get, before)):
            name = name_of(record.kind, record.body)
            if name is not None and self._index.has_other_case(record.kind, name):
                raise _UncertainError
        for uuid, described in step.described.items():
            thing = self._index.thing(uuid)
            if thing is not None and thing.file is not None and thing.file not in self._judged:
                raise _UncertainError
            if described.name is not None and self._index.has_other_case(described.kind, described.name):
                raise _UncertainError

    def _find_orphans(self, step: Step, before: Iterable[str]) -> list[Record]:
        orphans = {record.uuid: record for record in self._index.orphans()}
        orphans |= {uuid: record for uuid in before if (record := self._records.get(uuid)) is not None}
        return [record for uuid, record in sorted(orphans.items()) if uuid not in step.described]

    def _all_problems(self, placed: list[Problem], orphans: list[Record]) -> list[Problem]:
        kept = [problem for problem in self._index.problems() if problem.file not in self._judged]
        folder = self._workspace.config.records
        return [*self._scanned, *kept, *placed, *(orphaned(record, folder) for record in orphans)]


def is_racy(file: DescriptionFile, taken_at_ns: int) -> bool:
    """Whether a file was changed so late that its times may be the same after it is changed again."""
    changed_at = max(file.mtime_ns, file.ctime_ns)
    is_coarse = file.mtime_ns % 1_000_000_000 == 0 and file.ctime_ns % 1_000_000_000 == 0
    return changed_at >= taken_at_ns - (_RACY_COARSE_NS if is_coarse else _RACY_NS)


def said_digest(described: Described) -> str:
    """The digest of what a description says."""
    return digest_of_parsed(described.body)
