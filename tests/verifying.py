"""What the tests of verification have in common: a verdict that is known to have changed nothing."""

import hashlib
import json
import os
from pathlib import Path

from honest_store import HonestStore

from seqmeta.git import Repository
from seqmeta.verification import Verdict, verify


def picture(folder: Path):
    """Everything that can be seen of a folder: names, modes, times of change, contents."""
    seen = {}
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(parent) / name
            status = path.lstat()
            content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            when = 0 if name.startswith("sharedindex.") else status.st_mtime_ns  # git renews it when it reads it
            seen[path] = (status.st_mode, when, hashlib.sha256(os.fsencode(content)).digest())
    return seen


def judge(store: HonestStore | Path, **arguments) -> Verdict:
    """Verify a store, and make sure that this changes nothing in it."""
    path = store.path if isinstance(store, HonestStore) else store
    before = picture(path)
    verdict = verify(Repository.open(path, check=False), **arguments)
    assert picture(path) == before
    assert (verdict.strength is None) == bool(verdict.findings)
    for finding in verdict.findings:
        assert "\n" not in finding.message
        assert finding.object
    return verdict


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def found(verdict: Verdict, code: str):
    """The findings of one code, of which there must be some."""
    chosen = [finding for finding in verdict.findings if finding.code == code]
    assert chosen, f"expected {code}, found {verdict.findings}"
    return chosen


def pretty(record) -> bytes:
    return (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
