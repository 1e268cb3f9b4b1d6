"""The rules of what is not sealed, of work tree, index and history; and that honest stores have no findings."""

import json
import os
import random
import shutil
import subprocess
import sys

import pytest
from honest_store import HonestStore, build_store, order_uuid, path_of, render, run_of, submission_uuid, uuid_of
from verifying import codes, found, judge, pretty

from seqmeta.errors import StoreError, UsageError
from seqmeta.git import Repository
from seqmeta.verification import derivations, diffs, history, mentions, refs, verify, worktree

verify_module = sys.modules["seqmeta.verification.verify"]  # the package's name `verify` is the function

STUDY = uuid_of("study", "Study 1")
STUDY_PATH = path_of("study", STUDY)


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    return build_store(tmp_path_factory.mktemp("verify") / "records", submissions=1)


@pytest.fixture
def store(original, tmp_path):
    return original.copy_to(tmp_path / "records")


def record(store, path=STUDY_PATH):
    return json.loads((store.path / path).read_bytes())


def commit_record(store, change, path=STUDY_PATH):
    """Commit a record after a change of it by hand; return the commit."""
    value = record(store, path)
    change(value)
    return store.commit_files({path: pretty(value)})


def test_an_empty_store_is_consistent(tmp_path):
    store = HonestStore(tmp_path / "records")
    verdict = judge(store)
    assert (verdict.strength, verdict.records, verdict.checkpoint) == ("consistent", 0, None)


def test_counts(store):
    verdict = judge(store)
    assert (verdict.commits, verdict.seals) == (5, 1)
    assert verdict.records == len([path for path in store.git("ls-files").splitlines() if path.endswith(".json")])


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "not_canonical"),
        (b"{}", "not_canonical"),
        (b"{}\n", "wrong_envelope"),
        (b"[]\n", "not_canonical"),
        (b"\xff\xfe{\x00}\x00", "not_canonical"),
        (pretty({"meta": {}}), "wrong_envelope"),
        (pretty({"meta": {}, "study": {}, "order": {}}), "wrong_envelope"),
        (pretty({"meta": {}, "unheard_of": {}}), "wrong_envelope"),
        (pretty({"study": {"uuid": STUDY}}), "wrong_envelope"),
        (pretty({"meta": [], "study": {"uuid": STUDY}}), "wrong_envelope"),
        (pretty({"meta": {}, "study": []}), "wrong_envelope"),
        (pretty({"meta": {}, "study": "text"}), "wrong_envelope"),
    ],
)
def test_what_is_no_record(store, content, code):
    commit = store.commit_files({STUDY_PATH: content})
    assert (STUDY_PATH, commit) in [(f.object, f.commit) for f in found(judge(store), code)]


@pytest.mark.parametrize(
    "change, code",
    [
        (lambda value: value["meta"].update(digest="sha256:" + "0" * 64), "wrong_digest"),
        (lambda value: value["meta"].update(digest=None), "wrong_digest"),
        (lambda value: value["study"].update(state="inactive"), "wrong_digest"),
        (lambda value: value["meta"].update(schema="study/2"), "unknown_schema"),
        (lambda value: value["meta"].update(schema="order/1"), "unknown_schema"),
        (lambda value: value["meta"].update(version=2), "wrong_version"),
        (lambda value: value["meta"].update(version=0), "wrong_version"),
        (lambda value: value["meta"].update(version=True), "wrong_version"),
        (lambda value: value["meta"].update(version="2"), "wrong_version"),
        (lambda value: value["meta"].update(more="x"), "wrong_envelope"),
        (lambda value: value["meta"].pop("schema"), "wrong_envelope"),
    ],
)
def test_what_is_wrong_in_meta(store, change, code):
    commit = commit_record(store, change)
    assert (STUDY_PATH, commit) in [(f.object, f.commit) for f in found(judge(store), code)]


