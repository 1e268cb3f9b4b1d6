"""`seqmeta report html`: what the page holds, that no text of a record gets out of its place, the same bytes again."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from lab import RUN_ID, biosamples, dump, run_of
from ordering import PROJECT, building, order, progress, submission
from reading import CREATION, ORDER, SEQUENCING, SUBMISSION, ReadingLab, events, tell_story

from seqmeta.reports.charts import Chart, Series, render_columns, render_rows
from seqmeta.reports.page import embed

STATES = ["pending", "hold", "blocked", "started", "passed", "failed", "cancelled"]


class Page(HTMLParser):
    """A page read as a browser reads it: its elements, and the text of style and scripts."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.raw = []
        self.text = []
        self._inside = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = (tag, dict(attrs).get("type"))
            self.raw.append([*self._inside, ""])

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._inside = None

    def handle_data(self, data):
        if self._inside is None:
            self.text.append(data)
        else:
            self.raw[-1][2] += data

    @property
    def data(self):
        (text,) = [text for tag, kind, text in self.raw if (tag, kind) == ("script", "application/json")]
        return json.loads(text)

    def rows(self, name):
        table = self.data["tables"][name]
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]

    def row(self, name, key, value):
        (row,) = [row for row in self.rows(name) if row[key] == value]
        return row


@pytest.fixture
def lab(tmp_path):
    return ReadingLab(tmp_path / "lab")


def page_of(lab, *words):
    return Page(lab.text("report", "html", *words))


def counts(page, row):
    """Requests of a row as {type: {state: number}}."""
    found = {}
    for kind, state, number in row["requests"]:
        found.setdefault(page.data["types"][kind], {})[STATES[state]] = number
    return found


def test_one_walks_from_the_order_to_its_run_and_back(tmp_path):
    page = page_of(tell_story(tmp_path / "lab"))
    bought = page.row("orders", "uuid", ORDER)
    assert (bought["name"], bought["state"], bought["assets"]) == ("o1", "sealed", 2)
    assert (bought["submission"], bought["runs"]) == (SUBMISSION, [RUN_ID])
    assert counts(page, bought) == {
        CREATION: {"passed": 1, "failed": 1},
        SEQUENCING: {"started": 1, "cancelled": 1},
    }
    run = page.row("runs", "uuid", RUN_ID)
    assert (run["name"], run["orders"], run["biosamples"], run["study"]) == ("first run", [ORDER], 3, "Cohort")
    placed = page.row("submissions", "uuid", SUBMISSION)
    assert (placed["state"], placed["orders"], placed["percent"]) == ("ready", [ORDER], 50)


def test_charges_and_studies_are_those_of_the_tables(tmp_path):
    lab = tell_story(tmp_path / "lab")
    page = page_of(lab)
    assert page.rows("charges") == lab.json("report", "charges")
    assert page.rows("studies") == lab.json("report", "studies")


def waits(page):
    return {(row["what"], row["waits_for"]): row["number"] for row in page.rows("waiting")}


def test_what_waits_for_whom(lab):
    lab.stock(Cherrypick={"initial_state": "blocked"})
    described = [order(assets=["tube1", "tube2", "tube3"]), submission()]
    described += [order("o2", template="Picked", request_options={"read_length": 37}), submission("o2", name="s2")]
    described += [order("o3"), building("o3", name="s3"), order("o4", study="Other study")]
    lab.good(*described)
    done = events("tube1 creation start", "tube1 creation pass", "tube2 creation start")
    lab.good(*described, progress(*done, *({"asset": "tube3", "request_type": CREATION, "event": "hold"},)))
    assert waits(page_of(lab)) == {
        (CREATION, "its result"): 1,
        (CREATION, "a release from hold"): 1,
        (SEQUENCING, "the laboratory to start"): 1,
        (SEQUENCING, CREATION): 2,
        ("Cherrypick", "being unblocked"): 1,
        (SEQUENCING, "Cherrypick"): 1,
        ("submission", "being submitted"): 1,
        ("order", "a submission to join"): 1,
    }


