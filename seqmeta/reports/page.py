"""The records of one revision to one HTML file that needs no server and no network.

The data travel as JSON in a script element of a type that no browser runs, with `<`, `>` and `&` escaped, so no text
of a record can end it (HTML, "Restrictions for contents of script elements"). The policy lets nothing be loaded, and
runs only the one script and style whose SHA-256 it names (CSP Level 3). The same commit gives the same bytes.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from html import escape
from importlib import resources
from string import Template
from typing import Any

import orjson

from seqmeta.problems import Problem
from seqmeta.reports.charges import report_charges
from seqmeta.reports.charts import render_columns, render_rows
from seqmeta.reports.page_charts import chart_events, chart_runs, chart_states
from seqmeta.reports.page_notices import list_notices
from seqmeta.reports.page_waiting import list_waiting
from seqmeta.reports.page_work import Row, Work, list_orders, list_runs, list_submissions, read_work
from seqmeta.reports.progress import STATES
from seqmeta.reports.studies import report_studies
from seqmeta.revision import Revision
from seqmeta.values import time_text

TITLE = "Sequencing work"
_OPEN = ("pending", "hold", "blocked", "started")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Tables = Mapping[str, Sequence[Row]]


def render_page(revision: Revision, problems: Iterable[Problem] | None, title: str = TITLE) -> str:
    """Render the page; `problems` are those of the descriptions, None where they were not looked at."""
    work = read_work(revision)
    types = list(work.types.values())
    tables = _make_tables(work, revision, problems or ())
    charts = [render_rows(chart_states(work)), render_columns(chart_events(work)), render_columns(chart_runs(work))]
    style, script = _load("page.css"), _load("page.js")
    committed = next(revision.repository.log(revision.commit))
    return Template(_load("page.html")).substitute(
        policy=escape(_policy(style, script)),
        title=escape(title),
        style=style,
        script=script,
        time=time_text(committed.committer.time),
        commit=revision.commit,
        tiles="".join(_tiles(work, tables)),
        charts="".join(charts),
        checked=_NOT_CHECKED if problems is None else _CHECKED,
        data=embed({"states": STATES, "types": types, "tables": {name: _pack(of) for name, of in tables.items()}}),
    )


_CHECKED = "Errors and warnings are those of the descriptions; notices are what the records themselves say."
_NOT_CHECKED = "The page is of an older revision: the descriptions were not looked at."


def embed(value: Any) -> str:
    """Write plain values as JSON that is safe inside a script element."""
    text = orjson.dumps(value, default=_write_amount).decode()
    return re.sub("[<>&\u2028\u2029]", lambda found: _ESCAPES[found[0]], text)


def _write_amount(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(type(value).__name__)


def _policy(style: str, script: str) -> str:
    parts = [
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]
    return "; ".join(parts)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _load(name: str) -> str:
    return resources.files("seqmeta").joinpath("reports", "page", name).read_text(encoding="utf-8")


def _make_tables(work: Work, revision: Revision, problems: Iterable[Problem]) -> Tables:
    return {
        "submissions": list(list_submissions(work)),
        "orders": list(list_orders(work)),
        "waiting": list(list_waiting(work)),
        "runs": list(list_runs(work, revision)),
        "charges": list(report_charges(revision).rows),
        "studies": list(report_studies(revision).rows),
        "notices": list(list_notices(work, revision, problems)),
    }


def _pack(rows: Sequence[Row]) -> dict[str, Any]:
    """Write the keys of rows once: with 10,000 of them, that is most of the page."""
    columns = list(rows[0]) if rows else []
    return {"columns": columns, "rows": [[row[column] for column in columns] for row in rows]}


def _tiles(work: Work, tables: Tables) -> Iterable[str]:
    states = Counter(row["state"] for row in tables["submissions"])
    open_requests = Counter(request.state for of in work.requests.values() for request in of)
    notices = Counter(row["severity"] for row in tables["notices"])
    yield _tile("submissions", len(tables["submissions"]), "submissions", _counted(states))
    yield _tile("orders", len(tables["orders"]), "orders", _counted(Counter(row["state"] for row in tables["orders"])))
    number = sum(open_requests[state] for state in _OPEN)
    yield _tile("waiting", number, "open requests", f"of {open_requests.total()}, {open_requests['started']} started")
    yield _tile("runs", len(tables["runs"]), "sequencing runs", f"{_fulfilling(tables)} with requests")
    yield _tile("studies", len(tables["studies"]), "studies", f"{len(tables['charges'])} accounts charged")
    told = f"{notices['warning']} warnings, {notices['notice']} notices"
    yield _tile("notices", notices["error"], "errors", told)


def _fulfilling(tables: Tables) -> int:
    return sum(row["requests"] > 0 for row in tables["runs"])


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[state]} {state}" for state in sorted(counts)) or "none"


def _tile(view: str, number: int, what: str, more: str) -> str:
    word = what.removesuffix("s").replace("studie", "study") if number == 1 else what
    return f'<li><a href="#{view}"><b>{number}</b> {escape(word)}<small>{escape(more)}</small></a></li>'
