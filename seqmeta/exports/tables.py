"""Biosamples, assets and orders to CSV tables that `seqmeta import table` reads back to the same.

Columns are those of the import; of what not every record has, a column is written where any has it. A UUID is written
only where it is not the one that the name makes, and of an order only what it said itself. What a row names it calls by
the name that this has now, under which the other tables have it.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from seqmeta.bulk_columns import FIELDS, OPTION_PREFIX, OPTIONS
from seqmeta.cell_lists import join_cell
from seqmeta.exports.folders import Draft
from seqmeta.exports.jobs import Job, RefusedError
from seqmeta.exports.sequencing import require_records
from seqmeta.formulas import shield
from seqmeta.identity import derive, is_uuid
from seqmeta.kinds import load_kinds
from seqmeta.present_names import PresentNames, references_in
from seqmeta.records import Body, Record, name_of
from seqmeta.values import as_text

Row = Mapping[str, str]

_OF_ORDER = {"template": "order_template", "study": "study", "project": "project", "assets": "asset"}
"""The fields of an order in which it refers to things by name, and the kind of each."""

_LEFT_OUT = "withdrawn orders are left out: the table has no column that says so, and an import would bring them back"


def export_tables(job: Job, draft: Draft) -> str:
    """Write a table for each kind that there is anything of; return what is in them."""
    said = []
    for kind, (columns, rows) in _TABLES.items():
        count = _write(job, draft, kind, columns, rows)
        if count:
            said.append(f"{count} {load_kinds()[kind].plural if count > 1 else kind}")
    if not said:
        raise RefusedError("there is no biosample, asset or order to export: nothing is written")
    return ", ".join(said)


def _write(job: Job, draft: Draft, kind: str, fixed: tuple[str, ...], make_rows: "_MakeRows") -> int:
    """Write one table, in two passes: which columns there are is known at the end of the first."""
    found: dict[str, None] = dict.fromkeys(fixed)
    more: set[str] = set()
    count = 0
    for row in make_rows(job):
        more.update(row.keys() - found.keys())
        count += 1
    if not count:
        return 0
    columns = [*found, *sorted(more)]
    with draft.open(f"{load_kinds()[kind].plural}.csv") as stream:
        stream.write(_line(columns))
        for row in make_rows(job):
            stream.write(_line(row.get(column, "") for column in columns))
    return count


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(shield(cell) for cell in cells)
    return out.getvalue().encode()


def _biosamples(job: Job) -> Iterator[Row]:
    for record in job.selection.records("biosample"):
        if job.withdrawn.hides(record.uuid):
            continue
        body = job.withdrawn.strip(record.body)
        row = _said(body, "central_sample_id", "accession", "taxon_id", "collection_date") | _own_uuid(record, "uuid")
        row |= {key: as_text(body[key]) for key in ("consent_withdrawn",) if key in body}
        for tag, names in body.get("metadata", {}).items():
            row |= {f"metadata.{_escape(tag)}.{name}": value for name, value in names.items()}
        yield row


def _escape(tag: str) -> str:
    return tag.replace("\\", "\\\\").replace(".", "\\.")


def _assets(job: Job) -> Iterator[Row]:
    names = _Names(job)
    for records in job.selection.batches("asset"):
        told = [record for record in records if not job.withdrawn.hides(record.uuid)]
        bodies = [job.withdrawn.strip(record.body) for record in told]
        for record, body, called in zip(told, bodies, names.of_each(bodies, {"biosamples": "biosample"}), strict=True):
            row = _said(body, "name", "asset_type", "barcode", "plate", "well") | _own_uuid(record, "uuid")
            yield {**row, "biosamples": join_cell(called["biosamples"])} if called["biosamples"] else row


def _said(body: Body, *keys: str) -> dict[str, str]:
    return {key: str(body[key]) for key in keys if key in body}


def _own_uuid(record: Record, column: str) -> dict[str, str]:
    name = name_of(record.kind, record.body)
    return {} if name is not None and derive(record.kind, name) == record.uuid else {column: record.uuid}


def _orders(job: Job) -> Iterator[Row]:
    revision = job.selection.revision
    names = _Names(job)
    for orders in _in_order(job):
        submissions = require_records(revision, "submission", _named(orders, "submission"))
        groups = require_records(revision, "asset_group", _named(orders, "asset_group"))
        bodies = [job.withdrawn.strip(order.body) for order in orders]
        for order, body, called in zip(orders, bodies, names.of_each(bodies, _OF_ORDER), strict=True):
            yield {
                **_of_submission(body, submissions),
                **_of_order(order, body, called),
                **_of_assets(order, body, groups, called["assets"]),
                **dict(_options(body["request_options"])),
            }


def _in_order(job: Job) -> Iterator[list[Record]]:
    """The orders of each submission as it lists them, for an import lists them as they stand; then all others."""
    wanted = job.selection.told("order")
    for submission in job.selection.records("submission"):
        uuids = [of["uuid"] for of in submission.body["orders"] if wanted is None or of["uuid"] in wanted]
        yield job.selection.revision.get_all("order", uuids)
    for orders in job.selection.batches("order"):
        alone = [order for order in orders if "submission" not in order.body]
        live = [order for order in alone if order.body["state"] != "withdrawn"]
        if len(live) < len(alone) and _LEFT_OUT not in job.notes:
            job.notes.append(_LEFT_OUT)
        yield live


def _named(orders: Iterable[Record], key: str) -> list[str]:
    return sorted({order.body[key]["uuid"] for order in orders if key in order.body})


def _heading(field: str) -> str:
    return FIELDS[field][0]


def _of_submission(order: Body, submissions: Mapping[str, Record]) -> dict[str, str]:
    if "submission" not in order:
        return {}
    record = submissions[order["submission"]["uuid"]]
    row = {_heading("submission"): str(record.body.get("name", "")), _heading("priority"): str(record.body["priority"])}
    return row | _own_uuid(record, _heading("submission_uuid"))


def _of_order(record: Record, order: Body, called: "_Called") -> dict[str, str]:
    row = {_heading(key): called[key][0] for key in ("template", "study", "project")}
    row |= {_heading("order"): str(order["name"])} if "name" in order else {}
    row |= {_heading("comments"): str(order["comments"])} if "comments" in order else {}
    return row | _own_uuid(record, _heading("uuid"))


def _of_assets(record: Record, order: Body, groups: Mapping[str, Record], assets: Sequence[str]) -> dict[str, str]:
    """The group that an order took or waits for, else the assets that it gave, with the name of what they made."""
    group = groups.get(order.get("asset_group", {}).get("uuid", ""))
    name = order.get("asset_group_name") if group is None else group.body["name"]
    row = {}
    if name is not None and name != record.uuid:
        row[_heading("asset_group_name")] = str(name)
    if group is None or group.body.get("order", {}).get("uuid") == record.uuid:
        row[_heading("assets")] = join_cell(assets)
    return row


def _options(options: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in options.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _options(value, f"{name}.")
        else:
            yield OPTIONS[name][0] if name in OPTIONS else f"{OPTION_PREFIX}{name}", as_text(value)


_Called = Mapping[str, Sequence[str]]
"""By field, what to write for each thing that a body refers to there."""


class _Names:
    """What an import takes for the things that a body refers to: present names, UUIDs where these would mean others."""

    def __init__(self, job: Job) -> None:
        self._revision = job.selection.revision
        self._names = PresentNames(self._revision)

    def of_each(self, bodies: Sequence[Body], kinds: Mapping[str, str]) -> Iterator[_Called]:
        """Say for each body what to write for its references; `kinds` are by field."""
        for body, present in zip(bodies, self._names.put_into(bodies, kinds), strict=True):
            yield {
                field: list(self._write(kind, references_in(body, field), references_in(present, field)))
                for field, kind in kinds.items()
            }

    def _write(self, kind: str, recorded: Sequence[Body], present: Sequence[Body]) -> Iterator[str]:
        """Write references; what a locked or sealed record itself means by a name goes before what has it now."""
        meant = {_name(of): of["uuid"] for of in recorded}
        for uuid, name in ((of["uuid"], _name(of)) for of in present):
            is_others = meant.get(name, uuid) != uuid or (is_uuid(name) and self._is_another(kind, name.lower(), uuid))
            yield uuid if is_others else name

    def _is_another(self, kind: str, named: str, uuid: str) -> bool:
        return named != uuid and self._revision.get(kind, named) is not None


def _name(reference: Body) -> str:
    return str(reference.get("central_sample_id") or reference["name"])


_MakeRows = Callable[[Job], Iterator[Row]]
_TABLES: Mapping[str, tuple[tuple[str, ...], _MakeRows]] = {
    "biosample": (("central_sample_id", "accession", "taxon_id", "collection_date"), _biosamples),
    "asset": (("name", "asset_type", "barcode", "plate", "well", "biosamples"), _assets),
    "order": (
        tuple(map(_heading, ("submission", "order", "template", "study", "project", "asset_group_name", "assets"))),
        _orders,
    ),
}
"""By kind, the columns that are always there, and what makes the rows."""
