"""Order templates: the chain of request types that an order goes through, and the options that it presets."""

from collections.abc import Iterator, Mapping
from typing import Any

from seqmeta.links import link_references
from seqmeta.options import OptionRules, as_text, find_reversed, flatten, nest, read_option
from seqmeta.step import Described, Path, Step
from seqmeta.values import shorten
from seqmeta.vocabulary import nearest

TypeRules = list[tuple[str, Mapping[str, OptionRules]]]
"""Of each request type of a chain its UUID and the rules of its options."""


def link_template(step: Step, described: Described) -> dict[str, Any]:
    """Link a template; its preset options are checked by the rules of its request types."""
    body = link_references(step, described)
    if "request_options" in described.body and len(body["request_types"]) == len(described.body["request_types"]):
        given = flatten(described.body["request_options"])
        options = read_options(step, described, type_rules(step, body), given)
        for name, message in find_reversed(options):
            step.report(described, option_path(name), "out_of_range", message)
        body["request_options"] = nest(options)
    return body


def type_rules(step: Step, template: Mapping[str, Any]) -> TypeRules:
    """Return the option rules of each request type of a template, in order."""
    return [(of["uuid"], (step.body(of["uuid"]) or {}).get("options", {})) for of in template["request_types"]]


def option_path(name: str) -> Path:
    """Where an option stands in a description."""
    return ("request_options", *name.split("."))


def read_options(step: Step, described: Described, rules: TypeRules, given: Mapping[str, str]) -> dict[str, Any]:
    """Read options as they are given, dotted; what is not legal is noted and left out."""
    read: dict[str, Any] = {}
    for name, text in given.items():
        takers = [of[name] for _, of in rules if name in of]
        if not takers:
            _refuse_unknown(step, described, rules, name)
            continue
        values = [read_option(name, of, text) for of in takers]
        faults = dict.fromkeys(fault for _, fault in values if fault is not None)
        for code, message in faults:
            step.report(described, option_path(name), code, message)
        if not faults:
            read[name] = values[0][0]
    return read


def _refuse_unknown(step: Step, described: Described, rules: TypeRules, name: str) -> None:
    known = sorted({option for _, of in rules for option in of})
    within = next((option for option in known if option.startswith(f"{name}.") or name.startswith(f"{option}.")), None)
    if within is not None:
        expected = "a mapping" if len(within) > len(name) else "one value"
        step.report(described, option_path(name), "wrong_type", f"{within} is the option: expected {expected} here")
        return
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"they take {', '.join(known) or 'none'}"
    message = f"none of the request types takes an option {shorten(name)}: {hint}"
    step.report(described, option_path(name), "not_applicable", message)


def presets(template: Mapping[str, Any]) -> dict[str, str]:
    """Return a template's preset options as text, dotted."""
    return {name: as_text(value) for name, value in flatten(template.get("request_options", {})).items()}


def defaults(rules: TypeRules) -> Iterator[tuple[str, Any]]:
    """Return the default of each option that has one, by the first request type that takes it."""
    return ((name, of["default"]) for _, types in reversed(rules) for name, of in types.items() if "default" in of)
