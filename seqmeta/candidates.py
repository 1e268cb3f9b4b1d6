"""What an index tells of the records that may be meant at a commit, be it of that commit or of another.

An index of another commit (an older revision is asked for, or others committed since the last run) is as good for what
is the same in both: what differs between the two is added to each answer, and whoever asks looks at the records.
"""

from collections.abc import Callable, Mapping

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.holdings import Holdings, LostIndexError
from seqmeta.kinds import load_kinds
from seqmeta.worktree import is_record_path

_MOST_DIFFERING = 5000
"""An index of a commit that differs in more records of a kind than this is of no help for them."""


class Candidates:
    """The records of a commit that may be meant, as far as an index tells of them."""

    def __init__(self, repository: Repository, commit: str, holdings: Holdings | None) -> None:
        """Take what an index holds, None where there is none."""
        self._repository = repository
        self._commit = commit
        self._holdings = holdings
        self._differing: Mapping[str, list[str]] | None = None

    def here(self) -> Holdings:
        """The index of this very commit; LostIndexError where there is none."""
        if self._holdings is None or self._holdings.head != self._commit:
            raise LostIndexError
        return self._holdings

    def of(self, kind: str, ask: Callable[[Holdings], list[str]]) -> list[str]:
        """The UUIDs that an index answers, sorted, and all that might have been answered otherwise at this commit.

        LostIndexError where no index is of help.
        """
        if self._holdings is None:
            raise LostIndexError
        told = ask(self._holdings)
        if self._holdings.head == self._commit:
            return told
        if self._differing is None:
            self._differing = self._find_differing(self._holdings.head)
        differing = self._differing[kind]
        if len(differing) > _MOST_DIFFERING:
            raise LostIndexError
        return sorted({*told, *differing})

    def _find_differing(self, commit: str) -> Mapping[str, list[str]]:
        """The UUIDs of the records in which the commit of the index differs from this one, by kind."""
        kinds = {kind.plural: name for name, kind in load_kinds().items()}
        differing: dict[str, list[str]] = {name: [] for name in kinds.values()}
        try:
            for change in self._repository.changed(commit, self._commit):
                folder = change.path.partition("/")[0]
                if is_record_path(change.path) and folder in kinds and len(differing[kinds[folder]]) <= _MOST_DIFFERING:
                    differing[kinds[folder]].append(change.path[-41:-5])
        except StoreError:  # the commit of the index is none of this store any more
            self._holdings = None
            raise LostIndexError from None
        return differing
