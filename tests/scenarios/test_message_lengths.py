"""No message is so long that nobody reads it: texts are cut, and of lists a few are named (CONTRACT 4)."""

import pytest
from lab import Lab

STUDY, PROJECT = "S" * 256, "P" * 256
TUBES = [f"{number:03}" + "A" * 253 for number in range(60)]
WORDS = [f"{number:03}" + "W" * 253 for number in range(16)]
TYPES = [f"{number:02}" + "T" * 254 for number in range(12)]
OPTIONS = {
    "free": {"type": "string"},
    "chosen": {"type": "string", "allowed": WORDS},
    "number": {"type": "integer", "allowed": [str(10**12 + number) for number in range(1000)]},
    **{f"{'o' * 240}_{number}.part": {"type": "string"} for number in range(40)},
}
STOCK = [
    {"study": {"name": STUDY}},
    {"project": {"name": PROJECT}},
    {"request_types": [{"name": of, "options": OPTIONS if of == TYPES[0] else {}} for of in TYPES]},
    {"order_templates": [{"name": "C", "request_types": TYPES}, {"name": "D", "request_types": TYPES[1:]}]},
    {"assets": [{"name": of} for of in TUBES]},
]


def order(name, **fields):
    whole = {"name": name, "template": "C", "study": STUDY, "project": PROJECT, "assets": TUBES[:1]}
    return {"order": {**whole, "comments": "a word\n" * 900, "request_options": {"free": "x" * 6_000}, **fields}}


def submission(*orders, name="s", **fields):
    return {"submission": {"name": name, "orders": list(orders), **fields}}


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path / "lab")


def codes_of_bounded(lab, *documents):
    """Describe and check; return the codes of the errors, whose messages must all be of a bearable length."""
    lab.describe(*STOCK, *documents)
    problems = lab.check()
    assert [of["message"] for of in problems if len(of["message"]) >= 1000] == []
    return sorted(of["code"] for of in problems if of["severity"] == "error")


def test_what_is_recorded_of_a_changed_order_or_submission(lab):
    names = [f"{number:02}" + "O" * 254 for number in range(20)]
    orders = [order(names[0], assets=TUBES), *(order(of) for of in names[1:])]
    locked, held = order("late", assets=TUBES), submission("late", name="t")
    lab.good(*STOCK, *orders, submission(*names, submit=True, comments="b" * 60_000), locked, held)
    changed = {"comments": "x", "assets": [TUBES[1]], "request_options": {"free": "y"}}
    said = [order(names[0], **changed), *orders[1:], order("late", **changed), held]
    sealed = submission(*names[1:], submit=True, comments="c")
    assert codes_of_bounded(lab, *said, sealed) == [
        *["order_locked"] * 3,
        *["order_sealed"] * 3,
        *["submission_sealed"] * 2,
    ]
    [message] = [of["message"] for of in lab.check() if of["path"] == "submission.orders"]
    assert message.endswith(" and 17 more; change it back")


def test_what_happened_to_requests(lab):
    first = [*STOCK, order("o"), submission("o", submit=True)]
    lab.good(*first)
    one = {"request": lab.body("submission", "s")["requests"][0]["uuid"], "event": "start", "comment": "d" * 60_000}
    lab.good(*first, {"progress": {"submission": "s", "events": [one]}})
    other = {"progress": {"submission": "s", "events": [{**one, "comment": "e"}]}}
    assert codes_of_bounded(lab, *first[len(STOCK) :], other) == ["event_changed"]


def test_a_request_that_there_is_not(lab):
    lab.good(*STOCK, order("o"), submission("o", submit=True))
    event = {"asset": TUBES[0], "request_type": "N", "event": "start"}
    said = {"progress": {"submission": "s", "events": [event]}}
    assert codes_of_bounded(lab, {"request_type": {"name": "N"}}, order("o"), submission("o", submit=True), said) == [
        "unknown_reference"
    ]


def test_a_pool_that_is_one_of_many(lab):
    chain = [{"request_type": {"name": "Pool", "pooling": "order"}}, {"request_type": {"name": "Next"}}]
    template = {"order_template": {"name": "E", "request_types": ["Pool", "Next"]}}
    names = [f"{number:02}" + "O" * 250 for number in range(10)]
    work = [*chain, template, *(order(of, template="E", request_options={}) for of in names)]
    work.append(submission(*names, submit=True))
    lab.good(*STOCK, *work)
    said = {"asset": TUBES[0], "request_type": "Next", "event": "start"}
    assert codes_of_bounded(lab, *work, {"progress": {"submission": "s", "events": [said]}}) == ["unknown_reference"]


def test_orders_for_other_work(lab):
    other = {"template": "D", "request_options": {}}
    codes = codes_of_bounded(lab, order("one"), order("two", **other), submission("one", "two"))
    assert codes == ["orders_incompatible"] * 2


def test_what_an_option_may_be(lab):
    options = {"chosen": "z" * 60_000, "number": "z" * 60_000, "q" * 1000: "z"}
    codes = codes_of_bounded(lab, order("o", request_options=options))
    assert codes == ["not_allowed", "not_applicable", "wrong_type"]
    within = {"o" * 240 + "_1": "z"}
    assert codes_of_bounded(lab, order("o", request_options=within)) == ["wrong_type"]
    assert codes_of_bounded(lab, order("o", request_options={"nothing": {"like": "it"}})) == ["not_applicable"]


def test_text_that_is_written_with_many_escapes(lab):
    name = "\U000e1234" * 256
    missing = {"study": name, "project": name, "template": name, "assets": [name]}
    assert codes_of_bounded(lab, order("o", **missing)) == ["unknown_reference"] * 4
