"""Oxford Nanopore run folders to the drafts of their runs: one for each protocol run that any file names (CONTRACT 5).

The report, as JSON or as a page, is believed before the final summary, and that before the sample sheet, which people
write. Files in one folder are of one run; a sheet that names flow cells is of the runs on those.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqmeta.identity import is_uuid
from seqmeta.imports.drafts import Document, Draft, Imported, draft_run
from seqmeta.imports.evidence import Evidence
from seqmeta.imports.final_summaries import read_final_summary
from seqmeta.imports.instruments import find_model
from seqmeta.imports.minknow_pages import read_report_page
from seqmeta.imports.minknow_reports import MAX_BYTES, read_report
from seqmeta.imports.minknow_samples import BarcodedSample, SheetRun, parse_minknow_sheet
from seqmeta.imports.sources import Source, find_files, is_folder, load_source
from seqmeta.imports.times import read_written_time
from seqmeta.reader import Value
from seqmeta.rulebook import Rulebook
from seqmeta.vocabulary import Terms

MAKE = "OXFORD_NANOPORE"

_DEPTH = 4
"""How deep run folders lie: experiment, library, run, and one more."""

_REPORT = re.compile(r"report_.*\.json", re.IGNORECASE)
_PAGE = re.compile(r"report.*\.md", re.IGNORECASE)
_SUMMARY = re.compile(r"final_summary.*\.txt", re.IGNORECASE)
_SHEET = re.compile(r".*sample_?sheet.*\.csv", re.IGNORECASE)
_KINDS = ("report", "page", "summary", "sheet")
"""What the files are, in the order in which they are believed."""

_PROTOCOL = re.compile(r"(?:[\w-]+/)?(?P<script>[^:]+):(?P<flowcell>FLO-[A-Z0-9]+):(?P<kit>[A-Z0-9.-]+)(?::.*)?")
_RUN_FOLDER = re.compile(r"\d{8}_\d{4}_[\w-]+_(?P<uuid>[0-9a-f]{8})", re.ASCII)
_STARTED = ("acquisition_started", "protocol_started")
_ENDED = ("acquisition_stopped", "processing_stopped", "protocol_ended")
"""The times of a run, from the one that is nearest to the sequencing itself."""

_METADATA = (
    "instrument",
    "product",
    "position",
    "device_type",
    "sample_id",
    "experiment",
    "protocol",
    "acquisition_run_id",
    *_STARTED,
    *_ENDED,
    "barcoding_kits",
    "basecalling_model",
    "minknow_version",
    "bream_version",
    "distribution_version",
    "basecaller_version",
    "guppy_version",
)
_NOTED = {"flowcell_id", "flowcell_type"}


@dataclass(slots=True)
class NanoporeRun:
    """What the files say of one run."""

    evidence: Evidence = field(default_factory=Evidence)
    samples: list[BarcodedSample] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def load(path: Path, rulebook: Rulebook) -> Imported:
    """Read a run folder, a folder of run folders, or one file."""
    runs = read_runs(path)
    documents = [
        Document("sequencing_run", [_draft_run(run, rulebook.vocabularies["instrument_model"])]) for run in runs
    ]
    names: dict[str, BarcodedSample] = {}
    for run in runs:
        for sample in _samples(run):
            names.setdefault(sample.name, sample)
    if names:
        documents.insert(0, Document("biosample", [_draft_biosample(of) for of in names.values()], is_list=True))
    files = [name for run in runs for name in run.files]
    about = f"{len(runs)} Nanopore {'run' if len(runs) == 1 else 'runs'}, from {', '.join(dict.fromkeys(files))}."
    return Imported([about], documents)


def read_runs(path: Path) -> list[NanoporeRun]:
    """Read the runs of a folder, in the order of its files' paths."""
    runs: dict[str, NanoporeRun] = {}
    sheets: list[tuple[Source, SheetRun]] = []
    for source in _load_sources(path):
        if _kind(source) == "sheet":
            sheets += [(source, run) for run in parse_minknow_sheet(source)]
            continue
        run = NanoporeRun(files=[source.name])
        if _kind(source) == "report":
            run.samples = read_report(source, run.evidence)
        elif _kind(source) == "page":
            read_report_page(source, run.evidence)
        else:
            read_final_summary(source, run.evidence)
        folder = source.name.rpartition("/")[0]
        parent = (path / source.name if is_folder(path) else path.absolute()).parent.name
        run.evidence.add("run_name", _run_name(parent, run.evidence.get("protocol_run_id")), "its folder")
        _merge(runs, run.evidence.get("protocol_run_id") or f"folder {folder}", folder, run)
    for source, sheet in sheets:
        _add_sheet(runs, source, sheet)
    return list(runs.values())


