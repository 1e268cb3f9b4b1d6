"""Output in an encoding that lacks a character: a person sees it escaped, and a machine gets no altered text."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from at_terminal import Terminal
from ordering import OrderLab
from test_misfits import rename

NAME = "Kohorte Süd"
PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ASCII = {"PYTHONIOENCODING": "ascii"}
CURE = "set PYTHONUTF8=1, or a UTF-8 locale such as C.UTF-8, and leave PYTHONIOENCODING unset"


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    lab = OrderLab(tmp_path / "lab")
    lab.good({"study": {"name": NAME}})
    return lab


def call(lab: OrderLab, *words: str, **environment: str) -> tuple[int, bytes, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHONIO"))}
    command = [sys.executable, "-m", "seqmeta", *words]
    done = subprocess.run(command, cwd=lab.root, env={**inherited, **environment}, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize("environment", [ASCII, PLAIN_C], ids=["io", "locale"])
@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_what_cannot_be_written_is_said_with_what_to_set(lab, environment, form):
    code, _, err = call(lab, "list", "study", "--format", form, **environment)
    assert code == 3
    assert err.startswith("seqmeta: '\\xfc' cannot be written in ascii, ")
    assert err.endswith(f": {CURE}\n")
    assert err.count("\n") == 1


def test_no_record_is_blamed_for_it(lab):
    rename(lab, None)
    code, _, err = call(lab, "list", "study", **ASCII)
    assert code == 3
    assert CURE in err
    assert "no record" not in err


def test_the_cure_cures(lab):
    code, out, err = call(lab, "list", "study", **{**PLAIN_C, "PYTHONUTF8": "1"})
    assert (code, err) == (0, "")
    assert NAME in out.decode()


def test_whoever_asked_for_replacement_gets_it(lab):
    code, out, _ = call(lab, "list", "study", PYTHONIOENCODING="ascii:replace")
    assert code == 0
    assert b"Kohorte S?d" in out


def test_help_is_for_people_wherever_it_goes(lab):
    for words in ((), ("list",)):
        code, out, err = call(lab, *words, "--help", **ASCII)
        assert (code, err) == (0, "")
        assert b"usage: seqmeta" in out


@pytest.mark.parametrize("pager", ["cat", "sed s/^/paged:/"])
@pytest.mark.parametrize("rows", [3, 50])
def test_at_a_terminal_a_person_sees_it_escaped(lab, pager, rows):
    environment = {**ASCII, "SEQMETA_PAGER": pager}
    with Terminal("seqmeta", "list", "study", folder=lab.root, rows=rows, **environment) as terminal:
        code, shown = terminal.read_to_end()
    assert code == 0
    assert "Kohorte S\\xfcd" in shown


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_for_machines_is_not_altered_at_a_terminal_either(lab, form):
    words = ("seqmeta", "list", "study", "--format", form)
    with Terminal(*words, folder=lab.root, columns=300, **ASCII) as terminal:
        code, shown = terminal.read_to_end()
    assert code == 3
    assert "Kohorte S" not in shown
    assert CURE in shown
