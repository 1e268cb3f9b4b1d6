"""Write what archives, pipelines and older systems read, from the records, into a new folder.

The same commit gives the same bytes. Nothing named: everything that the format concerns; named: what belongs to these
things, such as the runs of a study or a submission. A biosample whose consent is withdrawn is left out, also where the
revision is older than the withdrawal. Where anything would be refused later, every such thing is named and nothing
is written.

--files takes a pattern of paths with * and ? as wildcards, {sample}, {library}, {run} and {barcode} for what the
records say, {read} for 1 or 2. Without {sample} and {barcode}, the files are found that have the sample's name in
theirs.

examples:
  seqmeta export ena 'Respiratory surveillance 2024' --files 'reads/{sample}_R{read}*.fastq.gz' -o upload
  seqmeta export samplesheet --for nf-core 'Submission 2024-08' --files 'reads/*.fastq.gz' -o sheets
  seqmeta export table --rev 1b2c3d4 -o tables
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.errors import UsageError
from seqmeta.rendering import printable, render_problem

if TYPE_CHECKING:
    from seqmeta.exports.folders import Draft
    from seqmeta.exports.jobs import Job


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the module of seqmeta.exports and the function there that writes it, and the options it takes."""

    module: str
    function: str
    about: str
    options: tuple[str, ...] = ()

    def load(self) -> Callable[["Job", "Draft"], str]:
        """Import what writes it, and says in a few words what it wrote."""
        function: Callable[[Job, Draft], str] = getattr(import_module(f"seqmeta.exports.{self.module}"), self.function)
        return function


FORMATS = {
    "ena": Format(
        "ena_folder",
        "export_ena",
        "experiment.xml, run.xml and manifests of webin-cli, for the European Nucleotide Archive",
        ("--files",),
    ),
    "majora": Format(
        "majora_folder", "export_majora", "bodies for Majora's library.add and sequencing.add, and majora.metadata.tsv"
    ),
    "sequencescape": Format(
        "sequencescape_folder",
        "export_sequencescape",
        "the JSON of Sequencescape's API, with the actions that say what may be done now",
        ("--base-url",),
    ),
    "samplesheet": Format(
        "samplesheets",
        "export_samplesheet",
        "the tables that pipelines start from, with the reads that are found",
        ("--for", "--files"),
    ),
    "table": Format(
        "tables",
        "export_tables",
        "biosamples.csv, assets.csv and orders.csv, which `seqmeta import table` reads back",
    ),
    "rocrate": Format("rocrate", "export_rocrate", "an RO-Crate 1.1 of the records of sequencing runs"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    words = parser.add_subparsers(dest="format", metavar="FORMAT", required=True)
    for word, of in FORMATS.items():
        added = words.add_parser(word, help=of.about, description=f"Write {of.about}.", allow_abbrev=False)
        added.add_argument("names", metavar="[KIND/]NAME", nargs="*", help="names or UUIDs of what is wanted")
        added.add_argument("--rev", help="as of this git revision of the records (default: now)")
        added.add_argument("-o", "--output", metavar="DIR", required=True, help="a new or empty folder to write into")
        added.set_defaults(files=None, base_url=None, consumer=None)
        for option in of.options:
            _OPTIONS[option](added)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", metavar="PATTERN", help="where the reads are, such as 'reads/{sample}_*.fastq.gz'")


def _add_base_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", metavar="URL", help="what the URLs begin with")


def _add_consumer(parser: argparse.ArgumentParser) -> None:
    consumers = ("nf-core", "snakemake", "pep")
    parser.add_argument("--for", dest="consumer", choices=consumers, required=True, help="what reads the tables")


_OPTIONS = {"--files": _add_files, "--base-url": _add_base_url, "--for": _add_consumer}


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Write the export."""
    from seqmeta.exports.folders import fill_folder
    from seqmeta.exports.jobs import RefusedError

    folder = Path(arguments.output)
    job = _make_job(context, arguments)
    try:
        with fill_folder(folder) as draft:
            said = FORMATS[arguments.format].load()(job, draft)
            job.refuse_errors()
    except RefusedError as refused:
        for problem in refused.problems:
            print(render_problem(problem))
        print(refused, file=sys.stderr)
        _warn(job)
        return 1
    for problem in job.sorted_problems():
        print(render_problem(problem), file=sys.stderr)
    _warn(job)
    print(printable(f"{said} in {folder}"))
    return 0


def _warn(job: "Job") -> None:
    for note in job.all_notes():
        print(printable(f"seqmeta: warning: {note}"), file=sys.stderr)


def _make_job(context: Context, arguments: argparse.Namespace) -> "Job":
    from seqmeta.exports.consent import find_withdrawn
    from seqmeta.exports.jobs import Job
    from seqmeta.exports.reads import ReadPattern
    from seqmeta.exports.selection import select
    from seqmeta.revision import open_revision

    workspace = context.open_workspace()
    if Path(arguments.output).resolve().is_relative_to(workspace.records_folder.resolve()):
        raise UsageError(f"{arguments.output} is in the folder of the records: name one outside of it")
    pattern = ReadPattern(arguments.files) if arguments.files is not None else None
    revision = open_revision(workspace, arguments.rev, context.ticker())
    return Job(
        selection=select(revision, arguments.names),
        withdrawn=find_withdrawn(revision),
        vocabularies=workspace.rulebook.vocabularies,
        records=workspace.config.records,
        files=pattern,
        base_url=arguments.base_url,
        consumer=arguments.consumer,
    )
