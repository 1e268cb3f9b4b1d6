"""The name of a format and a path to what an import finds there (CONTRACT 5)."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from seqmeta.imports.drafts import Imported
from seqmeta.imports.sources import FaultySourceError
from seqmeta.presence import is_folder
from seqmeta.rulebook import Rulebook, cap_problems

MODULES: Mapping[str, str] = {
    "illumina": "illumina",
    "nanopore": "nanopore",
    "pacbio": "pacbio",
    "ena-receipt": "ena_receipt",
    "majora": "majora",
    "table": "tables",
}
"""The modules of `seqmeta.imports` by the formats that they read, each with a `load(path, rulebook, **options)`."""


def load_imported(form: str, path: Path, rulebook: Rulebook, **options: Any) -> Imported:
    """Read what is at a path in one of `MODULES`' formats; `kind` is an option of tables.

    FaultySourceError has what is wrong in the files, named as the path was; WorkspaceError says what cannot be read.
    """
    module: Any = import_module(f"seqmeta.imports.{MODULES[form]}")
    try:
        imported: Imported = module.load(path, rulebook, **options)
    except FaultySourceError as error:
        capped = cap_problems(error.problems[0].file, error.problems)
        files = {of.file: str(path / of.file) if is_folder(path) else str(path) for of in capped}
        raise FaultySourceError([of._replace(file=files[of.file]) for of in capped]) from error
    return imported
