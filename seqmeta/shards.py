"""Shards: the description files split for checking, and what came of checking each, as data (CONTRACT 6).

Which shard a file is in depends on its path alone, and the number of shards is a power of two: one edited file is one
shard checked again, and a new one hardly ever moves the others. What is said of a file in a shard's results is believed
only where it was sealed with this store's key, for a file with the same path and content and by the same rules: whoever
commits hashes the descriptions anew, and results that came along with them count for nothing.
"""

import hashlib
import hmac
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from seqmeta.descriptions import DescriptionFile, read_bytes
from seqmeta.documents import Source
from seqmeta.problems import Problem
from seqmeta.rulebook import Checked, Rulebook
from seqmeta.workspace import Workspace

FORMAT = 4
_SEAL_DIGITS = 64
_OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def count_shards(files: int, size: int) -> int:
    """The number of shards for so many files: the least power of two with at most `size` files in each on average."""
    shards = 1
    while shards * size < files:
        shards *= 2
    return shards


def shard_of(path: str, shards: int) -> int:
    """The shard that a file is in."""
    return zlib.crc32(path.encode()) % shards


def name_shards(files: Sequence[DescriptionFile], size: int) -> dict[str, list[DescriptionFile]]:
    """Split description files into shards of a size: by name (`3-of-8`), the files of each shard."""
    shards = count_shards(len(files), size)
    named: dict[str, list[DescriptionFile]] = {f"{number}-of-{shards}": [] for number in range(shards)}
    for file in files:
        named[f"{shard_of(file.path, shards)}-of-{shards}"].append(file)
    return named


def fingerprint(files: Iterable[DescriptionFile], rules: str, key: bytes | None) -> str:
    """Fingerprint a shard by path and signature of its files, the digest of the rules, and the key that seals it."""
    listed = [rules, hashlib.sha256(key or b"").hexdigest(), *(f"{file.path}\0{file.signature}" for file in files)]
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:32]


def check_shard(
    workspace: Workspace, files: Sequence[DescriptionFile], key: bytes | None, before: Path | None = None
) -> Iterator[bytes]:
    """Check the files of one shard; yield what came of each, sealed with the key: the lines of a file of results.

    `before` are results of an earlier run: what they say of a file that has the signature it had is taken over, and so
    is what they say of one whose content is what it was. Who commits hashes each file that may have changed, so a file
    that was changed within the granularity of its times is checked by that one.
    """
    seals = _Seals(workspace.rulebook, key)
    known = _Results(before, seals) if before is not None else None
    for file in files:
        line = known.line(file.path) if known is not None else None
        if line is not None and line.signature == file.signature:
            yield line.written
            continue
        data = read_bytes(workspace.root, file.path)
        digest = hashlib.sha256(data).hexdigest()
        if line is None or line.digest != digest:
            outcome = _dump(workspace.rulebook.check_file(file.path, data))
        else:
            outcome = line.outcome
        yield seals.write(file, digest, outcome)


class _Line(NamedTuple):
    """A line of results as it is written, and what it says of its file: SHA-256 (hex), signature, outcome as JSON."""

    written: bytes
    digest: str
    signature: str
    outcome: bytes


class _Seals:
    """Lines of results: a seal (HMAC-SHA-256, hex), the file's path as JSON, its SHA-256 and signature, the outcome.

    The seal is over format, rules and all behind it in the line; without a key it is empty.
    """

    def __init__(self, rulebook: Rulebook, key: bytes | None) -> None:
        self._key = key
        self._head = f"{FORMAT} {rulebook.digest}\n".encode()

    def write(self, file: DescriptionFile, digest: str, outcome: bytes) -> bytes:
        """Write what came of checking a file as its line."""
        line = b"\t".join([orjson.dumps(file.path), digest.encode(), file.signature.encode(), outcome])
        return self._make(line) + b"\t" + line + b"\n"

    def read(self, line: bytes, path: str) -> _Line | None:
        """Read the line of the file at a path; None where that is not sealed with this key, under these rules."""
        seal, inner = line[:_SEAL_DIGITS], line[_SEAL_DIGITS + 1 : -1]
        if self._key is None or not hmac.compare_digest(self._make(inner), seal):
            return None
        named, digest, signature, outcome = inner.split(b"\t", 3)
        return _Line(line, digest.decode(), signature.decode(), outcome) if named == orjson.dumps(path) else None

    def _make(self, line: bytes) -> bytes:
        return b"" if self._key is None else hmac.digest(self._key, self._head + line, "sha256").hex().encode()


class _Results:
    """The results of one shard: only where the line of each file stands is kept."""

    def __init__(self, file: Path, seals: _Seals) -> None:
        """Look where the lines stand; a file that cannot be read is one without lines."""
        self._file = file
        self._seals = seals
        self._places: dict[str, tuple[int, int]] = {}
        place = 0
        try:
            with os.fdopen(os.open(file, _OPEN_FLAGS), "rb") as lines:
                if not stat.S_ISREG(os.fstat(lines.fileno()).st_mode):
                    return  # a FIFO would be waited for, and a device may have no end
                for line in lines:
                    self._note(line, place)
                    place += len(line)
        except OSError:
            return

    def _note(self, line: bytes, place: int) -> None:
        try:
            self._places[orjson.loads(line.split(b"\t", 2)[1])] = place, len(line)
        except (ValueError, IndexError, TypeError):
            return  # nothing of ours

    def line(self, path: str) -> _Line | None:
        """The line of a file, None where there is none that was sealed."""
        if path not in self._places:
            return None
        place, size = self._places[path]
        try:
            descriptor = os.open(self._file, _OPEN_FLAGS)
            try:
                line = os.pread(descriptor, size, place)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        return self._seals.read(line, path)


class CheckedFiles:
    """What shards wrote, each looked through when a file of it is first asked for.

    What was checked by other rules, is not sealed with the key of the store, or is not readable, counts as not
    checked; without a key that is everything.
    """

    def __init__(self, paths: Iterable[Path], rulebook: Rulebook, key: bytes | None) -> None:
        """Take the files that shards wrote; the shard is what the name says, up to the suffix."""
        self._paths = {path.stem: path for path in paths}
        self._seals = _Seals(rulebook, key)
        self._results: dict[str, _Results] = {}

    def get(self, path: str, digest: str) -> Checked | None:
        """What came of checking the file of this path and SHA-256 (hex), None where that is not known."""
        shards = len(self._paths)
        name = f"{shard_of(path, shards)}-of-{shards}" if shards else ""
        if name not in self._paths:
            return None
        if name not in self._results:
            self._results[name] = _Results(self._paths[name], self._seals)
        line = self._results[name].line(path)
        return _load(path, line.outcome) if line is not None and line.digest == digest else None


def _dump(checked: Checked) -> bytes:
    normal, partly = (
        [[kind, body, source.document, source.item] for kind, body, source in of]
        for of in (checked.normal, checked.partly)
    )
    problems = [problem._asdict() for problem in checked.problems]
    return orjson.dumps([normal, problems, checked.documents, sorted(checked.faulty), partly])


def _load(path: str, data: bytes) -> Checked:
    listed, problems, documents, faulty, in_part = orjson.loads(data)
    normal, partly = (
        [(kind, body, Source(path, document, item)) for kind, body, document, item in of] for of in (listed, in_part)
    )
    named = frozenset((kind, name) for kind, name in faulty)
    return Checked(normal, [Problem(**problem) for problem in problems], documents, named, partly)
