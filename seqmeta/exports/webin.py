"""Sequenced biosamples to manifests of webin-cli, one for each run and biosample, so that all can be sent in bulk.

Fields: the archive's documentation of `-context reads`. The archive makes one experiment and one run of a manifest.
"""

from collections.abc import Iterable, Iterator

from seqmeta.exports.archive import spell
from seqmeta.exports.ena import describe, model_of, run_alias
from seqmeta.exports.reads import ReadFile
from seqmeta.exports.sequencing import Sequenced
from seqmeta.records import Body
from seqmeta.shapes import Vocabularies


def render_manifest(
    of: Sequenced, sample: Body, study: Body, files: Iterable[ReadFile], vocabularies: Vocabularies
) -> str:
    """Write a manifest: a field and its value on each line; files stand by name, relative to `-inputDir`."""
    return "".join(f"{name}\t{value}\n" for name, value in _fields(of, sample, study, files, vocabularies))


def _fields(
    of: Sequenced, sample: Body, study: Body, files: Iterable[ReadFile], vocabularies: Vocabularies
) -> Iterator[tuple[str, str]]:
    library = of.library.body
    record = of.records[sample["uuid"]]
    yield "STUDY", study.get("accession", study["name"])
    yield "SAMPLE", record.get("accession", record["central_sample_id"])
    yield "NAME", run_alias(of, sample)
    yield "PLATFORM", spell(vocabularies, "instrument_make", of.run.body["instrument_make"]) or ""
    yield "INSTRUMENT", model_of(of, vocabularies)
    if library["library_layout_config"] == "PAIRED" and (size := insert_size(library)):
        yield "INSERT_SIZE", str(size)
    yield "LIBRARY_NAME", library["library_name"]
    for name in ("library_source", "library_selection", "library_strategy"):
        yield name.upper(), spell(vocabularies, name, sample[name]) or ""
    yield "DESCRIPTION", describe(library)
    for file in files:
        yield file.type.upper(), file.name


def insert_size(library: Body) -> int | None:
    """The length of the fragments between the adapters, as far as it is known."""
    return library.get("library_layout_nominal_length") or library.get("library_layout_insert_length")
