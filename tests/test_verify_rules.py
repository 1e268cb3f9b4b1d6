"""Rules of history that no seal covers: reports are appended to, orders keep what they are for."""

import subprocess

import pytest
from honest_store import build_store, order_uuid, path_of, render, submission_uuid, uuid_of
from verifying import codes, found, judge

from seqmeta.verification.bodies import find_misfits
from seqmeta.verification.facts import RecordFacts
from seqmeta.verification.rules import judge_step

PROGRESS = uuid_of("progress", submission_uuid(1))
PATH = path_of("progress", PROGRESS)
START = {"number": 0, "event": "start", "from": "pending", "to": "started"}
PASS = {"number": 1, "event": "pass", "from": "started", "to": "passed"}


@pytest.fixture
def store(tmp_path):
    return build_store(tmp_path / "records", submissions=1)


def report(store, events):
    body = store.bodies["progress", PROGRESS]
    first = min(body["requests"])
    state = events[-1]["to"] if isinstance(events, list) and events else "pending"
    requests = body["requests"] | {first: {"state": state, "events": events}}
    percent = 100 * (state == "passed") // len(requests)
    store.put("progress", body | {"requests": requests, "percent": percent})
    return store.commit()


def test_events_are_appended(store):
    report(store, [START])
    report(store, [START, PASS])
    assert judge(store).findings == ()


def test_a_state_that_no_event_brought_about(store):
    body = store.bodies["progress", PROGRESS]
    requests = {uuid: {"state": "passed", "events": []} for uuid in body["requests"]}
    store.put("progress", body | {"requests": requests, "percent": 100})
    store.commit()
    assert [f.object for f in found(judge(store), "state_mismatch")] == [PATH]


def test_a_percentage_that_is_not_that_of_the_requests(store):
    store.put("progress", store.bodies["progress", PROGRESS] | {"percent": 50})
    store.commit()
    assert [f.object for f in found(judge(store), "state_mismatch")] == [PATH]


@pytest.mark.parametrize(
    "event",
    [
        PASS | {"number": 0},
        START | {"number": 1},
        START | {"to": "passed"},
        START | {"from": "hold"},
        {"event": "cancel", "from": "pending", "to": "cancelled", "cause": PROGRESS},
        START | {"event": "celebrate"},
    ],
    ids=repr,
)
def test_an_event_that_no_run_would_have_recorded(store, event):
    report(store, [event])
    assert [f.object for f in found(judge(store), "state_mismatch")] == [PATH]


@pytest.mark.parametrize("events", [[], [PASS], [PASS, START], [START | {"by": "x"}, PASS], None, "text"], ids=repr)
def test_an_event_that_was_recorded_may_not_change_or_go(store, events):
    report(store, [START, PASS][: 1 + (events == [PASS, START])])
    commit = report(store, events)
    assert [(f.object, f.commit) for f in found(judge(store), "event_changed")] == [(PATH, commit)]


@pytest.mark.parametrize("field, kind", [("study", "study"), ("project", "project"), ("template", "order_template")])
def test_what_an_order_is_for_cannot_change(store, field, kind):
    other = store.thing(kind, "Another")
    body = store.bodies["order", order_uuid("loose")]
    store.put("order", body | {field: {"uuid": other, "name": "Another"}})
    commit = store.commit()
    finding = found(judge(store), "cannot_change")[0]
    assert (finding.object, finding.commit) == (path_of("order", order_uuid("loose")), commit)
    assert field in finding.message


@pytest.mark.parametrize("field", ["name", "comments"])
@pytest.mark.parametrize("is_sealed", [False, True])
def test_what_an_order_in_a_submission_says_cannot_change_while_it_stays_there(store, field, is_sealed):
    order, building = order_uuid("loose"), uuid_of("submission", "Submission building")
    store.put("order", {**store.bodies["order", order], field: "by hand"})
    if field == "name":
        named = [{"uuid": order, "name": "by hand"}]
        store.put("submission", {**store.bodies["submission", building], "orders": named})
    if is_sealed:
        store.submit(building)
    commit = store.commit()
    (finding,) = judge(store).findings
    assert (finding.code, finding.object, finding.commit) == ("cannot_change", path_of("order", order), commit)
    assert "name and comments of an order cannot change while it stays in its submission" in finding.message


