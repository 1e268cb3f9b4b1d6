"""Request types: one kind of laboratory work each, with the rules of its options (CONTRACT 2.2)."""

from typing import Any

from seqmeta.options import cast_rules, multiplier_fault
from seqmeta.problems import Finding
from seqmeta.values import elide, shorten
from seqmeta.vocabulary import expected


def finish(normal: dict[str, Any]) -> list[Finding]:
    """Cast the rules of a request type's options in its normal form, and check its multiplier."""
    findings: list[Finding] = []
    if "options" in normal:
        normal["options"], inner = cast_rules(normal["options"])
        findings = [Finding(("options", *of.path), of.code, of.message, of.severity, of.at_key) for of in inner]
    return findings + _check_multiplier(normal)


def _check_multiplier(normal: dict[str, Any]) -> list[Finding]:
    name = normal.get("multiplier_option")
    options = normal.get("options", {})
    if name is None:
        return []
    if options.get(name, {}).get("type") == "integer":
        message = multiplier_fault({"name": "this type", **normal}, options[name].get("default"))
        where = ("options", name, "default")
        return [Finding(where, "invalid_multiplier", message)] if message is not None else []
    if name in options:
        message = f"the option {elide(name)} is of type {options[name]['type']}: a multiplier is an integer"
        return [Finding(("multiplier_option",), "wrong_type", message)]
    hint = expected(name, list(options)) if options else "it has none"
    message = f"{shorten(name)} is no option of this request type: {hint}"
    return [Finding(("multiplier_option",), "unknown_reference", message)]
