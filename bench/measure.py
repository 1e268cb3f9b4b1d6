"""Everything that docs/scale.md shows, measured anew and written into it: `make bench`.

It takes 40 minutes on a machine that does nothing else, and 45 GB and 10 million files where TMPDIR points.

The sizes come from the environment: BENCH_RUNS (2000), BENCH_SIZES (2000,20000,40000: for growth), BENCH_REPEATS (3),
BENCH_ORDERS (100) and BENCH_TUBES (384), BENCH_PLATES (80: of the mixed lab), BENCH_SEALS (1000) in BENCH_COMMITS (200:
of the store that is verified), BENCH_PEER_RUNS (500: for the peers that take long), BENCH_LARGE (20000: runs of the
first run that is measured once, 0 for none). With BENCH_ONLY (words out of cold, large, warm, mixed, submission, peers,
saving, verification, reading, growth) only these are measured, and printed instead of written.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from labs import (
    PROJECT,
    SAMPLES_A_RUN,
    render_event,
    render_run,
    wells,
    write_mixed,
    write_orders,
    write_runs,
    write_sealed,
    write_submission,
)
from page import render_growth, render_ratios, write_page
from stopwatch import Cost, Growth, Ratio, compare, keep_bytecode, measure, measure_peer

_SNAKEMAKE = ("snakemake", "--cores", "2", "--quiet", "all", "--snakefile")
_ONE_RULE = "rule all:\n"
"""A rule that does nothing, whenever it is asked for: Snakemake has a job to run, and waits a second at the end."""
_LARGE_LAB = 10_000
"""From how many runs on a lab is measured once."""
_MOST_SAVED = 100
"""How many runs `datalad save` is given: with five times as many it had not ended after nine minutes."""


class Bench:
    """A folder to measure in: each piece of work gets a lab of its own, for freshly freed files cost more to make."""

    def __init__(self, root: Path, repeats: int) -> None:
        """Measure below this folder."""
        self._root = root
        self._repeats = repeats
        self._count = 0
        self._empty = root / "empty"
        self._empty.mkdir()
        (self._empty / "Snakefile").touch()
        (self._empty / "OneRule").write_text(_ONE_RULE)
        keep_bytecode(root / "bytecode")
        self.noop()
        snakemake(self.lab(1))

    def new(self) -> Path:
        """Name a folder that is not there yet."""
        self._count += 1
        return self._root / str(self._count)

    def lab(self, runs: int) -> Path:
        """Write a standard lab."""
        lab = self.new()
        write_runs(lab, runs)
        return lab

    def noop(self) -> Cost:
        """Run an empty Snakefile."""
        return measure([*_SNAKEMAKE, "Snakefile"], self._empty)

    def one_job(self) -> Cost:
        """Run a Snakefile of one rule that does nothing."""
        return measure([*_SNAKEMAKE, "OneRule"], self._empty)

    def floor(self, lab: Path) -> Cost:
        """Do the least that can be done with a lab that has its records."""
        return measure_peer("floor", lab, lab / "records", self.new())

    def cold(self, runs: int) -> list[Ratio]:
        """Compare first runs with the floor."""
        labs: list[Path] = []

        def command() -> Cost:
            labs.append(self.lab(runs))
            return apply(labs[-1])

        name = f"{_cold(runs)}: `seqmeta apply` over the floor"
        return [
            self.workflow(runs, "1.3", self._repeats),
            self._compare(name, "–", command, lambda: self.floor(labs[-1])),
        ]

    def workflow(self, runs: int, aim: str, repeats: int) -> Ratio:
        """Compare first runs of the workflow with the floor."""
        labs: list[Path] = []

        def workflow() -> Cost:
            labs.append(self.lab(runs))
            return snakemake(labs[-1])

        once = ", once" if repeats == 1 else ""
        name = f"{_cold(runs)}{once}: `snakemake --cores 2` over the floor and a bare start of Snakemake"
        return compare(name, aim, repeats, workflow, lambda: self.floor(labs[-1]) + self.noop())

    def _compare(self, name: str, aim: str, one: Callable[[], Cost], other: Callable[[], Cost]) -> Ratio:
        return compare(name, aim, self._repeats, one, other)

    def warm(self, runs: int) -> list[Ratio]:
        """Compare runs after one edit and after none."""
        lab = self.lab(runs)
        apply(lab)
        by_workflow = self.lab(runs)
        snakemake(by_workflow)
        edit, empty = f"one edited file in {runs:,} runs", "over an empty Snakefile"
        one_rule = "over a Snakefile of one rule that does nothing"
        return [
            self._compare(
                f"{edit}: `seqmeta apply` over a first run",
                "0.05",
                lambda: _edited(lab, apply),
                lambda: apply(self.lab(runs)),
            ),
            self._compare(f"{edit}: `snakemake` {empty}", "2", lambda: _edited(by_workflow, snakemake), self.noop),
            self._compare(
                f"{edit}: `snakemake` {one_rule}", "–", lambda: _edited(by_workflow, snakemake), self.one_job
            ),
            self._compare(
                f"nothing changed in {runs:,} runs: `snakemake` {empty}",
                "1.5",
                lambda: snakemake(by_workflow),
                self.noop,
            ),
        ]

    def mixed(self, plates: int) -> list[Ratio]:
        """Compare the first run of months of work with the floor, and one more event of it with the first run."""
        labs: list[Path] = []

        def first() -> Cost:
            labs.append(self.new())
            write_mixed(labs[-1], plates)
            return apply(labs[-1])

        name = f"{plates} plates of 8 to 384, with orders, seals and progress"
        return [
            self._compare(f"{name}: `seqmeta apply` over the floor", "–", first, lambda: self.floor(labs[-1])),
            self._compare(
                f"{name}, one more event: `seqmeta apply` over a first run", "–", lambda: _reported(labs[-1]), first
            ),
        ]

    def submission(self, orders: int, tubes: int) -> Ratio:
        """Compare the run that seals a submission with writing the JSON of it and its orders."""
        labs: list[Path] = []

        def seal() -> Cost:
            labs.append(self.new())
            write_orders(labs[-1], orders, tubes, submit=False)
            apply(labs[-1])
            write_submission(labs[-1], orders, submit=True)
            return apply(labs[-1])

        def write() -> Cost:
            sealed = self.new()
            for kind in ("orders", "submissions", "progress"):
                shutil.copytree(labs[-1] / "records" / kind, sealed / kind)
            return measure_peer("write_json", sealed, self.new())

        name = f"{orders} orders × {tubes} tubes: the whole run that seals and generates, over writing that JSON"
        return self._compare(name, "3", seal, write)

    def peers(self, runs: int) -> list[Ratio]:
        """Compare peers with seqmeta's first run on the same files: how many times its cost theirs is."""
        schemas = self.new()
        schemas.mkdir()
        for kind in ("biosample", "sequencing_run"):
            with (schemas / f"{kind}.json").open("wb") as stream:
                subprocess.run(["seqmeta", "schema", kind], stdout=stream, check=True)
        labs: list[Path] = []
        committed = self.new()

        def first(work: Callable[[Path], Cost]) -> Callable[[], Cost]:
            def run() -> Cost:
                labs.append(self.lab(runs))
                return work(labs[-1])

            return run

        def ratio(name: str, aim: str, ours: Callable[[], Cost], *words: str) -> Ratio:
            def theirs() -> Cost:
                given = {"lab": labs[-1], "records": labs[-1] / "records", "schemas": schemas}
                given |= {"committed": committed, "out": self.new()}
                return measure_peer(words[0], *(given[word] for word in words[1:]))

            return self._compare(f"{runs:,} runs: {name}", aim, ours, theirs).turned()

        validate, add = "`snakemake.utils.validate` alone", "GitPython `index.add` of the records alone"
        again = "check-jsonschema of all files and git over `seqmeta apply`, one file edited"
        alone = "check-jsonschema alone over `seqmeta check`"
        over, cold = "over `seqmeta apply`", first(apply)
        return [
            ratio(f"check-jsonschema and git {over}", "10 or more", cold, "check_jsonschema", "lab", "schemas", "out"),
            ratio(f"the floor {over}", "–", cold, "floor", "lab", "records", "out"),
            ratio(alone, "–", first(check), "check_jsonschema_alone", "lab", "schemas"),
            ratio(f"{validate} {over}", "–", cold, "snakemake_validate", "lab", "schemas"),
            ratio(f"{add} {over}", "–", cold, "gitpython", "records", "out"),
            ratio(again, "–", lambda: _edited(labs[-1], apply), "check_jsonschema", "lab", "schemas", "committed"),
        ]

    def saving(self, runs: int) -> Ratio:
        """Compare `datalad save` with seqmeta's first run: of few runs, for it does not come to an end with many."""
        labs: list[Path] = []

        def first() -> Cost:
            labs.append(self.lab(runs))
            return apply(labs[-1])

        name = f"{runs:,} runs: `datalad save` of the records alone over `seqmeta apply`"
        return self._compare(
            name, "–", first, lambda: measure_peer("datalad", labs[-1] / "records", self.new())
        ).turned()

    def verification(self, runs: int) -> Ratio:
        """Compare `verify` with what git says of the same store, made in one run and without seals."""
        lab = self.lab(runs)
        apply(lab)
        return self._verify(lab, f"{26 * runs:,} records of one run")

    def seals(self, seals: int, commits: int) -> Ratio:
        """Compare `verify` with what git says of the same store, made in many runs that seal submissions."""
        lab = self.new()
        write_sealed(lab, seals, commits)
        return self._verify(lab, f"{100 * seals:,} records with {seals:,} seals in {commits} commits")

    def _verify(self, lab: Path, store: str) -> Ratio:
        fsck: list[str | Path] = ["git", "-C", lab / "records", "fsck", "--full", "--no-progress"]
        return self._compare(
            f"{store}: `seqmeta verify` over `git fsck --full`",
            "2",
            lambda: measure(["seqmeta", "verify"], lab),
            lambda: measure(fsck, lab),
        )

    def reading(self, runs: int) -> Ratio:
        """Compare the list of all biosamples with reading the bytes of their records out of git."""
        lab = self.lab(runs)
        apply(lab)
        most = 0.0

        def listed() -> Cost:
            nonlocal most
            cost = measure(["seqmeta", "list", "biosample", "--format", "csv"], lab)
            most = max(most, cost.memory_mb)
            return cost

        name = f"{SAMPLES_A_RUN * runs:,} biosamples: `seqmeta list` over `git cat-file --batch` of their records"
        ratio = self._compare(name, "–", listed, lambda: measure_peer("read_blobs", lab / "records"))
        return Ratio(f"{ratio.name}; at most {most:.0f} MB", ratio.aim, ratio.pairs, ratio.load)

    def growth(self, sizes: list[int]) -> list[Growth]:
        """Measure first runs of growing labs, each with its floor beside it: large ones once."""
        found = []
        for runs in sizes:
            print(f"growth, {runs:,} runs …", file=sys.stderr, flush=True)
            repeats = self._repeats if runs < _LARGE_LAB else 1
            labs = [self.lab(runs) for _ in range(repeats)]
            pairs = [(apply(lab), self.floor(lab)) for lab in labs]
            found.append(Growth(runs, *zip(*pairs, strict=True)))
        return found


