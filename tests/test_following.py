"""What others commit to a shared remote: a run follows it by the records that differ, and says what the whole says."""

import json
import random
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, biosamples, dump, run_of
from ordering import OrderLab, order, progress, submission
from reading import tell_story
from test_delta import LATER, Bench, judged, moment, take_short_ways

from seqmeta import delta, following, judging
from seqmeta.applying import apply
from seqmeta.committing import pull
from seqmeta.dependence import Dependence
from seqmeta.descriptions import read_bytes
from seqmeta.following import follow
from seqmeta.identity import derive, progress_uuid
from seqmeta.index import Index
from seqmeta.index_filling import index_record
from seqmeta.index_overlay import lay_over
from seqmeta.index_writing import make_temporary_index
from seqmeta.indexed_records import IndexedRecords
from seqmeta.judging import open_existing
from seqmeta.kinds import load_kinds
from seqmeta.particulars import find_owned
from seqmeta.recorded import SETTLED
from seqmeta.records import Record, name_of, scope_of
from seqmeta.revision import open_revision
from seqmeta.workspace import open_workspace

_OWN_NAMES = re.compile(r"\b(?:(?:S|T|L|N|run_)(?=[1-9])|O(?=[1-38])|Sub(?=[01])|Group (?=2))")


class Site(Bench):
    """One of two laboratories that share a remote: some of what it describes the other describes too."""

    def __init__(self, lab: Lab, seed: int, letter: str) -> None:
        super().__init__(lab, seed)
        self.letter = letter
        self.chance = random.Random(f"{seed}{letter}")

    def write(self) -> None:
        for path in self.lab.descriptions.glob("*.yaml"):
            if path.stem not in self.files:
                path.unlink()
        for name, documents in self.files.items():
            path = self.lab.descriptions / f"{name}.yaml"
            text = _OWN_NAMES.sub(rf"\g<0>{self.letter}", dump(*documents))
            text = re.sub(r"09ef4b3a(-1bad-453a-a291-00000000000[1-9])", rf"{ord(self.letter):x}ef4b3a\1", text)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def apply(self) -> bool:
        """Apply, behind what the remote has; return whether that was done."""
        return not apply(open_workspace(self.lab.root), moment(self.lab.root, LATER)).is_refused

    def pull(self) -> None:
        """Take over what the remote has, and judge nothing."""
        workspace = open_workspace(self.lab.root)
        store = open_existing(workspace)
        assert store is not None
        with store.locked(1):
            pull(workspace, store)


