"""Tables of biosamples and of assets to drafts: one row, one thing; all rows or none (CONTRACT 5).

Sequencescape's manifests call a column many names; columns that nothing here has a field for go, of a biosample, into
its metadata under the tag `manifest`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqmeta.cell_lists import split_cell
from seqmeta.checking import MOST_PROBLEMS, SUGGESTIONS, check_body
from seqmeta.imports.bulk_orders import load_orders
from seqmeta.imports.columns import Reader, at, cell, explain_heading, find_columns, fold_heading, suggest_heading
from seqmeta.imports.drafts import LONGEST_KEY, LONGEST_VALUE, Document, Draft, Imported, is_writable
from seqmeta.imports.spreadsheets import Row, load_sheet
from seqmeta.kinds import load_kinds
from seqmeta.problems import Problem
from seqmeta.reader import Value
from seqmeta.rulebook import Rulebook
from seqmeta.values import shorten

KINDS = ("biosample", "asset", "order")
"""The kinds that tables are read of."""

HEADINGS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "biosample": {
        "central_sample_id": (
            "central sample id",
            "sample",
            "sample id",
            "sample name",
            "supplier sample name",
            "sanger sample id",
            "biosample",
            "name",
        ),
        "uuid": ("uuid", "sample uuid", "biosample uuid"),
        "accession": ("accession", "accession number", "sample accession", "sample accession number"),
        "taxon_id": ("taxon id", "tax id", "taxon", "ncbi taxon id"),
        "collection_date": ("collection date", "date of sample collection", "date of collection", "collected on"),
        "consent_withdrawn": ("consent withdrawn",),
    },
    "asset": {
        "name": ("name", "asset", "asset name", "tube", "tube name"),
        "uuid": ("uuid", "asset uuid"),
        "asset_type": ("asset type", "type", "labware type"),
        "barcode": ("barcode", "asset barcode", "tube barcode"),
        "plate": ("plate", "plate barcode", "plate name", "sanger plate id"),
        "well": ("well", "plate well", "well position"),
        "biosamples": ("biosamples", "biosample", "samples", "sample", "central sample id", "sample id", "sample name"),
    },
}
"""By kind and field, the headings that mean it; of several that are there the first counts."""

_METADATA = "metadata."
_TAG = re.compile(r"((?:[^\\.]|\\.)*)\.", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_REST = "manifest"
"""The tag of a biosample's metadata that has the columns nothing else is known of."""


def load(path: Path, rulebook: Rulebook, kind: str) -> Imported:
    """Read a table of one kind; FaultySourceError with every fault of it, by row and column."""
    if kind == "order":
        return load_orders(path, rulebook)
    known = HEADINGS[kind]
    folded = {fold_heading(heading) for headings in known.values() for heading in headings}
    sheet = load_sheet(path, lambda text: fold_heading(text) in folded or is_metadata(text))
    problems: list[Problem] = []
    columns = find_columns(sheet, known, problems, is_metadata)
    reader = Reader(sheet, columns, problems)
    _check_headings(reader, kind)
    _check_metadata(reader)
    reader.check_texts([*columns.fields.values(), *(at for of, at in columns.others.items() if is_metadata(of))])
    reader.raise_problems()
    drafts = list(_read_rows(reader, kind, rulebook))
    reader.raise_problems()
    if not drafts:
        raise sheet.source.fault("required_field", "there is no row below the headings", sheet.heading_row)
    return Imported([f"From the table {sheet.source.name}."], [Document(kind, drafts, is_list=True)])


def _check_headings(reader: Reader, kind: str) -> None:
    key = load_kinds()[kind].named_by
    fields = reader.columns.fields
    if key not in fields and not (kind == "asset" and {"plate", "well"} <= fields.keys()):
        reader.report(
            None, key, "required_field", f"there is no column {HEADINGS[kind][key][0]!r}, which names each row"
        )
    for heading, index in reader.columns.others.items():
        near = suggest_heading(heading, HEADINGS[kind])
        if near == fold_heading(heading) and kind == "biosample":
            continue  # another name of it: a manifest may have the supplier's and its own
        if not is_metadata(heading) and (near is not None or kind == "asset"):
            expected = f"expected {', '.join(of[0] for of in HEADINGS[kind].values())}"
            message = explain_heading(heading, near, expected)
            reader.problems.append(at(reader.sheet, None, index, "unknown_field", message))


