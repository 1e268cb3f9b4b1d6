"""An index made anew by a run that judges everything: where that is much, by another process, while the run goes on.

Of a run that records everything for the first time it begins with what is linked, before it is known whether the run
will commit: most of what it has to do is done by then. Of any other it begins when that is known.
"""

import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, cast

import orjson

from seqmeta.changes import Change
from seqmeta.described import Described
from seqmeta.errors import StoreError
from seqmeta.index_filling import Message, fill_index, write_message
from seqmeta.index_opening import journals_of
from seqmeta.indexing import Everything, said_of
from seqmeta.linking import SIMPLE
from seqmeta.presence import find_matching, is_file
from seqmeta.records import Body, Record

MANY = 3000
"""Of so many described things the index is made beside the run: fewer are in before another process has begun."""

_SORT: Message = ("sort", b"null")
_SUFFIXES = (".part", ".told")
_AT_ONCE = 1000
_PART_BYTES = 1 << 18
_PROGRAM = "import sys; sys.path[:] = sys.argv[3:]; import seqmeta.index_filling as f; f.fill_from_file(*sys.argv[1:3])"
"""It imports what this process would, and nothing from the folder that it happens to be started in."""


class NewIndex:
    """An index that is made anew beside the one that is there; which head it is of is said last.

    Where it cannot be made there is none, and the next run reads everything. To be closed.
    """

    def __init__(self, path: Path) -> None:
        """Make the index that is to be at this path."""
        self._path = path
        own = f"{path.stem}-{secrets.token_hex(8)}"  # other runs may judge at the same time
        self._part, self._told = (path.with_name(f"{own}{suffix}").absolute() for suffix in _SUFFIXES)
        self._has_used_folder = False
        self._process: _Process | None = None
        self._is_begun = False
        self._linked: list[bytes] = []
        self._linked_kind, self._linked_bytes = "", 0
        self._is_told_all = False

    def begin(self, documents: int) -> None:
        """Begin with what is linked of so many described things, for a run on top of no record."""
        self._start(documents)
        self._is_begun = self._process is not None

    def note(self, described: Described, body: Body) -> None:
        """Take note of a thing of `SIMPLE` kinds that was linked; nothing where it was not begun."""
        if self._process is not None:
            if described.kind != self._linked_kind or self._linked_bytes >= _PART_BYTES:
                self._tell_linked()
                self._linked_kind = described.kind
            said = said_of(described)
            self._linked.append(orjson.dumps((said.file, said.digest, body)))
            self._linked_bytes += len(self._linked[-1])

    def take(self, everything: Everything) -> None:
        """Make it of this, what the run is to record; where it was begun, what was not noted is told at once."""
        self._everything = everything
        self._orphans = everything.judgement.orphans
        if self._is_begun:
            self._tell_linked()
            self._tell(chain(self._said(SIMPLE), self._others(), [_SORT]))
            self._is_told_all = True
        else:
            self._start(everything.judgement.documents)

    def _start(self, documents: int) -> None:
        if documents >= MANY:
            with suppress(OSError):
                self._make_folder()
                self._process = _Process(self._part, self._told)

    def _tell_linked(self) -> None:
        if self._linked:
            self._tell([(f"first {self._linked_kind}", b"[%b]" % b",".join(self._linked))])
            self._linked, self._linked_bytes = [], 0

    def render(self, changes: Iterable[Change]) -> Iterator[bytes]:
        """Render the changes of the run as their files, and tell the process of each, where there is one.

        After the last of them it may sort what it has, while this one goes on.
        """
        if self._is_told_all:
            yield from (change.render() for change in changes)
            return
        self._tell(self._said())
        for change in changes:
            data = change.render()
            self._tell([self._changed(change, data)])
            yield data
        self._tell(self._rest())
        self._is_told_all = True

    def finish(self, key_file: Path, head: str) -> None:
        """Write what is left, and put the index in its place as that of this head."""
        key = secrets.token_hex(16)
        last = (f"beside {key}", orjson.dumps(self._everything.beside(head), default=list))
        if not self._is_told_all:  # there were no changes
            self._tell(chain(self._said(), self._rest()))
        self._tell([last])
        with suppress(OSError, sqlite3.Error, StoreError):
            if self._process is None or not self._process.finish() or not is_file(self._part):
                self._make_folder()
                self._clear()
                fill_index(self._part, self._everything_told(last))
            key_file.parent.mkdir(parents=True, exist_ok=True)
            key_file.unlink(missing_ok=True)  # from here on the index that was there counts for nothing
            with key_file.open("x", encoding="ascii") as file:
                file.write(key)
            for journal in journals_of(self._path):
                journal.unlink(missing_ok=True)
            self._part.replace(self._path)
            self._has_used_folder = False
            for suffix in _SUFFIXES:
                for path in find_matching(self._path.parent, f"{self._path.stem}*{suffix}"):
                    path.unlink(missing_ok=True)  # a killed run's; one that still judges makes its index later

    def close(self) -> None:
        """Leave nothing behind of an index that did not come to its end."""
        if self._process is not None:
            self._process.end()
        with suppress(OSError):
            self._clear()
            if self._has_used_folder:
                self._path.parent.rmdir()  # unless anything is in it

    def _make_folder(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        self._has_used_folder = True

    def _clear(self) -> None:
        for path in (self._part, self._told):
            path.unlink(missing_ok=True)

    def _tell(self, messages: Iterable[Message]) -> None:
        """Pass messages on to the process, if there is one; where they cannot be had or passed on, it ends."""
        if self._process is not None:
            try:
                self._process.tell(messages)
            except (OSError, sqlite3.Error, StoreError):
                self._process.end()
                self._process = None

    def _everything_told(self, last: Message) -> Iterator[Message]:
        yield from self._said()
        yield from (self._changed(change, change.render()) for change in self._everything.judgement.changes)
        yield from self._rest()
        yield last

    def _said(self, without: Container[str] = ()) -> Iterator[Message]:
        rows = ((uuid, *of) for uuid, of in self._everything.said(without))
        while some := list(islice(rows, _AT_ONCE)):
            yield "said", orjson.dumps(some)

    def _changed(self, change: Change, data: bytes) -> Message:
        return f"thing {change.kind} {int(change.uuid in self._orphans)}", data

    def _others(self) -> Iterator[Message]:
        return ((f"thing {record.kind} 0", _dump(record)) for record in self._everything.first_unnoted())

    def _rest(self) -> Iterator[Message]:
        for record in self._everything.kept():
            yield f"thing - {int(record.uuid in self._orphans)}", _dump(record)
        yield _SORT


def _dump(record: Record) -> bytes:
    return orjson.dumps({"meta": {"digest": record.digest, "version": record.version}, record.kind: record.body})


class _Process:
    """The process that makes an index of what it is told."""

    def __init__(self, index: Path, told: Path) -> None:
        """Start it on the file of the index and on one for what it is told, neither of which is there yet."""
        self._file = told.open("xb")
        self._size = 0
        safely = "-I" if sys.flags.isolated else "-P"
        command = [sys.executable, safely, "-c", _PROGRAM, str(index), str(told), *sys.path]
        quiet = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, bufsize=0)
        except BaseException:
            self._file.close()
            raise
        self._sizes = cast("IO[bytes]", self._process.stdin)

    def tell(self, messages: Iterable[Message]) -> None:
        """Pass messages on; OSError where they cannot be written, or the process has ended."""
        for message in messages:
            self._size += write_message(message, self._file)
            if self._size >= _PART_BYTES or message == _SORT:  # which it need not wait for
                self._flush()

    def _flush(self) -> None:
        self._file.flush()
        self._sizes.write(b"%d\n" % self._size)
        self._size = 0

    def finish(self) -> bool:
        """Wait until it has ended; return whether it made the index."""
        with suppress(OSError):
            self._flush()
            self._sizes.close()
        return self._process.wait() == 0

    def end(self) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for stream in (self._sizes, self._file):
            with suppress(OSError):
                stream.close()