def count_followed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note of each judgement that follows others how many of their records it follows."""
    counts: list[int] = []
    original = judging.follow

    def noting(*args: Any) -> Any:
        followed = original(*args)
        counts.extend([] if followed is None else [len(followed)])
        return followed

    monkeypatch.setattr(judging, "follow", noting)
    return counts


def share_remote(tmp_path: Path, seed: int) -> tuple[Path, list[Site]]:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
    labs = [Lab(tmp_path / name, remote=str(remote), unregistered_biosamples="stub") for name in ("one", "two")]
    return remote, [Site(lab, seed, letter) for lab, letter in zip(labs, "AB", strict=True)]


@pytest.mark.parametrize("seed", [1, 2, 3, *(pytest.param(n, marks=pytest.mark.soak) for n in range(4, 60))])
def test_what_another_commits_is_followed_as_if_everything_were_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    followed, taken = count_followed(monkeypatch), take_short_ways(monkeypatch)
    remote, sites = share_remote(tmp_path, seed)
    chance = random.Random(seed)
    for site in sites:
        site.write()
        assert site.apply()
    for _ in range(25):
        site = chance.choice(sites)
        before = deepcopy(site.files)
        edit = site.edit() if chance.random() < 0.8 else "nothing"
        site.write()
        if chance.random() < 0.5:
            site.pull()
        assert judged(site.lab, whole=False) == judged(site.lab, whole=True), edit
        if chance.random() < 0.3:  # so that both have what the other lacks
            remote.rename(tmp_path / "away")
        is_applied = site.apply()
        if not remote.exists():
            (tmp_path / "away").rename(remote)
        assert judged(site.lab, whole=False) == judged(site.lab, whole=True), edit
        if not is_applied:
            site.files = before
            site.write()
    assert taken.count(True) > 10
    assert sum(followed) > 10 or seed > 3  # by chance, what others renamed is in doubt all the time


def describe_apart(tmp_path: Path) -> tuple[Lab, Lab]:
    """Two laboratories: one describes samples, the other tubes and runs of them, each in files of their own."""
    remote, (one, two) = share_remote(tmp_path, 0)
    for number in (1, 2):
        one.lab.write(f"samples{number}.yaml", dump(biosamples(f"S{number}")))
        two.lab.write(f"run{number}.yaml", dump(run_number(number)))
    assert one.apply()
    assert two.apply()
    assert remote.is_dir()
    return one.lab, two.lab


def run_number(number: int) -> dict[str, Any]:
    sequencing_id = f"09ef4b3a-1bad-453a-a291-00000000000{number}"
    return run_of(library_name=f"L{number}", biosamples=[f"S{number}"], sequencing_id=sequencing_id)


def apply_at(lab: Lab) -> bool:
    return Site.apply(Site(lab, 0, ""))


def pull_at(lab: Lab) -> None:
    Site.pull(Site(lab, 0, ""))


def note_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read: list[str] = []

    def noting(root: Path, path: str) -> bytes:
        read.append(Path(path).stem)
        return read_bytes(root, path)

    monkeypatch.setattr(delta, "read_bytes", noting)
    return read


def test_only_what_refers_to_what_another_changed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = describe_apart(tmp_path)
    one.write("samples2.yaml", dump({"biosample": {"central_sample_id": "S2", "consent_withdrawn": "true"}}))
    assert apply_at(one)
    pull_at(two)
    expected = judged(two, whole=True)
    assert [(of["file"], of["code"]) for of in expected["problems"]] == [
        ("config/descriptions/run2.yaml", "consent_withdrawn")
    ]
    taken, read = take_short_ways(monkeypatch), note_files(monkeypatch)
    assert judged(two, whole=False) == expected
    assert (taken, read) == ([True], ["run2"])


def test_work_that_is_open_is_held_against_what_another_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tube that both take, in orders that do not know of each other."""
    one, two = share_work(tmp_path)
    two.write("order.yaml", dump(order("o2", assets=["tube1"])))
    two.write("work.yaml", dump(submission("o2", name="s2", submit=None)))
    assert apply_at(two)
    one.write("order.yaml", dump(order("o1", assets=["tube1"])))
    one.write("work.yaml", dump(submission("o1", name="s1")))
    assert apply_at(one)
    pull_at(two)
    taken, read = take_short_ways(monkeypatch), note_files(monkeypatch)
    told = judged(two, whole=False)
    assert [problem["code"] for problem in told["problems"]] == ["duplicate_work"]
    assert (taken, sorted(read)) == ([True], ["order", "work"])
    assert told == judged(two, whole=True)


def test_an_open_order_takes_the_group_that_another_describes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It named that before it was there, so nothing that is recorded leads from the one to the other."""
    one, two = share_work(tmp_path)
    two.write("order.yaml", dump(order("o2", assets=None, asset_group_name="Plate 9")))
    assert apply_at(two)
    one.write("group.yaml", dump({"asset_group": {"name": "Plate 9", "study": "Cohort", "assets": ["tube3"]}}))
    assert apply_at(one)
    pull_at(two)
    taken = take_short_ways(monkeypatch)
    told = judged(two, whole=False)
    assert [asset["name"] for _, order in told["bodies"].values() for asset in order["assets"]] == ["tube3"]
    assert taken == [True]
    assert told == judged(two, whole=True)


def share_work(tmp_path: Path, **config: Any) -> tuple[OrderLab, OrderLab]:
    """Two laboratories with one remote and one catalogue, which both describe."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "remote.git"], check=True)
    one, two = (OrderLab(tmp_path / name, remote="../remote.git", **config) for name in ("one", "two"))
    assert apply_at(one)
    assert apply_at(two)
    return one, two


