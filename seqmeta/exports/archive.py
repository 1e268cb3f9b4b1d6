"""What the archive (ENA/SRA) would refuse of a sequenced biosample, said in seqmeta's terms before any upload.

The archive's spelling of a term stands in the vocabularies; that the archive has the term, in `archive_terms.yaml`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from seqmeta.archive_terms import load_archive_terms
from seqmeta.exports.reads import ReadFile
from seqmeta.exports.sequencing import Sequenced
from seqmeta.libraries import PER_SAMPLE
from seqmeta.problems import Problem, Severity
from seqmeta.records import Body, Record
from seqmeta.shapes import Vocabularies
from seqmeta.values import list_few, shorten

UNSPECIFIED = "unspecified"
"""The archive's model of an instrument that nobody named."""

_ACCESSIONS = {
    "study": (re.compile(r"PRJ(EB|NA|DB)[0-9]+|[EDS]RP[0-9]{6,}", re.ASCII), "PRJEB37886"),
    "biosample": (re.compile(r"SAM(EA|N|D)[0-9]+|SAMEG[0-9]+|[EDS]RS[0-9]{6,}", re.ASCII), "ERS4361001"),
}
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", re.ASCII)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refusal(NamedTuple):
    """One thing that the archive would refuse (or, as a warning, might): where in which record, and why."""

    record: Record
    path: str
    code: str
    message: str
    severity: Severity = "error"

    def problem(self, folder: str) -> Problem:
        """Place it at its record."""
        file = f"{folder}/{self.record.path}"
        return Problem(self.severity, file, 1, 1, f"{self.record.kind}.{self.path}", self.code, self.message)


def spell(vocabularies: Vocabularies, field: str, term: str) -> str | None:
    """Spell a stored term as the archive does; None where the archive has no such term."""
    found = vocabularies[field].find(term)
    if found is None or found.ena not in load_archive_terms().get(field, {found.ena}):
        return None
    return found.ena


def refusals(of: Sequenced, sample: Body, vocabularies: Vocabularies) -> Iterator[Refusal]:
    """Find all that the archive would refuse of one biosample in one run."""
    yield from _of_study(of)
    yield from _of_terms(of, sample, vocabularies)
    record = of.records[sample["uuid"]]
    if record.get("stub") and "accession" not in record:
        message = f"the biosample {shorten(sample['central_sample_id'])} is a stub without an accession: describe it"
        yield Refusal(of.library, "biosamples", "stub", message)
    yield from _of_accession(of.library, "biosamples", "biosample", record)
    for owner, body in ((of.run, of.run.body), (of.library, {**of.library.body, "biosamples": [sample]})):
        if (found := _NO_XML.search(repr_texts(body))) is not None:
            message = f"U+{ord(found[0]):04X} cannot be written in XML, which the archive takes"
            yield Refusal(owner, "uuid", "invalid_text", message)


def repr_texts(value: object) -> str:
    """Join all texts of a plain value."""
    if isinstance(value, dict):
        return "".join(str(key) + repr_texts(of) for key, of in value.items())
    if isinstance(value, list):
        return "".join(repr_texts(of) for of in value)
    return str(value)


def _of_study(of: Sequenced) -> Iterator[Refusal]:
    if of.study is not None:
        yield from _of_accession(of.run, "study", "study", of.study)
    elif of.studies:
        found = list_few(map(shorten, of.studies))
        message = f"its requests are of several studies ({found}): give the run the one that it belongs to"
        yield Refusal(of.run, "study", "conflicting_fields", message)
    else:
        message = "the archive takes nothing without a study: give the run one, or the requests that it fulfils"
        yield Refusal(of.run, "study", "required_field", message)


def _of_accession(owner: Record, path: str, kind: str, body: Body) -> Iterator[Refusal]:
    pattern, example = _ACCESSIONS[kind]
    accession = body.get("accession")
    if accession is not None and not pattern.fullmatch(accession):
        message = f"{shorten(accession)} does not look like an accession of a {kind}: expected one such as {example}"
        yield Refusal(owner, path, "invalid_text", message, "warning")


def _of_terms(of: Sequenced, sample: Body, vocabularies: Vocabularies) -> Iterator[Refusal]:
    terms = [(of.library, name, sample.get(name)) for name in PER_SAMPLE]
    terms += [(of.library, "library_layout_config", of.library.body.get("library_layout_config"))]
    terms += [(of.run, "instrument_make", of.run.body["instrument_make"])]
    terms += [(of.run, "instrument_model", of.run.body.get("instrument_model", UNSPECIFIED))]
    for owner, name, term in terms:
        if term is None:
            yield Refusal(owner, name, "required_field", f"{name} is missing: the archive takes no library without it")
        elif spell(vocabularies, name, term) is None:
            message = f"the archive has no {name} {shorten(term)}: give its spelling there as `ena` in the vocabularies"
            yield Refusal(owner, name, "not_allowed", message)
    model = vocabularies["instrument_model"].find(of.run.body.get("instrument_model", UNSPECIFIED))
    make = of.run.body["instrument_make"]
    if model is not None and make not in model.makes:
        message = f"{model.name} is no model of {make}: expected one of {list_few(model.makes)}"
        yield Refusal(of.run, "instrument_model", "not_applicable", message)


def file_refusals(of: Sequenced, sample: Body, files: list[ReadFile], pattern: str) -> Iterator[Refusal]:
    """Find what the archive would refuse of the read files, found by a pattern, of one biosample in one run."""
    about = f"the reads of {shorten(sample['central_sample_id'])} in {shorten(of.name)}"
    if not files:
        message = f"{about} are missing: no file fits the pattern {shorten(pattern, 120)}"
        yield Refusal(of.run, "sequencing_id", "required_field", message)
    types = {file.type for file in files}
    wanted = 2 if of.library.body["library_layout_config"] == "PAIRED" else 1
    if types == {"fastq"} and len(files) != wanted:
        found = list_few(file.name for file in files)
        message = f"{about} are {len(files)} FASTQ files ({found}): expected {wanted} for its layout"
        yield Refusal(of.library, "library_layout_config", "not_applicable", message)
    elif files and types != {"fastq"} and len(files) != 1:
        message = f"{about} are {len(files)} files: expected one BAM or CRAM, or FASTQ alone"
        yield Refusal(of.run, "sequencing_id", "not_applicable", message)
    for file in files:
        if not _FILE_NAME.fullmatch(file.name):
            message = f"{shorten(file.name)} is no file name for an upload: expected letters, digits and _ . + -"
            yield Refusal(of.run, "sequencing_id", "invalid_text", message)
