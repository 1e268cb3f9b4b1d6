"""An option that two request types of a template take, each by rules of its own (CONTRACT 2.2 and 7).

It has one value, which is legal for both and is stored as the most exact of them reads it; a request has it as its own
type does.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ordering import OrderLab, building, order, submission
from verifying import judge

from seqmeta import options, work_requests

STRING, DECIMAL, INTEGER, BOOLEAN = ({"type": name} for name in ("string", "float", "integer", "boolean"))
LISTED = {"type": "string", "allowed": ["Standard", "Long range"]}


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def share(lab: OrderLab, *options: dict[str, Any], presets: dict[str, Any] | None = None, **of_last: Any) -> None:
    """Describe the template Shared over a request type for each of these options; `of_last` are more of the last."""
    kinds: list[dict[str, Any]] = [{"name": f"Shared {place}", "options": of} for place, of in enumerate(options)]
    kinds[-1] |= of_last
    template = {"name": "Shared", "request_types": [of["name"] for of in kinds]}
    template |= {"request_options": presets} if presets is not None else {}
    lab.stock(*json.loads(json.dumps([{"request_types": kinds}, {"order_template": template}])))


def asking(**options: Any) -> dict[str, Any]:
    return order(template="Shared", request_options=options)


def refused_alike(lab: OrderLab, *documents: dict[str, Any]) -> list[tuple[str, str]]:
    """Codes and paths of the errors, which `check`, `plan` and `apply` tell alike, also without what runs remember."""
    found = lab.errors(*documents)
    for _ in range(2):
        assert lab.errors() == found
        assert lab.call("plan")[0] == 1
        assert [(of["code"], of["path"]) for of in lab.refused()] == found
        shutil.rmtree(lab.root / ".seqmeta", ignore_errors=True)
    return found


@pytest.mark.parametrize("first", [STRING, DECIMAL])
@pytest.mark.parametrize("number", [-2, 0, 1001])
def test_a_multiplier_is_checked_whatever_another_type_takes_it_for(lab, first, number):
    share(lab, {"n": first}, {"n": INTEGER}, multiplier_option="n")
    lab.quiet(asking(n=2))
    assert refused_alike(lab, asking(n=number), submission()) == [("invalid_multiplier", "order.request_options.n")]


def test_a_multiplier_that_another_type_takes_as_text_multiplies_no_pool(lab):
    share(lab, {"n": STRING}, {"n": INTEGER}, multiplier_option="n", pooling="order")
    lab.refuses_only("invalid_multiplier", "order.request_options.n", asking(n=3))
    lab.quiet(asking(n=1), submission())


def test_a_preset_multiplier_is_checked_whatever_another_type_takes_it_for(lab):
    share(lab, {"n": STRING}, {"n": INTEGER}, presets={"n": -3}, multiplier_option="n")
    lab.refuses_only("invalid_multiplier", "order_template.request_options.n")


def test_a_default_is_checked_as_the_multiplier_of_another_type(lab):
    share(lab, {"n": {**STRING, "default": -3}}, {"n": INTEGER}, multiplier_option="n")
    lab.refuses_only("invalid_multiplier", "order.request_options.n", asking())


@pytest.mark.parametrize("kind", [INTEGER, DECIMAL])
def test_a_range_is_not_turned_round_whatever_another_type_takes_it_for(lab, kind):
    share(lab, {"x.from": STRING, "x.to": STRING}, {"x.from": kind, "x.to": kind})
    turned = asking(x={"from": 10, "to": 9})
    lab.refuses_only("out_of_range", "order.request_options.x.to", turned)
    lab.quiet(asking(x={"from": 9, "to": 10}))


SHARED = [
    (INTEGER, STRING, "+2", 2, "2"),
    (INTEGER, DECIMAL, "+2", 2, "2"),
    (BOOLEAN, STRING, "TRUE", True, "true"),
    (BOOLEAN, {**STRING, "allowed": ["TRUE", "FALSE"]}, "true", True, "TRUE"),
    (DECIMAL, STRING, "+1.50", "1.50", "1.50"),
    (LISTED, STRING, "long-RANGE", "Long range", "Long range"),
]
"""The more exact type, the other one, what an order says, what both make of it."""


@pytest.mark.parametrize("is_exact_first", [True, False])
@pytest.mark.parametrize("exact, other, text, stored, as_other", SHARED)
def test_the_most_exact_type_says_what_is_stored_and_each_request_has_its_own(
    lab, exact, other, text, stored, as_other, *, is_exact_first
):
    kinds = [exact, other] if is_exact_first else [other, exact]
    share(lab, *({"o": kind} for kind in kinds))
    lab.quiet(asking(o=text), submission())
    requests = [of["options"]["o"] for of in lab.requests()]
    values = [lab.body("order", "o1")["request_options"]["o"], *(requests if is_exact_first else reversed(requests))]
    assert [(type(value), value) for value in values] == [(type(of), of) for of in (stored, stored, as_other)]
    assert judge(lab.records).findings == ()


def test_of_two_lists_the_first_spells_what_is_stored(lab):
    share(lab, {"o": LISTED}, {"o": {**STRING, "allowed": ["LONG RANGE"]}})
    lab.quiet(asking(o="long-range"), submission())
    assert lab.body("order", "o1")["request_options"] == {"o": "Long range"}
    assert [of["options"]["o"] for of in lab.requests()] == ["Long range", "LONG RANGE"]
    lab.refuses_only(
        "not_allowed",
        "order.request_options.o",
        order("o2", template="Shared", request_options={"o": "Standard"}),
        asking(o="long-range"),
        submission(),
    )


def test_what_is_stored_is_legal_for_every_type(lab):
    share(lab, {"o": {**STRING, "allowed": ["+2", "3"]}}, {"o": INTEGER})
    message = lab.refuses_only("not_allowed", "order.request_options.o", asking(o="+2"))
    assert message.startswith("'2' is not a legal o: expected +2, 3")
    message = lab.refuses_only("not_allowed", "order.request_options.o", asking(o="+4"))
    assert message.startswith("'+4' is not a legal o: expected +2, 3")
    lab.quiet(asking(o="3"))


@pytest.mark.parametrize("exact, other, text, stored, as_other", SHARED)
def test_a_sealed_order_still_says_what_it_said(lab, exact, other, text, stored, as_other):
    share(lab, {"o": other}, {"o": exact}, presets={})
    lab.quiet(asking(o=text), submission())
    for same in {text, str(as_other)}:
        assert lab.quiet(asking(o=same), submission())["commit"] is None
    lab.refuses_only("order_sealed", "order.request_options.o", asking(o="another"), submission())


@pytest.mark.parametrize("kinds, text", [(kinds, of[2]) for of in SHARED for kinds in (of[:2], of[1::-1])])
def test_what_was_sealed_when_the_first_type_said_what_is_stored_stays(lab, monkeypatch, kinds, text):
    share(lab, *({"o": kind} for kind in kinds))
    with monkeypatch.context() as once:
        once.setattr(options, "leading_rules", lambda takers: takers[0])
        once.setattr(work_requests, "read_again", lambda _, value: value)
        lab.quiet(asking(o=text), submission())
    before = lab.head()
    shutil.rmtree(lab.root / ".seqmeta")
    assert lab.quiet()["commit"] is None
    assert lab.head() == before
    assert judge(lab.records).findings == ()


@pytest.mark.parametrize("first", [{}, {"default": "+2"}])
def test_a_sealed_order_knows_a_default_by_whichever_type_has_it(lab, first):
    share(lab, {"n": {**STRING, **first}}, {"n": {**INTEGER, "default": 2}}, multiplier_option="n")
    lab.quiet(asking(), submission())
    assert lab.body("order", "o1")["request_options"] == {"n": 2}
    assert lab.quiet(asking(), submission())["commit"] is None
    share(lab, {"n": STRING}, {"n": INTEGER}, multiplier_option="n")
    lab.quiet(asking(), submission())


def test_types_that_come_to_read_an_option_otherwise_leave_sealed_orders_alone(lab):
    share(lab, {"n": STRING}, {"n": STRING})
    other = order("o2", template="Shared", assets=["tube2"], request_options={"n": "-2"})
    sealed = [other, submission("o2", name="s2")]
    lab.quiet(asking(n="-2"), building(), *sealed)
    share(lab, {"n": STRING}, {"n": INTEGER}, multiplier_option="n")
    assert refused_alike(lab, asking(n="-2"), building(), *sealed) == [("invalid_multiplier", "submission.orders.0")]
    lab.quiet(asking(n="2"), *sealed, {"submission": {"name": "s1"}})
    assert lab.body("order", "o1")["request_options"] == {"n": 2}
    assert lab.body("order", "o2")["request_options"] == {"n": "-2"}
    assert judge(lab.records).findings == ()
