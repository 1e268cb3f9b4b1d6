"""Mend what a crash left in the store, and say what was found and done.

Every run does the same before it begins; this command does only that. It takes no lock away that a living process
holds, and changes no record.

examples:
  seqmeta doctor
"""

import argparse

from seqmeta.arguments import seconds
from seqmeta.cli import Context
from seqmeta.rendering import printable, render_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument(
        "--wait", type=seconds, default=60.0, metavar="SECONDS", help="how long to wait for another run"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Mend the store and print what was found."""
    from seqmeta.creation import require_records
    from seqmeta.findings import plain_findings
    from seqmeta.store import doctor, open_store

    workspace = context.open_workspace()
    workspace.require_config()
    findings = doctor(open_store(require_records(workspace), workspace.config.branch), arguments.wait)
    if arguments.format == "json":
        print(render_json(plain_findings(findings)))
        return 0
    for finding in findings:
        print(printable(f"{finding.path}: {finding.message} [{finding.code}]"))
    print("nothing to mend" if not findings else f"{len(findings)} mended or named")
    return 0
