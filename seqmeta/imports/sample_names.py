"""What keeps a text from being the name of a sample: too long, or characters that no description may have."""

from seqmeta.imports.drafts import is_writable
from seqmeta.rendering import printable
from seqmeta.values import shorten

LONGEST_NAME = 96


def find_fault(name: str) -> tuple[str, str] | None:
    """Return code and message of what is wrong with a name, None where it is good."""
    if not is_writable(name):
        return "invalid_text", f"{shorten(printable(name))} has a character that no name may have"
    if len(name) > LONGEST_NAME:
        return "out_of_range", f"{shorten(name)} has {len(name)} characters: expected at most {LONGEST_NAME}"
    return None
