"""The workflow as a person runs it: real Snakemake, in a workspace of its own, and as a module of another workflow."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab import Lab, biosamples, run_of

STUDY = "study: {name: Surveillance}\n"


def snakemake(folder: Path, snakefile: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run Snakemake in a folder."""
    command = ["snakemake", "--cores", "2", "--snakefile", str(snakefile), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


def tree_of(records: Path) -> str:
    """The id of the tree that is committed."""
    return subprocess.run(
        ["git", "-C", records, "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=True
    ).stdout.strip()


def commits_of(records: Path) -> int:
    """How many commits the store has."""
    counted = subprocess.run(
        ["git", "-C", records, "rev-list", "--count", "HEAD"], capture_output=True, text=True, check=True
    )
    return int(counted.stdout)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A workspace with the seed's own run."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    lab.write("study.yaml", STUDY)
    return lab


def test_same_records_as_the_command_and_nothing_twice(lab: Lab, tmp_path: Path, project: Path) -> None:
    done = snakemake(lab.root, project / "Snakefile")
    assert done.returncode == 0, done.stderr
    other = Lab(tmp_path / "other")
    other.describe(biosamples(), run_of(), name="run.yaml")
    other.write("study.yaml", STUDY)
    subprocess.run(["seqmeta", "-C", other.root, "apply"], check=True, capture_output=True)
    assert tree_of(lab.records) == tree_of(other.records)
    assert json.loads((lab.root / "results/receipt.json").read_text())["commit"] is not None

    again = snakemake(lab.root, project / "Snakefile")
    assert "Nothing to be done" in again.stderr
    assert commits_of(lab.records) == 1

    os.utime(lab.descriptions / "run.yaml")  # touched: checked again, and no commit
    touched = snakemake(lab.root, project / "Snakefile")
    assert touched.returncode == 0
    assert commits_of(lab.records) == 1

    forced = snakemake(lab.root, project / "Snakefile", "--forceall")
    assert forced.returncode == 0
    assert commits_of(lab.records) == 1

    elsewhere = snakemake(lab.root, project / "Snakefile", "--config", "records=elsewhere")
    assert elsewhere.returncode != 0
    assert "change the file instead" in elsewhere.stderr
    assert not (lab.root / "elsewhere").exists()


def test_edits_are_a_commit_or_all_their_problems_and_a_removed_store_is_made_again(lab: Lab, project: Path) -> None:
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    lab.write("study.yaml", "study: {name: Surveillance, colour: red}\n")
    lab.describe(biosamples(), run_of(library_strategy="AMPLICONS"), name="run.yaml")
    refused = snakemake(lab.root, project / "Snakefile", "--quiet", "all")
    assert refused.returncode != 0
    assert commits_of(lab.records) == 1
    assert "config/descriptions/study.yaml:1:29: study.colour:" in refused.stderr
    assert "sequencing_run.library_strategy:" in refused.stderr
    assert "[not_allowed]" in refused.stderr

    lab.write("study.yaml", STUDY)
    lab.describe(biosamples(), run_of(library_seq_kit="LSK110"), name="run.yaml")
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    assert commits_of(lab.records) == 2
    tree = tree_of(lab.records)

    config = lab.root / "config/config.yaml"
    good = config.read_text()
    config.write_text(good + "shardsize: 5\n")
    refused = snakemake(lab.root, project / "Snakefile")
    assert refused.returncode != 0
    assert "config.shardsize: 'shardsize' is no key of the configuration" in refused.stderr
    config.write_text(good)

    shutil.rmtree(lab.records)
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    assert commits_of(lab.records) == 1
    names = subprocess.run(["git", "-C", lab.records, "ls-files"], capture_output=True, text=True, check=True).stdout
    assert len(names.split()) == 6
    assert tree_of(lab.records) != tree


WAITING = """
import sys, threading
from snakemake.cli import main
try:
    main(sys.argv[1:])
finally:
    timers = [of for of in threading.enumerate() if isinstance(of, threading.Timer) and not of.finished.is_set()]
    print("waits for", [of.interval for of in timers])
"""


def waits(folder: Path, snakefile: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run Snakemake, and print the seconds of the timers that Python would wait for when all is done."""
    command = [sys.executable, "-c", WAITING, "--cores", "2", "--snakefile", str(snakefile), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.parametrize("name", ["Snakefile", "workflow/Snakefile"])
def test_nothing_is_waited_for_when_all_is_done(lab: Lab, project: Path, name: str) -> None:
    assert "waits for []" in waits(lab.root, project / name).stdout
    lab.write("study.yaml", "study: {name: Surveillance, colour: red}\n")
    refused = waits(lab.root, project / name)
    assert (refused.returncode, "waits for []" in refused.stdout) == (1, True)


def test_what_another_workflow_does_when_all_is_done_is_its_own(lab: Lab, project: Path) -> None:
    outer = lab.root / "Snakefile"
    outer.write_text(f'onsuccess:\n    print("all is done")\ninclude: "{project / "Snakefile"}"\n')
    done = waits(lab.root, outer, "all")
    assert "all is done" in done.stdout
    assert "waits for [1" in done.stdout, "else Snakemake waits no more, and rules/end.smk is not needed"


def test_one_edited_file_has_one_shard_checked(lab: Lab, project: Path) -> None:
    lab.configure(shard_size=1)
    for name in "abc":
        lab.describe(biosamples(f"{name}-sample"), name=f"{name}.yaml")
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    shards = lab.root / "results/shards"
    before = {path.name: path.stat().st_mtime_ns for path in shards.iterdir()}
    assert len(before) == 8  # for five files, one a shard at most on average
    lab.describe(biosamples("b-sample", "b-second"), name="b.yaml")
    edited = snakemake(lab.root, project / "Snakefile")
    assert edited.returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in shards.iterdir()}
    assert len([name for name in after if after[name] != before[name]]) == 1
    assert commits_of(lab.records) == 2


def test_what_shards_say_is_not_believed_of_other_content(lab: Lab, project: Path) -> None:
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    lab.describe(biosamples(), run_of(library_strategy="AMPLICONS"), name="run.yaml")
    snakemake(lab.root, project / "Snakefile", "--touch")
    shard = lab.root / "results/shards/0-of-1.tsv"
    subprocess.run(["seqmeta", "-C", lab.root, "apply", "--checked", shard], check=False, capture_output=True)
    assert commits_of(lab.records) == 1


FAILING = """#!/bin/sh
# Stands before the real command: a check of a shard is killed while there is a file that says so.
case "$*" in *check-shard*) if [ -e killed ]; then kill -9 $$; fi ;; esac
exec {command} "$@"
"""


def test_what_a_failed_check_left_is_not_taken_for_checked(
    lab: Lab, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "bin/seqmeta"
    command.parent.mkdir()
    command.write_text(FAILING.format(command=shutil.which("seqmeta")))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    lab.write("second.yaml", "study: {name: Another}\n")
    (lab.root / "killed").touch()
    assert snakemake(lab.root, project / "Snakefile").returncode != 0
    assert commits_of(lab.records) == 1
    (lab.root / "killed").unlink()
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    assert commits_of(lab.records) == 2
    assert "Nothing to be done" in snakemake(lab.root, project / "Snakefile").stderr


@pytest.mark.parametrize("sign", ["results/shards/*", "records/.git/objects/pack"])
def test_a_killed_run_goes_on_with_the_same_words(lab: Lab, project: Path, sign: str) -> None:
    """Killed as soon as something is there, however fast the machine: a shard's result, a store that is being made."""
    command = ["snakemake", "--cores", "2", "--snakefile", project / "Snakefile"]
    run = subprocess.Popen(
        command, cwd=lab.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while not list(lab.root.glob(sign)) and run.poll() is None:
        time.sleep(0.001)
    os.killpg(run.pid, signal.SIGKILL)  # not waited for yet: even where it has ended, the number is its own
    assert run.wait() == -signal.SIGKILL
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    assert commits_of(lab.records) == 1
    assert subprocess.run(["seqmeta", "-C", lab.root, "verify"], check=False, capture_output=True).returncode == 0


MODULE = """
module seqmeta:
    snakefile: "{snakefile}"
{settings}

use rule * from seqmeta as seqmeta_*

rule everything:
    default_target: True
    input: rules.seqmeta_apply.output.receipt
    output: "done.txt"
    shell: "cp {{input}} {{output}}"
"""


@pytest.mark.parametrize("prefix", [False, True])
def test_as_a_module_with_a_config_of_its_own(lab: Lab, project: Path, prefix: bool) -> None:
    (lab.root / "config/config.yaml").unlink()
    committer = {"name": "Lab {x}", "email": "lab@example.org"}
    settings = f"    config: {json.dumps({'committer': committer, 'descriptions': ['config/descriptions']})}"
    settings += '\n    prefix: "meta"\n    pathvars: results="out"' if prefix else ""
    outer = lab.root / "Snakefile"
    outer.write_text(MODULE.format(snakefile=project / "Snakefile", settings=settings))
    done = snakemake(lab.root, outer)
    assert done.returncode == 0, done.stderr
    assert commits_of(lab.records) == 1
    assert (lab.root / "done.txt").is_file()
    assert (lab.root / ("meta/out/receipt.json" if prefix else "results/receipt.json")).is_file()
    author = ["git", "-C", lab.records, "log", "--format=%an"]
    assert subprocess.run(author, capture_output=True, text=True, check=True).stdout == "Lab {x}\n"
    assert "localrules directive" not in done.stderr, "a module's rules have other names"
    if prefix:
        assert "Nothing to be done" in snakemake(lab.root, outer).stderr
    else:
        outer.write_text(outer.read_text().replace('"committer"', '"commiter"'))
        refused = snakemake(lab.root, outer)
        assert refused.returncode != 0
        assert "config.commiter: 'commiter' is no key of the configuration" in refused.stderr


def test_as_a_module_without_a_config(lab: Lab, project: Path) -> None:
    outer = lab.root / "Snakefile"
    outer.write_text(MODULE.format(snakefile=project / "workflow/Snakefile", settings=""))
    done = snakemake(lab.root, outer)
    assert done.returncode == 0, done.stderr
    assert commits_of(lab.records) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_as_a_module_with_an_empty_config(
    lab: Lab, project: Path, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Lab")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "lab@example.org")
    if is_there:
        lab.configure(records="another_store")
    else:
        (lab.root / "config/config.yaml").unlink()
    outer = lab.root / "Snakefile"
    outer.write_text(MODULE.format(snakefile=project / "Snakefile", settings="    config: {}"))
    done = snakemake(lab.root, outer)
    assert done.returncode == 0, done.stderr
    assert commits_of(lab.records) == 1
    assert not (lab.root / "another_store").exists()


def test_text_that_would_be_code_in_a_workflow_stays_text(lab: Lab, project: Path) -> None:
    evil = "x $(touch PWNED) `touch PWNED` {output} {{0}} ; touch PWNED"
    lab.describe(biosamples(), run_of(library_sop_name=evil), name="$(touch PWNED) {output}.yaml")
    (lab.descriptions / "run.yaml").unlink()
    lab.write("code.yaml", "__use_yte__: true\n__definitions__: [import os]\n")
    assert snakemake(lab.root, project / "Snakefile").returncode != 0
    (lab.descriptions / "code.yaml").unlink()
    assert snakemake(lab.root, project / "Snakefile").returncode == 0
    assert not list(lab.root.rglob("PWNED"))
    library = next((lab.records / "libraries").rglob("*.json"))
    assert json.loads(library.read_text())["library"]["library_sop_name"] == evil
