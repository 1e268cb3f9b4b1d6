"""The page as the workflow makes it: on request, from what is recorded, and in Snakemake's own report."""

import shutil
import subprocess
import zipfile

import pytest
import yaml
from lab import Lab, biosamples, run_of


def snakemake(folder, project, *words):
    command = ["snakemake", "--cores", "2", "--snakefile", str(project / "Snakefile"), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(run_name="first run"), name="run.yaml")
    return lab


def test_the_page_is_made_on_request_and_anew_after_an_edit(lab, project):
    page = lab.root / "results/report.html"
    assert snakemake(lab.root, project).returncode == 0
    assert not page.exists(), "the default target is the records alone"
    made = snakemake(lab.root, project, "results/report.html")
    assert made.returncode == 0, made.stderr
    assert "first run" in page.read_text()
    assert lab.head() in page.read_text()
    assert "Nothing to be done" in snakemake(lab.root, project, "results/report.html").stderr

    lab.describe(biosamples(), run_of(run_name="renamed run"), name="run.yaml")
    assert snakemake(lab.root, project, "results/report.html").returncode == 0
    assert "renamed run" in page.read_text()

    written = snakemake(lab.root, project, "results/report.html", "--report", "whole.zip")
    assert written.returncode == 0, written.stderr
    with zipfile.ZipFile(lab.root / "whole.zip") as whole:
        texts = [whole.read(name) for name in whole.namelist()]
    assert any(b"what waits for whom" in text for text in texts), "the caption"
    assert any(b"All work" in text and b"the records" in text for text in texts), "the labels"
    assert page.read_bytes() in texts


def test_the_example_of_the_workflow_catalogue_runs_with_its_page(project, tmp_path):
    catalogue = yaml.safe_load((project / ".snakemake-workflow-catalog.yml").read_text())
    assert catalogue["usage"]["report"] is True
    example = tmp_path / "example"
    shutil.copytree(project / ".test/config", example / "config")
    done = snakemake(example, project, "all", "results/report.html")
    assert done.returncode == 0, done.stderr
    assert "example-run" in (example / "results/report.html").read_text()
