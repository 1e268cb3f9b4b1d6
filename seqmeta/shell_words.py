"""The command line that a person is typing in bash: text up to the cursor to words, and candidates back to text.

Bash gives a completion what was typed, quotes and all, and evaluating that would run what stands in it. So it is only
read here, as far as quoting goes: what would be expanded or substituted stays as it stands.
"""

from dataclasses import dataclass

_SEPARATORS = frozenset(";|&()<>\n")
_KEPT_BEFORE = frozenset("@$")
"""Characters that break words for readline and yet belong to what is completed."""

_SAFE = frozenset("_./,+%@:=-")


@dataclass(slots=True)
class Line:
    """The words before the cursor; the last, which is being typed, apart.

    `quote` is the quote that is open at the cursor. Readline replaces what stands behind `head`, a part of `current`.
    `is_closed` says that a quote was closed within `current`: then it cannot be told what readline would replace.
    """

    words: list[str]
    current: str = ""
    head: str = ""
    quote: str = ""
    is_closed: bool = False


def parse_line(text: str, breaks: str) -> Line:
    """Read a line up to the cursor; `breaks` are the characters that readline breaks words at."""
    line = Line([])
    is_word = is_escaped = False
    for char in text:
        if is_escaped:
            line.current += char if line.quote != '"' or char in '$`"\\' else "\\" + char
            is_escaped = False
        elif char == "\\" and line.quote != "'":
            is_escaped = is_word = True
        elif line.quote:
            _take_quoted(line, char)
        elif char.isspace() or char in _SEPARATORS:
            words = [] if char in _SEPARATORS else line.words + [line.current] * is_word
            line, is_word = Line(words), False
        else:
            _take_plain(line, char, breaks)
            is_word = True
    return line


def _take_quoted(line: Line, char: str) -> None:
    if char == line.quote:
        line.quote, line.is_closed = "", True
    else:
        line.current += char


def _take_plain(line: Line, char: str, breaks: str) -> None:
    if char in "'\"":
        line.quote, line.head = char, line.current
        return
    before = line.current
    line.current += char
    if char in breaks:
        line.head = before if char in _KEPT_BEFORE else line.current


def quote(text: str, sign: str) -> str:
    """Write text so that bash reads just that, behind an open quote (or none); the last quote is left to readline."""
    if sign == "'":
        return text.replace("'", "'\\''")
    if sign == '"':
        escaped = "".join(f"\\{char}" if char in '$`"\\' else char for char in text)
        return escaped.replace("!", "\"'!'\"")  # within double quotes an interactive bash looks for it in its history
    return "".join(char if char.isalnum() or char in _SAFE else f"\\{char}" for char in text)
