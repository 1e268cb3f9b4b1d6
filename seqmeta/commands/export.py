"""Write what archives, pipelines and older systems read, from the records, into a new folder.

The same commit gives the same bytes. Nothing named: everything that the format concerns; named: what belongs to these
things, such as the runs of a study or a submission. A biosample whose consent is withdrawn is left out, also where the
revision is older than the withdrawal. Where anything would be refused later, every such thing is named and nothing
is written.

formats:
  ena            experiment.xml, run.xml, and manifests of webin-cli, for the European Nucleotide Archive
  majora         bodies for Majora's library.add and sequencing.add, and majora.metadata.tsv
  sequencescape  the JSON of Sequencescape's API, a file for each thing, with the actions that say what may be done
  samplesheet    --for nf-core: samplesheet.csv; snakemake: samples.tsv, units.tsv; pep: project_config.yaml, …
  table          biosamples.csv, assets.csv, orders.csv, as `seqmeta import table` reads them

--files takes a pattern of paths with * and ? as wildcards, and {sample}, {library}, {run}, {barcode} for what the
records say, {read} for 1 or 2. Without {sample} and {barcode}, the files are found that have the sample's name in
theirs.

examples:
  seqmeta export ena 'Respiratory surveillance 2024' --files 'reads/{sample}_R{read}*.fastq.gz' -o upload
  seqmeta export samplesheet --for nf-core 'Submission 2024-08' --files 'reads/*.fastq.gz' -o sheets
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.errors import UsageError
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
    parser.add_argument("--base-url", metavar="URL", help="of sequencescape: what its URLs begin with")
    consumers = ("nf-core", "snakemake", "pep")
    parser.add_argument("--for", dest="consumer", choices=consumers, help="of samplesheet: what reads it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Write the export."""
    from seqmeta.exports.consent import find_withdrawn
    from seqmeta.exports.folders import fill_folder
    from seqmeta.exports.jobs import Job, RefusedError
    from seqmeta.exports.reads import ReadPattern
    from seqmeta.exports.selection import select
    from seqmeta.revision import open_revision

    if (arguments.consumer is not None) != (arguments.format == "samplesheet"):
        raise UsageError("samplesheet takes --for nf-core, snakemake or pep, and no other format does")
    workspace = context.open_workspace()
    pattern = ReadPattern(arguments.files) if arguments.files is not None else None
    revision = open_revision(workspace, arguments.rev)
    selection = select(revision, arguments.names)
    withdrawn = find_withdrawn(revision)
    try:
        with fill_folder(Path(arguments.output)) as draft:
            job = Job(
                selection,
                withdrawn,
                workspace.rulebook.vocabularies,
                draft,
                workspace.config.records,
                files=pattern,
                base_url=arguments.base_url,
                consumer=arguments.consumer,
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
    notes = [f"{name} is left out: consent is withdrawn" for name in sorted(withdrawn.left_out)]
    for note in (*job.notes, *notes):
        print(printable(f"seqmeta: warning: {note}"), file=sys.stderr)
    print(f"{said} in {arguments.output}")
    return 0


def _ena(job: "Job") -> str:
    from seqmeta.exports.ena_folder import export_ena

    return export_ena(job)


def _majora(job: "Job") -> str:
    from seqmeta.exports.majora_folder import export_majora

    return export_majora(job)


def _samplesheet(job: "Job") -> str:
    from seqmeta.exports.samplesheets import export_samplesheet

    return export_samplesheet(job)


def _sequencescape(job: "Job") -> str:
    from seqmeta.exports.sequencescape_folder import export_sequencescape

    return export_sequencescape(job)


def _table(job: "Job") -> str:
    from seqmeta.exports.tables import export_tables

    return export_tables(job)


FORMATS: Mapping[str, Callable[["Job"], str]] = {
    "ena": _ena,
    "majora": _majora,
    "sequencescape": _sequencescape,
    "samplesheet": _samplesheet,
    "table": _table,
}
"""By the word for it, what writes a format; each says in a few words what it wrote."""
