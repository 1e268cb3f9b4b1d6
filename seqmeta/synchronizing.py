"""Brings a store and its remote together so that two laboratories that publish to one remote lose nothing.

Where the remote only has more, the branch is moved forward. Where both have commits that the other lacks, the
store's own are set aside under `refs/seqmeta/unpushed/`, the branch moves to the remote's head, and each is made
anew on it if every file it changed is there as it was before, and neither concerns the other (`seqmeta.dependence`);
its seals are made anew by the caller, since number and predecessor are others now, but for those that the remote has.
A commit that does not fit, or could fit in no run, stays under `refs/seqmeta/set-aside/` and is named; the caller then
judges the descriptions on the new head, as in every run.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import NamedTuple

from seqmeta.commit_files import CommitFiles, Standing
from seqmeta.dependence import Dependence, Step
from seqmeta.errors import ConflictError, StoreError, UnfitError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_objects import NO_OBJECT, Commit, Person, TagRef, encode_names
from seqmeta.kinds import load_kinds
from seqmeta.packing import Committer, Publication, Tag
from seqmeta.publishing import finish, move_packs, move_references, publish, release_packs, stage_index
from seqmeta.references import list_references, list_seal_tags, list_tags
from seqmeta.remote import SEALS, Remote, UnreachableError
from seqmeta.scratch import Intent, Scratch
from seqmeta.seen import Seen
from seqmeta.worktree import prepare_folders, write_files

UNPUSHED = "refs/seqmeta/unpushed/"
SET_ASIDE = "refs/seqmeta/set-aside/"

Retag = Callable[[Commit, Sequence[TagRef], str, str], Sequence[Tag]]
"""Makes the tags of a commit made anew: from the old commit, its tags, the new commit's id, the store's first.

