"""`seqmeta init`: a workspace that runs as it is, and that never costs a file that was there before."""

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from lab import call as seqmeta


@pytest.fixture
def lab(tmp_path):
    made = seqmeta(tmp_path, "init", "lab")
    assert (made.returncode, made.stderr) == (0, "")
    return tmp_path / "lab"


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_it_runs_as_it_is_in_an_empty_home(lab):
    checked = json.loads(seqmeta(lab, "check", "--strict", "--format", "json").stdout)
    assert checked["documents"] > 0
    assert checked["problems"] == []

    applied = seqmeta(lab, "apply", "--format", "json")
    assert (applied.returncode, applied.stderr) == (0, "")
    assert json.loads(applied.stdout)["commit"]

    planned = json.loads(seqmeta(lab, "plan", "--format", "json").stdout)
    nothing = {"created": [], "updated": [], "sealed": [], "cancelled": [], "problems": []}
    assert planned == {**nothing, "charges": {"booked": [], "expected": []}}
    assert seqmeta(lab, "verify").returncode == 0


@pytest.mark.parametrize("moment", [0, 1, 7, -1])
def test_one_that_was_killed_is_made_whole_by_the_next(tmp_path, moment):
    """Killed at its nth file, of which half is written; beside a file of the person's own."""
    assert seqmeta(tmp_path, "init", "whole").returncode == 0
    killed = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from seqmeta import starters\n"
        "write, files = starters._write_new, list(starters.starter_files())\n"
        f"last = files[{moment}]\n"
        "def half(path, content, made):\n"
        "    if str(path).endswith(last):\n"
        "        write(path, content[: len(content) // 2], made)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    write(path, content, made)\n"
        "starters._write_new = half\n"
        "starters.make_workspace(Path('lab'))\n"
    )
    assert subprocess.run([sys.executable, "-c", killed], cwd=tmp_path, check=False).returncode == -9
    (tmp_path / "lab/mine.txt").write_text("mine")
    assert seqmeta(tmp_path, "init", "lab").returncode == 0
    made = {path.relative_to(tmp_path / "lab"): content for path, content in contents(tmp_path / "lab").items()}
    assert made.pop(Path("mine.txt")) == b"mine"
    whole = {path.relative_to(tmp_path / "whole"): content for path, content in contents(tmp_path / "whole").items()}
    assert made == whole
    assert seqmeta(tmp_path, "init", "lab").returncode == 3


def test_what_a_person_wrote_since_the_kill_is_left_alone(tmp_path):
    assert seqmeta(tmp_path, "init", "lab").returncode == 0
    (tmp_path / "lab/.seqmeta").mkdir()
    (tmp_path / "lab/.seqmeta/init").touch()
    (tmp_path / "lab/config/config.yaml").write_text("records: elsewhere\n")
    before = contents(tmp_path / "lab")
    made = seqmeta(tmp_path, "init", "lab")
    assert (made.returncode, "config/config.yaml exists already" in made.stderr) == (3, True)
    assert contents(tmp_path / "lab") == before


def test_its_run_fulfils_what_its_order_asked_for(lab):
    assert seqmeta(lab, "apply").returncode == 0
    records = {path.parts[-3]: json.loads(path.read_text()) for path in (lab / "records").glob("*/*/*.json")}
    (last,) = [of for of in records["submissions"]["submission"]["requests"] if of["upstream"]]
    assert records["sequencing_runs"]["sequencing_run"]["requests"] == [last["uuid"]]
    assert records["progress"]["progress"]["percent"] == 100
    assert records["orders"]["order"]["state"] == "sealed"


def test_its_catalogue_is_that_of_the_project_with_lines_for_editors(lab, project):
    ours, theirs = project / "config" / "catalogue", lab / "config" / "catalogue"
    line = "# yaml-language-server: $schema=../seqmeta.schema.json\n"
    assert {path.name: path.read_text().replace(line, "") for path in theirs.iterdir()} == {
        path.name: path.read_text() for path in ours.iterdir()
    }


def test_it_tells_its_files_and_the_next_step(tmp_path):
    made = seqmeta(tmp_path, "init", "my lab").stdout.splitlines()
    assert {tmp_path / line for line in made[:-1]} == set(contents(tmp_path))
    assert "seqmeta -C 'my lab' check" in made[-1]
    applied = seqmeta(tmp_path, "-C", "my lab", "--config", "my lab/config/config.yaml", "apply").stdout.splitlines()
    assert applied[-1].endswith("`seqmeta -C 'my lab' verify`")


