"""Make a small workspace that runs as it is: configuration, catalogue, and an example from order to sequencing run.

Never overwrites: where one of its files exists already, that is said and nothing is made.

examples:
  seqmeta init lab
  seqmeta -C lab apply
"""

import argparse
from pathlib import Path

from seqmeta.cli import Context
from seqmeta.rendering import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("folder", nargs="?", metavar="DIR", default=".", help="where to make it (default: here)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Make the workspace and say what to do next."""
    import shlex

    from seqmeta.starters import make_workspace

    folder = context.root / Path(arguments.folder)
    files = make_workspace(folder)
    for file in files:
        print(printable(str(folder / file)))
    where = "" if folder.resolve() == Path.cwd() else f"-C {shlex.quote(str(folder))} "
    print(printable(f"next: `seqmeta {where}check`, `seqmeta {where}plan`, `seqmeta {where}apply`"))
    return 0
