"""The hooks as a laboratory uses them: the real pre-commit, with this project as a git repository of hooks.

What pre-commit itself would install from an index is installed already: the hooks are run as `language: system`, with
the command under test on the `PATH`.
"""

import os
import shutil
import subprocess

import pytest
import yaml
from lab import Lab, biosamples, run_of

pytest.importorskip("pre_commit", reason="pre-commit is not installed")


def call(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=900)


def git(folder, *words):
    identity = ["-c", "user.name=Example lab", "-c", "user.email=lab@example.org"]
    done = call(folder, "git", *identity, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def hooks(project, tmp_path):
    """A repository with the project's hooks; its package is only what pre-commit needs to install something."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    listed = yaml.safe_load((project / ".pre-commit-hooks.yaml").read_text())
    # `language: python` would ask an index for what seqmeta needs: here the command that is installed is taken.
    (folder / ".pre-commit-hooks.yaml").write_text(yaml.safe_dump([{**hook, "language": "system"} for hook in listed]))
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "hooks")
    return folder


@pytest.fixture
def lab(hooks, tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    git(lab.root, "init", "--quiet", "--initial-branch=main")
    wanted = [{"id": "seqmeta-check"}, {"id": "seqmeta-fix", "stages": ["manual"]}]
    config = {"repos": [{"repo": hooks.as_uri(), "rev": git(hooks, "rev-parse", "HEAD"), "hooks": wanted}]}
    (lab.root / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(lab.root, "add", ".")
    return lab


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))


def run(lab, *words):
    return call(lab.root, "pre-commit", "run", "--all-files", *words)


def test_a_commit_is_refused_until_the_descriptions_are_good(lab):
    passed = run(lab, "seqmeta-check")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert call(lab.root, "pre-commit", "install").returncode == 0
    git(lab.root, "commit", "--quiet", "--message", "good")

    lab.describe(biosamples(), run_of(library_strategy="AMPLICONS"), name="run.yaml")
    git(lab.root, "add", ".")
    identity = ["-c", "user.name=Example lab", "-c", "user.email=lab@example.org"]
    refused = call(lab.root, "git", *identity, "commit", "--message", "bad")
    assert refused.returncode != 0
    assert "[not_allowed]" in refused.stdout + refused.stderr
    assert git(lab.root, "rev-list", "--count", "HEAD") == "1"


def test_the_fixing_hook_changes_files_and_says_so(lab):
    lab.describe(biosamples(), run_of(library_source="viral rna"), name="run.yaml")
    git(lab.root, "add", ".")
    fixed = run(lab, "seqmeta-fix", "--hook-stage", "manual")
    assert fixed.returncode != 0
    assert "files were modified by this hook" in fixed.stdout
    assert "library_source: VIRAL_RNA" in (lab.descriptions / "run.yaml").read_text()
    git(lab.root, "add", ".")
    assert run(lab, "seqmeta-fix", "--hook-stage", "manual").returncode == 0


def test_the_hooks_are_ones_that_pre_commit_accepts(project, tmp_path):
    shutil.copy(project / ".pre-commit-hooks.yaml", tmp_path)
    checked = call(tmp_path, "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    assert checked.returncode == 0, checked.stdout
    for hook in yaml.safe_load((project / ".pre-commit-hooks.yaml").read_text()):
        assert hook["entry"].split()[0] == "seqmeta"
        assert shutil.which("seqmeta", path=os.environ["PATH"])
