"""Judging by changes against judging everything: whatever a person edits, both say the same."""

import random
import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, biosamples, dump, library_of, run_of, sequenced
from ordering import OrderLab, building, catalogue, order, progress, submission

from seqmeta import delta, index_writing, judging
from seqmeta.applying import apply
from seqmeta.delta import is_racy
from seqmeta.descriptions import DescriptionFile, read_bytes
from seqmeta.errors import StoreError
from seqmeta.identity import derive
from seqmeta.index import Index
from seqmeta.judging import plan
from seqmeta.moment import Moment
from seqmeta.summaries import plain_plan
from seqmeta.workspace import open_workspace

LATER = 4_000_000_000
"""A clock so far ahead that no file counts as changed too lately to tell."""


def moment(home: Path, seconds: int = LATER) -> Moment:
    return Moment(seconds, "2090-01-01T00:00:00Z", home)


def judged(lab: Lab, *, whole: bool) -> dict[str, Any]:
    """What a run would do, and what it says, judged by changes where possible or as a whole."""
    judgement = plan(open_workspace(lab.root), moment(lab.root), whole=whole)
    bodies = {change.uuid: (change.version, change.body) for change in judgement.changes}
    return {**plain_plan(judgement), "bodies": bodies, "digest": judgement.digest, "documents": judgement.documents}


def apply_later(lab: Lab) -> None:
    outcome = apply(open_workspace(lab.root), moment(lab.root))
    assert not outcome.is_refused


