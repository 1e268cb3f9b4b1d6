"""Vocabulary files to terms: the packaged one, and on top of it that of a workspace (CONTRACT 2.1, last point)."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from seqmeta.checking import MOST_PROBLEMS, check_body
from seqmeta.kinds import load_fields
from seqmeta.problems import Finding, Problem
from seqmeta.reader import KeyPlaces, Tree, Value, locate, read_yaml
from seqmeta.shapes import Vocabularies, compile_shape
from seqmeta.values import elide, shorten
from seqmeta.vocabulary import Term, expected, fold, make_terms

Raw = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By vocabulary, by term: `ena`, `synonyms`, `make`."""

_MAKES, _MODELS = "instrument_make", "instrument_model"


@cache
def packaged_terms() -> Raw:
    """Read the vocabularies that come with seqmeta."""
    data = resources.files("seqmeta").joinpath("vocabularies.yaml").read_bytes()
    raw, problems = read_terms("seqmeta/vocabularies.yaml", data, None)
    if problems:
        raise ValueError(f"the packaged vocabularies are faulty: {problems}")
    return raw


def read_terms(file: str, data: bytes, known: Raw | None) -> tuple[Raw, list[Problem]]:
    """Read a vocabularies file; `known` are the vocabularies that there are, None where any may be made."""
    reading = read_yaml(data)
    problems = [
        Problem("error", file, f.line, f.column, ".".join(map(str, f.path)), f.code, f.message) for f in reading.faults
    ]
    merged: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    trees: dict[str, Tree] = {}
    for tree in reading.documents:
        seen: KeyPlaces = {}
        for name, terms in tree.value.items() if isinstance(tree.value, dict) else ():
            if len(problems) > MOST_PROBLEMS:
                break
            read, findings = _read_vocabulary(name, terms, known)
            if name in merged:
                message = f"{name} stands in two documents of this file: put its terms together"
                findings = [Finding((), "duplicate_item", message, at_key=True)]
            merged[name], trees[name] = read, tree
            problems.extend(_place(file, tree, name, finding, seen) for finding in findings)
    if known is not None and _MODELS in merged and not problems:
        merged[_MODELS], findings = _resolve_makes(merged, known)
        problems.extend(_place(file, trees[_MODELS], _MODELS, finding, {}) for finding in findings)
    return merged, problems


def _read_vocabulary(name: str, terms: Value, known: Raw | None) -> tuple[Mapping[str, Any], list[Finding]]:
    if known is not None and name not in known:
        message = f"there is no vocabulary {shorten(name)}: {expected(name, list(known))}"
        return {}, [Finding((), "unknown_field", message, at_key=True)]
    shape = compile_shape("a vocabulary", load_fields("vocabularies"), {})
    plain: Value = {term: {} if of is None else of for term, of in terms.items()} if isinstance(terms, dict) else terms
    normal, findings = check_body(shape, {"terms": plain})
    read = normal.get("terms", {})
    found = [Finding(f.path[1:], f.code, f.message, f.severity, f.at_key) for f in findings]
    return read, found or list(_find_claimed(read, known[name] if known is not None else {}))


def _resolve_makes(own: Raw, known: Raw) -> tuple[Mapping[str, Mapping[str, Any]], list[Finding]]:
    """Bring the makes of a workspace's models to the terms that they mean, or say which are none."""
    makes = make_terms(_merge(known[_MAKES], own.get(_MAKES, {})))
    findings: list[Finding] = []
    resolved: dict[str, Mapping[str, Any]] = {}
    for model, of in own[_MODELS].items():
        found = [makes.find(text) for text in of.get("make", ())]
        resolved[model] = {**of, "make": [term.name for term in found if term is not None]}
        for text, term in zip(of.get("make", ()), found, strict=True):
            if term is None:
                message = f"{shorten(text)} is no make: {expected(text, makes.names)}, or a term of {_MAKES} here"
                findings.append(Finding((model, "make"), "not_allowed", message))
    return resolved, findings


def _find_claimed(own: Mapping[str, Mapping[str, Any]], packaged: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Find the spellings that would mean two terms."""
    owner = {fold(spelling): name for name, of in packaged.items() for _, spelling in _spellings(name, of)}
    owner |= {fold(name): name for name in packaged}
    seen: set[str] = set()
    for name, of in own.items():
        if fold(name) in seen:
            message = f"{shorten(name)} stands twice: case, space, - and _ make no difference"
            yield Finding((name,), "duplicate_item", message)
        seen.add(fold(name))
        for path, spelling in _spellings(name, of):
            other = owner.setdefault(fold(spelling), name)
            if fold(other) != fold(name):
                message = f"{shorten(spelling)} cannot mean {elide(name)}: it means {elide(other)} already"
                yield Finding((name, *path), "duplicate_item", message)


def _spellings(name: str, of: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield (), name
    if "ena" in of:
        yield ("ena",), of["ena"]
    yield from ((("synonyms", index), spelling) for index, spelling in enumerate(of.get("synonyms", ())))


def _place(file: str, tree: Tree, name: str, finding: Finding, seen: KeyPlaces) -> Problem:
    path = (name, *finding.path)
    line, column = locate(tree.mark, path, key=finding.at_key, seen=seen)
    return Problem(finding.severity, file, line, column, ".".join(map(str, path)), finding.code, finding.message)


def make_vocabularies(packaged: Raw, own: Raw) -> Vocabularies:
    """Put a workspace's terms on top of the packaged ones: a term that both have gains the workspace's spellings."""
    return {name: make_terms(_merge(terms, own.get(name, {}))) for name, terms in packaged.items()}


def _merge(packaged: Mapping[str, Mapping[str, Any]], own: Mapping[str, Mapping[str, Any]]) -> list[Term]:
    terms = {fold(name): _term(name, of) for name, of in packaged.items()}
    for name, of in own.items():
        before = terms.get(fold(name))
        added = _term(name, of)
        terms[fold(name)] = added if before is None else _add_spellings(before, added, of)
    return list(terms.values())


def _term(name: str, of: Mapping[str, Any]) -> Term:
    return Term(name, of.get("ena", name), tuple(of.get("synonyms", ())), tuple(of.get("make", ())))


def _add_spellings(before: Term, added: Term, of: Mapping[str, Any]) -> Term:
    return Term(
        before.name,
        added.ena if "ena" in of else before.ena,
        (*before.synonyms, *added.synonyms),
        added.makes or before.makes,
    )