def _cold(runs: int) -> str:
    return f"cold, {runs:,} runs ({26 * runs:,} records)"


def apply(lab: Path) -> Cost:
    """Run the command in a lab."""
    return measure(["seqmeta", "apply"], lab)


def check(lab: Path) -> Cost:
    """Run the check of a lab's descriptions."""
    return measure(["seqmeta", "check"], lab)


def snakemake(lab: Path) -> Cost:
    """Run the workflow in a lab."""
    return measure([*_SNAKEMAKE, PROJECT / "Snakefile", "--workflow-profile", PROJECT / "profiles/default"], lab)


def _edited(lab: Path, work: Callable[[Path], Cost]) -> Cost:
    """Change the first run's description, then do the work."""
    text = render_run(0, [f"S000000-{well}" for well in wells(SAMPLES_A_RUN)])
    edited = text.replace("library_sop_version: v3", f"library_sop_version: v{time.time_ns()}")
    (lab / "config/descriptions/000/run000000.yaml").write_text(edited)
    return work(lab)


def _reported(lab: Path) -> Cost:
    """Report that a library of the first plate of 96 is being sequenced, then apply that."""
    with (lab / "config/descriptions/orders/progress00002.yaml").open("a") as events:
        events.write(render_event("T002-A02", "Paired end sequencing", "start", datetime(2024, 1, 1, tzinfo=UTC)))
    return apply(lab)


