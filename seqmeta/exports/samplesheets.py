"""Sequenced biosamples to the tables that pipelines start from, for nf-core, Snakemake workflows and PEP.

Columns: nf-core's `sample,fastq_1,fastq_2`; `samples.tsv` and `units.tsv` of the Snakemake workflow catalogue's
workflows; PEP 2.1 with a subsample table. Names have only letters, digits, `_` and `-`, which all of them take.
Other cells hold the exact text, by which programs join tables.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain, count
from typing import BinaryIO, NamedTuple

from seqmeta.exports.folders import Draft
from seqmeta.exports.jobs import Job, RefusedError
from seqmeta.exports.reads import ReadFile, Unit, claim, group, values_of
from seqmeta.exports.sequencing import Sequenced, find_sequenced
from seqmeta.problems import Problem
from seqmeta.records import Body
from seqmeta.values import shorten

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+@:,=-]*", re.ASCII)
_NO_FILES = "no --files are given: the columns for reads are empty"


class Row(NamedTuple):
    """One unit of reads of a biosample; `is_first` for the first of the biosample, `paths` as `fastq_1`, `fastq_2`."""

    sample: str
    unit: str
    paths: tuple[str, str]
    of: Sequenced
    record: Body
    is_first: bool


class Table(NamedTuple):
    """One file of a sample sheet; `cells` gives the line of a row, None for a row that has none in it."""

    file: str
    delimiter: str
    columns: tuple[str, ...]
    cells: Callable[[Row], tuple[str, ...] | None]


class _Owner(NamedTuple):
    """Whose a file of reads is: one biosample's in one run."""

    uuid: str
    run: str
    sample: str


def _sample_cells(row: Row) -> tuple[str, ...] | None:
    about = ("central_sample_id", "accession", "taxon_id", "collection_date")
    return (row.sample, *(str(row.record.get(key, "")) for key in about)) if row.is_first else None


def _unit_cells(row: Row) -> tuple[str, ...]:
    return (row.sample, row.unit, *row.paths, row.of.run.body["instrument_make"], row.of.library.body["library_name"])


_SAMPLE_COLUMNS = ("sample_name", "central_sample_id", "accession", "taxon_id", "collection_date")
CONSUMERS: Mapping[str, tuple[Table, ...]] = {
    "nf-core": (Table("samplesheet.csv", ",", ("sample", "fastq_1", "fastq_2"), lambda row: (row.sample, *row.paths)),),
    "snakemake": (
        Table("samples.tsv", "\t", _SAMPLE_COLUMNS, _sample_cells),
        Table("units.tsv", "\t", ("sample_name", "unit_name", "fq1", "fq2", "platform", "library_name"), _unit_cells),
    ),
    "pep": (
        Table("sample_table.csv", ",", _SAMPLE_COLUMNS, _sample_cells),
        Table(
            "subsample_table.csv",
            ",",
            ("sample_name", "subsample_name", "read1", "read2", "platform", "library_name"),
            _unit_cells,
        ),
    ),
}
"""By what reads them, the tables."""

_PEP = "pep_version: 2.1.0\nsample_table: sample_table.csv\nsubsample_table: subsample_table.csv\n"


def export_samplesheet(job: Job, draft: Draft) -> str:
    """Write the tables for the consumer of the job; return what is in them."""
    consumer = job.consumer or "nf-core"
    tables = CONSUMERS[consumer]
    count = 0
    with ExitStack() as stack:
        streams = [stack.enter_context(draft.open(table.file)) for table in tables]
        for stream, table in zip(streams, tables, strict=True):
            _write(stream, table, table.columns)
        for row in _find_rows(job):
            count += 1
            for stream, table in zip(streams, tables, strict=True):
                _write(stream, table, table.cells(row))
    if consumer == "pep":
        draft.write("project_config.yaml", _PEP)
    if job.files is None:
        job.notes.append(_NO_FILES)
    job.refuse_errors()
    if not count:
        raise RefusedError("there is no sequencing run with a biosample to export: nothing is written")
    return f"{count} unit{'' if count == 1 else 's'} of reads for {consumer}"


def _write(stream: BinaryIO, table: Table, cells: Iterable[str] | None) -> None:
    if cells is not None:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
        writer.writerow(cells)
        stream.write(out.getvalue().encode())


