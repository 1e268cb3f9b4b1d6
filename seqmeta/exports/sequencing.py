"""Sequencing runs to what pipelines and archives call a unit: one run, its library, and each of its biosamples.

What a biosample says of itself wins over what its library says (CONTRACT 7). A biosample whose consent is withdrawn
is left out here, once for all exports that go by runs; each has the name that it has now, also where its library is
described no more and recorded with another.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from seqmeta.errors import LostRecordError
from seqmeta.exports.consent import Withdrawn
from seqmeta.exports.selection import Selection
from seqmeta.libraries import PER_SAMPLE
from seqmeta.records import Body, Record
from seqmeta.revision import Revision

_NAME = "central_sample_id"


class Sequenced(NamedTuple):
    """A run with its library and the biosamples in it that may be told of; `study` is None where none is known.

    `studies` are the names of all that it could be of; `biosamples` have `uuid`, `central_sample_id` and what the
    library says of each.
    """

    run: Record
    library: Record
    biosamples: tuple[Body, ...]
    records: Mapping[str, Body]
    study: Body | None
    studies: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call the run: its name at the sequencer, else its UUID."""
        return str(self.run.body.get("run_name", self.run.uuid))


def samples_of(library: Body, withdrawn: Withdrawn, wanted: Collection[str] | None = None) -> Iterator[Body]:
    """Yield the biosamples of a library that may be told of, with what the library says of all of them."""
    common = {key: library[key] for key in PER_SAMPLE if key in library}
    for sample in library["biosamples"]:
        if (wanted is None or sample["uuid"] in wanted) and not withdrawn.hides(sample["uuid"]):
            yield {**common, **sample}


def find_sequenced(selection: Selection, withdrawn: Withdrawn) -> Iterator[Sequenced]:
    """Yield the wanted runs by UUID; one that has no biosample left is left out."""
    studies = _Studies(selection.revision)
    for runs in selection.batches("sequencing_run"):
        libraries = require_records(selection.revision, "library", (run.body["library"]["uuid"] for run in runs))
        uuids = {sample["uuid"] for library in libraries.values() for sample in library.body["biosamples"]}
        biosamples = require_records(selection.revision, "biosample", uuids)
        studies.learn(runs)
        for run in runs:
            library = libraries[run.body["library"]["uuid"]]
            told = tuple(samples_of(library.body, withdrawn, selection.biosamples))
            if told:
                records = {of["uuid"]: biosamples[of["uuid"]].body for of in told}
                samples = tuple({**of, _NAME: records[of["uuid"]][_NAME]} for of in told)
                yield Sequenced(run, library, samples, records, *studies.of(run))


def require_records(revision: Revision, kind: str, uuids: Iterable[str]) -> dict[str, Record]:
    """Read the records of these UUIDs; LostRecordError where the store has not all that its records name."""
    wanted = sorted(set(uuids))
    found = {record.uuid: record for record in revision.get_all(kind, wanted)}
    missing = next((uuid for uuid in wanted if uuid not in found), None)
    if missing is not None:
        raise LostRecordError(kind, missing)
    return found


class _Studies:
    """The studies of runs: the one that a run names, else those of the requests that it fulfils (CONTRACT 2.1)."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self._of_request: dict[str, list[str]] = {}
        self._records: dict[str, Body] = {}

    def learn(self, runs: Iterable[Record]) -> None:
        """Read what is needed for some runs, at once."""
        asked = {uuid for run in runs if "study" not in run.body for uuid in run.body["requests"]}
        asked -= self._of_request.keys()
        for submission in self._revision.owning(asked) if asked else ():
            for request in submission.body["requests"]:
                if request["uuid"] in asked:
                    self._of_request[request["uuid"]] = list(self._of(request))
        wanted = {uuid for run in runs for uuid in self._candidates(run)} - self._records.keys()
        for record in self._revision.get_all("study", sorted(wanted)):
            self._records[record.uuid] = record.body

    def _of(self, request: Mapping[str, Any]) -> Iterator[str]:
        if request.get("study"):
            yield request["study"]["uuid"]
            return
        for order in self._revision.get_all("order", request["orders"]):  # a pool mixes several
            yield order.body["study"]["uuid"]

    def _candidates(self, run: Record) -> list[str]:
        if "study" in run.body:
            return [run.body["study"]["uuid"]]
        found = (uuid for request in run.body["requests"] for uuid in self._of_request.get(request, ()))
        return list(dict.fromkeys(found))

    def of(self, run: Record) -> tuple[Body | None, tuple[str, ...]]:
        """The study of a run where there is just one, and the names of all that it could be."""
        found = [self._records[uuid] for uuid in self._candidates(run) if uuid in self._records]
        return (found[0] if len(found) == 1 else None), tuple(of["name"] for of in found)