@pytest.mark.parametrize(
    ("last", "what"),
    [
        ("retrospective_fail", "Library creation, which failed, to be done again"),
        ("return cancel", "being cancelled"),
        ("return", CREATION),
        ("return start", CREATION),
    ],
)
def test_what_was_returned_waits_for_what_is_before_it(lab, last, what):
    lab.quiet(order(), submission())
    steps = [f"creation {event}" for event in ("start", "pass")] + [
        f"sequencing {event}" for event in ("start", "pass")
    ]
    steps += [*(f"creation {event}" for event in last.split()), "sequencing return"]
    lab.quiet(order(), submission(), progress(*events(*(f"tube1 {step}" for step in steps))))
    (row,) = [row for row in page_of(lab).rows("waiting") if row["what"] == SEQUENCING]
    assert row["waits_for"] == what


def test_a_passed_request_waits_for_its_run_where_others_have_one(lab):
    lab.good(
        order(template="Only sequencing", assets=["tube1", "tube2"], request_options={"read_length": 37}), submission()
    )
    described = [
        order(template="Only sequencing", assets=["tube1", "tube2"], request_options={"read_length": 37}),
        submission(),
    ]
    steps = [f"{tube} sequencing {event}" for tube in ("tube1", "tube2") for event in ("start", "pass")]
    worked = progress(*events(*steps))
    lab.good(*described, worked)
    assert waits(page_of(lab)) == {}, "no run fulfils anything here: seqmeta may not be told of runs at all"
    samples = {"biosamples": [{"central_sample_id": name} for name in ("BIRM-XXXXX", "BIRM-YYYYY", "BIRM-ZZZZZ")]}
    run = {
        "sequencing_run": {
            "sequencing_id": RUN_ID,
            "instrument_make": "ILLUMINA",
            "library_name": "L1",
            "library_strategy": "WGS",
            "library_source": "GENOMIC",
            "library_selection": "RANDOM",
            "library_layout_config": "SINGLE",
            "library_seq_kit": "kit",
            "library_seq_protocol": "protocol",
            "library_sop_name": "sop",
            "library_sop_version": "1",
            "biosamples": ["BIRM-XXXXX"],
            "requests": lab.requests(SEQUENCING)[:1],
        }
    }
    lab.good(*described, worked, samples, run)
    page = page_of(lab)
    assert waits(page) == {(SEQUENCING, "the description of its run"): 1}
    unused = [row["where"] for row in page.rows("notices") if row["code"] == "unused"]
    assert unused == ["biosample BIRM-YYYYY", "biosample BIRM-ZZZZZ"]


def test_cancelled_and_withdrawn_are_noticed_and_wait_for_nothing(lab):
    lab.good(order(), submission(), order("o2"))
    lab.good(order(), submission(cancel=True), order("o2", withdrawn=True))
    page = page_of(lab)
    assert page.row("submissions", "name", "s1")["state"] == "cancelled"
    found = {(row["code"], row["where"]) for row in page.rows("notices")}
    assert {("cancelled", "submission s1"), ("withdrawn", "order o2")} <= found
    assert page.rows("waiting") == []


def test_problems_and_orphans_are_those_of_check_and_not_of_an_older_revision(lab):
    lab.good(order())
    lab.describe({"study": {"name": "New", "colour": "red"}})
    page = page_of(lab)
    shown = [
        (row["severity"], row["code"], row["where"]) for row in page.rows("notices") if row["severity"] != "notice"
    ]
    checked = [(of["severity"], of["code"], f"{of['file']}:{of['line']}:{of['column']}") for of in lab.check()]
    assert shown == checked
    assert {code for _, code, _ in shown} >= {"unknown_field"}
    older = page_of(lab, "--rev", "HEAD")
    assert all(row["severity"] == "notice" for row in older.rows("notices"))


