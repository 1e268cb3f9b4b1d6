"""The archive's receipt of a submission to drafts that give biosamples and studies their accessions.

Form: ENA's programmatic submission, `RECEIPT`. A study has two accessions there; the project's (`PRJ…`) is the one that
papers cite and is taken. Experiments and runs have no accession here: theirs are listed as comments.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqmeta.imports.drafts import Document, Draft, Imported
from seqmeta.imports.sources import FaultySourceError, Source, load_source
from seqmeta.imports.xml_sources import children, descend, local_name, parse_xml, text_of
from seqmeta.reader import Value
from seqmeta.rulebook import Rulebook
from seqmeta.values import shorten

_KINDS = {"SAMPLE": "biosample", "STUDY": "study", "PROJECT": "study"}
_NAMES = {"biosample": "central_sample_id", "study": "name"}
_LISTED = ("EXPERIMENT", "RUN", "ANALYSIS", "SUBMISSION", "DATASET", "POLICY", "DAC")


def load(path: Path, rulebook: Rulebook) -> Imported:  # noqa: ARG001 - every import is called alike
    """Read a receipt; FaultySourceError with the archive's own errors where it refused the submission."""
    source = load_source(path)
    root = parse_xml(source)
    if local_name(root) != "RECEIPT":
        raise source.fault(
            "unknown_format", f"the file is a {shorten(local_name(root))}: expected a RECEIPT of the archive"
        )
    problems = [
        source.problem("refused_by_archive", f"the archive says: {text_of(error)}", error.sourceline or 1)
        for error in descend(root, "ERROR")
    ]
    if root.get("success", "true").lower() != "true" and not problems:
        problems = [source.problem("refused_by_archive", "the archive refused the submission and does not say why")]
    if problems:
        raise FaultySourceError(problems)
    documents = [document for kind in _NAMES if (document := _document(source, root, kind)) is not None]
    listed = list(_listed(root))
    if not documents and not listed:
        raise source.fault("required_field", "the receipt has no accession in it")
    about = [f"From {source.name}: accessions to add to what is described already, under these names.", *listed]
    return Imported(about, documents)


def _document(source: Source, root: Any, kind: str) -> Document | None:
    found: dict[str, dict[str, Value]] = {}
    for element in children(root):
        if _KINDS.get(local_name(element)) != kind:
            continue
        alias, accession = element.get("alias"), _accession(element)
        if not alias or not accession:
            what = "alias" if accession else "accession"
            message = f"the {local_name(element)} has no {what}: expected both alias and accession"
            raise source.fault("required_field", message, element.sourceline or 1)
        body: dict[str, Value] = {_NAMES[kind]: alias, "accession": accession}
        before = str(found.setdefault(alias, body)["accession"])
        if before.startswith("PRJ") != accession.startswith("PRJ"):
            found[alias]["accession"] = max(before, accession, key=lambda of: of.startswith("PRJ"))
        elif before != accession:
            message = f"{shorten(alias)} has two accessions: {before} and {accession}"
            raise source.fault("conflicting_fields", message, element.sourceline or 1)
    return Document(kind, [Draft(kind, body) for body in found.values()], is_list=True) if found else None


def _accession(element: Any) -> str | None:
    others = [other.get("accession", "") for other in children(element, "EXT_ID")]
    known = [element.get("accession", ""), *others]
    if _KINDS[local_name(element)] == "study":
        known.sort(key=lambda accession: not accession.startswith("PRJ"))
    return next((accession for accession in known if accession), None)


def _listed(root: Any) -> Iterator[str]:
    """Say which accessions have no place in descriptions."""
    for element in children(root):
        if local_name(element) in _LISTED and element.get("accession"):
            yield f"{local_name(element)} {element.get('accession')}: {element.get('alias', '')}"
