"""PacBio run metadata (*.metadata.xml, *.run.metadata.xml, *readset.xml) to the drafts of its cells (CONTRACT 5).

One SMRT Cell is one sequencing run: it has its own movie, time, library and UUID (CollectionMetadata/@UniqueId). What
the instrument calls the run of up to eight cells is their run_group. Source: PacBioCollectionMetadata.xsd, version 4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqmeta.identity import derive, is_uuid
from seqmeta.imports.drafts import Document, Draft, Imported, draft_run
from seqmeta.imports.evidence import Evidence
from seqmeta.imports.instruments import find_model
from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sources import Source, find_files, is_folder, load_source
from seqmeta.imports.times import read_written_time
from seqmeta.imports.xml_sources import descend, flatten, local_name, parse_xml
from seqmeta.reader import Value
from seqmeta.rulebook import Rulebook
from seqmeta.vocabulary import Terms

MAKE = "PACBIO_SMRT"

_CELL = "CollectionMetadata"
_MOST_CELLS = 200
"""How many cells one file may speak of: an instrument takes up to eight at a time."""

_DEPTH = 4
_FILE = re.compile(r".*(?:metadata|readset|subreadset)\.xml", re.IGNORECASE)
_ATTRIBUTES = {
    "Context": "movie",
    "UniqueId": "collection_uuid",
    "InstrumentId": "instrument",
    "InstrumentName": "instrument_name",
    "Status": "status",
}
_TEXTS = {
    "RunDetails.TimeStampedName": "run_group",
    "RunDetails.Name": "run_given_name",
    "RunDetails.RunId": "run_group",
    "RunDetails.WhenStarted": "started",
    "WellSample.WellName": "well",
    "WellSample.Application": "application",
    "WellSample.LibraryType": "library_type",
    "WellSample@Name": "well_sample",
    "WellSample.InsertSize": "insert_size",
    "WellSample.OnPlateLoadingConcentration": "on_plate_loading_concentration",
    "WellSample.IsCCS": "is_ccs",
    "WellSample.IsoSeq": "is_isoseq",
    "CellPac@Barcode": "flowcell_id",
    "CellPac@Name": "flowcell_type",
    "CellPac@PartNumber": "flowcell_part_number",
    "CellPac.ChipLayout": "chip_layout",
    "SequencingKitPlate@Name": "kit",
    "SequencingKitPlate@PartNumber": "sequencing_kit_part_number",
    "TemplatePrepKit@Name": "template_prep_kit",
    "BindingKit@Name": "binding_kit",
    "ControlKit@Name": "control_kit",
    "Automation@Name": "automation",
    "CellIndex": "cell_index",
    "CollectionNumber": "collection_number",
}
"""By path below CollectionMetadata, the fact that it is."""

_METADATA = (
    "instrument",
    "instrument_name",
    "run_given_name",
    "run_uuid",
    "well",
    "well_sample",
    "cell_index",
    "collection_number",
    "application",
    "library_type",
    "insert_size",
    "on_plate_loading_concentration",
    "is_ccs",
    "is_isoseq",
    "chip_type",
    "chip_layout",
    "flowcell_part_number",
    "sequencing_kit_part_number",
    "template_prep_kit",
    "binding_kit",
    "control_kit",
    "automation",
    "instrument_type",
    "status",
)
_NOTED = {"movie", "run_group", "flowcell_id", "flowcell_type", "kit"}
_SETTINGS = ("Primary", "PPAConfig", "Secondary", "Automation.")
"""Settings of the instrument's software, of which there are hundreds: no facts about the run."""

_ELSEWHERE = (
    "@",
    "ConsensusReadSetRef",
    "WellSample.BioSamples",
    "ComponentVersions",
    *_SETTINGS,
)
"""Paths that are read in another way, or only counted."""

_RUN_ATTRIBUTES = {
    "UniqueId": "run_uuid",
    "TimeStampedName": "run_group",
    "Name": "run_given_name",
    "InstrumentType": "instrument_type",
    "ChipType": "chip_type",
    "WhenStarted": "started",
    "WhenCompleted": "ended",
}


