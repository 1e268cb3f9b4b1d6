"""UUIDs and names: what they are, what has them, and what may not have them twice (CONTRACT 2 and 7)."""

import uuid

import pytest
from lab import LIBRARY, RUN_ID, biosamples, dump, library_of, run_of, sequenced

# CONTRACT 7, by the standard library and not by seqmeta.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "seqmeta")
GIVEN = "6FA459EA-EE8A-3CA4-894E-DB77E160355E"


def uuid_of(*parts):
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))


def test_a_uuid_is_made_of_kind_and_name(lab):
    lab.good(
        {"study": {"name": "Étude 1"}},
        {"project": {"name": "Étude 1"}},
        {"asset": {"name": "Tube 1"}},
        {"asset_group": {"name": "G", "study": "Étude 1", "assets": ["Tube 1"]}},
        biosamples(),
        run_of(),
    )
    study = uuid_of("study", "Étude 1")
    expected = {
        ("study", study),
        ("project", uuid_of("project", "Étude 1")),
        ("asset", uuid_of("asset", "Tube 1")),
        ("asset_group", uuid_of("asset_group", study, "G")),
        ("biosample", uuid_of("biosample", "BIRM-XXXXX")),
        ("library", uuid_of("library", str(LIBRARY["library_name"]))),
        ("sequencing_run", RUN_ID),
    }
    for kind, identity in expected:
        path = next(lab.records.glob(f"*/{identity[:2]}/{identity}.json"))
        assert lab.body(kind, identity)["uuid"] == identity
        assert path.is_file()


def test_a_given_uuid_is_kept_in_lower_case(lab):
    lab.good({"study": {"name": "S", "uuid": GIVEN}})
    assert lab.body("study", "S")["uuid"] == GIVEN.lower()


@pytest.mark.parametrize(
    "text",
    [
        "{" + GIVEN + "}",
        "urn:uuid:" + GIVEN,
        GIVEN.replace("-", ""),
        "6fa459eaee8a-3ca4-894e-db77e160355e-",
        "6fa4-59eaee8a-3ca4-894e-db77e160355e",
        "+fa459ea-ee8a-3ca4-894e-db77e160355e",
        "0xa459ea-ee8a-3ca4-894e-db77e160355e",
        "٦fa459ea-ee8a-3ca4-894e-db77e160355e",
        "6fa459ea-ee8a-3ca4-894e-db77e160_55e",
        "6fa459ea-ee8a-3ca4-894e-db77e160355",
        "6fa459ea-ee8a-3ca4-894e-db77e160355ef",
        "6ga459ea-ee8a-3ca4-894e-db77e160355e",
        "6fa459ea ee8a 3ca4 894e db77e160355e",
        "00000000-0000-0000-0000-000000000000",
        "me",
    ],
)
def test_what_is_no_uuid(lab, text):
    assert lab.errors({"study": {"name": "S", "uuid": text}}) == [("invalid_uuid", "study.uuid")]
    assert lab.errors(biosamples(), run_of(sequencing_id=text)) == [("invalid_uuid", "sequencing_run.sequencing_id")]


def test_outer_white_space_is_none_of_a_uuid(lab):
    lab.good({"study": {"name": " S ", "uuid": f"  {GIVEN}\n"}})
    assert lab.body("study", "S")["uuid"] == GIVEN.lower()


@pytest.mark.parametrize(
    "kind, name", [("study", "name"), ("project", "name"), ("biosample", "central_sample_id"), ("asset", "name")]
)
def test_one_name_twice_is_an_error_at_both_places(lab, kind, name):
    lab.write("a.yaml", f"{kind}:\n  {name}: X\n")
    lab.write("b.yaml", f"{kind}: {{{name}: X}}\n")
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("duplicate_identity", f"{kind}.{name}")
    assert (problem["file"], problem["line"], problem["column"]) == (
        "config/descriptions/b.yaml",
        1,
        len(f"{kind}: {{{name}: ") + 1,
    )
    assert "config/descriptions/a.yaml:2:" in problem["message"]


def test_one_uuid_twice_is_an_error(lab):
    same = lab.errors({"study": {"name": "A", "uuid": GIVEN}}, {"study": {"name": "B", "uuid": GIVEN.lower()}})
    assert same == [("duplicate_identity", "study.uuid")]
    kinds = lab.errors({"study": {"name": "A", "uuid": GIVEN}}, {"project": {"name": "A", "uuid": GIVEN}})
    assert kinds == [("duplicate_identity", "project.uuid")]
    derived = lab.errors({"study": {"name": "A"}}, {"project": {"name": "B", "uuid": uuid_of("study", "A")}})
    assert derived == [("duplicate_identity", "project.uuid")]


