"""What `import seqmeta` offers to read back what was recorded: `show`, `log` and the like as functions on plain values.

Each returns what the command of its name prints with `--format json`; `rev` is a git revision of the records (default:
what is committed last). UsageError where a name means nothing or several things, StoreError where nothing is recorded.
"""

import json
from typing import Literal

from seqmeta.api import PathLike, Plain, open_at
from seqmeta.differences import find_differences, plain_differences
from seqmeta.editing import render_schema
from seqmeta.errors import UsageError
from seqmeta.history import plain_origin, plain_version
from seqmeta.kinds import find_kind, load_kinds
from seqmeta.listing import list_kind
from seqmeta.reports.charges import report_charges
from seqmeta.reports.progress import report_progress
from seqmeta.reports.studies import report_studies
from seqmeta.revision import Revision, open_revision
from seqmeta.shown import find_field_origins, find_shown, find_versions, plain_shown
from seqmeta.tables import plain_rows
from seqmeta.values import shorten
from seqmeta.vocabulary import expected

_REPORTS = {"progress": report_progress, "charges": report_charges, "studies": report_studies}


def show(name: str, root: PathLike = ".", *, config: PathLike | None = None, rev: str | None = None) -> Plain:
    """Show one record, or one request or pool of a submission.

    `name` is a name or UUID, `KIND/NAME`, or `NAME@3` for its version 3. Returns a record as its file has it, `meta`
    and the body under its kind, of a cancelled submission with `state` besides; a request or pool under `request` or
    `pool`, with its submission and what became of it.

    >>> seqmeta.show("First order", "lab")["order"]["state"]
    'sealed'
    """
    return plain_shown(*find_shown(_open(root, config, rev), name))


def list_records(
    kind: str,
    root: PathLike = ".",
    *,
    config: PathLike | None = None,
    state: str | None = None,
    rev: str | None = None,
) -> list[Plain]:
    """List the records of a kind (`order` or `orders`) by name, or those in a state.

    Returns for each its `name`, `uuid`, `state` (None where its kind has none), `version`, and what else the list of
    its kind has.

    >>> [of["name"] for of in seqmeta.list_records("orders", "lab", state="sealed")]
    ['First order']
    """
    return list(plain_rows(list_kind(_open(root, config, rev), find_kind(kind), state)))


def log(name: str, root: PathLike = ".", *, config: PathLike | None = None, rev: str | None = None) -> list[Plain]:
    """List the versions of one record, newest first.

    Returns for each `version`, `commit`, `time`, `author`, `descriptions_commit`, `subject`, whether it was `created`,
    and its `changes`, field by field.

    >>> [of["version"] for of in seqmeta.log("First order", "lab")]
    [1]
    """
    return [plain_version(version) for version in find_versions(_open(root, config, rev), name)]


def blame(name: str, root: PathLike = ".", *, config: PathLike | None = None, rev: str | None = None) -> list[Plain]:
    """Say of each field of a record who set it and when.

    Returns for each its `path`, `value`, `version`, `commit`, `time`, `author` and `descriptions_commit`.

    >>> {of["version"] for of in seqmeta.blame("First order", "lab")}
    {1}
    """
    return [plain_origin(origin) for origin in find_field_origins(_open(root, config, rev), name)]


def diff(old: str, new: str | None = None, root: PathLike = ".", *, config: PathLike | None = None) -> Plain:
    """Say what changed in the records between two git revisions of them, field by field; `new` is now by default.

    Returns `from` and `to` (commits), and what was `created`, `updated` (with `versions` and `changes`) and `removed`.

    >>> seqmeta.diff("main", root="lab")["updated"]
    []
    """
    revision = _open(root, config, new)
    before = revision.repository.resolve(old)
    differences = find_differences(revision.repository, before, revision.commit)
    return plain_differences(before, revision.commit, differences)


def report(
    table: Literal["progress", "charges", "studies"],
    root: PathLike = ".",
    *,
    config: PathLike | None = None,
    rev: str | None = None,
) -> list[Plain]:
    """Make a table from the records: progress of submissions, charges by project, results by study.

    Returns its rows, by column; amounts of money are text.

    >>> {of["submission"] for of in seqmeta.report("progress", "lab")}
    {'First submission'}
    """
    if table not in _REPORTS:
        raise UsageError(f"there is no report {shorten(table)}: {expected(table, list(_REPORTS))}")
    return list(plain_rows(_REPORTS[table](_open(root, config, rev))))


def schema(kind: str = "all", root: PathLike = ".", *, config: PathLike | None = None) -> Plain:
    """Return the JSON Schema (2020-12) of descriptions of a kind, or of all, with the terms of the workspace.

    >>> sorted(seqmeta.schema("study", "lab")["$defs"]["study"]["properties"])
    ['accession', 'description', 'name', 'state', 'uuid']
    """
    kinds = None if kind == "all" else [load_kinds()[find_kind(kind)]]
    made: Plain = json.loads(render_schema(open_at(root, config).rulebook, kinds))
    return made


def _open(root: PathLike, config: PathLike | None, rev: str | None) -> Revision:
    return open_revision(open_at(root, config), rev)
