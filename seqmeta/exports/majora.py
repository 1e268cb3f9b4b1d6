"""Libraries and sequencing runs to the bodies of Majora's `api.artifact.library.add` and `api.process.sequencing.add`.

The later form of both: source, selection and strategy stand on each biosample, and runs in a list `runs`.
"""

from typing import Any

from seqmeta.libraries import PER_SAMPLE
from seqmeta.records import Body

KINDS = ("library", "sequencing_run")
"""The kinds that Majora takes in these bodies."""

LIBRARY_KEYS = (
    "library_name",
    "library_layout_config",
    "library_layout_nominal_length",
    "library_layout_read_length",
    "library_layout_insert_length",
    "library_seq_kit",
    "library_seq_protocol",
    "library_sop_name",
    "library_sop_version",
)
SAMPLE_KEYS = (
    *PER_SAMPLE,
    "library_primers",
    "library_protocol",
    "barcode",
    "sequencing_org_received_date",
)
RUN_KEYS = (
    "sequencing_id",
    "run_name",
    "run_group",
    "instrument_make",
    "instrument_model",
    "flowcell_type",
    "flowcell_id",
    "start_time",
    "end_time",
    "bioinfo_pipe_name",
    "bioinfo_pipe_version",
)
"""Majora's keys of a library, of each biosample in it, and of a run, in the order of its documentation."""

REFERENCES = {"library": {"biosamples": "biosample"}, "sequencing_run": {"library": "library"}}
"""By kind and field, the kind of what goes into the bodies by its name."""

_TIMES = ("start_time", "end_time")


def shape(kind: str, body: Body) -> dict[str, Any]:
    """Shape the body of a library or a sequencing run."""
    return shape_library(body) if kind == "library" else shape_run(body)


def shape_library(library: Body) -> dict[str, Any]:
    """Shape a library as the body of `api.artifact.library.add`; what a biosample says itself wins."""
    shaped = {key: library[key] for key in (*LIBRARY_KEYS, "metadata") if key in library}
    return shaped | {"biosamples": [_shape_sample(library, sample) for sample in library["biosamples"]]}


def _shape_sample(library: Body, sample: Body) -> dict[str, Any]:
    said = {**{key: library[key] for key in PER_SAMPLE if key in library}, **sample}
    return {key: said[key] for key in ("central_sample_id", *SAMPLE_KEYS) if key in said}


def shape_run(run: Body) -> dict[str, Any]:
    """Shape a sequencing run as the body of `api.process.sequencing.add`, with one run in it."""
    shaped = {key: _written(key, run[key]) for key in RUN_KEYS if key in run}
    return {"library_name": run["library"]["name"], "runs": [shaped]}


def _written(key: str, value: str) -> str:
    """Write times as Majora's forms take them: `2020-03-22 10:05`, in UTC."""
    return value[:16].replace("T", " ") if key in _TIMES else value
