"""Problems to text: a line for people, JSON for machines, annotations for reviews on GitHub (CONTRACT 4)."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from seqmeta.problems import Problem
from seqmeta.terminal import Style
from seqmeta.values import as_text

PLAIN = Style()
_JSON = json.JSONEncoder(indent=2, ensure_ascii=False)


def printable(text: str) -> str:
    """Write text so that no character of it can move a cursor or start an escape sequence."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def render_problem(problem: Problem, style: Style = PLAIN) -> str:
    """Write a problem as its one line."""
    place = style.bold(printable(f"{problem.file}:{problem.line}:{problem.column}:"))
    path = f" {printable(problem.path)}:" if problem.path else ""
    severity = "" if problem.is_error else " " + style.yellow("warning:")
    code = (style.red if problem.is_error else style.yellow)(f"[{problem.code}]")
    return f"{place}{path}{severity} {printable(problem.message)} {code}"


def count_problems(problems: Sequence[Problem]) -> str:
    """Say how many errors and warnings there are."""
    errors = sum(problem.is_error for problem in problems)
    return f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def plain_problems(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Write problems as plain values, as JSON has them."""
    return [problem._asdict() for problem in problems]


def render_json(value: Any) -> str:
    """Write plain values as JSON for a machine, and a person, to read."""
    return _JSON.encode(value)


def render_annotation(problem: Problem) -> str:
    """Write a problem as a GitHub workflow command that annotates its line in a review."""
    title = f"{problem.path} [{problem.code}]" if problem.path else f"[{problem.code}]"
    fields = {"file": problem.file, "line": problem.line, "col": problem.column, "title": title}
    written = ",".join(
        f"{key}={_escape(printable(str(value))).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in fields.items()
    )
    return f"::{problem.severity} {written}::{_escape(printable(problem.message))}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def render_value(value: Any, most: int = 120) -> str:
    """Write a field's value in one line, short enough to be read."""
    if value is None:
        return "not given"
    text = "none" if value == [] else name_value(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def name_value(value: Any) -> str:
    """Write a value in one line: of what it refers to, the name."""
    if isinstance(value, dict):
        name = next((value[key] for key in ("name", "central_sample_id", "uuid") if key in value), None)
        return str(name) if name is not None else ", ".join(f"{key}: {name_value(of)}" for key, of in value.items())
    if isinstance(value, list):
        return ", ".join(map(name_value, value))
    return as_text(value)
