"""The plots of the page: requests by type and state, what happened to them month by month, runs by instrument."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from seqmeta.reports.charts import Chart, Series, group_by
from seqmeta.reports.page_work import Work, count_states, instrument_of, type_of
from seqmeta.reports.progress import STATES

_MOST_MONTHS, _MOST_YEARS = 36, 60
_MOST_INSTRUMENTS = 7
_HAPPENED = ("started", "passed", "failed", "cancelled")

Periods = dict[str, Counter[str]]
"""By month (`2020-03`) or year, how often what happened."""


def chart_states(work: Work) -> Chart:
    """Requests by type and state."""
    requests = [request for of in work.requests.values() for request in of]
    by_type = {kind: count_states(request for request in requests if type_of(request) == kind) for kind in work.types}
    series = [
        Series(state, f"state-{state}", [by_type[kind][place] for kind in work.types])
        for place, state in enumerate(STATES)
    ]
    return Chart("Requests by type and state", "Request type", list(work.types.values()), series)


def chart_events(work: Work) -> Chart:
    """What happened to requests over time, as far as its events say when."""
    events = [
        (event.get("at"), event["to"]) for of in work.requests.values() for request in of for event in request.events
    ]
    periods, without = _by_period(event for event in events if event[1] in _HAPPENED)
    groups = _all_between(periods)
    series = [Series(state, f"state-{state}", group_by(periods, groups, state)) for state in _HAPPENED]
    note = f"{without} more without a time." if without else ""
    return Chart("What happened to requests over time", "Time", groups, series, note)


def chart_runs(work: Work) -> Chart:
    """Runs by instrument over time; instruments past the most frequent are taken together."""
    frequent = Counter(instrument_of(run) for run in work.runs.values()).most_common()
    names = sorted(frequent, key=lambda of: (-of[1], of[0]))
    own = [name for name, _ in (names if len(names) <= _MOST_INSTRUMENTS + 1 else names[:_MOST_INSTRUMENTS])]
    known = set(own)
    shown = {name: name if name in known else "others" for name, _ in names}
    runs = [(run.body.get("start_time"), shown[instrument_of(run)]) for run in work.runs.values()]
    periods, without = _by_period(runs)
    groups = _all_between(periods)
    listed = own if len(own) == len(names) else [*own, "others"]
    series = [Series(name, f"series-{place}", group_by(periods, groups, name)) for place, name in enumerate(listed)]
    note = f"{without} more without a start time." if without else ""
    return Chart("Runs by instrument over time", "Time", groups, series, note)


def _by_period(happened: Iterable[tuple[str | None, str]]) -> tuple[Periods, int]:
    """Count by month, or by year where the months would be too many; and how often the time is not known."""
    months: Periods = {}
    without = 0
    for when, what in happened:
        if when is None:
            without += 1
        else:
            months.setdefault(when[:7], Counter())[what] += 1
    if len(_all_between(months)) <= _MOST_MONTHS:
        return months, without
    years: Periods = {}
    for month, counts in months.items():
        years.setdefault(month[:4], Counter()).update(counts)
    return years, without


def _all_between(periods: Mapping[str, object]) -> Sequence[str]:
    """Every month, or year, from the first to the last: a gap in time shows as a gap, but not where it is an age."""
    if not periods:
        return []
    first, last = min(periods), max(periods)
    if len(first) == len("2020"):
        years = range(int(first), int(last) + 1)
        return [f"{year:04}" for year in years] if len(years) <= _MOST_YEARS else sorted(periods)[-_MOST_YEARS:]
    begin, end = _month_number(first), _month_number(last)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]


def _month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1
