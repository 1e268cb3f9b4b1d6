"""Drafts: what an import found, by kind and key, before it is written as YAML for a person to review (CONTRACT 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from seqmeta.checking import check_body
from seqmeta.reader import Value
from seqmeta.reader.characters import FORBIDDEN, has_overlong_marks
from seqmeta.rendering import printable
from seqmeta.shapes import Shape

_ROUNDS = 4
"""Taking one value away can make another one wrong, such as a model whose make has gone; never more often than this."""

LONGEST_VALUE = 128
"""How long a value in metadata may be."""

LONGEST_KEY = 64
_REFUSED = "found"
"""The tag of metadata for what was found and its own key does not take."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing that was found: its body in the words of descriptions, and what a person should know.

    `notes` are sentences about a key, which stand above it; `leftovers` are what was found and has no key; `allowed`
    are the values that a key may have by what was found, where that is not one value. A body that `is_checked` is one
    that `seqmeta check` takes but for gaps.
    """

    kind: str
    body: Mapping[str, Value]
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    leftovers: Sequence[str] = ()
    allowed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_checked: bool = False


class Document(NamedTuple):
    """The drafts of one YAML document: one under its kind, or with `is_list` any number under the kind's plural."""

    kind: str
    drafts: Sequence[Draft]
    is_list: bool = False


class Imported(NamedTuple):
    """All that an import found: what it is about, in a sentence each, and the documents."""

    about: Sequence[str]
    documents: Sequence[Document]


_REQUESTS = "the sealed requests that this run fulfils, by UUID; `seqmeta show` of their submission lists them"


def draft_run(
    found: Mapping[str, Value], notes: Mapping[str, Sequence[str]], leftovers: Sequence[str], models: Sequence[str]
) -> Draft:
    """Draft a run that an instrument wrote of; which requests it fulfils no instrument knows, so a person is asked."""
    asked = notes if "requests" in found else {**notes, "requests": [_REQUESTS]}
    return Draft("sequencing_run", found, asked, leftovers, {"instrument_model": models})


def fit(draft: Draft, shape: Shape) -> Draft:
    """Take out of the body what `seqmeta check` would refuse but for gaps: into metadata if it may, else leftovers."""
    if draft.is_checked:
        return draft
    leftovers: list[str] = []
    notes = {key: list(of) for key, of in draft.notes.items()}
    body: Any = _writable(draft.body, draft.kind, leftovers)
    for _ in range(_ROUNDS):
        findings = [finding for finding in check_body(shape, body)[1] if finding.code != "required_field"]
        if not findings:
            break
        # From the back: what is taken out of a list must not move what is still to be taken.
        for finding in sorted(findings, key=lambda of: [str(part).rjust(9, "0") for part in of.path], reverse=True):
            taken = _take(body, finding.path)
            if _is_for_metadata(taken, finding.path, shape):
                key = str(finding.path[0])
                body.setdefault("metadata", {}).setdefault(_REFUSED, {})[key] = taken
                notes.setdefault(key, []).append(finding.message)
            elif taken is not None:
                path = ".".join(map(str, (draft.kind, *finding.path)))
                leftovers.append(f"{path}: {printable(str(taken))} ({finding.message})")
    return replace(draft, body=body, notes=notes, leftovers=[*draft.leftovers, *leftovers])


def _is_for_metadata(taken: Any, path: Sequence[str | int], shape: Shape) -> bool:
    """Whether a refused value is a text under a key of its own that metadata can hold."""
    return isinstance(taken, str) and len(path) == 1 and len(taken) <= LONGEST_VALUE and "metadata" in shape.fields


def _take(body: Any, path: Sequence[str | int]) -> Any:
    """Take the value at a path out of a body; None where it has gone already."""
    for part in path[:-1]:
        try:
            body = body[part]
        except (KeyError, IndexError, TypeError):
            return None
    if isinstance(body, dict):
        return body.pop(path[-1], None)
    is_there = isinstance(body, list) and isinstance(path[-1], int) and path[-1] < len(body)
    return body.pop(path[-1]) if is_there else None


def _writable(value: Any, path: str, leftovers: list[str]) -> Any:
    """Copy a body without the text that no description may have; empty mappings and lists go with it.

    Line breaks are left to the rules of the key that has them.
    """
    if isinstance(value, str):
        if is_writable(value.replace("\n", "")):
            return value
        leftovers.append(f"{path}: {printable(value)}")
        return None
    if isinstance(value, Mapping):
        copied: dict[str, Any] = {}
        for key, of in value.items():
            if isinstance(of, str) and is_writable(key) and is_writable(of):
                copied[key] = of  # as most are; a sheet may have half a million of them
            elif is_writable(key):
                copied[key] = _writable(of, f"{path}.{key}", leftovers)
            else:
                leftovers.append(f"{path}: {printable(key)}: {of}")
        return {key: of for key, of in copied.items() if of}
    if value is None:
        return None
    return [of for of in (_writable(item, path, leftovers) for item in value) if of]


def is_writable(text: str) -> bool:
    """Whether a description may have the text, in one line."""
    if text.isascii():
        return text.isprintable()
    has_break = any(char in text for char in "\t\n\r\x85")
    return not has_break and FORBIDDEN.search(text) is None and not has_overlong_marks(text)
