"""Walks a store's history from its first commit on: commits to the state at the end, the seals, and violations.

Versions are judged along first parents; what a seal covers may not be touched by any commit that has the seal's
commit among its ancestors, whichever way it was merged, and even if it was put back later (CONTRACT 3 and 7).

Only so many differences and their contents are held at once; what is kept of a record is its standing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple

from seqmeta.git import Repository
from seqmeta.telling import Tell, tell_nobody
from seqmeta.verification.batches import gather
from seqmeta.verification.contents import Contents
from seqmeta.verification.diffs import MOST_AT_ONCE, NO_MODE, Difference, Part, compare_trees
from seqmeta.verification.facts import OrderFacts, ProgressFacts, RecordFacts, SubmissionFacts
from seqmeta.verification.findings import Finding
from seqmeta.verification.graph import find_first_parents, sort_ancestors_first
from seqmeta.verification.inspection import Inspected, inspect_parts
from seqmeta.verification.mentions import Mentions
from seqmeta.verification.paths import parse_path, path_of
from seqmeta.verification.reports import ProgressStep
from seqmeta.verification.rules import NO_FILE, RECORD_MODE, Place, judge_content, judge_place, judge_version
from seqmeta.verification.scan import Objects
from seqmeta.verification.standings import Standing, Standings
from seqmeta.verification.steps import Step, find_absent, list_steps

_LOOKED_AT = "contents verified"


class SealedSubmission(NamedTuple):
    """A submission as it was sealed: the commit that did it, what its record says, and the blobs of it and its orders.

    `blobs` is by path; of an order that the commit does not have it has nothing.
    """

    uuid: str
    commit: str
    facts: SubmissionFacts
    root: str
    blobs: dict[str, str]


@dataclass(slots=True)
class History:
    """What a walk knows at its end: the order of commits, and the first-parent line, oldest first.

    `records` are those at the end, `seals` by submission, `reports` the changes of progress records, `unsound` the
    blobs that something is wrong with, `mentions` the records that any record names. `is_whole` is False where a
    commit, a tree or what a tree names is not there.
    """

    order: list[str]
    line: list[str]
    records: Standings = field(default_factory=Standings)
    seals: dict[str, SealedSubmission] = field(default_factory=dict)
    reports: list[ProgressStep] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unsound: set[str] = field(default_factory=set)
    mentions: Mentions = field(default_factory=Mentions)
    is_whole: bool = True


@dataclass(slots=True)
class _Commit:
    """A commit of which not all differences were seen yet: what they say of submissions and orders.

    `sealing` counts the parents against which a submission becomes a sealed one.
    """

    id: str
    parents: int = 0
    sealing: Counter[str] = field(default_factory=Counter)
    blobs: dict[str, str] = field(default_factory=dict)
    facts: dict[str, RecordFacts] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    """The walk so far.

    Seals are numbered: `covered` is path → numbers of the seals over it, `sealed_before` commit → a bit for each seal
    of its past. These are let go when the last of a commit's children (`children` counts them) has been judged.
    """

    objects: Objects
    contents: Contents
    history: History
    children: Counter[str]
    covered: dict[str, tuple[int, ...]] = field(default_factory=dict)
    covering: list[str] = field(default_factory=list)
    sealed_before: dict[str, int] = field(default_factory=dict)
    reported: set[tuple[str, str]] = field(default_factory=set)


def walk_history(
    repository: Repository, objects: Objects, head: str, *, is_checked_out: bool = False, tell: Tell = tell_nobody
) -> History:
    """Walk every commit that `head` can be reached from; `is_checked_out` where the work tree is meant to be of it.

    `tell` is told how many of the contents were looked at.
    """
    order = sort_ancestors_first(objects.commits, head)
    history = History(order, find_first_parents(objects.commits, head))
    history.findings.extend(find_absent(objects, order, head))
    history.is_whole = not history.findings
    steps = list_steps(objects, order, set(history.line))
    children = Counter(parent for commit in order for parent in objects.commits[commit].parents)
    walk = _Walk(objects, Contents(repository, objects.faults, is_checked_out), history, children)
    pairs = [(step.old, step.new) for step in steps]
    begun: _Commit | None = None
    looked_at = 0
    aside = {place for place, step in enumerate(steps) if not step.is_line}
    for batch in gather(compare_trees(repository, pairs), lambda part: len(part.differences), MOST_AT_ONCE):
        inspected = inspect_parts(walk.contents, batch, aside, history.mentions.named, objects.names)
        history.is_whole = history.is_whole and inspected.is_whole and all(part.is_whole for part in batch)
        for part in batch:
            begun = _take(walk, begun, steps, part, inspected)
        history.mentions.settle(history.records)
        looked_at += len(inspected.facts)
        tell(_LOOKED_AT, looked_at, objects.blobs)
    tell(_LOOKED_AT, objects.blobs, objects.blobs)
    return history


def _take(
    walk: _Walk, begun: _Commit | None, steps: Sequence[Step], part: Part, inspected: Inspected
) -> _Commit | None:
    """Take one part: judge its differences, and its commit when that is the last; return the commit not at its end."""
    step = steps[part.place]
    if begun is None:
        begun = _Commit(step.commit)
        parents = walk.objects.commits[step.commit].parents
        walk.sealed_before[step.commit] = reduce(or_, [walk.sealed_before.get(parent, 0) for parent in parents] or [0])
    if not part.is_whole:
        message = "a tree of this commit cannot be read"
        walk.history.findings.append(Finding("missing_object", step.commit, step.commit, message))
    for difference in part.differences:
        _judge(walk, begun, step, difference, inspected)
    if not part.is_last:
        return begun
    begun.parents += 1
    if part.place + 1 < len(steps) and steps[part.place + 1].commit == step.commit:
        return begun
    _end(walk, begun)
    return None


def _judge(walk: _Walk, begun: _Commit, step: Step, difference: Difference, inspected: Inspected) -> None:
    """Judge one difference of a commit from one of its parents, and take over what it did."""
    found, path, place = walk.history.findings, difference.path, inspected.places[difference.path]
    if difference.new_mode != NO_MODE and (place is None or difference.new_mode != RECORD_MODE):
        judge_place(found, step.commit, difference, place)
    if path in walk.covered:
        _judge_sealed(walk, step, difference)
    if place is None:
        return
    new = None
    if difference.new_mode != NO_MODE and difference.new_mode not in NO_FILE:
        new = inspected.facts.get(difference.new)
        _report(walk, step.commit, difference, place, new)
    old = _find_old(walk.history.records, difference, inspected)
    if step.is_line:
        if path not in walk.covered:  # of what is sealed no version is right
            judge_version(found, step.commit, difference, old, new)
            _take_report(walk.history, step.commit, difference, old, new)
        _take_over(walk.history, difference, new, inspected)
    if new is not None and place[0] in ("order", "submission"):
        begun.blobs[path], begun.facts[path] = difference.new, new
        begun.sealing[path] += _is_sealed(new) and not _is_sealed(old)


def _report(walk: _Walk, commit: str, difference: Difference, place: Place, facts: RecordFacts | None) -> None:
    """Report what is wrong with a content in itself or at its place, once, at the first commit that has it."""
    if facts is not None and not facts.faults and (facts.kind, facts.uuid) == place:
        return
    path, blob, found = difference.path, difference.new, walk.history.findings
    walk.history.unsound.add(blob)
    if (path, blob) in walk.reported:
        return
    walk.reported.add((path, blob))
    if facts is not None:
        judge_content(found, commit, path, place, facts)
        return
    code = "corrupt_object" if blob in walk.objects.faults else "missing_object"
    why = walk.objects.faults.get(blob, "there is no such blob")
    found.append(Finding(code, blob, commit, f"object {blob}, which holds {path}: {why}"))


def _find_old(records: Standings, difference: Difference, inspected: Inspected) -> Standing | RecordFacts | None:
    """Find what was there before: as the walk knows it, where the commit before is on its line."""
    if difference.old_mode == NO_MODE:
        return None
    standing = records.get(difference.path)
    return standing if standing and standing.blob == difference.old else inspected.facts.get(difference.old)


def _take_report(
    history: History, commit: str, difference: Difference, old: Standing | RecordFacts | None, new: RecordFacts | None
) -> None:
    if old is None or new is None or difference.old == difference.new:
        return
    if isinstance(old.detail, ProgressFacts) and isinstance(new.detail, ProgressFacts) and old.version and new.version:
        history.reports.append(ProgressStep(difference.path, commit, difference.old, difference.new))


def _take_over(history: History, difference: Difference, new: RecordFacts | None, inspected: Inspected) -> None:
    path, blob = difference.path, difference.new
    if difference.new_mode == NO_MODE:
        history.records.remove(path)
        history.mentions.reopen(path)
    else:
        history.records.put(path, blob, new, is_in_place=(path, blob) in inspected.in_place)


def _judge_sealed(walk: _Walk, step: Step, difference: Difference) -> None:
    """Report a change to what a seal covers, when the seal was there before the change."""
    if step.parent is None:
        return
    before = walk.sealed_before.get(step.parent, 0)
    for number in walk.covered[difference.path]:
        if before >> number & 1:
            what = "removes" if difference.new_mode == NO_MODE else "changes"
            sealed = f"what the seal of submission {walk.covering[number]} covers"
            message = f"{difference.path}: commit {step.commit} {what} {sealed}"
            walk.history.findings.append(Finding("sealed_changed", difference.path, step.commit, message))


def _is_sealed(facts: Standing | RecordFacts | None) -> bool:
    return facts is not None and isinstance(facts.detail, SubmissionFacts) and facts.detail.root is not None


def _end(walk: _Walk, commit: _Commit) -> None:
    """Take note of what a commit sealed against all of its parents, and let go of what only it needed."""
    for path in sorted(path for path, times in commit.sealing.items() if times == commit.parents):
        _seal(walk, commit, path)
    parents = walk.objects.commits[commit.id].parents
    walk.children.subtract(parents)
    for parent in parents:
        if walk.children[parent] <= 0:
            walk.sealed_before.pop(parent, None)


def _seal(walk: _Walk, commit: _Commit, path: str) -> None:
    """Take note that this commit seals a submission, and of the paths that the seal covers from now on."""
    facts, history = commit.facts[path], walk.history
    detail = facts.detail
    if not isinstance(detail, SubmissionFacts) or detail.root is None or parse_path(path) != (facts.kind, facts.uuid):
        return
    if facts.uuid in history.seals:
        message = f"{path}: it was sealed before, by commit {history.seals[facts.uuid].commit}"
        history.findings.append(Finding("sealed_twice", path, commit.id, message))
        return
    orders = [path_of("order", uuid) for uuid in detail.orders]
    blobs = {of: commit.blobs[of] for of in (path, *orders) if of in commit.blobs}
    history.seals[facts.uuid] = SealedSubmission(facts.uuid, commit.id, detail, detail.root, blobs)
    number = len(walk.covering)
    walk.covering.append(facts.uuid)
    walk.sealed_before[commit.id] |= 1 << number
    for covered in (path, *_cover_orders(walk, commit, facts.uuid, detail)):
        walk.covered[covered] = (*walk.covered.get(covered, ()), number)


def _cover_orders(walk: _Walk, commit: _Commit, submission: str, sealed: SubmissionFacts) -> Iterator[str]:
    """Yield the paths of a sealed submission's orders and their asset groups; report orders that are not as sealed."""
    for uuid in sealed.orders:
        path = path_of("order", uuid)
        yield path
        order = commit.facts.get(path)
        if order is None or not isinstance(order.detail, OrderFacts):
            message = f"{path}: submission {submission} is sealed, and this order not by the same commit"
            walk.history.findings.append(Finding("state_mismatch", path, commit.id, message))
            continue
        if order.detail.group is not None:
            yield path_of("asset_group", order.detail.group)
        if order.digest != sealed.digests.get(uuid):
            message = f"{path}: its digest is {order.digest}, the seal of {submission} has {sealed.digests.get(uuid)}"
            walk.history.findings.append(Finding("root_mismatch", path, commit.id, message))
