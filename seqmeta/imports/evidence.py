"""What several files say of one thing, to one value and the contradictions: the first file that says it is believed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from seqmeta.values import shorten


@dataclass(slots=True)
class Evidence:
    """Values by fact, each with the file it is from, in the order in which the files are believed."""

    found: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _left: dict[str, list[str]] = field(default_factory=dict)

    def add(self, fact: str, value: str | None, origin: str) -> None:
        """Note that a file says something; nothing where it has no value."""
        if value:
            self.found.setdefault(fact, []).append((value, origin))

    def leave(self, origin: str, what: str, value: str) -> None:
        """Note something that was found and belongs to no fact."""
        self._left.setdefault(origin, []).append(f"{what} = {value}")

    def merge(self, other: "Evidence") -> None:
        """Take over what another file says; what is known already is believed before it."""
        for fact, values in other.found.items():
            self.found.setdefault(fact, []).extend(values)
        for origin, texts in other._left.items():  # noqa: SLF001 - of the same class
            self._left.setdefault(origin, []).extend(texts)

    @property
    def leftovers(self) -> list[str]:
        """What was found and belongs to no fact, a paragraph for each file."""
        return [f"{origin}: {'; '.join(texts)}" for origin, texts in self._left.items()]

    def get(self, fact: str) -> str | None:
        """Return what is believed."""
        return self.found[fact][0][0] if fact in self.found else None

    def contradictions(self, fact: str) -> list[str]:
        """List what other files say instead."""
        if fact not in self.found:
            return []
        believed, first = self.found[fact][0]
        others = {(value, origin): None for value, origin in self.found[fact][1:] if value.lower() != believed.lower()}
        return [
            f"{origin} says {shorten(value)}, and {first} {shorten(believed)}: which is right?"
            for value, origin in others
        ]

    def metadata(self, facts: dict[str, str]) -> dict[str, str]:
        """Return the believed values of some facts under the names that metadata has for them."""
        return {name: value for fact, name in facts.items() if (value := self.get(fact)) is not None}

    def unsettled(self, heeded: set[str]) -> Iterator[str]:
        """List the contradictions of all facts but those that are noted elsewhere."""
        for fact in self.found:
            if fact not in heeded:
                yield from (f"{fact}: {text}" for text in self.contradictions(fact))
