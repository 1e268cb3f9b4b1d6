"""Sample sheets in `seqmeta import illumina`: liberal in layout, strict in meaning, problems by row and column."""

import csv

import pytest
from effort import within
from importing import import_runs, import_samples, import_text, read_text, refusals

HEADER = "[Header]\nIEMFileVersion,4\nDate,3/22/2020\n[Reads]\n151\n151\n[Data]\n"
PLAIN = "Sample_ID,index\nS1,ACGTACGT\nS2,TGCATGCA\n"
V2 = """[Header]
FileFormatVersion,2
RunName,made_up
InstrumentPlatform,NextSeq1k2k
[Reads]
Read1Cycles,53
Read2Cycles,53
Index1Cycles,8
Index2Cycles,24
[BCLConvert_Settings]
SoftwareVersion,3.8.4
[BCLConvert_Data]
Lane,Sample_ID,Index,Index2
1,S1,ACGTACGT,AAAACCCC
2,S1,ACGTACGT,AAAACCCC
1,S2,TGCATGCA,GGGGTTTT
[Cloud_Data]
Sample_ID,ProjectName,LibraryName
S1,project,S1_library
"""


@pytest.fixture
def write(tmp_path):
    def write_sheet(content):
        path = tmp_path / "SampleSheet.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_sheet


def barcodes(path):
    (run,) = import_runs("illumina", path)
    return {sample["central_sample_id"]: sample.get("barcode") for sample in run["biosamples"]}


BOTH = {"S1": "ACGTACGT", "S2": "TGCATGCA"}


@pytest.mark.parametrize(
    "content",
    [
        HEADER + PLAIN,
        PLAIN,
        "[Data]\n" + PLAIN,
        "# a comment\n\n  [ DATA ] ,,,\n" + PLAIN,
        (HEADER + PLAIN).replace("\n", "\r\n"),
        (HEADER + PLAIN).replace("\n", "\r"),
        (HEADER + PLAIN).replace("\n", ",,,,\n"),
        (HEADER + PLAIN).replace("\n", "\n\n,,\n"),
        (HEADER + PLAIN).replace(",", ";"),
        (HEADER + PLAIN).replace(",", "\t"),
        (HEADER + PLAIN).replace("Sample_ID", "SampleID").replace("index", "Index"),
        (HEADER + PLAIN).replace("Sample_ID", '" Sample ID "'),
        (HEADER + PLAIN).replace("S1,ACGTACGT", '"S1","ACGTACGT"'),
        HEADER + PLAIN + "#S3,ACGT\n",
        "\ufeff" + HEADER + PLAIN,
        (HEADER + PLAIN).encode("utf-16"),
        (HEADER + PLAIN).encode("utf-16-be"),
        (HEADER + PLAIN).encode("utf-32"),
        "sep=,\n" + HEADER + PLAIN,
        "sep=;\n" + (HEADER + PLAIN).replace(",", ";"),
        (HEADER + PLAIN).replace("[Data]", "[Data],,,Description"),
        "Lane,Sample,Index\n*,S1,ACGTACGT\n*,S2,TGCATGCA\n",
        "[Data]\nSample_ID,I7_Index,Index\nS1,UDI1,ACGTACGT\nS2,UDI2,TGCATGCA\n",
        (HEADER + PLAIN).replace("3/22", "Zoë").encode("cp1252"),
        HEADER.replace("[Header]", "[Header],") + PLAIN + "\x20\n",
        "[Data]\nLane,Sample_ID,index\n1,S1,ACGTACGT\n1,S2,TGCATGCA\n2,,\n3\n",
        "FCID,Lane,SampleID,SampleRef,Index\nX,1,S1,,ACGTACGT\nX,1,S2,,TGCATGCA\n",
    ],
)
def test_layouts(write, content):
    assert barcodes(write(content)) == BOTH


