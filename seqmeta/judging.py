"""A workspace judged against its store: by the changes since the last run where an index tells them, else whole."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from seqmeta.changes import Change
from seqmeta.creation import is_made
from seqmeta.delta import Delta, judge_changes
from seqmeta.errors import StoreError
from seqmeta.following import follow
from seqmeta.index import Index, Thing
from seqmeta.index_making import NewIndex
from seqmeta.index_opening import INDEX_FILE, KEY_FILE, described_before, open_earlier, open_index, open_records
from seqmeta.index_writing import update_index
from seqmeta.indexing import Everything, index_changes, make_basis
from seqmeta.judgement import Judgement, Past, Reading, judge, read_descriptions
from seqmeta.linking import Note, note_nothing
from seqmeta.misfits import misfits_told
from seqmeta.moment import Moment
from seqmeta.presence import is_link
from seqmeta.problems import has_errors
from seqmeta.recorded import RecordLookup, Records
from seqmeta.shards import CheckedFiles
from seqmeta.snapshot import StoreHistory, load_indexed, load_records
from seqmeta.store import Store, open_store
from seqmeta.workspace import Workspace


class Judged(NamedTuple):
    """A judgement, the head that it is against, and what it was made from: the changes, or all there is.

    `is_by_index` where what is recorded was taken from an index, not from the head itself.
    """

    head: str | None
    judgement: Judgement
    delta: Delta | None = None
    reading: Reading | None = None
    records: RecordLookup | None = None
    is_by_index: bool = False


_Wanted = Callable[[Judgement], object]
"""What is to be found of a judgement at once: an index that fails there is not asked any more."""
_CHANGES: _Wanted = attrgetter("changes")
_PROBLEMS: _Wanted = attrgetter("problems")

Watch = Callable[[Reading], Note]
"""Is given what was read before it is linked on top of no record, and says who is to be told of what is linked."""


def _watch_nothing(_: Reading) -> Note:
    return note_nothing


class _Asked(NamedTuple):
    """What is to be judged, with what is known of it."""

    workspace: Workspace
    moment: Moment
    checked: CheckedFiles | None = None
    wanted: _Wanted = _CHANGES
    watch: Watch = _watch_nothing


def find_problems(workspace: Workspace, moment: Moment) -> Judgement:
    """Judge what a run would do, where nobody asks what it would change: finding that takes a tenth of the time."""
    return _judge(_Asked(workspace, moment, wanted=_PROBLEMS), open_existing(workspace)).judgement


def plan(workspace: Workspace, moment: Moment, *, whole: bool = False) -> Judgement:
    """Judge what a run would do, against what is committed now; `whole` judges everything in any case."""
    store = open_existing(workspace)
    if whole and store is not None:
        return judge_everything(workspace, moment, store, None).judgement
    return judge_now(workspace, moment, store, None).judgement


def open_existing(workspace: Workspace) -> Store | None:
    """Open the store of a workspace, None where there is none yet."""
    folder = workspace.records_folder
    return open_store(folder, workspace.config.branch) if is_made(folder) else None


def judge_now(
    workspace: Workspace,
    moment: Moment,
    store: Store | None,
    checked: CheckedFiles | None,
    watch: Watch = _watch_nothing,
) -> Judged:
    """Judge a workspace against the head of its store; where it has none, `watch` is asked who is to be told of it."""
    return _judge(_Asked(workspace, moment, checked, watch=watch), store)


def _judge(asked: _Asked, store: Store | None) -> Judged:
    head = store.repository.head() if store is not None else None
    with misfits_told(store.repository if store is not None else None):
        if store is not None and head is not None:
            delta = _judge_changes(asked, store, head)
            if delta is not None:
                return Judged(head, delta.judgement, delta=delta, is_by_index=True)
        return _judge_whole(asked, store)


def judge_everything(workspace: Workspace, moment: Moment, store: Store, checked: CheckedFiles | None) -> Judged:
    """Judge a workspace against the head of its store, whatever the index says."""
    with misfits_told(store.repository):
        return _judge_whole(_Asked(workspace, moment, checked), store, is_index_believed=False)


def _judge_changes(asked: _Asked, store: Store, head: str) -> Delta | None:
    workspace, checked = asked.workspace, asked.checked
    opened = _open_followed(workspace, store, head)
    if opened is None:
        return None
    index, followed = opened
    with suppress(sqlite3.Error):
        history = StoreHistory(store.repository, head)
        delta = judge_changes(workspace, index, checked, now=asked.moment.text, history=history, followed=followed)
        if delta is not None:
            asked.wanted(delta.judgement)
        index.unlock()  # the judgement goes on looking records up in it
        return delta
    return None


def _open_followed(workspace: Workspace, store: Store, head: str) -> tuple[Index, Sequence[Thing]] | None:
    """Open the index of a head, or with a remote an earlier one with what others recorded since laid over it.

    Without a remote nobody else records anything, and what is not described is an orphan: everything has to tell.
    """
    files, basis = _index_files(workspace, store), make_basis(workspace, head)
    index = open_index(*files, basis)
    if index is not None:
        return index, ()
    earlier = open_earlier(*files, basis) if workspace.config.remote is not None else None
    if earlier is None:
        return None
    # A record that git does not give, or that is misshapen, is told of where everything is read.
    with suppress(sqlite3.Error, StoreError, KeyError, TypeError, AttributeError):
        followed = follow(earlier, store.repository, head)
        if followed is not None:
            return earlier, followed
    earlier.close()
    return None


def _judge_whole(asked: _Asked, store: Store | None, *, is_index_believed: bool = True) -> Judged:
    reading = read_descriptions(asked.workspace, asked.checked, asked.moment.tell)
    head = store.repository.head() if store is not None else None
    if store is None or head is None:
        return _judge_reading(asked, store, None, reading, Records(), asked.watch(reading))
    index = open_records(*_index_files(asked.workspace, store), head) if is_index_believed else None
    if index is not None:
        with suppress(sqlite3.Error):
            judged = _judge_reading(asked, store, head, reading, load_indexed(index))
            asked.wanted(judged.judgement)
            return judged._replace(is_by_index=True)
    judged = _judge_reading(asked, store, head, reading, load_records(store.repository, head))
    asked.wanted(judged.judgement)
    return judged


def _judge_reading(
    asked: _Asked,
    store: Store | None,
    head: str | None,
    reading: Reading,
    records: RecordLookup,
    note: Note = note_nothing,
) -> Judged:
    workspace = asked.workspace
    history = StoreHistory(store.repository, head) if store is not None else None
    mine = None  # with a remote others record things too, which were never described here
    if workspace.config.remote is not None and store is not None:
        mine = described_before(*_index_files(workspace, store))
    judgement = judge(workspace, reading, Past(records, history, mine), asked.moment, note)
    return Judged(head, judgement, reading=reading, records=records)


def _index_files(workspace: Workspace, store: Store) -> tuple[Path, Path]:
    """Where the index is, and in the store the key that it must have: a checkout cannot bring that along."""
    return workspace.cache_folder / INDEX_FILE, store.repository.git_dir / KEY_FILE


class IndexKeeper:
    """The index that a run keeps for the next one, of what it saw: made anew while it commits, or changed behind that.

    Where that fails the next run reads everything. To be closed.
    """

    def __init__(self, workspace: Workspace, moment: Moment) -> None:
        """Keep the index of this workspace."""
        self._workspace = workspace
        self._path = workspace.cache_folder / INDEX_FILE
        self._taken_at_ns = moment.seconds * 10**9
        self._is_led_away = is_link(workspace.cache_folder)  # a link could lead out of the workspace
        self._new: NewIndex | None = None

    def watch(self, reading: Reading) -> Note:
        """Begin the index of a judgement on top of no record, unless it is known to be refused."""
        self.close()
        if self._is_led_away or has_errors(reading.problems):
            return note_nothing
        self._new = NewIndex(self._path)
        self._new.begin(reading.documents)
        return self._new.note

    def take(self, judged: Judged) -> None:
        """Make ready for what is to be recorded; what was begun is of this judgement, where that is of no head."""
        if judged.head is not None:
            self.close()
        if self._is_led_away or judged.delta or judged.reading is None or judged.records is None:
            return
        self._new = self._new or NewIndex(self._path)
        basis = make_basis(self._workspace, "")
        self._new.take(Everything(basis, self._taken_at_ns, judged.reading, judged.judgement, judged.records))

    def render(self, changes: Iterable[Change]) -> Iterator[bytes]:
        """Render the changes of the judgement as their files, and take note of them on the way."""
        return (change.render() for change in changes) if self._new is None else self._new.render(changes)

    def finish(self, store: Store, judged: Judged, head: str | None) -> None:
        """Bring the index to this head of the store, the one behind the run."""
        if head is None or self._is_led_away:
            return
        _, key_file = _index_files(self._workspace, store)
        if self._new is not None:
            self._new.finish(key_file, head)
        elif judged.delta is not None:
            self._change(key_file, judged.delta, head)

    def _change(self, key_file: Path, delta: Delta, head: str) -> None:
        if not (delta.files or delta.gone or delta.followed):
            return
        index = open_index(self._path, key_file, make_basis(self._workspace, delta.known))
        if index is not None:
            basis = make_basis(self._workspace, head)
            with closing(index), suppress(sqlite3.Error):
                update_index(index, *index_changes(basis, self._taken_at_ns, delta, index))

    def close(self) -> None:
        """Leave nothing half made behind."""
        if self._new is not None:
            self._new.close()
            self._new = None
