"""A kill or an error at every system call of a whole `seqmeta apply`: old or new, and the next run goes on by itself.

`SEQMETA_SHARE=2/8` takes the second of eight parts of the points, so that all of them can be gone through in pieces.
"""

import os
import random
import re
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import pytest
from interception import is_possible
from ordering import OrderLab, catalogue, order, submission
from points import ERRORS, KILLS, READING, Bench, Ended, Point
from storing import assert_sound, git

import seqmeta.recovery

MANY_PACKS = 4
needs_interception = pytest.mark.skipif(not is_possible(), reason="system calls cannot be held up here")


def first(folder):
    """The first run of a workspace."""
    lab = OrderLab(folder / "lab")
    lab.describe(*catalogue()[:2], name="catalogue.yaml")
    return Bench(folder, lab)


def seal(folder):
    """A run that seals a second submission and adds a tube."""
    lab = OrderLab(folder / "lab")
    before = (order(name="o0"), submission("o0", name="s0"))
    lab.good(*before)
    lab.describe(*before, order(), submission(), {"asset": {"name": "tube13", "barcode": "NT13"}})
    return Bench(folder, lab)


def two_labs(folder):
    """Two laboratories with one remote, and what has to be called around what the first does out of its reach."""
    world = folder / "world"
    shared = world / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", shared], check=True)
    one, two = (OrderLab(world / name, remote="../remote.git") for name in ("one", "two"))
    two.good()
    one.good()

    @contextmanager
    def offline():
        away = shared.rename(world / "away.git")
        yield
        away.rename(shared)

    return one, two, offline


def remote(folder):
    """A run that finds a seal of another laboratory's at the remote, and has one that it could not push before."""
    one, two, offline = two_labs(folder)
    mine = (order(name="o-one"), submission("o-one", name="s-one"))
    with offline():
        one.good(*mine)
    two.good(order(name="o-two"), submission("o-two", name="s-two"))
    one.describe(*mine, {"asset": {"name": "tube13", "barcode": "NT13"}})
    return Bench(folder, one, folder / "world")


def contested(folder):
    """A run that finds at the remote what it changed otherwise in a commit that it could not push before."""
    one, two, offline = two_labs(folder)
    with offline():
        one.good({"asset": {"name": "tube13", "barcode": "NT13"}})
    two.good({"asset": {"name": "tube13", "barcode": "NT31"}})
    one.describe({"assets": [{"name": "tube13", "barcode": "NT13"}, {"name": "tube14"}]})
    return Bench(folder, one, folder / "world")


def joining(folder):
    """The first run of a laboratory that comes to another's remote."""
    _, two, _ = two_labs(folder)
    two.good(order(name="o-two"), submission("o-two", name="s-two"))
    three = OrderLab(folder / "world" / "three", remote="../remote.git")
    three.describe({"asset": {"name": "tube13", "barcode": "NT13"}})
    return Bench(folder, three, folder / "world")


def mending(folder):
    """A run that finds another killed behind its commit, a lock of a dead git, and a record that a person edited."""
    lab = OrderLab(folder / "lab")
    lab.good()
    edited = next(lab.records.glob("projects/*/*.json"))
    lab.describe({"asset": {"name": "tube13"}})
    killed = Bench(folder / "killed", lab)
    killed.run(next(point for point in killed.find_points(["kill"]) if point.call == "renameat"))
    assert git(lab.records, "status", "--porcelain") != ""
    edited.write_text("by hand\n")
    (lab.records / ".git/index.lock").touch()
    lab.describe({"assets": [{"name": "tube13"}, {"name": "tube14"}]})
    return Bench(folder, lab)


def with_many_packs(folder):
    """A laboratory whose store has more packs than a run lets be that takes `MANY_PACKS` for many."""
    lab = OrderLab(folder / "lab")
    lab.good()
    for number in range(MANY_PACKS):
        blob = git(lab.records, "hash-object", "-w", "--stdin", data=str(number))
        git(lab.records, "pack-objects", "-q", ".git/objects/pack/pack", data=blob)
    return lab


def doctor(folder):
    """A run of `seqmeta doctor` that puts many packs together."""
    return Bench(folder, with_many_packs(folder), command="doctor", many_packs=MANY_PACKS)


def packs(folder):
    """A run that puts many packs together before it seals."""
    lab = with_many_packs(folder)
    lab.describe(order(), submission())
    return Bench(folder, lab, many_packs=MANY_PACKS)


