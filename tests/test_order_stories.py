"""Random stories of a laboratory: whatever people write, sealed things stay, and what was accepted is accepted again.

Descriptions are changed at random, one or two things at a time, and judged as one step from the records that the
steps before made. What is refused is put back; what is accepted is recorded, in memory.
"""

import json
import random
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab import Lab, dump

from seqmeta.canonical import digest
from seqmeta.changes import Change, find_changes
from seqmeta.circumstances import Settings
from seqmeta.linking import link
from seqmeta.normal_forms import Normals
from seqmeta.recorded import Records
from seqmeta.records import Body, Record
from seqmeta.rulebook import Rulebook
from seqmeta.vocabularies import make_vocabularies, packaged_terms

RULEBOOK = Rulebook(make_vocabularies(packaged_terms(), {}))
ORDERS, SUBMISSIONS, GROUPS = ("o1", "o2", "o3", "o4", "o5", "o6"), ("s1", "s2", "s3", "s4"), ("G", "H")
READS = {"type": "integer", "allowed": [54, 76], "required": True}
TYPES = [
    {"name": "Library", "options": {"kit": {"type": "string", "required": True, "allowed": ["A", "B"]}}},
    {"name": "Pooled", "pooling": "submission"},
    {"name": "Sequencing", "multiplier_option": "lanes", "options": {"reads": READS, "lanes": {"type": "integer"}}},
]


def uuid_of(number: int) -> str:
    return f"8f5a4c0e-0000-4111-8222-{number:012d}"


