"""Counts by group and series to stacked bars, as inline SVG with the same numbers as a table beside it.

Colours and text sizes come from the style sheet of the page by class; nothing here has a style of its own.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 8, 10, 34
_ROW = 30
_MOST_LABELS = 12


class Series(NamedTuple):
    """One part of every bar: its name, the class that colours it, and its number by group."""

    name: str
    style: str
    numbers: Sequence[int]


class Chart(NamedTuple):
    """Stacked bars: a title, the groups (one bar each), the series, and what a reader should know besides."""

    title: str
    group: str
    groups: Sequence[str]
    series: Sequence[Series]
    note: str = ""

    @property
    def totals(self) -> list[int]:
        """The length of each bar."""
        return [sum(numbers) for numbers in zip(*(of.numbers for of in self.series), strict=True)]


def render_columns(chart: Chart) -> str:
    """Render bars that stand side by side, as over time."""
    return _figure(chart, _columns(chart) if chart.groups else "")


def render_rows(chart: Chart) -> str:
    """Render bars that lie one below the other, with room for long names."""
    return _figure(chart, _rows(chart) if chart.groups else "")


def _figure(chart: Chart, drawing: str) -> str:
    shown = [of for of in chart.series if any(of.numbers)]
    legend = "".join(f'<li><span class="key {of.style}"></span>{escape(of.name)}</li>' for of in shown)
    note = f'<p class="note">{escape(chart.note)}</p>' if chart.note else ""
    body = f'<ul class="legend">{legend}</ul>{drawing}{note}{_table(chart)}' if drawing else _nothing(note)
    return f"<figure><figcaption>{escape(chart.title)}</figcaption>{body}</figure>"


def _nothing(note: str) -> str:
    return f'<p class="empty">Nothing to show yet.</p>{note}'


def _table(chart: Chart) -> str:
    heads = "".join(f'<th scope="col">{escape(of.name)}</th>' for of in chart.series)
    rows = "".join(
        f'<tr><th scope="row">{escape(group)}</th>'
        + "".join(f'<td class="number">{of.numbers[place]}</td>' for of in chart.series)
        + "</tr>"
        for place, group in enumerate(chart.groups)
    )
    head = f'<thead><tr><th scope="col">{escape(chart.group)}</th>{heads}</tr></thead>'
    table = f"<table>{head}<tbody>{rows}</tbody></table>"
    return f'<details><summary>As a table</summary><div class="scroll">{table}</div></details>'


def _svg(chart: Chart, height: int, parts: Sequence[str]) -> str:
    label = escape(f"{chart.title}. The same numbers are in the table below.")
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _columns(chart: Chart) -> str:
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    floor = _TOP + inner_height
    step = _tick(max(chart.totals))
    top = -(-max(chart.totals) // step) * step
    parts = []
    for value in range(0, top + 1, step):
        y = floor - inner_height * value / top
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6}" y="{y + 4:.1f}">{value}</text>')
    slot = inner_width / len(chart.groups)
    width = min(slot * 0.75, 48)
    every = -(-len(chart.groups) // _MOST_LABELS)
    for place, group in enumerate(chart.groups):
        middle = _LEFT + slot * (place + 0.5)
        y = float(floor)
        for of in chart.series:
            height = inner_height * of.numbers[place] / top
            y -= height
            parts.append(_bar(of, group, place, (middle - width / 2, y, width, height)))
        if place % every == 0:
            parts.append(f'<text class="middle" x="{middle:.1f}" y="{floor + 18}">{escape(group)}</text>')
    return _svg(chart, _HEIGHT, parts)


def _rows(chart: Chart) -> str:
    left = 230
    inner_width = _WIDTH - left - 60
    top = max(*chart.totals, 1)
    parts = []
    for place, group in enumerate(chart.groups):
        y = place * _ROW + 4
        parts.append(f'<text class="end" x="{left - 8}" y="{y + 15}">{escape(_shortened(group))}</text>')
        x = float(left)
        for of in chart.series:
            width = inner_width * of.numbers[place] / top
            parts.append(_bar(of, group, place, (x, float(y), width, _ROW - 9)))
            x += width
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 15}">{chart.totals[place]}</text>')
    return _svg(chart, len(chart.groups) * _ROW + 8, parts)


def _bar(series: Series, group: str, place: int, box: tuple[float, float, float, float]) -> str:
    if not series.numbers[place]:
        return ""
    x, y, width, height = box
    title = escape(f"{group}: {series.numbers[place]} {series.name}")
    place_and_size = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{series.style}" {place_and_size}><title>{title}</title></rect>'


def _shortened(text: str, most: int = 30) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _tick(most: int) -> int:
    """A round step (1, 2 or 5 times a power of ten) that makes at most five lines."""
    step = 1
    while most > step * 5:
        step = step * 2 if str(step)[0] in "15" else step // 2 * 5
    return step


def group_by(mapping: Mapping[str, Mapping[str, int]], groups: Sequence[str], name: str) -> list[int]:
    """The numbers of one series over the groups, 0 where there are none."""
    return [mapping.get(group, {}).get(name, 0) for group in groups]
