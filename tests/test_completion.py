"""Completion in real shells: what can stand at the cursor, and that no name of a record is ever run."""

import io
import re
import shutil
import sqlite3
import subprocess
from contextlib import redirect_stdout

import pytest
from at_terminal import Terminal
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import Lab

from seqmeta.canonical import digest, record_bytes
from seqmeta.cli import COMMANDS, main
from seqmeta.kinds import load_kinds
from seqmeta.shell_words import parse_line, quote

BREAKS = " \t\n\"'@><=;|&(:"
"""What bash sets COMP_WORDBREAKS to."""

HOSTILE = """h it's $(touch canary) `touch canary`; "q" \\ !x *?~#{a,b} <é> &zz"""
HOSTILE_TOO = "h:a=b@c $HOME ${IFS} | touch canary > canary zz"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("completion") / "lab")
    names = ["Study A", "Study B", HOSTILE, HOSTILE_TOO, "-dash"]
    lab.good({"studies": [{"name": name} for name in names]}, {"project": {"name": "Project A"}})
    return lab


def complete(lab, *words, form="words"):
    """What is answered, and the candidates without what they are."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["-C", str(lab.root), "complete", form, *words]) == 0
    what, *candidates = out.getvalue().splitlines() or [""]
    return what, [of.partition("\t")[0] for of in candidates]


def test_commands_and_options(lab):
    assert complete(lab, "") == ("words", [*COMMANDS, "help"])
    assert complete(lab, "sh") == ("words", ["show"])
    assert complete(lab, "help", "sh") == ("words", ["show"])
    assert complete(lab, "--c") == ("words", ["--config"])
    assert complete(lab, "-C", str(lab.root), "--config", "x", "ap") == ("words", ["apply"])
    assert complete(lab, "list", "--") == ("words", ["--help", "--state", "--rev", "--format"])
    assert complete(lab, "list", "orders", "--format", "") == ("words", ["text", "csv", "json"])
    assert complete(lab, "list", "orders", "--format=j") == ("words", ["--format=json"])
    assert complete(lab, "import", "pac") == ("words", ["pacbio"])
    assert complete(lab, "import", "table", "x.csv", "--kind", "") == ("words", ["biosample", "asset", "order"])
    assert complete(lab, "completion", "") == ("words", ["bash", "zsh", "fish"])
    assert complete(lab, "report", "h") == ("words", ["html"])


def test_kinds_are_singular_where_one_is_meant(lab):
    assert complete(lab, "new", "")[1] == list(load_kinds())
    assert complete(lab, "list", "sub") == ("words", ["submissions"])


def test_files_and_folders_are_left_to_the_shell(lab):
    assert complete(lab, "check", "conf") == ("files", [])
    assert complete(lab, "check", "one.yaml", "") == ("files", [])
    assert complete(lab, "-C", "") == ("folders", [])
    assert complete(lab, "init", "") == ("folders", [])
    assert complete(lab, "import", "illumina", "") == ("files", [])
    assert complete(lab, "--config", "") == ("files", [])


def test_names_of_records(lab):
    assert complete(lab, "show", "Study") == ("words", ["Study A", "Study B"])
    assert complete(lab, "log", "study/Study") == ("words", ["study/Study A", "study/Study B"])
    assert complete(lab, "blame", "projects/") == ("words", ["projects/Project A"])
    assert complete(lab, "compare", "Study") == ("words", []), "only of runs"
    assert complete(lab, "export", "majora", "Project A", "Pro") == ("words", ["Project A"])


def test_names_are_those_of_the_workspace_that_is_named(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    with redirect_stdout(out):
        main(["complete", "words", "-C", str(lab.root), "show", "Project"])
    assert out.getvalue() == "words\nProject A\tproject\n"


@pytest.mark.parametrize(
    "words", [["frobnicate", "x"], ["show", "--format", "x", "--nothing", ""], ["-C", "/nowhere", "show", ""], []]
)
def test_whatever_is_wrong_nothing_is_said(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["complete", "words", *words]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") <= 1


@pytest.mark.parametrize("damage", ["gone", "garbage", "endless", "key", "link", "config"])
def test_a_damaged_workspace_has_no_names_and_no_complaints(damage, tmp_path, capsys):
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    index = lab.root / ".seqmeta/index.sqlite"
    if damage == "gone":
        index.unlink()
    elif damage == "garbage":
        index.write_bytes(b"no database" * 100)
    elif damage == "endless":
        endless = (
            "WITH RECURSIVE x(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM x) SELECT 'key' key, value FROM x"
        )
        with sqlite3.connect(index) as connection:
            connection.executescript(f"DROP TABLE meta; CREATE VIEW meta AS {endless} WHERE value < 0;")
    elif damage == "key":
        (lab.records / ".git/seqmeta/index-key").write_text("another")
    elif damage == "link":
        (lab.root / ".seqmeta").rename(tmp_path / "elsewhere")
        (lab.root / ".seqmeta").symlink_to(tmp_path / "elsewhere")
    else:
        (lab.root / "config/config.yaml").unlink()
    capsys.readouterr()
    assert main(["-C", str(lab.root), "complete", "words", "show", "St"]) == 0
    printed = capsys.readouterr()
    assert printed.out in ("", "words\n")
    assert printed.err == ""


def test_names_are_found_whatever_the_folder_is_called(tmp_path, capsys):
    lab = Lab(tmp_path / "what? 100%41 #1")
    lab.good({"study": {"name": "Study A"}})
    capsys.readouterr()
    assert main(["-C", str(lab.root), "complete", "words", "show", "St"]) == 0
    assert "Study A" in capsys.readouterr().out


def test_a_name_that_would_break_the_line_is_not_offered(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    body = lab.body("study", "Study A")
    uuid = "00000000-0000-4000-8000-000000000001"
    body = {**body, "uuid": uuid, "name": "Study\nX"}
    forged = lab.records / f"studies/00/{uuid}.json"
    forged.parent.mkdir()
    forged.write_bytes(
        record_bytes({"meta": {"digest": digest(body), "schema": "study/1", "version": 1}, "study": body})
    )
    lab.git("add", "-A")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "forged")
    lab.good({"project": {"name": "Project A"}}, {"study": {"name": "Study A"}})
    assert complete(lab, "show", "Study") == ("words", ["Study A"])


@pytest.mark.parametrize(
    "typed, words, current, head",
    [
        ("seqmeta show Stu", ["seqmeta", "show"], "Stu", ""),
        ("seqmeta show ", ["seqmeta", "show"], "", ""),
        ("seqmeta show Study\\ A", ["seqmeta", "show"], "Study A", ""),
        ("seqmeta show 'Study A", ["seqmeta", "show"], "Study A", ""),
        ("seqmeta show study/'Study A", ["seqmeta", "show"], "study/Study A", "study/"),
        ('seqmeta show "a\\"b\\c', ["seqmeta", "show"], 'a"b\\c', ""),
        ("seqmeta list orders --format=j", ["seqmeta", "list", "orders"], "--format=j", "--format="),
        ("seqmeta show a:b", ["seqmeta", "show"], "a:b", "a:"),
        ("seqmeta show a@b", ["seqmeta", "show"], "a@b", "a"),
        ("cd x && seqmeta show '' b", ["seqmeta", "show", ""], "b", ""),
        ("seqmeta show $(rm -r x) ", [], "", ""),
        ("seqmeta show $(rm -r x", ["rm", "-r"], "x", ""),
    ],
)
def test_a_line_of_bash(typed, words, current, head):
    line = parse_line(typed, BREAKS)
    assert (line.words, line.current, line.head) == (words, current, head)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=12)
odd = st.text(st.sampled_from("ab '\"\\$`!*?~#;&|<>(){}[]=:@%^é\u00a0"), min_size=1, max_size=12)


@settings(max_examples=60)
@given(st.lists(texts | odd, min_size=1, max_size=40), st.sampled_from(["", "'", '"']))
def test_bash_reads_what_was_quoted_as_what_it_is(names, sign):
    quoted = [sign + quote(name, sign) + sign for name in names]
    read = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {' '.join(quoted)}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert read.stdout.decode().split("\0")[:-1] == names
    for name, text in zip(names, quoted, strict=True):
        line = parse_line(f"seqmeta show {text} ", BREAKS)
        assert line.words == ["seqmeta", "show", name]


SHELLS = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "--private", "-i"],
}
# The command is a function that shows its words: completions call the real one with `command`.
SET_UP = {
    "bash": "PS1='> '; source <(command seqmeta completion bash); "
    "seqmeta() { printf '<%s>' \"$@\"; echo; }; echo rea''dy",
    "zsh": "PS1='> '; autoload -Uz compinit && compinit -u -D; source <(command seqmeta completion zsh); "
    "seqmeta() { printf '<%s>' \"$@\"; echo; }; echo rea''dy",
    "fish": "command seqmeta completion fish | source; function seqmeta; printf '<%s>' $argv; echo; end; echo rea''dy",
}


@pytest.fixture
def shell(request, lab):
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    with Terminal(*SHELLS[name], folder=lab.root, columns=300, rows=50) as terminal:
        terminal.type(SET_UP[name] + "\n")
        terminal.read_until(r"ready\s")
        terminal.read_for(0.5)
        yield terminal
    assert not (lab.root / "canary").exists()


def run_line(terminal, typed, shown):
    """Type, complete, see that something is shown, run it, and return the words that the command got."""
    terminal.type(f"{typed}\t")
    terminal.read_until(shown)
    terminal.read_for(0.3)
    terminal.type("\n")
    return terminal.read_until(r"<[^\r\n]*>\r?\n")


@pytest.mark.parametrize("shell", SHELLS, indirect=True)
def test_a_hostile_name_is_only_ever_a_name_and_what_is_typed_is_not_run(shell):
    assert run_line(shell, "seqmeta ver", "verify").rstrip().endswith("<verify>")
    assert re.search(r"<check><config/?>", run_line(shell, "seqmeta check conf", "config"))
    for typed in ("h\\ it", "'h it", '"h it', "h:a"):
        name = HOSTILE_TOO if ":" in typed else HOSTILE
        assert run_line(shell, f"seqmeta show {typed}", "zz").rstrip().endswith(f"<show><{name}>")
    shell.type("seqmeta show $(touch canary) `touch canary` \t\t")
    shell.read_for(1)
    shell.type("\x15")
    shell.read_for(0.3)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_in_order(shell):
    done = subprocess.run(["seqmeta", "completion", shell], capture_output=True, text=True, check=True)
    assert "seqmeta complete" in done.stdout
    if shutil.which(shell):
        check = "--no-execute" if shell == "fish" else "-n"
        subprocess.run([shell, check, "/dev/stdin"], input=done.stdout, text=True, check=True)
