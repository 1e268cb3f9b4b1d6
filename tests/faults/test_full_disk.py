"""A disk that runs full, or a process that may not write more: one sentence, nothing half done, and on it goes."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from storing import COMMITTER, WHEN, assert_sound, committed, new_store, publish, records

from seqmeta.errors import StoreError
from seqmeta.store import open_store


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system in memory; only root may."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path, left: int) -> Path:
    """Fill the disk until `left` bytes are free."""
    filler = place / "filler"
    status = os.statvfs(place)
    filler.write_bytes(b"x" * max(status.f_bavail * status.f_frsize - left, 0))
    return filler


def attempt(act) -> str | None:
    """Do it and return the sentence with which it failed, None when it did not."""
    try:
        act()
    except StoreError as error:
        return str(error)
    return None


def publish_with(place: Path, left: int) -> bool:
    """Publish into a new store with that much of the disk left, then with all of it; return whether it sufficed."""
    store = open_store(place / "records", create=True)
    publish(store, records(range(20)))
    filler = fill(place, left)
    before, after = records(range(20)), records(range(20)) | records(range(10, 60), "new")
    said = attempt(lambda: publish(store, records(range(10, 60), "new")))
    done = said is None or "was made" in said
    assert said is None or "[ENOSPC]" in said
    filler.unlink()
    assert committed(store.path) == (after if done else before)
    publish(store, records(range(10, 60), "new") | records(range(100, 101)))
    assert committed(store.path) == after | records(range(100, 101))
    assert_sound(store.path)
    shutil.rmtree(store.path)
    return said is None


@pytest.mark.parametrize("left", [0, 4096, 16_384, 65_536, 131_072, 262_144, 400_000])
def test_a_full_disk_publishes_all_or_nothing(small_disk, left):
    publish_with(small_disk, left)


@pytest.mark.soak
def test_a_disk_that_shrinks_page_by_page_publishes_all_or_nothing(small_disk):
    """From a size at which all succeeds down to nothing, a page less each time."""
    pages = 96
    refused = sum(not publish_with(small_disk, left * 4096) for left in range(pages, -1, -1))
    sys.stdout.write(f"{refused} of {pages + 1} sizes were too small, from {pages * 4} KiB to nothing\n")
    assert 0 < refused <= pages


def test_a_store_cannot_be_made_on_a_full_disk_and_then_can(small_disk):
    for left in (0, 4096, 8192, 16_384, 24_576):
        filler = fill(small_disk, left)
        said = attempt(lambda: open_store(small_disk / "records", create=True))
        assert said is None or "[ENOSPC]" in said
        filler.unlink()
    store = open_store(small_disk / "records", create=True)
    publish(store, records(range(3)))
    assert_sound(store.path)


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[3])
from storing import publish, records
from seqmeta.store import open_store
from seqmeta.errors import StoreError
import git.cmd
store = open_store(sys.argv[1])
kind, limit = getattr(resource, sys.argv[2].split("=")[0]), int(sys.argv[2].split("=")[1])
resource.setrlimit(kind, (limit, limit))
try:
    publish(store, records(range(10, 60), "new"))
except StoreError as error:
    print(error)
    sys.exit(3)
"""


@pytest.mark.parametrize(
    "limit", ["RLIMIT_FSIZE=100", "RLIMIT_FSIZE=2000", "RLIMIT_FSIZE=8000", "RLIMIT_NOFILE=8", "RLIMIT_NOFILE=32"]
)
def test_a_process_that_may_not_write_or_open_more_fails_in_one_sentence(tmp_path, limit):
    store = new_store(tmp_path, 20)
    command = [sys.executable, "-c", LIMITED, store.path, limit, str(Path(__file__).resolve().parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode in {0, 3}, done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode == 3:
        assert len(done.stdout.strip().splitlines()) == 1
        assert committed(store.path) == records(range(20))
    publish(store, records(range(10, 60), "new"))
    assert committed(store.path) == records(range(20)) | records(range(10, 60), "new")
    assert_sound(store.path)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 32


def test_a_store_that_may_only_be_read_is_read_and_not_published_to(small_disk):
    store = open_store(small_disk / "records", create=True)
    publish(store, records(range(5)))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    again = open_store(small_disk / "records")
    assert (
        dict(zip(again.repository.tree(again.repository.head()), range(5), strict=True)).keys()
        == records(range(5)).keys()
    )
    with pytest.raises(StoreError, match="EROFS"), again.locked():
        again.publish(parent=None, files=records(range(1)), message="m", committer=COMMITTER, when=WHEN)
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    publish(again, records(range(5, 6)))
    assert_sound(again.path)
