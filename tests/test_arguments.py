"""What is typed wrong: each complaint says what was expected and what was meant, and the exit code is 2."""

import os
import re
import sqlite3
import subprocess
import sys

import pytest
from lab import Lab, biosamples

from seqmeta.cli import COMMANDS, main
from seqmeta.errors import SeqmetaError, StoreError, UsageError


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("words") / "lab")
    lab.good(biosamples("BIRM-12340", "BIRM-99999"), {"study": {"name": "Respiratory surveillance"}})
    return lab


MEANT = [
    (["aply"], "did you mean apply?"),
    (["Apply"], "did you mean apply?"),
    (["chekc"], "did you mean check?"),
    (["status"], "did you mean plan?"),
    (["show", "BIRM-1234O"], "did you mean BIRM-12340?"),
    (["show", "biosample/BIRM-1234O"], "did you mean biosample/BIRM-12340?"),
    (["log", "respiratory survaillance"], "did you mean Respiratory surveillance?"),
    (["blame", "Respiratory"], "did you mean Respiratory surveillance?"),
    (["list", "biosmples"], "did you mean biosamples?"),
    (["schema", "ordr"], "did you mean order?"),
    (["new", "sequencing-rn"], "did you mean sequencing_run?"),
    (["check", "--fromat", "json"], "did you mean --format?"),
    (["check", "--fromat=json"], "did you mean --format?"),
    (["list", "studies", "--format", "jsn"], "did you mean json?"),
    (["show", "X", "--as", "sequenscape"], "did you mean sequencescape?"),
    (["import", "illumna", "run"], "did you mean illumina?"),
    (["import", "illumina", "run", "--outptu", "x"], "there is no option --outptu"),
    (["import", "table", "x.csv", "--kind", "ordr"], "did you mean order?"),
    (["export", "ean", "-o", "x"], "did you mean ena?"),
    (["export", "table", "--for", "pep", "-o", "x"], "export: table takes no --for: samplesheet does"),
    (["export", "majora", "--files=x", "-o", "x"], "export: majora takes no --files: ena and samplesheet do"),
    (
        ["export", "table", "--xyzzy", "pep", "-o", "x"],
        "export table: there is no option --xyzzy: `seqmeta export table --help`",
    ),
    (["export", "table", "--rve", "x", "-o", "x"], "export table: there is no option --rve: did you mean --rev?"),
    (["export", "--rev=x", "table", "-o", "x"], "--rev stands behind the form: `seqmeta export table … --rev …`"),
    (["import", "illumina", "run", "--kind", "order"], "import: illumina takes no --kind: table does"),
    (["show", "--", "X", "--rev"], "show: '--rev' is one word too many"),
    (["report", "progres"], "did you mean progress?"),
    (["--confg", "x", "check"], "did you mean --config?"),
    (["show", "X", "--no-pager"], "--no-pager stands before the command"),
    (["show", "X", "-C", "lab"], "-C stands before the command"),
    (["--no-pager"], "seqmeta: seqmeta needs COMMAND: `seqmeta --help` says more"),
    (["show"], "seqmeta: show needs [KIND/]NAME: `seqmeta show --help` says more"),
    (["list", "orders", "--state", "seald"], "did you mean sealed?"),
    (["list", "libraries", "--state", "sealed"], "a library has no state"),
    (["apply", "now"], "'now' is one word too many"),
    (["apply", "--wait", "long"], "--wait: invalid seconds value: 'long'"),
    (["doctor", "--wait", "nan"], "--wait: invalid seconds value: 'nan'"),
    (["migrate", "--wait=-1"], "--wait: invalid seconds value: '-1'"),
    (["show", "--rev"], "--rev: expected one argument"),
]


def test_what_stands_behind_two_dashes_is_no_option(lab):
    lab.good({"study": {"name": "--help"}})
    assert lab.call("show", "--", "--help")[1].startswith("study --help\n")
    assert lab.call("--", "show", "--help")[1].startswith("usage: seqmeta show")


@pytest.mark.parametrize("words, expected", MEANT, ids=lambda of: " ".join(of) if isinstance(of, list) else "")
def test_what_was_meant_is_said_in_one_line(lab, words, expected):
    code, out, err = lab.call(*words)
    assert (code, out) == (2, "")
    assert expected in err
    assert err.startswith("seqmeta: ")
    assert err.count("\n") == 1


def test_a_number_is_no_misspelling(lab):
    code, _, err = lab.call("show", "12345")
    assert code == 2
    assert "did you mean" not in err