def test_a_copied_uuid_is_one_problem_that_names_both_things(lab):
    lab.write("study.yaml", dump({"study": {"name": "Rivers", "uuid": GIVEN}}))
    lab.write("work.yaml", dump({"request_type": {"name": "Sequencing", "uuid": GIVEN}}))
    lab.write("more.yaml", dump({"order_template": {"name": "Simple", "request_types": ["Sequencing"]}}))
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("duplicate_identity", "request_type.uuid")
    assert "study 'Rivers'" in problem["message"]
    assert "config/descriptions/study.yaml:" in problem["message"]


def test_one_run_twice_is_an_error_with_both_places(lab):
    lab.write("a.yaml", dump(sequenced()))
    lab.write("b.yaml", dump(library_of(), biosamples(), sequenced(sequencing_id=RUN_ID.upper())))
    (problem,) = lab.check()
    assert (problem["code"], problem["file"]) == ("duplicate_identity", "config/descriptions/b.yaml")
    assert problem["path"] == "sequencing_run.sequencing_id"
    assert "config/descriptions/a.yaml:" in problem["message"]


def test_a_uuid_of_a_record_of_another_kind(lab):
    lab.good({"study": {"name": "A", "uuid": GIVEN}})
    errors = lab.refused({"project": {"name": "A", "uuid": GIVEN}})
    assert [(of["code"], of["path"]) for of in errors] == [("duplicate_identity", "project.uuid")]


WORK = (
    {"study": {"name": "S"}},
    {"project": {"name": "P"}},
    {"asset": {"name": "tube 1", "biosamples": ["X"]}},
    {"request_type": {"name": "Sequencing"}},
    {"order_template": {"name": "T", "request_types": ["Sequencing"]}},
    {"order": {"name": "o", "study": "S", "project": "P", "template": "T", "assets": ["tube 1"]}},
    {"submission": {"name": "s", "orders": ["o"], "submit": True}},
)
ORDER, SUBMISSION, TUBE = uuid_of("order", "o"), uuid_of("submission", "s"), uuid_of("asset", "tube 1")


@pytest.mark.parametrize("is_run", [False, True], ids=["study", "run"])
@pytest.mark.parametrize(
    "made",
    [
        uuid_of("biosample", "X"),
        uuid_of("asset_group", uuid_of("study", "S"), ORDER),
        uuid_of("progress", SUBMISSION),
        uuid_of("request", SUBMISSION, "0", ORDER, TUBE, "0"),
    ],
    ids=["stub", "asset group", "progress", "request"],
)
def test_what_a_run_makes_has_a_uuid_of_its_own(lab, made, is_run):
    lab.configure(unregistered_biosamples="stub")
    taker = sequenced(sequencing_id=made) if is_run else {"study": {"name": "Taker", "uuid": made}}
    library = library_of(library_sop_name=None, biosamples=["X"])
    assert "duplicate_identity" in [code for code, _ in lab.errors(*WORK, library, taker)]
    recorded = WORK[:2] if made == uuid_of("biosample", "X") else WORK[:-2]
    lab.good(*recorded)
    assert "duplicate_identity" in [code for code, _ in lab.errors(*WORK, library, taker)]
    if not is_run:
        lab.configure()
        lab.good(*WORK[:2], {"study": {"name": "Taker", "uuid": made}})
        lab.configure(unregistered_biosamples="stub")
        assert "duplicate_identity" in [code for code, _ in lab.errors(*WORK, library, taker)]
        messages = [of["message"] for of in lab.check() if of["code"] == "duplicate_identity"]
        assert all(made in message and "that of a study" in message for message in messages)


def test_a_group_that_an_order_makes_does_not_replace_a_described_one(lab):
    group = uuid_of("asset_group", uuid_of("study", "S"), ORDER)
    lab.describe({"asset": {"name": "tube 1"}}, name="tube.yaml")
    described = {"asset_group": {"name": "G", "study": "S", "assets": ["tube 1"], "uuid": group}}
    assert lab.errors(*WORK[:2], *WORK[3:-1], described) == [("duplicate_identity", "order")]


