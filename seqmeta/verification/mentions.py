"""The records that other records name, and which of them are not there at the end of a walk (CONTRACT 3)."""

from dataclasses import dataclass, field

from seqmeta.verification.paths import path_of
from seqmeta.verification.standings import Standings

_MANY = 50_000


@dataclass(slots=True)
class Mentions:
    """What was named: `named` takes kind and UUID as they are read, until `settle` looks for them among the records."""

    named: set[tuple[str, str]] = field(default_factory=set)
    _absent: set[str] = field(default_factory=set)
    _few: int = 0

    def settle(self, records: Standings) -> None:
        """Keep of what was named only what is not among these records, which it may be later on."""
        self._absent.update(path for path in (path_of(*of) for of in self.named) if path not in records)
        self.named.clear()
        if len(self._absent) > self._few:
            self._absent = self.missing(records)
            self._few = 2 * len(self._absent) + _MANY

    def reopen(self, path: str) -> None:
        """Take note that a record was removed, which others may have named."""
        self._absent.add(path)

    def missing(self, records: Standings) -> set[str]:
        """List the paths of what was named, or removed, and is not among these records."""
        return {path for path in self._absent if path not in records}
