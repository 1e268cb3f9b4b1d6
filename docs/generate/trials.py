"""Examples tried out in a laboratory of their own, and what they print."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from calls import call
from layout import block


class UnprovokedError(Exception):
    """An example does not have the problem that it is the example of."""


def run(command: str, folder: Path) -> str:
    """Run a command of the shell in a folder, as nobody in particular; return what it prints on either stream."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "XDG_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    fixed = {"COLUMNS": "100", "HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PATH": path}
    return call(command, folder, inherited | fixed)


def make_lab(folder: Path) -> Path:
    """Make the laboratory of `seqmeta init` below a folder, recorded once."""
    run("seqmeta init lab", folder)
    run("seqmeta -C lab apply", folder)
    return folder / "lab"


def try_problem(entry: Mapping[str, str], lab: Path, copy: Path) -> str:
    """Try the example of one code in a copy of the laboratory; write it with what it prints."""
    shutil.copytree(lab, copy, symlinks=True)
    target = copy / entry.get("file", "config/descriptions/example.yaml")
    text = ""
    if "before" in entry:
        target.write_text(entry["before"], encoding="utf-8")
        run("seqmeta apply", copy)
        text += f"Recorded first:\n\n{block(entry['before'], 'yaml')}\nThen:\n\n"
    if "example" in entry:
        target.write_text(entry["example"], encoding="utf-8")
        language = "yaml" if target.suffix == ".yaml" else "text"
        title = "" if language == "yaml" else f"`{target.name}`:\n\n"
        text += title + block(entry["example"], language) + "\n"
    command = entry.get("command", "seqmeta check")
    printed = run(command, copy)
    shown = [line for line in printed.splitlines() if line.endswith(f"[{entry['code']}]")]
    if not shown:
        raise UnprovokedError(f"{entry['code']}: the example does not provoke it but prints\n{printed}")
    asked = (
        f"What `{command}` says:\n\n" if "\n" not in command.strip() else f"Made by:\n\n{block(command)}\nIt says:\n\n"
    )
    return text + asked + block("\n".join(dict.fromkeys(shown)))
