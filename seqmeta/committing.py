"""What every commit of a workspace's store has around it: who makes it, the remote before it, and after it."""

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from seqmeta.errors import ConflictError, SetAsideError, StoreError, UnfitError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_objects import Commit, TagRef
from seqmeta.references import list_seal_tags
from seqmeta.seal_chain import find_seals, list_seals
from seqmeta.seals import TAG_PREFIX, next_seals, parse_seal
from seqmeta.seen import Seen
from seqmeta.store import Committer, Store, Tag
from seqmeta.workspace import Workspace
from seqmeta.workspace_git import find_user

TRIES = 5
"""How often a commit is made anew when somebody else's came between."""


def pull(workspace: Workspace, store: Store) -> list[Finding]:
    """Take over what the remote has, where there is one; inside `locked`, before the head is read."""
    if workspace.config.remote is None:
        return []
    return store.pull(_remote(workspace), partial(_seal_anew, store), signing_key(workspace))


def _remote(workspace: Workspace) -> str:
    """The remote as git takes it: an address, or a path from the workspace."""
    remote = str(workspace.config.remote)
    is_address = "://" in remote or re.match(r"[^/]+:", remote) is not None
    return remote if is_address else str((workspace.root / remote).absolute())


def push(workspace: Workspace, store: Store, notices: list[Finding], commit: str | None) -> str | None:
    """Send what the remote lacks; where it has moved meanwhile, take that over, make this run's commit anew, send.

    SetAsideError where a commit does not fit what the remote has now, so that the descriptions must be judged anew.
    """
    if workspace.config.remote is None:
        return commit
    for _ in range(TRIES):
        with suppress(ConflictError):
            notices += store.push(_remote(workspace), partial(find_seals, store.repository))
            return commit
        taken_over = pull(workspace, store)
        notices += taken_over
        aside = {finding.path for finding in taken_over if finding.code == "set_aside"}
        commit = store.repository.head() if commit is not None and commit not in aside else None
        if aside:
            raise SetAsideError(commit)
    notices.append(Finding("not_pushed", "", f"the remote moved {TRIES} times meanwhile; the next run pushes"))
    return commit


def was_pushed(workspace: Workspace, repository: Repository, commit: str) -> bool:
    """Whether the remote was seen to have a commit, so that no run makes it anew; without a remote none ever does."""
    if workspace.config.remote is None:
        return True
    with suppress(StoreError):
        seen = Seen.of(repository.git_dir, _remote(workspace), repository.branch).read()
        return seen is not None and repository.has_ancestor(commit, seen)
    return False


def push_waiting(workspace: Workspace, store: Store, notices: list[Finding]) -> None:
    """Send what earlier runs committed and could not push, where this one commits nothing."""
    if workspace.config.remote is None or any(of.code == "remote_unreachable" for of in notices):
        return
    try:
        notices += store.push(_remote(workspace), partial(find_seals, store.repository))
    except ConflictError:
        notices.append(Finding("not_pushed", "", "the remote moved meanwhile; the next run pushes"))


def _seal_anew(store: Store, old: Commit, tags: Sequence[TagRef], new: str, first: str) -> list[Tag]:  # noqa: ARG001
    """Make the seals of a commit that was made anew: their numbers and predecessors are those of the new history."""
    try:
        roots = [(tag.name.removeprefix(TAG_PREFIX), parse_seal(tag.message).root) for tag in tags]
    except ValueError as error:
        raise UnfitError(f"a tag of it cannot be made anew: {error}") from error
    return [Tag(name, text) for name, text in next_seals(list_seals(store.repository, first), roots, first)]


def signing_key(workspace: Workspace) -> Path | None:
    """The key that seals are signed with, None where they are not."""
    key = workspace.config.signing_key
    return None if key is None else workspace.root / key


def find_doubtful_seals(workspace: Workspace, store: Store, commit: str | None) -> list[Finding]:
    """Say which seals of a commit `verify` will not take for signed by an allowed key; none where no keys are named."""
    signers = workspace.config.allowed_signers
    if signers is None or commit is None:
        return []
    tags = [tag for tag in list_seal_tags(store.repository) if tag.target == commit]
    from seqmeta.verification.signatures import check_signatures
    from seqmeta.verification.tags import read_seal_tag

    try:
        read = [read_seal_tag(tag.text) for tag in tags]
        doubts = list(check_signatures(store.repository, read, {}, workspace.root / signers))
    except StoreError as error:  # the commit stands
        return [Finding("doubtful_seal", "", f"whether allowed keys signed the new seals was not found out: {error}")]
    after = "so `verify` will call it a violation; see to `signing` in the configuration before more is sealed"
    return [Finding("doubtful_seal", "", f"{doubt.message}, {after}") for doubt in doubts]


def find_committer(workspace: Workspace, home: Path) -> Committer:
    """Find who commits: as the configuration says, else git's own; StoreError where neither knows."""
    found = workspace.config.committer or find_user(workspace.root, home)
    if found is None:
        example = "committer: {name: Example lab, email: lab@example.org}"
        raise StoreError(f"nobody to commit as: add a line such as `{example}` to config/config.yaml")
    return Committer(*found)
