"""Say what changed in the records between two revisions, field by field.

A revision is one of git's, of the repository of records: a commit, `main~3`, a tag such as `seal/UUID`.

examples:
  seqmeta diff main~1
  seqmeta diff 4f8ef0f5 main --format json
"""

import argparse

from seqmeta.cli import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("old", metavar="REV", help="the revision to start from")
    parser.add_argument("new", metavar="REV", nargs="?", help="the revision to end at (default: now)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print what differs."""
    from seqmeta.differences import find_differences, plain_differences, render_differences
    from seqmeta.rendering import render_json
    from seqmeta.revision import open_revision

    revision = open_revision(context.open_workspace(), arguments.new)
    old = revision.repository.resolve(arguments.old)
    differences = find_differences(revision.repository, old, revision.commit)
    if arguments.format == "json":
        print(render_json(plain_differences(old, revision.commit, differences)))
    else:
        for line in render_differences(differences):
            print(line)
    return 0
