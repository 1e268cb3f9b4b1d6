"""The pages of the reference, each made of what the program itself uses: help texts, schemas, tables, and trials."""

import argparse
import inspect
import json
import re
import tempfile
import textwrap
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from columns import column_tables
from fields import field_rows, kind_rows, type_rows
from layout import NOTICE, block, code, paragraph, row, sentence, table
from trials import make_lab, run, try_problem

import seqmeta
from seqmeta.archive_terms import load_archive_terms
from seqmeta.cli import COMMANDS
from seqmeta.kinds import Kind, load_fields, load_kinds
from seqmeta.transitions import load_transitions
from seqmeta.vocabularies import packaged_terms
from seqmeta.vocabulary import fold

HERE = Path(__file__).resolve().parent


def write_commands() -> str:
    """Write what each command says of itself, laid out alike whatever the version of Python."""
    text = f"# Commands\n\n{NOTICE}What `seqmeta --help` prints, and what each command takes.\n\n"
    text += block(run("seqmeta --help", HERE))
    for name in COMMANDS:
        module: Any = import_module(f"seqmeta.commands.{name.replace('import', 'import_')}")
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        words, _, examples = inspect.cleandoc(module.__doc__).partition("examples:\n")
        text += f"\n## {name}\n\n{words.strip()}\n\n{_arguments(parser)}"
        text += "\nExamples:\n\n" + block(textwrap.dedent(examples))
        for form, of in _forms(parser).items():
            text += f"\n### {name} {form}\n\n{of.description}\n\n{_arguments(of)}"
    return text


def _arguments(parser: argparse.ArgumentParser) -> str:
    """Write what a command takes; argparse has no other way to ask it."""
    rows = ""
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):  # noqa: SLF001
            continue
        takes = "" if action.nargs == 0 else str(action.metavar or "")
        legal = f"; one of {', '.join(map(code, action.choices))}" if action.choices else ""
        needed = "; required" if action.required and action.option_strings else ""
        words = [*action.option_strings] or [takes or action.dest]
        words[-1] += f" {takes}" if action.option_strings and takes else ""
        rows += row(code(", ".join(words)), f"{action.help}{legal}{needed}")
    return (table("argument", "means") + rows) if rows else ""


