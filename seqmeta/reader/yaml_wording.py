"""Syntax errors of the two YAML parsers, turned into one place and one sentence that says what to write instead."""

import re

import yaml

from seqmeta.reader.faults import Place, UnreadableError

_QUOTE_NEXT = "put the value in quotes"


def explain(error: yaml.MarkedYAMLError, text: str) -> UnreadableError:
    """Return the error with its code, its place, and what a person may do about it."""
    problem = error.problem or ""
    context = error.context or ""
    mark = error.problem_mark or error.context_mark
    place = _place(mark)
    opened = _place(error.context_mark) if error.context_mark else place
    if "invalid Unicode character escape" in problem:
        return _bad_escape(place)
    if "anchor" in context or "alias" in context:
        message = f"'&' and '*' begin an anchor and an alias, which are not allowed: {_QUOTE_NEXT} if it is text"
        return UnreadableError(opened, "alias_not_allowed", message)
    if "tag" in context or "tag handle" in problem:
        message = f"'!' begins a tag, which is not allowed: {_QUOTE_NEXT} if it is text"
        return UnreadableError(opened if "tag" in context else place, "tag_not_allowed", message)
    place, message = _syntax(context, problem, place, opened, _rest(text, mark))
    return UnreadableError(place, "yaml_syntax", message)


def _syntax(context: str, problem: str, place: Place, opened: Place, rest: str) -> tuple[Place, str]:
    """Choose place and sentence of a plain syntax error; `rest` is the text from the problem on."""
    if "quoted scalar" in context:
        return _quoted(problem, place, opened)
    if "simple key" in context:
        return opened, "no ':' behind this: expected 'key: value'; check the line and its indentation"
    if "block scalar" in context:
        return (
            place,
            "the text block begun with '|' or '>' is not well formed: check its first line and its indentation",
        )
    if "flow" in context:
        bracket = ("{", "}") if "mapping" in context else ("[", "]")
        where = opened if not rest.strip() else place
        return where, f"the '{bracket[0]}' on line {opened[0]} is not closed here: expected ',' or '{bracket[1]}'"
    if "mapping values are not allowed" in problem:
        return place, f"a ':' cannot stand here: {_QUOTE_NEXT} if the ':' belongs to it, or check the indentation"
    if "sequence entries are not allowed" in problem:
        return place, "a '- ' cannot stand here: begin the list on a line of its own, or put the text in quotes"
    if "start any token" in problem:
        return place, f"a value cannot begin with '{rest[:1]}': {_QUOTE_NEXT}"
    if "block" in context:
        kind = "list" if "sequence" in context or "collection" in context else "mapping"
        return (
            place,
            f"this does not fit the {kind} that begins on line {opened[0]}: check the indentation and the quotes",
        )
    if "document start" in problem:
        return (
            place,
            "this does not belong to the document before it: check the indentation, or begin a new one with '---'",
        )
    return place, f"no valid YAML: {re.sub('[<>]', '', problem)}"


def _quoted(problem: str, place: Place, opened: Place) -> tuple[Place, str]:
    if "end of stream" in problem or "document" in problem:
        return (
            opened,
            f"the quote opened on line {opened[0]} is never closed: expected the same quote at the end of the text",
        )
    return place, "no escape that YAML knows: write '\\\\' for a backslash, or use single quotes"


def _bad_escape(place: Place) -> UnreadableError:
    message = (
        "an escape that stands for no character: write the character itself (surrogate pairs are JSON's, not YAML's)"
    )
    return UnreadableError((place[0], place[1] - 2), "invalid_text", message)


def _place(mark: yaml.Mark) -> Place:
    return mark.line + 1, mark.column + 1


def _rest(text: str, mark: yaml.Mark) -> str:
    return text[mark.index : mark.index + 4096]
