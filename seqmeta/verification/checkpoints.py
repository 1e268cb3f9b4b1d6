"""Compares a store with the line that somebody kept elsewhere, and writes such a line."""

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from io import BufferedReader, FileIO
from pathlib import Path

from seqmeta.errors import StoreError, UsageError
from seqmeta.git import Repository
from seqmeta.outputs import require_output
from seqmeta.seals import FIRST_PREVIOUS, Checkpoint, parse_checkpoint, render_checkpoint
from seqmeta.system_errors import explain_os_error
from seqmeta.verification.findings import Finding
from seqmeta.verification.history import History
from seqmeta.verification.tags import SealTag

_LONGEST_LINE = 4096


def read_checkpoint(path: Path) -> tuple[Checkpoint | None, list[Finding], list[Finding]]:
    """Return the checkpoint in a file, findings (it is none), warnings (not there, or anybody may write it)."""
    name = str(path)
    try:
        with BufferedReader(FileIO(path, "rb", opener=_open_at_once)) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = stream.read(_LONGEST_LINE + 1)
        checkpoint = parse_checkpoint(data.decode())
    except FileNotFoundError:
        return None, [], [Finding("not_anchored", name, None, f"{name}: there is no checkpoint here to compare with")]
    except OSError as error:
        raise StoreError(f"the checkpoint cannot be read: {explain_os_error(error)}") from error
    except ValueError:
        message = f"{name}: not a checkpoint: expected one line `seqmeta-checkpoint/1 <store> <number> <root> <commit>`"
        return None, [Finding("malformed_checkpoint", name, None, message)], []
    if mode & stat.S_IWOTH:
        message = f"{name}: anybody may write this file, so that it proves nothing: take the right away (chmod o-w)"
        return checkpoint, [], [Finding("not_anchored", name, None, message)]
    return checkpoint, [], []


def _open_at_once(path: str, flags: int) -> int:
    """Open a file, or a pipe that a command writes to; one that nobody writes to is empty and not waited for."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def check_checkpoint(checkpoint: Checkpoint, history: History, tags: Mapping[str, SealTag]) -> Iterator[Finding]:
    """Yield where a store is not the one that the checkpoint saw, grown."""
    store = history.line[0] if history.line else ""
    if checkpoint.store != store:
        message = f"the checkpoint is of the store {checkpoint.store}, this one is {store or 'empty'}"
        yield Finding("wrong_store", checkpoint.store, None, message)
        return
    roots = {tag.seal.number: tag.seal.root for tag in tags.values()}
    if checkpoint.number and checkpoint.number not in roots:
        message = f"the checkpoint has seen {checkpoint.number} seals, the store has {max(roots, default=0)}"
        yield Finding("rolled_back", checkpoint.commit, checkpoint.commit, message)
    elif checkpoint.number and roots[checkpoint.number] != checkpoint.root:
        found = roots[checkpoint.number]
        message = (
            f"seal {checkpoint.number} was {checkpoint.root} for the checkpoint and is {found}: the store was forked"
        )
        yield Finding("forked", checkpoint.commit, checkpoint.commit, message)
    if checkpoint.commit not in history.order:
        message = f"commit {checkpoint.commit}, which the checkpoint has seen, is not in the branch's history any more"
        yield Finding("rolled_back", checkpoint.commit, checkpoint.commit, message)


def make_checkpoint(history: History, tags: Mapping[str, SealTag]) -> Checkpoint | None:
    """Say how far a store has come, None when nothing was committed."""
    if not history.line:
        return None
    last = max(tags.values(), key=lambda tag: tag.seal.number, default=None)
    number, root = (last.seal.number, last.seal.root) if last else (0, FIRST_PREVIOUS)
    return Checkpoint(history.line[0], number, root, history.line[-1])


def write_checkpoint(repository: Repository, checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint in one step, for others to read; it must lie outside the store.

    Raises UsageError for a path inside the store or of anything but a file, StoreError when it cannot be written.
    """
    if path.parent.resolve().is_relative_to(repository.path.resolve()):
        raise UsageError(
            f"{path} lies inside the store: a checkpoint is kept where the store's writers cannot change it"
        )
    require_output(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(render_checkpoint(checkpoint))
                stream.flush()
                os.fchmod(stream.fileno(), 0o644)
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        error.filename = str(path)  # not that of the file beside it which takes its place
        raise StoreError(f"the checkpoint cannot be written: {explain_os_error(error)}") from error