def _check_metadata(reader: Reader) -> None:
    """Report two columns that would go into one place of metadata, such as `host` and `metadata.manifest.host`."""
    seen: dict[tuple[str, str], str] = {}
    for heading, index in reader.columns.others.items():
        first = seen.setdefault(split_metadata(heading), heading)
        if first != heading:
            message = f"the headings {shorten(first)} and {shorten(heading)} mean the same metadata: leave one out"
            reader.problems.append(at(reader.sheet, None, index, "duplicate_key", message))


def _read_rows(reader: Reader, kind: str, rulebook: Rulebook) -> Iterator[Draft]:
    shape = rulebook.shape(kind)
    seen: dict[str, int] = {}
    others = [(*split_metadata(of), of, at) for of, at in reader.columns.others.items()]
    for row in reader.sheet.rows:
        body = _body(reader, row, kind, others)
        _, findings = check_body(shape, body, SUGGESTIONS - len(reader.problems))
        for finding in findings:
            index = _column_of(reader, finding.path)
            reader.problems.append(at(reader.sheet, row, index, finding.code, finding.message))
        name = str(body.get(load_kinds()[kind].named_by, ""))
        if name and seen.setdefault(name, row.number) != row.number:
            message = f"{shorten(name)} is described in row {seen[name]} already"
            reader.report(row, load_kinds()[kind].named_by, "duplicate_identity", message)
        if len(reader.problems) > MOST_PROBLEMS:
            return
        rest, leftovers = _rest(row, others)
        if rest:
            metadata = dict(body.get("metadata") or {})
            body["metadata"] = {**metadata, _REST: {**metadata.get(_REST, {}), **rest}}
        yield Draft(kind, body, leftovers=leftovers, is_checked=True)


_Others = Sequence[tuple[str, str, str, int]]
"""Tag and name in metadata, heading and column of what is no field."""


def _body(reader: Reader, row: Row, kind: str, others: _Others) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in reader.columns.fields:
        text = reader.get(row, name)
        if text:
            body[name] = list(split_cell(text)) if name == "biosamples" else text
    if kind == "asset" and "name" not in body and {"plate", "well"} <= body.keys():
        body["name"] = f"{body['plate']}:{body['well']}"
    metadata: dict[str, dict[str, Value]] = {}
    for tag, name, heading, index in others:
        if is_metadata(heading) and (text := cell(row, index)):
            metadata.setdefault(tag, {})[name] = text
    return {**body, "metadata": metadata} if metadata else body


def _rest(row: Row, others: _Others) -> tuple[dict[str, Value], list[str]]:
    """The columns that nothing here is known of: what metadata has room for, and the rest as comments."""
    rest: dict[str, Value] = {}
    leftovers: list[str] = []
    for _, name, heading, index in others:
        text = "" if is_metadata(heading) else cell(row, index)
        if text and len(name) <= LONGEST_KEY and len(text) <= LONGEST_VALUE and is_writable(text + name):
            rest[name] = text
        elif text:
            leftovers.append(f"{name}: {text}")
    return rest, leftovers


def is_metadata(heading: str) -> bool:
    """Whether the heading says itself which metadata the column has."""
    return heading.startswith(_METADATA)


def split_metadata(heading: str) -> tuple[str, str]:
    r"""The tag and name that a heading stands for: `metadata.TAG.NAME`, with `\` before a dot or `\` within the tag."""
    if not is_metadata(heading):
        return _REST, " ".join(heading.split())
    path = heading.removeprefix(_METADATA)
    found = _TAG.match(path)
    return (_ESCAPED.sub(r"\1", found[1]), path[found.end() :]) if found is not None else (_REST, path)


def _column_of(reader: Reader, path: Sequence[str | int]) -> int:
    if path and path[0] == "metadata":
        split = {split_metadata(heading): index for heading, index in reader.columns.others.items()}
        return split.get((str(path[1]), str(path[2])), 0) if len(path) > 2 else 0
    return reader.columns.fields.get(str(path[0]), 0) if path else 0
