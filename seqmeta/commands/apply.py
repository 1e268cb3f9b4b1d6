"""Check the descriptions, link them, seal what is submitted, generate its requests, and commit the records.

All or nothing: with any error anywhere nothing is committed. When nothing changed there is no commit.

examples:
  seqmeta apply
  seqmeta apply --format json
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmeta.arguments import seconds
from seqmeta.cli import Context
from seqmeta.presence import is_link
from seqmeta.rendering import plain_problems, printable, render_annotation, render_json, render_problem

if TYPE_CHECKING:
    from seqmeta.applying import Outcome
    from seqmeta.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="how to print it")
    parser.add_argument("--strict", action="store_true", help="refuse, with exit 1, on warnings too")
    parser.add_argument(
        "--wait", type=seconds, default=60.0, metavar="SECONDS", help="how long to wait for another run"
    )

    parser.add_argument("--checked", nargs="*", type=Path, default=(), metavar="FILE", help="what `check-shard` wrote")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="write here what the records are when it worked")
    parser.add_argument("--stamp", type=Path, metavar="FILE", help="write the head of the store here when it worked")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Apply the descriptions and print what was done."""
    from seqmeta.early_look import early_look
    from seqmeta.errors import WorkspaceError
    from seqmeta.outputs import require_output

    for file in filter(None, (arguments.stamp, arguments.receipt)):
        if is_link(file):
            raise WorkspaceError(f"{file} is a symbolic link, which may lead anywhere: expected a file, or nothing yet")
        require_output(file)
    workspace = context.open_workspace()
    with early_look(workspace.records_folder, workspace.config.branch) as look:
        from seqmeta.applying import apply  # git looks at the work tree while the judging is imported

        wait, is_strict = arguments.wait, arguments.strict
        outcome = apply(workspace, context.moment(), wait, strict=is_strict, checked=arguments.checked, look=look)
    return _tell(context, workspace, outcome, arguments)


def _tell(context: Context, workspace: "Workspace", outcome: "Outcome", arguments: argparse.Namespace) -> int:
    """Print what was done, write what the workflow keeps of it, and return the exit code."""
    from seqmeta.creation import store_head
    from seqmeta.summaries import render_outcome
    from seqmeta.system_errors import store_errors

    problems = outcome.judgement.problems
    if arguments.format == "json":
        print(render_json(_plain(outcome)))
        for notice in outcome.notices:
            print(printable(f"seqmeta: store: {notice.message}"), file=sys.stderr)
    else:
        style = context.style()
        for problem in problems:
            print(render_annotation(problem) if arguments.format == "github" else render_problem(problem, style))
        for notice in outcome.notices:
            print(printable(f"store: {notice.message}"))
        print(render_outcome(outcome, context.command()))
    if outcome.is_refused:
        return 1
    with store_errors("the records are committed, but what the workflow keeps of it cannot be written"):
        if arguments.stamp is not None:
            arguments.stamp.write_text(store_head(workspace), encoding="utf-8")
        if arguments.receipt is not None:
            arguments.receipt.write_text(f"{render_json(_receipt(workspace))}\n", encoding="utf-8")
    return 0


def _receipt(workspace: "Workspace") -> dict[str, Any]:
    """Say what is made from the records depends on, and nothing of the run: whoever made the commit, it is the same."""
    from seqmeta.creation import store_head

    return {"commit": store_head(workspace).strip() or None, "rules": workspace.rulebook.digest}


def _plain(outcome: "Outcome") -> dict[str, Any]:
    from seqmeta.summaries import plain_outcome

    return {**plain_outcome(outcome), "problems": plain_problems(outcome.judgement.problems)}
