"""Measurements to the generated part of docs/scale.md, and to the figure beside it."""

import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from labs import PROJECT
from stopwatch import Cost, Growth, Ratio, spread

_PARTS: Mapping[str, Callable[[Cost], float]] = {
    "by the clock": lambda cost: cost.wall,
    "processors": lambda cost: cost.cpu,
    "in programs": lambda cost: cost.user,
    "in the kernel": lambda cost: cost.kernel,
}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


_FIGURE = "![Seconds and peak memory of a first run against the number of records](figures/growth.svg)\n"


def write_page(docs: Path, ratios: Sequence[Ratio], growth: Sequence[Growth], repeats: int, where: Path) -> None:
    """Replace what stands between the marks of the page, and draw the figure; it was measured in the folder `where`."""
    page = docs / "scale.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    measured = f"{_intro(repeats, where)}\n{render_ratios(ratios)}\n{render_growth(growth)}\n{_FIGURE}"
    page.write_text(f"{before}{BEGIN}\n{measured}{END}{after}", encoding="utf-8")
    (docs / "figures").mkdir(exist_ok=True)
    draw(docs / "figures/growth.svg", growth)


def _intro(repeats: int, where: Path) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short=8", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.strip()
    machine = f"{os.cpu_count()} cores and {_file_system(where)}"
    return (
        f"Measured on {datetime.now(UTC).date()} at commit {commit}, on {machine}. Median and range of {repeats} "
        "repeats by turns; by the clock, and by the seconds of all processors, which other work disturbs less. Load is "
        "that of the last minute. The second table has microseconds a record, and the largest process's peak; what "
        "takes minutes there was measured once.\n"
    )


def _file_system(folder: Path) -> str:
    """Name the kind of file system that a folder is on."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    within = [(mount[1], mount[2]) for mount in mounts if folder.is_relative_to(mount[1])]
    return max(within, key=lambda mount: len(mount[0]))[1]


def render_ratios(ratios: Sequence[Ratio]) -> str:
    """Write what was compared as a table of Markdown."""
    rows = [
        f"| {ratio.name} | {ratio.aim} | {spread(ratio.wall())} | {spread(ratio.cpu())} | {ratio.load:.1f} |\n"
        for ratio in ratios
    ]
    return "| work | aim | × by the clock | × by the processors | load |\n| --- | --- | --- | --- | --- |\n" + "".join(
        rows
    )


def render_growth(growth: Sequence[Growth]) -> str:
    """Write first runs of growing labs as a table of Markdown: microseconds a record, ours and the floor's."""
    head = ["records", *_PARTS, *(f"floor: {part}" for part in _PARTS), "peak MB"]
    lines = [head, ["---"] * len(head), *map(_growth_row, growth)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _growth_row(of: Growth) -> list[str]:
    costs = [
        spread([1e6 * part(cost) / of.records for cost in some], digits=0)
        for some in (of.ours, of.floors)
        for part in _PARTS.values()
    ]
    return [f"{of.records:,}", *costs, f"{max(cost.memory_mb for cost in of.ours):.0f}"]


_OURS, _FLOOR = "seqmeta apply", "the floor"


def draw(path: Path, growth: Sequence[Growth]) -> None:
    """Draw time and peak memory of a first run against the number of records, and the time of the floor beside it."""
    import altair as alt

    rows = [
        {"records": of.records, "who": who, "what": what, "value": value(some)}
        for of in growth
        for who, some, what, value in (
            (_OURS, of.ours, "seconds by the clock", _median_wall),
            (_FLOOR, of.floors, "seconds by the clock", _median_wall),
            (_OURS, of.ours, "seconds of all processors", _median_cpu),
            (_FLOOR, of.floors, "seconds of all processors", _median_cpu),
            (_OURS, of.ours, "peak memory, MB", _peak),
        )
    ]
    chart = (
        alt.Chart(alt.Data(values=rows), width=240, height=220)
        .mark_line(point=True)
        .encode(
            x=alt.X("records:Q", axis=alt.Axis(format="~s")),
            y=alt.Y("value:Q", title=None),
            color=alt.Color("who:N", title=None, sort=[_OURS, _FLOOR]),
        )
        .facet(alt.Column("what:N", title=None, sort=None))
        .resolve_scale(y="independent")
        .properties(title="A first run of seqmeta apply")
    )
    chart.save(str(path))


def _median_wall(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.wall for cost in costs)


def _median_cpu(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.cpu for cost in costs)


def _peak(costs: Sequence[Cost]) -> float:
    return max(cost.memory_mb for cost in costs)