Raises UnfitError for what is no seal.
"""

Sign = Callable[[bytes], str]

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
        return findings + self._make_anew()

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
        mine = [] if head is None else self._commits_not_in(theirs, head)
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

    def _make_anew(self) -> list[Finding]:
        """Make each commit that was set aside anew on the head, oldest first; after a crash, those that are left."""
        findings: list[Finding] = []
        for head in self._unpushed():
            tags = [tag for tag in list_tags(self.repository, f"{UNPUSHED}{head}/") if tag.type == "tag"]
            left = []
            steps = self._steps_not_in(self.repository.head() or NO_OBJECT, head)
            if steps:
                self._remove_seals(tags)
            dependence = Dependence(self.repository, steps, self.repository.head())
            for step in steps:
                problem = self._repeat(step, [tag for tag in tags if tag.target == step.new], dependence)
                if problem:
                    dependence.differ(step)
                    message = f"commit {step.new} is kept as {SET_ASIDE}{head}: {problem}"
                    left.append(Finding("set_aside", step.new, message))
            self._forget(head, keep=bool(left))
            findings += left
        return findings

    def _remove_seals(self, tags: Sequence[TagRef]) -> None:
        """Take away the seals of commits set aside that a git which was killed had not come to: it deletes last."""
        there = {tag.name: tag.id for tag in list_seal_tags(self.repository)}
        lines = [f"delete refs/tags/{tag.name}\0{tag.id}\0" for tag in tags if there.get(tag.name) == tag.id]
        if lines:
            self.repository.git.run("update-ref", "-z", "--stdin", data=encode_names("".join(lines)))

    def _repeat(self, step: Step, tags: Sequence[TagRef], dependence: Dependence) -> str | None:
        """Make one commit anew on the head; returns why not, where it does not fit.

        What is wrong with the commit itself it would be in every run, so that is a reason too, and no error.
        """
        try:
            publication = self._fit(step, tags, dependence)
            if isinstance(publication, Publication):
                publish(self.repository, publication)
        except UnfitError as error:
            return str(error)
        return publication if isinstance(publication, str) else None

    def _fit(self, step: Step, tags: Sequence[TagRef], dependence: Dependence) -> Publication | str | None:
        """Say what is to be published for a commit on the head (None: all is there), or why it does not fit."""
        head = self.repository.head()
        commit = next(self.repository.log(step.new))
        done: set[str] = set()
        for some in CommitFiles(self.repository, *step).batches():
            now = Standing(self.repository, step.old, head, some)
            done.update(change.path for change in some if now.has_new(change))
            foreign = next(filter(None, map(now.find_foreign, some)), None)
            if foreign is not None:
                return f"{foreign} was changed on the remote too"
        dependence.agree(done)
        todo = CommitFiles(self.repository, *step, without=done)
        if next(todo.changes(), None) is None:
            return None
        tags = [tag for tag in tags if _sealed_path(tag) not in done]
        reason = self._find_seal(tags) or dependence.find(todo)
        if reason is not None:
            return reason
        publication = Publication(
            parent=head,
            files=todo,
            removed=list(todo.removed()),
            message=commit.message,
            committer=Committer(commit.committer.name, commit.committer.email),
            when=commit.committer.time,
            tags=(lambda new, first: self.retag(commit, tags, new, first)) if tags else None,
            sign=self.sign,
            author=_render_person(commit.author),
            executable=todo.executable(),
        )
        return publication.checked()

    def _find_seal(self, tags: Sequence[TagRef]) -> str | None:
        """Say which of these seals there is already; a branch that is at a commit moves to no other with it."""
        there = {tag.name for tag in list_seal_tags(self.repository)} if tags else set()
        found = next((tag.name for tag in tags if tag.name in there), None)
        return None if found is None else f"the tag {found} is on the remote already"

    def _unpushed(self) -> list[str]:
        names = list_references(self.repository, UNPUSHED)
        return [name.removeprefix(UNPUSHED).removesuffix("/head") for name in names if name.endswith("/head")]

    def _forget(self, head: str, *, keep: bool) -> None:
        """Take the references of a commit set aside away, or keep them where no run tries again."""
        found = list_references(self.repository, f"{UNPUSHED}{head}/")
        lines = []
        for name in sorted(found, key=lambda name: name.endswith("/head")):
            value = found[name]  # the head last: by it the others are found, should git be killed
            lines.append(f"delete {name}\0{value}\0")
            if keep:
                lines.append(f"update {SET_ASIDE}{name.removeprefix(UNPUSHED)}\0{value}\0\0")
        self.repository.git.run("update-ref", "-z", "--stdin", data=encode_names("".join(lines)))

    def _is_ancestor(self, older: str | None, newer: str) -> bool:
        """Whether a commit is known here and `newer` builds on it; no commit at all is built on by every one."""
        return older is None or self.repository.has_ancestor(older, newer)

    def _steps_not_in(self, there: str, head: str) -> list[Step]:
        """List the commits that another does not have, oldest first, each with the one that it was made upon."""
        commits = self._commits_not_in(there, head)
        if not commits:
            return []
        first = next(self.repository.log(commits[0])).parents
        return [Step(old, new) for old, new in zip([first[0] if first else None, *commits[:-1]], commits, strict=True)]

    def _commits_not_in(self, there: str, head: str) -> list[str]:
        excluded = [f"^{there}"] if there != NO_OBJECT else []
        output = self.repository.git.run("rev-list", "--reverse", "--first-parent", head, *excluded)
        return output.decode().split()


def _sealed_path(tag: TagRef) -> str:
    """The record of the submission that a seal is named for."""
    return load_kinds()["submission"].path(tag.name.removeprefix("seal/"))


def _explain_left(tag: TagRef) -> Finding:
    message = (
        f"the tag {tag.name} is no seal of this branch, so it is not pushed: "
        f"`seqmeta verify` says what is wrong with it, `git tag -d {tag.name}` in the records takes it away"
    )
    return Finding("not_pushed", tag.name, message)


def _render_person(person: Person) -> str:
    return f"{person.name} <{person.email}> {person.time} +0000"
