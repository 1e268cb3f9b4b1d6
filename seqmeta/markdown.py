"""A judgement to Markdown for a pull request: what will be sealed, created and changed, folded where it is long."""

from collections.abc import Iterable, Sequence
from typing import Any

from seqmeta.applying import is_sealing
from seqmeta.changes import Change
from seqmeta.judgement import Judgement
from seqmeta.problems import Problem
from seqmeta.rendering import count_problems, printable, render_value
from seqmeta.summaries import describe_seal, is_cancelling

MOST_OPEN, MOST_ROWS = 20, 500
"""Sections with more rows are folded; rows past the most are only counted: a comment on a review has its limits."""

_SPECIAL = str.maketrans({char: f"&#{ord(char)};" for char in "\\`*_{}[]()<>#+-.!|~&@:/"})


def escape(text: str) -> str:
    """Write text so that Markdown and HTML take it as text: no link, no mention, no tag, no table cell of its own."""
    return printable(text).translate(_SPECIAL)


def render_markdown(judgement: Judgement) -> str:
    """Render what a run would do."""
    sections = [_headline(judgement), *_problems(judgement.problems)]
    changes = judgement.changes
    events = [f"- seal {escape(describe_seal(of))}" for of in changes if is_sealing(of)]
    events += [f"- cancel submission {escape(_submission(of))}" for of in changes if is_cancelling(of)]
    if events:
        sections.append("\n".join(events))
    sections += _section("Changed", "| record | field | from | to |\n| --- | --- | --- | --- |", _changed_rows(changes))
    created = [f"| {_record(of)} | {escape(of.kind)} | `{of.uuid}` |" for of in changes if of.before is None]
    sections += _section("Created", "| record | kind | UUID |\n| --- | --- | --- |", created)
    return "\n\n".join(sections) + "\n"


def _headline(judgement: Judgement) -> str:
    if judgement.is_refused:
        return f"### seqmeta: would commit nothing\n\n{count_problems(judgement.problems)}."
    if not judgement.changes:
        return f"### seqmeta: would change nothing\n\n{judgement.documents} described, all recorded as they are."
    created = sum(of.before is None for of in judgement.changes)
    return f"### seqmeta: would create {_records(created)} and update {_records(len(judgement.changes) - created)}"


def _records(number: int) -> str:
    return f"{number} record{'' if number == 1 else 's'}"


def _problems(problems: Sequence[Problem]) -> list[str]:
    rows = [
        f"| {'error' if of.is_error else 'warning'} | {escape(f'{of.file}:{of.line}:{of.column}')} "
        f"| {escape(of.path)} | {escape(of.message)} | `{of.code}` |"
        for of in problems
    ]
    return _section("Problems", "| | place | path | what | code |\n| --- | --- | --- | --- | --- |", rows)


def _section(title: str, head: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    table = "\n".join([head, *rows[:MOST_ROWS]])
    if len(rows) > MOST_ROWS:
        table += f"\n\nand {len(rows) - MOST_ROWS} more"
    if len(rows) <= MOST_OPEN:
        return [f"#### {title}\n\n{table}"]
    return [f"<details><summary>{title}: {len(rows)}</summary>\n\n{table}\n\n</details>"]


def _changed_rows(changes: Iterable[Change]) -> list[str]:
    return [
        f"| {_record(change)} | {escape(of.path)} | {_value(of.before)} | {_value(of.after)} |"
        for change in changes
        if change.before is not None
        for of in change.fields
    ]


def _record(change: Change) -> str:
    return escape(change.name if change.name is not None else change.uuid)


def _submission(change: Change) -> str:
    submission = change.body["submission"]
    return str(submission.get("name", submission["uuid"]))


def _value(value: Any, most: int = 200) -> str:
    if value is None:
        return "*not given*"
    return escape(render_value(value, most))
