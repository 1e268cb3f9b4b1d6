"""`seqmeta import illumina`: run folders and single files, made up here and real ones beside the project."""

import re

import pytest
from importing import call, fill, import_runs, import_samples, import_text, refusals
from lab import Lab

RUN_INFO = """<?xml version="1.0"?>
<RunInfo xmlns:xsd="http://www.w3.org/2001/XMLSchema" Version="2">
  <Run Id="{run_id}" Number="42">
    <Flowcell>{flowcell}</Flowcell>
    <Instrument>{instrument}</Instrument>
    <Date>{date}</Date>
    <Reads>
      <Read Number="1" NumCycles="151" IsIndexedRead="N" />
      <Read Number="2" NumCycles="8" IsIndexedRead="Y" />
      <Read Number="3" NumCycles="8" IsIndexedRead="Y" />
      <Read Number="4" NumCycles="151" IsIndexedRead="N" />
    </Reads>
    <FlowcellLayout LaneCount="1" SurfaceCount="2" SwathCount="1" TileCount="14" />
  </Run>
</RunInfo>
"""
SHEET = """[Header]
IEMFileVersion,4
Experiment Name,Made up
Assay,TruSeq DNA
[Reads]
151
151
[Settings]
[Data]
Sample_ID,Sample_Name,Sample_Plate,Sample_Well,I7_Index_ID,index,I5_Index_ID,index2,Sample_Project,Description
SAMPLE-1,one,PLATE,A01,N701,TAAGGCGA,S501,TAGATCGC,made_up,=1+1
SAMPLE-2,two,PLATE,B01,N702,CGTACTAG,S501,TAGATCGC,made_up,"a, b: #c"
"""
PARAMETERS = """<?xml version="1.0"?>
<RunParameters>
  <Setup>
    <ApplicationName>MiSeq Control Software</ApplicationName>
    <ApplicationVersion>2.6.2.1</ApplicationVersion>
  </Setup>
  <BaseSpaceSettings><RunId>23062049</RunId></BaseSpaceSettings>
  <RunID>{run_id}</RunID>
  <RTAVersion>1.18.54</RTAVersion>
  <Chemistry>Amplicon</Chemistry>
  <ComputerName>SEQ-$(touch x)</ComputerName>
</RunParameters>
"""
MISEQ = {
    "run_id": "200322_M99999_0042_000000000-ABCDE",
    "flowcell": "000000000-ABCDE",
    "instrument": "M99999",
    "date": "200322",
}


MISEQ_I100 = """<?xml version="1.0"?>
<RunParameters>
  <Application>MiSeqi100Series Control Software</Application>
  <InstrumentType>MiSeqi100Plus</InstrumentType>
  <InstrumentSerialNumber>SH00001</InstrumentSerialNumber>
  <RunId>20260312_SH00001_0005_ASC0000001-SC3</RunId>
  <RunCounter>5</RunCounter>
  <ConsumableInfo>
    <ConsumableInfo><SerialNumber>SC0000001-SC3</SerialNumber><Type>DryCartridge</Type></ConsumableInfo>
    <ConsumableInfo><SerialNumber>BXA00001-2010</SerialNumber><Type>FlowCell_1</Type></ConsumableInfo>
  </ConsumableInfo>
  <PlannedReads>
    <Read ReadName="Read1" Cycles="301" />
    <Read ReadName="Index1" Cycles="10" />
    <Read ReadName="Index2" Cycles="10" />
    <Read ReadName="Read2" Cycles="301" />
  </PlannedReads>
</RunParameters>
"""


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / MISEQ["run_id"]
    folder.mkdir()
    (folder / "RunInfo.xml").write_text(RUN_INFO.format(**MISEQ))
    (folder / "runParameters.xml").write_text(PARAMETERS.format(**MISEQ))
    (folder / "SampleSheet.csv").write_text(SHEET)
    return folder


def write_run_info(tmp_path, **fields):
    path = tmp_path / "RunInfo.xml"
    path.write_text(RUN_INFO.format(**{**MISEQ, **fields}))
    return path


