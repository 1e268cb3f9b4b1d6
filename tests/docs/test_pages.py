"""Every page as its reader uses it: commands are run, outputs compared, files checked, links followed.

`make …` sets up an environment of its own, so of these only the target is looked up. A kind described in a fragment
may leave out what the page says elsewhere, but nothing in it may be wrong.
"""

import json
import re
import shutil
from pathlib import Path

import pages
import pytest
import yaml

import seqmeta
from seqmeta.kinds import load_kinds

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted((PROJECT / "docs").rglob("*.md")) + sorted(PROJECT.glob("*.md")) + sorted(PROJECT.glob("*/README.md"))
ELSEWHERE = {"unknown_reference", "required_field", "not_applicable", "orphaned"}
"""What a fragment may lack, for the rest of it stands elsewhere."""


def name_of(page):
    return page.relative_to(PROJECT).as_posix()


def blocks(*languages):
    found = [block for page in PAGES for block in pages.blocks_of(page) if block.language in languages]
    return [pytest.param(block, id=f"{name_of(block.page)}:{block.line}") for block in found]


@pytest.mark.parametrize("page", [page for page in PAGES if "```console" in page.read_text("utf-8")], ids=name_of)
def test_commands_print_what_the_page_shows(page, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "seqmeta").symlink_to(PROJECT)  # the clone beside, that pages speak of
    if PROJECT / "docs" not in page.parents:  # read where the example lab has been made
        shutil.copytree(PROJECT / "config", folder / "config")
        seqmeta.apply(folder)
    shell = pages.Shell(folder, tmp_path / "where")
    for block, command, printed in pages.try_page(page, shell):
        assert pages.matches(command.shown, printed), f"{block.place}: $ {command.text}\n{printed}"


@pytest.mark.parametrize("block", blocks("console", "sh", "bash", ""))
def test_commands_stand_in_console_blocks(block):
    """A command in another block would escape being run; what only shows output or a layout is `text`."""
    assert block.language == "console"
    assert block.text.startswith("$ ")


def test_what_is_made_can_be_made():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        command.text.split()[1]
        for param in blocks("console")
        for command in pages.commands_of(param.values[0])
        if command.text.startswith("make ")
    }
    assert named
    assert named <= targets


WRONG_ON_PURPOSE = "problems.md"  # its examples are tried one by one when it is made: see test_reference.py


@pytest.mark.parametrize("block", [of for of in blocks("yaml") if of.values[0].page.name != WRONG_ON_PURPOSE])
def test_yaml_is_what_seqmeta_reads(block, tmp_path):
    documents = [document for document in yaml.load_all(block.text, yaml.BaseLoader) if document]
    kinds = load_kinds()
    words = {word for kind in kinds.values() for word in (kind.name, kind.plural)}
    if not all(isinstance(document, dict) and document.keys() <= words for document in documents):
        return
    (tmp_path / "config" / "descriptions").mkdir(parents=True)
    (tmp_path / "config" / "config.yaml").write_text("committer: {name: Lab, email: lab@example.org}\n", "utf-8")
    (tmp_path / "config" / "descriptions" / "fragment.yaml").write_text(block.text, encoding="utf-8")
    problems = seqmeta.check(tmp_path)["problems"]
    wrong = [problem for problem in problems if problem["code"] not in ELSEWHERE]
    assert wrong == [] or block.file, wrong  # a page that is walked through may show a mistake, with what is said of it


@pytest.mark.parametrize("block", blocks("json"))
def test_json_can_be_read(block):
    json.loads(block.text)


@pytest.mark.parametrize("block", [of for of in blocks("python") if of.values[0].text.startswith("import seqmeta")])
def test_python_runs_beside_the_lab_of_init(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = pages.Shell(tmp_path, tmp_path / "where")
    shell.run("seqmeta init lab && seqmeta -C lab apply")
    exec(compile(block.text, block.place, "exec"), {})


LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)(?P<path>[^)#\s]*)(?:#(?P<part>[^)\s]+))?\)")


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", re.sub(pages.FENCE, "", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for found in LINK.finditer(re.sub(pages.FENCE, "", page.read_text(encoding="utf-8"))):
        target = (page.parent / found["path"]).resolve() if found["path"] else page
        assert target.exists(), found[0]
        if found["part"]:
            assert found["part"] in anchors(target), found[0]


def test_what_contributors_are_sent_to_is_there():
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w.<>*-]+/)+[\w.<>*-]*|[\w-]+\.(?:toml|yml))`", text)
    assert len(named) > 15
    assert [path for path in named if not list(PROJECT.glob(re.sub("<[a-z]+>", "*", path)))] == []
    for path, name in re.findall(r"`([A-Z]+)` (?:of|in) `([\w/.]+)`", text):
        assert re.search(rf"^{path}(?:: .+)? = ", (PROJECT / name).read_text(encoding="utf-8"), re.MULTILINE), (
            path,
            name,
        )


def test_every_page_is_in_the_site():
    named = set(re.findall(r": ([\w/.-]+\.md)$", (PROJECT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    there = {path.relative_to(PROJECT / "docs").as_posix() for path in (PROJECT / "docs").rglob("*.md")}
    assert named == {name for name in there if not name.startswith("decisions/0")}


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a … c", "a b c", True),
        ("a … c", "a b d", False),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\nd", "a\nb\nd", False),
        ("", "", True),
        ("", "boom", False),
        ("a.c", "abc", False),
    ],
)
def test_the_comparison_itself(shown, printed, same):
    assert pages.matches(shown, printed) is same
