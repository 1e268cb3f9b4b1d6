"""Illumina run folders, whatever part of them there is, to the draft of one run and its biosamples (CONTRACT 5).

RunInfo.xml is believed before RunParameters.xml, and that before the sample sheet, which people write.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqmeta.identity import derive
from seqmeta.imports.drafts import Document, Draft, Imported, draft_run
from seqmeta.imports.evidence import Evidence
from seqmeta.imports.instruments import find_model
from seqmeta.imports.reads import Read, find_layout, find_length, render_reads
from seqmeta.imports.run_info import read_run_info
from seqmeta.imports.run_parameters import read_run_parameters
from seqmeta.imports.sample_sheets import SampleSheet, parse_sample_sheet
from seqmeta.imports.sheet_agreement import find_long_indexes, find_missing_lanes
from seqmeta.imports.sheet_biosamples import PooledSample, draft_biosamples, pool_samples
from seqmeta.imports.sources import Source, find_files, is_folder, load_source
from seqmeta.imports.times import read_written_time
from seqmeta.imports.xml_sources import local_name, parse_xml
from seqmeta.reader import Value
from seqmeta.rulebook import Rulebook
from seqmeta.values import shorten
from seqmeta.vocabulary import Terms

MAKE = "ILLUMINA"

_FILES = ("runinfo.xml", "runparameters.xml", "samplesheet.csv")
_SHEET = re.compile(r".*sample_?sheet.*\.csv", re.IGNORECASE)
_FLOWCELL = "FCID"
"""The column of CASAVA's table that names the flow cell; it may list several."""

_DATES = "YYMMDD, YYYYMMDD, ISO 8601 or 6/1/2021 11:05:11 AM"

_METADATA = {
    "run_number": "run_number",
    "instrument": "instrument",
    "instrument_type": "instrument_type",
    "experiment_name": "experiment_name",
    "position": "position",
    "lane_count": "lane_count",
    "chemistry": "chemistry",
    "workflow": "workflow",
    "recipe": "recipe",
    "flowcell_mode": "flowcell_mode",
    "flowcell_part_number": "flowcell_part_number",
    "reagent_kit": "reagent_kit",
    "reagent_kit_version": "reagent_kit_version",
    "sbs_kit": "sbs_kit",
    "paired_end_kit": "paired_end_kit",
    "index_kit": "index_kit",
    "library_tube": "library_tube",
    "application": "application",
    "application_version": "application_version",
    "rta_version": "rta_version",
    "reverse_complemented_reads": "reverse_complemented_reads",
}
_NOTED = {"run_name", "flowcell_id", "flowcell_type", "library_name"}
"""Facts with a key of their own, above which their contradictions stand."""


@dataclass(slots=True)
class RunFolder:
    """What the files of one run say."""

    evidence: Evidence = field(default_factory=Evidence)
    reads: list[tuple[str, list[Read]]] = field(default_factory=list)
    sheet: SampleSheet | None = None
    sheet_name: str = ""
    files: list[str] = field(default_factory=list)


def load(path: Path, rulebook: Rulebook) -> Imported:
    """Read a run folder, or one file of it."""
    folder = read_folder(path)
    samples = pool_samples(folder.sheet.samples if folder.sheet is not None else [])
    run = _draft_run(folder, samples, rulebook.vocabularies["instrument_model"])
    documents = [Document("sequencing_run", [run])]
    if samples:
        documents.insert(0, Document("biosample", draft_biosamples(samples), is_list=True))
    where = f" of {path.name or 'this folder'}" if is_folder(path) else ""
    about = f"An Illumina run, from {' and '.join(folder.files)}{where}."
    return Imported([about], documents)


def read_folder(path: Path) -> RunFolder:
    """Read what there is of a run: RunInfo.xml first, for it is believed first."""
    folder = RunFolder()
    paths = [path]
    if is_folder(path):
        paths = _find_paths(path)
    if not paths:
        expected = "expected RunInfo.xml, RunParameters.xml or SampleSheet.csv"
        raise Source("", b"").fault("unknown_format", f"the folder has no file of an Illumina run: {expected}")
    for file in paths:
        _read_file(folder, load_source(file))
    return folder


