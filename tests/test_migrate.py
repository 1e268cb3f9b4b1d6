"""Records that an older schema wrote: read as they are, and brought forward by `seqmeta migrate`.

The newer seqmeta is the package itself, copied, with newer schemas in the place where a developer would write them.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import seqmeta as package
from seqmeta.upgrades import UpgradeError, bring_forward, parse_upgrade

UPGRADES = {
    "study": [{"rename": "description", "to": "summary"}],
    "biosample": [{"rename": "taxon_id", "to": "taxon"}, {"add": "is_human", "value": "false", "type": "boolean"}],
    "order": [{"rename": "comments", "to": "remarks"}],
    "asset_group": [{"remove": "remarks"}],
    "submission": [{"rename": "comments", "to": "remarks"}],
}
FIELDS = {"study": {"description": "summary"}, "biosample": {"taxon_id": "taxon"}, "order": {"comments": "remarks"}}
FIELDS["submission"] = FIELDS["order"]


@pytest.fixture(scope="module")
def tomorrow(tmp_path_factory):
    """A seqmeta in which five kinds have a second schema."""
    folder = tmp_path_factory.mktemp("tomorrow")
    shutil.copytree(Path(package.__file__).parent, folder / "seqmeta")
    for kind, steps in UPGRADES.items():
        path = folder / f"seqmeta/schemas/{kind}.yaml"
        schema = yaml.load(path.read_text(), yaml.BaseLoader)
        names = FIELDS.get(kind, {})
        schema["fields"] = {names.get(name, name): rules for name, rules in schema["fields"].items()}
        if kind == "biosample":
            rules = {"type": "boolean", "meta": {"about": "whether it is of a person"}}
            schema["fields"]["is_human"] = rules
        schema |= {"version": "2", "upgrades": [{"about": "better names", "steps": steps}]}
        path.write_text(yaml.safe_dump(schema, sort_keys=False))
    return folder


class Workspace:
    """A workspace that seqmeta of today and of tomorrow are called in."""

    def __init__(self, root, tomorrow):
        self.root, self.tomorrow, self.records = root, tomorrow, root / "records"

    def call(self, *words, by_tomorrow=True):
        paths = {"PYTHONPATH": str(self.tomorrow)} if by_tomorrow else {}
        command = [sys.executable, "-m", "seqmeta", *words]
        return subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=False, env={**os.environ, **paths}
        )

    def json(self, *words, code=0):
        done = self.call(*words, "--format", "json")
        assert done.returncode == code, done.stderr + done.stdout
        return json.loads(done.stdout)

    def today(self, *words):
        return self.call(*words, by_tomorrow=False)

    def git(self, *words):
        done = subprocess.run(["git", "-C", self.records, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def files(self):
        return {path: path.read_bytes() for path in self.records.glob("*/*/*.json")}

    def of_kind(self, folder):
        return {path: json.loads(data) for path, data in self.files().items() if path.parts[-3] == folder}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, tomorrow):
    """A workspace with a sealed submission, recorded by the seqmeta of today."""
    root = tmp_path_factory.mktemp("recorded") / "lab"
    made = Workspace(root.parent, tomorrow)
    assert made.today("init", "lab").returncode == 0
    lab = Workspace(root, tomorrow)
    orders = root / "config/descriptions/orders.yaml"
    text = orders.read_text().replace("  name: First order\n", "  name: First order\n  comments: handle with care\n")
    orders.write_text(text)
    with (root / "config/descriptions/samples.yaml").open("a") as file:
        file.write("---\nstudies:\n- {name: Plain study}\n- {name: Told study, description: told}\n")
    assert lab.today("apply").returncode == 0
    # What people do when their seqmeta is a newer one: they write the newer keys.
    orders.write_text(text.replace("  comments:", "  remarks:"))
    samples = root / "config/descriptions/samples.yaml"
    samples.write_text(samples.read_text().replace("description: told", "summary: told").replace("taxon_id:", "taxon:"))
    samples.write_text(samples.read_text().replace("  description: What results", "  summary: What results"))
    samples.write_text(samples.read_text().replace(", collection_date", ", is_human: false, collection_date"))
    return lab


@pytest.fixture
def lab(recorded, tmp_path):
    shutil.copytree(recorded.root, tmp_path / "lab")
    return Workspace(tmp_path / "lab", recorded.tomorrow)


def test_what_an_older_schema_wrote_is_read_in_the_present_one(lab):
    before = lab.files()
    shown = lab.json("show", "study/Told study")
    assert shown["study"]["summary"] == "told"
    assert "description" not in shown["study"]
    assert shown["meta"]["schema"] == "study/2"
    assert lab.json("show", "First order")["order"]["remarks"] == "handle with care"
    assert lab.json("verify")["strength"] == "consistent"
    planned = lab.json("plan")
    assert (planned["problems"], planned["created"], planned["updated"]) == ([], [], [])
    assert lab.json("apply")["commit"] is None
    assert lab.files() == before


def test_a_change_to_one_record_writes_that_one_in_the_present_schema(lab):
    samples = lab.root / "config/descriptions/samples.yaml"
    samples.write_text(samples.read_text().replace("summary: told", "summary: told anew"))
    planned = lab.json("plan")["updated"]
    assert [of["changes"] for of in planned] == [[{"path": "study.summary", "from": "told", "to": "told anew"}]]
    lab.json("apply")
    metas = {of["study"]["name"]: of["meta"] for of in lab.of_kind("studies").values()}
    assert {name: (meta["schema"], meta["version"]) for name, meta in metas.items()} == {
        "Told study": ("study/2", 2),
        "Plain study": ("study/1", 1),
        "Example study": ("study/1", 1),
    }
    assert lab.json("verify")["strength"] == "consistent"


def test_the_plan_says_what_changes_and_changes_nothing(lab):
    before, head = lab.files(), lab.git("rev-parse", "HEAD")
    plan = lab.json("migrate")
    assert plan["commit"] is None
    moved = {(of["kind"], of["name"]): of for of in plan["migrated"]}
    assert set(moved) == {
        *(("study", name) for name in ("Example study", "Told study", "Plain study")),
        *(("biosample", name) for name in ("EX-001", "EX-002")),
    }
    assert plan["sealed"] == 3, "the order, its group and the submission"
    told = moved["study", "Told study"]
    assert told["schemas"] == {"from": "study/1", "to": "study/2"}
    assert told["versions"] == {"from": 1, "to": 2}
    assert told["changes"] == [
        {"path": "study.description", "from": "told", "to": None},
        {"path": "study.summary", "from": None, "to": "told"},
    ]
    assert moved["study", "Plain study"]["versions"] == {"from": 1, "to": 1}
    assert (lab.files(), lab.git("rev-parse", "HEAD")) == (before, head)
    text = lab.call("migrate").stdout
    assert "would migrate study Told study from study/1 to study/2, version 1 → 2\n" in text
    assert "would migrate study Plain study from study/1 to study/2, the same version\n" in text
    assert text.endswith("would migrate 5 records; 3 sealed by older ones stay as they are: "
                         "`seqmeta migrate --apply` does it\n")  # fmt: skip


def test_it_is_one_commit_that_leaves_what_is_sealed_as_it_was(lab):
    before, count = lab.files(), int(lab.git("rev-list", "--count", "HEAD"))
    done = lab.json("migrate", "--apply")
    assert done["commit"] == lab.git("rev-parse", "HEAD")
    assert int(lab.git("rev-list", "--count", "HEAD")) == count + 1
    assert lab.git("status", "--porcelain") == ""
    after = lab.files()
    changed = {path.parts[-3] for path in after if after[path] != before[path]}
    assert changed == {"studies", "biosamples"}
    assert {of["meta"]["schema"] for of in lab.of_kind("orders").values()} == {"order/1"}
    for path, record in lab.of_kind("studies").items():
        old = json.loads(before[path])
        assert record["meta"]["schema"] == "study/2"
        has_new_body = record["study"] != old["study"]
        assert has_new_body == (record["study"]["name"] != "Plain study")
        assert record["meta"]["version"] == old["meta"]["version"] + has_new_body
    assert all(of["biosample"]["is_human"] is False for of in lab.of_kind("biosamples").values())
    assert "Migrate 3 studies, 2 biosamples" in lab.git("log", "-1", "--format=%s").replace(
        "2 biosamples, 3 studies", "3 studies, 2 biosamples"
    )
    assert lab.json("verify")["strength"] == "consistent"
    assert lab.json("apply")["commit"] is None
    again = lab.json("migrate", "--apply")
    assert (again["commit"], again["migrated"]) == (None, [])


def test_who_set_a_field_is_who_wrote_it_first(lab):
    lab.json("migrate", "--apply")
    first = lab.git("rev-list", "--max-parents=0", "HEAD")
    origins = {of["path"]: of["commit"] for of in lab.json("blame", "study/Told study")}
    assert origins["study.summary"] == first
    versions = lab.json("log", "study/Told study")
    assert [(of["version"], of["brought_from"], of["changes"]) for of in versions] == [
        (2, "study/1", []),
        (1, None, []),
    ]
    assert "from the schema study/1 to a newer one" in lab.call("log", "study/Told study").stdout
    assert [of["version"] for of in lab.json("log", "study/Plain study")] == [1], "no version came of it"


def test_a_newer_schema_is_refused_by_name(lab):
    lab.json("migrate", "--apply")
    for words in (("plan",), ("list", "studies"), ("apply",)):
        refused = lab.today(*words)
        assert refused.returncode == 3
        assert "study/2" in refused.stderr or "biosample/2" in refused.stderr
        assert "this seqmeta reads" in refused.stderr
    verified = lab.today("verify", "--format", "json")
    assert verified.returncode == 1
    assert "unknown_schema" in {of["code"] for of in json.loads(verified.stdout)["findings"]}


def test_a_record_that_cannot_be_brought_forward_is_named(lab):
    (path, record) = next((p, r) for p, r in lab.of_kind("studies").items() if r["study"]["name"] == "Told study")
    record["study"]["summary"] = "forged"
    path.write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "forged")
    refused = lab.call("plan")
    said = f"{path.relative_to(lab.records)} cannot be brought forward from study/1: it has both description and"
    assert (refused.returncode, said in refused.stderr) == (3, True), refused.stderr


@pytest.mark.parametrize(
    ("schema", "version", "code"),
    [("study/2", 2, "wrong_version"), ("study/1", 2, "wrong_version"), ("study/3", 1, "unknown_schema")],
)
def test_verify_knows_a_migration_from_a_forged_one(lab, schema, version, code):
    (path, record) = next((p, r) for p, r in lab.of_kind("studies").items() if r["study"]["name"] == "Plain study")
    record["meta"] |= {"schema": schema, "version": version}
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "forged")
    assert code in {of["code"] for of in lab.json("verify", code=1)["findings"]}


def test_going_back_to_an_older_schema_is_a_violation(lab):
    lab.json("migrate", "--apply")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "revert", "--no-edit", "HEAD")
    codes = {of["code"] for of in lab.json("verify", code=1)["findings"]}
    assert "wrong_version" in codes


def test_sealed_bytes_may_not_be_brought_forward(lab):
    (path,) = lab.of_kind("orders")
    text = path.read_text().replace('"order/1"', '"order/2"').replace('"comments"', '"remarks"')
    path.write_text(text)
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "forged")
    assert "sealed_changed" in {of["code"] for of in lab.json("verify", code=1)["findings"]}


def test_a_remote_gets_it_and_another_workspace_sees_it(lab, tmp_path):
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "shared.git"], check=True)
    config = lab.root / "config/config.yaml"
    config.write_text(config.read_text() + f"\nremote: {tmp_path / 'shared.git'}\n")
    done = lab.json("migrate", "--apply")
    pushed = subprocess.run(
        ["git", "-C", tmp_path / "shared.git", "rev-parse", "main"], capture_output=True, text=True, check=True
    )
    assert pushed.stdout.strip() == done["commit"]


def test_where_nothing_moves_what_an_earlier_run_could_not_push_is_pushed(lab, tmp_path):
    """The run was told that the next one pushes."""
    done = lab.json("migrate", "--apply")
    config = lab.root / "config/config.yaml"
    config.write_text(config.read_text() + f"\nremote: {tmp_path / 'shared.git'}\n")
    unreachable = lab.json("migrate", "--apply")
    assert unreachable["commit"] is None
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "shared.git"], check=True)
    assert lab.json("migrate", "--apply")["commit"] is None
    pushed = subprocess.run(
        ["git", "-C", tmp_path / "shared.git", "rev-parse", "main"], capture_output=True, text=True, check=True
    )
    assert pushed.stdout.strip() == done["commit"]


def test_before_the_first_run_there_is_nothing_to_migrate(tmp_path, tomorrow):
    Workspace(tmp_path, tomorrow).today("init", "lab")
    refused = Workspace(tmp_path / "lab", tomorrow).call("migrate")
    assert refused.returncode == 3
    assert "`seqmeta apply` makes them" in refused.stderr


def upgrade(*steps):
    return parse_upgrade({"about": "a test", "steps": list(steps)})


BODY = {"a": {"b": [{"c": "x"}, {"c": "y", "d": "z"}, "plain"]}, "k": {"one": {"c": "x"}, "two": {}}, "t": "old"}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"rename": "t", "to": "u"}, {"a": BODY["a"], "k": BODY["k"], "u": "old"}),
        ({"rename": "a.b.*.c", "to": "e"}, {**BODY, "a": {"b": [{"e": "x"}, {"e": "y", "d": "z"}, "plain"]}}),
        ({"remove": "k.*.c"}, {**BODY, "k": {"one": {}, "two": {}}}),
        ({"remove": "nothing.here"}, BODY),
        ({"add": "n", "value": "3", "type": "integer"}, {**BODY, "n": 3}),
        ({"add": "t", "value": "new", "type": "string"}, BODY),
        ({"respell": "a.b.*", "from": "plain", "to": "fine"}, {**BODY, "a": {"b": [*BODY["a"]["b"][:2], "fine"]}}),
        ({"respell": "t", "from": "old", "to": "new"}, {**BODY, "t": "new"}),
        ({"list": "t"}, {**BODY, "t": ["old"]}),
        ({"list": "a.b"}, BODY),
    ],
)
def test_steps(step, expected):
    before = json.dumps(BODY)
    assert bring_forward(BODY, [upgrade(step)]) == expected
    assert json.dumps(BODY) == before


@pytest.mark.parametrize(
    "step",
    [
        {"rename": "t"},
        {"rename": "uuid", "to": "id"},
        {"remove": "seal.root"},
        {"rename": "requests", "to": "works"},
        {"rename": "requests.*.uuid", "to": "id"},
        {"paint": "t"},
        {"rename": "a..b", "to": "c"},
        {"rename": "a.*", "to": "c"},
        {"add": "a", "value": "yes", "type": "boolean"},
        {"add": "a", "value": "many", "type": "integer"},
        {"add": "a", "value": "1.5", "type": "float"},
        "t",
    ],
)
def test_an_upgrade_that_is_none_is_refused(step):
    with pytest.raises(UpgradeError):
        upgrade(step)


def test_what_has_both_names_is_not_guessed_at():
    with pytest.raises(UpgradeError, match="both t and u"):
        bring_forward({"t": "1", "u": "2"}, [upgrade({"rename": "t", "to": "u"})])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["old", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abct"), inner, max_size=3),
    max_leaves=12,
)
STEPS = [
    {"rename": "a.b.*.c", "to": "e"},
    {"respell": "*", "from": "old", "to": "new"},
    {"list": "t"},
    {"remove": "a.*.b"},
]


@given(st.dictionaries(st.sampled_from("abct"), values), st.sampled_from(STEPS))
def test_any_body_whatever_its_shape_is_brought_forward_once(body, step):
    once = bring_forward(body, [upgrade(step)])
    assert bring_forward(once, [upgrade(step)]) == once
