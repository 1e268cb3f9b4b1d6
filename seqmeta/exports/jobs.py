"""One export: what it reads, whom it leaves out, what is wrong with it, and the folder that it is written into."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import UsageError
from seqmeta.exports.consent import Withdrawn, find_withdrawn
from seqmeta.exports.folders import fill_folder
from seqmeta.exports.formats import FORMATS
from seqmeta.exports.reads import ReadPattern
from seqmeta.exports.selection import Selection, select
from seqmeta.problems import Problem, has_errors, sort_problems
from seqmeta.revision import Revision
from seqmeta.shapes import Vocabularies
from seqmeta.workspace import Workspace


class Wanted(NamedTuple):
    """One of `FORMATS`, names or UUIDs of what it is to have (none: everything), and what its options say.

    `files` is a pattern of the paths of reads, `base_url` what URLs begin with, `consumer` one of `CONSUMERS`.
    """

    format: str
    names: Sequence[str] = ()
    files: str | None = None
    base_url: str | None = None
    consumer: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What a format is given to work with; `files` finds reads, None where none were asked for.

    `records` is the folder of the records, for the places of problems; `notes` are warnings that have no place.
    """

    selection: Selection
    withdrawn: Withdrawn
    vocabularies: Vocabularies
    records: str
    files: ReadPattern | None = None
    base_url: str | None = None
    consumer: str | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def sorted_problems(self) -> list[Problem]:
        """The problems by place, each once."""
        return sort_problems(dict.fromkeys(self.problems))

    def all_notes(self) -> list[str]:
        """The notes, and who was left out."""
        return [*self.notes, *(f"{name} is left out: consent is withdrawn" for name in sorted(self.withdrawn.left_out))]

    def refuse_errors(self) -> None:
        """Raise RefusedError where anything would be refused by whoever reads the export."""
        if has_errors(self.problems):
            raise RefusedError("nothing is written", self.sorted_problems())


class RefusedError(Exception):
    """The export would be refused, or is empty: nothing may be written."""

    def __init__(self, sentence: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(sentence)
        self.problems = problems


def make_job(workspace: Workspace, revision: Revision, wanted: Wanted, folder: Path) -> Job:
    """Find what is wanted of a revision; UsageError where the folder it is for is in that of the records."""
    if folder.resolve().is_relative_to(workspace.records_folder.resolve()):
        raise UsageError(f"{folder} is in the folder of the records: name one outside of it")
    return Job(
        files=ReadPattern(wanted.files) if wanted.files is not None else None,
        selection=select(revision, wanted.names),
        withdrawn=find_withdrawn(revision),
        vocabularies=workspace.rulebook.vocabularies,
        records=workspace.config.records,
        base_url=wanted.base_url,
        consumer=wanted.consumer,
    )


def write_export(job: Job, form: str, folder: Path) -> str:
    """Write a job's export into a new folder, whole; return in a few words what. RefusedError: nothing is written."""
    with fill_folder(folder) as draft:
        said = FORMATS[form].load()(job, draft)
        job.refuse_errors()
    return said
