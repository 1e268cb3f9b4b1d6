"""What `import seqmeta` offers to begin, to take over and to pass on; `seqmeta` gives it its names.

Each function does what the command of its name does. UsageError where a name means nothing or what was asked for does
not fit, WorkspaceError where a file or folder cannot be read or written, StoreError where there are no records.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from seqmeta.api import PathLike, Plain, moment_of, open_at, path_of
from seqmeta.errors import UsageError
from seqmeta.exports.formats import CONSUMERS, FORMATS
from seqmeta.exports.jobs import RefusedError, Wanted, make_job, write_export
from seqmeta.imports.comparison import plain_comparisons
from seqmeta.imports.formats import MODULES, load_imported
from seqmeta.imports.recorded_runs import compare_run
from seqmeta.imports.sources import FaultySourceError
from seqmeta.imports.tables import KINDS
from seqmeta.imports.writing import render_import
from seqmeta.kinds import find_kind, load_kinds
from seqmeta.new_descriptions import identify, render_new, require_order
from seqmeta.rendering import plain_problems
from seqmeta.revision import open_revision
from seqmeta.starters import make_workspace
from seqmeta.template_options import find_template_options
from seqmeta.values import shorten
from seqmeta.vocabulary import expected
from seqmeta.workspace import find_workspace


def init(root: PathLike = ".") -> Plain:
    """Make a small workspace that runs as it is; never overwrite.

    Returns the files that were `written`, those that were there and are `left` as they are, and which lines a
    `.gitignore` that was there lacks (`not_ignored`).

    >>> "config/config.yaml" in seqmeta.init("new lab")["written"]
    True
    """
    return make_workspace(Path(root))._asdict()


def new(
    kind: str,
    root: PathLike = ".",
    *,
    config: PathLike | None = None,
    template: str | None = None,
    uuid: str | None = None,
) -> str:
    """Write a commented YAML skeleton of a kind, with a fresh UUID and the legal values.

    `template` is that of an order, by name or UUID. Without a workspace at `root` the legal values are those that ship.

    >>> print(seqmeta.new("study", "lab", uuid="1c7c4a4e-7a2f-4d8c-9c39-5a0e2a8a1a11").splitlines()[6])
    study:
    """
    of_kind = load_kinds()[find_kind(kind)]
    given, options = identify(of_kind, uuid, str(uuid4())), list[str]()
    if template is not None:
        require_order(of_kind)
        given["template"], options = find_template_options(open_at(root, config), moment_of(None), template)
    return render_new(of_kind, given, options, Path(root), path_of(config))


def import_(
    form: str, path: PathLike, root: PathLike = ".", *, config: PathLike | None = None, kind: str | None = None
) -> Plain:
    """Turn what an instrument, a table or an older system wrote into descriptions for a person to review.

    `form` is a format of `seqmeta import`; a `table` has rows of one `kind`: `biosample`, `asset` or `order`. Returns
    the YAML as `text`, with gaps where nothing was said, or None with the `problems` of the files. No workspace is
    needed.

    >>> seqmeta.import_("table", "samples.csv", kind="biosample")["text"].splitlines()[-1]
    '  - central_sample_id: S-1'
    """
    _require_known("format", form, MODULES)
    if (form == "table") is (kind is None):
        raise UsageError(f"kind is for tables: expected one of {', '.join(KINDS)} with them, and none without")
    options: dict[str, Any] = {}
    if kind is not None:
        _require_known("kind of a table", kind, KINDS)
        options["kind"] = kind
    rulebook = find_workspace(Path(root), path_of(config)).rulebook
    try:
        imported = load_imported(form, Path(path), rulebook, **options)
    except FaultySourceError as error:
        return {"text": None, "problems": plain_problems(error.problems)}
    return {"text": render_import(imported, rulebook), "problems": []}


def export(  # noqa: PLR0913 - each is an option of the command, given by name
    form: str,
    output: PathLike,
    root: PathLike = ".",
    *,
    names: Sequence[str] = (),
    config: PathLike | None = None,
    rev: str | None = None,
    files: str | None = None,
    base_url: str | None = None,
    consumer: str | None = None,
) -> Plain:
    """Write what archives, pipelines and older systems read, from the records, into the new folder `output`.

    `form` is a format of `seqmeta export`, `names` what is wanted (nothing named: everything), `consumer` what reads
    sample sheets (`nf-core`, `snakemake` or `pep`). Returns what was `written`, in a few words; where that is None,
    nothing was, and `refused` says why. `problems` would be refused by whoever reads it, or are warnings; `notes` are
    warnings without a place.

    >>> seqmeta.export("table", "tables", "lab")["refused"] is None
    True
    """
    _require_known("format", form, FORMATS)
    _require_options(form, {"files": files, "base_url": base_url, "consumer": consumer})
    workspace, folder = open_at(root, config), Path(output)
    wanted = Wanted(form, names, files, base_url, consumer)
    job = make_job(workspace, open_revision(workspace, rev), wanted, folder)
    written, refused = None, None
    try:
        written = write_export(job, form, folder)
    except RefusedError as error:
        refused = str(error)
    problems = plain_problems(job.sorted_problems())
    return {"written": written, "refused": refused, "problems": problems, "notes": job.all_notes()}


def compare(
    name: str, run_folder: PathLike, root: PathLike = ".", *, config: PathLike | None = None, rev: str | None = None
) -> Plain:
    """Hold a recorded sequencing run against what the instrument wrote, field by field.

    Returns the UUID of the `run`, its `fields`, each with `field`, `verdict` (`same`, `differs`, `only declared` or
    `only measured`), `declared` and `measured`, the number of `contradictions`, and the `problems` of the files.
    """
    workspace = open_at(root, config)
    try:
        uuid, compared = compare_run(open_revision(workspace, rev), name, Path(run_folder), workspace.rulebook)
    except FaultySourceError as error:
        return {"run": None, "fields": [], "contradictions": 0, "problems": plain_problems(error.problems)}
    return {**plain_comparisons(uuid, compared), "problems": []}


def _require_known(what: str, word: str, known: Collection[str]) -> None:
    if word not in known:
        raise UsageError(f"there is no {what} {shorten(word)}: {expected(word, list(known))}")


def _require_options(form: str, options: dict[str, str | None]) -> None:
    """Raise UsageError where a format does not take an option, or is not told what reads it."""
    taken = FORMATS[form].options
    for option, value in options.items():
        if value is not None and option not in taken:
            raise UsageError(f"{option} is not for {form}: leave it out")
    if "consumer" in taken and options["consumer"] not in CONSUMERS:
        raise UsageError(f"{form} needs a consumer: expected one of {', '.join(CONSUMERS)}")
