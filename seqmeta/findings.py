"""What was found and mended in the store: values for the user to read, never errors."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was not as it should be in the store; the message says what was done about it.

    `path` is relative to the store; `code` never changes its meaning.
    """

    code: str
    path: str
    message: str


def plain_findings(findings: Iterable[Finding]) -> dict[str, Any]:
    """Write findings as plain values."""
    return {"findings": [asdict(finding) for finding in findings]}