def test_without_a_command_there_is_help_on_standard_error(capsys):
    assert main([]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("usage: seqmeta ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_of_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    _, _, examples = shown.partition("\nexamples:\n")
    assert f"seqmeta {command}" in examples.replace(" -C lab", "")
    assert all(len(line) <= 120 for line in shown.splitlines())


def test_help_is_a_word_too(capsys):
    with pytest.raises(SystemExit):
        main(["help", "show"])
    assert capsys.readouterr().out.startswith("usage: seqmeta show ")
    with pytest.raises(SystemExit):
        main(["--no-pager", "help", "show"])
    assert capsys.readouterr().out.startswith("usage: seqmeta show ")
    with pytest.raises(SystemExit):
        main(["help"])
    shown = capsys.readouterr().out
    assert all(f"\n  {command} " in shown for command in COMMANDS)
    assert "130 interrupted" in shown


def test_what_the_system_refuses_is_one_sentence(capsys):
    assert main(["-C", "x" * 300, "check"]) == 3
    said = f"a file, or the output, cannot be used: {'x' * 300}: File name too long [ENAMETOOLONG]"
    assert capsys.readouterr().err == f"seqmeta: {said}\n"


ERRORS = [SeqmetaError, *SeqmetaError.__subclasses__(), *StoreError.__subclasses__(), OSError, MemoryError]


@pytest.mark.parametrize("error", [*ERRORS, sqlite3.OperationalError])
def test_no_error_ends_a_command_without_a_sentence(lab, monkeypatch, error):
    """Whatever is raised, even with nothing in it: who reads exit 3 alone knows nothing."""

    def fail(*_, **__):
        raise error.__new__(error)

    monkeypatch.setattr("seqmeta.applying.apply", fail)
    code, out, err = lab.call("apply")
    assert (code, out) == (2 if error is UsageError else 3, "")
    assert re.fullmatch(r"seqmeta: \w.{20,}\n", err)


def test_memory_that_is_not_enough_is_one_sentence(tmp_path):
    table = tmp_path / "samples.csv"
    table.write_text("sample name\n" + "".join(f"S{number}\n" for number in range(600_000)))
    words = f"ulimit -v 150000 && exec {sys.executable} -m seqmeta import table --kind biosample {table}"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("seqmeta: the memory is not enough for this: ")
    assert done.stderr.count("\n") == 1


def test_a_path_that_is_not_there_is_never_a_good_one(lab):
    for more in ([], ["--format", "json"], ["--fix"]):
        said = "seqmeta: config/descriptions/gone.yaml is not there: expected a file or folder of descriptions\n"
        assert lab.call("check", "config/descriptions/gone.yaml", *more) == (2, "", said)
    assert lab.call("check", "config/descriptions")[0] == 0


@pytest.mark.parametrize("words", ["--help", "--version", "help", "check --help", "import table --help"])
def test_help_that_the_disk_does_not_take_is_no_success(words):
    command = f"{sys.executable} -m seqmeta {words}"
    done = subprocess.run(["bash", "-c", f"{command} > /dev/full"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == "seqmeta: a file, or the output, cannot be used: No space left on device [ENOSPC]\n"
    assert subprocess.run(["bash", "-c", f"{command} > /dev/full 2>&1"], check=False).returncode == 3


FOLDERS = [
    "check",
    "plan",
    "apply",
    "verify",
    "doctor",
    "migrate",
    "list orders",
    "show A",
    "log A",
    "blame A",
    "diff A",
]


@pytest.mark.parametrize("words", FOLDERS)
def test_outside_of_a_workspace_each_says_how_to_come_to_one(words, tmp_path, capsys):
    assert main(["-C", str(tmp_path), *words.split()]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "seqmeta init" in printed.err


@pytest.mark.parametrize("words", FOLDERS[3:])
def test_before_the_first_run_each_says_what_to_do(words, tmp_path, capsys):
    lab = Lab(tmp_path / "lab")
    code, out, err = lab.call(*words.split())
    assert (code, out) == (3, "")
    assert "`seqmeta apply`" in err


def test_a_folder_that_is_gone_is_said_to_be(tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    command = 'cd "$0" && rmdir "$0" && exec seqmeta list study'
    done = subprocess.run(["bash", "-c", command, here], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the folder that this was called in is not there any more: change to one that is" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["report", "html", "-o"], ["report", "progress", "-o"], ["schema", "-o"], ["export", "table", "-o"],
     ["import", "table", "samples.csv", "--kind", "biosample", "-o"], ["verify", "--write-checkpoint"],
     ["apply", "--stamp"], ["apply", "--receipt"]],
)  # fmt: skip
@pytest.mark.parametrize("what", ["fifo", "dangling link", "link to a fifo"])
def test_what_is_written_to_a_file_is_written_to_nothing_else(tmp_path, words, what):
    """A FIFO would be waited for without end, and behind a link lies what nobody has named."""
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study"}})
    (tmp_path / "samples.csv").write_text("central_sample_id\nS-1\n")
    place = tmp_path / "place"
    if what != "dangling link":
        os.mkfifo(place if what == "fifo" else tmp_path / "elsewhere")
    if what != "fifo":
        place.symlink_to(tmp_path / "elsewhere")
    before = place.lstat().st_ino, place.lstat().st_mode, lab.head()
    command = [sys.executable, "-m", "seqmeta", "-C", str(lab.root), *words, "place"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode in (2, 3)
    assert re.search(r"place (is|holds) .*", done.stderr)
    assert (place.lstat().st_ino, place.lstat().st_mode, lab.head()) == before
    assert (tmp_path / "elsewhere").exists() is (what == "link to a fifo")
