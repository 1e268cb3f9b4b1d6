"""What a verification says: findings, each one violation with its place, and how strong the proof is."""

from typing import Any, Literal, NamedTuple

from seqmeta.seals import Checkpoint

Strength = Literal["consistent", "signed", "anchored"]
"""Against whom the store is proved (CONTRACT 3): nobody who could rewrite all of it, whoever lacks the signing key,
or whoever could not change the checkpoint that is kept elsewhere."""


class Finding(NamedTuple):
    """One violation: a stable code, the object (path of a record, tag, object id, file), the commit, one sentence."""

    code: str
    object: str
    commit: str | None
    message: str


class Verdict(NamedTuple):
    """All that was found; `strength` is None when there are findings, `checkpoint` is the state that was proved."""

    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    strength: Strength | None
    commits: int
    records: int
    seals: int
    checkpoint: Checkpoint | None


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """Write a verdict as plain values."""
    return {
        "strength": verdict.strength,
        "commits": verdict.commits,
        "records": verdict.records,
        "seals": verdict.seals,
        "findings": [_plain(finding) for finding in verdict.findings],
        "warnings": [_plain(finding) for finding in verdict.warnings],
    }


def _plain(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "object": finding.object, "commit": finding.commit, "message": finding.message}
