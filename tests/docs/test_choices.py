"""The choices that docs/reference/choices.md promises, tried one by one."""

import json
import re
import subprocess
from pathlib import Path

import pytest

import seqmeta
from seqmeta.git_settings import MINIMUM_GIT
from seqmeta.kinds import load_kinds

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "choices.md"

BASE = """
study: {name: St}
---
project: {name: Pr}
---
biosamples: [{central_sample_id: B1}, {central_sample_id: B2}]
---
assets: [{name: A1, biosamples: [B1]}, {name: A2, biosamples: [B2]}]
---
request_type: {name: RT, multiplier_option: n, options: {n: {type: integer}, a.b: {type: integer}}}
---
request_type: {name: Pooled, multiplier_option: n, pooling: submission, options: {n: {type: integer}}}
---
order_templates:
  - {name: T, request_types: [RT]}
  - {name: T2, request_types: [RT]}
  - {name: P, request_types: [Pooled, RT]}
"""
ORDER = "order: {name: O, template: T, project: Pr, study: St, assets: [A1, A2], request_options: {%s}}\n"
SUBMISSION = "---\nsubmission: {name: S, orders: [O]%s}\n"
LIBRARY = (
    "library: {library_name: L, biosamples: [B1], library_layout_config: SINGLE, library_source: viral-rna, "
    "library_selection: pcr, library_strategy: amplicon, library_seq_kit: k, %s}\n"
)
RUN_ID = "09ef4b3a-1bad-453a-a291-029ac9bd705d"
RUN = f"sequencing_run: {{sequencing_id: {RUN_ID}, library_name: L, instrument_make: ILLUMINA, %s}}\n"
GROUP = "asset_group: {name: G, study: St, assets: [A1]}\n---\n"
PROTOCOL = "library_seq_protocol: p"


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "config" / "descriptions"
    folder.mkdir(parents=True)
    (tmp_path / "config" / "config.yaml").write_text("committer: {name: Lab, email: lab@example.org}\n", "utf-8")
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def describe(lab, text):
    (lab / "config" / "descriptions" / "more.yaml").write_bytes(text.encode())


def codes(lab, text):
    describe(lab, text)
    return sorted({problem["code"] for problem in seqmeta.check(lab)["problems"]})


def body_of(lab, kind):
    (file,) = (lab / "records").glob(f"{load_kinds()[kind].plural}/*/*.json")
    return json.loads(file.read_text(encoding="utf-8"))[kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((ORDER % f"n: {written}", ["wrong_type"]) for written in ("01", "1.0", "1_0", "1e0")),
        (ORDER % "n: +1", []),
        (ORDER % "n: 1000", []),
        (ORDER % "n: 1001", ["invalid_multiplier"]),
        (ORDER.replace("template: T", "template: P") % "n: 2", ["invalid_multiplier"]),
        (ORDER % "a: {b: 1}, a.b: 1", ["conflicting_fields"]),
        ('study: {name: "Z"#c\n}\n', ["yaml_syntax"]),
        ("study: {name: Z}\r# c", ["invalid_text"]),
        ("study: {name: Z}\nproject: {name: Y}\n", ["conflicting_fields"]),
        ("asset_group: {name: G, study: St, assets: [A1, ~]}\n", ["required_field"]),
        ("- a\n", ["wrong_type"]),
        ("study: {name: Z, description: " + "[" * 25 + "]" * 25 + "}\n", ["out_of_range"]),
        (
            GROUP + ORDER.replace("assets:", "asset_group_name: G, assets:") % "",
            ["asset_group_conflict", "conflicting_fields"],
        ),
        (LIBRARY % "library_seq_protocol: p, library_seq_protocl: p", []),
        (LIBRARY % "library_seq_protocol: p, library_seq_protocl: q", ["conflicting_fields"]),
        (LIBRARY % PROTOCOL + "---\n" + RUN % "start_time: 2099-01-01 10:00", ["out_of_range"]),
        (LIBRARY % PROTOCOL + "---\n" + RUN % 'start_time: "2016-12-31T23:59:60Z"', ["invalid_time"]),
        (LIBRARY % PROTOCOL + "---\n" + RUN % "start_time: 2016-12-31T23:59:00-00:00", []),
        ("biosample: {central_sample_id: B3, collection_date: 2099-01-01}\n", []),
    ],
)
def test_what_is_read_and_refused(lab, text, expected):
    assert codes(lab, text) == expected


def test_a_change_of_a_locked_order_is_reported_twice(lab):
    describe(lab, ORDER % "" + SUBMISSION % "")
    assert seqmeta.apply(lab)["commit"]
    assert codes(lab, ORDER.replace("template: T,", "template: T2,") % "" + SUBMISSION % "") == [
        "cannot_change",
        "order_locked",
    ]


