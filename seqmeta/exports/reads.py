"""A pattern of file names to the read files of a biosample in a run (`--files`), as pairs where they are pairs.

`{sample}`, `{library}`, `{run}` and `{barcode}` stand for what the records say, `{read}` for 1 or 2, `*` and `?` are
wildcards within one part of a path. A pattern without `{sample}` and `{barcode}` finds the files in whose name the
biosample's name stands as a word. What is put into a pattern is never a path or a wildcard itself.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from seqmeta.errors import UsageError
from seqmeta.exports.sequencing import Sequenced
from seqmeta.presence import is_file, is_folder
from seqmeta.records import Body

TYPES = {
    ".fastq": "fastq",
    ".fq": "fastq",
    ".fastq.gz": "fastq",
    ".fq.gz": "fastq",
    ".fastq.bz2": "fastq",
    ".fq.bz2": "fastq",
    ".bam": "bam",
    ".cram": "cram",
}
"""By ending, the types of read files that the archive takes."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FIELDS = {
    "sample": "sample",
    "central_sample_id": "sample",
    "library": "library",
    "library_name": "library",
    "run": "run",
    "run_name": "run",
    "sequencing_id": "sequencing_id",
    "barcode": "barcode",
    "read": "read",
}
_MATE = re.compile(r"(?<=[._-])R?([12])(?=(?:_001)?\.(?:fastq|fq)(?:\.gz|\.bz2)?\Z)", re.IGNORECASE)

_Owner = TypeVar("_Owner")


class ReadFile(NamedTuple):
    """A file of reads: its path as the pattern gives it, and its type as the archive calls it."""

    path: str
    type: str

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.path.rpartition("/")[2]

    def md5(self) -> str:
        """Compute the MD5 checksum that archives ask for; the file is read in pieces."""
        digest = hashlib.md5(usedforsecurity=False)
        with Path(self.path).open("rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()


class Unit(NamedTuple):
    """Files that hold the same reads: one file, or the two of a pair."""

    files: tuple[ReadFile, ...]


class ReadPattern:
    """A pattern of paths; each folder is listed once, however many biosamples are looked for in it."""

    def __init__(self, text: str) -> None:
        """Take a pattern; UsageError where it has a placeholder that there is not."""
        self.text = text
        self._listed: dict[Path, tuple[str, ...]] = {}
        unknown = [name for name in _PLACEHOLDER.findall(text) if name not in _FIELDS]
        if unknown:
            expected = ", ".join(f"{{{name}}}" for name in dict.fromkeys(_FIELDS.values()))
            raise UsageError(f"{{{unknown[0]}}} is no placeholder of --files: expected one of {expected}")

    def find(self, values: Mapping[str, str]) -> list[ReadFile]:
        """Find the files for these values, sorted; only regular files, and no link that leads elsewhere."""
        parts = [part for part in self.text.split("/") if part not in ("", ".")]
        root = "/" if self.text.startswith("/") else ""
        fixed = next((i for i, part in enumerate(parts) if re.search(r"[{*?]", part)), len(parts) - 1)
        start = Path(root + "/".join(parts[:fixed]) or ".")
        found = list(self._descend(start, [self._compile(part, values) for part in parts[fixed:]]))
        if not {"sample", "barcode"} & {_FIELDS[name] for name in _PLACEHOLDER.findall(self.text)}:
            word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(values['sample'])}(?![A-Za-z0-9])")
            found = [path for path in found if word.search(path.name)]
        inside = start.resolve()
        kept = (path for path in sorted(found) if is_file(path) and path.resolve().is_relative_to(inside))
        return [ReadFile(str(path), of) for path in kept if (of := type_of(path.name)) is not None]

    def _compile(self, part: str, values: Mapping[str, str]) -> re.Pattern[str] | None:
        """Turn one part of the path into what its names match; None where a value for it is not known."""
        written = []
        for piece in re.split(r"(\{[^{}]*\}|\*|\?)", part):
            if piece.startswith("{"):
                field = _FIELDS[piece[1:-1]]
                if field != "read" and field not in values:
                    return None
                written.append("[12]" if field == "read" else re.escape(values[field]))
            else:
                written.append({"*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece)))
        return re.compile("".join(written))

    def _descend(self, folder: Path, parts: list[re.Pattern[str] | None]) -> Iterator[Path]:
        if parts[0] is None:
            return
        for name in self._names_in(folder):
            if parts[0].fullmatch(name) and len(parts) == 1:
                yield folder / name
            elif parts[0].fullmatch(name) and is_folder(folder / name):
                yield from self._descend(folder / name, parts[1:])

    def _names_in(self, folder: Path) -> tuple[str, ...]:
        """List a folder, without hidden files: these are nobody's reads."""
        if folder not in self._listed:
            try:
                names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
            except OSError:
                names = []
            self._listed[folder] = tuple(names)
        return self._listed[folder]


def claim(owners: dict[str, _Owner], file: str, owner: _Owner) -> _Owner | None:
    """Note whose a file is; return whose it was already where that is another."""
    first = owners.setdefault(file, owner)
    return first if first != owner else None


def type_of(name: str) -> str | None:
    """The type of a file by its name, None where the archive takes none such."""
    lower = name.lower()
    return next((TYPES[ending] for ending in sorted(TYPES, key=len, reverse=True) if lower.endswith(ending)), None)


def group(files: list[ReadFile]) -> list[Unit]:
    """Put the two files of each pair together, by the 1 and 2 at the end of their names."""
    units: dict[str, list[ReadFile]] = {}
    for file in files:
        units.setdefault(_MATE.sub("*", file.path), []).append(file)
    grouped = []
    for of in units.values():
        grouped += [Unit(tuple(of))] if len(of) <= 2 else [Unit((file,)) for file in of]
    return grouped


def values_of(of: Sequenced, sample: Body) -> dict[str, str]:
    """The values for a pattern that are known of a biosample in a run."""
    library = of.library.body["library_name"]
    values = {"sample": sample["central_sample_id"], "library": library, "run": of.name, "sequencing_id": of.run.uuid}
    return {**values, "barcode": sample["barcode"]} if "barcode" in sample else values
