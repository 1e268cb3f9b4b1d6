"""Commits of the store to records: all of one commit, one as it was then, and those of a sealing commit."""

from collections.abc import Mapping
from functools import cached_property

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.kinds import load_kinds
from seqmeta.records import Body, Record, Records, read_record
from seqmeta.seals import tag_name
from seqmeta.worktree import is_record_path


def load_records(repository: Repository, commit: str | None) -> Records:
    """Load all records of a commit; none where nothing is committed yet."""
    if commit is None:
        return Records()
    paths = {path: blob for path, blob in repository.tree(commit).items() if is_record_path(path)}
    contents = repository.read(paths.values())
    return Records(read_record(path, data) for path, (_, data) in zip(paths, contents, strict=True))


def load_record(repository: Repository, commit: str, kind: str, uuid: str) -> Record | None:
    """Load one record as it was in a commit."""
    path = load_kinds()[kind].path(uuid)
    blob = repository.ids_at(commit, [path])[path]
    contents = dict(repository.read([blob] if blob is not None else []))
    return None if blob is None else read_record(path, contents[blob])


class StoreHistory:
    """What a repository knows of the commits that sealed submissions."""

    def __init__(self, repository: Repository) -> None:
        """Take the repository; its tags are listed when they are first needed, and once."""
        self._repository = repository

    @cached_property
    def _commits(self) -> Mapping[str, str]:
        return {tag.name: tag.target for tag in self._repository.tags("seal/")}

    def when_sealed(self, submission: str, kind: str, uuid: str) -> Body | None:
        """The body of a thing as it was recorded in the commit that sealed a submission; None where none is known."""
        try:
            commit = self._commits.get(tag_name(submission))
            record = load_record(self._repository, commit, kind, uuid) if commit is not None else None
        except StoreError:  # a tag that is no seal: `verify` is there to name it
            return None
        return record.body if record is not None else None
