"""Say who set each field of a record, and when: the version, the commit, the time, and the descriptions' commit.

examples:
  seqmeta blame 'Order 1'
  seqmeta blame 'Order 1' --format json
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqmeta.cli import Context

if TYPE_CHECKING:
    from seqmeta.history import FieldOrigin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument(
        "name", metavar="[KIND/]NAME", help="its name or UUID, with its kind where needed; NAME@3: its version 3"
    )
    parser.add_argument("--rev", help="as of this git revision of the records (default: now)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print the fields with their origins."""
    from seqmeta.history import plain_origin
    from seqmeta.rendering import render_json
    from seqmeta.revision import open_revision
    from seqmeta.shown import find_field_origins

    revision = open_revision(context.open_workspace(), arguments.rev, context.ticker)
    origins = find_field_origins(revision, arguments.name)
    if arguments.format == "json":
        print(render_json([plain_origin(origin) for origin in origins]))
    else:
        print(render_origins(origins))
    return 0


def render_origins(origins: "Sequence[FieldOrigin]") -> str:
    """Write where fields come from as aligned lines."""
    from seqmeta.rendering import render_value
    from seqmeta.tables import Table, render_table
    from seqmeta.values import time_text

    columns = ("field", "version", "commit", "time", "who", "descriptions", "value")
    rows = [
        {
            "field": origin.path,
            "version": origin.version.record.version,
            "commit": origin.version.commit.id[:12],
            "time": time_text(origin.version.commit.author.time),
            "who": origin.version.commit.author.name,
            "descriptions": (origin.version.descriptions_commit or "")[:12],
            "value": render_value(origin.value, 60),
        }
        for origin in origins
    ]
    return render_table(Table(columns, rows), "text")
