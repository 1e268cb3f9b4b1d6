"""Shards: the description files split for checking, and what came of checking each, as data (CONTRACT 6).

Which shard a file is in depends on its path alone, and the number of shards is a power of two: one edited file is one
shard checked again, and a new one hardly ever moves the others. What a shard's file says is believed only of a file
with the same path and content, checked by the same rules: whoever commits hashes the descriptions anew.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from seqmeta.descriptions import DescriptionFile, read_bytes
from seqmeta.documents import Source
from seqmeta.problems import Problem
from seqmeta.rulebook import Checked, Rulebook
from seqmeta.workspace import Workspace

FORMAT = 1

CheckedFiles = Mapping[tuple[str, str], Checked]
"""What came of checking, by path and SHA-256 (hex) of the file."""


def count_shards(files: int, size: int) -> int:
    """The number of shards for so many files: the least power of two with at most `size` files in each on average."""
    shards = 1
    while shards * size < files:
        shards *= 2
    return shards


def shard_of(path: str, shards: int) -> int:
    """The shard that a file is in."""
    return zlib.crc32(path.encode()) % shards


def name_shards(workspace: Workspace) -> dict[str, list[DescriptionFile]]:
    """Split the description files of a workspace: by name (`3-of-8`), the files of each shard."""
    files, _ = workspace.find_descriptions()
    shards = count_shards(len(files), workspace.config.shard_size)
    named: dict[str, list[DescriptionFile]] = {f"{number}-of-{shards}": [] for number in range(shards)}
    for file in files:
        named[f"{shard_of(file.path, shards)}-of-{shards}"].append(file)
    return named


def fingerprint(files: Iterable[DescriptionFile], rules: str) -> str:
    """Fingerprint a shard by path, size and time of its files, and the digest of the rules."""
    listed = [rules, *(f"{file.path}\0{file.size}\0{file.mtime_ns}" for file in files)]
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:32]


def check_shard(workspace: Workspace, files: Sequence[DescriptionFile]) -> bytes:
    """Check the files of one shard; return what came of it, as data for `read_shards`."""
    checked = []
    for file in files:
        data = read_bytes(workspace.root, file.path)
        checked.append(_plain(file.path, hashlib.sha256(data).hexdigest(), workspace.rulebook.check_file(file.path, data)))
    return orjson.dumps({"format": FORMAT, "rules": workspace.rulebook.digest, "files": checked})


def _plain(path: str, digest: str, checked: Checked) -> dict[str, Any]:
    return {
        "path": path,
        "sha256": digest,
        "documents": checked.documents,
        "normal": [[kind, body, source.document, source.item] for kind, body, source in checked.normal],
        "problems": [asdict(problem) for problem in checked.problems],
    }


def read_shards(paths: Iterable[Path], rulebook: Rulebook) -> CheckedFiles:
    """Read what shards wrote; what was checked by other rules, or is not readable, counts as not checked."""
    checked: dict[tuple[str, str], Checked] = {}
    for path in paths:
        try:
            shard = orjson.loads(path.read_bytes())
            if shard["format"] == FORMAT and shard["rules"] == rulebook.digest:
                checked.update(((file["path"], file["sha256"]), _checked(file)) for file in shard["files"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return checked


def _checked(file: dict[str, Any]) -> Checked:
    normal = [(kind, body, Source(file["path"], document, item)) for kind, body, document, item in file["normal"]]
    return Checked(normal, [Problem(**problem) for problem in file["problems"]], file["documents"])
