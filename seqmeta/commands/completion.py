"""Print the script that makes a shell complete commands, options, kinds and the names of records.

Names come from what the last run of the workspace kept, so pressing the key reads no records and runs no git.

examples:
  seqmeta completion bash > ~/.local/share/bash-completion/completions/seqmeta
  seqmeta completion zsh > ~/.zfunc/_seqmeta     # with fpath=(~/.zfunc $fpath) before compinit in ~/.zshrc
  seqmeta completion fish > ~/.config/fish/completions/seqmeta.fish
"""

import argparse
from importlib import resources

from seqmeta.cli import Context

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="the shell that is used")


def run(context: Context, arguments: argparse.Namespace) -> int:  # noqa: ARG001 - the same in every workspace
    """Print the script."""
    script = resources.files("seqmeta").joinpath(f"completions/completion.{arguments.shell}")
    print(script.read_text(encoding="utf-8"), end="")
    return 0
