"""`seqmeta plan` on money: what new events charge, what the requests that are sealed will cost (CONTRACT 2.4)."""

import html
import json
import re

import pytest
from ordering import PROJECT, TYPES, OrderLab, order, progress, submission
from reading import CREATION, SEQUENCING, events

PRICED = {**TYPES[SEQUENCING], "price": "100.00"}
POOLING = {**TYPES["Multiplexed library creation"], "billable": False}


@pytest.fixture
def lab(tmp_path):
    return OrderLab(tmp_path / "lab")


def plan(lab, *documents, form="json"):
    if documents:
        lab.describe(*documents)
    code, out, err = lab.call("plan", "--format", form)
    assert (code, err) == (0, "")
    return json.loads(out) if form == "json" else out


def booked(lab, *words):
    rows = plan(lab, order(), submission(), progress(*events(*words)))["charges"]["booked"]
    return [(row["project"], row["amount"], row["charged"], row["refunded"]) for row in rows]


def test_what_is_sealed_will_cost_each_project_so_much(lab):
    other = order("o2", project="Other project", assets=["tube4"])
    found = plan(lab, order(assets=["tube1", "tube2", "tube3"]), other, submission("o1", "o2"))
    expected = [
        (row["project"], row["amount"], row["requests"], row["unpriced"]) for row in found["charges"]["expected"]
    ]
    # 80.50 for each library; sequencing is billable and has no price.
    assert expected == [("Grant", "241.50", 6, 3), ("Other project", "80.50", 2, 1)]
    assert found["charges"]["booked"] == []
    text = plan(lab, form="text")
    assert (
        "would charge project Grant 241.50 once all that is sealed has passed: 6 requests, 3 without a price\n" in text
    )
    assert "| Grant | 241.50 | 6 | 3 |" in html.unescape(plan(lab, form="markdown"))
    lab.quiet()
    assert plan(lab)["charges"] == {"booked": [], "expected": []}, "what is sealed already costs nothing anew"


def test_a_mixed_pool_is_shared_as_in_the_report(lab):
    lab.stock(Multiplexed_library_creation=POOLING, Paired_end_sequencing=PRICED)
    one = order("o1", template="Multiplexed", assets=["tube1"])
    two = order("o2", template="Multiplexed", assets=["tube2", "tube3"], project="Other project")
    rows = plan(lab, one, two, submission("o1", "o2"))["charges"]["expected"]
    assert {row["project"]: row["amount"] for row in rows} == {"Grant": "33.33", "Other project": "66.67"}


def test_new_events_charge_and_old_ones_do_not_again(lab):
    lab.quiet(order(), submission())
    assert booked(lab, "tube1 creation start") == []
    assert booked(lab, "tube1 creation start", "tube1 creation pass") == [("Grant", "80.50", 1, 0)]
    assert "would charge project Grant 80.50: 1 charged, 0 refunded\n" in plan(lab, form="text")
    assert "| Grant | 80.50 | 1 | 0 | 0 |" in html.unescape(plan(lab, form="markdown"))
    lab.quiet()
    assert plan(lab)["charges"]["booked"] == []
    failed = booked(lab, "tube1 creation start", "tube1 creation pass", "tube1 creation retrospective_fail")
    assert failed == [("Grant", "-80.50", 0, 1), ("(charged internally)", "80.50", 1, 0)]
    assert "would charge the laboratory itself 80.50: 1 charged, 0 refunded\n" in plan(lab, form="text")


def test_sealed_and_passed_in_one_run(lab):
    passed = progress(*events("tube1 creation start", "tube1 creation pass"))
    charges = plan(lab, order(), submission(), passed)["charges"]
    assert [(row["amount"], row["charged"]) for row in charges["booked"]] == [("80.50", 1)]
    assert [(row["amount"], row["requests"]) for row in charges["expected"]] == [("80.50", 2)]