@pytest.mark.parametrize(
    "heading, row, barcode",
    [
        ("Sample_ID,index,index2", "S1,ACGT,TTTT", "ACGT+TTTT"),
        ("Sample_ID,I7_Index_ID,index,I5_Index_ID,index2", "S1,N701,ACGT,S501,TTTT", "ACGT+TTTT"),
        ("Sample_ID,Index", "S1,ACGT-TTTT", "ACGT+TTTT"),
        ("Sample_ID,Index", "S1,ACGT-", "ACGT"),
        ("Sample_ID,index,index2", "S1,,", None),
        ("Sample_ID,Index", "S1,NoIndex", None),
        ("Sample_ID,Index", "S1,N/A", None),
        ("Sample_ID,index", "S1,SI-GA-A1", "SI-GA-A1"),
        ("Lane,Sample,Index", "1-4,S1,SI-P03-C9", "SI-P03-C9"),
        ("Sample_ID,index", "S1,SMARTSEQ2-1A", "SMARTSEQ2-1A"),
        ("Sample_ID,index,index2", "S1,ACGTACGTACGTACGT,ACGTACGTACGTACGT", None),  # no place for 33 characters
    ],
)
def test_indexes(write, heading, row, barcode):
    path = write(f"[Data]\n{heading}\n{row}\n")
    assert barcodes(path) == {"S1": barcode}
    changed = ("ACGT-TTTT", "ACGT-", "NoIndex", "N/A", "1-4")
    for part in row.split(",")[1:]:
        assert part in import_text("illumina", path) or part in changed


@pytest.mark.parametrize(
    "lane, lanes",
    [("1", "1"), ("01", "1"), ("1+2", "1 2"), ("2, 1", "2 1"), ("1-3", "1 2 3"), ("1;3-4", "1 3 4"), ("*", None)],
)
def test_lanes(write, lane, lanes):
    (run,) = import_runs("illumina", write(f'[Data]\nLane,Sample_ID,index\n"{lane}",S1,ACGT\n'))
    assert run.get("metadata", {}).get("lanes", {}).get("S1") == lanes


def test_a_lane_of_several_is_a_lane_like_others(write):
    found = refusals("illumina", write("[Data]\nLane,Sample_ID,index\n1-2,S1,ACGT\n2,S2,ACGT\n3,S3,ACGT\n"))
    assert [(line, column, code) for line, column, code, _ in found] == [(4, 3, "duplicate_item")]
    assert "in lane 2 twice" in found[0][3]


def test_more_lanes_than_a_flow_cell_can_have_are_none(write):
    (problem,) = refusals("illumina", write("[Data]\nLane,Sample_ID\n1-99,S1\n"))
    assert problem[:3] == (3, 1, "wrong_type")
    assert problem[3].startswith("'1-99' is no lane: expected ")


def test_more_lanes_in_all_than_any_run_has_are_refused(write):
    rows = "".join(f"S{number},1-8\n" for number in range(14_300))
    (problem,) = refusals("illumina", write(f"[Data]\nSample_ID,Lane\n{rows}"))
    assert problem[:3] == (2, 2, "out_of_range")
    assert "100,100 lanes more than one each: expected at most 100,000" in problem[3]


def test_more_rows_than_any_sheet_has_are_refused(write):
    rows = "".join(f"S{number}\n" for number in range(20_000))
    (problem,) = refusals("illumina", write(f"[Data]\n{rows}"))
    assert problem[:3] == (20_001, 1, "out_of_range")


def test_sections_without_number_cost_what_stands_in_them(write):
    sections = "".join(f"[T{number}]\n" for number in range(19_000))
    path = write(f"[Data]\nSample_ID\nS1\n{sections}")
    with within(3):
        assert list(import_samples("illumina", path)) == ["S1"]


def test_of_very_many_faults_the_first_are_named(write):
    rows = "1-8,S1,ACGT\n" * 1_000
    found = refusals("illumina", write(f"[Data]\nLane,Sample_ID,index\n{rows}"))
    assert len(found) == 10_001


