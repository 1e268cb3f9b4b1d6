"""Print, as JSON, the shards of the descriptions with their fingerprints: for the workflow, while it is parsed."""

import argparse
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.rendering import render_json
from seqmeta.version import __version__

if TYPE_CHECKING:
    from seqmeta.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""


def run(context: Context, arguments: argparse.Namespace) -> int:  # noqa: ARG001 - it takes nothing
    """Print the shards, the folder of results, where the store stands, and what installs this very seqmeta."""
    from seqmeta.installation import own_requirement
    from seqmeta.shard_key import make_key
    from seqmeta.shards import fingerprint, name_shards

    workspace = context.open_workspace()
    rules = workspace.rulebook.digest
    key = make_key(workspace.records_folder)
    files, left_out = workspace.find_descriptions()
    shards = {
        name: fingerprint(some, rules, key) for name, some in name_shards(files, workspace.config.shard_size).items()
    }
    state = {
        "results": workspace.config.results,
        "head": _place_of(workspace),
        "shards": shards,
        "left_out": [problem.file for problem in left_out],
    }
    print(render_json({"version": __version__, "requirement": own_requirement(), **state}))
    return 0


def _place_of(workspace: "Workspace") -> str:
    """Say where the store stands, in other words than `apply` does where something waits to be pushed."""
    from seqmeta.creation import open_records, store_head

    head = store_head(workspace)
    if workspace.config.remote is None or not head:
        return head
    from seqmeta.committing import was_pushed

    return head if was_pushed(workspace, open_records(workspace), head.strip()) else f"{head}not pushed\n"
