"""Words of a command line to arguments; a word that does not fit is said with what was expected, and what was meant."""

import argparse
import math
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from seqmeta.errors import UsageError

GLOBAL_OPTIONS = ("-C", "--config", "--no-pager", "--version")
"""What stands before the command, and is no option of any."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are UsageErrors; so are those of the forms of a command."""

    def __init__(self, **keywords: Any) -> None:
        """Make a parser that takes options only as they are spelled."""
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False, **keywords})

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError that names the command."""
        required = "the following arguments are required: "
        if message.startswith(required):
            command = self.prog.removeprefix("seqmeta ")
            raise UsageError(f"{command} needs {message.removeprefix(required)}: `{self.prog} --help` says more")
        words = _words(self.prog)
        text = message.removeprefix("argument ").removeprefix(words)
        raise UsageError(f"{words}{text}: `{self.prog} --help` says more")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Take the words, all of them."""
        known, left = self.parse_known_args(args, namespace)
        if left:
            raise UsageError(self._explain(left[0], self._form_of(known)))
        return known

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write what was asked for, and at once: argparse would pass over a disk that does not take it."""
        file.write(message)
        file.flush()

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            from seqmeta.vocabulary import expected

            raise argparse.ArgumentError(
                action, f"{value!r} is not known: {expected(str(value), list(action.choices))}"
            )

    def _form_of(self, known: argparse.Namespace) -> argparse.ArgumentParser:
        """Find what takes the arguments of the form that was asked for: this parser where it has no forms."""
        for action in actions_of(self):
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
                form: argparse.ArgumentParser = action.choices[getattr(known, action.dest)]
                return form
        return self

    def _explain(self, word: str, form: argparse.ArgumentParser) -> str:
        """Say why a word is too much for a form."""
        from seqmeta.vocabulary import nearest

        option = word.partition("=")[0]
        if option in GLOBAL_OPTIONS:
            return f"{option} stands before the command: `seqmeta {option} … {self.prog.removeprefix('seqmeta ')} …`"
        is_known = option in find_options(form)
        if not word.startswith("-") or (is_known and form is self):  # behind `--` nothing is an option
            return f"{_words(self.prog)}{word!r} is one word too many: `{self.prog} --help` says what it takes"
        if is_known:
            return f"{_words(self.prog)}{option} stands behind the form: `{form.prog} … {option} …`"
        takers = [name for name, of in forms_of(self).items() if option in find_options(of)]
        if takers:
            others = f"{' and '.join(takers)} {'does' if len(takers) == 1 else 'do'}"
            return f"{_words(self.prog)}{form.prog.rpartition(' ')[2]} takes no {option}: {others}"
        near = nearest(option, find_options(form))
        hint = f"did you mean {near}?" if near else f"`{form.prog} --help` says what it takes"
        return f"{_words(form.prog)}there is no option {option}: {hint}"


def _words(prog: str) -> str:
    """Name the command, with its form, at the beginning of a sentence."""
    command = prog.removeprefix("seqmeta").strip()
    return f"{command}: " if command else ""


def seconds(text: str) -> float:
    """Read how long to wait; `nan` is a float and no time, and nothing is waited for less than not at all."""
    found = float(text)
    if math.isnan(found) or found < 0:
        raise ValueError(text)
    return found


def find_options(parser: argparse.ArgumentParser) -> list[str]:
    """Find all options of a parser and of the forms that it has."""
    options = [option for action in actions_of(parser) for option in action.option_strings]
    return options + [option for form in forms_of(parser).values() for option in find_options(form)]


def actions_of(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """The arguments that a parser takes; argparse has no other way to ask it."""
    return parser._actions  # noqa: SLF001


def forms_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The forms of a command that take arguments of their own, by the word for each."""
    return dict(_forms(parser))


def _forms(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in actions_of(parser):
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.items()
