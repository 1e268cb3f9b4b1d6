"""A laboratory that takes orders: a small catalogue of work, and builders of orders, submissions and progress."""

import json
import shutil
from pathlib import Path
from typing import Any

from lab import Lab, dump

STUDY = "22222222-3333-4444-5555-000000000000"
PROJECT = "22222222-3333-4444-5555-000000000001"
SIZES = {"from": 100, "to": 200}
OPTIONS: dict[str, Any] = {"read_length": 76, "library_type": "No PCR", "fragment_size_required": SIZES}
POSITIVE = {"type": "integer", "min": 1, "required": True}
LIBRARY_OPTIONS = {
    "library_type": {"type": "string", "required": True, "allowed": ["Standard", "No PCR", "Long range"]},
    "fragment_size_required.from": POSITIVE,
    "fragment_size_required.to": POSITIVE,
}
LANES = {"number_of_lanes": {"type": "integer"}}
READS = {"read_length": {"type": "integer", "required": True, "allowed": [37, 54, 76, 108]}}
TYPES: dict[str, dict[str, Any]] = {
    "Library creation": {"options": LIBRARY_OPTIONS, "billable": True, "price": "80.50"},
    "Multiplexed library creation": {"options": LIBRARY_OPTIONS, "pooling": "submission"},
    "Order pooled library creation": {"options": LIBRARY_OPTIONS, "pooling": "order"},
    "Paired end sequencing": {"options": {**READS, **LANES}, "multiplier_option": "number_of_lanes", "billable": True},
    "Cherrypick": {"initial_state": "blocked"},
    "Quality control": {},
}
CHAINS: dict[str, dict[str, Any]] = {
    "Simple": {"request_types": ["Library creation", "Paired end sequencing"]},
    "Simple again": {"request_types": ["Library creation", "Paired end sequencing"]},
    "Multiplexed": {"request_types": ["Multiplexed library creation", "Paired end sequencing"]},
    "Order pooled": {"request_types": ["Order pooled library creation", "Paired end sequencing"]},
    "Only sequencing": {"request_types": ["Paired end sequencing"]},
    "Picked": {"request_types": ["Cherrypick", "Paired end sequencing"]},
    "Three steps": {"request_types": ["Quality control", "Library creation", "Paired end sequencing"]},
    "Preset": {
        "request_types": ["Library creation", "Paired end sequencing"],
        "request_options": {"library_type": "Standard", "fragment_size_required": {"from": 300, "to": 500}},
    },
    "Old": {"request_types": ["Paired end sequencing"], "superseded_by": "Only sequencing"},
}