@pytest.mark.parametrize(
    "data",
    [
        lambda data: data.replace(b"  ", b"    "),
        lambda data: data + b"\n",
        lambda data: data[:-1],
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b'"state"', b'"st\\u0061te"'),
        lambda data: data.replace(b'"version": 1', b'"version": 1.0'),
        lambda data: data.replace(b'"version": 1', b'"version": 1,\n    "version": 1'),
        lambda data: data.replace(b'"version": 1', b'"version": NaN'),
        lambda data: data.replace(b"Study 1", b"Study \xed\xa0\x80"),
        lambda data: data.replace(b"Study 1", b"Study \\ud800"),
    ],
)
def test_bytes_that_are_not_the_canonical_ones(store, data):
    content = (store.path / STUDY_PATH).read_bytes()
    changed = data(content)
    assert changed != content
    commit = store.commit_files({STUDY_PATH: changed})
    assert (STUDY_PATH, commit) in [(f.object, f.commit) for f in found(judge(store), "not_canonical")]


@pytest.mark.parametrize(
    "path",
    [
        path_of("project", STUDY),
        path_of("study", uuid_of("study", "other")),
        f"studies/zz/{STUDY}.json",
        f"studies/{STUDY}.json",
        f"studies/{STUDY[:2]}/deeper/{STUDY}.json",
        f"studies/{STUDY[:2]}/{STUDY.upper()}.json",
        f"Studies/{STUDY[:2]}/{STUDY}.json",
    ],
)
def test_a_record_at_a_wrong_place(store, path):
    commit = store.commit_files({path: (store.path / STUDY_PATH).read_bytes()})
    assert (path, commit) in [(f.object, f.commit) for f in found(judge(store), "wrong_path")]


@pytest.mark.parametrize("kind", ["progress", "submission", "order", "request_type"])
def test_what_others_are_derived_from_at_a_wrong_place(store, kind):
    """Its content is good, and another record's: of the same kind, or of another."""
    paths = [path_of(*of) for of in store.bodies if of[0] in (kind, "study")]
    place = path_of(kind, uuid_of(kind, "other"))
    for path in paths:
        commit = store.commit_files({place: (store.path / path).read_bytes()})
        assert (place, commit) in [(f.object, f.commit) for f in found(judge(store), "wrong_path")]
    taken = next(path_of(*of) for of in store.bodies if of[0] == kind)
    commit = store.commit_files({taken: (store.path / STUDY_PATH).read_bytes()})
    assert (taken, commit) in [(f.object, f.commit) for f in found(judge(store), "wrong_path")]


def test_a_body_without_uuid(store):
    commit = store.commit_files({STUDY_PATH: render("study", {"name": "Study 1"}, 2)})
    assert [f.commit for f in found(judge(store), "wrong_path")] == [commit]


@pytest.mark.parametrize("version, good", [(1, False), (2, True), (3, False)])
def test_a_changed_body_has_the_next_version(store, version, good):
    body = record(store)["study"] | {"description": "new"}
    commit = store.commit_files({STUDY_PATH: render("study", body, version)})
    if good:
        assert judge(store).findings == ()
    else:
        assert [(f.object, f.commit) for f in found(judge(store), "wrong_version")] == [(STUDY_PATH, commit)]


def test_an_unchanged_body_has_no_new_version(store):
    commit = store.commit_files({STUDY_PATH: render("study", record(store)["study"], 2)})
    assert [(f.object, f.commit) for f in found(judge(store), "wrong_version")] == [(STUDY_PATH, commit)]


def test_the_first_version_is_one(store):
    body = {"uuid": uuid_of("study", "Study 2"), "name": "Study 2"}
    path = path_of("study", body["uuid"])
    commit = store.commit_files({path: render("study", body, 2)})
    assert [(f.object, f.commit) for f in found(judge(store), "wrong_version")] == [(path, commit)]


def test_a_bad_version_is_named_even_when_it_was_mended_later(store):
    good = (store.path / STUDY_PATH).read_bytes()
    commit = store.commit_files({STUDY_PATH: b"{}\n"})
    store.commit_files({STUDY_PATH: good})
    assert commit in {f.commit for f in found(judge(store), "wrong_envelope")}


def test_what_is_wrong_at_a_place_again_is_named_where_it_was_first(store):
    good = (store.path / STUDY_PATH).read_bytes()
    first = store.commit_files({STUDY_PATH: b"{}\n"})
    store.commit_files({STUDY_PATH: good})
    store.commit_files({STUDY_PATH: b"{}\n"})
    assert [(of.object, of.commit) for of in found(judge(store), "wrong_envelope")] == [(STUDY_PATH, first)]


