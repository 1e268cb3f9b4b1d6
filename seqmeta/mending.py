"""Mends single files of a git folder that a power loss or a killed git left empty or half-written.

What stood in them is taken from what git keeps twice: the log of the branch, the tag objects, the tree of the head.
"""

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from seqmeta.durability import write_durably
from seqmeta.errors import StoreError
from seqmeta.findings import Finding
from seqmeta.git import Repository
from seqmeta.git_objects import parse_tag
from seqmeta.presence import find_below, find_matching, is_file, is_link, is_there
from seqmeta.scratch import Scratch
from seqmeta.system_errors import store_errors
from seqmeta.worktree import SAVED_SUFFIX

_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
_LOG_LINE = re.compile(r"[0-9a-f]{40} ([0-9a-f]{40}) ")
_IGNORED = f"*.json{SAVED_SUFFIX}*"


def mend_files(repository: Repository) -> list[Finding]:
    """Fill the files of the git folder that are empty and may not be: HEAD, config, branch and tags."""
    with store_errors("the store cannot be mended"):
        return [
            *_fill(repository, "HEAD", f"ref: refs/heads/{repository.branch}\n"),
            *_fill(repository, "config", _CONFIG),
            *_mend_branch(repository),
            *_mend_tags(repository),
        ]


def mend_index(repository: Repository, scratch: Scratch, head: str | None) -> list[Finding]:
    """Make the index anew from the head when it is missing or damaged."""
    index = repository.git_dir / "index"
    with store_errors("the index cannot be mended"):
        shared = list(find_matching(repository.git_dir, "sharedindex.*"))
        if shared and is_there(index):
            repository.git.run("update-index", "--no-split-index", accept=(0, 128))  # damaged: made anew below
            for path in shared:
                path.unlink()
        if (is_there(index) and is_whole_index(index)) or (head is None and not is_there(index)):
            return []
        if head is None:
            index.unlink()
        else:
            scratch.git.run("read-tree", head)
            scratch.git_on(repository.path, scratch.index).run("update-index", "-q", "--refresh")
            scratch.index.replace(index)
    return [Finding("index_rebuilt", ".git/index", "the index was missing or damaged and was made anew from the head")]


def is_whole_index(path: Path) -> bool:
    """Whether a file is a git index that was written to its end (its last 20 bytes are its SHA-1, or zero)."""
    with path.open("rb") as stream:
        left = os.fstat(stream.fileno()).st_size - 20
        if left < 12 or stream.read(4) != b"DIRC":
            return False
        stream.seek(0)
        digest = hashlib.sha1(usedforsecurity=False)
        while left > 0 and (data := stream.read(min(left, 1 << 20))):
            digest.update(data)
            left -= len(data)
        return stream.read() in {digest.digest(), bytes(20)}


def ignore_saved_files(git_dir: Path, names: list[str]) -> None:
    """Tell git to ignore saved edits and these files at the top, which are not seqmeta's."""
    path = git_dir / "info" / "exclude"
    with store_errors("the store cannot be written to"):
        path.parent.mkdir(exist_ok=True)
        lines = path.read_text(errors="surrogateescape").splitlines() if is_there(path) else []
        wanted = [_IGNORED, *("/" + re.sub(r"([\\*?\[ ])", r"\\\1", name) for name in names)]
        missing = [line for line in wanted if line not in lines]
        if missing:
            write_durably(path, ("\n".join([*lines, *missing]) + "\n").encode(errors="surrogateescape"))


def _fill(repository: Repository, name: str, text: str) -> list[Finding]:
    path = repository.git_dir / name
    if is_link(path) or not _is_blank(path):
        return []
    write_durably(path, text.encode())
    return [Finding("file_refilled", f".git/{name}", f"it was empty and now says {text.splitlines()[0]!r}")]


def _is_blank(path: Path) -> bool:
    """Whether a file is there and says nothing; git packs references while others read, and takes their files away."""
    with suppress(FileNotFoundError):
        return is_file(path) and not path.read_bytes().strip(b"\0\n ")
    return False


