"""A judged run made one commit: under the store's lock, whole or not at all (CONTRACT 3 and 6)."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from seqmeta.changes import Change
from seqmeta.commit_message import render_message
from seqmeta.errors import ConflictError, StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_objects import Commit, TagRef
from seqmeta.judgement import Judgement
from seqmeta.judging import Judged, Moment, judge_now, keep_index, open_existing
from seqmeta.seals import TAG_PREFIX, Seal, next_seals, parse_seal
from seqmeta.shard_key import read_key
from seqmeta.shards import CheckedFiles
from seqmeta.store import WAIT_SECONDS, Committer, Store, Tag, open_store
from seqmeta.version import __version__
from seqmeta.workspace import Workspace
from seqmeta.workspace_git import find_commit, find_user

_TRIES = 5
"""How often a step is judged anew when somebody else's commit came between."""


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
) -> Outcome:
    """Judge the descriptions and commit what they change; nothing at all where anything is wrong.

    `checked` are files that shards wrote: what they say of a description that is as it was need not be found again.
    Raises LockedError when another run does not end within `wait_seconds`, and StoreError for whatever keeps the
    store from being written.
    """
    known = CheckedFiles(checked, workspace.rulebook, read_key(workspace.records_folder))
    judged = judge_now(workspace, moment, open_existing(workspace), known)
    if _is_refused(judged.judgement, strict=strict):
        return Outcome(None, judged.judgement, is_strict=strict)
    committer = _find_committer(workspace, moment.home)
    store = open_store(workspace.records_folder, workspace.config.branch, create=True)
    with store.locked(wait_seconds) as notices:
        for attempt in range(_TRIES):
            if workspace.config.remote is not None:
                notices.extend(store.pull(_remote(workspace), partial(_seal_anew, store), _signing_key(workspace)))
            if attempt or store.repository.head() != judged.head:
                judged = judge_now(workspace, moment, store, known)
            if _is_refused(judged.judgement, strict=strict):
                return Outcome(None, judged.judgement, notices, strict)
            with suppress(ConflictError):
                commit = _publish(workspace, store, moment, committer, judged) if judged.judgement.changes else None
                keep_index(workspace, store, moment, judged, commit or judged.head)
                return Outcome(_push(workspace, store, notices, commit), judged.judgement, notices, strict)
    raise ConflictError(f"other commits came between {_TRIES} times: try again")


def _remote(workspace: Workspace) -> str:
    """The remote as git takes it: an address, or a path from the workspace."""
    remote = str(workspace.config.remote)
    is_address = "://" in remote or re.match(r"[^/]+:", remote) is not None
    return remote if is_address else str((workspace.root / remote).absolute())


def _push(workspace: Workspace, store: Store, notices: list[Finding], commit: str | None) -> str | None:
    """Send what the remote lacks; where it has moved meanwhile, take that over, make this run's commit anew, send."""
    if workspace.config.remote is None:
        return commit
    for _ in range(_TRIES):
        with suppress(ConflictError):
            notices += store.push(_remote(workspace))
            return commit
        notices += store.pull(_remote(workspace), partial(_seal_anew, store), _signing_key(workspace))
        commit = store.repository.head() if commit is not None else None
    notices.append(Finding("not_pushed", "", f"the remote moved {_TRIES} times meanwhile; the next run pushes"))
    return commit


def _seal_anew(store: Store, old: Commit, tags: Sequence[TagRef], new: str, first: str) -> list[Tag]:  # noqa: ARG001
    """Make the seals of a commit that was made anew: their numbers and predecessors are those of the new history."""
    roots = [(tag.name.removeprefix(TAG_PREFIX), parse_seal(tag.message).root) for tag in tags]
    return [Tag(name, text) for name, text in next_seals(list_seals(store.repository), roots, first)]


def _publish(workspace: Workspace, store: Store, moment: Moment, committer: Committer, judged: Judged) -> str:
    judgement = judged.judgement
    sealed = [(of.uuid, of.body["seal"]["root"]) for of in judgement.changes if is_sealing(of)]
    existing = list_seals(store.repository)
    return store.publish(
        parent=judged.head,
        files=((change.path, change.render) for change in judgement.changes),
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
        example = "committer: {name: Example lab, email: lab@example.org}"
        raise StoreError(f"nobody to commit as: add a line such as `{example}` to config/config.yaml")
    return Committer(*found)
