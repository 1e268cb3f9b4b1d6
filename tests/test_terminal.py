"""What a person at a terminal gets more than a file does: colours, and a pager. Tried at a real terminal."""

import io
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from at_terminal import Terminal
from lab import Lab, biosamples

from seqmeta.errors import StoreError
from seqmeta.pager import paged
from seqmeta.terminal import style_for

LOUD = "\x1b[1m"


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    "environment, on_terminal, elsewhere",
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, True, False),
    ],
)
def test_colours(environment, on_terminal, elsewhere):
    assert style_for(Screen(), environment).is_on == on_terminal
    assert style_for(io.StringIO(), environment).is_on == elsewhere


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("terminal") / "lab")
    lab.good(biosamples(*(f"S{number:03}" for number in range(100))), {"study": {"name": "Study A"}})
    return lab


def at_terminal(lab, *words, **environment):
    return Terminal("seqmeta", *words, folder=lab.root, **environment)


MARK = "sed s/^/paged:/"


def test_long_output_goes_through_the_pager_and_short_output_does_not(lab):
    with at_terminal(lab, "list", "biosamples", PAGER=MARK) as terminal:
        code, shown = terminal.read_to_end()
    assert code == 0
    assert shown.count("paged:") == 101
    with at_terminal(lab, "list", "studies", PAGER=MARK) as terminal:
        code, shown = terminal.read_to_end()
    assert code == 0
    assert "Study A" in shown
    assert "paged:" not in shown


def test_a_list_is_shown_while_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("COLUMNS", "80")
    seen = tmp_path / "seen"
    pager = ["sh", "-c", f"head -n 1 > {seen}.part; mv {seen}.part {seen}; cat > {seen}.rest"]
    with paged(pager, Screen(), {}) as page:
        lines = (print(f"line {number}", file=page) for number in range(10**7))
        while not seen.exists():
            next(lines)
        print("the end", file=page)
    assert seen.read_text() == "line 0\n"
    assert seen.with_suffix(".rest").read_text().endswith("\nthe end\n")


def test_who_leaves_the_pager_has_the_work_end_and_its_answer_where_it_is_near(monkeypatch):
    monkeypatch.setenv("LINES", "24")
    with paged(["true"], Screen(), {}) as page:
        print("line\n" * 10**6, file=page)
    with suppress(BrokenPipeError), paged(["true"], Screen(), {}) as page:
        for _ in range(10**5):
            print("line\n" * 1000, file=page)
        pytest.fail("nobody was there to read 500 MB")


def test_what_was_printed_before_an_error_is_shown():
    screen = Screen()
    with suppress(StoreError), paged(["sed", "s/^/paged:/"], screen, {}) as page:
        print("a line", file=page)
        raise StoreError("a record is damaged")
    assert screen.getvalue() == "a line\n"


@pytest.mark.parametrize(
    "words, environment",
    [
        (["--no-pager", "list", "biosamples"], {"PAGER": MARK}),
        (["list", "biosamples", "--format", "json"], {"PAGER": MARK}),
        (["list", "biosamples", "--format", "csv"], {"PAGER": MARK}),
        (["list", "biosamples"], {"PAGER": ""}),
        (["list", "biosamples"], {"PAGER": "cat"}),
        (["list", "biosamples"], {"PAGER": "'unclosed"}),
        (["list", "biosamples"], {"PAGER": "no-such-pager --x"}),
        (["list", "biosamples"], {"PAGER": MARK, "TERM": "dumb"}),
        (["list", "biosamples"], {"PAGER": MARK, "SEQMETA_PAGER": "cat"}),
    ],
    ids=str,
)
def test_no_pager_where_none_is_wanted_or_there(lab, words, environment):
    with at_terminal(lab, *words, **environment) as terminal:
        code, shown = terminal.read_to_end()
    assert code == 0
    assert "paged:" not in shown
    assert "S099" in shown


def test_what_the_environment_names_is_no_shells_business(lab):
    canary = lab.root / "canary"
    with at_terminal(lab, "list", "biosamples", PAGER=f"sed p; touch {canary} $(touch {canary})") as terminal:
        terminal.read_to_end()
    assert not canary.exists()


