"""Texts to Markdown: paragraphs, cells, rows, tables and blocks."""

import textwrap

NOTICE = "<!-- made by docs/generate: change what it is made of, and run `make docs` -->\n\n"


def cell(text: object) -> str:
    """Write text as a cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def row(*cells: object) -> str:
    """Write a row of a table."""
    return f"| {' | '.join(map(cell, cells))} |\n"


def table(*heads: str) -> str:
    """Write the head of a table."""
    return row(*heads) + row(*("---" for _ in heads))


def code(text: object) -> str:
    """Write text as code."""
    return f"`{text}`"


def block(text: str, language: str = "text") -> str:
    """Write text as a block of its own."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def sentence(text: str) -> str:
    """Write the words of a code base (no capital, no full stop) as a sentence."""
    return f"{text[0].upper()}{text[1:]}."


def paragraph(*parts: str) -> str:
    """Write a paragraph in lines of a length that people read."""
    return textwrap.fill(" ".join(parts), 118, break_long_words=False, break_on_hyphens=False) + "\n\n"
