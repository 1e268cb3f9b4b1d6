"""Values and YAML that says them, in as many spellings as the YAML 1.2 specification has: an oracle for the reader.

The value comes first and the text is made from it by the rules of the specification (chapters 6 to 9); nothing here
reads YAML, and nothing is shared with the reader. One seed gives the same documents for ever.
"""

import random
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

NULL_SPELLINGS = ("null", "Null", "NULL", "~", "")
TRAPS = (
    "NO", "yes", "On", "y", "true", "False", "0123", "0x1F", "0o14", "0b11", "1_000", "1.10", "1e3", "+1", "-1", "-0",
    ".5", ".inf", "-.INF", ".nan", "12:30:45", "190:20:30", "2001-01-01", "2020-03-22T10:05:00Z", "null", "~", "Null",
    "<<", "=", "-", "--", "---", "...", "?", ":", "- a", "? b", ": c", "a: b", "a:", ":a", "a #b", "#c", "a#b", "&a",
    "*a", "!t", "!!str x", "%x", "@x", "`x", "[x", "{x", "]x", "}x", ",x", "'q", '"q', "it's", 'say "hi"', "|", ">",
    "a, b", "a,b", "a]b", "{{x}}", "\\n", "\\", "C:\\x", "http://x/y?z=1#f", "a::b", "-a", "?a", "a b  c", "x   y",
    "10 µl", "naïve", "e\u0301", "한국어", "שלום", "😀 run", "a\u00a0b", "a\u200bb", "ﬁn", "Å", "A\u030a", "$(rm)",
    "`id`", "|-",
    "{output}", "=1+1", "a\nb", "a\n\nb", "a\n b", "one two three four five six", "# not a comment", "a\n- b\n- c: d",
    "first line\nsecond: line\n# third", "a \nb", "key: |", "x" * 90, "a\n\n\n  b\nc",
    "?#", "?'a", '?"a"', "-#", ":#", "a?", "?,",
)  # fmt: skip
LETTERS = "abcdefgxyzABCXYZ0123456789" * 2 + "   .,:;-_/#?!&*@%'\"[]{}()|<>=+~^$\\`" + "éßµ漢😀"
SHORT = {"\n": "n", '"': '"', "\\": "\\", "/": "/", " ": " ", "\u00a0": "_"}


def normal(text: str) -> str:
    """What a text is read as: NFC, without outer white space."""
    return unicodedata.normalize("NFC", text).strip()


class Written(NamedTuple):
    """A value and a text that says it; `is_odd` where the text has in brackets what hardly a parser reads."""

    value: dict[str, object]
    text: str
    is_odd: bool


