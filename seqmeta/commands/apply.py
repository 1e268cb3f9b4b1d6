"""Check the descriptions, link them, seal what is submitted, generate its requests, and commit the records.

All or nothing: with any error anywhere nothing is committed. When nothing changed there is no commit.

examples:
  seqmeta apply
  seqmeta apply --format json
"""

import argparse

from seqmeta.cli import Context
from seqmeta.rendering import plain_problems, printable, render_annotation, render_json, render_problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="how to print it")
    parser.add_argument("--strict", action="store_true", help="refuse, with exit 1, on warnings too")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="how long to wait for another run")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Apply the descriptions and print what was done."""
    from seqmeta.applying import Outcome, apply
    from seqmeta.summaries import plain_outcome, render_outcome

    outcome: Outcome = apply(context.open_workspace(), context.moment(), arguments.wait, strict=arguments.strict)
    problems = outcome.judgement.problems
    if arguments.format == "json":
        print(render_json({**plain_outcome(outcome), "problems": plain_problems(problems)}))
    else:
        for problem in problems:
            print(render_annotation(problem) if arguments.format == "github" else render_problem(problem))
        for notice in outcome.notices:
            print(printable(f"store: {notice.message}"))
        print(render_outcome(outcome))
    return 1 if outcome.is_refused else 0
