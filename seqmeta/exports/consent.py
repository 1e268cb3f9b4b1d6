"""Whose consent is withdrawn, and records without them: such a biosample is in no export (CONTRACT 2 and 2.2).

A pinned revision may be older than the withdrawal, so the newest records are asked too.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from seqmeta.records import Record
from seqmeta.revision import Revision


class Withdrawn:
    """The biosamples by UUID, with what to call each; what is left out because of them is noted."""

    def __init__(self, names: Mapping[str, str], containers: Mapping[str, str]) -> None:
        """Take the names of the biosamples, and of the containers that hold nothing else."""
        self._names = {**names, **containers}
        self.left_out: set[str] = set()

    def hides(self, uuid: str) -> bool:
        """Whether this is one of them, or the container of nothing else; then it is noted as left out."""
        name = self._names.get(uuid)
        if name is not None:
            self.left_out.add(name)
        return name is not None

    def strip(self, value: Any) -> Any:
        """Take out of a plain value whatever stands for one of them or for its container."""
        if isinstance(value, dict):
            return {key: self.strip(of) for key, of in value.items() if not self._is_hidden(of)}
        if isinstance(value, list):
            return [self.strip(of) for of in value if not self._is_hidden(of)]
        return value

    def _is_hidden(self, value: Any) -> bool:
        return isinstance(value, dict) and isinstance(value.get("uuid"), str) and self.hides(value["uuid"])


def find_withdrawn(revision: Revision) -> Withdrawn:
    """Find who is withdrawn at a revision, or has been since."""
    names = {record.uuid: record.body["central_sample_id"] for record in _withdrawn_at(revision)}
    head = revision.repository.head()
    if head is not None and head != revision.commit:
        newest = Revision(revision.repository, head)
        names |= {record.uuid: record.body["central_sample_id"] for record in _withdrawn_at(newest)}
    return Withdrawn(names, dict(_containers(revision, names)))


def _withdrawn_at(revision: Revision) -> Iterator[Record]:
    for record in revision.mentioning("biosample", ["consent_withdrawn"]):  # the key stands in quotes like a value
        if record.body.get("consent_withdrawn"):
            yield record


def _containers(revision: Revision, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The assets that hold withdrawn biosamples and nothing else."""
    for asset in revision.mentioning("asset", names) if names else ():
        held = [of["uuid"] for of in asset.body.get("biosamples", ())]
        if held and all(uuid in names for uuid in held):
            yield asset.uuid, asset.body["name"]
