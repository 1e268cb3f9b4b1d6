"""`seqmeta check --watch` at a real terminal: a person edits, and sees what is wrong now."""

import os
import signal
import subprocess

import pytest
from at_terminal import Terminal
from lab import Lab, biosamples, library_of

CLEAR = "\x1b[H\x1b[2J"
END = r"watching: ctrl-C ends it\s"


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples())
    return lab


def test_every_edit_is_checked_and_ctrl_c_is_no_fault(lab):
    with Terminal("seqmeta", "check", "--watch", folder=lab.root) as terminal:
        shown = terminal.read_until(END)
        assert "3 described, 0 errors, 0 warnings" in shown

        path = lab.write("new.yaml", "study: {name: A, stat: active}\n")
        shown = terminal.read_until(END)
        assert CLEAR in shown
        assert "unknown_field" in shown
        assert "config/descriptions/new.yaml:1:18:" in shown

        other = lab.root / "new.yaml.part"  # as editors do it: a new file in the old one's place
        other.write_text("study: {name: A, state: active}\n")
        other.rename(path)
        assert "4 described, 0 errors" in terminal.read_until(END)

        path.unlink()
        assert "3 described, 0 errors" in terminal.read_until(END)

        config = lab.root / "config/config.yaml"
        good = config.read_text()
        config.rename(config.with_suffix(".away"))
        assert "config/config.yaml cannot be read" in terminal.read_until(END)
        config.write_text(good + "strange: key\n")
        assert "strange" in terminal.read_until(END)
        config.write_text(good)
        assert "3 described, 0 errors" in terminal.read_until(END)

        (lab.root / "config/vocabularies.yaml").write_text("library_strategy: {X: {nea: X}}\n")
        assert "unknown_field" in terminal.read_until(END)

        terminal.type("\x03")
        code, rest = terminal.read_to_end()
    assert code == 130
    assert rest.replace("^C", "").strip() == ""


def test_what_a_run_records_is_seen_too(lab):
    lab.good()
    with Terminal("seqmeta", "check", "--watch", folder=lab.root) as terminal:
        assert "0 warnings" in terminal.read_until(END)
        lab.write("work.yaml", "study: {name: A}\n")
        assert "3 warnings" in terminal.read_until(END), "three biosamples are described no more"
        lab.good()
        assert "3 warnings" in terminal.read_until(END)


def test_without_a_terminal_nothing_moves_the_cursor(lab):
    command = ["seqmeta", "-C", str(lab.root), "check", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(2)]
        os.kill(process.pid, signal.SIGINT)
        try:
            out, err = process.communicate(timeout=900)
        finally:
            process.kill()  # else a test that fails would wait for ever
    assert lines == ["3 described, 0 errors, 0 warnings\n", "watching: ctrl-C ends it\n"]
    assert (out, err, process.returncode) == ("", "", 130)


@pytest.mark.parametrize("words", [["--fix"], ["--format", "json"], ["--format", "github"]])
def test_it_is_for_people(lab, words):
    code, _, err = lab.call("check", "--watch", *words)
    assert code == 2
    assert "leave --fix, --format" in err


def test_only_what_was_asked_for_is_shown(lab):
    lab.write("other.yaml", "study: {nam: A}\n")
    with Terminal("seqmeta", "check", "--watch", "config/descriptions/work.yaml", folder=lab.root) as terminal:
        assert "0 errors" in terminal.read_until(END)
        lab.describe(library_of(library_strategy="NOTHING"), biosamples())
        shown = terminal.read_until(END)
    assert "not_allowed" in shown
    assert "other.yaml" not in shown
