"""What Majora would refuse of libraries and runs, each as a sentence: it answers each body by itself.

Source: the forms of SamStudio8/majora2 (majora2/forms.py), and answers of such a server to `library.add` and
`sequencing.add`. The terms that it has are a fixed list, whatever a workspace's vocabularies add.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seqmeta.records import Body
from seqmeta.values import list_few, shorten

_MAKES = ("ILLUMINA", "OXFORD_NANOPORE")
_OPTIONS: Mapping[str, Sequence[str]] = {
    "library_layout_config": ("SINGLE", "PAIRED"),
    "library_source": ("GENOMIC", "TRANSCRIPTOMIC", "METAGENOMIC", "METATRANSCRIPTOMIC", "VIRAL_RNA", "OTHER"),
    "library_selection": ("RANDOM", "PCR", "RANDOM_PCR", "OTHER"),
    "library_strategy": ("WGA", "WGS", "AMPLICON", "TARGETED_CAPTURE", "OTHER"),
}
"""By field, the terms that Majora has."""


class UnknownTerms:
    """The terms of libraries that Majora does not have, and where they stand; libraries are looked at one by one."""

    def __init__(self) -> None:
        self._libraries: dict[tuple[str, str], list[str]] = {}

    def look(self, shaped: Mapping[str, Any]) -> None:
        """Look at a library as the body that would be sent."""
        said = {(key, of[key]) for of in (shaped, *shaped["biosamples"]) for key in _OPTIONS if key in of}
        for key, term in said:
            if term not in _OPTIONS[key]:
                self._libraries.setdefault((key, term), []).append(shaped["library_name"])

    def notes(self) -> Iterator[str]:
        """Say each term, and of which libraries."""
        for key, term in sorted(self._libraries):
            where = _say("libraries", self._libraries[key, term])
            yield f"Majora will refuse the {key} {shorten(term)} ({where}): it knows {_listed(_OPTIONS[key])}"


def note_runs(runs: Iterable[Body]) -> Iterator[str]:
    """Say which runs Majora will refuse: for their make, for want of a model, for a name that another one has."""
    makes: dict[str, list[str]] = {}
    bare: list[str] = []
    names: dict[str, list[str]] = {}
    for run in runs:
        called = run.get("run_name", run["sequencing_id"])
        if run["instrument_make"] not in _MAKES:
            makes.setdefault(run["instrument_make"], []).append(called)
        if "instrument_model" not in run:
            bare.append(called)
        if "run_name" in run:
            names.setdefault(called, []).append(run["sequencing_id"])
    for make in sorted(makes):
        where = _say("runs", makes[make])
        yield f"Majora will refuse what was sequenced on {make} ({where}): it knows {_listed(_MAKES)}"
    if bare:
        yield f"Majora will refuse a run without an instrument_model ({_say('runs', bare)})"
    for name in sorted(names):
        if len(names[name]) > 1:
            where = _say("runs", names[name])
            yield f"Majora will refuse a second run called {shorten(name)}, or write it over the first ({where})"


def _say(what: str, names: Sequence[str]) -> str:
    return f"{len(names)} of the {what}: {list_few(map(shorten, names))}"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
