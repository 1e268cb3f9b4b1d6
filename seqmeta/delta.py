"""A run judged by what changed since the last one, where that is certain to give what judging everything would.

The files that describe what refers to something changed are judged along. Where a thing of another kind than those of
`linking.SIMPLE` is among them (an order, say), so are the files that describe orders and submissions which are not
sealed, for each of these depends on the others; all else stays as it is recorded. Whatever leaves a doubt (an error in
work, two things of one name) ends in None, and everything is judged. So there is one definition of what is valid, and
this is no second one.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from seqmeta.canonical import digest_of_parsed
from seqmeta.certainty import UncertainError, refuse_doubt
from seqmeta.circumstances import History, Settings
from seqmeta.descriptions import DescriptionFile, descriptions_digest, read_bytes
from seqmeta.index import Index, IndexedFile, Thing
from seqmeta.indexed_records import IndexedRecords
from seqmeta.judgement import Judgement, cap_by_file, find_lasting, leave_out_said, make_settings, place_findings
from seqmeta.kinds import load_kinds
from seqmeta.linking import SIMPLE, link, link_some, register
from seqmeta.normal_forms import Normal, Normals
from seqmeta.orphans import Orphans, find_orphans
from seqmeta.problems import Problem, has_errors, sort_problems
from seqmeta.recorded import SETTLED
from seqmeta.records import Record
from seqmeta.shards import CheckedFiles
from seqmeta.step import Described, Step
from seqmeta.weights import weigh
from seqmeta.workspace import Workspace

_RACY_NS, _RACY_COARSE_NS = 100_000_000, 2_000_000_000
"""A file changed this shortly before it was read may be changed again without its times telling (git calls it racy);
the longer time is for file systems that keep whole seconds. Such a file is read and hashed again, no more."""

_ABOUT_ALL_WORK = frozenset({"study", "request_type", "order_template"})
"""Kinds of which one that is described otherwise has all work judged: it is named in more ways than records tell.

