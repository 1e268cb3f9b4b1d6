"""MinKNOW's report_*.json, of version 21 on, to facts about one run and the samples on its barcodes."""

import json
import re
from collections.abc import Iterator
from typing import Any

from seqmeta.imports.evidence import Evidence
from seqmeta.imports.minknow_samples import BarcodedSample
from seqmeta.imports.sample_names import find_fault
from seqmeta.imports.sources import Source, decode

MAX_BYTES = 256 * 1024 * 1024
"""Reports hold the plots of a whole run."""

_PATHS = {
    "protocol_run_id": "protocol_run_info.run_id",
    "protocol": "protocol_run_info.protocol_id",
    "protocol_started": "protocol_run_info.start_time",
    "protocol_ended": "protocol_run_info.end_time",
    "flowcell_id": "protocol_run_info.flow_cell.flow_cell_id",
    "flowcell_type": "protocol_run_info.flow_cell.product_code",
    "flowcell_type_given": "protocol_run_info.flow_cell.user_specified_product_code",
    "flowcell_type_set": "protocol_run_info.user_info.user_specified_product_code",
    "flowcell_type_tag": "protocol_run_info.meta_info.tags.flow cell.string_value",
    "flowcell_id_given": "protocol_run_info.user_info.user_specified_flow_cell_id",
    "position": "protocol_run_info.device.device_id",
    "device_type": "protocol_run_info.device.device_type",
    "sample_id": "protocol_run_info.user_info.sample_id",
    "experiment": "protocol_run_info.user_info.protocol_group_id",
    "kit": "protocol_run_info.user_info.kit_info.sequencing_kit",
    "kit_tag": "protocol_run_info.meta_info.tags.kit.string_value",
    "barcoding_kits": "protocol_run_info.meta_info.tags.barcoding kits.array_value",
    "barcoding_kit": "protocol_run_info.user_info.kit_info.barcoding_kits",
    "instrument": "host.serial",
    "product": "host.product_name",
    "minknow_version": "protocol_run_info.software_versions.minknow.full",
    "bream_version": "protocol_run_info.software_versions.bream",
    "basecaller_version": "protocol_run_info.software_versions.basecaller_build_version",
    "guppy_version": "protocol_run_info.software_versions.guppy_build_version",
    "distribution_version": "protocol_run_info.software_versions.distribution_version",
    "basecalling_model": "protocol_run_info.meta_info.tags.default basecall model.string_value",
}

_ACQUISITION = {
    "acquisition_run_id": "acquisition_run_info.run_id",
    "acquisition_started": "acquisition_run_info.start_time",
    "acquisition_stopped": "acquisition_run_info.end_time",
}
"""Of the last acquisition: those before it are checks of the flow cell and calibrations."""


def read_report(source: Source, evidence: Evidence) -> list[BarcodedSample]:
    """Add what the report says to the evidence, and return the samples on its barcodes."""
    report = _parse(source)
    info = report.get("protocol_run_info")
    if not isinstance(info, dict):
        raise source.fault("unknown_format", "there is no protocol_run_info: this is no report of MinKNOW's")
    for fact, path in _PATHS.items():
        evidence.add(fact, _text(_find(report, path)), source.name)
    folder = _text(_find(info, "output_path")).rstrip("/\\")
    evidence.add("run_name", re.split(r"[/\\]", folder)[-1], source.name)
    acquisitions = report.get("acquisitions")
    for acquisition in acquisitions[-1:] if isinstance(acquisitions, list) else []:
        for fact, path in _ACQUISITION.items():
            evidence.add(fact, _text(_find(acquisition, path)), source.name)
    samples = list(_samples(_find(info, "user_info.barcode_user_info")))
    for name in [evidence.get("sample_id") or "", *(sample.name for sample in samples)]:
        fault = find_fault(name)
        if fault is not None:
            raise source.fault(*fault)
    return samples


def _parse(source: Source) -> dict[str, Any]:
    try:
        report = json.loads(decode(source))
    except json.JSONDecodeError as error:
        raise source.fault("json_syntax", f"the file is not JSON: {error.msg}", error.lineno, error.colno) from None
    except (RecursionError, ValueError):
        raise source.fault("json_syntax", "the file is nested too deep, or has a number too long") from None
    if not isinstance(report, dict):
        raise source.fault("unknown_format", "the file is no JSON object: this is no report of MinKNOW's")
    return report


def _find(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    """Return a value as text: MinKNOW writes some of them as {"value": …}, and lists as JSON in text."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str) and value.startswith("["):
        value = _list(value)
    if isinstance(value, list):
        return " ".join(_text(item) for item in value)
    return "" if value is None or isinstance(value, dict | bool) else " ".join(str(value).split())


def _list(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.replace("[", " ", 1)


def _samples(listed: Any) -> Iterator[BarcodedSample]:
    for item in listed if isinstance(listed, list) else []:
        alias = _text(_find(item, "alias"))
        if alias:
            barcode = _text(_find(item, "barcode_name")) or _text(_find(item, "lamp_barcode_id"))
            yield BarcodedSample(alias, barcode, _text(_find(item, "type")).lower(), {})