def take_short_ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of each judgement whether it was by changes."""
    taken: list[bool] = []
    original = judging.judge_changes

    def noting(*args: Any, **kwargs: Any) -> Any:
        delta = original(*args, **kwargs)
        taken.append(delta is not None)
        return delta

    monkeypatch.setattr(judging, "judge_changes", noting)
    return taken


class Bench:
    """A laboratory in many files, and edits that people make."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.lab = lab
        self.chance = random.Random(seed)
        self.is_about_work = seed % 2 == 1
        self.files: dict[str, list[dict[str, Any]]] = {
            "studies": [{"study": {"name": f"Study {n}"}} for n in range(3)],
            "projects": [{"project": {"name": "Grant"}}],
            "types": [{"request_type": {"name": "Sequencing", "options": {"lanes": {"type": "integer"}}}}],
            "templates": [{"order_template": {"name": "Plain", "request_types": ["Sequencing"]}}],
        }
        for number in range(4):
            names = [f"S{number}-{n}" for n in range(3)]
            self.files[f"samples{number}"] = [{"biosample": {"central_sample_id": name}} for name in names]
            self.files[f"tubes{number}"] = [
                {"asset": {"name": f"T{number}-{n}", "biosamples": [name]}} for n, name in enumerate(names)
            ]
            sequencing_id = f"09ef4b3a-1bad-453a-a291-00000000000{number}"
            run = run_of(library_name=f"L{number}", biosamples=names, sequencing_id=sequencing_id, study="Study 0")
            self.files[f"run{number}"] = [run]
        self.files["order1"] = [self.order("O1", ["T0-0"], "Study 1")]
        if seed % 4 == 3:
            self.seal_some()

    def seal_some(self) -> None:
        """Begin with work that is under way: two sealed submissions, of one of which something is reported."""
        self.files["order2"] = [self.order("O2", ["T0-0", "T0-1"], "Study 1"), self.order("O8", ["T1-1"], "Study 2")]
        self.files["order3"] = [self.order("O3", ["T1-0", "T1-1"], "Study 2")]
        self.files["order2"][0]["order"]["asset_group_name"] = "Group 2"
        for number, orders in enumerate((["O1", "O2"], ["O3"])):
            self.files[f"work{number}"] = [{"submission": {"name": f"Sub{number}", "orders": orders, "submit": "true"}}]
        event = {"asset": "T1-0", "request_type": "Sequencing", "event": "start"}
        self.files["progress1"] = [{"progress": {"submission": "Sub1", "events": [event]}}]

    @staticmethod
    def order(name: str, assets: list[str], study: str) -> dict[str, Any]:
        return {"order": {"name": name, "template": "Plain", "project": "Grant", "study": study, "assets": assets}}

    def write(self) -> None:
        for path in self.lab.descriptions.glob("*.yaml"):
            if path.stem not in self.files:
                path.unlink()
        for name, documents in self.files.items():
            path, text = self.lab.descriptions / f"{name}.yaml", dump(*documents)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def edit(self) -> str:
        """Make one edit and name it."""
        edits: list[Callable[[], None]] = [
            *(self.date_sample, self.withdraw, self.change_kit, self.add_sample, self.drop_file, self.move),
            *(self.rename_run, self.describe_study, self.stub, self.duplicate, self.change_case, self.new_order),
            *(self.reformat, self.barcode, self.misspell, self.misname, self.name_alike),
        ]
        of_work: list[Callable[[], None]] = [
            *(self.new_order, self.change_order, self.submit, self.submit, self.report, self.report, self.cancel),
            *(self.change_type, self.describe_group, self.name_group, self.use_uuid, self.withdraw, self.drop_file),
            *(self.new_order, self.join, self.submit, self.report, self.cancel, self.supersede, self.take_back),
            *(self.take_group, self.rename_tube, self.rename_study, self.follow_template, self.move),
            *(
                self.rename_type,
                self.mistake_event,
                self.mistake_order,
                self.mistake_submission,
                self.mistype,
                self.name_alike,
            ),
        ]
        edit = self.chance.choice(of_work if self.is_about_work and self.chance.random() < 0.7 else edits)
        edit()
        return edit.__name__

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [of[kind] for documents in self.files.values() for of in documents if kind in of]

    def some(self, kind: str) -> dict[str, Any] | None:
        bodies = self.all(kind)
        return self.chance.choice(bodies) if bodies else None

    def date_sample(self) -> None:
        if sample := self.some("biosample"):
            sample["collection_date"] = f"2020-03-{self.chance.randint(1, 28):02}"

    def withdraw(self) -> None:
        if sample := self.some("biosample"):
            sample["consent_withdrawn"] = "true" if self.chance.random() < 0.3 else None

    def change_kit(self) -> None:
        if run := self.some("sequencing_run"):
            run["library_seq_kit"] = self.chance.choice(["LSK109", "LSK110", "LSK114"])

    def add_sample(self) -> None:
        name = f"N{self.chance.randint(0, 5)}"
        self.files.setdefault("samples9", []).append({"biosample": {"central_sample_id": name}})

    def drop_file(self) -> None:
        name = self.chance.choice(sorted(self.files))
        if name.startswith(("samples", "run", "tubes", "order", "work", "progress", "group")):
            del self.files[name]

    def move(self) -> None:
        names = [name for name, of in sorted(self.files.items()) if of]
        source, target = self.chance.choice(names), self.chance.choice(names)
        if source.startswith(("samples", "tubes")) and target.startswith(("samples", "tubes")):
            self.files[target].append(self.files[source].pop())

    def rename_run(self) -> None:
        if run := self.some("sequencing_run"):
            run["run_name"] = f"run_{self.chance.randint(0, 9)}_of_many"

    def describe_study(self) -> None:
        if study := self.some("study"):
            study["description"] = f"note {self.chance.randint(0, 9)}"

    def stub(self) -> None:
        if run := self.some("sequencing_run"):
            run["biosamples"] = [*run["biosamples"], f"N{self.chance.randint(0, 5)}"]

    def duplicate(self) -> None:
        if sample := self.some("biosample"):
            self.files["samples8"] = [{"biosample": dict(sample)}] if self.chance.random() < 0.5 else []

    def change_case(self) -> None:
        if sample := self.some("biosample"):
            self.files["samples7"] = [{"biosample": {"central_sample_id": sample["central_sample_id"].swapcase()}}]

    def new_order(self) -> None:
        """Add an order, in a file of its own or with another, whose assets another one may have too."""
        number = self.chance.randint(1, 8)
        if f"O{number}" not in self.orders():
            tube = f"T{self.chance.randint(0, 3)}-{self.chance.randint(0, 2)}"
            order = self.order(f"O{number}", [tube], f"Study {self.chance.randint(1, 2)}")
            self.files.setdefault(f"order{number % 6}", []).append(order)

    def orders(self) -> dict[str, dict[str, Any]]:
        """All orders, by name."""
        described = (of["order"] for documents in self.files.values() for of in documents if "order" in of)
        return {order["name"]: order for order in sorted(described, key=lambda order: str(order["name"]))}

    def submit(self) -> None:
        """Gather some orders in a submission, or submit one."""
        taken = {name for of in self.all("submission") for name in of["orders"]}
        orders = [name for name in self.orders() if name not in taken or self.chance.random() < 0.1]
        number = self.chance.randint(0, 4)
        submissions = self.files.setdefault(f"work{number}", [])
        if not submissions and orders:
            submissions.append({"submission": {"name": f"Sub{number}", "orders": self.chance.sample(orders, 1)}})
        elif submissions:
            submissions[0].get("submission", {})["submit"] = "true"

    def report(self) -> None:
        """Say of some request that it began, or that it is done."""
        number = self.chance.randint(0, 4)
        submissions = [of["submission"] for of in self.files.get(f"work{number}", ()) if "submission" in of]
        wanted = [name for of in submissions for name in of["orders"]]
        assets = [asset for name, of in self.orders().items() for asset in of.get("assets") or () if name in wanted]
        if assets:
            said = self.files.setdefault(f"progress{number}", [{"progress": {"submission": f"Sub{number}"}}])
            events = said[0]["progress"].setdefault("events", [])
            asset = self.chance.choice(assets)
            before = [event["event"] for event in events if event["asset"] == asset]
            what = "pass" if before == ["start"] else "start"
            events.append({"asset": asset, "request_type": "Sequencing", "event": what})

    def cancel(self) -> None:
        if submission := self.some("submission"):
            submission["cancel"] = "true"

    def join(self) -> None:
        """Put one more order into a submission, or take one out."""
        if (submission := self.some("submission")) and not submission.get("submit"):
            names = [name for name in self.orders() if name not in submission["orders"]]
            if names and self.chance.random() < 0.7:
                submission["orders"].append(self.chance.choice(names))
            elif len(submission["orders"]) > 1:
                submission["orders"].pop(0)

    def supersede(self) -> None:
        """Describe a submission that takes the place of one that is cancelled."""
        cancelled = [of["name"] for of in self.all("submission") if of.get("cancel")]
        free = set(self.orders()) - {name for of in self.all("submission") for name in of["orders"]}
        if cancelled and free and "work9" not in self.files:
            again = {"name": "Again", "orders": [min(free)], "supersedes": self.chance.choice(cancelled)}
            self.files["work9"] = [{"submission": again}]

    def take_back(self) -> None:
        if order := self.some("order"):
            order["withdrawn"] = None if order.get("withdrawn") else "true"

    def take_group(self) -> None:
        """Let an order take the assets of a group, perhaps of one that another order makes."""
        names = [of["asset_group_name"] for of in self.all("order") if "asset_group_name" in of]
        if order := self.some("order"):
            order.pop("assets", None)
            order.pop("asset_group_name", None)
            order["asset_group"] = self.chance.choice([*names, "Group 0"])

    def rename_tube(self) -> None:
        """Give a tube another name, by the UUID that it has from its first one."""
        if tube := self.some("asset"):
            tube.setdefault("uuid", derive("asset", tube["name"]))
            tube["name"] = f"{tube['name']}a" if self.chance.random() < 0.7 else tube["name"][:4]

    def rename_study(self) -> None:
        study = self.files["studies"][2]["study"]
        study.setdefault("uuid", derive("study", "Study 2"))
        study["name"] = self.chance.choice(["Study 2", "Cohort"])

    def follow_template(self) -> None:
        """Describe a template that supersedes the one there is, or take it back."""
        template = self.files["templates"][0]["order_template"]
        self.files["templates"][1:] = [{"order_template": {"name": "Plainer", "request_types": ["Sequencing"]}}]
        template["superseded_by"] = "Plainer" if self.chance.random() < 0.3 else None

    def change_order(self) -> None:
        if order := self.some("order"):
            order["comments"] = f"note {self.chance.randint(0, 9)}"
            if self.chance.random() < 0.5:
                order["assets"] = [f"T{self.chance.randint(0, 3)}-{self.chance.randint(0, 2)}"]

    def name_group(self) -> None:
        if order := self.some("order"):
            order["asset_group_name"] = f"Group {self.chance.randint(0, 2)}"
            if self.chance.random() < 0.3:
                order.pop("assets", None)

    def describe_group(self) -> None:
        group = {"name": "Group 0", "study": "Study 1", "assets": [f"T1-{self.chance.randint(0, 2)}"]}
        self.files["group"] = [{"asset_group": group}] if self.chance.random() < 0.7 else []

    def change_type(self) -> None:
        if kind := self.some("request_type"):
            kind["price"] = str(self.chance.randint(1, 9))

    def use_uuid(self) -> None:
        """Name an order after an earlier state of it, by the UUID that it has from its first name."""
        if order := self.some("order"):
            order.setdefault("uuid", derive("order", order["name"]))
            order["name"] = f"O{self.chance.randint(1, 8)}"

    def misspell(self) -> None:
        """Write something that no description may say."""
        if of := self.some(self.chance.choice(["biosample", "asset", "sequencing_run", "order", "submission"])):
            of[self.chance.choice(["collection_date", "instrument_make", "colour"])] = "2020-13-01"

    def misname(self) -> None:
        """Refer to something that is nowhere."""
        kind, field = self.chance.choice([("sequencing_run", "biosamples"), ("asset", "biosamples")])
        if of := self.some(kind):
            of[field] = [*of[field], str(uuid.UUID(int=self.chance.getrandbits(128), version=4))]

    def name_alike(self) -> None:
        """Give something new the name that another has, with a UUID of its own."""
        kind = self.chance.choice(["biosample", "asset", "order", "submission"])
        if of := self.some(kind):
            alike = {**of, "uuid": str(uuid.UUID(int=self.chance.getrandbits(128), version=4))}
            self.files[self.chance.choice(["a_alike", "z_alike"])] = [{kind: alike}]

    def rename_type(self) -> None:
        """Give a request type another name by its UUID; its template may say the new one, or the old one still."""
        kind = self.files["types"][0]["request_type"]
        kind.setdefault("uuid", derive("request_type", "Sequencing"))
        kind["name"] = self.chance.choice(["Sequencing", "Reading"])
        if self.chance.random() < 0.7:
            for documents in self.files["templates"]:
                documents["order_template"]["request_types"] = [kind["name"]]

    def mistake_event(self) -> None:
        """Report what cannot be, or what never happened, or forget what was reported."""
        if (progress := self.some("progress")) and (events := progress.get("events")):
            wrong = {"asset": "T9-9"}, {"request_type": "Sequencin"}, {"event": "pass"}, {"asset": "T1-1"}
            place = self.chance.randint(0, len(events) - 1)
            if self.chance.random() < 0.2:
                events.pop(place)
            else:
                told = {**events[place], **self.chance.choice(wrong)}
                events[place : place + self.chance.randint(0, 1)] = [told]

    def mistake_order(self) -> None:
        wrong = {"template": "Plane"}, {"study": "Study 9"}, {"assets": ["T9-9"]}, {"request_options": {"lanes": "x"}}
        missing = {"request_options": {"lane": "1"}}, {"assets": None}, {"asset_group": "Nowhere", "assets": None}
        if order := self.some("order"):
            order.update(self.chance.choice([*wrong, *missing]))

    def mistake_submission(self) -> None:
        wrong = {"orders": ["O9"]}, {"orders": []}, {"submit": None}, {"cancel": "true"}, {"supersedes": "Sub0"}
        if submission := self.some("submission"):
            submission.update(self.chance.choice(wrong))

    def mistype(self) -> None:
        """Write an option of a type that it cannot be of, or name a type that is nowhere."""
        if self.chance.random() < 0.5:
            self.files["types"][0]["request_type"]["options"] = {
                "lanes": {"type": self.chance.choice(["text", "float"])}
            }
        else:
            self.files["templates"][0]["order_template"]["request_types"] = [self.chance.choice(["Sequencin", ""])]

    def reformat(self) -> None:
        name = self.chance.choice(sorted(self.files))
        path = self.lab.descriptions / f"{name}.yaml"
        if path.exists():
            path.write_text(path.read_text() + "# looked at\n")

    def barcode(self) -> None:
        if tube := self.some("asset"):
            tube["barcode"] = f"NT{self.chance.randint(0, 9)}"


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(n, marks=pytest.mark.soak) for n in range(6, 80))])
def test_the_short_way_says_what_the_long_way_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    taken = take_short_ways(monkeypatch)
    lab = Lab(tmp_path / "lab", unregistered_biosamples="stub")
    bench = Bench(lab, seed)
    bench.write()
    apply_later(lab)
    for _ in range(25):
        before = deepcopy(bench.files)
        edit = bench.edit()
        bench.write()
        short, long = judged(lab, whole=False), judged(lab, whole=True)
        assert short == long, edit
        if any(problem["severity"] == "error" for problem in long["problems"]):
            bench.files = before
            bench.write()
        else:
            apply_later(lab)
            again = judged(lab, whole=True)
            assert again["bodies"] == {}, edit
            assert judged(lab, whole=False) == again, edit
            assert not any(problem["severity"] == "error" for problem in again["problems"]), edit
    assert taken.count(True) > 10


