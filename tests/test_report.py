"""`seqmeta report`: progress, charges by project and results by study, from events (CONTRACT 2.4 and 7)."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab import RUN
from ordering import TYPES, order, progress, submission
from reading import CREATION, SEQUENCING, ReadingLab, events, tell_story

from seqmeta.accounts import share

INTERNAL = "(charged internally)"
SEQUENCED = {**TYPES[SEQUENCING], "price": "100.00"}
POOLING = {**TYPES["Multiplexed library creation"], "billable": False}


@pytest.fixture
def lab(tmp_path):
    return ReadingLab(tmp_path / "lab")


def amounts(lab: ReadingLab) -> dict[str, str]:
    return {row["project"]: row["amount"] for row in lab.json("report", "charges")}


def work(lab: ReadingLab, *words: str, **fields: object) -> dict[str, str]:
    """Charges after these events of one order of one tube, whose library creation costs 80.50."""
    lab.good(order(**fields), submission())
    lab.good(order(**fields), submission(), progress(*events(*words)))
    return amounts(lab)


@pytest.mark.parametrize(
    ("words", "grant", "internal"),
    [
        (["start"], None, None),
        (["start", "cancel"], None, None),
        (["start", "pass"], "80.50", None),
        (["start", "fail"], None, "80.50"),
        (["start", "pass", "retrospective_fail"], "0.00", "80.50"),
        (["start", "pass", "return"], "0.00", None),
        (["start", "pass", "return", "start", "pass"], "80.50", None),
        (["start", "fail", "retrospective_pass"], "80.50", "0.00"),
        (["start", "fail", "return", "start", "pass"], "80.50", "80.50"),
        (["start", "fail", "return", "start", "fail"], None, "161.00"),
    ],
)
def test_what_an_event_costs_and_whom(lab, words, grant, internal):
    found = work(lab, *(f"tube1 creation {word}" for word in words))
    assert (found.get("Grant"), found.get(INTERNAL)) == (grant, internal)


def test_what_is_not_billable_costs_nothing(lab):
    lab.stock(Library_creation={**TYPES[CREATION], "billable": False})
    assert work(lab, "tube1 creation start", "tube1 creation pass") == {}


def test_what_has_no_price_is_counted_without_amount(lab):
    words = ("creation start", "creation pass", "sequencing start", "sequencing pass")
    work(lab, *(f"tube1 {word}" for word in words))
    (row,) = lab.json("report", "charges")
    assert (row["project"], row["charged"], row["unpriced"], row["amount"]) == ("Grant", 2, 1, "80.50")


def test_a_failure_that_takes_a_started_request_along_is_charged_internally(lab):
    lab.stock(Multiplexed_library_creation=POOLING, Paired_end_sequencing=SEQUENCED)
    pooled = order(template="Multiplexed", assets=["tube1", "tube2"])
    lab.good(pooled, submission())
    first, second = lab.requests("Multiplexed library creation")
    (lane,) = lab.requests(SEQUENCING)
    steps = [(first, "start"), (first, "pass"), (second, "start"), (second, "fail"), (lane, "start")]
    steps += [(first, "retrospective_fail")]
    lab.good(pooled, submission(), progress(*({"request": of, "event": event} for of, event in steps)))
    assert lab.json("show", lane)["request"]["state"] == "failed"
    assert amounts(lab) == {INTERNAL: "100.00"}


def pooled_pass(lab: ReadingLab, price: str, *orders: tuple[str, str, list[str]]) -> None:
    """Orders of several projects through one pool, whose one lane is passed."""
    lab.stock(Multiplexed_library_creation=POOLING, Paired_end_sequencing={**SEQUENCED, "price": price})
    documents = [order(name, template="Multiplexed", project=project, assets=tubes) for name, project, tubes in orders]
    documents.append(submission(*(name for name, _, _ in orders)))
    lab.good({"project": {"name": "Third"}}, *documents)
    creations = lab.requests("Multiplexed library creation")
    steps = [{"request": of, "event": event} for event in ("start", "pass") for of in creations]
    steps += [{"request": lab.requests(SEQUENCING)[0], "event": event} for event in ("start", "pass")]
    lab.good({"project": {"name": "Third"}}, *documents, progress(*steps))


def test_a_mixed_pool_is_shared_by_assets_and_the_last_takes_the_rest(lab):
    orders = [("a", "Other project", ["tube1"]), ("b", "Third", ["tube2"]), ("c", "Grant", ["tube3"])]
    pooled_pass(lab, "100.00", *orders)
    assert amounts(lab) == {"Grant": "33.34", "Other project": "33.33", "Third": "33.33"}


def test_shares_go_by_the_number_of_assets(lab):
    pooled_pass(lab, "10", ("a", "Grant", ["tube1", "tube2"]), ("b", "Third", ["tube3"]))
    assert amounts(lab) == {"Grant": "6", "Third": "4"}


def test_two_orders_of_one_project_make_one_payer(lab):
    orders = [("a", "Grant", ["tube1"]), ("b", "Third", ["tube2"]), ("c", "Grant", ["tube3"])]
    pooled_pass(lab, "0.10", *orders)
    assert amounts(lab) == {"Grant": "0.06", "Third": "0.04"}


prices = st.decimals(min_value=0, max_value=10**30, allow_nan=False, allow_infinity=False, places=2)


@given(prices, st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
def test_shares_are_fair_exact_and_add_up(price, weights):
    shares = share(price, {str(number): weight for number, weight in enumerate(weights)})
    assert sum((int(part * 100) for part in shares.values()), 0) == int(price * 100)
    assert all(part >= 0 for part in shares.values())
    for part, weight in zip(list(shares.values())[:-1], weights, strict=False):
        fair = int(price * 100) * weight
        assert 0 <= fair - int(part * 100) * sum(weights) < sum(weights)


def test_an_amount_keeps_every_digit(lab):
    price = "12345678901234567890123456789012345.67"
    lab.stock(Library_creation={**TYPES[CREATION], "price": price})
    bought = order(assets=["tube1", "tube2"])
    lab.good(bought, submission())
    done = [f"{tube} creation {event}" for tube in ("tube1", "tube2") for event in ("start", "pass")]
    lab.good(bought, submission(), progress(*events(*done)))
    assert amounts(lab) == {"Grant": "24691357802469135780246913578024691.34"}


def test_progress_by_submission_and_request_type(tmp_path):
    lab = tell_story(tmp_path / "lab")
    rows = {row["request_type"]: row for row in lab.json("report", "progress")}
    creation, sequencing, whole = rows[CREATION], rows[SEQUENCING], rows["all"]
    assert (creation["passed"], creation["failed"], creation["total"], creation["percent"]) == (1, 1, 2, 100)
    assert (sequencing["started"], sequencing["cancelled"], sequencing["total"]) == (1, 1, 1)
    assert (sequencing["percent"], sequencing["remaining"]) == (0, 0)
    assert (whole["total"], whole["percent"]) == (3, 50)
    assert whole["percent"] == lab.list_records("progress")[0]["progress"]["percent"]


def test_what_is_pending_remains(lab):
    lab.good(order(assets=["tube1", "tube2", "tube3"]), submission())
    done = events("tube1 creation start", "tube1 creation pass", "tube2 creation start")
    lab.good(order(assets=["tube1", "tube2", "tube3"]), submission(), progress(*done))
    rows = {row["request_type"]: row for row in lab.json("report", "progress")}
    assert (rows[CREATION]["percent"], rows[CREATION]["remaining"]) == (33, 1)
    assert (rows[SEQUENCING]["percent"], rows[SEQUENCING]["remaining"]) == (0, 3)
    assert {row["submission"] for row in rows.values()} == {"s1"}


def test_a_cancelled_submission_has_nothing_left_to_do(lab):
    lab.good(order(), submission())
    lab.good(order(), submission(cancel=True))
    for row in lab.json("report", "progress"):
        assert (row["state"], row["total"], row["percent"], row["remaining"]) == ("cancelled", 0, 0, 0)


def test_results_by_study(tmp_path):
    lab = tell_story(tmp_path / "lab")
    rows = {row["study"]: row for row in lab.json("report", "studies")}
    cohort = rows["Cohort"]
    assert [cohort[key] for key in ("requests", "passed", "failed", "open", "cancelled")] == [4, 1, 1, 1, 1]
    assert (cohort["runs"], cohort["biosamples"]) == (1, 3)
    assert (rows["Other study"]["requests"], rows["Other study"]["runs"]) == (0, 0)


def test_a_run_of_a_mixed_pool_counts_for_each_study_with_its_own_samples(lab):
    samples = [{"central_sample_id": name} for name in RUN["biosamples"]]
    tubes = [{"name": f"sampled{number}", "biosamples": [of["central_sample_id"]]} for number, of in enumerate(samples)]
    lab.stock({"biosamples": samples}, {"assets": tubes})
    one = order("a", template="Multiplexed", assets=["sampled0"])
    other = order("b", template="Multiplexed", study="Other study", assets=["sampled1", "sampled2"])
    lab.good(one, other, submission("a", "b"))
    run = {"sequencing_run": {**RUN, "requests": lab.requests(SEQUENCING)}}
    lab.good(one, other, submission("a", "b"), run)
    rows = {row["study"]: row for row in lab.json("report", "studies")}
    counted = {study: (row["runs"], row["biosamples"], row["requests"]) for study, row in rows.items()}
    assert counted == {"Cohort": (1, 1, 2), "Other study": (1, 2, 3)}


def test_every_form_has_the_same_rows(tmp_path):
    lab = tell_story(tmp_path / "lab")
    for report in ("progress", "charges", "studies"):
        plain = lab.json("report", report)
        table = list(csv.DictReader(io.StringIO(lab.text("report", report, "--format", "csv"))))
        assert table == [{key: "" if value is None else str(value) for key, value in row.items()} for row in plain]
        assert len(lab.text("report", report).splitlines()) == len(plain) + 1


def test_a_project_named_like_a_formula_stays_text(lab):
    project = {"project": {"name": '=HYPERLINK("http://example.org")'}}
    bought = order(project=project["project"]["name"])
    lab.good(project, bought, submission())
    lab.good(project, bought, submission(), progress(*events("tube1 creation start", "tube1 creation pass")))
    (row,) = csv.DictReader(io.StringIO(lab.text("report", "charges", "--format", "csv")))
    assert row["project"] == "'" + project["project"]["name"]
    assert Decimal(row["amount"]) == Decimal("80.50")


def test_reports_of_an_older_revision(tmp_path):
    lab = tell_story(tmp_path / "lab")
    assert lab.json("report", "charges", "--rev", "HEAD~1") == []
    assert lab.json("report", "progress", "--rev", "HEAD~2") == []


def test_a_study_whose_record_somebody_removed_is_named(tmp_path):
    lab = tell_story(tmp_path / "lab")
    study = next(row["uuid"] for row in lab.json("report", "studies") if row["study"] == "Cohort")
    lab.git("rm", "-q", f"studies/{study[:2]}/{study}.json")
    lab.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "by hand")
    for words in (("studies",), ("html", "-o", str(tmp_path / "page.html"))):
        code, _, err = lab.call("report", *words)
        assert (code, f"the study {study} is named by a record and has none" in err) == (3, True)
