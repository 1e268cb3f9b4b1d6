"""A pipeline that starts from the records: its samples come from seqmeta, and a pinned commit is the same for ever."""

import subprocess
from pathlib import Path

import pytest
from lab import Lab, biosamples, run_of
from test_workflow import commits_of, snakemake

PIPELINE = """
module seqmeta:
    snakefile: "{snakefile}"

use rule * from seqmeta as seqmeta_*

rule count:
    default_target: True
    input: "results/exports/snakemake{pin}"
    output: "counted.txt"
    shell: "cut -f1 {{input}}/units.tsv | tail -n +2 | sort > {{output}}"
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    return lab


def pipeline(lab: Lab, project: Path, pin: str = "") -> "subprocess.CompletedProcess[str]":
    (lab.root / "Snakefile").write_text(PIPELINE.format(snakefile=project / "Snakefile", pin=pin))
    return snakemake(lab.root, lab.root / "Snakefile")


def test_a_pipeline_follows_the_records(lab: Lab, project: Path) -> None:
    done = pipeline(lab, project)
    assert done.returncode == 0, done.stderr
    assert (lab.root / "counted.txt").read_text().split() == ["BIRM-XXXXX", "BIRM-YYYYY", "BIRM-ZZZZZ"]
    assert "Nothing to be done" in pipeline(lab, project).stderr
    lab.describe(biosamples(), run_of(biosamples=["BIRM-XXXXX"]), name="run.yaml")
    assert pipeline(lab, project).returncode == 0
    assert (lab.root / "counted.txt").read_text().split() == ["BIRM-XXXXX"]


def test_a_pinned_commit_stays_as_it_is(lab: Lab, project: Path) -> None:
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    pin = f"@{lab.head()}"
    lab.describe(biosamples(), run_of(biosamples=["BIRM-XXXXX"]), name="run.yaml")
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    assert commits_of(lab.records) == 2
    assert pipeline(lab, project, pin).returncode == 0
    assert len((lab.root / "counted.txt").read_text().split()) == 3
    assert "Nothing to be done" in pipeline(lab, project, pin).stderr
