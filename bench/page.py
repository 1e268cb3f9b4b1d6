"""Measurements to the generated part of docs/scale.md, and to the figure beside it."""

import os
from collections.abc import Sequence
from pathlib import Path

from stopwatch import Cost, Ratio, spread

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_page(docs: Path, ratios: Sequence[Ratio], growth: Sequence[tuple[int, Cost]], repeats: int) -> None:
    """Replace what stands between the marks of the page, and draw the figure."""
    page = docs / "scale.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    measured = f"{_intro(repeats)}\n{_table(ratios)}\n{_growth_table(growth)}"
    page.write_text(f"{before}{BEGIN}\n{measured}{END}{after}", encoding="utf-8")
    (docs / "figures").mkdir(exist_ok=True)
    draw(docs / "figures/growth.svg", growth)


def _intro(repeats: int) -> str:
    return (
        f"Median and range of {repeats} repeats by turns, on {os.cpu_count()} cores; by the clock, and by the seconds "
        "of all processors, which other work on the machine disturbs less. Load is that of the last minute.\n"
    )


def _table(ratios: Sequence[Ratio]) -> str:
    rows = [
        f"| {ratio.name} | {ratio.aim} | {spread(ratio.wall())} | {spread(ratio.cpu())} | {ratio.load:.1f} |\n"
        for ratio in ratios
    ]
    return "| work | aim | × by the clock | × by the processors | load |\n| --- | --- | --- | --- | --- |\n" + "".join(
        rows
    )


def _growth_table(growth: Sequence[tuple[int, Cost]]) -> str:
    rows = [
        f"| {runs:,} | {26 * runs:,} | {cost.wall:.1f} | {cost.cpu:.1f} "
        f"| {cost.cpu / runs / 26e-6:.0f} | {cost.memory_mb:.0f} |\n"
        for runs, cost in growth
    ]
    head = "| runs | records | seconds | CPU seconds | CPU µs a record | peak MB |\n"
    return head + "| --- | --- | --- | --- | --- | --- |\n" + "".join(rows)


def draw(path: Path, growth: Sequence[tuple[int, Cost]]) -> None:
    """Draw CPU time and peak memory of a first run against the number of records."""
    import altair as alt

    rows = [
        {"records": 26 * runs, "value": value, "what": what}
        for runs, cost in growth
        for what, value in (("CPU seconds", cost.cpu), ("peak memory, MB", cost.memory_mb))
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
