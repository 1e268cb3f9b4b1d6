"""The columns of the tables that `seqmeta import table` reads, from the headings that the import itself knows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fields import describe_type
from layout import code, paragraph, row, table

from seqmeta.bulk_columns import FIELDS, ONLY_THERE, OPTION_PREFIX, OPTIONS
from seqmeta.imports.tables import HEADINGS
from seqmeta.kinds import load_kinds

_BESIDE = {
    "biosample": "`central sample id` is required. Any other column goes into `metadata` under the tag `manifest`, "
    "with its heading as the name; a column headed `metadata.TAG.NAME` goes there under a tag of its own.",
    "asset": "`name` is required, or both `plate` and `well`: then the name is `PLATE:WELL`. Any other column is "
    "refused.",
}
_ORDER = (
    "Each row is one asset or several, of one order. `template name`, `study name` and `project name` are required, "
    "and so is something that groups the rows: `submission name`, `submission uuid`, `order name` or `order uuid`. "
    "Rows of a submission are one order where they have the same `order name`, else the same `asset group name`, else "
    "where all but their assets is the same."
)
_FIELD_OF = {
    "submission": ("submission", "name"),
    "submission_uuid": ("submission", "uuid"),
    "priority": ("submission", "priority"),
    "order": ("order", "name"),
}
"""Where columns of a bulk submission go that are no field of the order under their own name."""
_WELLS = {
    "plate": "the plate; with wells, the assets `PLATE:WELL`; without, an asset of that name",
    "well": "wells of the plate, one or a list",
}


def column_tables() -> Iterator[str]:
    """Write a section for each kind: what its columns are headed, which field they fill, and what that takes."""
    for kind, headings in HEADINGS.items():
        yield f"\n## {kind}\n\n{paragraph(_BESIDE[kind])}"
        fields = load_kinds()[kind].fields
        yield table("column", "or headed", "field", "takes")
        for name, known in headings.items():
            yield _column(known, f"{kind}.{name}", describe_type(fields[name]))
    yield f"\n## order\n\n{paragraph(_ORDER)}"
    yield table("column", "or headed", "field", "takes") + "".join(_bulk_columns())
    yield "\n" + paragraph(
        f"Any other option has the column {code(f'{OPTION_PREFIX}NAME')}, with its dotted name. These columns mean",
        f"something in Sequencescape alone and are left out, with a word about it: {', '.join(map(code, ONLY_THERE))}.",
        "Any other column is refused.",
    )


def _bulk_columns() -> Iterator[str]:
    kinds = load_kinds()
    for name, known in FIELDS.items():
        if name in _WELLS:
            yield _column(known, "order.assets", _WELLS[name])
            continue
        kind, of = _FIELD_OF.get(name, ("order", name))
        rules: Mapping[str, Any] = kinds[kind].fields[of]
        yield _column(known, f"{kind}.{of}", describe_type(rules))
    for name, known in OPTIONS.items():
        yield _column(known, f"order.request_options.{name}", "what the request type allows")


def _column(known: Sequence[str], path: str, takes: str) -> str:
    return row(code(known[0]), ", ".join(map(code, known[1:])), code(path), takes)
