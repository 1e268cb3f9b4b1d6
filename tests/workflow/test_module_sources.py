"""The workflow from a tag of a git repository: as a module, by Snakemake's shorthand, and as snakedeploy deploys it.

GitHub is a folder here: git itself sends what goes there to a repository beside the test (`url.….insteadOf`).
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from lab import Lab, biosamples, run_of
from test_workflow import commits_of, snakemake, tree_of

PARTS = ("Snakefile", "workflow", "rules", "envs", "report", "profiles", "config", "LICENSE")
TAG = "v0.0.1-test"


def git(folder, *words):
    identity = ["-c", "user.name=Example lab", "-c", "user.email=lab@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


@pytest.fixture
def origin(project, tmp_path, monkeypatch):
    """A repository of the workflow with a tag, and a branch that went on behind it and does not run."""
    folder = tmp_path / "github.com/example/seqmeta"
    folder.mkdir(parents=True)
    for part in PARTS:
        copy = shutil.copytree if (project / part).is_dir() else shutil.copy
        copy(project / part, folder / part)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--force", ".")
    git(folder, "commit", "--quiet", "--message", "a release")
    git(folder, "tag", TAG)
    (folder / "rules/common.smk").write_text("raise ValueError('not released yet')\n")
    git(folder, "commit", "--quiet", "--all", "--message", "work that goes on")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "{tmp_path.as_uri()}/github.com/"]\n\tinsteadOf = https://github.com/\n')
    monkeypatch.setenv("HOME", str(home))
    return folder


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    return lab


@pytest.fixture
def direct(tmp_path):
    """The id of the tree that `seqmeta apply` makes of that laboratory."""
    lab = Lab(tmp_path / "direct")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    lab.good()
    return tree_of(lab.records)


MODULE = """
rule counted:
    input: "meta/counted.txt"

module seqmeta:
    snakefile: {snakefile}
    config: {config}
    {prefix}

use rule * from seqmeta as seqmeta_*

rule count:
    input:
        receipt=rules.seqmeta_apply.output.receipt,
        config=rules.seqmeta_configuration.output.config,
    output: "meta/counted.txt"
    shell: "seqmeta --config {{input.config}} list biosample | grep -c BIRM > {{output}}"
"""
LOCAL = 'gitfile("{origin}", path="workflow/Snakefile", tag="{tag}")'
HOSTED = 'github("example/seqmeta", path="{path}", tag="{tag}")'


@pytest.mark.parametrize(
    "source, prefix",
    [
        (LOCAL, ""),
        pytest.param(LOCAL, 'prefix: "meta"', marks=pytest.mark.soak),
        pytest.param(HOSTED.replace("{path}", "Snakefile"), "", marks=pytest.mark.soak),
        pytest.param(HOSTED.replace("{path}", "workflow/Snakefile"), 'prefix: "meta"', marks=pytest.mark.soak),
    ],
)
def test_a_module_from_a_tag_gives_the_same_records(origin, lab, direct, source, prefix):
    (lab.root / "config/config.yaml").unlink()
    config = json.dumps({"committer": {"name": "Example lab", "email": "lab@example.org"}})
    outer = lab.root / "Snakefile"
    snakefile = source.format(origin=origin, tag=TAG)
    outer.write_text(MODULE.format(snakefile=snakefile, config=config, prefix=prefix))
    done = snakemake(lab.root, outer)
    assert done.returncode == 0, done.stderr
    assert (lab.root / "meta/counted.txt").read_text() == "3\n", "the pipeline's own default target is made"
    assert tree_of(lab.records) == direct
    assert (lab.root / "meta/results/receipt.json").is_file() == bool(prefix)
    if not prefix:
        assert "Nothing to be done" in snakemake(lab.root, outer).stderr


@pytest.mark.soak
def test_the_shorthand_runs_a_tag_and_reports_with_its_caption(origin, lab, direct):
    shorthand = f"gh:example/seqmeta@{TAG}"
    done = snakemake(lab.root, shorthand, "all", "results/report.html")
    assert done.returncode == 0, done.stderr
    assert tree_of(lab.records) == direct
    written = snakemake(lab.root, shorthand, "results/report.html", "--report", "whole.zip")
    assert written.returncode == 0, written.stderr
    with zipfile.ZipFile(lab.root / "whole.zip") as whole:
        assert any(b"what waits for whom" in whole.read(name) for name in whole.namelist())


# What snakedeploy 0.17 writes, line by line. The long test below runs the real one, and holds this against it.
DEPLOYED = """from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


# declare https://github.com/example/seqmeta as a module
module seqmeta:
    snakefile: 
        github("example/seqmeta", path="workflow/Snakefile", tag="{tag}")
    config:
        config


# use all rules from https://github.com/example/seqmeta
use rule * from seqmeta
"""  # noqa: W291


def check_deployed(folder, tmp_path):
    """What was deployed runs as it is, and makes the records that the example lab has where it lives."""
    done = snakemake(folder, folder / "workflow/Snakefile")
    assert done.returncode == 0, done.stderr
    other = tmp_path / "example"
    shutil.copytree(folder / "config", other / "config")
    subprocess.run(["seqmeta", "-C", other, "apply"], check=True, capture_output=True)
    assert tree_of(folder / "records") == tree_of(other / "records")
    assert commits_of(folder / "records") == 1


def test_a_deployed_workflow_runs(origin, project, tmp_path):
    folder = tmp_path / "deployed"
    for part in ("config", "profiles"):
        shutil.copytree(project / part, folder / part)
    (folder / "workflow").mkdir()
    (folder / "workflow/Snakefile").write_text(DEPLOYED.format(tag=TAG))
    check_deployed(folder, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("address", ["https://github.com/example/seqmeta", "file://{origin}"])
def test_snakedeploy_deploys_a_tag(origin, tmp_path, address):
    """It brings pandas along, with which other libraries behave differently: it gets an environment of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [tmp_path / "venv/bin/pip", "install", "--quiet", "snakedeploy>=0.17,<0.18"]
    subprocess.run(install, check=True, env=environment)
    folder = tmp_path / "deployed"
    deploy = [tmp_path / "venv/bin/snakedeploy", "deploy-workflow", address.format(origin=origin), folder]
    subprocess.run([*deploy, "--tag", TAG], check=True, env=environment)
    written = (folder / "workflow/Snakefile").read_text()
    declared = [line for line in written.splitlines() if line and not line.startswith("#")]
    assert declared == [line for line in DEPLOYED.format(tag=TAG).splitlines() if line and not line.startswith("#")]
    check_deployed(folder, tmp_path)


def test_both_snakefiles_have_the_same_parts(project):
    top = (project / "Snakefile").read_text()
    nested = (project / "workflow/Snakefile").read_text().replace('"../', '"')
    lines = [[line for line in text.splitlines() if not line.startswith("#")] for text in (top, nested)]
    assert lines[0] == lines[1]
    parts = {path.name for path in (project / "rules").iterdir()}
    assert {line.removeprefix('include: "rules/').rstrip('"') for line in lines[0] if "include" in line} == parts
