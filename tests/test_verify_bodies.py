"""What verify asks of a record's body: every field that seqmeta itself always writes, each in the shape it has there.

The records are those of a laboratory that uses everything once; what is taken from one, or put in otherwise, is
well made in all else, and a command that read it would fail over it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import RUN_ID, SAMPLES, biosamples, library_of, run_of
from ordering import OPTIONS, OrderLab, building, order, progress, submission
from storing import git

from seqmeta.canonical import digest
from seqmeta.kinds import load_kinds
from seqmeta.verification.bodies import find_misfits

NAMELESS = "22222222-3333-4444-5555-0000000000aa"
RULES = {
    "coverage": {"type": "float", "allowed": ["1.5", "2"], "default": "1.5"},
    "volume": {"type": "float", "min": "0.5", "max": "10"},
    "is_urgent": {"type": "boolean", "default": "false"},
    "lanes": {"type": "integer", "min": 1, "default": 1},
}
TYPES = {"Everything": {"options": RULES, "price": "12.50", "multiplier_option": "lanes", "pooling": "order"}}
MORE = [
    {"order_template": {"name": "All", "request_types": ["Everything"], "superseded_by": "Simple"}},
    {"order_template": {"name": "Whole", "request_types": ["Everything", "Quality control"]}},
    {"asset_group": {"name": "Plate", "study": "Cohort", "assets": ["tube2", "filled"]}},
    {"assets": [{"name": "bare"}, {"name": "filled", "barcode": "NT1", "biosamples": list(SAMPLES)}]},
    biosamples(*SAMPLES),
    {"biosample": {"central_sample_id": "dated", "collection_date": "2020-03-19", "metadata": {"a": {"b": "c"}}}},
]
ORDERS = [
    order("pooled", template="Whole", assets=["filled", "bare"], request_options={"volume": "2.5"}),
    order("grouped", assets=None, asset_group="Plate", project="Other project"),
    order("mixed", template="Multiplexed", request_options=OPTIONS),
    order("mixed too", template="Multiplexed", assets=["tube3"], study="Other study", project="Other project"),
    order("early", assets=None, request_options=None),
    order("hopeful", assets=None, asset_group_name="later", comments="a\nb"),
    order("given up", assets=["tube4"], withdrawn=True),
    order(None, uuid=NAMELESS, assets=["tube5"]),
]
SUBMISSIONS = [
    submission("pooled", name="s1", priority=2),
    submission("grouped", name="s2"),
    submission("mixed", "mixed too", name="s3"),
    building(NAMELESS, name=None, uuid=NAMELESS[:-1] + "b"),
    {"submission": {"name": "empty"}},
]
TIMES = {"start_time": "2020-03-22 10:05", "end_time": "2020-03-23T10:05:00.25Z"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> OrderLab:
    """A laboratory with every kind of record, in every state."""
    lab = OrderLab(tmp_path_factory.mktemp("bodies") / "lab", unregistered_biosamples="stub")
    lab.stock(*MORE, **TYPES)
    lab.good(*ORDERS, *SUBMISSIONS)
    requests = [request["uuid"] for request in lab.body("submission", "s1")["requests"]]
    happened = [{"request": requests[0], "event": event, "at": "2020-03-22 10:05"} for event in ("start", "pass")]
    cancelled = {**SUBMISSIONS[1]["submission"], "cancel": True}
    samples = [{"central_sample_id": "stub", "sequencing_org_received_date": "2020-03-21"}, *SAMPLES]
    lab.good(
        *ORDERS,
        SUBMISSIONS[0],
        {"submission": cancelled},
        *SUBMISSIONS[2:],
        progress(*happened),
        library_of(library_name="alone", biosamples=samples),
        run_of(requests=requests[:1], study="Cohort", **TIMES),
    )
    assert lab.call("verify")[0] == 0
    return lab


def bodies(lab: OrderLab) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((kind, record[kind]) for kind in load_kinds() for record in lab.list_records(kind))


def places(value: Any, *, within: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all that is in a body, from its fields inwards."""
    if isinstance(value, dict | list):
        for key, of in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*within, key)
            yield from places(of, within=(*within, key))


