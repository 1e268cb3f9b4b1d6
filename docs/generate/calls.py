"""Commands of the shell as pages show them, and what they print."""

import contextlib
import io
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from seqmeta.cli import main

_BARE = re.compile(r"""seqmeta(?: (?:[\w./@:=,+%-]+|'[^'\n]*'|"[^"$`\\!\n]*"))*""")


def is_bare(command: str) -> bool:
    """Whether a command is one call of `seqmeta`, without anything that a shell would see to but quotes."""
    return _BARE.fullmatch(command) is not None


def call(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command of the shell in a folder; return what it prints on either stream.

    A bare call of `seqmeta` is made in this process: to start Python anew takes many times what most calls take.
    Anything else is a process of its own.
    """
    if is_bare(command):
        return _call_here(shlex.split(command)[1:], folder, environment)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    return done.stdout


def _call_here(words: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    printed = io.StringIO()
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.suppress(SystemExit),  # argparse ends so after --help
    ):
        main(words)
    return printed.getvalue()
