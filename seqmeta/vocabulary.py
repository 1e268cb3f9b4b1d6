"""Controlled terms: which spellings mean which term, and how archives spell it (CONTRACT 2 and 2.1)."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


def fold(text: str) -> str:
    """Fold case, and take space, `-` and `_` as the same: two spellings of one term fold alike."""
    return text.replace(" ", "_").replace("-", "_").casefold()


class Term(NamedTuple):
    """One term as it is stored, with the archive's spelling, its synonyms and, of a model, its makes."""

    name: str
    ena: str
    synonyms: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one field, found by any of their spellings."""

    terms: tuple[Term, ...]
    by_spelling: Mapping[str, Term] = field(compare=False)

    def find(self, text: str) -> Term | None:
        """Find the term that the text means, whatever its case and separators."""
        return self.by_spelling.get(fold(text))

    @property
    def names(self) -> list[str]:
        """The terms as they are stored, in the order of the vocabulary."""
        return [term.name for term in self.terms]


def make_terms(terms: Iterable[Term]) -> Terms:
    """Index terms by their own, the archive's and their synonyms' spelling; of two that claim one, the first has it."""
    listed = tuple(terms)
    by_spelling = {fold(term.name): term for term in reversed(listed)}
    for term in listed:
        for spelling in (term.ena, *term.synonyms):
            by_spelling.setdefault(fold(spelling), term)
    return Terms(listed, by_spelling)


def plain_terms(names: Iterable[str]) -> Terms:
    """Make terms of a fixed list, such as a schema's `allowed`: each stored as the list spells it."""
    return make_terms(Term(name, name) for name in names)


def nearest(text: str, names: Iterable[str]) -> str | None:
    """Find the name that the text most likely meant, or None when none is near.

    It is one that is spelt much the same, else the only one that has the text among its words: `run` may mean
    `sequencing_run`. A word of several means none of them.
    """
    if text.lstrip("+-").replace(".", "").isdigit():  # no number is meant by another one
        return None
    folded = {fold(name): name for name in sorted(names, reverse=True)}  # of those that are spelt the same, the first
    asked = fold(text[:256])
    worded = [name for name in folded if asked in name.split("_")]
    alike = difflib.get_close_matches(asked, folded, n=1, cutoff=0.6)
    if alike and alike[0] not in worded:
        return folded[alike[0]]
    return folded[worded[0]] if len(worded) == 1 else None


_ALIKE = str.maketrans("oil", "011")


def nearest_name(text: str, names: Iterable[str]) -> str | None:
    """Find the name of a thing that the text most likely meant; a slip in a number names another thing, so none then.

    `GUT-O4` and `GUT-4` may mean GUT-04, but `GUT-15` does not mean GUT-14.
    """
    by_sound: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_sound.setdefault(_sound(name), []).append(name)
    same = by_sound.get(_sound(text), ())
    if len(same) == 1:
        return same[0]
    numbers = _numbers(text)
    return nearest(text, [name for of in by_sound.values() for name in of if _numbers(name) == numbers])


def _sound(text: str) -> str:
    """Fold what eyes and keyboards confuse: O and 0, I, l and 1, leading zeros."""
    folded = fold(text).translate(_ALIKE)
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", folded)


def _numbers(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)


_MOST_LISTED = 400
"""So many characters may names have together to be listed."""


def expected(text: str, names: list[str], most: int = 16) -> str:
    """Say what was expected: all the legal names, or where they are many how many; and the nearest to a text if any."""
    near = nearest(text, names) if text else None
    listed = ", ".join(names) if len(names) <= most and sum(map(len, names)) <= _MOST_LISTED else ""
    hint = f" (did you mean {near}?)" if near else ""
    return f"expected {listed or f'one of {len(names)} terms'}{hint}"