class Laboratory:
    """What is described, and how people change it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.study = "Cohort"
        self.kit = "A"
        self.tubes = {uuid_of(number): f"tube{number}" for number in range(1, 6)}
        self.orders: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.submissions: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}

    def documents(self) -> list[dict[str, Any]]:
        one = {"name": "One", "uuid": uuid_of(90), "request_types": ["Library", "Sequencing"]}
        documents: list[dict[str, Any]] = [
            {"studies": [{"uuid": uuid_of(91), "name": self.study}, {"name": "Other study"}]},
            {"project": {"name": "Grant"}},
            {"request_types": TYPES},
            {"order_template": {**one, "request_options": {"kit": self.kit}}},
            {"order_template": {"name": "Two", "request_types": ["Pooled", "Sequencing"]}},
            {"assets": [{"uuid": uuid, "name": name} for uuid, name in self.tubes.items()]},
            {"asset_groups": list(self.groups.values())},
            {"orders": list(self.orders.values())},
            {"submissions": list(self.submissions.values())},
            {"progress": [{"submission": name, "events": events} for name, events in self.events.items()]},
        ]
        copied: list[dict[str, Any]] = json.loads(json.dumps(documents))
        return copied

    def change(self) -> None:
        ways = [
            *([self.add_order] * 3),
            *([self.change_order] * 4),
            *([self.gather] * 4),
            *([self.submit] * 2),
            *([self.report] * 2),
            *(self.cancel, self.forget, self.describe_group, self.rename_study, self.rename_tube, self.change_preset),
        ]
        (self.chance.choice(ways) if self.orders else self.add_order)()

    def some_tubes(self) -> list[str]:
        return self.chance.sample(sorted(self.tubes.values()), self.chance.randint(1, 3))

    def add_order(self) -> None:
        name = self.chance.choice(ORDERS)
        if name in self.orders:
            return
        study, template = self.chance.choice([self.study, uuid_of(91)]), self.chance.choice(["One", "Two", uuid_of(90)])
        order = {
            "name": name,
            "template": template,
            "project": "Grant",
            "study": study,
            "request_options": {"reads": 76},
        }
        order |= {"uuid": uuid_of(80 + int(name[1]))} if int(name[1]) % 2 else {}
        way = self.chance.randrange(6)
        order |= {"assets": self.some_tubes()} if way < 4 else {}
        order |= {"asset_group_name": self.chance.choice(GROUPS)} if way in (3, 4) else {}
        order |= {"asset_group": self.chance.choice(GROUPS)} if way == 5 else {}
        self.orders[name] = order

    def change_order(self) -> None:
        order = self.orders[self.chance.choice(sorted(self.orders))]
        fields: dict[str, Any] = {
            "assets": self.chance.choice([self.some_tubes(), None, []]),
            "asset_group_name": self.chance.choice([*GROUPS, None]),
            "asset_group": self.chance.choice([*GROUPS, None, None]),
            "comments": self.chance.choice(["now", "later", None]),
            "request_options": {"reads": self.chance.choice([54, 76])},
            "withdrawn": self.chance.choice([True, None]),
            "study": self.chance.choice([self.study, uuid_of(91), "Other study"]),
        }
        name = self.chance.choice(sorted(fields))
        order[name] = fields[name]

    def gather(self) -> None:
        name = self.chance.choice(SUBMISSIONS)
        orders = self.submissions.setdefault(name, {"name": name, "orders": []})["orders"]
        order = self.chance.choice(sorted(self.orders))
        if order in orders:
            orders.remove(order)
        else:
            orders.append(order)

    def submit(self) -> None:
        self.submissions.get(self.chance.choice(SUBMISSIONS), {})["submit"] = True

    def cancel(self) -> None:
        self.submissions.get(self.chance.choice(SUBMISSIONS), {})["cancel"] = True

    def forget(self) -> None:
        things = self.chance.choice([self.orders, self.groups, self.submissions, self.events])
        if things:
            things.pop(self.chance.choice(sorted(things)))

    def describe_group(self) -> None:
        name = self.chance.choice(GROUPS)
        own = {"uuid": uuid_of(92)} if name == "G" else {}
        self.groups[name] = {"name": name, "study": self.study, "assets": self.some_tubes(), **own}

    def rename_study(self) -> None:
        before, self.study = self.study, self.chance.choice(["Cohort", "Older"])
        for thing in [*self.orders.values(), *self.groups.values()]:
            if thing["study"] == before and self.chance.random() < 0.6:
                thing["study"] = self.study

    def rename_tube(self) -> None:
        uuid = self.chance.choice(sorted(self.tubes))
        before, after = self.tubes[uuid], self.tubes[uuid][:5] + self.chance.choice(["", " again"])
        self.tubes[uuid] = after
        for thing in [*self.orders.values(), *self.groups.values()]:
            if thing.get("assets") and self.chance.random() < 0.6:
                thing["assets"] = [after if name == before else name for name in thing["assets"]]

    def change_preset(self) -> None:
        self.kit = self.chance.choice(["A", "B"])

    def report(self) -> None:
        work = {
            "asset": self.chance.choice(sorted(self.tubes.values())),
            "request_type": self.chance.choice(TYPES)["name"],
        }
        event = {**work, "event": self.chance.choice(["start", "pass", "fail", "hold", "block", "return"])}
        self.events.setdefault(self.chance.choice(SUBMISSIONS), []).append(event)


class Store:
    """The records that the steps made, and what they were when each submission was sealed."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.sealed: dict[str, Mapping[str, Body]] = {}
        self.past: dict[str, list[Mapping[str, Body]]] = {}
        """By order, for each of its versions the templates of that time, and itself."""

    def when_sealed(self, submission: str, kind: str, uuid: str) -> Body | None:
        body = self.sealed.get(submission, {}).get(uuid)
        assert body is None or kind == "order_template"
        return body

    def when_recorded(self, order: str, kind: str, uuid: str) -> Iterator[Body]:
        assert kind == "order_template" or uuid == order
        return (of[uuid] for of in reversed(self.past[order]))

    def when_orders_were(self, orders: Collection[str]) -> Iterator[Body]:
        return (of[order] for order in orders for of in self.past[order])

    def judge(self, documents: list[dict[str, Any]]) -> list[Change] | None:
        """Judge descriptions as one step; None where they are refused."""
        checked = RULEBOOK.check_file("all.yaml", dump(*documents).encode())
        step = link(Records(self.records.values()), Normals(checked.normal), Settings(), self)
        return None if checked.problems or step.has_errors else list(find_changes(step))

    def take(self, changes: list[Change]) -> None:
        changed = {of["uuid"]: of for of in self.of_kind("order")} | {of.uuid: of.body for of in changes}
        for change in changes:
            self.refuse_broken_promises(change, changed)
        for change in changes:
            body = json.loads(json.dumps(change.body))
            self.records[change.uuid] = Record(change.kind, change.uuid, body, change.version, digest(body))
        for change in changes:
            if change.kind == "order":
                now = {of.uuid: of.body for of in self.records.values() if of.kind == "order_template"}
                self.past.setdefault(change.uuid, []).append({**now, change.uuid: self.records[change.uuid].body})
            if "seal" in change.body:
                self.sealed[change.uuid] = {uuid: record.body for uuid, record in self.records.items()}

    def refuse_broken_promises(self, change: Change, changed: Mapping[str, Body]) -> None:
        before = self.records.get(change.uuid)
        if before is None:
            assert change.version == 1
            return
        assert change.version == before.version + 1
        assert before.body != change.body
        assert "seal" not in before.body
        if before.kind == "asset_group" and before.body["assets"] and not change.body["assets"]:
            holders = [of for of in changed.values() if of.get("asset_group", {}).get("uuid") == change.uuid]
            maker = changed[before.body["order"]["uuid"]]
            assert not holders or (maker["assets"], maker.get("asset_group_name")) == ([], before.body["name"])
        assert before.kind != "order" or before.body["state"] != "sealed"
        assert change.uuid not in self.held_groups()
        for field in ("template", "project", "study") if before.kind == "order" else ():
            assert before.body[field]["uuid"] == change.body[field]["uuid"]

    def of_kind(self, kind: str) -> list[Body]:
        return [record.body for record in self.records.values() if record.kind == kind]

    def held_groups(self) -> set[str]:
        return {
            of["asset_group"]["uuid"] for of in self.of_kind("order") if of["state"] == "sealed" if "asset_group" in of
        }

    def expect_sense(self) -> None:
        """Orders and submissions say the same of each other, and an order that is not sealed has its group's assets."""
        member = {order["uuid"]: of for of in self.of_kind("submission") for order in of["orders"]}
        assert len(member) == sum(len(of["orders"]) for of in self.of_kind("submission"))
        for order in self.of_kind("order"):
            submission = member.get(order["uuid"])
            assert (submission or {}).get("uuid") == order.get("submission", {}).get("uuid")
            if submission is not None and submission["state"] == "ready":
                assert submission["seal"]["orders"][order["uuid"]] == digest(order)
                assert order["state"] == "sealed"
                continue
            assert order["state"] == "locked" if submission is not None else order["state"] in ("building", "withdrawn")
        for progress in self.of_kind("progress"):
            made = self.records[progress["submission"]["uuid"]].body["requests"]
            assert sorted(progress["requests"]) == sorted(request["uuid"] for request in made)

    def expect_names(self, laboratory: Laboratory) -> None:
        """What is described and not sealed calls each tube and study what it is called now."""
        names = {**laboratory.tubes, uuid_of(91): laboratory.study}
        for order in self.of_kind("order"):
            if order.get("name") in laboratory.orders and order["state"] != "sealed":
                for of in [order["study"], *order["assets"]]:
                    assert of["name"] == names.get(of["uuid"], of["name"])


