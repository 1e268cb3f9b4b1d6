"""Write what archives, pipelines and older systems read, from the records, into a new folder.

The same commit gives the same bytes. Nothing named: everything that the format concerns; named: what belongs to these
things, such as the runs of a study or a submission. A biosample whose consent is withdrawn is left out, also where the
revision is older than the withdrawal. Where anything would be refused later, every such thing is named and nothing
is written; only of what Majora would refuse, which takes each body by itself, there is a warning.

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
from pathlib import Path
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.exports.formats import CONSUMERS, FORMATS
from seqmeta.rendering import printable, render_problem

if TYPE_CHECKING:
    from seqmeta.exports.jobs import Job


_ABOUT = {
    "ena": "experiment.xml, run.xml and manifests of webin-cli, for the European Nucleotide Archive",
    "majora": "bodies for Majora's library.add and sequencing.add, and majora.metadata.tsv",
    "sequencescape": "the JSON of Sequencescape's API, with the actions that say what may be done now",
    "samplesheet": "the tables that pipelines start from, with the reads that are found",
    "table": "biosamples.csv, assets.csv and orders.csv, which `seqmeta import table` reads back",
    "rocrate": "an RO-Crate 1.1 of the records of sequencing runs",
}
"""What help says of each of `FORMATS`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    words = parser.add_subparsers(dest="format", metavar="FORMAT", required=True)
    for word, of in FORMATS.items():
        added = words.add_parser(word, help=_ABOUT[word], description=f"Write {_ABOUT[word]}.", allow_abbrev=False)
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
    parser.add_argument("--for", dest="consumer", choices=CONSUMERS, required=True, help="what reads the tables")


_OPTIONS = {"files": _add_files, "base_url": _add_base_url, "consumer": _add_consumer}


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Write the export."""
    from seqmeta.exports.jobs import RefusedError, Wanted, make_job, write_export
    from seqmeta.revision import open_revision

    folder = Path(arguments.output)
    wanted = Wanted(arguments.format, arguments.names, arguments.files, arguments.base_url, arguments.consumer)
    workspace = context.open_workspace()
    job = make_job(workspace, open_revision(workspace, arguments.rev, context.ticker), wanted, folder)
    try:
        said = write_export(job, wanted.format, folder)
    except RefusedError as refused:
        for problem in refused.problems:
            print(render_problem(problem))
        print(f"seqmeta: {refused}", file=sys.stderr)
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
