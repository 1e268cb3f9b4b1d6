"""All that a description is checked by: the kinds, compiled with the vocabularies of a workspace."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from seqmeta import libraries, request_types
from seqmeta.checking import MOST_PROBLEMS, SUGGESTIONS, read_body
from seqmeta.documents import Document, Source, name_document, read_file
from seqmeta.kinds import load_kinds
from seqmeta.problems import Finding, Problem, Severity, has_errors, sort_problems
from seqmeta.records import Body
from seqmeta.shapes import Shape, Vocabularies, compile_kind
from seqmeta.version import __version__

_FINISHERS: Mapping[str, Callable[[dict[str, Any]], list[Finding]]] = {
    "library": libraries.finish,
    "request_type": request_types.finish,
}
"""What is particular to a kind and can be told from one body alone."""


class Checked(NamedTuple):
    """What became of one file: its things in normal form, what is wrong with them, and how many are described."""

    normal: list[tuple[str, Body, Source]]
    problems: list[Problem]
    documents: int
    faulty: frozenset[tuple[str, str]] = frozenset()
    """Kind and name or UUID of what has problems: a reference to it is not unknown."""
    partly: Sequence[tuple[str, Body, Source]] = ()
    """Of what has problems, what could be read of it."""


class Rulebook:
    """The compiled kinds; made once for a run, for compiling costs more than checking a document."""

    def __init__(self, vocabularies: Vocabularies) -> None:
        """Take the vocabularies of a workspace."""
        self._shapes: dict[str, Shape] = {}
        self.vocabularies = vocabularies

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 of the rules: what was checked by rules of the same digest need not be checked again."""
        kinds = {name: (kind.schema, kind.fields, sorted(kind.embedded)) for name, kind in load_kinds().items()}
        terms = {name: of.terms for name, of in self.vocabularies.items()}
        return hashlib.sha256(repr((__version__, kinds, terms)).encode()).hexdigest()

    def shape(self, kind: str) -> Shape:
        """The compiled schema of a kind."""
        if kind not in self._shapes:
            self._shapes[kind] = compile_kind(load_kinds()[kind], self.vocabularies)
        return self._shapes[kind]

    def check_document(self, document: Document, suggestions: int = SUGGESTIONS) -> tuple[Body, Body, list[Problem]]:
        """Check one document: its normal form, what could be read of its faulty fields, and what is wrong with it."""
        normal, findings, parts = read_body(self.shape(document.kind), document.body, suggestions)
        if document.kind in _FINISHERS:
            findings += _FINISHERS[document.kind](normal)
        return normal, parts, document.problems(findings)

    def check_file(self, file: str, data: bytes) -> Checked:
        """Check all that one file describes, until it has more problems than are reported."""
        documents, problems = read_file(file, data)
        unreadable = {(problem.line, problem.column) for problem in problems}
        unreadable_paths = {problem.path for problem in problems}
        normal: list[tuple[str, Body, Source]] = []
        partly: list[tuple[str, Body, Source]] = []
        faulty: set[tuple[str, str]] = set()
        for document in documents:
            if len(problems) > MOST_PROBLEMS:
                faulty.update(name_document(document))
                continue
            body, parts, found = self.check_document(document, SUGGESTIONS - len(problems))
            problems += [
                of for of in found if of.path not in unreadable_paths or (of.line, of.column) not in unreadable
            ]
            if found:
                faulty.update(name_document(document))
                partly.append((document.kind, {**body, **parts}, document.source))
            else:
                normal.append((document.kind, body, document.source))
        shown = cap_problems(file, sort_problems(problems))
        return Checked(normal, shown, len(documents), frozenset(faulty), partly)


def cap_problems(file: str, problems: list[Problem]) -> list[Problem]:
    """Keep the first problems of a file, and say that there are more, if that is not said among them already."""
    found = [problem for problem in problems if problem.code != "too_many_problems"]
    if len(found) <= MOST_PROBLEMS:
        return problems
    last = found[MOST_PROBLEMS - 1]
    severity: Severity = "error" if has_errors(problems) else "warning"
    message = f"there are more than {MOST_PROBLEMS} problems in {file}: mend these first"
    more = Problem(severity, file, last.line, last.column, "", "too_many_problems", message)
    said = (problem._replace(severity=severity) for problem in problems if problem.code == "too_many_problems")
    return [*found[:MOST_PROBLEMS], next(said, more)]
