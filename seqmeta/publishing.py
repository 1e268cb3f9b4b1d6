"""Turns files into one commit of the store, whole or not at all.

In this order, so that a crash at any instant leaves the last complete commit as it was: objects are packed in the
private folder; work-tree files and the index are written there; all is synced, and what is about to happen is
written down; the pack is moved into the store; one reference transaction moves the branch (compare-and-swap) and
makes the tags; after it there are only renames, and the tags that a git killed in the midst had not come to.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType

from seqmeta.durability import sync_path, sync_paths
from seqmeta.errors import ConflictError, StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_command import failure
from seqmeta.git_objects import NO_OBJECT, encode_names
from seqmeta.packing import Batch, Publication, pack_objects
from seqmeta.presence import find_matching, is_link, is_there
from seqmeta.scratch import Intent, Scratch
from seqmeta.staged_files import StagedFiles
from seqmeta.system_errors import store_errors
from seqmeta.tree_changes import Change
from seqmeta.worktree import Blocked, place_files, place_folders, prepare_folders, remove_files

_MOST_WORDS = 500
"""So many paths stand in a command line: it is far shorter than any system allows."""

KEEP_MARK = b"seqmeta is publishing\n"
"""What stands in a `.keep` file of seqmeta: it keeps `git gc` and `git repack` off a pack not yet referred to."""

_Paths = Callable[[], Iterable[str]]
"""Lists paths, of which there may be more than fit into memory, each time it is called."""


def publish(repository: Repository, publication: Publication) -> tuple[str, list[Finding]]:
    """Make the commit; own lock and index lock held. Returns its id and the edits that were put back.

    ConflictError when the branch is not at the publication's parent; StoreError when nothing was published, or
    (its text says so) when the commit stands and only the work tree is left for the next run.
    """
    scratch = Scratch(repository.git_dir)
    scratch.make(publication.parent)
    try:
        intent = _prepare(repository, scratch, publication)
        move_packs(scratch, repository.git_dir)
        move_references(repository, intent)
    except BaseException:
        _drop(repository, scratch)
        raise
    try:
        with store_errors("a file cannot be reached"):
            findings = finish(repository, scratch, intent)
    except StoreError as error:
        raise StoreError(
            f"commit {intent.commit} was made; its files come into place in the next run: {error}"
        ) from error
    return intent.commit, findings


def _drop(repository: Repository, scratch: Scratch) -> None:
    """Clean up after a failure; where that fails too, or the branch has moved after all, the next run goes on."""
    with suppress(StoreError):
        intent = scratch.read_intent()
        if intent is None or repository.head() != intent.commit:
            scratch.remove()
            release_packs(repository.git_dir)


def finish(repository: Repository, scratch: Scratch, intent: Intent) -> list[Finding]:
    """Bring tags, work tree and index to a commit that the branch already has, and clean up."""
    _complete_tags(repository, intent)
    is_all_new = place_folders(scratch.files, repository.path) and intent.parent is None
    findings = [] if is_all_new else _place_changes(repository, scratch, intent)
    place_index(scratch)
    scratch.remove()
    release_packs(repository.git_dir)
    return findings


def _place_changes(repository: Repository, scratch: Scratch, intent: Intent) -> list[Finding]:
    """Bring the work tree to what a commit changes, file by file."""
    removed: list[Change] = []
    blocked: Blocked = []
    findings = place_files(scratch.files, repository.path, _expected(repository, intent, removed), blocked)
    remove_files(repository.path, ((change.path, (change.old_id, None)) for change in removed))
    return findings + place_files(scratch.files, repository.path, blocked)


def _expected(
    repository: Repository, intent: Intent, removed: list[Change]
) -> Iterator[tuple[str, Sequence[str | None]]]:
    """Give each path that a commit changes with the blobs that may be replaced there; note what it takes away.

    Either side may be replaced: after a crash the file may be in its place already.
    """
    for change in repository.changed(intent.parent, intent.commit):
        removed += [change] if change.new_id is None else []
        yield change.path, (change.old_id, change.new_id)


@contextmanager
def staging_index(scratch: Scratch, replaced: _Paths) -> Iterator[Callable[[Iterable[str]], None]]:
    """Write the index that goes with staged files; yields what is to be called with their paths as they come.

    It is the store's with these entries changed, and without those of `replaced`; their stat data is that of the staged
    files, which a rename keeps but for the time of change. The old entries are taken out first: one that a person has
    marked (`--skip-worktree`, `--assume-unchanged`) would stay as it is.
    """
    index = scratch.git_dir / "index"
    taken_out: list[str] = []
    with store_errors("the index cannot be copied"):
        if is_there(index):
            shutil.copyfile(index, scratch.index)
            taken_out = _take_out(scratch, iter(replaced()))
    with _fed_paths(scratch, *taken_out, "--add", "--replace", "--info-only") as feed:
        yield feed


def _take_out(scratch: Scratch, paths: Iterator[str]) -> list[str]:
    """Take entries out of the index; a few are left to the words returned, for the `git update-index` that comes next.

    It does what its words say one after the other, and the index, which has all records, is written once then.
    """
    few = [f"./{path}" for path in islice(paths, _MOST_WORDS)]
    more = next(paths, None)
    if more is None:
        return ["--force-remove", *few, "--no-force-remove"]
    with _fed_paths(scratch, "--force-remove") as feed:
        feed(chain(few, [more], paths))
    return []


def stage_index(scratch: Scratch, written: _Paths, removed: _Paths) -> None:
    """Write the index that goes with these staged files, and without what was removed, and sync both."""
    with staging_index(scratch, lambda: chain(removed(), written())) as feed:
        feed(written())
    sync_staged(scratch, written())


def sync_staged(scratch: Scratch, written: Iterable[str]) -> None:
    """Sync the staged files of these paths, and their index."""
    with store_errors("the records cannot be synced"):
        staged = (f"{scratch.files}/{path}" for path in written)
        sync_paths(chain([str(scratch.index)], staged), scratch.folder)


def place_index(scratch: Scratch) -> None:
    """Rename the prepared index into the store; without one it was placed before."""
    with store_errors("the index cannot be put in its place"):
        if is_there(scratch.index):
            scratch.index.replace(scratch.git_dir / "index")
            sync_path(scratch.git_dir)


def release_packs(git_dir: Path) -> list[Path]:
    """Remove the `.keep` files of seqmeta, so that git may repack what they held; returns them."""
    released = []
    with store_errors("a pack cannot be released"):
        for keep in find_matching(git_dir / "objects" / "pack", "pack-*.keep"):
            if not is_link(keep) and keep.read_bytes() == KEEP_MARK:
                keep.unlink()
                released.append(keep)
    return released


def _prepare(repository: Repository, scratch: Scratch, publication: Publication) -> Intent:
    head = repository.head()
    if head != publication.parent:
        raise ConflictError(_moved(repository, publication.parent, head))
    prepare_folders(repository.path, publication.files.paths(), lambda: publication.removed)
    staged = StagedFiles(scratch.files, publication.executable)
    with staging_index(scratch, lambda: chain(publication.removed, publication.files.paths())) as feed:

        def stage(batch: Batch) -> None:
            staged.add(batch)
            feed(path for path, _ in batch)

        intent = pack_objects(repository, scratch, publication, stage)
    staged.finish()
    sync_staged(scratch, publication.files.paths())
    scratch.write_intent(intent)
    return intent


@contextmanager
def _fed_paths(scratch: Scratch, *options: str) -> Iterator[Callable[[Iterable[str]], None]]:
    """Run `git update-index`, which goes on while it is given paths; yields what gives them to it."""
    with scratch.git.start("update-index", *options, "-z", "--stdin") as conversation:

        def feed(paths: Iterable[str]) -> None:
            lines = (os.fsencode(path) + b"\0" for path in paths)
            with store_errors("git stopped listening"), suppress(BrokenPipeError):  # git ended; `finish` says why
                while some := b"".join(islice(lines, 1000)):
                    conversation.stdin.write(some)
                conversation.stdin.flush()

        yield feed
        conversation.finish()


def move_packs(scratch: Scratch, git_dir: Path) -> None:
    """Rename the packs into the store: kept first, its index last, for the index makes it visible."""
    packs = git_dir / "objects" / "pack"
    with store_errors("the objects cannot be put in their place"):
        packs.mkdir(exist_ok=True)
        for pack in find_matching(scratch.folder / "objects" / "pack", "pack-*.pack"):
            keep = pack.with_suffix(".keep")
            keep.write_bytes(KEEP_MARK)
            keep.rename(packs / keep.name)  # whole from the first: one that is cut short nobody would take for ours
            pack.rename(packs / pack.name)
            index = pack.with_suffix(".idx")
            index.rename(packs / index.name)
        sync_path(packs)


def move_references(
    repository: Repository, intent: Intent, replaced: Mapping[str, str] = MappingProxyType({}), more: Sequence[str] = ()
) -> None:
    """Move the branch and make the tags in one transaction; that it failed and yet had worked is success.

    `replaced` has the objects that tags had before, where there are any. `more` are further lines of `git update-ref -z
    --stdin`, done in the same transaction; git moves one reference after the other in the order of the lines, so that
    these are done before the branch is where it should be, and the tags after it (`_complete_tags`).
    """
    branch = f"refs/heads/{repository.branch}"
    lines = [*more, f"update {branch}\0{intent.commit}\0{intent.parent or NO_OBJECT}\0"]
    lines += _tag_lines(intent.tags, replaced)
    status, _, complaint = repository.git.ask(
        "update-ref", "-z", "--stdin", "-m", "seqmeta", data=encode_names("".join(lines))
    )
    if status != 0:
        head = repository.head()
        if head not in {intent.parent, intent.commit}:
            raise ConflictError(_moved(repository, intent.parent, head))
        if head == intent.parent:
            reason = failure(("update-ref",), status, complaint, repository.path)
            raise StoreError(f"{branch} cannot be moved: {reason}")
    with store_errors("the references cannot be synced"):
        for name in [branch, *(f"refs/tags/{tag}" for tag in intent.tags)]:
            folder = repository.git_dir.joinpath(name).parent
            while folder != repository.git_dir:
                sync_path(folder)
                folder = folder.parent


def _tag_lines(tags: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    return [f"update refs/tags/{name}\0{tag}\0{before.get(name, NO_OBJECT)}\0" for name, tag in sorted(tags.items())]


def _complete_tags(repository: Repository, intent: Intent) -> None:
    """Make the tags that a git which was killed had not come to: it moves one reference after the other."""
    if not intent.tags:
        return
    names = "".join(f"refs/tags/{name}\n" for name in intent.tags)
    output = repository.git.run("cat-file", "--batch-check=%(objectname)", data=encode_names(names)).decode(
        errors="surrogateescape"
    )
    found = dict(zip(intent.tags, output.splitlines(), strict=True))
    present = {name: line for name, line in found.items() if not line.endswith(" missing")}
    missing = {name: tag for name, tag in intent.tags.items() if present.get(name) != tag}
    if missing:
        lines = "".join(_tag_lines(missing, present))
        repository.git.run("update-ref", "-z", "--stdin", "-m", "seqmeta", data=encode_names(lines))


def _moved(repository: Repository, expected: str | None, found: str | None) -> str:
    return (
        f"the branch {repository.branch} of {repository.path} moved while this run was at work: "
        f"expected {expected or 'no commit'}, found {found or 'no commit'}"
    )
