"""Bring records that an older seqmeta wrote forward to the present schemas: show the plan, or with --apply do it.

seqmeta reads what older schemas wrote as it is, so this is for what reads the files of records/ itself. It is one
commit. A version goes up by one where the body changes; what is sealed stays, byte for byte, as it was sealed.

examples:
  seqmeta migrate
  seqmeta migrate --apply
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from seqmeta.arguments import seconds
from seqmeta.cli import Context

if TYPE_CHECKING:
    from seqmeta.migrating import Migration, Move


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("--apply", action="store_true", help="do it, in one commit")
    parser.add_argument(
        "--wait", type=seconds, default=60.0, metavar="SECONDS", help="how long to wait for another run"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Plan or make the migration and print it."""
    from seqmeta.migrating import migrate, plain_migration, plan_migration
    from seqmeta.rendering import printable, render_json

    workspace = context.open_workspace()
    is_done = arguments.apply
    migration = migrate(workspace, context.moment(), arguments.wait) if is_done else plan_migration(workspace)
    if arguments.format == "json":
        print(render_json(plain_migration(migration)))
        for notice in migration.notices:
            print(printable(f"seqmeta: store: {notice.message}"), file=sys.stderr)
    else:
        for line in chain((f"store: {notice.message}" for notice in migration.notices), _lines(migration)):
            print(printable(line))
    return 0


def _lines(migration: "Migration") -> Iterator[str]:
    stay = f"; {migration.sealed} sealed by older ones stay as they are" if migration.sealed else ""
    number = f"{len(migration.moves)} record{'' if len(migration.moves) == 1 else 's'}"
    if not migration.moves:
        yield f"nothing to migrate: all records that may change are of the present schemas{stay}"
    elif migration.commit is None:
        yield from chain.from_iterable(map(_describe, migration.moves))
        yield f"would migrate {number}{stay}: `seqmeta migrate --apply` does it"
    else:
        yield f"committed {migration.commit[:12]}: {number} migrated{stay}"


def _describe(move: "Move") -> list[str]:
    from seqmeta.kinds import load_kinds
    from seqmeta.record_text import render_field

    record = move.record
    title = f"{record.kind.replace('_', ' ')} {move.name or record.uuid}"
    version = f"version {record.version} → {move.version}" if move.version != record.version else "the same version"
    head = f"would migrate {title} from {move.schema} to {load_kinds()[record.kind].schema}, {version}"
    return [head, *(f"    {render_field(field)}" for field in move.fields)]
