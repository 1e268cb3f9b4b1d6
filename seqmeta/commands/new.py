"""Write a commented YAML skeleton of a kind, with a fresh UUID and the legal values, to standard output.

What has to be filled in stands open and empty; `seqmeta check` names what was forgotten. In a workspace the legal
values are those of its vocabularies, and an order can be written for a template, with exactly its request options.
The first line leads editors to the schema; it is right for a file that lies directly in the folder of descriptions.

examples:
  seqmeta new sequencing_run > config/descriptions/run-8.yaml
  seqmeta new order --template "Simple sequencing" > config/descriptions/order-8.yaml
"""

import argparse

from seqmeta.cli import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("kind", metavar="KIND", help="study, project, biosample, asset, order, sequencing_run, …")
    parser.add_argument(
        "--template", metavar="NAME", help="of an order: the template (name or UUID) whose options it has"
    )
    parser.add_argument("--uuid", metavar="UUID", help="this UUID in place of a fresh one")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Write the skeleton."""
    from seqmeta.kinds import find_kind, load_kinds
    from seqmeta.new_descriptions import identify, render_new, require_order

    kind = load_kinds()[find_kind(arguments.kind)]
    given, options = identify(kind, arguments.uuid, context.fresh_uuid()), list[str]()
    if arguments.template is not None:
        from seqmeta.template_options import find_template_options

        require_order(kind)
        workspace, moment = context.open_workspace(), context.moment()
        given["template"], options = find_template_options(workspace, moment, arguments.template)
    print(render_new(kind, given, options, context.root, context.config), end="")
    return 0