@pytest.mark.parametrize("seed", [*range(5), *(pytest.param(n, marks=pytest.mark.soak) for n in range(5, 400))])
def test_a_story(seed):
    chance = random.Random(seed)
    laboratory, store = Laboratory(chance), Store()
    accepted = 0
    for _ in range(120):
        tried = deepcopy(laboratory)
        tried.chance = chance
        for _ in range(chance.choice([1, 1, 2])):
            tried.change()
        changes = store.judge(tried.documents())
        if changes is None:
            continue
        accepted += 1
        store.take(changes)
        store.expect_sense()
        store.expect_names(tried)
        assert store.judge(tried.documents()) == [], "what was accepted is accepted again, and changes nothing"
        laboratory = tried
    assert accepted > 10


def write(lab: Lab, documents: list[dict[str, Any]]) -> None:
    """Describe each kind of thing in a file of its own; a file that stays as it was is not written."""
    for number, document in enumerate(documents):
        path, text = lab.descriptions / f"{number}.yaml", dump(document)
        if not path.exists() or path.read_text() != text:
            lab.write(path.name, text)


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 20))])
def test_a_story_in_a_real_store(seed: int, tmp_path: Path) -> None:
    """Recorded through the command, a story comes to the bodies that it has in memory, and proves sound."""
    chance = random.Random(seed)
    laboratory, store, lab = Laboratory(chance), Store(), Lab(tmp_path / "lab")
    for _ in range(40):
        tried = deepcopy(laboratory)
        tried.chance = chance
        tried.change()
        changes = store.judge(tried.documents())
        write(lab, tried.documents())
        assert lab.apply()["code"] == int(changes is None)
        if changes is not None:
            store.take(changes)
            laboratory = tried
    paths = {record.path: record.body for record in store.records.values()}
    found = {
        str(path.relative_to(lab.records)): json.loads(path.read_bytes()) for path in lab.records.glob("*/*/*.json")
    }
    assert {path: next(of for key, of in record.items() if key != "meta") for path, record in found.items()} == paths
    assert {path: record["meta"]["version"] for path, record in found.items()} == {
        record.path: record.version for record in store.records.values()
    }
    code, out, _ = lab.call("verify")
    assert code == 0, out


