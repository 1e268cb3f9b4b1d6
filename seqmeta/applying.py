"""A judged run made one commit: under the store's lock, whole or not at all (CONTRACT 3 and 6)."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seqmeta.changes import Change
from seqmeta.commit_message import render_message
from seqmeta.errors import ConflictError, StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.judgement import Judgement, Reading, judge, read_descriptions
from seqmeta.records import Records
from seqmeta.seals import Seal, next_seals, parse_seal
from seqmeta.shards import CheckedFiles
from seqmeta.snapshot import StoreHistory, load_records
from seqmeta.store import WAIT_SECONDS, Committer, Store, Tag, open_store
from seqmeta.version import __version__
from seqmeta.workspace import Workspace
from seqmeta.workspace_git import find_commit, find_user

_TRIES = 5
"""How often a step is judged anew when somebody else's commit came between."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What enters a run from outside: the time in seconds since 1970 and as stored, and the person's home folder."""

    seconds: int
    text: str
    home: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: its commit (None without one), the judgement, and what was found and mended in the store."""

    commit: str | None
    judgement: Judgement
    notices: Sequence[Finding] = ()
    is_strict: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether nothing was committed because of errors (or, where it was strict, of warnings)."""
        return _is_refused(self.judgement, self.is_strict)


def plan(workspace: Workspace, moment: Moment) -> Judgement:
    """Judge what a run would do, against what is committed now."""
    return _judge_now(workspace, read_descriptions(workspace), moment, _open_existing(workspace))[1]


def _judge_now(
    workspace: Workspace, reading: Reading, moment: Moment, store: Store | None
) -> tuple[str | None, Judgement]:
    """Judge against the head of the store; return the head too."""
    head = store.repository.head() if store is not None else None
    records = load_records(store.repository, head) if store is not None else Records()
    history = StoreHistory(store.repository) if store is not None else None
    return head, judge(workspace, reading, records, now=moment.text, history=history)


def _open_existing(workspace: Workspace) -> Store | None:
    folder = workspace.records_folder
    return open_store(folder, workspace.config.branch) if (folder / ".git").exists() else None


def store_head(workspace: Workspace) -> str:
    """The commit that the store is at, as a line; empty where there is no store yet."""
    store = _open_existing(workspace)
    head = store.repository.head() if store is not None else None
    return f"{head}\n" if head is not None else ""


def _is_refused(judgement: Judgement, strict: bool) -> bool:
    return judgement.is_refused or (strict and bool(judgement.problems))


def apply(
    workspace: Workspace,
    moment: Moment,
    wait_seconds: float = WAIT_SECONDS,
    *,
    strict: bool = False,
    checked: Iterable[Path] = (),
) -> Outcome:
    """Judge the descriptions and commit what they change; nothing at all where anything is wrong.

    `checked` are files that shards wrote: what they say of a description that is as it was need not be found again.
    Raises LockedError when another run does not end within `wait_seconds`, and StoreError for whatever keeps the
    store from being written.
    """
    reading = read_descriptions(workspace, CheckedFiles(checked, workspace.rulebook))
    head, judgement = _judge_now(workspace, reading, moment, _open_existing(workspace))
    if _is_refused(judgement, strict):
        return Outcome(None, judgement, is_strict=strict)
    committer = _find_committer(workspace, moment.home)
    store = open_store(workspace.records_folder, workspace.config.branch, create=True)
    with store.locked(wait_seconds) as notices:
        for attempt in range(_TRIES):
            if attempt or store.repository.head() != head:
                head, judgement = _judge_now(workspace, reading, moment, store)
            if _is_refused(judgement, strict) or not judgement.changes:
                return Outcome(None, judgement, notices, strict)
            with suppress(ConflictError):
                commit = _publish(workspace, store, moment, committer, head, judgement)
                return Outcome(commit, judgement, notices, strict)
    raise ConflictError(f"other commits came between {_TRIES} times: try again")


def _publish(
    workspace: Workspace, store: Store, moment: Moment, committer: Committer, head: str | None, judgement: Judgement
) -> str:
    sealed = [(of.uuid, of.body["seal"]["root"]) for of in judgement.changes if is_sealing(of)]
    existing = list_seals(store.repository)
    return store.publish(
        parent=head,
        files=((change.path, change.render()) for change in judgement.changes),
        message=render_message(judgement.changes, judgement.digest, __version__, find_commit(workspace.root)),
        committer=committer,
        when=moment.seconds,
        tags=lambda _, first: [Tag(name, text) for name, text in next_seals(existing, sealed, first)],
        signing_key=_signing_key(workspace),
    )


def is_sealing(change: Change) -> bool:
    """Whether the change seals a submission."""
    return change.kind == "submission" and "seal" in change.body and "seal" not in (change.before or {})


def list_seals(repository: Repository) -> list[Seal]:
    """List the seals that a store has; a tag that is none is left to `verify`."""
    seals = []
    for tag in repository.tags("seal/"):
        try:
            seals.append(parse_seal(tag.message))
        except ValueError:
            continue
    return seals


def _signing_key(workspace: Workspace) -> Path | None:
    key = workspace.config.signing_key
    return None if key is None else workspace.root / key


def _find_committer(workspace: Workspace, home: Path) -> Committer:
    found = workspace.config.committer or find_user(workspace.root, home)
    if found is None:
        example = 'committer: {name: Example lab, email: lab@example.org}'
        raise StoreError(f"nobody to commit as: add a line such as `{example}` to config/config.yaml")
    return Committer(*found)
