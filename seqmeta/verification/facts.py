"""The bytes of one record to what the rest of a verification needs to know of it, and what is wrong in itself.

Each distinct content is looked at once, however many commits have it. What a record says of orders, submissions,
progress and runs is kept; all else is reduced to its digest.
"""

import hashlib
from collections.abc import Iterable, Mapping
from sys import intern
from typing import Any, NamedTuple

from seqmeta.canonical import canonical_bytes_of_parsed, digest_of_parsed, parse_record
from seqmeta.errors import CorruptRecordError
from seqmeta.kinds import load_kinds
from seqmeta.records import bring_body_forward
from seqmeta.seals import seal_root
from seqmeta.verification.bodies import find_misfits
from seqmeta.verification.references import add_references
from seqmeta.verification.shapes import ShapeError, mapping_at, text_at, uuid_of, uuids_at

Fault = tuple[str, str]
"""Code and message of what is wrong in one record."""

STATES = {
    "order": ("building", "locked", "sealed", "withdrawn"),
    "submission": ("building", "ready"),
    "progress": ("ready", "cancelled"),
}

_META = {"digest", "schema", "version"}

FIXED_IN_ORDERS = ("template", "project", "study")
"""What an order keeps from its first record on (CONTRACT 2.2)."""

SAID_OF_ORDERS = ("name", "comments")
"""What an order keeps as long as it stays in a submission; what else it has follows templates, types and assets too."""


class OrderFacts(NamedTuple):
    """An order's state, the submission that it is in, its asset group, and what of it may never change.

    `said` is a hash, of this process, of what its description alone says, which follows no source.
    """

    state: str
    submission: str | None
    group: str | None
    fixed: tuple[str | None, ...]
    said: int


class SubmissionFacts(NamedTuple):
    """A submission's orders and requests; of a submitted one also the seal's root and the digests of its orders.

    `requests` has the 16 bytes of each request's UUID, `pools` those of each pool's, `request_set` is as of `hash_set`:
    there may be millions.
    """

    sealed: bool
    orders: tuple[str, ...]
    requests: bytes
    pools: bytes
    request_set: bytes
    root: str | None
    digests: Mapping[str, str]


class ProgressFacts(NamedTuple):
    """The submission that a progress record reports on, and which requests (`hash_set`)."""

    submission: str
    request_set: bytes


class RunFacts(NamedTuple):
    """The sealed requests that a sequencing run fulfils."""

    requests: tuple[str, ...]


Detail = OrderFacts | SubmissionFacts | ProgressFacts | RunFacts


class RecordFacts(NamedTuple):
    """One content of a record; `kind`, `uuid`, `digest` are empty and `version` 0 where it cannot be read."""

    kind: str
    uuid: str
    version: int
    digest: str
    detail: Detail | None
    faults: tuple[Fault, ...]
    schema: int = 0
    """Which of its kind's schemas it is written in, from 1; 0 where that is none that is known."""
    named: int = 0
    """A hash, of this process, of its kind and name, and of what it is named within; 0 where it has none."""


def inspect_record(data: bytes, mentioned: set[tuple[str, str]]) -> RecordFacts:
    """Look at the bytes of a record; what it names is added to `mentioned` as kind and UUID."""
    try:
        record = parse_record(data, "record")
        kind = _read_kind(record)
        body = mapping_at(record, kind)
        meta = mapping_at(record, "meta")
    except CorruptRecordError as error:
        return RecordFacts("", "", 0, "", None, (("not_canonical", str(error).removeprefix("record")),))
    except ShapeError as error:
        return RecordFacts("", "", 0, "", None, (("wrong_envelope", f": {error}"),))
    actual = digest_of_parsed(body)
    schemas = load_kinds()[kind].schemas
    faults = _check_meta(meta, schemas, actual)
    detail, uuid, named = None, "", None
    schema = schemas.index(meta["schema"]) + 1 if meta.get("schema") in schemas else 0
    try:
        uuid = uuid_of(body.get("uuid"), "uuid")
        present = _bring_forward(kind, body, schema)
        named = _name(kind, present)
        add_references(kind, present, mentioned)
        faults += [("malformed_record", f": {kind}.{misfit}") for misfit in find_misfits(kind, present) if schema]
        detail = _read_detail(kind, present, body, faults)
    except (ShapeError, CorruptRecordError) as error:
        if all(code != "malformed_record" for code, _ in faults):  # else it is said already
            faults.append(("malformed_record", f": {kind}.{error}"))
    version = meta.get("version")
    number = version if type(version) is int else 0
    return RecordFacts(kind, uuid, number, actual, detail, tuple(faults), schema, hash(named) if named else 0)


