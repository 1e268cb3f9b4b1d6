"""Turns "somebody else may be at work here" into waiting, going on, or one sentence that says who it is.

Two locks matter: seqmeta's own (`.git/seqmeta/lock`, an flock(2) that the kernel drops with its process, so it is
never stale), and git's `*.lock` files, which a killed git leaves behind. One of those counts as stale only when
seqmeta holds its own lock, the file is a plain one of this user, and no process has it open or runs git in the
store. Processes are looked up in /proc as they are now; no number written into a file is ever trusted.
"""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from seqmeta.errors import LockedError, StoreError
from seqmeta.presence import Identity, identify, is_there
from seqmeta.system_errors import store_errors

POLL_SECONDS = 0.05
_NEXT_POLL_SECONDS = 0.005
"""How often the one who is next looks whether it is its turn: there is only one."""

_PATIENCE_SECONDS = 1.0
"""How long one waits behind another who is next before it looks for itself."""

_PROC = Path("/proc")


@contextmanager
def own_lock(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold seqmeta's own lock of a store; LockedError when another run does not let go in time.

    Who waits holds a second lock, `lock.next`, until it has the first. So a run that ends and begins anew stands behind
    those that wait, and nobody waits for ever while others take turns.
    """
    with store_errors("the store cannot be locked"):
        path.parent.mkdir(exist_ok=True)
    lock = _wait_for(path, time.monotonic() + wait_seconds)
    if lock is None:
        raise LockedError(f"another run of seqmeta holds {path} for more than {wait_seconds:g} s")
    try:
        yield
    finally:
        _release(lock)


@contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock where nobody has it, and say whether it is held."""
    lock = _acquire(path, path, 0, POLL_SECONDS)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            _release(lock)


def _wait_for(path: Path, deadline: float) -> filelock.BaseFileLock | None:
    """Take the lock when it is this run's turn; None when that does not come in time."""
    while True:
        left = max(deadline - time.monotonic(), 0)
        waiting = _acquire(path.with_name(f"{path.name}.next"), path, min(left, _PATIENCE_SECONDS), POLL_SECONDS)
        if waiting is None:
            lock = _take_if_left(path)
        else:
            try:
                lock = _acquire(path, path, max(deadline - time.monotonic(), 0), _NEXT_POLL_SECONDS)
            finally:
                _release(waiting)
        if lock is not None or waiting is not None or time.monotonic() >= deadline:
            return lock


def _take_if_left(path: Path) -> filelock.BaseFileLock | None:
    """Take the lock where who is next does not: it has been stopped (ctrl-Z), and all others would wait behind it.

    One that is awake has it by the second look.
    """
    free = _acquire(path, path, 0, POLL_SECONDS)
    if free is None:
        return None
    _release(free)
    time.sleep(10 * _NEXT_POLL_SECONDS)
    return _acquire(path, path, 0, POLL_SECONDS)


def _acquire(file: Path, path: Path, seconds: float, poll_seconds: float) -> filelock.BaseFileLock | None:
    """Lock one file within so many seconds, None where another holds it; errors name `path`."""
    require_plain_file(file)
    lock = filelock.FileLock(file, timeout=seconds, fallback_to_soft=False, is_singleton=False)
    try:
        lock.acquire(poll_interval=poll_seconds)
    except filelock.Timeout:
        return None
    except OSError as error:
        number = error.errno or 0
        if number in {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}:
            name = errno.errorcode[number]
            raise StoreError(f"{path} cannot be locked: this file system has no flock [{name}]") from error
        with store_errors("the store cannot be locked"):
            raise
    return lock


def _release(lock: filelock.BaseFileLock) -> None:
    with store_errors(f"{lock.lock_file} cannot be unlocked before this process ends"):
        lock.release()


def require_plain_file(path: Path) -> bool:
    """Whether `path` is there; StoreError when it is no regular file, or another user's."""
    with store_errors("a lock cannot be looked at"):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return False
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path} is not a regular file: a lock that is a link or a folder is left untouched")
    if status.st_uid != os.geteuid():
        raise StoreError(
            f"{path} belongs to user {status.st_uid}, not to {os.geteuid()}: it is left untouched; run seqmeta as the "
            "user that the store belongs to, or remove the file when nobody is at work there"
        )
    return True


