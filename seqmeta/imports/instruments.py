"""Serial numbers, control software and chips to the one model that all of them allow; the names are data."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from seqmeta.reader import read_yaml
from seqmeta.vocabulary import Terms, fold

Clues = Sequence[tuple[str, str, str]]
"""Which table of instruments.yaml to look in, what the file calls the clue, and its text."""


class Model(NamedTuple):
    """The models that the clues allow, and where those are not one, the reason."""

    allowed: tuple[str, ...]
    reasons: list[str]

    @property
    def name(self) -> str | None:
        """The model, None where it is not known."""
        return self.allowed[0] if len(self.allowed) == 1 else None


@cache
def _tables() -> Mapping[str, Any]:
    data = resources.files("seqmeta.imports").joinpath("instruments.yaml").read_bytes()
    reading = read_yaml(data)
    if reading.faults or not isinstance(reading.documents[0].value, dict):
        raise ValueError(f"the packaged instruments are faulty: {reading.faults}")
    return reading.documents[0].value


def find_model(make: str, clues: Clues, terms: Terms) -> Model:
    """Find the model that all clues allow."""
    allowed: list[str] | None = None
    heeded: list[str] = []
    for table, name, text in clues:
        models = _models(make, table, text, terms)
        if models is None:
            continue
        heeded.append(f"{name} {text}")
        left = models if allowed is None else [model for model in allowed if model in models]
        if not left:
            return Model((), [f"{' and '.join(heeded)} do not belong to one model: which is right?"])
        allowed = left
    if allowed is None:
        return Model((), [f"no model is known for {name} {text}" for _, name, text in clues if text][:1])
    if len(allowed) > 1:
        return Model(tuple(allowed), [f"{' and '.join(heeded)}: this is one of {', '.join(allowed)}"])
    return Model(tuple(allowed), [])


def _models(make: str, table: str, text: str, terms: Terms) -> list[str] | None:
    """List the models that a clue allows; None where it says nothing."""
    known = _tables()[make][table]
    if table == "words":
        term = terms.find(text)
        if term is not None and make in term.makes:
            return [term.name]
        found = next((models for word, models in known.items() if fold(word) == fold(text)), None)
    else:
        found = next((models for pattern, models in known.items() if re.fullmatch(pattern, text, re.ASCII)), None)
    return None if found is None else list(found)
