"""A throw-away laboratory for scenarios: descriptions are written, `seqmeta` is called, records and problems are read.

The command runs in this process, through the same entry that the installed program has.
"""

import contextlib
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from seqmeta.cli import main

RUN_ID = "09ef4b3a-1bad-453a-a291-029ac9bd705d"
SAMPLES = ("BIRM-XXXXX", "BIRM-YYYYY", "BIRM-ZZZZZ")
LIBRARY = {
    "library_name": "BIRM-LIBRARY-20200322",
    "library_strategy": "AMPLICON",
    "library_source": "VIRAL_RNA",
    "library_selection": "PCR",
    "library_layout_config": "PAIRED",
    "library_seq_kit": "LSK109",
    "library_seq_protocol": "LIGATION",
    "library_sop_name": "ARTIC nCov",
    "library_sop_version": "v2",
    "biosamples": list(SAMPLES),
}
RUN = {**LIBRARY, "sequencing_id": RUN_ID, "instrument_make": "OXFORD_NANOPORE"}


def run_of(**fields: Any) -> dict[str, Any]:
    """The seed's own run, completed; None takes a key away."""
    return {"sequencing_run": _without_none({**RUN, **fields})}


def library_of(**fields: Any) -> dict[str, Any]:
    """The library of that run, described alone."""
    return {"library": _without_none({**LIBRARY, **fields})}


def sequenced(**fields: Any) -> dict[str, Any]:
    """A run of a library that is described elsewhere."""
    bare = {"sequencing_id": RUN_ID, "library_name": LIBRARY["library_name"], "instrument_make": "OXFORD_NANOPORE"}
    return {"sequencing_run": _without_none({**bare, **fields})}


def biosamples(*names: str) -> dict[str, Any]:
    """Biosamples of these names, else those of the seed's run."""
    return {"biosamples": [{"central_sample_id": name} for name in names or SAMPLES]}


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}


def dump(*documents: dict[str, Any]) -> str:
    """Write documents as YAML, keys in the order given."""
    return "---\n".join(yaml.safe_dump(of, sort_keys=False, allow_unicode=True, width=10**6) for of in documents)


def call(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Call the command as one who stands in a folder; return its exit code, what it printed, and its complaints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as end:  # of argparse
            code = int(end.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


class Lab:
    """A workspace in a folder of its own."""

    def __init__(self, root: Path, **config: Any) -> None:
        self.root = root
        self.descriptions = root / "config/descriptions"
        self.records = root / "records"
        self.descriptions.mkdir(parents=True)
        self.configure(**config)

    def configure(self, **config: Any) -> None:
        """Write the configuration; what is given comes on top of a committer."""
        whole = {"committer": {"name": "Example lab", "email": "lab@example.org"}, **config}
        (self.root / "config/config.yaml").write_text(dump(whole))

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of descriptions."""
        path = self.descriptions / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def describe(self, *documents: dict[str, Any], name: str = "work.yaml") -> None:
        """Write documents into one file."""
        self.write(name, dump(*documents))

    def call(self, *words: str) -> tuple[int, str, str]:
        """Call the command; return its exit code, what it printed, and its complaints."""
        done = call(Path.cwd(), "-C", str(self.root), *words)
        return done.returncode, done.stdout, done.stderr

    def check(self, *words: str) -> list[dict[str, Any]]:
        """Return the problems that `check` finds; its exit code must fit them."""
        code, out, err = self.call("check", "--format", "json", *words)
        assert out, err
        problems: list[dict[str, Any]] = json.loads(out)["problems"]
        assert code == int(any(problem["severity"] == "error" for problem in problems))
        return problems

    def errors(self, *documents: dict[str, Any]) -> list[tuple[str, str]]:
        """Describe, check, and return code and path of each error, in the order of the problems."""
        if documents:
            self.describe(*documents)
        return [(of["code"], of["path"]) for of in self.check() if of["severity"] == "error"]

    def apply(self, *documents: dict[str, Any]) -> dict[str, Any]:
        """Describe, apply, and return the answer with its exit code as `code`."""
        if documents:
            self.describe(*documents)
        code, out, err = self.call("apply", "--format", "json")
        assert out, err
        answer: dict[str, Any] = json.loads(out)
        return {**answer, "code": code}

    def good(self, *documents: dict[str, Any]) -> dict[str, Any]:
        """Describe and apply; it must be accepted."""
        answer = self.apply(*documents)
        assert answer["code"] == 0, answer["problems"][:5]
        return answer

    def refused(self, *documents: dict[str, Any]) -> list[dict[str, Any]]:
        """Describe and apply; it must be refused and leave the store as it was. Returns the errors."""
        before = self.head()
        answer = self.apply(*documents)
        assert answer["code"] == 1, answer
        assert (answer["commit"], answer["created"], answer["updated"]) == (None, [], [])
        assert self.head() == before
        return [problem for problem in answer["problems"] if problem["severity"] == "error"]

    def git(self, *words: str) -> str:
        """Call git in the store."""
        command = ["git", "-C", str(self.records), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def head(self) -> str | None:
        """The commit that the store is at, None before the first."""
        return self.git("rev-parse", "HEAD") if (self.records / ".git").exists() else None

    def tree(self) -> str:
        """The tree of that commit."""
        return self.git("rev-parse", "HEAD^{tree}")

    def record(self, kind: str, name: str) -> dict[str, Any]:
        """The record of this kind, UUID or name."""
        keys = ("uuid", "name", "library_name", "central_sample_id")
        for record in self.list_records(kind):
            if name in [record[kind].get(key) for key in keys]:
                return record
        raise AssertionError(f"no {kind} {name}")

    def body(self, kind: str, name: str) -> dict[str, Any]:
        """The body of that record."""
        body: dict[str, Any] = self.record(kind, name)[kind]
        return body

    def list_records(self, kind: str) -> list[dict[str, Any]]:
        """All records of a kind, by UUID."""
        folder = {"study": "studies", "library": "libraries", "progress": "progress"}.get(kind, f"{kind}s")
        return [json.loads(path.read_bytes()) for path in sorted((self.records / folder).glob("*/*.json"))]
