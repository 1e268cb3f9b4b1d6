"""One step from the committed records to the descriptions: what is described, what it resolves to, what comes of it.

A run is judged as one step (CONTRACT 2.2). The modules that link kinds read and fill a `Step`; nothing is written.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seqmeta.circumstances import History, Settings
from seqmeta.described import BODIES, DESCRIBED, FLAGGED, GROUPS, Described, Path, Placed
from seqmeta.documents import Source
from seqmeta.first_findings import FirstFindings
from seqmeta.identity import is_uuid
from seqmeta.kinds import with_article
from seqmeta.namesakes import Names
from seqmeta.overflow import Overflow
from seqmeta.problems import Finding, Severity
from seqmeta.recorded import FLAGS, RecordLookup
from seqmeta.records import Body, Record, name_of
from seqmeta.spilling import Spilled
from seqmeta.values import shorten
from seqmeta.vocabulary import nearest_name

__all__ = ["Described", "Path", "Placed", "Reference", "Step"]

Reference = dict[str, str]
"""A thing as a body refers to it: `uuid` and, where it has one, `name` (of a biosample `central_sample_id`)."""


_MOST_FOUND = 50_000
"""Of so many things found by name the name is kept, some 200 bytes each."""
_MOST_ASIDE = 10_000
"""How much that comes to no body is kept, to be looked at; each of them has a problem that is reported."""
_MOST_NAMES = 2000
"""From how many names a suggestion is picked."""


@dataclass(slots=True)
class Step:
    """The state of one step: what is described and linked so far, by UUID and by name, however much that is."""

    records: RecordLookup
    settings: Settings = field(default_factory=Settings)
    overflow: Overflow = field(default_factory=Overflow)
    described: Spilled[str, Described] = field(init=False)
    """By UUID, tagged with the kind, sorted by source."""
    bodies: Spilled[str, tuple[str, Body]] = field(init=False)
    """Kind and body by UUID, tagged with the kind, sorted by path; a body is not changed once it is in."""
    names: Names = field(init=False)
    """What has which name: of described things, and behind them of groups that orders make, and of stubs."""
    flagged: Spilled[str, str] = field(init=False)
    """The UUIDs of the linked bodies that have a flag which others ask for."""
    findings: FirstFindings = field(default_factory=FirstFindings)
    cancelled: set[str] = field(default_factory=set)
    """The submissions that this step cancels."""
    made: set[str] = field(default_factory=set)
    """The requests that come into being in this step."""
    made_pools: set[str] = field(default_factory=set)
    """The pools that they come out of."""
    made_bytes: int = 0
    """How many bytes the requests take in the records."""
    unusable: set[tuple[str, str]] = field(default_factory=set)
    """Kind and name or UUID of what is described and has an identity that something else has."""
    refused_names: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    """By kind, scope and a name that is recorded of something else, the numbers of the findings that refuse it."""
    set_aside: list[tuple[Described, frozenset[str]]] = field(default_factory=list)
    """What is described and comes to no body, with the fields of it that were looked up."""
    stubs: set[str] = field(default_factory=set)
    """The names of unregistered biosamples that something described refers to."""
    is_sealing_put_off: bool = False
    """Whether errors kept a submission from being sealed, so that its requests are not there to be referred to."""
    history: History | None = None
    formerly: dict[str, Mapping[str, set[str]]] = field(default_factory=dict)
    """Of orders for which it was looked up, the names that things had in their records before, by UUID."""
    _found: dict[str, str] = field(default_factory=dict)
    _recorded_groups: Spilled[tuple[str, str], str] | None = None
    suggestions_left: int = 100
    """How many more unknown names get a suggestion: looking for one costs a pass over the known names."""

    def __post_init__(self) -> None:
        self.described = Spilled(self.overflow, DESCRIBED)
        self.bodies = Spilled(self.overflow, BODIES)
        self.names = Names(self.overflow)
        self.flagged = Spilled(self.overflow, FLAGGED)

    def report(
        self,
        described: Described,
        path: Path,
        code: str,
        message: str,
        *,
        severity: Severity = "error",
        see: tuple[Source, Path] | None = None,
    ) -> None:
        """Note what is wrong with a description."""
        finding = Finding(path, code, message, severity)
        self.findings.append(Placed(described.host or described.kind, described.source, finding, see))

    def put_aside(self, described: Described, looked_up: Iterable[str] = ()) -> None:
        """Note what comes to no body, and which of its fields were looked up; beyond many it is not kept."""
        if len(self.set_aside) < _MOST_ASIDE:
            self.set_aside.append((described, frozenset(looked_up)))

    def is_request(self, uuid: str) -> bool:
        """Whether the UUID is that of a request, of a submission recorded or being submitted."""
        return uuid in self.made or self.records.is_request(uuid)

    @property
    def has_errors(self) -> bool:
        """Whether anything found so far keeps the step from being taken."""
        return bool(self.findings.errors)

    def of_kind(self, kind: str) -> Iterator[Described]:
        """What is described of this kind, as a person reads it."""
        return (described for _, described in self.described.select(kind))

    def set_body(self, uuid: str, kind: str, body: Body) -> None:
        """Note what a thing is linked to; the body is not to be changed any more."""
        self.bodies[uuid] = (kind, body)
        if any(body.get(flag) for flag in FLAGS):
            self.flagged[uuid] = kind

    def has_flag(self, uuid: str, flag: str) -> bool:
        """Whether the body of a thing after this step has a flag: that it is a `stub`, or has `consent_withdrawn`.

        The same can be seen in its body, at a higher cost.
        """
        if uuid not in self.flagged:
            outline = self.records.outline(uuid)
            if outline is None or outline.state != flag:
                return False
        return bool((self.body(uuid) or {}).get(flag))

    def withdrawn(self, uuids: Collection[str]) -> set[str]:
        """Which of these biosamples nothing new may use after this step: their consent is withdrawn."""
        outlines = self.records.outlines(uuids)
        doubtful = (uuid for uuid in uuids if uuid in self.flagged or (uuid in outlines and outlines[uuid].has_flag))
        return {uuid for uuid in doubtful if self.has_flag(uuid, "consent_withdrawn")}

    def taken(self, uuids: Collection[str]) -> set[str]:
        """Which of these UUIDs name something already: a thing, or a request or pool that comes into being."""
        here = (self.described, self.bodies, self.made, self.made_pools)
        return {uuid for uuid in uuids if any(uuid in of for of in here)} | self.records.among(uuids)

    def body(self, uuid: str) -> Body | None:
        """What the thing is after this step: its body as linked in it, else as recorded."""
        linked = self.bodies.get(uuid)
        if linked is not None:
            return linked[1]
        record = self.records.get(uuid)
        return record.body if record is not None else None

    def kind_of(self, uuid: str) -> str | None:
        """The kind of the thing with this UUID, described or recorded."""
        thing = self.described.get(uuid)
        if thing is not None:
            return thing.kind
        linked = self.bodies.get(uuid)
        if linked is not None:
            return linked[0]
        outline = self.records.outline(uuid)
        return outline.kind if outline is not None else None

    def holder(self, uuid: str) -> str | None:
        """Say what kind of thing has this UUID, described, recorded or made in this step; None where nothing has it."""
        kind = self.kind_of(uuid)
        if kind is not None:
            return with_article(kind)
        is_owned = uuid in self.made or uuid in self.made_pools or self.records.owner(uuid) is not None
        return "a request or pool" if is_owned else None

    def is_free(self, described: Described, path: Path, uuid: str, what: str) -> bool:
        """Whether nothing has the UUID that something new is to get; else it is noted at what makes it."""
        holder = self.holder(uuid)
        if holder is not None:
            message = f"{what} would get the UUID {uuid}, which is that of {holder}: give that another UUID"
            self.report(described, path, "duplicate_identity", message)
        return holder is None

    def record(self, described: Described) -> Record | None:
        """The committed record of what is described."""
        return self.records.get(described.uuid)

    def name(self, kind: str, uuid: str) -> str | None:
        """The name that the thing has after this step."""
        if uuid in self._found:
            return self._found[uuid]
        described = self.described.get(uuid)
        if described is not None:
            return described.name
        linked = self.bodies.get(uuid)
        if linked is not None:
            return name_of(kind, linked[1])
        outline = self.records.outline(uuid)
        return outline.name if outline is not None else None

    def reference(self, kind: str, uuid: str) -> Reference:
        """Refer to a thing as bodies do."""
        return _refer(kind, uuid, self.name(kind, uuid))

    def references(self, kind: str, uuids: Sequence[str]) -> list[Reference]:
        """Refer to many things of one kind, at a lower cost than to one after another."""
        here = (self._found, self.described, self.bodies)
        recorded = self.records.outlines([uuid for uuid in uuids if not any(uuid in of for of in here)])
        names = {uuid: outline.name for uuid, outline in recorded.items()}
        return [_refer(kind, uuid, names[uuid] if uuid in names else self.name(kind, uuid)) for uuid in uuids]

    def find(self, kind: str, text: str, scope: str = "") -> list[str]:
        """Find the UUIDs that a reference may mean: itself, and that of the thing of this name."""
        found = []
        if is_uuid(text) and self.kind_of(text.lower()) == kind:
            found.append(text.lower())
        named = self.names.find(kind, scope, text)
        if named is not None:
            self._note_found(named, text)
        else:
            record = self.records.named(kind, text, scope)
            named = record.uuid if record is not None and record.uuid not in self.described else None
            if named is not None:
                self._note_found(named, text)
        if named is not None and named not in found:
            found.append(named)
        return found

    def _note_found(self, uuid: str, name: str) -> None:
        """Keep for a while what was found by its name: most often the next question is what it is called."""
        if len(self._found) >= _MOST_FOUND:
            self._found.clear()
        self._found[uuid] = name

    def recorded_study(self, study: str, group: str) -> str | None:
        """The UUID of the study that a group is recorded in, found by the names that its record has for both."""
        if self._recorded_groups is None:
            self._recorded_groups = Spilled(self.overflow, GROUPS)
            for body in (record.body for record in self.records.of_kind("asset_group")):
                if "name" in body["study"]:
                    self._recorded_groups.setdefault((body["study"]["name"], body["name"]), body["study"]["uuid"])
        return self._recorded_groups.get((study, group))

    def is_faulty(self, kind: str, text: str) -> bool:
        """Whether a thing of this name or UUID is described, with problems that are reported where it is."""
        key = (kind, text.lower() if is_uuid(text) else text)
        return key in self.settings.faulty or key in self.unusable

    def is_doubtful(self, kind: str, uuid: str) -> bool:
        """Whether a thing may be another than the step knows: what describes it has problems, told where it is."""
        if not self.settings.faulty and not self.unusable:
            return False
        if self.is_faulty(kind, uuid):
            return True
        outline = self.records.outline(uuid) if uuid not in self.described else None
        return outline is not None and (kind, outline.name or "") in self.settings.faulty

    def resolve(self, described: Described, path: Path, kind: str, text: str, scope: str = "") -> str | None:
        """Find the one thing that a reference means, or note why there is none, unless that is said already."""
        found = self.find(kind, text, scope)
        if len(found) == 1:
            return found[0]
        if self.is_faulty(kind, text):
            return None
        if found:
            message = (
                f"{shorten(text)} is the UUID of one {kind} and the name of another: use the UUID of the one meant"
            )
            self.report(described, path, "ambiguous_reference", message)
        else:
            self.report(described, path, "unknown_reference", self._unknown(kind, text, scope))
        return None

    def may_suggest(self) -> bool:
        """Whether one more message may say what was meant; each that asks is counted."""
        self.suggestions_left -= 1
        return self.suggestions_left >= 0

    def _unknown(self, kind: str, text: str, scope: str) -> str:
        other = self.kind_of(text.lower()) if is_uuid(text) else None
        if other is not None and other != kind:
            return f"{text} is the UUID of {with_article(other)}: expected {with_article(kind)}"
        near = (
            nearest_name(text, (name for name in self._known_names(kind, scope) if name != text))
            if self.may_suggest()
            else None
        )
        hint = f"did you mean {near}?" if near else "expected the name or UUID of one that is described or recorded"
        return f"there is no {kind.replace('_', ' ')} {shorten(text)}: {hint}"

    def _known_names(self, kind: str, scope: str) -> list[str]:
        """Names for a suggestion, in a large store only some of them."""
        named = self.names.some(kind, scope, _MOST_NAMES)
        return named if len(named) == _MOST_NAMES else [*named, *self.records.names(kind, _MOST_NAMES)]


def _refer(kind: str, uuid: str, name: str | None) -> Reference:
    if name is None:
        return {"uuid": uuid}
    return {"uuid": uuid, "central_sample_id" if kind == "biosample" else "name": name}
