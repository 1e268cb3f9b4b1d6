"""What was found and mended in the store: values for the user to read, never errors."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class Finding(NamedTuple):
    """One thing that was not as it should be in the store; the message says what was done about it.

    `path` is relative to the store; `code` never changes its meaning.
    """

    code: str
    path: str
    message: str


def plain_findings(findings: Iterable[Finding]) -> dict[str, Any]:
    """Write findings as plain values."""
    return {"findings": [finding._asdict() for finding in findings]}
