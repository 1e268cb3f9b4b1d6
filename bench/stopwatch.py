"""Commands to what they cost, and pairs of costs to ratios with their spread."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the clock, seconds of all processors (in programs, in the kernel), peak MB of the largest process."""

    wall: float
    user: float
    kernel: float
    memory_mb: float = 0.0

    @property
    def cpu(self) -> float:
        """Seconds of all processors."""
        return self.user + self.kernel

    def __add__(self, other: "Cost") -> "Cost":
        memory = max(self.memory_mb, other.memory_mb)
        return Cost(self.wall + other.wall, self.user + other.user, self.kernel + other.kernel, memory)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How often one cost holds another: for each repeat, by the clock and by the processors."""

    name: str
    aim: str
    pairs: Sequence[tuple[Cost, Cost]]
    load: float

    def wall(self) -> list[float]:
        """The ratios by the clock."""
        return sorted(one.wall / other.wall for one, other in self.pairs)

    def cpu(self) -> list[float]:
        """The ratios by the processors."""
        return sorted(one.cpu / other.cpu for one, other in self.pairs)

    def turned(self) -> "Ratio":
        """How often the other cost holds the one."""
        return replace(self, pairs=[(other, one) for one, other in self.pairs])


@dataclass(frozen=True, slots=True)
class Growth:
    """First runs of a lab of so many runs, and the floor of each beside it."""

    runs: int
    ours: Sequence[Cost]
    floors: Sequence[Cost]

    @property
    def records(self) -> int:
        """How many records each makes: 24 biosamples, a library and the run itself."""
        return 26 * self.runs


def keep_bytecode(folder: Path) -> None:
    """Let Python keep what it has compiled in this folder, as an installed package has it; a checkout may forbid it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


def measure(command: Sequence[str | Path], folder: Path) -> Cost:
    """Run a command to its end and say what it cost, with all that it started; an error ends the measurement."""
    with (folder / "bench.log").open("ab") as log:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {process.returncode}; see {folder / 'bench.log'}")
    return Cost(time.perf_counter() - start, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024)


def measure_peer(name: str, *folders: Path) -> Cost:
    """Run a peer, which says itself what its work cost."""
    command = [sys.executable, str(Path(__file__).with_name("peers.py")), name, *map(str, folders)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1]
    return Cost(**json.loads(said))


def compare(name: str, aim: str, repeats: int, one: Callable[[], Cost], other: Callable[[], Cost]) -> Ratio:
    """Measure two pieces of work by turns."""
    print(f"{name} …", file=sys.stderr, flush=True)
    pairs = [(one(), other()) for _ in range(repeats)]
    return Ratio(name, aim, pairs, os.getloadavg()[0])


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Write the median and the range: `1.12 (1.05–1.31)`; of one value, that."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
