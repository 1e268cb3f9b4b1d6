"""A judged run made one commit: under the store's lock, whole or not at all (CONTRACT 3 and 6)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from seqmeta.changes import Change, Changes
from seqmeta.commit_message import render_message
from seqmeta.committing import (
    TRIES,
    find_committer,
    find_doubtful_seals,
    pull,
    push,
    push_waiting,
    signing_key,
)
from seqmeta.early_look import EarlyLook
from seqmeta.errors import ConflictError, SetAsideError
from seqmeta.findings import Finding
from seqmeta.judgement import Judgement
from seqmeta.judging import IndexKeeper, Judged, judge_everything, judge_now, open_existing
from seqmeta.moment import Moment
from seqmeta.records import read_record
from seqmeta.seal_chain import list_seals
from seqmeta.seals import next_seals
from seqmeta.shard_key import read_key
from seqmeta.shards import CheckedFiles
from seqmeta.store import WAIT_SECONDS, Committer, Store, Tag, open_store
from seqmeta.telling import Tell, Told
from seqmeta.version import __version__
from seqmeta.workspace import Workspace
from seqmeta.workspace_git import find_commit


class Outcome(NamedTuple):
    """What a run did: its commit (None without one), the judgement, and what was found and mended in the store.

    `earlier` are judgements of this run that were committed before, where a remote made it judge once more; they stand
    though the last be refused.
    """

    commit: str | None
    judgement: Judgement
    notices: Sequence[Finding] = ()
    is_strict: bool = False
    earlier: Sequence[Judgement] = ()

    @property
    def is_refused(self) -> bool:
        """Whether what was judged last is not committed because of errors (or, where it was strict, of warnings)."""
        return _is_refused(self.judgement, strict=self.is_strict)


def _is_refused(judgement: Judgement, *, strict: bool) -> bool:
    return judgement.is_refused or (strict and bool(judgement.problems))


def apply(
    workspace: Workspace,
    moment: Moment,
    wait_seconds: float = WAIT_SECONDS,
    *,
    strict: bool = False,
    checked: Iterable[Path] = (),
    look: EarlyLook | None = None,
) -> Outcome:
    """Judge the descriptions and commit what they change; nothing at all where anything is wrong.

    `checked` are files that shards wrote: what they say of a description that is as it was need not be found again.
    `look` is one at the work tree that has begun.
    Raises LockedError when another run does not end within `wait_seconds`, and StoreError for whatever keeps the
    store from being written.
    """
    known = CheckedFiles(checked, workspace.rulebook, read_key(workspace.records_folder))
    with closing(IndexKeeper(workspace, moment)) as index:
        return _apply(workspace, moment, wait_seconds, known, index, look, strict=strict)


def _apply(  # noqa: PLR0913 - what a run is given, and what it keeps
    workspace: Workspace,
    moment: Moment,
    wait_seconds: float,
    known: CheckedFiles,
    index: IndexKeeper,
    look: EarlyLook | None,
    *,
    strict: bool,
) -> Outcome:
    judged = judge_now(workspace, moment, open_existing(workspace), known, index.watch)
    if _is_refused(judged.judgement, strict=strict) and workspace.config.remote is None:
        return Outcome(None, judged.judgement, is_strict=strict)  # a remote may have what was not found here
    committer = find_committer(workspace, moment.home)
    store = open_store(workspace.records_folder, workspace.config.branch, create=True)
    standing, earlier = None, list[Judgement]()
    with store.locked(wait_seconds, look) as notices:
        store.keep_packs_few()
        for attempt in range(TRIES):
            notices.extend(pull(workspace, store))
            if attempt or store.repository.head() != judged.head:
                del judged  # it holds as much as the one that takes its place
                judged = judge_now(workspace, moment, store, known, index.watch)
            if judged.is_by_index and not _fits_head(store, judged):
                judged = judge_everything(workspace, moment, store, known)
            if _is_refused(judged.judgement, strict=strict):
                push_waiting(workspace, store, notices)
                return Outcome(standing, judged.judgement, notices, strict, earlier)
            try:
                index.take(judged)
                commit = _publish(workspace, store, moment, committer, judged, index)
                index.finish(store, judged, commit or judged.head)
                made = push(workspace, store, notices, commit) or standing
                notices.extend(find_doubtful_seals(workspace, store, made))
                return Outcome(made, judged.judgement, notices, strict, earlier)
            except SetAsideError as error:
                if error.standing is not None:
                    standing, earlier = error.standing, [*earlier, judged.judgement]
            except ConflictError:
                continue
            except KeyboardInterrupt as interrupt:
                raise KeyboardInterrupt(_tell_interrupted(store, judged.head)) from interrupt
    raise ConflictError(f"other commits came between {TRIES} times: try again")


def _publish(
    workspace: Workspace,
    store: Store,
    moment: Moment,
    committer: Committer,
    judged: Judged,
    index: IndexKeeper,
) -> str | None:
    judgement = judged.judgement
    if not judgement.changes:
        return None
    sealed = [(of.uuid, of.body["seal"]["root"]) for of in judgement.changes.of_kinds("submission") if is_sealing(of)]

    def make_tags(_: str, first: str) -> list[Tag]:
        return [Tag(name, text) for name, text in next_seals(list_seals(store.repository, first), sealed, first)]

    return store.publish(
        parent=judged.head,
        files=_ToldFiles(judgement.changes, index, moment.tell),
        message=render_message(judgement.changes, judgement.digest, __version__, find_commit(workspace.root)),
        committer=committer,
        when=moment.seconds,
        tags=make_tags if sealed else None,  # they name the store's first commit, which all of the history tells
        signing_key=signing_key(workspace),
    )


class _ToldFiles:
    """The files of changes, as the index takes note of them; how many of them were written is told."""

    def __init__(self, changes: Changes, index: IndexKeeper, tell: Tell) -> None:
        self._changes, self._index, self._tell = changes, index, tell

    def paths(self) -> Iterator[str]:
        return self._changes.paths()

    def contents(self) -> Iterator[bytes]:
        told = Told(self._tell, "records written", len(self._changes))
        yield from told.each(self._index.render(self._changes))
        told.end()


def _tell_interrupted(store: Store, before: str | None) -> str:
    """Say that a run was interrupted behind its commit; nothing where it made none."""
    now = store.repository.head()
    return "" if now == before else f"interrupted: commit {now} was made, and what is left to do the next run does"


def _fits_head(store: Store, judged: Judged) -> bool:
    """Whether what the index said is recorded is so: a damaged one may cost time, but makes no commit that is wrong."""
    changes = judged.judgement.changes
    blobs = store.repository.ids_at(judged.head, changes.paths())
    contents = store.repository.read(blob for blob in blobs.values() if blob is not None)
    for change in changes:
        if (blobs[change.path] is None) is not (change.before is None):
            return False
        if change.before is not None:
            record = read_record(change.path, next(contents)[1])
            if (change.before, change.version - 1) != (record.body, record.version):
                return False
    return True


def is_sealing(change: Change) -> bool:
    """Whether the change seals a submission."""
    return change.kind == "submission" and "seal" in change.body and "seal" not in (change.before or {})
