"""Progress: every event from every state, append only, cascades, readiness, percent (CONTRACT 2.4, 7)."""

import uuid
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from effort import assert_linear
from hypothesis import given
from hypothesis import strategies as st
from ordering import OPTIONS, OrderLab, building, order, progress, submission

from seqmeta import transitions
from seqmeta.transitions import Replay, TransitionError, percent

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
READ = {"read_length": 76}
STATES = ("pending", "blocked", "hold", "started", "passed", "failed", "cancelled")
TABLE = {
    ("pending", "start"): "started",
    ("hold", "start"): "started",
    ("started", "pass"): "passed",
    ("started", "fail"): "failed",
    ("pending", "hold"): "hold",
    ("hold", "reset"): "pending",
    ("pending", "block"): "blocked",
    ("blocked", "unblock"): "pending",
    ("started", "cancel"): "cancelled",
    ("hold", "cancel"): "cancelled",
    ("pending", "cancel"): "cancelled",
    ("passed", "return"): "pending",
    ("failed", "return"): "pending",
    ("failed", "retrospective_pass"): "passed",
    ("passed", "retrospective_fail"): "failed",
}
EVENTS = sorted({event for _, event in TABLE})
REACHED = {
    "pending": [],
    "blocked": ["block"],
    "hold": ["hold"],
    "started": ["start"],
    "passed": ["start", "pass"],
    "failed": ["start", "fail"],
    "cancelled": ["cancel"],
}


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def library(event: str, asset: str = "tube1", **fields: Any) -> dict[str, Any]:
    return {"asset": asset, "request_type": "Library creation", "event": event, **fields}


def sequencing(event: str, asset: str = "tube1", **fields: Any) -> dict[str, Any]:
    return {"asset": asset, "request_type": "Paired end sequencing", "event": event, **fields}


def request(uuid_: str, *upstream: str, state: str = "pending") -> dict[str, Any]:
    return {"uuid": uuid_, "initial_state": state, "upstream": list(upstream)}


def replay(requests: list[dict[str, Any]], *events: tuple[str, str]) -> Replay:
    done = Replay(requests)
    for number, (uuid_, event) in enumerate(events):
        done.apply(uuid_, event, {"number": number})
    return done


@pytest.mark.parametrize("state, event", [*product(STATES, EVENTS)])
def test_every_event_from_every_state(state, event):
    before = replay([request("a")], *(("a", name) for name in REACHED[state]))
    assert before.states == {"a": state}
    if (state, event) in TABLE:
        before.apply("a", event, {"number": 9})
        assert before.states == {"a": TABLE[state, event]}
        last = {"number": 9, "event": event, "from": state, "to": TABLE[state, event]}
        assert before.events["a"][-1] == last
    else:
        with pytest.raises(TransitionError) as caught:
            before.apply("a", event, {"number": 9})
        assert caught.value.code == "illegal_transition"
        assert before.states == {"a": state}
        assert state in str(caught.value)


@pytest.mark.parametrize(
    "one, other, ready",
    [
        ("pending", "pending", False),
        ("passed", "passed", True),
        ("pending", "passed", False),
        ("cancelled", "passed", True),
        ("failed", "passed", True),
        ("started", "passed", False),
        ("hold", "passed", False),
    ],
)
def test_a_request_starts_when_its_upstream_is_closed_and_one_has_passed(one, other, ready):
    events = [(name, event) for name, state in (("a", one), ("b", other)) for event in REACHED[state]]
    pooled = [request("a"), request("b"), request("c", "a", "b")]
    if ready:
        assert replay(pooled, *events, ("c", "start")).states["c"] == "started"
    else:
        with pytest.raises(TransitionError) as caught:
            replay(pooled, *events, ("c", "start"))
        assert caught.value.code == "upstream_not_ready"


