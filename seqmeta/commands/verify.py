"""Prove every digest, seal and rule of history from the store's own objects, or name what is violated. Only reads.

Ends with how strong the proof is: `consistent` (with itself), `signed` (every seal by an allowed key: the file of keys
comes from outside the store), or `anchored` (a checkpoint that was kept elsewhere fits).

examples:
  seqmeta verify
  seqmeta verify --write-checkpoint /safe/place/lab.checkpoint
  seqmeta verify --checkpoint /safe/place/lab.checkpoint
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.rendering import printable, render_json

if TYPE_CHECKING:
    from seqmeta.git import Repository
    from seqmeta.verification import Finding, Verdict
    from seqmeta.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("--rev", help="verify up to this revision of the records (default: the branch)")
    parser.add_argument("--allowed-signers", type=Path, metavar="FILE", help="the keys that may sign (ssh-keygen(1))")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="compare with this checkpoint")
    parser.add_argument("--write-checkpoint", type=Path, metavar="FILE", help="write one, when nothing is violated")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Verify the store and print the verdict."""
    import gc

    from seqmeta.creation import require_records
    from seqmeta.git import Repository
    from seqmeta.verification import plain_verdict, verify, write_checkpoint

    workspace = context.open_workspace()
    workspace.require_config()
    repository = Repository.open(require_records(workspace), workspace.config.branch, check=False)
    signers = arguments.allowed_signers or _configured(workspace.root, workspace.config.allowed_signers)
    gc.disable()  # what is read has no cycles, and looking for them takes a tenth of the time
    try:
        verdict = verify(
            repository,
            rev=arguments.rev,
            allowed_signers=signers,
            checkpoint=arguments.checkpoint,
            tell=context.ticker,
        )
    finally:
        gc.enable()
    if arguments.write_checkpoint is not None and not verdict.findings and verdict.checkpoint is not None:
        write_checkpoint(repository, verdict.checkpoint, arguments.write_checkpoint)
        _warn_of_unpushed(workspace, repository, verdict.checkpoint.commit)
    print(render_json(plain_verdict(verdict)) if arguments.format == "json" else render_verdict(verdict))
    return 1 if verdict.findings else 0


def _warn_of_unpushed(workspace: "Workspace", repository: "Repository", commit: str) -> None:
    """Say where a checkpoint is of a commit that a run may still make anew, which looks like a forked store then."""
    from seqmeta.committing import was_pushed

    if not was_pushed(workspace, repository, commit):
        note = (
            f"the checkpoint is of commit {commit[:12]}, which the remote was not seen to have: what others push first "
            "has it made anew, and the checkpoint then fits no more; run `seqmeta apply` while the remote answers, and "
            "write the checkpoint again"
        )
        print(printable(f"seqmeta: warning: {note}"), file=sys.stderr)


def _configured(root: Path, file: str | None) -> Path | None:
    return None if file is None else root / file


def render_verdict(verdict: "Verdict") -> str:
    """Write a verdict as lines, the strength of the proof last."""
    lines = [_line(finding, "") for finding in verdict.findings]
    lines += [_line(warning, "warning: ") for warning in verdict.warnings]
    counted = ((verdict.commits, "commit"), (verdict.records, "record"), (verdict.seals, "seal"))
    looked = ", ".join(_count(number, word) for number, word in counted)
    if verdict.findings:
        lines.append(f"{looked}: {_count(len(verdict.findings), 'violation')} found")
    else:
        lines.append(f"{looked}: {verdict.strength}")
    return "\n".join(map(printable, lines))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _line(finding: "Finding", prefix: str) -> str:
    commit = f" in commit {finding.commit[:12]}" if finding.commit else ""
    message = finding.message.removeprefix(f"{finding.object}: ")
    return f"{finding.object}{commit}: {prefix}{message} [{finding.code}]"
