"""What a step keeps of very many findings: enough of each file to say what all of them would (CONTRACT 4)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordering import OrderLab, building, order

from seqmeta import first_findings, judgement, rulebook
from seqmeta.described import Placed
from seqmeta.documents import Source
from seqmeta.first_findings import FirstFindings
from seqmeta.judgement import cap_by_file
from seqmeta.problems import Finding, Problem, sort_problems

SHOWN = 3
SOURCES = st.builds(Source, st.sampled_from(["a.yaml", "b.yaml"]), st.integers(0, 3), st.none() | st.integers(0, 3))
FINDINGS = st.builds(Finding, st.just(()), st.sampled_from("cde"), st.just(""), st.sampled_from(["error", "warning"]))
PLACED = st.builds(Placed, st.just("order"), SOURCES, FINDINGS, st.none(), st.booleans())


@contextmanager
def few() -> Iterator[None]:
    """Let few problems of a file be reported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_findings, "_ENOUGH", SHOWN + 1)
        for module in (judgement, rulebook):
            patch.setattr(module, "MOST_PROBLEMS", SHOWN)
        yield


def shown(placed: list[Placed]) -> list[Problem]:
    """What is reported of findings, each at the place of what it is of."""
    places = [of.source.order for of in placed]
    problems = [
        Problem(of.finding.severity, file, document + 1, item + 2, "", of.finding.code, "")
        for of, (file, document, item) in zip(placed, places, strict=True)
    ]
    return cap_by_file(sort_problems(problems))


@given(st.lists(PLACED, max_size=80))
def test_what_is_kept_says_what_all_would(placed):
    with few():
        found = FirstFindings()
        for of in placed:
            found.append(of)
        assert shown(list(found)) == shown(placed)
        assert shown([of for of in found if not of.is_passing]) == shown([of for of in placed if not of.is_passing])
        assert found.errors == {(of.kind, of.finding.code) for of in placed if of.finding.severity == "error"}
        assert len(found) == len(list(found))
        for source in filter(found.is_enough, {of.source for of in placed}):
            assert shown([*placed, Placed("order", source, Finding((), "c", ""))]) == shown(placed)


@given(st.permutations(range(40)), st.integers(0, 39))
def test_a_finding_is_said_otherwise_by_its_number(items, at):
    with few():
        found = FirstFindings()
        placed = [Placed("order", Source("a.yaml", 0, item), Finding((), "c", "")) for item in items]
        numbers = [found.append(of) for of in placed]
        other = Finding((), "d", "")
        found.replace(numbers[at], other, None)
        placed[at] = placed[at]._replace(finding=other)
        assert shown(list(found)) == shown(placed)


def test_what_is_not_kept_takes_no_room():
    with few():
        found = FirstFindings()
        for document in range(1000):
            found.append(Placed("order", Source("a.yaml", 1000 - document, None), Finding((), "c", "")))
            assert len(found) <= 2 * (SHOWN + 1)


def test_orders_that_are_in_each_of_many_submissions_are_placed_as_far_as_they_are_reported(tmp_path, monkeypatch):
    lab = OrderLab(tmp_path / "lab")
    orders = [f"o{number}" for number in range(150)]
    submissions = [building(*orders, name=f"s{number}") for number in range(300)]
    lab.describe(*(order(name, assets=None) for name in orders), *submissions)
    placed: list[Finding] = []
    place = judgement.place
    monkeypatch.setattr(judgement, "place", lambda finding, *where: placed.append(finding) or place(finding, *where))
    problems = lab.check()
    assert len(placed) < 21_000
    assert len(problems) == 10_001
    assert problems[-1]["code"] == "too_many_problems"
    lines = (lab.descriptions / "work.yaml").read_text().splitlines()
    in_first = [of["code"] for of in problems if lines[: of["line"]].count("submission:") == 1]
    assert in_first == ["order_incomplete"] * 150
    assert sum(of["code"] == "order_in_two_submissions" for of in problems) == 4925
    assert lines[: problems[-1]["line"]].count("submission:") == 1 + 33  # in each other one, two things of each order


def test_one_submission_with_endless_faults_is_reported_as_far_as_it_is_shown(tmp_path, monkeypatch):
    lab = OrderLab(tmp_path / "lab")
    options = {f"option{number}": {"type": "string", "required": True} for number in range(250)}
    lab.stock(Quality_control={"options": options})
    orders = [f"o{number}" for number in range(100)]
    lab.describe(
        {"order_template": {"name": "Endless", "request_types": ["Quality control"]}},
        *(order(name, template="Endless", request_options=None) for name in orders),
        building(*orders),
    )
    found: list[object] = []
    append = FirstFindings.append
    monkeypatch.setattr(FirstFindings, "append", lambda self, placed: found.append(placed) or append(self, placed))
    problems = lab.check()
    assert len(found) == 10_250
    assert [of["code"] for of in problems] == ["order_incomplete"] * 10_000 + ["too_many_problems"]
    assert len({of["line"] for of in problems}) == 40


def test_what_is_read_and_what_is_linked_are_one_file_s_problems(tmp_path):
    lab = OrderLab(tmp_path / "lab")
    orders = [f"o{number}" for number in range(60)]
    lab.describe(*map(order, orders), *(building(*orders, name=f"s{number}") for number in range(30)))
    with (lab.descriptions / "work.yaml").open("a") as file:
        file.write("---\nstudies: [" + "{}," * 10_500 + "{}]\n")
    problems = lab.check()
    assert [of["code"] for of in problems[:1740]] == ["order_in_two_submissions"] * 1740
    assert [of["code"] for of in problems[1740:]] == ["required_field"] * (10_000 - 1740) + ["too_many_problems"]
