"""The records of a kind to a table of their names, UUIDs, states and versions (CONTRACT 4, `list`).

Rows come as they are read, by name: in the order of the index where that is of this commit, else sorted on the way. No
more of them is held than a screen or two, however many there are.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from seqmeta.errors import UsageError
from seqmeta.holdings import LostIndexError
from seqmeta.overflow import Overflow
from seqmeta.particulars import Label, state_of
from seqmeta.records import Body, Record
from seqmeta.revision import Revision
from seqmeta.tables import Table
from seqmeta.values import shorten
from seqmeta.vocabulary import expected

STATES: Mapping[str, Sequence[str]] = {
    "study": ("active", "inactive"),
    "project": ("active", "inactive"),
    "biosample": ("stub", "consent_withdrawn"),
    "order": ("building", "locked", "sealed", "withdrawn"),
    "submission": ("building", "ready", "cancelled"),
    "progress": ("ready", "cancelled"),
}
"""The states that a record of a kind may be in; other kinds have none."""
_BESIDES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sequencing_run": {
        "run_name": ("run_name",),
        "instrument": ("instrument_model", "instrument_make"),
        "start": ("start_time",),
    }
}
"""More columns, each with the fields of which the first that is given stands there."""

Row = Mapping[str, Any]
_AT_ONCE = 500


def list_kind(revision: Revision, kind: str, state: str | None = None) -> Table:
    """List the records of a kind by name, or only those that are in a state; UsageError for one that there is not."""
    if state is not None and state not in STATES.get(kind, ()):
        what = f"{'an' if kind[0] in 'ao' else 'a'} {kind.replace('_', ' ')}"
        if kind not in STATES:
            raise UsageError(f"{what} has no state: leave --state out")
        raise UsageError(f"{what} is never {shorten(state)}: {expected(state, list(STATES[kind]))}")
    rows = _Rows(revision, kind, state)
    return Table(("name", "uuid", "state", "version", *_BESIDES.get(kind, {})), rows, rows.unsorted())


def find_cancelled(revision: Revision) -> frozenset[str]:
    """Find the submissions that are cancelled: their own records are sealed, and say nothing of it."""
    return frozenset(of.body["submission"]["uuid"] for of in revision.in_state("progress", "cancelled"))


def state_now(record: Record, cancelled: Collection[str]) -> str | None:
    """The state that a record is in, None where its kind has none."""
    return "cancelled" if record.uuid in cancelled else state_of(record.kind, record.body)


class _Rows:
    """The rows of a list, to go through as often as one wants."""

    def __init__(self, revision: Revision, kind: str, state: str | None) -> None:
        self._revision = revision
        self._kind = kind
        self._state = state
        self._cancelled = find_cancelled(revision) if kind == "submission" else frozenset()
        self._sorted: _Sorted | None = None

    def __iter__(self) -> Iterator[Row]:
        return self._wanted(row for _, row in self._placed())

    def unsorted(self) -> Iterator[Row]:
        """The rows in the order in which the index has them; by name where there is none, for they are kept so."""
        try:
            labels = self._labels(is_sorted=False)
            yield from self._wanted(self._row(*of) for of in labels)
        except LostIndexError:  # some come for the second time: whoever asks wants to know how wide they are
            yield from self._wanted(self._read())

    def _labels(self, *, is_sorted: bool) -> Iterator[tuple[Label, Body]]:
        state = (
            None if self._kind == "submission" else self._state
        )  # whose own record does not say that it is cancelled
        return self._revision.labels(self._kind, state, with_body=self._kind in _BESIDES, is_sorted=is_sorted)

    def _wanted(self, rows: Iterable[Row]) -> Iterator[Row]:
        return (row for row in rows if self._state in (None, row["state"]))

    def _placed(self) -> Iterator[tuple[tuple[str, str], Row]]:
        """The rows with their places; where the index is lost on the way, those behind the last one come from git."""
        last = ("", "")
        if self._sorted is None:
            try:
                for label, body in self._labels(is_sorted=True):
                    yield label.place, self._row(label, body)
                    last = label.place
            except LostIndexError:
                deque(self._read(), maxlen=0)
            else:
                return
        if self._sorted is not None:
            yield from self._sorted.behind(last)

    def _read(self) -> Iterator[Row]:
        """Read the rows from git as they come, and keep them sorted."""
        kept = _Sorted()
        labels = self._revision.labels_unsorted(self._kind)
        placed = ((label.place, self._row(label, body)) for label, body in labels)
        while some := list(islice(placed, _AT_ONCE)):
            kept.add(some)
            yield from (row for _, row in some)
        self._sorted = kept

    def _row(self, label: Label, body: Body) -> Row:
        state = "cancelled" if label.uuid in self._cancelled else label.state
        row = {"name": label.place[0] or None, "uuid": label.uuid, "state": state, "version": label.version}
        for column, fields in _BESIDES.get(self._kind, {}).items():
            row[column] = next((body[field] for field in fields if field in body), None)
        return row


class _Sorted:
    """Rows sorted by their places, in a temporary database that has them on disk where they are many."""

    def __init__(self) -> None:
        self._overflow = Overflow()
        self._table = self._overflow.new_table(
            "name TEXT, uuid TEXT, data BLOB, PRIMARY KEY (name, uuid)", "WITHOUT ROWID"
        )

    def add(self, rows: Iterable[tuple[tuple[str, str], Row]]) -> None:
        """Take more rows."""
        statement = f"INSERT INTO {self._table} VALUES (?, ?, ?)"  # noqa: S608 - a name that was made here
        self._overflow.write(statement, ((*place, orjson.dumps(row)) for place, row in rows))

    def behind(self, last: tuple[str, str]) -> Iterator[tuple[tuple[str, str], Row]]:
        """The rows whose places are behind this one."""
        where = "WHERE (name, uuid) > (?, ?) ORDER BY name, uuid"
        query = f"SELECT name, uuid, data FROM {self._table} {where}"  # noqa: S608 - as above
        return (((name, uuid), orjson.loads(data)) for name, uuid, data in self._overflow.all(query, *last))
