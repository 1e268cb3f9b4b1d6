"""`seqmeta check --fix`: what is only spelling is respelled in place; meaning, comments and layout stay."""

import stat

import pytest
from lab import Lab, biosamples, dump, run_of

HAND_WRITTEN = """\
# Two runs of March.
sequencing_run:   # the seed's own
  sequencing_id: 09ef4b3a-1bad-453a-a291-029ac9bd705d
  instrument_make: "oxford nanopore"     # quoted
  library_name:    BIRM-LIBRARY-20200322
  biosamples: [ BIRM-XXXXX,BIRM-YYYYY , BIRM-ZZZZZ ]

  library_strategy: amplicon
  library_source: viral rna              # as the archive spells it
  library_selection: 'pcr'
  library_layout_config: {layout}
  library_seq_kit: amplicon
  library_seq_protocl: LIGATION
  library_sop_name: "viral rna"
  library_sop_version: v2
"""
RESPELLED = """\
# Two runs of March.
sequencing_run:   # the seed's own
  sequencing_id: 09ef4b3a-1bad-453a-a291-029ac9bd705d
  instrument_make: "OXFORD_NANOPORE"     # quoted
  library_name:    BIRM-LIBRARY-20200322
  biosamples: [ BIRM-XXXXX,BIRM-YYYYY , BIRM-ZZZZZ ]

  library_strategy: AMPLICON
  library_source: VIRAL_RNA              # as the archive spells it
  library_selection: 'PCR'
  library_layout_config: {layout}
  library_seq_kit: amplicon
  library_seq_protocol: LIGATION
  library_sop_name: "viral rna"
  library_sop_version: v2
"""


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.write("samples.yaml", dump(biosamples()))
    return lab


def fix(lab, *words):
    code, out, err = lab.call("check", "--fix", *words)
    return code, out, err


def test_terms_and_the_old_key_are_respelled_and_nothing_else(lab):
    path = lab.write("run.yaml", HAND_WRITTEN.format(layout="SINGLE"))
    samples = (lab.descriptions / "samples.yaml").read_bytes()
    lab.good()
    before = lab.tree()
    code, _, err = fix(lab)
    assert code == 0
    assert path.read_text() == RESPELLED.format(layout="SINGLE")
    assert "config/descriptions/run.yaml:4:20: oxford nanopore is now OXFORD_NANOPORE" in err
    assert err.count(" is now ") == 5
    assert (lab.descriptions / "samples.yaml").read_bytes() == samples
    assert lab.good()["commit"] is None
    assert lab.tree() == before, "it means the same"
    assert fix(lab)[2] == ""


def test_what_is_wrong_is_left_for_people(lab):
    path = lab.write("run.yaml", HAND_WRITTEN.format(layout="SINGEL"))
    assert fix(lab)[0] == 1
    assert path.read_text() == RESPELLED.format(layout="SINGEL")


@pytest.mark.parametrize(
    "text",
    [
        "sequencing_run: {library_source: viral rna, library_source: viral rna}\n",
        "sequencing_run: {library_source: &a viral rna}\n",
        "sequencing_run: [viral rna\n",
        "library: {library_source: viral\n  rna}\n",
        'library: {library_source: "viral\\x20rna"}\n',
        "library: {library_source: >-\n  viral rna\n }\n",
    ],
)
def test_a_file_that_cannot_be_edited_safely_stays_as_it_is(lab, text):
    path = lab.write("run.yaml", text)
    fix(lab)
    assert path.read_text() == text


def test_both_spellings_of_one_key_stay(lab):
    run = run_of()
    run["sequencing_run"]["library_seq_protocl"] = "OTHER"
    path = lab.write("run.yaml", dump(run))
    assert fix(lab)[0] == 1
    assert path.read_text() == dump(run)


@pytest.mark.parametrize("form", ["bom", "crlf", "json", "flow", "stream"])
def test_every_way_to_write_a_file(lab, form):
    library = "library: {library_source: viral rna, library_strategy: 'whole-genome sequencing'}\n"
    text = f"biosample: {{central_sample_id: É1}}\n---\n{library}"
    name = "more.yaml"
    if form == "bom":
        text = "\ufeff" + text
    elif form == "crlf":
        text = text.replace("\n", "\r\n").replace("{", "\r\n  {")
    elif form == "json":
        name, text = (
            "more.json",
            '{"library": {"library_source": "viral rna", "library_strategy": "whole-genome sequencing"}}',
        )
    elif form == "stream":
        sample = "{central_sample_id: X, library_strategy: 'whole-genome sequencing'}"
        text = f"libraries:\n- library_source: viral rna\n  biosamples: [{sample}]\n"
    path = lab.write(name, text.encode())
    fix(lab)
    expected = text.replace("viral rna", "VIRAL_RNA").replace("whole-genome sequencing", "WGS")
    assert path.read_bytes().decode() == expected


def test_only_what_was_asked_for(lab):
    one = lab.write("one/run.yaml", HAND_WRITTEN.format(layout="SINGLE"))
    other = lab.write("two/run.yaml", "library: {library_source: viral rna}\n")
    fix(lab, "config/descriptions/two")
    assert one.read_text() == HAND_WRITTEN.format(layout="SINGLE")
    assert other.read_text() == "library: {library_source: VIRAL_RNA}\n"


def test_rights_stay_and_links_are_not_followed(lab, tmp_path):
    path = lab.write("run.yaml", "library: {library_source: viral rna}\n")
    path.chmod(0o640)
    outside = tmp_path / "outside.yaml"
    outside.write_text("library: {library_source: viral rna}\n")
    (lab.descriptions / "link.yaml").symlink_to(outside)
    fix(lab)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_text() == "library: {library_source: VIRAL_RNA}\n"
    assert outside.read_text() == "library: {library_source: viral rna}\n"
    assert (lab.descriptions / "link.yaml").is_symlink()
    assert sorted(of.name for of in lab.descriptions.iterdir()) == ["link.yaml", "run.yaml", "samples.yaml"]
