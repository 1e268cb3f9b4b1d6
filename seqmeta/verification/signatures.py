"""Checks the ssh signatures of seals' tags against a file of allowed signers from outside the store.

OpenSSH's own `ssh-keygen -Y verify` judges, as git does it: namespace `git`, and the keys that were valid at the time
that the tag says it was made.
"""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
        jobs = [(program, signers, Path(folder), tag) for tag in tags]
        yield from (finding for finding in pool.map(_check, jobs) if finding is not None)


def _require_outside(repository: Repository, allowed_signers: Path) -> Path | None:
    try:
        signers = allowed_signers.resolve(strict=True)
        signers.open("rb").close()
    except OSError as error:
        raise StoreError(f"the file of allowed signers {allowed_signers} cannot be read: {error.strerror}") from error
    return None if signers.is_relative_to(repository.path.resolve()) else signers


def _check(job: tuple[str, Path, Path, SealTag]) -> Finding | None:
    program, signers, folder, tag = job
    payload, begin, rest = tag.content.partition(_BEGIN)
    if not begin:
        return _finding(tag, "bad_signature", "it is not signed")
    signature = folder / f"{tag.submission}.sig"
    signature.write_bytes(begin + rest)
    try:
        when = f"-Overify-time={_time_of(tag)}"
    except (ValueError, OverflowError, OSError):
        return _finding(tag, "bad_signature", "it says no time that it was made at")
    arguments = ["-s", str(signature), "-f", str(signers), when]
    status, output = _run([program, "-Y", "find-principals", *arguments], b"")
    principals = output.decode(errors="replace").splitlines()
    if status != 0 or not principals:
        valid, _ = _run([program, "-Y", "check-novalidate", "-n", "git", "-s", str(signature)], payload)
        if valid != 0:
            return _finding(tag, "bad_signature", "its signature is not of its content")
        return _finding(tag, "unknown_key", "signed with a key that was not allowed at that time")
    for principal in principals:
        if _run([program, "-Y", "verify", "-n", "git", "-I", principal, *arguments], payload)[0] == 0:
            return None
    return _finding(tag, "bad_signature", "its signature is not of its content, or the key is not allowed to seal")


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