def test_an_orphan_shows(lab):
    lab.good(order())
    lab.describe({"study": {"name": "Another"}})
    assert "orphaned" in [row["code"] for row in page_of(lab).rows("notices")]


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>&lt;/script&gt;",
    '"><img src=x onerror=alert(1)>',
    "$script ${data} $$",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_record_gets_out_of_its_place(lab, text):
    kind = {"request_type": {"name": f"type {text}"}}
    template = {"order_template": {"name": f"template {text}", "request_types": [f"type {text}"]}}
    bought = order(f"order {text}", template=f"template {text}", comments=text, request_options=None)
    lab.good(kind, template, bought, submission(f"order {text}", name=text, comments=text))
    hostile, plain = page_of(lab, "--title", text), page_of(tell_story(lab.root.parent / "other"))
    assert [tag for tag, *_ in hostile.raw] == [tag for tag, *_ in plain.raw]
    assert not {"img", "iframe", "object", "form"} & {tag for tag, _ in hostile.elements}
    assert hostile.raw[0][2] == plain.raw[0][2], "the style is the same"
    assert hostile.raw[-1][2] == plain.raw[-1][2], "so is the script"
    assert hostile.row("submissions", "name", text)["comments"] == text
    assert hostile.data["types"] == [f"type {text}"]