def test_a_removed_record(store):
    path = path_of("biosample", uuid_of("biosample", "BIO-Tube 9"))
    commit = store.commit_files({path: None})
    verdict = judge(store)
    assert [(f.object, f.commit) for f in found(verdict, "record_removed")] == [(path, commit)]
    assert path_of("asset", uuid_of("asset", "Tube 9")) in {f.object for f in found(verdict, "unknown_reference")}


LIBRARY = {"library_name": "new", "library_layout_config": "SINGLE"} | dict.fromkeys(
    ("library_seq_kit", "library_seq_protocol"), "as said"
)


def named(kind, name):
    return {"uuid": uuid_of(kind, name), "name": name}


GONE = {"uuid": uuid_of("biosample", "gone"), "central_sample_id": "gone"}
IN_STUDY = {"study": named("study", "Study 1")}
ORDER = {
    "name": "new",
    "state": "building",
    "template": named("order_template", "Simple"),
    "assets": [],
    "request_types": [],
    "request_options": {},
    **IN_STUDY,
}
SUBMISSION = {"state": "building", "priority": 0, "requests": [], "orders": []}
WORK = [named("request_type", "Library creation")]
REFERENCES = [
    ("library", {**LIBRARY, "biosamples": [GONE]}),
    ("sequencing_run", run_of(uuid_of("sequencing_run", "new"), library=named("library", "gone"))),
    ("asset", {"name": "new", "biosamples": [GONE]}),
    ("asset_group", {"name": "new", "study": named("study", "gone"), "assets": []}),
    ("asset_group", {"name": "new", **IN_STUDY, "assets": [named("asset", "gone")]}),
    ("order_template", {"name": "new", "request_types": [named("request_type", "gone")]}),
    ("order_template", {"name": "new", "request_types": WORK, "superseded_by": named("order_template", "gone")}),
    ("order", {**ORDER, "project": named("project", "gone")}),
    ("submission", {**SUBMISSION, "orders": [{"uuid": order_uuid("gone"), "name": "gone"}]}),
    ("submission", {**SUBMISSION, "supersedes": {"uuid": submission_uuid(9), "name": "gone"}}),
]


@pytest.mark.parametrize("kind, fields", REFERENCES)
def test_a_reference_to_what_is_not_there(store, kind, fields):
    identity = uuid_of(kind, "new")
    path = path_of(kind, identity)
    store.commit_files({path: render(kind, {"uuid": identity, **fields}, 1)})
    verdict = judge(store)
    assert codes(verdict) == {"unknown_reference"}
    assert [f.object for f in verdict.findings] == [path]


def test_a_reference_to_a_thing_of_another_kind(store):
    identity = uuid_of("sequencing_run", "new")
    body = run_of(identity, library={"uuid": STUDY, "name": "Study 1"})
    store.commit_files({path_of("sequencing_run", identity): render("sequencing_run", body, 1)})
    assert codes(judge(store)) == {"unknown_reference"}


HOSTILE = [None, True, 7, "text", [], {}, [None], [[]], [{}], {"uuid": 7}, {"uuid": "x"}, [{"uuid": STUDY.upper()}]]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_fields_of_any_shape_are_findings_and_never_a_traceback(store, value):
    """Each field of every kind that the verification reads, with a value of a shape that it cannot have."""
    files = {}
    for (kind, identity), body in store.bodies.items():
        for field in body:
            hostile = uuid_of(kind, identity, field)
            changed = body | {field: value} | ({} if field == "uuid" else {"uuid": hostile})
            files[path_of(kind, hostile)] = render(kind, changed, 1)
            seal = body.get("seal")
            if field in {"orders", "root"} and seal:
                files[path_of(kind, hostile)] = render(kind, body | {"uuid": hostile, "seal": seal | {field: value}}, 1)
    store.commit_files(files)
    assert judge(store).findings


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
@pytest.mark.parametrize("field", ["uuid", "orders", "upstream", "request_type", "asset", "study"])
def test_requests_of_any_shape_are_findings_and_never_a_traceback(store, field, value):
    body = store.bodies["submission", submission_uuid(1)]
    path = path_of("submission", body["uuid"])
    requests = [request | {field: value} for request in body["requests"]]
    store.commit_files({path: render("submission", body | {"requests": requests}, 9)})
    assert path in {f.object for f in judge(store).findings}


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_a_list_of_requests_of_any_shape_is_a_finding_and_never_a_traceback(store, value):
    body = store.bodies["submission", submission_uuid(1)]
    path = path_of("submission", body["uuid"])
    store.commit_files({path: render("submission", body | {"requests": value}, 9)})
    assert path in {f.object for f in judge(store).findings}


