"""What a sequencing run must, may and may not say: each key from both sides (CONTRACT 2.1)."""

import pytest
from lab import RUN, RUN_ID, Lab, biosamples, dump, library_of, run_of, sequenced

REQUIRED = (
    "biosamples",
    "instrument_make",
    "library_layout_config",
    "library_name",
    "library_selection",
    "library_source",
    "library_strategy",
    "library_seq_kit",
    "library_seq_protocol",
    "library_sop_name",
    "library_sop_version",
    "sequencing_id",
)
# The options of the seed's table, and PACBIO_SMRT for what is imported.
OPTIONS = {
    "instrument_make": ("ILLUMINA", "OXFORD_NANOPORE", "PACBIO_SMRT"),
    "library_layout_config": ("SINGLE", "PAIRED"),
    "library_selection": ("RANDOM", "PCR", "RANDOM_PCR", "OTHER"),
    "library_source": ("GENOMIC", "TRANSCRIPTOMIC", "METAGENOMIC", "METATRANSCRIPTOMIC", "VIRAL_RNA", "OTHER"),
    "library_strategy": ("WGA", "WGS", "AMPLICON", "OTHER"),
}
ILLEGAL = {
    "instrument_make": ("NANOPORE", "PACIFIC_BIOSCIENCES", "7", "ILLUMINA|X", "ILLUMINA, OXFORD_NANOPORE", "true"),
    "library_layout_config": ("MATE", "SINGLE; rm -rf /", "S", "1", "SINGLE PAIRED"),
    "library_selection": ("POLYA", "PCR_RANDOM", "0", "NONE"),
    "library_source": ("VIRAL", "RNA", "VIRAL.RNA", "GENOMIC_"),
    "library_strategy": ("RNA-Seq", "AMPLICONS", "WG", "WGS WGA"),
}
EVERY_OPTION = [(key, term) for key, terms in OPTIONS.items() for term in terms]


def _stored(lab: Lab, key: str) -> object:
    kind, name = ("sequencing_run", RUN_ID) if key.startswith("instrument") else ("library", str(RUN["library_name"]))
    return lab.body(kind, name)[key]


@pytest.mark.parametrize("key", REQUIRED)
def test_each_required_key_is_missed_and_nothing_else(lab, key):
    for missing in ({key: None}, {key: ""}):
        documents = (biosamples(), run_of(**missing))
        assert lab.errors(*documents) == [("required_field", f"sequencing_run.{key}")]
    lab.write("work.yaml", dump(run_of(**{key: None}), biosamples()) + "---\nstudy: {name: Another}\n")
    (problem,) = lab.check()
    assert (problem["line"], problem["column"]) == (2, 3)
    assert key in problem["message"]


def test_all_missing_keys_are_named_at_once(lab):
    errors = lab.errors({"sequencing_run": {"library_seq_kit": "LSK109"}})
    assert errors == [
        ("required_field", f"sequencing_run.{key}") for key in sorted(set(REQUIRED) - {"library_seq_kit"})
    ]


@pytest.mark.parametrize("key", ["library_seq_kit", "library_seq_protocl", "library_seq_protocol"])
@pytest.mark.parametrize("value", ["LSK109", ["LSK109"]])
def test_a_run_of_a_library_described_elsewhere_with_one_more_key_is_told_the_way_out(lab, key, value):
    lab.describe(biosamples(), library_of(), sequenced(**{key: value}))
    problems = [of for of in lab.check() if of["code"] == "required_field"]
    assert "sequencing_run.library_strategy" in {of["path"] for of in problems}
    assert all(of["message"].endswith(f"; leave {key} out where the library is described elsewhere") for of in problems)
    assert lab.errors(biosamples(), library_of(), sequenced()) == []


@pytest.mark.parametrize("key, term", EVERY_OPTION)
def test_each_option_in_every_spelling(lab, key, term):
    words = term.split("_")
    spellings = {
        term,
        term.lower(),
        term.title(),
        " ".join(words),
        "-".join(words).lower(),
        f" {term} ",
        "_".join(words).swapcase(),
    }
    kind, name = ("sequencing_run", RUN_ID) if key.startswith("instrument") else ("library", str(RUN["library_name"]))
    trees = set()
    for spelling in sorted(spellings):
        lab.good(biosamples(), run_of(**{key: spelling}))
        assert lab.body(kind, name)[key] == term
        trees.add(lab.tree())
    assert len(trees) == 1


@pytest.mark.parametrize("key, text", [(key, text) for key, texts in ILLEGAL.items() for text in texts])
def test_illegal_options_name_the_value_and_what_is_legal(lab, key, text):
    lab.describe(run_of(**{key: text}), biosamples())
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("not_allowed", f"sequencing_run.{key}")
    lines = (lab.descriptions / "work.yaml").read_text().splitlines()
    assert problem["line"] == next(number for number, line in enumerate(lines, 1) if line.startswith(f"  {key}:"))
    assert problem["column"] == len(f"  {key}: ") + 1
    assert repr(text) in problem["message"]
    assert all(term in problem["message"] for term in OPTIONS[key])


