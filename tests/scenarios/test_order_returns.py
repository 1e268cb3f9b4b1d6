"""Orders whose description was away, and came back, or did not: what follows its sources, what stays (CONTRACT 2.2)."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ordering import OPTIONS, SIZES, TYPES, OrderLab, building, order, submission


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def preset(library_type: str, **fields: Any) -> dict[str, Any]:
    """A template that presets a type of library."""
    options = {"library_type": library_type, "fragment_size_required": SIZES}
    return {
        "order_template": {
            "name": "Kit",
            "request_types": ["Library creation"],
            "request_options": options,
            **fields,
        }
    }


PLAIN = order(template="Kit", request_options=None)
"""An order that takes all options from that template."""


def test_a_locked_order_comes_back_unchanged_behind_another_preset(lab):
    lab.good(preset("Standard"), PLAIN, building())
    lab.good(preset("No PCR"), building())
    assert lab.body("order", "o1")["request_options"]["library_type"] == "Standard"
    lab.good(preset("Long range"), building())
    lab.good(preset("Long range"), PLAIN, building())
    lab.expect_stable()
    assert lab.body("order", "o1")["request_options"]["library_type"] == "Long range", "it follows its template again"


def test_two_locked_orders_come_back_unchanged_behind_another_preset(lab):
    orders = [order(name, template="Kit", request_options=None) for name in ("o1", "o2")]
    lab.good(preset("Standard"), *orders, building("o1", "o2"))
    lab.good(preset("No PCR"), building("o1", "o2"))
    lab.good(preset("Long range"), *orders, building("o1", "o2"))
    lab.expect_stable()
    assert {lab.body("order", of)["request_options"]["library_type"] for of in ("o1", "o2")} == {"Long range"}


def test_a_sealed_order_comes_back_unchanged_behind_another_preset(lab):
    lab.good(preset("Standard"), PLAIN, building())
    lab.good(preset("No PCR"), submission())
    sealed = lab.record("order", "o1")
    assert sealed["order"]["request_options"]["library_type"] == "Standard"
    lab.good(preset("No PCR"), PLAIN, submission())
    lab.expect_stable()
    assert lab.record("order", "o1") == sealed


@pytest.mark.parametrize("state", [building, submission])
def test_what_it_says_otherwise_when_it_comes_back_is_a_change(lab, state):
    own = {"library_type": "Long range", "fragment_size_required": SIZES}
    lab.good(preset("Standard"), order(template="Kit", request_options=own), building())
    lab.good(preset("No PCR"), state())
    code = "order_locked" if state is building else "order_sealed"
    message = lab.refuses_only(code, "order.request_options.library_type", preset("No PCR"), PLAIN, state())
    assert "Long range" in message
    other = order(template="Kit", request_options={"library_type": "No PCR"})
    lab.refuses_only(code, "order.request_options.library_type", preset("No PCR"), other, state())


@pytest.mark.parametrize("state", [building, submission])
def test_only_the_option_that_it_says_otherwise_is_named(lab, state):
    lab.good(preset("Standard"), PLAIN, building())
    lab.good(preset("No PCR"), state())
    code = "order_locked" if state is building else "order_sealed"
    other = order(template="Kit", request_options={"fragment_size_required": {"from": 1}})
    lab.refuses_only(code, "order.request_options.fragment_size_required.from", preset("No PCR"), other, state())


def test_a_preset_that_another_workspace_changes_leaves_a_locked_order_right(tmp_path):
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    catalogue, work = (OrderLab(tmp_path / name, remote=str(remote)) for name in ("catalogue", "work"))
    catalogue.good(preset("Standard"))
    (work.descriptions / "catalogue.yaml").unlink()
    work.good(PLAIN, building())
    catalogue.good(preset("No PCR"))
    work.good()
    work.expect_stable()
    assert work.body("order", "o1")["request_options"]["library_type"] == "No PCR"


SEQUENCING = TYPES["Paired end sequencing"]
AWAY = {"study": {"name": "Something else"}}


def sequencing(**options: Any) -> dict[str, Any]:
    """Paired end sequencing with more options."""
    return {**SEQUENCING, "options": {**SEQUENCING["options"], **options}}


@pytest.mark.parametrize("first", [submission, building])
def test_a_default_satisfies_what_a_type_requires_since_the_description_went(lab, first):
    lab.good(order(), *([building()] if first is building else [AWAY]))
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "required": True, "default": "high"}))
    lab.good(AWAY, submission())
    lab.expect_stable()
    assert lab.body("order", "o1")["request_options"]["purity"] == "high"
    assert lab.requests()[1]["options"]["purity"] == "high"
    lab.good(order(), submission())
    lab.expect_stable()


def test_a_default_that_is_legal_no_more_gives_way_to_the_new_one(lab):
    lab.stock(
        Paired_end_sequencing=sequencing(purity={"type": "string", "allowed": ["high", "low"], "default": "high"})
    )
    lab.good(order())
    lab.good(AWAY)
    lab.stock(
        Paired_end_sequencing=sequencing(purity={"type": "string", "allowed": ["best", "low"], "default": "best"})
    )
    lab.good(AWAY, submission())
    lab.expect_stable()
    assert lab.body("order", "o1")["request_options"]["purity"] == "best"
    lab.good(order(), submission())


def test_a_default_goes_with_its_option(lab):
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "default": "high"}))
    lab.good(order())
    lab.good(AWAY)
    lab.stock()
    lab.good(AWAY, submission())
    lab.expect_stable()
    assert "purity" not in lab.body("order", "o1")["request_options"]
    lab.good(order(), submission())


def test_a_default_that_is_still_legal_stays_as_it_is_recorded(lab):
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "default": "high"}))
    lab.good(order())
    lab.good(AWAY)
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "default": "low"}))
    lab.good(AWAY, submission())
    assert lab.body("order", "o1")["request_options"]["purity"] == "high"
    lab.good(order(), submission())
    lab.expect_stable()
    less = {key: of for key, of in OPTIONS.items() if key != "read_length"}
    lab.refuses_only("order_sealed", "order.request_options.read_length", order(request_options=less), submission())


@pytest.mark.parametrize("first", [building, None])
def test_what_someone_gave_is_refused_where_it_is_legal_no_more(lab, first):
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "default": "high"}))
    given = order(request_options={**OPTIONS, "purity": "low"})
    lab.good(given, *([first()] if first else []))
    lab.good(*([first()] if first else [AWAY]))
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "allowed": ["high"], "default": "high"}))
    message = lab.refuses_only("not_allowed", "submission.orders.0", submission())
    words = "the locked order 'o1': request_options.purity" if first else "the order 'o1': request_options.purity"
    assert message.startswith(words)


def test_beside_a_default_that_went_what_is_missing_is_told(lab):
    lab.stock(Paired_end_sequencing=sequencing(purity={"type": "string", "default": "high"}))
    lab.good(order())
    lab.good(AWAY)
    lab.stock(Paired_end_sequencing=sequencing(cycles={"type": "integer", "required": True}))
    message = lab.refuses_only("order_incomplete", "submission.orders.0", submission())
    assert "cycles" in message