@dataclass(slots=True)
class Cell:
    """What the files say of one cell: its samples with their barcodes, in the order of the files."""

    evidence: Evidence = field(default_factory=Evidence)
    samples: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def load(path: Path, rulebook: Rulebook) -> Imported:
    """Read a run folder with any number of cells, or one file."""
    cells = read_cells(path)
    models = rulebook.vocabularies["instrument_model"]
    documents = [Document("sequencing_run", [_draft_run(cell, models)]) for cell in cells]
    names = dict.fromkeys(name for cell in cells for name in cell.samples)
    if names:
        biosamples = [Draft("biosample", {"central_sample_id": name}) for name in names]
        documents.insert(0, Document("biosample", biosamples, is_list=True))
    files = dict.fromkeys(name for cell in cells for name in cell.files)
    about = f"{len(cells)} PacBio SMRT {'Cell' if len(cells) == 1 else 'Cells'}, from {', '.join(files)}."
    return Imported([about], documents)


def read_cells(path: Path) -> list[Cell]:
    """Read the cells of a folder; files that speak of one cell (by its movie) are put together."""
    paths = [path]
    if is_folder(path):
        paths = find_files(path, lambda name: _FILE.fullmatch(name) is not None, _DEPTH)
        # The instrument's own files are believed before those of the analysis after it.
        paths.sort(key=lambda of: ("readset" in of.name.lower(), of.as_posix()))
    if not paths:
        expected = "expected *.metadata.xml or *readset.xml"
        raise Source("", b"").fault("unknown_format", f"the folder has no file of a PacBio run: {expected}")
    cells: dict[str, Cell] = {}
    for file in paths:
        source = load_source(file, file.relative_to(path).as_posix() if is_folder(path) else None)
        for collection, run in _collections(source):
            uuid = collection.get("UniqueId") or ""
            cell = cells.setdefault(collection.get("Context") or uuid, Cell())
            _read_collection(source, collection, run, cell)
    return list(cells.values())


def _collections(source: Source) -> Iterator[tuple[Any, Any]]:
    """Yield each cell's element, with the one of the run that it is of, None where the file has none."""
    root = parse_xml(source)
    found = [of for of in descend(root, _CELL) if not any(local_name(above) == _CELL for above in of.iterancestors())]
    run = next(descend(root, "Run"), None)
    if len(found) > _MOST_CELLS:
        raise source.fault("out_of_range", f"the file is of more than {_MOST_CELLS} cells: a run has a few")
    if not found:
        message = "there is no <CollectionMetadata>: this is no run metadata of PacBio's"
        raise source.fault("unknown_format", message, root.sourceline)
    for collection in found:
        if not (collection.get("Context") or collection.get("UniqueId")):
            message = "the <CollectionMetadata> has neither Context nor UniqueId: no cell is named"
            raise source.fault("required_field", message, collection.sourceline)
        yield collection, run


def _read_collection(source: Source, collection: Any, run: Any, cell: Cell) -> None:
    cell.files.append(source.name)
    for name, fact in _ATTRIBUTES.items():
        cell.evidence.add(fact, (collection.get(name) or "").strip(), source.name)
    _read_texts(source, collection, cell.evidence)
    _read_versions(source, collection, cell.evidence)
    for name, fact in _RUN_ATTRIBUTES.items() if run is not None else ():
        cell.evidence.add(fact, run.get(name), source.name)
    for kit in descend(collection, "SequencingKitPlate"):
        cell.evidence.add("chip_type", kit.get("ChipType"), source.name)
    for sample, barcodes in _samples(source, collection):
        known = cell.samples.setdefault(sample, [])
        known += [barcode for barcode in barcodes if barcode not in known]


