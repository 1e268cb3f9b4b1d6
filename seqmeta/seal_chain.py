"""Finds the seals of the branch among the tags of a store, for a remote brings whatever somebody pushed below `seal/`.

A seal's tag has the name of its submission and points at the commit of the branch that seals it, whose record says the
same root (CONTRACT 7). The next seal follows the last of these; a tag that only looks like one counts for nothing here,
and is named by `verify`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from seqmeta.errors import CorruptRecordError, StoreError
from seqmeta.git import Repository
from seqmeta.git_objects import TagRef, parse_commit
from seqmeta.identity import is_stored_uuid
from seqmeta.kinds import load_kinds
from seqmeta.records import read_record
from seqmeta.references import list_seal_tags
from seqmeta.seals import FIRST_PREVIOUS, TAG_PREFIX, Seal, parse_seal

_KIND = "submission"
_SHOWN = 5


def list_seals(repository: Repository, store: str) -> list[Seal]:
    """List the seals of the branch in their order; StoreError where they are no chain from 1.

    `store` is the id of its first commit. Where all tags together are a chain, the last one alone is held against its
    record, for that is what the next seal follows: else the history would be walked for each seal.
    """
    said = sorted(_read(list_seal_tags(repository), store), key=lambda pair: pair[1].number)
    if not said or (_is_chain([seal for _, seal in said]) and find_seals(repository, [said[-1][0]], store)):
        return [seal for _, seal in said]
    true = find_seals(repository, [tag for tag, _ in said], store)
    seals = [seal for tag, seal in said if tag.name in true]
    if not _is_chain(seals):
        numbers = ", ".join(str(seal.number) for seal in seals[:_SHOWN]) + ", …" * (len(seals) > _SHOWN)
        raise StoreError(
            f"the seals of {repository.path} are no chain from 1, their numbers are {numbers}: nothing is sealed "
            "before that is mended; `seqmeta verify` names what is wrong"
        )
    return seals


def find_seals(repository: Repository, tags: Sequence[TagRef], store: str | None = None) -> set[str]:
    """Find which of these tags are seals of the branch: their names."""
    head = repository.head()
    if head is None or not tags:
        return set()
    said = dict(_read(tags, store or repository.first_commit(head) or ""))
    parents = _first_parents(repository, head, {tag.target for tag in said})
    found = [(tag, seal) for tag, seal in said.items() if tag.target in parents]
    made = _roots(repository, [(tag.target, _path(tag)) for tag, _ in found])
    before = _roots(repository, [(parents[tag.target], _path(tag)) for tag, _ in found])
    return {
        tag.name
        for (tag, seal), root, earlier in zip(found, made, before, strict=True)
        if root == seal.root and earlier is None
    }


def _read(tags: Sequence[TagRef], store: str) -> Iterator[tuple[TagRef, Seal]]:
    """Read those tags that are a seal of this store by their form."""
    for tag in tags:
        if tag.inner_name == tag.name and is_stored_uuid(tag.name.removeprefix(TAG_PREFIX)):
            try:
                seal = parse_seal(tag.message)
            except ValueError:
                continue
            if seal.store == store:
                yield tag, seal


def _is_chain(seals: Sequence[Seal]) -> bool:
    """Whether these seals are numbered from 1, and each names the root before it."""
    start = Seal(root=FIRST_PREVIOUS, number=0, previous="", store="")
    return all(of.number == last.number + 1 and of.previous == last.root for last, of in pairwise([start, *seals]))


def _path(tag: TagRef) -> str:
    return load_kinds()[_KIND].path(tag.name.removeprefix(TAG_PREFIX))


def _first_parents(repository: Repository, head: str, targets: set[str]) -> Mapping[str, str | None]:
    """Map those of some objects that are commits of the branch to their first parents."""
    if len(targets) > 1:
        lines = repository.git.run("rev-list", "--parents", head).decode().splitlines()
        commits = {commit: parents[0] if parents else None for commit, *parents in map(str.split, lines)}
        return {target: commits[target] for target in targets & commits.keys()}
    found: dict[str, str | None] = {}
    for target, kind, content in repository.objects(targets):
        if kind == "commit" and repository.has_ancestor(target, head):
            found[target] = next(iter(parse_commit(target, content).parents), None)
    return found


def _roots(repository: Repository, places: Sequence[tuple[str | None, str]]) -> Iterator[str | None]:
    """Yield the root that the record at each of these places, a commit and a path, is sealed with."""
    ids = iter(repository.ids_of((commit, path) for commit, path in places if commit is not None))
    asked = [(path, None if commit is None else next(ids)) for commit, path in places]
    contents = repository.read(object_id for _, object_id in asked if object_id is not None)
    for path, object_id in asked:
        yield None if object_id is None else _root(path, next(contents)[1])


def _root(path: str, data: bytes) -> str | None:
    try:
        seal = read_record(path, data).body.get("seal")
    except CorruptRecordError:
        return None
    return str(seal["root"]) if isinstance(seal, dict) and "root" in seal else None
