"""The configuration of a workspace: `config/config.yaml` to a value with every default filled in (CONTRACT 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from seqmeta.checking import check_body
from seqmeta.kinds import load_fields
from seqmeta.problems import Finding, Problem
from seqmeta.reader import Tree, locate, read_json, read_yaml
from seqmeta.shapes import compile_shape

DEFAULT_FILE = "config/config.yaml"
DEFAULT_DESCRIPTIONS = ("config/catalogue", "config/descriptions")


@dataclass(frozen=True, slots=True)
class Config:
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
    findings += _find_outside(normal)
    problems.extend(_place(file, tree, finding) for finding in findings)
    return _make_config(normal), problems


def _place(file: str, tree: Tree, finding: Finding) -> Problem:
    line, column = locate(tree.mark, finding.path, key=finding.at_key)
    return _problem(file, line, column, finding.path, finding.code, finding.message)


def _problem(file: str, line: int, column: int, path: tuple[str | int, ...], code: str, message: str) -> Problem:
    return Problem("error", file, line, column, ".".join(map(str, ("config", *path))), code, message)


def _find_outside(normal: Mapping[str, Any]) -> list[Finding]:
    """Find the folders that are not inside the workspace (CONTRACT 2: they stay inside it)."""
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("descriptions", index), folder) for index, folder in enumerate(normal.get("descriptions", ()))
    ]
    named += [((key,), normal[key]) for key in ("records", "results") if key in normal]
    return [
        Finding(path, "not_allowed", f"{folder!r} is not inside the workspace: expected a relative path without ..")
        for path, folder in named
        if not _is_inside(folder)
    ]


def _is_inside(folder: str) -> bool:
    path = PurePosixPath(folder)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in folder and path != PurePosixPath()


def _make_config(normal: Mapping[str, Any]) -> Config:
    plain = {key: normal[key] for key in _PLAIN if key in normal and (key not in _INSIDE or _is_inside(normal[key]))}
    committer = normal.get("committer", {})
    descriptions = [folder.rstrip("/") for folder in normal.get("descriptions", ()) if _is_inside(folder)]
    signing = normal.get("signing", {})
    return Config(
        **plain,
        descriptions=tuple(descriptions) or DEFAULT_DESCRIPTIONS,
        are_descriptions_named=bool(descriptions),
        are_vocabularies_named="vocabularies" in normal,
        committer=(committer["name"], committer["email"]) if {"name", "email"} <= committer.keys() else None,
        signing_key=signing.get("key"),
        allowed_signers=signing.get("allowed_signers"),
    )


_PLAIN = ("records", "results", "vocabularies", "unregistered_biosamples", "shard_size", "remote", "branch")
_INSIDE = ("records", "results")