def test_a_heading_that_stands_twice_loses_nothing(write):
    path = write("[Data],,Sample_Project\nSample_ID,Note,Note\nS1,one,two\n")
    assert import_samples("illumina", path)["S1"]["metadata"]["sample_sheet"]["Note"] == "one, two"
    assert "[Data] has behind it: Sample_Project" in import_text("illumina", path)


def test_barcodes_within_reads_may_tell_samples_apart_that_share_an_index(write):
    rows = "S1,ACGT,{0}\nS2,ACGT,{1}\n"
    heading = "[Data]\nSample_ID,index,Inline_Barcode\n"
    path = write(heading + rows.format("TTTT", "GGGG"))
    assert barcodes(path) == {"S1": None, "S2": None}
    text = import_text("illumina", path)
    assert "line 4: the index ACGT is in the same lanes twice: 'S1' at line 3 has it already" in unfold(text)
    for others in (("", ""), ("tube-1", "tube-2")):
        found = refusals("illumina", write(heading + rows.format(*others)))
        assert [(line, code) for line, _, code, _ in found] == [(4, "duplicate_item")]


def unfold(text):
    """Take the line breaks out of comments."""
    return " ".join(line.strip().removeprefix("#").strip() for line in text.splitlines())


@pytest.mark.parametrize("second, flowcell", [("H1", "H1"), ("H2", None)])
def test_the_flow_cell_of_the_plain_table(write, second, flowcell):
    (run,) = import_runs("illumina", write(f"FCID,Lane,SampleID,Index\nH1,1,S1,ACGT\n{second},2,S2,ACGT\n"))
    assert run.get("flowcell_id") == flowcell


def test_version_2_with_lanes(write):
    path = write(V2)
    (run,) = import_runs("illumina", path)
    assert barcodes(path) == {"S1": "ACGTACGT+AAAACCCC", "S2": "TGCATGCA+GGGGTTTT"}
    assert (run["library_layout_config"], run["library_layout_read_length"]) == ("PAIRED", "53")
    assert run["metadata"]["lanes"] == {"S1": "1 2", "S2": "1"}
    assert run["metadata"]["illumina"]["reads"] == "Y53 I8 I24 Y53"
    assert import_samples("illumina", path)["S1"]["metadata"]["sample_sheet"]["LibraryName"] == "S1_library"
    assert run["sequencing_id"] is None  # no file names the run
    assert "instrument_model" not in run  # NextSeq 1000 or 2000


@pytest.mark.parametrize("data", ["", "[BCLConvert_Data]\n", "[BCLConvert_Data],,\n,,\n"])
def test_version_2_may_plan_the_reads_alone(write, data):
    (run,) = import_runs("illumina", write(V2[: V2.index("[BCLConvert_Data]")] + data))
    assert run["library_layout_read_length"] == "53"
    assert run["biosamples"] is None


@pytest.mark.parametrize(
    "section",
    [
        "[Cloud_Data]\n",
        "[Cloud_Data]\nSample_ID,ProjectName\n",
        "[Assay_Data]\nKey,Value\nkit,xyzzy\n",
        "[Bioinformatics]\nSample_Project,BarcodesAreRC\nx,False\n",
    ],
)
def test_other_sections_take_nothing_away(write, section):
    path = write(HEADER + PLAIN + section)
    assert barcodes(path) == BOTH
    assert "xyzzy" not in section or "kit = xyzzy" in import_text("illumina", path)


def test_what_other_sections_say_of_a_sample_is_kept_whole(write):
    rows = "S1,b\nS1,c\nS2,a\nS2,a\nS9,z\n"
    path = write(f"[Data]\nSample_ID,Note\nS1,a\nS2,a\n[Cloud_Data]\nSample_ID,Note\n{rows}")
    notes = {name: of["metadata"]["sample_sheet"]["Note"] for name, of in import_samples("illumina", path).items()}
    assert notes == {"S1": "a, b, c", "S2": "a"}
    assert "[Cloud_Data] lists 1 that are no samples of this sheet: S9" in import_text("illumina", path)