def test_a_pool_goes_down_with_the_last_of_its_upstream():
    pooled = [request("a"), request("b"), request("c", "a", "b"), request("d", "c")]
    one = replay(pooled, ("a", "start"), ("a", "fail"))
    assert one.states == {"a": "failed", "b": "pending", "c": "pending", "d": "pending"}
    one.apply("b", "cancel", {"number": 2})
    assert one.states == {"a": "failed", "b": "cancelled", "c": "cancelled", "d": "cancelled"}
    assert one.events["c"] == [{"cause": "b", "event": "cancel", "from": "pending", "to": "cancelled"}]
    assert one.events["d"] == [{"cause": "c", "event": "cancel", "from": "pending", "to": "cancelled"}]


@pytest.mark.parametrize(
    "state, then",
    [
        ("pending", "cancelled"),
        ("hold", "cancelled"),
        ("blocked", "cancelled"),
        ("started", "failed"),
        ("passed", "passed"),
    ],
)
def test_what_a_failure_takes_along(state, then):
    before = [("a", "start"), ("a", "pass"), *(("b", event) for event in REACHED[state])]
    after = replay([request("a"), request("b", "a")], *before, ("a", "retrospective_fail"))
    assert after.states == {"a": "failed", "b": then}


def test_nothing_revives_what_went_down():
    chain = [request("a"), request("b", "a")]
    down = replay(chain, ("a", "start"), ("a", "fail"))
    for event in ("return", "retrospective_pass"):
        again = replay(chain, ("a", "start"), ("a", "fail"), ("a", event))
        assert again.states["b"] == "cancelled"
    assert down.states["b"] == "cancelled"


DEAD = ("failed", "cancelled")
FAILURES = [("start",), ("start", "fail"), ("cancel",)]
TOGGLED = [("start", "fail", "return"), ("hold", "reset"), ("start", "pass", "retrospective_fail", "return")]


