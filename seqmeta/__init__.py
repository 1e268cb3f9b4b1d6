"""Sequencing metadata as YAML that is reviewed in git, kept as canonical, sealed JSON records.

What the command does is here as functions on plain values: `check`, `plan`, `apply`, `verify`, `migrate`, and
`open_records` for pipelines. Importing the package costs next to nothing: each name is loaded when it is asked for.
"""

from typing import TYPE_CHECKING, Any

from seqmeta.version import __version__

if TYPE_CHECKING:
    from seqmeta.api import CommittedRecords, apply, check, migrate, open_records, plan, verify
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
    "check",
    "migrate",
    "open_records",
    "plan",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'seqmeta' has no attribute {name!r}")
    from importlib import import_module

    module = import_module("seqmeta.errors" if name.endswith("Error") else "seqmeta.api")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
