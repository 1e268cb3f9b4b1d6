"""Tables: what is exported is imported again as it was, and no cell is a formula."""

import csv
import io
import shutil

import pytest
from exporting import export
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import Lab, dump

OPTIONS = {"read_length": "76", "fragment_size_required": {"from": "100", "to": "400"}, "library_type": "standard"}


@pytest.fixture
def described(project):
    """Make a laboratory that has the shipped catalogue."""

    def make(root):
        lab = Lab(root)
        shutil.copytree(project / "config/catalogue", root / "config/catalogue")
        return lab

    return make


def heads_of_orders():
    return [{"study": {"name": "St"}}, {"project": {"name": "P"}}]


def order(name, **fields):
    said = {"name": name, "template": "Simple sequencing", "study": "St", "project": "P", "request_options": OPTIONS}
    return {"order": {**said, **fields}}


def reimport(lab, files, folder, again):
    """Import exported tables into another laboratory."""
    for name, data in files.items():
        kind = {"biosamples": "biosample", "assets": "asset", "orders": "order"}[name.removesuffix(".csv")]
        (folder / name).write_bytes(data)
        code, text, err = lab.call("import", "table", str(folder / name), "--kind", kind)
        assert (code, err) == (0, "")
        again.write(f"{kind}.yaml", text)


def bodies(lab, kind):
    return [record[kind] for record in lab.list_records(kind)]


KINDS = ("biosample", "asset", "asset_group", "order", "submission")


def test_everything_comes_back(tmp_path, described):
    lab = described(tmp_path / "lab")
    samples = [
        {"central_sample_id": "A", "accession": "ERS1", "taxon_id": "9606", "collection_date": "2020-03-19"},
        {"central_sample_id": "kept", "consent_withdrawn": "false"},
        {"central_sample_id": "=1+1", "metadata": {"a.b": {"c.d": "-5"}, "x": {"y": "'=z"}}},
        {"central_sample_id": 'x; "y", z', "uuid": "11111111-1111-4111-8111-111111111111"},
    ]
    assets = [
        {"name": "T1", "asset_type": "well", "plate": "DN1", "well": "A1", "barcode": "+49"},
        {"name": "T;2", "biosamples": ['x; "y", z', "=1+1"]},
        {"name": "T3"},
        {"name": "T4"},
    ]
    lab.good(
        *heads_of_orders(),
        {"biosamples": samples},
        {"assets": assets},
        {"asset_group": {"name": "G", "study": "St", "assets": ["T3", "T4"]}},
        order("O2", assets=["T;2", "T1"], asset_group_name="Made", comments='-- look\n=here\n\n, "there"; \'-'),
        order("O1", asset_group_name="G"),
        order("O3", assets=["T4"]),
        order("O4"),
        {"submission": {"name": "Sub", "orders": ["O2", "O1"], "priority": "2"}},
    )
    files = export(lab, "table", tmp_path / "out")
    assert set(files) == {"biosamples.csv", "assets.csv", "orders.csv"}
    for data in files.values():
        for row in csv.reader(io.StringIO(data.decode(), newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)
    again = described(tmp_path / "again")
    again.write("heads.yaml", "study: {name: St}\n---\nproject: {name: P}\n")
    again.write("group.yaml", "asset_group: {name: G, study: St, assets: [T3, T4]}\n")
    reimport(lab, files, tmp_path, again)
    answer = again.apply()
    assert answer["code"] == 0, answer["problems"][:5]
    for kind in KINDS:
        assert bodies(again, kind) == bodies(lab, kind)
    assert export(again, "table", tmp_path / "out2") == files


NAMES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="\x85"), min_size=1, max_size=12)