def test_an_order_may_change_when_it_leaves_its_submission_and_when_it_joins_one(store):
    order, building = order_uuid("loose"), uuid_of("submission", "Submission building")
    locked = store.bodies["order", order]
    left = {key: value for key, value in locked.items() if key != "submission"}
    for body, listed in (
        ({**left, "state": "building", "comments": "left"}, []),
        ({**locked, "comments": "joined"}, [{"uuid": order, "name": locked["name"]}]),
    ):
        store.put("order", body)
        store.put("submission", {**store.bodies["submission", building], "orders": listed})
        store.commit()
    assert judge(store).findings == ()


def test_a_renamed_study_is_no_change_of_its_orders(store):
    store.put("study", store.bodies["study", uuid_of("study", "Study 1")] | {"name": "Renamed"})
    body = store.bodies["order", order_uuid("loose")]
    store.put("order", body | {"study": body["study"] | {"name": "Renamed"}})
    store.commit()
    assert judge(store).findings == ()


def test_a_store_that_may_not_be_written_is_verified_as_well(store, tmp_path):
    """As on a read-only mount: nothing is written, not even a lock or a refreshed index."""
    other = store.copy_to(tmp_path / "copy")
    subprocess.run(["chmod", "-R", "a-w", str(other.path)], check=True)
    try:
        assert judge(other).findings == ()
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(other.path)], check=True)


def test_a_body_with_a_key_that_only_utf16_sorts_otherwise(store):
    """Digests are made over RFC 8785 order, files are sorted by code point."""
    metadata = {"tag": {"\U0001f600": "a", "\ufb33": "b"}}
    body = {"uuid": uuid_of("biosample", "2"), "central_sample_id": "2", "metadata": metadata}
    store.commit_files({path_of("biosample", body["uuid"]): render("biosample", body, 1)})
    assert judge(store).findings == ()


@pytest.mark.parametrize(
    "old, new, said",
    [
        ((2, 1, "a"), (3, 2, "b"), None),
        ((2, 1, "a"), (2, 2, "a"), None),  # brought forward, and reads the same
        ((2, 1, "a"), (3, 2, "a"), "version 3 follows version 2, and only its schema changes"),
        ((2, 2, "a"), (3, 1, "b"), "version 3 is of an older schema than version 2"),
        ((2, 1, "a"), (3, 1, "a"), "the file changes and its body does not"),
        ((2, 1, "a"), (4, 1, "b"), "version 4 follows version 2"),
    ],
)
def test_a_step_from_one_version_or_schema_to_the_next(old, new, said):
    """Each is version, number of the schema, digest; `tests/test_migrate.py` has such steps in a whole store."""
    before, after = (
        RecordFacts("study", "u", version, digest, None, (), schema) for version, schema, digest in (old, new)
    )
    findings = []
    judge_step(findings, "studies/x.json", "c" * 40, before, after)
    assert [finding.message for finding in findings] == ([] if said is None else [f"studies/x.json: {said}"])


@pytest.mark.parametrize(
    "kind, name, change, said",
    [
        ("biosample", "BIO-Tube 9", {"nope": "x"}, "biosample.nope: its schema has no such field"),
        ("biosample", "BIO-Tube 9", {"taxon_id": "abc"}, "biosample.taxon_id: expected a whole number"),
        ("biosample", "BIO-Tube 9", {"consent_withdrawn": 1}, "biosample.consent_withdrawn: expected true or false"),
        ("biosample", "BIO-Tube 9", {"collection_date": "soon"}, "biosample.collection_date: expected a date"),
        ("biosample", "BIO-Tube 9", {"central_sample_id": None}, "biosample.central_sample_id: expected text"),
        ("biosample", "BIO-Tube 9", {"central_sample_id": ...}, "biosample.central_sample_id: it is missing"),
        ("study", "Study 1", {"state": "asleep"}, "study.state: 'asleep' is not one of active, inactive"),
        ("progress", submission_uuid(1), {"events": []}, "progress.events: its schema has no such field"),
        ("study", "Study 1", {"stub": True}, "study.stub: its schema has no such field"),
        ("request_type", "Library creation", {"price": 7}, "request_type.price: expected decimal text"),
        ("biosample", "BIO-Tube 9", {"stub": True}, None),
        ("study", "Study 1", {"state": "inactive", "accession": "PRJ1"}, None),
    ],
)
def test_a_body_that_is_not_of_its_schema(store, kind, name, change, said):
    """Well made in all else: in canonical form, with its digest and the next version."""
    identity = uuid_of(kind, name)
    whole = {**store.bodies[kind, identity], **change}
    body = {key: value for key, value in whole.items() if value is not ...}
    path = path_of(kind, identity)
    commit = store.commit_files({path: render(kind, body, 2)})
    expected = [] if said is None else [("malformed_record", path, commit, f"{path}: {said}")]
    assert [(f.code, f.object, f.commit, f.message) for f in judge(store).findings] == expected