def test_a_submission_that_another_cancelled_cannot_be_described_as_if_it_were_not(tmp_path: Path) -> None:
    one, two = share_work(tmp_path)
    for lab in (one, two):
        lab.write("order.yaml", dump(order()))
        lab.write("work.yaml", dump(submission()))
        assert apply_at(lab)
    one.write("work.yaml", dump(submission(cancel=True)))
    assert apply_at(one)
    two.write("new.yaml", dump({"asset": {"name": "tube99"}}))
    pull_at(two)
    told = judged(two, whole=False)
    assert told == judged(two, whole=True)
    assert [problem["code"] for problem in told["problems"]] == ["submission_sealed"]
    assert not apply_at(two)
    two.write("work.yaml", dump(submission(cancel=True)))
    assert apply_at(two)


def test_a_stub_that_another_registers_is_like_no_other_any_more(tmp_path: Path) -> None:
    one, two = share_work(tmp_path, unregistered_biosamples="stub")
    for number, name in enumerate(("S7", "s7"), 1):
        two.write(f"tube{number}.yaml", dump({"asset": {"name": f"stubbed{number}", "biosamples": [name]}}))
    assert apply_at(two)
    one.write("sample.yaml", dump(biosamples("S7")))
    assert apply_at(one)
    pull_at(two)
    told = judged(two, whole=False)
    assert told == judged(two, whole=True)
    assert [problem["code"] for problem in told["problems"]] == ["stub"]


def tables_of(lab: Lab) -> dict[str, list[Any]]:
    """All that an index says, but for when it was made and with what key."""
    with closing(sqlite3.connect(lab.root / ".seqmeta/index.sqlite")) as connection:
        tables = {
            "things": "SELECT * FROM things ORDER BY uuid",
            "links": "SELECT * FROM links",
            "link_counts": "SELECT * FROM link_counts WHERE number <> 0",
            "owned": "SELECT * FROM owned ORDER BY uuid",
            "problems": "SELECT * FROM problems ORDER BY problem",
            "files": "SELECT path, sha256, documents FROM files",
            "meta": "SELECT key, value FROM meta WHERE key NOT IN ('key', 'taken_at_ns', 'counts')",
        }
        told = {table: connection.execute(query).fetchall() for table, query in tables.items()}
        (counts,) = connection.execute("SELECT value FROM meta WHERE key = 'counts'").fetchone()
        return {**told, "counts": sorted((key, number) for key, number in json.loads(counts).items() if number)}


def test_an_index_that_followed_others_is_as_one_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = share_work(tmp_path)
    followed = count_followed(monkeypatch)
    for lab, number in ((one, 1), (two, 2), (one, 3), (two, 4)):
        lab.write(f"order{number}.yaml", dump(order(f"o{number}", assets=[f"tube{number}"])))
        assert apply_at(lab)
        lab.write(f"work{number}.yaml", dump(submission(f"o{number}", name=f"s{number}")))
        assert apply_at(lab)
    one.write(
        "progress.yaml",
        dump(progress({"asset": "tube3", "request_type": "Library creation", "event": "start"}, of="s3")),
    )
    one.write("work1.yaml", dump(submission("o1", name="s1", cancel=True)))
    for lab in (one, two, one):
        assert apply_at(lab)
    assert len(followed) >= 4
    for lab in (one, two):
        told = tables_of(lab)
        shutil.rmtree(lab.root / ".seqmeta")
        assert apply_at(lab)
        assert tables_of(lab) == told


