"""What the builder needs to know of a parser's events: PyYAML's classes, with the attributes that its nodes have."""

from collections.abc import Callable
from typing import Final, Protocol

from yaml import events


class Point(Protocol):
    """A place in a text; all three count from 0, in code points."""

    @property
    def index(self) -> int: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def column(self) -> int: ...  # noqa: D102


class ParserEvent(Protocol):
    """One of `yaml.events`; which one, its class says.

    All have marks, nodes have an anchor, scalars and collections a tag, scalars a value and a style.
    """

    start_mark: Point
    end_mark: Point
    anchor: str | None
    tag: str | None
    value: str
    style: str | None


NextEvent = Callable[[], ParserEvent]
"""Gives one event after the other; raises `UnreadableError` at a syntax error."""

STREAM_END: Final[type] = events.StreamEndEvent
DOCUMENT_END: Final[type] = events.DocumentEndEvent
MAPPING_START: Final[type] = events.MappingStartEvent
MAPPING_END: Final[type] = events.MappingEndEvent
SEQUENCE_END: Final[type] = events.SequenceEndEvent
SCALAR: Final[type] = events.ScalarEvent
ALIAS: Final[type] = events.AliasEvent
