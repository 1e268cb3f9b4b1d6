"""Makes the commits anew that a remote lacked when it had others, which are set aside under `refs/seqmeta/unpushed/`.

Each is made on the head if every file it changed is there as it was before, and neither concerns the other
(`seqmeta.dependence`); its seals are made by the caller, since number and predecessor are others now, but for those
that the remote has. A commit that does not fit, or could fit in no run, stays under `refs/seqmeta/set-aside/` and is
named; the caller then judges the descriptions on the new head, as in every run.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqmeta.commit_files import CommitFiles, Standing
from seqmeta.dependence import Dependence, Step
from seqmeta.errors import UnfitError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_objects import NO_OBJECT, Commit, Person, TagRef, encode_names
from seqmeta.kinds import load_kinds
from seqmeta.packing import Committer, Publication, Tag
from seqmeta.publishing import publish
from seqmeta.references import list_references, list_seal_tags, list_tags

UNPUSHED = "refs/seqmeta/unpushed/"
SET_ASIDE = "refs/seqmeta/set-aside/"

Retag = Callable[[Commit, Sequence[TagRef], str, str], Sequence[Tag]]
"""Makes the tags of a commit made anew: from the old commit, its tags, the new commit's id, the store's first.

Raises UnfitError for what is no seal.
"""

Sign = Callable[[bytes], str]


class Redo(NamedTuple):
    """Makes commits of one store anew; own lock and index lock held."""

    repository: Repository
    retag: Retag
    sign: Sign | None = None

    def make_anew(self) -> list[Finding]:
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

    def _steps_not_in(self, there: str, head: str) -> list[Step]:
        """List the commits that another does not have, oldest first, each with the one that it was made upon."""
        commits = list_commits_not_in(self.repository, there, head)
        if not commits:
            return []
        first = next(self.repository.log(commits[0])).parents
        return [Step(old, new) for old, new in zip([first[0] if first else None, *commits[:-1]], commits, strict=True)]


def list_commits_not_in(repository: Repository, there: str, head: str) -> list[str]:
    """List the commits of a branch, along first parents, that another does not have, oldest first."""
    excluded = [f"^{there}"] if there != NO_OBJECT else []
    output = repository.git.run("rev-list", "--reverse", "--first-parent", head, *excluded)
    return output.decode().split()


def _sealed_path(tag: TagRef) -> str:
    """The record of the submission that a seal is named for."""
    return load_kinds()["submission"].path(tag.name.removeprefix("seal/"))


def _render_person(person: Person) -> str:
    return f"{person.name} <{person.email}> {person.time} +0000"
