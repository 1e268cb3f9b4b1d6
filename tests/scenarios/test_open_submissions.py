"""Orders of a submission that is not submitted: checked again in each run, here or not (CONTRACT 2.2, 2.3)."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from ordering import SIZES, TYPES, OrderLab, building, order, submission

SEQUENCING = TYPES["Paired end sequencing"]
SECOND = order("o2", assets=["tube2"])
AWAY = {"study": {"name": "Something else"}}
PLATE = "8f5a4c0e-0000-4111-8222-333344445555"


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


def plate(study: str = "Cohort") -> dict[str, Any]:
    return {"asset_group": {"uuid": PLATE, "name": "Plate 7", "study": study, "assets": ["tube1"]}}


def preset(library_type: str) -> dict[str, Any]:
    options = {"library_type": library_type, "fragment_size_required": SIZES}
    types = ["Library creation"]
    return {"order_template": {"name": "Kit", "request_types": types, "request_options": options}}


KIT = order(template="Kit", request_options=None)
OWN = order("o2", template="Kit", assets=["tube2"], request_options={"library_type": "Standard"})


def test_a_group_stays_in_its_study_while_the_submission_is_away(lab):
    taking = order(assets=None, asset_group_name="Plate 7")
    lab.good(plate(), taking, building())
    lab.good(plate(), taking)
    message = lab.refuses_only("asset_group_conflict", "order", plate("Other study"), taking, at="o1")
    assert "'Other study'" in message
    lab.refuses_only("asset_group_conflict", "submission.orders.0", plate("Other study"), taking, building())


@pytest.mark.parametrize("there", [[KIT, OWN], [KIT]])
def test_orders_stay_alike_while_the_submission_is_away(lab, there):
    """Of an order that is away too, the other one tells."""
    lab.good(preset("Standard"), KIT, OWN, building("o1", "o2"))
    lab.good(preset("Standard"), *there)
    message = lab.refuses_only("orders_incompatible", "order", preset("No PCR"), *there)
    assert "library_type is No PCR in the first and Standard in the second" in message
    lab.good(preset("No PCR"))  # nothing of it is described here: it stays as it is recorded
    lab.expect_stable()
    lab.good(preset("Standard"), *there)
    lab.good(preset("Standard"), KIT, OWN, submission("o1", "o2"))


def test_an_order_stays_complete_while_the_submission_is_away(lab):
    away(lab, order(), SECOND)
    cycles = {**SEQUENCING["options"], "cycles": {"type": "integer", "required": True}}
    lab.stock(Paired_end_sequencing={**SEQUENCING, "options": cycles})
    found = lab.refused()
    assert [(of["code"], of["path"]) for of in found] == [("order_incomplete", "order")] * 2
    assert found[0]["line"] < found[1]["line"]
    assert "cycles" in found[0]["message"]
    lab.good(AWAY)
    lab.expect_stable()


def test_it_is_told_by_the_changes_alone_too(lab):
    """Described in files of their own: what is not changed is not read again, unless it is open work."""
    takes = {"assets": None, "asset_group": "Plate 7", "template": "Kit", "request_options": None}
    kit = preset("Standard")["order_template"]
    needs = {**kit, "request_types": ["Library creation", "Paired end sequencing"]}
    sources = [plate(), {"order_template": kit}]
    for name, *documents in (("o1", order(**takes)), ("o2", OWN), ("s1", building("o1", "o2")), ("sources", *sources)):
        lab.describe(*documents, name=f"{name}.yaml")
    lab.good()
    (lab.descriptions / "s1.yaml").unlink()
    lab.good()
    for expected, *changed in (
        ("asset_group_conflict", plate("Other study"), sources[1]),
        ("orders_incompatible", plate(), preset("No PCR")),
        ("order_incomplete", plate(), {"order_template": needs}),
    ):
        lab.describe(*changed, name="sources.yaml")
        by_changes = lab.refused()
        assert {of["code"] for of in by_changes} == {expected}
        shutil.rmtree(lab.root / ".seqmeta")
        assert lab.refused() == by_changes
        lab.describe(*sources, name="sources.yaml")
        lab.good()
    lab.expect_stable()
