"""For the scripts of `seqmeta completion`: what can stand at the cursor. On any error it says nothing at all."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from seqmeta.arguments import actions_of, find_options, forms_of
from seqmeta.cli import COMMANDS, Context, find_config, load_command, make_command_parser, make_parser
from seqmeta.presence import is_link

MOST = 200
"""How many names are offered at once."""

_FILES = {"FILE", "PATH", "RUN_FOLDER", "RECEIPT.xml", "BODY.json"}
_NAMES = {"[KIND/]NAME": None, "RUN": "sequencing_run", "NAME": "order_template"}
"""What stands for a name in the help, and of which kind it is."""

Candidate = tuple[str, str]
"""What can stand at the cursor, and what it is."""


@dataclass(slots=True)
class _Place:
    """Where the cursor is: the parser that it is in, the argument that is wanted there, and what stands before."""

    parser: argparse.ArgumentParser
    wanted: argparse.Action | None = None
    command: str | None = None
    folder: str = "."
    config: str | None = None
    positionals: list[argparse.Action] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("form", choices=("bash", "words"))
    parser.add_argument("words", nargs=argparse.REMAINDER)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print what is wanted (`words`, `files` or `folders`), then the candidates."""
    try:
        lines = list(_answer(context, arguments.form, arguments.words))
    except Exception:  # noqa: BLE001 - a person in the middle of a line is told nothing, whatever it is
        return 0
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _answer(context: Context, form: str, words: Sequence[str]) -> Iterator[str]:
    from seqmeta.shell_words import parse_line, quote

    if form == "words":
        what, candidates = complete(context, words[:-1], words[-1])
        yield what
        yield from (f"{value}\t{about}" if about else value for value, about in candidates)
        return
    line = parse_line(words[1], words[0])
    command = next((index for index, word in enumerate(line.words) if "=" not in word), len(line.words))
    what, candidates = complete(context, line.words[command + 1 :], line.current)
    yield what
    if not line.is_closed:
        yield from (quote(value.removeprefix(line.head), line.quote) for value, _ in candidates)


def complete(context: Context, before: Sequence[str], current: str) -> tuple[str, list[Candidate]]:
    """Find what can stand at the cursor, behind the words before it, in place of the word that is being typed."""
    place = _find_place(before)
    option, sign, value = current.partition("=")
    if place.wanted is None and sign and option.startswith("--"):
        wanted = next((of for of in actions_of(place.parser) if option in of.option_strings and of.nargs != 0), None)
        what, found = _find_values(context, place, wanted, value) if wanted is not None else ("words", [])
        return what, [(f"{option}={of}", about) for of, about in found]
    if place.wanted is None and current.startswith("-"):
        return "words", _starting(current, _options(place.parser))
    if place.wanted is None and place.command is None:
        commands = {**COMMANDS, "help": "say what a command does and takes"}
        return "words", _starting(current, commands.items())
    wanted = place.wanted or next(iter(place.positionals), None)
    return _find_values(context, place, wanted, current) if wanted is not None else ("words", [])


def _find_place(before: Sequence[str]) -> _Place:
    place = _Place(make_parser())
    for word in before:
        if place.wanted is not None:
            _take_value(place, word)
        elif word.startswith("-") and word != "-":
            option = next((of for of in actions_of(place.parser) if word in of.option_strings), None)
            place.wanted = option if option is not None and option.nargs != 0 else None
        elif place.command is None:
            _enter(place, word)
        elif word in forms_of(place.parser):
            place.parser = forms_of(place.parser)[word]
            place.positionals = _positionals(place.parser)
        elif place.positionals and place.positionals[0].nargs not in ("*", "+"):
            place.positionals.pop(0)
    return place


def _take_value(place: _Place, word: str) -> None:
    if place.command is None and place.wanted is not None:
        if place.wanted.dest == "directory":
            place.folder = word
        elif place.wanted.dest == "config":
            place.config = word
    place.wanted = None


def _enter(place: _Place, word: str) -> None:
    """Go on with the parser of a command; behind `help` a command stands again."""
    if word == "help":
        return
    place.command = word
    place.parser = make_command_parser(word, load_command(word))
    place.positionals = _positionals(place.parser)


def _positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [of for of in actions_of(parser) if not of.option_strings]


def _options(parser: argparse.ArgumentParser) -> Iterator[Candidate]:
    known = set(find_options(parser))
    for action in actions_of(parser):
        about = "" if action.help in (None, argparse.SUPPRESS) else str(action.help).partition("\n")[0]
        yield from ((option, about) for option in action.option_strings if option in known)


def _find_values(context: Context, place: _Place, wanted: argparse.Action, current: str) -> tuple[str, list[Candidate]]:
    if wanted.choices is not None:
        helps = {name: form.description or "" for name, form in forms_of(place.parser).items()}
        return "words", _starting(current, ((str(of), helps.get(str(of), "")) for of in wanted.choices))
    if wanted.metavar == "KIND":
        return "words", _starting(current, _kinds(plural=place.command == "list"))
    if wanted.metavar in _NAMES:
        return "words", _find_names(context, place, current, _NAMES[str(wanted.metavar)])
    if wanted.metavar == "DIR":
        return "folders", []
    return ("files" if wanted.metavar in _FILES else "words"), []


def _kinds(*, plural: bool) -> Iterator[Candidate]:
    from seqmeta.kinds import load_kinds

    return ((kind.plural if plural else kind.name, kind.about) for kind in load_kinds().values())


def _find_names(context: Context, place: _Place, current: str, only: str | None) -> list[Candidate]:
    """Find names in what the last run of the workspace kept: quick, and nothing where there is none."""
    from seqmeta.index_opening import INDEX_FILE, KEY_FILE
    from seqmeta.indexed_names import find_names
    from seqmeta.kinds import load_kinds
    from seqmeta.workspace import open_workspace

    root = context.root / place.folder
    workspace = open_workspace(root, find_config(place.config, root))
    if is_link(workspace.cache_folder):
        return []
    index = workspace.cache_folder / INDEX_FILE, workspace.records_folder / ".git" / KEY_FILE
    kind, sign, rest = current.partition("/")
    known = next((of.name for of in load_kinds().values() if kind in (of.name, of.plural)), None)
    kinds = list(load_kinds()) if only is None else [only]
    found = find_names(*index, kinds, current, MOST)
    if sign and known is not None and only is None and not found:
        found = [(f"{kind}/{name}", of) for name, of in find_names(*index, [known], rest, MOST)]
    return [(name, of.replace("_", " ")) for name, of in found if name.isprintable()]


def _starting(current: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    return [(value, about) for value, about in candidates if value.startswith(current)]
