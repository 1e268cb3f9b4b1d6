"""Turns a publication into git objects: one pack in the private folder, or some, each made by one `git fast-import`.

The stream's format is that of git's `git-fast-import` manual; contents and texts are sent as counted bytes, so that
nothing in them can be read as a command.
"""

import os
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol, runtime_checkable

from seqmeta.errors import StoreError, UnfitError
from seqmeta.git import Repository
from seqmeta.git_command import Conversation
from seqmeta.git_objects import render_tag
from seqmeta.scratch import Intent, Scratch
from seqmeta.system_errors import store_errors

_TAG_NAME = re.compile(r"(?!.*(?:\.\.|\.lock(?:/|$)|//))[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}(?<![./])")
_MAX_NAME = 1000
_LARGE = "1m"
"""What is as large is not compared with the file before it: that takes git longer than compressing it does."""

Content = bytes | Callable[[], bytes]
"""What a file holds, or what renders it when it is its turn: of many files few are in memory at once."""

Batch = list[tuple[str, bytes]]
"""Files by path, few enough to be held in memory."""


@runtime_checkable
class Files(Protocol):
    """Files to be written, of which there may be more than fit into memory: they are gone through several times."""

    def paths(self) -> Iterator[str]:
        """Their paths in the store, sorted by folder and name."""

    def contents(self) -> Iterator[Content]:
        """What they hold, in the same order."""


class FilesInMemory:
    """Files that are all there at once."""

    def __init__(self, files: Mapping[str, Content]) -> None:
        self._files = dict(sorted(files.items()))

    def paths(self) -> Iterator[str]:
        """Their paths in the store."""
        return iter(self._files)

    def contents(self) -> Iterator[Content]:
        """What they hold."""
        return iter(self._files.values())


_BATCH_BYTES = 1 << 20
_MOST_IN_PACK = 100_000
"""How many files one `git fast-import` is given. It looks for each name among all that it has seen, through lists that
grow: a file of a million costs it twice what one of a hundred thousand does, in time and in memory."""

_KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "33554432"}
"""For git, which takes and gives back 300 KB for each object that it compresses: glibc keeps them for the next one.

Else the kernel clears these pages each time, which is two thirds of what `git fast-import` costs.
"""


class Committer(NamedTuple):
    """Who commits, as git writes it."""

    name: str
    email: str


class Tag(NamedTuple):
    """An annotated tag to make on the new commit; `name` is without `refs/tags/`."""

    name: str
    message: str


class Publication(NamedTuple):
    """One commit to make: files to write, and paths to take away, on top of `parent` (None: the store's first)."""

    parent: str | None
    files: Files
    message: str
    committer: Committer
    when: int
    removed: Sequence[str] = ()
    tags: Callable[[str, str], Sequence[Tag]] | None = None
    sign: Callable[[bytes], str] | None = None
    author: str | None = None
    """The author in git's form, where it is not the committer."""
    executable: Container[str] = ()
    """The paths of the files that are programs: somebody's own, for no record is one."""

    def batches(self) -> Iterator[Batch]:
        """Render the files that are written, some at a time, in their order."""
        batch: Batch = []
        size = 0
        for path, content in zip(self.files.paths(), self.files.contents(), strict=True):
            data = content() if callable(content) else content
            batch.append((path, data))
            size += len(data)
            if size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def checked(self) -> "Publication":
        """Return it; UnfitError where git could not write down who commits, or when."""
        _ = self.person
        return self

    @property
    def person(self) -> str:
        """The committer and time in git's form; UnfitError when git could not hold the name, or the time."""
        if self.when < 0:
            raise UnfitError(f"the clock is {-self.when} seconds before 1970, which git cannot write down: set it")
        for what in (self.committer.name, self.committer.email):
            if not what.strip() or len(what) > _MAX_NAME or re.search(r"[\x00-\x1f\x7f<>\ud800-\udfff]", what):
                raise UnfitError(
                    f"{what[:60]!r} cannot be a committer's name or address: expected one line of UTF-8 without < >"
                )
        return f"{self.committer.name.strip()} <{self.committer.email.strip()}> {self.when} +0000"