def test_what_one_library_cannot_tell_apart_is_kept_in_metadata(write):
    rows = "Lane,Sample_ID,index\n1,S1,ACGT\n2,S2,ACGT\n1,S3,TTTT\n2,S3,GGGG\n1,S4,CCCC\n"
    path = write("[Data]\n" + rows)
    (run,) = import_runs("illumina", path)
    assert barcodes(path) == {"S1": None, "S2": None, "S3": None, "S4": "CCCC"}
    assert run["metadata"]["index_sequences"] == {"S1": "ACGT", "S2": "ACGT", "S3": "TTTT GGGG"}


SYNTAX = ["=cmd|' /C calc'!A0", "no", "~", "2020-03-22", "a: b #c", "- x", "{{ x }}", '"', "\\", "&a *b"]


@pytest.mark.parametrize("text", SYNTAX)
def test_text_that_is_syntax_elsewhere_stays_text(write, text):
    cell = '"' + text.replace('"', '""') + '"'
    path = write(f"[Data]\nSample_ID,Description\nS1,{cell}\n")
    assert import_samples("illumina", path)["S1"]["metadata"]["sample_sheet"]["Description"] == text


def test_terminal_sequences_and_overrides_are_written_as_codes(write):
    text = import_text("illumina", write("[Data]\nSample_ID,Description\nS1,red\x1b[31m\u202etxt\n"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"red\x1b[31m\u202etxt" in text
    read_text(text)


@pytest.mark.parametrize(
    "content, place, code",
    [
        ("", (1, 1), "unknown_format"),
        ("Dear all,\nplease find attached\n", (1, 1), "unknown_format"),
        ("SampleSheet.csv.0", (1, 1), "unknown_format"),
        ("[Header]\nIEMFileVersion,4\n[Reads]\n151\n", (1, 1), "required_field"),
        (HEADER, (7, 1), "required_field"),
        (HEADER + "Sample_ID,index\n", (8, 1), "required_field"),
        (HEADER + "Sample_Name,index\nS1,ACGT\n", (8, 1), "required_field"),
        (HEADER.replace("151", "many", 1) + PLAIN, (5, 1), "wrong_type"),
        (V2.replace("Read1Cycles,53", "Read1Cycles,x"), (6, 2), "wrong_type"),
        (HEADER + PLAIN + "[Data]\n" + PLAIN, (11, 1), "duplicate_item"),
        (HEADER + PLAIN + "S1,GGGGGGGG\n", (11, 1), "duplicate_item"),
        (HEADER + "Sample_ID\nS1\nS1\n", (10, 1), "duplicate_item"),
        (HEADER + PLAIN + "S\x083,GGGG\n", (11, 1), "invalid_text"),
        (HEADER + PLAIN + "S3,ACGTACGT\n", (11, 2), "duplicate_item"),
        (HEADER + PLAIN + "S3,acgtacgt\n", (11, 2), "duplicate_item"),
        (HEADER + PLAIN + "S3,ACGU\n", (11, 2), "not_allowed"),
        (HEADER + PLAIN + "S3,N701\n", (11, 2), "not_allowed"),
        (HEADER + PLAIN + ",GGGG\n", (11, 1), "required_field"),
        (HEADER + PLAIN + "S3,GGGG,more\n", (11, 3), "unknown_field"),
        (HEADER + PLAIN + "../S3,GGGG\n", (11, 1), "invalid_text"),
        (HEADER + PLAIN + "S$3,GGGG\n", (11, 1), "invalid_text"),
        (HEADER + PLAIN + "S" * 97 + ",GGGG\n", (11, 1), "out_of_range"),
        (HEADER + "Sample_ID,,index\nS1,x,ACGT\n", (9, 2), "unknown_field"),
        (HEADER + "Sample_ID,index,Index\nS1,ACGT,ACGT\n", (8, 3), "duplicate_item"),
        (HEADER + "Lane,Sample_ID\nx,S1\n", (9, 1), "wrong_type"),
        (HEADER + "Lane,Sample_ID\n4-2,S1\n", (9, 1), "wrong_type"),
        (HEADER + "Lane,Sample_ID\n1+0,S1\n", (9, 1), "wrong_type"),
        (HEADER + "Lane,Sample_ID,index\n1,S1,ACGT\n1,S1,TTTT\n", (10, 2), "duplicate_item"),
        (HEADER + 'Sample_ID,Description\nS1,"never closed\n' + "x,y\n" * 60, (9, 4), "csv_syntax"),
        (b"[Data]\nSample_ID\nS\x00\n", (3, 1), "invalid_text"),
        (b"[Data]\nSample_ID\n\x81\x8d\n", (1, 1), "invalid_text"),
    ],
)
def test_what_a_demultiplexer_would_refuse_is_refused_with_row_and_column(write, content, place, code):
    found = [(line, column, of) for line, column, of, _ in refusals("illumina", write(content))]
    assert found == [(*place, code)]


def test_where_every_sample_has_as_many_rows_they_are_its_set_of_indexes(write):
    path = write("[Data]\nSample_ID,index\nS1,AAAA\nS1,CCCC\nS2,GGGG\nS2,TTTT\n")
    (run,) = import_runs("illumina", path)
    assert barcodes(path) == {"S1": None, "S2": None}
    assert run["metadata"]["index_sequences"] == {"S1": "AAAA CCCC", "S2": "GGGG TTTT"}
    found = refusals("illumina", write("[Data]\nSample_ID,index\nS1,AAAA\nS1,CCCC\nS2,GGGG\nS2,AAAA\n"))
    assert [(line, code) for line, _, code, _ in found] == [(6, "duplicate_item")]


def test_all_problems_are_named_at_once(write):
    found = refusals("illumina", write(HEADER + PLAIN + "S1,ACGX\n,GGGG\nS4,GGGG\n"))
    assert [(line, code) for line, _, code, _ in found] == [
        (11, "duplicate_item"),
        (11, "not_allowed"),
        (12, "required_field"),
        (13, "duplicate_item"),
    ]


def test_every_real_sheet_with_all_its_samples(shared_data):
    """The names are those in the column of the heading, as Python's own csv reads it."""
    read = 0
    for path in sorted((shared_data / "illumina/sample_sheets").iterdir()):
        if is_refused(path):
            refusals("illumina", path)
            continue
        rows = list(csv.reader(path.read_text().splitlines()))
        heading = next(index for index, row in enumerate(rows) if {"Sample_ID", "SampleID"} & set(row))
        column = next(at for at, name in enumerate(rows[heading]) if name in ("Sample_ID", "SampleID"))
        names = []
        for row in rows[heading + 1 :]:
            if not any(row) or row[0].startswith("["):
                break
            names.append(row[column])
        assert list(import_samples("illumina", path)) == list(dict.fromkeys(names)), path
        read += 1
    assert read > 26


def is_refused(path):
    """Whether a file is prose or a placeholder, or has what a demultiplexer would not take."""
    text = path.read_text()
    is_no_sheet = path.suffix == ".txt" or ("Sample_ID" not in text and "SampleID" not in text)
    return is_no_sheet or "SKIN$" in text or "\nSample_ID,,Sample_Plate" in text


@pytest.mark.parametrize("key", ["RunName", "Run Name", "run_name"])
def test_a_key_of_the_header_is_said_once_as_it_is_written(write, key):
    text = import_text("illumina", write(V2.replace("RunName,", f"{key},")))
    hints = [line for line in text.splitlines() if "the sample sheet says" in line and line.endswith(": made_up")]
    assert [line.partition("says ")[2] for line in hints] == [f"{key}: made_up"]