@pytest.mark.parametrize("key", OPTIONS)
@pytest.mark.parametrize("value, found", [(["SINGLE"], "list"), ({"SINGLE": "x"}, "mapping")])
def test_an_option_is_one_value(lab, key, value, found):
    lab.describe(biosamples(), run_of(**{key: value}))
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("wrong_type", f"sequencing_run.{key}")
    assert found in problem["message"]


TEXTS = (
    "0123",
    "NO",
    "12:30:45",
    "1.10",
    "1e5",
    "0x1F",
    "0o17",
    "2020-03-22",
    "true",
    "off",
    "1_000",
    ".5",
    "+1",
    "-0",
    "=",
    "<<",
)


@pytest.mark.parametrize("key", ["library_seq_kit", "library_seq_protocol", "library_sop_name", "library_sop_version"])
def test_text_stays_as_it_is_written_in_a_library(lab, key):
    for text in TEXTS:
        lab.write("work.yaml", dump(biosamples(), run_of(**{key: "PLACEHOLDER"})).replace("PLACEHOLDER", text))
        lab.good()
        assert _stored(lab, key) == text


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_as_it_is_written_in_names(lab, text):
    named = dump(biosamples("SAMPLE"), run_of(library_name="NAME", biosamples=["SAMPLE"]))
    lab.write("work.yaml", named.replace("NAME", text).replace("SAMPLE", text))
    lab.good()
    assert lab.body("library", text)["biosamples"][0]["central_sample_id"] == text
    assert lab.body("sequencing_run", RUN_ID)["library"]["name"] == text


def test_the_two_spellings_of_the_protocol(lab):
    lab.good(biosamples(), run_of())
    tree = lab.tree()
    lab.good(biosamples(), run_of(library_seq_protocol=None, library_seq_protocl="LIGATION"))
    lab.good(biosamples(), run_of(library_seq_protocl="LIGATION"))
    assert lab.tree() == tree
    assert "library_seq_protocl" not in lab.body("library", str(RUN["library_name"]))
    lab.describe(run_of(library_seq_protocl="OTHER"), biosamples())
    (problem,) = lab.check()
    assert problem["code"] == "conflicting_fields"
    assert problem["path"] in ("sequencing_run.library_seq_protocl", "sequencing_run.library_seq_protocol")
    assert {"'LIGATION'", "'OTHER'"} <= set(problem["message"].replace(",", " ").split())


def test_a_run_makes_two_records_that_share_its_fields(lab):
    lab.good(biosamples(), run_of(flowcell_id="FAN01234", study="S"), {"study": {"name": "S"}})
    library, run = lab.body("library", str(RUN["library_name"])), lab.body("sequencing_run", RUN_ID)
    assert {key for key in library if key != "uuid"} == {key for key in RUN if key.startswith("library_")} | {
        "biosamples"
    }
    assert run == {
        "uuid": RUN_ID,
        "sequencing_id": RUN_ID,
        "instrument_make": "OXFORD_NANOPORE",
        "flowcell_id": "FAN01234",
        "library": {"uuid": library["uuid"], "name": RUN["library_name"]},
        "study": {"uuid": lab.body("study", "S")["uuid"], "name": "S"},
        "requests": [],
    }


@pytest.mark.parametrize("value", ["1", "400", "9007199254740991"])
def test_a_nominal_length_is_a_positive_integer_of_an_illumina_run(lab, value):
    lab.good(biosamples(), run_of(instrument_make="illumina", library_layout_nominal_length=value))
    assert _stored(lab, "library_layout_nominal_length") == int(value)


@pytest.mark.parametrize(
    "value, code",
    [
        ("0", "out_of_range"),
        ("-1", "out_of_range"),
        ("9007199254740992", "out_of_range"),
        ("9" * 5000, "out_of_range"),
        ("1.0", "wrong_type"),
        ("1e3", "wrong_type"),
        ("0400", "wrong_type"),
        ("0x10", "wrong_type"),
        ("1_000", "wrong_type"),
        ("true", "wrong_type"),
        (".nan", "wrong_type"),
        ("٤٠٠", "wrong_type"),
        ("400 bp", "wrong_type"),
    ],
)
def test_what_is_no_nominal_length(lab, value, code):
    errors = lab.errors(biosamples(), run_of(instrument_make="ILLUMINA", library_layout_nominal_length=value))
    assert errors == [(code, "sequencing_run.library_layout_nominal_length")]


@pytest.mark.parametrize("make", ["OXFORD_NANOPORE", "oxford nanopore", "PACBIO_SMRT"])
def test_a_nominal_length_is_for_illumina_only(lab, make):
    lab.describe(run_of(instrument_make=make, library_layout_nominal_length=400), biosamples())
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("not_applicable", "sequencing_run.library_layout_nominal_length")
    assert "ILLUMINA" in problem["message"]


@pytest.mark.parametrize("model", [None, "MinION"])
def test_a_nominal_length_is_not_held_against_a_make_that_is_misspelt(lab, model):
    run = run_of(instrument_make="ILUMINA", instrument_model=model, library_layout_nominal_length=300)
    assert lab.errors(biosamples(), run) == [("not_allowed", "sequencing_run.instrument_make")]