def _read_texts(source: Source, collection: Any, evidence: Evidence) -> None:
    said: dict[str, list[str]] = {}
    for path, value in flatten(collection):
        said.setdefault(path, []).append(value)
    for path, values in said.items():
        if path in _TEXTS:
            evidence.add(_TEXTS[path], values[0], source.name)
        elif not path.startswith(_ELSEWHERE):
            evidence.leave(source.name, path, ", ".join(values))
    settings = sum(len(values) for path, values in said.items() if path.startswith(_SETTINGS))
    if settings:
        evidence.leave(source.name, f"settings of {', '.join(_SETTINGS)}", f"{settings} values, not listed here")


def _read_versions(source: Source, collection: Any, evidence: Evidence) -> None:
    for of in descend(collection, "VersionInfo"):
        if of.get("Name") and of.get("Version"):
            evidence.leave(source.name, f"version of {of.get('Name')}", " ".join(of.get("Version").split()))


def _samples(source: Source, collection: Any) -> Iterator[tuple[str, list[str]]]:
    for sample in descend(collection, "BioSample"):
        name = " ".join((sample.get("Name") or "").split())
        if not name:
            continue
        fault = find_fault(name)
        if fault is not None:
            raise source.fault(*fault, sample.sourceline)
        yield name, [of.get("Name") for of in descend(sample, "DNABarcode") if of.get("Name")]


def _draft_run(cell: Cell, models: Terms) -> Draft:
    evidence = cell.evidence
    notes: dict[str, list[str]] = {name: evidence.contradictions(name) for name in _NOTED}
    model = find_model(MAKE, _clues(evidence), models)
    notes["instrument_model"] = model.reasons
    members: list[Value] = []
    for name, barcodes in cell.samples.items():
        plain: dict[str, Value] = {"central_sample_id": name}
        members.append({**plain, "barcode": barcodes[0]} if len(barcodes) == 1 else plain)
    body: dict[str, Any] = {
        "instrument_make": MAKE,
        "instrument_model": model.name,
        "run_name": evidence.get("movie"),
        "run_group": evidence.get("run_group"),
        "flowcell_id": evidence.get("flowcell_id"),
        "flowcell_type": evidence.get("flowcell_type"),
        "library_seq_kit": evidence.get("kit"),
        "biosamples": members,
        "metadata": {
            "pacbio": evidence.metadata({name: name for name in _METADATA}),
            "barcodes": {name: " ".join(of) for name, of in cell.samples.items() if len(of) > 1},
        },
        **_identify(evidence, notes),
        **_times(evidence, notes),
    }
    if evidence.get("well_sample"):
        notes["library_name"] = [f"the well sample is called {evidence.get('well_sample')}"]
    leftovers = [*evidence.unsettled({*_NOTED, "collection_uuid"}), *evidence.leftovers]
    found = {key: of for key, of in body.items() if of}
    return draft_run(found, notes, leftovers, model.allowed)


def _clues(evidence: Evidence) -> list[tuple[str, str, str]]:
    tables = {"instrument_type": "words", "instrument": "ids", "chip_type": "words"}
    return [(table, fact, evidence.get(fact) or "") for fact, table in tables.items() if evidence.get(fact)]


def _identify(evidence: Evidence, notes: dict[str, list[str]]) -> dict[str, str]:
    uuid, movie = evidence.get("collection_uuid"), evidence.get("movie")
    if uuid is not None and is_uuid(uuid):
        return {"sequencing_id": uuid.lower()}
    if movie is None:
        notes["sequencing_id"] = [f"the cell's UniqueId {uuid} is no UUID"]
        return {}
    notes["sequencing_id"] = ["the files have none: this UUIDv5 is derived from the make and the movie's name"]
    return {"sequencing_id": derive("sequencing_run", MAKE, movie)}


def _times(evidence: Evidence, notes: dict[str, list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for fact, key in (("started", "start_time"), ("ended", "end_time")):
        moments = [read_written_time(text) for text, _ in evidence.found.get(fact, [])]
        moment = next((of for of in moments if of is not None), None)
        if moment is not None and moment.utc is not None:
            found[key] = moment.utc
        elif moment is not None:
            notes[key] = [f"the files say {moment.iso} and name no time zone: give it in UTC where that is known"]
    return found
