"""SIGKILL at random moments of whole runs, `seqmeta apply` and Snakemake: old or new, and the same words go on."""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter

import pytest
from lab import Lab
from ordering import OrderLab, order, submission
from points import CHANGING, leader_of, start_commands, start_program
from storing import assert_sound, git
from test_every_point import needs_interception
from test_following import tables_of

from seqmeta import index_making


def describe(lab, step):
    """Describe all that the steps up to this one describe: a sample each, and a submission in every fifth."""
    lab.describe({"biosamples": [{"central_sample_id": f"S{number}"} for number in range(1, step + 1)]}, name="s.yaml")
    for number in range(5, step + 1, 5):
        name = str(number)
        lab.describe(
            order(name=f"o{name}", assets=["tube1"]), submission(f"o{name}", name=f"s{name}"), name=f"{name}.yaml"
        )


def samples(lab):
    return len(git(lab.records, "ls-tree", "-r", "--name-only", "main", "biosamples/").splitlines())


def seals(lab):
    return len(git(lab.records, "tag").splitlines())


def storm(lab, chance, hits):
    """Kill run after run; go on with the same words until a step is done."""
    lab.good()
    lasts = 0.2  # how long a run takes here and now, for the moments to lie all over it
    commits, step, killed, late = 1, 1, 0, 0
    describe(lab, step)
    while killed < hits:
        child = start_commands(lab.root, ["apply"])
        child.let_go()
        time.sleep(chance.uniform(0, lasts))
        child.kill(group=chance.random() < 0.7)
        killed += os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == -signal.SIGKILL
        said = child.said()  # to the end of what outlived it
        assert "Traceback" not in said, said
        done = samples(lab)
        lasts = lasts * 1.05 if done < step else lasts * 0.9
        assert done in {step - 1, step}
        assert done == step or "committed" not in said
        if done == step:
            late += 1
            commits, step = commits + 1, step + 1
            describe(lab, step)
    lab.good()
    assert (samples(lab), seals(lab)) == (step, step // 5)
    assert int(git(lab.records, "rev-list", "--count", "main")) == commits + 1
    code, out, _ = lab.call("verify")
    assert (code, "consistent" in out) == (0, True), out
    assert_sound(lab.records)
    assert [path for path in lab.records.rglob("*") if path.name.endswith((".lock", ".edited", ".keep"))] == []
    sys.stdout.write(f"{killed} SIGKILL of seqmeta apply, {late} of them behind the commit, {step} steps\n")


def test_some_kills_of_apply(tmp_path, seed):
    storm(OrderLab(tmp_path / "lab"), random.Random(seed), 8)


def storm_of_first_runs(folder, chance, hits):
    """Kill first runs, of which each has its index made by another process; the next run does it, and tidies up."""
    whole = new_lab(folder / "whole")
    whole.good()
    expected, lasts, killed, late = index_of(whole), 0.2, 0, 0
    for number in range(10 * hits):
        if killed == hits:
            break
        lab = new_lab(folder / str(number))
        child = start_commands(lab.root, ["apply"])
        child.let_go()
        time.sleep(chance.uniform(0, lasts))
        child.kill(group=chance.random() < 0.5)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == -signal.SIGKILL
        said = child.said()
        assert "Traceback" not in said, said
        lasts *= 1.05 if was_killed else 0.9
        killed, late = killed + was_killed, late + (was_killed and (lab.records / ".git/refs/heads/main").exists())
        lab.good()
        assert index_of(lab) == expected
        assert int(git(lab.records, "rev-list", "--count", "main")) == 1
        assert git(lab.records, "status", "--porcelain") == ""
        end = time.monotonic() + 60
        while [path.name for path in (lab.root / ".seqmeta").iterdir()] != ["index.sqlite"]:
            assert time.monotonic() < end  # what a process leaves that outlived its run, it takes away
        shutil.rmtree(lab.root)
    assert killed == hits
    sys.stdout.write(f"{killed} SIGKILL of first runs with a process for the index, {late} behind the commit\n")


def new_lab(root):
    lab = OrderLab(root)
    describe(lab, 12)
    return lab


def index_of(lab):
    """All that the index says of things; the commit, and so what is sealed in it, has the time of the run."""
    told = tables_of(lab)
    return {table: told[table] for table in ("things", "links", "link_counts", "problems", "files", "counts")}


def test_some_kills_of_first_runs(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(index_making, "MANY", 0)
    storm_of_first_runs(tmp_path, random.Random(seed), 6)


@pytest.mark.soak
def test_a_thousand_kills_of_first_runs(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(index_making, "MANY", 0)
    storm_of_first_runs(tmp_path, random.Random(seed), int(os.environ.get("SEQMETA_HITS", "1000")))


def read_while_written(lab, steps):
    """Read and verify all the while two writers apply one step after the other; return how often was read."""
    lab.good()
    readings, seen = 0, 0
    for step in range(1, steps + 1):
        describe(lab, step)
        writers = [start_commands(lab.root, ["apply"]) for _ in range(2)]
        for writer in writers:
            writer.let_go()
        waiting = {writer.pid for writer in writers}
        while waiting:
            code, out, err = lab.call("list", "biosample", "--format", "json")
            assert code == 0, err
            now = len(json.loads(out))
            assert seen <= now <= step
            seen, readings = now, readings + 1
            code, out, _ = lab.call("verify")
            assert code == 0, out
            waiting = {pid for pid in waiting if os.waitpid(pid, os.WNOHANG)[0] == 0}
        said = sorted(writer.said().count("committed") for writer in writers)
        assert said == [0, 1]  # one did it, and the other found it done
    assert int(git(lab.records, "rev-list", "--count", "main")) == steps + 1
    return readings


def test_readers_see_whole_commits_while_two_write(tmp_path):
    assert read_while_written(OrderLab(tmp_path / "lab"), 3) >= 3


@pytest.mark.soak
def test_readers_see_whole_commits_while_two_write_for_long(tmp_path):
    readings = read_while_written(OrderLab(tmp_path / "lab"), 100)
    sys.stdout.write(f"{readings} readings and verifications during 100 steps of two writers\n")


@pytest.mark.soak
def test_a_thousand_kills_of_apply(tmp_path, seed):
    storm(OrderLab(tmp_path / "lab"), random.Random(seed), int(os.environ.get("SEQMETA_HITS", "1000")))


HELD = tuple(name for name in CHANGING if name not in {"flock", "fcntl", "write", "writev"})


class Workflow:
    """Runs of Snakemake in one workspace, each for one more study, some of them hit by a kill at one of their calls."""

    def __init__(self, lab, project, chance):
        self.lab, self.chance = lab, chance
        self.command = ["snakemake", "--cores", "2", "--quiet", "--snakefile", str(project / "Snakefile")]
        self.step, self.killed, self.calls = 0, Counter(), 0

    def run(self, hit=None):
        """Run the words that a person would; at the `hit`th change of a file of the store, or of another, kill."""
        child = start_program(self.command, self.lab.root, held=HELD)
        watch = child.watch()
        child.let_go()
        calls = 0
        for call in watch.calls(120):
            if any(path.startswith(f"{self.lab.root}/") for path in call.paths()):
                calls += 1
                if calls == hit:
                    self.kill(child, call)
            watch.let_go_on(call)
        return *child.end(), calls

    def kill(self, child, call):
        """Kill all of the run at once, or only Snakemake, or only what makes the call."""
        manner = self.chance.choice(["all", "snakemake", "one"])
        if manner == "one":
            os.kill(leader_of(call.thread), signal.SIGKILL)
        else:
            child.kill(group=manner == "all")
        self.killed[manner] += 1

    def go_on(self):
        """Describe one study more, and run until it is recorded."""
        status, said, self.calls = self.run()
        assert status == 0, said
        assert len(git(self.lab.records, "ls-files").splitlines()) == self.step
        assert int(git(self.lab.records, "rev-list", "--count", "main")) == self.step
        assert git(self.lab.records, "status", "--porcelain") == ""

    def describe(self):
        self.step += 1
        self.lab.describe({"study": {"name": f"Study {self.step}"}}, name=f"{self.step}.yaml")

    def storm(self, hits):
        """Kill runs at any of the calls that an undisturbed one makes; after each, the same words go on."""
        self.describe()
        self.go_on()
        while self.killed.total() < hits:
            self.describe()
            for _ in range(self.chance.choice([1, 1, 2])):
                status, said, _ = self.run(hit=self.chance.randint(1, self.calls))
                assert status in {0, 1, -signal.SIGKILL}, said
                assert "Traceback" not in said, said
            self.go_on()
        assert_sound(self.lab.records)
        assert self.lab.call("verify")[0] == 0
        sys.stdout.write(f"{dict(self.killed)} SIGKILL at one of {self.calls} calls, {self.step} steps\n")


@needs_interception
@pytest.mark.soak
def test_kills_of_snakemake(tmp_path, project, seed):
    workflow = Workflow(Lab(tmp_path / "lab", shard_size=2), project, random.Random(seed))
    workflow.storm(int(os.environ.get("SEQMETA_HITS", "100")))
