"""Make a table from the records (progress of submissions, charges by project, results by study), or all as one page.

`html` is one file that needs no server and no network: submissions, orders and runs with links between them, what
waits for whom, charges, results, problems. Without --rev it shows the problems of the descriptions as they are now.

examples:
  seqmeta report progress
  seqmeta report charges --format csv > charges.csv
  seqmeta report studies --rev main~10
  seqmeta report html -o report.html
"""

import argparse
from pathlib import Path

from seqmeta.cli import Context
from seqmeta.errors import UsageError

_TABLES = ("progress", "charges", "studies")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("report", choices=(*_TABLES, "html"), help="which table, or the page")
    parser.add_argument("--rev", help="as of this git revision of the records (default: now)")
    parser.add_argument("--format", choices=("text", "csv", "json"), help="how to print a table (default: text)")
    parser.add_argument("--title", help="of html: what the page is called")
    parser.add_argument("-o", "--output", metavar="FILE", help="write into this file (default: standard output)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Print or write the report."""
    from seqmeta.outputs import require_output

    output = None if arguments.output is None else require_output(Path(arguments.output))
    if arguments.report == "html":
        if arguments.format is not None:
            raise UsageError("report html has one form only: --format is for tables")
        text = _render_html(context, arguments.rev, arguments.title)
    else:
        if arguments.title is not None:
            raise UsageError("only report html has a title")
        text = _render_table(context, arguments) + "\n"
    if output is None:
        print(text, end="")
    else:
        _write(output, text.encode())
    return 0


def _write(path: Path, data: bytes) -> None:
    from seqmeta.durability import write_durably
    from seqmeta.system_errors import store_errors

    with store_errors("the report was not written"):
        write_durably(path, data)


def _render_html(context: Context, rev: str | None, title: str | None) -> str:
    from seqmeta.judging import find_problems
    from seqmeta.reports.page import TITLE, render_page
    from seqmeta.revision import open_revision

    workspace = context.open_workspace()
    revision = open_revision(workspace, rev, context.ticker)
    problems = find_problems(workspace, context.moment()).problems if rev is None else None
    return render_page(revision, problems, TITLE if title is None else title)


def _render_table(context: Context, arguments: argparse.Namespace) -> str:
    from seqmeta.reports.charges import report_charges
    from seqmeta.reports.progress import report_progress
    from seqmeta.reports.studies import report_studies
    from seqmeta.revision import open_revision
    from seqmeta.tables import render_table

    make = {"progress": report_progress, "charges": report_charges, "studies": report_studies}[arguments.report]
    revision = open_revision(context.open_workspace(), arguments.rev, context.ticker)
    return render_table(make(revision), arguments.format or "text")
