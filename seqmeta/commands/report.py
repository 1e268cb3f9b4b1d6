"""Make a table from the records: progress of submissions, charges by project, or results by study.

examples:
  seqmeta report progress
  seqmeta report charges --format csv > charges.csv
  seqmeta report studies --rev main~10
"""

import argparse

from seqmeta.cli import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("report", choices=("progress", "charges", "studies"), help="which table")
    parser.add_argument("--rev", help="as of this git revision of the records (default: now)")
    parser.add_argument("--format", choices=("text", "csv", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print the table."""
    from seqmeta.reports.charges import report_charges
    from seqmeta.reports.progress import report_progress
    from seqmeta.reports.studies import report_studies
    from seqmeta.revision import open_revision
    from seqmeta.tables import render_table

    make = {"progress": report_progress, "charges": report_charges, "studies": report_studies}[arguments.report]
    revision = open_revision(context.open_workspace(), arguments.rev)
    print(render_table(make(revision), arguments.format))
    return 0