def _run_name(folder: str, protocol_run_id: str | None) -> str | None:
    """Return what MinKNOW called the run's folder, if the UUID in it says that it is still the run's."""
    found = _RUN_FOLDER.fullmatch(folder)
    is_of_run = found is not None and (protocol_run_id or "").lower().startswith(found["uuid"])
    return folder if is_of_run and protocol_run_id is not None else None


def _load_sources(path: Path) -> Iterator[Source]:
    """Read the files, those first that are believed first, one after the other: a report may be very large."""
    if not is_folder(path):
        yield load_source(path, most=MAX_BYTES)
        return
    known = (_REPORT, _PAGE, _SUMMARY, _SHEET)
    found = find_files(path, lambda name: any(of.fullmatch(name) for of in known), _DEPTH)
    if not found:
        expected = "expected final_summary*.txt, report_*.json, report*.md or a MinKNOW sample sheet"
        raise Source("", b"").fault("unknown_format", f"the folder has no file of a Nanopore run: {expected}")
    names = {file.relative_to(path).as_posix(): file for file in found}
    order = {name: _KINDS.index(_kind(load_source(file, name, MAX_BYTES))) for name, file in names.items()}
    for name in sorted(names, key=lambda name: (order[name], name)):
        yield load_source(names[name], name, MAX_BYTES)