def find_git_locks(git_dir: Path) -> list[Path]:
    """List the lock files of git that stand in the store now and would stop a publication."""
    names = ["index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock"]
    found = [git_dir / name for name in names if os.path.lexists(git_dir / name)]
    for folder, folders, files in os.walk(git_dir / "refs"):
        found.extend(Path(folder) / name for name in (*folders, *files) if name.endswith(".lock"))
    return found


def find_upkeep_locks(git_dir: Path) -> list[Path]:
    """List the lock files of git's own upkeep, which stops no publication and is not waited for."""
    names = ["gc.pid", "gc.pid.lock", "objects/maintenance.lock"]
    return [git_dir / name for name in names if os.path.lexists(git_dir / name)]


def remove_stale(path: Path, git_dir: Path, deadline: float) -> bool:
    """Remove one of git's locks once it is proven stale; own lock held. LockedError when its holder stays.

    `deadline` is a value of `time.monotonic`. Returns False when the holder itself removed it meanwhile.
    """
    while require_plain_file(path):
        seen = identify(path)
        holder = find_holder(path, git_dir)
        if holder is None and seen is not None and _remove_same(path, git_dir, seen):
            return True
        if holder is not None and time.monotonic() >= deadline:
            raise LockedError(f"{path} is in use by {holder}: expected it to end within the time to wait")
        time.sleep(POLL_SECONDS)
    return False


def _remove_same(path: Path, git_dir: Path, seen: Identity) -> bool:
    """Remove the very lock that was seen: another process may have made its own of that name since.

    The lock is moved aside, looked at again, and put back should it be another after all.
    """
    aside = git_dir / "seqmeta" / "stale-lock"
    with store_errors("a stale lock cannot be removed"):
        if identify(path) != seen:
            return False
        path.rename(aside)
        same = identify(aside) == seen
        if not same:
            with suppress(FileExistsError):
                path.hardlink_to(aside)
        aside.unlink()
    return same


@contextmanager
def index_lock(git_dir: Path, deadline: float) -> Iterator[list[Path]]:
    """Hold `.git/index.lock`, as git itself does, so that no `git add` or `git commit` comes in between.

    Yields the stale locks that were removed to get it. At the end only the lock that was made here is taken away: where
    a person has removed it, it may be that of a git which began since.
    """
    path = git_dir / "index.lock"
    removed: list[Path] = []
    made = None
    while made is None:
        try:
            with store_errors("the index cannot be locked"):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666))
                made = identify(path)
        except StoreError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            if remove_stale(path, git_dir, deadline):
                removed.append(path)
    try:
        yield removed
    finally:
        with store_errors("the index cannot be unlocked"):
            if identify(path) == made:
                path.unlink(missing_ok=True)


def find_holder(path: Path | None, git_dir: Path) -> str | None:
    """Describe a process that has `path` open or runs git in the store, None when there is none."""
    if not is_there(_PROC.joinpath("self")):
        raise LockedError(f"{path or git_dir} may be in use: remove the lock by hand, this system has no /proc to ask")
    for process in _PROC.iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                what = _use_of_store(process, path, git_dir)
            except OSError:
                continue  # it ended meanwhile, or is another user's, who could not hold a lock of ours
            if what:
                return f"process {process.name} ({what})"
    return None


def _use_of_store(process: Path, path: Path | None, git_dir: Path) -> str | None:
    command = process.joinpath("comm").read_text(errors="replace").strip()
    if path is not None and _has_open(process, path):
        return command
    if command == "git" or command.startswith("git-"):
        folder = process.joinpath("cwd").readlink()
        store = git_dir.parent.resolve()
        if folder == store or store in folder.parents:
            return command
        words = process.joinpath("environ").read_bytes().split(b"\0")
        words += process.joinpath("cmdline").read_bytes().split(b"\0")
        if any(_leads_to(os.fsdecode(word).partition("=")[2] or os.fsdecode(word), folder, store) for word in words):
            return command
    return None


def _leads_to(word: str, folder: Path, store: Path) -> bool:
    """Whether a word of a command line or environment, read in `folder`, is a path to the store or into it."""
    if store.name not in word:
        return False
    path = (folder / word).resolve()
    return path == store or store in path.parents


def _has_open(process: Path, path: Path) -> bool:
    """Whether a process has this very file open, whichever way led it there: a link among the folders, a mount."""
    for descriptor in process.joinpath("fd").iterdir():
        with suppress(OSError):  # it was closed meanwhile
            if descriptor.readlink().name == path.name and os.path.samestat(descriptor.stat(), path.lstat()):
                return True
    return False
