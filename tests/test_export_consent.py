"""Withdrawn consent: whatever is exported, by whatever way the biosample got into the records, it is not there."""

import csv
import json

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


UUID = "00000000-0000-4000-8000-000000000001"


def test_nothing_tells_of_it_by_a_name_that_it_had(tmp_path):
    """It is renamed before consent is withdrawn, and what others are told to be goes on with the name of then."""
    lab = Lab(tmp_path / "lab")
    told = {"a": "twin of FORMER-1", "FORMER-1": "b", "c": "twin of FORMER-10", "d": "beside FORMER-2"}
    others = [{"study": {"name": STUDY}}, {"biosample": {"central_sample_id": OTHER, "metadata": {"kin": told}}}]
    for name in ("FORMER-1", "FORMER-2", "ANONYMOUS"):
        lab.good(*others, {"biosample": {"central_sample_id": name, "uuid": UUID}})
    hidden = {"biosample": {"central_sample_id": "ANONYMOUS", "uuid": UUID, "consent_withdrawn": True}}
    used = run_of(biosamples=[OTHER], study=STUDY, metadata={"lane": {"1": "FORMER-2", "2": OTHER}})
    lab.good(*others, hidden, used)
    for number, rev in enumerate(([], ["--rev", "HEAD~1"], ["--rev", "HEAD~3"])):
        folder = tmp_path / str(number)
        assert lab.call("export", "table", "biosample/KEPT-1", *rev, "-o", str(folder))[0] == 0
        (row,) = csv.DictReader((folder / "biosamples.csv").open())
        assert {key: value for key, value in row.items() if key.startswith("metadata")} == {
            "metadata.kin.c": "twin of FORMER-10"
        }
    assert lab.call("export", "rocrate", "-o", str(tmp_path / "crate"))[0] == 0
    run = json.loads((tmp_path / f"crate/records/sequencing_runs/{RUN_ID}.json").read_text())
    assert run["sequencing_run"]["metadata"] == {"lane": {"2": OTHER}}


def test_nothing_tells_of_many_by_names_that_they_had(tmp_path):
    lab = Lab(tmp_path / "lab")
    uuids = [f"{number:02x}000000-0000-4000-8000-000000000001" for number in range(40)]
    told = {"of": {str(number): f"twin of FORMER-{number}" for number in range(41)}}
    other = {"biosample": {"central_sample_id": OTHER, "metadata": told}}
    for name, fields in (("FORMER", {}), ("ANONYMOUS", {"consent_withdrawn": True})):
        many = [{"central_sample_id": f"{name}-{n}", "uuid": uuid, **fields} for n, uuid in enumerate(uuids)]
        lab.good(other, {"biosamples": many})
    assert lab.call("export", "table", "-o", str(tmp_path / "out"))[0] == 0
    (row,) = csv.DictReader((tmp_path / "out/biosamples.csv").open())
    assert [row[key] for key in row if key.startswith("metadata")] == ["twin of FORMER-40"]
