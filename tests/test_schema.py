"""`seqmeta schema`: what the checker accepts is valid, whatever its spelling, and plain mistakes are not."""

import json
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from seqmeta.json_schema import file_schema
from seqmeta.kinds import load_kinds
from seqmeta.rulebook import Rulebook
from seqmeta.vocabularies import make_vocabularies, packaged_terms

# Terms that YAML readers take for truth values and numbers, and one with signs that mean something in a pattern.
ODD = {"library_strategy": {"NO": {}, "10X_3'": {"synonyms": ["454", "a.b(c)|d$"]}}}
RULES = Rulebook(make_vocabularies(packaged_terms(), ODD))
KINDS = load_kinds()
SCHEMA = file_schema((kind, RULES.shape(name)) for name, kind in KINDS.items())
VALIDATOR = Draft202012Validator(SCHEMA)


class EditorLoader(yaml.SafeLoader):
    """YAML as an editor's language server reads it: numbers, truth values and null, but no dates."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def seqmeta(folder, *words):
    return subprocess.run(["seqmeta", *words], cwd=folder, capture_output=True, text=True, check=False)


def errors(document, validator=VALIDATOR):
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


# Values in as many spellings as the contract allows; the faulty ones are there to be judged by both sides.

plain = st.sampled_from(["EX-001", "Tube 1", "No. 7", "1.10", "NO", "a", "\u00e9 "]) | st.integers(10_000, 99_999)
faulty = st.sampled_from(["", " ", "x" * 97, "yes", "5.0", "10:05", "{}", None, True, 0, -1, 2.5, ["a"], {"a": "b"}])
scalars = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False, width=16) | plain
SCALARS = {
    "integer": st.integers(1, 3).flatmap(lambda n: st.sampled_from([n, str(n), f" {n} ", f"+{n}"])),
    "boolean": st.sampled_from([True, False, "true", "FALSE", "tRuE "]),
    "decimal": st.sampled_from([1, 2.5, "12.50", "+3", " 0.10 "]),
    "uuid": st.uuids(version=4).flatmap(lambda u: st.sampled_from([str(u), str(u).upper(), f" {u}\n"])),
    "date": st.dates().map(str) | st.just(" 2020-03-22 "),
    "time": st.sampled_from(
        ["2020-03-22 10:05", "2020-03-22T10:05:00.123Z", "2020-03-22t10:05:00+01:00", "2020-03-22 10:05:00z"]
    ),
}
options = st.recursive(
    scalars, lambda inner: st.dictionaries(st.sampled_from(["read_length", "from", "to", "a.b"]), inner, max_size=3)
)


@st.composite
def spelled(draw, terms):
    """One of the spellings of a term, its case and separators mixed; long s and the Kelvin sign are letters too."""
    term = draw(st.sampled_from(terms.terms))
    text = draw(st.sampled_from([term.name, term.ena, *term.synonyms]))
    change = st.sampled_from([str.upper, str.lower, str])
    mixed = "".join(draw(st.sampled_from(" -_")) if char in " -_" else draw(change)(char) for char in text)
    odd = draw(st.sampled_from(["", "", "", "s\u017f", "K\u212a"]))
    mixed = mixed.replace(odd[0], odd[1]) if odd else mixed
    pad = draw(st.sampled_from(["", "", " ", "\n"]))
    value = f"{pad}{mixed}{pad}"
    return draw(st.sampled_from([value, 454])) if value.strip() == "454" else value


def values(field):
    if field.terms is not None:
        return spelled(field.terms)
    if field.type == "list":
        return st.lists(values(field.item), min_size=1, max_size=3)
    if field.type == "dict" and field.shape is not None:
        shaped = bodies(field.shape)
        return shaped | plain if "shorthand" in field.rules else shaped
    if field.type == "dict":
        keys = st.sampled_from(["artic", "a.b", "read_length"])
        return st.dictionaries(keys, values(field.values) | st.none(), max_size=2)
    if field.type == "options":
        return st.dictionaries(st.sampled_from(["read_length", "fragment_size_required"]), options, max_size=2)
    return SCALARS.get(field.type, plain)


@st.composite
def bodies(draw, shape):
    """A body with its required fields, often the others, sometimes null or blank, and aliases of keys."""
    body = {}
    embeds, is_full, is_faulty = draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 2)) == 0
    for name, field in shape.fields.items():
        is_wanted = field.rules.get("required") or (name in shape.embedded_required and embeds)
        if name in shape.embedded and not embeds:
            if draw(st.integers(0, 5)) == 0:
                body[name] = draw(st.sampled_from([None, "", " "]))
            continue
        if is_wanted or is_full or draw(st.integers(0, 3)) == 0:
            key = draw(st.sampled_from([name, *(a for a, of in shape.aliases.items() if of == name)]))
            body[key] = draw(faulty if is_faulty and draw(st.integers(0, 3)) == 0 else values(field))
        elif draw(st.integers(0, 5)) == 0:
            body[name] = draw(st.sampled_from([None, "", "  "]))
    return body


def is_accepted(document):
    """Whether the checker finds nothing; that a thing has neither name nor UUID it finds when it links them."""
    ((key, value),) = document.items()
    kind = next(of for of in KINDS.values() if key in (of.name, of.plural))
    bodies = value if isinstance(value, list) else [value]
    if kind.is_anonymous and not all(str(of.get(kind.named_by) or of.get("uuid") or "").strip() for of in bodies):
        return False
    return not RULES.check_file("mine.json", json.dumps(document).encode()).problems


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_checker_accepts_is_valid(kind):
    accepted = []

    @given(bodies(RULES.shape(kind)), st.booleans())
    def holds(body, is_listed):
        document = {KINDS[kind].plural: [body]} if is_listed else {kind: body}
        if is_accepted(document):
            accepted.append(document)
            assert errors(document) == []

    holds()
    assert len(accepted) >= 5, "the examples are too seldom accepted to say anything"


def descriptions(project):
    return [*(project / "config").glob("*/*.yaml"), *(project / "config").glob("*/*/*.yaml")]


def test_every_description_of_the_project_is_valid(project):
    seen = set()
    for path in descriptions(project):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=EditorLoader):
            assert errors(document) == [], path
            seen.add(next(iter(document)))
    assert {"order", "sequencing_run", "request_type", "order_templates", "progress", "submission"} <= seen


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_alone_is_a_schema_that_its_skeleton_in_all_fields_knows(tmp_path, kind):
    printed = json.loads(seqmeta(tmp_path, "schema", kind).stdout)
    Draft202012Validator.check_schema(printed)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(printed["properties"]) == {kind, KINDS[kind].plural}
    body = printed["$defs"][kind]
    assert set(body["properties"]) >= set(KINDS[kind].fields)
    for name, rules in KINDS[kind].fields.items():
        assert rules["meta"]["about"] in body["properties"][name]["description"]


# The seed's run, each time with one mistake that an editor should show.
RUN = {
    "sequencing_id": "09ef4b3a-1bad-453a-a291-029ac9bd705d",
    "library_name": "BIRM-LIBRARY-20200322",
    "biosamples": ["BIRM-XXXXX"],
    "instrument_make": "OXFORD_NANOPORE",
    "library_layout_config": "SINGLE",
    "library_selection": "PCR",
    "library_source": "viral rna",
    "library_strategy": "AMPLICON",
    "library_seq_kit": "LSK109",
    "library_seq_protocl": "LIGATION",
    "library_sop_name": "ARTIC nCov",
    "library_sop_version": 2,
}
MISTAKES = {
    "an unknown key": {"library_stategy": "AMPLICON"},
    "an unknown term": {"library_layout_config": "SINGEL"},
    "half a term": {"library_layout_config": "SINGLE|PAIRED"},
    "no UUID": {"sequencing_id": "09ef4b3a"},
    "a list for text": {"run_name": ["a"]},
    "no library at all": {"library_name": ...},
    "half a library": {"library_seq_kit": ...},
    "no protocol by either name": {"library_seq_protocl": ...},
    "an empty list": {"biosamples": []},
    "an empty item": {"biosamples": [None]},
    "an unknown key of a sample": {"biosamples": [{"central_sample_id": "A", "primers": "x"}]},
    "a length of zero": {"library_layout_nominal_length": 0},
    "a time without a day": {"start_time": "10:05"},
    "a name left open": {"library_name": None},
    "a term left open": {"instrument_make": " "},
    "half a library, with the key left open": {"library_seq_kit": ""},
    "a protocol left open": {"library_seq_protocl": None},
    "a blank biosample": {"biosamples": [" "]},
    "a name too long": {"library_name": " " + "x" * 97},
    "a name too short": {"run_name": "abcd"},
}


def test_the_seeds_run_is_valid_and_so_is_one_that_only_names_its_library():
    assert errors({"sequencing_run": RUN}) == []
    assert errors({"sequencing_runs": [RUN, RUN]}) == []
    alone = {key: RUN[key] for key in ("sequencing_id", "library_name", "instrument_make")}
    assert errors({"sequencing_run": {**alone, "biosamples": None, "library_seq_kit": ""}}) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_plain_mistakes_are_shown(mistake):
    run = {key: value for key, value in {**RUN, **MISTAKES[mistake]}.items() if value is not ...}
    assert not is_accepted({"sequencing_run": run})
    assert errors({"sequencing_run": run}) != []


@pytest.mark.parametrize(("named", "is_valid"), [({}, False), ({"name": " "}, False), ({"name": "1"}, True)])
def test_an_order_and_a_submission_have_a_name_or_a_uuid(named, is_valid):
    order = {"template": "T", "project": "P", "study": "S"}
    for document in ({"order": {**order, **named}}, {"submission": {"orders": [], **named}}):
        assert (errors(document) == [], is_accepted(document)) == (is_valid, is_valid)


@pytest.mark.parametrize(
    "document", [{"sequencing_rum": RUN}, {"sequencing_run": RUN, "study": {"name": "A"}}, [], "a"]
)
def test_a_description_is_one_kind(document):
    assert errors(document) != []


def test_editors_are_offered_the_terms_of_the_workspace(tmp_path):
    assert seqmeta(tmp_path, "init").returncode == 0
    before = json.loads(seqmeta(tmp_path, "schema", "library").stdout)["$defs"]["library"]["properties"]
    assert before["library_layout_config"]["anyOf"][0] == {"enum": ["SINGLE", "PAIRED"]}
    (tmp_path / "config" / "vocabularies.yaml").write_text(
        "library_strategy: {HI_C: {ena: Hi-C, synonyms: [chromatin]}}\n"
    )
    schema = json.loads(seqmeta(tmp_path, "schema", "library").stdout)
    after = schema["$defs"]["library"]["properties"]["library_strategy"]
    assert after["anyOf"][0] == {"enum": [*before["library_strategy"]["anyOf"][0]["enum"], "HI_C"]}
    validator = Draft202012Validator({**schema, "$ref": "#/$defs/library"} | {"properties": {}})
    patterns = [
        error.json_path
        for spelling in ("hi c", "Chromatin")
        for error in validator.iter_errors({"library_strategy": spelling})
    ]
    assert "$.library_strategy" not in patterns


def test_all_is_what_is_printed_without_a_kind_and_an_unknown_kind_is_refused(tmp_path):
    whole = seqmeta(tmp_path, "schema").stdout
    assert whole == seqmeta(tmp_path, "schema", "all").stdout
    Draft202012Validator.check_schema(json.loads(whole))
    refused = seqmeta(tmp_path, "schema", "ordr")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "did you mean order?" in refused.stderr
