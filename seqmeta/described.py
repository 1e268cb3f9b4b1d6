"""What is described and what is found in it, and how what a step knows of things looks where it lies on disk."""

from typing import NamedTuple

import orjson

from seqmeta.documents import Source
from seqmeta.kinds import load_kinds
from seqmeta.problems import Finding
from seqmeta.records import Body
from seqmeta.spilled_tables import Form
from seqmeta.weights import ENTRY, weigh


class Described(NamedTuple):
    """One thing as its description says, in normal form, with the identity that it has."""

    kind: str
    uuid: str
    name: str | None
    body: Body
    source: Source
    host: str | None = None
    """The kind of the description that this is part of, as the library of a run is; paths start with it."""


Path = tuple[str | int, ...]
"""Where in a description: keys, and places in lists."""


class Placed(NamedTuple):
    """A finding and the description it is of; `see` is a second place that the message ends with.

    What `is_passing` is found of what this step does, and not any more of the records that it leaves.
    """

    kind: str
    source: Source
    finding: Finding
    see: tuple[Source, Path] | None = None
    is_passing: bool = False


class Said(NamedTuple):
    """What an index keeps of what is said of a thing: its digest, and the file that says it."""

    kind: str
    digest: str
    file: str


def _dump_described(described: Described) -> bytes:
    source = described.source
    where = (source.file, source.document, source.item, described.host)
    return orjson.dumps((described.uuid, described.name, described.body, *where))


def _load_described(kind: str, data: bytes) -> Described:
    uuid, name, body, file, document, item, host = orjson.loads(data)
    return Described(kind, uuid, name, body, Source(file, document, item), host)


def _dump_body(linked: tuple[str, Body]) -> bytes:
    return orjson.dumps(linked[1])


def _load_body(kind: str, data: bytes) -> tuple[str, Body]:
    return kind, orjson.loads(data)


def _source_place(_uuid: str, described: Described) -> str:
    file, document, item = described.source.order
    return f"{file}\0{document:09}\0{item + 1:09}"


def _record_place(uuid: str, linked: tuple[str, Body]) -> str:
    return f"{load_kinds()[linked[0]].plural}/{uuid}"


DESCRIBED = Form(
    key_text=str,
    key=str,
    dump=_dump_described,
    load=_load_described,
    tag=lambda _, described: described.kind,
    place=_source_place,
    weight=lambda described: weigh(described.body),
    is_once=True,
)
BODIES = Form(
    key_text=str,
    key=str,
    dump=_dump_body,
    load=_load_body,
    tag=lambda _, linked: linked[0],
    place=_record_place,
    weight=lambda linked: weigh(linked[1]),
)
FLAGGED = Form(
    key_text=str, key=str, dump=str.encode, load=lambda _, data: data.decode(), weight=lambda _: ENTRY, is_short=True
)
GROUPS = Form(
    key_text=lambda names: orjson.dumps(names).decode(),
    key=lambda text: tuple(orjson.loads(text)),
    dump=str.encode,
    load=lambda _, data: data.decode(),
    weight=lambda _: ENTRY,
    is_once=True,
)
SAID = Form(
    key_text=str,
    key=str,
    dump=lambda said: "\n".join(said[1:]).encode(),
    load=lambda kind, data: Said(kind, *data.decode().split("\n", 1)),
    tag=lambda _, said: said.kind,
    place=lambda uuid, _: uuid,
    weight=lambda _: ENTRY,
    is_once=True,
)
