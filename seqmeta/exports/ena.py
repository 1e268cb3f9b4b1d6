"""Sequenced biosamples to the archive's XML: EXPERIMENTs of a library, biosample and instrument, RUNs of a run.

Elements and their order: SRA.experiment.xsd and SRA.run.xsd. The archive defines an experiment as a library made of a
sample, with the instrument that sequenced it; so a library of several biosamples is several experiments, and no POOL.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from seqmeta.exports.archive import UNSPECIFIED, spell
from seqmeta.exports.reads import ReadFile
from seqmeta.exports.sequencing import Sequenced
from seqmeta.records import Body
from seqmeta.shapes import Vocabularies

_LIBRARY_ATTRIBUTES = ("library_seq_kit", "library_seq_protocol", "library_sop_name", "library_sop_version")
_SAMPLE_ATTRIBUTES = ("library_primers", "library_protocol", "barcode")
_RUN_ATTRIBUTES = (
    "run_name",
    "run_group",
    "flowcell_id",
    "flowcell_type",
    "end_time",
    "bioinfo_pipe_name",
    "bioinfo_pipe_version",
)


def experiment_alias(of: Sequenced, sample: Body, vocabularies: Vocabularies) -> str:
    """Name an experiment: library, biosample and model, kept apart by colons."""
    names = (of.library.body["library_name"], sample["central_sample_id"], model_of(of, vocabularies))
    return ":".join(map(_escape, names))


def run_alias(of: Sequenced, sample: Body) -> str:
    """Name a run of the archive: seqmeta's run and the biosample."""
    return f"{of.run.uuid}:{_escape(sample['central_sample_id'])}"


def _escape(name: str) -> str:
    return name.replace("%", "%25").replace(":", "%3A")


def model_of(of: Sequenced, vocabularies: Vocabularies) -> str:
    """The archive's spelling of the instrument model, `unspecified` where none is known."""
    return _spelled(vocabularies, "instrument_model", of.run.body.get("instrument_model", UNSPECIFIED))


def _spelled(vocabularies: Vocabularies, field: str, term: str) -> str:
    spelling = spell(vocabularies, field, term)
    if spelling is None:
        raise AssertionError(f"{field} {term!r} was not refused")
    return spelling


def make_experiment(of: Sequenced, sample: Body, study: Body, vocabularies: Vocabularies) -> Any:
    """Make the EXPERIMENT element of one biosample in a library."""
    library = of.library.body
    experiment = etree.Element("EXPERIMENT", alias=experiment_alias(of, sample, vocabularies))
    _add(experiment, "TITLE", title_of(of, sample, vocabularies))
    etree.SubElement(experiment, "STUDY_REF", _reference(study, study["name"]))
    design = etree.SubElement(experiment, "DESIGN")
    _add(design, "DESIGN_DESCRIPTION", describe(library))
    record = of.records[sample["uuid"]]
    etree.SubElement(design, "SAMPLE_DESCRIPTOR", _reference(record, record["central_sample_id"]))
    descriptor = etree.SubElement(design, "LIBRARY_DESCRIPTOR")
    _add(descriptor, "LIBRARY_NAME", library["library_name"])
    for name in ("library_strategy", "library_source", "library_selection"):
        _add(descriptor, name.upper(), _spelled(vocabularies, name, sample[name]))
    layout = etree.SubElement(descriptor, "LIBRARY_LAYOUT")
    config = _spelled(vocabularies, "library_layout_config", library["library_layout_config"])
    etree.SubElement(layout, config, _nominal_length(library, config))
    _add(descriptor, "LIBRARY_CONSTRUCTION_PROTOCOL", sample.get("library_protocol", library["library_seq_protocol"]))
    platform = etree.SubElement(experiment, "PLATFORM")
    make = etree.SubElement(platform, _spelled(vocabularies, "instrument_make", of.run.body["instrument_make"]))
    _add(make, "INSTRUMENT_MODEL", model_of(of, vocabularies))
    said = {**_said(library, _LIBRARY_ATTRIBUTES), **_said(sample, _SAMPLE_ATTRIBUTES)}
    _add_attributes(experiment, "EXPERIMENT", said)
    return experiment


def title_of(of: Sequenced, sample: Body, vocabularies: Vocabularies) -> str:
    """Write a title, which searches of the archive show."""
    strategy = _spelled(vocabularies, "library_strategy", sample["library_strategy"])
    return f"{model_of(of, vocabularies)} {strategy} sequencing of {sample['central_sample_id']}"


def describe(library: Body) -> str:
    """Say how a library was made."""
    sop = " ".join(library[key] for key in ("library_sop_name", "library_sop_version") if key in library)
    made = f"{library['library_seq_protocol']} with {library['library_seq_kit']}"
    return f"{made}, by {sop}" if sop else made


def _nominal_length(library: Body, layout: str) -> Mapping[str, str]:
    length = library.get("library_layout_nominal_length")
    return {"NOMINAL_LENGTH": str(length)} if layout == "PAIRED" and length is not None else {}


def make_run(of: Sequenced, sample: Body, files: Iterable[tuple[ReadFile, str]], vocabularies: Vocabularies) -> Any:
    """Make the RUN element of one biosample in a run; `files` are with their checksums."""
    run = of.run.body
    dated = {"run_date": run["start_time"]} if "start_time" in run else {}
    element = etree.Element("RUN", {"alias": run_alias(of, sample), **dated})
    _add(element, "TITLE", f"{of.name}: {sample['central_sample_id']}")
    etree.SubElement(element, "EXPERIMENT_REF", refname=experiment_alias(of, sample, vocabularies))
    listed = list(files)
    if listed:
        block = etree.SubElement(etree.SubElement(element, "DATA_BLOCK"), "FILES")
        for file, checksum in listed:
            about = {"filename": file.name, "filetype": file.type, "checksum_method": "MD5", "checksum": checksum}
            etree.SubElement(block, "FILE", about)
    _add_attributes(element, "RUN", _said(run, _RUN_ATTRIBUTES))
    return element


def _reference(body: Body, name: str) -> Mapping[str, str]:
    """Refer to what the archive has by its accession, else by the name that it was or will be submitted under."""
    return {"accession": body["accession"]} if "accession" in body else {"refname": name}


def _said(body: Body, keys: Iterable[str]) -> dict[str, str]:
    return {key: body[key] for key in keys if key in body}


def _add(parent: Any, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text


def _add_attributes(parent: Any, kind: str, said: Mapping[str, str]) -> None:
    if not said:
        return
    attributes = etree.SubElement(parent, f"{kind}_ATTRIBUTES")
    for tag, value in said.items():
        attribute = etree.SubElement(attributes, f"{kind}_ATTRIBUTE")
        _add(attribute, "TAG", tag)
        _add(attribute, "VALUE", value)
