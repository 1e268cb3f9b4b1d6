"""Illumina's RunParameters.xml, whose keys differ by instrument and version, to facts about the run."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from seqmeta.imports.evidence import Evidence
from seqmeta.imports.reads import Read
from seqmeta.imports.run_info import parse_read
from seqmeta.imports.sources import Source
from seqmeta.imports.xml_sources import children, descend, flatten, local_name, text_of

_KEYS: Mapping[str, Sequence[str]] = {
    "run_name": ("RunId",),
    "run_number": ("RunNumber", "ScanNumber", "RunCounter"),
    "instrument": ("InstrumentName", "InstrumentId", "InstrumentSerialNumber", "ScannerId"),
    "instrument_type": ("InstrumentType",),
    "application": ("ApplicationName", "Application"),
    "application_version": ("ApplicationVersion",),
    "rta_version": ("RtaVersion",),
    "date": ("RunStartDate", "RunStartTime"),
    "end": ("RunEndTime", "RunEndDate", "RunCompletionTime"),
    "flowcell_id": (
        "RfidsInfo.FlowCellSerialBarcode",
        "FlowCellRfidTag.SerialNumber",
        "FlowCellEepromTag.SerialNumber",
        "FlowCellSerialNumber",
        "FlowCellSerial",
        "Barcode",
    ),
    "flowcell_type": ("FlowCellType", "RfidsInfo.FlowCellMode", "FlowCellMode", "Flowcell"),
    "flowcell_part_number": (
        "RfidsInfo.FlowCellPartNumber",
        "FlowCellRfidTag.PartNumber",
        "FlowCellEepromTag.PartNumber",
        "FlowCellPartNumber",
    ),
    "experiment_name": ("ExperimentName",),
    "library_name": ("LibraryId",),
    "position": ("FcPosition", "Side"),
    "chemistry": ("Chemistry", "ChemistryVersion"),
    "workflow": ("WorkflowType", "Workflow.Analysis"),
    "reagent_kit": ("ReagentKitRfidTag.SerialNumber", "ReagentKitSerial", "ReagentKitBarcode"),
    "reagent_kit_version": ("ReagentKitVersion",),
    "sbs_kit": ("Sbs",),
    "paired_end_kit": ("Pe",),
    "index_kit": ("Index",),
    "library_tube": ("RfidsInfo.LibraryTubeSerialBarcode",),
    "recipe": ("RecipeName",),
}
"""By fact, the paths that may have it, in any case, below the root or its <Setup>; the first that is there counts."""

_CYCLES = (
    ("Read1", "IndexRead1", "IndexRead2", "Read2"),
    ("Read1", "Index1Read", "Index2Read", "Read2"),
    ("Read1", "IndexRead", "Read2"),
    ("Read1NumberOfCycles", "IndexRead1NumberOfCycles", "IndexRead2NumberOfCycles", "Read2NumberOfCycles"),
    ("PlannedRead1Cycles", "PlannedIndex1ReadCycles", "PlannedIndex2ReadCycles", "PlannedRead2Cycles"),
    ("CompletedCycles.Read1", "CompletedCycles.Index1", "CompletedCycles.Index2", "CompletedCycles.Read2"),
    ("PlannedCycles.Read1", "PlannedCycles.Index1", "PlannedCycles.Index2", "PlannedCycles.Read2"),
)
"""Ways to say how many cycles each read has, in the order of the run; the first that says anything counts."""

_FLOWCELL = re.compile(r"flowcell(?:_\d)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)
_FOLDERS = ("RunFolder", "RunFolderPath", "OutputRunFolder", "OutputFolder")
_RUN_NAME = re.compile(r"(?:20)?\d{6}_[A-Za-z0-9-]+_\d+_[A-Za-z0-9-]+", re.ASCII)
_LONG = ("SelectedTiles", "SelectedSections", "TileSet")
_NOT_SET = {"unknown", "not specified", "none", "n/a"}


def read_run_parameters(source: Source, root: Any, evidence: Evidence) -> list[Read]:
    """Add what the file says to the evidence, and return the reads that it lists."""
    said = _say(root)
    taken: set[str] = set()
    for fact, names in _KEYS.items():
        for name in names:
            if name.lower() in said:
                evidence.add(fact, said[name.lower()][1], source.name)
                taken.add(name.lower())
                break
    if not taken & {"runid"}:
        evidence.add("run_name", _name_of_folder(said), source.name)
    _read_consumables(source, root, evidence)
    if not evidence.found:
        raise source.fault("required_field", "no run, instrument or flow cell is named", root.sourceline)
    reads, used = _reads(source, root, said)
    for path, (written, value) in said.items():
        if path not in taken | used:
            evidence.leave(source.name, written, value)
    return reads


def _say(root: Any) -> dict[str, tuple[str, str]]:
    """List paths and texts by path in lower case, without <Setup>; long lists of tiles are left away."""
    said: dict[str, tuple[str, str]] = {}
    for path, value in flatten(root):
        plain = path.removeprefix("Setup.")
        if not plain.startswith(_LONG) and value.lower() not in _NOT_SET:
            before = said.get(plain.lower())
            said[plain.lower()] = (plain, value if before is None else f"{before[1]}; {value}")
    return said


def _name_of_folder(said: Mapping[str, tuple[str, str]]) -> str | None:
    """Find the run's name in the folder that it was written to: a NextSeq 2000 gives it nowhere else."""
    for name in _FOLDERS:
        folder = re.split(r"[/\\]", said.get(name.lower(), ("", ""))[1].rstrip("/\\"))[-1]
        if _RUN_NAME.fullmatch(folder):
            return folder
    return None


def _read_consumables(source: Source, root: Any, evidence: Evidence) -> None:
    """Read the list of consumables that newer instruments write: each says of what type it is."""
    for item in descend(root, "ConsumableInfo"):
        parts = {local_name(part).lower(): text_of(part) for part in children(item)}
        kind = parts.get("type", "").lower().replace(" ", "")
        if _FLOWCELL.fullmatch(kind):
            evidence.add("flowcell_id", parts.get("serialnumber"), source.name)
            evidence.add("flowcell_part_number", parts.get("partnumber"), source.name)
            evidence.add("flowcell_mode", parts.get("mode") or parts.get("name"), source.name)


def _reads(source: Source, root: Any, said: Mapping[str, tuple[str, str]]) -> tuple[list[Read], set[str]]:
    """Return the reads by whichever way the file lists them, and the paths that list them."""
    listed = [*descend(root, "RunInfoRead"), *descend(root, "Read")]
    listed = [element for element in listed if element.get("NumCycles") or element.get("Cycles")]
    if listed:
        used = {path for path in said if path.startswith(("reads.", "plannedreads."))}
        return [parse_read(source, element) for element in listed], used
    for names in _CYCLES:
        cycles = [(name, said[name.lower()][1]) for name in names if name.lower() in said]
        reads = [Read(int(text), "Index" in name) for name, text in cycles if _WHOLE.fullmatch(text)]
        if any(read.cycles for read in reads):
            return reads, {name.lower() for name in names}
    return [], set()
