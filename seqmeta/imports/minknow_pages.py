"""MinKNOW's report*.md, written from version 19 to 21 on, to facts about one run: those of its tracking ID.

The page has the tracking ID as a JSON object, the same that stands in each file of reads, and tables of the pores.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from seqmeta.imports.evidence import Evidence
from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sources import Source, decode

_FACTS: Mapping[str, str] = {
    "protocol_run_id": "protocol_run_id",
    "run_id": "acquisition_run_id",
    "flow_cell_id": "flowcell_id",
    "flow_cell_product_code": "flowcell_type",
    "device_id": "position",
    "device_type": "device_type",
    "host_product_serial_number": "instrument",
    "sample_id": "sample_id",
    "protocol_group_id": "experiment",
    "exp_script_name": "protocol",
    "exp_start_time": "acquisition_started",
    "version": "minknow_version",
    "protocols_version": "bream_version",
    "distribution_version": "distribution_version",
    "guppy_version": "guppy_version",
}
"""By key of the tracking ID, the fact that it is."""

_MOST_OBJECTS = 100
"""How many braces are looked at for the tracking ID: it stands at the top."""


def read_report_page(source: Source, evidence: Evidence) -> None:
    """Add what the page says to the evidence."""
    said = _find_tracking_id(source)
    for key, value in said.items():
        text = " ".join(str(value).split()) if isinstance(value, str | int) else ""
        fact = _FACTS.get(key)
        fault = find_fault(text) if fact == "sample_id" else None
        if fault is not None:
            raise source.fault(*fault)
        if fact is None:
            evidence.leave(source.name, key, text or "not given")
        else:
            evidence.add(fact, _time(text) if fact == "acquisition_started" else text, source.name)


def _find_tracking_id(source: Source) -> dict[str, Any]:
    text = decode(source)
    reader, place = json.JSONDecoder(), text.find("{")
    for _ in range(_MOST_OBJECTS):
        if place < 0:
            break
        try:
            found, _ = reader.raw_decode(text, place)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and found.keys() & {"protocol_run_id", "run_id"}:
            return found
        place = text.find("{", place + 1)
    raise source.fault(
        "unknown_format", "there is no tracking ID with a protocol_run_id: this is no report of MinKNOW's"
    )


def _time(text: str) -> str:
    """Write seconds since 1970, which the oldest versions have, as a time in UTC."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return text
    return datetime.fromtimestamp(int(text), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
