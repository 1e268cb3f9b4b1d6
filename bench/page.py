"""Measurements to the generated part of docs/scale.md, and to the figure beside it."""

import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stopwatch import Cost, Growth, Ratio, spread

_PARTS: Mapping[str, Callable[[Cost], float]] = {
    "by the clock": lambda cost: cost.wall,
    "processors": lambda cost: cost.cpu,
    "in programs": lambda cost: cost.user,
    "in the kernel": lambda cost: cost.kernel,
}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_page(docs: Path, ratios: Sequence[Ratio], growth: Sequence[Growth], repeats: int) -> None:
    """Replace what stands between the marks of the page, and draw the figure."""
    page = docs / "scale.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    measured = f"{_intro(repeats)}\n{render_ratios(ratios)}\n{render_growth(growth)}"
    page.write_text(f"{before}{BEGIN}\n{measured}{END}{after}", encoding="utf-8")
    (docs / "figures").mkdir(exist_ok=True)
    draw(docs / "figures/growth.svg", growth)


def _intro(repeats: int) -> str:
    return (
        f"Median and range of {repeats} repeats by turns, on {os.cpu_count()} cores; by the clock, and by the seconds "
        "of all processors, which other work on the machine disturbs less. Load is that of the last minute. The second "
        "table has microseconds a record; what takes minutes there was measured once.\n"
    )


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
        _a_record([part(cost) / of.records for cost in some])
        for some in (of.ours, of.floors)
        for part in _PARTS.values()
    ]
    return [f"{of.records:,}", *costs, f"{max(cost.memory_mb for cost in of.ours):.0f}"]


def _a_record(seconds: Sequence[float]) -> str:
    """Write microseconds: `190`, of several measurements with their range `190 (176–198)`."""
    values = [1e6 * of for of in seconds]
    return spread(values, digits=0) if len(values) > 1 else f"{values[0]:.0f}"


def draw(path: Path, growth: Sequence[Growth]) -> None:
    """Draw CPU time and peak memory of a first run against the number of records."""
    import altair as alt

    rows = [
        {"records": of.records, "value": value, "what": what}
        for of in growth
        for what, value in (
            ("CPU seconds", statistics.median(cost.cpu for cost in of.ours)),
            ("peak memory, MB", max(cost.memory_mb for cost in of.ours)),
        )
    ]
    chart = (
        alt.Chart(alt.Data(values=rows), width=280, height=220)
        .mark_line(point=True)
        .encode(x=alt.X("records:Q"), y=alt.Y("value:Q", title=None))
        .facet(alt.Column("what:N", title=None))
        .resolve_scale(y="independent")
        .properties(title="A first run of seqmeta apply")
    )
    chart.save(str(path))