def catalogue(types: dict[str, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Studies, projects, request types, templates and twelve tubes; `types` come on top of those above."""
    documents: list[dict[str, Any]] = [
        {"studies": [{"uuid": STUDY, "name": "Cohort"}, {"name": "Other study"}]},
        {"projects": [{"uuid": PROJECT, "name": "Grant"}, {"name": "Other project"}]},
        {"request_types": [{"name": name, **of} for name, of in {**TYPES, **(types or {})}.items()]},
        {"order_templates": [{"name": name, **of} for name, of in CHAINS.items()]},
        {"assets": [{"name": f"tube{number}", "asset_type": "sample_tube"} for number in range(1, 13)]},
    ]
    return [_apart(document) for document in documents]


def _apart(document: dict[str, Any]) -> dict[str, Any]:
    """Copy a document so that YAML has no reason to write shared parts as aliases."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    return copy


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return _apart({key: value for key, value in body.items() if value is not None})


def order(name: str | None = "o1", **fields: Any) -> dict[str, Any]:
    """An order that lacks nothing; None takes a key away."""
    whole = {"name": name, "template": "Simple", "project": "Grant", "study": "Cohort", "assets": ["tube1"]}
    return {"order": _given({**whole, "request_options": OPTIONS, **fields})}


def submission(*orders: str, name: str | None = "s1", **fields: Any) -> dict[str, Any]:
    """A submission that is submitted, of `o1` unless told otherwise."""
    return {"submission": _given({"name": name, "orders": list(orders or ["o1"]), "submit": True, **fields})}


def building(*orders: str, **fields: Any) -> dict[str, Any]:
    """A submission that is not submitted yet."""
    return submission(*orders, submit=None, **fields)


def progress(*events: dict[str, Any], of: str = "s1") -> dict[str, Any]:
    """What happened to the requests of a submission."""
    return {"progress": {"submission": of, "events": list(events)}}


class OrderLab(Lab):
    """A laboratory with the catalogue above in `catalogue.yaml`."""

    def __init__(self, root: Path, **config: Any) -> None:
        super().__init__(root, **config)
        self.stock()

    def stock(self, *more: dict[str, Any], **types: dict[str, Any]) -> None:
        """Describe the catalogue, with more documents behind it and request types changed."""
        self.write("catalogue.yaml", dump(*catalogue({key.replace("_", " "): of for key, of in types.items()}), *more))

    def refuses(self, code: str, path: str, *documents: dict[str, Any], at: str | None = None) -> str:
        """Apply: it must be refused with this code at this path, and leave store and work tree; returns the message.

        `at` is text that stands in the line of the file that the problem names.
        """
        before = self.snapshot()
        found = self.refused(*documents)
        assert self.snapshot() == before
        hits = [problem for problem in found if (problem["code"], problem["path"]) == (code, path)]
        assert len(hits) == 1, [(of["code"], of["path"], of["message"]) for of in found]
        self.expect_place(hits[0], at)
        return str(hits[0]["message"])

    def refuses_only(self, code: str, path: str, *documents: dict[str, Any], at: str | None = None) -> str:
        """Apply as in `refuses`; there must be no other error."""
        message = self.refuses(code, path, *documents, at=at)
        found = [(of["code"], of["path"], of["message"]) for of in self.check() if of["severity"] == "error"]
        assert len(found) == 1, found
        return message

    def warns(self, code: str, path: str, *documents: dict[str, Any], at: str | None = None) -> str:
        """Apply: it must be accepted with one warning of this code at this path; returns the message."""
        found = self.good(*documents)["problems"]
        hits = [problem for problem in found if (problem["code"], problem["path"]) == (code, path)]
        assert len(hits) == 1, [(of["code"], of["path"], of["message"]) for of in found]
        assert hits[0]["severity"] == "warning"
        self.expect_place(hits[0], at)
        return str(hits[0]["message"])

    def quiet(self, *documents: dict[str, Any]) -> dict[str, Any]:
        """Apply: it must be accepted without a problem of any kind."""
        answer = self.good(*documents)
        assert answer["problems"] == []
        return answer

    def expect_stable(self) -> None:
        """What is described is recorded: no run changes anything, with an index or without, and it all proves sound."""
        for _ in range(2):
            assert self.good()["commit"] is None
            shutil.rmtree(self.root / ".seqmeta")
        assert self.good()["commit"] is None
        code, out, _ = self.call("verify")
        assert code == 0, out

    def expect_place(self, problem: dict[str, Any], at: str | None) -> None:
        """The problem's line is one of its file, and has `at` in it."""
        lines = (self.root / problem["file"]).read_text().splitlines()
        line = lines[problem["line"] - 1]
        assert 1 <= problem["column"] <= len(line) + 1
        assert at is None or at in line, (at, line)

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the store that people see, and where its refs are."""
        if not self.records.exists():
            return {}
        files = [path for path in self.records.rglob("*") if path.is_file() and ".git" not in path.parts]
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").encode()
        return {"refs": refs, **{str(path): path.read_bytes() for path in files}}

    def requests(self, name: str = "s1") -> list[dict[str, Any]]:
        """The requests of a submission."""
        found: list[dict[str, Any]] = self.body("submission", name)["requests"]
        return found

    def states(self, name: str = "s1") -> list[str]:
        """The states of a submission's requests, in the order of the submission."""
        return [self.progress(name)["requests"][request["uuid"]]["state"] for request in self.requests(name)]

    def progress(self, name: str = "s1") -> dict[str, Any]:
        """The progress of a submission."""
        uuid = self.body("submission", name)["uuid"]
        bodies = [record["progress"] for record in self.list_records("progress")]
        found: dict[str, Any] = next(body for body in bodies if body["submission"]["uuid"] == uuid)
        return found
