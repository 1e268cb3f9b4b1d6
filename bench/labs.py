"""Writes labs of any size: the standard one of sequencing runs, one submission, sealed years, and one that is mixed.

Run by itself it writes one: `python bench/labs.py runs FOLDER RUNS`, `submission FOLDER ORDERS TUBES`,
`seals FOLDER SEALS COMMITS` (a workspace with its records, in many commits) or `mixed FOLDER PLATES`.
"""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SAMPLES_A_RUN = 24
RUNS_A_FOLDER = 500
_PLATES = (8, 24, 96, 384)
"""The sizes of plates and of strips of tubes that samples come in."""
_LEAST_ORDERED = 96
_FIRST_DAY = datetime(2020, 1, 6, 9, tzinfo=UTC)
_TUBES_A_DAY = 8
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


def write_orders(root: Path, orders: int, tubes: int, *, submit: bool) -> None:
    """Write a lab of one submission: so many orders of so many tubes, through two request types."""
    folder = _begin_orders(root)
    for number in range(orders):
        names = [f"T{number:03}-{well}" for well in wells(tubes)]
        (folder / f"tubes{number:03}.yaml").write_text(_render_plate(number, names))
        (folder / f"order{number:03}.yaml").write_text(_render_order(number, names))
    write_submission(root, orders, submit=submit)


def write_sealed(root: Path, seals: int, commits: int) -> None:
    """Write a workspace with its records: of so many sealed submissions of a half plate, so many in each commit.

    Each submission comes with a hundred records, two of which are itself and its progress, and 96 requests.
    """
    _begin_orders(root)
    for first in range(0, seals, seals // commits):
        folder = root / f"config/descriptions/{first:06}"
        folder.mkdir()
        for number in range(first, first + seals // commits):
            names = [f"T{number:03}-{well}" for well in wells(48)]
            (folder / f"tubes{number:06}.yaml").write_text(_render_plate(number, names))
            text = f"{_render_order(number, names)}---\n{_render_batch(number)}"
            (folder / f"order{number:06}.yaml").write_text(text)
        subprocess.run(["seqmeta", "apply"], cwd=root, check=True, stdout=subprocess.DEVNULL)


def write_mixed(root: Path, plates: int) -> None:
    """Write the work of months: plates of several sizes by turns, whose samples are described in several ways by turns.

    The tubes of a plate of 96 or 384 are ordered, each plate in a sealed submission of its own, and what happened to
    each of them is reported; the samples of a smaller one are sequenced in a run.
    """
    folder = _begin_orders(root)
    for number in range(plates):
        size, render = _PLATES[number % len(_PLATES)], _WAYS[number % len(_WAYS)]
        names = [f"T{number:03}-{well}" for well in wells(size)]
        for part, text in enumerate(render(names)):
            (folder / f"plate{number:05}-{part:03}.yaml").write_text(text)
        if size < _LEAST_ORDERED:
            (folder / f"run{number:05}.yaml").write_text(render_run(number, names))
        else:
            work = (_render_tubes(names), _render_order(number, names), _render_batch(number))
            (folder / f"work{number:05}.yaml").write_text("---\n".join(work))
            events = "".join(_render_events(number, names))
            text = f"progress:\n  submission: Batch {number:03}\n  events:\n{events}"
            (folder / f"progress{number:05}.yaml").write_text(text)


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


def render_samples(names: Sequence[str]) -> str:
    """Render the description of the samples of a plate, as one list."""
    return "biosamples:\n" + "".join(f"  - {'    '.join(_sample_lines(day, name))}" for day, name in enumerate(names))


def _sample_lines(day: int, name: str) -> list[str]:
    return [f"central_sample_id: {name}\n", f"collection_date: 2020-03-{1 + day % 28:02}\n", "taxon_id: 2697049\n"]


def _render_documents(names: Sequence[str]) -> list[str]:
    """Render each sample as a document of its own."""
    return [f"biosample:\n  {'  '.join(_sample_lines(day, name))}" for day, name in enumerate(names)]


_WAYS: Sequence[Callable[[Sequence[str]], list[str]]] = (
    lambda names: [render_samples(names)],
    lambda names: ["---\n".join(_render_documents(names))],
    _render_documents,
)
"""How samples are described: in one list, in one file of a document for each, or in a file for each."""


def render_run(number: int, names: Sequence[str]) -> str:
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


def _begin_orders(root: Path) -> Path:
    """Begin a lab with the catalogue, one study and one project; return the folder for the rest."""
    _begin(root)
    shutil.copytree(PROJECT / "config/catalogue", root / "config/catalogue")
    folder = root / "config/descriptions/orders"
    folder.mkdir()
    (folder / "studies.yaml").write_text("study: {name: Surveillance}\n---\nproject: {name: Surveillance}\n")
    return folder


def _render_tubes(names: Sequence[str]) -> str:
    tubes = "".join(
        f"  - name: {name}\n    asset_type: sample_tube\n    barcode: B{name}\n    biosamples: [{name}]\n"
        for name in names
    )
    return f"assets:\n{tubes}"


def _render_plate(number: int, names: Sequence[str]) -> str:
    return f"# Plate {number}\n{render_samples(names)}---\n{_render_tubes(names)}"


def _render_order(number: int, names: Sequence[str]) -> str:
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


def _render_batch(number: int) -> str:
    return f"submission:\n  name: Batch {number:03}\n  orders: [Order {number:03}]\n  submit: true\n"


def _render_events(number: int, names: Sequence[str]) -> Iterator[str]:
    """Render what happened to the tubes of a plate: some a day are begun, and pass or fail on the day after."""
    for place, name in enumerate(names):
        begun = _FIRST_DAY + timedelta(days=number + place // _TUBES_A_DAY)
        ended = "fail" if place % 10 == 0 else "pass"
        yield render_event(name, "Library creation", "start", begun)
        yield render_event(name, "Library creation", ended, begun + timedelta(days=1))


def render_event(asset: str, request_type: str, event: str, at: datetime) -> str:
    """Render one thing that happened to a request, as an item of the events of progress."""
    return f"    - {{asset: {asset}, request_type: {request_type}, event: {event}, at: '{at:%Y-%m-%dT%H:%M:%SZ}'}}\n"


_LABS: Mapping[str, Callable[..., None]] = {
    "runs": write_runs,
    "submission": lambda root, orders, tubes: write_orders(root, orders, tubes, submit=True),
    "seals": write_sealed,
    "mixed": write_mixed,
}

if __name__ == "__main__":
    _LABS[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
