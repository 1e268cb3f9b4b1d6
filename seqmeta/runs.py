"""Sequencing runs and libraries: a run's description makes both records, or names a library (CONTRACT 2.1)."""

from typing import Any

from seqmeta.kinds import load_kinds
from seqmeta.links import link_references
from seqmeta.registration import register_embedded
from seqmeta.step import Described, Step
from seqmeta.values import shorten

_LAYOUT = "library_layout_nominal_length"


def register_libraries(step: Step) -> None:
    """Make known the libraries that runs describe along with themselves."""
    embedded = load_kinds()["sequencing_run"].embedded
    for run in step.of_kind("sequencing_run"):
        said = {key: value for key, value in run.body.items() if key in embedded or key == "library_name"}
        if len(said) > 1:
            register_embedded(step, run, "library", said)


def link_library(step: Step, library: Described) -> dict[str, Any]:
    """Link a library, whether described alone or along with a run."""
    return link_references(step, library)


def link_run(step: Step, run: Described) -> dict[str, Any]:
    """Link a run to the library that it sequenced and to the requests that it fulfils."""
    embedded = load_kinds()["sequencing_run"].embedded
    own = {key: value for key, value in run.body.items() if key not in embedded and key != "library_name"}
    body = link_references(step, Described(run.kind, run.uuid, run.name, own, run.source))
    library = step.resolve(run, ("library_name",), "library", run.body["library_name"])
    if library is not None:
        body["library"] = step.reference("library", library)
        if embedded.isdisjoint(run.body):
            _check_layout(step, run, library)
    check_requests(step, run)
    body["requests"] = list(run.body.get("requests", ()))
    return body


def _check_layout(step: Step, run: Described, library: str) -> None:
    """Hold a library that is described elsewhere to what only Illumina runs have."""
    body = step.body(library) or {}
    if _LAYOUT in body and run.body["instrument_make"] != "ILLUMINA":
        name = shorten(run.body["library_name"])
        message = f"the library {name} has a {_LAYOUT}, which is for ILLUMINA runs only"
        described = step.described.get(library)
        if described is not None:
            step.report(described, (_LAYOUT,), "not_applicable", message, see=(run.source, ()))
        else:
            step.report(run, ("library_name",), "not_applicable", message)


def check_requests(step: Step, run: Described) -> None:
    """Note where a run names what is no request; of one that was read in part some may not be known."""
    for index, request in enumerate(run.body.get("requests") or ()):
        if request is not None and not step.is_request(request) and not step.is_sealing_put_off:
            message = f"{request} is no request of a submitted submission: `seqmeta show` of one lists its requests"
            step.report(run, ("requests", index), "unknown_reference", message)
