"""Whether a judgement by changes says what judging everything would: what leaves a doubt is refused.

What is described in files that are not judged is known by its records alone. So it is left to a judgement of everything
where such things have a part in what is wrong, may be described twice, or may be meant by a name or UUID too.
"""

from collections.abc import Collection, Iterator

from seqmeta.identity import derive, is_uuid
from seqmeta.index import Index, Indexed
from seqmeta.records import scope_of
from seqmeta.step import Described, Step

_OF_ONE_THING = frozenset(
    {
        *("cannot_change", "consent_withdrawn", "duplicate_item", "event_changed", "illegal_transition", "inactive"),
        *("not_applicable", "not_cancellable", "order_incomplete", "order_locked", "order_sealed", "required_field"),
        *("submission_empty", "submission_sealed", "superseded", "unknown_reference", "upstream_not_ready"),
    }
)
"""Errors in work that follow from what is wrong and what that refers to, and from nothing else that is described."""

_OF_A_LIBRARY = ("sequencing_run", "not_applicable")
"""What a run's library may not have: it is told where the library is described, if it is."""


class UncertainError(Exception):
    """Only judging everything can tell."""


def refuse_doubt(index: Index, step: Step, before: Collection[str], judged: Collection[str], *, has_work: bool) -> None:
    """Raise UncertainError where a step from an index may say something else than one of everything.

    `judged` are the files that the step is of, `before` the UUIDs of what they described in the last run; `has_work`
    says whether anything but samples, tubes, libraries, runs, studies and projects is in it.
    """
    errors = step.findings.errors
    if step.unusable or _OF_A_LIBRARY in errors or (has_work and not {code for _, code in errors} <= _OF_ONE_THING):
        raise UncertainError
    for uuid in {*before, *step.described}:
        indexed, described = index.indexed(uuid), step.described.get(uuid)
        file = None if indexed is None or described is None else indexed.file
        if file is not None and file not in judged:
            raise UncertainError  # it is described there too
        if described is not None and _is_meant_otherwise(index, described, indexed):
            raise UncertainError
        if any(index.has_other_case(*name) for name in _names_of(step, described, indexed)):
            raise UncertainError
    for name in step.stubs:
        uuid = derive("biosample", name)
        is_new = index.indexed(uuid) is None
        if index.has_other_case("biosample", name) or (is_new and may_be_meant(index, "biosample", uuid, name)):
            raise UncertainError


def _is_meant_otherwise(index: Index, described: Described, indexed: Indexed | None) -> bool:
    """Whether a reference that is not judged may mean this thing from now on."""
    if indexed is None:
        return may_be_meant(index, described.kind, described.uuid, described.name)
    return described.name != indexed.name and may_be_meant(index, described.kind, None, described.name)


def may_be_meant(index: Index, kind: str, uuid: str | None, name: str | None) -> bool:
    """Whether a reference to something else may mean a thing that gets this UUID or name: a name may look like a UUID.

    A group is named by orders alone: those that are not sealed are judged, and the sealed ones know what they mean.
    """
    if kind == "asset_group":
        return False
    if uuid is not None and (index.named(kind, uuid, "") is not None or index.has_other_case(kind, uuid)):
        return True
    other = index.indexed(name.lower()) if name is not None and is_uuid(name) else None
    return other is not None and other.kind == kind


def _names_of(step: Step, described: Described | None, indexed: Indexed | None) -> Iterator[tuple[str, str, str]]:
    """The names that a thing has and had: its kind, its name, and what that is within."""
    if indexed is not None and indexed.name is not None:
        yield indexed.kind, indexed.name, indexed.scope
    if described is not None and described.name is not None:
        body = step.body(described.uuid) or {}
        is_in_study = described.kind == "asset_group" and "study" in body  # there may be no such study
        yield described.kind, described.name, scope_of(described.kind, body) if is_in_study else ""