# work tree and index


def test_a_record_that_was_never_committed(store):
    path = path_of("study", uuid_of("study", "Study 2"))
    target = store.path / path
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"{}")
    assert [(f.object, f.code) for f in judge(store).findings] == [(path, "worktree_differs")]


@pytest.mark.parametrize("what", ["removed", "folder", "link", "fifo", "linked folder"])
def test_what_stands_in_place_of_a_record(store, what, tmp_path):
    target = store.path / STUDY_PATH
    content = target.read_bytes()
    target.unlink()
    if what == "folder":
        target.mkdir()
    elif what == "link":
        (tmp_path / "same").write_bytes(content)
        target.symlink_to(tmp_path / "same")
    elif what == "fifo":
        os.mkfifo(target)
    elif what == "linked folder":
        target.parent.rmdir()
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / target.name).write_bytes(content)
        target.parent.symlink_to(tmp_path / "elsewhere")
    verdict = verify(Repository.open(store.path, check=False))
    assert STUDY_PATH in {f.object for f in found(verdict, "worktree_differs")}


def test_a_kinds_folder_that_is_a_link(store, tmp_path):
    shutil.move(store.path / "studies", tmp_path / "studies")
    (store.path / "studies").symlink_to(tmp_path / "studies")
    assert {f.object for f in found(judge(store), "worktree_differs")} == {"studies", STUDY_PATH}


def test_a_file_in_place_of_a_kinds_folder(store):
    shutil.rmtree(store.path / "studies")
    (store.path / "studies").write_text("x")
    assert {f.object for f in found(judge(store), "worktree_differs")} == {"studies", STUDY_PATH}


@pytest.mark.parametrize(
    "what, said", [("link", "Too many levels"), ("fifo", "no regular file"), ("nothing", "No such file")]
)
def test_a_file_replaced_while_it_is_looked_at(store, what, said, monkeypatch):
    """The folder was listed with a regular file in it, and then there is something else: it is not followed."""
    target = store.path / STUDY_PATH
    target.write_bytes(b"edited")
    listed = worktree._walk

    def walk(root, folder):
        for path, strange in listed(root, folder):
            if path == STUDY_PATH:
                target.unlink(missing_ok=True)
                if what == "link":
                    target.symlink_to("/etc/passwd")
                elif what == "fifo":
                    os.mkfifo(target)
            yield path, strange

    monkeypatch.setattr(worktree, "_walk", walk)
    monkeypatch.setattr(verify_module, "_MOST_LOOKS", 1)
    verdict = verify(Repository.open(store.path, check=False))
    (finding,) = found(verdict, "worktree_differs")
    assert finding.object == STUDY_PATH
    assert said in finding.message


def test_references_that_never_hold_still(store, monkeypatch):
    monkeypatch.setattr(refs, "_MOST_READINGS", 0)
    with pytest.raises(StoreError, match="change all the time"):
        verify(Repository.open(store.path, check=False))


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"DIRC\0\0\0\2\0\0\0\1"])
def test_an_index_that_cannot_be_read(store, content):
    index = store.path / ".git" / "index"
    index.unlink()
    if content is not None:
        index.write_bytes(content)
    assert codes(judge(store)) == {"index_differs"}


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_an_index_that_has_a_record_as_one_side_of_a_conflict(store, stage):
    """As a merge leaves it that nobody has ended; git would not commit it, whatever it holds."""
    blob = store.git("rev-parse", f"HEAD:{STUDY_PATH}")
    entry = f"0 {'0' * 40}\t{STUDY_PATH}\n100644 {blob} {stage}\t{STUDY_PATH}\n"
    store.git("update-index", "--index-info", data=entry.encode())
    (finding,) = judge(store).findings
    assert (finding.code, finding.object) == ("index_differs", STUDY_PATH)
    assert finding.message == f"{STUDY_PATH}: in the index with mode 100644 and stage {stage}"