def main() -> None:
    """Measure everything and write the page."""
    runs, repeats = int(os.environ.get("BENCH_RUNS", "2000")), int(os.environ.get("BENCH_REPEATS", "3"))
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "2000,20000,40000").split(",")]
    seals, commits = int(os.environ.get("BENCH_SEALS", "1000")), int(os.environ.get("BENCH_COMMITS", "200"))
    peer_runs = int(os.environ.get("BENCH_PEER_RUNS", "500"))
    large = int(os.environ.get("BENCH_LARGE", "20000"))
    orders, tubes = int(os.environ.get("BENCH_ORDERS", "100")), int(os.environ.get("BENCH_TUBES", "384"))
    only = os.environ.get("BENCH_ONLY", "").split()
    plates = int(os.environ.get("BENCH_PLATES", "80"))
    with tempfile.TemporaryDirectory(prefix="seqmeta-bench-") as folder:
        bench = Bench(Path(folder), repeats)
        work: dict[str, Callable[[], list[Ratio]]] = {
            "cold": lambda: bench.cold(runs),
            "large": lambda: [bench.workflow(large, "1.1", repeats=1)] if large else [],
            "warm": lambda: bench.warm(runs),
            "mixed": lambda: bench.mixed(plates),
            "submission": lambda: [bench.submission(orders, tubes)],
            "peers": lambda: bench.peers(peer_runs),
            "saving": lambda: [bench.saving(min(peer_runs, _MOST_SAVED))],
            "reading": lambda: [bench.reading(size) for size in (runs // 4, runs)],
            "verification": lambda: [bench.verification(runs), bench.seals(seals, commits)],
        }
        ratios = [ratio for name, measured in work.items() if name in only or not only for ratio in measured()]
        growth = bench.growth(sizes) if "growth" in only or not only else []
        if only:
            print_figures(ratios, growth)
        else:
            write_page(PROJECT / "docs", ratios, growth, repeats, Path(folder))


def print_figures(ratios: list[Ratio], growth: list[Growth]) -> None:
    """Print what was measured, as it would stand in the page."""
    print(f"{render_ratios(ratios)}\n{render_growth(growth)}")


if __name__ == "__main__":
    main()
