"""Write what archives, pipelines and older systems read, from the records, into a new folder.

The same commit gives the same bytes. Nothing named: everything that the format concerns; named: what belongs to these
things, such as the runs of a study or a submission. A biosample whose consent is withdrawn is left out, also where the
revision is older than the withdrawal. Where anything would be refused later, every such thing is named and nothing
is written.

formats:
  ena            experiment.xml, run.xml, and manifests of webin-cli, for the European Nucleotide Archive
  majora         bodies for Majora's library.add and sequencing.add, and majora.metadata.tsv

--files takes a pattern of paths with * and ? as wildcards, and {sample}, {library}, {run}, {barcode} for what the
records say, {read} for 1 or 2. Without {sample} and {barcode}, the files are found that have the sample's name in
theirs.

examples:
  seqmeta export ena 'Respiratory surveillance 2024' --files 'reads/{sample}_R{read}*.fastq.gz' -o upload
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.rendering import printable, render_problem

if TYPE_CHECKING:
    from seqmeta.exports.jobs import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("format", metavar="FORMAT", choices=list(FORMATS), help=", ".join(FORMATS))
    parser.add_argument("names", metavar="[KIND/]NAME", nargs="*", help="names or UUIDs of what is wanted")
    parser.add_argument("--rev", help="as of this git revision of the records (default: now)")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="a new or empty folder to write into")
    parser.add_argument("--files", metavar="PATTERN", help="where the reads are")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Write the export."""
    from seqmeta.exports.consent import find_withdrawn
    from seqmeta.exports.folders import fill_folder
    from seqmeta.exports.jobs import Job, RefusedError
    from seqmeta.exports.reads import ReadPattern
    from seqmeta.exports.selection import select
    from seqmeta.revision import open_revision

    workspace = context.open_workspace()
    pattern = ReadPattern(arguments.files) if arguments.files is not None else None
    revision = open_revision(workspace, arguments.rev)
    selection = select(revision, arguments.names)
    withdrawn = find_withdrawn(revision)
    try:
        with fill_folder(Path(arguments.output)) as draft:
            job = Job(
                selection, withdrawn, workspace.rulebook.vocabularies, draft, workspace.config.records, files=pattern
            )
            said = FORMATS[arguments.format](job)
            job.refuse_errors()
    except RefusedError as refused:
        for problem in refused.problems:
            print(render_problem(problem))
        print(refused, file=sys.stderr)
        return 1
    for problem in job.sorted_problems():
        print(render_problem(problem), file=sys.stderr)
    for name in sorted(withdrawn.left_out):
        print(printable(f"seqmeta: warning: {name} is left out: consent is withdrawn"), file=sys.stderr)
    print(f"{said} in {arguments.output}")
    return 0


def _ena(job: "Job") -> str:
    from seqmeta.exports.ena_folder import export_ena

    return export_ena(job)


def _majora(job: "Job") -> str:
    from seqmeta.exports.majora_folder import export_majora

    return export_majora(job)


FORMATS: Mapping[str, Callable[["Job"], str]] = {"ena": _ena, "majora": _majora}
"""By the word for it, what writes a format; each says in a few words what it wrote."""
