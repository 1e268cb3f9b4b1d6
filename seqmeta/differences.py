"""Two revisions of the store to what differs between them: records created, updated and removed, field by field."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from seqmeta.changes import FieldChange, compare
from seqmeta.git import Repository
from seqmeta.record_text import render_field
from seqmeta.records import Record, name_of, read_record
from seqmeta.rendering import printable
from seqmeta.worktree import is_record_path


class Difference(NamedTuple):
    """One record that differs, as it was and as it is; None on the side where it is absent."""

    before: Record | None
    after: Record | None

    @property
    def changes(self) -> Sequence[FieldChange]:
        """What differs field by field, where it is there on both sides."""
        if self.before is None or self.after is None:
            return ()
        return list(compare(self.after.kind, self.before.body, self.after.body))


def find_differences(repository: Repository, old: str, new: str) -> list[Difference]:
    """Find the records that differ from one commit to another, by folder and UUID; one process reads them all."""
    changed = [of for of in repository.changed(old, new) if is_record_path(of.path) and of.old_id != of.new_id]
    asked = [(of.path, blob) for of in changed for blob in (of.old_id, of.new_id) if blob is not None]
    contents = repository.read(blob for _, blob in asked)
    records = iter([read_record(path, data) for (path, _), (_, data) in zip(asked, contents, strict=True)])
    return [
        Difference(next(records) if of.old_id is not None else None, next(records) if of.new_id is not None else None)
        for of in changed
    ]


def plain_differences(old: str, new: str, differences: Sequence[Difference]) -> dict[str, Any]:
    """Write differences as plain values, updates as `plan` has them."""
    updated = [(of.before, of.after, of.changes) for of in differences if of.before and of.after]
    return {
        "from": old,
        "to": new,
        "created": [_plain(of.after) for of in differences if of.before is None and of.after is not None],
        "updated": [
            {
                **_plain(after),
                "versions": {"from": before.version, "to": after.version},
                "changes": [{"path": of.path, "from": of.before, "to": of.after} for of in changes],
            }
            for before, after, changes in updated
        ],
        "removed": [_plain(of.before) for of in differences if of.after is None and of.before is not None],
    }


def _plain(record: Record) -> dict[str, Any]:
    return {"kind": record.kind, "uuid": record.uuid, "name": _name(record)}


def _name(record: Record) -> str | None:
    """What people call a record: its name, and progress that of its submission."""
    if record.kind == "progress":
        name: str | None = record.body["submission"].get("name")
        return name
    return name_of(record.kind, record.body)


def render_differences(differences: Sequence[Difference]) -> str:
    """Write differences for a person to read."""
    lines: list[str] = []
    for of in differences:
        lines.append(_headline(of))
        lines += [f"    {render_field(change)}" for change in of.changes]
    return "\n".join(map(printable, [*lines, _summary(differences)]))


def _headline(of: Difference) -> str:
    if of.after is None:
        return f"removed {_titled(of.before)}"
    if of.before is None:
        return f"created {_titled(of.after)}"
    return f"updated {_titled(of.after)}, version {of.before.version} → {of.after.version}"


def _titled(record: Record | None) -> str:
    if record is None:
        return "nothing"
    name = _name(record)
    kind = "progress of" if record.kind == "progress" and name else record.kind.replace("_", " ")
    return f"{kind} {record.uuid}" if name in (None, record.uuid) else f"{kind} {name} ({record.uuid})"


def _summary(differences: Sequence[Difference]) -> str:
    created = sum(of.before is None for of in differences)
    removed = sum(of.after is None for of in differences)
    if not differences:
        return "no record differs"
    updated = len(differences) - created - removed
    return f"{created} created, {updated} updated" + (f", {removed} removed" if removed else "")
