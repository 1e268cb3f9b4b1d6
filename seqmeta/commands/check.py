"""Find every problem in the descriptions, sorted by place. Writes nothing, unless told to with --fix.

--fix first respells, in place, what is only spelling: terms (`viral rna` becomes VIRAL_RNA), words of options and keys
by an old name (`library_seq_protocl`). Comments and layout stay, and what a file means does not change.

--watch checks again whenever a description, the configuration or the records change, until ctrl-C.

examples:
  seqmeta check
  seqmeta check config/descriptions/run-7.yaml
  seqmeta check --format json --strict
  seqmeta check --fix config/descriptions
  seqmeta check --watch
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.errors import SeqmetaError, UsageError
from seqmeta.presence import is_there
from seqmeta.problems import Problem, has_errors
from seqmeta.rendering import count_problems, plain_problems, printable, render_annotation, render_json, render_problem
from seqmeta.sarif import render_sarif

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seqmeta.moment import Moment
    from seqmeta.terminal import Style
    from seqmeta.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="show only what concerns these files or folders")
    forms = ("text", "json", "github", "sarif")
    parser.add_argument("--format", choices=forms, default="text", help="how to print it")
    parser.add_argument("--fix", action="store_true", help="first respell terms and keys as they are stored")
    parser.add_argument("--watch", action="store_true", help="check again whenever something changes")
    parser.add_argument("--strict", action="store_true", help="exit 1 on warnings too")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Check the workspace and print what is wrong."""
    if arguments.watch:
        if arguments.fix or arguments.format != "text" or context.config == Path("-"):
            raise UsageError("check --watch is for a person who edits: leave --fix, --format and `--config -` out")
        return _watch(context, arguments)
    workspace = context.open_workspace()
    _require_there(context, arguments.paths)
    if arguments.fix:
        fix_spelling(workspace, context.moment(), arguments.paths)
    return _check(context, arguments, workspace)


def _require_there(context: Context, paths: Sequence[str]) -> None:
    """Raise UsageError for a path that is not there: that nothing is wrong with it would be no answer."""
    for path in paths:
        if not any(is_there(of) for of in (context.root / path, Path(path))):
            raise UsageError(f"{path} is not there: expected a file or folder of descriptions")


def _watch(context: Context, arguments: argparse.Namespace) -> int:
    """Check again whenever something changes; ctrl-C is how a person ends it, and no fault."""
    from functools import partial

    from seqmeta.config import DEFAULT_FILE
    from seqmeta.watching import look, wait_for_change

    config = context.config if context.config is not None else context.root / DEFAULT_FILE
    try:
        while True:
            print("\x1b[H\x1b[2J" if sys.stdout.isatty() else "", end="")
            before = look(context.root, config, None)
            workspace, seen = None, before
            try:
                workspace = context.open_workspace()
                seen = (*before, *look(context.root, config, workspace)[1:])
                _check(context, arguments, workspace)
            except SeqmetaError as error:
                print(printable(str(error)))
            print("watching: ctrl-C ends it", flush=True)
            wait_for_change(partial(look, context.root, config, workspace), seen)
    except KeyboardInterrupt:
        return 130


def _check(context: Context, arguments: argparse.Namespace, workspace: "Workspace") -> int:
    import shlex

    from seqmeta.config import DEFAULT_FILE
    from seqmeta.editing import SCHEMA_FILE, is_outdated
    from seqmeta.judging import find_problems

    judgement = find_problems(workspace, context.moment())
    shown = [of for of in judgement.problems if is_shown(of, arguments.paths, context.root)]
    print_problems(shown, judgement.documents, arguments.format, context.style())
    if arguments.format == "text" and is_outdated(workspace.root, workspace.rulebook):
        where = "" if workspace.root.resolve() == Path.cwd() else f"-C {shlex.quote(str(workspace.root))} "
        renewal = f"seqmeta {where}schema -o {shlex.quote(str(workspace.root / SCHEMA_FILE))}"
        print(printable(f"{SCHEMA_FILE} is out of date: `{renewal}` renews it"), file=sys.stderr)
    if arguments.format in ("text", "github"):
        print_notes(workspace)
        read = {*(file.path for file in workspace.find_descriptions()[0]), *(of.file for of in judgement.problems)}
        read |= {str(context.config or DEFAULT_FILE), workspace.config.vocabularies}
        for path in arguments.paths:
            if not any(is_asked(file, [path], workspace.root) for file in read):
                print(printable(f"{path} is, and has in it, none of the descriptions: not checked"), file=sys.stderr)
    return 1 if has_errors(shown) or (arguments.strict and shown) else 0


def print_notes(workspace: "Workspace") -> None:
    """Say on standard error what was not looked at, where a person would think that it was."""
    for note in _notes(workspace):
        print(printable(note), file=sys.stderr)


def _notes(workspace: "Workspace") -> "Iterator[str]":
    from seqmeta.creation import is_made

    for path in workspace.find_misnamed():
        yield f"{path} is not read: the name of a description ends in .yaml, .yml or .json, in lower case"
    if workspace.config.remote is not None and not is_made(workspace.records_folder):
        folder = workspace.config.records
        yield f"there are no records in {folder}/ yet: what is sealed or locked in the remote was not looked at"


def fix_spelling(workspace: "Workspace", moment: "Moment", paths: Sequence[str]) -> None:
    """Respell the description files that were asked for, each whole or not at all; say on standard error which."""
    from functools import partial

    from seqmeta.descriptions import read_bytes
    from seqmeta.durability import write_durably
    from seqmeta.judging import plan
    from seqmeta.option_terms import find_option_terms
    from seqmeta.respelling import respell
    from seqmeta.system_errors import store_errors

    option_terms = partial(find_option_terms, plan(workspace, moment, whole=True).step)
    for file in workspace.find_descriptions()[0]:
        if not is_asked(file.path, paths, workspace.root):
            continue
        data = read_bytes(workspace.root, file.path)
        respelled, edits = respell(file.path, data, workspace.rulebook, option_terms)
        if not edits:
            continue
        path = workspace.root / file.path
        mode = path.stat().st_mode
        with store_errors(f"{file.path} was not respelled"):
            write_durably(path, respelled)
            path.chmod(mode & 0o7777)
        for edit in edits:
            print(printable(f"{file.path}:{edit.line}:{edit.column}: {edit.old} is now {edit.new}"), file=sys.stderr)


def is_shown(problem: Problem, paths: Sequence[str], root: Path) -> bool:
    """Whether a problem is in one of the files and folders that were asked for, or none were."""
    return is_asked(problem.file, paths, root)


def is_asked(file: str, paths: Sequence[str], root: Path) -> bool:
    """Whether a file is, or is in, what was asked for, or nothing was."""
    return not paths or any(_is_below(file, path, root) for path in paths)


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
    if form == "sarif":
        print(render_sarif(problems))
        return
    for problem in problems:
        print(render_annotation(problem) if form == "github" else render_problem(problem, style))
    if form == "text":
        print(f"{documents} described, {count_problems(problems)}")
