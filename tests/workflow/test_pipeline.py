"""A pipeline that starts from the records: its samples come from seqmeta, and a pinned commit is the same for ever."""

import subprocess
from pathlib import Path

import pytest
from lab import Lab, run_of
from test_workflow import snakemake

SAMPLES = ("BIRM-XXXXX", "BIRM-YYYYY", "BIRM-ZZZZZ")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path / "lab")
    describe(lab)
    return lab


def describe(lab: Lab, samples: tuple[str, ...] = SAMPLES, **changed: str) -> None:
    """Describe a run of some of the samples; `changed` is given to the last of all."""
    bodies = [{"central_sample_id": name, **(changed if name == SAMPLES[-1] else {})} for name in SAMPLES]
    lab.describe({"biosamples": bodies}, run_of(biosamples=list(samples)), name="run.yaml")


def run(lab: Lab, pipeline: str) -> "subprocess.CompletedProcess[str]":
    (lab.root / "Snakefile").write_text(pipeline)
    done = snakemake(lab.root, lab.root / "Snakefile")
    assert done.returncode == 0, done.stderr
    return done


def made(lab: Lab) -> dict[str, int]:
    """When each sample's result was written."""
    return {path.stem: path.stat().st_mtime_ns for path in (lab.root / "results/of").glob("*.txt")}


# A rule for the sheet of a whole pipeline, and one for each sample's own record: which there are is known after apply.
FOLLOWING = """
import json

module seqmeta:
    snakefile: "{snakefile}"

use rule * from seqmeta as seqmeta_*

checkpoint recorded:
    input: rules.seqmeta_apply.output.receipt
    output: "results/biosamples.json"
    shell: "seqmeta list biosample --format json > {{output}}"

def samples():
    with open(checkpoints.recorded.get().output[0]) as file:
        return {{of["name"]: of["uuid"] for of in json.load(file)}}

def record(wildcards):
    uuid = samples()[wildcards.sample]
    return f"records/biosamples/{{uuid[:2]}}/{{uuid}}.json"

rule sample:
    input: record
    output: "results/of/{{sample}}.txt"
    shell: "cp {{input}} {{output}}"

rule count:
    input: "results/exports/snakemake"
    output: "results/counted.txt"
    shell: "cut -f1 {{input}}/units.tsv | tail -n +2 | sort > {{output}}"

rule everything:
    default_target: True
    input: "results/counted.txt", lambda wildcards: expand("results/of/{{sample}}.txt", sample=samples())
"""


def test_a_pipeline_follows_the_records_and_repeats_only_what_changed(lab: Lab, project: Path) -> None:
    pipeline = FOLLOWING.format(snakefile=project / "Snakefile")
    run(lab, pipeline)
    counted = lab.root / "results/counted.txt"
    assert counted.read_text().split() == [*SAMPLES]
    before = made(lab)
    assert set(before) == set(SAMPLES)

    describe(lab, SAMPLES[:1], taxon_id="9606")
    run(lab, pipeline)
    assert counted.read_text().split() == [SAMPLES[0]]
    after = made(lab)
    assert [name for name in SAMPLES if after[name] != before[name]] == [SAMPLES[-1]]
    assert '"taxon_id": 9606' in (lab.root / f"results/of/{SAMPLES[-1]}.txt").read_text()
    assert "Nothing to be done" in run(lab, pipeline).stderr


# The samples of one commit. The digest is what a job depends on: another commit repeats only what is another in it.
PINNED = """
import seqmeta

RECORDS = seqmeta.open_records("records", rev="{pin}")
SAMPLES = {{of["biosample"]["central_sample_id"]: of for of in RECORDS.of_kind("biosample")}}

rule everything:
    input: expand("results/of/{{sample}}.txt", sample=SAMPLES)

rule sample:
    output: "results/of/{{sample}}.txt"
    params: digest=lambda wildcards: SAMPLES[wildcards.sample]["meta"]["digest"]
    shell: "echo {{params.digest}} > {{output}}"
"""


def test_a_pinned_commit_stays_and_the_next_pin_repeats_only_what_changed(lab: Lab) -> None:
    lab.good()
    old = str(lab.head())
    run(lab, PINNED.format(pin=old))
    before = made(lab)
    describe(lab, taxon_id="9606")
    lab.good()
    assert "Nothing to be done" in run(lab, PINNED.format(pin=old)).stderr
    run(lab, PINNED.format(pin=lab.head()))
    after = made(lab)
    assert [name for name in SAMPLES if after[name] != before[name]] == [SAMPLES[-1]]


def test_an_export_of_a_pinned_commit_is_the_same_later(lab: Lab, project: Path) -> None:
    lab.good()
    target = f"results/exports/snakemake@{str(lab.head())[:12]}"
    describe(lab, SAMPLES[:1])
    lab.good()
    done = snakemake(lab.root, project / "Snakefile", target)
    assert done.returncode == 0, done.stderr
    assert len((lab.root / target / "units.tsv").read_text().splitlines()) == 1 + len(SAMPLES)