def test_an_instrument_that_the_archive_does_not_know_is_named_and_no_other_one_is_taken_for_it(tmp_path):
    path = tmp_path / "RunParameters.xml"
    path.write_text(MISEQ_I100)
    (run,) = import_runs("illumina", path)
    assert "instrument_model" not in run
    assert run["run_name"] == "20260312_SH00001_0005_ASC0000001-SC3"
    assert run["flowcell_id"] == "BXA00001-2010"
    assert run["library_layout_config"] == "PAIRED"
    assert run["metadata"]["illumina"]["reads"] == "Y301 I10 I10 Y301"
    assert "no model is known for instrument_type MiSeqi100Plus" in import_text("illumina", path)


def test_a_run_folder_becomes_a_run_and_its_biosamples(run_folder):
    (run,) = import_runs("illumina", run_folder)
    expected = {
        "run_name": MISEQ["run_id"],
        "instrument_make": "ILLUMINA",
        "instrument_model": "Illumina MiSeq",
        "flowcell_id": "000000000-ABCDE",
        "library_layout_config": "PAIRED",
        "library_layout_read_length": "151",
    }
    assert {key: run[key] for key in expected} == expected
    assert run["biosamples"] == [
        {"central_sample_id": "SAMPLE-1", "barcode": "TAAGGCGA+TAGATCGC"},
        {"central_sample_id": "SAMPLE-2", "barcode": "CGTACTAG+TAGATCGC"},
    ]
    assert run["metadata"]["illumina"]["run_date"] == "2020-03-22"
    assert run["metadata"]["illumina"]["chemistry"] == "Amplicon"
    assert import_samples("illumina", run_folder)["SAMPLE-2"]["metadata"]["sample_sheet"]["Description"] == "a, b: #c"


def test_nothing_is_invented(run_folder):
    (run,) = import_runs("illumina", run_folder)
    gaps = {key for key, value in run.items() if value is None}
    assert gaps == {
        "library_name",
        "library_selection",
        "library_source",
        "library_strategy",
        "library_seq_kit",
        "library_seq_protocol",
        "library_sop_name",
        "library_sop_version",
    }
    assert "start_time" not in run  # the files name a day and no time zone


def test_what_has_no_place_is_said_in_comments(run_folder):
    comments = "".join(
        line for line in import_text("illumina", run_folder).splitlines() if line.lstrip().startswith("#")
    )
    assert "SEQ-$(touch x)" in comments
    assert "TileCount" in comments
    assert "TruSeq DNA" in comments


def test_the_uuid_is_the_same_every_time_and_of_this_run(run_folder, tmp_path):
    (run,) = import_runs("illumina", run_folder)
    assert import_text("illumina", run_folder) == import_text("illumina", run_folder)
    (other,) = import_runs("illumina", write_run_info(tmp_path, run_id="200323_M99999_0043_000000000-ABCDF"))
    assert run["sequencing_id"] != other["sequencing_id"]


def test_filled_in_it_is_accepted_and_before_it_is_not(run_folder, tmp_path):
    lab = Lab(tmp_path / "lab")
    text = import_text("illumina", run_folder)
    lab.write("run.yaml", text)
    assert {of["code"] for of in lab.check()} == {"required_field"}
    lab.write("run.yaml", fill(text))
    lab.good()
    assert lab.body("library", "LIBRARY-1")["library_layout_read_length"] == 151


def test_output_goes_into_a_new_file_only(run_folder, tmp_path):
    target = tmp_path / "run.yaml"
    assert call("import", "illumina", run_folder, "-o", target)[:2] == (0, "")
    assert target.read_text() == import_text("illumina", run_folder)
    target.write_text("mine")
    code, out, err = call("import", "illumina", run_folder, "-o", target)
    assert (code, out, "is there already" in err) == (3, "", True)
    assert target.read_text() == "mine"


def test_files_that_contradict_each_other_are_named(run_folder):
    (run_folder / "runParameters.xml").write_text(PARAMETERS.format(run_id="990101_M00000_0001_OTHER"))
    text = import_text("illumina", run_folder)
    assert "990101_M00000_0001_OTHER" in text
    assert "which is right?" in " ".join(text.replace("#", " ").split())
    (run,) = import_runs("illumina", run_folder)
    assert run["run_name"] == MISEQ["run_id"]


