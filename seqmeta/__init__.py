"""Sequencing metadata as YAML that is reviewed in git, kept as canonical, sealed JSON records.

What the command does is here as functions on plain values: `init`, `check`, `plan`, `apply`, `verify`, `migrate` and
`doctor`; `show`, `list_records`, `log`, `blame`, `diff`, `report` and `schema`; `new`, `import_`, `export` and
`compare`; and `open_records` for pipelines. Importing the package costs next to nothing: each name is loaded when it is
asked for.
"""

from typing import TYPE_CHECKING, Any

from seqmeta.version import __version__

if TYPE_CHECKING:
    from seqmeta.api import CommittedRecords, apply, check, doctor, migrate, open_records, plan, verify
    from seqmeta.api_exchange import compare, export, import_, init, new
    from seqmeta.api_reading import blame, diff, list_records, log, report, schema, show
    from seqmeta.errors import LockedError, SeqmetaError, StoreError, UsageError, WorkspaceError

__all__ = [
    "CommittedRecords",
    "LockedError",
    "SeqmetaError",
    "StoreError",
    "UsageError",
    "WorkspaceError",
    "__version__",
    "apply",
    "blame",
    "check",
    "compare",
    "diff",
    "doctor",
    "export",
    "import_",
    "init",
    "list_records",
    "log",
    "migrate",
    "new",
    "open_records",
    "plan",
    "report",
    "schema",
    "show",
    "verify",
]
_MODULES = {
    **dict.fromkeys(("blame", "diff", "list_records", "log", "report", "schema", "show"), "seqmeta.api_reading"),
    **dict.fromkeys(("compare", "export", "import_", "init", "new"), "seqmeta.api_exchange"),
}


def __getattr__(name: str) -> Any:
    """Load what is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'seqmeta' has no attribute {name!r}")
    from importlib import import_module

    module = "seqmeta.errors" if name.endswith("Error") else _MODULES.get(name, "seqmeta.api")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
