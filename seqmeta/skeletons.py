"""A kind to the YAML skeleton of one document: its required keys open, all others commented out, each explained.

What a person has to fill in is left empty. Empty means "not given" (CONTRACT 2), so a required key that was
forgotten is an error with its place, and nothing that was never meant can pass for a value.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from seqmeta.kinds import Kind
from seqmeta.libraries import PER_SAMPLE
from seqmeta.shapes import Field, Shape

MOST_TERMS = 16
"""How many legal values a comment lists; of longer lists it names the first ones, and where the rest is."""

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z0-9](?:[\w ./+-]*[\w./+-])?", re.ASCII)
_NULLS = {"null", "~", ""}
_TYPES = {
    "integer": "a whole number",
    "decimal": "a decimal number",
    "boolean": "true or false",
    "uuid": "a UUID",
    "date": "YYYY-MM-DD",
    "time": "RFC 3339, or YYYY-MM-DD HH:MM, which means UTC",
}
_SAID: Mapping[str, str | tuple[str, ...]] = {"boolean": "true ", "uuid": ("its UUID", "the UUID", "the same")}
"""How the words for a field begin that say its type already."""

_HEADER = (
    "Fill in what stands open: where a key marked as required is left empty, `seqmeta check` says so. "
    "The other keys may stay away; to give one, take away the # in front of it, and that of an example line below it."
)
_FRESH = (
    "This one is fresh: with it, another name later is a rename. Without this line, another name later is a new thing"
)


def render_skeleton(kind: Kind, shape: Shape, given: Mapping[str, str], options: Sequence[str] = ()) -> str:
    """Write the skeleton of a kind.

    `given` are values by key that are known already (a fresh UUID, a template); `options` the lines of the request
    options, indented by four, where they are known (`seqmeta.option_skeletons`).
    """
    lines = [*comment(f"{kind.name}: {kind.about}", ""), "#", *comment(_HEADER, ""), f"{kind.name}:"]
    for name, field in shape.fields.items():
        if name == "request_options" and options:
            lines += [*comment(describe(field, kind.name), "  "), f"  {name}:", *options]
        else:
            lines += _entry(kind, shape, field, given.get(name))
    return "\n".join([*lines, ""])


def _entry(kind: Kind, shape: Shape, field: Field, value: str | None) -> Iterator[str]:
    need = need_of(shape, field.name)
    said = f"{need}: {describe(field, kind.name)}" if need else describe(field, kind.name)
    yield from comment(f"{said}. {_FRESH}" if value is not None and field.name == "uuid" else said, "  ")
    yield from _parts(field, kind.name)
    if value is not None:
        yield f"  {field.name}: {quote(value)}"
    else:
        yield f"  {field.name}:" if need else f"  #{field.name}:"
    if "entry" in field.rules["meta"]:
        yield f"  #  {field.rules['meta']['entry']}"


def need_of(shape: Shape, name: str) -> str:
    """Say when a key is required; nothing where it never is."""
    if name in shape.embedded_required:
        return "required, but where library_name is all that is given of a library that is described elsewhere"
    if shape.title == "library" and name in PER_SAMPLE:
        return "required, here or on each of the biosamples"
    return "required" if shape.fields[name].rules.get("required") else ""


def _parts(field: Field, kind: str) -> Iterator[str]:
    """Explain the keys of what a list or mapping holds."""
    shape = field.shape
    inner = field.item or field.values
    if shape is None and inner is not None:
        shape = inner.shape
    for part in shape.fields.values() if shape is not None else ():
        need = " (required)" if part.rules.get("required") else ""
        yield from comment(f"{part.name}{need}: {describe(part, kind)}", "  ", within="  ")


def describe(field: Field, kind: str) -> str:
    """Say what a field is, what it takes, and give an example."""
    example = field.rules.get("meta", {}).get("example") if field.terms is None and field.type != "boolean" else None
    said = [field.about, *_takes(field, kind)]
    return "; ".join(filter(None, said)) + (f" (such as {example})" if example is not None else "")


def _takes(field: Field, kind: str) -> Iterator[str]:
    if field.terms is not None:
        yield f"one of {list_terms(field.terms.names, f'`seqmeta schema {kind}` has all')}"
    elif field.type in _TYPES and not field.about.startswith(_SAID.get(field.type, ())):
        yield _TYPES[field.type] + bounds(field.rules)


def bounds(rules: Mapping[str, object]) -> str:
    """Say within what bounds a number lies, with a space in front; nothing where it has none."""
    least, most = rules.get("min"), rules.get("max")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f" of at least {least}" if least is not None else f" of at most {most}" if most is not None else ""


def list_terms(names: Sequence[str], rest: str) -> str:
    """List legal values, of many only the first; `rest` says where the others are."""
    if len(names) <= MOST_TERMS:
        return ", ".join(names)
    return f"{len(names)}: {', '.join(names[: MOST_TERMS // 2])}, … ({rest})"


def comment(text: str, indent: str, within: str = "") -> list[str]:
    """Write text as comment lines of a bounded width."""
    start = f"{indent}# {within}"
    if text and len(start) + len(text) <= _WIDTH and text.isprintable() and text.strip() == text:
        return [start + text]  # as most are; a file may have thousands of them
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=start + ("  " if within else ""),
        break_long_words=False,
        break_on_hyphens=False,
    )


def quote(text: str) -> str:
    """Write text as a YAML scalar that is read as just that text, plain where that is safe."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _NULLS
    return text if is_plain else json.dumps(text, ensure_ascii=False)
