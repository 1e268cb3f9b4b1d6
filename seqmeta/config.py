"""The configuration of a workspace: `config/config.yaml` to a value with every default filled in (CONTRACT 2)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from seqmeta.checking import check_body
from seqmeta.kinds import load_fields
from seqmeta.problems import Finding, Problem
from seqmeta.reader import KeyPlaces, Tree, Value, locate, read_json, read_yaml
from seqmeta.shapes import compile_shape
from seqmeta.values import elide, shorten

DEFAULT_FILE = "config/config.yaml"
DEFAULT_DESCRIPTIONS = ("config/catalogue", "config/descriptions")
_BRANCH = re.compile(r"(?!HEAD$)(?!.*(?:\.\.|//|\.lock(?:/|$)|/\.))[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}(?<![./])")
_KEPT_BY_PROGRAMS = (".git", ".seqmeta")


class Config(NamedTuple):
    """What a workspace is set to; paths are relative to it, with `/` between their parts."""

    descriptions: tuple[str, ...] = DEFAULT_DESCRIPTIONS
    are_descriptions_named: bool = False
    records: str = "records"
    results: str = "results"
    committer: tuple[str, str] | None = None
    vocabularies: str = "config/vocabularies.yaml"
    are_vocabularies_named: bool = False
    unregistered_biosamples: str = "refuse"
    shard_size: int = 1000
    remote: str | None = None
    branch: str = "main"
    signing_key: str | None = None
    allowed_signers: str | None = None


def read_config(file: str, data: bytes) -> tuple[Config, list[Problem]]:
    """Read a configuration file; what is wrong with it stands in the problems, and has its default in the value."""
    reading = read_json(data) if file.endswith(".json") else read_yaml(data)
    problems = [_problem(file, of.line, of.column, of.path, of.code, of.message) for of in reading.faults]
    if len(reading.documents) > 1:
        mark = reading.documents[1].mark
        message = "a second document: a configuration is one mapping"
        problems.append(_problem(file, mark.line, mark.column, (), "yaml_syntax", message))
    if not reading.documents or not isinstance(reading.documents[0].value, dict):
        return Config(), problems
    tree = reading.documents[0]
    normal, findings = check_body(compile_shape("the configuration", load_fields("config"), {}), tree.value)
    findings = list(filter(None, (_find_part(finding, tree.value) for finding in findings))) or findings
    findings += [*_find_outside(normal), *_find_in_the_way(normal)]
    if "branch" in normal and not is_branch_name(normal["branch"]):
        branch = shorten(normal["branch"])
        message = f"{branch} cannot be the name of a branch: expected letters, digits, _ and - . / inside"
        findings.append(Finding(("branch",), "not_allowed", message))
    seen: KeyPlaces = {}
    problems.extend(_place(file, tree, finding, seen) for finding in findings)
    faulty = {finding.path[0] for finding in findings if finding.path}
    sound = {key: value for key, value in normal.items() if key not in faulty or key not in (*_PLAIN, *_INSIDE)}
    return _make_config(sound), problems


def is_branch_name(name: str) -> bool:
    """Whether a branch of records may have this name: one that git takes, and that no option or path looks like."""
    return _BRANCH.fullmatch(name) is not None


def _place(file: str, tree: Tree, finding: Finding, seen: KeyPlaces) -> Problem:
    line, column = locate(tree.mark, finding.path, key=finding.at_key, seen=seen)
    return _problem(file, line, column, finding.path, finding.code, finding.message)


def _problem(file: str, line: int, column: int, path: tuple[str | int, ...], code: str, message: str) -> Problem:
    return Problem("error", file, line, column, ".".join(map(str, ("config", *path))), code, message)


def _find_part(finding: Finding, config: Value) -> Finding | None:
    """Say of an unknown key that has a module's configuration below it where its workflow writes that by itself.

    The other keys are then the workflow's, and nothing is to be said of them.
    """
    key = finding.path[0] if finding.code == "unknown_field" and len(finding.path) == 1 else None
    part = config.get(str(key)) if isinstance(config, dict) else None
    if not isinstance(part, dict) or not part or part.keys() - load_fields("config"):
        return None
    results = part.get("results", Config().results)
    message = f"{shorten(str(key))} is no key of the configuration: if a workflow has that of its module there, say"
    return finding._replace(message=f"{message} `--config {results}/config.json`, which the workflow writes")


def _find_outside(normal: Mapping[str, Any]) -> list[Finding]:
    """Find the folders that are not inside the workspace (CONTRACT 2: they stay inside it)."""
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("descriptions", index), folder) for index, folder in enumerate(normal.get("descriptions", ()))
    ]
    named += [((key,), normal[key]) for key in ("records", "results") if key in normal]
    return [
        Finding(path, "not_allowed", f"{shorten(of)} is not inside the workspace: expected a relative path without ..")
        for path, of in named
        if not _is_inside(of)
    ]


def _find_in_the_way(normal: Mapping[str, Any]) -> Iterator[Finding]:
    """Find folders of which one would be written over another: of git, of what people write, of the records."""
    folders = {key: PurePosixPath(normal[key]) for key in _INSIDE if key in normal and _is_inside(normal[key])}
    for key, folder in folders.items():
        kept = next((part for part in folder.parts if part.lower() in _KEPT_BY_PROGRAMS), None)
        if kept is not None:
            yield Finding((key,), "not_allowed", f"{key} is in {kept}, where a program keeps its own: choose another")
    config = _make_config(normal)
    records, results = PurePosixPath(config.records), PurePosixPath(config.results)
    written = [*config.descriptions, config.vocabularies, DEFAULT_FILE]
    covered = next((path for path in written if PurePosixPath(path).is_relative_to(records)), None)
    if covered is not None:
        message = f"{elide(covered)} would be in the folder of the records: expected one that holds records only"
        yield Finding(("records",), "not_allowed", message)
    if config.results in config.descriptions:
        message = f"{config.results} would hold descriptions and what the workflow writes: expected two folders"
        yield Finding(("results" if "results" in normal else "descriptions",), "not_allowed", message)
    if results.is_relative_to(records):
        message = f"{elide(config.results)} is, or is in, the folder of the records: expected another folder"
        yield Finding(("results" if "results" in normal else "records",), "not_allowed", message)


def _is_inside(folder: str) -> bool:
    path = PurePosixPath(folder)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in folder and path != PurePosixPath()


def _make_config(normal: Mapping[str, Any]) -> Config:
    plain = {key: normal[key] for key in _PLAIN if key in normal}
    plain |= {key: _tidy(normal[key]) for key in _INSIDE if key in normal and _is_inside(normal[key])}
    committer = normal.get("committer", {})
    descriptions = [_tidy(folder) for folder in normal.get("descriptions", ()) if _is_inside(folder)]
    signing = normal.get("signing", {})
    return Config(
        **plain,
        descriptions=tuple(dict.fromkeys(descriptions)) or DEFAULT_DESCRIPTIONS,
        are_descriptions_named=bool(descriptions),
        are_vocabularies_named="vocabularies" in normal,
        committer=(committer["name"], committer["email"]) if {"name", "email"} <= committer.keys() else None,
        signing_key=signing.get("key"),
        allowed_signers=signing.get("allowed_signers"),
    )


def _tidy(folder: str) -> str:
    """Write a folder in one way, so that files below it have one path each: `./a//b/` is `a/b`."""
    return PurePosixPath(folder).as_posix()


_PLAIN = ("vocabularies", "unregistered_biosamples", "shard_size", "remote", "branch")
_INSIDE = ("records", "results")
