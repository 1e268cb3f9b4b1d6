"""MinKNOW's final_summary*.txt, lines of key=value with comments and repeats, to facts about one run.

Source: files of MinKNOW 19 to 23; a key that comes again has been written again, and its last value holds.
"""

from collections.abc import Mapping

from seqmeta.imports.evidence import Evidence
from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sources import Source, decode
from seqmeta.values import shorten

_FACTS = {
    "protocol_run_id": "protocol_run_id",
    "acquisition_run_id": "acquisition_run_id",
    "flow_cell_id": "flowcell_id",
    "position": "position",
    "instrument": "instrument",
    "sample_id": "sample_id",
    "protocol_group_id": "experiment",
    "protocol": "protocol",
    "started": "acquisition_started",
    "processing_stopped": "processing_stopped",
    "acquisition_stopped": "acquisition_stopped",
}


def read_final_summary(source: Source, evidence: Evidence) -> None:
    """Add what the file says to the evidence."""
    said = parse_pairs(source)
    for key, value in said.items():
        fact = _FACTS.get(key)
        fault = find_fault(value) if fact == "sample_id" else None
        if fault is not None:
            raise source.fault(*fault)
        if fact is not None:
            evidence.add(fact, value, source.name)
        elif value:
            evidence.leave(source.name, key, value)


def parse_pairs(source: Source) -> Mapping[str, str]:
    """Parse the lines of the file; of a key that comes again the last value."""
    said: dict[str, str] = {}
    for number, line in enumerate(decode(source).splitlines(), 1):
        key, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not key.strip() or " " in key.strip():
            message = f"{shorten(line.strip())} is no line of a final summary: expected key=value"
            raise source.fault("unknown_format", message, number)
        said[key.strip()] = value.strip()
    if not said:
        raise source.fault("unknown_format", "the file is empty: expected lines of key=value")
    if not said.keys() & {*_FACTS, "fastq_files_in_final_dest"}:
        raise source.fault("unknown_format", "none of the keys is one of a final summary, such as protocol_run_id")
    return said
