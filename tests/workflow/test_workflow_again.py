"""What is asked for again with the same words: nothing that was refused, killed or not pushed is forgotten."""

import os
import subprocess
from pathlib import Path

import pytest
from lab import Lab
from test_workflow import commits_of, snakemake

MODULE = """
module seqmeta:
    snakefile: "{snakefile}"

use rule * from seqmeta as seqmeta_*

rule counted:
    default_target: True
    input: rules.seqmeta_apply.output.receipt
    output: "counted.txt"
    shell: "seqmeta list biosample | grep -c TAKEN > {{output}}; date +%N >> {{output}}"
"""
KILLING = """#!/bin/sh
case " $* " in *" apply "*) {words};; esac
exec {seqmeta} "$@"
"""


@pytest.fixture(params=["export", "module"])
def target(request: pytest.FixtureRequest, lab: Lab, project: Path) -> tuple[Path, tuple[str, ...]]:
    """A Snakefile, and words that ask for what is made from the records."""
    if request.param == "export":
        return project / "Snakefile", ("results/exports/table",)
    outer = lab.root / "Snakefile"
    outer.write_text(MODULE.format(snakefile=project / "Snakefile"))
    return outer, ()


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path / "lab")
    describe(lab, "562")
    return lab


def describe(lab: Lab, taxon: str) -> None:
    lab.write("samples.yaml", f"biosample: {{central_sample_id: TAKEN, taxon_id: {taxon}}}\n")


def exported(lab: Lab) -> str:
    return (lab.root / "results/exports/table/biosamples.csv").read_text()


def taxon_of(lab: Lab) -> int:
    return int(lab.body("biosample", "TAKEN")["taxon_id"])


def test_a_refused_edit_is_refused_again_until_it_is_mended(lab: Lab, target: tuple[Path, tuple[str, ...]]) -> None:
    assert snakemake(lab.root, target[0], *target[1]).returncode == 0
    describe(lab, "none")
    for _ in range(2):
        refused = snakemake(lab.root, target[0], *target[1])
        assert refused.returncode != 0
        assert "[wrong_type]" in refused.stderr
    describe(lab, "1773")
    assert snakemake(lab.root, target[0], *target[1]).returncode == 0
    assert taxon_of(lab) == 1773


@pytest.mark.parametrize(
    "words", ["kill -9 $$", "exit 3", '{seqmeta} "$@" >&2; kill -9 $$'], ids=["killed", "locked", "behind"]
)
def test_an_edit_whose_commit_was_cut_short_is_committed_by_the_same_words(
    lab: Lab, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    target = (project / "Snakefile", "results/exports/table")
    assert snakemake(lab.root, *target).returncode == 0
    describe(lab, "1773")
    seqmeta = subprocess.run(["which", "seqmeta"], capture_output=True, text=True, check=True).stdout.strip()
    stand_in = tmp_path / "bin/seqmeta"
    stand_in.parent.mkdir()
    stand_in.write_text(KILLING.format(words=words.format(seqmeta=seqmeta), seqmeta=seqmeta))
    stand_in.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
        assert snakemake(lab.root, *target).returncode != 0
    assert snakemake(lab.root, *target).returncode == 0
    assert (taxon_of(lab), commits_of(lab.records)) == (1773, 2)
    assert "1773" in exported(lab)
    assert "Nothing to be done" in snakemake(lab.root, *target).stderr


def test_what_is_made_from_the_records_follows_them_whoever_made_the_commit(lab: Lab, project: Path) -> None:
    words = (project / "Snakefile", "results/exports/table")
    assert snakemake(lab.root, *words).returncode == 0
    for taxon in ("1", "2"):
        describe(lab, taxon)
        subprocess.run(["seqmeta", "-C", lab.root, "apply"], check=True, capture_output=True)
        assert snakemake(lab.root, words[0]).returncode == 0
        assert snakemake(lab.root, *words).returncode == 0
        assert f"TAKEN,,{taxon}" in exported(lab)
    made = (lab.root / "results/exports/table/biosamples.csv").stat().st_mtime_ns
    os.utime(lab.descriptions / "samples.yaml")
    assert snakemake(lab.root, words[0]).returncode == 0
    assert snakemake(lab.root, *words).returncode == 0
    assert (lab.root / "results/exports/table/biosamples.csv").stat().st_mtime_ns == made, "made again for nothing"


def test_what_could_not_be_pushed_is_pushed_by_the_same_words(lab: Lab, project: Path, tmp_path: Path) -> None:
    remote, away = tmp_path / "remote.git", tmp_path / "away.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
    lab.configure(remote=str(remote))
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    remote.rename(away)
    describe(lab, "1773")
    for _ in range(2):
        offline = snakemake(lab.root, project / "Snakefile")
        assert offline.returncode == 0
        assert "the next run pushes" in offline.stderr
    away.rename(remote)
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    head = subprocess.run(["git", "-C", remote, "rev-parse", "main"], capture_output=True, text=True, check=True)
    assert head.stdout.strip() == lab.head()
    assert "Nothing to be done" in snakemake(lab.root, project / "Snakefile").stderr


def test_a_link_among_the_descriptions_is_told(lab: Lab, project: Path) -> None:
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    (lab.descriptions / "more.yaml").symlink_to("samples.yaml")
    told = snakemake(lab.root, project / "Snakefile")
    assert told.returncode == 0
    assert "config/descriptions/more.yaml:1:1:" in told.stderr
    assert "[not_a_regular_file]" in told.stderr


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_of_shards_that_cannot_be_ends_with_what_is_wrong(lab: Lab, project: Path, size: int) -> None:
    lab.configure(shard_size=size)
    refused = snakemake(lab.root, project / "Snakefile")
    assert refused.returncode != 0
    assert "config.shard_size:" in refused.stderr
    assert "[out_of_range]" in refused.stderr