def read_name(data: bytes) -> tuple[str, str, str] | None:
    """Read kind and name of a record that could be inspected, and the UUID of what it is named within."""
    record = parse_record(data, "record")
    kind = _read_kind(record)
    schemas, said = load_kinds()[kind].schemas, record["meta"]["schema"]
    return _name(kind, _bring_forward(kind, record[kind], schemas.index(said) + 1 if said in schemas else 0))


def _bring_forward(kind: str, body: Mapping[str, Any], schema: int) -> Mapping[str, Any]:
    schemas = load_kinds()[kind].schemas
    return bring_body_forward(kind, schemas[schema - 1], body, "it") if 0 < schema < len(schemas) else body


def _name(kind: str, body: Mapping[str, Any]) -> tuple[str, str, str] | None:
    of = load_kinds()[kind]
    name, within = body.get(of.named_by), body.get(of.named_within) if of.named_within else ""
    if type(within) is dict:
        within = within.get("uuid")
    return (kind, within, name) if type(name) is str and type(within) is str else None


def _read_kind(record: Mapping[str, Any]) -> str:
    kinds = [key for key in record if key != "meta"]
    if len(kinds) != 1 or kinds[0] not in load_kinds() or "meta" not in record:
        raise ShapeError(f"expected `meta` and one kind, found {', '.join(map(repr, record)) or 'nothing'}")
    return kinds[0]


def hash_set(uuids: Iterable[str]) -> bytes:
    """Hash a set of UUIDs, so that two of any size can be compared."""
    return hashlib.sha256("\n".join(sorted(uuids)).encode()).digest()


def _check_meta(meta: Mapping[str, Any], schemas: tuple[str, ...], actual: str) -> list[Fault]:
    faults = []
    if meta.keys() != _META:
        faults.append(("wrong_envelope", f": meta has {', '.join(map(repr, meta))}, expected digest, schema, version"))
    if meta.get("digest") != actual:
        faults.append(("wrong_digest", f": its digest is {actual}, not {meta.get('digest')}"))
    if meta.get("schema") not in schemas:
        known = " or ".join(map(repr, schemas))
        faults.append(("unknown_schema", f": {meta.get('schema')!r} is not a known schema: expected {known}"))
    version = meta.get("version")
    if type(version) is not int or version < 1:
        faults.append(("wrong_version", f": {version!r} is not a version: expected 1 or more"))
    return faults


def _read_detail(kind: str, body: Mapping[str, Any], stored: Mapping[str, Any], faults: list[Fault]) -> Detail | None:
    """Read what rules depend on; a seal is over the body as it is stored, all else is read in the present schema."""
    states = STATES.get(kind)
    if states and text_at(body, "state") not in states:
        faults.append(("state_mismatch", f": {body['state']!r} is not a state: expected {', '.join(states)}"))
    if kind == "order":
        fixed = tuple(_uuid_or_none(body, key) for key in FIXED_IN_ORDERS)
        submission, group = _uuid_or_none(body, "submission"), _uuid_or_none(body, "asset_group")
        return OrderFacts(
            body["state"], submission, group, fixed, hash(tuple(str(body.get(key)) for key in SAID_OF_ORDERS))
        )
    if kind == "submission":
        return _read_submission(body, stored, faults)
    if kind == "progress":
        requests = hash_set(mapping_at(body, "requests"))
        return ProgressFacts(uuid_of(body.get("submission"), "submission"), requests)
    if kind == "sequencing_run" and text_at(body, "sequencing_id") != body["uuid"]:
        faults.append(("malformed_record", f": {kind}.sequencing_id: expected its uuid, {body['uuid']}"))
    if kind == "sequencing_run" and body.get("requests") is not None:
        return RunFacts(uuids_at(body, "requests"))
    return None


