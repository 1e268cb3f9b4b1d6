"""Everything described to the bodies that are to be recorded: kind by kind, what is referred to first.

How things of a kind are linked stands in the table below; a kind that needs nothing particular is linked by its
schema alone.
"""

from collections.abc import Callable, Mapping
from typing import Any

from seqmeta import (
    asset_groups,
    duplicate_work,
    eligibility,
    links,
    memberships,
    order_templates,
    orders,
    progress,
    registration,
    runs,
    set_aside,
    submissions,
)
from seqmeta.circumstances import History, Settings
from seqmeta.kinds import load_kinds
from seqmeta.normal_forms import Normals
from seqmeta.recorded import RecordLookup
from seqmeta.records import Body
from seqmeta.step import Described, Step
from seqmeta.telling import Tell, Told, tell_nobody

_LINKERS: Mapping[str, Callable[[Step, Described], dict[str, Any]]] = {
    "order_template": order_templates.link_template,
    "asset_group": asset_groups.link_group,
    "sequencing_run": runs.link_run,
    "library": runs.link_library,
}
_TOGETHER = ("order", "submission", "progress")
"""Kinds that are linked together, for each depends on what becomes of the others."""


Note = Callable[[Described, Body], None]
"""Is told what was linked to what."""


def note_nothing(_described: Described, _body: Body) -> None:
    """Take no note of what is linked."""


SIMPLE = frozenset({"study", "project", "biosample", "asset", "library", "sequencing_run"})
"""Kinds whose bodies follow from their own description and from what it refers to, and from nothing else."""


def register(records: RecordLookup, normals: Normals, settings: Settings) -> Step:
    """Give what is described its identity, and link nothing."""
    step = Step(records, settings)
    for kind in load_kinds():
        _register_kind(step, kind, normals)
    return step


def link_some(records: RecordLookup, normals: Normals, settings: Settings) -> Step:
    """Link things of `SIMPLE` kinds alone; all else is as it is recorded."""
    step = Step(records, settings)
    untold = Told(tell_nobody, "things linked", len(normals))
    for kind in (kind for kind in load_kinds() if kind in SIMPLE):
        _link_simple(step, kind, normals, untold, note_nothing)
    eligibility.check_libraries(step)
    set_aside.look_at_all(step, normals)
    return step


def link(
    records: RecordLookup,
    normals: Normals,
    settings: Settings | None = None,
    history: History | None = None,
    tell: Tell = tell_nobody,
    note: Note = note_nothing,
) -> Step:
    """Link what is described, as one step from the records; `tell` is told how far it is.

    `note` is told of each thing of `SIMPLE` kinds that is described, at once: its body will not be another.
    """
    told = Told(tell, "things linked", len(normals))
    step = Step(records, settings or Settings(), history=history)
    for kind in load_kinds():
        if kind in _TOGETHER:
            _register_kind(step, kind, normals)
        else:
            _link_simple(step, kind, normals, told, note if kind in SIMPLE else note_nothing)
        if kind == "progress":
            _link_work(step)
    told.end()
    eligibility.check_libraries(step)
    set_aside.look_at_all(step, normals)
    return step


def _link_simple(step: Step, kind: str, normals: Normals, told: Told, note: Note) -> None:
    if links.has_references(kind):
        _register_kind(step, kind, normals)
        _link_kind(step, kind, told, note)
    else:  # in one pass: what is known of others says nothing of their bodies
        _link_alone(step, kind, normals, told, note)


def _link_alone(step: Step, kind: str, normals: Normals, told: Told, note: Note) -> None:
    for _, body, source in told.each(normals.of_kind(kind)):
        described = registration.register(step, kind, body, source)
        if described is not None:
            _link_one(step, described, note)


def _register_kind(step: Step, kind: str, normals: Normals) -> None:
    if kind == "library":  # runs describe libraries too
        _register(step, normals, "sequencing_run")
        runs.register_libraries(step)
    if kind != "sequencing_run":
        _register(step, normals, kind)


def _register(step: Step, normals: Normals, kind: str) -> None:
    for _, body, source in normals.of_kind(kind):
        registration.register(step, kind, body, source)


def _link_one(step: Step, described: Described, note: Note) -> None:
    body = _LINKERS.get(described.kind, links.link_references)(step, described)
    step.set_body(described.uuid, described.kind, body)
    note(described, body)


def _link_kind(step: Step, kind: str, told: Told, note: Note) -> None:
    for described in told.each(step.of_kind(kind)):
        _link_one(step, described, note)
    if kind == "order_template":
        order_templates.check_successors(step)


def _link_work(step: Step) -> None:
    """Link orders, submissions and progress: which order is in which submission decides what may change."""
    step.is_sealing_put_off = any(kind == "submission" for kind, _ in step.settings.faulty | step.unusable)
    step.cancelled = progress.find_cancelled(step)
    members = memberships.find_members(step)
    orders.link_orders(step, members)
    eligibility.check_orders(step, members)
    eligibility.check_undescribed(step, members)
    duplicate_work.warn_of_duplicates(step, members)
    submissions.link_submissions(step, members)
    progress.link_progress(step)
