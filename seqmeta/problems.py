"""Problems: what is wrong in a description, as values with a place, a path and a stable code (CONTRACT 4)."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]
"""Errors keep a run from committing; warnings do not (unless `--strict`)."""


class Problem(NamedTuple):
    """One thing that is wrong, with its place.

    `file` is relative to the workspace, with `/` between its parts; `line` and `column` count from 1;
    `path` is `kind.field.field`, list indices as numbers; `code` never changes its meaning.
    """

    severity: Severity
    file: str
    line: int
    column: int
    path: str
    code: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether this problem keeps a run from committing."""
        return self.severity == "error"


class Finding(NamedTuple):
    """A problem of one body before it has its place in a file: `path` is that below the body.

    With `at_key` the place is that of the last key of the path, not of its value.
    """

    path: tuple[str | int, ...]
    code: str
    message: str
    severity: Severity = "error"
    at_key: bool = False


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Sort by file, line, column and code; the rest of the problem decides between equals."""
    return sorted(problems, key=lambda p: (p.file, p.line, p.column, p.code, p.path, p.message, p.severity))


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems is an error."""
    return any(problem.is_error for problem in problems)