def _kind(source: Source) -> str:
    start = source.data[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    name = source.name.rpartition("/")[2]
    if _REPORT.fullmatch(name) or start.startswith((b"{", b"[")):
        return "report"
    if _PAGE.fullmatch(name):
        return "page"
    first = source.data[:4096].replace(b"\0", b"").split(b"\n", 1)[0]
    is_table = any(mark in first for mark in b",;\t") and b"=" not in first
    return "sheet" if _SHEET.fullmatch(name) or is_table else "summary"


def _merge(runs: dict[str, NanoporeRun], key: str, folder: str, run: NanoporeRun) -> None:
    """Add what a file says to its run: that of the same protocol run, else that of the same folder."""
    known = runs.get(key)
    if known is None and key.startswith("folder "):
        same = [of for of in runs.values() if any(name.rpartition("/")[0] == folder for name in of.files)]
        known = same[0] if len(same) == 1 else None
    if known is None:
        runs[key] = run
        return
    known.evidence.merge(run.evidence)
    known.samples = known.samples or run.samples
    known.files += run.files


def _add_sheet(runs: dict[str, NanoporeRun], source: Source, sheet: SheetRun) -> None:
    """Give a sheet's samples to the runs that it speaks of; where there is none, the sheet alone is a run."""
    ids = ("protocol_run_id", "flowcell_id", "position")
    named = {fact: sheet.facts[fact] for fact in ids if fact in sheet.facts}
    meant = [
        run for run in runs.values() if all(run.evidence.get(fact) in (None, text) for fact, text in named.items())
    ]
    if not meant:
        meant = [runs.setdefault(f"sheet {source.name} {sorted(named.items())}", NanoporeRun())]
    for run in meant:
        for fact, value in sheet.facts.items():
            run.evidence.add(fact, value, source.name)
        run.samples = run.samples or list(sheet.samples)
        run.files.append(source.name)


def _samples(run: NanoporeRun) -> Sequence[BarcodedSample]:
    """Return the samples on the barcodes, else the one sample that the flow cell was loaded with."""
    name = run.evidence.get("sample_id")
    return run.samples or ([BarcodedSample(name, "", "", {})] if name is not None else [])


def _draft_biosample(sample: BarcodedSample) -> Draft:
    about: dict[str, Value] = {"type": sample.type, **sample.columns}
    return Draft("biosample", {"central_sample_id": sample.name, "metadata": {"minknow": about}})


def _draft_run(run: NanoporeRun, models: Terms) -> Draft:
    evidence = run.evidence
    notes: dict[str, list[str]] = {name: evidence.contradictions(name) for name in _NOTED}
    _split_protocol(evidence)
    for fact in ("flowcell_type_given", "flowcell_type_set", "flowcell_type_tag"):
        evidence.add("flowcell_type", evidence.get(fact), "report")
    model = find_model(MAKE, _clues(evidence), models)
    notes["instrument_model"] = model.reasons
    members: list[Value] = []
    for sample in _samples(run):
        plain: dict[str, Value] = {"central_sample_id": sample.name}
        members.append({**plain, "barcode": sample.barcode} if sample.barcode else plain)
    body: dict[str, Any] = {
        "instrument_make": MAKE,
        "instrument_model": model.name,
        "run_name": evidence.get("run_name"),
        "run_group": evidence.get("experiment"),
        "flowcell_id": evidence.get("flowcell_id") or evidence.get("flowcell_id_given"),
        "flowcell_type": evidence.get("flowcell_type"),
        "library_seq_kit": evidence.get("kit") or evidence.get("kit_tag"),
        "biosamples": members,
        "metadata": {"nanopore": evidence.metadata({name: name for name in _METADATA})},
        **_identify(run, notes),
        **_times(evidence, notes),
    }
    if run.samples and evidence.get("sample_id"):
        notes["library_name"] = [f"the flow cell was loaded with {evidence.get('sample_id')}"]
    leftovers = [*evidence.unsettled(_NOTED), *evidence.leftovers]
    found = {key: of for key, of in body.items() if of}
    return draft_run(found, notes, leftovers, model.allowed)


def _split_protocol(evidence: Evidence) -> None:
    """Take the flow cell's type and the kit out of a protocol such as sequencing/…:FLO-PRO002:SQK-LSK109."""
    found = _PROTOCOL.fullmatch(evidence.get("protocol") or "")
    if found is not None:
        evidence.add("flowcell_type", found["flowcell"], "the protocol")
        evidence.add("kit", found["kit"], "the protocol")


def _clues(evidence: Evidence) -> list[tuple[str, str, str]]:
    tables = [
        ("words", "device_type"),
        ("words", "product"),
        ("ids", "instrument"),
        ("ids", "position"),
        ("flowcells", "flowcell_type"),
        ("flowcells", "flowcell_id"),
    ]
    return [(table, fact, evidence.get(fact) or "") for table, fact in tables if evidence.get(fact)]


def _identify(run: NanoporeRun, notes: dict[str, list[str]]) -> dict[str, str]:
    """Take the protocol run's UUID; the run's name is its folder's, of which the files say nothing."""
    uuid = run.evidence.get("protocol_run_id")
    if uuid is not None and is_uuid(uuid):
        return {"sequencing_id": uuid.lower()}
    notes["sequencing_id"] = [
        "no file has a protocol_run_id" if uuid is None else f"the protocol_run_id {uuid} is no UUID",
    ]
    return {}


def _times(evidence: Evidence, notes: dict[str, list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for facts, key in (_STARTED, "start_time"), (_ENDED, "end_time"):
        text = next((text for fact in facts if (text := evidence.get(fact)) is not None), None)
        moment = read_written_time(text) if text is not None else None
        if moment is not None and moment.utc is not None:
            found[key] = moment.utc
        elif text is not None:
            notes[key] = [f"the files say {text} and name no time zone: give it in UTC where that is known"]
    return found