@st.composite
def chains(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Requests as chains make them: some of one item each, some of all that come before, or of a part of that."""
    made: list[dict[str, Any]] = []
    items: list[tuple[str, ...]] = [()] * draw(st.integers(1, 4))
    for layer in range(draw(st.integers(2, 4))):
        multiple = draw(st.integers(1, 3))
        at = [item for item in items for _ in range(multiple)]
        these = [request(f"{layer}.{number}", *item) for number, item in enumerate(at)]
        made += these
        handed = [of["uuid"] for of in these]
        cut = draw(st.integers(0, len(handed)))
        pools = [tuple(of) for of in (handed[:cut], handed[cut:]) if of]
        items = draw(st.sampled_from([pools, [(of,) for of in handed]]))
    return made


def go_down(requests: list[dict[str, Any]], states: dict[str, str], first: str) -> dict[str, str]:
    """Take along what the contract says; return by request what was its cause."""
    causes: dict[str, str] = {}
    queue = [first] if states[first] in DEAD else []
    for cause in queue:
        for of in requests:
            is_left = cause in of["upstream"] and all(states[up] in DEAD for up in of["upstream"])
            if is_left and states[of["uuid"]] not in (*DEAD, "passed"):
                states[of["uuid"]] = "failed" if states[of["uuid"]] == "started" else "cancelled"
                causes[of["uuid"]] = cause
                queue.append(of["uuid"])
    return causes


@given(chains(), st.data())
def test_whatever_happens_down_goes_what_has_no_live_upstream_left(requests, data):
    done = Replay(requests)
    for number in range(data.draw(st.integers(1, 40))):
        at = data.draw(st.sampled_from(requests))
        possible = [event for event in EVENTS if (done.states[at["uuid"]], event) in TABLE]
        event = data.draw(st.sampled_from(possible or EVENTS))
        before, upstream = dict(done.states), [done.states[of] for of in at["upstream"]]
        may = bool(possible) and (
            event != "start" or not upstream or ("passed" in upstream and {*upstream} <= {"passed", *DEAD})
        )
        counted = {uuid_: len(events) for uuid_, events in done.events.items()}
        if not may:
            with pytest.raises(TransitionError):
                done.apply(at["uuid"], event, {"number": number})
            assert done.states == before
            continue
        done.apply(at["uuid"], event, {"number": number})
        expected = {**before, at["uuid"]: TABLE[before[at["uuid"]], event]}
        causes = go_down(requests, expected, at["uuid"])
        assert done.states == expected
        new = {uuid_: events[counted[uuid_] :] for uuid_, events in done.events.items() if len(events) > counted[uuid_]}
        assert {uuid_: of.get("cause") for uuid_, (of,) in new.items()} == {at["uuid"]: None, **causes}


def pooled(size: int) -> list[dict[str, Any]]:
    """So many tubes in one pool, and so many lanes behind it."""
    tubes = [f"t{number}" for number in range(size)]
    return [*map(request, tubes), *(request(f"l{number}", *tubes) for number in range(size))]


@pytest.mark.parametrize("events", FAILURES, ids=str)
def test_what_happens_to_each_tube_of_a_pool_is_not_held_against_each_lane(events):
    def prepare(size: int) -> Callable[[], object]:
        happened = [(f"t{number}", event) for number in range(size) for event in events]
        return lambda: replay(pooled(size), *happened)

    assert_linear(prepare, 50, transitions)


@pytest.mark.parametrize("events", TOGGLED, ids=str)
@pytest.mark.parametrize("is_last_gone", [True, False])
def test_what_happens_again_and_again_to_a_tube_of_a_pool_of_dead_ones_walks_no_pool(events, is_last_gone):
    def prepare(size: int) -> Callable[[], object]:
        gone = [(f"t{number}", "cancel") for number in range(1, size - (not is_last_gone))]
        return lambda: replay(pooled(size), *gone, *[("t0", event) for _ in range(size) for event in events])

    assert_linear(prepare, 50, transitions)


def test_whether_a_lane_may_start_is_not_asked_of_each_tube():
    def prepare(size: int) -> Callable[[], object]:
        passed = [(f"t{number}", event) for number in range(size) for event in ("start", "pass")]
        lanes = [(f"l{number}", "start") for number in range(size)]
        return lambda: replay(pooled(size), *passed, *lanes)

    assert_linear(prepare, 50, transitions)


@pytest.mark.parametrize(
    "counts, expected",
    [
        ({"pending": 2, "started": 1, "passed": 3, "failed": 1}, 50),
        ({"cancelled": 3, "pending": 3, "passed": 4, "failed": 3}, 57),
        ({"failed": 2, "cancelled": 1}, 0),
        ({}, 0),
        ({"passed": 2, "failed": 5}, 100),
        ({"passed": 2, "pending": 1}, 66),
    ],
)
def test_percent(counts, expected):
    assert percent(state for state, number in counts.items() for _ in range(number)) == expected


def test_progress_is_made_when_a_submission_is_submitted(lab):
    lab.quiet(order(template="Picked", request_options={"read_length": 76}), submission())
    first, second = (of["uuid"] for of in lab.requests())
    uuid_ = lab.body("submission", "s1")["uuid"]
    assert lab.progress() == {
        "uuid": str(uuid.uuid5(NAMESPACE, f"progress\n{uuid_}")),
        "submission": {"uuid": uuid_, "name": "s1"},
        "state": "ready",
        "requests": {first: {"state": "blocked", "events": []}, second: {"state": "pending", "events": []}},
        "percent": 0,
    }


def test_events_are_recorded_with_what_they_did(lab):
    lab.quiet(order(assets=["tube1", "tube2"]), submission())
    one = lab.requests()[0]["uuid"]
    events = [
        library("start", at="2024-06-03T11:30:00+02:00", by="an operator", comment="late"),
        {"request": one.upper(), "event": "pass", "at": "2024-06-01 08:00"},
        library("hold", "tube2"),
    ]
    lab.quiet(order(assets=["tube1", "tube2"]), submission(), progress(*events))
    assert lab.states() == ["passed", "hold", "pending", "pending"]
    assert lab.progress()["percent"] == 25
    assert lab.progress()["requests"][one]["events"] == [
        {
            "number": 0,
            "event": "start",
            "from": "pending",
            "to": "started",
            "at": "2024-06-03T09:30:00Z",
            "by": "an operator",
            "comment": "late",
        },
        {"number": 1, "event": "pass", "from": "started", "to": "passed", "at": "2024-06-01T08:00:00Z"},
    ]
    sealed = lab.record("submission", "s1")
    assert lab.quiet()["commit"] is None
    assert lab.record("submission", "s1") == sealed


def test_events_are_only_appended(lab):
    work = [order(), submission()]
    begun = [library("start", by="A"), library("pass")]
    lab.quiet(*work)
    lab.quiet(*work, progress(*begun))
    changes = {
        "progress.events.0": [library("start", by="B"), library("pass")],
        "progress.events.1": [library("start", by="A"), library("fail")],
        "progress.events": [library("start", by="A")],
    }
    for path, events in changes.items():
        lab.refuses("event_changed", path, *work, progress(*events))
    found = lab.refused(*work, progress(library("pass"), library("start", by="A")))
    assert {("event_changed", "progress.events.0"), ("event_changed", "progress.events.1")} <= {
        (of["code"], of["path"]) for of in found
    }
    lab.refuses("event_changed", "progress.events.0", *work, progress(library("start"), library("pass")))
    assert lab.refuses("event_changed", "progress.events", *work, progress()).endswith("put back what is missing")
    uuid_ = lab.requests()[0]["uuid"]
    by_uuid = {"request": uuid_, "event": "start", "by": "A"}
    assert lab.quiet(*work, progress(by_uuid, library("pass")))["commit"] is None
    (orphan,) = lab.good(*work)["problems"]
    assert (orphan["code"], orphan["path"]) == ("orphaned", "progress")
    lab.quiet(*work, progress(*begun, sequencing("start")))
    assert lab.states() == ["passed", "started"]


def test_an_event_that_the_state_does_not_allow(lab):
    work = [order(), submission()]
    lab.quiet(*work)
    message = lab.refuses_only("illegal_transition", "progress.events.0", *work, progress(library("pass")))
    assert "pending" in message
    lab.refuses_only("illegal_transition", "progress.events.1", *work, progress(library("start"), library("start")))
    lab.refuses_only("upstream_not_ready", "progress.events.0", *work, progress(sequencing("start")))
    lab.refuses_only("not_allowed", "progress.events.0.event", *work, progress(library("begin")), at="begin")
    lab.refuses_only("invalid_time", "progress.events.0.at", *work, progress(library("start", at="noon")), at="noon")
    lab.refuses_only(
        "required_field", "progress.events.0.event", *work, progress({"asset": "tube1", "request_type": "x"})
    )


def test_what_was_returned_does_not_start_on_what_failed(lab):
    """Closed is not enough: of the requests upstream at least one has to have passed."""
    work = [order(), submission()]
    lab.quiet(*work)
    events = [library("start"), library("pass"), sequencing("start"), library("retrospective_fail")]
    lab.quiet(*work, progress(*events, sequencing("return")))
    assert lab.states() == ["failed", "pending"]
    again = progress(*events, sequencing("return"), sequencing("start"))
    message = lab.refuses_only("upstream_not_ready", "progress.events.5", *work, again)
    assert message.endswith("at least one must pass")
    whole = [*events, sequencing("return"), library("retrospective_pass"), sequencing("start")]
    lab.quiet(*work, progress(*whole))
    assert lab.states() == ["passed", "started"]


def test_a_submission_with_each_state_that_can_be_cancelled_is_cancelled_once(lab):
    work = [order(template="Only sequencing", assets=["tube1", "tube2", "tube3"], request_options={"read_length": 76})]
    lab.quiet(*work, submission())
    events = progress(sequencing("cancel", "tube1"), sequencing("block", "tube2"))
    lab.quiet(*work, submission(), events)
    assert lab.states() == ["cancelled", "blocked", "pending"]
    lab.quiet(*work, submission(cancel=True), events)
    assert lab.states() == ["cancelled"] * 3
    requests = lab.progress()["requests"].values()
    assert sorted([event["event"] for event in of["events"]] for of in requests) == [
        ["block", "cancel"],
        ["cancel"],
        ["cancel"],
    ]


def test_how_an_event_names_its_request(lab):
    twice = {**OPTIONS, "number_of_lanes": 2}
    work = [order(request_options=twice), submission()]
    lab.quiet(*work)
    which = lab.refuses_only("ambiguous_reference", "progress.events.0", *work, progress(sequencing("hold")))
    assert all(request["uuid"] in which for request in lab.requests()[1:])
    other = lab.refuses_only("unknown_reference", "progress.events.0", *work, progress(library("start", "tube2")))
    assert "none of its orders has that asset" in other
    elsewhere = {"asset": "tube1", "request_type": "Cherrypick", "event": "start"}
    types = lab.refuses_only("unknown_reference", "progress.events.0", *work, progress(elsewhere))
    assert types.endswith("its request types are Library creation, Paired end sequencing")
    lab.refuses_only("unknown_reference", "progress.events.0.asset", *work, progress(library("start", "tube99")))
    nowhere = {"asset": "tube1", "request_type": "Nothing", "event": "start"}
    lab.refuses_only("unknown_reference", "progress.events.0.request_type", *work, progress(nowhere), at="Nothing")
    unknown = {"request": "8f5a4c0e-0000-4111-8222-333344445555", "event": "start"}
    lab.refuses_only("unknown_reference", "progress.events.0.request", *work, progress(unknown))
    lab.refuses_only(
        "required_field", "progress.events.0.request", *work, progress({"asset": "tube1", "event": "start"})
    )
    one = lab.requests()[1]["uuid"]
    both = {"request": one, "asset": "tube1", "event": "hold"}
    assert "conflicting_fields" in {of["code"] for of in lab.refused(*work, progress(both))}
    lab.quiet(*work, progress({"request": one, "event": "hold"}))
    assert lab.states() == ["pending", "hold", "pending"]


def test_two_assets_that_one_text_names_in_a_submission_are_told_apart(lab):
    old = {"uuid": "8f5a4c0e-0000-4111-8222-333344445555", "name": "Y"}
    new = {"uuid": "8f5a4c0e-0000-4111-8222-333344446666", "name": old["uuid"]}
    tubes = {"o1": "Y", "o2": new["uuid"]}
    one, other = (
        order(name, assets=[tube], template="Only sequencing", request_options=READ) for name, tube in tubes.items()
    )
    work = [{"assets": [old, new]}, one, other]
    work.append(submission("o1", "o2"))
    lab.good(*work)
    requests = lab.requests()
    assert [of["asset"] for of in requests] == [old, new]
    which = lab.refuses_only(
        "ambiguous_reference", "progress.events.0", *work, progress(sequencing("start", old["uuid"]))
    )
    assert which.startswith(f"there are 2 requests of 'Paired end sequencing' for '{old['uuid']}' in this submission: ")
    assert which.endswith(f"as request: {requests[0]['uuid']}, {requests[1]['uuid']}")
    missing = {**sequencing("start", old["uuid"]), "request_type": "Cherrypick"}
    message = lab.refuses_only("unknown_reference", "progress.events.0", *work, progress(missing))
    assert message.endswith("its request types are Paired end sequencing")
    lab.good(*work, progress(sequencing("start", "Y")))
    assert lab.states() == ["started", "pending"]
    recorded = {"request": requests[0]["uuid"], "event": "start"}
    lab.good(*work, progress(recorded, sequencing("hold", new["uuid"].upper())))
    assert lab.states() == ["started", "hold"]


def test_a_pool_is_named_by_uuid(lab):
    work = [order(template="Multiplexed", assets=["tube1", "tube2"]), submission()]
    lab.quiet(*work)
    pooled = lab.requests()[-1]["uuid"]
    which = lab.refuses_only("unknown_reference", "progress.events.0", *work, progress(sequencing("hold")))
    assert which.endswith(f"name the one that is meant, as request: {pooled}")
    creation = {"request_type": "Multiplexed library creation"}
    events = [{"asset": tube, **creation, "event": event} for tube in ("tube1", "tube2") for event in ("start", "pass")]
    early = progress(*events[:2], {"request": pooled, "event": "start"})
    lab.refuses_only("upstream_not_ready", "progress.events.2", *work, early)
    lab.quiet(*work, progress(*events, {"request": pooled, "event": "start"}))
    assert lab.states() == ["passed", "passed", "started"]
    assert lab.progress()["percent"] == 66


def test_progress_needs_a_submitted_submission(lab):
    report = progress(library("start"))
    lab.refuses_only("not_applicable", "progress.submission", order(), building(), report)
    lab.refuses_only("unknown_reference", "progress.submission", order(), progress(library("start"), of="s9"), at="s9")
    lab.quiet(order(), submission(), report)
    assert lab.states() == ["started", "pending"]
    lab.refuses_only("duplicate_identity", "progress.submission", order(), submission(), report, report)
    other = {"progress": {**report["progress"], "uuid": "8f5a4c0e-0000-4111-8222-333344445555"}}
    lab.refuses("unknown_field", "progress.uuid", order(), submission(), other)


def test_failure_takes_its_dependents_along(lab):
    work = [order(assets=["tube1", "tube2"]), submission()]
    lab.quiet(*work, progress(library("start"), library("fail")))
    assert lab.states() == ["failed", "pending", "cancelled", "pending"]
    first, _, third, _ = (of["uuid"] for of in lab.requests())
    assert lab.progress()["requests"][third]["events"] == [
        {"cause": first, "event": "cancel", "from": "pending", "to": "cancelled"}
    ]
    more = [library("start"), library("fail"), library("retrospective_pass")]
    lab.quiet(*work, progress(*more))
    assert lab.states() == ["passed", "pending", "cancelled", "pending"]
    lab.refuses_only("illegal_transition", "progress.events.3", *work, progress(*more, sequencing("start")))


def test_nothing_happens_after_a_submission_is_cancelled(lab):
    work = [order(), submission(cancel=True)]
    lab.quiet(order(), submission())
    lab.quiet(*work, progress(library("block")))
    assert (lab.states(), lab.progress()["percent"]) == (["cancelled", "cancelled"], 0)
    first = lab.requests()[0]["uuid"]
    uuid_ = lab.body("submission", "s1")["uuid"]
    assert lab.progress()["requests"][first]["events"] == [
        {"number": 0, "event": "block", "from": "pending", "to": "blocked"},
        {"cause": uuid_, "event": "cancel", "from": "blocked", "to": "cancelled"},
    ]
    lab.refuses_only("illegal_transition", "progress.events.1", *work, progress(library("block"), library("unblock")))
    lab.refuses("event_changed", "progress.events.0", *work, progress(library("hold")))
    assert lab.quiet(*work, progress(library("block")))["commit"] is None


def test_a_plan_says_what_happened_to_which_request(lab):
    tubes = [f"tube{number}" for number in range(1, 4)]
    work = [order(assets=tubes), submission()]
    lab.quiet(*work)
    events = [
        library("start", "tube2", at="2024-06-03 09:00"),
        library("fail", "tube2", at="2024-06-04 09:00", by="the bench", comment="no DNA"),
    ]
    lab.quiet(*work, progress(events[0]))
    lab.describe(*work, progress(*events, library("start", "tube1")))
    lines = lab.call("plan")[1].splitlines()
    assert [line for line in lines if line.startswith("    ")] == [
        "    tube1, Library creation: pending → started (start)",
        "    tube2, Library creation: started → failed (fail 2024-06-04T09:00:00Z by the bench: no DNA)",
        "    tube2, Paired end sequencing: pending → cancelled (cancel, because of tube2, Library creation)",
    ]
    rows = [line for line in lab.call("plan", "--format", "markdown")[1].splitlines() if "Library creation" in line]
    assert [row.split(" | ")[0] for row in rows] == ["| s1"] * 3


def test_a_plan_counts_what_happens_to_many_and_lists_things_as_people_read_them(lab):
    tubes = [f"tube{number}" for number in range(1, 13)]
    two = [order(assets=tubes, request_options={**OPTIONS, "number_of_lanes": 2}), submission()]
    lab.describe(*two)
    names = [line.split()[3] for line in lab.call("plan")[1].splitlines() if line.startswith("would create asset tube")]
    assert names == tubes
    lab.quiet()
    lab.describe(two[0], submission(cancel=True))
    said = "24 requests, Paired end sequencing: pending → cancelled (cancel, because of submission s1)"
    lines = lab.call("plan")[1].splitlines()
    assert f"    {said}" in lines
    assert len(lines) == 1 + 1 + len(tubes) + 1 + 1
