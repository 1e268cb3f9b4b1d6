"""The store: the repository of records as a thing to lock, read and publish to.

Whoever changes it does everything, from reading the head to publishing, inside `locked`.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from seqmeta.creation import create_repository
from seqmeta.early_look import EarlyLook
from seqmeta.errors import StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.locks import index_lock, own_lock
from seqmeta.maintenance import join_packs, keep_packs_few
from seqmeta.packing import Committer, Content, Files, FilesInMemory, Publication, Tag
from seqmeta.presence import is_link
from seqmeta.publishing import publish
from seqmeta.recovery import recover
from seqmeta.redoing import Retag
from seqmeta.scratch import Scratch
from seqmeta.signing import sign
from seqmeta.synchronizing import FindSeals, Synchronizer, name_all
from seqmeta.system_errors import store_errors
from seqmeta.worktree import require_record_path

__all__ = ["Committer", "Finding", "Retag", "Store", "Tag", "doctor", "open_store"]

WAIT_SECONDS = 60.0
"""How long a run waits for another one by default."""


class Store:
    """The repository of records; `repository` is for reading."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.path = repository.path
        self._findings: list[Finding] | None = None
        self._deadline_seconds = WAIT_SECONDS

    @contextmanager
    def locked(self, wait_seconds: float = WAIT_SECONDS, look: EarlyLook | None = None) -> Iterator[list[Finding]]:
        """Hold the store alone and mended; LockedError when another run does not end in time.

        `look` is one at the work tree that has begun. Yields what was found and done, to which `publish` adds.
        """
        if self._findings is not None:
            raise RuntimeError("the store is locked by this run already")
        deadline = time.monotonic() + wait_seconds
        with own_lock(self.repository.git_dir / "seqmeta" / "lock", wait_seconds):
            with store_errors("the store cannot be mended"):
                self._findings = recover(self.repository, deadline, look)
            self._deadline_seconds = wait_seconds
            try:
                yield self._findings
            finally:
                self._findings = None

    def publish(  # noqa: PLR0913 - each is a part of the commit, given by name
        self,
        *,
        parent: str | None,
        files: Files | Mapping[str, Content] | Iterable[tuple[str, Content]],
        message: str,
        committer: Committer,
        when: int,
        tags: Callable[[str, str], Sequence[Tag]] | None = None,
        signing_key: Path | None = None,
    ) -> str:
        """Commit these record files on top of `parent`, with their tags, whole or not at all; return the commit.

        A file may be given as what renders it. `parent` is the head that the files were made for: when the branch
        has moved since, ConflictError, and the step must be judged anew. `when` is in seconds since 1970. `tags` is
        called with the new commit and the store's first commit, and returns the annotated tags to make, signed when
        `signing_key` is given.
        """
        if self._findings is None:
            raise RuntimeError("publish is called outside of locked")
        written = files if isinstance(files, Files) else FilesInMemory(dict(files))
        if not sum(1 for _ in map(require_record_path, written.paths())):
            raise ValueError("there is nothing to publish")
        publication = Publication(
            parent=parent,
            files=written,
            message=message if message.endswith("\n") else message + "\n",
            committer=committer,
            when=when,
            tags=tags,
            sign=None if signing_key is None else partial(sign, key=signing_key),
        )
        deadline = time.monotonic() + self._deadline_seconds
        with store_errors("the store cannot be mended"):
            if Scratch(self.repository.git_dir).is_there():  # of a publication of this run that did not come to its end
                self._findings += recover(self.repository, deadline)
        with store_errors("nothing can be published"), index_lock(self.repository.git_dir, deadline):
            commit, findings = publish(self.repository, publication)
        self._findings += findings
        return commit

    def keep_packs_few(self) -> None:
        """Put the packs of many publications together where there are very many; inside `locked`, before publishing."""
        if self._findings is None:
            raise RuntimeError("packs are joined outside of locked")
        keep_packs_few(self.repository)

    def pull(self, url: str, retag: Retag, signing_key: Path | None = None) -> list[Finding]:
        """Take over what the remote has; inside `locked`, before the head is read.

        Commits that were never pushed while the remote moved on are made anew on its head; `retag` makes their
        seals anew. Returns what a person should know, an unreachable remote (`remote_unreachable`) among it.
        """
        return self._synchronize(lambda side: side.pull(), url, retag, signing_key)

    def push(self, url: str, find_seals: FindSeals = name_all) -> list[Finding]:
        """Send what the remote lacks, branch and seals at once; inside `locked`, after publishing.

        ConflictError when the remote has moved: pull, and judge the step anew. Never forces. An unreachable remote
        is a finding (`not_pushed`); the next run pushes. Of the tags only those are sent that `find_seals` names.
        """
        return self._synchronize(lambda side: side.push(find_seals), url, lambda *_: (), None)

    def _synchronize(
        self, act: Callable[[Synchronizer], list[Finding]], url: str, retag: Retag, signing_key: Path | None
    ) -> list[Finding]:
        if self._findings is None:
            raise RuntimeError("a remote is asked outside of locked")
        signer = None if signing_key is None else partial(sign, key=signing_key)
        deadline = time.monotonic() + self._deadline_seconds
        with store_errors("the remote cannot be used"), index_lock(self.repository.git_dir, deadline):
            return act(Synchronizer(self.repository, url, retag, signer))


def open_store(path: str | os.PathLike[str], branch: str = "main", *, create: bool = False) -> Store:
    """Open the store at `path`, which is never a repository around it; StoreError names what is wrong with it.

    With `create` it is made where there is none yet, or where making it was cut short.
    """
    folder = Path.cwd() / path
    with store_errors("the store cannot be opened"):
        if create:
            create_repository(folder, branch, WAIT_SECONDS)
        elif is_link(folder):
            raise StoreError(f"{folder} is a symbolic link: expected a folder")
        return Store(Repository.open(folder, branch))


def doctor(store: Store, wait_seconds: float = WAIT_SECONDS) -> list[Finding]:
    """Mend what can be mended in the store, put many small packs together, and name what was found and done."""
    with store.locked(wait_seconds) as findings, store_errors("the store cannot be mended"):
        return [*findings, *join_packs(store.repository)]