def _find_rows(job: Job) -> Iterator[Row]:
    owners: dict[str, str] = {}
    reads: dict[str, _Owner] = {}
    units = _UnitNames()
    for of in find_sequenced(job.selection, job.withdrawn):
        for sample in of.biosamples:
            name = safe_name(sample["central_sample_id"])
            is_first = name not in owners
            if owners.setdefault(name, sample["uuid"]) != sample["uuid"]:
                message = f"two biosamples would both be {name}: rename {shorten(sample['central_sample_id'])}"
                job.problems.append(_problem(job, of, "duplicate_item", message))
            found = list(_find_units(job, of, sample, reads))
            called = units.take(name, of, len(found))
            for number, (unit, paths) in enumerate(zip(called, found, strict=True)):
                yield Row(name, unit, paths, of, of.records[sample["uuid"]], is_first and number == 0)


class _UnitNames:
    """Names for the units of a sample, of which no two are the same: that of the run, numbered where it has several."""

    def __init__(self) -> None:
        self._runs: set[tuple[str, str]] = set()
        self._taken: set[tuple[str, str]] = set()

    def take(self, sample: str, of: Sequenced, units: int) -> list[str]:
        """Return names for the units of a run; with as much of its UUID as it takes, and then a number, to be free."""
        run = next(run for run in _run_names(of) if self._is_free(sample, run, units))
        called = _unit_names(run, units)
        self._runs.add((sample, run))
        self._taken.update((sample, unit) for unit in called)
        return called

    def _is_free(self, sample: str, run: str, units: int) -> bool:
        called = ((sample, unit) for unit in _unit_names(run, units))
        return (sample, run) not in self._runs and self._taken.isdisjoint(called)


def _unit_names(run: str, units: int) -> list[str]:
    return [run] if units == 1 else [f"{run}-{number}" for number in range(1, units + 1)]


def _run_names(of: Sequenced) -> Iterator[str]:
    name, uuid = safe_name(of.name), of.run.uuid
    longer = f"{name}-{uuid}"
    return chain([name, f"{name}-{uuid[:8]}", longer], (f"{longer}-{number}" for number in count(2)))


def safe_name(text: str) -> str:
    """Make a name that pipelines take: other characters become `_`, and none begins like an option."""
    name = _UNSAFE.sub("_", text)
    return f"_{name[1:]}" if name.startswith("-") else name


def _find_units(job: Job, of: Sequenced, sample: Body, owners: dict[str, _Owner]) -> Iterator[tuple[str, str]]:
    """The paths of reads, each of one biosample in one run only; one unit without any where no files were asked for."""
    if job.files is None:
        yield "", ""
        return
    files = [file for file in job.files.find(values_of(of, sample)) if file.type == "fastq"]
    name = sample["central_sample_id"]
    about = f"the reads of {shorten(name)} in {shorten(of.name)}"
    if not files:
        message = f"{about} are missing: no FASTQ file fits the pattern {shorten(job.files.text, 120)}"
        job.problems.append(_problem(job, of, "required_field", message))
    for file in files:
        if not _PATH.fullmatch(file.path):
            message = f"{shorten(file.path)} is no path for a sample sheet: expected letters, digits and /_.+@:,=-"
            job.problems.append(_problem(job, of, "invalid_text", message))
        owner = _Owner(of.run.uuid, of.name, name)
        other = claim(owners, file.path, owner)
        if other is not None:
            message = f"the file {shorten(file.path)} would be taken for {_both(other, owner)}"
            job.problems.append(_problem(job, of, "duplicate_item", message))
    wanted = 2 if of.library.body["library_layout_config"] == "PAIRED" else 1
    for unit in group(files):
        if len(unit.files) != wanted:
            message = f"{about} are {_names(unit)}: expected {wanted} FASTQ file{'s' * (wanted - 1)} for its layout"
            job.problems.append(_problem(job, of, "not_applicable", message))
        paths = [file.path for file in unit.files]
        yield paths[0], paths[1] if len(paths) > 1 else ""


def _both(one: _Owner, other: _Owner) -> str:
    """Name two whose one file would be, and say how a pattern tells them apart."""
    if one.uuid == other.uuid:
        names = f"{shorten(one.sample)} and for {shorten(other.sample)}"
        return f"{names}: expected a pattern that finds it for one of them"
    field, runs = ("run", (one.run, other.run)) if one.run != other.run else ("sequencing_id", (one.uuid, other.uuid))
    first, second = (f"{shorten(of.sample)} in {shorten(run)}" for of, run in zip((one, other), runs, strict=True))
    cure = f"put {{{field}}} into the pattern, or export each run with a pattern of its own"
    return f"{first} and for {second}: {cure}"


def _names(unit: Unit) -> str:
    return " and ".join(_name(file) for file in unit.files)


def _name(file: ReadFile) -> str:
    return shorten(file.name)


def _problem(job: Job, of: Sequenced, code: str, message: str) -> Problem:
    return Problem("error", f"{job.records}/{of.run.path}", 1, 1, "sequencing_run", code, message)
