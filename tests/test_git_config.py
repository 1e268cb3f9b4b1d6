"""Settings are read as git reads them: what git sees is seen, and what git refuses is refused."""

import random
import subprocess
from contextlib import suppress

import pytest

from seqmeta.git_config import parse_settings

TEXTS = [
    "", "\n", "# [a]\n; b\n", "[a]\nb\n", "[a]\n\tb = c\n", "[A]B=c", "[a]b=c[d]e=f\n", "[a][b]c\n", "[a]\r\nb = c\r\n",
    '[a "B c"]\nd = e\n', '[a "x\\"y\\\\z"]\nd\n', "[a.B]\nc = d\n", "[a]\nb = c \\\n d\n[e]f\n",
    '[a]\nb = "c # d" # e\n[f]g\n',
    '[a]\nb = "\\\n[include]"\n', '[a]\nb = \\t\\n\\b\\\\\\"\n', "\ufeff[a]b\n", "[a]\nb = c\\",
    "[a]\nb-1 = c ; d\\\ne\n", "a = b\n",
    "[a", "[a b]", '[a "b]\nc\n', '[a "b"x]', "[]\na\n", "[a]\n1b\n", "[a]\nb_c\n", "[a]\nb c\n",
    "[a]\nb = \\x\n", '[a]\nb = "c\n',
    '[a "b\nc"]\n', "[a]\n\0\n", "[a]]\n", "[a]\nb = c\n\ufeff\n",
]  # fmt: skip
PARTS = [
    "[", "]", "[a]", '[include "b"]', "a.b", "c", "-", "1", "=", " ", "\t", "\n", "\r", "\r\n",
    "\\", '"', "#", ";", "\nd = ", "é",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_the_settings_are_those_that_git_sees(tmp_path, text):
    assert _names(text) == _names_by_git(tmp_path / "config", text)


@pytest.mark.parametrize("seed", range(3))
def test_the_settings_are_those_that_git_sees_whatever_the_text(tmp_path, seed):
    draw = random.Random(seed)
    for _ in range(60):
        text = "[x]\n" * draw.randint(0, 1) + "".join(draw.choices(PARTS, k=draw.randint(1, 12)))
        assert _names(text) == _names_by_git(tmp_path / "config", text), repr(text)


def test_values_lose_their_quotes_and_comments_and_keep_what_is_escaped():
    text = '[a "b"]\nc = " d" \\\n"e" # f\n\tg\nh = i\\tj\n'
    assert [(setting.name, setting.value) for setting in parse_settings(text)] == [
        ("a.b.c", "d e"),
        ("a.b.g", None),
        ("a.b.h", "i\tj"),
    ]


@pytest.mark.parametrize(("text", "line"), [("[a\n", 1), ("[a]\nb = c\n\nd e\n", 4), ('[a]\nb = "c\n', 2)])
def test_of_which_line_git_makes_nothing_is_said(text, line):
    with pytest.raises(ValueError, match=f"^line {line} is no setting that git reads$"):
        list(parse_settings(text))


def test_a_text_of_a_mebibyte_is_read_at_once():
    for text in (
        "[a]\n" + "b = " + "c\\n" * 350_000,
        "[a]\nb=" + '"c" ' * 250_000 + '"',
        "[" * 1_000_000,
        "\n" * 1_000_000,
    ):
        with suppress(ValueError):
            assert len(list(parse_settings(text))) <= 1


def _names(text):
    try:
        return [setting.name for setting in parse_settings(text)]
    except ValueError:
        return None


def _names_by_git(path, text):
    path.write_bytes(text.encode())
    done = subprocess.run(
        ["git", "config", "--file", str(path), "--list", "-z", "--name-only"], capture_output=True, check=False
    )
    return None if done.returncode else done.stdout.decode().split("\0")[:-1]
