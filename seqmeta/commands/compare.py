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

    from seqmeta.imports.comparison import Comparison

_COLUMNS = ("field", "verdict", "declared", "measured")


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

    from seqmeta.imports.recorded_runs import compare_run
    from seqmeta.imports.sources import FaultySourceError
    from seqmeta.rendering import render_problem
    from seqmeta.revision import open_revision

    workspace = context.open_workspace()
    revision = open_revision(workspace, arguments.rev)
    try:
        uuid, comparisons = compare_run(revision, arguments.run, Path(arguments.run_folder), workspace.rulebook)
    except FaultySourceError as error:
        for problem in error.problems:
            print(render_problem(problem), file=sys.stderr)
        return 1
    _print(uuid, comparisons, arguments.format)
    return int(any(of.verdict == "differs" for of in comparisons))


def _print(uuid: str, comparisons: "Sequence[Comparison]", form: str) -> None:
    from seqmeta.imports.comparison import plain_comparisons
    from seqmeta.rendering import render_json
    from seqmeta.tables import Table, render_table

    plain = plain_comparisons(uuid, comparisons)
    if form == "json":
        print(render_json(plain))
        return
    print(render_table(Table(_COLUMNS, plain["fields"]), "text"))
    print(f"{plain['contradictions']} {'contradiction' if plain['contradictions'] == 1 else 'contradictions'}")