def test_the_next_step_has_the_configuration_that_is_not_the_workspaces_own(lab, tmp_path):
    (lab / "config" / "config.yaml").rename(tmp_path / "our config.yaml")
    applied = seqmeta(tmp_path, "-C", "lab", "--config", "our config.yaml", "apply").stdout.splitlines()
    assert applied[-1].endswith("`seqmeta -C lab --config 'our config.yaml' verify`")


def test_without_a_folder_it_is_made_here_and_with_c_there(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    assert seqmeta(tmp_path / "here", "init").returncode == 0
    assert seqmeta(tmp_path, "-C", "there", "init").returncode == 0
    assert (tmp_path / "here" / "config" / "config.yaml").read_bytes() == (
        tmp_path / "there" / "config" / "config.yaml"
    ).read_bytes()


def test_what_is_made_again_is_ignored_by_the_git_around_it(lab):
    assert seqmeta(lab, "apply").returncode == 0
    for word in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *word], cwd=lab, check=True, capture_output=True)
    listed = subprocess.run(["git", "ls-files"], cwd=lab, check=True, capture_output=True, text=True).stdout.split()
    assert "config/config.yaml" in listed
    assert [path for path in listed if path.startswith(("records", ".seqmeta"))] == []


@pytest.mark.parametrize("existing", ["config/config.yaml", "records/README.md", "config/descriptions/runs.yaml"])
def test_a_file_that_exists_is_named_and_nothing_is_written(tmp_path, existing):
    (tmp_path / existing).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / existing).write_text("mine")
    refused = seqmeta(tmp_path, "init")
    assert refused.returncode == 3
    assert existing in refused.stderr
    assert contents(tmp_path) == {tmp_path / existing: b"mine"}


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_repository_that_is_there_already_becomes_a_workspace(tmp_path, is_begun):
    own = {tmp_path / "README.md": b"# Our lab\n", tmp_path / ".gitignore": b"*.bam\n/results/\n"}
    for path, content in own.items():
        path.write_bytes(content)
    if is_begun:
        (tmp_path / ".seqmeta").mkdir()
        (tmp_path / ".seqmeta/init").touch()
    made = seqmeta(tmp_path, "init")
    assert made.returncode == 0
    assert "README.md was there and stays as it is\n" in made.stdout
    assert "/records/ /logs/ /.seqmeta/ /.snakemake/\n" in made.stdout
    assert own.items() <= contents(tmp_path).items()
    assert seqmeta(tmp_path, "apply").returncode == 0


def test_a_link_that_leads_nowhere_counts_as_a_file(tmp_path):
    (tmp_path / "README.md").symlink_to(tmp_path / "nowhere")
    assert seqmeta(tmp_path, "init").returncode == 3
    assert not (tmp_path / "nowhere").exists()


def test_no_link_is_followed_out_of_the_folder(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "config").symlink_to(tmp_path / "elsewhere")
    refused = seqmeta(tmp_path, "init", "lab")
    assert refused.returncode == 3
    assert "config" in refused.stderr
    assert contents(tmp_path) == {}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "lab").write_text("mine")
    assert seqmeta(tmp_path, "init", "lab").returncode == 3
    assert (tmp_path / "lab").read_text() == "mine"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    # No file may grow past what the first ones need: the limit stands in for a disk that is full.
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    command = ["seqmeta", "init", "lab"]
    failed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, preexec_fn=limit)
    assert failed.returncode == 3
    assert "libraries.yaml cannot be written (File too large): nothing was made" in failed.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_commands_that_its_texts_show_exist(lab):
    from seqmeta.cli import COMMANDS

    texts = "\n".join(path.read_text() for path in [lab / "README.md", *(lab / "config" / "descriptions").iterdir()])
    shown = set(re.findall(r"^seqmeta ([a-z]+)|`seqmeta ([a-z]+)", texts, re.MULTILINE))
    words = {first or second for first, second in shown}
    assert words >= {"check", "apply", "new", "schema", "show"}
    assert words <= set(COMMANDS)


def test_its_templates_are_in_its_catalogue(lab):
    templates = yaml.safe_load_all((lab / "config" / "catalogue" / "templates.yaml").read_text())
    names = {of["name"] for document in templates for of in document.get("order_templates", [])}
    named = set(re.findall(r'--template "([^"]+)"', (lab / "README.md").read_text()))
    assert named
    assert named <= names