def pack_objects(
    repository: Repository, scratch: Scratch, publication: Publication, stage: Callable[[Batch], None]
) -> Intent:
    """Write a publication's blobs, trees, commit and tags into packs of the private folder; return their ids.

    Each batch of files is given to `stage` while git packs it. What comes before the last pack of several is made as
    a commit of the files so far, which nothing refers to.
    """
    git = scratch.git._replace(environment={**scratch.git.environment, **_KEEP_MEMORY})
    words = ("fast-import", "--quiet", "--done", "--force", f"--big-file-threshold={_LARGE}")
    rest = _Rest(publication.batches())
    tree: str | None = None
    with ThreadPoolExecutor(max_workers=1) as thread:  # the disk makes files while git packs them
        beside = _Beside(thread, stage)
        while True:
            with git.start(*words) as conversation, store_errors("git stopped listening"):
                _send(conversation, _head_of_commit(publication, tree))
                for batch in rest.take(_MOST_IN_PACK):
                    beside.begin(batch)
                    _send(conversation, [b"".join(_put_all(batch, publication.executable))])
                _send(conversation, [b"\n"])
                commit = _ask(conversation, "get-mark :1")
                tags = _send_tags(conversation, repository, publication, commit) if rest.is_empty else {}
                tree = None if rest.is_empty else _ask(conversation, 'ls :1 ""').split()[2]
                _send(conversation, [b"done\n"])
                conversation.finish()
            if tree is None:
                beside.end()
                return Intent(publication.parent, commit, tags)


class _Beside:
    """Work on one batch after the other in a thread: each begins when the one before it is done."""

    def __init__(self, thread: Executor, work: Callable[[Batch], None]) -> None:
        self._thread = thread
        self._work = work
        self._last: Future[None] | None = None

    def begin(self, batch: Batch) -> None:
        """Wait for the batch before, and raise what became of it; then begin with this one."""
        self.end()
        self._last = self._thread.submit(self._work, batch)

    def end(self) -> None:
        """Wait for the last batch, and raise what became of it."""
        if self._last is not None:
            self._last.result()


class _Rest:
    """Batches to come, of which one is always looked at before it is taken."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._next = next(batches, None)

    @property
    def is_empty(self) -> bool:
        return self._next is None

    def take(self, most: int) -> Iterator[Batch]:
        """Yield batches until they come to so many files."""
        while self._next is not None and most > 0:
            batch = self._next
            most -= len(batch)
            yield batch
            self._next = next(self._batches, None)


def _head_of_commit(publication: Publication, tree: str | None) -> Iterator[bytes]:
    """Begin the commit on top of its parent; with a tree, which has the files so far, on top of that."""
    yield b"commit refs/heads/publication\nmark :1\n"
    if publication.author is not None:
        yield f"author {publication.author}\n".encode(errors="surrogateescape")
    yield f"committer {publication.person}\n".encode(errors="surrogateescape")
    yield _data(publication.message.encode(errors="surrogateescape"))
    if publication.parent is not None:
        yield f"from {publication.parent}\n".encode()
    if tree is None:
        yield from (b"D %b\n" % _quote(path) for path in publication.removed)
    else:
        yield f'M 040000 {tree} ""\n'.encode()


def _put_all(batch: Batch, executable: Container[str]) -> Iterator[bytes]:
    """Put files, each in parts: one record may be very long, and is not to be copied for each."""
    for path, content in batch:
        mode = b"100755" if path in executable else b"100644"
        yield b"M %b inline %b\ndata %d\n" % (mode, _quote(path), len(content))
        yield content
        yield b"\n"


def _quote(path: str) -> bytes:
    """Write a path as git-fast-import(1) reads it: one that begins with a quotation mark has to stand in such."""
    data = os.fsencode(path)
    if not data.startswith(b'"') and b"\n" not in data:
        return data
    return b'"%b"' % re.sub(rb'(["\\])', rb"\\\1", data).replace(b"\n", rb"\n")


def _send_tags(
    conversation: Conversation, repository: Repository, publication: Publication, commit: str
) -> dict[str, str]:
    if publication.tags is None:
        return {}
    first = commit if publication.parent is None else repository.first_commit(publication.parent)
    made = {}
    for number, tag in enumerate(publication.tags(commit, first or commit), start=2):
        if not _TAG_NAME.fullmatch(tag.name):
            raise StoreError(f"{tag.name!r} cannot be the name of a tag")
        message = tag.message if tag.message.endswith("\n") else tag.message + "\n"
        if publication.sign is not None:
            message += publication.sign(render_tag(tag.name, commit, publication.person, message))
        head = f"tag {tag.name}\nmark :{number}\nfrom :1\ntagger {publication.person}\n"
        _send(conversation, [head.encode(), _data(message.encode())])
        made[tag.name] = _ask(conversation, f"get-mark :{number}")
    return made


def _send(conversation: Conversation, parts: Iterable[bytes]) -> None:
    try:
        for part in parts:
            conversation.stdin.write(part)
        conversation.stdin.flush()
    except BrokenPipeError:
        conversation.finish()  # raises with git's own reason
        raise


def _ask(conversation: Conversation, question: str) -> str:
    _send(conversation, [f"{question}\n".encode()])
    answer = conversation.stdout.readline().decode().strip()
    if not answer:
        conversation.finish()
        raise StoreError("git fast-import ended without an answer")
    return answer


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
