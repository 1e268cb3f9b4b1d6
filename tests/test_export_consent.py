"""Withdrawn consent: whatever is exported, by whatever way the biosample got into the records, it is not there."""

import pytest
from exporting import ACCESSION, STUDY
from lab import LIBRARY, RUN_ID, Lab, run_of

WITHDRAWN, TUBE, OTHER = "WITHDRAWN-1", "TUBE-OF-WITHDRAWN", "KEPT-1"
SECRET = "told-by-the-withdrawn"
FORMS = (
    ["ena"],
    ["majora"],
    ["sequencescape"],
    ["samplesheet", "--for", "nf-core"],
    ["samplesheet", "--for", "snakemake"],
    ["samplesheet", "--for", "pep"],
    ["table"],
    ["rocrate"],
)


def documents(is_withdrawn):
    """A biosample in tubes, an asset group, an order, sealed requests, a library, a run and what is said of the run."""
    consent = {"consent_withdrawn": "true"} if is_withdrawn else {}
    metadata = {
        "lanes": {WITHDRAWN: "1", OTHER: "2"},
        "loading": {"sample_id": WITHDRAWN, "note": f"first {WITHDRAWN}, then {OTHER}", "chip": f"{WITHDRAWN}0"},
        WITHDRAWN: {"well": "A1"},
    }
    members = [{"central_sample_id": WITHDRAWN, "barcode": "NB01"}, {"central_sample_id": OTHER, "barcode": "NB02"}]
    about = {"about": {"told": SECRET}}
    return [
        {"study": {"name": STUDY, "accession": ACCESSION}},
        {"project": {"name": "P"}},
        {"biosample": {"central_sample_id": WITHDRAWN, "metadata": about, **consent}},
        {"biosample": {"central_sample_id": OTHER, "metadata": {"kin": {"sibling": WITHDRAWN, "age": "7"}}}},
        {"asset": {"name": TUBE, "biosamples": [WITHDRAWN]}},
        {"asset": {"name": "SHARED", "biosamples": [WITHDRAWN, OTHER]}},
        {"asset_group": {"name": "G", "study": STUDY, "assets": [TUBE, "SHARED"]}},
        {"request_type": {"name": "Pooling", "pooling": "order"}},
        {"order_template": {"name": "T", "request_types": ["Pooling"]}},
        {"order": {"name": "O", "template": "T", "project": "P", "study": STUDY, "asset_group": "G"}},
        {"submission": {"name": "Sub", "orders": ["O"], "submit": "true"}},
        run_of(biosamples=members, study=STUDY, run_name="run_0001", metadata=metadata),
    ]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("consent"))
    lab.good(*documents(is_withdrawn=False))
    lab.good(*documents(is_withdrawn=True))
    return lab


def hidden_in(text):
    return [word for word in (WITHDRAWN, TUBE, SECRET) if word in text.replace(f"{WITHDRAWN}0", "")]


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
@pytest.mark.parametrize("rev", [[], ["--rev", "HEAD~1"]], ids=["now", "before"])
def test_no_export_has_it(tmp_path, lab, words, rev):
    code, out, err = lab.call("export", *words, *rev, "-o", str(tmp_path / "out"))
    assert code == 0, (out, err)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    told = "".join(f"{path}\n{path.read_text()}" for path in files)
    assert hidden_in(told) == []
    assert OTHER in told
    assert f"{WITHDRAWN} is left out: consent is withdrawn" in err


def test_metadata_that_says_nothing_of_it_stays(tmp_path, lab):
    lab.call("export", "rocrate", "-o", str(tmp_path / "out"))
    run = (tmp_path / f"out/records/sequencing_runs/{RUN_ID}.json").read_text()
    assert f'"chip": "{WITHDRAWN}0"' in run
    assert f'"{OTHER}": "2"' in run
    assert '"sample_id"' not in run


SHOWN = [
    ("order/O", "sequencescape"),
    ("submission/Sub", "sequencescape"),
    ("asset/SHARED", "sequencescape"),
    ("asset_group/G", "sequencescape"),
    (f"library/{LIBRARY['library_name']}", "majora"),
    (f"sequencing_run/{RUN_ID}", "majora"),
]


@pytest.mark.parametrize("rev", [[], ["--rev", "HEAD~1"]], ids=["now", "before"])
def test_what_is_shown_in_the_form_of_another_system_has_it_neither(lab, rev):
    for name, form in SHOWN:
        code, out, err = lab.call("show", name, "--as", form, *rev)
        assert (code, hidden_in(out)) == (0, []), (name, err)
    code, out, err = lab.call("show", f"asset/{TUBE}", "--as", "sequencescape", *rev)
    assert (code, out) == (2, "")
    assert "holds nothing but biosamples whose consent is withdrawn" in err


def test_requests_in_the_form_of_another_system_have_it_neither(lab):
    (submission,) = (record["submission"] for record in lab.list_records("submission"))
    for request in submission["requests"]:
        code, out, _ = lab.call("show", request["uuid"], "--as", "sequencescape")
        assert (code, hidden_in(out)) == (0, [])
