"""RO-Crates of runs: what the specification demands of a crate, the same for the same commit, and nobody withdrawn."""

import json

import pytest
from exporting import export, illumina_run, sequenced_lab, study
from lab import RUN_ID, SAMPLES, biosamples


def graph(files):
    crate = json.loads(files["ro-crate-metadata.json"])
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {of["@id"]: of for of in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    return entities


def references(value):
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            yield value["@id"]
        for of in value.values():
            yield from references(of)
    elif isinstance(value, list):
        for of in value:
            yield from references(of)


def test_what_the_specification_demands(tmp_path):
    lab = sequenced_lab(tmp_path / "lab", illumina_run(start_time="2020-03-22 10:05"))
    files = export(lab, "rocrate", tmp_path / "out")
    entities = graph(files)
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert {"name", "description", "datePublished", "license"} <= root.keys()
    assert root["identifier"] == lab.head()
    parts = {of["@id"] for of in root["hasPart"]}
    assert parts == files.keys() - {"ro-crate-metadata.json"}
    known = entities.keys() | {"https://w3id.org/ro/crate/1.1"}
    assert set(references(list(entities.values()))) <= known
    action = entities[f"#run-{RUN_ID}"]
    assert (action["@type"], action["startTime"]) == ("CreateAction", "2020-03-22T10:05:00Z")
    assert [entities[of["@id"]]["name"] for of in action["object"]] == list(SAMPLES)


def test_the_same_commit_gives_the_same_crate(tmp_path):
    lab = sequenced_lab(tmp_path / "lab")
    commit = lab.head()
    first = export(lab, "rocrate", tmp_path / "out")
    lab.good(study(), biosamples(), illumina_run(library_seq_kit="another"))
    assert export(lab, "rocrate", tmp_path / "again", "--rev", commit) == first


@pytest.mark.parametrize("rev", [False, True])
def test_withdrawn_consent(tmp_path, rev):
    lab = sequenced_lab(tmp_path / "lab")
    words = ["--rev", lab.head()] if rev else []
    withdrawn = {"biosamples": [{"central_sample_id": of, "consent_withdrawn": of == SAMPLES[0]} for of in SAMPLES]}
    lab.good(study(), withdrawn, illumina_run())
    for data in export(lab, "rocrate", tmp_path / "out", *words).values():
        assert SAMPLES[0].encode() not in data
