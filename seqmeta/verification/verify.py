"""A repository to a verdict: every check of this package in turn, over one reading of all objects."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seqmeta.errors import UsageError
from seqmeta.git import Repository
from seqmeta.git_state import find_included, find_peculiarities, list_settings
from seqmeta.telling import Tell, tell_nobody
from seqmeta.verification.checkpoints import check_checkpoint, make_checkpoint, read_checkpoint
from seqmeta.verification.contents import Contents
from seqmeta.verification.derivations import check_derived
from seqmeta.verification.findings import Finding, Strength, Verdict
from seqmeta.verification.fsck import check_with_git
from seqmeta.verification.graph import sort_ancestors_first
from seqmeta.verification.history import History, walk_history
from seqmeta.verification.identities import check_identities
from seqmeta.verification.reach import has_seen_all, may_see_all
from seqmeta.verification.refs import References, read_references
from seqmeta.verification.reports import check_reports
from seqmeta.verification.scan import Objects, look_at_objects, scan_objects
from seqmeta.verification.signatures import check_signatures
from seqmeta.verification.state import State, check_references, check_state
from seqmeta.verification.tags import Tags, check_tags, find_seal_tags
from seqmeta.verification.worktree import check_index, check_worktree

_HIDING = {"shallow", "grafts", "alternates", "replace_refs", "promisor"}
"""What makes git show another history, or other objects, than are there."""

_FLEETING = {"missing_object", "corrupt_object", "worktree_differs", "index_differs"}
"""What may be so for a moment while another process writes or repacks the store."""

_MOST_LOOKS = 3


def verify(
    repository: Repository,
    *,
    rev: str | None = None,
    allowed_signers: Path | None = None,
    checkpoint: Path | None = None,
    tell: Tell = tell_nobody,
) -> Verdict:
    """Verify a store up to `rev` (default: its branch, with work tree and index).

    `repository` is opened with `check=False`. A run that publishes, or a repacking, may go on meanwhile: what they
    could be the cause of counts only when it is there again at another look. `tell` is told how far it is. Where the
    store's settings include another file, that is the one finding, for git would read it with all else.

    Raises StoreError where git cannot be asked at all, and UsageError for a checkpoint together with `rev`: a
    checkpoint is about the whole branch.
    """
    if rev is not None and checkpoint is not None:
        raise UsageError("a checkpoint is compared with the whole branch: leave the revision out")
    included = find_included(repository.path)
    if included:
        finding = Finding(included.code, ".git", None, f"{included.message}; nothing else was looked at")
        return _judge(History([], []), Tags({}, []), [finding], [], "consistent")
    outside = (allowed_signers, checkpoint)
    references = read_references(repository)
    doubtful: set[Finding] = set()
    verdict = _look(repository, rev, references, outside=outside, doubtful=doubtful, tell=tell)
    for _ in range(_MOST_LOOKS - 1):
        if not any(finding.code in _FLEETING for finding in verdict.findings):
            break
        before = (references, verdict)
        references = read_references(repository)
        verdict = _look(repository, rev, references, outside=outside, doubtful=doubtful, tell=tell)
        if (references, verdict) == before:
            break
    return verdict


def _look(
    repository: Repository,
    rev: str | None,
    references: References,
    *,
    outside: tuple[Path | None, Path | None],
    doubtful: set[Finding],
    tell: Tell,
) -> Verdict:
    """Verify once; `outside` are the files of allowed signers and of the checkpoint.

    `doubtful` has the fleeting findings of the looks before, to which those of this one are added: where there were
    any, only these count.
    """
    allowed_signers, checkpoint = outside
    branch = references.branch
    head = branch if rev is None else repository.resolve(rev)
    is_checked_out = head == branch and not references.is_branch_broken
    reader = look_at_objects(repository)
    objects = scan_objects(reader)
    only = objects.blob if is_checked_out and may_see_all(references) else None
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(check_with_git, reader, only)
        history = _walk(reader, objects, head, tell, is_checked_out=is_checked_out)
        git_opinion = asked.result()
    if only and (git_opinion or not has_seen_all(repository, references, objects, history)):
        git_opinion = check_with_git(reader)
    if is_checked_out and (git_opinion or objects.faults):  # then it is to be seen what cannot be read, and where
        is_checked_out = False
        history = _walk(reader, objects, head, tell, is_checked_out=False)
    later = _find_later(objects, history, branch if rev else None)
    tags = check_tags(find_seal_tags(references.listed), objects, history, later)
    findings = [*_find_hiding(repository, references.listed), *history.findings, *tags.findings]
    if head:
        findings += _check_head(Contents(reader, objects.faults, is_checked_out), history, head)
    findings += references.faults
    if head == branch and not references.is_branch_broken:
        findings += sorted(check_worktree(repository, history.records), key=lambda finding: finding.object)
        findings += check_index(repository, history.records)
    findings += _find_other_faults(findings, objects, git_opinion)
    warnings: list[Finding] = []
    signed = anchored = False
    if allowed_signers is not None:
        walked = {commit: objects.commits[commit] for commit in history.order}
        findings += check_signatures(repository, tags.tags.values(), walked, allowed_signers)
        signed = bool(tags.tags)
    if checkpoint is not None:
        anchored = _compare_checkpoint(checkpoint, history, tags, findings, warnings)
    findings = _keep_seen_again(findings, doubtful)
    return _judge(history, tags, findings, warnings, "anchored" if anchored else "signed" if signed else "consistent")


def _keep_seen_again(findings: list[Finding], doubtful: set[Finding]) -> list[Finding]:
    """Leave out the fleeting findings that no look before had, where there was one; note those of this look."""
    fleeting = {finding for finding in findings if finding.code in _FLEETING}
    new = fleeting - doubtful if doubtful else set[Finding]()
    doubtful |= fleeting
    return [finding for finding in findings if finding not in new]


def _walk(repository: Repository, objects: Objects, head: str | None, tell: Tell, *, is_checked_out: bool) -> History:
    if head is None:
        return History([], [])
    return walk_history(repository, objects, head, is_checked_out=is_checked_out, tell=tell)


def _judge(
    history: History, tags: Tags, findings: Iterable[Finding], warnings: Iterable[Finding], strength: Strength
) -> Verdict:
    distinct = tuple(dict.fromkeys(findings))
    return Verdict(
        findings=distinct,
        warnings=tuple(dict.fromkeys(warnings)),
        strength=None if distinct else strength,
        commits=len(history.order),
        records=len(history.records),
        seals=len(history.seals),
        checkpoint=None if distinct else make_checkpoint(history, tags.tags),
    )


def _find_hiding(repository: Repository, references: Iterable[str]) -> Iterator[Finding]:
    """Yield what bends history or borrows objects, and what would keep git's own check silent."""
    for peculiarity in find_peculiarities(repository.path):
        if peculiarity.code in _HIDING:
            yield Finding(peculiarity.code, ".git", None, peculiarity.message)
    for name in references:
        if name.startswith("refs/replace/"):
            yield Finding("replace_refs", name, None, f"{name}: a replace reference stands in for another object")
    for name in (setting.name for setting in list_settings(repository.path) if setting.section == "fsck"):
        yield Finding("hidden_check", name, None, f"{name}: this setting of the store changes what git's check finds")


