"""Tables of biosamples, assets and bulk orders: every layout and encoding, all or none, faults by row and column."""

import csv
import io
import re
import shutil
import zipfile
from datetime import date, datetime, timedelta
from functools import reduce

import importing
import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lab import Lab

from seqmeta.cell_lists import join_cell, split_cell
from seqmeta.cli import main
from seqmeta.formulas import shield, unshield

ORDER_HEADINGS = (
    "User Login,Submission name,Study name,Project name,Template name,Asset Group Name,Asset names,"
    "Read length,Fragment size from,Fragment size to,Library type,Number of lanes,Comments,Priority"
)
ORDER_ROW = "ab1,Sub A,Study 1,Project 1,Simple sequencing,Plate 7,Tube 1; Tube 2,76,100,400,standard,2,mind the gap,1"


@pytest.fixture
def importer(tmp_path):
    """Import a table; returns the exit code, the documents, and the lines of what is wrong."""
    lab = Lab(tmp_path / "lab")

    def call(data, kind, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        code, out, err = lab.call("import", "table", str(path), "--kind", kind)
        problems = [line.removeprefix(f"{tmp_path}/") for line in err.splitlines()]
        return code, list(yaml.load_all(out, yaml.BaseLoader)), problems

    return call


def good(answer):
    code, documents, problems = answer
    assert (code, problems) == (0, [])
    return documents


def bad(answer):
    code, documents, problems = answer
    assert (code, documents) == (1, [])
    return problems


LONG = "a" * 200_000
SAMPLES = "central_sample_id,taxon_id,collection_date\nBIRM-1,2697049,2020-03-19\nBIRM-2,,\n"
SAMPLE_BODIES = [
    {"central_sample_id": "BIRM-1", "taxon_id": "2697049", "collection_date": "2020-03-19"},
    {"central_sample_id": "BIRM-2"},
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_encodings_delimiters_and_line_breaks(importer, encoding, delimiter, line_break):
    text = SAMPLES.replace("BIRM-1", "Zürich-1").replace(",", delimiter).replace("\n", line_break)
    documents = good(importer(text.encode(encoding), "biosample"))
    assert documents == [{"biosamples": [{**SAMPLE_BODIES[0], "central_sample_id": "Zürich-1"}, SAMPLE_BODIES[1]]}]


def test_guidance_above_the_headings_is_skipped(importer):
    text = f"Sample manifest,,\nFill in one row, for each,\n,,\n{SAMPLES}"
    assert good(importer(text, "biosample")) == [{"biosamples": SAMPLE_BODIES}]


def test_headings_as_people_write_them(importer):
    text = "SANGER SAMPLE ID *,Tax ID (required),Date of sample collection,VOLUME (ul)\nA,9606,2020-01-02,12.50\n"
    body = {"central_sample_id": "A", "taxon_id": "9606", "collection_date": "2020-01-02"}
    assert good(importer(text, "biosample")) == [
        {"biosamples": [{**body, "metadata": {"manifest": {"VOLUME (ul)": "12.50"}}}]}
    ]


def test_a_manifest_with_two_names_for_a_sample(importer):
    text = "SANGER PLATE ID,WELL,SANGER SAMPLE ID,SUPPLIER SAMPLE NAME,DATE OF DNA EXTRACTION\nDN1,A1,S1,mine,2020\n"
    rest = {"SANGER PLATE ID": "DN1", "WELL": "A1", "SANGER SAMPLE ID": "S1", "DATE OF DNA EXTRACTION": "2020"}
    assert good(importer(text, "biosample")) == [
        {"biosamples": [{"central_sample_id": "mine", "metadata": {"manifest": rest}}]}
    ]


def test_metadata_by_tag_and_name(importer):
    text = "central_sample_id,metadata.artic.primers,metadata.a\\.b.c.d\nA,4,NO\n"
    metadata = good(importer(text, "biosample"))[0]["biosamples"][0]["metadata"]
    assert metadata == {"artic": {"primers": "4"}, "a.b": {"c.d": "NO"}}


def test_what_metadata_has_no_room_for_becomes_a_comment(tmp_path, importer):
    long, two_lines = "x" * 129, "one\r\ntwo"
    text = f'sample,Sample\nNote,Heading\x07,{"h" * 65}\nA,{long},,\nB,"{two_lines}",b,c\nC,fits,,\n'
    text = text.replace("Sample\nNote", '"Sample\nNote"')
    samples = good(importer(text, "biosample"))[0]["biosamples"]
    assert [sample.get("metadata") for sample in samples] == [None, None, {"manifest": {"Sample Note": "fits"}}]
    code, out, _ = importing.call("import", "table", tmp_path / "table.csv", "--kind", "biosample")
    comments = [line.strip(" #") for line in out.splitlines() if "#" in line]
    assert code == 0
    assert f"Sample Note: {long}" in " ".join(comments)
    for comment in ("Sample Note: one\\ntwo", "Heading\\x07: b", f"{'h' * 65}: c"):
        assert comment in comments


@pytest.mark.parametrize("cell", ["a\x07b", "a\u202eb", "a\tb", "\ufdd0\uffff", "e" + "\u0301" * 31])
def test_a_cell_that_no_description_may_have_is_named_by_row_and_column(importer, cell):
    for table, kind in (
        (f"taxon id,sample\n1,S1\n2,{cell}\n", "biosample"),
        (f"name,metadata.a.b,biosamples\nS1,,x\nS2,,{cell}\n".replace("metadata.a.b", "plate"), "asset"),
        (f"sample,metadata.a.b\nS1,x\nS2,{cell}\n", "biosample"),
        (f"{ORDER_HEADINGS}\n{ORDER_ROW}\n{ORDER_ROW.replace('mind', cell)}\n", "order"),
    ):
        column = next(at for at, of in enumerate(table.splitlines()[2].split(","), 1) if cell in of)
        (problem,) = bad(importer(table, kind))
        assert problem.startswith(f"table.csv:3:{column}: ")
        assert problem.endswith(" has a character that no description may have [invalid_text]")


def test_a_workbook(importer):
    book = openpyxl.Workbook()
    book.active.title = "Guidance"
    book.active.append(["Fill in the second sheet"])
    sheet = book.create_sheet("Samples")
    sheet.append(["central_sample_id", "taxon_id", "collection_date"])
    sheet.append(["BIRM-1", 2697049, date(2020, 3, 19)])
    sheet.append(["BIRM-2"])
    data = io.BytesIO()
    book.save(data)
    assert good(importer(data.getvalue(), "biosample", "t.xlsx")) == [{"biosamples": SAMPLE_BODIES}]


def workbook(*rows, formats=(), edit=None):
    """A workbook with one sheet of these rows; some cells have a format, and `edit` changes the sheet's XML."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in formats:
        book.active[cell].number_format = number_format
    saved, edited = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(edited, "w") as out:
        for name in archive.namelist():
            data = archive.read(name)
            out.writestr(name, edit(data) if edit is not None and name.endswith("sheet1.xml") else data)
    return edited.getvalue()


# What is in a cell, its format, and the text that a spreadsheet shows.
SHOWN = [
    (datetime.fromisoformat("2024-06-04T13:05:42"), "yyyy-mm-dd hh:mm:ss", "2024-06-04 13:05:42"),
    (datetime.fromisoformat("2024-06-04T13:05"), "yyyy-mm-dd hh:mm:ss", "2024-06-04 13:05"),
    (datetime.fromisoformat("2024-06-04"), "yyyy-mm-dd", "2024-06-04"),
    (datetime.fromisoformat("2024-06-04T13:05:42.250"), "yyyy-mm-dd hh:mm:ss.000", "2024-06-04 13:05:42.250"),
    (timedelta(hours=30), "[h]:mm:ss", "30:00:00"),
    (timedelta(minutes=5, seconds=7), "[h]:mm:ss", "0:05:07"),
    (123456789012345, "General", "123456789012345"),
    (0.1 + 0.2, "General", "0.3"),
    (-1.5, "General", "-1.5"),
    (7.0, "General", "7"),
    (True, "General", "true"),
]


@pytest.mark.parametrize("value, number_format, text", SHOWN, ids=[of[2] for of in SHOWN])
def test_a_cell_of_a_workbook_is_the_text_that_is_shown(importer, value, number_format, text):
    data = workbook(["sample", "note"], ["S1", value], formats=[("B2", number_format)])
    ((document,),) = (of["biosamples"] for of in good(importer(data, "biosample", "t.xlsx")))
    assert document["metadata"]["manifest"]["note"] == text


@pytest.mark.parametrize("number", [10**15, 1234567890123456789, -(10**16), 1.23456789012345e18, 1e300])
def test_a_number_that_a_spreadsheet_cannot_hold_is_refused(importer, number):
    data = workbook(["sample", "note"], ["S1", "x"], ["S2", number], ["S3", number])
    assert bad(importer(data, "biosample", "t.xlsx")) == [
        f"t.xlsx:{row}:2: row {row}, column 2 has a number of more than 15 digits, of which a spreadsheet keeps no "
        "more: format the column as text, and write it again [wrong_type]"
        for row in (3, 4)
    ]


def test_a_formula_without_a_value_is_named_and_not_lost(importer):
    data = workbook(["=A2", "note"], ["sample", "note"], ["S1", "=1+1"], ["S2", None], ["=A3"])
    assert bad(importer(data, "biosample", "t.xlsx")) == [
        f"t.xlsx:{row}:{column}: row {row}, column {column} has a formula without a value: "
        "open the workbook in a spreadsheet program and save it, or write what it means [required_field]"
        for row, column in ((3, 2), (5, 1))
    ]


VALUES = {"2": b"<v>2</v>", "text": b"<v>text</v>", "": b"<v></v>"}


@pytest.mark.parametrize("text", VALUES)
def test_a_formula_with_a_value_is_that_value(importer, text):
    type_ = b' t="n"' if text == "2" else b' t="str"'

    def compute(data):
        assert data.count(b"<f>1+1</f><v />") + data.count(b"<f>1+1</f><v></v>") + data.count(b"<f>1+1</f><v/>") == 1
        data = re.sub(rb"<f>1\+1</f><v ?/>|<f>1\+1</f><v></v>", b"<f>1+1</f>" + VALUES[text], data)
        return data.replace(b'<c r="B2"', b'<c r="B2"' + type_)

    ((document,),) = (
        of["biosamples"]
        for of in good(importer(workbook(["sample", "note"], ["S1", "=1+1"], edit=compute), "biosample", "t.xlsx"))
    )
    assert document.get("metadata", {}).get("manifest", {}).get("note", "") == text


def test_a_workbook_that_unpacks_to_much_more(importer):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    assert bad(importer(data.getvalue(), "biosample", "t.xlsx"))[0].endswith("[out_of_range]")


@pytest.mark.parametrize("gap", [(0, 20), (30, 341), (200, 205)])
def test_a_workbook_with_a_gap(importer, gap):
    book = openpyxl.Workbook()
    book.active.append(["sample"])
    book.active.append(["S1"])
    out = io.BytesIO()
    book.save(out)
    data = out.getvalue()
    (problem,) = bad(importer(data[:4] + data[4 : gap[0] + 4] + data[gap[1] + 4 :], "biosample", "table.xlsx"))
    assert problem.startswith("table.xlsx:1:1: the workbook cannot be read: ")


@pytest.mark.parametrize("place", ["row 300000000", "column XFD of every row"])
def test_a_small_workbook_that_says_it_is_huge_is_refused(importer, place):
    book = openpyxl.Workbook()
    book.active.append(["sample"])
    for number in range(400):
        book.active.append([f"S{number}"])
    saved, forged = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(forged, "w", zipfile.ZIP_DEFLATED) as out:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith("sheet1.xml") and place.startswith("row"):
                data = data.replace(b'"401"', b'"300000000"').replace(b'"A401"', b'"A300000000"')
            elif name.endswith("sheet1.xml"):
                data = data.replace(b'r="A', b'r="XFD').replace(b'r="XFD1"', b'r="A1"')
            out.writestr(name, data)
    (problem,) = bad(importer(forged.getvalue(), "biosample", "table.xlsx"))
    assert "the sheet is too large" in problem
    assert problem.endswith("[out_of_range]")


def test_a_cell_with_a_list_longer_than_any_row_is_no_row_of_its_own(importer):
    names = ";".join(f"S{number}" for number in range(17_000))
    (document,) = good(importer(f"name,biosamples\nT1,{names}\n", "asset"))
    assert len(document["assets"][0]["biosamples"]) == 17_000


def test_assets(importer):
    text = 'Asset name,Type,Plate,Well,Samples\nTube 1,sample tube,,,"A; B"\n,well,DN1,A1,"""x, y"", z"\n'
    assert good(importer(text, "asset")) == [
        {
            "assets": [
                {"name": "Tube 1", "asset_type": "sample tube", "biosamples": ["A", "B"]},
                {"name": "DN1:A1", "asset_type": "well", "plate": "DN1", "well": "A1", "biosamples": ["x, y", "z"]},
            ]
        }
    ]


@pytest.mark.parametrize(
    "text, problems",
    [
        ("", ["table.csv:1:1: the file is empty: expected a row of headings [required_field]"]),
        ("\n , \n", ["table.csv:1:1: there is no row of headings that are known"]),
        ("%PDF-1.7 \nx\n", ["table.csv:1:1: there is no row of headings that are known"]),
        ("central_sample_id\n", ["table.csv:1:1: there is no row below the headings"]),
        ("taxon_id,collection_date\n1,2020-01-01\n", ["table.csv:1:1: there is no column 'central sample id'"]),
        (f"{SAMPLES}BIRM-3,,,x\n", ["table.csv:4:4: row 4, column 4 contains data but no heading [unknown_field]"]),
        (f"{SAMPLES}BIRM-1,,\n", ["table.csv:4:1: 'BIRM-1' is described in row 2 already [duplicate_identity]"]),
        (f"{SAMPLES},9606,\n", ["table.csv:4:1: central_sample_id is missing"]),
        (
            f"{SAMPLES}A,x,19/03/2020\n",
            ["table.csv:4:2: taxon_id 'x' is not a whole", "table.csv:4:3: collection_date "],
        ),
        (
            "central_sample_id,colection date\nA,2020-01-01\n",
            ["table.csv:1:2: the heading 'colection date' is not known"],
        ),
        ("central_sample_id,taxon_id,Taxon ID\nA,1,2\n", ["table.csv:1:3: the heading 'Taxon ID' stands twice"]),
        (
            "sample,metadata.manifest.host,host\nA,1,2\n",
            ["table.csv:1:3: the headings 'metadata.manifest.host' and 'host' mean the same metadata"],
        ),
        ("sample,metadata.x,metadata.manifest.x\nA,1,2\n", ["table.csv:1:3: the headings 'metadata.x' and "]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", ["table.csv:1:1: this is a workbook of old Excel"]),
        (b"PK\x03\x04 torn", ["table.csv:1:1: the workbook cannot be read"]),
        ('central_sample_id,taxon_id\nA,1\n"B,1\n', ["table.csv:3:1: a quoted cell of this row is never closed"]),
        (
            f"central_sample_id,taxon_id\nA,{LONG}\n",
            ["table.csv:2:2: the cell has 200000 characters: expected at most 131072 [out_of_range]"],
        ),
        (
            f'central_sample_id,taxon_id\nA,1\n"B\n""{LONG}""",2\n',
            ["table.csv:3:1: the cell has 200004 characters: expected at most 131072 [out_of_range]"],
        ),
        (f'central_sample_id,taxon_id\nA,"{LONG}\nB,2', ["table.csv:2:1: a quoted cell of this row is never closed"]),
        (f'central_sample_id,taxon_id\nA,"{LONG}"x\n', ["table.csv:2:1: text stands behind the closing quote"]),
        ('central_sample_id,taxon_id\n"A"x,1\n', ["table.csv:2:1: text stands behind the closing quote of a cell"]),
    ],
)
def test_faults_are_named_by_row_and_column_and_nothing_is_imported(importer, text, problems):
    found = bad(importer(text, "biosample"))
    assert len(found) == len(problems)
    for line, start in zip(found, problems, strict=True):
        assert line.startswith(start)


def test_a_heading_that_is_nothing_but_a_mark_loses_nothing(importer):
    (document,) = good(importer("sample,?,*\nA,one,two\n", "biosample"))
    assert document["biosamples"][0]["metadata"] == {"manifest": {"?": "one", "*": "two"}}
    assert bad(importer("name,*\nA,one\n", "asset"))[0].startswith("table.csv:1:2: the heading '*' is not known")


def test_a_bulk_submission(importer):
    documents = good(importer(f"{ORDER_HEADINGS}\n{ORDER_ROW}\n", "order"))
    order = {
        "name": "Sub A",
        "template": "Simple sequencing",
        "project": "Project 1",
        "study": "Study 1",
        "assets": ["Tube 1", "Tube 2"],
        "asset_group_name": "Plate 7",
        "request_options": {
            "read_length": "76",
            "fragment_size_required": {"from": "100", "to": "400"},
            "library_type": "standard",
            "number_of_lanes": "2",
        },
        "comments": "mind the gap",
    }
    assert documents == [
        {"orders": [order]},
        {"submissions": [{"name": "Sub A", "orders": ["Sub A"], "priority": "1"}]},
    ]


def test_submissions_group_rows_and_asset_groups_make_orders(importer):
    rows = [
        "submission name,asset group name,study name,project name,template name,asset name",
        "S1,G1,St,P,T,Tube 1",
        "S1,G1,St,P,T,Tube 2",
        "S1,G2,St,P,T,Tube 3",
        "S2,,St,P,T,Tube 4",
        "S2,,St,P,T,Tube 5",
        "S2,,St,Q,T,Tube 6",
    ]
    orders, submissions = good(importer("\n".join(rows), "order"))
    assert [(of["name"], of["assets"]) for of in orders["orders"]] == [
        ("S1 G1", ["Tube 1", "Tube 2"]),
        ("S1 G2", ["Tube 3"]),
        ("S2 1", ["Tube 4", "Tube 5"]),
        ("S2 2", ["Tube 6"]),
    ]
    assert submissions["submissions"] == [
        {"name": "S1", "orders": ["S1 G1", "S1 G2"]},
        {"name": "S2", "orders": ["S2 1", "S2 2"]},
    ]


def test_wells_of_a_plate(importer):
    text = 'submission name,study,project,template,barcode,plate well\nS,St,P,T,DN7,"A1,B3"\n'
    orders, _ = good(importer(text, "order"))
    assert orders["orders"][0]["assets"] == ["DN7:A1", "DN7:B3"]


HEAD = "submission name,study name,project name,template name,asset name,read length,asset group name,priority"


@pytest.mark.parametrize(
    "text, problems",
    [
        ("study name,project name\nA,B\n", ["table.csv:1:1: there is no 'submission name' column"]),
        (f"{HEAD}\n,A,B,C,D,,,\n", ["table.csv:2:1: submission name is missing: it can't be blank [required_field]"]),
        (f"{HEAD}\nS,,B,C,D,,,\nS,A,B,C,E,,,\n", ["table.csv:2:2: study name is missing"]),
        (f"{HEAD},\nS,A,B,C,D,,,,x\n", ["table.csv:2:9: row 2, column 9 contains data but no heading"]),
        (f"{HEAD}\nS,A,B,C,D,37,G,\nS,A,B,C,E,76,G,\n", ["table.csv:3:6: read length is '76', and row 2"]),
        (f"{HEAD}\nS,A,B,C,D,,G,\nS,A,B,C,D,,G,\n", ["table.csv:3:5: the asset 'D' is in row 2 of this order already"]),
        (f"{HEAD}\nS,A,B,C,D,,G,1\nS,A,B,C,E,,G,2\n", ["table.csv:3:8: the priority differs within the submission"]),
        (f"{HEAD}\nS,A,B,C,D,,,high\n", ["table.csv:2:8: priority 'high' is not a whole number"]),
        (f"{HEAD}\nS,A,B,C,D,,,9\n", ["table.csv:2:8: "]),
        (
            f"{HEAD},reed lenth\nS,A,B,C,D,,,,3\n",
            ["table.csv:1:9: the heading 'reed lenth' is not known: did you mean"],
        ),
    ],
)
def test_faults_of_bulk_submissions(importer, text, problems):
    found = bad(importer(text, "order"))
    assert len(found) == len(problems)
    for line, start in zip(found, problems, strict=True):
        assert line.startswith(start)


def test_more_orders_than_a_person_reviews_are_refused(importer):
    rows = "".join(f"S{number},A,B,C,D,,,\n" for number in range(20_001))
    (problem,) = bad(importer(f"{HEAD}\n{rows}", "order"))
    assert problem.startswith("table.csv:20002:1: the rows make 20,001 orders: expected at most 20,000")
    assert problem.endswith("[out_of_range]")


def test_two_columns_of_one_meaning(importer):
    problems = bad(importer(f"{HEAD},asset names\nS,A,B,C,D,,,,E\n", "order"))
    assert problems == [
        "table.csv:1:5: the heading 'asset name' means the same as that of another column [unknown_field]"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("read length", "request_options.read_length"),
        ("request_options.fragment_size_required.from", "fragment size from"),
        ("multiplier", "request_options.number_of_lanes"),
    ],
)
def test_two_columns_of_one_option(importer, one, other):
    head = "submission name,template name,study name,project name,asset names"
    problems = bad(importer(f"{head},{one},{other}\nX,A,B,C,D,76,\nX,A,B,C,E,76,108\n", "order"))
    both = f"the headings '{one}' and '{other}' mean the same option"
    assert problems == [f"table.csv:1:7: {both}: leave one out [duplicate_key]"]


@pytest.mark.parametrize("headings", [("a", "a.b"), ("a", "a.b.c"), ("a.b", "a.b.c")])
def test_an_option_that_is_a_value_has_no_parts(importer, headings):
    """Orders of several templates may stand in one table, so each row is looked at by itself."""
    head = "order name,template name,study name,project name"
    whole, part = (f"request_options.{of}" for of in headings)
    rows = "O1,A,B,C,x,\nO2,A,B,C,,y\n"
    (document,) = good(importer(f"{head},{whole},{part}\n{rows}", "order"))
    found = [order["request_options"] for order in document["orders"]]
    values = [reduce(dict.__getitem__, of.split("."), options) for of, options in zip(headings, found, strict=True)]
    assert values == ["x", "y"]
    for columns, row, place in (((whole, part), "x,y", 6), ((part, whole), "y,x", 5)):
        problems = bad(importer(f"{head},{','.join(columns)}\n{rows}O3,A,B,C,{row}\n", "order"))
        message = f"{part} is a part of {whole}, which is 'x' here: leave one of them empty"
        assert problems == [f"table.csv:4:{place}: {message} [conflicting_fields]"]


def test_what_an_import_made_is_accepted(tmp_path, project):
    lab = Lab(tmp_path / "lab")
    shutil.copytree(project / "config/catalogue", lab.root / "config/catalogue")
    tables = {
        "biosample": "sample\nA\nB\n",
        "asset": "name,samples\nTube 1,A\nTube 2,B\n",
        "order": f"{ORDER_HEADINGS}\n{ORDER_ROW}\n",
    }
    for kind, text in tables.items():
        (tmp_path / f"{kind}.csv").write_text(text)
        file = lab.descriptions / f"{kind}.yaml"
        assert lab.call("import", "table", str(tmp_path / f"{kind}.csv"), "--kind", kind, "-o", str(file))[0] == 0
    lab.good({"study": {"name": "Study 1"}}, {"project": {"name": "Project 1"}})
    order = lab.body("order", "Sub A")
    assert order["request_options"]["library_type"] == "Standard"
    assert [of["name"] for of in order["assets"]] == ["Tube 1", "Tube 2"]
    assert lab.body("submission", "Sub A")["priority"] == 1


@given(st.text(max_size=12))
def test_text_is_shielded_and_comes_back(text):
    assert unshield(shield(text)) == text
    assert not shield(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(min_size=1, max_size=8).filter(lambda text: text.strip() == text)))
def test_lists_in_a_cell_come_back(items):
    assert split_cell(join_cell(items)) == items


@given(st.binary(max_size=300))
def test_no_bytes_end_in_a_traceback(tmp_path, data):
    path = tmp_path / "any.csv"
    path.write_bytes(data)
    assert main(["-C", str(tmp_path), "import", "table", str(path), "--kind", "asset"]) in (0, 1)


def test_a_formula_is_text(importer):
    out = io.StringIO()
    csv.writer(out).writerows([["central_sample_id", "accession"], ["'=A1", "'+x"]])
    assert good(importer(out.getvalue(), "biosample")) == [
        {"biosamples": [{"central_sample_id": "=A1", "accession": "+x"}]}
    ]