def test_what_is_not_this_store_s_index_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples(), run_of())
    index = lab.root / ".seqmeta/index.sqlite"
    key = lab.records / ".git/seqmeta/index-key"
    taken = take_short_ways(monkeypatch)
    assert judged(lab, whole=False)["bodies"] == {}
    assert taken == [True]
    with sqlite3.connect(index) as connection:  # forged by somebody who cannot write into the store
        connection.execute("UPDATE meta SET value = '00' WHERE key = 'key'")
    assert judged(lab, whole=False)["bodies"] == {}
    assert taken == [True]
    for spoilt in (b"", b"not a database", index.read_bytes()[:5000]):
        index.write_bytes(spoilt)
        assert judged(lab, whole=False)["bodies"] == {}
    assert taken == [True]
    assert lab.good()["commit"] is None  # which makes it anew
    assert judged(lab, whole=False)["bodies"] == {}
    assert taken[-1] is True
    key.unlink()
    assert judged(lab, whole=False)["bodies"] == {}
    assert taken.count(True) == 2


DAMAGES = {
    "a record lost": "DELETE FROM things WHERE name = 'B1'",
    "a body": "UPDATE things SET body = replace(CAST(body AS TEXT), '2020-03-01', '2020-03-02') WHERE name = 'B1'",
    "no body": "UPDATE things SET body = x'7b' WHERE name = 'B1'",
    "a version": "UPDATE things SET version = 7 WHERE name = 'B1'",
    "a kind": "UPDATE things SET kind = 'biosamplf' WHERE name = 'B1'",
    "a digest": "UPDATE things SET digest = replace(digest, 'a', 'b') WHERE name = 'B1'",
    "a time": "UPDATE meta SET value = 'x' WHERE key = 'taken_at_ns'",
    "a problem": "INSERT INTO problems VALUES ('x.yaml', '{', 0)",
    "a table": "DROP TABLE links",
    "how many there are": "UPDATE meta SET key = 'count' WHERE key = 'counts'",
}


