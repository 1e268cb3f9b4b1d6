"""A program of the test's own in git's place: the real one but for what it is to do otherwise."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqmeta import git_command


@contextmanager
def standing_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Yield what puts a script in git's place, kept in a new folder; `$real` in it is the real one."""
    real = git_command.find_git()
    folder.mkdir()

    def make(body: str, version: str = "git version 2.50.0") -> None:
        script = f"#!/bin/sh\nreal={real}\n[ \"$1\" = version ] && {{ echo '{version}'; exit 0; }}\n{body}\n"
        (folder / "git").write_text(script)
        (folder / "git").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        git_command.find_program.cache_clear()
        git_command.find_git.cache_clear()

    yield make
    git_command.find_program.cache_clear()
    git_command.find_git.cache_clear()


def where(word: str, does: str) -> str:
    """Write a script that is the real git but where this word is among its arguments."""
    return f'case " $* " in *" {word} "*) {does};; *) exec $real "$@";; esac'