def asked(run_folder):
    """The questions that a person is asked about the files, each in one line."""
    comments = [
        line.strip() for line in import_text("illumina", run_folder).splitlines() if line.strip().startswith("#")
    ]
    joined = " ".join(comment.removeprefix("#").strip() for comment in comments)
    return re.findall(r"SampleSheet\.csv has (?:(?!SampleSheet\.csv has ).)*?: which is right\?", joined)


SHEET_ROWS = "[Data]\nLane,Sample_ID,index,index2\n"


@pytest.mark.parametrize(
    "rows, expected",
    [
        ("1,S1,TAAGGCGA,TAGATCGC\n2,S2,CGTACT,TAGA\n", []),  # a shorter index is fine
        ("*,S1,TAAGGCGA,TAGATCGC\n", []),
        ("1,S1,SI-GA-A1,\n", []),  # 10x Genomics' name of a set
        ("9,S1,TAAGGCGA,TAGATCGC\n", ["lane 9 (of 'S1'), and RunInfo.xml 2 lanes"]),
        (
            "3,S1,TAAGGCGA,TAGATCGC\n1+4,S2,TAAGGCGA,TAGATCGC\n3,S3,CGTACTAG,TAGATCGC\n",
            ["lane 3 (of 'S1', 'S3'), and RunInfo.xml 2 lanes", "lane 4 (of 'S2'), and RunInfo.xml 2 lanes"],
        ),
        (
            "1,S1,TAAGGCGAGG,TAGATCGC\n1,S2,CGTACTAGGG,TAGATCGCGG\n",
            [
                "an i7 index of 10 bases (of 'S1', 'S2'), and RunInfo.xml the reads Y151 I8 I8 Y151",
                "an i5 index of 10 bases (of 'S2'), and RunInfo.xml the reads Y151 I8 I8 Y151",
            ],
        ),
    ],
)
def test_a_sheet_that_asks_for_more_than_the_run_has_is_doubted(run_folder, rows, expected):
    run_info = RUN_INFO.format(**MISEQ).replace('LaneCount="1"', 'LaneCount="2"')
    (run_folder / "RunInfo.xml").write_text(run_info)
    (run_folder / "SampleSheet.csv").write_text(SHEET_ROWS + rows)
    assert asked(run_folder) == [f"SampleSheet.csv has {of}: which is right?" for of in expected]


def test_a_second_index_that_the_run_does_not_read_is_doubted(run_folder):
    read = '      <Read Number="3" NumCycles="8" IsIndexedRead="Y" />\n'
    (run_folder / "RunInfo.xml").write_text(RUN_INFO.format(**MISEQ).replace(read, ""))
    reads = "RunInfo.xml the reads Y151 I8 Y151"
    expected = f"SampleSheet.csv has an i5 index of 8 bases (of 'SAMPLE-1', 'SAMPLE-2'), and {reads}: which is right?"
    assert asked(run_folder) == [expected]


def test_a_sheet_alone_is_held_against_nothing(run_folder):
    (run_folder / "RunInfo.xml").unlink()
    (run_folder / "runParameters.xml").unlink()
    (run_folder / "SampleSheet.csv").write_text(SHEET_ROWS + "9,S1,TAAGGCGAGG,TAGATCGC\n")
    assert asked(run_folder) == []


def test_a_sheet_of_another_name_counts_where_it_is_the_only_one(run_folder):
    (run_folder / "SampleSheet.csv").rename(run_folder / "SampleSheet_v2.csv")
    assert list(import_samples("illumina", run_folder)) == ["SAMPLE-1", "SAMPLE-2"]
    (run_folder / "old_samplesheet.csv").write_text(SHEET)
    assert import_samples("illumina", run_folder) == {}