class Writer:
    """Makes values, and writes each down in a spelling chosen at random."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._often = self.chance.random
        self._is_odd = False

    def text(self) -> str:
        """Make a text that is not empty."""
        chance = self.chance
        if self._often() < 0.5:
            return chance.choice(TRAPS)
        made = "".join(chance.choices(LETTERS, k=chance.randint(1, 14)))
        return made if normal(made) else "x"

    def value(self, depth: int) -> object:
        """Make a value: text, nothing, a list or a mapping, at most so deep."""
        draw = self._often()
        if depth == 0 or draw < 0.62:
            return self.text() if draw > 0.05 else None
        count = self.chance.randint(0, 3)
        return [self.value(depth - 1) for _ in range(count)] if draw < 0.8 else self.mapping(depth - 1, count)

    def mapping(self, depth: int, count: int) -> dict[str, object]:
        """Make a mapping whose keys are distinct as they are read."""
        made: dict[str, object] = {}
        for _ in range(count):
            key = self.text().replace("\n", " ")
            if normal(key) not in {normal(other) for other in made} and normal(key) not in (*NULL_SPELLINGS, "<<"):
                made[key] = self.value(depth)
        return made

    def document(self) -> Written:
        """Make a mapping and the text of a document that says it, from `---` on."""
        self._is_odd = False
        value = self.mapping(2, self.chance.randint(1, 4)) or {"a": "b"}
        if self._often() < 0.12:
            text = f"--- {self._flow(value, 0)}{self._tail(0)}"
        else:
            text = f"---{self._tail(0)}{self._block_mapping(value, 0)}"
        return Written(value, text, self._is_odd)

    def _tail(self, column: int) -> str:
        """The end of a line, perhaps with a comment, perhaps with lines behind it that say nothing."""
        draw = self._often()
        if draw < 0.85:
            return "\n"
        return " # said: 'so'\n" if draw < 0.93 else f"\n{' ' * column}# {{a: [b\n" if draw < 0.97 else "\n\n"

    def _block_mapping(self, value: dict[str, object], column: int, first: str | None = None) -> str:
        lead, out = (" " * column if first is None else first), []
        for key, inner in value.items():
            if self._often() < 0.06:
                out.append(f"{lead}? {self._key(key, flow=False)}\n{' ' * column}:{self._behind(inner, column)}")
            else:
                out.append(f"{lead}{self._key(key, flow=False)}:{self._behind(inner, column)}")
            lead = " " * column
        return "".join(out)

    def _block_list(self, value: list[object], column: int, first: str | None = None) -> str:
        lead, out = (" " * column if first is None else first), []
        for inner in value:
            out.append(f"{lead}-{self._behind(inner, column, in_list=True)}")
            lead = " " * column
        return "".join(out)

    def _behind(self, value: object, column: int, *, in_list: bool = False) -> str:
        """What stands behind the `:` or `-` in a column, to the end of its last line."""
        if value is None:
            spelled = self.chance.choice(NULL_SPELLINGS)
            return f" {spelled}{self._tail(column)}" if spelled else self._tail(column)
        if isinstance(value, str):
            return self._block_text(value, column)
        if not value or self._often() < 0.25:
            return f" {self._flow(value, column + 1)}{self._tail(column)}"
        write: Callable[..., str] = self._block_list if isinstance(value, list) else self._block_mapping
        if in_list and self._often() < 0.6:
            gap = self.chance.randint(1, 3)
            return write(value, column + 1 + gap, " " * gap)
        at_same = isinstance(value, list) and not in_list and self._often() < 0.4
        return f"{self._tail(column)}{write(value, column if at_same else column + self.chance.randint(1, 4))}"

    def _block_text(self, text: str, column: int) -> str:
        draw = self._often()
        if draw < 0.2:
            return f" {self._literal(text, column)}"
        if draw < 0.3 and not any(line[:1] in {" ", ""} for line in text.split("\n")) and "  " not in text:
            return f" {self._folded(text, column)}"
        return f" {self._flow_text(text, column + self.chance.randint(1, 3), flow=False)}{self._tail(column)}"

    def _literal(self, text: str, column: int) -> str:
        deeper = self.chance.randint(1, 4)
        must = text.startswith((" ", "\n"))
        digit = str(deeper) if must or self._often() < 0.2 else ""
        header = "|" + self.chance.choice([digit + "-", digit + "+", digit, "-" + digit, "+" + digit])
        return header + "\n" + self._indented(text.split("\n"), column + deeper)

    def _folded(self, text: str, column: int) -> str:
        lines = []
        for line in text.split("\n"):
            words = line.split(" ")
            made = words[0]
            for before, word in pairwise(words):
                breaks = before and word and self._often() < 0.3
                made += ("\n" if breaks else " ") + word
            lines.append(made)
        header = ">" + self.chance.choice(["", "-", "+"])
        return header + "\n" + self._indented("\n\n".join(lines).split("\n"), column + self.chance.randint(1, 4))

    @staticmethod
    def _indented(lines: list[str], column: int) -> str:
        return "".join(f"{' ' * column}{line}\n" if line else "\n" for line in lines)

    def _key(self, key: str, *, flow: bool) -> str:
        styles = ["single", "double"] + ["plain"] * 3 * is_plain(key, flow=flow)
        style = self.chance.choice(styles)
        self._is_odd |= flow and style == "plain" and is_odd(key)
        return self._styled(style, key, None) + " " * (self._often() < 0.05)

    def _flow(self, value: object, column: int) -> str:
        if value is None:
            return self.chance.choice(NULL_SPELLINGS[:-1])
        if isinstance(value, str):
            return self._flow_text(value, column, flow=True)
        comma = "," + (" " if self._often() < 0.9 else f"\n{' ' * (column + 1)}")
        last = "," if value and self._often() < 0.1 else ""
        if isinstance(value, list):
            return f"[{comma.join(self._flow(inner, column + 1) for inner in value)}{last}]"
        pairs = (f"{self._key(key, flow=True)}: {self._flow(inner, column + 1)}" for key, inner in value.items())
        return "{" + comma.join(pairs) + last + "}"

    def _flow_text(self, text: str, column: int, *, flow: bool) -> str:
        styles = ["double"]
        if not has_spaced_break(text):
            styles.append("single")
        if is_plain(text, flow=flow):
            styles += ["plain"] * 3
        style = self.chance.choice(styles)
        self._is_odd |= flow and style == "plain" and is_odd(text)
        return self._styled(style, text, column)

    def _styled(self, style: str, text: str, column: int | None) -> str:
        """Write a text on one line (no column: it is a key) or on several that begin in this column."""
        if style == "plain":
            return self._folding(text, column, plain=True)
        if style == "single":
            return f"'{self._folding(text.replace(chr(39), chr(39) * 2), column)}'"
        return f'"{self._double(text, column)}"'

    def _folding(self, text: str, column: int | None, *, plain: bool = False) -> str:
        """Break lines at single spaces, and write line breaks as empty lines."""
        if column is None:
            return text
        pieces = []
        for line in text.split("\n"):
            words = line.split(" ")
            made = words[0]
            for before, word in pairwise(words):
                can = before and word and not (plain and word.startswith("#"))
                made += (f"\n{' ' * column}" if can and self._often() < 0.08 else " ") + word
            pieces.append(made)
        joined = pieces[0]
        for before, piece in pairwise(pieces):
            # An empty line before said its break already: one more line end for each further one.
            joined += (("\n\n" if before else "\n") + (" " * column if piece else "")) + piece
        return joined

    def _double(self, text: str, column: int | None) -> str:
        out = []
        for place, char in enumerate(text):
            draw = self._often()
            code = ord(char)
            if char in '"\\\n' or draw < 0.04:
                forms = [f"\\{SHORT[char]}"] * 3 if char in SHORT else []
                forms += [f"\\x{code:02x}"] if code < 256 else []
                forms += [f"\\u{code:04X}"] if code < 65536 else []
                out.append(self.chance.choice([*forms, f"\\U{code:08x}"]))
            elif column is not None and draw < 0.06 and place > 0 and " " not in text[place - 1 : place + 1]:
                out.append(f"\\\n{' ' * column}{char}")
            else:
                out.append(char)
        return "".join(out)


def is_plain(text: str, *, flow: bool) -> bool:
    """Whether a text may stand without quotes (YAML 1.2.2, 7.3.3), and is then text and not nothing."""
    first, rest = text[:1], text[1:2]
    if text in NULL_SPELLINGS or text != text.strip(" ") or has_spaced_break(text):
        return False
    if re.match(r"(?:---|\.\.\.)(?:\s|$)", text):
        return False
    if first in "-?:" and (not rest or rest in " \n" or (flow and rest in ",[]{}")):
        return False
    if first in ",[]{}#&*!|>'\"%@`" or (flow and any(char in ",[]{}" for char in text)):
        return False
    return not any(sign in f"{text} ".replace("\n", " ") for sign in (": ", " #"))


def is_odd(text: str) -> bool:
    """Whether libyaml (0.2) does not read a plain text in brackets, or only a part of it."""
    return text[0] in "?:" or ":?" in text


def has_spaced_break(text: str) -> bool:
    """Whether spaces stand at a line break, which folding would take away."""
    return " \n" in text or "\n " in text


def read_as(value: object) -> object:
    """What a value is to be read as."""
    if isinstance(value, str):
        return normal(value)
    if isinstance(value, list):
        return [read_as(inner) for inner in value]
    if isinstance(value, dict):
        return {normal(key): read_as(inner) for key, inner in value.items()}
    return None
