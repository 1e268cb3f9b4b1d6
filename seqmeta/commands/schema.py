"""Print the JSON Schema (2020-12) of descriptions, for editors that complete and check YAML while it is written.

With a KIND that of descriptions of this kind, whose body is `$defs/KIND` in it; with `all`, or nothing, that of every
description. In a workspace the terms are those of its vocabularies. A valid file may still have problems, for names
and references are no matter of a schema: `seqmeta check` has the last word.

A workspace keeps it as config/seqmeta.schema.json, where `seqmeta init` puts it and the lines that `seqmeta init` and
`seqmeta new` write into descriptions lead editors to. After a change of the vocabularies it has to be written anew.

examples:
  seqmeta schema -o config/seqmeta.schema.json
  seqmeta schema sequencing_run
"""

import argparse
from pathlib import Path

from seqmeta.cli import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("kind", nargs="?", metavar="KIND", default="all", help="study, order, … or all (the default)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it into this file (default: standard output)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print or write the schema."""
    from seqmeta.durability import write_durably
    from seqmeta.editing import render_schema
    from seqmeta.kinds import find_kind, load_kinds
    from seqmeta.outputs import require_output
    from seqmeta.rendering import printable
    from seqmeta.system_errors import store_errors
    from seqmeta.workspace import find_workspace

    kinds = None if arguments.kind == "all" else [load_kinds()[find_kind(arguments.kind)]]
    text = render_schema(find_workspace(context.root, context.config).rulebook, kinds)
    if arguments.output is None:
        print(text, end="")
        return 0
    path = require_output(Path(arguments.output))
    with store_errors(f"{path} cannot be written"):
        write_durably(path, text.encode())
    print(printable(str(path)))
    return 0