def _is_empty(path: Path) -> bool:
    """Whether a file is there and has no bytes."""
    with suppress(FileNotFoundError):
        return is_file(path) and path.stat().st_size == 0
    return False


def _mend_branch(repository: Repository) -> list[Finding]:
    """Set the branch to the last commit in its log when its file is empty, or gone with what stood in `packed-refs`.

    StoreError where no log tells: a store with commits would be taken for a new one.
    """
    name = f"refs/heads/{repository.branch}"
    path, log = repository.git_dir / name, repository.git_dir / "logs" / name
    empty = _is_blank(path)
    lost = not is_there(path) and _is_packed_lost(repository)
    if not empty and not lost:
        return []
    commits = [found[1] for line in _log_lines(log) if (found := _LOG_LINE.match(line))]
    for commit in reversed(commits):
        if repository.git.ask("cat-file", "-e", commit + "^{tree}")[0] == 0:
            write_durably(path, f"{commit}\n".encode())
            return [Finding("branch_restored", f".git/{name}", f"it was empty; its log says {commit}")]
    if not _has_objects(repository.git_dir):
        path.unlink(missing_ok=True)
        return [Finding("branch_restored", f".git/{name}", "it was empty, and nothing was ever committed")]
    raise StoreError(f"{path} is empty or gone, and its log names no commit that is there: set it with git update-ref")


def _log_lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines() if is_file(log) else []


def _is_packed_lost(repository: Repository) -> bool:
    """Whether `packed-refs` is empty, which git never leaves behind, so that what stood in it is lost."""
    return _is_blank(repository.git_dir / "packed-refs")


def _has_objects(git_dir: Path) -> bool:
    objects = git_dir / "objects"
    return any(map(is_file, find_matching(objects, "??", "*"))) or any(find_matching(objects / "pack", "*.pack"))


def _mend_tags(repository: Repository) -> list[Finding]:
    """Set tags whose files are empty, or that stood in a lost `packed-refs`, to the tag objects of their names."""
    folder = repository.git_dir / "refs" / "tags"
    empty = [path for path in find_below(folder) if path.suffix != ".lock" and _is_empty(path)]
    lost = _is_packed_lost(repository)
    if not empty and not lost:
        return []
    names = {path.relative_to(folder).as_posix() for path in empty}
    findings = []
    for name, objects in _tag_objects(repository).items():
        path = folder / name
        if lost and not is_there(path):
            names.add(name)
        if name in names and len(objects) == 1:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, f"{objects[0]}\n".encode())
            names.remove(name)
            findings.append(
                Finding("tag_restored", f".git/refs/tags/{name}", f"it was lost; its object is {objects[0]}")
            )
    if names:
        some = ", ".join(sorted(names)[:3])
        raise StoreError(
            f"the tags {some} of {repository.path} are empty or gone, and no one object tells what they were: "
            "set them with git update-ref"
        )
    if lost:
        repository.git_dir.joinpath("packed-refs").unlink()
    return findings


def _tag_objects(repository: Repository) -> dict[str, list[str]]:
    """Map each seal's tag name to the tag objects of published commits that carry it, from all objects there are.

    A publication that came to nothing, or was made anew behind another laboratory's, leaves a tag object too.
    """
    head = repository.head()
    published = set() if head is None else set(repository.git.run("rev-list", head).decode().split())
    # Not --unordered, which goes by a file that tells the order of a pack: damaged, it leaves objects out.
    listing = repository.git.run("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    ids = [line.split()[0] for line in listing.decode().splitlines() if line.endswith(" tag")]
    found: dict[str, list[str]] = {}
    for object_id, content in repository.read(ids):
        with suppress(StoreError):  # one that is no tag is no seal's
            tag = parse_tag("", object_id, "tag", content)
            if tag.target in published and re.fullmatch(r"seal/[0-9a-f-]{36}", tag.inner_name or ""):
                found.setdefault(str(tag.inner_name), []).append(object_id)
    return found