def _find_later(objects: Objects, history: History, branch: str | None) -> set[str]:
    """List the commits of the branch that lie behind the history that is verified."""
    return set(sort_ancestors_first(objects.commits, branch)) - set(history.order) if branch else set()


def _check_head(contents: Contents, history: History, head: str) -> Iterator[Finding]:
    yield from check_state(State(head, history.records))
    yield from check_reports(contents.repository, history.reports)
    yield from check_identities(contents, head, history.records)
    yield from check_derived(contents, history, head)
    missing = history.mentions.missing(history.records)
    yield from check_references(contents, head, history.records, missing)


def _find_other_faults(found: Iterable[Finding], objects: Objects, git_opinion: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the faults of objects that no other finding has named, git's opinion last."""
    named = {finding.object for finding in found}
    for name, why in objects.faults.items():
        if name not in named:
            yield Finding("corrupt_object", name, None, f"object {name}: {why}")
    named |= objects.faults.keys()
    yield from (finding for finding in git_opinion if finding.object not in named)


def _compare_checkpoint(
    path: Path, history: History, tags: Tags, findings: list[Finding], warnings: list[Finding]
) -> bool:
    """Add what comes of comparing with a checkpoint; whether the store is anchored by it."""
    checkpoint, faults, doubts = read_checkpoint(path)
    findings += faults
    warnings += doubts
    if checkpoint is None:
        return False
    findings += check_checkpoint(checkpoint, history, tags.tags)
    return not doubts
