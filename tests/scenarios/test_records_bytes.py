"""Records as bytes, recomputed with the standard library and the `rfc8785` package (CONTRACT 3)."""

import hashlib
import json
import shutil

import pytest
import rfc8785
import yaml
from lab import LIBRARY, RUN_ID, Lab, biosamples, dump, library_of, run_of, sequenced

EVERYTHING = (
    {
        "study": {
            "name": "Straße & Söhne",
            "description": 'two\nlines, a " quote and a \\ backslash',
            "accession": "PRJEB37886",
        }
    },
    {"project": {"name": "😀 emoji", "cost_code": "S4773", "state": "Inactive"}},
    {"assets": [{"name": "Tube 1", "asset_type": "sample tube", "biosamples": ["BIRM-XXXXX"]}, {"name": "Tube 2"}]},
    {"asset_group": {"name": "G", "study": "Straße & Söhne", "assets": ["Tube 2", "Tube 1"]}},
    {
        "biosample": {
            "central_sample_id": "N",
            "taxon_id": "9007199254740991",
            "metadata": {"\ufb33": {"😀": "1", "a": "é"}},
        }
    },
    biosamples(),
    run_of(
        study="Straße & Söhne", start_time="2020-03-22 10:05", metadata={"b": {"z": "1", "a": "2"}, "a": {"x": "y"}}
    ),
    sequenced(sequencing_id=RUN_ID.replace("0", "f")),
)


def test_every_record_is_canonical_and_its_digest_true(lab):
    answer = lab.good(*EVERYTHING)
    paths = sorted(path for path in lab.records.rglob("*.json") if ".git" not in path.parts)
    assert len(paths) == len(answer["created"]) == 12
    for path in paths:
        data = path.read_bytes()
        record = json.loads(data)
        assert data == (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
        (kind,) = record.keys() - {"meta"}
        digest = hashlib.sha256(rfc8785.dumps(record[kind])).hexdigest()
        assert record["meta"] == {"digest": f"sha256:{digest}", "schema": f"{kind}/1", "version": 1}
        uuid = record[kind]["uuid"]
        assert path.parts[-2:] == (uuid[:2], f"{uuid}.json")
    folders = {path.parts[-3] for path in paths}
    assert folders == {"studies", "projects", "assets", "asset_groups", "biosamples", "libraries", "sequencing_runs"}


def test_a_body_has_no_nulls_and_no_floats(lab):
    lab.write(
        "work.yaml",
        dump(biosamples(), run_of()) + "  flowcell_id: ~\n  run_name:\n  flowcell_type: ''\n  metadata: {}\n",
    )
    lab.good()
    body = lab.body("sequencing_run", RUN_ID)
    assert body.keys() <= {"uuid", "sequencing_id", "library", "instrument_make", "requests", "metadata"}
    quoted = dump(biosamples(), run_of()) + "  flowcell_id: 'null'\n"
    lab.write("work.yaml", quoted)
    lab.good()
    assert lab.body("sequencing_run", RUN_ID)["flowcell_id"] == "null"


def _as_flow(documents):
    return "".join(
        f"---\n{yaml.safe_dump(of, default_flow_style=True, allow_unicode=True, width=10**6)}" for of in documents
    )


def _as_many_json_files(lab, documents):
    for number, document in enumerate(reversed(documents)):
        lab.write(f"{number % 3}/{number}.json", json.dumps(document, indent=number % 4, ensure_ascii=number % 2 == 0))


def _as_quoted_with_comments(documents):
    texts = [yaml.safe_dump(of, default_style='"', allow_unicode=True, width=10**6) for of in documents]
    return "# a comment\n" + "\n...\n# and another\n---\n".join(text.replace("\n", "   # why\n", 1) for text in texts)


def _as_reversed_keys(documents):
    turned = [
        {kind: dict(reversed(of.items())) if isinstance(of, dict) else of[::-1] for kind, of in doc.items()}
        for doc in documents
    ]
    return dump(*reversed(turned))


def test_equal_trees_from_descriptions_that_look_different(tmp_path):
    reference = Lab(tmp_path / "reference")
    reference.good(*EVERYTHING)
    ways = {
        "flow.yml": _as_flow,
        "quoted.yaml": _as_quoted_with_comments,
        "deep/er/reversed.yaml": _as_reversed_keys,
        "crlf.yaml": lambda documents: "\ufeff" + dump(*documents).replace("\n", "\r\n"),
    }
    for number, (name, way) in enumerate(ways.items()):
        lab = Lab(tmp_path / str(number))
        lab.write(name, way(EVERYTHING))
        lab.good()
        assert lab.tree() == reference.tree(), name
    lab = Lab(tmp_path / "json")
    _as_many_json_files(lab, EVERYTHING)
    lab.good()
    assert lab.tree() == reference.tree()


def test_equal_trees_of_singular_and_plural(tmp_path):
    trees = set()
    listed = {"libraries": [library_of()["library"]]}, {"sequencing_runs": [sequenced()["sequencing_run"]]}
    for number, documents in enumerate([(library_of(), sequenced()), listed]):
        lab = Lab(tmp_path / str(number))
        lab.good(biosamples(), *documents)
        trees.add(lab.tree())
    assert len(trees) == 1


def test_a_plain_run_and_its_two_parts_give_the_same_library(tmp_path):
    trees = set()
    for number, documents in enumerate([(run_of(),), (library_of(), sequenced())]):
        lab = Lab(tmp_path / str(number))
        lab.good(biosamples(), *documents)
        trees.add(lab.tree())
    assert len(trees) == 1


def test_nothing_of_the_machine_is_in_a_tree(tmp_path, monkeypatch):
    trees = set()
    for number, (locale, zone) in enumerate(
        [("C", "UTC"), ("tr_TR.UTF-8", "Asia/Kolkata"), ("C.UTF-8", "America/New_York")]
    ):
        monkeypatch.setenv("LC_ALL", locale)
        monkeypatch.setenv("TZ", zone)
        lab = Lab(tmp_path / f"lab {number} é", committer={"name": f"N{number}", "email": f"{number}@example.org"})
        lab.good(*EVERYTHING)
        trees.add(lab.tree())
    assert len(trees) == 1


def test_records_are_the_same_after_they_were_lost(lab):
    lab.good(*EVERYTHING)
    tree = lab.tree()
    shutil.rmtree(lab.records)
    lab.good()
    assert lab.tree() == tree


@pytest.mark.parametrize("name", [LIBRARY["library_name"]])
def test_a_reference_is_uuid_and_name(lab, name):
    lab.good(*EVERYTHING)
    library = lab.body("library", str(name))
    assert all(sample.keys() == {"uuid", "central_sample_id"} for sample in library["biosamples"])
    assert lab.body("asset_group", "G")["study"].keys() == {"uuid", "name"}
    assert [of["name"] for of in lab.body("asset_group", "G")["assets"]] == ["Tube 2", "Tube 1"]