# Illumina's support pages on instrument identifiers; the archive's spelling.
@pytest.mark.parametrize(
    "instrument, flowcell, model",
    [
        ("M01270", "000000000-ADWKV", "Illumina MiSeq"),
        ("NS500114", "HW77KBGXX", "NextSeq 500"),
        ("NB551068", "AH3YNFAFX3", "NextSeq 550"),
        ("D00248", "C9E4KANXX", "Illumina HiSeq 2500"),
        ("ST-E00128", "H7TM5CCXY", "Illumina HiSeq X"),
        ("A00291", "HF2HCDRXY", "Illumina NovaSeq 6000"),
        ("MN00123", "000H2N7MV", "Illumina MiniSeq"),
        ("FS10000123", "BNT40322-1234", "Illumina iSeq 100"),
        ("VL00123", "AAAC7NTM5", "NextSeq 1000"),
        ("J00100", "HF22YBBXX", "Illumina HiSeq 3000"),
        ("K00166", "HF22YBBXX", None),  # HiSeq 3000 or 4000: the files do not say
        ("LH00210", "225TGJLT3", None),  # NovaSeq X or X Plus
        ("Q99999", "XXXX", None),
    ],
)
def test_models(tmp_path, instrument, flowcell, model):
    path = write_run_info(tmp_path, instrument=instrument, flowcell=flowcell)
    (run,) = import_runs("illumina", path)
    assert run.get("instrument_model") == model


@pytest.mark.parametrize(
    "written, day, start",
    [
        ("200322", "2020-03-22", None),
        ("20200322", "2020-03-22", None),
        ("6/1/2021 11:05:11 AM", "2021-06-01T11:05:11", None),
        ("1/13/2022 3:27:41 PM", "2022-01-13T15:27:41", None),
        ("12/31/2021 12:00:00 AM", "2021-12-31T00:00:00", None),
        ("2023-06-28T09:26:15Z", None, "2023-06-28T09:26:15Z"),
        ("20240612T101010Z", None, "2024-06-12T10:10:10Z"),
        ("20240612T1210+02", None, "2024-06-12T10:10:00Z"),
        ("20240612T101010", "2024-06-12T10:10:10", None),
        ("2023-06-28T09:26:15.1234567+01:00", None, "2023-06-28T08:26:15.1234567Z"),
    ],
)
def test_dates(tmp_path, written, day, start):
    (run,) = import_runs("illumina", write_run_info(tmp_path, date=written))
    assert (run["metadata"]["illumina"].get("run_date"), run.get("start_time")) == (day, start)


@pytest.mark.parametrize("written", ["13/1/2022 3:27 PM", "12-Jan-2022", "203222", "0001-01-01T00:00:00", "soon"])
def test_a_date_that_cannot_be_read_is_a_gap_with_a_note(run_folder, written):
    (run_folder / "RunInfo.xml").write_text(RUN_INFO.format(**{**MISEQ, "date": written}))
    (run,) = import_runs("illumina", run_folder)
    assert "start_time" not in run
    assert "run_date" not in run["metadata"]["illumina"]
    text = " ".join(import_text("illumina", run_folder).replace("#", " ").split())
    assert f"RunInfo.xml says '{written}', which is no date that is known" in text


def test_a_date_that_another_file_has_is_taken_where_the_first_cannot_be_read(run_folder):
    (run_folder / "RunInfo.xml").write_text(RUN_INFO.format(**{**MISEQ, "date": "12-Jan-2022"}))
    dated = "<RunStartDate>220112</RunStartDate></RunParameters>"
    (run_folder / "runParameters.xml").write_text(PARAMETERS.format(**MISEQ).replace("</RunParameters>", dated))
    (run,) = import_runs("illumina", run_folder)
    assert run["metadata"]["illumina"]["run_date"] == "2022-01-12"


def test_the_oldest_files_list_reads_by_their_cycles(tmp_path):
    path = tmp_path / "RunInfo.xml"
    path.write_text(
        '<RunInfo><Run Id="100101_HWUSI-EAS1_0001"><Instrument>HWUSI-EAS1</Instrument><Reads>'
        '<Read FirstCycle="1" LastCycle="76"/><Read FirstCycle="77" LastCycle="83"><Index/></Read>'
        "</Reads></Run></RunInfo>"
    )
    (run,) = import_runs("illumina", path)
    assert (run["library_layout_config"], run["library_layout_read_length"]) == ("SINGLE", "76")
    assert run["instrument_model"] == "Illumina Genome Analyzer IIx"


