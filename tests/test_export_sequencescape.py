"""Exports in the JSON of Sequencescape: the shapes of its documentation, and what may be done now."""

import json
import shutil

import pytest
from exporting import export
from lab import Lab

OPTIONS = {
    "read_length": "76",
    "fragment_size_required": {"from": "100", "to": "400"},
    "library_type": "standard",
}
SAMPLES = [{"central_sample_id": "A"}, {"central_sample_id": "B"}]
ASSETS = [{"name": "Tube 1", "biosamples": ["A"]}, {"name": "Tube 2", "biosamples": ["B"]}]
AROUND = [{"study": {"name": "St"}}, {"project": {"name": "P"}}, {"assets": ASSETS}]


def order(name, *assets):
    said = {"name": name, "template": "Simple sequencing", "study": "St", "project": "P", "request_options": OPTIONS}
    return {"order": {**said, "assets": list(assets)}}


@pytest.fixture
def lab(tmp_path, project):
    made = Lab(tmp_path / "lab")
    shutil.copytree(project / "config/catalogue", made.root / "config/catalogue")
    return made


def submitted(**consent):
    biosamples = [{**sample, **consent.get(sample["central_sample_id"], {})} for sample in SAMPLES]
    return [
        {"biosamples": biosamples},
        *AROUND,
        order("O1", "Tube 1", "Tube 2"),
        order("O2", "Tube 2"),
        {"submission": {"name": "Sub", "orders": ["O1"], "submit": True}},
    ]


def by_kind(files):
    found = {}
    for path, data in files.items():
        found.setdefault(path.split("/")[0], []).append(json.loads(data))
    return found


def test_everything_has_its_actions(tmp_path, lab):
    lab.good(*submitted())
    url = "https://lims.example.org/api/1"
    found = by_kind(export(lab, "sequencescape", tmp_path / "out", "--base-url", f"{url}/"))
    orders = {of["order"]["name"]: of["order"] for of in found["orders"]}
    sealed, building = orders["O1"], orders["O2"]
    assert sealed["actions"] == {"read": f"{url}/{sealed['uuid']}"}
    assert building["actions"] == {"read": f"{url}/{building['uuid']}", "update": f"{url}/{building['uuid']}"}
    template = next(of for of in found["order_templates"] if of["order_template"]["name"] == "Simple sequencing")
    assert template["order_template"]["orders"]["actions"]["create"].endswith(
        "00000000-1111-2222-3333-444444444444/orders"
    )
    assert found["submissions"][0]["submission"]["state"] == "ready"
    assert {of["request"]["state"] for of in found["requests"]} == {"pending"}
    assert len(found["requests"]) == 4


def test_what_is_named(tmp_path, lab):
    lab.good(*submitted())
    found = by_kind(export(lab, "sequencescape", tmp_path / "out", "order/O1"))
    assert [of["order"]["name"] for of in found["orders"]] == ["O1"]
    assert [of["submission"]["name"] for of in found["submissions"]] == ["Sub"]


def test_a_request_has_no_version_to_ask_for(tmp_path, lab):
    lab.good(*submitted())
    request = lab.body("submission", "Sub")["requests"][0]["uuid"]
    export(lab, "sequencescape", tmp_path / "out", request)
    code, _, err = lab.call("export", "sequencescape", f"{request}@1", "-o", str(tmp_path / "none"))
    assert (code, err) == (2, "seqmeta: a request has no versions: its submission does\n")


def test_withdrawn_consent_takes_the_tube_along(tmp_path, lab):
    lab.good(*submitted())
    lab.good(*submitted(A={"consent_withdrawn": True}))
    code, _, err = lab.call("export", "sequencescape", "-o", str(tmp_path / "out"))
    assert code == 0
    assert "Tube 1 is left out: consent is withdrawn" in err
    for path in (tmp_path / "out").rglob("*.json"):
        assert "Tube 1" not in path.read_text()
        assert '"A"' not in path.read_text()
