"""`seqmeta new`: skeletons that explain every field, refuse to be left as they are, and are valid once filled in."""

import json
import re

import pytest
import yaml
from lab import call as seqmeta

from seqmeta.kinds import load_kinds
from seqmeta.reader import read_yaml

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# What a person would put into the open fields, in a workspace made by `seqmeta init`.
FILLED = {
    "study": {"name": "S"},
    "project": {"name": "P"},
    "biosample": {"central_sample_id": "B-1"},
    "asset": {"name": "T"},
    "asset_group": {"name": "G", "study": "Example study", "assets": "[Tube 1]"},
    "request_type": {"name": "R"},
    "order_template": {"name": "OT", "request_types": "[Library creation]"},
    "order": {"template": "Simple sequencing", "project": "Example project", "study": "Example study"},
    "submission": {},
    "library": {
        "library_name": "L",
        "biosamples": "[EX-001]",
        "library_layout_config": "SINGLE",
        "library_selection": "PCR",
        "library_source": "GENOMIC",
        "library_strategy": "WGS",
        "library_seq_kit": "K",
        "library_seq_protocol": "P",
    },
    "sequencing_run": {
        "library_name": "L",
        "instrument_make": "ILLUMINA",
        "biosamples": "[EX-001]",
        "library_layout_config": "SINGLE",
        "library_selection": "PCR",
        "library_source": "GENOMIC",
        "library_strategy": "WGS",
        "library_seq_kit": "K",
        "library_seq_protocol": "P",
        "library_sop_name": "N",
        "library_sop_version": "V",
    },
    "progress": {"submission": "Second submission"},
}
BEFORE = {
    "progress": """
order:
  name: Second order
  template: Paired end sequencing of libraries
  project: Example project
  study: Example study
  assets: [Tube 1]
  request_options: {read_length: 37, fragment_size_required: {from: 1, to: 2}}
---
submission: {name: Second submission, orders: [Second order], submit: true}
---
"""
}


def new(folder, *words):
    made = seqmeta(folder, "new", *words)
    assert (made.returncode, made.stderr) == (0, "")
    return made.stdout


def check(lab, text):
    (lab / "config" / "descriptions" / "mine.yaml").write_text(text)
    return json.loads(seqmeta(lab, "check", "--format", "json").stdout)["problems"]


def fill(text, values):
    """Put values behind the keys that stand open."""
    for key, value in values.items():
        text, found = re.subn(rf"^( *){key}:$", rf"\1{key}: {value}", text, flags=re.MULTILINE)
        assert found == 1, key
    return text


@pytest.fixture
def lab(tmp_path):
    assert seqmeta(tmp_path, "init", "lab").returncode == 0
    return tmp_path / "lab"


def test_every_kind_has_a_case():
    assert set(FILLED) == set(load_kinds())


@pytest.mark.parametrize("kind", FILLED)
def test_a_skeleton_names_and_explains_every_field(tmp_path, kind):
    text = new(tmp_path, kind)
    for name, rules in load_kinds()[kind].fields.items():
        assert re.search(rf"^  #?{name}:", text, re.MULTILINE), name
        assert " ".join(rules["meta"]["about"].split()) in " ".join(re.sub(r"\n +# +", " ", text).split()), name
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("kind", FILLED)
def test_all_that_stands_open_is_refused_when_it_is_left(lab, kind):
    text = new(lab, kind)
    assert read_yaml(text.encode()).faults == []
    # Only these are keys that the reader sees; all others are comments.
    body = yaml.load(text, Loader=yaml.BaseLoader)[kind]
    opened = {key for key, value in body.items() if value == ""}
    assert opened == set(FILLED[kind])

    problems = check(lab, text)
    assert {problem["code"] for problem in problems} <= {"required_field"}
    missing = {problem["path"].split(".")[1] for problem in problems}
    if kind == "sequencing_run":  # without any other library key, it would name a library described elsewhere
        assert missing == {"library_name", "instrument_make"}
        problems = check(lab, fill(text, {"library_name": "L", "instrument_make": "ILLUMINA", "library_seq_kit": "K"}))
        missing |= {problem["path"].split(".")[1] for problem in problems} | {"library_seq_kit"}
    if kind == "library":  # which samples have it themselves is known only when there are samples
        problems = check(lab, fill(text, {"biosamples": "[EX-001]"}))
        missing |= {problem["path"].split(".")[1] for problem in problems}
    assert missing == opened


@pytest.mark.parametrize("kind", FILLED)
def test_filled_in_it_is_valid(lab, kind):
    assert check(lab, BEFORE.get(kind, "") + fill(new(lab, kind), FILLED[kind])) == []


@pytest.mark.parametrize(
    ("kind", "key"),
    [("progress", "events"), ("request_type", "options"), ("biosample", "metadata"), ("sequencing_run", "biosamples")],
)
def test_the_example_below_a_key_is_one_entry_of_it_once_the_marks_are_away(tmp_path, kind, key):
    text, found = re.subn(rf"^  #?({key}:)\n  #(.*)$", r"  \1\n  \2", new(tmp_path, kind), flags=re.MULTILINE)
    assert found == 1
    reading = read_yaml(text.encode())
    assert reading.faults == []
    assert len(reading.documents[0].value[kind][key]) == 1


def test_each_has_a_uuid_of_its_own_and_a_run_its_sequencing_id(tmp_path):
    first, second = (yaml.safe_load(new(tmp_path, "study"))["study"]["uuid"] for _ in range(2))
    assert first != second
    assert UUID4.fullmatch(first)
    assert UUID4.fullmatch(yaml.safe_load(new(tmp_path, "sequencing_run"))["sequencing_run"]["sequencing_id"])


