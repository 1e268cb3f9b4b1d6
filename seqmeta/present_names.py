"""Bodies as they are recorded to bodies that call what they refer to as it is called now.

A sealed record, or one that is described no more, has the names that things had when it was made, and another thing may
have such a name by now. Whoever reads an export or a report by names must not take the one for the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqmeta.errors import LostRecordError
from seqmeta.records import Body, name_of
from seqmeta.revision import Revision

_MOST_KEPT = 50_000
"""Of so many things the name is kept, some 200 bytes each."""
_AT_ONCE = 500


class PresentNames:
    """The names that things have at a revision, each looked up by UUID."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self._kept: dict[str, str] = {}

    def of(self, kind: str, uuids: Iterable[str]) -> Mapping[str, str]:
        """The names of these things of a kind, by UUID; LostRecordError where the store has not one of them."""
        wanted = set(uuids)
        found = {uuid: self._kept[uuid] for uuid in wanted if uuid in self._kept}
        rest = sorted(wanted - found.keys())
        for start in range(0, len(rest), _AT_ONCE):
            for record in self._revision.get_all(kind, rest[start : start + _AT_ONCE]):
                found[record.uuid] = name_of(kind, record.body) or record.uuid
        missing = next((uuid for uuid in rest if uuid not in found), None)
        if missing is not None:
            raise LostRecordError(kind, missing)
        if len(self._kept) + len(rest) > _MOST_KEPT:
            self._kept.clear()
        self._kept.update((uuid, found[uuid]) for uuid in rest[:_MOST_KEPT])
        return found

    def put_into(self, bodies: Sequence[Body], kinds: Mapping[str, str]) -> list[Body]:
        """Put the present names into references, of which a body has one or a list in a field; `kinds` are by field."""
        wanted: dict[str, set[str]] = {kind: set() for kind in kinds.values()}
        for body in bodies:
            for field, kind in kinds.items():
                wanted[kind].update(of["uuid"] for of in references_in(body, field))
        names = {kind: self.of(kind, uuids) for kind, uuids in wanted.items()}
        return [_rename(body, {field: names[kind] for field, kind in kinds.items()}) for body in bodies]


def references_in(body: Body, field: str) -> list[Any]:
    """The references in a field of a body that has one, a list of them, or none there."""
    value: Any = body.get(field)
    return value if isinstance(value, list) else [value] if value else []


def _rename(body: Body, names: Mapping[str, Mapping[str, str]]) -> Body:
    renamed: dict[str, Any] = {}
    for field, by_uuid in names.items():
        of_field = [_call(of, by_uuid[of["uuid"]]) for of in references_in(body, field)]
        if of_field != references_in(body, field):
            renamed[field] = of_field if isinstance(body[field], list) else of_field[0]
    return {**body, **renamed} if renamed else body


def _call(reference: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {**reference, "central_sample_id" if "central_sample_id" in reference else "name": name}