def test_no_terminal_no_pager(lab, monkeypatch):
    monkeypatch.setenv("SEQMETA_PAGER", MARK)
    code, out, _ = lab.call("list", "biosamples")
    assert code == 0
    assert "paged:" not in out


def test_who_has_seen_enough_ends_it_quietly(lab):
    with at_terminal(lab, "list", "biosamples", PAGER="head -n 3") as terminal:
        code, shown = terminal.read_to_end()
    assert code == 0
    assert shown.count("\n") == 3


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_less_leaves_ctrl_c_to_the_person(lab):
    names = [f"T{number:03}" for number in range(40)]
    more = lab.write("more.yaml", "biosamples: [" + ", ".join(f"{{central_sample_id: {name}}}" for name in names) + "]")
    prompt = r":\x1b\[K"
    with at_terminal(lab, "plan", rows=10) as terminal:
        terminal.read_until(prompt)
        terminal.type("\x03")
        shown = ""
        for _ in range(100):  # what is typed while less takes ctrl-C in is lost
            terminal.type("G")
            shown += terminal.read_for(0.5)
            if "would commit 40 created" in shown:
                break
        terminal.type("q")
        code, rest = terminal.read_to_end()
    more.unlink()
    assert code == 0
    assert "would commit 40 created" in shown
    assert "Traceback" not in shown + rest
    assert "interrupted" not in shown + rest


def test_show_is_bold_where_that_can_be_seen(lab):
    with at_terminal(lab, "show", "Study A") as terminal:
        assert LOUD in terminal.read_to_end()[1]
    with at_terminal(lab, "show", "Study A", NO_COLOR="1") as terminal:
        assert "\x1b" not in terminal.read_to_end()[1]


def test_an_error_is_told_and_not_paged(lab):
    with at_terminal(lab, "list", "biosamples", "--rev", "nowhere", PAGER=MARK) as terminal:
        code, shown = terminal.read_to_end()
    assert code == 3
    assert shown.startswith("seqmeta: ")


def run_with(streams, lab, *words):
    """The exit code of the command with its standard streams as a shell's redirections have them."""
    command = [sys.executable, "-m", "seqmeta", "-C", str(lab.root), *words]
    done = subprocess.run(["sh", "-c", f'exec "$@" {streams}', "sh", *command], capture_output=True, check=False)
    return done.returncode, done.stderr.decode()


def test_standard_streams_that_are_closed_change_neither_the_work_nor_the_exit_code(lab):
    lab.write("a.yaml", "study: {name: A}\n")
    assert run_with("<&- >&- 2>&-", lab, "apply") == (0, "")
    assert lab.body("study", "A")["name"] == "A"
    lab.write("b.yaml", "study: {nam: B}\n")
    assert run_with(">&-", lab, "check") == (1, "")
    assert run_with("2>&-", lab, "apply") == (1, "")


def test_an_output_that_cannot_be_written_is_one_sentence_with_the_code_of_the_world(lab):
    lab.write("a.yaml", "study: {name: A}\n")
    code, said = run_with(">/dev/full", lab, "check")
    assert code == 3
    assert said == "seqmeta: a file, or the output, cannot be used: No space left on device [ENOSPC]\n"
    assert run_with(">/dev/full 2>/dev/full", lab, "check") == (3, "")


def test_a_pipe_that_is_full_and_waits_for_nobody_gets_its_sentence_all_the_same(lab):
    """Other programs make the pipe or terminal that they share so, and leave it so."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    command = [sys.executable, "-m", "seqmeta", "-C", str(lab.root / "nowhere"), "check"]
    with subprocess.Popen(command, stderr=writing) as process:
        while not os.get_blocking(writing) and process.poll() is None:
            time.sleep(0.01)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            said = stream.read().lstrip(b"x").decode()
    assert (process.returncode, said.startswith("seqmeta: "), "nowhere" in said) == (3, True, True)
