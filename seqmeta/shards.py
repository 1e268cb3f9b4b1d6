"""Shards: the description files split for checking, and what came of checking each, as data (CONTRACT 6).

Which shard a file is in depends on its path alone, and the number of shards is a power of two: one edited file is one
shard checked again, and a new one hardly ever moves the others. What a shard's file says is believed only where it was
sealed with this store's key, and only of a file with the same path and content, checked by the same rules: whoever
commits hashes the descriptions anew, and results that came along with them count for nothing.
"""

import hashlib
import hmac
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from seqmeta.descriptions import DescriptionFile, read_bytes
from seqmeta.documents import Source
from seqmeta.problems import Problem
from seqmeta.rulebook import Checked, Rulebook
from seqmeta.workspace import Workspace

FORMAT = 2
_HEAD, _MIDDLE, _END = b'{"seal":"', b'","checked":', b"}\n"
_SEAL_DIGITS = 64


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


def fingerprint(files: Iterable[DescriptionFile], rules: str, key: bytes | None) -> str:
    """Fingerprint a shard by path and signature of its files, the digest of the rules, and the key that seals it."""
    listed = [rules, hashlib.sha256(key or b"").hexdigest(), *(f"{file.path}\0{file.signature}" for file in files)]
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:32]


def check_shard(workspace: Workspace, files: Sequence[DescriptionFile], key: bytes | None) -> bytes:
    """Check the files of one shard; return what came of it, as data for `CheckedFiles`, sealed with the key."""
    checked = []
    for file in files:
        data = read_bytes(workspace.root, file.path)
        found = workspace.rulebook.check_file(file.path, data)
        checked.append(_plain(file.path, hashlib.sha256(data).hexdigest(), found))
    return _seal(orjson.dumps({"format": FORMAT, "rules": workspace.rulebook.digest, "files": checked}), key)


def _seal(data: bytes, key: bytes | None) -> bytes:
    """Seal JSON: `{"seal": HMAC-SHA-256 (hex) of the JSON, "checked": the JSON}`; without a key the seal is empty."""
    seal = b"" if key is None else hmac.digest(key, data, "sha256").hex().encode()
    return _HEAD + seal + _MIDDLE + data + _END


def _unseal(data: bytes, key: bytes | None) -> bytes | None:
    """Take out of its seal what `_seal` sealed with this key, None where it did not."""
    start = len(_HEAD) + _SEAL_DIGITS
    inner = data[start + len(_MIDDLE) : -len(_END)]
    is_sealed = key is not None and hmac.compare_digest(_seal(inner, key), data)
    return inner if is_sealed else None


def _plain(path: str, digest: str, checked: Checked) -> dict[str, Any]:
    return {
        "path": path,
        "sha256": digest,
        "documents": checked.documents,
        "normal": [[kind, body, source.document, source.item] for kind, body, source in checked.normal],
        "problems": [asdict(problem) for problem in checked.problems],
        "faulty": sorted(checked.faulty),
    }


class CheckedFiles:
    """What shards wrote, each read when a file of it is first asked for.

    What was checked by other rules, is not sealed with the key of the store, or is not readable, counts as not
    checked; without a key that is everything.
    """

    def __init__(self, paths: Iterable[Path], rulebook: Rulebook, key: bytes | None) -> None:
        """Take the files that shards wrote; the shard is what the name says, up to the suffix."""
        self._key = key
        self._paths = {path.stem: path for path in paths}
        self._rules = rulebook.digest
        self._read: dict[str, dict[str, Any]] = {}

    def get(self, path: str, digest: str) -> Checked | None:
        """What came of checking the file of this path and SHA-256 (hex), None where that is not known."""
        shards = len(self._paths)
        file = self._shard(f"{shard_of(path, shards)}-of-{shards}").get(path) if shards else None
        try:
            return _checked(file) if file is not None and file["sha256"] == digest else None
        except (KeyError, TypeError, ValueError):
            return None

    def _shard(self, name: str) -> dict[str, Any]:
        if name not in self._read:
            self._read[name] = self._load(self._paths[name]) if name in self._paths else {}
        return self._read[name]

    def _load(self, path: Path) -> dict[str, Any]:
        try:
            data = _unseal(path.read_bytes(), self._key)
            shard = {} if data is None else orjson.loads(data)
            is_good = shard["format"] == FORMAT and shard["rules"] == self._rules
            return {file["path"]: file for file in shard["files"]} if is_good else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _checked(file: dict[str, Any]) -> Checked:
    normal = [(kind, body, Source(file["path"], document, item)) for kind, body, document, item in file["normal"]]
    problems = [Problem(**problem) for problem in file["problems"]]
    return Checked(normal, problems, file["documents"], frozenset((kind, name) for kind, name in file["faulty"]))