@settings(max_examples=5)
@given(st.lists(NAMES, min_size=1, max_size=6, unique_by=lambda name: name.strip().casefold()))
def test_any_name_comes_back(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("tables")
    lab, again = Lab(folder / "lab"), Lab(folder / "again")
    answer = lab.apply({"biosamples": [{"central_sample_id": name} for name in names]})
    if answer["code"]:  # empty when stripped, or the same in NFC: no names
        return
    reimport(lab, export(lab, "table", folder / "out"), folder, again)
    assert again.apply()["code"] == 0
    assert bodies(again, "biosample") == bodies(lab, "biosample")


LINE = st.text(st.sampled_from("=+-@'\"`\u00a0,;|\\.#:\u00e9\u5b57 aA1"), min_size=1, max_size=8)
LINES = st.lists(LINE, min_size=1, max_size=3).map("\n".join)


PARTS = ("comments", "tag", "name", "value", "asset", "group", "option")
ROWS = st.lists(
    st.fixed_dictionaries({part: LINES if part == "comments" else LINE for part in PARTS}),
    min_size=1,
    max_size=8,
    unique_by=(lambda row: row["asset"].strip().casefold(), lambda row: row["group"].strip()),
)


def hostile(rows):
    """Describe a biosample, an asset and an order with its group for each row."""
    for number, row in enumerate(rows):
        order = {"name": f"O{number}", "template": "T", "study": "St", "project": "P", "comments": row["comments"]}
        options = {"request_options": {"o": {"text": row["option"]}}}
        yield {"biosample": {"central_sample_id": f"S{number}", "metadata": {row["tag"]: {row["name"]: row["value"]}}}}
        yield {"asset": {"name": row["asset"], "biosamples": [f"S{number}"]}}
        yield {"asset": {"name": f"T{number}"}}
        yield {"order": {**order, **options, "assets": [row["asset"], f"T{number}"], "asset_group_name": row["group"]}}


@settings(max_examples=4)
@given(ROWS)
def test_hostile_cells_come_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("tables")
    lab, again = Lab(folder / "lab"), Lab(folder / "again")
    heads = [
        *heads_of_orders(),
        {"request_type": {"name": "R", "options": {"o.text": {"type": "string"}}}},
        {"order_template": {"name": "T", "request_types": ["R"]}},
    ]
    rows = [row for row in rows if all(text.strip() for text in row.values())]  # what is empty when stripped is no name
    lab.good(*heads, *hostile(rows))
    files = export(lab, "table", folder / "out") if rows else {}
    again.write("heads.yaml", dump(*heads))
    reimport(lab, files, folder, again)
    again.good()
    for kind in KINDS:
        assert bodies(again, kind) == bodies(lab, kind)


def test_an_order_that_is_withdrawn_does_not_come_back(tmp_path, described):
    lab = described(tmp_path / "lab")
    gone = order("Gone", assets=["T1"], withdrawn=True)
    lab.good(*heads_of_orders(), {"asset": {"name": "T1"}}, order("O", assets=["T1"]), gone)
    folder = tmp_path / "out"
    code, _, err = lab.call("export", "table", "-o", str(folder))
    assert code == 0
    assert err.count("withdrawn orders are left out") == 1
    assert "Gone" not in (folder / "orders.csv").read_text()


def test_a_version_is_the_one_that_the_record_has_at_the_revision(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.good({"biosamples": [{"central_sample_id": "S1"}]})
    first = lab.head()
    lab.good({"biosamples": [{"central_sample_id": "S1", "taxon_id": "562"}]})
    now = export(lab, "table", tmp_path / "now", "S1")
    assert export(lab, "table", tmp_path / "second", "S1@2", "biosample/S1") == now
    then = export(lab, "table", tmp_path / "then", "S1@1", "--rev", first)
    assert then == export(lab, "table", tmp_path / "first", "S1", "--rev", first) != now
    for words, version in ((["S1@1"], 2), (["S1", "S1@9"], 2), (["S1@2", "--rev", first], 1)):
        code, out, err = lab.call("export", "table", *words, "-o", str(tmp_path / "none"))
        assert (code, out, (tmp_path / "none").exists()) == (2, "", False)
        assert err.startswith(f"seqmeta: biosample S1 has version {version} there, not ")
        assert "--rev REV" in err


def test_withdrawn_consent_takes_the_tube_along(tmp_path, described):
    lab = described(tmp_path / "lab")
    documents = [
        *heads_of_orders(),
        {"assets": [{"name": "T1", "biosamples": ["A"]}, {"name": "T2", "biosamples": ["A", "B"]}]},
    ]
    lab.good(
        *documents,
        {"biosamples": [{"central_sample_id": "A"}, {"central_sample_id": "B"}]},
        order("O", assets=["T1", "T2"]),
    )
    withdrawn = {"biosamples": [{"central_sample_id": "A", "consent_withdrawn": True}, {"central_sample_id": "B"}]}
    lab.good(*documents, withdrawn, order("O", assets=["T1", "T2"]))
    files = export(lab, "table", tmp_path / "out")
    tables = {name: list(csv.DictReader(data.decode().splitlines())) for name, data in files.items()}
    assert [row["central_sample_id"] for row in tables["biosamples.csv"]] == ["B"]
    assert [(row["name"], row["biosamples"]) for row in tables["assets.csv"]] == [("T2", "B")]
    assert [row["asset names"] for row in tables["orders.csv"]] == ["T2"]


P1, P2 = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-0000000000b1"
T1, T2, T3 = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "bcd")
PLAIN = [
    {"study": {"name": "St"}},
    {"request_type": {"name": "R"}},
    {"order_template": {"name": "T", "request_types": ["R"]}},
]
"""What an order of these tests refers to besides a project and tubes."""


def plain_order(*tubes, name="O", **fields):
    return {"order": {"name": name, "template": "T", "study": "St", "project": "P", "assets": list(tubes), **fields}}


def project(name, uuid=P1):
    return {"project": {"name": name, "uuid": uuid}}


def tubes(**names):
    return {"assets": [{"name": name, "uuid": uuid} for name, uuid in names.items()]}


def rows_of(files, name):
    return list(csv.DictReader(io.StringIO(files[name].decode())))


def names_in(row):
    return [row[column] for column in ("template name", "study name", "project name", "asset names")]


def test_what_an_order_names_is_called_as_it_is_called_now(tmp_path):
    lab, again = Lab(tmp_path / "lab"), Lab(tmp_path / "again")
    sealed = [plain_order("T1"), {"submission": {"name": "Sub", "orders": ["O"], "submit": True}}]
    lab.good(*PLAIN, project("P"), tubes(T1=T1), *sealed)
    ids = {kind: lab.body(kind, name)["uuid"] for kind, name in (("order_template", "T"), ("study", "St"))}
    others = [
        {"study": {"name": "St old", "uuid": ids["study"]}},
        {"order_template": {"name": "T old", "uuid": ids["order_template"], "request_types": ["R"]}},
        PLAIN[1],
        project("P old"),
    ]
    lab.good(*others, {"assets": [{"name": "T1 old", "uuid": T1}]}, *sealed)
    new = [
        {"study": {"name": "St", "uuid": "00000000-0000-4000-8000-0000000000e1"}},
        {"order_template": {"name": "T", "uuid": "00000000-0000-4000-8000-0000000000e2", "request_types": ["R"]}},
        project("P", P2),
    ]
    both = {"assets": [{"name": "T1 old", "uuid": T1}, {"name": "T1", "uuid": T2}]}
    lab.good(*others, *new, both, *sealed, plain_order("T1", name="O2"))
    files = export(lab, "table", tmp_path / "out")
    by_name = {row["order name"]: names_in(row) for row in rows_of(files, "orders.csv")}
    assert by_name == {"O": ["T old", "St old", "P old", "T1 old"], "O2": ["T", "St", "P", "T1"]}
    again.write("heads.yaml", dump(*others, *new))
    reimport(again, files, tmp_path, again)
    again.good()
    for name in ("O", "O2"):
        one, other = lab.body("order", name), again.body("order", name)
        for key in ("template", "study", "project"):
            assert one[key]["uuid"] == other[key]["uuid"]
        assert [of["uuid"] for of in one["assets"]] == [of["uuid"] for of in other["assets"]]


def test_a_name_that_means_another_thing_to_the_order_itself_gives_way_to_the_uuid(tmp_path):
    lab = Lab(tmp_path / "lab")
    sealed = [
        *PLAIN,
        project("P"),
        plain_order("A", "B"),
        {"submission": {"name": "Sub", "orders": ["O"], "submit": True}},
    ]
    lab.good(*sealed, tubes(A=T1, B=T2))
    lab.good(*sealed, tubes(C=T1, B=T2))
    lab.good(*sealed, tubes(C=T1, A=T2))
    files = export(lab, "table", tmp_path / "out")
    (row,) = rows_of(files, "orders.csv")
    assert row["asset names"] == f"C; {T2}", "A is what the sealed order calls the other tube"
    heads = [*PLAIN, project("P"), sealed[-1], tubes(C=T1, A=T2)]
    assert [of["code"] for of in lab.refused(*heads, plain_order("C", "A"))] == ["order_sealed"]
    before = lab.head()
    lab.good(*heads, plain_order(*row["asset names"].split("; ")))
    assert lab.head() == before


def test_a_name_that_is_the_uuid_of_another_thing_gives_way_to_the_uuid(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.good(*PLAIN, project("P"), tubes(A=T1, B=T2), plain_order("A", "B"))
    lab.good(
        *PLAIN, project("P"), {"assets": [{"name": T3, "uuid": T1}, {"name": "B", "uuid": T2}]}, plain_order(T3, "B")
    )
    assert rows_of(export(lab, "table", tmp_path / "one"), "orders.csv")[0]["asset names"] == f"{T3}; B"
    three = {"assets": [{"name": T3, "uuid": T1}, {"name": "B", "uuid": T2}, {"name": "C", "uuid": T3}]}
    lab.good(*PLAIN, project("P"), three, plain_order(T1, "B"))
    assert rows_of(export(lab, "table", tmp_path / "two"), "orders.csv")[0]["asset names"] == f"{T1}; B"


def test_the_tube_of_a_biosample_that_was_renamed(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.good({"biosample": {"central_sample_id": "S", "uuid": T1}}, {"asset": {"name": "T", "biosamples": ["S"]}})
    lab.good({"biosamples": [{"central_sample_id": "S old", "uuid": T1}]})  # the tube is described no more
    lab.good({"biosamples": [{"central_sample_id": "S old", "uuid": T1}, {"central_sample_id": "S", "uuid": T2}]})
    files = export(lab, "table", tmp_path / "out")
    assert [row["biosamples"] for row in rows_of(files, "assets.csv")] == ["S old"]


def test_the_group_that_an_order_waits_for(tmp_path):
    lab, again = Lab(tmp_path / "lab"), Lab(tmp_path / "again")
    waiting = {"order": {"name": "O", "template": "T", "study": "St", "project": "P", "asset_group_name": "Later"}}
    lab.good(*PLAIN, project("P"), waiting)
    files = export(lab, "table", tmp_path / "out")
    (row,) = rows_of(files, "orders.csv")
    assert (row["asset group name"], row["asset names"]) == ("Later", "")
    again.write("heads.yaml", dump(*PLAIN, project("P")))
    reimport(again, files, tmp_path, again)
    again.good()
    assert bodies(again, "order") == bodies(lab, "order")
