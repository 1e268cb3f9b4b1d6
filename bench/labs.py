"""Writes labs of any size, true to life: plates of 24 samples a run, orders of 96 or 384 tubes, progress of months.

Run by itself it writes one: `python bench/labs.py RUNS FOLDER [ORDERS TUBES]`; with `seals` for RUNS, a workspace whose
records are sealed in many commits, as years leave them: `python bench/labs.py seals FOLDER SEALS COMMITS`.
"""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from itertools import product
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SAMPLES_A_RUN = 24
RUNS_A_FOLDER = 500
_CONFIG = "committer: {name: Example lab, email: lab@example.org}\nshard_size: 2000\n"


def write_runs(root: Path, runs: int) -> None:
    """Write the standard lab: for each run a file of its 24 biosamples, and a file of the run itself."""
    _begin(root)
    for number in range(runs):
        folder = root / f"config/descriptions/{number // RUNS_A_FOLDER:03}"
        folder.mkdir(exist_ok=True)
        names = [f"S{number:06}-{well}" for well in wells(SAMPLES_A_RUN)]
        (folder / f"run{number:06}-samples.yaml").write_text(render_samples(names))
        (folder / f"run{number:06}.yaml").write_text(render_run(number, names))


def write_orders(root: Path, orders: int, tubes: int, *, submit: bool, started: int = 0) -> None:
    """Write a lab of one submission: so many orders of so many tubes, through two request types.

    Of the first `started` tubes the libraries were made, one a day.
    """
    _begin(root)
    shutil.copytree(PROJECT / "config/catalogue", root / "config/catalogue")
    folder = root / "config/descriptions/orders"
    folder.mkdir()
    (folder / "studies.yaml").write_text("study: {name: Surveillance}\n---\nproject: {name: Surveillance}\n")
    for number in range(orders):
        names = [f"T{number:03}-{well}" for well in wells(tubes)]
        (folder / f"tubes{number:03}.yaml").write_text(_render_tubes(number, names))
        (folder / f"order{number:03}.yaml").write_text(_render_order(number, names))
    write_submission(root, orders, submit=submit)
    if started:
        (folder / "progress.yaml").write_text(_render_progress(wells(tubes)[:started]))


def write_sealed(root: Path, seals: int, commits: int) -> None:
    """Write a workspace with its records: of so many sealed submissions of a half plate, so many in each commit.

    Each submission comes with a hundred records, two of which are itself and its progress, and 96 requests.
    """
    write_orders(root, 0, 0, submit=False)
    (root / "config/descriptions/orders/submission.yaml").unlink()
    for first in range(0, seals, seals // commits):
        folder = root / f"config/descriptions/{first:06}"
        folder.mkdir()
        for number in range(first, first + seals // commits):
            names = [f"T{number:03}-{well}" for well in wells(48)]
            (folder / f"tubes{number:06}.yaml").write_text(_render_tubes(number, names))
            order = _render_order(number, names)
            submission = f"submission:\n  name: Batch {number:03}\n  orders: [Order {number:03}]\n  submit: true\n"
            (folder / f"order{number:06}.yaml").write_text(f"{order}---\n{submission}")
        subprocess.run(["seqmeta", "apply"], cwd=root, check=True, stdout=subprocess.DEVNULL)


def write_submission(root: Path, orders: int, *, submit: bool) -> None:
    """Write the submission of all orders of such a lab, submitted or not yet."""
    listed = "".join(f"    - Order {number:03}\n" for number in range(orders))
    text = f"submission:\n  name: Winter\n  priority: 1\n  orders:\n{listed}" + ("  submit: true\n" if submit else "")
    (root / "config/descriptions/orders/submission.yaml").write_text(text)


def wells(number: int) -> list[str]:
    """Name the wells of a plate that holds so many, row by row."""
    rows, columns = ("ABCDEFGHIJKLMNOP", 24) if number > 96 else ("ABCDEFGH", 12)
    named = [f"{row}{column:02}" for row, column in product(rows, range(1, columns + 1))]
    return named[:number]


def render_samples(names: list[str]) -> str:
    """Render the description of the samples of a plate."""
    return "biosamples:\n" + "".join(
        f"  - central_sample_id: {name}\n    collection_date: 2020-03-{1 + day % 28:02}\n    taxon_id: 2697049\n"
        for day, name in enumerate(names)
    )


def render_run(number: int, names: list[str]) -> str:
    """Render the description of one sequencing run and its library."""
    listed = "".join(f"    - central_sample_id: {name}\n      barcode: N{tag:03}\n" for tag, name in enumerate(names))
    return f"""\
sequencing_run:
  sequencing_id: {uuid.uuid5(uuid.NAMESPACE_DNS, str(number))}
  run_name: run_{number:06}
  instrument_make: ILLUMINA
  instrument_model: NextSeq 500
  flowcell_id: H{number:06}
  start_time: 2020-04-01 10:00
  library_name: LIB-{number:06}
  library_strategy: AMPLICON
  library_source: VIRAL_RNA
  library_selection: PCR
  library_layout_config: PAIRED
  library_layout_nominal_length: 400
  library_seq_kit: Nextera
  library_seq_protocl: ARTIC
  library_sop_name: ARTIC nCov
  library_sop_version: v3
  biosamples:
{listed}"""


def _begin(root: Path) -> None:
    (root / "config/descriptions").mkdir(parents=True)
    (root / "config/config.yaml").write_text(_CONFIG)


def _render_tubes(number: int, names: list[str]) -> str:
    tubes = "".join(
        f"  - name: {name}\n    asset_type: sample_tube\n    barcode: B{name}\n    biosamples: [{name}]\n"
        for name in names
    )
    return f"# Plate {number}\n{render_samples(names)}---\nassets:\n{tubes}"


def _render_order(number: int, names: list[str]) -> str:
    return f"""\
order:
  name: Order {number:03}
  template: Simple sequencing
  project: Surveillance
  study: Surveillance
  request_options:
    library_type: Standard
    fragment_size_required: {{from: 100, to: 400}}
    read_length: 76
  assets:
{"".join(f"    - {name}{chr(10)}" for name in names)}"""


def _render_progress(started: list[str]) -> str:
    return "progress:\n  submission: Winter\n  events:\n" + "".join(_render_events(started))


def _render_events(started: list[str]) -> Iterator[str]:
    for day, well in enumerate(started):
        for hour, event in ((9, "start"), (17, "pass")):
            at = f"2020-{1 + day // 28 % 12:02}-{1 + day % 28:02}T{hour:02}:00:00Z"
            yield f"    - {{asset: T000-{well}, request_type: Library creation, event: {event}, at: '{at}'}}\n"


if __name__ == "__main__" and sys.argv[1] == "seals":
    write_sealed(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
elif __name__ == "__main__":
    numbers = [int(word) for word in (sys.argv[1], *sys.argv[3:])]
    if len(numbers) == 1:
        write_runs(Path(sys.argv[2]), numbers[0])
    else:
        write_orders(Path(sys.argv[2]), numbers[1], numbers[2], submit=True, started=numbers[0])
