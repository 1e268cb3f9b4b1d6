"""Order templates: the chain of request types that an order goes through, and the options that it presets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqmeta.checking import MOST_PROBLEMS
from seqmeta.links import link_references
from seqmeta.options import (
    MaySuggest,
    OptionRules,
    always,
    find_parents,
    find_repeated,
    find_reversed,
    flatten,
    multiplier_fault,
    nest,
    read_option,
    read_shared,
)
from seqmeta.records import Body
from seqmeta.step import Described, Path, Step
from seqmeta.values import as_text, elide, list_few, shorten
from seqmeta.vocabulary import nearest

TypeRules = Sequence[Mapping[str, OptionRules]]
"""Of each request type of a chain the rules of its options."""

Fault = tuple[str, str, str]
"""The dotted name of an option, and code and message of what is wrong with it."""


def link_template(step: Step, described: Described) -> dict[str, Any]:
    """Link a template; its preset options are checked by the rules of its request types."""
    body = link_references(step, described)
    if body.get("superseded_by", {}).get("uuid") == described.uuid:
        message = "a template cannot supersede itself: name the one to take instead, or leave it out"
        step.report(described, ("superseded_by",), "not_applicable", message)
    refuse_repeated(step, described)
    if "request_options" in described.body and len(body["request_types"]) == len(described.body["request_types"]):
        body["request_options"] = nest(check_presets(step, described, types_of(step, body)))
    return body


def check_presets(step: Step, template: Described, types: Sequence[Body]) -> dict[str, Any]:
    """Read the options that a template presets, dotted, and note what is wrong with them as far as it can be told."""
    if _has_doubtful(step, types):
        return {}
    options, faults = read_options(types, flatten(template.body["request_options"]), step.may_suggest)
    for name, code, message in [*faults, *find_disagreements(types, options)]:
        step.report(template, option_path(name), code, message)
    return options


def refuse_repeated(step: Step, described: Described) -> None:
    """Note the options that an order or a template gives twice, nested and with a dotted key."""
    for path in find_repeated(described.body.get("request_options") or {}):
        message = f"the option {elide('.'.join(path))} is given twice, nested and with a dotted key: leave one out"
        step.report(described, ("request_options", *path), "conflicting_fields", message)


def check_successors(step: Step) -> None:
    """Refuse templates that supersede each other in a circle: no order could take any of them."""
    ended: set[str] = set()
    for described in step.of_kind("order_template"):
        chain: list[str] = []
        uuid: str | None = described.uuid
        while uuid is not None and uuid not in ended and not step.is_doubtful("order_template", uuid):
            ended.add(uuid)
            chain.append(uuid)
            uuid = (step.body(uuid) or {}).get("superseded_by", {}).get("uuid")
        circle = chain[chain.index(uuid) :] if uuid in chain else []
        if len(circle) > 1:  # one that supersedes itself has been told
            _refuse_circle(step, circle)


def _refuse_circle(step: Step, circle: Sequence[str]) -> None:
    names = [shorten(step.name("order_template", uuid) or uuid) for uuid in [*circle, circle[0]]]
    told = names if len(names) <= _MOST_NAMED else [*names[: _MOST_NAMED - 1], "…", names[-1]]
    message = f"these templates supersede each other, and no order could take one: {' by '.join(told)}"
    for described in filter(None, map(step.described.get, circle)):
        step.report(described, ("superseded_by",), "not_applicable", message)


_MOST_NAMED = 6
_MOST_OPTIONS = 8


def is_partial(step: Step, template: str) -> bool:
    """Whether a template, or a request type that it names, has problems of its own: its options are not known."""
    described, types = step.described.get(template), (step.body(template) or {}).get("request_types", ())
    if described is not None and len(described.body["request_types"]) != len(types):
        return True
    return step.is_doubtful("order_template", template) or _has_doubtful(step, types)


def _has_doubtful(step: Step, types: Sequence[Body]) -> bool:
    return any("uuid" in of and step.is_doubtful("request_type", of["uuid"]) for of in types)


def types_of(step: Step, template: Body) -> list[Body]:
    """Return the bodies of a template's request types, in order."""
    return [step.body(of["uuid"]) or {} for of in template["request_types"]]


