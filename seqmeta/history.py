"""The commits of the store to the versions of one record: what each changed, and which of them set each field.

Only first parents count: that is the line of commits that the store's branch went through (CONTRACT 7).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from seqmeta.changes import FieldChange, compare
from seqmeta.git import Repository
from seqmeta.git_objects import Commit
from seqmeta.kinds import load_kinds
from seqmeta.records import Record, read_record
from seqmeta.values import time_text

_TRAILER = re.compile(r"^Descriptions-Commit: ([0-9a-f]+)$", re.MULTILINE)


class Version(NamedTuple):
    """A record as one commit left it; `changes` are those since the version before it, None for the first.

    Bodies are compared in the present schema. Where the version came of bringing a record forward, `brought_from` is
    the schema that it was in before, and nobody has changed anything.
    """

    commit: Commit
    record: Record
    changes: Sequence[FieldChange] | None = None
    brought_from: str | None = None

    @property
    def subject(self) -> str:
        """The first line of the commit's message."""
        return self.commit.message.partition("\n")[0]

    @property
    def descriptions_commit(self) -> str | None:
        """The commit of the descriptions that it was made from, where that was known."""
        return find_descriptions_commit(self.commit)


class FieldOrigin(NamedTuple):
    """One field of a record, its value, and the version that set it."""

    path: str
    value: Any
    version: Version


def find_descriptions_commit(commit: Commit) -> str | None:
    """Find what a commit's trailers say of the commit that its descriptions are of."""
    found = _TRAILER.findall(commit.message.rstrip("\n").rpartition("\n\n")[2])
    return found[-1] if found else None


def load_versions(repository: Repository, commit: str, kind: str, uuid: str) -> list[Version]:
    """Load all versions of a record up to a commit, newest first."""
    path = load_kinds()[kind].path(uuid)
    commits = list(repository.log(commit, path))
    found = list(_read_at(repository, path, commits))
    pairs = zip(found, [*found[1:], (None, None)], strict=True)
    return [_version(kind, made, record, before) for (made, record), (_, before) in pairs if _is_new(record, before)]


def _is_new(record: Record, before: Record | None) -> bool:
    """Whether a commit made a version of a record: one that changed only the schema it is written in made none."""
    return before is None or (record.version, record.body) != (before.version, before.body)


def _version(kind: str, commit: Commit, record: Record, before: Record | None) -> Version:
    if before is None:
        return Version(commit, record)
    was, is_now = (of.stored.schema if of.stored is not None else load_kinds()[kind].schema for of in (before, record))
    return Version(commit, record, list(compare(kind, before.body, record.body)), was if was != is_now else None)


def _read_at(repository: Repository, path: str, commits: Sequence[Commit]) -> Iterator[tuple[Commit, Record]]:
    """Read a record as each of the commits has it; one that took it away has none."""
    asked = "".join(f"{commit.id}:{path}\n" for commit in commits).encode()
    answers = repository.git.run("cat-file", "--batch-check=%(objectname)", data=asked).decode().splitlines()
    blobs = [(commit, words) for commit, words in zip(commits, answers, strict=True) if not words.endswith(" missing")]
    contents = repository.read(blob for _, blob in blobs)
    for (commit, _), (_, data) in zip(blobs, contents, strict=True):
        yield commit, read_record(path, data)


def find_origins(kind: str, versions: Sequence[Version]) -> list[FieldOrigin]:
    """Find for each field of the newest version which version set it, in the order of their paths.

    A field is a value that has no parts; a list that was longer or shorter before it was set is one field as a whole.
    """
    if not versions:
        return []
    origins: list[FieldOrigin] = []
    waiting = dict(_leaves(kind, versions[0].record.body))
    for version in versions:
        if version.changes is None:  # the first one, or the one after the record was away, set whatever is left
            origins += [FieldOrigin(path, value, version) for path, value in waiting.items()]
            break
        changed = {of.path: of.after for of in version.changes}
        origins += [FieldOrigin(path, value, version) for path, value in _attribute(waiting, changed).items()]
    return sorted(origins, key=lambda origin: _sortable(origin.path))


def _attribute(waiting: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Take out of the waiting fields those that changed; a list that changed as a whole, and not since, as one."""
    whole = {
        path: value
        for path, value in changed.items()
        if isinstance(value, list) and all(of in waiting for of, _ in _leaves(path, value))
    }
    found: dict[str, Any] = {}
    for path in list(waiting):
        above = next((of for of in _ancestors(path) if of in changed), None)
        if above is not None:
            value = waiting.pop(path)
            found |= {above: whole[above]} if above in whole else {path: value}
    return found


def _ancestors(path: str) -> Iterator[str]:
    """The path itself and all that it is part of, from the whole to the part."""
    for index, char in enumerate(path):
        if char == ".":
            yield path[:index]
    yield path


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _leaves(f"{path}.{key}", value[key])
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(f"{path}.{index}", item)
    else:
        yield path, value


def _sortable(path: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts items of lists by their number."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in path.split(".")]


def plain_version(version: Version) -> dict[str, Any]:
    """Write a version as plain values."""
    author = version.commit.author
    return {
        "version": version.record.version,
        "commit": version.commit.id,
        "time": time_text(author.time),
        "author": {"name": author.name, "email": author.email},
        "descriptions_commit": version.descriptions_commit,
        "subject": version.subject,
        "created": version.changes is None,
        "brought_from": version.brought_from,
        "changes": [{"path": of.path, "from": of.before, "to": of.after} for of in version.changes or ()],
    }


def plain_origin(origin: FieldOrigin) -> dict[str, Any]:
    """Write where a field comes from as plain values."""
    author = origin.version.commit.author
    return {
        "path": origin.path,
        "value": origin.value,
        "version": origin.version.record.version,
        "commit": origin.version.commit.id,
        "time": time_text(author.time),
        "author": {"name": author.name, "email": author.email},
        "descriptions_commit": origin.version.descriptions_commit,
    }