def test_a_name_that_descriptions_cannot_have_is_a_gap_with_its_text_in_metadata(tmp_path):
    path = write_run_info(tmp_path, run_id="../../etc/passwd")
    (run,) = import_runs("illumina", path)
    assert "run_name" not in run
    assert run["metadata"]["found"] == {"run_name": "../../etc/passwd"}
    assert "\n  #run_name:\n" in import_text("illumina", path)


def test_a_run_that_only_its_folder_names(tmp_path):
    path = tmp_path / "RunParameters.xml"
    path.write_text(
        "<RunParameters><PlannedCycles><Read1>101</Read1><Index1>10</Index1><Read2>101</Read2></PlannedCycles>"
        "<InstrumentSerialNumber>VH99999</InstrumentSerialNumber><RunStartTime>2020-06-02T01:46:25.8840085Z</RunStartTime>"
        "<FlowCellSerialNumber>AAAAAAAM5</FlowCellSerialNumber><RunEndTime>2020-06-03T00:58:01.1511824Z</RunEndTime>"
        "<OutputFolder>/mnt/Runs/200602_VH99999_33_AAAAAAAM5</OutputFolder></RunParameters>"
    )
    (run,) = import_runs("illumina", path)
    expected = {
        "run_name": "200602_VH99999_33_AAAAAAAM5",
        "flowcell_id": "AAAAAAAM5",
        "start_time": "2020-06-02T01:46:25.8840085Z",
        "end_time": "2020-06-03T00:58:01.1511824Z",
        "library_layout_config": "PAIRED",
        "library_layout_read_length": "101",
    }
    assert {key: run[key] for key in expected} == expected


def test_a_run_without_a_name_is_a_gap(tmp_path):
    path = tmp_path / "RunInfo.xml"
    path.write_text(RUN_INFO.format(**MISEQ).replace(f' Id="{MISEQ["run_id"]}"', ""))
    (run,) = import_runs("illumina", path)
    assert run["sequencing_id"] is None
    assert (run["library_layout_config"], run["flowcell_id"]) == ("PAIRED", MISEQ["flowcell"])
    assert "no file names the run" in import_text("illumina", path)


def test_an_element_with_more_attributes_than_any_is_refused(tmp_path):
    """Reading them takes the square of their number."""
    path = tmp_path / "RunInfo.xml"
    crowd = "".join(f' a{number}="1"' for number in range(20_000))
    path.write_text(RUN_INFO.format(**MISEQ).replace(' Number="42"', crowd))
    ((line, _, code, message),) = refusals("illumina", path)
    assert (line, code) == (3, "out_of_range")
    assert "'Run' has more than 500 attributes" in message