def test_nothing_billable_is_not_spoken_of(lab):
    free = {"Library_creation": {**TYPES[CREATION], "billable": False}}
    lab.stock(**free, Paired_end_sequencing={**TYPES[SEQUENCING], "billable": False})
    assert plan(lab, order(), submission())["charges"] == {"booked": [], "expected": []}
    assert "Cost" not in plan(lab, form="markdown")
    assert "charge" not in plan(lab, form="text")


def test_the_rest_of_the_plan_has_its_shape(lab):
    found = plan(lab, order(), submission())
    assert found.keys() == {"created", "updated", "sealed", "cancelled", "problems", "charges"}
    assert [of.keys() for of in found["sealed"]] == [{"uuid", "name", "orders", "requests"}]


def test_long_sections_are_folded_whatever_they_are_of(lab):
    numbers = range(21)
    projects = {"projects": [{"name": f"project {number:02}"} for number in numbers]}
    orders = [
        order(f"order {n}", project=f"project {n:02}", template="Only sequencing", request_options={"read_length": 76})
        for n in numbers
    ]
    found = plan(lab, projects, *orders, *(submission(f"order {n}", name=f"sub {n}") for n in numbers), form="markdown")
    for title in ("Problems: 21", "Sealed: 21", "Cost when all of it has passed: 21", "Created: "):
        assert f"<details><summary>{title}" in found
    assert found.count("<details>") == found.count("</details>") == 4


@pytest.mark.parametrize(
    "name",
    [
        "@everyone and @lab-team",
        "see #1 or GH-12",
        "lab!7 ~bug %sprint &3",
        "https://example.org www.example.org",
        "<img src=x onerror=alert(1)> --> ]]>",
        "`code` **bold** | cell",
        "![x](y) [a]: b",
        "$e=1$ </details>",
        "- * +",
    ],
)
def test_names_stay_text_on_a_page_that_looks_for_mentions(lab, name):
    """GitHub and GitLab resolve character references, and look for mentions, issues and links only then."""
    lab.stock({"project": {"name": name}})
    found = plan(lab, order(project=name), submission(), form="markdown")
    (row,) = [line for line in found.split("Cost when all")[1].splitlines() if line.endswith(" 2 | 1 |")]
    written = row.split(" | ")[0].removeprefix("| ")
    assert not re.search(r"[@#<>`*_|!\[\]$~:/.]", re.sub(r"&#\d+;", "", written))
    shown = html.unescape(written)
    assert shown.replace("\u200b", "") == name
    assert not re.search(r"[@#!~%&$]\w|\bGH-\d|://", shown)


def test_who_pays_and_which_tube_is_told_by_the_names_of_now(lab):
    """A name that a thing gave up may be another's by now: what was sealed goes on with it."""
    lab.quiet(order(), submission())
    text = (lab.descriptions / "catalogue.yaml").read_text()
    tube, creation = lab.body("asset", "tube1")["uuid"], lab.body("request_type", CREATION)["uuid"]
    text = text.replace("name: Grant\n", "name: Old grant\n")
    text = text.replace("- name: tube1\n", f"- name: old tube\n  uuid: {tube}\n")
    text = text.replace(f"- name: {CREATION}\n", f"- name: Preparation\n  uuid: {creation}\n")
    text = text.replace(f"- {CREATION}\n", "- Preparation\n")
    lab.write("catalogue.yaml", text)
    lab.good(order(), submission())
    names = {"project": "Grant", "asset": "tube1", "request_type": CREATION}
    uuids = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(3))
    others = [{kind: {"name": name, "uuid": next(uuids)}} for kind, name in names.items()]
    lab.good(*others, order(), submission())
    done = [{"asset": "tube1", "request_type": CREATION, "event": event} for event in ("start", "pass")]
    charges = plan(lab, *others, order(), submission(), progress(*done))["charges"]["booked"]
    assert [(row["project"], row["uuid"]) for row in charges] == [("Old grant", PROJECT)]
    told = plan(lab, form="text")
    assert "would charge project Old grant 80.50: 1 charged, 0 refunded\n" in told
    assert "old tube, Preparation: pending → passed (start; pass)\n" in told
