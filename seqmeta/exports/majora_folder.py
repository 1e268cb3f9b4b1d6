"""A selection for Majora, in one folder: bodies in `library.add/` and `sequencing.add/`, and `majora.metadata.tsv`.

The table has a row for each run, library and biosample, in the columns of COG-UK's metadata (`majora.metadata.tsv`).
Programs read it, so that each cell holds the exact text, and none is written for a spreadsheet.
What Majora would refuse is noted and written all the same: it takes the bodies one by one, and the others with them.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seqmeta.exports.folders import Draft, FileNames
from seqmeta.exports.jobs import Job, RefusedError
from seqmeta.exports.majora import LIBRARY_KEYS, REFERENCES, RUN_KEYS, SAMPLE_KEYS, shape_library, shape_run
from seqmeta.exports.majora_refusals import UnknownTerms, note_runs
from seqmeta.exports.sequencing import Sequenced, find_sequenced, samples_of
from seqmeta.present_names import PresentNames
from seqmeta.records import Body, Record
from seqmeta.rendering import render_json

_OF_BIOSAMPLE = ("central_sample_id", "collection_date", "taxon_id", "accession")
COLUMNS = (*_OF_BIOSAMPLE, *LIBRARY_KEYS, *SAMPLE_KEYS, *RUN_KEYS)
"""The columns of the table."""


def export_majora(job: Job, draft: Draft) -> str:
    """Write the folder; return what is in it."""
    runs: dict[str, list[Body]] = {}
    names = PresentNames(job.selection.revision)
    with draft.open("majora.metadata.tsv") as stream:
        stream.write(_line(COLUMNS))
        for of in find_sequenced(job.selection, job.withdrawn):
            runs.setdefault(of.library.uuid, []).extend(names.put_into([of.run.body], REFERENCES["sequencing_run"]))
            stream.write(b"".join(_line(_row(of, sample)) for sample in of.biosamples))
    job.notes.extend(note_runs(run for of in runs.values() for run in of))
    bodies = _write_libraries(job, draft, runs, names)
    if not bodies:
        raise RefusedError("there is no library with a biosample to export: nothing is written")
    count = sum(map(len, runs.values()))
    return f"{bodies} librar{'y' if bodies == 1 else 'ies'} and {count} run{'' if count == 1 else 's'}"


def _write_libraries(job: Job, draft: Draft, runs: Mapping[str, list[Body]], present: PresentNames) -> int:
    names, terms, written = FileNames(), UnknownTerms(), 0
    for library in _libraries(job, present):
        samples = list(samples_of(library.body, job.withdrawn, job.selection.biosamples))
        if not samples:
            continue
        name = names.take((library.body["library_name"], library.uuid))
        body = {**job.withdrawn.strip(library.body), "biosamples": samples}
        shaped = shape_library(body)
        terms.look(shaped)
        draft.write(f"library.add/{name}.json", _json(shaped))
        if library.uuid in runs:
            shapes = [shape_run(run) for run in runs[library.uuid]]
            several = {**shapes[0], "runs": [run for of in shapes for run in of["runs"]]}
            draft.write(f"sequencing.add/{name}.json", _json(several))
        written += 1
    job.notes.extend(terms.notes())
    return written


def _libraries(job: Job, names: PresentNames) -> Iterator[Record]:
    for some in job.selection.batches("library"):
        bodies = names.put_into([library.body for library in some], REFERENCES["library"])
        yield from (library._replace(body=body) for library, body in zip(some, bodies, strict=True))


def _json(value: Any) -> str:
    return f"{render_json(value)}\n"


def _row(of: Sequenced, sample: Body) -> Iterable[str]:
    record = of.records[sample["uuid"]]
    said = [(record, _OF_BIOSAMPLE), (of.library.body, LIBRARY_KEYS), (sample, SAMPLE_KEYS), (of.run.body, RUN_KEYS)]
    return [str(body.get(key, "")) for body, keys in said for key in keys]


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerow(cells)
    return out.getvalue().encode()