def _find_paths(path: Path) -> list[Path]:
    """Find the files of a run; a sheet of another name (SampleSheet_2.csv) counts where it is the only one."""
    paths = find_files(path, lambda name: name.lower() in _FILES)
    if not any(of.name.lower() == _FILES[-1] for of in paths):
        sheets = find_files(path, lambda name: _SHEET.fullmatch(name) is not None)
        paths += sheets if len(sheets) == 1 else []
    return sorted(paths, key=lambda of: _FILES.index(of.name.lower()) if of.name.lower() in _FILES else len(_FILES))


def _read_file(folder: RunFolder, source: Source) -> None:
    folder.files.append(source.name)
    if not _is_xml(source):
        folder.sheet, folder.sheet_name = parse_sample_sheet(source), source.name
        _add_sheet(folder, source.name, folder.sheet)
        return
    root = parse_xml(source)
    readers = {"RunInfo": read_run_info, "RunParameters": read_run_parameters}
    name = local_name(root)
    if name not in readers:
        message = f"<{name}> is not what an Illumina instrument writes: expected RunInfo or RunParameters"
        raise source.fault("unknown_format", message, root.sourceline)
    folder.reads.append((source.name, readers[name](source, root, folder.evidence)))


def _is_xml(source: Source) -> bool:
    start = source.data[:200].replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").lstrip()
    return start.startswith(b"<") or source.name.lower().endswith(".xml")


def _add_sheet(folder: RunFolder, name: str, sheet: SampleSheet) -> None:
    evidence = folder.evidence
    evidence.add("instrument_type", sheet.setting("Instrument Type", "InstrumentType", "InstrumentPlatform"), name)
    evidence.add("experiment_name", sheet.setting("Experiment Name"), name)
    evidence.add("chemistry", sheet.setting("Chemistry"), name)
    evidence.add("workflow", sheet.setting("Workflow"), name)
    flowcells = {of for sample in sheet.samples for column, of in sample.columns.items() if column.upper() == _FLOWCELL}
    evidence.add("flowcell_id", flowcells.pop() if len(flowcells) == 1 else None, name)
    folder.reads.append((name, list(sheet.reads)))


def _draft_run(folder: RunFolder, samples: list[PooledSample], models: Terms) -> Draft:
    evidence = folder.evidence
    notes: dict[str, list[str]] = {}
    body: dict[str, Any] = {
        "instrument_make": MAKE,
        "biosamples": [sample.member for sample in samples],
        **{name: evidence.get(name) for name in sorted(_NOTED)},
        **_identify(evidence, notes),
        **_time(evidence, notes),
        **_describe_reads(folder, notes),
    }
    model = find_model(MAKE, _clues(evidence), models)
    body["instrument_model"], notes["instrument_model"] = model.name, model.reasons
    for name in _NOTED:
        notes.setdefault(name, []).extend(evidence.contradictions(name))
    _hint(folder.sheet, notes)
    notes["biosamples"] = list(_doubt_sheet(folder))
    body["metadata"] = _metadata(folder, samples, body.pop("run_date", None))
    leftovers = [*evidence.unsettled(_NOTED), *evidence.leftovers, *_sheet_leftovers(folder.sheet)]
    found = {key: of for key, of in body.items() if of}
    return draft_run(found, notes, leftovers, model.allowed)


def _clues(evidence: Evidence) -> list[tuple[str, str, str]]:
    tables = {"instrument_type": "words", "application": "words", "instrument": "ids", "flowcell_id": "flowcells"}
    return [(table, fact, evidence.get(fact) or "") for fact, table in tables.items() if evidence.get(fact)]


def _identify(evidence: Evidence, notes: dict[str, list[str]]) -> dict[str, Value]:
    run_name = evidence.get("run_name")
    if run_name is None:
        notes["sequencing_id"] = ["no file names the run, so that no UUID can be derived"]
        return {}
    notes["sequencing_id"] = ["the files have none: this UUIDv5 is derived from the make and the run's name"]
    return {"sequencing_id": derive("sequencing_run", MAKE, run_name)}


