"""A recorded sequencing run and what an instrument wrote of it, to the comparison of both."""

from pathlib import Path

from seqmeta.errors import UsageError
from seqmeta.imports.comparison import Comparison, choose_draft, compare, declare
from seqmeta.imports.formats import load_imported
from seqmeta.kinds import with_article
from seqmeta.lookup import find_record, require_present
from seqmeta.records import Body
from seqmeta.revision import Revision
from seqmeta.rulebook import Rulebook
from seqmeta.values import list_few, shorten

_FORMATS = {"ILLUMINA": "illumina", "OXFORD_NANOPORE": "nanopore", "PACBIO_SMRT": "pacbio"}


def compare_run(revision: Revision, name: str, folder: Path, rulebook: Rulebook) -> tuple[str, list[Comparison]]:
    """Compare the run of a name with a run folder, or one file of it; return the run's UUID too.

    UsageError where the name is that of no run, or of another version than the revision has, or no run of the folder is
    this one; FaultySourceError has what is wrong in the files.
    """
    uuid, declared = _find_declared(revision, name)
    imported = load_imported(_FORMATS[declared["instrument_make"]], folder, rulebook)
    drafts = [draft for of in imported.documents if of.kind == "sequencing_run" for draft in of.drafts]
    draft = choose_draft(drafts, declared)
    if draft is None:
        listed = list_few(str(of.body.get("run_name") or of.body.get("sequencing_id")) for of in drafts)
        raise UsageError(f"{folder} has {len(drafts)} runs and none is that of the record: {listed}")
    return uuid, compare(declared, draft, rulebook.shape("sequencing_run"))


def _find_declared(revision: Revision, name: str) -> tuple[str, Body]:
    """Find the record that is meant, together with its library's."""
    match = find_record(revision, name)
    require_present(revision, match)
    record = revision.get(match.kind, match.uuid)
    if match.kind != "sequencing_run" or record is None:
        raise UsageError(f"{shorten(name)} is {with_article(match.kind)}: expected a sequencing run")
    library = record.body.get("library")
    described = revision.get("library", library["uuid"]) if library is not None else None
    return match.uuid, declare(record.body, described.body if described is not None else None)