@pytest.mark.parametrize("setting", ["index.version=4", "core.splitIndex=true"])
def test_an_index_of_another_form_is_read(store, setting):
    name, value = setting.split("=")
    store.git("config", name, value)
    store.git("update-index", "--force-write-index", *(["--split-index"] if "split" in name else []))
    assert judge(store).findings == ()


def test_a_record_made_executable(store):
    (store.path / STUDY_PATH).chmod(0o755)
    commit = store.commit_files({})
    assert (STUDY_PATH, commit) in [(f.object, f.commit) for f in found(judge(store), "unexpected_entry")]


@pytest.mark.parametrize("name", [STUDY_PATH, "link", "orders/link"])
def test_a_committed_link(store, name):
    (store.path / name).unlink(missing_ok=True)
    (store.path / name).symlink_to("/etc/passwd")
    commit = store.commit_files({})
    assert (name, commit) in [(f.object, f.commit) for f in found(judge(store), "unexpected_entry")]


def test_a_submodule(store):
    store.git("update-index", "--add", "--cacheinfo", f"160000,{store.head()},orders/module")
    store.git("commit", "-q", "-m", "By hand")
    commit = store.head()
    (store.path / "orders" / "module").mkdir()
    second = store.commit_files({".gitmodules": b'[submodule "x"]\n\tpath = orders/module\n\turl = /nowhere\n'})
    findings = {(f.object, f.commit) for f in found(judge(store), "unexpected_entry")}
    assert findings >= {("orders/module", commit), (".gitmodules", second)}


# revisions


def test_an_older_revision_is_judged_by_what_was_there_then(store):
    middle = store.git("rev-parse", f"seal/{submission_uuid(1)}^{{commit}}~1")
    verdict = judge(store, rev=middle)
    assert verdict.findings == ()
    assert (verdict.commits, verdict.seals) == (3, 0)
    commit_record(store, lambda value: value["meta"].update(version=9))
    assert judge(store, rev="HEAD~1").findings == ()
    assert judge(store, rev="HEAD").findings
    assert judge(store).findings


def test_a_revision_that_is_not_there(store):
    for rev in ("gone", "--output=x", "", "HEAD\n"):
        with pytest.raises(StoreError):
            verify(Repository.open(store.path, check=False), rev=rev)


def test_a_checkpoint_is_not_compared_with_a_revision(store, tmp_path):
    with pytest.raises(UsageError):
        verify(Repository.open(store.path, check=False), rev="HEAD", checkpoint=tmp_path / "line")


# honest stores


@pytest.mark.parametrize("how", ["--no-local", "--bare then again", "gc", "repack", "packed refs", "other branch"])
def test_an_honest_store_elsewhere_is_still_honest(store, tmp_path, how):
    path = tmp_path / "clone"
    if how in {"gc", "repack", "packed refs"}:
        commands = {"gc": ["gc", "--prune=now", "-q"], "repack": ["repack", "-a", "-d", "-q"]}
        store.git(*commands.get(how, ["pack-refs", "--all"]))
        path = store.path
    elif how == "other branch":
        store.git("checkout", "-q", "--detach")
        path = store.path
    else:
        source = store.path
        if "bare" in how:
            source = tmp_path / "bare.git"
            store.git("clone", "-q", "--bare", "--no-local", str(store.path), str(source))
        store.git("clone", "-q", "--no-local", str(source), str(path))
    assert judge(path).findings == ()


