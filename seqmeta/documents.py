"""One description file to documents: what kind each describes, in what file and where in it (CONTRACT 2)."""

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from seqmeta.identity import derive
from seqmeta.kinds import Kind, load_kinds
from seqmeta.problems import Finding, Problem
from seqmeta.reader import Fault, KeyPlaces, Mark, Tree, Value, find_child, locate, read_json, read_yaml
from seqmeta.values import elide, shorten
from seqmeta.vocabulary import nearest

Path = tuple[str | int, ...]

_SUGGESTIONS = 100
"""How many problems of a file say which kind was meant: looking for it takes longer than all else."""


class Source(NamedTuple):
    """Where a described thing stands: its file, the document in it, and the item where it is one of a list."""

    file: str
    document: int
    item: int | None

    @property
    def order(self) -> tuple[str, int, int]:
        """The key that sorts sources as a person reads them."""
        return self.file, self.document, -1 if self.item is None else self.item


_MOST_SAID, _SAID_LAST = 980, 300
"""So many characters has a message at most, and so many of its end are kept, where it may name a second place."""


class Document(NamedTuple):
    """One thing as it is described, before it is checked; `mark` has the places of its body."""

    kind: str
    body: Value
    source: Source
    mark: Mark

    def problems(self, findings: Iterable[Finding]) -> list[Problem]:
        """Give findings of this document their places."""
        seen: KeyPlaces = {}
        return [place(finding, self.kind, self.source.file, self.mark, seen) for finding in findings]


def place(finding: Finding, kind: str, file: str, mark: Mark, seen: KeyPlaces | None = None) -> Problem:
    """Make a finding a problem with a place; what is below plain text, which stands for a mapping, is at the text."""
    line, column = locate(mark, finding.path, key=finding.at_key, seen=seen)
    path = ".".join(map(str, (kind, *_above_text(mark, finding.path))))
    message = elide(finding.message, _MOST_SAID, _SAID_LAST)
    return Problem(finding.severity, file, line, column, path, finding.code, message)


def _above_text(mark: Mark, path: Path) -> Path:
    for depth, step in enumerate(path):
        if mark.children is None:
            return path[:depth]
        found = find_child(mark, step)
        if found is None:
            return path
        mark = found
    return path


def read_file(file: str, data: bytes) -> tuple[list[Document], list[Problem]]:
    """Read one description file into its documents, and what is wrong with it as text."""
    reading = read_json(data) if file.endswith(".json") else read_yaml(data)
    problems = [_fault_problem(file, fault) for fault in reading.faults]
    documents: list[Document] = []
    for tree in reading.documents:
        documents.extend(_split(file, tree, problems))
    return documents, problems


def name_document(document: Document) -> Iterator[tuple[str, str]]:
    """Name what a document describes, as kind and name or UUID, as far as its body says so."""
    kind = load_kinds()[document.kind]
    body = document.body if isinstance(document.body, dict) else {}
    name, uuid = body.get(kind.named_by), body.get("uuid")
    if isinstance(name, str):
        yield kind.name, name
        yield kind.name, derive(kind.name, name)
    if isinstance(uuid, str):
        yield kind.name, uuid.lower()
    embedded = load_kinds()[kind.embeds] if kind.embeds is not None else None
    if kind.name == "order" and isinstance(group := body.get("asset_group_name"), str):
        yield "asset_group", group  # which it may make
    has_embedded = not body.keys() <= kind.fields.keys() - kind.embedded  # else what it names is described elsewhere
    if embedded is not None and has_embedded and isinstance(within := body.get(embedded.named_by), str):
        yield embedded.name, within
        yield embedded.name, derive(embedded.name, within)


def find_documents(file: str, data: bytes, wanted: Container[Source]) -> dict[Source, Document]:
    """Read a file again to find documents in it: for the places of problems."""
    return {document.source: document for document in read_file(file, data)[0] if document.source in wanted}


@cache
def _kinds_by_key() -> Mapping[str, Kind]:
    kinds = load_kinds()
    return {**{kind.plural: kind for kind in kinds.values()}, **kinds}


def _split(file: str, tree: Tree, problems: list[Problem]) -> Iterator[Document]:
    if not isinstance(tree.value, dict):  # a fault of the reader's already
        return
    known = _kinds_by_key()
    if not tree.value:
        message = f"the document is empty: expected one key, its kind ({', '.join(load_kinds())})"
        problems.append(Problem("error", file, tree.mark.line, tree.mark.column, "", "unknown_kind", message))
    key_places = tree.mark.keys or {}
    for place_in_document, (key, value) in enumerate(tree.value.items()):
        kind = known.get(key)
        line, column = key_places[key]
        if kind is None:
            problems.append(
                Problem("error", file, line, column, key, "unknown_kind", _unknown_kind(key, len(problems)))
            )
        elif place_in_document > 0:
            message = f"a second key beside {next(iter(tree.value))}: a document has one, start another with ---"
            problems.append(Problem("error", file, line, column, key, "conflicting_fields", message))
        else:
            yield from _documents(file, tree, kind, key, value, problems)


def _unknown_kind(key: str, before: int) -> str:
    near = nearest(key, _kinds_by_key()) if before < _SUGGESTIONS else None
    hint = f"did you mean {near}?" if near else f"expected one of {', '.join(load_kinds())}"
    return f"{shorten(key)} is no kind of thing that can be described: {hint}"


def _documents(
    file: str, tree: Tree, kind: Kind, key: str, value: Value, problems: list[Problem]
) -> Iterator[Document]:
    children = tree.mark.children
    mark = children[key] if isinstance(children, dict) else tree.mark
    if key == kind.plural and (isinstance(value, list) or key != kind.name):
        yield from _listed(file, tree, kind, value, mark, problems)
    else:
        yield Document(kind.name, value, Source(file, tree.number, None), mark)


def _listed(file: str, tree: Tree, kind: Kind, value: Value, mark: Mark, problems: list[Problem]) -> Iterator[Document]:
    if value is None:
        return
    if not isinstance(value, list):
        message = f"{kind.plural} is not a list: expected a list of mappings, or {kind.name} for a single one"
        problems.append(Problem("error", file, mark.line, mark.column, kind.plural, "wrong_type", message))
        return
    marks = mark.children if isinstance(mark.children, list) else []
    for index, item in enumerate(value):
        yield Document(kind.name, item, Source(file, tree.number, index), marks[index])


def _fault_problem(file: str, fault: Fault) -> Problem:
    is_document = fault.code == "wrong_type" and not fault.path
    message = f"{fault.message} with one key, its kind" if is_document else fault.message
    return Problem("error", file, fault.line, fault.column, describe_path(fault.path), fault.code, message)


def describe_path(path: Path) -> str:
    """Write a path of the file's tree as `kind.field.field`: an item of a list of things counts as the thing."""
    if not path:
        return ""
    kind = _kinds_by_key().get(str(path[0]))
    if kind is None:
        return ".".join(map(str, path))
    listed = len(path) > 1 and isinstance(path[1], int)
    return ".".join(map(str, (kind.name, *path[2 if listed else 1 :])))
