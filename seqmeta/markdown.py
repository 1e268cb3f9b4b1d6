"""A judgement to Markdown for a pull request: what is sealed, charged, changed and created, folded where it is long.

What people wrote stays text on GitHub and GitLab. Character references alone keep it from being Markdown or HTML, but
these sites look for mentions and links to issues after they resolved the references: a zero-width space stops that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqmeta.applying import is_sealing
from seqmeta.changes import Change
from seqmeta.happenings import find_happenings
from seqmeta.judgement import Judgement
from seqmeta.planned_charges import find_charges
from seqmeta.problems import Problem
from seqmeta.rendering import count_problems, printable, render_value
from seqmeta.summaries import describe_following, describe_seal, in_reading_order, is_cancelling, title_of

MOST_OPEN, MOST_ROWS = 20, 500
"""Sections with more rows are folded; rows past the most are only counted: a comment on a review has its limits."""

_GAP = "\u200b"
_SPECIAL = str.maketrans({char: f"&#{ord(char)};" for char in "\\`*_{}[]()<>#+-.!|~&@:/$" + _GAP})
_REFERENCE = re.compile(r"[@#!~%&$^](?=\w)|\bGH-(?=\d)|:(?=//)", re.IGNORECASE)
"""What begins a mention, or a link to an issue, a merge request, a page: of GitHub, of GitLab."""


def escape(text: str) -> str:
    """Write text so that Markdown and HTML take it as text: no link, no mention, no tag, no table cell of its own."""
    return _REFERENCE.sub(rf"\g<0>{_GAP}", printable(text)).translate(_SPECIAL)


def render_markdown(judgement: Judgement) -> str:
    """Render what a run would do."""
    sections = [_headline(judgement), *_problems(judgement.problems)]
    changes = list(in_reading_order(judgement.changes))
    sections += _list("Sealed", [escape(describe_seal(of)) for of in changes if is_sealing(of)])
    followed = [escape(told) for of in changes if (told := describe_following(of)) is not None]
    sections += _list("Locked orders that follow what they take from", followed)
    sections += _list("Cancelled", [f"submission {escape(_submission(of))}" for of in changes if is_cancelling(of)])
    charges = find_charges(judgement)
    sections += _section("Charged", _CHARGED, [_cells(row, _ACCOUNT) for row in charges.booked])
    sections += _section("Cost when all of it has passed", _COSTS, [_cells(row, _EXPECTED) for row in charges.expected])
    sections += _section("Changed", _CHANGED, _changed_rows(judgement, changes))
    created = [f"| {_record(of)} | {escape(of.kind)} | `{of.uuid}` |" for of in changes if of.before is None]
    sections += _section("Created", "| record | kind | UUID |\n| --- | --- | --- |", created)
    return "\n\n".join(sections) + "\n"


_CHANGED = "| record | field | from | to |\n| --- | --- | --- | --- |"
_ACCOUNT = ("project", "amount", "charged", "refunded", "unpriced")
_CHARGED = "| project | amount | charged | refunded | without a price |\n| --- | ---: | ---: | ---: | ---: |"
_EXPECTED = ("project", "amount", "requests", "unpriced")
_COSTS = "| project | amount | requests | without a price |\n| --- | ---: | ---: | ---: |"


def _cells(row: Mapping[str, Any], columns: Iterable[str]) -> str:
    shown = (f"{row[key]:f}" if key == "amount" else str(row[key]) for key in columns)
    return f"| {' | '.join(map(escape, shown))} |"


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


def _list(title: str, items: Sequence[str]) -> list[str]:
    return _section(title, "", [f"- {item}" for item in items])


def _section(title: str, head: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    table = "\n".join([head, *rows[:MOST_ROWS]] if head else rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        table += f"\n\nand {len(rows) - MOST_ROWS} more"
    if len(rows) <= MOST_OPEN:
        return [f"#### {title}\n\n{table}"]
    return [f"<details><summary>{title}: {len(rows)}</summary>\n\n{table}\n\n</details>"]


def _changed_rows(judgement: Judgement, changes: Iterable[Change]) -> list[str]:
    rows = []
    for change in changes:
        if change.kind == "progress" and change.before is not None:
            for what, before, after, events in find_happenings(judgement, change):
                then = f"{after} ({events})" if events else after
                rows.append(f"| {_record(change)} | {escape(what)} | {escape(before)} | {_value(then)} |")
        elif change.before is not None:
            rows += [
                f"| {_record(change)} | {escape(of.path)} | {_value(of.before)} | {_value(of.after)} |"
                for of in change.fields
            ]
    return rows


def _record(change: Change) -> str:
    return escape(title_of(change))


def _submission(change: Change) -> str:
    submission = change.body["submission"]
    return str(submission.get("name", submission["uuid"]))


def _value(value: Any, most: int = 200) -> str:
    if value is None:
        return "*not given*"
    return escape(render_value(value, most))