class RandomLab:
    """An honest store in which things are described, changed, ordered, submitted and reported, as chance has it."""

    def __init__(self, path, chance):
        self.store, self.chance = HonestStore(path), chance
        self.building, self.submitted, self.orders, self.runs = [], [], 0, 0

    def work(self):
        self.store.catalogue()
        for _ in range(self.chance.randrange(3, 12)):
            for _ in range(self.chance.randrange(1, 4)):
                self.chance.choice([self.describe, self.change, self.order, self.submit, self.report, self.run])()
            self.store.commit()
            if self.chance.random() < 0.2:
                self.store.commit_files({"notes.txt": str(self.chance.random()).encode()})
        if self.chance.random() < 0.3:
            self.store.git("gc", "-q")
        return self.store

    def describe(self):
        self.store.asset(f"Tube {self.chance.randrange(9)}")

    def change(self):
        self.store.thing("study", "Study 1", state="active", description=f"step {self.chance.random()}")

    def order(self):
        members = []
        for _ in range(self.chance.randrange(1, 4)):
            self.orders += 1
            tubes = [f"T{self.orders}.{number}" for number in range(self.chance.randrange(1, 4))]
            group = self.chance.choice([None, f"Group {self.orders}"])
            members.append(self.store.order(f"Order {self.orders}", tubes, group))
        self.building.append(self.store.submission(f"Submission {self.orders}", members))

    def submit(self):
        if self.building:
            self.submitted.append(self.store.submit(self.building.pop()))

    def report(self):
        if self.submitted:
            progress = uuid_of("progress", self.chance.choice(self.submitted))
            body = self.store.bodies["progress", progress]
            requests = dict(body["requests"])
            uuid = self.chance.choice(sorted(requests))
            was = requests[uuid]
            event, to = {
                "pending": ("start", "started"),
                "started": ("pass", "passed"),
                "passed": ("return", "pending"),
            }[was["state"]]
            number = sum(len(of["events"]) for of in requests.values())
            event = {"number": number, "event": event, "from": was["state"], "to": to}
            requests[uuid] = {"state": to, "events": [*was["events"], event]}
            states = [of["state"] for of in requests.values()]
            percent = states.count("passed") * 100 // len(states)
            self.store.put("progress", body | {"requests": requests, "percent": percent})

    def run(self):
        if self.submitted:
            self.runs += 1
            requests = self.store.bodies["submission", self.chance.choice(self.submitted)]["requests"]
            self.store.sequencing_run(f"Run {self.runs}", [requests[0]["uuid"]])


def random_history(path, chance):
    return RandomLab(path, chance).work()


@pytest.mark.parametrize("seed", range(12))
def test_honest_histories_have_no_findings(tmp_path, seed):
    assert judge(random_history(tmp_path / "records", random.Random(seed))).findings == ()


def lower_limits(monkeypatch):
    """Hold one difference, one seal, and nothing that is named and not there, at once."""
    monkeypatch.setattr(diffs, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(history, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(derivations, "_AT_ONCE", 1)
    monkeypatch.setattr(mentions, "_MANY", 0)


def test_a_store_of_which_little_is_held_at_once_is_judged_alike(tmp_path, monkeypatch):
    """A commit is then seen in many parts, and what a record names comes in a later one."""
    store = random_history(tmp_path / "records", random.Random(5))
    store.commit_files({STUDY_PATH: None})
    store.git("checkout", "-q", "-b", "side", "HEAD~1")
    store.commit_files({STUDY_PATH: b"{}\n", "notes.txt": b"side"})
    store.git("checkout", "-q", "main")
    store.git("merge", "-q", "-s", "ours", "-m", "By hand", "side")
    whole = judge(store)
    assert {"record_removed", "unknown_reference", "wrong_envelope"} <= codes(whole)
    lower_limits(monkeypatch)
    parts = judge(store)
    assert set(parts.findings) == set(whole.findings)
    assert (parts.records, parts.seals, parts.commits) == (whole.records, whole.seals, whole.commits)


def test_records_that_the_work_tree_does_not_have_are_read_from_git(store, monkeypatch):
    """An older revision, and a store whose files were all removed, are judged by the same contents."""
    for kind in ("biosamples", "assets", "orders", "submissions", "progress"):
        shutil.rmtree(store.path / kind)
    verdict = judge(store)
    assert codes(verdict) == {"worktree_differs"}
    assert verdict.seals == 1
    assert judge(store, rev="HEAD~1").findings == ()


@pytest.mark.soak
def test_a_thousand_honest_histories_have_no_findings(tmp_path, seed):
    seals = 0
    for number in range(1000):
        path = tmp_path / str(number)
        verdict = judge(random_history(path, random.Random(f"{seed}/{number}")))
        assert verdict.findings == (), number
        seals += verdict.seals
        shutil.rmtree(path)
    sys.stdout.write(f"1000 honest histories with {seals} seals, no finding\n")


def test_other_locales_and_git_variables_change_nothing(store, monkeypatch, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    for name, value in {
        "GIT_DIR": str(tmp_path / "other" / ".git"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "other" / ".git" / "objects"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Asia/Kathmandu",
    }.items():
        monkeypatch.setenv(name, value)
    store_verdict = verify(Repository.open(store.path, check=False))
    assert (store_verdict.findings, store_verdict.seals) == ((), 1)
