"""Two revisions of the store to what differs between them: records created, updated and removed, field by field."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from seqmeta.changes import FieldChange, compare
from seqmeta.git import Repository
from seqmeta.record_text import render_field
from seqmeta.records import Record, name_of, read_record
from seqmeta.rendering import printable
from seqmeta.worktree import is_record_path

_AT_ONCE = 1000
"""So many records are read, and held, at once."""


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


def find_differences(repository: Repository, old: str, new: str) -> Iterator[Difference]:
    """Yield the records that differ from one commit to another, by folder and UUID, read a few at a time."""
    differing = repository.changed(old, new)
    changed = (of for of in differing if is_record_path(of.path) and of.old_id != of.new_id)
    while some := list(islice(changed, _AT_ONCE)):
        asked = [(of.path, blob) for of in some for blob in (of.old_id, of.new_id) if blob is not None]
        contents = repository.read(blob for _, blob in asked)
        records = iter([read_record(path, data) for (path, _), (_, data) in zip(asked, contents, strict=True)])
        for of in some:
            before = next(records) if of.old_id is not None else None
            yield Difference(before, next(records) if of.new_id is not None else None)


def plain_differences(old: str, new: str, differences: Iterable[Difference]) -> dict[str, Any]:
    """Write differences as plain values, updates as `plan` has them."""
    plain: dict[str, Any] = {"from": old, "to": new, "created": [], "updated": [], "removed": []}
    for of in differences:
        if of.before is not None and of.after is not None:
            versions = {"from": of.before.version, "to": of.after.version}
            changes = [{"path": field.path, "from": field.before, "to": field.after} for field in of.changes]
            plain["updated"].append({**_plain(of.after), "versions": versions, "changes": changes})
        elif of.after is not None:
            plain["created"].append(_plain(of.after))
        elif of.before is not None:
            plain["removed"].append(_plain(of.before))
    return plain


def _plain(record: Record) -> dict[str, Any]:
    return {"kind": record.kind, "uuid": record.uuid, "name": _name(record)}


def _name(record: Record) -> str | None:
    """What people call a record: its name, and progress that of its submission."""
    if record.kind == "progress":
        name: str | None = record.body["submission"].get("name")
        return name
    return name_of(record.kind, record.body)


def render_differences(differences: Iterable[Difference]) -> Iterator[str]:
    """Write differences for a person to read, line by line, and in the last how many there are."""
    created = updated = removed = 0
    for of in differences:
        created += of.before is None
        removed += of.after is None
        updated += of.before is not None and of.after is not None
        yield printable(_headline(of))
        yield from (printable(f"    {render_field(change)}") for change in of.changes)
    counted = f"{created} created, {updated} updated" + (f", {removed} removed" if removed else "")
    yield counted if created or updated or removed else "no record differs"


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
