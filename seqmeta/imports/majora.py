"""Bodies of Majora's `api.artifact.library.add` and `api.process.sequencing.add` to drafts of libraries and runs.

Both forms of the second are read: the one of March 2020, which describes the library along with one run, and the later
one, with a list `runs`. What Majora would refuse is refused; what it takes and descriptions do not becomes a comment.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from seqmeta import libraries
from seqmeta.archive_terms import load_archive_terms
from seqmeta.checking import check_body
from seqmeta.identity import derive, is_uuid
from seqmeta.imports.drafts import Document, Draft, Imported
from seqmeta.imports.sources import FaultySourceError, Source, load_source
from seqmeta.kinds import load_kinds
from seqmeta.problems import Finding, Problem
from seqmeta.reader import Mark, Reading, Value, locate, read_json, read_yaml
from seqmeta.rulebook import Rulebook
from seqmeta.values import shorten
from seqmeta.vocabulary import fold

_OF_CLIENT = ("client_name", "client_version", "force_biosamples")
_SECRET = ("username", "token")
_BARE_UUID = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_WHOLE = re.compile(r"([0-9]+)\.0+", re.ASCII)
_TIMES = ("start_time", "end_time")
_SECONDS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_LENIENT = ("instrument_model", "library_source", "library_selection", "library_strategy")
"""Fields in which Majora takes, or the archive has, more than the vocabularies do."""

_MOST_RUNS, _MOST_REPEATED = 2_000, 100_000
"""How many bodies and runs a file may have, and how many values that stand beside `runs` and count for each of them."""
_AT_MOST = f"at most {_MOST_RUNS:,} in one file; import it in parts"


@dataclass(slots=True)
class _Reader:
    """One file that is being read, and what is wrong in it."""

    source: Source
    rulebook: Rulebook
    problems: list[Problem] = field(default_factory=list)

    def report(self, mark: Mark, path: tuple[str | int, ...], code: str, message: str) -> None:
        line, column = locate(mark, path)
        self.problems.append(self.source.problem(code, message, line, column))


def load(path: Path, rulebook: Rulebook) -> Imported:
    """Read a body; FaultySourceError with all that Majora would refuse."""
    source = load_source(path)
    reading = _parse(source)
    if reading.faults:
        raise FaultySourceError([source.problem(of.code, of.message, of.line, of.column) for of in reading.faults])
    reader = _Reader(source, rulebook)
    if len(reading.documents) > _MOST_RUNS:
        raise source.fault("out_of_range", f"the file has {len(reading.documents):,} bodies: expected {_AT_MOST}")
    documents = []
    for tree in reading.documents:
        documents += [Document(draft.kind, [draft]) for draft in _read_body(reader, tree.value, tree.mark)]
    _find_repeated(reader, documents)
    if reader.problems:
        raise FaultySourceError(reader.problems)
    if not documents:
        raise source.fault("required_field", "the file is empty: expected a body for Majora")
    return Imported([f"From {source.name}, a body for Majora. Its biosamples have to be described too."], documents)


def _parse(source: Source) -> Reading:
    """Read JSON; the documentation's own example has commas before closing brackets, which YAML takes."""
    strict = read_json(source.data)
    if not strict.faults:
        return strict
    liberal = read_yaml(source.data)
    is_body = all(isinstance(tree.value, dict) for tree in liberal.documents)
    return strict if liberal.faults or not liberal.documents or not is_body else liberal


def _read_body(reader: _Reader, body: Value, mark: Mark) -> Iterator[Draft]:
    if not isinstance(body, dict):
        reader.report(mark, (), "wrong_type", "a body for Majora is a JSON object")
        return
    if body.get("library_name") is None:
        reader.report(mark, (), "required_field", "library_name is missing or empty")
    if "runs" in body:
        yield from _read_runs(reader, body, mark)
        return
    if not body.get("biosamples"):
        reader.report(mark, ("biosamples",), "required_field", "biosamples are missing or empty")
    is_run = "sequencing_id" in body or "instrument_make" in body
    kind = "sequencing_run" if is_run else "library"
    yield _draft(reader, kind, body, mark, {key: (key,) for key in body})


def _read_runs(reader: _Reader, body: Mapping[str, Value], mark: Mark) -> Iterator[Draft]:
    runs = body["runs"]
    if not runs:
        reader.report(mark, ("runs",), "required_field", "runs are missing or empty: expected a list of them")
        return
    if not isinstance(runs, list):
        reader.report(
            mark, ("runs",), "wrong_type", f"{shorten(str(runs))} is no list of runs: expected a list of them"
        )
        return
    if len(runs) > _MOST_RUNS:
        reader.report(mark, ("runs",), "out_of_range", f"there are {len(runs):,} runs: expected {_AT_MOST}")
        return
    around = {key: value for key, value in body.items() if key != "runs"}
    library = _split_library(reader, around) if len(runs) > 1 else {}
    if len(runs) > 1 and len(runs) * _count(around) > _MOST_REPEATED:
        message = "beside runs stands too much that would count for each of them: describe it once, as the library"
        reader.report(mark, ("runs",), "out_of_range", message)
        return
    if library:
        yield _draft(reader, "library", library, mark, {key: (key,) for key in library})
    for index, run in enumerate(runs):
        if not isinstance(run, dict):
            reader.report(mark, ("runs", index), "wrong_type", f"{shorten(str(run))} is no run: expected an object")
            continue
        paths: dict[str, tuple[str | int, ...]] = {key: (key,) for key in around}
        paths |= {key: ("runs", index, key) for key in run}
        yield _draft(reader, "sequencing_run", {**around, **run}, mark, paths)
        around = {key: value for key, value in around.items() if _is_known(reader, "sequencing_run", key)}


