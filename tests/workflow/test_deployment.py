"""Where rules find seqmeta: in the environment that conda makes, in a container, or where Snakemake is."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from lab import Lab, biosamples, run_of
from packaging.requirements import Requirement
from test_workflow import commits_of, snakemake

from seqmeta.installation import parse_origin
from seqmeta.version import __version__

COMMIT = "7921be1537eac1e97bc40179a57f0349c2aee67d"
SHA = "2dc6b5a470a1bde68946f263f1af1515a2574a150a30d6ce02c6ff742fcc0db8"


@pytest.mark.parametrize(
    "origin, wanted",
    [
        # The examples of PEP 610, in its order of kinds; what to ask pip for is in its table of URLs.
        (None, f"seqmeta =={__version__}"),
        (
            {"url": "https://example.org/pip-1.3.1.zip", "archive_info": {"hashes": {"sha256": SHA}}},
            f"seqmeta @ https://example.org/pip-1.3.1.zip#sha256={SHA}",
        ),
        (
            {
                "url": "https://example.org/s.git",
                "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": COMMIT},
            },
            f"seqmeta @ git+https://example.org/s.git@{COMMIT}",
        ),
        (
            {
                "url": "https://example.org/s.git",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
                "subdirectory": "sub",
            },
            f"seqmeta @ git+https://example.org/s.git@{COMMIT}#subdirectory=sub",
        ),
        ({"url": "file:///srv/seqmeta", "dir_info": {"editable": True}}, "seqmeta @ file:///srv/seqmeta"),
        ({"url": "file:///srv/seqmeta", "dir_info": {}}, "seqmeta @ file:///srv/seqmeta"),
    ],
)
def test_what_is_installed_can_be_asked_for_again(origin, wanted):
    found = parse_origin(None if origin is None else json.dumps(origin))
    assert found == wanted
    assert Requirement(found).name == "seqmeta"


def test_one_version_is_named_everywhere(project):
    environment = yaml.safe_load((project / "envs/seqmeta.yaml").read_text())
    assert environment["dependencies"][-1] == {"pip": [f"seqmeta =={__version__}"]}
    assert "pip" in environment["dependencies"]
    pages = [*project.glob("docs/**/*.md"), *project.glob("docs/workflows/*"), project / "README.md"]
    named = {
        version
        for page in pages
        for version in re.findall(r"(?:seqmeta *==|rev: v|seqmeta@v|tag=\"v|--tag v)(\d[\w.]*)", page.read_text())
    }
    assert named == {__version__}


STUB = """#!/bin/sh
# Stands in for Apptainer: notes the image, and runs there what it was to run inside.
if [ "$1" = --version ]; then echo "apptainer version 1.3.0"; exit; fi
while [ "$1" != "$SEQMETA_CONTAINER" ]; do shift; done
echo "$1" >> images
shift
exec "$@"
"""


def test_every_rule_runs_in_the_image_and_has_the_environment_of_this_seqmeta(tmp_path, project, monkeypatch):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    stub = tmp_path / "bin/apptainer"
    stub.parent.mkdir()
    stub.write_text(STUB)
    stub.chmod(0o755)
    (tmp_path / "bin/singularity").symlink_to(stub)
    image = tmp_path / "seqmeta.sif"
    image.touch()
    monkeypatch.setenv("PATH", f"{stub.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SEQMETA_CONTAINER", str(image))
    targets = ("all", "results/report.html", "results/exports/table")
    done = snakemake(lab.root, project / "Snakefile", "--software-deployment-method", "apptainer", "--", *targets)
    assert done.returncode == 0, done.stderr
    assert commits_of(lab.records) == 1
    assert (lab.root / "images").read_text().splitlines() == [str(image)] * 4  # check_shard, apply, report_html, export

    made = yaml.safe_load((lab.root / ".seqmeta/environment.yaml").read_text())
    shipped = yaml.safe_load((project / "envs/seqmeta.yaml").read_text())
    wanted = parse_origin(distribution("seqmeta").read_text("direct_url.json"))
    assert made["channels"] == shipped["channels"]
    assert made["dependencies"] == [*shipped["dependencies"][:-1], {"pip": [wanted]}]


def test_a_command_of_another_release_is_named(tmp_path, project, monkeypatch):
    command = tmp_path / "bin/seqmeta"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\necho '{json.dumps({'version': '9.1.0'})}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    done = snakemake(tmp_path, project / "Snakefile")
    assert done.returncode != 0
    assert f"this workflow is of seqmeta {__version__}, and the command seqmeta is 9.1.0" in done.stderr


def test_the_linters_of_snakemake_find_nothing(project):
    lint = snakemake(project, project / "workflow/Snakefile", "--lint")
    assert lint.returncode == 0, lint.stderr
    format_ = ["snakefmt", "--check", "Snakefile", "rules", "workflow"]
    done = subprocess.run(format_, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_rule_has_both(project):
    for part in (project / "rules").glob("*.smk"):
        text = part.read_text()
        rules = len(re.findall(r"^rule ", text, re.MULTILINE))
        assert [text.count("    conda:\n"), text.count("    container:\n")] == [rules, rules], part.name


def test_the_image_is_made_of_what_there_is(project):
    lines = (project / "Containerfile").read_text().splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    allowed = {line[1:] for line in (project / ".containerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed
    assert [name for name in copied if not (project / name).exists()] == []
    assert {"Snakefile", "rules", "envs", "report", "seqmeta", "requirements.lock"} <= set(copied)
    last = [line for line in lines if line.startswith("USER ")][-1]
    assert last != "USER root"


@pytest.mark.soak
def test_pip_installs_what_the_environment_asks_for(tmp_path, project):
    """Seqmeta installed from a tag of a repository asks for that commit, and pip finds it there."""
    origin = tmp_path / "origin"
    origin.mkdir()
    for part in ("seqmeta", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (project / part).is_dir() else shutil.copy
        copy(project / part, origin / part)
    identity = ["-c", "user.name=Example lab", "-c", "user.email=lab@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*identity, "commit", "-qm", "a release"], ["tag", "v1"]):
        subprocess.run(["git", "-C", origin, *words], check=True)
    address = f"git+file://localhost{origin}"  # an old pip does not know git+file:///
    asked = f"seqmeta @ {address}@v1"
    for folder in (tmp_path / "one", tmp_path / "two"):
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", folder, asked]
        subprocess.run([sys.executable, *install], check=True)
        (noted,) = Path(folder).glob("seqmeta-*.dist-info/direct_url.json")
        asked = parse_origin(noted.read_text())
        head = subprocess.run(["git", "-C", origin, "rev-parse", "v1"], capture_output=True, text=True, check=True)
        assert asked == f"seqmeta @ {address}@{head.stdout.strip()}"
