"""What others commit to a shared remote: a run follows it by the records that differ, and says what the whole says."""

import random
import re
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, dump
from test_delta import LATER, Bench, judged, moment, take_short_ways

from seqmeta import judging
from seqmeta.applying import apply
from seqmeta.committing import pull
from seqmeta.judging import open_existing
from seqmeta.workspace import open_workspace

_OWN_NAMES = re.compile(r"\b(?:(?:S|T|L|N|run_)(?=[1-9])|(?:O|Sub)(?=\d)|Group (?=2))")


class Site(Bench):
    """One of two laboratories that share a remote: some of what it describes the other describes too."""

    def __init__(self, lab: Lab, seed: int, letter: str) -> None:
        super().__init__(lab, seed)
        self.letter = letter
        self.chance = random.Random(f"{seed}{letter}")

    def write(self) -> None:
        for path in self.lab.descriptions.glob("*.yaml"):
            if path.stem not in self.files:
                path.unlink()
        for name, documents in self.files.items():
            path = self.lab.descriptions / f"{name}.yaml"
            text = _OWN_NAMES.sub(rf"\g<0>{self.letter}", dump(*documents))
            text = re.sub(r"09ef4b3a(-1bad-453a-a291-00000000000[1-9])", rf"{ord(self.letter):x}ef4b3a\1", text)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def apply(self) -> bool:
        """Apply, behind what the remote has; return whether that was done."""
        return not apply(open_workspace(self.lab.root), moment(self.lab.root, LATER)).is_refused

    def pull(self) -> None:
        """Take over what the remote has, and judge nothing."""
        workspace = open_workspace(self.lab.root)
        store = open_existing(workspace)
        assert store is not None
        with store.locked(1):
            pull(workspace, store)


def count_followed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note of each judgement that follows others how many of their records it follows."""
    counts: list[int] = []
    original = judging.follow

    def noting(*args: Any) -> Any:
        followed = original(*args)
        counts.extend([] if followed is None else [len(followed)])
        return followed

    monkeypatch.setattr(judging, "follow", noting)
    return counts


def share_remote(tmp_path: Path, seed: int) -> tuple[Path, list[Site]]:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
    labs = [Lab(tmp_path / name, remote=str(remote), unregistered_biosamples="stub") for name in ("one", "two")]
    return remote, [Site(lab, seed, letter) for lab, letter in zip(labs, "AB", strict=True)]


@pytest.mark.parametrize("seed", [1, 2, 3, *(pytest.param(n, marks=pytest.mark.soak) for n in range(4, 60))])
def test_what_another_commits_is_followed_as_if_everything_were_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    followed, taken = count_followed(monkeypatch), take_short_ways(monkeypatch)
    remote, sites = share_remote(tmp_path, seed)
    chance = random.Random(seed)
    for site in sites:
        site.write()
        assert site.apply()
    for _ in range(25):
        site = chance.choice(sites)
        before = deepcopy(site.files)
        edit = site.edit() if chance.random() < 0.8 else "nothing"
        site.write()
        if chance.random() < 0.5:
            site.pull()
        assert judged(site.lab, whole=False) == judged(site.lab, whole=True), edit
        if chance.random() < 0.3:  # so that both have what the other lacks
            remote.rename(tmp_path / "away")
        is_applied = site.apply()
        if not remote.exists():
            (tmp_path / "away").rename(remote)
        assert judged(site.lab, whole=False) == judged(site.lab, whole=True), edit
        if not is_applied:
            site.files = before
            site.write()
    assert taken.count(True) > 10
    assert sum(followed) > 10 or seed > 3  # by chance, what others renamed is in doubt all the time
