"""Imports in tests: the command is called, its YAML is read, and its gaps are filled as a person would fill them."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from seqmeta.cli import main
from seqmeta.reader import read_yaml

FILLED = {
    "library_name": "LIBRARY-1",
    "library_selection": "RANDOM",
    "library_source": "GENOMIC",
    "library_strategy": "WGS",
    "library_seq_kit": "a kit",
    "library_seq_protocol": "a protocol",
    "library_sop_name": "a procedure",
    "library_sop_version": "1",
    "library_layout_config": "SINGLE",
    "biosamples": "[SAMPLE-1]",
    "sequencing_id": "5c7e0bf6-38f0-4ed5-b9ad-ad5f0bd59b1e",
}


def call(*words: str | Path) -> tuple[int, str, str]:
    """Call the command; return its exit code, what it printed and its complaints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:  # of argparse
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


def import_text(format_: str, path: Path) -> str:
    """Import what must be importable; return the YAML."""
    code, out, err = call("import", format_, path)
    assert (code, err) == (0, ""), err
    return out


def import_runs(format_: str, path: Path) -> list[dict[str, Any]]:
    """Import, and return the bodies of the runs."""
    return [
        document["sequencing_run"] for document in read_text(import_text(format_, path)) if "sequencing_run" in document
    ]


def import_samples(format_: str, path: Path) -> dict[str, dict[str, Any]]:
    """Import, and return the biosamples by name."""
    documents = read_text(import_text(format_, path))
    listed = [item for document in documents for item in document.get("biosamples", [])]
    return {item["central_sample_id"]: item for item in listed}


def read_text(text: str) -> list[dict[str, Any]]:
    """Read YAML as seqmeta does; it must be without fault."""
    reading = read_yaml(text.encode())
    assert reading.faults == []
    return [tree.value for tree in reading.documents]


def refusals(format_: str, path: Path) -> list[tuple[int, int, str, str]]:
    """Import what must be refused; return line, column, code and message of each problem."""
    code, out, err = call("import", format_, path)
    assert (code, out) == (1, "")
    found = [re.fullmatch(r"(?P<file>.*?):(\d+):(\d+): (.*) \[(\w+)\]", line) for line in err.splitlines()]
    assert found
    assert all(found), err
    assert all(of["file"].startswith(str(path)) for of in found)
    return [(int(of[2]), int(of[3]), of[5], of[4]) for of in found]


def fill(text: str) -> str:
    """Fill in what stands open below the kind."""
    return re.sub(
        r"^  (\w+):$",
        lambda open_: f"  {open_[1]}: {FILLED[open_[1]]}" if _is_gap(text, open_) else open_[0],
        text,
        flags=re.MULTILINE,
    )


def _is_gap(text: str, found: re.Match[str]) -> bool:
    """Whether nothing deeper follows the key."""
    following = [line for line in text[found.end() + 1 :].splitlines() if not line.lstrip().startswith("#")]
    return not following or not following[0].startswith("    ")
