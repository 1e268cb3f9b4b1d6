"""Described things to identities: UUIDs given or derived, each for one thing only (CONTRACT 2 and 7)."""

from typing import Any

from seqmeta.asset_groups import is_frozen
from seqmeta.documents import Source
from seqmeta.identity import asset_group_uuid, derive, progress_uuid
from seqmeta.kinds import load_kinds
from seqmeta.problems import Finding
from seqmeta.records import Body
from seqmeta.step import Described, Path, Placed, Step
from seqmeta.values import shorten


def register(step: Step, kind: str, body: Body, source: Source) -> Described | None:
    """Give what is described its identity and make it known; None where something else has that identity."""
    if kind == "progress":
        return _register_progress(step, body, source)
    if kind == "asset_group":
        return _register_group(step, body, source)
    name = body.get(load_kinds()[kind].named_by)
    if name is None and "uuid" not in body:
        message = f"{kind} has neither a name nor a uuid: give it one of them"
        step.findings.append(Placed(kind, source, Finding(("name",), "required_field", message)))
        step.put_aside(Described(kind, "", None, body, source))
        return None
    uuid = body.get("uuid") or (name if kind == "sequencing_run" else derive(kind, str(name)))
    return add(step, Described(kind, str(uuid), None if name is None else str(name), body, source))


def _register_group(step: Step, body: Body, source: Source) -> Described | None:
    unplaced = Described("asset_group", "", str(body["name"]), body, source)
    study = _recorded_study(step, body)
    if study is None:
        study = step.resolve(unplaced, ("study",), "study", str(body["study"]))
    if study is not None:
        uuid = body.get("uuid") or asset_group_uuid(study, str(body["name"]))
        return add(step, Described("asset_group", str(uuid), str(body["name"]), body, source), study)
    step.unusable |= {("asset_group", str(body[key])) for key in ("name", "uuid") if key in body}
    step.put_aside(unplaced, {"study"})
    return None


def _recorded_study(step: Step, body: Body) -> str | None:
    """The study that a group is recorded in, where its description names that as the record does: it may be renamed.

    To a group that a sealed order holds it means that one even where another study has the name now.
    """
    name, study = str(body["name"]), str(body["study"])
    there = step.find("study", study)
    if "uuid" not in body:
        return None if there else step.recorded_study(study, name)
    record = step.records.get(body["uuid"])
    if record is None or record.kind != "asset_group":
        return None
    recorded: Body = record.body["study"]
    if (recorded.get("name"), record.body["name"]) != (study, name):
        return None
    is_meant = not there or (recorded["uuid"] not in there and is_frozen(step, record.uuid))
    return str(recorded["uuid"]) if is_meant else None


def _register_progress(step: Step, body: Body, source: Source) -> Described | None:
    unplaced = Described("progress", "", None, body, source)
    submission = step.resolve(unplaced, ("submission",), "submission", str(body["submission"]))
    if submission is None:
        return None
    return add(step, Described("progress", progress_uuid(submission), None, body, source))


def register_embedded(step: Step, host: Described, kind: str, body: dict[str, Any]) -> Described | None:
    """Make known what is described within another thing, such as the library of a run."""
    name = str(body[load_kinds()[kind].named_by])
    return add(step, Described(kind, derive(kind, name), name, body, host.source, host.kind))


def add(step: Step, described: Described, scope: str = "") -> Described | None:
    """Make a described thing known and return it; None where it is not the one thing of its identity."""
    finding, see = _find_clash(step, described, scope)
    if finding is not None:
        number = step.findings.append(Placed(described.host or described.kind, described.source, finding, see))
        if finding.code == "cannot_change":
            step.refused_names.setdefault((described.kind, scope, str(described.name)), []).append(number)
        step.unusable |= {(described.kind, of) for of in (described.uuid, described.name) if of is not None}
        step.put_aside(described)
        return None
    step.described[described.uuid] = described
    if described.name is not None:
        for number in step.refused_names.pop((described.kind, scope, described.name), ()):
            step.findings.replace(number, *_name_taken(described))
        other = step.names.add(described.kind, scope, described.name, described.uuid)
        if other is not None:
            _warn_of_case(step, described, step.described[other])
    return described


def _find_clash(step: Step, described: Described, scope: str) -> tuple[Finding | None, tuple[Source, Path] | None]:
    kind, uuid, name = described.kind, described.uuid, described.name
    at = _identity_path(described)
    other = step.described.get(uuid)
    if other is not None:
        see = (other.source, _identity_path(other))
        return Finding(at, "duplicate_identity", _described_twice(described, other)), see
    holder = step.holder(uuid)
    if holder is not None and step.kind_of(uuid) != kind:
        message = f"the UUID {uuid} is that of {holder} already: give each thing a UUID of its own"
        return Finding(at, "duplicate_identity", message), None
    return (None, None) if name is None else _find_namesake(step, described, name, scope)


def _described_twice(described: Described, other: Described) -> str:
    kind, uuid = described.kind, described.uuid
    words = other.kind.replace("_", " ")
    if other.kind == kind and other.name == described.name:
        return f"this {words} is described twice: keep one of the two"
    named = "one" if other.name is None else shorten(other.name)
    return f"the UUID {uuid} is that of the {words} {named} too: give each thing a UUID of its own"


def _find_namesake(
    step: Step, described: Described, name: str, scope: str
) -> tuple[Finding | None, tuple[Source, Path] | None]:
    kind, uuid, naming = described.kind, described.uuid, load_kinds()[described.kind].named_by
    namesake = step.names.find(kind, scope, name)
    if namesake is not None:
        return _name_taken(step.described[namesake])
    recorded = step.records.named(kind, name, scope)
    if recorded is not None and recorded.uuid != uuid:
        first = f"{recorded.uuid}, under which it was recorded first"
        message = f"the name {shorten(name)} belongs to {first}, not to {uuid}"
        return Finding((naming,), "cannot_change", message), None
    return None, None


def _name_taken(owner: Described) -> tuple[Finding, tuple[Source, Path]]:
    """Say that a name is that of another thing, and where that is described; it may come behind what is refused it."""
    kind, naming = owner.kind.replace("_", " "), load_kinds()[owner.kind].named_by
    message = f"another {kind} has the name {shorten(str(owner.name))} too: a name belongs to one thing"
    return Finding((naming,), "duplicate_identity", message), (owner.source, (naming,))


def _identity_path(described: Described) -> Path:
    """Say where in its body a thing has its identity from."""
    return ("uuid",) if "uuid" in described.body else (load_kinds()[described.kind].named_by,)


def _warn_of_case(step: Step, described: Described, other: Described) -> None:
    """Warn of two names of one kind that differ only in case."""
    name = str(described.name)
    message = f"{shorten(name)} differs only in case from {shorten(str(other.name))}: they are two things"
    finding = Finding((load_kinds()[described.kind].named_by,), "case_collision", message, "warning")
    see = (other.source, (load_kinds()[described.kind].named_by,))
    step.findings.append(Placed(described.host or described.kind, described.source, finding, see))