ATTACKS = {
    "laughs": '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><RunInfo><Run Id="&b;"/></RunInfo>',
    "outside": '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><RunInfo><Run Id="200322">&a;</Run></RunInfo>',
    "dtd": '<!DOCTYPE RunInfo SYSTEM "http://192.0.2.1/x.dtd"><RunInfo/>',
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_document_types_are_refused(tmp_path, attack):
    path = tmp_path / "RunInfo.xml"
    path.write_text(ATTACKS[attack])
    ((line, column, code, message),) = refusals("illumina", path)
    assert (line, column, code) == (1, 1, "xml_syntax")
    assert "root:" not in message


GOOD = RUN_INFO.format(**MISEQ)


@pytest.mark.parametrize(
    "content, place, code",
    [
        (GOOD[:200], (5, None), "xml_syntax"),
        ("", (1, 1), "xml_syntax"),
        ("<RunInfo><Reads><Read NumCycles='1'/></Reads></RunInfo>", (1, 1), "required_field"),
        (GOOD.replace('NumCycles="151"', 'NumCycles="many"', 1), (8, 1), "wrong_type"),
        (GOOD.replace('NumCycles="151"', 'NumCycles="-1"', 1), (8, 1), "wrong_type"),
        (GOOD.replace('IsIndexedRead="N"', 'IsIndexedRead="maybe"', 1), (8, 1), "not_allowed"),
        (GOOD.replace('Number="2"', 'Number="1"', 1), (9, 1), "duplicate_item"),
        (re.sub(r"<Read .*/>", "", GOOD), (3, 1), "required_field"),
        ("<html><body>Not found</body></html>", (1, 1), "unknown_format"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_refused_with_a_place(tmp_path, content, place, code):
    path = tmp_path / "RunInfo.xml"
    path.write_text(content)
    ((line, column, found, _),) = refusals("illumina", path)
    assert found == code
    assert line == place[0]
    assert place[1] is None or column == place[1]


@pytest.mark.parametrize("content", [GOOD.replace("</Run>", "\x01</Run>"), "<a>" * 300])
def test_libxml_says_no_place_and_gives_no_advice_of_its_own(tmp_path, content):
    path = tmp_path / "RunInfo.xml"
    path.write_text(content)
    ((_, _, code, message),) = refusals("illumina", path)
    assert code == "xml_syntax"
    assert not re.search("line|column|option", message)


def test_a_single_file_is_named_once(tmp_path):
    path = tmp_path / "RunInfo.xml"
    path.write_text(GOOD)
    assert call("import", "illumina", path)[1].startswith("# An Illumina run, from RunInfo.xml.\n")
    assert call("import", "illumina", tmp_path)[1].startswith(
        f"# An Illumina run, from RunInfo.xml of {tmp_path.name}.\n"
    )


def test_an_empty_folder_is_refused_and_a_missing_one_is_the_worlds_fault(tmp_path):
    assert refusals("illumina", tmp_path)[0][2] == "unknown_format"
    assert call("import", "illumina", tmp_path / "none")[0] == 3
    assert call("import", "illumina", "a" * 5_000)[0] == 3
    assert call("import", "illumina", "/dev/null")[0] == 3
    assert call("import", "illumina")[0] == 2
    assert call("import", "abacus", tmp_path)[0] == 2


def test_a_link_out_of_the_folder_is_not_read(tmp_path):
    (tmp_path / "secret.xml").write_text(GOOD)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "RunInfo.xml").symlink_to(tmp_path / "secret.xml")
    assert refusals("illumina", tmp_path / "run")[0][2] == "unknown_format"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "RunInfo.xml"
    path.write_bytes(GOOD.replace("</Run>", "<Operator>Zoë</Operator></Run>").encode(encoding))
    assert "Zoë" in import_text("illumina", path)


def test_every_real_run_info(shared_data):
    paths = sorted((shared_data / "illumina/run_info").iterdir())
    assert len(paths) > 20
    for path in paths:
        text = path.read_text()
        (run,) = import_runs("illumina", path)
        assert run["run_name"] == re.search(r'<Run Id="([^"]+)"', text)[1]
        assert run["flowcell_id"] == re.search("<Flowcell>(.*)</Flowcell>", text)[1]
        assert run["library_layout_config"] == ("SINGLE", "PAIRED")[text.count('IsIndexedRead="N"') - 1]
        first = re.search(r'<Read [^>]*NumCycles="(\d+)"', text)[1]
        assert run.get("library_layout_read_length") in (first, None)


def test_every_real_run_parameters(shared_data):
    paths = sorted((shared_data / "illumina/run_parameters").iterdir())
    assert len(paths) > 20
    for path in paths:
        text = path.read_text()
        (run,) = import_runs("illumina", path)
        assert run["run_name"] == re.search(r"^ *<RunI[dD]>(.*)</RunI", text, re.MULTILINE)[1]
        # One of them calls a run PairedEnd whose second read has no cycles.
        is_single = "<ReadType>SingleEnd" in text or "<Read2NumberOfCycles>0<" in text
        assert run["library_layout_config"] == ("SINGLE" if is_single else "PAIRED")
        assert (run.get("instrument_model") == "Illumina NovaSeq 6000") == ("NovaSeq Control Software" in text)