STORIES = {story.__name__: story for story in (first, seal, packs, mending, remote, contested, joining, doctor)}


@pytest.fixture(params=STORIES)
def bench(request, tmp_path):
    return STORIES[request.param](tmp_path)


class Step:
    """What the step leads from and to, and whether a store is at one of the two."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.records = bench.lab.records
        self.remote = bench.world / "remote.git"
        self.trees: dict[str, str] = {}
        self.seen: set[str] = set()
        self.went_on = 0
        old, before = self.tree(), self.remote_head()
        self.whole = {old}
        """The trees of all commits that the branch may be at: others' are taken over one by one."""
        if self.remote.exists():
            away = self.remote.rename(bench.world / "away.git")
            self.run_undisturbed()
            away.rename(self.remote)
            bench.put_back()
        self.run_undisturbed()
        self.new, self.commits, self.refs, self.saved = self.tree(), self.count(), self.list_refs(), self.saved_edits()
        assert (old == self.new) == (bench.command == "doctor")
        assert before is None or self.remote_head() not in {before, None}

    def run_undisturbed(self) -> None:
        status, said = self.bench.call(self.bench.command)
        assert status == 0, said
        self.whole |= set(git(self.records, "log", "-g", "--format=%T", "main").split())

    def tree(self) -> str:
        """The tree of the branch, asked of git once for each commit that it is at: the clock stands still here."""
        branch = self.records / ".git/refs/heads/main"
        commit = branch.read_text() if branch.is_file() else ""
        if commit not in self.trees:
            is_made = (self.records / ".git" / "objects").is_dir()
            words = ("rev-parse", "--verify", "-q", "main^{tree}")
            self.trees[commit] = git(self.records, *words, check=False).strip() if is_made else ""
        return self.trees[commit]

    def count(self) -> int:
        return int(git(self.records, "rev-list", "--count", "main"))

    def list_refs(self) -> list[str]:
        """All references, and what stands in the seals: root, number, and the root of the one before."""
        names = git(self.records, "for-each-ref", "--format=%(refname)").split()
        return [*names, git(self.records, "for-each-ref", "--format=%(contents)", "refs/tags")]

    def saved_edits(self) -> dict[str, str]:
        return {str(path): path.read_text() for path in self.records.rglob("*.edited*")}

    def remote_head(self) -> str | None:
        return git(self.remote, "rev-parse", "main").strip() if self.remote.exists() else None

    def check(self, point: Point) -> bool:
        """Hit a point, then run undisturbed; return whether it was hit."""
        ended = self.bench.run(point)
        assert ended.status in {0, 3, -9}, f"{point}: {ended.status} {ended.said}"
        assert "Traceback" not in ended.said, f"{point}: {ended.said}"
        is_new = ended.status == 0 or re.search("committed| was made;", ended.said) is not None
        is_put_off = self.remote.exists() and "next run" in ended.said  # then it stands on what was there before
        assert self.tree() in ({self.new} if is_new and not is_put_off else self.whole), f"{point}: {ended.said}"
        assert self.tree() != self.new or "nothing can be published" not in ended.said, f"{point}: {ended.said}"
        state = self.bench.state()
        if state not in self.seen:
            self.go_on(point, ended)
            self.seen.add(state)
        return ended.is_hit

    def go_on(self, point: Point, ended: Ended) -> None:
        """Run undisturbed from what the fault left, and require that nothing of it is left."""
        self.went_on += 1
        commands = [self.bench.command, "verify"]
        status, said = self.bench.call(*commands[: 1 if self.went_on % 10 else 2])
        story = f"{point}: {ended.said}\nthen {said}"
        assert status == 0, story
        assert self.tree() == self.new, story
        refs = self.list_refs()
        if any("set-aside" in name for name in self.refs):  # under the name of the last commit that was out of reach
            assert not any("unpushed" in name for name in refs), story
        else:
            assert (self.count(), refs) == (self.commits, self.refs), story
        assert_sound(self.records)
        if self.remote.exists():
            assert self.remote_head() == git(self.records, "rev-parse", "main").strip(), story
            tags = git(self.records, "for-each-ref", "refs/tags")
            assert git(self.remote, "for-each-ref", "refs/tags") == tags, story
        left = [path for path in self.records.rglob("*") if path.name.endswith((".lock", ".keep"))]
        assert left == [], f"{point}: {left}"
        assert self.saved_edits() == self.saved, story
        assert not (self.records / ".git/seqmeta/work").exists()
        packs = [path.name for path in (self.records / ".git/objects/pack").iterdir()]
        assert len([name for name in packs if name.endswith(".pack")]) <= self.bench.many_packs, story
        assert [name for name in packs if not name.startswith("pack-")] == [], story


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


