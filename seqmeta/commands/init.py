"""Make a small workspace that runs as it is: configuration, catalogue, and an example from order to sequencing run.

Never overwrites: where one of its files exists already, that is said and nothing is made. A README.md and a .gitignore
that are there stay as they are, and the workspace is made beside them.

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
    made = make_workspace(folder)
    for file in made.written:
        print(printable(str(folder / file)))
    for file in made.left:
        print(printable(f"{folder / file} was there and stays as it is"))
    if made.not_ignored:
        print(f"add to .gitignore, so that git leaves alone what seqmeta makes: {' '.join(made.not_ignored)}")
    where = "" if folder.resolve() == Path.cwd() else f"-C {shlex.quote(str(folder))} "
    print(printable(f"next: `seqmeta {where}check`, `seqmeta {where}plan`, `seqmeta {where}apply`"))
    return 0
