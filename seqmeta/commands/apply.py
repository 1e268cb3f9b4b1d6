"""Check the descriptions, link them, seal what is submitted, generate its requests, and commit the records.

All or nothing: with any error anywhere nothing is committed. When nothing changed there is no commit.

examples:
  seqmeta apply
  seqmeta apply --format json
"""

import argparse
from pathlib import Path

from seqmeta.cli import Context
from seqmeta.rendering import plain_problems, printable, render_annotation, render_json, render_problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="how to print it")
    parser.add_argument("--strict", action="store_true", help="refuse, with exit 1, on warnings too")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="how long to wait for another run")

    parser.add_argument("--checked", nargs="*", type=Path, default=(), metavar="FILE", help="what `check-shard` wrote")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="write the JSON form here when it worked")
    parser.add_argument("--stamp", type=Path, metavar="FILE", help="write the head of the store here when it worked")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Apply the descriptions and print what was done."""
    from seqmeta.applying import Outcome, apply
    from seqmeta.judging import store_head
    from seqmeta.summaries import plain_outcome, render_outcome

    workspace = context.open_workspace()
    outcome: Outcome = apply(
        workspace, context.moment(), arguments.wait, strict=arguments.strict, checked=arguments.checked
    )
    problems = outcome.judgement.problems
    plain = render_json({**plain_outcome(outcome), "problems": plain_problems(problems)})
    if arguments.format == "json":
        print(plain)
    else:
        style = context.style()
        for problem in problems:
            print(render_annotation(problem) if arguments.format == "github" else render_problem(problem, style))
        for notice in outcome.notices:
            print(printable(f"store: {notice.message}"))
        print(render_outcome(outcome))
    if outcome.is_refused:
        return 1
    if arguments.stamp is not None:
        arguments.stamp.write_text(store_head(workspace), encoding="utf-8")
    if arguments.receipt is not None:
        arguments.receipt.write_text(plain + "\n", encoding="utf-8")
    return 0
