"""The command `seqmeta`: words to calls, errors of the world to one sentence and an exit code (CONTRACT 4).

Only the module of the command that is called is imported: starting must not cost more than the work.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmeta.arguments import Parser
from seqmeta.complaints import explain, records_suspected
from seqmeta.errors import SeqmetaError, UsageError
from seqmeta.presence import is_there

if TYPE_CHECKING:
    from seqmeta.moment import Moment
    from seqmeta.terminal import Style, Ticker
    from seqmeta.workspace import Workspace

COMMANDS = {
    "init": "make a small workspace that runs as it is",
    "check": "find every problem in the descriptions; writes nothing",
    "plan": "say what a run would create, update, seal, generate and cancel; writes nothing",
    "apply": "check, link, seal, generate and commit",
    "show": "show one record, now or as it was",
    "list": "list the records of a kind",
    "log": "list the versions of one record",
    "blame": "say who set each field of a record, and when",
    "diff": "say what changed between two revisions, field by field",
    "verify": "prove every digest, seal and rule of history, or name what is violated",
    "migrate": "bring records that older schemas wrote forward to the present ones",
    "doctor": "mend what a crash left in the store, and say what was found",
    "import": "write descriptions of what instruments and other systems wrote, to review",
    "compare": "hold a recorded run against what the instrument wrote",
    "export": "write what archives, pipelines and older systems read",
    "report": "make tables of progress, charges or results, or all of it as one HTML page",
    "schema": "print the JSON Schema of a kind, for editors",
    "new": "write a commented YAML skeleton of a kind",
    "completion": "print the script that makes a shell complete what is typed",
}
_FOR_PROGRAMS = {"shards", "check-shard", "complete"}
"""Commands that the workflow and the shells call, not people."""
_MODULES = {"import": "import_"}
"""Commands whose word cannot be the name of a module."""
_MEANT = {"status": "plan", "commit": "apply", "validate": "check", "lint": "check", "history": "log", "ls": "list"}
"""What people call a command who come from another program."""
_PAGED = {"show", "list", "log", "blame", "diff", "plan"}
"""Commands whose text for people may be longer than a screen."""
_OF_HISTORY = {"log", "blame", "diff", "verify"}
"""Commands that read what was committed before; others do for an older version or revision."""

_EXAMPLES = """
examples:
  seqmeta init lab                   make a workspace to start from
  seqmeta -C lab check               what is wrong with the descriptions?
  seqmeta -C lab plan                what would be recorded?
  seqmeta -C lab apply               record it, in one commit
  seqmeta -C lab show 'Order 1'      one record, as it is now

exit codes: 0 good, 1 errors in descriptions or findings of verify, 2 usage, 3 the state of the world
(locked, disk full, no repository), 130 interrupted
"""


@dataclass(frozen=True)
class Context:
    """What the command was called with, and what enters from outside."""

    root: Path
    config: Path | None
    environment: "os._Environ[str]"
    clock: Callable[[], float]

    def open_workspace(self) -> "Workspace":
        """Open the workspace that the command works on."""
        from seqmeta.workspace import open_workspace

        return open_workspace(self.root, self.config)

    def command(self) -> str:
        """Return what a person types to work on the same workspace: the program, and what stands before its command."""
        import shlex

        from seqmeta.config import DEFAULT_FILE

        words = ["-C", str(self.root)] if self.root != Path() else []
        is_own = self.config in {None, Path("-"), self.root / DEFAULT_FILE}
        words += [] if is_own else ["--config", str(self.config)]
        return shlex.join(["seqmeta", *words])

    def style(self) -> "Style":
        """Return the colours that standard output takes."""
        from seqmeta.terminal import style_for

        return style_for(sys.stdout, self.environment)

    @cached_property
    def ticker(self) -> "Ticker":
        """What tells a person how far long work is."""
        from seqmeta.terminal import Ticker

        return Ticker(sys.stderr)

    def moment(self) -> "Moment":
        """Return the time, and whose run it is."""
        from seqmeta.moment import Moment
        from seqmeta.values import time_text

        seconds = int(self.clock())
        home = Path(self.environment.get("HOME", "/nonexistent"))
        return Moment(seconds, time_text(seconds), home, self.ticker)

    def fresh_uuid(self) -> str:
        """Return a UUID that nothing has yet."""
        from uuid import uuid4

        return str(uuid4())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    _open_missing_streams()
    try:
        return _run(words)
    except KeyboardInterrupt as interrupt:
        _complain(str(interrupt) or "interrupted: nothing was committed that was not reported as committed")
        return 130
    except BrokenPipeError:
        _drop_output()
        return 0
    except Exception as error:
        sentence = explain(error)
        if sentence is None:
            raise  # a bug shows its traceback
        _complain(sentence)
        if isinstance(error, OSError):
            _drop_output()
        return error.exit_code if isinstance(error, SeqmetaError) else 3


def _complain(sentence: str) -> None:
    from seqmeta.rendering import printable

    try:
        try:
            print(f"seqmeta: {printable(sentence)}", file=sys.stderr)
        except BlockingIOError:  # a pipe that is full, and that somebody who has it too told not to wait
            os.set_blocking(sys.stderr.fileno(), True)
            sys.stderr.flush()
    except OSError:  # a full disk takes no sentence either; the exit code is left, unless Python tries again at the end
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - it stays open until the program ends


def _open_missing_streams() -> None:
    """Put /dev/null in the place of each standard stream that was closed.

    The next file to be opened would else take its number, and get what is printed, by this program or by git.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("r+"))  # noqa: SIM115 - it stays open until the program ends


