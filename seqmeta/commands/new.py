"""Write a commented YAML skeleton of a kind, with a fresh UUID and the legal values, to standard output.

What has to be filled in stands open and empty; `seqmeta check` names what was forgotten. In a workspace the legal
values are those of its vocabularies, and an order can be written for a template, with exactly its request options.
The first line leads editors to the schema; it is right for a file that lies directly in the folder of descriptions.

examples:
  seqmeta new sequencing_run > config/descriptions/run-8.yaml
  seqmeta new order --template "Simple sequencing" > config/descriptions/order-8.yaml
"""

import argparse
from typing import TYPE_CHECKING

from seqmeta.cli import Context
from seqmeta.errors import UsageError
from seqmeta.presence import is_there
from seqmeta.rendering import printable

if TYPE_CHECKING:
    from seqmeta.kinds import Kind
    from seqmeta.rulebook import Rulebook


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("kind", metavar="KIND", help="study, project, biosample, asset, order, sequencing_run, …")
    parser.add_argument(
        "--template", metavar="NAME", help="of an order: the template (name or UUID) whose options it has"
    )
    parser.add_argument("--uuid", metavar="UUID", help="this UUID in place of a fresh one")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Write the skeleton."""
    from seqmeta.editing import modeline
    from seqmeta.skeletons import render_skeleton

    kind = find_kind(arguments.kind)
    if arguments.template is not None and kind.name != "order":
        raise UsageError(f"only an order has a template, and {kind.name} is none: leave --template out")
    given = _identity(kind, arguments.uuid, context)
    options: list[str] = []
    if arguments.template is not None:
        given["template"], options = _find_options(context, arguments.template)
    text = render_skeleton(kind, find_rulebook(context).shape(kind.name), given, options)
    print(modeline(_folder(context)))
    print("\n".join(map(printable, text.split("\n"))), end="")
    return 0


def _folder(context: Context) -> str:
    """Find the folder that a description is most likely written into; outside of a workspace, what one would have."""
    from seqmeta.config import Config

    config = context.open_workspace().config if _is_in_workspace(context) else Config()
    return config.descriptions[-1]


def _is_in_workspace(context: Context) -> bool:
    from seqmeta.config import DEFAULT_FILE

    return context.config is not None or is_there(context.root / DEFAULT_FILE)


def find_kind(word: str) -> "Kind":
    """Find the kind that a person means, by its name or plural."""
    from seqmeta.kinds import load_kinds
    from seqmeta.vocabulary import expected

    kinds = load_kinds()
    found = next((kind for kind in kinds.values() if word in (kind.name, kind.plural)), None)
    if found is None:
        raise UsageError(f"there is no kind {word!r}: {expected(word, list(kinds))}")
    return found


def find_rulebook(context: Context) -> "Rulebook":
    """Return the rules of the workspace that the command is called in, outside of one those that ship."""
    from seqmeta.rulebook import Rulebook
    from seqmeta.vocabularies import make_vocabularies, packaged_terms

    if _is_in_workspace(context):
        return context.open_workspace().rulebook
    return Rulebook(make_vocabularies(packaged_terms(), {}))


def _identity(kind: "Kind", uuid: str | None, context: Context) -> dict[str, str]:
    from seqmeta.values import UnreadableTextError, read_uuid

    key = kind.named_by if kind.named_by == "sequencing_id" else "uuid"
    if key not in kind.fields:
        if uuid is not None:
            raise UsageError(f"{kind.name} takes no UUID of its own: leave --uuid out")
        return {}
    try:
        return {key: read_uuid(uuid) if uuid is not None else context.fresh_uuid()}
    except UnreadableTextError as error:
        raise UsageError(f"--uuid: {error}") from error


def _find_options(context: Context, word: str) -> tuple[str, list[str]]:
    """Find a template among descriptions and records; return what names it, and the lines of its options."""
    from seqmeta.judging import plan
    from seqmeta.option_skeletons import collect_options, render_options
    from seqmeta.order_templates import presets
    from seqmeta.vocabulary import expected

    step = plan(context.open_workspace(), context.moment(), whole=True).step
    found = step.find("order_template", word)
    if len(found) != 1:
        names = [of.name for of in step.of_kind("order_template")]
        names += [of.body["name"] for of in step.records.of_kind("order_template")]
        known = list(dict.fromkeys(name for name in names if name is not None))
        what = "there is no template" if not found else "more than one template goes by"
        raise UsageError(f"{what} {word!r}: {expected(word, known)}")
    template = step.body(found[0])
    types = [step.body(of["uuid"]) for of in (template or {}).get("request_types", ())]
    if template is None or any(of is None for of in types):
        raise UsageError(f"the template {word!r} has errors: `seqmeta check` names them")
    if "superseded_by" in template:
        successor = template["superseded_by"]
        raise UsageError(f"the template {word!r} takes no new orders: take {successor.get('name', successor['uuid'])}")
    return template["name"], render_options(collect_options([of for of in types if of is not None]), presets(template))