OWN = uuid_of(81)
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "assets": st.sampled_from([[], ["tube1"], ["tube2", "tube1"]]),
        "asset_group_name": st.sampled_from(["G", "H", "Plate", OWN]),
        "comments": st.just("now"),
        "withdrawn": st.booleans(),
    },
)
"""What is said of an order from one day to the next: of its assets, of the group that it makes or takes."""


def growing(edit: dict[str, Any]) -> list[dict[str, Any]]:
    """One order as it is described one day, beside a group that is described."""
    laboratory = Laboratory(random.Random(0))
    laboratory.groups["Plate"] = {"name": "Plate", "study": "Cohort", "assets": ["tube5"]}
    fixed = {"name": "o1", "uuid": OWN, "template": "One", "project": "Grant", "study": "Cohort"}
    laboratory.orders["o1"] = {**fixed, **edit}
    return laboratory.documents()


@given(st.lists(EDITS, min_size=2, max_size=4))
def test_an_order_ends_as_it_is_described_whatever_it_was_before(edits: list[dict[str, Any]]) -> None:
    """All but this: without a list of its own, it has by the name of a group that it made the assets of that."""
    store, fresh = Store(), Store()
    for edit in edits[:-1]:
        store.take(store.judge(growing(edit)) or [])
    last = edits[-1]
    changes, at_once = store.judge(growing(last)), fresh.judge(growing(last))
    assert (changes is None) == (at_once is None)
    made = {of["name"] for of in store.of_kind("asset_group") if "order" in of}
    if changes is None or at_once is None or ("assets" not in last and last.get("asset_group_name") in made):
        return
    store.take(changes)
    fresh.take(at_once)
    assert store.records[OWN].body == fresh.records[OWN].body
    for group in fresh.of_kind("asset_group"):
        assert store.records[group["uuid"]].body == group
    if last.get("assets") == []:
        named = [of for of in store.of_kind("asset_group") if of["name"] == last.get("asset_group_name")]
        assert [of["assets"] for of in named] in ([], [[]])