def _forms(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """Find the forms of a command that take arguments of their own."""
    subparsers = argparse._SubParsersAction  # noqa: SLF001
    return {
        name: form
        for action in parser._actions  # noqa: SLF001
        if isinstance(action, subparsers)
        for name, form in action.choices.items()
    }


def write_kinds() -> str:
    """Write the fields of every kind."""
    text = f"# Kinds and their fields\n\n{NOTICE}"
    text += paragraph(
        "A document has one key at its top: a kind (`study:` with a mapping) or its plural (`studies:`",
        "with a list of mappings). Every value is written as text, and the type says what it is read as.",
        "`seqmeta new KIND` prints a skeleton, `seqmeta schema KIND` the JSON Schema for editors.",
    )
    text += table("kind", "plural", "named by", "what it is")
    for kind in load_kinds().values():
        named = code(kind.named_by) + (f" within its {code(kind.named_within)}" if kind.named_within else "")
        text += row(f"[{kind.name}](#{kind.name})", code(kind.plural), named, kind.about)
    text += "\n## Types\n\n" + paragraph(
        "What stands in the column “takes” below. `null`, `~` and nothing at all mean “not given”, whatever the type;",
        "so does text that is empty.",
    )
    text += type_rows()
    for kind in load_kinds().values():
        text += f"\n## {kind.name}\n\n{sentence(kind.about)}\n\n{_embedding(kind)}"
        text += table("field", "takes", "required", "meaning") + "".join(kind_rows(kind))
    return text


def _embedding(kind: Kind) -> str:
    if kind.embeds is None:
        return ""
    return paragraph(
        f"The fields of a {kind.embeds} stand here too, and describe it along with the run. Given",
        f"`library_name` and no other of them, the {kind.embeds} is described elsewhere, and none of them",
        "is required.",
    )


def write_vocabularies() -> str:
    """Write every term with its other spellings."""
    text = f"# Vocabularies\n\n{NOTICE}"
    text += paragraph(
        "Terms match in any case; a space, `-` and `_` are the same. Records have the term, `export ena`",
        "writes the archive's spelling. A workspace adds terms of its own in `config/vocabularies.yaml`:",
    )
    text += block("library_strategy:\n  RNA_SEQ: {ena: RNA-Seq, synonyms: [RNA sequencing]}", "yaml")
    for name, terms in packaged_terms().items():
        text += f"\n## {name}\n\n" + table("term", "in the archive", "also", "make")
        for term, of in terms.items():
            text += row(
                code(term), of.get("ena", term), ", ".join(of.get("synonyms", [])), ", ".join(of.get("make", []))
            )
        text += _what_the_archive_has(name)
    return text


_NEW_SEQUENCER = paragraph(
    "A line in `config/vocabularies.yaml` makes one legal, for a model with its make, and one more for a new make:"
) + block("instrument_make:\n  ELEMENT: {}\ninstrument_model:\n  Element AVITI: {make: ELEMENT}", "yaml")


def _what_the_archive_has(vocabulary: str) -> str:
    """Write the terms of the archive that no vocabulary which ships has, each as the line that makes it legal."""
    here = {fold(of.get("ena", term)) for term, of in packaged_terms()[vocabulary].items()}
    more = sorted(of for of in load_archive_terms().get(vocabulary, ()) if fold(of) not in here)
    if not more:
        return ""
    if vocabulary in ("instrument_make", "instrument_model"):
        return "\n" + paragraph(f"The archive has besides: {', '.join(map(code, more))}.") + _NEW_SEQUENCER
    said = paragraph("The archive has more. Any of these lines in `config/vocabularies.yaml` makes a term legal:")
    return f"\n{said}" + block("\n".join([f"{vocabulary}:", *map(_archive_line, more)]), "yaml")


def _archive_line(spelling: str) -> str:
    return f"  {re.sub('[ -]', '_', spelling).upper()}: {{ena: {spelling}}}"


def write_tables() -> str:
    """Write the columns of the tables that can be imported."""
    text = f"# Table columns\n\n{NOTICE}"
    text += paragraph(
        "What `seqmeta import table FILE --kind KIND` reads: the first row with known headings, in the first 60 rows",
        "of a CSV, TSV or XLSX file. Case, spaces, `-`, `_`, `*` and `(required)` in a heading are of no account. A",
        "cell that stands for a list has its items apart by `;`, `,` or line breaks; an item with one of these in it",
        "stands in double quotes. How to begin is said in [spreadsheets](../how-to/spreadsheets.md).",
    )
    return text.rstrip("\n") + "\n" + "".join(column_tables())


def write_configuration() -> str:
    """Write the keys of a workspace's configuration."""
    text = f"# Configuration\n\n{NOTICE}"
    text += paragraph(
        "The keys of `config/config.yaml`, and of the `config` that a Snakemake module is given. Paths",
        "are relative to the workspace. Defaults stand in `config/README.md` of the example lab.",
    )
    return text + table("key", "takes", "required", "meaning") + "".join(field_rows(load_fields("config")))


def write_progress() -> str:
    """Write what events do to requests."""
    text = f"# Progress\n\n{NOTICE}"
    text += paragraph(
        "What an event does to a request; anything else is `illegal_transition`. A request may `start`",
        "only when all requests before it are closed and at least one has passed, else it is",
        "`upstream_not_ready`. A request that fails or is cancelled takes along each dependent that",
        "nothing live leads to: what had not started is cancelled, what had started fails. `return` and",
        "`retrospective_pass` bring no dependents back.",
    )
    text += table("event", "from", "to")
    for event, (before, after) in load_transitions().items():
        text += row(code(event), ", ".join(sorted(before)), after)
    return text + "\nPercent is passed × 100 // (total − failed), without what was cancelled.\n"


def write_problems() -> str:
    """Write every problem code with its cure and an example that was tried."""
    entries = yaml.safe_load((HERE / "problems.yaml").read_text(encoding="utf-8"))
    text = f"# Problem codes\n\n{NOTICE}"
    text += paragraph(
        "Each problem has a code, which never changes its meaning. Warnings are so marked; everything",
        "else keeps a run from committing. The examples stand in `config/descriptions/example.yaml` of a",
        "lab made by `seqmeta init` and recorded once.",
    )
    text += table("code", "means") + "".join(row(f"[{of['code']}](#{of['code']})", of["means"]) for of in entries)
    with tempfile.TemporaryDirectory() as folder:
        lab = make_lab(Path(folder))
        for of in entries:
            text += f"\n## {of['code']}\n\n{of['means']}\n\n**Cure.** {of['cure']}\n\n"
            text += try_problem(of, lab, Path(folder) / of["code"])
    return text


def write_findings() -> str:
    """Write what `verify` finds, and what runs and `doctor` mend."""
    entries = yaml.safe_load((HERE / "findings.yaml").read_text(encoding="utf-8"))
    text = f"# Findings of verify and doctor\n\n{NOTICE}"
    text += paragraph(
        "`seqmeta verify` exits 1 when it finds anything. What its verdicts mean is said in",
        "[sealing](../explanation/sealing.md), what to do in [recover](../how-to/recover.md).",
    )
    for name, group in entries["verify"].items():
        text += f"## {name}\n\n{group['about']}\n\n" + _meanings(group["codes"]) + "\n"
    text += "## What is mended\n\n"
    text += paragraph("A run and `seqmeta doctor` name what they find after a crash, and what they did:")
    return text + _meanings(entries["doctor"])


def _meanings(codes: Mapping[str, str]) -> str:
    return table("code", "means") + "".join(row(code(name), means) for name, means in codes.items())


def write_records() -> str:
    """Write where records stand, and one of each kind."""
    text = f"# Records\n\n{NOTICE}"
    text += paragraph(
        "A record is one JSON file, UTF-8, keys sorted, two spaces, a newline at the end. The body",
        "stands under its kind; `meta` has the SHA-256 of the body in the form of RFC 8785, the schema,",
        "and a version that goes up by one when the body changes. References are `{uuid, name}`; what",
        "was not given is left out. The examples are what `seqmeta init` and `seqmeta apply` make.",
    )
    text += table("kind", "file", "schema")
    for kind in load_kinds().values():
        text += row(kind.name, code(f"records/{kind.plural}/12/12345678-….json"), code(kind.schema))
    with tempfile.TemporaryDirectory() as folder:
        records = make_lab(Path(folder)) / "records"
        for kind in load_kinds().values():
            files = sorted(records.glob(f"{kind.plural}/*/*.json"))
            if files:
                body = json.loads(min(files, key=lambda file: file.stat().st_size).read_text(encoding="utf-8"))
                text += f"\n## {kind.name}\n\n" + block(json.dumps(body, indent=2, ensure_ascii=False), "json")
    return text


def write_python() -> str:
    """Write what `import seqmeta` offers."""
    text = f"# From Python\n\n{NOTICE}{inspect.cleandoc(seqmeta.__doc__ or '')}\n"
    for name in sorted(seqmeta.__all__, key=str.lower):
        offered = getattr(seqmeta, name)
        if inspect.isclass(offered) or inspect.isfunction(offered):
            text += f"\n## {name}\n\n" + _offered(name, offered)
    return text


def _offered(name: str, offered: Any) -> str:
    """Write the signature and the words of a function, or those of a class and its public methods."""
    if inspect.isfunction(offered):
        return block(f"{name}{inspect.signature(offered)}") + "\n" + _words(offered)
    text = _words(offered)
    if not issubclass(offered, Exception):
        for method, of in inspect.getmembers(offered, inspect.isfunction):
            if not method.startswith("_"):
                text += f"\n### {method}\n\n" + block(f"{method}{inspect.signature(of)}") + "\n" + _words(of)
    return text


def _words(offered: Any) -> str:
    """Write a docstring: its examples stand in blocks of their own."""
    prose, arrow, example = inspect.cleandoc(offered.__doc__ or "").partition(">>> ")
    return prose.rstrip() + "\n" + (f"\n{block(arrow + example)}" if arrow else "")


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": write_commands,
    "configuration.md": write_configuration,
    "findings.md": write_findings,
    "kinds.md": write_kinds,
    "problems.md": write_problems,
    "progress.md": write_progress,
    "python.md": write_python,
    "records.md": write_records,
    "tables.md": write_tables,
    "vocabularies.md": write_vocabularies,
}
"""The pages by their names in docs/reference/."""