def test_what_stands_in_bodies(lab):
    describe(lab, ORDER.replace("template: T", "template: P") % "" + SUBMISSION % ", submit: true")
    assert seqmeta.apply(lab)["commit"]
    submission = body_of(lab, "submission")
    assert submission["submit"] is True
    assert [of["pool"]["name"] for of in submission["requests"] if "pool" in of] == ["pool 1 of S"]

    describe(lab, ORDER.replace("template: T", "template: P") % "" + SUBMISSION % ", submit: true, cancel: true")
    assert seqmeta.apply(lab)["commit"]
    assert body_of(lab, "submission") == submission
    progress = body_of(lab, "progress")
    assert progress["state"] == "cancelled"
    events = [event for of in progress["requests"].values() for event in of["events"]]
    assert {event["cause"] for event in events} == {submission["uuid"]}
    assert all("number" not in event for event in events)


def test_events_are_numbered_from_0_over_the_whole_description(lab):
    events = ", ".join(f"{{asset: {name}, request_type: RT, event: start}}" for name in ("A1", "A2"))
    submitted = ORDER % "" + SUBMISSION % ", submit: true"
    describe(lab, submitted)
    assert seqmeta.apply(lab)["commit"]
    describe(lab, submitted + f"---\nprogress: {{submission: S, events: [{events}]}}\n")
    assert seqmeta.apply(lab)["commit"]
    numbers = [event["number"] for of in body_of(lab, "progress")["requests"].values() for event in of["events"]]
    assert sorted(numbers) == [0, 1]


def test_a_group_that_does_not_exist_yet_keeps_its_name_in_the_order(lab):
    describe(lab, "order: {name: O, template: T, project: Pr, study: St, asset_group_name: G}\n")
    assert seqmeta.apply(lab)["commit"]
    assert body_of(lab, "order")["asset_group_name"] == "G"
    describe(lab, "order: {name: O, template: T, project: Pr, study: St, asset_group_name: G, assets: [A1]}\n")
    assert seqmeta.apply(lab)["commit"]
    order = body_of(lab, "order")
    assert "asset_group_name" not in order
    assert order["asset_group"]["name"] == "G"


def test_an_option_of_several_types_is_as_the_most_exact_has_it_and_in_a_request_as_its_own_has(lab):
    describe(
        lab,
        "request_type: {name: Text, options: {n: {type: string}}}\n---\n"
        "order_template: {name: Both, request_types: [Text, RT]}\n---\n"
        + ORDER.replace("template: T", "template: Both") % "n: +3"
        + SUBMISSION % ", submit: true",
    )
    assert seqmeta.apply(lab)["commit"]
    assert body_of(lab, "order")["request_options"] == {"n": 3}
    requests = body_of(lab, "submission")["requests"]
    assert [of["options"]["n"] for of in requests] == ["3", "3"] + [3] * 6


def test_withdrawn_stands_in_the_body(lab):
    describe(lab, (ORDER % "").replace("name: O", "name: O, withdrawn: true"))
    assert seqmeta.apply(lab)["commit"]
    order = body_of(lab, "order")
    assert (order["withdrawn"], order["state"]) == (True, "withdrawn")


def test_trailers_of_a_commit(lab):
    assert seqmeta.apply(lab)["commit"]
    command = ["git", "-C", lab / "records", "log", "-1", "--format=%(trailers:keyonly)"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert printed == ["Descriptions-Digest", "Seqmeta-Version"]


def find_fields(name):
    """Every field of this name, wherever it stands."""
    for kind in load_kinds().values():
        for of in (
            kind.fields,
            *(rules["schema"].get("schema", {}) for rules in kind.fields.values() if rules["type"] == "list"),
        ):
            if name in of:
                yield of[name]


def test_the_lengths_of_the_table():
    table = re.findall(r"^\| (`.+) \| ([\d,]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(table) >= 5
    for names, most in table:
        for name in re.findall(r"`(\w+)`", names):
            if name == "barcode":  # of a biosample in a library; an asset's may be longer
                assert load_kinds()["library"].fields["biosamples"]["schema"]["schema"][name]["maxlength"] == int(most)
                continue
            lengths = {rules["maxlength"] for rules in find_fields(name)}
            assert lengths == {int(most.replace(",", ""))}, name


def test_the_floor_of_git_is_the_one_that_is_named():
    assert f"git {'.'.join(map(str, MINIMUM_GIT))} or later" in PAGE.read_text(encoding="utf-8")