def test_a_rename_with_a_given_uuid_is_a_new_version(lab):
    lab.good({"study": {"name": "Before", "uuid": GIVEN}}, biosamples(), library_of(), sequenced(study="Before"))
    answer = lab.good({"study": {"name": "After", "uuid": GIVEN}}, biosamples(), library_of(), sequenced(study="After"))
    assert answer["updated"] == [RUN_ID, GIVEN.lower()]
    record = lab.record("study", GIVEN.lower())
    assert (record["study"]["name"], record["meta"]["version"]) == ("After", 2)
    assert lab.body("sequencing_run", RUN_ID)["study"] == {"uuid": GIVEN.lower(), "name": "After"}
    assert [of["code"] for of in lab.refused(sequenced(study="Before"))] == ["unknown_reference"]


def test_a_rename_without_a_uuid_is_a_new_thing_beside_an_orphan(lab):
    lab.good({"study": {"name": "Before"}})
    answer = lab.good({"study": {"name": "After"}})
    assert answer["created"] == [uuid_of("study", "After")]
    assert [of["code"] for of in answer["problems"]] == ["orphaned"]


def test_a_name_cannot_be_given_another_uuid(lab):
    lab.good({"study": {"name": "S"}})
    (problem,) = lab.refused({"study": {"name": "S", "uuid": GIVEN}})
    assert problem["code"] == "cannot_change"
    assert uuid_of("study", "S") in problem["message"]
    lab.good({"study": {"name": "S", "uuid": uuid_of("study", "S")}})


@pytest.mark.parametrize("first", ["a.yaml", "z.yaml"])
def test_a_recorded_name_described_under_two_uuids_is_an_error_that_names_both_places(lab, first):
    lab.write("m.yaml", f"study: {{name: S, uuid: {GIVEN}}}\n")
    assert lab.apply()["code"] == 0
    for number, digit in enumerate("78"):
        lab.write(f"{number}/{first}", f"study: {{name: S, uuid: {GIVEN.replace('6', digit)}}}\n")
    (lab.descriptions / "m.yaml").rename(lab.descriptions / "0/m.yaml")
    for problem in lab.refused():
        assert (problem["code"], problem["path"]) == ("duplicate_identity", "study.name")
        assert problem["message"].endswith("see config/descriptions/0/m.yaml:1:15")
    assert [of["file"].rpartition("/")[2] for of in lab.check()] == [first, first]


def test_a_name_that_a_rename_gives_up_does_not_pass_to_another_in_the_same_run(lab):
    lab.good({"study": {"name": "A", "uuid": GIVEN}})
    other = GIVEN.replace("6", "7")
    errors = lab.refused({"study": {"name": "B", "uuid": GIVEN}}, {"study": {"name": "A", "uuid": other}})
    assert [(of["code"], of["path"]) for of in errors] == [("cannot_change", "study.name")]


def test_names_are_not_swapped_and_what_is_refused_is_not_said_to_be_gone(lab):
    other = GIVEN.replace("6", "7")
    lab.good({"study": {"name": "A", "uuid": GIVEN}}, {"study": {"name": "B", "uuid": other}})
    lab.describe({"study": {"name": "B", "uuid": GIVEN}}, {"study": {"name": "A", "uuid": other}})
    assert [(of["code"], of["path"]) for of in lab.check()] == [("cannot_change", "study.name")] * 2


def test_names_are_nfc(lab):
    answer = lab.good({"study": {"name": "cafe\u0301"}})
    assert answer["created"] == [uuid_of("study", "caf\u00e9")]
    assert lab.body("study", "caf\u00e9")
    assert lab.errors({"study": {"name": "cafe\u0301"}}, {"study": {"name": "caf\u00e9"}}) == [
        ("duplicate_identity", "study.name")
    ]


@pytest.mark.parametrize("length, codes", [(256, []), (257, ["out_of_range"])])
@pytest.mark.parametrize("kind", ["study", "project", "asset"])
def test_other_names_have_1_to_256_characters(lab, kind, length, codes):
    assert [code for code, _ in lab.errors({kind: {"name": "n" * length}})] == codes


@pytest.mark.parametrize(
    "name", ["../../esc", "/etc/passwd", ".git", "con", "a\\b", "-o", "a:b", "x" * 96, "%s", "{}", "$(id)"]
)
def test_no_name_names_a_path(lab, name):
    lab.good(biosamples(name), run_of(biosamples=[name]))
    files = {path.relative_to(lab.root).parts[0] for path in lab.root.rglob("*") if ".git" not in path.parts}
    assert files <= {"config", "records", ".seqmeta"}
    assert {path.suffix for path in lab.records.rglob("*") if path.is_file() and ".git" not in path.parts} == {".json"}
    assert lab.git("status", "--porcelain") == ""
