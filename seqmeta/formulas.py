"""Cells of spreadsheets to text and back: nothing that is written may be taken for a formula (OWASP, CSV injection).

Text that a spreadsheet would compute gets an apostrophe in front, which reading takes off again; so does text that
looks as if it had got one. This is for tables that people open (`export table`, reports and lists as csv); what
programs read (sample sheets, Majora's table) has the exact text.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def shield(text: str) -> str:
    """Return what to write into a cell so that it is shown, and never computed."""
    return f"'{text}" if _FORMULA.match(text) else text


def unshield(text: str) -> str:
    """Return the text that a cell was written for."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
