"""Checks the ssh signatures of seals' tags against a file of allowed signers from outside the store.

OpenSSH's own `ssh-keygen -Y verify` judges, as git does it: namespace `git`, and the keys that were valid at the time
that the tag says it was made.
"""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.git_command import find_program
from seqmeta.verification.findings import Finding
from seqmeta.verification.tags import SealTag

_BEGIN = b"-----BEGIN SSH SIGNATURE-----\n"
_WORKERS = 4
_PATIENCE_SECONDS = 30


def check_signatures(repository: Repository, tags: Iterable[SealTag], allowed_signers: Path) -> Iterator[Finding]:
    """Yield the tags that no allowed key has signed; StoreError when there is no such file of keys."""
    signers = _require_outside(repository, allowed_signers)
    if signers is None:
        message = f"{allowed_signers} lies inside the store, which cannot vouch for itself: keep the keys elsewhere"
        yield Finding("unknown_key", str(allowed_signers), None, message)
        return
    program = find_program("ssh-keygen")
    with tempfile.TemporaryDirectory(prefix="seqmeta-") as folder, ThreadPoolExecutor(_WORKERS) as pool:
        judge = _Judge(program, signers, Path(folder), set())
        yield from (finding for finding in pool.map(judge.check, tags) if finding is not None)


def _require_outside(repository: Repository, allowed_signers: Path) -> Path | None:
    try:
        signers = allowed_signers.resolve(strict=True)
        signers.open("rb").close()
    except OSError as error:
        raise StoreError(f"the file of allowed signers {allowed_signers} cannot be read: {error.strerror}") from error
    return None if signers.is_relative_to(repository.path.resolve()) else signers


@dataclass(frozen=True, slots=True)
class _Judge:
    """Asks ssh-keygen about one tag after the other; `principals` are those whose signature was good before."""

    program: str
    signers: Path
    folder: Path
    principals: set[str]

    def check(self, tag: SealTag) -> Finding | None:
        payload, begin, rest = tag.content.partition(_BEGIN)
        if not begin:
            return _finding(tag, "bad_signature", "it is not signed")
        signature = self.folder / f"{tag.submission}.sig"
        signature.write_bytes(begin + rest)
        try:
            time = _time_of(tag)
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


def _time_of(tag: SealTag) -> str:
    seconds = int(tag.tagger.rsplit(" ", 2)[1])
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
