"""Find every problem in the descriptions, sorted by place. Writes nothing.

examples:
  seqmeta check
  seqmeta check config/descriptions/run-7.yaml
  seqmeta check --format json --strict
"""

import argparse
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.problems import Problem, has_errors
from seqmeta.rendering import count_problems, plain_problems, render_annotation, render_json, render_problem

if TYPE_CHECKING:
    from seqmeta.terminal import Style


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="show only what concerns these files or folders")
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="how to print it")
    parser.add_argument("--strict", action="store_true", help="exit 1 on warnings too")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Check the workspace and print what is wrong."""
    from seqmeta.judging import plan

    workspace = context.open_workspace()
    judgement = plan(workspace, context.moment())
    shown = [of for of in judgement.problems if is_shown(of, arguments.paths, context.root)]
    print_problems(shown, judgement.documents, arguments.format, context.style())
    return 1 if has_errors(shown) or (arguments.strict and shown) else 0


def is_shown(problem: Problem, paths: Sequence[str], root: Path) -> bool:
    """Whether a problem is in one of the files and folders that were asked for, or none were."""
    return not paths or any(_is_below(problem.file, path, root) for path in paths)


def _is_below(file: str, path: str, root: Path) -> bool:
    for asked in (Path(path), Path.cwd() / path):
        relative = asked
        if asked.is_absolute():
            if not asked.resolve().is_relative_to(root.resolve()):
                continue
            relative = asked.resolve().relative_to(root.resolve())
        parts = PurePosixPath(relative.as_posix()).parts
        if PurePosixPath(file).parts[: len(parts)] == parts:
            return True
    return False


def print_problems(problems: Sequence[Problem], documents: int, form: str, style: "Style") -> None:
    """Print problems in the form that was asked for."""
    if form == "json":
        print(render_json({"documents": documents, "problems": plain_problems(problems)}))
        return
    for problem in problems:
        print(render_annotation(problem) if form == "github" else render_problem(problem, style))
    if form == "text":
        print(f"{documents} described, {count_problems(problems)}")