@pytest.mark.parametrize(
    ("damage", "is_all_judged"), [*((damage, False) for damage in DAMAGES), ("a record lost", True), ("a body", True)]
)
def test_a_damaged_index_costs_time_and_makes_no_wrong_commit(tmp_path: Path, damage: str, is_all_judged: bool) -> None:
    lab = Lab(tmp_path / "lab")
    lab.write("samples.yaml", dump(*({"biosample": {"central_sample_id": f"B{n}"}} for n in range(3))))
    lab.good({"biosample": {"central_sample_id": "B9"}})
    changed = {"central_sample_id": "B1", "collection_date": "2020-03-01"}
    for step in (changed, {**changed, "taxon_id": 9606}):
        others = [{"biosample": {"central_sample_id": f"B{n}"}} for n in (0, 2)]
        lab.write("samples.yaml", dump(*others, {"biosample": step}))
        if "taxon_id" in step:
            with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection, connection:
                connection.execute(DAMAGES[damage])
            if is_all_judged:
                lab.configure(shard_size=7)
        assert len(lab.good()["updated"]) == 1
    record = lab.record("biosample", "B1")
    assert (record["meta"]["version"], record["biosample"]["collection_date"]) == (3, "2020-03-01")
    assert lab.call("verify")[0] == 0


def lay_out_links(root: Path) -> tuple[OrderLab, list[tuple[str, int]]]:
    """An edited laboratory, and by table every byte of the rows that its index has besides those of records."""
    lab = OrderLab(root)
    sample = {"uuid": derive("study", "any"), "central_sample_id": "S1"}
    lab.write("samples.yaml", dump({"biosample": sample}))
    lab.write("study.yaml", dump({"study": {"name": "OTHER STUDY"}}))
    lab.write("run.yaml", dump(run_of(biosamples=[sample["uuid"]])))
    lab.describe(order(), submission())
    apply_later(lab)
    lab.write("samples.yaml", dump({"biosample": {**sample, "central_sample_id": "S2"}}))
    requests = [of["uuid"] for of in lab.body("submission", "s1")["requests"]]
    lab.write("run2.yaml", dump(sequenced(sequencing_id=derive("study", "other"), requests=requests, study="Cohort")))
    index = lab.root / ".seqmeta/index.sqlite"
    with closing(sqlite3.connect(index)) as connection:
        pages = connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0").fetchall()
        [(size,)] = connection.execute("PRAGMA page_size")
    data, bytes_of_rows = index.read_bytes(), []
    for name, number in pages:
        start = (number - 1) * size
        first_cell = int.from_bytes(data[start + 5 : start + 7])
        if name in {"links", "link_counts", "owned", "files", "problems", "meta"}:
            assert data[start] in {10, 13}, f"{name} is more than one page"  # leaves of trees
            bytes_of_rows += [(name, position) for position in range(start + first_cell, start + size)]
    return lab, bytes_of_rows


@pytest.mark.parametrize("most", [24, pytest.param(10**6, marks=pytest.mark.soak)])
def test_a_byte_that_is_another_changes_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, most: int
) -> None:
    """Whatever table it is in: what refers to what, whose a request is, which file is as it was, what was found."""
    lab, places = lay_out_links(tmp_path / "lab")
    taken = take_short_ways(monkeypatch)
    expected = judged(lab, whole=False)
    assert taken == [True]
    assert expected == judged(lab, whole=True)
    assert [of["code"] for of in expected["problems"]] == ["case_collision"]
    assert len(expected["updated"]) == 2  # the sample, and the library with its new name
    index = lab.root / ".seqmeta/index.sqlite"
    whole = index.read_bytes()
    for name, position in random.Random(seed).sample(places, min(most, len(places))):
        index.write_bytes(whole[:position] + bytes([whole[position] ^ 1 << position % 8]) + whole[position + 1 :])
        assert judged(lab, whole=False) == expected, (name, position)