def test_the_policy_lets_nothing_in_and_runs_only_its_own(tmp_path):
    page = page_of(tell_story(tmp_path / "lab"))
    metas = [attributes for tag, attributes in page.elements if tag == "meta"]
    (policy,) = [of["content"] for of in metas if of.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    texts = {(tag, kind): text for tag, kind, text in page.raw}
    for rule, text in (("style-src", texts["style", None]), ("script-src", texts["script", None])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    names = [name for _, attributes in page.elements for name in attributes]
    assert not [name for name in names if name == "style" or name.startswith("on")], "both would be blocked"
    assert all(of["href"].startswith("#") for tag, of in page.elements if tag == "a")
    assert not [of for tag, of in page.elements if "src" in of or tag in ("link", "iframe")]


def test_the_structure_is_one_that_a_screen_reader_follows(tmp_path):
    page = page_of(tell_story(tmp_path / "lab"))
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("h1"), tags.count("main"), tags.count("nav")) == (1, 1, 1)
    assert dict(page.elements)["html"] == {"lang": "en"}
    identities = [of["id"] for _, of in page.elements if "id" in of]
    assert len(identities) == len(set(identities))
    for _, of in page.elements:
        assert of.get("aria-labelledby", identities[0]) in identities
    drawings = [of for tag, of in page.elements if tag == "svg"]
    assert drawings
    assert all(of["role"] == "img" and of["aria-label"] for of in drawings)
    assert tags.count("details") >= len(drawings), "the numbers of each drawing as a table"


def test_the_same_commit_gives_the_same_bytes(tmp_path):
    lab = tell_story(tmp_path / "lab")
    first = lab.root / "first.html"
    assert lab.text("report", "html", "-o", str(first)) == ""
    assert lab.text("report", "html").encode() == first.read_bytes()
    assert lab.text("report", "html", "--rev", "HEAD") == lab.text("report", "html", "--rev", lab.head())
    assert lab.head() in first.read_text()
    assert str(tmp_path) not in first.read_text()


def test_an_older_revision_is_as_it_was(tmp_path):
    lab = tell_story(tmp_path / "lab")
    older = page_of(lab, "--rev", "HEAD~1")
    assert older.rows("runs") == []
    assert counts(older, older.row("orders", "uuid", ORDER)) == {CREATION: {"pending": 2}, SEQUENCING: {"pending": 2}}


def test_a_store_with_nothing_ordered_has_a_page(lab):
    lab.good()
    page = page_of(lab)
    assert page.rows("orders") == page.rows("runs") == []
    assert "Nothing to show yet." in "".join(page.text)


def test_the_words_that_do_not_fit_together(lab):
    lab.good(order())
    assert "--format" in lab.fails(2, "report", "html", "--format", "json")
    assert "title" in lab.fails(2, "report", "progress", "--title", "Lab")
    assert "not written" in lab.fails(3, "report", "html", "-o", str(lab.root / "missing" / "page.html"))


def bars(drawing):
    found = re.findall(r'<rect class="(\S+)" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)">', drawing)
    return [(style, *map(float, box)) for style, *box in found]


def test_bars_are_as_long_as_their_numbers():
    chart = Chart("t", "g", ["a", "b"], [Series("x", "one", [1, 0]), Series("y", "two", [3, 2])])
    rows = bars(render_rows(chart))
    assert [style for style, *_ in rows] == ["one", "two", "two"], "nothing is drawn for 0"
    (_, x, _, width, _), (_, next_x, _, next_width, _), (_, last_x, _, last_width, _) = rows
    assert next_width == pytest.approx(3 * width, abs=0.2)
    assert next_x == pytest.approx(x + width, abs=0.2), "they are stacked"
    assert (last_x, last_width) == (x, pytest.approx(2 * width, abs=0.2))
    columns = bars(render_columns(chart))
    assert columns[1][4] == pytest.approx(3 * columns[0][4], abs=0.2)
    assert columns[1][2] + columns[1][4] == pytest.approx(columns[0][2], abs=0.2)


def test_names_in_drawings_stay_text():
    chart = Chart("<b>", "<i>", ["<script>"], [Series("</svg>", "one", [1])], note="<u>")
    for drawing in (render_rows(chart), render_columns(chart)):
        assert not re.search(r"<(b|i|script|u)>", drawing)
        assert drawing.count("</svg>") == 1


def test_embedded_data_are_json_without_a_character_of_markup():
    value = {"a": ["</script>", "<!--", "&amp;", "\u2028\u2029", "ü"]}
    text = embed(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def told_by_name(study, project, template, kind):
    """What is ordered, under these names; the UUIDs stay."""
    names = {"study": study, "project": project, "request_type": kind, "order_template": template}
    uuids = {of: f"00000000-0000-4000-8000-00000000000{number}" for number, of in enumerate(names)}
    documents = [{of: {"name": name, "uuid": uuids[of]}} for of, name in names.items()]
    documents[3]["order_template"]["request_types"] = [kind]
    return documents


def test_what_was_sealed_is_told_by_the_names_of_now(tmp_path):
    """Others may have the names of then: two payers are not one, and one study or type is not two."""
    lab = ReadingLab(tmp_path / "lab")
    lab.write("catalogue.yaml", dump({"assets": [{"name": "tube1"}, {"name": "tube2"}]}, biosamples()))
    kept = {"request_options": None}
    told, later = ("S", "P", "T", "R"), ("S new", "P new", "T new", "R new")
    first = [order(study="S", project="P", template="T", **kept), submission()]
    lab.good(*told_by_name(*told), *first)
    second = [order("o2", study="S new", project="P", template="T new", assets=["tube2"], **kept)]
    second += [submission("o2", name="s2"), {"project": {"name": "P", "uuid": PROJECT}}]
    lab.good(*told_by_name(*later), *first)
    lab.good(*told_by_name(*later), *first, *second)
    requests = [lab.body("submission", name)["requests"][0]["uuid"] for name in ("s1", "s2")]
    lab.good(*told_by_name(*later), *first, *second, run_of(requests=requests))
    page = page_of(lab)
    orders = {row["name"]: (row["study"], row["project"], row["template"]) for row in page.rows("orders")}
    assert orders == {"o1": ("S new", "P new", "T new"), "o2": ("S new", "P", "T new")}
    assert [row["study"] for row in page.rows("runs")] == ["S new"]
    assert page.data["types"] == ["R new"]
    assert [(row["what"], row["study"]) for row in page.rows("waiting")] == [("R new", "S new")] * 2
    progress = [(row["submission"], row["request_type"]) for row in lab.json("report", "progress")]
    assert progress == [("s1", "R new"), ("s1", "all"), ("s2", "R new"), ("s2", "all")]