SAMPLE = {"uuid": "7", "central_sample_id": "S1"}
REQUEST = {
    "uuid": "7",
    "request_type": {"uuid": "7", "name": "Sequencing"},
    "orders": ["7"],
    "study": None,
    "project": None,
    "pool": {"uuid": "7", "name": "Order 1"},
    "upstream": [],
    "options": {"fragment_size": {"from": 100, "to": 200}, "cost": "1.5", "is_urgent": True},
    "initial_state": "blocked",
    "billable": True,
    "price": "7.00",
}
EVENT = {"number": 0, "event": "start", "from": "pending", "to": "started", "at": "2024-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "kind, field, good, wrong, said",
    [
        (
            "asset",
            "biosamples",
            [SAMPLE],
            [SAMPLE, SAMPLE | {"central_sample_id": None}],
            ".1.central_sample_id: expected text",
        ),
        ("asset_group", "study", {"uuid": "7", "name": "S"}, {"uuid": "7", "name": ["x"]}, ".name: expected text"),
        ("asset_group", "assets", [{"uuid": "7", "name": "T1"}], [{"name": "T1"}], ".0.uuid: it is missing"),
        ("library", "biosamples", [SAMPLE | {"barcode": "02"}], [SAMPLE | {"barcode": 2}], ".0.barcode: expected text"),
        ("library", "biosamples", [SAMPLE], [{"uuid": "7"}], ".0.central_sample_id: it is missing"),
        ("library", "biosamples", [SAMPLE], [SAMPLE | {"name": "x"}], ".0.name: its schema has no such field"),
        ("biosample", "metadata", {"a": {"uuid": "x"}}, {"a": {"uuid": 1}}, ".a.uuid: expected text"),
        ("biosample", "metadata", {"a": {}}, {"a": "x"}, ".a: expected a mapping"),
        ("sequencing_run", "requests", ["7"], [7], ".0: expected text"),
        ("request_type", "options", {"a.b": {"type": "integer", "allowed": [1]}}, {"a.b": {"type": "int"}}, None),
        ("request_type", "options", {}, {"a": {"allowed": ["1"]}}, ".a.type: it is missing"),
        (
            "request_type",
            "options",
            {"a": {"type": "float", "min": "0.5"}},
            {"a": {"type": "integer", "min": "1"}},
            None,
        ),
        ("request_type", "options", {}, {"a": {"type": "string", "allowed": [None]}}, None),
        ("order_template", "request_types", [{"uuid": "7", "name": "S"}], [None], ".0: expected a reference"),
        ("order_template", "request_options", {"a": {"b": 1}}, {"a": {"b": [1]}}, None),
        (
            "order",
            "assets",
            [{"uuid": "7", "name": "T", "biosamples": [SAMPLE]}],
            [{"uuid": "7"}],
            ".0.name: it is missing",
        ),
        ("order", "request_types", [{"uuid": "7", "name": "S", "options": {}}], [{"uuid": "7", "name": "S"}], None),
        ("submission", "requests", [REQUEST], [REQUEST | {"initial_state": "begun"}], None),
        ("submission", "requests", [REQUEST], [REQUEST | {"upstream": {}}], ".0.upstream: expected a list"),
        ("submission", "requests", [REQUEST], [{**REQUEST, "asset": 7}], ".0.asset: expected a reference"),
        ("submission", "seal", {"orders": {"7": "sha256:"}, "root": ""}, {"orders": {}}, ".root: it is missing"),
        (
            "progress",
            "requests",
            {"7": {"state": "started", "events": [EVENT]}},
            {"7": {"events": []}},
            ".7.state: it is missing",
        ),
        ("progress", "requests", {"7": {"state": "", "events": []}}, {"7": {"state": "", "events": None}}, None),
        ("progress", "requests", {}, {"7": {"state": "", "events": [EVENT | {"number": None}]}}, None),
        ("progress", "requests", {}, {"7": {"state": "", "events": [EVENT | {"at": "today"}]}}, None),
        ("progress", "requests", {}, {"7": {"state": "", "events": [EVENT | {"mood": "x"}]}}, None),
    ],
)
def test_a_field_that_is_not_of_its_schema_further_down(kind, field, good, wrong, said):
    def misfits(value):
        return [misfit for misfit in find_misfits(kind, {field: value}) if misfit.startswith(field)]

    assert misfits(good) == []
    (found,) = misfits(wrong)
    assert said is None or found == field + said


