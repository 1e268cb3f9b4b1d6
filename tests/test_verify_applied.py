"""What `apply` makes of descriptions is proved by `verify`, which was written from the contract and not from it."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from honest_store import path_of, render, uuid_of
from lab import Lab
from verifying import codes, found, judge, pretty

from seqmeta import submissions
from seqmeta.canonical import digest
from seqmeta.git import Repository
from seqmeta.verification import scan, verify


@pytest.fixture
def example(project: Path, tmp_path: Path) -> Lab:
    """The example laboratory of this project, in a workspace of its own."""
    lab = Lab(tmp_path / "lab")
    shutil.rmtree(lab.root / "config")
    shutil.copytree(project / "config", lab.root / "config")
    return lab


def test_the_example_laboratory(example):
    example.good()
    verdict = judge(example.records)
    assert (verdict.findings, verdict.strength) == ((), "consistent")
    assert verdict.records > 50
    assert verdict.seals >= 1


CATALOGUE = """
study: {name: Study}
---
project: {name: Project, cost_code: S1}
---
biosamples: [{central_sample_id: BIO-1}, {central_sample_id: BIO-2}]
---
assets: [{name: Tube 1, asset_type: sample_tube, biosamples: [BIO-1]}, {name: Tube 2, biosamples: [BIO-2]}]
---
request_types:
- {name: Library, options: {kit: {type: string, allowed: [A, B]}}, billable: true, price: '10.50'}
- {name: Sequencing, pooling: submission, options: {lanes: {type: integer}}}
---
order_template: {name: Template, request_types: [Library, Sequencing]}
"""
ORDER = "order: {name: ORDER, template: Template, project: Project, study: Study, assets: [TUBES], GROUP}\n"


def order(name, tubes="Tube 1, Tube 2", group="comments: none"):
    return ORDER.replace("ORDER", name).replace("TUBES", tubes).replace("GROUP", group)


def step(lab, name, text):
    """Write one file of descriptions, apply all, and have the store verified."""
    lab.write(name, text)
    lab.good()
    verdict = judge(lab.records)
    assert verdict.findings == ()
    return verdict


def test_a_laboratory_s_life(tmp_path):
    lab = Lab(tmp_path / "lab", unregistered_biosamples="stub")
    step(lab, "catalogue.yaml", CATALOGUE)
    step(lab, "order1.yaml", order("Order 1", group="asset_group_name: Group"))
    step(lab, "order2.yaml", order("Order 2", tubes=""))
    step(lab, "order2.yaml", order("Order 2", tubes="Tube 2", group="request_options: {kit: A}"))
    step(lab, "submission.yaml", "submission: {name: First, orders: [Order 1]}\n")
    assert step(lab, "submission.yaml", "submission: {name: First, orders: [Order 1], submit: true}\n").seals == 1
    step(lab, "catalogue.yaml", CATALOGUE.replace("study: {name: Study}", "study: {name: Study, description: new}"))
    step(lab, "order3.yaml", order("Order 3") + "---\n" + order("Order 4"))
    step(lab, "order3.yaml", order("Order 3", group="withdrawn: true") + "---\n" + order("Order 4"))
    both = "submission: {name: Second, orders: [Order 2], submit: true}\n---\n"
    both += "submission: {name: Third, orders: [Order 4], submit: true}\n"
    assert step(lab, "more.yaml", both).seals == 3
    event = "progress: {submission: First, events: [{asset: Tube 1, request_type: Library, event: start}"
    step(lab, "progress.yaml", event + "]}\n")
    step(lab, "progress.yaml", event + ", {asset: Tube 1, request_type: Library, event: fail}]}\n")
    step(lab, "more.yaml", both.replace("[Order 4], submit: true", "[Order 4], submit: true, cancel: true"))
    step(
        lab, "again.yaml", order("Order 5") + "---\nsubmission: {name: Fourth, orders: [Order 5], supersedes: Third}\n"
    )
    (lab.descriptions / "order3.yaml").unlink()
    verdict = step(lab, "again.yaml", order("Order 5"))
    assert (verdict.seals, verdict.strength) == (3, "consistent")


def test_a_sealed_order_that_a_person_edits_is_found_in_applied_stores_too(example):
    example.good()
    orders = (example.records / "orders").glob("*/*.json")
    path = next(path for path in orders if b'"state": "sealed"' in path.read_bytes())
    path.write_bytes(path.read_bytes().replace(b'"sealed"', b'"building"'))
    assert codes(judge(example.records)) == {"worktree_differs"}
    example.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qam", "By hand")
    assert path.name in found(judge(example.records), "sealed_changed")[0].object


def test_an_event_whose_number_is_none(example):
    """In Python true is 1."""
    example.good()
    path = next(
        of for of in sorted((example.records / "progress").glob("*/*.json")) if b'"number": 1,' in of.read_bytes()
    )
    record = json.loads(path.read_bytes())
    events = [event for of in record["progress"]["requests"].values() for event in of["events"]]
    next(event for event in events if event.get("number") == 1)["number"] = True
    record["meta"] |= {"digest": digest(record["progress"]), "version": record["meta"]["version"] + 1}
    path.write_bytes(pretty(record))
    example.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qam", "By hand")
    assert path.name in found(judge(example.records), "malformed_record")[0].object


def test_progress_has_the_uuid_of_the_contract(example):
    example.good()
    submissions = {path.stem for path in (example.records / "submissions").glob("*/*.json")}
    reported = {path.stem for path in (example.records / "progress").glob("*/*.json")}
    assert reported
    assert reported <= {uuid_of("progress", submission) for submission in submissions}


def test_a_store_that_is_written_and_repacked_meanwhile_raises_no_alarm(tmp_path):
    """New orders, seals and repacking go on while it is verified again and again."""
    lab = Lab(tmp_path / "lab")
    step(lab, "catalogue.yaml", CATALOGUE)
    applied, failures = [], []

    def write():
        try:
            for number in range(8):
                submission = f"submission: {{name: S{number}, orders: [O{number}], submit: true}}\n"
                lab.write(f"{number}.yaml", order(f"O{number}") + "---\n" + submission)
                applied.append(lab.good()["commit"])
                if number % 3 == 1:
                    lab.git("repack", "-a", "-d", "-q")
                    lab.git("pack-refs", "--all")
        except BaseException as error:
            failures.append(error)
            raise

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        assert verify(Repository.open(lab.records, check=False)).findings == ()
    writer.join()
    assert (len(applied), failures) == (8, [])
    assert judge(lab.records).seals == 8


def test_the_largest_submission_that_a_run_makes_is_one_that_can_be_held() -> None:
    """What is larger than verify keeps would be called a forgery."""
    assert 2 * submissions.MOST_BYTES < scan.LARGEST_CONTENT


def test_a_file_system_that_gives_less_than_it_is_asked_for_raises_no_alarm(example, monkeypatch):
    example.good()
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 100)))
    assert judge(example.records).findings == ()


def test_the_uuid_of_a_pool_is_that_of_nothing_else(tmp_path):
    lab = Lab(tmp_path / "lab")
    pooled = "---\norder_template: {name: Pooled, request_types: [Sequencing, Library]}\n---\n"
    sealed = order("A").replace("Template", "Pooled") + "---\nsubmission: {name: Work, orders: [A], submit: true}\n"
    step(lab, "work.yaml", CATALOGUE + pooled + sealed)
    (pool,) = {of["pool"]["uuid"] for of in lab.body("submission", "Work")["requests"] if "pool" in of}
    path = path_of("biosample", pool)
    lab.records.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
    lab.records.joinpath(path).write_bytes(render("biosample", {"uuid": pool, "central_sample_id": "by hand"}, 1))
    lab.git("add", "-f", ".")
    lab.git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "By hand")
    (finding,) = judge(lab.records).findings
    assert finding.code == "duplicate_identity"
    assert finding.message.endswith(f"the UUID {pool} of a pool is that of {path} too")
