"""Hold a recorded sequencing run against what the instrument wrote, field by field.

Each field is `same`, `differs`, `only declared` or `only measured`; exit code 1 where any differs. RUN is the name
or UUID of a recorded run; the folder is read as `seqmeta import` reads it.

examples:
  seqmeta compare 150602_M01270_0108_000000000-ADWKV --run-folder runs/150602_M01270_0108_000000000-ADWKV
  seqmeta compare 09ef4b3a-1bad-453a-a291-029ac9bd705d --run-folder runs/20200322 --format json
"""

import argparse
from typing import TYPE_CHECKING

from seqmeta.cli import Context

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seqmeta.imports.comparison import Comparison
    from seqmeta.imports.drafts import Draft
    from seqmeta.records import Body

_COLUMNS = ("field", "verdict", "declared", "measured")
_FORMATS = {"ILLUMINA": "illumina", "OXFORD_NANOPORE": "nanopore", "PACBIO_SMRT": "pacbio"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("run", metavar="RUN", help="a recorded sequencing run: its name or UUID")
    parser.add_argument(
        "--run-folder", metavar="DIR", required=True, help="what the instrument wrote: a folder or file"
    )
    parser.add_argument("--rev", help="the record as of this git revision (default: now)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Compare, and print what was found."""
    import sys
    from pathlib import Path

    from seqmeta.commands.import_ import place
    from seqmeta.errors import UsageError
    from seqmeta.imports.comparison import choose_draft, compare
    from seqmeta.imports.sources import FaultySourceError
    from seqmeta.rendering import render_problem

    uuid, declared = _find_declared(context, arguments.run, arguments.rev)
    folder = Path(arguments.run_folder)
    try:
        drafts = _load_drafts(context, folder, declared["instrument_make"])
    except FaultySourceError as error:
        for problem in error.problems:
            print(render_problem(place(problem, folder)), file=sys.stderr)
        return 1
    draft = choose_draft(drafts, declared)
    if draft is None:
        listed = ", ".join(str(of.body.get("run_name") or of.body.get("sequencing_id")) for of in drafts)
        raise UsageError(f"{folder} has {len(drafts)} runs and none is that of the record: {listed}")
    comparisons = compare(declared, draft, context.open_workspace().rulebook.shape("sequencing_run"))
    _print(uuid, comparisons, arguments.format)
    return int(any(of.verdict == "differs" for of in comparisons))


def _find_declared(context: Context, name: str, rev: str | None) -> "tuple[str, Body]":
    """Find the record that is meant, together with its library's."""
    from seqmeta.errors import UsageError
    from seqmeta.imports.comparison import declare
    from seqmeta.lookup import find_record
    from seqmeta.revision import open_revision
    from seqmeta.values import shorten

    revision = open_revision(context.open_workspace(), rev)
    match = find_record(revision, name)
    record = revision.get(match.kind, match.uuid)
    if match.kind != "sequencing_run" or record is None:
        raise UsageError(f"{shorten(name)} is a {match.kind}: expected a sequencing_run")
    library = record.body.get("library")
    described = revision.get("library", library["uuid"]) if library is not None else None
    return match.uuid, declare(record.body, described.body if described is not None else None)


def _load_drafts(context: Context, folder: "Path", make: str) -> "Sequence[Draft]":
    from importlib import import_module
    from typing import Any

    module: Any = import_module(f"seqmeta.imports.{_FORMATS[make]}")
    imported = module.load(folder, context.open_workspace().rulebook)
    return [draft for of in imported.documents if of.kind == "sequencing_run" for draft in of.drafts]


def _print(uuid: str, comparisons: "Sequence[Comparison]", form: str) -> None:
    from dataclasses import asdict

    from seqmeta.rendering import render_json
    from seqmeta.tables import Table, render_table

    rows = [asdict(of) for of in comparisons]
    contradictions = sum(of.verdict == "differs" for of in comparisons)
    if form == "json":
        print(render_json({"run": uuid, "fields": rows, "contradictions": contradictions}))
        return
    print(render_table(Table(_COLUMNS, rows), "text"))
    print(f"{contradictions} {'contradiction' if contradictions == 1 else 'contradictions'}")
