"""A workspace: a folder with `config/config.yaml`, to its configuration, its vocabularies and its rules."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

from seqmeta.config import DEFAULT_FILE, Config, read_config
from seqmeta.descriptions import DescriptionFile, find_files, find_misnamed, read_bytes, require_own_folder
from seqmeta.errors import WorkspaceError
from seqmeta.presence import is_file, is_folder, is_link, is_there
from seqmeta.problems import Problem
from seqmeta.reader import MAX_BYTES
from seqmeta.rulebook import Rulebook
from seqmeta.vocabularies import make_vocabularies, packaged_terms, read_terms


class Workspace(NamedTuple):
    """An open workspace; `problems` are those of its configuration and vocabularies."""

    root: Path
    config: Config
    rulebook: Rulebook
    problems: tuple[Problem, ...]

    @property
    def records_folder(self) -> Path:
        """Where the store is."""
        return self.root / self.config.records

    def require_config(self) -> None:
        """Raise WorkspaceError where the configuration is wrong: it may mean another store, or keys that it must have.

        For what reads or mends a store; what judges descriptions lists these problems with theirs.
        """
        wrong = next((of for of in self.problems if of.path.partition(".")[0] == "config"), None)
        if wrong is not None:
            place = f"{wrong.file}:{wrong.line}:{wrong.column}: {wrong.path}"
            raise WorkspaceError(f"{place}: {wrong.message} [{wrong.code}]")

    def find_misnamed(self) -> list[str]:
        """Find the files that are no descriptions only because their ending is not in lower case."""
        config = self.config
        return list(find_misnamed(self.root, config.descriptions, (config.records, config.results)))

    @property
    def cache_folder(self) -> Path:
        """What may be deleted at any time: never the truth."""
        return self.root / ".seqmeta"

    def find_descriptions(self) -> tuple[list[DescriptionFile], list[Problem]]:
        """Find the description files; WorkspaceError where one of the folders is none, or is named and missing."""
        config = self.config
        for folder in config.descriptions:
            path = self.root / folder
            is_blocked = os.path.lexists(path)
            is_wanted = config.are_descriptions_named or (is_blocked and not is_link(path))
            if is_wanted and not is_folder(path):
                what = "no folder" if is_blocked else "missing"
                raise WorkspaceError(f"the folder of descriptions {folder} is {what} in {self.root}")
        return find_files(self.root, config.descriptions, (config.records, config.results))


def open_workspace(root: Path, config_file: Path | None = None) -> Workspace:
    """Open the workspace at `root`; `config_file` (`-`: standard input) takes the place of its own."""
    if not is_folder(root):
        raise WorkspaceError(f"{root} is not a folder")
    path = config_file if config_file is not None else root / DEFAULT_FILE
    data = _read_config_file(path, is_own=config_file is None)
    shown = str(config_file) if config_file is not None else DEFAULT_FILE
    config, problems = read_config(shown, data)
    for folder in (config.records, config.results):
        require_own_folder(root, folder)
    own, more = _read_own_terms(root, config)
    rulebook = Rulebook(make_vocabularies(packaged_terms(), own))
    return Workspace(root, config, rulebook, (*problems, *more))


def find_workspace(root: Path, config_file: Path | None = None) -> Workspace:
    """Open the workspace at `root`; where there is none, and no configuration is named, one of the defaults alone."""
    if config_file is not None or is_there(root / DEFAULT_FILE):
        return open_workspace(root, config_file)
    return Workspace(root, Config(), Rulebook(make_vocabularies(packaged_terms(), {})), ())


def _read_config_file(path: Path, *, is_own: bool) -> bytes:
    """Read a configuration; the workspace's own must be a file, for anything else may never end."""
    if is_own and is_there(path) and not is_file(path):
        raise WorkspaceError(f"{path} is not a regular file")
    try:
        if path == Path("-"):
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        hint = _find_hint(path.parent.parent) if is_own else ""
        raise WorkspaceError(f"{path} cannot be read ({error.strerror}){hint}") from error


def _find_hint(root: Path) -> str:
    """Say where the workspace is, when a folder above is one: it is not taken unasked, for it may be another's."""
    above = next((of for of in root.resolve().parents if is_file(of / DEFAULT_FILE)), None)
    return ": `seqmeta init` makes a workspace" if above is None else f": there is a workspace above, so `-C {above}`"


def _read_own_terms(root: Path, config: Config) -> tuple[dict[str, dict[str, dict[str, object]]], list[Problem]]:
    if not os.path.lexists(root / config.vocabularies):
        if config.are_vocabularies_named:
            raise WorkspaceError(f"the vocabularies file {config.vocabularies} is missing in {root}")
        return {}, []
    raw, problems = read_terms(config.vocabularies, read_bytes(root, config.vocabularies), packaged_terms())
    return {name: {term: dict(of) for term, of in terms.items()} for name, terms in raw.items()}, problems
