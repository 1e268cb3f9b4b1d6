"""`seqmeta import pacbio`: run metadata and data sets, made up here and real ones."""

import re

import pytest
from importing import fill, import_runs, import_text, refusals
from lab import Lab

CELL_ID = "1c855063-3804-4fc0-b72f-f3a5d72a9e01"
METADATA = f"""<?xml version="1.0" encoding="utf-16"?>
<PacBioDataModel xmlns="http://pacificbiosciences.com/PacBioDataModel.xsd" Version="4.0.1">
 <ExperimentContainer><Runs>
  <Run Name="Run 01.02.2024 10:00" UniqueId="9a693c61-046e-46e2-a48f-33e3f765f5ad" ChipType="25mChip"
       TimeStampedName="r84999_20240102_100000" InstrumentType="Revio" WhenStarted="2024-01-02T10:00:00.5Z">
   <Outputs><SubreadSets><SubreadSet><DataSetMetadata><Collections>
    <CollectionMetadata UniqueId="{CELL_ID}" Context="m84999_240102_101500_s1" InstrumentId="84999">
     <RunDetails><TimeStampedName>r84999_20240102_100000</TimeStampedName></RunDetails>
     <WellSample Name="POOL-1"><WellName>A01</WellName>
      <BioSamples>
       <BioSample Name="SAMPLE-1"><DNABarcodes><DNABarcode Name="bc1001--bc1001"/></DNABarcodes></BioSample>
       <BioSample Name="SAMPLE-2"><DNABarcodes><DNABarcode Name="bc1002--bc1002"/></DNABarcodes></BioSample>
      </BioSamples>
     </WellSample>
     <CellPac Barcode="EA000001" Name="Revio SMRT Cell tray"/>
     <SequencingKitPlate Name="Revio sequencing plate"/>
     <ComponentVersions><VersionInfo Name="ics" Version="13.1.0"/></ComponentVersions>
    </CollectionMetadata>
   </Collections></DataSetMetadata></SubreadSet></SubreadSets></Outputs>
  </Run>
 </Runs></ExperimentContainer>
</PacBioDataModel>
"""


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_cells_within_cells_and_more_cells_than_any_run_has(tmp_path):
    start, end = METADATA.index("    <CollectionMetadata"), METADATA.index("   </Collections>")
    cell = METADATA[start:end]
    nested = cell.replace(
        "<ComponentVersions>", cell.replace("m84999_240102_101500_s1", "inner") + "<ComponentVersions>"
    )
    (run,) = import_runs("pacbio", write(tmp_path / "nested.metadata.xml", METADATA.replace(cell, nested)))
    assert run["run_name"] == "m84999_240102_101500_s1"
    crowd = "".join(cell.replace("m84999", f"m{number}") for number in range(201))
    ((_, _, code, message),) = refusals("pacbio", write(tmp_path / "a.metadata.xml", METADATA.replace(cell, crowd)))
    assert (code, "more than 200 cells" in message) == ("out_of_range", True)


def test_a_cell_becomes_a_run(tmp_path):
    (run,) = import_runs("pacbio", write(tmp_path / "m84999.metadata.xml", METADATA))
    expected = {
        "sequencing_id": CELL_ID,
        "run_name": "m84999_240102_101500_s1",
        "run_group": "r84999_20240102_100000",
        "instrument_make": "PACBIO_SMRT",
        "instrument_model": "Revio",
        "flowcell_id": "EA000001",
        "flowcell_type": "Revio SMRT Cell tray",
        "library_seq_kit": "Revio sequencing plate",
        "start_time": "2024-01-02T10:00:00.5Z",
    }
    assert {key: run[key] for key in expected} == expected
    assert run["biosamples"] == [
        {"central_sample_id": "SAMPLE-1", "barcode": "bc1001--bc1001"},
        {"central_sample_id": "SAMPLE-2", "barcode": "bc1002--bc1002"},
    ]
    assert run["metadata"]["pacbio"]["run_given_name"] == "Run 01.02.2024 10:00"
    assert run["library_name"] is None


def test_each_cell_is_a_document_and_its_files_are_put_together(tmp_path):
    other = METADATA.replace(CELL_ID, "898ad30a-82dc-441f-a6cb-fdf2784656b0").replace("101500_s1", "102500_s2")
    write(tmp_path / "1_A01/metadata/m84999_s1.metadata.xml", METADATA)
    write(tmp_path / "1_A01/pb_formats/m84999_s1.consensusreadset.xml", METADATA)
    write(tmp_path / "1_B01/metadata/m84999_s2.metadata.xml", other)
    runs = import_runs("pacbio", tmp_path)
    assert [run["run_name"] for run in runs] == ["m84999_240102_101500_s1", "m84999_240102_102500_s2"]


def test_filled_in_it_is_accepted(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.write("run.yaml", fill(import_text("pacbio", write(tmp_path / "m.metadata.xml", METADATA))))
    lab.good()
    assert lab.body("sequencing_run", CELL_ID)["run_group"] == "r84999_20240102_100000"


@pytest.mark.parametrize(
    "content, line, code",
    [
        (METADATA[:400], METADATA[:400].count("\n") + 1, "xml_syntax"),
        ("<Other/>", 1, "unknown_format"),
        (METADATA.replace(f'UniqueId="{CELL_ID}" Context="m84999_240102_101500_s1"', ""), 7, "required_field"),
        (METADATA.replace("SAMPLE-1", "S" * 97), 11, "out_of_range"),
        (METADATA.replace("<PacBioDataModel", "<!DOCTYPE a [<!ENTITY b 'c'>]><PacBioDataModel"), 2, "xml_syntax"),
    ],
)
def test_what_is_wrong_is_refused_with_a_place(tmp_path, content, line, code):
    found = refusals("pacbio", write(tmp_path / "m.metadata.xml", content))
    assert [(at, of) for at, _, of, _ in found] == [(line, code)]


def test_every_real_file(shared_data):
    paths = sorted((shared_data / "pacbio").iterdir())
    assert len(paths) > 10
    for path in paths:
        text = path.read_text()
        (run,) = import_runs("pacbio", path)
        collection = re.search(r"<(?:\w+:)?CollectionMetadata [^>]*>", text)[0]
        assert run["sequencing_id"] == re.search(r'UniqueId="([^"]+)"', collection)[1]
        assert run["run_name"] == re.search(r'Context="([^"]+)"', collection)[1]
        samples = re.findall(r'<(?:\w+:)?BioSample [^>]*Name="([^"]+)"', text)
        assert [of["central_sample_id"] for of in run["biosamples"] or []] == list(dict.fromkeys(samples))
