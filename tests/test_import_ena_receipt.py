"""Receipts of the archive: accessions under the names that they belong to, or the archive's own words."""

import pytest
import yaml
from exporting import STUDY, illumina_run
from lab import SAMPLES, Lab

RECEIPT = f"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="receipt.xsl"?>
<RECEIPT receiptDate="2020-03-24T15:04:05.678Z" submissionFile="submission.xml" success="true">
  <EXPERIMENT accession="ERX4000001" alias="LIBRARY:{SAMPLES[0]}:GridION" status="PRIVATE"/>
  <RUN accession="ERR4000001" alias="09ef4b3a-1bad-453a-a291-029ac9bd705d:{SAMPLES[0]}" status="PRIVATE"/>
  <SAMPLE accession="ERS4361001" alias="{SAMPLES[0]}" status="PRIVATE">
    <EXT_ID accession="SAMEA6638001" type="biosample"/>
  </SAMPLE>
  <SAMPLE accession="ERS4361002" alias="{SAMPLES[1]}" status="PRIVATE"/>
  <STUDY accession="ERP121228" alias="{STUDY}" status="PRIVATE">
    <EXT_ID accession="PRJEB37886" type="Project"/>
  </STUDY>
  <SUBMISSION accession="ERA2500001" alias="batch 1"/>
  <MESSAGES><INFO>All objects in this submission are set to private status.</INFO></MESSAGES>
  <ACTIONS>ADD</ACTIONS>
</RECEIPT>
"""
FAILED = """<RECEIPT receiptDate="2020-03-24T15:04:05Z" success="false">
  <SAMPLE alias="BIRM-XXXXX" status="PRIVATE"/>
  <MESSAGES>
    <ERROR>In sample, alias: "BIRM-XXXXX". The object being added already exists.</ERROR>
    <ERROR>In sample, alias: "BIRM-YYYYY". Sample taxonomy is not submittable.</ERROR>
  </MESSAGES>
</RECEIPT>
"""


@pytest.fixture
def importer(tmp_path):
    lab = Lab(tmp_path / "lab")

    def call(text):
        path = tmp_path / "receipt.xml"
        path.write_text(text)
        code, out, err = lab.call("import", "ena-receipt", str(path))
        return code, out, [line.removeprefix(f"{tmp_path}/") for line in err.splitlines()]

    return call


def test_accessions_stand_under_their_names(importer):
    code, text, problems = importer(RECEIPT)
    assert (code, problems) == (0, [])
    assert list(yaml.load_all(text, yaml.BaseLoader)) == [
        {
            "biosamples": [
                {"central_sample_id": SAMPLES[0], "accession": "ERS4361001"},
                {"central_sample_id": SAMPLES[1], "accession": "ERS4361002"},
            ]
        },
        {"studies": [{"name": STUDY, "accession": "PRJEB37886"}]},
    ]
    for accession in ("ERX4000001", "ERR4000001", "ERA2500001"):
        assert accession in text


def test_a_study_that_is_listed_as_a_project_too(importer):
    project = f'<PROJECT accession="PRJEB37886" alias="{STUDY}" status="PRIVATE"/>'
    plain = RECEIPT.replace('<EXT_ID accession="PRJEB37886" type="Project"/>', "")
    code, text, _ = importer(plain.replace("<SUBMISSION", f"{project}<SUBMISSION"))
    assert code == 0
    assert list(yaml.load_all(text, yaml.BaseLoader))[1] == {"studies": [{"name": STUDY, "accession": "PRJEB37886"}]}


def test_what_was_imported_is_accepted(tmp_path, importer):
    lab = Lab(tmp_path / "records")
    lab.write("receipt.yaml", importer(RECEIPT)[1])
    lab.good(illumina_run(biosamples=list(SAMPLES[:2])))
    assert lab.body("study", STUDY)["accession"] == "PRJEB37886"


def test_a_refusal_is_in_the_archives_own_words(importer):
    code, text, problems = importer(FAILED)
    assert (code, text) == (1, "")
    assert [problem.split(": ", 1)[0] for problem in problems] == ["receipt.xml:4:1", "receipt.xml:5:1"]
    assert "The object being added already exists" in problems[0]


@pytest.mark.parametrize(
    "text, found",
    [
        ("", "not well-formed XML"),
        ("<SAMPLE_SET/>", "expected a RECEIPT of the archive [unknown_format]"),
        ('<RECEIPT success="true"/>', "has no accession in it"),
        ('<RECEIPT success="false"/>', "does not say why"),
        ('<RECEIPT success="true"><SAMPLE accession="ERS1"/></RECEIPT>', "has no alias"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><RECEIPT>&b;</RECEIPT>', "document type declaration"),
        (RECEIPT.replace(f'alias="{SAMPLES[1]}"', f'alias="{SAMPLES[0]}"'), "has two accessions"),
    ],
)
def test_what_is_no_good_receipt(importer, text, found):
    code, out, problems = importer(text)
    assert (code, out, len(problems)) == (1, "", 1)
    assert found in problems[0]
