"""The orders of a submission to what is wrong with them there: each complete, and all for identical work.

An order that is not described any more is recorded as its sources were once; it is compared as it would be sealed now.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from seqmeta.options import flatten
from seqmeta.orders import derive_anew, doubtful_fields, find_missing
from seqmeta.records import Body
from seqmeta.step import Step
from seqmeta.values import as_text, elide, list_few, shorten


def find_faults(step: Step, orders: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Find what is wrong with the orders of a submission: the UUID of the order, code and message.

    One of which it cannot be told what it is to be is left out: a finding says why.
    """
    known = (order for order in orders if not is_order_untold(step, order))
    bodies = [body for body in map(step.body, known) if body is not None]
    first = _as_sealed(step, bodies[0]) if bodies else {}
    for number, body in enumerate(bodies):
        faults = chain(_faults_of_order(step, body), _faults_beside(step, first, body) if number else ())
        yield from ((body["uuid"], code, message) for code, message in faults)


def is_order_untold(step: Step, order: str) -> bool:
    """Whether the description of an order has problems, its own or with what it names, that leave it without a body."""
    has_no_body = bool(step.set_aside) and order in step.described and order not in step.bodies
    return has_no_body or step.is_doubtful("order", order)


def _called(step: Step, order: Body) -> str:
    return shorten(step.name("order", order["uuid"]) or order["uuid"])


def _faults_of_order(step: Step, body: Body) -> Iterator[tuple[str, str]]:
    name = _called(step, body)
    if body["state"] == "withdrawn" or body.get("withdrawn"):
        yield "not_applicable", f"the order {name} is withdrawn: take it out, or take its withdrawal back"
    missing = list(find_missing(body))
    is_doubtful = doubtful_fields(step, body) if missing else bool
    for field in missing:
        if not is_doubtful(field):
            yield "order_incomplete", f"the order {name} is not complete: {field} is missing"
    group = _moved_group(step, body)
    if group is not None:
        yield "asset_group_conflict", f"the order {name} has the asset group {group}: move it back"


def _moved_group(step: Step, body: Body) -> str | None:
    """Name an order's group that has come into another study: an order takes those of its own."""
    now = step.body(body.get("asset_group", {}).get("uuid", ""))
    if now is None or now.get("study", body["study"])["uuid"] == body["study"]["uuid"]:
        return None
    return f"{shorten(now['name'])}, which is one of the study {shorten(now['study']['name'])} now"


def _faults_beside(step: Step, first: Body, body: Body) -> Iterator[tuple[str, str]]:
    """Find where an order is for other work than the first one of its submission."""
    other = _as_sealed(step, body)
    differences = list(_differences(first, other))
    doubts = [doubtful_fields(step, of) for of in (first, other)] if differences else []
    for field, one, two in differences:
        if not any(is_doubtful(field) for is_doubtful in doubts):
            message = f"the orders {_called(step, first)} and {_called(step, other)} are not for identical work"
            yield "orders_incompatible", f"{message}: {field} is {one} in the first and {two} in the second"


def _as_sealed(step: Step, body: Body) -> Body:
    """An order as it would be sealed: one that is not described, and not sealed in this step, has to be derived so."""
    if body["uuid"] in step.described or body["state"] == "sealed":
        return body
    return {**body, **derive_anew(step, body)[0]}


def _differences(first: Body, other: Body) -> Iterator[tuple[str, str, str]]:
    """Find where two orders are for other work: request types, and effective options."""
    types = [[of["uuid"] for of in body["request_types"]] for body in (first, other)]
    if types[0] != types[1]:
        yield "request_types", _type_names(first), _type_names(other)
    options = [flatten(body["request_options"]) for body in (first, other)]
    for name in sorted(options[0].keys() | options[1].keys()):
        one, two = (of.get(name) for of in options)
        if type(one) is not type(two) or one != two:
            yield f"request_options.{name}", *_write_apart(one, two)


def _type_names(body: Body) -> str:
    return list_few(of["name"] for of in body["request_types"])


def _write_apart(one: object, two: object) -> tuple[str, str]:
    """Write two values that differ; where they would look the same, text is quoted."""
    texts = _written(one), _written(two)
    return texts if texts[0] != texts[1] else (_quoted(one), _quoted(two))


def _quoted(value: object) -> str:
    return shorten(value) if isinstance(value, str) else _written(value)


def _written(value: object) -> str:
    return "not given" if value is None else elide(as_text(value))
