"""The name of a format to what writes it (CONTRACT 5)."""

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple


class Format(NamedTuple):
    """A format: the module of seqmeta.exports and the function there that writes it, and what it takes."""

    module: str
    function: str
    options: tuple[str, ...] = ()

    def load(self) -> Callable[..., str]:
        """Import what writes a `Job` into a `Draft` of a folder, and says in a few words what it wrote."""
        function: Callable[..., str] = getattr(import_module(f"seqmeta.exports.{self.module}"), self.function)
        return function


FORMATS = {
    "ena": Format("ena_folder", "export_ena", ("files",)),
    "majora": Format("majora_folder", "export_majora"),
    "sequencescape": Format("sequencescape_folder", "export_sequencescape", ("base_url",)),
    "samplesheet": Format("samplesheets", "export_samplesheet", ("consumer", "files")),
    "table": Format("tables", "export_tables"),
    "rocrate": Format("rocrate", "export_rocrate"),
}

CONSUMERS = ("nf-core", "snakemake", "pep")
"""What reads the tables of `samplesheet`."""
