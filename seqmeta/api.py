"""What `import seqmeta` offers: the commands as functions on plain values, in the JSON forms that they print.

Nothing here prints or exits. What is wrong in descriptions stands in `problems`; what is wrong with the world is an
exception of `seqmeta.errors`, of which `SeqmetaError` is the base.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqmeta import applying, judging, migrating
from seqmeta.config import DEFAULT_FILE
from seqmeta.creation import require_records
from seqmeta.early_look import early_look
from seqmeta.errors import StoreError, UsageError
from seqmeta.findings import plain_findings
from seqmeta.git import Repository
from seqmeta.kinds import find_kind, load_kinds
from seqmeta.lookup import PARTS, find, find_owner
from seqmeta.moment import Moment
from seqmeta.presence import is_there
from seqmeta.records import Record
from seqmeta.rendering import plain_problems
from seqmeta.revision import Revision, open_revision
from seqmeta.store import WAIT_SECONDS, open_store
from seqmeta.store import doctor as mend
from seqmeta.summaries import plain_outcome, plain_plan
from seqmeta.values import time_text
from seqmeta.verification import plain_verdict
from seqmeta.verification import verify as verify_repository
from seqmeta.workspace import Workspace, open_workspace

Plain = dict[str, Any]
"""A mapping of text, whole numbers, truth values, None, lists and mappings, as JSON has them."""

PathLike = str | os.PathLike[str]


def check(root: PathLike = ".", *, config: PathLike | None = None) -> Plain:
    """Find every problem in the descriptions of the workspace at `root`; write nothing.

    `config` is a configuration in place of `config/config.yaml`. Returns `documents`, how many things are described,
    and `problems`, sorted by place, each with `severity`, `file`, `line`, `column`, `path`, `code` and `message`.

    >>> checked = seqmeta.check("lab")
    >>> checked["problems"]
    []
    """
    judgement = judging.find_problems(open_at(root, config), moment_of(None))
    return {"documents": judgement.documents, "problems": plain_problems(judgement.problems)}


def plan(root: PathLike = ".", *, config: PathLike | None = None) -> Plain:
    """Say what a run would do; write nothing.

    Returns `created`, `updated` (with `changes`, field by field), `sealed`, `cancelled`, `charges` (`booked` by new
    events, and `expected` once all that is sealed has passed) and `problems`.

    >>> [of["name"] for of in seqmeta.plan("lab")["sealed"]]
    ['First submission']
    """
    return plain_plan(judging.plan(open_at(root, config), moment_of(None)))


def apply(
    root: PathLike = ".",
    *,
    config: PathLike | None = None,
    strict: bool = False,
    wait_seconds: float = WAIT_SECONDS,
    when: int | None = None,
) -> Plain:
    """Check, link, seal, generate and commit, whole or not at all.

    With `strict` warnings keep it from committing too; `when` is the time of the commit in seconds since 1970 (default:
    now). Returns `commit` (None where nothing was committed), the UUIDs that were `created` and `updated`, and
    `problems`. Raises LockedError when another run does not end within `wait_seconds`.

    >>> applied = seqmeta.apply("lab")
    >>> len(applied["commit"]), applied["updated"], applied["problems"]
    (40, [], [])
    >>> seqmeta.apply("lab")["commit"] is None
    True
    """
    workspace = open_at(root, config)
    with early_look(workspace.records_folder, workspace.config.branch) as look:
        outcome = applying.apply(workspace, moment_of(when), wait_seconds, strict=strict, look=look)
    return {**plain_outcome(outcome), "problems": plain_problems(outcome.judgement.problems)}


def verify(
    root: PathLike = ".",
    *,
    config: PathLike | None = None,
    rev: str | None = None,
    allowed_signers: PathLike | None = None,
    checkpoint: PathLike | None = None,
) -> Plain:
    """Prove every digest, seal and rule of history from the store's own objects; only read.

    Returns `findings` (each violation with `code`, `object`, `commit`, `message`), `warnings`, `strength` (None with
    findings, else `consistent`, `signed` or `anchored`), and how many `commits`, `records` and `seals` were looked at.

    >>> seqmeta.verify("lab")["strength"]
    'consistent'
    """
    workspace = open_at(root, config)
    workspace.require_config()
    own = workspace.config.allowed_signers
    signers = path_of(allowed_signers) if allowed_signers is not None or own is None else workspace.root / own
    repository = Repository.open(require_records(workspace), workspace.config.branch, check=False)
    verdict = verify_repository(repository, rev=rev, allowed_signers=signers, checkpoint=path_of(checkpoint))
    return plain_verdict(verdict)


def migrate(
    root: PathLike = ".",
    *,
    config: PathLike | None = None,
    apply: bool = False,
    wait_seconds: float = WAIT_SECONDS,
    when: int | None = None,
) -> Plain:
    """Say which records an older schema wrote, or with `apply` bring them forward to the present one in one commit.

    Returns `commit` (None where nothing was committed), `migrated` (each with `kind`, `uuid`, `name`, `schemas`,
    `versions` and `changes`, field by field), and in `sealed` how many stay as they were sealed.

    >>> seqmeta.migrate("lab")
    {'commit': None, 'sealed': 0, 'migrated': []}
    """
    workspace = open_at(root, config)
    made = migrating.migrate(workspace, moment_of(when), wait_seconds) if apply else migrating.plan_migration(workspace)
    return migrating.plain_migration(made)


def doctor(root: PathLike = ".", *, config: PathLike | None = None, wait_seconds: float = WAIT_SECONDS) -> Plain:
    """Mend what a crash left in the store, as every run does before it begins.

    Returns `findings`: what was found and done, each with `code`, `path` in the store and `message`.

    >>> seqmeta.doctor("lab")
    {'findings': []}
    """
    workspace = open_at(root, config)
    workspace.require_config()
    store = open_store(require_records(workspace), workspace.config.branch)
    return plain_findings(mend(store, wait_seconds))


def open_records(path: PathLike = ".", rev: str | None = None, *, branch: str = "main") -> "CommittedRecords":
    """Open the records of a workspace, or a folder that is such a repository by itself, for a pipeline to read.

    `rev` is a git revision of the records (default: what is committed last); `branch` counts only for a folder of
    records by itself. Nothing that is committed later changes what was opened.

    >>> records = seqmeta.open_records("lab")
    >>> [run["sequencing_run"]["run_name"] for run in records.of_kind("sequencing_run")]
    ['240612_EXAMPLE_0001']
    """
    folder = Path(path)
    if is_there(folder / DEFAULT_FILE):
        return CommittedRecords(open_revision(open_workspace(folder), rev))
    if not is_there(folder / ".git"):
        raise StoreError(f"{folder} is neither a workspace with {DEFAULT_FILE} nor a repository of records")
    repository = Repository.open(folder, branch)
    commit = repository.head() if rev is None else repository.resolve(rev)
    if commit is None:
        raise StoreError(f"nothing is committed on {branch} in {folder} yet")
    return CommittedRecords(Revision(repository, commit))


class CommittedRecords:
    """The records of one commit, each as its file has it: `meta`, and the body under its kind.

    What an older schema wrote is brought forward to the present one, `meta` with it.

    >>> records = seqmeta.open_records("lab")
    >>> records["First order"]["order"]["state"]
    'sealed'
    >>> (run,) = records.of_kind("sequencing_run")
    >>> request = records[run["sequencing_run"]["requests"][0]]["request"]
    >>> [records[uuid]["order"]["name"] for uuid in request["orders"]]
    ['First order']
    >>> "No such order" in records
    False
    """

    def __init__(self, revision: Revision) -> None:
        self._revision = revision

    @property
    def commit(self) -> str:
        """The id of the commit that the records are of."""
        return self._revision.commit

    def __iter__(self) -> Iterator[Plain]:
        """Yield every record, kind by kind, each kind's by UUID."""
        for kind in load_kinds():
            yield from self.of_kind(kind)

    def of_kind(self, kind: str) -> Iterator[Plain]:
        """Yield the records of a kind (`order` or `orders`) by UUID; UsageError where there is no such kind."""
        return (record.plain for record in self._revision.of_kind(find_kind(kind)))

    def __getitem__(self, text: str) -> Plain:
        """Return the one record that goes by this UUID, name or `KIND/NAME`; KeyError where none or several do.

        A request has no record of its own: it is returned as `{"request": {…}}`, from the record of its submission.
        """
        try:
            match = find(self._revision, text)
        except UsageError as error:
            raise KeyError(str(error)) from error
        if match.kind in PARTS:
            return _plain_part(find_owner(self._revision, match), match.kind, match.uuid)
        record = self._revision.get(match.kind, match.uuid)
        if record is None or match.version not in (None, record.version):
            raise KeyError(f"{text!r} is no record of the commit {self.commit}")
        return record.plain

    def __contains__(self, text: str) -> bool:
        return self.get(text) is not None

    def get(self, text: str) -> Plain | None:
        """Return the one record that goes by this UUID, name or `KIND/NAME`, None where none or several do."""
        try:
            return self[text]
        except KeyError:
            return None


def _plain_part(submission: Record, kind: str, uuid: str) -> Plain:
    requests = submission.body["requests"]
    if kind == "request":
        return {kind: next(of for of in requests if of["uuid"] == uuid)}
    return {kind: next(of[kind] for of in requests if kind in of and of[kind]["uuid"] == uuid)}


def open_at(root: PathLike, config: PathLike | None) -> Workspace:
    """Open the workspace at a root, with a configuration in place of its own where there is one."""
    return open_workspace(Path(root), path_of(config))


def path_of(path: PathLike | None) -> Path | None:
    """Return a path that may not be given as a Path."""
    return None if path is None else Path(path)


def moment_of(when: int | None) -> Moment:
    """Return a time in seconds since 1970 (None: now), and whose run it is."""
    seconds = int(time.time()) if when is None else when
    return Moment(seconds, time_text(seconds), Path(os.environ.get("HOME", "/nonexistent")))