def changed(body: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of a body with another value at a place; `...` takes away what is there."""
    copy: Any = json.loads(json.dumps(body))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return dict(copy)


def at(body: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        body = body[key]
    return body


def misfits(kind: str, body: dict[str, Any]) -> list[str]:
    return list(find_misfits(kind, body))


ALWAYS = {
    "study": {"uuid", "name"},
    "project": {"uuid", "name"},
    "biosample": {"uuid", "central_sample_id"},
    "asset": {"uuid", "name"},
    "asset_group": {"uuid", "name", "study", "assets"},
    "request_type": {"uuid", "name"},
    "order_template": {"uuid", "name", "request_types"},
    "order": {"uuid", "state", "template", "project", "study", "assets", "request_types", "request_options"},
    "submission": {"uuid", "state", "orders", "requests", "priority"},
    "progress": {"uuid", "submission", "state", "requests", "percent"},
    "library": {
        *("uuid", "library_name", "biosamples"),
        *("library_layout_config", "library_seq_kit", "library_seq_protocol"),
    },
    "sequencing_run": {"uuid", "sequencing_id", "instrument_make", "library", "requests"},
}
REQUEST = {
    *("uuid", "request_type", "orders", "study", "project", "upstream", "options", "initial_state", "billable"),
}


def test_every_field_that_all_records_of_a_kind_have_is_asked_for(lab):
    for kind, body in bodies(lab):
        assert misfits(kind, body) == []
        for name in ALWAYS[kind]:
            assert misfits(kind, changed(body, (name,), ...)) == [f"{name}: it is missing"], kind


def test_every_field_of_a_request_is_asked_for(lab):
    seen = set()
    for body in (body for kind, body in bodies(lab) if kind == "submission"):
        for number, request in enumerate(body["requests"]):
            for name in REQUEST | ({"asset", "pool"} & request.keys()):
                seen.add(name)
                (said,) = misfits("submission", changed(body, ("requests", number, name), ...))
                assert re.fullmatch(rf"requests\.{number}\.({name}|asset): it is missing.*", said)
    assert seen == REQUEST | {"asset", "pool"}


def test_a_request_of_an_asset_and_a_pool(lab):
    body = lab.body("submission", "s1")
    both = changed(body, ("requests", 0, "pool"), body["requests"][0]["asset"])
    assert misfits("submission", both) == ["requests.0.pool: it has an asset already"]


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= {"uuid", "name", "central_sample_id"} and "uuid" in value


def test_a_reference_is_a_mapping_with_uuid_and_name(lab):
    seen = set()
    for kind, body in bodies(lab):
        for place in places(body):
            value = at(body, place)
            if not is_reference(value) or "metadata" in place:
                continue
            seen.add((kind, *(key for key in place if type(key) is str)))
            assert misfits(kind, changed(body, place, value["uuid"])), (kind, place)
            assert misfits(kind, changed(body, (*place, "uuid"), ...)), (kind, place)
            assert misfits(kind, changed(body, (*place, "nope"), "x")), (kind, place)
            names = value.keys() - {"uuid"}
            is_anonymous = place[0] in {"submission", "orders", "supersedes"} or place == ("order",)
            for name in names if not is_anonymous else ():
                assert misfits(kind, changed(body, (*place, name), ...)), (kind, place)
    assert {
        ("asset", "biosamples"),
        ("asset_group", "study"),
        ("asset_group", "assets"),
        ("asset_group", "order"),
        ("order_template", "request_types"),
        ("order_template", "superseded_by"),
        ("order", "template"),
        ("order", "project"),
        ("order", "study"),
        ("order", "assets", "biosamples"),
        ("order", "asset_group"),
        ("order", "submission"),
        ("submission", "orders"),
        ("submission", "requests", "request_type"),
        ("submission", "requests", "study"),
        ("submission", "requests", "project"),
        ("submission", "requests", "asset"),
        ("submission", "requests", "pool"),
        ("progress", "submission"),
        ("library", "biosamples"),
        ("sequencing_run", "library"),
        ("sequencing_run", "study"),
    } <= seen


NO_DECIMALS = ["abc", "", "1e5", "1,5", "NaN", "Infinity", " 1", "1.", "1" * 101]


@pytest.mark.parametrize("value", NO_DECIMALS)
def test_a_price_is_decimal_text(lab, value):
    body = lab.body("request_type", "Everything")
    assert misfits("request_type", changed(body, ("price",), value)) == ["price: expected decimal text"]
    sealed = lab.body("submission", "s1")
    said = "requests.0.price: expected decimal text"
    assert misfits("submission", changed(sealed, ("requests", 0, "price"), value)) == [said]


@pytest.mark.parametrize("value", NO_DECIMALS)
@pytest.mark.parametrize(
    "place", [("coverage", "allowed", 1), ("coverage", "default"), ("volume", "min"), ("volume", "max")]
)
def test_the_rules_of_a_decimal_option_are_decimal_text(lab, place, value):
    said = f"{'.'.join(map(str, place))}: expected decimal text"
    body = lab.body("request_type", "Everything")
    assert misfits("request_type", changed(body, ("options", *place), value)) == [f"options.{said}"]
    taken = lab.body("order", "pooled")
    found = misfits("order", changed(taken, ("request_types", 0, "options", *place), value))
    assert found == [f"request_types.0.options.{said}"]


@pytest.mark.parametrize("of_type", ["string", "boolean"])
def test_bounds_of_an_option_that_has_none(lab, of_type):
    body = lab.body("request_type", "Quality control")
    wrong = {**body, "options": {"a": {"type": of_type, "min": "a"}}}
    assert misfits("request_type", wrong) == ["options.a.min: its schema has no such field"]


@pytest.mark.parametrize("value", ["2020-99-99", "2021-02-29", "0000-01-01", "2020-3-1", "2020-03-19T00:00:00Z"])
def test_a_date_is_one_of_the_calendar(lab, value):
    said = "collection_date: expected a date"
    assert misfits("biosample", changed(lab.body("biosample", "dated"), ("collection_date",), value)) == [said]
    place = ("biosamples", 0, "sequencing_org_received_date")
    said = "biosamples.0.sequencing_org_received_date: expected a date"
    assert misfits("library", changed(lab.body("library", "alone"), place, value)) == [said]


@pytest.mark.parametrize(
    "value",
    [
        *("2020-99-99T10:05:00Z", "2021-02-29T10:05:00Z", "2020-03-22T24:00:00Z", "2020-03-22T10:60:00Z"),
        *("2020-03-22T10:05:60Z", "2020-03-22T10:05:00+00:00", "2020-03-22", "2020-03-22T10:05:00.Z"),
    ],
)
def test_a_time_is_one_of_the_clock(lab, value):
    said = "start_time: expected a time in UTC"
    assert misfits("sequencing_run", changed(lab.body("sequencing_run", RUN_ID), ("start_time",), value)) == [said]
    (body,) = [of["progress"] for of in lab.list_records("progress") if of["progress"]["percent"] > 0]
    uuid = next(uuid for uuid, of in body["requests"].items() if of["events"])
    found = misfits("progress", changed(body, ("requests", uuid, "events", 0, "at"), value))
    assert found == [f"requests.{uuid}.events.0.at: expected a time in UTC"]


@pytest.mark.parametrize(
    "kind, name, field", [("order_template", "All", "request_types"), ("library", "alone", "biosamples")]
)
def test_a_list_that_no_description_may_leave_empty(lab, kind, name, field):
    assert misfits(kind, changed(lab.body(kind, name), (field,), [])) == [f"{field}: it is empty"]


def by_hand(lab: OrderLab, kind: str, name: str, body: dict[str, Any]) -> tuple[Path, bytes]:
    """Write a record by hand, well made but for its body; returns where, and what was there."""
    record = lab.record(kind, name)
    (path,) = lab.records.glob(f"*/*/{record[kind]['uuid']}.json")
    before = path.read_bytes()
    record[kind] = body
    record["meta"] |= {"digest": digest(body), "version": record["meta"]["version"] + 1}
    path.write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    git(lab.records, "commit", "-qam", "By hand")
    return path, before


@pytest.mark.parametrize(
    "kind, name, place, value, said",
    [
        ("order", "early", ("assets",), ..., "assets: it is missing"),
        ("order", "early", ("state",), ..., "state: it is missing"),
        ("order", "early", ("template",), "uuid", "template: expected a reference"),
        ("order", "given up", ("study", "name"), ..., "study.name: it is missing"),
        ("submission", "empty", ("priority",), ..., "priority: it is missing"),
        ("submission", "empty", ("requests",), ..., "requests: it is missing"),
        ("sequencing_run", RUN_ID, ("library",), ..., "library: it is missing"),
        ("sequencing_run", RUN_ID, ("library",), "uuid", "library: expected a reference"),
        ("asset", "filled", ("biosamples", 0), "uuid", "biosamples.0: expected a reference"),
        ("request_type", "Everything", ("price",), "abc", "price: expected decimal text"),
        ("biosample", "dated", ("collection_date",), "2020-99-99", "collection_date: expected a date"),
    ],
)
def test_verify_names_it_once(lab, kind, name, place, value, said):
    body = lab.body(kind, name)
    head = lab.head()
    path, _ = by_hand(lab, kind, name, changed(body, place, at(body, place)["uuid"] if value == "uuid" else value))
    try:
        code, out, _ = lab.call("verify", "--format", "json")
        found = [(of["code"], of["message"]) for of in json.loads(out)["findings"]]
        malformed = [message for code, message in found if code == "malformed_record"]
        assert (code, malformed) == (1, [f"{path.relative_to(lab.records)}: {kind}.{said}"])
    finally:
        git(lab.records, "reset", "-q", "--hard", head)