def _uuid_or_none(body: Mapping[str, Any], key: str) -> str | None:
    return None if body.get(key) is None else intern(uuid_of(body[key], key))


def _read_submission(body: Mapping[str, Any], stored: Mapping[str, Any], faults: list[Fault]) -> SubmissionFacts:
    orders = uuids_at(body, "orders")
    requests = uuids_at(body, "requests")
    sealed = body["state"] == "ready"
    if sealed != ("seal" in body):
        what = "without a seal" if sealed else "with a seal"
        faults.append(("state_mismatch", f": a submission that is {body['state']} {what}"))
    if sealed != bool(requests):
        what = "without requests" if sealed else "with requests"
        faults.append(("state_mismatch", f": a submission that is {body['state']} {what}"))
    pools = {uuid_of(request["pool"], "pool") for request in body["requests"] if "pool" in request}
    packed, hashed = _pack(requests), hash_set(set(requests))
    if "seal" not in body:
        return SubmissionFacts(sealed, orders, packed, _pack(sorted(pools)), hashed, None, {})
    seal = mapping_at(body, "seal")
    digests = mapping_at(seal, "orders")
    root = text_at(seal, "root")
    _check_seal(stored, orders, digests, root, faults)
    _check_requests(body["requests"], orders, requests, faults)
    return SubmissionFacts(sealed, orders, packed, _pack(sorted(pools)), hashed, root, digests)


def _pack(uuids: Iterable[str]) -> bytes:
    return bytes.fromhex("".join(uuids).replace("-", ""))


def _check_seal(
    body: Mapping[str, Any], orders: tuple[str, ...], digests: Mapping[str, Any], root: str, faults: list[Fault]
) -> None:
    if set(body["seal"]) != {"orders", "root"}:
        faults.append(("wrong_envelope", ": the seal has other parts than orders and root"))
    if not orders or len(set(orders)) != len(orders) or set(orders) != set(digests):
        faults.append(("order_sequence", ": the seal covers other orders than the submission has"))
        return
    pairs = [(uuid, digests[uuid]) for uuid in orders]
    computed = seal_root(body, pairs, body["requests"], canonical_bytes_of_parsed)
    if computed != root:
        faults.append(("root_mismatch", f": the seal's root is {root}, its content gives {computed}"))


def _check_requests(requests: list[Any], orders: tuple[str, ...], uuids: tuple[str, ...], faults: list[Fault]) -> None:
    """Report requests that do not belong together; each is known to be a mapping (`add_references`)."""
    known, covered = set(uuids), set(orders)
    if len(known) != len(uuids):
        faults.append(("request_set_changed", ": a request stands twice in its submission"))
    for request in requests:
        if _names_only(request.get("orders"), covered) and _names_only(request.get("upstream"), known):
            continue
        if not set(uuids_at(request, "orders")) <= covered:
            faults.append(("request_set_changed", f": request {request['uuid']} is of an order of no such submission"))
        if not set(uuids_at(request, "upstream")) <= known:
            faults.append(("request_set_changed", f": request {request['uuid']} has upstream in no such submission"))


def _names_only(value: Any, known: set[str]) -> bool:
    """Whether a value is plainly a list of such UUIDs; if it is not, it is looked at more closely."""
    return type(value) is list and all(type(item) is str and item in known for item in value)