def test_a_damaged_index_does_not_give_back_a_consent(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    withdrawn, *others = biosamples()["biosamples"]
    lab.write("samples.yaml", dump({"biosamples": [{**withdrawn, "consent_withdrawn": True}, *others]}))
    lab.good()
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection, connection:
        connection.execute("UPDATE things SET state = replace(state, 'consent_withdrawn', 'consent_withdraw~')")
    [problem] = lab.refused(run_of())
    assert (problem["code"], problem["path"]) == ("consent_withdrawn", "sequencing_run.biosamples.0")


def test_an_index_of_somebody_else_s_cannot_keep_a_run_from_its_end(tmp_path: Path) -> None:
    """It came along in a checkout, and what stands for its table of keys is counted for ever."""
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    expected = judged(lab, whole=True)
    endless = "WITH RECURSIVE x(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM x) SELECT 'key' key, value FROM x"
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection:
        connection.executescript(f"DROP TABLE meta; CREATE VIEW meta AS {endless} WHERE value < 0;")
    assert judged(lab, whole=False) == expected


@pytest.mark.parametrize("name", ["plain", "50% done", "a#b", "why?", "%41"])
def test_an_index_is_found_whatever_the_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    taken = take_short_ways(monkeypatch)
    lab = Lab(tmp_path / name)
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    judged(lab, whole=False)
    assert taken == [True]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_journal_that_came_along_is_not_put_into_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout can bring a file beside the index: what SQLite would do with it must not be tried."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    index, expected = lab.root / ".seqmeta/index.sqlite", judged(lab, whole=True)
    with closing(sqlite3.connect(index, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("UPDATE things SET body = replace(CAST(body AS TEXT), 'BIRM', 'FALSE')")
        journal = (lab.root / ".seqmeta/index.sqlite-journal").read_bytes()
        connection.execute("COMMIT")
        forged = index.read_bytes()
    assert journal
    taken = take_short_ways(monkeypatch)
    index.with_name(f"{index.name}-journal").write_bytes(journal)
    assert judged(lab, whole=False) == expected
    assert (taken, index.read_bytes()) == ([], forged)
    lab.describe(biosamples("BIO-NEW"), biosamples(), run_of())
    apply_later(lab)
    assert not index.with_name(f"{index.name}-journal").exists()
    assert judged(lab, whole=False) == judged(lab, whole=True)
    assert taken == [True]


def test_a_write_ahead_log_that_came_along_is_not_read_for_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite would take it for what the database says, though that is in no such mode."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    index, expected = lab.root / ".seqmeta/index.sqlite", judged(lab, whole=True)
    before, copy, log = index.read_bytes(), tmp_path / "copy", index.with_name(f"{index.name}-wal")
    copy.write_bytes(before)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE things SET body = replace(CAST(body AS TEXT), 'BIRM', 'FALSE')")
        log.write_bytes(tmp_path.joinpath("copy-wal").read_bytes())
    shutil.copytree(lab.root / ".seqmeta", tmp_path / "believed")
    with closing(sqlite3.connect(tmp_path / "believed" / index.name)) as connection:
        assert "FALSE" in str(connection.execute("SELECT body FROM things").fetchall())
    taken = take_short_ways(monkeypatch)
    assert judged(lab, whole=False) == expected
    assert (taken, index.read_bytes()) == ([], before)
    lab.describe(biosamples("BIO-NEW"), biosamples(), run_of())
    apply_later(lab)
    assert not log.exists()
    assert judged(lab, whole=False) == judged(lab, whole=True)
    assert taken == [True]


def test_an_index_behind_a_link_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    apply_later(lab)
    index = lab.root / ".seqmeta/index.sqlite"
    index.rename(tmp_path / "elsewhere")
    index.symlink_to(tmp_path / "elsewhere")
    taken = take_short_ways(monkeypatch)
    judged(lab, whole=False)
    assert taken == []


@pytest.mark.parametrize("error", [OSError("no space left"), sqlite3.OperationalError("disk full"), StoreError("full")])
def test_an_index_that_cannot_be_made_keeps_no_commit_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    with monkeypatch.context() as failing:
        failing.setattr(index_writing, "_write_things", fail)
        apply_later(lab)
    assert not list(lab.root.glob(".seqmeta/*"))
    assert judged(lab, whole=False)["bodies"] == {}
    apply_later(lab)
    assert [path.name for path in (lab.root / ".seqmeta").iterdir()] == ["index.sqlite"]
    assert lab.call("verify")[0] == 0


def test_an_index_that_cannot_be_sorted_keeps_no_commit_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of())
    with monkeypatch.context() as failing:
        failing.setattr(index_writing, "_END", "CREATE INDEX of_nothing ON no_such_table (name)")
        apply_later(lab)
    assert not list(lab.root.glob(".seqmeta/*"))
    assert judged(lab, whole=False)["bodies"] == {}


def test_an_index_that_lacks_a_record_does_not_pass_for_whole(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples(), run_of())
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection:
        index = Index(connection)
        whole = list(index.records())
        assert index.count() == len(whole)
        assert index.files_of(["library"])
        connection.execute("DELETE FROM things WHERE kind = 'library'")
        for ask in (index.records, lambda: index.of_kind("library")):
            with pytest.raises(sqlite3.DatabaseError, match="records are missing in the index"):
                list(ask())
        with pytest.raises(sqlite3.DatabaseError, match="names of the index are damaged"):
            index.files_of(["library"])
        connection.execute("DELETE FROM meta WHERE key = 'counts'")
        with pytest.raises(sqlite3.DatabaseError, match="does not say how much it has"):
            index.count()


def test_an_index_of_another_head_or_other_rules_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples(), run_of())
    taken = take_short_ways(monkeypatch)
    (lab.root / "config/vocabularies.yaml").write_text("library_strategy: {RNA_SEQ: {ena: RNA-Seq}}\n")
    lab.good(biosamples(), run_of(library_strategy="rna seq"))
    assert taken == []
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--allow-empty", "-m", "by hand")
    lab.good(biosamples(), run_of(library_strategy="WGS"))
    assert taken == []
    lab.good(biosamples(), run_of(library_strategy="WGA"))
    assert taken
    assert all(taken)


def test_a_file_changed_again_in_the_same_instant_is_read_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    for strategy in ("WGS", "WGA", "WGS", "WGA"):
        lab.good(biosamples(), run_of(library_strategy=strategy))
        assert lab.body("library", "BIRM-LIBRARY-20200322")["library_strategy"] == strategy


@pytest.mark.parametrize("is_late", [True, False])
def test_a_file_whose_times_did_not_change_is_read_again_where_they_are_too_young_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    """Two edits within the granularity of a file's times leave no trace in them."""
    monkeypatch.setattr(DescriptionFile, "signature", "the same, whatever was done")
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(), run_of(library_strategy="WGS"))
    when = LATER if is_late else int(time.time())
    assert not apply(open_workspace(lab.root), moment(lab.root, when)).is_refused
    lab.describe(biosamples(), run_of(library_strategy="WGA"))
    taken = take_short_ways(monkeypatch)
    changed = {version for version, _ in judged(lab, whole=False)["bodies"].values()}
    assert taken == [True]
    assert changed == (set() if is_late else {2})  # the signature alone would not have told


