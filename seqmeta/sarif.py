"""Problems to SARIF 2.1.0 (OASIS), which code scanning and editors read: one run, a rule for each code that occurs."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from seqmeta.problems import Problem
from seqmeta.rendering import printable, render_json
from seqmeta.version import __version__

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(problems: Sequence[Problem]) -> str:
    """Render problems as one SARIF log; places are relative to the workspace, columns count code points from 1."""
    codes = sorted({problem.code for problem in problems})
    driver = {"name": "seqmeta", "version": __version__, "rules": [{"id": code} for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, codes.index(problem.code)) for problem in problems],
    }
    return render_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    text = f"{problem.path}: {problem.message}" if problem.path else problem.message
    physical = {
        "artifactLocation": {"uri": quote(problem.file)},
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }
    location: dict[str, Any] = {"physicalLocation": physical}
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(problem.path)}]
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": printable(text)},
        "locations": [location],
    }
