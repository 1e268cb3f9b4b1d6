"""A description to the terms of its options: by the dotted name of each that takes words of a list, those words."""

from collections.abc import Mapping
from typing import Any

from seqmeta.options import OptionRules
from seqmeta.order_templates import types_of
from seqmeta.step import Step
from seqmeta.vocabulary import Terms, fold, plain_terms


def find_option_terms(step: Step, kind: str, body: Mapping[str, Any]) -> Mapping[str, Terms]:
    """Find the terms that the options of a description may be spelled by; `body` is as its file has it.

    Of an order they come from its template's request types, of a template from its own, of a request type (where an
    option's default is meant) from itself. What cannot be resolved has none.
    """
    if kind == "request_type":
        return _terms_of(body.get("options"))
    bodies: list[Mapping[str, Any]] = []
    if kind == "order":
        template = _find(step, "order_template", body.get("template"))
        bodies = [] if template is None else list(types_of(step, template))
    elif kind == "order_template" and isinstance(body.get("request_types"), list):
        found = [_find(step, "request_type", of) for of in body["request_types"]]
        bodies = [of for of in found if of is not None]
    terms: dict[str, Terms] = {}
    for of in reversed(bodies):  # of the lists that several types have, the first spells what is stored
        terms |= _terms_of(of.get("options"))
    return terms


def _find(step: Step, kind: str, text: Any) -> Mapping[str, Any] | None:
    found = step.find(kind, text) if isinstance(text, str) else []
    return step.body(found[0]) if len(found) == 1 else None


def _terms_of(options: Any) -> dict[str, Terms]:
    rules: Mapping[str, OptionRules] = options if isinstance(options, Mapping) else {}
    return {name: plain_terms(of["allowed"]) for name, of in rules.items() if _takes_words(of)}


def _takes_words(rules: Any) -> bool:
    if not isinstance(rules, Mapping) or fold(str(rules.get("type"))) != "string":
        return False
    allowed = rules.get("allowed")
    return isinstance(allowed, list) and all(isinstance(word, str) for word in allowed)