def test_what_was_followed_is_in_the_index_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = describe_apart(tmp_path)
    one.write("samples2.yaml", dump({"biosample": {"central_sample_id": "S2", "collection_date": "2020-03-01"}}))
    assert apply_at(one)
    followed, taken = count_followed(monkeypatch), take_short_ways(monkeypatch)
    head = two.head()
    assert apply_at(two)  # nothing of its own
    assert (followed, taken, two.head() != head) == ([1], [True, True], True)
    two.write("run1.yaml", dump({**run_number(1)}).replace("AMPLICON", "WGA"))
    expected = judged(two, whole=True)
    assert len(expected["updated"]) == 1
    assert judged(two, whole=False) == expected
    assert apply_at(two)
    assert followed == [1]
    assert two.call("verify")[0] == 0


def test_what_was_pushed_between_is_followed_by_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loses the race to push has an index of its own commit, and what it was put upon is judged later."""
    one, two = describe_apart(tmp_path)
    one.write("samples2.yaml", dump({"biosample": {"central_sample_id": "S2", "consent_withdrawn": "true"}}))
    assert apply_at(one)
    two.write("run1.yaml", dump(run_number(1)).replace("AMPLICON", "WGA"))
    away = tmp_path / "away.git"
    (tmp_path / "remote.git").rename(away)
    assert apply_at(two)
    away.rename(tmp_path / "remote.git")
    pull_at(two)
    followed = count_followed(monkeypatch)
    assert [problem["code"] for problem in judged(two, whole=True)["problems"]] == ["consent_withdrawn"]
    assert judged(two, whole=False) == judged(two, whole=True)
    assert apply_at(two)
    assert followed == [1, 1]
    assert judged(two, whole=False) == judged(two, whole=True)


ID = "4f8ef0f5-5f0a-4b9d-8d1b-2f6d3c1c3e5a"


NAMED, HOLDING = {"central_sample_id": ID}, {"central_sample_id": "other", "uuid": ID}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"central_sample_id": "S3"}, {"central_sample_id": "S3 of old", "uuid": derive("biosample", "S3")}),
        (NAMED, HOLDING),
        (HOLDING, NAMED),
    ],
    ids=["renamed", "of a UUID that is a name", "of a name that is a UUID"],
)
def test_what_may_mean_something_else_from_now_on_has_everything_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, Any], after: dict[str, Any]
) -> None:
    one, two = describe_apart(tmp_path)
    one.write("before.yaml", dump({"biosample": before}))
    assert apply_at(one)
    name = before.get("uuid", before["central_sample_id"])
    two.write("tube.yaml", dump({"asset": {"name": "T1", "biosamples": [name]}}))
    assert apply_at(two)
    one.write("after.yaml" if name == ID else "before.yaml", dump({"biosample": after}))
    assert apply_at(one)
    pull_at(two)
    taken = take_short_ways(monkeypatch)
    told = judged(two, whole=False)
    assert told == judged(two, whole=True)
    assert [problem["severity"] for problem in told["problems"]] == ["error"]
    assert taken == []


def git_head(repository: Path) -> str:
    return subprocess.run(
        ["git", "-C", repository, "rev-parse", "main"], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_name_that_two_gave_at_once_has_everything_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = describe_apart(tmp_path)
    one.write("new.yaml", dump(biosamples("S3")))
    assert apply_at(one)
    away = tmp_path / "away.git"
    (tmp_path / "remote.git").rename(away)
    two.write("new.yaml", dump({"biosample": {"central_sample_id": "S3", "uuid": ID}}))
    assert apply_at(two)
    away.rename(tmp_path / "remote.git")
    with monkeypatch.context() as patch:  # as it was made anew before it was asked what it depends on
        patch.setattr(Dependence, "find", lambda *_: None)
        pull_at(two)
    assert len(two.list_records("biosample")) == 4
    taken = take_short_ways(monkeypatch)
    assert judged(two, whole=False) == judged(two, whole=True)
    assert taken == []


class ByHand:
    """A clone of the remote in which somebody edits records, and pushes them."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.remote = tmp_path / "hand", tmp_path / "remote.git"
        subprocess.run(["git", "clone", "-q", self.remote, self.folder], check=True)

    def push(self) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        for words in (["add", "-A"], [*who, "commit", "-qm", "by hand"], ["push", "-q", str(self.remote), "main"]):
            subprocess.run(["git", "-C", self.folder, *words], check=True)

    def record(self, kind: str) -> Path:
        return next((self.folder / kind).rglob("*.json"))


