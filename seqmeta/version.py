"""The version of seqmeta, as it is in `pyproject.toml`."""

__version__ = "0.1.0"
