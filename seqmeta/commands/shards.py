"""Print, as JSON, the shards of the descriptions with their fingerprints: for the workflow, while it is parsed."""

import argparse

from seqmeta.cli import Context
from seqmeta.rendering import render_json
from seqmeta.version import __version__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""


def run(context: Context, arguments: argparse.Namespace) -> int:  # noqa: ARG001 - it takes nothing
    """Print the shards, the folder of results, where the store stands, and what installs this very seqmeta."""
    from seqmeta.creation import store_head
    from seqmeta.installation import own_requirement
    from seqmeta.shard_key import make_key
    from seqmeta.shards import fingerprint, name_shards

    workspace = context.open_workspace()
    rules = workspace.rulebook.digest
    key = make_key(workspace.records_folder)
    shards = {name: fingerprint(files, rules, key) for name, files in name_shards(workspace).items()}
    state = {"results": workspace.config.results, "head": store_head(workspace), "shards": shards}
    print(render_json({"version": __version__, "requirement": own_requirement(), **state}))
    return 0
