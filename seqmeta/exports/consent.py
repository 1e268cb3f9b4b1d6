"""Whose consent is withdrawn, and records without them: such a biosample is in no export (CONTRACT 2 and 2.2).

A pinned revision may be older than the withdrawal, so the newest records are asked too. Metadata of others may go on
with a name that such a biosample had before, so the history of the store is asked for these.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from seqmeta.records import Record
from seqmeta.revision import Revision
from seqmeta.snapshot import find_all_names

_METADATA = "metadata"


class Withdrawn:
    """The biosamples by UUID, with what to call each; what is left out because of them is noted."""

    def __init__(
        self, names: Mapping[str, str], containers: Mapping[str, str], find_all_names: Callable[[], set[str]]
    ) -> None:
        """Take the names of the biosamples, of the containers that hold nothing else, and what finds former names."""
        self._names = {**names, **containers}
        self._biosamples = frozenset(names.values())
        self._find_all_names = find_all_names
        self.left_out: set[str] = set()

    @cached_property
    def _told_by(self) -> frozenset[str]:
        """The names by which texts may tell of the biosamples, found when the first text is looked at."""
        return self._biosamples | self._find_all_names() if self._biosamples else frozenset()

    def hides(self, uuid: str) -> bool:
        """Whether this is one of them, or the container of nothing else; then it is noted as left out."""
        name = self._names.get(uuid)
        if name is not None:
            self.left_out.add(name)
        return name is not None

    def strip(self, value: Any) -> Any:
        """Take out of a plain value what stands for one of them or for its container, and metadata that names one."""
        if isinstance(value, dict):
            kept = {key: of for key, of in value.items() if not self._is_hidden(of)}
            return {key: self._strip_metadata(of) if key == _METADATA else self.strip(of) for key, of in kept.items()}
        if isinstance(value, list):
            return [self.strip(of) for of in value if not self._is_hidden(of)]
        return value

    def _strip_metadata(self, metadata: Any) -> Any:
        """Take out the entries in whose name or text a name of one of them, then or now, stands as a word."""
        told = {
            tag: {name: text for name, text in pairs.items() if not any(map(self._is_named_in, (name, text)))}
            for tag, pairs in metadata.items()
            if not self._is_named_in(tag)
        }
        return {tag: pairs for tag, pairs in told.items() if pairs}

    def _is_named_in(self, text: str) -> bool:
        if not self._told_by:
            return False
        starts = [at for at in range(len(text)) if not text[at - 1 : at].isalnum()]
        ends = [at for at in range(1, len(text) + 1) if not text[at : at + 1].isalnum()]
        return any(text[start:end] in self._told_by for start in starts for end in ends if start < end)

    def _is_hidden(self, value: Any) -> bool:
        return isinstance(value, dict) and isinstance(value.get("uuid"), str) and self.hides(value["uuid"])


def find_withdrawn(revision: Revision) -> Withdrawn:
    """Find who is withdrawn at a revision, or has been since."""
    names: dict[str, str] = {}
    for at in _revisions(revision):
        names |= _names(at.in_state("biosample", "consent_withdrawn"))
    return _withdrawn(revision, names, revision.referring("asset", names) if names else ())


def find_withdrawn_in(revision: Revision, value: Any) -> Withdrawn:
    """Find who is withdrawn of the biosamples that a plain value names, or that its assets hold."""
    uuids = set(_uuids(value))
    assets = list(revision.get_all("asset", sorted(uuids)))
    uuids |= {of["uuid"] for asset in assets for of in asset.body.get("biosamples", ())}
    names: dict[str, str] = {}
    for at in _revisions(revision):
        names |= _names(at.get_all("biosample", sorted(uuids)))
    return _withdrawn(revision, names, assets)


def _withdrawn(revision: Revision, names: Mapping[str, str], assets: Iterable[Record]) -> Withdrawn:
    newest = revision.newest()
    find_names = partial(find_all_names, newest.repository, newest.commit, "biosample", names)
    return Withdrawn(names, dict(_containers(assets, names)), find_names)


def _uuids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("uuid"), str):
            yield value["uuid"]
        value = list(value.values())
    for of in value if isinstance(value, list) else ():
        yield from _uuids(of)


def _revisions(revision: Revision) -> Iterator[Revision]:
    """The revision itself, and the newest one where that is another."""
    yield revision
    newest = revision.newest()
    if newest is not revision:
        yield newest


def _names(biosamples: Iterable[Record]) -> dict[str, str]:
    return {of.uuid: of.body["central_sample_id"] for of in biosamples if of.body.get("consent_withdrawn")}


def _containers(assets: Iterable[Record], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The assets that hold withdrawn biosamples and nothing else."""
    for asset in assets:
        held = [of["uuid"] for of in asset.body.get("biosamples", ())]
        if held and all(uuid in names for uuid in held):
            yield asset.uuid, asset.body["name"]
