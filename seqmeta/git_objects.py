"""Turns the bytes of git's commit and tag objects into values, and values into the bytes of a tag.

Both are header lines, an empty line, and a message (git's `Documentation/technical` and `git cat-file -p`).
"""

import hashlib
import re
from typing import NamedTuple

from seqmeta.errors import StoreError

NO_OBJECT = "0" * 40
"""What git writes for the value of a reference that is not there."""

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^<>]*)> (?P<time>-?\d+) (?P<zone>[+-]\d{4})")


class Person(NamedTuple):
    """Who made a commit or tag, and when (seconds since 1970, UTC)."""

    name: str
    email: str
    time: int


class Commit(NamedTuple):
    """One commit; `message` is as stored, trailers included."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


class TagRef(NamedTuple):
    """One reference below `refs/tags/`.

    `type` is that of the object the reference names; `target` the object an annotated tag points at, and
    `inner_name` the name written inside it (of a lightweight tag: the object itself, and None).
    `text` is the whole tag object as stored, message and signature included; `message` what follows its headers.
    """

    name: str
    id: str
    type: str
    target: str
    inner_name: str | None
    tagger: Person | None
    message: str
    text: bytes


def parse_commit(commit: str, content: bytes) -> Commit:
    """Parse a commit object; StoreError where it is not one."""
    headers, message = _split(content)
    try:
        return Commit(
            id=commit,
            tree=headers["tree"][0],
            parents=tuple(headers.get("parent", ())),
            author=_parse_person(headers["author"][0]),
            committer=_parse_person(headers["committer"][0]),
            message=message,
        )
    except (KeyError, ValueError) as error:
        raise StoreError(f"object {commit} is not a commit that can be read: {error}") from error


def parse_tag(name: str, object_id: str, kind: str, content: bytes | None) -> TagRef:
    """Parse a tag object that the reference `name` stands for; without content it is a lightweight tag."""
    if content is None:
        return TagRef(name, object_id, kind, object_id, None, None, "", b"")
    headers, message = _split(content)
    tagger = headers.get("tagger", [None])[0]
    try:
        person = None if tagger is None else _parse_person(tagger)
        return TagRef(name, object_id, kind, headers["object"][0], headers["tag"][0], person, message, content)
    except (KeyError, ValueError) as error:
        raise StoreError(f"object {object_id} is not a tag that can be read: {error}") from error


def render_tag(name: str, target: str, tagger: str, message: str) -> bytes:
    """Render an annotated tag of a commit; `tagger` is `name <email> time +0000`."""
    return f"object {target}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message}".encode()


def object_id(kind: str, content: bytes) -> str:
    """Return git's SHA-1 id of an object."""
    return hashlib.sha1(b"%b %d\0%b" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()


def encode_names(text: str) -> bytes:
    """Write lines with names of references for git, whose bytes may be no UTF-8 and stand as lone surrogates then."""
    return text.encode(errors="surrogateescape")


def _split(content: bytes) -> tuple[dict[str, list[str]], str]:
    head, _, message = content.partition(b"\n\n")
    headers: dict[str, list[str]] = {}
    for line in head.decode(errors="surrogateescape").split("\n"):
        if not line.startswith(" "):  # a line that begins with a space continues a signature
            key, _, value = line.partition(" ")
            headers.setdefault(key, []).append(value)
    return headers, message.decode(errors="surrogateescape")


def _parse_person(text: str) -> Person:
    found = _PERSON.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a name, address and time")
    return Person(found["name"], found["email"], int(found["time"]))
