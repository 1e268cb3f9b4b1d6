"""How far long work is: told on a terminal with rate and time left, and nowhere else."""

import io
import subprocess
import sys
from types import SimpleNamespace

import pytest
from at_terminal import Terminal
from lab import Lab, biosamples

from seqmeta import terminal
from seqmeta.git import Repository
from seqmeta.terminal import Ticker
from seqmeta.verification import verify

ERASED = "\r\x1b[K"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    def take(self) -> str:
        shown = self.getvalue()
        self.seek(0)
        self.truncate()
        return shown


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still until its `now`, in seconds, is set."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_the_line_says_how_far_how_fast_and_how_long(clock: SimpleNamespace) -> None:
    screen = Screen()
    ticker = Ticker(screen)
    for seconds, done, shown in (
        (0.0, 0, ""),
        (0.9, 9, ""),  # work that is over by then says nothing
        (2.0, 20, f"{ERASED}files read: 20 of 100, 10 a second, 8 s left"),
        (2.1, 21, ""),  # not for each of a million
        (4.0, 80, f"{ERASED}files read: 80 of 100, 20 a second, 1 s left"),
        (5.0, 100, ERASED),
        (5.1, 100, ""),
    ):
        clock.now = 1000.0 + seconds
        ticker("files read", done, 100)
        assert screen.take() == shown


def test_each_work_is_measured_from_its_own_beginning(clock: SimpleNamespace) -> None:
    screen = Screen()
    ticker = Ticker(screen)
    ticker("files read", 0, 5)
    ticker("files read", 5, 5)
    clock.now += 60  # of something that is not told
    ticker("records written", 0, 50)
    clock.now += 2
    ticker("records written", 20, 50)
    assert screen.take() == f"{ERASED}records written: 20 of 50, 10 a second, 3 s left"
    ticker.clear()
    ticker.clear()
    assert screen.take() == ERASED


def test_nothing_is_said_where_there_is_no_terminal(clock: SimpleNamespace) -> None:
    stream = io.StringIO()
    ticker = Ticker(stream)
    for done in (0, 50, 100):
        ticker("files read", done, 100)
        clock.now += 10
    ticker.clear()
    assert stream.getvalue() == ""


AT_ONCE = "import sys; from seqmeta import cli, terminal; terminal._QUIET_SECONDS = terminal._INTERVAL_SECONDS = 0; "


def test_a_first_run_is_told_from_reading_to_writing(tmp_path) -> None:
    lab = Lab(tmp_path / "lab")
    for plate in "ABC":
        lab.describe(biosamples(*(f"{plate}{number:03}" for number in range(100))), name=f"{plate}.yaml")
    code = f"{AT_ONCE}sys.exit(cli.main(['apply']))"
    with Terminal(sys.executable, "-c", code, folder=lab.root) as shown:
        for line in ("files read: 2 of 3, ", "things linked: 200 of 300, ", "records written: 200 of 300, "):
            assert "left" in shown.read_until(f"{line}\\d+ a second, \\d+ s left")
        status, rest = shown.read_to_end()
    assert (status, rest.startswith(ERASED)) == (0, True)
    assert "300 created" in rest
    assert "left" not in rest
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=lab.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    assert b"\r" not in done.stdout


def test_an_error_in_between_does_not_stand_behind_the_line(tmp_path) -> None:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(*(f"S{number:03}" for number in range(250))))
    code = f"""{AT_ONCE}
from seqmeta import links, linking
from seqmeta.errors import StoreError
left = list(range(220))
def fail(step, described):
    if not left:
        raise StoreError("the disk is gone")
    left.pop()
    return {{"uuid": described.uuid}}
linking.links.link_references = fail
sys.exit(cli.main(["apply"]))"""
    with Terminal(sys.executable, "-c", code, folder=lab.root) as shown:
        shown.read_until("things linked: 200 of 250, .* left")
        assert shown.read_to_end() == (3, f"{ERASED}seqmeta: the disk is gone\r\n")


def test_verification_tells_how_many_contents_it_has_looked_at(tmp_path) -> None:
    lab = Lab(tmp_path / "lab")
    for number in range(3):
        lab.good(biosamples(*(f"S{number}-{tube}" for tube in range(5))))
    told: list[tuple[str, int, int]] = []
    assert verify(Repository.open(lab.records, check=False), tell=lambda *of: told.append(of)).findings == ()
    listed = subprocess.run(
        ["git", "-C", lab.records, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
        capture_output=True,
        check=True,
    )
    blobs = listed.stdout.split().count(b"blob")
    assert blobs >= 15
    assert told[-1] == ("contents verified", blobs, blobs)
    assert {of[2] for of in told} == {blobs}