def type_rules(types: Sequence[Body]) -> TypeRules:
    """Return the option rules of request types."""
    return [of.get("options", {}) for of in types]


def takers_of(types: Sequence[Body], name: str) -> list[OptionRules]:
    """Return the rules that the request types which take an option have for it."""
    return [of[name] for of in type_rules(types) if name in of]


def option_path(name: str) -> Path:
    """Where an option stands in a description."""
    return ("request_options", *name.split("."))


def read_options(
    types: Sequence[Body], given: Mapping[str, str], may_suggest: MaySuggest = always
) -> tuple[dict[str, Any], list[Fault]]:
    """Read options as they are given, dotted; what is not legal for a type that takes it is left out, and a fault.

    There is one value of each: where types read it differently, that of the most exact one (`options.leading_rules`).
    Where there are more faults than are reported, no more are looked for.
    """
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    known = sorted({option for of in type_rules(types) for option in of})
    for name, text in given.items():
        if len(faults) > MOST_PROBLEMS:
            break
        takers = takers_of(types, name)
        value, found = read_shared(name, takers, text, may_suggest) if takers else (None, [])
        faults += [(name, *fault) for fault in found]
        faults += _multiplier_faults(types, name, text) if found else []
        parent = next((of for of in find_parents(name) if of in given and takers_of(types, of)), None)
        if not takers:
            faults.append(_unknown(known, name, may_suggest))
        elif parent is not None:
            message = f"{name} lies within the option {parent}, which has a value too: only one of them can be given"
            faults.append((name, "conflicting_fields", message))
        elif not found:
            read[name] = value
    return read, faults


def read_order_options(
    types: Sequence[Body], template: Body, own: Body, may_suggest: MaySuggest
) -> tuple[dict[str, Any], list[Fault]]:
    """Read the options of an order, dotted: the presets with its own on top, then the defaults of the rules."""
    options, faults = read_options(types, defaults(types) | presets(template) | flatten(own), may_suggest)
    return options, [*faults, *find_disagreements(types, options)]


def _multiplier_faults(types: Sequence[Body], name: str, text: str) -> Iterator[Fault]:
    """Find what is wrong with an option as a multiplier, where the type's own rules refuse it too."""
    for kind in types:
        value, _ = read_option(name, {"type": "integer"}, text)
        message = multiplier_fault(kind, value) if kind.get("multiplier_option") == name else None
        if message is not None:
            yield name, "invalid_multiplier", message


def _unknown(known: Sequence[str], name: str, may_suggest: MaySuggest) -> Fault:
    within = next((of for of in known if of.startswith(f"{name}.") or name.startswith(f"{of}.")), None)
    if within is not None:
        parts = list_few((f"{of[len(name) + 1 :]}: …" for of in known if of.startswith(f"{name}.")), _MOST_OPTIONS)
        expected = f"a mapping, {{{parts}}}" if parts else "one value"
        return name, "wrong_type", f"{elide(within)} is the option: expected {expected} here"
    near = nearest(name, known) if may_suggest() else None
    hint = f"did you mean {elide(near)}?" if near else f"they take {list_few(known, _MOST_OPTIONS) or 'none'}"
    return name, "not_applicable", f"none of the request types takes an option {shorten(name)}: {hint}"


def find_disagreements(types: Sequence[Body], options: Mapping[str, Any]) -> Iterator[Fault]:
    """Find what is wrong with legal options together: ranges turned round, numbers of requests that cannot be."""
    for name, message in find_reversed(options):
        yield name, "out_of_range", message
    for kind in types:
        multiplier = kind.get("multiplier_option")
        wrong = multiplier_fault(kind, options.get(multiplier)) if multiplier is not None else None
        if wrong is not None:
            yield str(multiplier), "invalid_multiplier", wrong


def presets(template: Mapping[str, Any]) -> dict[str, str]:
    """Return a template's preset options as text, dotted."""
    return {name: as_text(value) for name, value in flatten(template.get("request_options", {})).items()}


def defaults(types: Sequence[Body]) -> dict[str, str]:
    """Return the default of each option that has one as text, dotted, by the first request type that has it."""
    return {
        name: as_text(of["default"])
        for rules in reversed(type_rules(types))
        for name, of in rules.items()
        if "default" in of
    }
