"""List the records of a kind: name, UUID, state and version.

examples:
  seqmeta list orders
  seqmeta list submission --state cancelled
  seqmeta list sequencing_run --format csv > runs.csv
"""

import argparse

from seqmeta.cli import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("kind", metavar="KIND", help="the kind, singular or plural")
    parser.add_argument("--state", help="only what is in this state, such as building, sealed, cancelled, inactive")
    parser.add_argument("--rev", help="as of this git revision of the records (default: now)")
    parser.add_argument("--format", choices=("text", "csv", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print the list."""
    from seqmeta.kinds import find_kind
    from seqmeta.listing import list_kind
    from seqmeta.revision import open_revision
    from seqmeta.tables import render_lines

    kind = find_kind(arguments.kind)
    revision = open_revision(context.open_workspace(), arguments.rev, context.ticker)
    for lines in render_lines(list_kind(revision, kind, arguments.state), arguments.format):
        print(lines)
    return 0
