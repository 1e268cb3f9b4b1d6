"""Problems: their places, their order, their forms, and how many there may be (CONTRACT 4)."""

import html
import json
import re

import pytest
from lab import RUN, biosamples, dump, library_of, run_of

LINE = re.compile(
    r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?:(?P<path>[\w.]+): )?(?P<message>.+) \[(?P<code>\w+)\]$"
)
KEYS = {"severity", "file", "line", "column", "path", "code", "message"}

WRONG = """\
# samples first
biosamples:
  - central_sample_id: A
    taxon_id: x
  - {central_sample_id: B, colour: red}
---
sequencing_run:
  library_name: L
  instrument_make: NANOPORE
  sequencing_id: 1
  library_layout_config: [SINGLE]
  biosamples: [A, B, C, A]
  library_sop_name: "a\\nb"
---
run: {}
---
study: {name: S, name: T}
"""
EXPECTED = [
    (4, 15, "biosample.taxon_id", "wrong_type"),
    (5, 28, "biosample.colour", "unknown_field"),
    (8, 3, "sequencing_run.library_selection", "required_field"),
    (8, 3, "sequencing_run.library_seq_kit", "required_field"),
    (8, 3, "sequencing_run.library_seq_protocol", "required_field"),
    (8, 3, "sequencing_run.library_sop_version", "required_field"),
    (8, 3, "sequencing_run.library_source", "required_field"),
    (8, 3, "sequencing_run.library_strategy", "required_field"),
    (9, 20, "sequencing_run.instrument_make", "not_allowed"),
    (10, 18, "sequencing_run.sequencing_id", "invalid_uuid"),
    (11, 26, "sequencing_run.library_layout_config", "wrong_type"),
    (12, 22, "sequencing_run.biosamples.2", "unknown_reference"),
    (12, 25, "sequencing_run.biosamples.3", "duplicate_item"),
    (13, 21, "sequencing_run.library_sop_name", "invalid_text"),
    (15, 1, "run", "unknown_kind"),
    (17, 18, "study.name", "duplicate_key"),
]


def test_every_problem_of_a_file_at_its_place_in_order(lab):
    lab.write("work.yaml", WRONG)
    found = [(of["line"], of["column"], of["path"], of["code"]) for of in lab.check()]
    assert found == EXPECTED


def test_no_message_says_again_the_path_that_it_stands_behind(lab):
    lab.write("work.yaml", WRONG)
    found = {of["path"]: of["message"] for of in lab.check()}
    assert not [path for path, message in found.items() if message.startswith(f"{path.rpartition('.')[2]}:")]
    assert found["biosample.taxon_id"].startswith("taxon_id 'x' is not a whole number: ")


def test_one_line_a_problem(lab):
    lab.write("work.yaml", WRONG)
    code, out, _ = lab.call("check")
    *lines, last = out.splitlines()
    assert code == 1
    matches = [LINE.match(line) for line in lines]
    assert [(int(of["line"]), int(of["column"]), of["path"], of["code"]) for of in matches if of] == EXPECTED
    assert "16 errors" in last


@pytest.mark.parametrize("command", ["check", "plan", "apply"])
def test_every_command_says_the_same_problems(lab, command):
    lab.write("work.yaml", WRONG)
    lab.write("a.yaml", dump(library_of(biosamples=["none"])))
    code, out, _ = lab.call(command, "--format", "json")
    answer = json.loads(out)
    assert code == 1
    assert answer["problems"] == lab.check()
    assert all(problem.keys() == KEYS for problem in answer["problems"])
    if command == "apply":
        assert (answer["commit"], answer["created"], answer["updated"]) == (None, [], [])


def test_check_counts_what_is_described(lab):
    lab.describe(biosamples("A", "B", "C"), run_of(biosamples=["A"]), {"study": {"name": "S"}})
    lab.write("empty.yaml", "# nothing\n---\n---\n")
    answer = json.loads(lab.call("check", "--format", "json")[1])
    assert answer == {"documents": 5, "problems": []}


def test_problems_are_sorted_by_file_line_column_and_code(lab):
    for name in ("b.yaml", "a.yml", "c/a.json", "B.yaml"):
        text = '{"study": {"nme": 1, "state": "x"}}' if name.endswith("json") else "study:\n  state: x\n  nme: 1\n"
        lab.write(name, text)
    problems = lab.check()
    keys = [(of["file"], of["line"], of["column"], of["code"]) for of in problems]
    assert len(keys) == 12
    assert keys == sorted(keys)


def test_given_paths_filter_what_is_shown(lab):
    lab.write("a.yaml", "study: {}\n")
    lab.write("deep/b.yaml", "study: {}\n")
    config = "config/descriptions"
    assert [of["file"] for of in lab.check(f"{config}/a.yaml")] == [f"{config}/a.yaml"]
    assert [of["file"] for of in lab.check(f"{config}/deep")] == [f"{config}/deep/b.yaml"]
    assert [of["file"] for of in lab.check(str(lab.descriptions / "deep"))] == [f"{config}/deep/b.yaml"]
    assert len(lab.check(f"{config}/a.yaml", f"{config}/deep/b.yaml")) == 2
    lab.write("good.yaml", "study: {name: S}\n")
    assert lab.check(f"{config}/good.yaml") == []


