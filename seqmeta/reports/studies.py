"""The requests and runs of each study to a table of its results.

A request counts for the studies of its orders; a run for the study that it names, else for those of its requests.
Biosamples are those of the libraries that the runs sequenced; where a run served several studies, each has those that
came with its own orders. What must be told apart to be counted (a biosample may be in many runs) lies in a temporary
database, so that memory is needed for the studies only.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seqmeta.errors import LostRecordError
from seqmeta.overflow import Overflow
from seqmeta.records import Body, Record
from seqmeta.revision import Revision
from seqmeta.story import requests_of
from seqmeta.tables import Table

_COLUMNS = ("study", "uuid", "requests", "passed", "failed", "open", "cancelled", "runs", "biosamples")
_MANY = "PRIMARY KEY (one, other)"


@dataclass(slots=True)
class Results:
    """What a study has: its requests by state, its runs, and how many biosamples were sequenced for it."""

    states: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    biosamples: int = 0


class _ByStudy(dict[str, Results]):
    """The results of each study by its UUID."""

    def __missing__(self, uuid: str) -> Results:
        raise LostRecordError("study", uuid)


def report_studies(revision: Revision) -> Table:
    """Report on every study, by name; LostRecordError where an order or run names one that the store has not."""
    studies = {record.uuid: record.body["name"] for record in revision.of_kind("study")}
    results = _ByStudy((uuid, Results()) for uuid in studies)
    pairs = _Pairs()
    _count_requests(revision, results, pairs)
    _count_runs(revision, results, pairs)
    ordered = sorted(studies, key=lambda uuid: (studies[uuid], uuid))
    return Table(_COLUMNS, [_row(studies[uuid], uuid, results[uuid]) for uuid in ordered])


def _row(name: str, uuid: str, results: Results) -> Mapping[str, Any]:
    states = results.states
    closed = ("passed", "failed", "cancelled")
    counted = {state: states[state] for state in closed}
    return {
        "study": name,
        "uuid": uuid,
        "requests": states.total(),
        **counted,
        "open": states.total() - sum(counted.values()),
        "runs": results.runs,
        "biosamples": results.biosamples,
    }


class _Pairs:
    """Which order, request or biosample is of which study: each pair once, on disk where they are many."""

    def __init__(self) -> None:
        self._overflow = Overflow()
        columns = f"one TEXT, other TEXT, place INTEGER, {_MANY}"
        self._tables = {
            what: self._overflow.new_table(columns, "WITHOUT ROWID")
            for what in ("study of order", "study of request", "ordered for", "sequenced for")
        }

    def add(self, what: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Add pairs; those that are there already stay as they are."""
        statement = f"INSERT OR IGNORE INTO {self._tables[what]} VALUES (?, ?, ?)"  # noqa: S608 - a name made here
        self._overflow.write(statement, ((*pair, place) for place, pair in enumerate(pairs)))

    def of(self, what: str, one: str) -> list[str]:
        """The other sides of the pairs of one, in the order in which they were added at once."""
        query = f"SELECT other FROM {self._tables[what]} WHERE one = ? ORDER BY place"  # noqa: S608 - as above
        return [other for (other,) in self._overflow.all(query, one)]

    def has(self, what: str, one: str, other: str) -> bool:
        """Whether there is a pair."""
        query = f"SELECT 1 FROM {self._tables[what]} WHERE one = ? AND other = ?"  # noqa: S608 - as above
        return self._overflow.one(query, one, other) is not None

    def count(self, what: str) -> Mapping[str, int]:
        """How many others there are of each one."""
        query = f"SELECT one, count(*) FROM {self._tables[what]} GROUP BY one"  # noqa: S608 - as above
        return dict(self._overflow.all(query))


def _count_requests(revision: Revision, results: Mapping[str, Results], pairs: _Pairs) -> None:
    """Count the requests of each study, and note whose each is and which biosamples were ordered for it."""
    for orders in revision.batches("order"):
        pairs.add("study of order", ((order.uuid, order.body["study"]["uuid"]) for order in orders))
        pairs.add("ordered for", (pair for order in orders for pair in _ordered(order.body)))
    for submission, progress in revision.submissions():
        of_order = {of["uuid"]: pairs.of("study of order", of["uuid"]) for of in submission.body["orders"]}
        found: list[tuple[str, str]] = []
        for request in requests_of(submission, progress):
            studies = dict.fromkeys(study for order in request.body["orders"] for study in of_order.get(order, ()))
            found += ((request.uuid, study) for study in studies)
            for study in studies:
                results[study].states[request.state] += 1
        pairs.add("study of request", found)


def _ordered(order: Body) -> Iterator[tuple[str, str]]:
    """The biosamples in the assets of an order, each behind the study of the order."""
    study = order["study"]["uuid"]
    return ((study, sample["uuid"]) for asset in order["assets"] for sample in asset.get("biosamples", ()))


def _count_runs(revision: Revision, results: Mapping[str, Results], pairs: _Pairs) -> None:
    """Count the runs of each study, and the biosamples that were sequenced for it."""
    for runs in revision.batches("sequencing_run"):
        wanted = {run.body["library"]["uuid"] for run in runs if "library" in run.body}
        libraries = {record.uuid: record.body for record in revision.get_all("library", sorted(wanted))}
        for run in runs:
            studies = _studies_of_run(run, pairs)
            samples = _samples(libraries.get(run.body.get("library", {}).get("uuid")))
            for study in studies:
                results[study].runs += 1
                mine = [of for of in samples if len(studies) == 1 or pairs.has("ordered for", study, of)]
                pairs.add("sequenced for", ((study, sample) for sample in mine))
    for study, number in pairs.count("sequenced for").items():
        results[study].biosamples = number


def _studies_of_run(run: Record, pairs: _Pairs) -> Collection[str]:
    if "study" in run.body:
        return [run.body["study"]["uuid"]]
    return dict.fromkeys(study for request in run.body["requests"] for study in pairs.of("study of request", request))


def _samples(library: Body | None) -> set[str]:
    return {sample["uuid"] for sample in library["biosamples"]} if library is not None else set()
