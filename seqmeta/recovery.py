"""Turns a store as a killed run, a power loss or a person left it into one that can be published to.

Everything here happens under seqmeta's own lock, before anything is read; each thing found is returned as a value.
A publication that was written down and whose commit the branch has is finished; any other is dropped.
"""

import time
from contextlib import suppress
from pathlib import Path

from seqmeta.early_look import EarlyLook, changed_records
from seqmeta.errors import LockedError, StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_state import find_unfinished, refuse_unsupported
from seqmeta.locks import POLL_SECONDS, find_git_locks, find_holder, find_upkeep_locks, index_lock, remove_stale
from seqmeta.mending import ignore_saved_files, mend_files, mend_index
from seqmeta.publishing import finish, place_index, release_packs, stage_index
from seqmeta.scratch import Scratch
from seqmeta.staged_files import write_files
from seqmeta.worktree import place_files, place_folders, prepare_folders, set_aside

ORPHAN_SECONDS = 10.0
"""How long a git that outlived its killed run is waited for; what it may still do is caught by compare-and-swap."""


def recover(repository: Repository, deadline: float, look: EarlyLook | None = None) -> list[Finding]:
    """Mend the store and name what was found; StoreError or LockedError when a person has to act first.

    Where an early `look` at the files of the work tree is good still, no other is taken.
    """
    git_dir = repository.git_dir
    if look is not None:
        look.wait()  # its git would be taken for another's, which is at work here
    findings = mend_files(repository)
    refuse_unsupported(repository.path)
    ignore_saved_files(git_dir, [])
    git_dir.joinpath("seqmeta", "stale-lock").unlink(missing_ok=True)
    scratch = Scratch(git_dir)
    if scratch.is_there():
        _wait_for_orphans(git_dir, min(deadline, time.monotonic() + ORPHAN_SECONDS))
    findings += _remove_locks(git_dir, deadline)
    _require_ordinary_state(repository)
    if scratch.is_there():
        with index_lock(git_dir, deadline):
            findings += _resume(repository, scratch)
    findings += [
        Finding("pack_released", str(keep.relative_to(repository.path)), "a pack kept for a killed run was released")
        for keep in release_packs(git_dir)
    ]
    return findings + _tidy(repository, scratch, deadline, look)


def _wait_for_orphans(git_dir: Path, deadline: float) -> None:
    with suppress(LockedError):  # without /proc nobody can be seen
        while find_holder(None, git_dir) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def _remove_locks(git_dir: Path, deadline: float) -> list[Finding]:
    removed = [path for path in find_git_locks(git_dir) if remove_stale(path, git_dir, deadline)]
    for path in find_upkeep_locks(git_dir):
        with suppress(StoreError):
            removed += [path] if remove_stale(path, git_dir, time.monotonic()) else []
    return [
        Finding("stale_lock", str(path.relative_to(git_dir.parent)), "a lock that no process holds was removed")
        for path in removed
    ]


def _require_ordinary_state(repository: Repository) -> None:
    """Raise StoreError unless the work tree stands on the branch, with nothing half done by a person."""
    unfinished = find_unfinished(repository.git_dir)
    if unfinished:
        raise StoreError(f"{unfinished} is under way in {repository.path}: end or abort it with git first")
    head = repository.git_dir.joinpath("HEAD").read_text(errors="replace").strip()
    wanted = f"refs/heads/{repository.branch}"
    if head == f"ref: {wanted}":
        return
    other = head.removeprefix("ref: ")
    if repository.head() is None and head != other and repository.reference(other) is None:
        repository.git.run("symbolic-ref", "HEAD", wanted)
        return
    raise StoreError(f"HEAD of {repository.path} is at {head!r}: expected the branch {repository.branch} checked out")


def _resume(repository: Repository, scratch: Scratch) -> list[Finding]:
    intent = scratch.read_intent()
    if intent is not None and _has_commit(repository, intent.commit):
        findings = finish(repository, scratch, intent)
        return [
            Finding("publication_finished", "", f"the files of commit {intent.commit} were put in place"),
            *findings,
        ]
    scratch.remove()
    return [Finding("publication_dropped", "", "what a killed run had prepared and not published was removed")]


def _has_commit(repository: Repository, commit: str) -> bool:
    head = repository.head()
    if head is None or head == commit:
        return head == commit
    return repository.has_ancestor(commit, head)


def _tidy(repository: Repository, scratch: Scratch, deadline: float, look: EarlyLook | None) -> list[Finding]:
    """Bring index and work tree back to the head where a person or a power loss changed records."""
    head = repository.head()
    scratch.make(head)
    try:
        findings = mend_index(repository, scratch, head)
        is_known = head is None or (look is not None and look.found_nothing(head))
        changed = {} if is_known else changed_records(scratch.git_on(repository.path, repository.git_dir / "index"))
        if changed:
            with index_lock(repository.git_dir, deadline):
                findings += _put_back(repository, scratch, changed)
    finally:
        scratch.remove()
    return findings


def _put_back(repository: Repository, scratch: Scratch, changed: dict[str, str]) -> list[Finding]:
    committed = repository.ids_at(scratch.folder.joinpath("HEAD").read_text().strip(), changed)
    known = {path: blob for path, blob in sorted(committed.items()) if blob is not None}
    stray = [path for path in changed if path not in known]
    prepare_folders(repository.path, known)
    contents = (content for _, content in repository.read(known.values()))
    write_files(scratch.files, zip(known, contents, strict=True))
    stage_index(scratch, known.keys, lambda: (path for path in stray if changed[path] != "??"))
    place_folders(scratch.files, repository.path)
    saved = place_files(scratch.files, repository.path, ((path, {blob}) for path, blob in known.items()))
    saved += [finding for path in stray if (finding := set_aside(repository.path, path))]
    place_index(scratch)
    named = {finding.path for finding in saved}
    return saved + [
        Finding("record_put_back", path, "a record that was deleted, emptied or staged was put back as committed")
        for path in sorted(changed)
        if path not in named
    ]