HAND_EDITS = [
    *("two of one name", "requests lost", "a request of another's", "a request without UUID", "no progress"),
    *("a record like a request", "a commit for a record"),
]


@pytest.mark.parametrize("edit", HAND_EDITS)
def test_what_only_a_hand_writes_has_everything_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
    lab = OrderLab(tmp_path / "lab", remote=str(remote))
    for number in (1, 2):
        lab.write(f"order{number}.yaml", dump(order(f"o{number}", assets=[f"tube{number}"])))
        lab.write(f"work{number}.yaml", dump(submission(f"o{number}", name=f"s{number}")))
    assert apply_at(lab)
    hand = ByHand(tmp_path)
    one, other = (lab.body("submission", name) for name in ("s1", "s2"))
    file = hand.folder / "submissions" / one["uuid"][:2] / f"{one['uuid']}.json"
    if edit == "two of one name":
        written_twice(hand, "projects", "A new one")
    elif edit == "requests lost":
        file.write_text(file.read_text().replace(one["requests"][0]["uuid"], ID))
    elif edit == "a commit for a record":
        commit_in_place(lab, hand.record("projects").relative_to(hand.folder))
    elif edit in {"a request without UUID", "no progress"}:
        text = file.read_text().replace(one["uuid"], ID).replace('"name": "s1"', '"name": "s3"')
        for number, request in enumerate(one["requests"]):
            text = text.replace(request["uuid"], f"{ID[:-1]}{number}")
        if edit == "a request without UUID":
            text = text.replace(f'"{ID[:-1]}0"', "null")
            of, new = progress_uuid(one["uuid"]), progress_uuid(ID)
            told = (hand.folder / "progress" / of[:2] / f"{of}.json").read_text()
            write_record(hand, "progress", new, told.replace(of, new).replace(one["uuid"], ID))
        write_record(hand, "submissions", ID, text)
    elif edit == "a request of another's":
        text = file.read_text().replace(one["uuid"], ID).replace('"name": "s1"', '"name": "s3"')
        write_record(hand, "submissions", ID, text)
    else:
        text = hand.record("projects").read_text()
        write_like(hand, "projects", other["requests"][0]["uuid"], text)
    if edit != "a commit for a record":
        hand.push()
        pull_at(lab)
    taken = take_short_ways(monkeypatch)
    assert judged(lab, whole=False) == judged(lab, whole=True)
    assert taken == []


def commit_in_place(lab: Lab, path: Path) -> None:
    """Commit a commit in place of a file, by the id that the file has."""
    blob = lab.git("rev-parse", f"HEAD:{path}").strip()
    lab.git("update-index", "--cacheinfo", f"160000,{blob},{path}")
    lab.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "by hand")


def written_twice(hand: ByHand, folder: str, name: str) -> None:
    text = re.sub(r'"name": "[^"]*"', f'"name": "{name}"', hand.record(folder).read_text())
    for uuid in (ID, ID[:-1] + "b"):
        write_like(hand, folder, uuid, text)


def write_like(hand: ByHand, folder: str, uuid: str, text: str) -> None:
    """Write a record of another UUID, and of that as its name where the text has none that is new."""
    named = text if "A new one" in text else re.sub(r'"name": "[^"]*"', '"name": "Like a request"', text)
    write_record(hand, folder, uuid, re.sub(r'"uuid": "[^"]*"', f'"uuid": "{uuid}"', named))


def write_record(hand: ByHand, folder: str, uuid: str, text: str) -> None:
    path = hand.folder / folder / uuid[:2] / f"{uuid}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


