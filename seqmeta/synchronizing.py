"""Brings a store and its remote together so that two laboratories that publish to one remote lose nothing.

Where the remote only has more, the branch is moved forward. Where both have commits that the other lacks, the
store's own are set aside, the branch moves to the remote's head, and each is made anew on it (`seqmeta.redoing`).
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import NamedTuple

from seqmeta.commit_files import CommitFiles
from seqmeta.errors import ConflictError, StoreError, UnfitError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_objects import TagRef
from seqmeta.publishing import finish, move_packs, move_references, release_packs, stage_index
from seqmeta.redoing import UNPUSHED, Redo, Retag, Sign, list_commits_not_in
from seqmeta.references import list_seal_tags
from seqmeta.remote import SEALS, Remote, UnreachableError
from seqmeta.scratch import Intent, Scratch
from seqmeta.seen import Seen
from seqmeta.staged_files import write_files
from seqmeta.worktree import prepare_folders

FindSeals = Callable[[Sequence[TagRef]], Collection[str]]
"""Finds which of some tags are seals of the branch: their names."""


def name_all(tags: Sequence[TagRef]) -> Collection[str]:
    """Take all tags for seals."""
    return [tag.name for tag in tags]


class Synchronizer(NamedTuple):
    """Brings one store and its remote together; own lock and index lock held."""

    repository: Repository
    url: str
    retag: Retag
    sign: Sign | None = None

    def pull(self) -> list[Finding]:
        """Take over what the remote has and make anew what it lacks; a remote that does not answer is a finding."""
        scratch = Scratch(self.repository.git_dir)
        head = self.repository.head()
        scratch.make(head)
        if head is not None:  # said to the remote as what is here already
            scratch.git.run("update-ref", "refs/heads/here", head)
        try:
            findings = self._take_over(Remote(self.url, self.repository.branch, scratch), scratch)
        except UnreachableError as error:
            findings = [Finding("remote_unreachable", "", f"{error}; what is published now is pushed by the next run")]
        except BaseException:
            if scratch.read_intent() is None:  # with it the next run goes on
                scratch.remove()
            raise
        scratch.remove()
        return findings + Redo(self.repository, self.retag, self.sign).make_anew()

    def push(self, find_seals: FindSeals = name_all) -> list[Finding]:
        """Send what the remote lacks; ConflictError when it has what this store lacks: pull and judge anew."""
        head = self.repository.head()
        scratch = Scratch(self.repository.git_dir)
        scratch.make(head)
        remote = Remote(self.url, self.repository.branch, scratch)
        try:
            there = remote.advertise()
            theirs = there.get(f"refs/heads/{self.repository.branch}")
            if head is None or not self._is_ancestor(theirs, head):
                if theirs is None:
                    return []
                raise ConflictError(f"the remote {remote.name} has commits that this store lacks")
            absent = [tag for tag in list_seal_tags(self.repository) if there.get(f"refs/tags/{tag.name}") != tag.id]
            seals = find_seals(absent) if absent else []
            missing = {tag.name.removeprefix("seal/"): tag.id for tag in absent if tag.name in seals}
            unfit = self._find_unfit(theirs, head)
            if unfit is not None:
                return [unfit]
            if theirs != head or missing:
                remote.push(head, missing)
            with suppress(StoreError):  # what was seen before is known then, and all is done
                self._seen.note(head)
        except UnreachableError as error:
            return [Finding("not_pushed", "", f"{error}; the next run pushes")]
        finally:
            scratch.remove()
        return [_explain_left(tag) for tag in absent if tag.name not in seals]

    def _find_unfit(self, theirs: str | None, head: str) -> Finding | None:
        """Say what the remote would get that every store would refuse to take from there."""
        try:
            for _ in CommitFiles(self.repository, theirs, head).changes():
                pass
        except UnfitError as error:
            since = self._last_change(head, error.path)
            way_out = f"take it out of {self.repository.path} (git rm, git commit), and the next run pushes"
            message = f"commit {since} has what no other store would take from the remote: {error}; {way_out}"
            return Finding("not_pushed", error.path, message)
        return None

    def _last_change(self, head: str, path: str) -> str:
        """Name the commit that made a path what it is."""
        return next((commit.id for commit in self.repository.log(head, path)), head)

    def _take_over(self, remote: Remote, scratch: Scratch) -> list[Finding]:
        there = remote.advertise()
        head, theirs = self.repository.head(), there.get(f"refs/heads/{self.repository.branch}")
        here = {SEALS + tag.name.removeprefix("seal/"): tag.id for tag in list_seal_tags(self.repository)}
        new_tags = {name: tag for name, tag in there.items() if name.startswith(SEALS) and here.get(name) != tag}
        seen = self._seen.read()
        if theirs is None or (not new_tags and head is not None and self._is_ancestor(theirs, head)):
            if theirs is not None and seen is None:
                self._seen.note(theirs)
            return []
        remote.fetch()
        move_packs(scratch, self.repository.git_dir)
        mine = [] if head is None else list_commits_not_in(self.repository, theirs, head)
        if mine and head is not None and self._is_ancestor(theirs, head):
            return self._move(scratch, head, head, new_tags, [])
        if seen is not None and not self._is_ancestor(seen, theirs):
            release_packs(self.repository.git_dir)  # what was fetched is of no use, and git may take it away
            raise StoreError(self._seen.explain_lost(remote, self.repository.path, seen, theirs))
        try:
            findings = self._take(scratch, head, theirs, new_tags, mine)
        except UnfitError as error:
            release_packs(self.repository.git_dir)
            since = self._last_change(theirs, error.path)
            raise StoreError(
                f"nothing can be taken over from the remote {remote.name}: commit {since} on its branch "
                f"{remote.branch} has what no store holds: {error}; take it out in a clone of the remote (git rm, "
                "git commit, git push)"
            ) from error
        self._seen.note(theirs)
        return findings

    def _take(
        self, scratch: Scratch, head: str | None, theirs: str, new_tags: dict[str, str], mine: list[str]
    ) -> list[Finding]:
        """Move to what the remote has; `mine` are the commits that it lacks, which are set aside."""
        if not mine or head is None:
            return self._move(scratch, head, theirs, new_tags, [])
        mine_set = set(mine)
        # Not `create`: a git that was killed may have made some of them before the branch moved.
        aside = [f"update {UNPUSHED}{head}/head\0{head}\0\0"]
        for tag in list_seal_tags(self.repository):
            if tag.target in mine_set:
                aside.append(f"update {UNPUSHED}{head}/{tag.name}\0{tag.id}\0\0")
                aside.append(f"delete refs/tags/{tag.name}\0{tag.id}\0" * (f"refs/tags/{tag.name}" not in new_tags))
        findings = self._move(scratch, head, theirs, new_tags, aside, replaced=mine_set)
        counted = "1 commit that was" if len(mine) == 1 else f"{len(mine)} commits that were"
        message = f"{counted} not pushed yet: made anew on {theirs}, which the remote had meanwhile"
        return [Finding("redone", "", message), *findings]

    @property
    def _seen(self) -> Seen:
        return Seen.of(self.repository.git_dir, self.url, self.repository.branch)

    def _move(
        self,
        scratch: Scratch,
        old: str | None,
        new: str,
        tags: dict[str, str],
        more: list[str],
        *,
        replaced: set[str] | None = None,
    ) -> list[Finding]:
        """Move the branch to a commit of the remote and the work tree with it, as a publication is made visible."""
        replaces = {}
        present = {f"refs/tags/{tag.name}": tag for tag in list_seal_tags(self.repository)}
        for name, value in sorted(tags.items()):
            tag = present.get(name)
            if tag is not None and tag.target not in (replaced or set()):
                raise StoreError(
                    f"the tag {name} of {self.url} is another than this store's: expected {tag.id}, found {value}"
                )
            if tag is not None:
                replaces[tag.name] = tag.id
        self._stage(scratch, CommitFiles(self.repository, old, new))
        intent = Intent(old, new, {name.removeprefix("refs/tags/"): value for name, value in tags.items()})
        scratch.write_intent(intent)
        move_references(self.repository, intent, replaces, more)
        return finish(self.repository, scratch, intent)

    def _stage(self, scratch: Scratch, files: CommitFiles) -> None:
        """Write the files of another side's commits, and the index that goes with them, into the private folder."""
        executable = files.executable()  # all are looked at
        prepare_folders(self.repository.path, files.paths(), files.removed)
        write_files(scratch.files, zip(files.paths(), files.contents(), strict=True), executable)
        stage_index(scratch, files.paths, files.removed)

    def _is_ancestor(self, older: str | None, newer: str) -> bool:
        """Whether a commit is known here and `newer` builds on it; no commit at all is built on by every one."""
        return older is None or self.repository.has_ancestor(older, newer)


def _explain_left(tag: TagRef) -> Finding:
    message = (
        f"the tag {tag.name} is no seal of this branch, so it is not pushed: "
        f"`seqmeta verify` says what is wrong with it, `git tag -d {tag.name}` in the records takes it away"
    )
    return Finding("not_pushed", tag.name, message)
