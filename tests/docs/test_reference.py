"""The reference against the program: made anew it is the same, and nothing that a user can meet is missing in it."""

import ast
import re
from pathlib import Path

import pytest
import reference
import yaml

from seqmeta.archive_terms import load_archive_terms
from seqmeta.cli import COMMANDS
from seqmeta.kinds import load_fields, load_kinds
from seqmeta.vocabularies import make_vocabularies, packaged_terms, read_terms

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT / "docs" / "reference"
GENERATE = PROJECT / "docs" / "generate"
MADE = sorted(
    path.name for path in REFERENCE.glob("*.md") if "made by docs/generate" in path.read_text(encoding="utf-8")
)

# Words that stand beside a sentence in the code, where codes stand, and are none.
NO_CODES = {"sparse_checkout", "object_format", "special_file"}  # refused with a sentence of their own (exit code 3)


def page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MADE)
def test_a_page_made_anew_is_the_same(name):
    assert reference.PAGES[name]() == page(name), "run `make docs`"


def test_every_page_that_is_made_is_there():
    source = (GENERATE / "reference.py").read_text(encoding="utf-8")
    assert set(re.findall(r'^    "([a-z]+\.md)": ', source, re.MULTILINE)) == set(MADE)


def test_every_command_is_documented():
    headings = set(re.findall(r"^## (\S+)$", page("commands.md"), re.MULTILINE))
    assert headings == set(COMMANDS)


def sections(text):
    parts = re.split(r"^## (\S+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("kind", load_kinds().values(), ids=lambda kind: kind.name)
def test_every_field_is_documented(kind):
    section = sections(page("kinds.md"))[kind.name]
    assert [name for name in kind.fields if f"| `{name}` |" not in section] == []


@pytest.mark.parametrize("kind", load_kinds())
def test_no_field_stands_twice_and_each_row_says_something(kind):
    rows = re.findall(r"^\| `([\w.]+)` \|.*\| (.*) \|$", sections(page("kinds.md"))[kind], re.MULTILINE)
    assert len(rows) == len({name for name, _ in rows})
    assert [name for name, meaning in rows if not meaning.strip()] == []


def test_the_lines_for_terms_of_the_archive_make_them_legal():
    lines = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page("vocabularies.md"), re.DOTALL)]
    offered = {name: {} for block in lines for name in block}
    for block in lines:
        for name, terms in block.items():
            offered[name] |= terms
    own, problems = read_terms("own.yaml", yaml.safe_dump(offered).encode(), packaged_terms())
    assert problems == []
    merged = make_vocabularies(packaged_terms(), own)
    for name in ("library_strategy", "library_source", "library_selection"):
        assert {term.ena for term in merged[name].terms} == load_archive_terms()[name]
    assert load_archive_terms()["instrument_model"] >= {term.ena for term in merged["instrument_model"].terms}
    assert load_archive_terms()["instrument_make"] >= {term.ena for term in merged["instrument_make"].terms}


def test_every_key_of_the_configuration_is_documented():
    both = page("configuration.md"), (PROJECT / "config" / "README.md").read_text(encoding="utf-8")
    assert [name for name in load_fields("config") for text in both if f"| `{name}` |" not in text] == []


def test_every_field_says_what_it_means():
    fields = [(kind.name, name, rules) for kind in load_kinds().values() for name, rules in kind.fields.items()]
    assert [(kind, name) for kind, name, rules in fields if not rules["meta"].get("about")] == []


WORD = re.compile(r"[a-z]+(?:_[a-z]+)*")


def words_beside_sentences(paths):
    """Words that stand right before a sentence among arguments or in a pair, as codes do before their messages."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            for part, *behind in (parts[at:] for at in range(len(parts) - 1)):
                word = part.value if isinstance(part, ast.Constant) else None
                if isinstance(word, str) and WORD.fullmatch(word) and any(map(is_sentence, behind[:3])):
                    yield word


def is_sentence(node):
    match node:
        case ast.JoinedStr() | ast.Name(id="message") | ast.Call(func=ast.Name(id="str" | "expected")):
            return True
        case ast.Constant(value=str() as text):
            return " " in text
    return False


def test_every_code_of_a_problem_or_finding_is_documented():
    package = PROJECT / "seqmeta"
    commands = package / "commands"
    beside = set(words_beside_sentences(path for path in package.rglob("*.py") if commands not in path.parents))
    fields = {name for kind in load_kinds().values() for name in kind.fields} | load_kinds().keys()
    codes = {word for word in beside if "_" in word} - fields - NO_CODES
    assert len(codes) > 70  # the search itself works
    documented = set(sections(page("problems.md"))) | set(
        re.findall(r"^\| `(\w+)` \|", page("findings.md"), re.MULTILINE)
    )
    assert sorted(codes - documented) == []


PROMISED = re.findall(
    r"\w+",
    """
yaml_syntax duplicate_key alias_not_allowed tag_not_allowed unknown_kind unknown_field
required_field wrong_type not_allowed out_of_range invalid_uuid invalid_time invalid_text
unknown_reference duplicate_identity duplicate_item not_applicable conflicting_fields
asset_group_conflict cannot_change order_locked order_sealed submission_sealed orders_incompatible
order_in_two_submissions order_incomplete submission_empty invalid_multiplier consent_withdrawn
inactive superseded illegal_transition upstream_not_ready event_changed not_cancellable
ambiguous_reference too_many_problems not_a_regular_file orphaned case_collision duplicate_work stub
    """,
)


def test_every_code_that_others_rely_on_has_an_example():
    assert [code for code in PROMISED if code not in sections(page("problems.md"))] == []


def test_every_code_has_a_meaning_and_a_cure():
    entries = yaml.safe_load((GENERATE / "problems.yaml").read_text(encoding="utf-8"))
    assert len({entry["code"] for entry in entries}) == len(entries)
    assert [entry["code"] for entry in entries if not entry["means"].endswith((".", ")")) or not entry["cure"]] == []
