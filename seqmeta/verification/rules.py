"""What one step of history may not do: each function judges one difference, and adds what is wrong to the findings.

Versions are judged along first parents; what is wrong with a content in itself is told once, at the first commit
that has it (CONTRACT 3 and 7).
"""

from seqmeta.verification.diffs import NO_MODE, Difference
from seqmeta.verification.facts import FIXED_IN_ORDERS, OrderFacts, RecordFacts
from seqmeta.verification.findings import Finding
from seqmeta.verification.paths import is_misplaced
from seqmeta.verification.standings import Standing

RECORD_MODE = "100644"
NO_FILE = {"160000": "a submodule", "120000": "a symbolic link"}
"""Modes of what is in a tree and is no file."""

Place = tuple[str, str]
"""The kind and UUID that a path stands for."""


def judge_place(found: list[Finding], commit: str, difference: Difference, place: Place | None) -> None:
    """Report an entry of a tree that may not be in a store at all, or not there."""
    path = difference.path
    strange = _find_strange(path, difference.new_mode, is_record=place is not None)
    if strange:
        found.append(Finding("unexpected_entry", path, commit, f"{path}: {strange}"))
    if place is None and is_misplaced(path):
        found.append(Finding("wrong_path", path, commit, f"{path}: no record has its place here"))


def _find_strange(path: str, mode: str, *, is_record: bool) -> str | None:
    """Say why an entry of a tree may not be in a store, None when it may."""
    if mode in NO_FILE:
        return f"{NO_FILE[mode]} has no place among records"
    if path.rpartition("/")[2].lower() == ".gitmodules":
        return "a list of submodules has no place among records"
    if is_record and mode != RECORD_MODE:
        return f"a record with mode {mode}, expected {RECORD_MODE}"
    return None


def judge_content(found: list[Finding], commit: str, path: str, place: Place, facts: RecordFacts) -> None:
    """Report what is wrong with a record in itself, and one that has another place."""
    found.extend(Finding(code, path, commit, f"{path}{message}") for code, message in facts.faults)
    if facts.kind and (facts.kind, facts.uuid) != place:
        message = f"{path}: it is {facts.kind} {facts.uuid or 'without UUID'}, which has another place"
        found.append(Finding("wrong_path", path, commit, message))


def judge_version(
    found: list[Finding],
    commit: str,
    difference: Difference,
    old: Standing | RecordFacts | None,
    new: RecordFacts | None,
) -> None:
    """Require version 1 first, and then one more exactly where the body changed."""
    path = difference.path
    if difference.new_mode == NO_MODE:
        found.append(Finding("record_removed", path, commit, f"{path}: a record is kept, and this commit removes it"))
    elif new is None or not new.version:
        return  # reported as unreadable
    elif difference.old_mode == NO_MODE:
        if new.version != 1:
            message = f"{path}: its first version is {new.version}, expected 1"
            found.append(Finding("wrong_version", path, commit, message))
    elif old is not None and old.version and difference.old != difference.new:
        judge_step(found, path, commit, old, new)


def judge_step(found: list[Finding], path: str, commit: str, old: Standing | RecordFacts, new: RecordFacts) -> None:
    """Require of a change that it keeps what orders are for, and has the next version where the body changed."""
    if isinstance(old.detail, OrderFacts) and isinstance(new.detail, OrderFacts):
        for field_name, was, is_now in zip(FIXED_IN_ORDERS, old.detail.fixed, new.detail.fixed, strict=True):
            if was != is_now:
                message = f"{path}: the {field_name} of an order cannot change, and was {was}"
                found.append(Finding("cannot_change", path, commit, message))
        if old.detail.submission == new.detail.submission is not None and old.detail.said != new.detail.said:
            message = f"{path}: name and comments of an order cannot change while it stays in its submission"
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
