"""The option rules of a template's request types to the commented lines of an order's `request_options`."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqmeta.options import OptionRules, leading_rules
from seqmeta.order_templates import defaults, takers_of
from seqmeta.skeletons import bounds, comment, quote
from seqmeta.values import as_text

_NUMBERS = {"integer": "a whole number", "float": "a decimal number"}


class TakenOption(NamedTuple):
    """One option of a template: its dotted name, the names of the types that take it, the rules that say most of it."""

    name: str
    takers: tuple[str, ...]
    rules: OptionRules
    multiplies: str | None
    """The request type of which it says how many requests are made."""


def collect_options(types: list[Mapping[str, Any]]) -> list[TakenOption]:
    """Collect the options of a chain of request types (their bodies), each once, in order."""
    names = list(dict.fromkeys(name for of in types for name in of.get("options", {})))
    default = defaults(types)
    taken = []
    for name in names:
        takers = [of for of in types if name in of.get("options", {})]
        multiplies = next((of["name"] for of in takers if of.get("multiplier_option") == name), None)
        own = takers_of(takers, name)
        rules = {**leading_rules(own), "required": any(of.get("required") for of in own)}
        rules |= {"default": default[name]} if name in default else {}
        taken.append(TakenOption(name, tuple(of["name"] for of in takers), rules, multiplies))
    return taken


def render_options(options: list[TakenOption], presets: Mapping[str, str]) -> list[str]:
    """Write the options nested and indented by four: required ones open, preset and defaulted ones with their value."""
    return list(_render({option.name: option for option in options}, presets, "", "    "))


def _render(options: Mapping[str, TakenOption], presets: Mapping[str, str], prefix: str, indent: str) -> Iterator[str]:
    for key in dict.fromkeys(name[len(prefix) :].split(".")[0] for name in options):
        option = options.get(prefix + key)
        if option is not None:
            yield from comment(_explain(option, presets), indent)
            yield from _line(option, presets, f"{indent}{{}}{quote(key)}:")
            continue
        within = f"{prefix}{key}."
        yield f"{indent}{quote(key)}:"
        inner = {name: of for name, of in options.items() if name.startswith(within)}
        yield from _render(inner, presets, within, f"{indent}  ")


def _line(option: TakenOption, presets: Mapping[str, str], form: str) -> Iterator[str]:
    if option.name in presets:
        yield f"{form.format('#')} {quote(presets[option.name])}"
    elif "default" in option.rules:
        yield f"{form.format('#')} {quote(as_text(option.rules['default']))}"
    else:
        yield form.format("" if option.rules["required"] else "#")


def _explain(option: TakenOption, presets: Mapping[str, str]) -> str:
    said = [_status(option, presets), _legal(option.rules), f"for {' and '.join(option.takers)}"]
    if option.multiplies is not None:
        said.append(f"says how many requests for {option.multiplies} are made of each item")
    return "; ".join(filter(None, said))


def _status(option: TakenOption, presets: Mapping[str, str]) -> str:
    if option.name in presets:
        return f"preset by the template as {presets[option.name]}"
    if "default" in option.rules:
        return f"{as_text(option.rules['default'])} when not given"
    return "required before the order joins a submission" if option.rules["required"] else ""


def _legal(rules: OptionRules) -> str:
    if "allowed" in rules:
        return f"one of {', '.join(map(as_text, rules['allowed']))}"
    if rules["type"] == "boolean":
        return "true or false"
    return _NUMBERS[rules["type"]] + bounds(rules) if rules["type"] in _NUMBERS else ""