def test_a_uuid_can_be_given(tmp_path):
    given = "0B52B4C4-8F2A-4C39-9F3D-4F63E0E2A001"
    assert yaml.safe_load(new(tmp_path, "order", "--uuid", given))["order"]["uuid"] == given.lower()
    for wrong in ("00000000-0000-0000-0000-000000000000", "x", "0b52b4c48f2a4c399f3d4f63e0e2a001"):
        refused = seqmeta(tmp_path, "new", "order", "--uuid", wrong)
        assert (refused.returncode, refused.stdout) == (2, "")
    assert seqmeta(tmp_path, "new", "progress", "--uuid", given).returncode == 2


def test_the_legal_values_are_those_of_the_workspace(lab):
    (lab / "config" / "vocabularies.yaml").write_text("library_strategy: {HI_C: {ena: Hi-C}}\n")
    assert "HI_C" in new(lab, "library")
    assert "HI_C" not in new(lab.parent, "library")


def test_an_unknown_kind_gets_the_nearest_and_a_plural_will_do(tmp_path):
    refused = seqmeta(tmp_path, "new", "sequencing-rnus")
    assert refused.returncode == 2
    assert "did you mean sequencing_runs?" in refused.stderr
    for word in ("studies", "Study"):
        assert new(tmp_path, word).split("\n")[1].startswith("# study:")


def test_an_order_for_a_template_has_exactly_its_options_with_their_legal_values(lab):
    text = new(lab, "order", "--template", "Simple sequencing")
    order = yaml.load(text, Loader=yaml.BaseLoader)["order"]
    assert order["template"] == "Simple sequencing"
    # The seed's example of this template, and its legal values.
    assert order["request_options"] == {
        "library_type": "",
        "fragment_size_required": {"from": "", "to": ""},
        "read_length": "",
    }
    assert "one of 37, 54, 76, 108" in text
    assert "NlaIII gene expression" in re.sub(r"\n +# +", " ", text)
    assert re.search(r"^    #number_of_lanes:$", text, re.MULTILINE)

    # The template's UUID names it too, and what is filled in is complete enough for a submission.
    by_uuid = new(lab, "order", "--template", "00000000-1111-2222-3333-444444444444")
    values = {"library_type": "no pcr", "from": "100", "to": "200", "read_length": "76"}
    filled = fill(by_uuid, {"project": "Example project", "study": "Example study", **values})
    filled = filled.replace("#assets:", "assets: [Tube 1]")
    uuid = yaml.safe_load(filled)["order"]["uuid"]
    assert check(lab, f"{filled}---\nsubmission: {{name: S, orders: [{uuid}], submit: true}}\n") == []


def test_presets_and_defaults_are_shown_and_stay_what_they_are(lab):
    (lab / "config" / "catalogue" / "own.yaml").write_text(
        "request_type:\n"
        "  name: 'Odd: type'\n"
        "  options:\n"
        "    depth: {type: integer, min: 5, max: 90, default: 30}\n"
        "    buffer.kind: {type: string, allowed: ['null', Tris 'x'], required: true}\n"
        "    dry: {type: boolean}\n"
        "---\n"
        "order_template: {name: 'null: #1', request_types: ['Odd: type'], request_options: {buffer: {kind: 'null'}}}\n"
    )
    text = new(lab, "order", "--template", "null: #1")
    assert yaml.safe_load(text)["order"]["template"] == "null: #1"
    assert "30 when not given; a whole number from 5 to 90" in text
    uncommented = text.replace("#depth:", "depth:").replace("#kind:", "kind:").replace("#dry:", "dry:")
    options = yaml.load(uncommented, Loader=yaml.BaseLoader)["order"]["request_options"]
    assert options == {"depth": "30", "buffer": {"kind": "null"}, "dry": ""}
    values = {"project": "Example project", "study": "Example study"}
    assert check(lab, fill(uncommented, values)) == []
    assert check(lab, fill(text, values)) == []


def test_an_option_that_two_types_take_is_explained_by_the_one_that_says_most(lab):
    (lab / "config" / "catalogue" / "own.yaml").write_text(
        "request_types:\n"
        "- {name: Prep, options: {kind: {type: string}, depth: {type: string, default: '30'}}}\n"
        "- {name: Seq, options: {kind: {type: string, allowed: [Standard]}, depth: {type: integer, max: 90}}}\n"
        "---\n"
        "order_template: {name: Both, request_types: [Prep, Seq]}\n"
    )
    text = new(lab, "order", "--template", "Both")
    assert "one of Standard; for Prep and Seq" in text
    assert "30 when not given; a whole number of at most 90; for Prep and Seq" in text


def test_a_template_that_is_only_recorded_is_found(lab):
    assert seqmeta(lab, "apply").returncode == 0
    (lab / "config" / "catalogue" / "templates.yaml").unlink()
    assert "read_length" in new(lab, "order", "--template", "Simple sequencing")


def test_a_template_that_is_unknown_or_superseded_is_refused(lab):
    refused = seqmeta(lab, "new", "order", "--template", "Simple sequencin")
    assert refused.returncode == 2
    assert "did you mean Simple sequencing?" in refused.stderr
    (lab / "config" / "catalogue" / "own.yaml").write_text(
        "order_template: {name: Old, request_types: [Library creation], superseded_by: Simple sequencing}\n"
    )
    refused = seqmeta(lab, "new", "order", "--template", "Old")
    assert refused.returncode == 2
    assert "Simple sequencing" in refused.stderr
    assert seqmeta(lab, "new", "study", "--template", "Old").returncode == 2
    assert seqmeta(lab.parent, "new", "order", "--template", "Old").returncode == 3
