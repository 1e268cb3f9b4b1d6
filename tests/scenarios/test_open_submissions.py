"""Orders of a submission that is not submitted: checked again in each run, here or not (CONTRACT 2.2, 2.3)."""

from pathlib import Path
from typing import Any

import pytest
from ordering import TYPES, OrderLab, building, order, submission

SEQUENCING = TYPES["Paired end sequencing"]
SECOND = order("o2", assets=["tube2"])


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def read_length(**rules: Any) -> dict[str, Any]:
    """Paired end sequencing with other rules for its read length."""
    return {**SEQUENCING, "options": {**SEQUENCING["options"], "read_length": {"required": True, **rules}}}


def away(lab: OrderLab, *documents: dict[str, Any]) -> None:
    """Record two orders of a submission that is building; then only these are described."""
    lab.good(order(), SECOND, building("o1", "o2"))
    lab.good(*documents)


def test_an_order_that_is_only_recorded_is_compared_as_it_would_be_sealed(lab):
    away(lab, SECOND, building("o1", "o2"))
    lab.stock(Paired_end_sequencing=read_length(type="string"))
    lab.good()
    lab.expect_stable()
    assert [lab.body("order", name)["request_options"]["read_length"] for name in ("o1", "o2")] == [76, "76"]
    lab.good(SECOND, submission("o1", "o2"))
    lab.expect_stable()


def test_what_a_type_asks_for_since_is_no_difference(lab):
    away(lab, SECOND, building("o1", "o2"))
    more = {"purity": {"type": "string", "required": True, "default": "high"}}
    lab.stock(Paired_end_sequencing={**SEQUENCING, "options": {**SEQUENCING["options"], **more}})
    lab.good()
    lab.expect_stable()
    lab.good(SECOND, submission("o1", "o2"))
    lab.expect_stable()


def test_options_that_look_alike_are_told_apart(lab):
    types = {"Note": {"options": {"note": {"type": "string"}}}}
    chain = {"order_template": {"name": "Noted", "request_types": ["Note"]}}
    lab.stock(chain, **types)
    plain = order("o1", template="Noted", request_options=None)
    noted = order("o2", template="Noted", assets=["tube2"], request_options={"note": "not given"})
    message = lab.refuses_only("orders_incompatible", "submission.orders.1", plain, noted, building("o1", "o2"))
    assert "note is not given in the first and 'not given' in the second" in message
