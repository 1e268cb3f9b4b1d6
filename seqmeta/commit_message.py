"""Changes to the message of their commit: what changed in words, then trailers (CONTRACT 3).

A subject, one line for each change (of many, the first), and the trailers `Descriptions-Digest`, `Seqmeta-Version`
and, where known, `Descriptions-Commit`.
"""

from collections import Counter
from itertools import islice

from seqmeta.changes import Change, Changes
from seqmeta.kinds import load_kinds

MOST_LINES = 1000


def render_message(changes: Changes, digest: str, version: str, commit: str | None) -> str:
    """Render the message of a commit with these changes."""
    trailers = [f"Descriptions-Digest: {digest}", f"Seqmeta-Version: {version}"]
    if commit is not None:
        trailers.append(f"Descriptions-Commit: {commit}")
    return "\n".join([_subject(changes), "", *_lines(changes), "", *trailers, ""])


def _subject(changes: Changes) -> str:
    created, updated = changes.created, changes.updated
    parts = [f"{word} {_count(counts)}" for word, counts in (("create", created), ("update", updated)) if counts]
    subject = "; ".join(parts)
    if len(subject) > 100:
        totals = (("create", sum(created.values())), ("update", sum(updated.values())))
        subject = "; ".join(f"{word} {total} records" for word, total in totals if total)
    return subject[0].upper() + subject[1:]


def _count(counts: "Counter[str]") -> str:
    kinds = load_kinds()
    named = ((number, kind if number == 1 else kinds[kind].plural) for kind, number in counts.items())
    return ", ".join(f"{number} {name.replace('_', ' ')}" for number, name in named)


def _lines(changes: Changes) -> list[str]:
    lines = [_line(change) for change in islice(changes, MOST_LINES)]
    if len(changes) > MOST_LINES:
        lines.append(f"and {len(changes) - MOST_LINES} more")
    return lines


def _line(change: Change) -> str:
    word = "create" if change.before is None else f"update to version {change.version}"
    name = f" {one_line(change.name)}" if change.name is not None and change.name != change.uuid else ""
    return f"{change.kind}{name} ({change.uuid}): {word}"


def one_line(text: str) -> str:
    """Write a name so that it stays within its line and is no trailer or comment."""
    return text.replace("\n", " ")
