"""Checks the ssh signatures of seals' tags against a file of allowed signers from outside the store.

OpenSSH's own `ssh-keygen -Y verify` judges, as git does it: namespace `git`, and the keys that were valid at the time
that the tag says it was made. That time is not believed where it lies before what was sealed upon: else whoever finds
an expired key could choose a day on which it was valid.
"""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_command import find_program
from seqmeta.verification.findings import Finding
from seqmeta.verification.scan import CommitNode
from seqmeta.verification.tags import SealTag

_BEGIN = b"-----BEGIN SSH SIGNATURE-----\n"
_WORKERS = 4
_PATIENCE_SECONDS = 30
_SKEW_SECONDS = 86_400
_LAST_SECOND = 253_402_300_799  # of the year 9999, behind which there is no date
_MOST_BYTES = 2**20
"""Some 10,000 keys."""


def check_signatures(
    repository: Repository, tags: Iterable[SealTag], commits: Mapping[str, CommitNode], allowed_signers: Path
) -> Iterator[Finding]:
    """Yield the tags that no allowed key has signed; StoreError when there is no such file of keys.

    `commits` are those of the history, parents before children.
    """
    if _is_inside(repository, allowed_signers):
        message = f"{allowed_signers} lies inside the store, which cannot vouch for itself: keep the keys elsewhere"
        yield Finding("unknown_key", str(allowed_signers), None, message)
        return
    keys = _read_keys(allowed_signers)
    program = find_program("ssh-keygen")
    with tempfile.TemporaryDirectory(prefix="seqmeta-") as folder, ThreadPoolExecutor(_WORKERS) as pool:
        signers = Path(folder) / "allowed_signers"  # what was read once is what every signature is held against
        signers.write_bytes(keys)
        judge = _Judge(program, signers, Path(folder), _find_earliest(commits), set())
        yield from (finding for finding in pool.map(judge.check, tags) if finding is not None)


def _is_inside(repository: Repository, allowed_signers: Path) -> bool:
    return allowed_signers.resolve().is_relative_to(repository.path.resolve())


def _read_keys(allowed_signers: Path) -> bytes:
    """Read the file of keys: a regular file of bounded size, for ssh-keygen would wait for a FIFO without end."""
    try:
        descriptor = os.open(allowed_signers, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StoreError(f"the file of allowed signers {allowed_signers} is no regular file")
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                keys = stream.read(_MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"the file of allowed signers {allowed_signers} cannot be read: {error.strerror}") from error
    if len(keys) > _MOST_BYTES:
        raise StoreError(f"the file of allowed signers {allowed_signers} is larger than {_MOST_BYTES // 2**20} MiB")
    return keys


class _Judge(NamedTuple):
    """Asks ssh-keygen about one tag after the other.

    `earliest` is the least time, in seconds, that is believed of a seal on a commit; `principals` are those whose
    signature was good before.
    """

    program: str
    signers: Path
    folder: Path
    earliest: Mapping[str, int]
    principals: set[str]

    def check(self, tag: SealTag) -> Finding | None:
        payload, begin, rest = tag.content.partition(_BEGIN)
        if not begin:
            return _finding(tag, "bad_signature", "it is not signed")
        signature = self.folder / f"{tag.submission}.sig"
        signature.write_bytes(begin + rest)
        try:
            time = _render_time(max(_seconds_of(tag.tagger), self.earliest.get(tag.target, 0)))
        except (ValueError, IndexError, OverflowError, OSError):
            return _finding(tag, "bad_signature", "it says no time that it was made at")
        arguments = ("-s", str(signature), "-f", str(self.signers), f"-Overify-time={time}")
        if self._is_good(tuple(self.principals), arguments, payload):
            return None
        status, output = self._ask("find-principals", *arguments)
        principals = output.decode(errors="replace").splitlines()
        if status != 0 or not principals:
            return self._explain(tag, signature, payload)
        if self._is_good(principals, arguments, payload):
            return None
        return _finding(tag, "bad_signature", "its signature is not of its content, or the key is not allowed to seal")

    def _is_good(self, principals: Iterable[str], arguments: tuple[str, ...], payload: bytes) -> bool:
        for principal in principals:
            if self._ask("verify", "-n", "git", "-I", principal, *arguments, data=payload)[0] == 0:
                self.principals.add(principal)
                return True
        return False

    def _explain(self, tag: SealTag, signature: Path, payload: bytes) -> Finding:
        if self._ask("check-novalidate", "-n", "git", "-s", str(signature), data=payload)[0] != 0:
            return _finding(tag, "bad_signature", "its signature is not of its content")
        return _finding(tag, "unknown_key", "signed with a key that was not allowed at that time")

    def _ask(self, action: str, *arguments: str, data: bytes = b"") -> tuple[int, bytes]:
        return _run([self.program, "-Y", action, *arguments], data)


def _find_earliest(commits: Mapping[str, CommitNode]) -> dict[str, int]:
    """Map each commit to the latest time that a commit before it says, less what two clocks may differ."""
    latest: dict[str, int] = {}
    earliest: dict[str, int] = {}
    for name, commit in commits.items():
        before = max((latest.get(parent, 0) for parent in commit.parents), default=0)
        try:
            own = _seconds_of(commit.committer.decode(errors="replace"))
        except (ValueError, IndexError):
            own = 0
        latest[name] = max(before, own) if own <= _LAST_SECOND else before
        earliest[name] = before - _SKEW_SECONDS
    return earliest


def _seconds_of(person: str) -> int:
    return int(person.rsplit(" ", 2)[1])


def _render_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")


def _run(command: list[str], data: bytes) -> tuple[int, bytes]:
    """Run ssh-keygen, with times read as UTC and nothing of the caller's environment."""
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            check=False,
            env={"LC_ALL": "C", "TZ": "UTC"},
            timeout=_PATIENCE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"{command[0]} cannot be asked about a signature: {error}") from error
    return done.returncode, done.stdout


def _finding(tag: SealTag, code: str, message: str) -> Finding:
    return Finding(code, tag.name, tag.target, f"tag {tag.name}: {message}")
