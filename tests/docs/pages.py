"""Pages of the documentation as what can be tried: commands with their output, files, and pieces of data.

In a `console` block a line that begins with `$ ` is a command (`> ` continues it) and the rest is what it prints, on
either stream; `…` stands for what varies, alone on a line for any number of lines. A block of another language that
begins with a comment such as `# config/descriptions/order.yaml` is that file, and with `, at the end` more of it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calls import call, is_bare

FENCE = re.compile(r"^```(?P<language>[\w-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^(?:#|<!--) (?P<path>[\w./-]*(?:\.\w+|Snakefile))(?P<more>, at the end)?(?: -->)?$")


@dataclass(frozen=True)
class Block:
    """One fenced block, with the line of the page that it begins on."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def file(self) -> tuple[str, bool] | None:
        """The path that the block is the text of, and whether it goes to the end of what is there."""
        found = _FILE.match(self.text.partition("\n")[0])
        return (found["path"], bool(found["more"])) if found and self.language != "console" else None


@dataclass(frozen=True)
class Command:
    """One command of a console block, and the output that the page shows."""

    text: str
    shown: str


def blocks_of(page: Path) -> list[Block]:
    """Read the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])
        for found in FENCE.finditer(text)
    ]


def commands_of(block: Block) -> Iterator[Command]:
    """Split a console block into commands."""
    for piece in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = piece.split("\n")
        words = [lines.pop(0)]
        while lines and lines[0].startswith("> "):
            words.append(lines.pop(0).removeprefix("> "))
        yield Command("\n".join(words), "\n".join(lines).rstrip("\n"))


def matches(shown: str, printed: str) -> bool:
    """Whether what was printed is what the page shows."""
    pattern = ""
    for line in shown.split("\n"):
        pattern += "(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.split("…"))) + "\n"
    return (
        re.fullmatch(pattern, "\n".join(line.rstrip() for line in printed.rstrip("\n").split("\n")) + "\n") is not None
    )


_READER = {
    f"GIT_{role}_{what}": of
    for role in ("AUTHOR", "COMMITTER")
    for what, of in (("NAME", "A reader"), ("EMAIL", "reader@example.org"))
}
"""A reader's own git knows who they are."""


@dataclass
class Shell:
    """Where commands are tried: a folder that `cd` moves on from."""

    folder: Path
    state: Path

    def write(self, path: str, text: str, *, more: bool) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text(encoding="utf-8") if more else ""
        target.write_text(before + text, encoding="utf-8")

    def run(self, command: str) -> str:
        """Run a command; return what it prints."""
        shown = {"COLUMNS": "100", "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}  # as lines come at a terminal
        environment = {**os.environ, **_READER, **shown}
        if is_bare(command):
            return call(command, self.folder, environment)
        printed = call(f'{command}\npwd > "{self.state}"', self.folder, environment)
        self.folder = Path(self.state.read_text(encoding="utf-8").strip())
        return printed


def try_page(page: Path, shell: Shell) -> Iterator[tuple[Block, Command, str]]:
    """Walk through a page as its reader does; yield each command with what it printed."""
    for block in blocks_of(page):
        if block.file:
            path, more = block.file
            shell.write(path, block.text.partition("\n")[2] if more else block.text, more=more)
        elif block.language == "console":
            for command in commands_of(block):
                if command.text.startswith("make "):  # these set up a whole environment: others run them
                    continue
                yield block, command, shell.run(command.text)