def _drop_output() -> None:
    """Have nothing flushed at the end of what could not be written."""
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - it stays open until the program ends


def _run(words: list[str]) -> int:
    import gc
    import time

    if sys.flags.optimize > 1:
        message = "Python is told to leave docstrings out (-OO, PYTHONOPTIMIZE=2), and Cerberus needs them"
        raise SeqmetaError(f"{message}: start it without that")
    gc.set_threshold(500_000)  # a run makes many values and no cycles: looking for those takes an eighth of a large one
    if not words:
        print(make_parser().format_help(), file=sys.stderr, end="")
        return 2
    with _escaping(is_for_people=True):  # help is, wherever it goes
        known, module, arguments = _parse(words)
    config = find_config(known.config, Path(known.directory))
    context = Context(Path(known.directory), config, os.environ, time.time)
    is_text = getattr(arguments, "format", "") in {"text", None}
    is_paged = known.command in _PAGED and is_text and known.is_paged
    suspected = records_suspected(context.open_workspace, is_history_read=_reads_history(known.command, arguments))
    try:
        with _escaping(is_for_people=is_text and sys.stdout.isatty()), suspected:
            code = _run_paged(module, context, arguments) if is_paged else int(module.run(context, arguments))
    finally:
        context.ticker.clear()
    sys.stdout.flush()
    return code


def _parse(words: list[str]) -> tuple[argparse.Namespace, Any, argparse.Namespace]:
    """Read what stands before the command, find its module, and read what stands behind."""
    known = make_parser().parse_args(words)
    before = len(words) - len(known.words)
    if words[before - 1] == "--":  # argparse takes it away, and the command's own parser needs it: `show -- -x`
        known.words = words[before - 1 :]
    if known.command == "help":
        known = make_parser().parse_args([*known.words, "--help"])
    if known.command not in COMMANDS.keys() | _FOR_PROGRAMS:
        raise UsageError(_unknown_command(known.command))
    module = load_command(known.command)
    return known, module, make_command_parser(known.command, module).parse_args(known.words)


def _reads_history(command: str, arguments: argparse.Namespace) -> bool:
    is_of_before = getattr(arguments, "rev", None) is not None or "@" in str(getattr(arguments, "name", ""))
    return is_of_before or command in _OF_HISTORY


def _escaping(*, is_for_people: bool) -> AbstractContextManager[None]:
    """Have standard output write what its encoding lacks as escapes; what is not for people must never be altered."""
    from seqmeta.terminal import escaping

    return escaping(sys.stdout) if is_for_people else nullcontext()


def load_command(command: str) -> Any:
    """Load the module of a command."""
    return import_module(f"seqmeta.commands.{_MODULES.get(command, command.replace('-', '_'))}")


def make_command_parser(command: str, module: Any) -> Parser:
    """Make the parser of what stands behind a command."""
    parser = Parser(prog=f"seqmeta {command}", description=module.__doc__)
    module.add_arguments(parser)
    return parser


def _run_paged(module: Any, context: Context, arguments: argparse.Namespace) -> int:
    """Run a command whose text may be long: on a terminal a pager shows what is longer than the screen."""
    from contextlib import redirect_stdout

    from seqmeta.pager import find_pager, paged

    pager = find_pager(sys.stdout, context.environment)
    if not pager:
        return int(module.run(context, arguments))
    with paged(pager, sys.stdout, context.environment) as page, redirect_stdout(page):
        return int(module.run(context, arguments))


def find_config(named: str | None, root: Path) -> Path | None:
    """Find the configuration that was named: from here, else from the workspace."""
    if named is None:
        return None
    within = root / named
    return within if named != "-" and not is_there(Path(named)) and is_there(within) else Path(named)


def _unknown_command(word: str) -> str:
    from seqmeta.vocabulary import nearest

    near = _MEANT.get(word) or nearest(word, COMMANDS)
    hint = f"did you mean {near}?" if near else f"expected one of {', '.join(COMMANDS)}"
    return f"there is no command {word!r}: {hint}"


def make_parser() -> Parser:
    """Make the parser of what stands before a command."""
    listed = "\n".join(f"  {name:10} {what}" for name, what in COMMANDS.items())
    parser = Parser(
        prog="seqmeta",
        usage="seqmeta [-C DIR] [--config FILE] [--no-pager] COMMAND …",
        description="Sequencing metadata as YAML that is reviewed in git, kept as canonical, sealed JSON records.",
        epilog=f"commands (seqmeta COMMAND --help says more):\n{listed}\n{_EXAMPLES}",
    )
    parser.add_argument("--version", action="version", version=f"seqmeta {_version()}")
    parser.add_argument("-C", dest="directory", metavar="DIR", default=".", help="the workspace (default: here)")
    parser.add_argument("--config", metavar="FILE", help="a configuration in place of config/config.yaml")
    parser.add_argument(
        "--no-pager", dest="is_paged", action="store_false", help="never show long output through $PAGER"
    )
    parser.add_argument("command", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS).required = False
    return parser


def _version() -> str:
    from seqmeta.version import __version__

    return __version__