REQUEST = uuid_of("request", submission_uuid(1), "0", order_uuid("1a"), uuid_of("asset", "Tube 1.1"), "0")


@pytest.mark.parametrize(
    ("uuid", "held"),
    [(uuid_of("study", "Study 1"), "this record"), (order_uuid("1a"), "this record"), (REQUEST, "a request")],
)
def test_a_uuid_of_two_things(store, uuid, held):
    body = {"uuid": uuid, "name": "by hand", "state": "active"}
    commit = store.commit_files({path_of("project", uuid): render("project", body, 1)})
    (finding,) = judge(store).findings
    assert (finding.code, finding.commit) == ("duplicate_identity", commit)
    assert f"the UUID {uuid} of {held} is that of" in finding.message
    assert path_of("project", uuid) in finding.message


def test_a_run_is_named_by_its_uuid(store):
    uuid = uuid_of("sequencing_run", "by hand")
    store.sequencing_run("by hand", [])
    store.commit()
    assert judge(store).findings == ()
    body = store.bodies["sequencing_run", uuid] | {"sequencing_id": uuid_of("sequencing_run", "another")}
    path = path_of("sequencing_run", uuid)
    store.commit_files({path: render("sequencing_run", body, 2)})
    (finding,) = judge(store).findings
    assert (finding.code, finding.object) == ("malformed_record", path)
    assert finding.message.endswith(f"sequencing_run.sequencing_id: expected its uuid, {uuid}")


@pytest.mark.parametrize(
    ("kind", "named_by", "name"),
    [("study", "name", "Study 1"), ("biosample", "central_sample_id", "BIO-Tube 9"), ("order", "name", "Order loose")],
)
def test_a_name_of_two_things_of_a_kind(store, kind, named_by, name):
    first = uuid_of(kind, name)
    second = uuid_of(kind, "by hand")
    body = {**store.bodies[kind, first], "uuid": second}
    body = {key: value for key, value in body.items() if key != "submission"}
    body |= {"state": "building"} if kind == "order" else {}
    store.commit_files({path_of(kind, second): render(kind, body, 1)})
    (finding,) = judge(store).findings
    assert finding.code == "duplicate_identity"
    assert f"the name {name!r} is that of" in finding.message
    assert {finding.object, finding.message.split()[-2]} == {path_of(kind, first), path_of(kind, second)}
    store.commit_files({path_of(kind, second): render(kind, {**body, named_by: "another"}, 2)})
    assert judge(store).findings == ()


def test_a_group_is_named_within_its_study_and_other_things_within_their_kind(store):
    group = store.bodies["asset_group", uuid_of("asset_group", uuid_of("study", "Study 1"), "Group 1")]
    other = store.thing("study", "Study 2", state="active")
    store.thing("project", "Study 2", state="active")
    second = {"uuid": uuid_of("asset_group", other, "Group 1"), "study": {"uuid": other, "name": "Study 2"}}
    store.put("asset_group", {"name": "Group 1", "assets": group["assets"], **second})
    store.commit()
    assert judge(store).findings == ()
    third = {**group, "uuid": uuid_of("asset_group", "by hand")}
    store.commit_files({path_of("asset_group", third["uuid"]): render("asset_group", third, 1)})
    assert codes(judge(store)) == {"duplicate_identity"}


def test_things_without_a_name_are_not_of_one_name(store):
    for number in range(3):
        body = {"uuid": uuid_of("submission", f"nameless {number}"), "state": "building", "priority": 0}
        store.put("submission", {**body, "orders": [], "requests": []})
    store.commit()
    assert judge(store).findings == ()
