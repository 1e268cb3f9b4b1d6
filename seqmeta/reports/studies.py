"""The requests and runs of each study to a table of its results.

A request counts for the studies of its orders; a run for the study that it names, else for those of its requests.
Biosamples are those of the libraries that the runs sequenced; where a run served several studies, each has those that
came with its own orders.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from seqmeta.records import Body, Record
from seqmeta.revision import Revision
from seqmeta.story import requests_of
from seqmeta.tables import Table

_COLUMNS = ("study", "uuid", "requests", "passed", "failed", "open", "cancelled", "runs", "biosamples")


@dataclass(slots=True)
class Results:
    """What a study has: its requests by state, its runs, and the biosamples that were sequenced for it."""

    states: Counter[str] = field(default_factory=Counter)
    runs: set[str] = field(default_factory=set)
    biosamples: set[str] = field(default_factory=set)


def report_studies(revision: Revision) -> Table:
    """Report on every study, by name."""
    studies = {record.uuid: record for record in revision.of_kind("study")}
    results = {uuid: Results() for uuid in studies}
    studies_of = _count_requests(revision, results)
    _add_runs(revision, results, studies_of)
    ordered = sorted(studies.values(), key=lambda of: (of.body["name"], of.uuid))
    return Table(_COLUMNS, [_row(record, results[record.uuid]) for record in ordered])


def _row(study: Record, results: Results) -> Mapping[str, Any]:
    states = results.states
    closed = ("passed", "failed", "cancelled")
    counted = {state: states[state] for state in closed}
    return {
        "study": study.body["name"],
        "uuid": study.uuid,
        "requests": states.total(),
        **counted,
        "open": states.total() - sum(counted.values()),
        "runs": len(results.runs),
        "biosamples": len(results.biosamples),
    }


def _count_requests(revision: Revision, results: Mapping[str, Results]) -> dict[str, dict[str, None]]:
    """Count the requests of each study; return the studies of each request, in order."""
    orders = {record.uuid: record.body["study"]["uuid"] for record in revision.of_kind("order")}
    progress = {record.body["submission"]["uuid"]: record.body for record in revision.of_kind("progress")}
    studies_of: dict[str, dict[str, None]] = {}
    for submission in revision.of_kind("submission"):
        for request in requests_of(submission, progress.get(submission.uuid)):
            studies = dict.fromkeys(orders[order] for order in request.body["orders"] if order in orders)
            studies_of[request.uuid] = studies
            for study in studies:
                results[study].states[request.state] += 1
    return studies_of


def _add_runs(revision: Revision, results: Mapping[str, Results], studies_of: Mapping[str, Mapping[str, None]]) -> None:
    own = _ordered_samples(revision)
    libraries = {record.uuid: record.body for record in revision.of_kind("library")}
    for run in revision.of_kind("sequencing_run"):
        studies = _studies_of_run(run.body, studies_of)
        samples = _samples(libraries.get(run.body.get("library", {}).get("uuid")))
        for study in studies:
            results[study].runs.add(run.uuid)
            results[study].biosamples |= samples if len(studies) == 1 else samples & own.get(study, set())


def _studies_of_run(run: Body, studies_of: Mapping[str, Mapping[str, None]]) -> Collection[str]:
    if "study" in run:
        return [run["study"]["uuid"]]
    return dict.fromkeys(study for request in run["requests"] for study in studies_of.get(request, ()))


def _ordered_samples(revision: Revision) -> dict[str, set[str]]:
    """The biosamples in the assets of each study's orders."""
    own: dict[str, set[str]] = {}
    for order in revision.of_kind("order"):
        found = own.setdefault(order.body["study"]["uuid"], set())
        found.update(sample["uuid"] for asset in order.body["assets"] for sample in asset.get("biosamples", ()))
    return own


def _samples(library: Body | None) -> set[str]:
    return {sample["uuid"] for sample in library["biosamples"]} if library is not None else set()
