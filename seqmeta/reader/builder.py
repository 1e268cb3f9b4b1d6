"""Parser events, turned into trees of text; what a description may not have is refused on the way (CONTRACT 2).

Nothing is expanded and nothing is resolved: an alias is never followed, a tag never looked up.
"""

from typing import Final

from seqmeta.reader.characters import clip
from seqmeta.reader.events import (
    ALIAS,
    DOCUMENT_END,
    MAPPING_END,
    MAPPING_START,
    SCALAR,
    SEQUENCE_END,
    STREAM_END,
    NextEvent,
    ParserEvent,
)
from seqmeta.reader.faults import FaultLog, Place, UnreadableError
from seqmeta.reader.scalars import NULLS, ScalarReader
from seqmeta.reader.trees import Mark, Path, Tree, Value

MAX_DEPTH = 20
MAX_KEY = 1024  # libyaml's limit for keys without '?'; keys are repeated in the path of every problem below them

_new_mark: Final = tuple.__new__  # skips the keyword handling of a named tuple: a fifth of the time of a small file


class Builder:
    """Builds the trees of one file from its events, which come one at a time from `next_event`."""

    def __init__(self, next_event: NextEvent, scalars: ScalarReader, log: FaultLog) -> None:
        self.trees: list[Tree] = []
        self._next = next_event
        self._scalars = scalars
        self._log = log
        self._path: list[str | int] = []

    def read(self) -> UnreadableError | None:
        """Read all documents into `trees`; return what ended the reading before the end of the file."""
        try:
            self._documents()
        except UnreadableError as error:
            return error
        return None

    def _documents(self) -> None:
        self._next()  # the start of the stream
        while (event := self._next()).__class__ is not STREAM_END:
            self._log.beginnings.append(_place(event))
            self._document(self._next())
            while self._next().__class__ is not DOCUMENT_END:
                pass

    def _document(self, root: ParserEvent) -> None:
        number = len(self._log.beginnings) - 1
        if root.__class__ is SCALAR and _is_nothing(root):
            return
        self._path.clear()
        value, mark = self._node(root)
        if isinstance(value, dict):
            self.trees.append(Tree(value, mark, number))
        elif root.__class__ is not ALIAS:
            found = "a list" if isinstance(value, list) else "a single value"
            message = f"the document is {found}: expected a mapping"
            self._log.add(_place(root), "wrong_type", message)

    def _node(self, event: ParserEvent) -> tuple[Value, Mark]:
        kind = event.__class__
        if kind is SCALAR:
            return self._scalar(event)
        if kind is ALIAS:
            message = f"an alias '*{clip(event.anchor or '')}' is not allowed: write the value out, or quote the text"
            self._log.add(_place(event), "alias_not_allowed", message, self._here())
            return None, Mark(*_place(event), None, None)
        return self._mapping(event) if kind is MAPPING_START else self._sequence(event)

    def _scalar(self, event: ParserEvent) -> tuple[str | None, Mark]:
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        start = event.start_mark
        mark = _new_mark(Mark, (start.line + 1, start.column + 1, None, None))
        text = event.value
        if not event.style and text in NULLS:
            return None, mark if text else Mark(*self._scalars.place_of_nothing(event), None, None)
        if text.isascii() and text.isprintable():
            return text.strip() or None, mark
        return self._scalars.read(event, self._path) or None, mark

    def _mapping(self, opening: ParserEvent) -> tuple[dict[str, Value], Mark]:
        self._enter(opening)
        path, next_event = self._path, self._next
        value: dict[str, Value] = {}
        places: list[int] = []
        lines: dict[str, int] | None = None  # of the keys; kept from the first duplicate on
        children: dict[str, Mark] = {}
        path.append("")
        while (event := next_event()).__class__ is not MAPPING_END:
            path[-1] = ""
            key = self._key(event)
            if key is not None:
                path[-1] = key
                if key in value:
                    lines = dict(zip(value, places[::2], strict=True)) if lines is None else lines
                    self._refuse_duplicate(event, key, lines[key])
                    key = None
            item, mark = self._node(next_event())
            if key is not None:
                start = event.start_mark
                places += (start.line + 1, start.column + 1)
                if lines is not None:
                    lines[key] = start.line + 1
                value[key] = item
                children[key] = mark
        path.pop()
        return value, Mark(*_place(opening), places, children)

    def _sequence(self, opening: ParserEvent) -> tuple[list[Value], Mark]:
        self._enter(opening)
        path, next_event = self._path, self._next
        value: list[Value] = []
        children: list[Mark] = []
        path.append(0)
        while (event := next_event()).__class__ is not SEQUENCE_END:
            path[-1] = len(value)
            item, mark = self._node(event)
            value.append(item)
            children.append(mark)
        path.pop()
        return value, Mark(*_place(opening), None, children)

    def _key(self, event: ParserEvent) -> str | None:
        """Return the text of a key, or None where it is refused, and its value with it."""
        if event.__class__ is not SCALAR:
            if event.__class__ is not ALIAS:
                self._log.add(
                    _place(event), "wrong_type", "a key that is a list or a mapping: expected text", self._here()
                )
            self._node(event)
            return None
        if not event.style and event.value == "<<":
            message = "a merge key '<<' is not allowed: write the keys out, or quote it if it is text"
            self._log.add(_place(event), "alias_not_allowed", message, self._here())
            return None
        if self._scalars.has_lost_sign and self._scalars.is_behind_sign(event):
            message = "a '?' directly before a key is a sign of YAML's here, and would be lost: put the key in quotes"
            self._log.add(_place(event), "yaml_syntax", message, self._here())
            return None
        text = event.value
        if len(text) > MAX_KEY:
            message = f"a key of {len(text):,} characters: expected at most {MAX_KEY:,}"
            self._log.add(_place(event), "out_of_range", message, self._here())
            return None
        if not (text.isascii() and text.isprintable()) and self._scalars.refuse_key(event, self._path):
            return None
        key, mark = self._scalar(event)
        if key is None:
            self._log.add(mark[:2], "invalid_text", "an empty key: expected a name before the ':'", self._here())
        return key

    def _here(self) -> Path:
        return tuple(step for step in self._path if step != "")  # "" stands for a key that is not known yet

    def _enter(self, opening: ParserEvent) -> None:
        if len(self._path) == MAX_DEPTH:
            message = f"more than {MAX_DEPTH} levels of lists and mappings: the rest of the file was not read"
            raise UnreadableError(_place(opening), "out_of_range", message)
        if opening.tag is not None or opening.anchor is not None:
            self._refuse_properties(opening)

    def _refuse_duplicate(self, event: ParserEvent, key: str, line: int) -> None:
        message = f"the key '{clip(key)}' is there already, on line {line}: keep one of them"
        self._log.add(_place(event), "duplicate_key", message, self._here())

    def _refuse_properties(self, event: ParserEvent) -> None:
        path = self._here()
        if event.anchor is not None:
            message = f"an anchor '&{clip(event.anchor)}' is not allowed: write each value out, or quote the text"
            self._log.add(self._scalars.place_of_property(event, "&"), "alias_not_allowed", message, path)
        if event.tag is not None:
            message = f"a tag '{clip(_shorthand(event.tag))}' is not allowed: the schema gives each value its type"
            self._log.add(self._scalars.place_of_property(event, "!"), "tag_not_allowed", message, path)


def _place(event: ParserEvent) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _is_nothing(event: ParserEvent) -> bool:
    return event.value == "" and not event.style and event.tag is None and event.anchor is None


def _shorthand(tag: str) -> str:
    """Return a tag as people write it: the parsers give `!!str` in full."""
    return tag.replace("tag:yaml.org,2002:", "!!", 1)
