"""Print the JSON Schema (2020-12) of descriptions, for editors that complete and check YAML while it is written.

With a KIND that of descriptions of this kind, whose body is `$defs/KIND` in it; with `all`, or nothing, that of every
description. In a workspace the terms are those of its vocabularies. A valid file may still have problems, for names
and references are no matter of a schema: `seqmeta check` has the last word.

examples:
  seqmeta schema > seqmeta.schema.json
  seqmeta schema sequencing_run
  # an editor with the YAML language server then takes, as the first line of a description:
  # yaml-language-server: $schema=../../seqmeta.schema.json
"""

import argparse

from seqmeta.cli import Context
from seqmeta.rendering import render_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("kind", nargs="?", metavar="KIND", default="all", help="study, order, … or all (the default)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from seqmeta.commands.new import find_kind, find_rulebook
    from seqmeta.json_schema import file_schema
    from seqmeta.kinds import load_kinds

    kinds = list(load_kinds().values()) if arguments.kind == "all" else [find_kind(arguments.kind)]
    rulebook = find_rulebook(context)
    print(render_json(file_schema((kind, rulebook.shape(kind.name)) for kind in kinds)))
    return 0
