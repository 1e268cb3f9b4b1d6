"""The rows of a sample sheet to biosamples: one for each name, with all its lanes and what the sheet says of it."""

from collections.abc import Sequence
from typing import NamedTuple

from seqmeta.imports.drafts import Draft
from seqmeta.imports.sheet_samples import SheetSample, fold_heading
from seqmeta.reader import Value

_INDEX_NAMES = {
    "i7indexid",
    "i5indexid",
    "i7indexname",
    "i5indexname",
    "indexid",
    "indexplate",
    "indexplatewell",
    "indexadapter",
}
"""Columns that name an index: they belong to the library, not to the sample."""

_LONGEST_BARCODE = 24
_NOTE = "a biosample that is described or recorded already must not be described again: delete it here"


class PooledSample(NamedTuple):
    """A sample of the run; `barcode` is empty unless it is one that no other sample has."""

    name: str
    lanes: tuple[str, ...]
    barcode: str
    other_barcodes: str
    index_names: str
    columns: dict[str, str]

    @property
    def member(self) -> Value:
        """The sample as its library lists it."""
        plain: dict[str, Value] = {"central_sample_id": self.name}
        return plain | {"barcode": self.barcode} if self.barcode else plain


def pool_samples(rows: Sequence[SheetSample]) -> list[PooledSample]:
    """Put the rows of each sample together, in the order of the sheet."""
    by_name: dict[str, list[SheetSample]] = {}
    for row in rows:
        by_name.setdefault(row.name, []).append(row)
    owners: dict[str, set[str]] = {}
    for row in rows:
        owners.setdefault(row.barcode, set()).add(row.name)
    return [_pool(name, of, owners) for name, of in by_name.items()]


def _pool(name: str, rows: list[SheetSample], owners: dict[str, set[str]]) -> PooledSample:
    barcodes = list(dict.fromkeys(row.barcode for row in rows if row.barcode))
    is_one = len(barcodes) == 1 and len(owners[barcodes[0]]) == 1 and len(barcodes[0]) <= _LONGEST_BARCODE
    found: dict[str, dict[str, None]] = {}  # the values of each column, as a set in order
    for row in rows:
        for column, value in row.columns.items():
            found.setdefault(column, {})[value] = None
    columns = {column: " ".join(values) for column, values in found.items()}
    return PooledSample(
        name=name,
        lanes=tuple(dict.fromkeys(lane for row in rows for lane in row.lanes)),
        barcode=barcodes[0] if is_one else "",
        other_barcodes="" if is_one else " ".join(barcodes),
        index_names=" ".join(dict.fromkeys(of for key, of in columns.items() if fold_heading(key) in _INDEX_NAMES)),
        columns={column: value for column, value in columns.items() if fold_heading(column) not in _INDEX_NAMES},
    )


def draft_biosamples(samples: Sequence[PooledSample]) -> list[Draft]:
    """Draft the biosamples, with what the sheet says of each as metadata."""
    drafts: list[Draft] = []
    for sample in samples:
        notes = {} if drafts else {"central_sample_id": [_NOTE]}
        body: dict[str, Value] = {"central_sample_id": sample.name}
        body["metadata"] = {"sample_sheet": {**sample.columns}}
        drafts.append(Draft("biosample", body, notes))
    return drafts
