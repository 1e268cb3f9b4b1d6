"""Walks a store's history from its first commit on: commits to the state at the end, the seals, and violations.

Versions are judged along first parents; what a seal covers may not be touched by any commit that has the seal's
commit among its ancestors, whichever way it was merged, and even if it was put back later (CONTRACT 3 and 7).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from seqmeta.git import EMPTY_TREE, Repository
from seqmeta.verification.diffs import NO_MODE, Difference, compare_trees
from seqmeta.verification.facts import FIXED_IN_ORDERS, OrderFacts, ProgressFacts, RecordFacts, SubmissionFacts
from seqmeta.verification.findings import Finding
from seqmeta.verification.graph import find_first_parents, sort_ancestors_first
from seqmeta.verification.paths import is_misplaced, parse_path, path_of
from seqmeta.verification.reports import ProgressStep
from seqmeta.verification.scan import Objects

RECORD_MODE = "100644"
_NO_FILE = {"160000": "a submodule", "120000": "a symbolic link"}


@dataclass(frozen=True, slots=True)
class SealedSubmission:
    """A submission as it was sealed: the commit that did it, and what its record says."""

    uuid: str
    commit: str
    facts: SubmissionFacts
    root: str


@dataclass(slots=True)
class History:
    """What a walk knows at its end: the order of commits, and the first-parent line, oldest first.

    `records` is path → blob id, `seals` by submission, `reports` the changes of progress records.
    """

    order: list[str]
    line: list[str]
    records: dict[str, str] = field(default_factory=dict)
    seals: dict[str, SealedSubmission] = field(default_factory=dict)
    reports: list[ProgressStep] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    """The walk so far.

    Each seal has a bit: `covered` is path → bits of the seals over it, `sealed_before` commit → bits of its past.
    The bits of a commit are let go when the last of its children (`children` counts them) has been judged.
    """

    objects: Objects
    history: History
    children: Counter[str]
    covered: dict[str, int] = field(default_factory=dict)
    covering: list[str] = field(default_factory=list)
    sealed_before: dict[str, int] = field(default_factory=dict)
    inspected: set[tuple[str, str]] = field(default_factory=set)


def walk_history(repository: Repository, objects: Objects, head: str) -> History:
    """Walk every commit that `head` can be reached from."""
    order = sort_ancestors_first(objects.commits, head)
    history = History(order, find_first_parents(objects.commits, head))
    history.findings.extend(_find_absent(objects, order, head))
    steps = [
        (commit, parent)
        for commit in order
        for parent in objects.commits[commit].parents or (None,)
        if _is_readable(objects, commit) and (parent is None or _is_readable(objects, parent))
    ]
    pairs = [(EMPTY_TREE if p is None else objects.commits[p].tree, objects.commits[c].tree) for c, p in steps]
    children = Counter(parent for commit in order for parent in objects.commits[commit].parents)
    walk, line = _Walk(objects, history, children), set(history.line)
    by_parent: dict[str | None, list[Difference]] = {}
    for place, ((commit, parent), differences) in enumerate(zip(steps, compare_trees(repository, pairs), strict=True)):
        if differences is None:
            history.findings.append(Finding("missing_object", commit, commit, "a tree of this commit cannot be read"))
        by_parent[parent] = differences or []
        if place + 1 == len(steps) or steps[place + 1][0] != commit:
            _step(walk, commit, by_parent, on_line=commit in line)
            by_parent = {}
    return history


def _find_absent(objects: Objects, order: Iterable[str], head: str) -> Iterator[Finding]:
    if head not in objects.commits:
        yield Finding("missing_object", head, head, "the branch's commit cannot be read")
    for commit in order:
        node = objects.commits[commit]
        for parent in node.parents:
            if parent not in objects.commits:
                yield Finding("missing_object", parent, commit, f"commit {parent}, its parent, cannot be read")
        if not _is_readable(objects, commit):
            yield Finding("missing_object", node.tree, commit, f"tree {node.tree}, its content, cannot be read")


def _is_readable(objects: Objects, commit: str) -> bool:
    node = objects.commits.get(commit)
    return node is not None and (node.tree in objects.trees or node.tree == EMPTY_TREE)


def _step(walk: _Walk, commit: str, by_parent: dict[str | None, list[Difference]], *, on_line: bool) -> None:
    """Judge one commit against each of its parents, then take over what it did."""
    parents = walk.objects.commits[commit].parents
    walk.sealed_before[commit] = reduce(or_, [walk.sealed_before.get(parent, 0) for parent in parents] or [0])
    sealing: dict[str, int] = {}
    contents: dict[str, str] = {}
    for number, (parent, differences) in enumerate(by_parent.items()):
        for difference in differences:
            _inspect(walk, commit, difference)
            _judge_sealed(walk, commit, parent, difference)
            contents[difference.path] = difference.new
            if on_line and number == 0:
                _judge_version(walk, commit, difference)
                _take_over(walk.history.records, difference)
            if _seals(walk.objects, difference):
                sealing[difference.path] = sealing.get(difference.path, 0) + 1
    for path in sorted(path for path, times in sealing.items() if times == len(by_parent)):
        _seal(walk, commit, path, contents)
    walk.children.subtract(parents)
    for parent in parents:
        if walk.children[parent] <= 0:
            walk.sealed_before.pop(parent, None)


def _inspect(walk: _Walk, commit: str, difference: Difference) -> None:
    """Report what is wrong with a content in itself or at its place, once, at the first commit that has it."""
    path, blob = difference.path, difference.new
    if difference.new_mode == NO_MODE:
        return
    found = walk.history.findings
    place = parse_path(path)
    strange = _find_strange(path, difference.new_mode, is_record=place is not None)
    if strange:
        found.append(Finding("unexpected_entry", path, commit, f"{path}: {strange}"))
    if place is None and is_misplaced(path):
        found.append(Finding("wrong_path", path, commit, f"{path}: no record has its place here"))
    if place is None or difference.new_mode in _NO_FILE or (path, blob) in walk.inspected:
        return
    walk.inspected.add((path, blob))
    facts = walk.objects.blobs.get(blob)
    if facts is None:
        code = "corrupt_object" if blob in walk.objects.faults else "missing_object"
        why = walk.objects.faults.get(blob, "it is not there")
        found.append(Finding(code, blob, commit, f"object {blob}, which holds {path}: {why}"))
        return
    found.extend(Finding(code, path, commit, f"{path}{message}") for code, message in facts.faults)
    if facts.kind and (facts.kind, facts.uuid) != place:
        message = f"{path}: it is {facts.kind} {facts.uuid or 'without UUID'}, which has another place"
        found.append(Finding("wrong_path", path, commit, message))


def _find_strange(path: str, mode: str, *, is_record: bool) -> str | None:
    """Say why an entry of a tree may not be in a store, None when it may."""
    if mode in _NO_FILE:
        return f"{_NO_FILE[mode]} has no place among records"
    if path.rpartition("/")[2].lower() == ".gitmodules":
        return "a list of submodules has no place among records"
    if is_record and mode != RECORD_MODE:
        return f"a record with mode {mode}, expected {RECORD_MODE}"
    return None


def _judge_version(walk: _Walk, commit: str, difference: Difference) -> None:
    """Require version 1 first, and then one more exactly where the body changed."""
    path = difference.path
    if path in walk.covered or parse_path(path) is None:
        return  # not a record, or sealed: then no version is right
    found, old = walk.history.findings, walk.objects.blobs.get(difference.old)
    new = walk.objects.blobs.get(difference.new)
    if difference.new_mode == NO_MODE:
        found.append(Finding("record_removed", path, commit, f"{path}: a record is kept, and this commit removes it"))
    elif new is None or not new.version:
        return  # reported as unreadable
    elif difference.old_mode == NO_MODE:
        if new.version != 1:
            message = f"{path}: its first version is {new.version}, expected 1"
            found.append(Finding("wrong_version", path, commit, message))
    elif old is not None and old.version and difference.old != difference.new:
        _judge_step(found, path, commit, old, new)
        if isinstance(old.detail, ProgressFacts) and isinstance(new.detail, ProgressFacts):
            walk.history.reports.append(ProgressStep(path, commit, difference.old, difference.new))


def _judge_step(found: list[Finding], path: str, commit: str, old: RecordFacts, new: RecordFacts) -> None:
    if isinstance(old.detail, OrderFacts) and isinstance(new.detail, OrderFacts):
        for field_name, was, is_now in zip(FIXED_IN_ORDERS, old.detail.fixed, new.detail.fixed, strict=True):
            if was != is_now:
                message = f"{path}: the {field_name} of an order cannot change, and was {was}"
                found.append(Finding("cannot_change", path, commit, message))
    if 0 < new.schema < old.schema:
        message = f"{path}: version {new.version} is of an older schema than version {old.version}"
    elif old.digest == new.digest and 0 < old.schema < new.schema:
        if new.version == old.version:
            return  # brought forward to a schema under which it reads the same
        message = f"{path}: version {new.version} follows version {old.version}, and only its schema changes"
    elif old.digest == new.digest:
        message = f"{path}: the file changes and its body does not"
    elif new.version != old.version + 1:
        message = f"{path}: version {new.version} follows version {old.version}"
    else:
        return
    found.append(Finding("wrong_version", path, commit, message))


def _judge_sealed(walk: _Walk, commit: str, parent: str | None, difference: Difference) -> None:
    """Report a change to what a seal covers, when the seal was there before the change."""
    bits = walk.covered.get(difference.path, 0)
    if parent is None or not bits:
        return
    broken = bits & walk.sealed_before.get(parent, 0)
    while broken:
        lowest = broken & -broken
        uuid = walk.covering[lowest.bit_length() - 1]
        what = "removes" if difference.new_mode == NO_MODE else "changes"
        message = f"{difference.path}: commit {commit} {what} what the seal of submission {uuid} covers"
        walk.history.findings.append(Finding("sealed_changed", difference.path, commit, message))
        broken ^= lowest


def _take_over(records: dict[str, str], difference: Difference) -> None:
    if parse_path(difference.path) is None:
        return
    if difference.new_mode == NO_MODE:
        records.pop(difference.path, None)
    else:
        records[difference.path] = difference.new


def _seals(objects: Objects, difference: Difference) -> bool:
    """Whether a difference makes a submission a sealed one."""
    return _is_sealed(objects, difference.new) and not _is_sealed(objects, difference.old)


def _is_sealed(objects: Objects, blob: str) -> bool:
    facts = objects.blobs.get(blob)
    return facts is not None and isinstance(facts.detail, SubmissionFacts) and facts.detail.root is not None


def _seal(walk: _Walk, commit: str, path: str, contents: dict[str, str]) -> None:
    """Take note that this commit seals a submission, and of the paths that the seal covers from now on."""
    facts = walk.objects.blobs[contents[path]]
    detail = facts.detail
    if not isinstance(detail, SubmissionFacts) or detail.root is None or parse_path(path) != ("submission", facts.uuid):
        return
    history = walk.history
    if facts.uuid in history.seals:
        message = f"{path}: it was sealed before, by commit {history.seals[facts.uuid].commit}"
        history.findings.append(Finding("sealed_twice", path, commit, message))
        return
    history.seals[facts.uuid] = SealedSubmission(facts.uuid, commit, detail, detail.root)
    bit = 1 << len(walk.covering)
    walk.covering.append(facts.uuid)
    walk.sealed_before[commit] |= bit
    for covered in (path, *_cover_orders(walk, commit, facts.uuid, detail, contents)):
        walk.covered[covered] = walk.covered.get(covered, 0) | bit


def _cover_orders(
    walk: _Walk, commit: str, submission: str, sealed: SubmissionFacts, contents: dict[str, str]
) -> Iterator[str]:
    """Yield the paths of a sealed submission's orders and their asset groups; report orders that are not as sealed."""
    for uuid in sealed.orders:
        path = path_of("order", uuid)
        yield path
        order = walk.objects.blobs.get(contents.get(path, ""))
        if order is None or not isinstance(order.detail, OrderFacts):
            message = f"{path}: submission {submission} is sealed, and this order not by the same commit"
            walk.history.findings.append(Finding("state_mismatch", path, commit, message))
            continue
        if order.detail.group is not None:
            yield path_of("asset_group", order.detail.group)
        if order.digest != sealed.digests.get(uuid):
            message = f"{path}: its digest is {order.digest}, the seal of {submission} has {sealed.digests.get(uuid)}"
            walk.history.findings.append(Finding("root_mismatch", path, commit, message))
