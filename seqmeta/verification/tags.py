"""Checks the tags that carry seals against the seals in the records: each with each, and all as one chain."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seqmeta.identity import is_uuid
from seqmeta.seals import FIRST_PREVIOUS, TAG_PREFIX, Seal, parse_seal, tag_name
from seqmeta.verification.findings import Finding
from seqmeta.verification.history import History, SealedSubmission
from seqmeta.verification.scan import Objects

_TAG = re.compile(
    r"object (?P<object>[0-9a-f]{40})\ntype commit\ntag (?P<name>[^\n]+)\ntagger (?P<tagger>[^\n]+)\n\n(?P<message>.*)",
    re.DOTALL,
)


class SealTag(NamedTuple):
    """A seal's tag that can be read: its name, the submission, the commit it points at, what it says, its bytes."""

    name: str
    submission: str
    target: str
    tagger: str
    seal: Seal
    content: bytes


class Tags(NamedTuple):
    """The readable tags of the seals up to the commit that is verified, by submission, and what is wrong."""

    tags: Mapping[str, SealTag]
    findings: list[Finding]


def find_seal_tags(references: Mapping[str, str]) -> dict[str, str]:
    """Map the name of each tag below `seal/` to the object it names; `references` is object by full name."""
    prefix = "refs/tags/"
    return {
        name.removeprefix(prefix): object_id
        for name, object_id in references.items()
        if name.startswith(prefix + TAG_PREFIX)
    }


def check_tags(refs: Mapping[str, str], objects: Objects, history: History, later: set[str]) -> Tags:
    """Compare the tags with the seals of a history; `later` are commits behind it, whose tags are passed over."""
    tags: dict[str, SealTag] = {}
    findings: list[Finding] = []
    known = set(history.order)
    for name, object_id in sorted(refs.items()):
        tag = _parse_tag(name, object_id, objects)
        if isinstance(tag, Finding):
            findings.append(tag)
        elif tag.target in known or tag.target not in later:
            tags[tag.submission] = tag
            findings.extend(_check_target(tag, history, known))
    findings.extend(
        Finding(
            "seal_without_tag", tag_name(uuid), seal.commit, f"submission {uuid} is sealed and {tag_name(uuid)} is gone"
        )
        for uuid, seal in history.seals.items()
        if tag_name(uuid) not in refs
    )
    findings.extend(_check_chain(list(tags.values()), objects, history))
    return Tags(tags, findings)


def _parse_tag(name: str, object_id: str, objects: Objects) -> SealTag | Finding:
    content = objects.tags.get(object_id)
    uuid = name.removeprefix(TAG_PREFIX)
    if not is_uuid(uuid) or uuid != uuid.lower():
        return Finding("malformed_tag", name, None, f"tag {name}: a seal's tag has the UUID of its submission as name")
    if content is None:
        why = objects.faults.get(object_id, "it is not an annotated tag")
        return Finding("malformed_tag", name, None, f"tag {name}: object {object_id}: {why}")
    try:
        tag = read_seal_tag(content)
    except ValueError as error:
        return Finding("malformed_tag", name, None, f"tag {name}: {error}")
    if tag.name != name:
        message = f"tag {name}: inside it is named {tag.name}: another seal was put in its place"
        return Finding("tag_name_mismatch", name, tag.target, message)
    return tag


def read_seal_tag(content: bytes) -> SealTag:
    """Read the bytes of a seal's tag, under the name that stands in it; ValueError where it is none."""
    match = _match_tag(content.decode())
    name, seal = match["name"], parse_seal(match["message"])
    return SealTag(name, name.removeprefix(TAG_PREFIX), match["object"], match["tagger"], seal, content)


def _match_tag(text: str) -> re.Match[str]:
    match = _TAG.fullmatch(text)
    if match is None:
        raise ValueError("not an annotated tag of a commit, with one header each")
    return match


def _check_target(tag: SealTag, history: History, known: set[str]) -> Iterator[Finding]:
    sealed: SealedSubmission | None = history.seals.get(tag.submission)
    if tag.target not in known:
        message = f"tag {tag.name}: commit {tag.target} is not in the branch's history, which was put back or rewritten"
        yield Finding("rolled_back", tag.name, tag.target, message)
    elif sealed is None:
        message = f"tag {tag.name}: the history seals no submission {tag.submission}"
        yield Finding("tag_without_seal", tag.name, tag.target, message)
    if sealed is None:
        return
    if tag.target != sealed.commit:
        message = f"tag {tag.name}: it points at {tag.target}, the submission was sealed by {sealed.commit}"
        yield Finding("wrong_tag_target", tag.name, tag.target, message)
    if tag.seal.root != sealed.root:
        message = f"tag {tag.name}: its root is {tag.seal.root}, the record's {sealed.root}"
        yield Finding("root_mismatch", tag.name, sealed.commit, message)


def _check_chain(tags: list[SealTag], objects: Objects, history: History) -> Iterator[Finding]:
    """Require numbers from 1 without gap, in the order of sealing, and each with the root before it."""
    place = {commit: number for number, commit in enumerate(history.order)}
    store = history.line[0] if history.line else ""
    number, previous, last = 0, FIRST_PREVIOUS, (-1, "")
    for tag in sorted(tags, key=lambda tag: (tag.seal.number, tag.submission)):
        seal, where = tag.seal, (place.get(tag.target, last[0]), tag.submission)
        if seal.number != number + 1:
            yield _broken(tag, "seal_number", f"number {seal.number} follows {number}: a seal is missing or doubled")
        elif seal.previous != previous:
            yield _broken(tag, "seal_chain", f"it names {seal.previous} as the root before it, expected {previous}")
        if where <= last and tag.target in place:
            yield _broken(tag, "seal_number", f"number {seal.number} was sealed before a smaller number")
        if seal.store != store:
            yield _broken(tag, "wrong_store", f"it is of the store {seal.store}, this one is {store}")
        node = objects.commits.get(tag.target)
        if node is not None and node.committer != tag.tagger.encode():
            yield _broken(tag, "wrong_tagger", f"made by {tag.tagger!r}, the commit by another or at another time")
        number, previous, last = seal.number, seal.root, max(where, last)


def _broken(tag: SealTag, code: str, message: str) -> Finding:
    return Finding(code, tag.name, tag.target, f"tag {tag.name}: {message}")
