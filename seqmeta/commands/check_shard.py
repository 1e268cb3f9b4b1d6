"""Check one shard of the descriptions and write what came of it as data: for the workflow.

Problems are no failure here: `apply` shows those of all shards together. What an earlier run wrote in the same place of
files that are as they were is taken over.
"""

import argparse
import os
from pathlib import Path

from seqmeta.cli import Context
from seqmeta.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("shard", metavar="N-of-M", help="the shard, as `seqmeta shards` names it")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE", help="where to write it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Check the shard and write its data."""
    from seqmeta.shard_key import make_key
    from seqmeta.shards import check_shard, name_shards
    from seqmeta.system_errors import store_errors

    workspace = context.open_workspace()
    files = name_shards(workspace.find_descriptions()[0], workspace.config.shard_size).get(arguments.shard)
    if files is None:
        raise UsageError(f"there is no shard {arguments.shard}: descriptions came or went since the workflow started")
    output: Path = arguments.output
    part = output.with_name(f"{output.name}.{os.getpid()}.part")
    lines = check_shard(workspace, files, make_key(workspace.records_folder), before=output)
    with store_errors(f"{output} cannot be written"):
        try:
            part.unlink(missing_ok=True)  # of a process that was killed, or somebody's link
            with part.open("xb") as stream:
                stream.writelines(lines)
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
    return 0
