"""The shipped catalogue against Sequencescape's submission API, whose legal values it has to the letter."""

from pathlib import Path

import pytest
import yaml

CATALOGUE = Path(__file__).resolve().parents[1] / "config" / "catalogue"

# From the API's page, "Each work request type … list of all request options … along with their legal values".
LIBRARY_TYPES = [
    "No PCR",
    "High complexity and double size selected",
    "Illumina cDNA protocol",
    "Agilent Pulldown",
    "Custom",
    "High complexity",
    "ChiP-seq",
    "NlaIII gene expression",
    "Standard",
    "Long range",
    "Small RNA",
    "Double size selected",
    "DpnII gene expression",
    "qPCR only",
]
SEQUENCING = {
    "Single ended sequencing": ["37", "54", "76", "108"],
    "Paired end sequencing": ["37", "54", "76", "108"],
    "HiSeq single ended sequencing": ["50", "75", "100"],
    "HiSeq paired end sequencing": ["50", "75", "100"],
}
FRAGMENT_SIZES = {"fragment_size_required.from", "fragment_size_required.to"}


def described(kind):
    """All descriptions of a kind in the catalogue, by name; every scalar as text."""
    found = {}
    for path in sorted(CATALOGUE.glob("*.yaml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
            things = document.get(f"{kind}s", [document[kind]] if kind in document else [])
            found.update({thing["name"]: thing for thing in things})
    return found


@pytest.fixture(scope="module")
def request_types():
    return described("request_type")


@pytest.fixture(scope="module")
def templates():
    return described("order_template")


@pytest.mark.parametrize("name", ["Library creation", "Multiplexed library creation"])
def test_library_creation_has_the_library_types_and_fragment_sizes(request_types, name):
    options = request_types[name]["options"]
    assert options["library_type"]["allowed"] == LIBRARY_TYPES
    assert set(options) == {"library_type"} | FRAGMENT_SIZES


@pytest.mark.parametrize("name", SEQUENCING)
def test_sequencing_has_the_read_lengths_of_its_instruments(request_types, name):
    options = request_types[name]["options"]
    assert options["read_length"]["allowed"] == SEQUENCING[name]
    assert set(options) == {"read_length", "number_of_lanes"} | FRAGMENT_SIZES
    assert request_types[name]["multiplier_option"] == "number_of_lanes"


def test_pacbio_has_its_insert_sizes_and_sequencing_types(request_types):
    options = request_types["PacBio sequencing"]["options"]
    sizes = ["200", "250", "500", "1000", "2000", "4000", "6000", "8000", "10000"]
    assert options["insert_size"]["allowed"] == sizes
    assert options["sequencing_type"]["allowed"] == ["Standard", "Strobe", "Circular"]


def test_an_option_of_a_type_is_required_but_for_the_multiplier(request_types):
    # "It is safe to assume that, if the work request type is present … the associated options are required."
    for name, request_type in request_types.items():
        for option, rules in request_type.get("options", {}).items():
            optional = option == request_type.get("multiplier_option")
            assert (rules.get("required") == "true") is not optional, (name, option)


def test_only_multiplexed_library_creation_pools(request_types):
    pooling = {name: thing["pooling"] for name, thing in request_types.items() if "pooling" in thing}
    assert pooling == {"Multiplexed library creation": "submission"}


def test_the_uuids_of_the_api_are_kept(request_types, templates):
    assert request_types["Library creation"]["uuid"] == "99999999-1111-2222-3333-000000000000"
    assert request_types["Paired end sequencing"]["uuid"] == "99999999-1111-2222-3333-000000000001"
    simple = templates["Simple sequencing"]
    assert simple["uuid"] == "00000000-1111-2222-3333-444444444444"
    assert simple["request_types"] == ["Library creation", "Paired end sequencing"]


def test_templates_are_over_types_that_exist_and_every_type_has_one(request_types, templates):
    used = {name for template in templates.values() for name in template["request_types"]}
    assert used == set(request_types)


def test_each_library_creation_leads_to_each_sequencing(templates):
    chains = [template["request_types"] for template in templates.values()]
    for library in ("Library creation", "Multiplexed library creation"):
        for sequencing in SEQUENCING:
            assert [library, sequencing] in chains


def test_a_new_workspace_starts_with_the_same_catalogue():
    starter = CATALOGUE.parents[1] / "seqmeta" / "starter" / "config" / "catalogue"
    assert {path.name: path.read_bytes() for path in starter.iterdir()} == {
        path.name: path.read_bytes() for path in CATALOGUE.iterdir()
    }
