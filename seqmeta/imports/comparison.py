"""A recorded run and what the instrument wrote of it, field by field: what was declared against what was measured.

Only what both say and say differently is a contradiction. A UUID that an import derived was not measured; a time that
names no zone holds for a day more or less. Spelling contradicts nothing: indexes are the same whatever stands between
them, barcodes of Nanopore's by their number, product codes in any case. Other text is compared as it stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from seqmeta.checking import check_body
from seqmeta.imports.drafts import Draft, fit
from seqmeta.records import Body
from seqmeta.shapes import Shape

Verdict = Literal["same", "differs", "only declared", "only measured"]

_FIELDS = (
    "instrument_make",
    "instrument_model",
    "run_name",
    "run_group",
    "flowcell_id",
    "flowcell_type",
    "start_time",
    "end_time",
    "library_layout_config",
    "library_layout_read_length",
    "library_seq_kit",
)
_TIMES = ("start_time", "end_time")
_PRODUCTS = ("flowcell_type", "library_seq_kit")
"""Codes of products, such as SQK-RBK004, which are written in any case."""

_NUMBERED = re.compile(r"(?:[A-Za-z]{1,12}[-_ ]?)?0*(?P<number>\d{1,4}[A-Za-z]?)", re.ASCII)
"""A barcode of Nanopore's: `barcode02`, `NB02`, `BC02` and `02` are one, `RB12A` and `RB12` are two."""

_BETWEEN = re.compile(r"[-+_\s]+")
_DATED = ("illumina", "run_date")
"""Where an import keeps the day that an instrument wrote without a time zone."""


class Comparison(NamedTuple):
    """One field: what the record has and what the files have, None where one of them says nothing."""

    field: str
    verdict: Verdict
    declared: str | None
    measured: str | None


def declare(run: Body, library: Body | None) -> Body:
    """Put a run and its library together again, as their description was."""
    samples = library["biosamples"] if library is not None else []
    plain = [{**sample, "central_sample_id": _sample_name(sample)} for sample in samples]
    return {**(library or {}), **run, "biosamples": plain}


def _sample_name(sample: Mapping[str, Any]) -> str:
    return str(sample.get("central_sample_id") or sample["biosample"]["central_sample_id"])


def choose_draft(drafts: Sequence[Draft], declared: Body) -> Draft | None:
    """Choose the run of a folder that the record means: by its UUID, its name or its flow cell, or the only one."""
    for key in ("sequencing_id", "run_name", "flowcell_id"):
        found = [draft for draft in drafts if key in declared and draft.body.get(key) == declared[key]]
        if len(found) == 1:
            return found[0]
    return drafts[0] if len(drafts) == 1 else None


def compare(declared: Body, draft: Draft, shape: Shape) -> list[Comparison]:
    """Compare a record's fields with those of the draft that an import made of the instrument's files."""
    measured, _ = check_body(shape, dict(fit(draft, shape).body))
    for name, allowed in draft.allowed.items():
        if name not in measured and declared.get(name) in allowed:
            measured[name] = declared[name]
        elif name not in measured and allowed:
            measured[name] = f"one of {', '.join(allowed)}"
    fields: list[str] = [] if draft.notes.get("sequencing_id") else ["sequencing_id"]
    found = [_compare(name, declared.get(name), measured.get(name)) for name in [*fields, *_FIELDS]]
    found += [
        _compare_day(declared, measured),
        *_compare_samples(declared, measured),
        *_compare_metadata(declared, measured),
    ]
    return [comparison for comparison in found if comparison is not None]


def plain_comparisons(run: str, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Write comparisons of the run of a UUID as plain values, with the number of contradictions among them."""
    contradictions = sum(of.verdict == "differs" for of in comparisons)
    return {"run": run, "fields": [of._asdict() for of in comparisons], "contradictions": contradictions}


def _compare(field: str, declared: Any, measured: Any) -> Comparison | None:
    if declared is None and measured is None:
        return None
    one, other = (None if value is None else str(value) for value in (declared, measured))
    if one is None or other is None:
        return Comparison(field, "only measured" if one is None else "only declared", one, other)
    is_same = _is_same_time(one, other) if field in _TIMES else one == other
    if field in _PRODUCTS:
        is_same = one.casefold() == other.casefold()
    return Comparison(field, "same" if is_same else "differs", one, other)


def _is_same_time(declared: str, measured: str) -> bool:
    """Whether a time is the measured one, as exactly as it was declared: to the minute, second or fraction."""
    precision = 16 if declared.endswith(":00Z") else 19
    return declared == measured or ("." not in declared and declared[:precision] == measured[:precision])


def _compare_day(declared: Body, measured: Body) -> Comparison | None:
    """Hold a declared start against a measured day, which may be another one in UTC."""
    day = measured.get("metadata", {}).get(_DATED[0], {}).get(_DATED[1])
    start = declared.get("start_time")
    if day is None or start is None or "start_time" in measured:
        return None
    apart = abs((date.fromisoformat(day[:10]) - date.fromisoformat(start[:10])).days)
    return Comparison("run_date", "same" if apart <= 1 else "differs", start, day)


def _compare_samples(declared: Body, measured: Body) -> Iterator[Comparison | None]:
    """Compare the lists of samples, and the barcode of each sample that is in both."""
    ours, theirs = (_samples(body) for body in (declared, measured))
    if not ours and not theirs:
        return
    verdict: Verdict = "same" if ours.keys() == theirs.keys() else "differs"
    if not ours or not theirs:
        verdict = "only declared" if ours else "only measured"
    yield Comparison("biosamples", verdict, *(_listed(one, other) for one, other in ((ours, theirs), (theirs, ours))))
    make = declared.get("instrument_make", measured.get("instrument_make"))
    for name in ours:
        if name in theirs:
            yield _compare_barcodes(f"biosamples.{name}.barcode", make, ours[name], theirs[name])


def _samples(body: Body) -> dict[str, str | None]:
    return {sample["central_sample_id"]: sample.get("barcode") for sample in body.get("biosamples", [])}


def _compare_barcodes(field: str, make: str | None, declared: str | None, measured: str | None) -> Comparison | None:
    found = _compare(field, declared, measured)
    if declared is None or measured is None or found is None:
        return found
    is_same = _fold_barcode(make, declared) == _fold_barcode(make, measured)
    return found._replace(verdict="same" if is_same else "differs")


def _fold_barcode(make: str | None, barcode: str) -> str:
    """Take away what is only spelling: of index sequences what stands between them, of Nanopore's barcodes the name."""
    if make == "ILLUMINA":
        return _BETWEEN.sub("+", barcode.upper())
    if make == "OXFORD_NANOPORE":
        parts = [(part, _NUMBERED.fullmatch(part)) for part in re.split(r"\s*\+\s*", barcode.upper())]
        return "+".join(found["number"] if found else part for part, found in parts)
    return barcode.upper()


def _listed(names: Mapping[str, object], others: Mapping[str, object]) -> str | None:
    """Say how many samples there are, and which the other side does not have."""
    missing = [name for name in names if name not in others]
    if not names:
        return None
    return f"{len(names)}, among them {', '.join(missing)}" if missing and others else str(len(names))


def _compare_metadata(declared: Body, measured: Body) -> Iterator[Comparison | None]:
    ours, theirs = (body.get("metadata", {}) for body in (declared, measured))
    for tag in {**ours, **theirs}:
        said, known = ours.get(tag, {}), theirs.get(tag, {})
        for name in {**said, **known}:
            yield _compare(f"metadata.{tag}.{name}", said.get(name), known.get(name))