def test_unknown_keys_are_refused_at_the_key_with_the_nearest(lab):
    lab.write("work.yaml", "sequencing_run:\n  library_strateggy: WGS\n" + dump(run_of()).split("\n", 1)[1])
    (problem,) = [of for of in lab.check() if of["code"] == "unknown_field"]
    assert (problem["line"], problem["column"]) == (2, 3)
    assert problem["path"] == "sequencing_run.library_strateggy"
    assert problem["message"].endswith("did you mean library_strategy?")


def test_a_word_of_a_key_or_kind_is_enough_to_be_told_the_whole(lab):
    lab.describe(biosamples(), run_of(kit="LSK109"), {"run": {"model": "MinION"}})
    found = {of["path"]: of["message"] for of in lab.check()}
    assert found["sequencing_run.kit"].endswith("did you mean library_seq_kit?")
    assert found["run"].endswith("did you mean sequencing_run?")
    lab.describe(run_of(seq="x"))  # which is a word of two keys
    assert "did you mean" not in lab.check()[0]["message"]


def test_a_name_where_a_mapping_must_be_is_shown_as_one(lab):
    lab.describe({"biosamples": ["S 1", "x: y"]})
    assert [of["message"].partition("expected ")[2] for of in lab.check()] == [
        "a mapping, such as {central_sample_id: 'S 1'}",
        "a mapping, such as {central_sample_id: 'x: y'}",
    ]


def test_one_run_has_one_uuid(lab):
    upper = RUN_ID.upper()
    lab.good(biosamples(), run_of(sequencing_id=upper, uuid=upper))
    assert lab.body("sequencing_run", RUN_ID)["sequencing_id"] == RUN_ID
    other = RUN_ID.replace("0", "1")
    assert lab.errors(biosamples(), run_of(uuid=other)) == [("conflicting_fields", "sequencing_run.uuid")]


@pytest.mark.parametrize("name", ["short", "x" * 128, "20200322_1211_X1_FAN01234", "a b c", "Lauf ä"])
def test_run_names(lab, name):
    lab.good(biosamples(), run_of(run_name=name))
    assert lab.body("sequencing_run", RUN_ID)["run_name"] == name


@pytest.mark.parametrize(
    "name, code",
    [
        ("four", "out_of_range"),
        ("x" * 129, "out_of_range"),
        ("run.1", "invalid_text"),
        ("run/1", "invalid_text"),
        ("run\\1", "invalid_text"),
        ("../../etc", "invalid_text"),
        ("run\n1x", "invalid_text"),
    ],
)
def test_what_is_no_run_name(lab, name, code):
    assert lab.errors(biosamples(), run_of(run_name=name)) == [(code, "sequencing_run.run_name")]


@pytest.mark.parametrize("key", ["library_layout_read_length", "library_layout_insert_length"])
def test_read_and_insert_lengths(lab, key):
    lab.good(biosamples(), run_of(**{key: "150"}))
    assert _stored(lab, key) == 150
    for value in ("-1", "abc", "1.5"):
        assert [path for _, path in lab.errors(biosamples(), run_of(**{key: value}))] == [f"sequencing_run.{key}"]


def test_metadata_is_tag_name_value_and_all_of_it_text(lab):
    lab.write(
        "work.yaml",
        dump(biosamples(), run_of()) + "  metadata:\n    artic: {primers: 4, protocol: NO}\n    qc: {v: 1.10}\n",
    )
    lab.good()
    assert lab.body("sequencing_run", RUN_ID)["metadata"] == {
        "artic": {"primers": "4", "protocol": "NO"},
        "qc": {"v": "1.10"},
    }
    wrong = run_of(metadata={"flat": "text", "tag": {"deep": {"er": "x"}, "list": ["x"]}})
    assert lab.errors(biosamples(), wrong) == [
        ("wrong_type", "sequencing_run.metadata.flat"),
        ("wrong_type", "sequencing_run.metadata.tag.deep"),
        ("wrong_type", "sequencing_run.metadata.tag.list"),
    ]


def test_requests_must_be_requests_of_sealed_submissions(lab):
    request = "11111111-2222-4333-8444-555555555555"
    assert lab.errors(biosamples(), run_of(requests=[request])) == [("unknown_reference", "sequencing_run.requests.0")]
    assert lab.errors(biosamples(), run_of(requests=["x", request, request.upper()])) == [
        ("invalid_uuid", "sequencing_run.requests.0"),
        ("unknown_reference", "sequencing_run.requests.1"),
        ("duplicate_item", "sequencing_run.requests.2"),
    ]


def test_a_study_of_a_run_must_exist(lab):
    assert lab.errors(biosamples(), run_of(study="None such")) == [("unknown_reference", "sequencing_run.study")]


@pytest.mark.parametrize("body", ["text", "[a, b]", "~", "{}", ""])
def test_a_run_is_a_mapping(lab, body):
    lab.write("work.yaml", f"sequencing_run: {body}\n")
    problems = lab.check()
    assert problems
    assert {of["code"] for of in problems} == ({"required_field"} if body == "{}" else {"wrong_type"})
    assert {of["line"] for of in problems} == {1}
