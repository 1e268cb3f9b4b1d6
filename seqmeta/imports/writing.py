"""Drafts to the YAML text that a person reviews: values quoted where they could be anything but text, gaps marked.

A gap is a required key that stands open: empty means "not given" (CONTRACT 2), so `seqmeta check` names each one that
was not filled in. Nothing that was found is left out: what has no key stands in comments.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from seqmeta.imports.drafts import Document, Draft, Imported, fit
from seqmeta.kinds import load_kinds
from seqmeta.rendering import printable
from seqmeta.rulebook import Rulebook
from seqmeta.shapes import Shape
from seqmeta.skeletons import comment, describe, quote

_ABOUT = (
    "For a person to review: nothing here is recorded yet. What the files do not say is marked GAP and left empty; "
    "`seqmeta check` names what is still open."
)


def render_import(imported: Imported, rulebook: Rulebook) -> str:
    """Write what an import found as the text of one YAML file."""
    about = [line for sentence in (*imported.about, _ABOUT) for line in comment(printable(sentence), "")]
    documents = ["\n".join(_document(document, rulebook)) for document in imported.documents]
    return "\n".join(about) + "\n" + "\n---\n".join(documents) + "\n"


def _document(document: Document, rulebook: Rulebook) -> Iterator[str]:
    kind = load_kinds()[document.kind]
    shape = rulebook.shape(document.kind)
    yield f"{kind.plural if document.is_list else kind.name}:"
    open_ = _open(shape)
    for draft in document.drafts:
        if document.is_list and draft.is_checked and _is_plain(draft, open_):
            start = "  - "
            for name in (name for name in shape.fields if name in draft.body):
                yield f"{start}{name}: {quote(str(draft.body[name]))}"
                start = "    "
            continue
        lines = list(_fields(fit(draft, shape), shape, open_))
        yield from _as_item(lines) if document.is_list else lines


def _is_plain(draft: Draft, open_: Collection[str]) -> bool:
    """Whether a draft is a few texts and nothing else, as those of tables are, which may have a hundred thousand."""
    is_more = draft.notes or draft.leftovers or not all(isinstance(of, str) for of in draft.body.values())
    return not is_more and all(name in draft.body for name in open_)


def _as_item(lines: list[str]) -> list[str]:
    """Indent the lines of one draft as an item of a list; its comments stand before the item."""
    first = next((index for index, line in enumerate(lines) if not line.lstrip().startswith("#")), len(lines))
    item = [f"  {line}" for line in lines[first:]]
    return [*lines[:first], f"  - {item[0][4:]}", *item[1:]] if item else lines


def _fields(draft: Draft, shape: Shape, open_: Collection[str]) -> Iterator[str]:
    """Write the keys of a draft in the order of the schema, all of them indented by two."""
    wanted = {*draft.body, *draft.notes, *open_}
    for name, field in shape.fields.items():
        if name not in wanted:
            continue
        notes = [f"{name}: {note}" for note in draft.notes[name]] if name in draft.notes else ()
        value = draft.body.get(name)
        if value is not None:
            yield from _comments(notes, "  ")
            if isinstance(value, str):
                yield f"  {name}: {quote(value)}"
            else:
                yield from _entry(name, value, "  ")
        elif name in open_:
            yield from _comments([f"GAP {name}: {describe(field, draft.kind)}", *notes], "  ")
            yield f"  {name}:"
        elif notes:
            yield from _comments(notes, "  ")
            yield f"  #{name}:"
    if draft.leftovers:
        yield from _comments(["Found besides, and without a place here:"], "  ")
        yield from _comments([f"  {text}" for text in draft.leftovers], "  ")


def _open(shape: Shape) -> frozenset[str]:
    """The keys that are gaps where they are not given."""
    return frozenset(name for name, of in shape.fields.items() if of.rules.get("required")) | {*shape.embedded_required}


def _comments(texts: Sequence[str], indent: str) -> Iterator[str]:
    for text in texts:
        yield from comment(printable(text), indent, within="  " if text.startswith("  ") else "")


def _entry(key: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, str):
        yield f"{indent}{quote(key)}: {quote(value)}"
    elif isinstance(value, Mapping):
        yield f"{indent}{quote(key)}:"
        for name, of in value.items():
            yield from _entry(name, of, f"{indent}  ")
    else:
        yield f"{indent}{quote(key)}:"
        for item in value:
            yield from _item(item, f"{indent}  ")


def _item(item: Any, indent: str) -> Iterator[str]:
    if isinstance(item, str):
        yield f"{indent}- {quote(item)}"
        return
    lines = [line for key, value in item.items() for line in _entry(key, value, f"{indent}  ")]
    for index, line in enumerate(lines):
        yield f"{indent}- {line[len(indent) + 2 :]}" if index == 0 else line
