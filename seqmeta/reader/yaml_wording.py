"""Syntax errors of the two YAML parsers, turned into one place and one sentence that says what to write instead."""

from collections.abc import Callable
from typing import NamedTuple

import yaml

from seqmeta.reader.comments import MESSAGE
from seqmeta.reader.events import Point
from seqmeta.reader.faults import Place, UnreadableError
from seqmeta.reader.source import place_of

_QUOTE_NEXT = "put the value in quotes"


def explain(error: yaml.MarkedYAMLError, text: str) -> UnreadableError:
    """Return the error with its code, its place, and what a person may do about it."""
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    if mark is None:  # neither parser does this
        return UnreadableError((1, 1), "yaml_syntax", f"no valid YAML: {problem}")
    place = _place(mark)
    opened = _place(error.context_mark or mark)
    if "invalid Unicode character escape" in problem:
        return _bad_escape(place)
    if "anchor" in context or "alias" in context:
        message = f"'&' and '*' begin an anchor and an alias, which are not allowed: {_QUOTE_NEXT} if it is text"
        return UnreadableError(opened, "alias_not_allowed", message)
    if "tag" in context or "tag handle" in problem:
        message = f"'!' begins a tag, which is not allowed: {_QUOTE_NEXT} if it is text"
        return UnreadableError(opened if "tag" in context else place, "tag_not_allowed", message)
    situation = _Situation(context, problem, place, opened, text, mark.index)
    word = next(word for words, word in _WORDINGS if words in context + " / " + problem)
    place, message = word(situation)
    return UnreadableError(place, "yaml_syntax", message)


class _Situation(NamedTuple):
    """A syntax error: the parser's words, where it is, where what it is in began, the text, and its index there."""

    context: str
    problem: str
    place: Place
    opened: Place
    text: str
    at: int


_Worded = tuple[Place, str]


def _quote(error: _Situation) -> _Worded:
    if "end of stream" in error.problem or "document" in error.problem:
        line = error.opened[0]
        return error.opened, f"the quote opened on line {line} is never closed: expected the same quote at its end"
    back = error.at - error.text.rfind("\\", 0, error.at + 1)  # the parsers point at different parts of an escape
    place = (error.place[0], error.place[1] - back)
    return place, "no escape that YAML knows: write '\\\\' for a backslash, or use single quotes"


def _bracket(error: _Situation) -> _Worded:
    begin, end = "{}" if "mapping" in error.context else "[]"
    is_at_end = not error.text[error.at :].strip()
    message = f"the '{begin}' on line {error.opened[0]} is not closed here: expected ',' or '{end}'"
    return error.opened if is_at_end else error.place, message


def _simple_key(error: _Situation) -> _Worded:
    return error.opened, "no ':' behind this: expected 'key: value'; check the line and its indentation"


def _node(error: _Situation) -> _Worded:
    rest = error.text[error.at :]
    if rest.strip():
        return error.place, f"a value cannot begin with '{rest[0]}': {_QUOTE_NEXT}"
    return place_of(error.text, len(error.text.rstrip())), "the text ends where a value or a bracket is expected"


def _text_block(error: _Situation) -> _Worded:
    if error.text.startswith("#", error.at):
        return error.place, MESSAGE
    return error.place, "a text block ('|' or '>') that is not well formed: check its first line and its indentation"


def _colon(error: _Situation) -> _Worded:
    return error.place, f"a ':' cannot stand here: {_QUOTE_NEXT} if the ':' belongs to it, or check the indentation"


def _question_mark(error: _Situation) -> _Worded:
    return error.place, f"a '?' cannot stand here: {_QUOTE_NEXT} if it is text"


def _dash(error: _Situation) -> _Worded:
    return error.place, "a '- ' cannot stand here: begin the list on a line of its own, or put the text in quotes"


def _first_character(error: _Situation) -> _Worded:
    return error.place, f"a value cannot begin with '{error.text[error.at : error.at + 1]}': {_QUOTE_NEXT}"


def _block(error: _Situation) -> _Worded:
    kind = "mapping" if "mapping" in error.context else "list"
    where = f"the {kind} that begins on line {error.opened[0]}"
    return error.place, f"this does not fit {where}: check the indentation and the quotes"


def _document(error: _Situation) -> _Worded:
    return error.place, "this does not belong to the document before it: check the indentation, or put '---' between"


def _other(error: _Situation) -> _Worded:
    return error.place, f"no valid YAML: {error.problem}"


_WORDINGS: list[tuple[str, Callable[[_Situation], _Worded]]] = [
    ("quoted scalar", _quote),
    ("simple key", _simple_key),
    ("block scalar", _text_block),
    (" node", _node),
    ("a flow ", _bracket),
    ("mapping values are not allowed", _colon),
    ("mapping keys are not allowed", _question_mark),
    ("unexpected ':'", _colon),
    ("sequence entries are not allowed", _dash),
    ("start any token", _first_character),
    ("a block ", _block),
    ("document start", _document),
    ("", _other),
]
"""Words of the two parsers, the first that fits decides."""


def _bad_escape(place: Place) -> UnreadableError:
    message = "an escape that stands for no character: write the character itself (surrogate pairs are JSON's)"
    return UnreadableError((place[0], place[1] - 2), "invalid_text", message)


def _place(mark: Point) -> Place:
    return mark.line + 1, mark.column + 1