SECOND = 1_000_000_000
TAKEN_AT = 1_700_000_000 * SECOND


@pytest.mark.parametrize(
    "mtime, ctime, is_too_young",
    [
        (TAKEN_AT + 1, TAKEN_AT + 1, True),
        (TAKEN_AT - 99_999_999, TAKEN_AT - 99_999_999, True),
        (TAKEN_AT - 100_000_001, TAKEN_AT - 100_000_001, False),
        (5 * SECOND, TAKEN_AT - 1, True),  # a time that a person set, and when that was
        (TAKEN_AT - 2 * SECOND, TAKEN_AT - 2 * SECOND, True),  # whole seconds: the file system may have no others
        (TAKEN_AT - 3 * SECOND, TAKEN_AT - 3 * SECOND, False),
        (TAKEN_AT - 2 * SECOND, TAKEN_AT - 2 * SECOND + 5, False),
    ],
)
def test_a_file_is_too_young_to_tell_by_the_granularity_of_its_times(
    mtime: int, ctime: int, is_too_young: bool
) -> None:
    assert is_racy(DescriptionFile("a.yaml", 1, mtime, ctime, 1), TAKEN_AT) == is_too_young


def test_only_what_was_edited_and_what_refers_to_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "lab")
    bench = Bench(lab, seed=0)
    bench.write()
    apply_later(lab)
    read: list[str] = []
    monkeypatch.setattr(delta, "read_bytes", lambda root, path: read.append(path) or read_bytes(root, path))
    bench.files["run2"][0]["sequencing_run"]["library_seq_kit"] = "LSK110"
    bench.write()
    assert judged(lab, whole=False)["bodies"]
    assert read == ["config/descriptions/run2.yaml"]
    apply_later(lab)
    read.clear()
    bench.files["samples1"][0]["biosample"]["collection_date"] = "2020-03-01"
    bench.write()
    assert judged(lab, whole=False)["bodies"]
    assert read[0] == "config/descriptions/samples1.yaml"
    assert {*read[1:]} <= {f"config/descriptions/{name}1.yaml" for name in ("tubes", "run")}


def lay_out_work(root: Path) -> OrderLab:
    """A laboratory with two sealed submissions and one that is being gathered, each in files of its own."""
    lab = OrderLab(root)
    for number in (1, 2, 3):
        lab.write(f"order{number}.yaml", dump(order(f"o{number}", assets=[f"tube{number}"])))
        lab.write(f"work{number}.yaml", dump(submission(f"o{number}", name=f"s{number}", submit=number < 3)))
    apply_later(lab)
    return lab


OPEN = {"order3", "work3"}
EVENT = {"asset": "tube2", "request_type": "Library creation", "event": "start"}


@pytest.mark.parametrize(
    ("edited", "document", "code", "along"),
    [
        ("progress2", progress(EVENT, of="s2"), None, OPEN),
        ("progress2", progress({**EVENT, "asset": "tube1"}, of="s2"), "unknown_reference", OPEN),
        ("progress2", progress({**EVENT, "event": "pass"}, of="s2"), "illegal_transition", OPEN),
        ("progress2", progress(EVENT, of="s3"), "not_applicable", OPEN),
        ("progress2", progress({**EVENT, "at": "noon"}, of="s2"), "invalid_time", OPEN),
        ("work2", submission("o2", name="s2", cancel="true"), None, OPEN | {"order2"}),
        ("order4", order("o4", assets=["tube1"]), None, OPEN),
        ("order2", order("o2", assets=["tube5"]), "order_sealed", OPEN | {"work2"}),
    ],
)
def test_work_that_is_sealed_is_not_read_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edited: str,
    document: dict[str, Any],
    code: str | None,
    along: set[str],
) -> None:
    """Only what was edited is, with what refers to it and with what is open."""
    lab = lay_out_work(tmp_path / "lab")
    lab.write(f"{edited}.yaml", dump(document))
    expected = judged(lab, whole=True)
    assert code in {problem["code"] for problem in expected["problems"]} | {None}
    read: list[str] = []
    monkeypatch.setattr(delta, "read_bytes", lambda root, path: read.append(Path(path).stem) or read_bytes(root, path))
    taken = take_short_ways(monkeypatch)
    assert judged(lab, whole=False) == expected
    assert taken == [True]
    assert set(read) == {edited, *along}