def _split_library(reader: _Reader, around: dict[str, Value]) -> dict[str, Value]:
    """Take what describes the library out of what stands beside several runs: it is described once, not with each."""
    embedded = load_kinds()["sequencing_run"].embedded
    aliases = reader.rulebook.shape("library").aliases
    taken = [key for key in around if aliases.get(key, key) in embedded]
    return {"library_name": around.get("library_name")} | {key: around.pop(key) for key in taken} if taken else {}


def _count(value: Value) -> int:
    """How many values there are in a value."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_count, below))


def _draft(
    reader: _Reader, kind: str, raw: Mapping[str, Value], mark: Mark, paths: Mapping[str, tuple[str | int, ...]]
) -> Draft:
    shape = reader.rulebook.shape(kind)
    known = {key: _read_leniently(key, of) for key, of in raw.items() if _is_known(reader, kind, key)}
    rest = [key for key in raw if key not in known]
    notes: dict[str, list[str]] = {}
    body = {shape.aliases.get(key, key): value for key, value in known.items()} if _agree(known) else known
    if kind == "sequencing_run":
        body |= _identify(reader, body, mark, notes)
    normal, findings = check_body(shape, body)
    for finding in findings:
        path = finding.path
        if (finding.code == "required_field" and len(path) == 1) or _is_lenient(finding, body):
            continue
        where = (*paths.get(str(path[0]), (str(path[0]),)), *path[1:]) if path else ()
        reader.report(mark, where, finding.code, finding.message)
    if kind == "library":
        for finding in libraries.finish(normal):
            notes.setdefault(str(finding.path[0]), []).append(f"GAP {finding.message}")
    return Draft(kind, body, notes, [*_leftovers(raw, rest)])


def _is_known(reader: _Reader, kind: str, key: str) -> bool:
    shape = reader.rulebook.shape(kind)
    return shape.aliases.get(key, key) in shape.fields


def _read_leniently(key: str, value: Value) -> Value:
    """Read a length as Majora does, which takes `150.0` for 150, and the times of its documentation, with seconds."""
    if not isinstance(value, str):
        return value
    if key in _TIMES and _SECONDS.fullmatch(value):
        return f"{value.replace(' ', 'T')}Z"
    found = _WHOLE.fullmatch(value) if key.startswith("library_layout_") else None
    return found[1] if found is not None else value


def _agree(known: Mapping[str, Value]) -> bool:
    return len({"library_seq_protocl", "library_seq_protocol"} & known.keys()) < 2


def _leftovers(raw: Mapping[str, Value], rest: list[str]) -> Iterator[str]:
    for key in rest:
        yield key if key in _SECRET else f"{key}: {raw[key]}"


def _is_lenient(finding: Finding, body: Mapping[str, Value]) -> bool:
    """Whether Majora takes what descriptions do not: any model, more of the archive's options, more forms of a date."""
    name = str(finding.path[-1]) if finding.path else ""
    if (name, finding.code) == ("sequencing_org_received_date", "invalid_time"):
        return True  # Majora reads 01/02/2021 too, which is two days
    if name not in _LENIENT or finding.code not in ("not_allowed", "not_applicable"):
        return False
    value: Value = dict(body)
    for part in finding.path:
        value = value[part] if isinstance(value, dict | list) else None  # type: ignore[index]
    return name == "instrument_model" or (isinstance(value, str) and fold(value) in _archive_terms(name))


@cache
def _archive_terms(name: str) -> frozenset[str]:
    return frozenset(map(fold, load_archive_terms()[name]))


def _identify(reader: _Reader, body: Mapping[str, Value], mark: Mark, notes: dict[str, list[str]]) -> dict[str, Value]:
    """The UUID of a run as text with dashes; derived where the body has none but names the run."""
    given, run_name, make = body.get("sequencing_id"), body.get("run_name"), body.get("instrument_make")
    if isinstance(given, str) and _BARE_UUID.fullmatch(given):
        return {"sequencing_id": "-".join((given[:8], given[8:12], given[12:16], given[16:20], given[20:])).lower()}
    if given is not None:
        return {"sequencing_id": given.lower() if isinstance(given, str) and is_uuid(given) else given}
    if not isinstance(run_name, str) or not isinstance(make, str):
        reader.report(mark, (), "required_field", "sequencing_id is missing, and run_name too: a run needs one of them")
        return {}
    term = reader.rulebook.vocabularies["instrument_make"].find(make)
    notes["sequencing_id"] = ["the body has none: this UUIDv5 is derived from the make and the run's name"]
    return {"sequencing_id": derive("sequencing_run", term.name if term is not None else make, run_name)}


def _find_repeated(reader: _Reader, documents: list[Document]) -> None:
    seen: set[tuple[str, str]] = set()
    for document in documents:
        body = document.drafts[0].body
        key = document.kind, str(body.get("sequencing_id", body.get("library_name")))
        if key in seen:
            message = f"the {document.kind} {shorten(key[1])} is described twice"
            reader.problems.append(reader.source.problem("duplicate_identity", message))
        seen.add(key)
