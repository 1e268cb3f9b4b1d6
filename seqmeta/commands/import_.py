"""Write descriptions of what instruments, tables and other systems have written, for a person to review.

Nothing is recorded: the YAML goes to standard output or into a new file. What the files do not say is left open and
marked GAP, with the legal values; `seqmeta check` names what was not filled in. No workspace is needed.

examples:
  seqmeta import illumina runs/150602_M01270_0108_000000000-ADWKV
  seqmeta import illumina SampleSheet.csv -o config/descriptions/run-8.yaml
  seqmeta import nanopore runs/20221103_EGS2_25070AT
  seqmeta import table bulk-submission.csv --kind order -o config/descriptions/orders-8.yaml
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from seqmeta.cli import Context
from seqmeta.errors import WorkspaceError


def _no_options(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def _kind_of_table(parser: argparse.ArgumentParser) -> None:
    """Ask what the rows of a table are."""
    kinds = ("biosample", "asset", "order")
    about = "what each row of the table is; `seqmeta export table` writes such tables, with the columns of each"
    parser.add_argument("--kind", choices=kinds, required=True, help=about)


class Format(NamedTuple):
    """What help says of one of `seqmeta.imports.formats.MODULES`, and the options that it takes."""

    about: str
    path: str
    add_options: Callable[[argparse.ArgumentParser], None] = _no_options


FORMATS = {
    "illumina": Format(
        "a run folder with RunInfo.xml, RunParameters.xml, SampleSheet.csv, or one of them", "RUN_FOLDER"
    ),
    "nanopore": Format(
        "a run folder with final_summary*.txt, report_*.json, report*.md or a MinKNOW sample sheet",
        "RUN_FOLDER",
    ),
    "pacbio": Format("a run folder with *.metadata.xml or *readset.xml, or one of them", "RUN_FOLDER"),
    "ena-receipt": Format("a receipt of the archive, with its accessions", "RECEIPT.xml"),
    "majora": Format("a JSON body for Majora's library.add or sequencing.add", "BODY.json"),
    "table": Format(
        "a CSV, TSV or XLSX table of biosamples, assets, or orders in Sequencescape's bulk columns",
        "FILE",
        _kind_of_table,
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    words = parser.add_subparsers(dest="format", metavar="FORMAT", required=True)
    for word, of in FORMATS.items():
        of_format = words.add_parser(word, help=of.about, description=f"Import {of.about}.", allow_abbrev=False)
        of_format.add_argument("path", metavar=of.path, help=of.about)
        of_format.add_argument(
            "-o", dest="output", metavar="FILE", help="write into this new file, not standard output"
        )
        of.add_options(of_format)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Read what was named, and write the descriptions."""
    import sys

    from seqmeta.imports.formats import load_imported
    from seqmeta.imports.sources import FaultySourceError
    from seqmeta.imports.writing import render_import
    from seqmeta.rendering import render_problem
    from seqmeta.workspace import find_workspace

    options: dict[str, Any] = vars(arguments).copy()
    form, path, output = options.pop("format"), Path(options.pop("path")), options.pop("output")
    rulebook = find_workspace(context.root, context.config).rulebook
    try:
        text = render_import(load_imported(form, path, rulebook, **options), rulebook)
    except FaultySourceError as error:
        for problem in error.problems:
            print(render_problem(problem), file=sys.stderr)
        return 1
    if output is None:
        print(text, end="")
    else:
        _write_new(Path(output), text)
    return 0


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise WorkspaceError(f"{path} is there already, and an import replaces no file: name another one") from None
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}") from error
