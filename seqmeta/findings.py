"""What was found and mended in the store: values for the user to read, never errors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was not as it should be in the store; the message says what was done about it.

    `path` is relative to the store; `code` never changes its meaning.
    """

    code: str
    path: str
    message: str
