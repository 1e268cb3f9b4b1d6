"""What the tests of the store share: record files, a committer, and plain git to look at the result from outside."""

import json
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from seqmeta.store import Committer, Store, Tag, open_store

COMMITTER = Committer("A Lab", "lab@example.org")
WHEN = 1_700_000_000
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def make_ssh_key(path: Path) -> Path:
    """Make a key that signs; the test is skipped where OpenSSH is not installed."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "key", "-f", path], check=True)
    return path


def record(number: int, content: str = "") -> tuple[str, bytes]:
    """Make the path and bytes of a record; the number says which one it is."""
    name = str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number)))
    folder = ("orders", "assets", "biosamples")[number % 3]
    body = {"meta": {"version": 1}, "order": {"uuid": name, "content": content, "filler": "x" * (number % 50)}}
    return f"{folder}/{name[:2]}/{name}.json", (json.dumps(body, indent=2, sort_keys=True) + "\n").encode()


def records(numbers: range, content: str = "") -> dict[str, bytes]:
    """Make several records."""
    return dict(record(number, content) for number in numbers)


def publish(store: Store, files: dict[str, bytes], message: str = "a step", tags: list[Tag] | None = None) -> str:
    """Publish on the head, in a lock of its own."""
    with store.locked():
        return store.publish(
            parent=store.repository.head(),
            files=files,
            message=message,
            committer=COMMITTER,
            when=WHEN,
            tags=None if tags is None else lambda commit, first: tags,
        )


def git(folder: Path, *args: str, data: str | None = None, check: bool = True) -> str:
    """Run plain git as a person would, with an identity on the command line."""
    command = ["git", "-c", "user.name=Person", "-c", "user.email=person@example.org", *args]
    done = subprocess.run(command, cwd=folder, input=data, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"git {args} failed: {done.stderr}")
    return done.stdout


def committed(folder: Path, rev: str = "main") -> dict[str, bytes]:
    """Read every file of a commit with plain git."""
    names = git(folder, "ls-tree", "-r", "--name-only", rev).splitlines()
    return {name: git(folder, "cat-file", "blob", f"{rev}:{name}").encode() for name in names}


def assert_sound(folder: Path, clean: bool = True) -> None:
    """Ask git itself: every object is there and whole; work tree and index are those of the head."""
    done = subprocess.run(
        ["git", "fsck", "--full", "--strict"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if clean:
        assert git(folder, "status", "--porcelain") == ""
        assert git(folder, "diff", "HEAD") == ""


def new_store(tmp_path: Path, count: int = 0) -> Store:
    """Make a store with that many records."""
    store = open_store(tmp_path / "records", create=True)
    if count:
        publish(store, records(range(count)))
    return store
