"""Everything of a selection that goes to the archive, to one folder: `experiment.xml`, `run.xml`, `manifests/`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from lxml import etree

from seqmeta.exports.archive import Refusal, file_refusals, refusals
from seqmeta.exports.ena import experiment_alias, make_experiment, make_run, run_alias
from seqmeta.exports.folders import Draft, FileNames
from seqmeta.exports.jobs import Job, RefusedError
from seqmeta.exports.reads import ReadFile, claim, values_of
from seqmeta.exports.sequencing import Sequenced, find_sequenced
from seqmeta.exports.webin import render_manifest
from seqmeta.records import Body

_Add = Callable[[Any], None]


def export_ena(job: Job, draft: Draft) -> str:
    """Write the folder; return what is in it. Whatever the archive would refuse becomes a problem of the job."""
    folder = _ArchiveFolder(job, draft)
    with ExitStack() as stack:
        add_experiment = stack.enter_context(_xml(draft, "experiment.xml", "EXPERIMENT_SET"))
        add_run = stack.enter_context(_xml(draft, "run.xml", "RUN_SET"))
        for of in find_sequenced(job.selection, job.withdrawn):
            for sample in of.biosamples:
                folder.write(of, sample, add_experiment, add_run)
    job.problems.extend(refusal.problem(job.records) for refusal in folder.refused)
    job.refuse_errors()
    if not folder.experiments:
        raise RefusedError("there is no sequencing run with a biosample to export: nothing is written")
    if job.files is None:
        job.notes.append("no --files are given: run.xml and the manifests name none, and the archive wants them")
    count = len(folder.experiments)
    return f"{count} experiment{'' if count == 1 else 's'} and {folder.runs} run{'' if folder.runs == 1 else 's'}"


class _ArchiveFolder:
    """The files of one export, written as runs come; what the archive would refuse is collected in `refused`."""

    def __init__(self, job: Job, draft: Draft) -> None:
        self._draft = draft
        self._vocabularies = job.vocabularies
        self._pattern = job.files
        self._names = FileNames()
        self._uploads: dict[str, str] = {}
        self.experiments: dict[str, str] = {}
        self.runs = 0
        self.refused: list[Refusal] = []

    def write(self, of: Sequenced, sample: Body, add_experiment: _Add, add_run: _Add) -> None:
        files = self._pattern.find(values_of(of, sample)) if self._pattern is not None else []
        refused = list(refusals(of, sample, self._vocabularies))
        if self._pattern is not None:
            refused += file_refusals(of, sample, files, self._pattern.text)
        refused += self._repeated(of, sample, files)
        self.refused += refused
        if any(refusal.severity == "error" for refusal in refused) or of.study is None:
            return
        alias = experiment_alias(of, sample, self._vocabularies)
        study = self.experiments.get(alias)
        if study is None:
            self.experiments[alias] = of.study["uuid"]
            add_experiment(make_experiment(of, sample, of.study, self._vocabularies))
        elif study != of.study["uuid"]:
            message = f"the experiment {alias} has runs of different studies: the archive takes one"
            self.refused.append(Refusal(of.run, "study", "conflicting_fields", message))
        self.runs += 1
        add_run(make_run(of, sample, [(file, file.md5()) for file in files], self._vocabularies))
        name = self._names.take((of.name, of.run.uuid), (sample["central_sample_id"], sample["uuid"]))
        manifest = render_manifest(of, sample, of.study, files, self._vocabularies)
        self._draft.write(f"manifests/{name}.txt", manifest)

    def _repeated(self, of: Sequenced, sample: Body, files: list[ReadFile]) -> Iterator[Refusal]:
        """A file is uploaded under its name alone, and is of one run of one biosample."""
        alias = run_alias(of, sample)
        for file in files:
            owner = claim(self._uploads, file.name, alias)
            if owner is not None:
                message = f"the file {file.name} would be uploaded for {owner} and for {alias}: expected one of them"
                yield Refusal(of.run, "sequencing_id", "duplicate_item", message)


@contextmanager
def _xml(draft: Draft, name: str, root: str) -> Iterator[_Add]:
    """Write an XML file element by element."""
    with draft.open(name) as stream, etree.xmlfile(stream, encoding="UTF-8") as document:
        document.write_declaration()
        with document.element(root):
            document.write("\n")
            yield lambda element: document.write(element, pretty_print=True)
