"""A store lived in at random, against a dictionary: described, sealed, reported on, killed, edited, tampered with.

What was acknowledged stays, what was refused left nothing, every crash mends itself in the next run, honest life
raises no alarm, and tampering always does.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import seed as seeded
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ordering import OrderLab, dump, order

NUMBERS = st.integers(0, 5)


class Life(RuleBasedStateMachine):
    """`kits` is what is described of each run, `kept` what the store has acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="seqmeta-life-"))
        self.kits: dict[int, str] = {}
        self.kept: dict[int, str] = {}
        self.sealed: set[int] = set()
        self.started: set[int] = set()

    @initialize()
    def begin(self) -> None:
        self.lab = OrderLab(self.folder / "lab")
        self.lab.good()

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self) -> None:
        documents: list[dict[str, Any]] = [
            {"biosample": {"central_sample_id": f"S{number}", "metadata": {"prep": {"kit": kit}}}}
            for number, kit in sorted(self.kits.items())
        ]
        for number in sorted(self.sealed):
            documents.append(order(name=f"o{number}", assets=[f"tube{number + 1}"]))
            documents.append({"submission": {"name": f"s{number}", "orders": [f"o{number}"], "submit": True}})
            events = [{"asset": f"tube{number + 1}", "request_type": "Library creation", "event": "start"}]
            if number in self.started:
                documents.append({"progress": {"submission": f"s{number}", "events": events}})
        self.lab.write("life.yaml", dump(*documents) if documents else "")

    @rule(number=NUMBERS, kit=st.sampled_from(["LSK109", "LSK110", "NO", "1.10"]))
    def set_kit(self, number: int, kit: str) -> None:
        self.kits[number] = kit
        self.describe()

    @rule(number=NUMBERS)
    def submit(self, number: int) -> None:
        self.sealed.add(number)
        self.describe()

    @precondition(lambda self: self.sealed)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self.started.add(data.draw(st.sampled_from(sorted(self.sealed))))
        self.describe()

    @rule()
    def apply(self) -> None:
        self.lab.good()
        self.kept = dict(self.kits)

    @rule(milliseconds=st.integers(80, 700))
    def apply_killed(self, milliseconds: int) -> None:
        command = ["seqmeta", "-C", self.lab.root, "apply"]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(milliseconds / 1000)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        said = run.communicate()[0].decode()
        if "committed" in said:
            self.kept = dict(self.kits)
            assert self.committed() == self.kept
        else:  # killed: as before or as after, and nothing between
            assert self.committed() in (self.kept, self.kits)
            self.kept = self.committed()

    @rule(number=NUMBERS)
    def refuse(self, number: int) -> None:
        before = self.lab.head()
        self.lab.write("bad.yaml", f"biosample: {{central_sample_id: S{number}, taxon_id: many}}\n")
        assert self.lab.call("apply")[0] == 1
        assert self.lab.head() == before
        (self.lab.descriptions / "bad.yaml").unlink()

    @rule()
    def lose_cache(self) -> None:
        shutil.rmtree(self.lab.root / ".seqmeta", ignore_errors=True)

    @precondition(lambda self: self.kept)
    @rule()
    def edit_a_record_by_hand(self) -> None:
        path = next((self.lab.records / "biosamples").glob("*/*.json"))
        path.write_text(path.read_text().replace("kit", "kitten"))
        self.apply()
        assert self.lab.git("status", "--porcelain") == ""

    @rule()
    def commit_by_hand(self) -> None:
        if (self.lab.records / ".git/index.lock").exists():  # of a run that was killed, which git tells a person of
            assert self.lab.call("doctor")[0] == 0
        (self.lab.records / "notes.txt").write_text(f"{random.random()}\n")
        self.lab.git("add", "notes.txt")
        self.lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "a note by hand")

    @precondition(lambda self: self.kept)
    @rule(sealed=st.booleans())
    def tamper(self, sealed: bool) -> None:
        """Change a committed record by hand: `verify` names it, and the store is taken back to what it was."""
        self.apply()
        head = self.lab.head()
        folder = "orders" if sealed and self.sealed else "biosamples"
        path = next((self.lab.records / folder).glob("*/*.json"))
        path.write_text(path.read_text().replace('"uuid"', '"uuid" ', 1))
        assert self.lab.call("verify")[0] == 1
        self.lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-a", "-m", "tampered")
        code, out, _ = self.lab.call("verify", "--format", "json")
        assert code == 1
        assert path.name in json.dumps(json.loads(out)["findings"])
        self.lab.git("reset", "-q", "--hard", str(head))

    def committed(self) -> dict[int, str]:
        names = self.lab.git("ls-tree", "-r", "--name-only", "HEAD", "biosamples/").split()
        bodies = [json.loads(self.lab.git("show", f"HEAD:{name}"))["biosample"] for name in names]
        return {int(body["central_sample_id"][1:]): body["metadata"]["prep"]["kit"] for body in bodies}

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        if hasattr(self, "lab"):
            assert self.committed() == self.kept

    @rule()
    def verify(self) -> None:
        self.lab.good()  # a killed run is mended by the next one
        self.kept = dict(self.kits)
        code, out, _ = self.lab.call("verify")
        assert code == 0, out
        assert "consistent" in out


def test_a_short_life() -> None:
    run_state_machine_as_test(Life, settings=settings(max_examples=3, stateful_step_count=10))


@pytest.mark.soak
def test_a_long_life(seed) -> None:
    settled = settings(max_examples=60, stateful_step_count=40)
    run_state_machine_as_test(seeded(seed)(type("LongLife", (Life,), {})), settings=settled)