def test_annotations_for_a_review(lab):
    lab.write("odd, name%.yaml", "study:\n  name: S\n  state: 'a%b'\n")
    code, out, _ = lab.call("check", "--format", "github")
    assert code == 1
    (line,) = out.splitlines()
    assert line.startswith("::error file=config/descriptions/odd%2C name%25.yaml,line=3,col=10,title=")
    assert "a%25b" in line
    lab.write("odd, name%.yaml", "studies: [{name: S}, {name: s}]\n")
    assert lab.call("check", "--format", "github")[1].startswith("::warning file=")


def test_the_plan_as_markdown_names_the_problems(lab):
    lab.write("work.yaml", "study:\n  name: S\n  state: '<b>|`x`'\n")
    code, out, _ = lab.call("plan", "--format", "markdown")
    assert code == 1
    assert "config/descriptions/work.yaml:3:10" in html.unescape(out)
    assert "<b>" not in out


def test_what_people_wrote_cannot_steer_a_terminal_or_a_review(lab):
    lab.write("work.yaml", 'study:\n  name: "S"\n  state: "x\\n::error::y"\n  "k\\u00adey": z\n')
    for form in ("text", "github"):
        out = lab.call("check", "--format", form)[1]
        assert not re.search(r"^::error::y", out, re.MULTILINE)
        assert "\u00ad" not in out
        assert len(out.splitlines()) == (3 if form == "text" else 2)


@pytest.mark.parametrize(
    "text, code, line, column",
    [
        ("study: {name: [}\n", "yaml_syntax", 1, 16),
        ("study: &a {name: S}\n", "alias_not_allowed", 1, 8),
        ("study: {name: *a}\n", "alias_not_allowed", 1, 15),
        ("study: {<<: {name: S}}\n", None, None, None),
        ("study: {name: !!str S}\n", "tag_not_allowed", 1, 15),
        ("studdy: {name: S}\n", "unknown_kind", 1, 1),
        ("study: {name: S}\nproject: {name: P}\n", "conflicting_fields", 2, 1),
        ("- study\n", "wrong_type", 1, 1),
        ("study\n", "wrong_type", 1, 1),
        ("studies: {name: S}\n", "wrong_type", 1, 10),
        ("study: [{name: S}]\n", "wrong_type", 1, 8),
        ("study: {name: 'a\\b'}\n", None, None, None),
        ('study: {name: "\\x07"}\n', "invalid_text", 1, 16),
        ('study: {name: "a\\u202eb"}\n', "invalid_text", 1, 17),
        ('study: {name: "\\ud800"}\n', "invalid_text", 1, None),
        ("study: {name: a\u2028b}\n", "invalid_text", 1, 16),
        ("%YAML 1.2\n---\nstudy: {name: S}\n", "yaml_syntax", 1, 1),
    ],
)
def test_codes_of_what_is_wrong_with_the_text(lab, text, code, line, column):
    lab.write("work.yaml", text)
    problems = lab.check()
    if code is None:
        assert {of["code"] for of in problems} <= {"unknown_field", "required_field", "alias_not_allowed"}
        return
    assert problems[0]["code"] == code
    assert problems[0]["line"] == line
    assert column is None or problems[0]["column"] == column


@pytest.mark.parametrize("separator", ["\n", "\r\n"])
def test_line_breaks_are_for_comments_and_descriptions_only(lab, separator):
    text = separator.join(["study:", "  name: S", "  description: |", "    one", "    two", ""])
    lab.write("work.yaml", text)
    lab.good()
    assert lab.body("study", "S")["description"] == "one\ntwo"
    lab.write("work.yaml", text.replace("  name: S", "  name: |" + separator + "    a" + separator + "    b"))
    assert [(of["code"], of["path"]) for of in lab.check()] == [("invalid_text", "study.name")]


def test_more_problems_than_are_reported(lab):
    lab.write("many.yaml", "studies: [" + "{}," * 10_500 + "{}]\n")
    lab.write("other.yaml", "study: {}\n")
    problems = lab.check()
    many = [of for of in problems if of["file"].endswith("many.yaml")]
    assert [of["code"] for of in many[:-1]] == ["required_field"] * 10_000
    assert many[-1]["code"] == "too_many_problems"
    assert len(problems) == 10_002


def test_exactly_as_many_as_are_reported(lab):
    lab.write("many.yaml", "studies: [" + "{}," * 9_999 + "{}]\n")
    assert {of["code"] for of in lab.check()} == {"required_field"}


def test_many_warnings_refuse_nothing(tmp_path, lab):
    lab.configure(unregistered_biosamples="stub")
    names = [f"S{number}" for number in range(10_050)]
    lab.describe(library_of(biosamples=names))
    problems = lab.check()
    assert {of["severity"] for of in problems} == {"warning"}
    assert {of["code"] for of in problems} == {"stub", "too_many_problems"}


def test_messages_are_lower_case_without_full_stop_and_bounded(lab):
    lab.write("work.yaml", WRONG.replace("NANOPORE", "N" * 100_000))
    for problem in lab.check():
        assert not problem["message"].endswith(".")
        assert len(problem["message"]) < 1000
    assert RUN["library_name"]
