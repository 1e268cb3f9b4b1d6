"""The terms that the archive (ENA/SRA) has, by field: `archive_terms.yaml` to plain values."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from seqmeta.reader import read_yaml
from seqmeta.vocabulary import fold


@cache
def load_archive_terms() -> Mapping[str, frozenset[str]]:
    """Load the archive's own spelling of all its terms."""
    data = resources.files("seqmeta").joinpath("archive_terms.yaml").read_bytes()
    value = read_yaml(data).documents[0].value
    if not isinstance(value, dict):
        raise TypeError("archive_terms.yaml is no mapping")
    return {name: frozenset(map(str, terms or ())) for name, terms in value.items()}


def suggest_line(vocabulary: str, text: str) -> str | None:
    """Give the line of a vocabularies file that makes a term of the archive legal, where the text is such a term."""
    spelling = next((of for of in load_archive_terms().get(vocabulary, ()) if fold(of) == fold(text)), None)
    if spelling is None:
        return None
    name = spelling.replace(" ", "_").replace("-", "_").upper()
    return f"{vocabulary}: {{{name}: {{ena: {spelling}}}}}"
