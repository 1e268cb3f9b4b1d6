"""A kill or an error at every system call of a whole `seqmeta apply`: old or new, and the next run goes on by itself.

`SEQMETA_SHARE=2/8` takes the second of eight parts of the points, so that all of them can be gone through in pieces.
"""

import os
import random
import sys
from collections import Counter

import pytest
from ordering import OrderLab, catalogue, order, submission
from points import Bench, Ended, Point
from storing import assert_sound, git
from test_syscalls import ERRORS, needs_strace

STORIES = ("first", "seal")


@pytest.fixture(params=STORIES)
def bench(request, tmp_path):
    """Prepare the step to come: the first run of a workspace, or one that seals a submission and adds a tube."""
    lab = OrderLab(tmp_path / "lab")
    if request.param == "first":
        lab.describe(*catalogue()[:2], name="catalogue.yaml")
    else:
        lab.good()
        lab.describe(order(), submission(), {"asset": {"name": "tube13", "barcode": "NT13"}})
    return Bench(tmp_path, lab)


class Step:
    """What the step leads from and to, and whether a store is at one of the two."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.records = bench.lab.records
        self.old = self.tree()
        self.commits = self.count()
        status, said = bench.call("apply")
        assert status == 0, said
        self.new = self.tree()
        self.tags = git(self.records, "tag").split()
        assert self.new != self.old
        self.seen: set[str] = set()
        self.went_on = 0

    def tree(self) -> str:
        if not (self.records / ".git" / "objects").is_dir():
            return ""
        return git(self.records, "rev-parse", "--verify", "-q", "main^{tree}", check=False).strip()

    def count(self) -> int:
        return int(git(self.records, "rev-list", "--count", "main")) if self.tree() else 0

    def check(self, point: Point) -> bool:
        """Hit a point, then run undisturbed; return whether it was hit."""
        ended = self.bench.run(point)
        assert ended.status in {0, 3, -9}, f"{point}: {ended.status} {ended.said}"
        assert "Traceback" not in ended.said, f"{point}: {ended.said}"
        tree = self.tree()
        is_new = ended.status == 0 or "committed" in ended.said
        assert tree in ({self.new} if is_new else {self.old, self.new}), f"{point}: {ended.said}"
        state = self.bench.state()
        if state not in self.seen:
            self.go_on(point, ended)
            self.seen.add(state)
        return ended.is_hit

    def go_on(self, point: Point, ended: Ended) -> None:
        """Run undisturbed from what the fault left, and require that nothing of it is left."""
        self.went_on += 1
        commands = ["apply"] if self.went_on % 10 else ["apply", "verify"]
        status, said = self.bench.call(*commands)
        assert status == 0, f"{point}: {ended.said}\nthen {said}"
        assert (self.tree(), self.count()) == (self.new, self.commits + 1), f"{point}: {said}"
        assert git(self.records, "tag").split() == self.tags, f"{point}: {said}"
        assert_sound(self.records)
        left = [path for path in self.records.rglob("*") if path.name.endswith((".lock", ".edited", ".keep"))]
        assert left == [], f"{point}: {left}"
        assert not (self.records / ".git/seqmeta/work").exists()


def share_of(points: list[Point]) -> list[Point]:
    """Take the part of the points that SEQMETA_SHARE asks for, all of them without it."""
    part, _, parts = os.environ.get("SEQMETA_SHARE", "1/1").partition("/")
    return points[int(part) - 1 :: int(parts)]


def walk(step: Step, points: list[Point]) -> None:
    hits: Counter[tuple[str, str]] = Counter()
    missed, broken = [], []
    for point in points:
        try:
            if step.check(point):
                hits[point.call, point.fault] += 1
            else:
                missed.append(point)
        except AssertionError as error:  # the next one begins from the same state again
            broken.append(f"{point}: {error}")
    for (call, fault), number in sorted(hits.items()):
        sys.stdout.write(f"{call} {fault} {number}\n")
    sys.stdout.write(f"{hits.total()} points hit, {step.went_on} states gone on from, not reached again: {missed}\n")
    assert broken == [], "\n\n".join([f"{len(broken)} broken", *broken])
    assert hits.total() >= 0.95 * len(points)


@needs_strace
def test_some_points_of_a_run(bench, seed):
    step = Step(bench)
    points = bench.find_points(["kill", *ERRORS])
    assert len({point.git for point in points}) > 5
    walk(step, random.Random(seed).sample(points, 5))


@needs_strace
@pytest.mark.soak
def test_a_kill_at_every_point_of_a_run(bench):
    step = Step(bench)
    walk(step, share_of(bench.find_points(["kill"])))


@needs_strace
@pytest.mark.soak
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_at_every_point_of_a_run(bench, name):
    step = Step(bench)
    walk(step, share_of(bench.find_points([name])))
