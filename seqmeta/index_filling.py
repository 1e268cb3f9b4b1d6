"""Messages to the tables of a new index: what a run says of its things, in its own process or in one beside it.

A message is a head of words, and JSON. Such a process is `fill_from_file`: it reads messages from a file that the run
still writes, and on standard input, a line each, how many bytes more are there. So neither waits for the other. In the
file a message is the head, a space, the number of bytes that follow, a line feed, and these bytes. The process ends
with status 0 where the index is whole; else it leaves none.
"""

import signal
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

import orjson

from seqmeta.canonical import digest_of_parsed
from seqmeta.described import SAID, Said
from seqmeta.errors import StoreError
from seqmeta.index import Basis, IndexedFile, Thing
from seqmeta.index_writing import AT_ONCE, Beside, NewTables
from seqmeta.overflow import Overflow
from seqmeta.particulars import find_owned, find_referred
from seqmeta.problems import Problem
from seqmeta.records import Body, Record, name_of, scope_of
from seqmeta.spilling import Spilled

Message = tuple[str, bytes | memoryview]
"""These there are, in this order, each as often as it takes but for the last two:

`first KIND`: a list of file, digest of what is said, and body, of things that the run records first;
`said`: a list of UUID, kind, digest and file, of what descriptions say of all other things;
`thing KIND ORPHAN`: a record that the run writes, as its file has it, of each kind sorted by UUID; `ORPHAN` is 0 or 1;
`thing - ORPHAN`: a record that it leaves as it is, with the keys `meta` and its kind, sorted by UUID;
`sort`: there are no more things;
`beside KEY`: a `Beside` (the values in it as lists of their fields), and the key of the index.
"""

_LARGE = 1 << 20
_NO_MORE: tuple[str, None] = ("\U0010ffff", None)
"""What comes behind the last UUID."""


def index_record(record: Record, said: Said | None = None, *, is_orphan: bool = False) -> Thing:
    """Say what an index has of a record, and of what is said of it."""
    return Thing(
        record=record,
        scope=scope_of(record.kind, record.body),
        name=name_of(record.kind, record.body),
        file=None if said is None else said.file,
        said=None if said is None else said.digest,
        is_orphan=is_orphan,
        refers_to=find_referred(record.kind, record.body),
        owns=tuple(find_owned(record.body)) if record.kind == "submission" else (),
    )


def fill_index(path: Path, messages: Iterable[Message]) -> bool:
    """Make the index that messages tell of in this file, which is not there yet; return whether they came to their end.

    Raises sqlite3.Error, OSError and StoreError where it cannot be written.
    """
    with closing(NewTables(path)) as tables:
        filling = _Filling(tables)
        for head, data in messages:
            filling.take(head, data)
        return filling.is_whole


class _Filling:
    """An index that is being made."""

    def __init__(self, tables: NewTables) -> None:
        self.is_whole = False
        self._tables = tables
        self._things: list[Thing] = []
        self._bytes = 0
        self._said: Spilled[str, Said] = Spilled(Overflow(), SAID)
        self._kind = ""
        self._next_said: Iterator[tuple[str, Said]] = iter(())
        self._found: tuple[str, Said | None] = _NO_MORE

    def take(self, head: str, data: bytes | memoryview) -> None:
        """Take the next message."""
        what, *words = head.split(" ")
        if what == "first":
            self._add_first(words[0], orjson.loads(data))
        elif what == "said":
            for uuid, *of in orjson.loads(data):
                self._said[uuid] = Said(*of)
        elif what == "thing":
            kind, is_orphan = words
            self._add(kind, orjson.loads(data), is_orphan=is_orphan == "1")
            self._bytes += len(data)
            if len(self._things) >= AT_ONCE or self._bytes >= _LARGE:
                self._write()
        elif what == "sort":
            self._write()
            self._tables.sort()
        else:
            self._tables.finish(_read_beside(orjson.loads(data)), *words)
            self.is_whole = True

    def _add_first(self, kind: str, described: list[tuple[str, str, Body]]) -> None:
        for file, digest, body in described:
            record = Record(kind, body["uuid"], body, 1, digest_of_parsed(body))
            self._things.append(index_record(record, Said(kind, digest, file)))
        self._write()

    def _add(self, kind: str, plain: dict[str, Any], *, is_orphan: bool) -> None:
        meta = plain.pop("meta")
        ((of, body),) = plain.items()
        record = Record(of, body["uuid"], body, meta["version"], meta["digest"])
        if kind != self._kind:
            self._kind, self._found = kind, ("", None)
            self._next_said = self._said.select(None if kind == "-" else kind)
        self._things.append(index_record(record, self._find_said(record.uuid), is_orphan=is_orphan))

    def _find_said(self, uuid: str) -> Said | None:
        """Find what is said of the next thing: to look that up one by one would read a page of the disk for each."""
        while self._found[0] < uuid:
            self._found = next(self._next_said, _NO_MORE)
        return self._found[1] if self._found[0] == uuid else None

    def _write(self) -> None:
        self._tables.add(self._things)
        self._things, self._bytes = [], 0


def _read_beside(plain: dict[str, Any]) -> Beside:
    return Beside(
        basis=Basis(*plain["basis"]),
        taken_at_ns=plain["taken_at_ns"],
        digest=plain["digest"],
        files=[IndexedFile(*of) for of in plain["files"]],
        problems={file: [Problem(*of) for of in some] for file, some in plain["problems"].items()},
    )


def write_message(message: Message, file: IO[bytes]) -> int:
    """Write a message to the end of a file; return how many bytes it takes there."""
    head, data = message
    return file.write(f"{head} {len(data)}\n".encode()) + file.write(data)


def _read_messages(file: IO[bytes], sizes: Iterable[bytes]) -> Iterator[Message]:
    """Read messages in parts of these sizes, each of which ends with a message."""
    for size in sizes:
        part = file.read(int(size))
        data, start = memoryview(part), 0
        while start < len(part):
            end = part.index(b"\n", start) + 1
            head, _, length = part[start:end].decode().rpartition(" ")
            start = end + int(length)
            yield head, data[end:start]


def fill_from_file(index: str, messages: str) -> None:
    """Make an index of the messages in a file, as a process of its own that no signal of a terminal ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the run, and that ends this process if it has to
    is_whole = False
    with suppress(OSError, sqlite3.Error, StoreError), Path(messages).open("rb") as file:
        Path(messages).unlink()  # it is gone with the two processes, however they end
        is_whole = fill_index(Path(index), _read_messages(file, sys.stdin.buffer))
    if not is_whole:
        Path(index).unlink(missing_ok=True)
    raise SystemExit(not is_whole)
