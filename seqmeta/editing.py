"""What lets an editor complete and check descriptions, offline: the JSON Schema beside them, and lines that lead to it.

The line is the one that the YAML language server looks for, in each document of a file.
"""

import json
import os.path
import re
from collections.abc import Iterable
from pathlib import Path

from seqmeta.descriptions import read_bytes
from seqmeta.errors import WorkspaceError
from seqmeta.json_schema import file_schema
from seqmeta.kinds import Kind, load_kinds
from seqmeta.rulebook import Rulebook

SCHEMA_FILE = "config/seqmeta.schema.json"
"""Where a workspace keeps the schema of its descriptions: below no folder of descriptions, for those are read."""

_RULES = re.compile(rb'"\$comment": "rules ([0-9a-f]{64})"')
_HEAD_BYTES = 1000
"""Within how much of the beginning of a schema it says by which rules it was made."""

_DOCUMENT_START = re.compile(r"^---[ \t]*$", re.MULTILINE)


def render_schema(rulebook: Rulebook, kinds: Iterable[Kind] | None = None) -> str:
    """Render the JSON Schema of descriptions of these kinds, of all by default, with the terms of a workspace."""
    chosen = load_kinds().values() if kinds is None else kinds
    schema = file_schema((kind, rulebook.shape(kind.name)) for kind in chosen)
    dialect = {"$schema": schema.pop("$schema"), "$comment": f"rules {rulebook.digest}"}
    return json.dumps({**dialect, **schema}, indent=2, ensure_ascii=False) + "\n"


def is_outdated(root: Path, rulebook: Rulebook) -> bool:
    """Whether the schema of a workspace was made by other rules, such as fewer terms; what is no file never is."""
    try:
        found = _RULES.search(read_bytes(root, SCHEMA_FILE)[:_HEAD_BYTES])
    except WorkspaceError:
        return False
    return found is None or found[1].decode() != rulebook.digest


def modeline(folder: str) -> str:
    """Write the line for files in a folder of a workspace; editors resolve the path from the file that it stands in."""
    path = os.path.relpath(SCHEMA_FILE, folder).replace(os.sep, "/")
    return f"# yaml-language-server: $schema={path}"


def add_modelines(text: str, folder: str) -> str:
    """Put the line into each document of a YAML text: on top, and behind every line that begins a document."""
    line = modeline(folder)
    return f"{line}\n" + _DOCUMENT_START.sub(lambda found: f"{found[0]}\n{line}", text)
