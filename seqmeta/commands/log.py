"""List the versions of one record, newest first: commit, time, who, and the fields that changed.

examples:
  seqmeta log 'Order 1'
  seqmeta log biosample/S1 --format json
"""

import argparse
from typing import TYPE_CHECKING

from seqmeta.cli import Context

if TYPE_CHECKING:
    from seqmeta.history import Version


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument(
        "name", metavar="[KIND/]NAME", help="its name or UUID, with its kind where needed; NAME@3: up to its version 3"
    )
    parser.add_argument("--rev", help="up to this git revision of the records (default: now)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print the versions."""
    from seqmeta.history import plain_version
    from seqmeta.rendering import render_json
    from seqmeta.revision import open_revision
    from seqmeta.shown import find_versions

    revision = open_revision(context.open_workspace(), arguments.rev, context.ticker)
    versions = find_versions(revision, arguments.name)
    if arguments.format == "json":
        print(render_json([plain_version(version) for version in versions]))
    else:
        print("\n\n".join(render_version(version) for version in versions))
    return 0


def render_version(version: "Version") -> str:
    """Write a version for a person to read."""
    from seqmeta.record_text import render_field
    from seqmeta.rendering import printable
    from seqmeta.values import time_text

    author = version.commit.author
    head = f"version {version.record.version}  {version.commit.id[:12]}  {time_text(author.time)}  {author.name}"
    lines = [head, f"    {version.subject}"]
    if version.descriptions_commit is not None:
        lines.append(f"    from descriptions {version.descriptions_commit[:12]}")
    if version.brought_from is not None:
        lines.append(f"    from the schema {version.brought_from} to a newer one")
    lines += ["    created"] if version.changes is None else [f"    {render_field(of)}" for of in version.changes]
    return "\n".join(map(printable, lines))