def _time(evidence: Evidence, notes: dict[str, list[str]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for fact, key in (("date", "start_time"), ("end", "end_time")):
        written = [(text, origin, read_written_time(text)) for text, origin in evidence.found.get(fact, ())]
        notes[key] = [
            f"{origin} says {shorten(text)}, which is no date that is known: expected {_DATES}"
            for text, origin, moment in written
            if moment is None
        ]
        text, moment = next(((text, moment) for text, _, moment in written if moment is not None), (None, None))
        if moment is not None and moment.utc is not None:
            found[key] = moment.utc
        elif moment is not None:
            notes[key].append(f"the files say {text} and name no time zone: give it in UTC where that is known")
        if fact == "date" and moment is not None and moment.utc is None:
            found["run_date"] = moment.iso
    return found


def _describe_reads(folder: RunFolder, notes: dict[str, list[str]]) -> dict[str, Value]:
    listed = [(name, reads) for name, reads in folder.reads if reads]
    if not listed:
        return {}
    first, reads = listed[0]
    layout, length = find_layout(reads), find_length(reads)
    if layout is None:
        notes["library_layout_config"] = [f"{first} lists the reads {render_reads(reads)}"]
    if length is None:
        notes["library_layout_read_length"] = [f"the reads differ in length: {render_reads(reads)}"]
    for name, others in listed[1:]:
        if find_layout(others) != layout:
            notes.setdefault("library_layout_config", []).append(f"{name} says otherwise: {render_reads(others)}")
    return {"library_layout_config": layout, "library_layout_read_length": str(length) if length else None}


def _doubt_sheet(folder: RunFolder) -> Iterator[str]:
    """Say what a person must decide of the samples: what is doubtful in the sheet, and what the run has otherwise."""
    if folder.sheet is None:
        return
    yield from folder.sheet.doubts
    yield from find_missing_lanes(folder.sheet_name, folder.sheet.samples, folder.evidence)
    listed = next((of for of in folder.reads if of[1] and of[0] != folder.sheet_name), None)
    if listed is not None:
        yield from find_long_indexes(folder.sheet_name, folder.sheet.samples, listed)


def _hint(sheet: SampleSheet | None, notes: dict[str, list[str]]) -> None:
    """Say what the sheet has that may belong into a gap, which a person must decide."""
    if sheet is None:
        return
    hints = {
        "library_seq_kit": ("Assay", "LibraryPrepKits", "Library Prep Kit", "Index Adapters"),
        "run_name": ("Run Name", "Run ID", "Experiment Name"),
        "library_seq_protocol": ("Chemistry",),
        "study": ("Project Name", "Investigator Name"),
    }
    for key, names in hints.items():
        for heading, value in sheet.said(*names):
            notes.setdefault(key, []).append(f"the sample sheet says {heading}: {value}")


def _metadata(folder: RunFolder, samples: list[PooledSample], date: Value) -> dict[str, Value]:
    illumina: dict[str, Value] = dict(folder.evidence.metadata(_METADATA))
    reads = next((reads for _, reads in folder.reads if reads), [])
    illumina |= {"run_date": date, "reads": render_reads(reads)}
    illumina |= {"index_reads": " ".join(str(read.cycles) for read in reads if read.is_index and read.cycles)}
    return {
        "illumina": illumina,
        "lanes": {sample.name: " ".join(sample.lanes) for sample in samples},
        "index_names": {sample.name: sample.index_names for sample in samples},
        "index_sequences": {sample.name: sample.other_barcodes for sample in samples},
    }


def _sheet_leftovers(sheet: SampleSheet | None) -> Iterator[str]:
    if sheet is None:
        return
    for section, pairs in sheet.settings.items():
        for key, value in pairs.items():
            yield f"sample sheet [{section}]: {key} = {value}"
    for comment in sheet.comments:
        yield f"sample sheet: {comment}"