Which study a group is of may change with the name of any; what happened to a request may be told by a type's name.
"""

_BOTH_WAYS = frozenset({"asset_group", "order", "submission", "progress"})
"""Kinds of which things depend on what refers to them: one is cancelled in its progress, another frozen by an order."""

_MOST_WEIGHT = 200_000
"""How much is judged by changes at most: it is held in memory, some 100 MB."""

_FEW = 2000
"""So many things are judged by changes, whatever part of all they are; of more than these not half of all."""

_MOST_SEEN = 50_000
"""How many things are asked for what refers to them at most: where half of all do, everything is judged as fast."""


class Delta(NamedTuple):
    """What a run by the changes alone comes to, and what the index needs to follow it.

    `files` are those that were looked at, `gone` those that are not there any more; `judged` are the files whose
    things were judged, `before` the UUIDs of what they described in the last run. `followed` are the things that others
    changed since the head `known`, which the index is of.
    """

    judgement: Judgement
    files: list[IndexedFile]
    gone: list[str]
    judged: frozenset[str]
    before: frozenset[str]
    followed: Sequence[Thing]
    known: str


def judge_changes(
    workspace: Workspace,
    index: Index,
    checked: CheckedFiles | None,
    *,
    now: str | None,
    history: History | None = None,
    followed: Sequence[Thing] = (),
) -> Delta | None:
    """Judge the changes since the run that the index is of; None where everything has to be judged.

    `followed` are things laid over the index: what others recorded since.
    """
    if workspace.problems:
        return None
    try:
        return _Run(workspace, index, checked, now, history, followed).judge()
    except UncertainError:
        return None


class _Run:
    """One run by changes: the files to judge grow by those that refer to what changed."""

    def __init__(
        self,
        workspace: Workspace,
        index: Index,
        checked: CheckedFiles | None,
        now: str | None,
        history: History | None,
        followed: Sequence[Thing],
    ) -> None:
        self._workspace = workspace
        self._followed = followed
        self._index = index
        self._records = IndexedRecords(index)
        self._checked = checked
        self._now = now
        self._history = history
        self._known = index.files()
        found, self._scanned = workspace.find_descriptions()
        self._found = {file.path: file for file in found}
        self._files: dict[str, IndexedFile] = {}
        self._judged: set[str] = set()
        self._normal: list[Normal] = []
        self._partly: list[Normal] = []
        self._faulty: set[tuple[str, str]] = set()
        self._problems: list[Problem] = []
        self._weight = 0.0
        self._before: dict[str, tuple[str, str]] = {}
        """What the judged files described in the last run: by UUID, kind and digest of what was said of it."""
        self._has_work = any(thing.record.kind not in SIMPLE for thing in followed)
        """Whether anything of another kind than the simple ones is to be judged."""

    def judge(self) -> Delta:
        gone = [path for path in self._known if path not in self._found]
        for path in gone:
            self._note_judged(path)
        for path in self._find_touched():
            self._check_touched(path)
        self._take_along()
        step = self._link()
        refuse_doubt(self._index, step, self._before, self._judged, has_work=self._has_work)
        placed = place_findings(self._workspace.root, step.findings)
        orphans = self._find_orphans(step)
        problems = self._all_problems(leave_out_said(placed, self._problems), orphans.problems)
        judgement = self._make_judgement(step, problems, placed, orphans.uuids)
        return Delta(
            judgement=judgement,
            files=list(self._files.values()),
            gone=gone,
            judged=frozenset(self._judged),
            before=frozenset(self._before),
            followed=self._followed,
            known=self._index.meta("head"),
        )

    @property
    def _settings(self) -> Settings:
        return make_settings(self._workspace, self._now, frozenset(self._faulty), is_whole=False)

    def _link(self) -> Step:
        normals = Normals(self._normal, self._partly)
        if self._has_work:
            return link(self._records, normals, self._settings, self._history)
        return link_some(self._records, normals, self._settings)

    def _make_judgement(
        self, step: Step, problems: list[Problem], placed: list[Problem], orphans: frozenset[str]
    ) -> Judgement:
        files = {**self._known, **self._files}
        current = [files[path] for path in self._found]
        return Judgement(
            step,
            cap_by_file(sort_problems(problems)),
            documents=sum(file.documents for file in current),
            digest=descriptions_digest((file.path, file.sha256) for file in current),
            lasting=find_lasting(step, placed),
            orphans=orphans,
        )

    def _find_touched(self) -> Iterator[str]:
        taken_at = int(self._index.meta("taken_at_ns"))
        for path, file in self._found.items():
            known = self._known.get(path)
            if known is None or known.signature != file.signature or is_racy(file, taken_at):
                yield path

    def _check_touched(self, path: str) -> None:
        """Read a file, and judge it where its content is not what it was."""
        data = read_bytes(self._workspace.root, path)
        sha256 = hashlib.sha256(data).hexdigest()
        known = self._known.get(path)
        if known is not None and known.sha256 == sha256:
            self._files[path] = IndexedFile(path, self._found[path].signature, sha256, known.documents)
        else:
            self._check(path, data, sha256)

    def _check(self, path: str, data: bytes, sha256: str) -> None:
        found = self._checked.get(path, sha256) if self._checked is not None else None
        checked = found or self._workspace.rulebook.check_file(path, data)
        self._faulty |= checked.faulty
        self._problems += checked.problems
        self._files[path] = IndexedFile(path, self._found[path].signature, sha256, checked.documents)
        self._normal += checked.normal
        self._partly += checked.partly
        self._weight += sum(weigh(body) for _, body, _ in chain(checked.normal, checked.partly))
        most = len(self._normal) > _FEW and 2 * len(self._normal) > self._index.count()
        if most or self._weight > _MOST_WEIGHT:
            raise UncertainError
        self._has_work |= any(kind not in SIMPLE for kind, _, _ in chain(checked.normal, checked.partly))
        self._note_judged(path)

    def _note_judged(self, path: str) -> None:
        self._judged.add(path)
        for uuid, (kind, said) in self._index.described_in(path).items():
            self._before[uuid] = kind, said
            self._has_work |= kind not in SIMPLE

    def _take_along(self) -> None:
        """Judge along every file that refers to something which is not described as it was, and work that is open."""
        kinds = self._find_differing() | {thing.record.uuid: thing.record.kind for thing in self._followed}
        for thing in self._followed:
            self._judge_around(thing)
        is_about_all_work = not _ABOUT_ALL_WORK.isdisjoint(kinds.values())
        pending, seen = set(kinds), set(kinds)
        while pending:
            if len(seen) > _MOST_SEEN:
                raise UncertainError
            for uuid, kind, path in self._index.sources(pending.pop()):
                self._has_work |= kind not in SIMPLE
                self._judge_along(path)
                if uuid not in seen:
                    seen.add(uuid)
                    pending.add(uuid)
        self._has_work |= is_about_all_work
        if is_about_all_work:
            for path in self._index.files_of(kind for kind in load_kinds() if kind not in SIMPLE):
                self._judge_along(path)
        elif self._has_work:
            for _, path in chain.from_iterable(map(self._index.unsettled, SETTLED)):
                self._judge_along(path)

    def _judge_around(self, thing: Thing) -> None:
        """Judge along the file that describes what others changed, and those of what depends on it unnamed."""
        self._judge_along(thing.file)
        for uuid in thing.refers_to if thing.record.kind in _BOTH_WAYS else ():
            target = self._index.indexed(uuid)
            if target is not None and target.kind in _BOTH_WAYS:
                self._judge_along(target.file)

    def _judge_along(self, path: str | None) -> None:
        if path is not None and path in self._found and path not in self._judged:
            data = read_bytes(self._workspace.root, path)
            self._check(path, data, hashlib.sha256(data).hexdigest())

    def _find_differing(self) -> dict[str, str]:
        """The things, with their kinds, that the changed files described or describe otherwise than the other did."""
        step = register(self._records, Normals(self._normal), self._settings)
        now = {uuid: (described.kind, said_digest(described)) for uuid, described in step.described.items()}
        return {uuid: kind for uuid, (kind, _) in dict(self._before.items() ^ now.items()).items()}

    def _find_orphans(self, step: Step) -> Orphans:
        """Find what is not described any more; a group that an order made may have lost it."""
        if has_errors(self._problems):
            return Orphans()
        gone = (uuid for uuid in self._before if uuid not in step.described)
        found = {uuid: record for uuid in gone if (record := self._records.get(uuid)) is not None}
        if self._has_work and self._workspace.config.remote is None:
            found |= {record.uuid: record for record in self._find_groups(step)}
        others = (record for record in self._index.orphans() if record.uuid not in found)
        return find_orphans(step, chain(found.values(), others), self._workspace.config.records)

    def _find_groups(self, step: Step) -> Iterator[Record]:
        """Find the recorded groups that the orders which were judged made or held."""
        orders = (uuid for uuid, (kind, _) in self._before.items() if kind == "order")
        for uuid in {*orders, *(of.uuid for of in step.of_kind("order"))}:
            order = self._records.get(uuid)
            held = order.body.get("asset_group", {}).get("uuid") if order is not None else None
            for group in {*self._records.referring(uuid, "asset_group"), *([held] if held is not None else [])}:
                indexed, record = self._index.indexed(group), self._records.get(group)
                if indexed is not None and indexed.file is None and record is not None:
                    yield record

    def _all_problems(self, placed: list[Problem], orphans: Sequence[Problem]) -> list[Problem]:
        kept = [problem for problem in self._index.problems() if problem.file not in self._judged]
        return [*self._scanned, *self._problems, *kept, *placed, *orphans]


def is_racy(file: DescriptionFile, taken_at_ns: int) -> bool:
    """Whether a file was changed so late that its times may be the same after it is changed again."""
    changed_at = max(file.mtime_ns, file.ctime_ns)
    is_coarse = file.mtime_ns % 1_000_000_000 == 0 and file.ctime_ns % 1_000_000_000 == 0
    return changed_at >= taken_at_ns - (_RACY_COARSE_NS if is_coarse else _RACY_NS)


def said_digest(described: Described) -> str:
    """The digest of what a description says."""
    return digest_of_parsed(described.body)
