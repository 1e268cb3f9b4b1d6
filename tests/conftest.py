"""What all tests have in common: an environment that tells them nothing, and examples that can be repeated."""

import os
import random
import signal
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.register_profile("soak", settings.get_profile("default"), derandomize=False, max_examples=10_000)
settings.load_profile(os.environ.get("SEQMETA_TEST_PROFILE", "default"))


MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 2 << 30


def pytest_configure() -> None:
    """Make the tests' folders in memory where there is room: publishing syncs files, thousands of times in all.

    What a test leaves is removed as soon as it has passed (`tmp_path_retention_policy`), so that little is used.
    """
    if not os.access(MEMORY, os.W_OK):
        return
    there = os.statvfs(MEMORY)
    if there.f_bavail * there.f_frsize >= ENOUGH_BYTES and not there.f_flag & os.ST_NOEXEC:  # stand-ins are run there
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say behind a soak what each long test has counted, and the seed that gives the same again."""
    if os.environ.get("SEQMETA_TEST_PROFILE") == "soak":
        for report in terminalreporter.stats.get("passed", []):
            if report.capstdout:
                terminalreporter.write_line(f"{report.nodeid}: {'; '.join(report.capstdout.splitlines())}")


@pytest.fixture(autouse=True, scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Take away what a person's account and an enclosing git command would add: the outcome may not depend on it.

    For the whole session, for what a module of tests makes for all of them is made before any of them begins.
    """
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_", "XDG_", "CLICOLOR"))]:
            environment.delenv(name)
        for name in ("NO_COLOR", "FORCE_COLOR", "PAGER", "SEQMETA_PAGER", "LESS", "PYTHONUNBUFFERED", "PYTHONOPTIMIZE"):
            environment.delenv(name, raising=False)
        environment.setenv("HOME", str(home))
        # The command under test is the one of the environment that runs the tests.
        environment.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        # What runs behind a shell (`nohup make test &`) is handed on that ctrl-C is ignored, and nothing ends by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield


@pytest.fixture
def seed(request: pytest.FixtureRequest, record_property) -> int:
    """Choose the seed of this test and write it down; `SEQMETA_SEED` gives the same story and moments again.

    A soak draws it. Else it is the test's own, always the same: nothing fails by chance on the way to something else.
    """
    is_soak = os.environ.get("SEQMETA_TEST_PROFILE") == "soak"
    drawn = random.SystemRandom().randrange(1 << 30) if is_soak else zlib.crc32(request.node.nodeid.encode())
    chosen = int(os.environ.get("SEQMETA_SEED") or drawn)
    sys.stdout.write(f"SEQMETA_SEED={chosen}\n")
    record_property("seed", chosen)
    return chosen


@pytest.fixture(scope="session")
def project() -> Path:
    """Name the folder that the project is in."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data(project: Path) -> Path:
    """Name the folder of real files beside the project, and skip where there is none."""
    folder = project.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real files beside the project")
    return folder