@pytest.mark.parametrize("state", ["sealed", "settled"])
def test_open_work_that_a_damaged_index_does_not_name_is_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    lab = lay_out_work(tmp_path / "lab")
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection, connection:
        was = "locked" if state == "sealed" else "sealed"
        connection.execute("UPDATE things SET state = ? WHERE kind = 'order' AND state = ?", (state, was))
    lab.write("order4.yaml", dump(order("o4", assets=["tube1"])))
    taken = take_short_ways(monkeypatch)
    assert judged(lab, whole=False) == judged(lab, whole=True)
    assert taken == []


def test_what_a_sealed_order_takes_is_known_without_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its assets, its submission and its group: by a new order that takes one of them too."""
    lab = lay_out_work(tmp_path / "lab")
    taken = take_short_ways(monkeypatch)
    lab.write("order4.yaml", dump(order("o4", assets=["tube1"])))
    lab.write("work4.yaml", dump(submission("o4", name="s4", submit=None)))
    told = judged(lab, whole=False)
    assert [problem["code"] for problem in told["problems"]] == ["duplicate_work"]
    assert "the submission 's1' takes this asset" in told["problems"][0]["message"]
    lab.write("work4.yaml", dump(submission("o4", "o1", name="s4", submit=None)))
    assert "order_in_two_submissions" in {problem["code"] for problem in judged(lab, whole=False)["problems"]}
    assert taken == [True, False]  # where the other is described, only the whole can tell


def tell(root: Path, *steps: dict[str, dict[str, Any] | None], **config: Any) -> list[str]:
    """Write and remove files step by step, judge each step both ways and apply it; the codes of the last one."""
    lab = OrderLab(root, **config)
    problems: list[dict[str, Any]] = []
    for step in steps:
        for name, document in step.items():
            path = lab.descriptions / f"{name}.yaml"
            path.unlink() if document is None else path.write_text(dump(document))
        told = judged(lab, whole=False)
        assert told == judged(lab, whole=True)
        problems = told["problems"]
        if not any(problem["severity"] == "error" for problem in problems):
            apply_later(lab)
            assert judged(lab, whole=False) == judged(lab, whole=True)
    return [problem["code"] for problem in problems]


def group(study: str = "Cohort") -> dict[str, Any]:
    return {"asset_group": {"uuid": GIVEN, "name": "G", "study": study, "assets": ["tube1"]}}


GIVEN = "4f8ef0f5-5f0a-4b9d-8d1b-2f6d3c1c3e5a"
TAKING = order(assets=None, asset_group_name="G")


def test_an_order_whose_group_moved_while_nothing_described_its_submission_is_not_sealed(tmp_path: Path) -> None:
    before = ({"g": group(), "o": TAKING, "s": building()}, {"s": None}, {"g": group("Other study")})
    assert tell(tmp_path / "lab", *before, {"s": submission()}) == ["asset_group_conflict"]


def test_a_group_that_a_sealed_order_holds_and_another_made_is_not_described(tmp_path: Path) -> None:
    """Its record names its maker for good, and so nothing is left for a description to say."""
    made = {"o1": order(asset_group_name="G"), "o2": order("o2", assets=None, asset_group_name="G")}
    described = {"asset_group": {"name": "G", "study": "Cohort", "assets": ["tube1"]}}
    before = ({**made, "s2": submission("o2", name="s2")}, {"o1": order(assets=None, asset_group="G")})
    assert tell(tmp_path / "lab", *before, {"g": described}) == ["asset_group_conflict"]
    assert tell(tmp_path / "other", *before, {"s1": submission()}, {"o9": order("o9", assets=["tube3"])}) == []


@pytest.mark.parametrize("kind", ["asset", "project"])
def test_a_sealed_order_knows_what_it_names_though_that_is_like_a_new_uuid(tmp_path: Path, kind: str) -> None:
    name = GIVEN.upper()
    named = order(assets=[name]) if kind == "asset" else order(project=name)
    before = ({"named": {kind: {"name": name}}}, {"o": named, "s": submission()})
    assert tell(tmp_path / "lab", *before, {"new": {kind: {"name": "fresh", "uuid": GIVEN}}}) == []


def test_a_group_that_is_an_orders_again_is_no_orphan(tmp_path: Path) -> None:
    emptied = {"o": order(assets=None)}
    assert tell(tmp_path / "lab", {"o": order()}, emptied, {"o": None}, emptied, {"other": order("o2")}) == []


@pytest.mark.parametrize("batch", [None, building("o2"), submission("o2")])
def test_a_group_that_its_maker_leaves_is_kept_for_who_has_it(tmp_path: Path, batch: dict[str, Any] | None) -> None:
    made, taken = order(uuid=GIVEN), order("o2", assets=None, asset_group_name=GIVEN)
    before = ({"o1": made, "o2": taken}, {"s": batch} if batch else {})
    left = order(uuid=GIVEN, assets=None), order(uuid=GIVEN, assets=None, asset_group_name=GIVEN)
    assert tell(tmp_path / "lab", *before, {"o1": left[0]}, {"o1": left[1]}, {"o1": left[0]}) == []
    gone = tell(tmp_path / "other", *before, {"o2": None}, {"o1": left[0]}, {"o1": left[1]})
    assert set(gone) == (set() if batch == submission("o2") else {"orphaned"})


def test_a_name_that_a_group_gives_up_is_nobody_else_s_in_that_run(tmp_path: Path) -> None:
    renamed = {"asset_group": {**group()["asset_group"], "name": "H"}}
    made = order(asset_group_name="G", assets=["tube2"])
    assert tell(tmp_path / "lab", {"g": group()}, {"g": renamed, "o": made}) == ["cannot_change"]
    assert tell(tmp_path / "other", {"g": group()}, {"g": renamed}, {"o": made}, {"s": building()}) == []


@pytest.mark.parametrize("batch", [building(), submission()])
def test_what_a_locked_order_calls_a_tube_by_an_old_name_is_the_same_either_way(
    tmp_path: Path, batch: dict[str, Any]
) -> None:
    def tube(name: str) -> dict[str, Any]:
        return {"asset": {"uuid": GIVEN, "name": name}}

    before = (
        {"t": tube("a"), "o": order(assets=["a"]), "s": building()},
        {"t": tube("b")},
        {"t2": {"asset": {"name": "a"}}},
    )
    after = ({"s": batch}, {"t": tube("c")}, {"o": order(assets=["b"])})
    assert tell(tmp_path / "lab", *before, *after) == []
    other = "order_locked" if batch == building() else "order_sealed"
    assert tell(tmp_path / "other", *before, {"s": batch}, {"o": order(assets=["tube2"])}) == [other]


def test_what_a_library_may_not_have_is_told_where_that_is_described(tmp_path: Path) -> None:
    library = library_of(library_layout_nominal_length=400)
    before = {"samples": biosamples(), "library": library, "run": sequenced(instrument_make="ILLUMINA")}
    assert tell(tmp_path / "lab", before, {"run": sequenced(instrument_make="OXFORD_NANOPORE")}) == ["not_applicable"]


def test_a_stub_of_the_uuid_that_is_the_name_of_another_makes_that_ambiguous(tmp_path: Path) -> None:
    name = derive("biosample", "new")
    before = {"samples": biosamples(name), "run": run_of(biosamples=[name])}
    after = {"tube": {"asset": {"name": "T", "biosamples": ["new"]}}}
    codes = tell(tmp_path / "lab", before, after, unregistered_biosamples="stub")
    assert "ambiguous_reference" in codes


@pytest.mark.parametrize("is_name_first", [True, False])
def test_a_name_that_another_has_as_its_uuid_is_not_taken_for_what_it_was(tmp_path: Path, is_name_first: bool) -> None:
    """A reference to it may mean either from then on, whichever was there first."""
    lab, text = Lab(tmp_path / "lab"), "4f8ef0f5-5f0a-4b9d-8d1b-2f6d3c1c3e5a"
    both: list[dict[str, Any]] = [{"central_sample_id": text}, {"central_sample_id": "other", "uuid": text}]
    first, second = both if is_name_first else both[::-1]
    lab.describe({"biosample": first}, name="first.yaml")
    lab.describe({"asset": {"name": "T1", "biosamples": [text]}}, name="tube.yaml")
    apply_later(lab)
    lab.describe({"biosample": second}, name="second.yaml")
    short, long = judged(lab, whole=False), judged(lab, whole=True)
    assert short == long
    assert "ambiguous_reference" in {problem["code"] for problem in long["problems"]}


def test_a_new_study_with_the_old_name_of_another_is_held_against_what_names_that(tmp_path: Path) -> None:
    lab = OrderLab(tmp_path / "lab")
    studies, *rest = catalogue()
    lab.write("catalogue.yaml", dump(*rest))
    lab.write("studies.yaml", dump(studies))
    group = {"asset_group": {"name": "Plate 7", "study": "Cohort", "assets": ["tube1"]}}
    taking = order(assets=None, asset_group_name="Plate 7")
    lab.describe(group, taking, submission())
    apply_later(lab)
    lab.write("studies.yaml", dump(studies).replace("name: Cohort", "name: Cohort of old"))
    apply_later(lab)
    lab.write("new.yaml", "study: {name: Cohort}\n")
    assert judged(lab, whole=False) == judged(lab, whole=True)


def test_more_than_is_held_in_memory_is_judged_as_everything_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples(), run_of())
    apply_later(lab)
    lab.describe(biosamples(), run_of(library_strategy="WGA"))
    taken = take_short_ways(monkeypatch)
    expected = judged(lab, whole=False)
    monkeypatch.setattr(delta, "_MOST_WEIGHT", 1)
    assert judged(lab, whole=False) == expected == judged(lab, whole=True)
    assert taken == [True, False]


def test_where_more_than_half_of_much_is_described_anew_all_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one things cost more than twice of what each of all does."""
    lab = Lab(tmp_path / "lab")
    lab.describe(biosamples(*(f"A{n}" for n in range(3))), name="a.yaml")
    lab.describe(biosamples(*(f"B{n}" for n in range(4))), name="b.yaml")
    apply_later(lab)
    taken = take_short_ways(monkeypatch)
    monkeypatch.setattr(delta, "_FEW", 2)
    for name in ("a.yaml", "b.yaml"):
        (lab.descriptions / name).write_text((lab.descriptions / name).read_text() + "# edited\n")
        assert judged(lab, whole=False) == judged(lab, whole=True)
    assert taken == [True, False]


def test_with_a_mistake_in_the_configuration_everything_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples())
    taken = take_short_ways(monkeypatch)
    with (lab.root / "config/config.yaml").open("a") as config:
        config.write("colour: red\n")
    told = judged(lab, whole=False)
    assert told == judged(lab, whole=True)
    assert [problem["code"] for problem in told["problems"]] == ["unknown_field"]
    assert taken == [False]


def test_a_link_in_place_of_the_cache_is_not_followed(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    outside = tmp_path / "outside"
    outside.mkdir()
    (lab.root / ".seqmeta").symlink_to(outside)
    lab.good(biosamples(), run_of())
    assert list(outside.iterdir()) == []
    assert lab.good()["commit"] is None