def test_states_are_alike_when_a_run_goes_on_from_them_alike(tmp_path):
    bench = seal(tmp_path)
    before = bench.state()
    bench.call("apply")
    after = bench.state()
    bench.put_back()
    assert bench.state() == before != after
    bench.call("apply")
    assert bench.state() == after
    git_dir = bench.lab.records / ".git"
    record = next(bench.lab.records.glob("orders/*/*.json"))
    for path in (record, git_dir / "index", git_dir / "seqmeta/index-key", bench.lab.root / ".seqmeta/index.sqlite"):
        data = path.read_bytes()
        path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        assert bench.state() != after, path
        path.write_bytes(data)
    (git_dir / "index.lock").touch()
    assert bench.state() != after


@needs_interception
@pytest.mark.parametrize("bench", ["first", "seal"], indirect=True)
def test_some_points_of_a_run(bench, seed):
    step = Step(bench)
    points = bench.find_points([*KILLS, *ERRORS])
    assert len({point.process for point in points}) > 5
    walk(step, random.Random(seed).sample(points, 5))


@needs_interception
def test_a_git_that_is_killed_while_it_moves_references_to_and_from_what_was_not_pushed(tmp_path):
    """It moves some and not others: the next run does not take these for what it has to make itself."""
    bench = remote(tmp_path)
    step = Step(bench)
    points = bench.find_points(["kill"])
    moving = Counter(point.process for point in points if point.call in {"rename", "unlink", "rmdir"} and point.process)
    setting_aside, forgetting = sorted(process for process, _ in moving.most_common(2))
    last = Counter(point.process for point in points if point.call == "rename")[setting_aside]
    walk(
        step,
        [
            Point("rename", "kill", 2, setting_aside),
            Point("rename", "kill", last, setting_aside),
            Point("unlink", "kill", 1, setting_aside),
            Point("unlink", "kill", 4, forgetting),
        ],
    )


@needs_interception
def test_a_git_that_is_killed_while_it_puts_packs_together(tmp_path):
    """It has the new pack in its place, and not all of the old ones taken away; or it has not come so far."""
    bench = packs(tmp_path)
    step = Step(bench)
    points = [point for point in bench.find_points(KILLS) if point.process]
    removing = Counter(point.process for point in points if point.call == "unlink").most_common(1)[0][0]
    points = [point for point in points if point.process == removing and point.call in {"rename", "link", "unlink"}]
    placed = next(number for number, point in enumerate(points) if point.call == "unlink")
    walk(step, [*points[:2], *points[placed : placed + 2], points[-1]])


@needs_interception
def test_seals_that_git_cannot_list_are_not_taken_for_none(tmp_path):
    """It passes over a folder that it cannot read: the next seal would get a number that there is already."""
    bench = seal(tmp_path)
    step = Step(bench)
    points = bench.find_points(["EIO"], ["openat"], "/refs/tags/seal")
    assert points != []
    walk(step, points)


@needs_interception
def test_locks_that_stay_would_be_found(tmp_path, monkeypatch):
    """Without a look at the locks of dead processes, some kill of a git leaves one that stops the next run."""
    bench = seal(tmp_path)
    step = Step(bench)
    monkeypatch.setattr(seqmeta.recovery, "_remove_locks", lambda git_dir, deadline: [])
    kills = [point for point in bench.find_points(["kill"]) if point.process > 0 and point.call == "rename"]
    with pytest.raises(AssertionError, match=r"then seqmeta: .*lock"):
        walk(step, kills)


@needs_interception
@pytest.mark.soak
@pytest.mark.parametrize("name", KILLS)
def test_a_kill_at_every_point_of_a_run(bench, name):
    step = Step(bench)
    walk(step, share_of(bench.find_points([name])))


@needs_interception
@pytest.mark.soak
def test_a_disk_that_cannot_be_read_at_every_point_of_a_run(bench):
    step = Step(bench)
    walk(step, share_of(bench.find_points(["EIO"], READING)))


@needs_interception
@pytest.mark.soak
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_at_every_point_of_a_run(bench, name):
    step = Step(bench)
    walk(step, share_of(bench.find_points([name])))
