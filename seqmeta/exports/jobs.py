"""One export: what it reads, whom it leaves out, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seqmeta.exports.consent import Withdrawn
from seqmeta.exports.reads import ReadPattern
from seqmeta.exports.selection import Selection
from seqmeta.problems import Problem, has_errors, sort_problems
from seqmeta.shapes import Vocabularies


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
        super().__init__(f"seqmeta: {sentence}")
        self.problems = problems
