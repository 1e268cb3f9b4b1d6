"""Bulk submissions, in Sequencescape's columns, to drafts of orders and of the submissions that they are in.

`submission name` groups rows into submissions and, within one, `asset group name` (else all that rows say but their
assets) into orders. All rows or none: what is wrong is said of each row and column.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, count
from pathlib import Path
from typing import Any, NamedTuple

from seqmeta.bulk_columns import FIELDS, ONLY_THERE, OPTION_PREFIX, OPTIONS
from seqmeta.cell_lists import split_cell
from seqmeta.checking import MOST_PROBLEMS, SUGGESTIONS, check_body
from seqmeta.imports.columns import Reader, at, cell, explain_heading, find_columns, fold_heading, suggest_heading
from seqmeta.imports.drafts import Document, Draft, Imported
from seqmeta.imports.spreadsheets import Row, load_sheet
from seqmeta.problems import Problem
from seqmeta.reader import Value
from seqmeta.rulebook import Rulebook
from seqmeta.values import elide, shorten

_KNOWN: Mapping[str, Sequence[str]] = {**FIELDS, **OPTIONS}
_REQUIRED = ("template", "study", "project")
_OF_ASSETS = ("assets", "plate", "well")
_OF_SUBMISSION = ("submission", "submission_uuid", "priority")
_MOST_ORDERS = 20_000
"""How many orders a table may have, of any number of assets: a person is to review them."""


class _Order(NamedTuple):
    """The rows of one order; what they share is read of the first."""

    submission: tuple[str, str]
    rows: tuple[Row, ...]


def load_orders(path: Path, rulebook: Rulebook) -> Imported:
    """Read a bulk submission; FaultySourceError with every fault of it, by row and column."""
    folded = {fold_heading(heading) for headings in _KNOWN.values() for heading in headings}
    sheet = load_sheet(path, lambda text: fold_heading(text) in folded or _is_option(text))
    problems: list[Problem] = []
    reader = Reader(sheet, find_columns(sheet, _KNOWN, problems, _is_option), problems)
    unused = _check_headings(reader)
    _check_options(reader)
    reader.check_texts([at for of, at in _places(reader).items() if of not in unused])
    reader.raise_problems()
    if not sheet.rows:
        raise sheet.source.fault("required_field", "there is no row below the headings", sheet.heading_row)
    orders = _group(reader)
    if len(orders) > _MOST_ORDERS:
        row = orders[_MOST_ORDERS].rows[0]
        message = f"the rows make {len(orders):,} orders: expected at most {_MOST_ORDERS:,}, each of any number of rows"
        reader.report(row, "submission", "out_of_range", message)
        reader.raise_problems()
    names = _name_orders(reader, orders)
    drafts = [_draft(reader, order, name, rulebook) for order, name in zip(orders, names, strict=True)]
    submissions = list(_submissions(reader, orders, drafts, rulebook))
    reader.raise_problems()
    about = [f"From the bulk submission {sheet.source.name}.", *_notes(unused)]
    documents = [Document("order", drafts, is_list=True)]
    return Imported(about, [*documents, *([Document("submission", submissions, is_list=True)] if submissions else [])])


def _is_option(heading: str) -> bool:
    return heading.startswith(OPTION_PREFIX)


def _notes(unused: Sequence[str]) -> list[str]:
    listed = ", ".join(unused)
    return [f"Columns that mean nothing outside of Sequencescape were left out: {listed}."] if unused else []


def _check_headings(reader: Reader) -> list[str]:
    """Report the headings that are not known; return those that are of no use here."""
    names = {"submission", "order", "uuid"}
    if names.isdisjoint(reader.columns.fields):
        reader.report(
            None, "submission", "required_field", "there is no 'submission name' column, which groups the rows"
        )
    unused = []
    for heading, index in reader.columns.others.items():
        if fold_heading(heading) in map(fold_heading, ONLY_THERE):
            unused.append(heading)
        elif not _is_option(heading):
            near = suggest_heading(heading, _KNOWN)
            message = explain_heading(heading, near, f"an option's begins with {OPTION_PREFIX}")
            reader.problems.append(at(reader.sheet, None, index, "unknown_field", message))
    return unused


def _check_options(reader: Reader) -> None:
    """Report two columns of one option, such as `read length` and `request_options.read_length`."""
    seen: dict[str, int] = {}
    for name, index in _options_in(reader):
        first = seen.setdefault(name, index)
        if first != index:
            one, other = (shorten(reader.sheet.headings[of]) for of in sorted((first, index)))
            message = f"the headings {one} and {other} mean the same option: leave one out"
            reader.problems.append(at(reader.sheet, None, max(first, index), "duplicate_key", message))


def _options_in(reader: Reader) -> Iterator[tuple[str, int]]:
    """The columns of options: the dotted name of each, and where it stands."""
    fields = reader.columns.fields
    yield from ((name, fields[name]) for name in OPTIONS if name in fields)
    others = reader.columns.others.items()
    yield from ((heading.removeprefix(OPTION_PREFIX), index) for heading, index in others if _is_option(heading))


def _group(reader: Reader) -> list[_Order]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in reader.sheet.rows:
        for name in _REQUIRED:
            if not reader.get(row, name):
                reader.report(row, name, "required_field", f"{FIELDS[name][0]} is missing: it can't be blank")
        if not any(reader.get(row, name) for name in ("submission", "submission_uuid", "order", "uuid")):
            reader.report(row, "submission", "required_field", "submission name is missing: it can't be blank")
        if len(reader.problems) > MOST_PROBLEMS:
            reader.raise_problems()
        groups.setdefault(_key(reader, row), []).append(row)
    for rows in groups.values():
        _check_shared(reader, rows)
    return [_Order((key[0], key[1]), tuple(rows)) for key, rows in groups.items()]


def _key(reader: Reader, row: Row) -> tuple[str, ...]:
    """What rows of one order have in common: their submission, and the order or its asset group, else everything."""
    submission = (reader.get(row, "submission"), reader.get(row, "submission_uuid"))
    named = (reader.get(row, "uuid"), reader.get(row, "order"))
    if any(named):
        return (*submission, *named)
    group = reader.get(row, "asset_group_name")
    shared = (reader.get(row, "study"), group) if group else _shared(reader, row).values()
    return (*submission, *shared)


def _shared(reader: Reader, row: Row) -> dict[str, str]:
    names = reader.columns.fields.keys() - set(_OF_ASSETS) - set(_OF_SUBMISSION)
    others = {heading: cell(row, index) for heading, index in reader.columns.others.items()}
    return {**{name: reader.get(row, name) for name in sorted(names)}, **others}


def _check_shared(reader: Reader, rows: Sequence[Row]) -> None:
    if len(rows) == 1:
        return
    first = _shared(reader, rows[0])
    places = _places(reader)
    for row in rows[1:]:
        for name, value in _shared(reader, row).items():
            if value != first[name] and fold_heading(name) not in map(fold_heading, ONLY_THERE):
                heading = reader.sheet.headings[places[name]]
                other = f"row {rows[0].number} of the same order has {shorten(str(first[name]))}"
                message = f"{elide(heading)} is {shorten(str(value))}, and {other}"
                reader.problems.append(at(reader.sheet, row, places[name], "conflicting_fields", message))


def _places(reader: Reader) -> dict[str, int]:
    """Which column each field, and each heading that is none, stands in."""
    return {**reader.columns.fields, **reader.columns.others}


def _name_orders(reader: Reader, orders: Sequence[_Order]) -> list[str]:
    """Name each order that has neither name nor UUID: by its submission, and its group or a number."""
    totals: dict[tuple[str, str], int] = {}
    for order in orders:
        totals[order.submission] = totals.get(order.submission, 0) + 1
    taken = {reader.get(order.rows[0], "order") for order in orders}
    names: list[str] = []
    numbers: dict[str, int] = {}
    for order in orders:
        row = order.rows[0]
        name = reader.get(row, "order")
        if not name and not reader.get(row, "uuid"):
            parts = [order.submission[0] or order.submission[1], reader.get(row, "asset_group_name")]
            stem = " ".join(part for part in parts if part)
            is_alone = totals[order.submission] == 1
            wanted = [order.submission[0]] if is_alone else [stem] if parts[1] else []
            tries = chain(wanted, (f"{stem} {number}" for number in count(numbers.get(stem, 0) + 1)))
            name = next(text for text in tries if text and text not in taken)
            numbers[stem] = numbers.get(stem, 0) + 1
            taken.add(name)
        names.append(name)
    return names


def _draft(reader: Reader, order: _Order, name: str, rulebook: Rulebook) -> Draft:
    row = order.rows[0]
    texts = {"uuid": reader.get(row, "uuid"), "name": name}
    texts |= {field: reader.get(row, field) for field in (*_REQUIRED, "asset_group_name", "comments")}
    body: dict[str, Value] = {field: text for field, text in texts.items() if text}
    assets = _assets(reader, order)
    if assets:
        body["assets"] = list(assets)
    options = _options(reader, row)
    if options:
        body["request_options"] = options
    places = {"name": "order", "request_options": "template"}
    _check(reader, row, "order", body, places, rulebook)
    return Draft("order", body, is_checked=True)


def _assets(reader: Reader, order: _Order) -> list[str]:
    """The assets of all rows, in order: by name, or as wells `PLATE:WELL` of a plate."""
    found: dict[str, int] = {}
    for row in order.rows:
        for name in _assets_of(reader, row):
            if found.setdefault(name, row.number) != row.number:
                message = f"the asset {shorten(name)} is in row {found[name]} of this order already"
                reader.report(row, "assets" if reader.get(row, "assets") else "plate", "duplicate_item", message)
    return list(found)


def _assets_of(reader: Reader, row: Row) -> list[str]:
    names = split_cell(reader.get(row, "assets"))
    plate, wells = reader.get(row, "plate"), split_cell(reader.get(row, "well"))
    if wells and not plate:
        reader.report(row, "well", "required_field", "there is a plate well without the barcode of its plate")
    if names and plate:
        message = "assets cannot come from asset names and from a barcode at once: give one of them"
        reader.report(row, "plate", "conflicting_fields", message)
    return names or ([f"{plate}:{well}" for well in wells] or [plate] if plate else [])


def _options(reader: Reader, row: Row) -> dict[str, Value]:
    """The request options of a row, nested as descriptions have them; none is both a value and has parts."""
    said = {name: index for name, index in _options_in(reader) if cell(row, index)}
    nested: dict[str, Value] = {}
    for name, index in said.items():
        *parents, last = name.split(".")
        above = next((of for of in accumulate(parents, "{}.{}".format) if of in said), None)
        if above is not None:
            _report_parts(reader, row, said[above], index)
            continue
        place: Any = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = cell(row, index)
    return nested


def _report_parts(reader: Reader, row: Row, above: int, part: int) -> None:
    whole, inner = (elide(reader.sheet.headings[of]) for of in (above, part))
    message = f"{inner} is a part of {whole}, which is {shorten(cell(row, above))} here: leave one of them empty"
    reader.problems.append(at(reader.sheet, row, part, "conflicting_fields", message))


def _check(
    reader: Reader, row: Row, kind: str, body: Mapping[str, Value], places: Mapping[str, str], rulebook: Rulebook
) -> None:
    """Report what is wrong with a body at the cells that it came from; what is missing was reported before."""
    _, findings = check_body(rulebook.shape(kind), dict(body), SUGGESTIONS - len(reader.problems))
    for finding in findings:
        if finding.code != "required_field":
            name = str(finding.path[0]) if finding.path else ""
            reader.report(row, places.get(name, name), finding.code, finding.message)


def _submissions(
    reader: Reader, orders: Sequence[_Order], drafts: Sequence[Draft], rulebook: Rulebook
) -> Iterator[Draft]:
    members: dict[tuple[str, str], list[int]] = {}
    for index, order in enumerate(orders):
        members.setdefault(order.submission, []).append(index)
    for (name, uuid), indices in members.items():
        if not name and not uuid:
            continue
        rows = [row for index in indices for row in orders[index].rows]
        listed: list[Value] = [_reference(drafts[index]) for index in indices]
        texts = {"uuid": uuid, "name": name, "priority": _priority(reader, rows)}
        body: dict[str, Value] = {field: text for field, text in texts.items() if text}
        _check(reader, rows[0], "submission", body, {"name": "submission", "uuid": "submission_uuid"}, rulebook)
        body["orders"] = listed  # which were checked as orders
        yield Draft("submission", body, is_checked=True)


def _reference(order: Draft) -> str:
    return str(order.body.get("name") or order.body["uuid"])


def _priority(reader: Reader, rows: Sequence[Row]) -> str:
    """The priority of a submission: all its rows say the same, or nothing."""
    said = {reader.get(row, "priority"): row for row in reversed(rows) if reader.get(row, "priority")}
    if len(said) > 1:
        row = max(said.values(), key=lambda of: of.number)
        message = f"the priority differs within the submission: {', '.join(sorted(said))}"
        reader.report(row, "priority", "conflicting_fields", message)
    return next(iter(said), "")
