"""A kind to the YAML skeleton of a description that a person fills in."""

from collections.abc import Sequence
from pathlib import Path

from seqmeta.editing import modeline
from seqmeta.errors import UsageError
from seqmeta.kinds import Kind
from seqmeta.rendering import printable
from seqmeta.skeletons import render_skeleton
from seqmeta.values import UnreadableTextError, read_uuid
from seqmeta.workspace import find_workspace


def identify(kind: Kind, uuid: str | None, fresh: str) -> dict[str, str]:
    """Give the key that holds a description's UUID: this one or else a fresh one; UsageError where it cannot be."""
    key = kind.named_by if kind.named_by == "sequencing_id" else "uuid"
    if key not in kind.fields:
        if uuid is not None:
            raise UsageError(f"{kind.name} takes no UUID of its own: leave --uuid out")
        return {}
    try:
        return {key: fresh if uuid is None else read_uuid(uuid)}
    except UnreadableTextError as error:
        raise UsageError(f"--uuid: {error}") from error


def render_new(
    kind: Kind, given: dict[str, str], options: Sequence[str], root: Path, config_file: Path | None = None
) -> str:
    """Render the skeleton with these values, and with the lines of an order's options.

    Legal values are those of the workspace at `root`; where there is none, those that ship. The first line leads
    editors to the schema, from the folder that a description is most likely written into.
    """
    workspace = find_workspace(root, config_file)
    text = render_skeleton(kind, workspace.rulebook.shape(kind.name), given, list(options))
    return f"{modeline(workspace.config.descriptions[-1])}\n" + "\n".join(map(printable, text.split("\n")))


def require_order(kind: Kind) -> None:
    """Raise UsageError for a kind that has no template."""
    if kind.name != "order":
        raise UsageError(f"only an order has a template, and {kind.name} is none: leave --template out")
