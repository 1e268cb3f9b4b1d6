"""Say what a run would create, update, seal, generate and cancel, field by field. Writes nothing.

examples:
  seqmeta plan
  seqmeta plan --format markdown > plan.md
"""

import argparse
import sys

from seqmeta.cli import Context
from seqmeta.commands.check import print_notes
from seqmeta.rendering import render_annotation, render_json, render_problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    forms = ("text", "markdown", "json", "github")
    parser.add_argument("--format", choices=forms, default="text", help="how to print it")
    parser.add_argument("--strict", action="store_true", help="exit 1 on warnings too")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Plan a run of the workspace and print it."""
    from seqmeta.creation import is_made
    from seqmeta.judging import plan
    from seqmeta.markdown import render_markdown
    from seqmeta.summaries import plain_plan, render_plan

    workspace = context.open_workspace()
    judgement = plan(workspace, context.moment())
    if arguments.format == "json":
        print(render_json(plain_plan(judgement)))
    elif arguments.format == "markdown":
        print(render_markdown(judgement), end="")
    else:
        style = context.style()
        for problem in judgement.problems:
            print(render_annotation(problem) if arguments.format == "github" else render_problem(problem, style))
        print(render_plan(judgement))
    if arguments.format != "json":
        print_notes(workspace)
        if workspace.config.remote is not None and is_made(workspace.records_folder):
            print("the remote was not asked: `apply` first takes over what others recorded since", file=sys.stderr)
    return 1 if judgement.is_refused or (arguments.strict and judgement.problems) else 0