MISFITS = {
    "a study that is a text": ("asset_groups", r'"study": \{[^}]*\}', '"study": "Cohort"', "study"),
    "a number for a request": (
        "submissions",
        r'(?s)"requests": \[.*\],\s*"seal"',
        '"requests": [0], "seal"',
        "requests",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
@pytest.mark.parametrize("is_followed", [True, False])
def test_a_record_that_is_none_of_its_kind_is_named_where_judging_fails_over_it(
    tmp_path: Path, misfit: str, is_followed: bool
) -> None:
    one, two = share_work(tmp_path)
    one.write("order.yaml", dump(order()))
    one.write("work.yaml", dump(submission()))
    assert apply_at(one)
    pull_at(two)
    assert apply_at(two)
    folder, wrong, written, said = MISFITS[misfit]
    hand = ByHand(tmp_path)
    record = hand.record(folder)
    body = json.dumps(json.loads(re.sub(wrong, written, record.read_text())), indent=2, sort_keys=True)
    record.write_text(body + "\n")
    hand.push()
    two.write("order2.yaml", dump(order("o2", assets=["tube1"])))
    two.write("work2.yaml", dump(submission("o2", name="s2")))
    pull_at(two)
    if not is_followed:
        shutil.rmtree(two.root / ".seqmeta")
    code, out, err = two.call("check")
    assert (code, "Traceback" in err) == (3, False), out + err
    assert f"{folder}/" in err
    assert said in err.partition("is no record of its kind")[2]


@pytest.mark.parametrize("loss", ["gone", "misshapen", "no JSON"])
def test_a_record_that_is_gone_or_damaged_at_the_remote_is_told_of_as_ever(tmp_path: Path, loss: str) -> None:
    _, two = describe_apart(tmp_path)
    hand = ByHand(tmp_path)
    record = hand.record("biosamples")
    if loss == "gone":
        record.unlink()
    else:
        record.write_text(
            re.sub(r'"version": \d+', '"version": "x"', record.read_text()) if loss == "misshapen" else "{"
        )
    hand.push()
    pull_at(two)
    told = two.call("check")
    shutil.rmtree(two.root / ".seqmeta")
    assert told == two.call("check")
    assert told[0] == (0 if loss == "gone" else 3)
    assert loss != "gone" or "is not registered: its record is a stub" in "".join(map(str, told))


@pytest.mark.parametrize("limit", ["_MOST_FOLLOWED", "_MOST_WEIGHT", "IS_SWIFT"])
def test_much_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    one, two = describe_apart(tmp_path)
    one.write("samples2.yaml", dump({"biosample": {"central_sample_id": "S2", "collection_date": "2020-03-01"}}))
    assert apply_at(one)
    pull_at(two)
    monkeypatch.setattr(following, limit, 0)
    taken = take_short_ways(monkeypatch)
    assert judged(two, whole=False) == judged(two, whole=True)
    assert taken == []


def test_more_than_half_of_all_things_are_not_gone_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = describe_apart(tmp_path)
    one.write("samples2.yaml", dump({"biosample": {"central_sample_id": "S2", "collection_date": "2020-03-01"}}))
    assert apply_at(one)
    pull_at(two)
    monkeypatch.setattr(delta, "_MOST_SEEN", 0)
    taken = take_short_ways(monkeypatch)
    assert judged(two, whole=False) == judged(two, whole=True)
    assert taken == [False]


def test_without_a_remote_nothing_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else recorded is not described there, and so an orphan."""
    _, two = describe_apart(tmp_path)
    alone = Lab(tmp_path / "alone")
    alone.write("samples.yaml", dump(biosamples("S1", "S2")))
    assert apply_at(alone)
    alone.git("fetch", "-q", str(two.records), "main")
    alone.git("reset", "-q", "--hard", "FETCH_HEAD")
    followed = count_followed(monkeypatch)
    told = judged(alone, whole=False)
    assert told == judged(alone, whole=True)
    assert [problem["code"] for problem in told["problems"]] == ["orphaned"] * 4
    assert followed == []


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    lab = tell_story(tmp_path_factory.mktemp("story") / "lab")
    revision = open_revision(open_workspace(lab.root))
    return sorted((record for kind in load_kinds() for record in revision.of_kind(kind)), key=lambda of: of.uuid)


@pytest.mark.parametrize("seed", range(6))
def test_an_index_with_an_overlay_answers_as_one_that_was_made_so(records: list[Record], seed: int) -> None:
    chance = random.Random(seed)
    old = [record for record in records if chance.random() < 0.7]
    older = [_as_it_was(record) if chance.random() < 0.3 else record for record in old]
    index = make_temporary_index(map(index_record, older))
    lay_over(index, [index_record(record) for record in records if record not in older])
    laid, made = IndexedRecords(index), IndexedRecords(make_temporary_index(map(index_record, records)))
    wanted = make_temporary_index(map(index_record, records))
    uuids = [*(record.uuid for record in records), ID]
    owned = [uuid for record in records if record.kind == "submission" for uuid, _ in find_owned(record.body)]
    assert list(laid) == list(made)
    for kind in load_kinds():
        assert list(laid.of_kind(kind)) == list(made.of_kind(kind))
        assert laid.names(kind, 2) == made.names(kind, 2)
        for uuid in uuids:
            assert laid.referring(uuid, kind) == made.referring(uuid, kind)
    for kind in SETTLED:
        assert laid.unsettled(kind) == made.unsettled(kind)
    for uuid in [*uuids, *owned]:
        assert (laid.get(uuid), laid.outline(uuid)) == (made.get(uuid), made.outline(uuid))
        assert (laid.owner(uuid), laid.is_request(uuid)) == (made.owner(uuid), made.is_request(uuid))
        assert sorted(index.sources(uuid)) == sorted(wanted.sources(uuid))
    assert laid.among([*uuids, *owned]) == made.among([*uuids, *owned])
    for record in records:
        name, scope = name_of(record.kind, record.body), scope_of(record.kind, record.body)
        if name is not None:
            assert laid.named(record.kind, name, scope) == made.named(record.kind, name, scope)
            other = name.swapcase()
            assert index.has_other_case(record.kind, other, scope) == wanted.has_other_case(record.kind, other, scope)
    assert index.count() == wanted.count() == len(records)


def _as_it_was(record: Record) -> Record:
    """A record before it had references, requests or a state of its own."""
    fewer = {"assets": [], "biosamples": [], "requests": {} if record.kind == "progress" else []}
    body = {key: fewer.get(key, value) for key, value in record.body.items() if key != "asset_group"}
    begun = {"state": "building"} if record.kind in SETTLED else {}
    return record._replace(body={**body, **begun}, version=record.version + 1)


def test_a_question_to_an_overlay_goes_through_no_table_of_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked while another's change is followed is found by the trees of the index."""
    one, two = describe_apart(tmp_path)
    one.write("samples2.yaml", dump({"biosample": {"central_sample_id": "S2", "collection_date": "2020-03-01"}}))
    assert apply_at(one)
    pull_at(two)
    two.write("new.yaml", dump(biosamples("S4")))
    queries: set[str] = set()
    indexes: list[Index] = []

    def following_closely(index: Index, *args: Any) -> Any:
        followed = follow(index, *args)
        indexes.append(index)
        index.write_aside(lambda connection: connection.set_trace_callback(queries.add))
        return followed

    monkeypatch.setattr(judging, "follow", following_closely)
    assert judged(two, whole=False)["created"]
    indexes[0].write_aside(lambda connection: connection.set_trace_callback(None))
    asked = [query for query in queries if query.startswith("SELECT") and " files" not in query]
    assert len(asked) > 10
    plans = [row[3] for query in asked for row in indexes[0].rows(f"EXPLAIN QUERY PLAN {query}")]
    assert any("over_things" in step for step in plans)
    scans = {step for step in plans if step.startswith("SCAN main.")}
    assert scans <= {"SCAN main.things USING INDEX orphans"}
    assert not any(step.endswith("(kind=? AND scope=?)") for step in plans)
