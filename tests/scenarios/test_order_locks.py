"""Locked and sealed orders: what may not change, what follows its sources, runs as one step (CONTRACT 2.2)."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lab import dump
from ordering import CHAINS, OPTIONS, STUDY, TYPES, OrderLab, building, catalogue, order, submission

from seqmeta.snapshot import StoreHistory

ID = "8f5a4c0e-0000-4111-8222-333344445555"
OTHER_ID = "8f5a4c0e-0000-4111-8222-333344446666"

CHANGES = [
    ("order.assets", {"assets": ["tube2"]}),
    ("order.assets", {"assets": ["tube2", "tube1"]}),
    ("order.assets", {"assets": None}),
    ("order.request_options.read_length", {"request_options": {**OPTIONS, "read_length": 54}}),
    ("order.request_options.number_of_lanes", {"request_options": {**OPTIONS, "number_of_lanes": 1}}),
    ("order.request_options.library_type", {"request_options": {**OPTIONS, "library_type": None}}),
    ("order.asset_group_name", {"asset_group_name": "G"}),
    ("order.comments", {"comments": "hurry"}),
    ("order.withdrawn", {"withdrawn": True}),
    ("order.template", {"template": "Simple again"}),
    ("order.project", {"project": "Other project"}),
    ("order.study", {"study": "Other study"}),
    ("order.name", {"name": "o1 renamed"}),
    ("order.name", {"name": None}),
]


@pytest.fixture
def lab(tmp_path: Path) -> OrderLab:
    return OrderLab(tmp_path / "lab")


def test_a_name_that_a_tube_gave_up_means_the_old_one_to_a_sealed_order_and_the_new_one_to_another(lab):
    tube = {"uuid": OTHER_ID, "name": "T"}
    later = order("o2", assets=["T"])
    lab.good({"asset": tube}, order(assets=["T"]), submission(), later)
    renamed = {"asset": {**tube, "name": "T old"}}
    lab.refuses_only("unknown_reference", "order.assets.0", renamed, order(assets=["T"]), submission(), later)
    lab.quiet(renamed, order(assets=["T"]), submission(), order("o2", assets=["T old"]))
    sealed = lab.record("order", "o1")
    lab.quiet(renamed, {"asset": {"name": "T"}}, order(assets=["T"]), submission(), later)
    [new] = lab.body("order", "o2")["assets"]
    assert new["name"] == "T"
    assert new["uuid"] == lab.body("asset", "T")["uuid"] != OTHER_ID
    assert lab.record("order", "o1") == sealed
    assert lab.call("verify")[0] == 0


def kept(**fields: Any) -> dict[str, Any]:
    return order(**{"uuid": ID, "assets": ["tube1", "tube3"], **fields})


def codes(lab: OrderLab, *documents: dict[str, Any]) -> set[tuple[str, str]]:
    return {(of["code"], of["path"]) for of in lab.refused(*documents)}


def bytes_of(lab: OrderLab, *kinds: str) -> dict[Path, bytes]:
    folders = [lab.records / f"{kind}s" for kind in kinds or ("order", "submission", "asset_group")]
    return {path: path.read_bytes() for folder in folders for path in folder.glob("*/*.json")}


def test_a_locked_order_cannot_change(lab):
    lab.quiet(kept(), building(ID))
    assert lab.body("order", ID)["state"] == "locked"
    assert lab.body("order", ID)["submission"]["name"] == "s1"
    for path, fields in CHANGES:
        for then in (building(ID), submission(ID)):
            assert ("order_locked", path) in codes(lab, kept(**fields), then), (path, fields)
    message = lab.refuses(
        "order_locked", "order.request_options.read_length", kept(**CHANGES[3][1]), building(ID), at="54"
    )
    assert "76" in message
    assert "s1" in message


def test_a_sealed_order_cannot_change(lab):
    lab.quiet(kept(), submission(ID))
    before = bytes_of(lab)
    for path, fields in CHANGES:
        assert codes(lab, kept(**fields), submission(ID)) == {("order_sealed", path)}, (path, fields)
    message = lab.refuses_only("order_sealed", "order.assets", kept(assets=["tube1"]), submission(ID))
    assert "tube3" in message
    lab.quiet(kept(), submission(ID))
    assert bytes_of(lab) == before


@pytest.mark.parametrize(
    ("named", "more"),
    [
        ({}, []),
        ({"asset_group_name": ID}, []),
        ({"asset_group_name": "G"}, []),
        ({"asset_group_name": "P"}, [{"asset_group": {"name": "P", "study": "Cohort", "assets": ["tube1"]}}]),
        ({"asset_group": "P"}, [{"asset_group": {"name": "P", "study": "Cohort", "assets": ["tube1"]}}]),
    ],
)
@pytest.mark.parametrize("state", [building, submission])
def test_a_held_order_cannot_be_emptied_whoever_made_its_group(lab, state, named, more):
    assets = None if more else ["tube1", "tube3"]
    lab.quiet(kept(assets=assets, **named), *more, state(ID))
    before = bytes_of(lab)
    found = codes(lab, kept(assets=[], **named), *more, state(ID))
    assert ("order_locked" if state is building else "order_sealed", "order.assets") in found
    assert bytes_of(lab) == before
    lab.quiet(kept(assets=assets, **named), *more, state(ID))


@pytest.mark.parametrize("state", [building, submission])
def test_an_option_that_is_given_twice_is_compared_each_time(lab, state):
    size, path = OPTIONS["fragment_size_required"], "order.request_options.fragment_size_required.from"
    lab.quiet(kept(), state(ID))
    for nested, dotted in ((size["from"], size["from"] + 1), (size["from"] + 1, size["from"])):
        twice = {"fragment_size_required": {**size, "from": nested}, "fragment_size_required.from": dotted}
        found = codes(lab, kept(request_options={**OPTIONS, **twice}), state(ID))
        assert ("order_locked" if state is building else "order_sealed", path) in found


def test_what_says_the_same_is_no_change(lab):
    for then in (building, submission):
        lab.quiet(kept(), then(ID))
        before = bytes_of(lab)
        tubes = [of["uuid"].upper() for of in lab.body("order", ID)["assets"]]
        again = kept(
            study=STUDY, assets=tubes, request_options={**OPTIONS, "library_type": "no pcr"}, asset_group_name=ID
        )
        template = lab.body("order", ID)["template"]["uuid"]
        lab.quiet(again | {"order": {**again["order"], "template": template}}, then(ID))
        text = "# a remark\n" + dump(kept()).replace("76", "'76' # bases") + "---\n" + dump(then("o1"))
        lab.write("work.yaml", text)
        assert lab.quiet()["commit"] is None
        assert bytes_of(lab) == before
    lab.write("moved/elsewhere.yml", text)
    (lab.descriptions / "work.yaml").unlink()
    assert lab.quiet()["commit"] is None


def test_an_order_may_leave_change_and_join_in_one_run(lab):
    lab.quiet(kept(), order("o2"), building(ID, "o2"))
    changed = kept(assets=["tube5"])
    lab.refuses_only("order_locked", "order.assets", changed, order("o2"), building(ID, "o2"))
    lab.quiet(changed, order("o2"), building("o2"))
    assert lab.body("order", ID)["state"] == "building"
    assert "submission" not in lab.body("order", ID)
    joined = kept(assets=["tube6"])
    lab.quiet(joined, order("o2"), building("o2", ID))
    assert lab.body("order", ID)["state"] == "locked"
    moved = kept(assets=["tube7"])
    lab.quiet(moved, order("o2"), building("o2"), building(ID, name="s2"))
    assert lab.body("order", ID)["submission"]["name"] == "s2"
    lab.quiet(
        kept(assets=["tube8"]),
        order("o2"),
        building("o2"),
        building(name="s2") | {"submission": {"name": "s2"}},
        submission(ID, name="s3"),
    )
    assert lab.body("order", ID)["state"] == "sealed"
    assert [of["asset"]["name"] for of in lab.requests("s3")] == ["tube8", "tube8"]
    assert lab.body("order", "o2")["state"] == "locked"


def test_an_order_cannot_leave_a_submission_that_is_not_described(lab):
    lab.quiet(kept(), building(ID))
    found = lab.refused(kept(), building(ID, name="s2"))
    assert [(of["code"], of["path"]) for of in found] == [("order_in_two_submissions", "submission.orders.0")]


def test_fixed_fields_stay_when_an_order_leaves(lab):
    lab.quiet(kept(), building(ID))
    gone = {"submission": {"name": "s1"}}
    lab.refuses_only("cannot_change", "order.study", kept(study="Other study"), gone)


def test_a_locked_order_follows_its_sources(lab):
    lab.quiet(order(template="Preset", request_options={"read_length": 76}), building())
    text = dump(*catalogue()).replace("library_type: Standard", "library_type: Long range")
    lab.write("catalogue.yaml", text.replace("name: tube1\n", "name: tube1\n  barcode: NT9\n"))
    lab.quiet()
    body = lab.body("order", "o1")
    assert body["request_options"]["library_type"] == "Long range"
    assert body["assets"][0]["barcode"] == "NT9"
    lab.quiet(order(template="Preset", request_options={"read_length": 76}), submission())
    assert lab.requests()[0]["options"]["library_type"] == "Long range"


def test_what_its_sources_make_wrong_is_reported_at_the_submission(lab):
    lab.quiet(order(), order("o2", template="Simple again"), building("o1", "o2"))
    sequencing = TYPES["Paired end sequencing"]
    fewer = {**sequencing["options"], "read_length": {"type": "integer", "allowed": [37, 54], "required": True}}
    lab.stock(Paired_end_sequencing={**sequencing, "options": fewer})
    found = lab.refused()
    assert [(of["code"], of["path"]) for of in found] == [("not_allowed", f"submission.orders.{n}") for n in (0, 1)]
    assert all(word in found[0]["message"] for word in ("o1", "read_length", "76", "54"))
    more = {**sequencing["options"], "cycles": {"type": "integer", "required": True}}
    lab.stock(Paired_end_sequencing={**sequencing, "options": more})
    assert {(of["code"], of["path"]) for of in lab.refused()} == {
        ("order_incomplete", f"submission.orders.{n}") for n in (0, 1)
    }
    lab.write("catalogue.yaml", changed_chain("Simple again", ["Paired end sequencing"]))
    assert "orders_incompatible" in {of["code"] for of in lab.refused() if of["path"] == "submission.orders.1"}


def changed_chain(template: str, types: list[str]) -> str:
    documents = catalogue()
    chains = [
        {"name": name, **of, **({"request_types": types} if name == template else {})} for name, of in CHAINS.items()
    ]
    return dump(*[of if "order_templates" not in of else {"order_templates": chains} for of in documents])


def with_uuids(**names: str) -> str:
    """A catalogue in which a study, a template, a tube and a group have UUIDs of their own, and these names."""
    called = {"study": "Cohort", "template": "Simple", "tube": "tube1", "group": "Plate 7", **names}
    text = dump(
        *catalogue(), {"asset_group": {"name": called["group"], "study": STUDY, "assets": [called["tube"], "tube2"]}}
    )
    text = text.replace("name: Cohort\n", f"name: {called['study']}\n")
    text = text.replace("- name: Simple\n", f"- uuid: {ID}\n  name: {called['template']}\n")
    text = text.replace("- name: tube1\n", f"- uuid: {OTHER_ID}\n  name: {called['tube']}\n")
    return text.replace("asset_group:\n", f"asset_group:\n  uuid: {OTHER_ID[:-1]}7\n")


@pytest.mark.parametrize("is_submitted", [False, True])
@pytest.mark.parametrize("field", ["asset_group", "asset_group_name"])
def test_an_order_that_names_the_group_it_made_instead_of_its_assets_says_the_same(lab, is_submitted, field):
    lab.good(order(asset_group_name="Plate 7", assets=["tube1", "tube2"]))
    named = order(assets=None, **{field: "Plate 7"})
    batch = submission() if is_submitted else building()
    lab.good(named, batch)
    shutil.rmtree(lab.root / ".seqmeta")  # so that all is judged anew
    assert lab.quiet(named, batch)["updated"] == []
    assert lab.record("order", "o1")["order"]["assets"][1]["name"] == "tube2"
    refused = "order_sealed" if is_submitted else "order_locked"
    lab.refuses(refused, "order.assets", order(assets=None), batch)


@pytest.mark.parametrize("taken", [{"assets": None, "asset_group_name": "Plate 7"}, {"assets": ["tube1", "tube2"]}])
@pytest.mark.parametrize("state", [building, submission])
def test_renames_do_not_make_a_locked_or_sealed_order_wrong(lab, taken, state):
    lab.write("catalogue.yaml", with_uuids())
    lab.quiet(order(**taken), state())
    before = bytes_of(lab, "order", "submission")
    group = "Plate 8" if state is building else "Plate 7"  # that of a sealed order keeps its name
    lab.write("catalogue.yaml", with_uuids(study="Older", template="Simpler", tube="tube1a", group=group))
    lab.quiet()
    assert lab.quiet()["commit"] is None
    if state is submission:
        assert bytes_of(lab, "order", "submission") == before
    renamed = {key: {"Plate 7": group}.get(str(of), of) for key, of in taken.items()}
    renamed["assets"] = ["tube1a", "tube2"] if taken["assets"] else None
    new_words = {"study": "Older", "template": "Simpler", **renamed}
    lab.quiet(order(**new_words), state())
    assert lab.quiet()["commit"] is None
    lab.quiet(order(**new_words), submission())
    assert lab.quiet()["commit"] is None


def clone(lab: OrderLab, root: Path) -> OrderLab:
    """The same descriptions, with a clone of the store and nothing else that a run left."""
    shutil.copytree(lab.root / "config", root / "config")
    subprocess.run(["git", "clone", "-q", "-b", "main", str(lab.records), str(root / "records")], check=True)
    other = OrderLab.__new__(OrderLab)
    other.root, other.descriptions, other.records = root, root / "config/descriptions", root / "records"
    return other


@pytest.mark.parametrize("taken", [{"assets": None, "asset_group_name": "Plate 7"}, {"assets": ["tube1", "tube2"]}])
def test_a_locked_order_has_the_names_that_things_have_now_whatever_its_description_says(lab, taken, tmp_path):
    lab.write("catalogue.yaml", with_uuids())
    lab.quiet(order(**taken), building())
    new = {"study": "Older", "template": "Simpler"}
    group = "Plate 8" if taken["assets"] is None else "Plate 7"
    lab.write(
        "catalogue.yaml",
        with_uuids(**new, tube="tube1a", group=group).replace("name: tube1a\n", "name: tube1a\n  barcode: B1\n"),
    )
    for batch in (building(), submission()):
        lab.quiet(order(**taken), batch)
        body = lab.body("order", "o1")
        assert [body[field]["name"] for field in new] == list(new.values())
        tube = {"name": "tube1a", "barcode": "B1", "asset_type": "sample_tube", "uuid": OTHER_ID}
        assert body["assets"][0] == tube
        assert taken["assets"] or body["asset_group"]["name"] == "Plate 8"
        assert lab.quiet()["commit"] is None
        lab.expect_stable()
    assert {request["study"]["name"] for request in lab.requests()} == {"Older"}
    assert lab.requests()[0]["asset"] == {"uuid": OTHER_ID, "name": "tube1a"}
    other = clone(lab, tmp_path / "clone")
    assert other.apply()["commit"] is None
    assert other.check() == []


def test_a_locked_order_that_is_not_described_is_sealed_with_the_names_that_things_have_then(lab):
    taking = order(assets=None, asset_group_name="Plate 7")
    lab.write("catalogue.yaml", with_uuids())
    lab.quiet(taking, building())
    new = {"study": "Older", "template": "Simpler"}
    lab.write("catalogue.yaml", with_uuids(**new, tube="tube1a", group="Plate 8"))
    lab.good(submission())
    body = lab.body("order", "o1")
    assert [body[field]["name"] for field in (*new, "asset_group")] == ["Older", "Simpler", "Plate 8"]
    assert body["assets"][0]["name"] == lab.requests()[0]["asset"]["name"] == "tube1a"
    lab.expect_stable()
    lab.good(taking, submission())
    lab.expect_stable()


def tubes(**names: str) -> dict[str, Any]:
    """Two tubes that keep their UUIDs, as they are called now."""
    uuids = {"one": ID, "two": OTHER_ID}
    return {"assets": [{"uuid": uuids[key], "name": name} for key, name in names.items()]}


def uuids_of(lab: OrderLab, name: str = "o1") -> list[str]:
    return [asset["uuid"] for asset in lab.body("order", name)["assets"]]


def test_a_tube_is_sealed_by_its_name_though_a_locked_order_says_one_that_is_another_s_now(lab):
    lab.good(tubes(one="a", two="b"), order(assets=["a"]), building())
    lab.good(tubes(one="c", two="b"), order(assets=["a"]), building())
    lab.good(tubes(one="c", two="a"), order(assets=["a"]), building())
    both = [order(assets=["a"]), order("o2", assets=["a"])]
    lab.good(tubes(one="c", two="a"), *both, submission("o1", "o2"))
    found = [(request["asset"]["name"], request["asset"]["uuid"]) for request in lab.requests()[:2]]
    assert found == [("c", ID), ("a", OTHER_ID)]
    lab.expect_stable()
    lab.good(tubes(one="b", two="a"), *both, submission("o1", "o2"))
    lab.expect_stable()
    for wrong in (["b", "a"], ["d"], [OTHER_ID]):
        lab.refuses_only("order_sealed", "order.assets", order(assets=wrong), both[1], submission("o1", "o2"))


@pytest.mark.parametrize("state", [building, submission])
def test_a_locked_order_means_what_it_meant_though_its_tubes_took_each_other_s_names(lab, state):
    said = order(assets=["a", "b"])
    for names in (
        {"one": "a", "two": "b"},
        {"one": "x", "two": "b"},
        {"one": "x", "two": "a"},
        {"one": "b", "two": "a"},
    ):
        lab.good(tubes(**names), said, building())
        lab.expect_stable()
        assert uuids_of(lab) == [ID, OTHER_ID]
    last = tubes(one="b", two="a")
    lab.good(last, said, state())
    lab.expect_stable()
    lab.good(last, order(assets=["b", "a"]), state())
    lab.expect_stable()
    code = "order_locked" if state is building else "order_sealed"
    for wrong in (["a"], ["b"], ["x", "y"], ["a", "c"]):
        assert (code, "order.assets") in codes(lab, last, order(assets=wrong), state())
    assert uuids_of(lab) == [ID, OTHER_ID]


def test_an_order_that_moves_on_means_by_an_old_name_what_it_meant(lab):
    lab.good(tubes(one="a", two="b"), order(assets=["a"]), building())
    lab.good(tubes(one="c", two="b"), order(assets=["a"]), building())
    lab.good(tubes(one="c", two="a"), order(assets=["a"]), building())
    lab.good(tubes(one="c", two="a"), order(assets=["a", "tube3"]), {"submission": {"name": "s1"}}, building(name="s2"))
    assert [asset["name"] for asset in lab.body("order", "o1")["assets"]] == ["c", "tube3"]
    lab.expect_stable()
    empty = [{"submission": {"name": name}} for name in ("s1", "s2")]
    lab.good(tubes(one="c", two="a"), order(assets=["a"]), *empty)
    assert uuids_of(lab) == [OTHER_ID], "of no submission, it means what anybody means"


def test_history_is_asked_only_where_a_held_order_says_an_old_name(lab, monkeypatch):
    asked: list[list[str]] = []
    ask = StoreHistory.when_orders_were
    monkeypatch.setattr(
        StoreHistory, "when_orders_were", lambda self, orders: asked.append(sorted(orders)) or ask(self, orders)
    )
    work = [order(assets=["a"]), order("o2", assets=[OTHER_ID]), order("o3", assets=["tube3"])]
    for names in ({"one": "a", "two": "b"}, {"one": "a", "two": "x"}, {"one": "a", "two": "b"}):
        lab.good(tubes(**names), *work, building("o1", name="s1"), submission("o2", "o3", name="s2"))
        shutil.rmtree(lab.root / ".seqmeta")
        lab.check()
    lab.refused(tubes(one="a", two="b"), *work[:2], order("o3", assets=["tube4"]), building("o1"))
    assert asked == []
    lab.good(tubes(one="c", two="b"), *work, building("o1"), submission("o2", "o3", name="s2"))
    assert asked == []
    shutil.rmtree(lab.root / ".seqmeta")
    lab.check()
    assert asked == [[lab.body("order", "o1")["uuid"]]]


def test_a_sealed_order_is_never_derived_again(lab):
    lab.quiet(order(template="Preset", request_options={"read_length": 76}), submission())
    before = bytes_of(lab)
    text = changed_chain("Preset", ["Library creation"]).replace("library_type: Standard", "library_type: Long range")
    lab.write("catalogue.yaml", text)
    lab.quiet()
    lab.write("catalogue.yaml", "")
    lab.good()
    lab.good({"study": {"name": "Only this"}})
    assert bytes_of(lab) == before
    assert lab.call("verify")[0] == 0


def test_a_description_that_says_other_options_than_the_sealed_presets_is_refused(lab):
    lab.quiet(order(template="Preset", request_options={"read_length": 76}), submission())
    own = {"read_length": 76, "library_type": "Long range"}
    found = codes(lab, order(template="Preset", request_options=own), submission())
    assert found == {("order_sealed", "order.request_options.library_type")}
    lab.quiet(order(template="Preset", request_options={**own, "library_type": "Standard"}), submission())


def test_a_sealed_order_may_be_left_out_of_the_descriptions(lab):
    lab.quiet(order(), submission())
    before = bytes_of(lab)
    lab.quiet({"study": {"name": "Third"}})
    assert bytes_of(lab) == before
    lab.refuses_only("order_sealed", "order.assets", order(assets=["tube4"]))
    lab.refuses_only("order_in_two_submissions", "submission.orders.0", submission(name="s2"), at="o1")


@pytest.mark.parametrize("state", [building, submission])
@pytest.mark.parametrize("spell", [str.lower, str.upper])
def test_an_order_held_may_name_its_group_by_its_uuid(lab, state, spell):
    group = {"asset_group": {"uuid": ID, "name": "Plate 7", "study": "Cohort", "assets": ["tube1"]}}
    by_uuid = order(assets=None, asset_group_name=spell(ID))
    lab.quiet(group, by_uuid, state())
    lab.expect_stable()
    for same in ({"asset_group_name": "Plate 7"}, {"asset_group": "Plate 7"}, {"asset_group": spell(ID)}):
        assert lab.quiet(group, order(assets=None, **same), state())["updated"] == []
    code = "order_locked" if state is building else "order_sealed"
    other = order(assets=None, asset_group_name=OTHER_ID)
    lab.refuses(code, "order.asset_group_name", group, other, state())


def test_beside_assets_a_uuid_is_the_name_of_a_group_to_be_made(lab):
    lab.quiet(order(asset_group_name="Plate 7"), building())
    made = lab.body("asset_group", "Plate 7")["uuid"]
    lab.refuses("order_locked", "order.asset_group_name", order(asset_group_name=made), building())


def test_a_locked_order_may_name_its_renamed_group_by_its_new_name(lab):
    def group(name: str) -> dict[str, Any]:
        return {"asset_group": {"uuid": ID, "name": name, "study": "Cohort", "assets": ["tube1"]}}

    for old, new in (("A", "B"), ("B", "C")):  # the order is named so in the same run, and then in a later one
        lab.quiet(group(old), order(assets=None, asset_group=old), building())
        if old == "B":
            lab.quiet(group(new), order(assets=None, asset_group=old), building())
        lab.quiet(group(new), order(assets=None, asset_group=new), building())
        lab.expect_stable()
        assert lab.body("order", "o1")["asset_group"] == {"uuid": ID, "name": new}
    other = {"asset_group": {"name": "C", "study": "Other study", "assets": ["tube2"]}}
    lab.quiet(other, group("D"), order(assets=None, asset_group="D"), submission())
    lab.expect_stable()
