"""What two laboratories committed apart: made anew where neither concerns the other, else judged anew (CONTRACT 6, 7).

Each of them is judged right by itself; what comes of both must be what one judgement of both would let pass.
"""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, biosamples, library_of
from ordering import OrderLab, order, submission
from test_apply_remote import come_before_the_push, git

TUBES = {"assets": [{"name": name, "biosamples": ["A-1"]} for name in ("T-1", "T-2")]}
COMMON: list[dict[str, Any]] = [
    biosamples("A-1", "A-2"),
    TUBES,
    {"asset_group": {"name": "G", "study": "Cohort", "assets": ["T-1"]}},
]
STUDY = "7a3b8bb1-3f0f-4bd8-9b8d-7c1a6f3a1f01"
OTHER = "7a3b8bb1-3f0f-4bd8-9b8d-7c1a6f3a1f02"


class Pair:
    """Two laboratories with one remote: what they have in common `one` describes; `two` is the one that is cut off."""

    def __init__(self, folder: Path) -> None:
        self.remote, self.away = folder / "remote.git", folder / "away.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", self.remote], check=True)
        self.one = OrderLab(folder / "one", remote=str(self.remote))
        self.two = OrderLab(folder / "two", remote=str(self.remote))
        self.one.good(*COMMON)
        self.two.good(biosamples("B-1"))

    def offline(self, *documents: dict[str, Any]) -> str:
        """Let `two` commit without network; return the commit."""
        self.remote.rename(self.away)
        commit = self.two.good(*documents)["commit"]
        self.away.rename(self.remote)
        assert commit is not None
        return str(commit)

    def subjects(self) -> list[str]:
        """What the remote's commits say, newest first."""
        return git(self.remote, "log", "--format=%s", "main").splitlines()

    def require_sound(self) -> None:
        """Require that both have what the remote has, and that it is right."""
        self.one.call("apply")
        assert self.one.head() == self.two.head() == git(self.remote, "rev-parse", "main")
        for lab in (self.one, self.two):
            code, out, _ = lab.call("verify")
            assert code == 0, out
            assert lab.git("status", "--porcelain") == ""

    def aside(self) -> list[str]:
        """The references of what `two` has set aside."""
        return self.two.git("for-each-ref", "--format=%(refname)", "refs/seqmeta").split()


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def changed_group() -> list[dict[str, Any]]:
    return [*COMMON[:2], {"asset_group": {"name": "G", "study": "Cohort", "assets": ["T-1", "T-2"]}}]


def test_a_group_that_a_sealed_order_holds_there_is_not_changed(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.one, pair.two = pair.two, pair.one
    pair.offline(*changed_group())
    grouped = order(assets=None, asset_group="G")
    pair.one.good(grouped, submission())
    code, out, _ = pair.two.call("apply")
    assert (code, "[asset_group_conflict]" in out) == (1, True), out
    assert "is kept as refs/seqmeta/set-aside/" in out
    assert [of["name"] for of in pair.two.body("asset_group", "G")["assets"]] == ["T-1"]
    pair.require_sound()


def test_of_two_seals_of_a_commit_the_one_that_the_remote_has_is_not_made_again(pair: Pair) -> None:
    shared = (order(assets=["T-1"]), submission())
    pair.offline(*shared, order(name="o2", assets=["T-2"]), submission("o2", name="s2"))
    pair.one.good(*COMMON, *shared)
    seal = git(pair.remote, "for-each-ref", "--format=%(objectname)", "refs/tags")
    pair.two.good()
    seals = git(pair.remote, "for-each-ref", "--format=%(objectname)", "refs/tags").splitlines()
    assert len(seals) == 2
    assert seal in seals
    assert pair.aside() == []
    pair.require_sound()


@pytest.mark.parametrize(
    ("here", "there", "code"),
    [
        ([{"study": {"name": "X", "uuid": STUDY}}], [{"study": {"name": "X", "uuid": OTHER}}], "cannot_change"),
        ([{"study": {"name": "X", "uuid": STUDY}}], [{"project": {"name": "Y", "uuid": STUDY}}], "duplicate_identity"),
        (
            [{"asset_group": {"name": "H", "study": "Cohort", "assets": ["T-1"], "uuid": STUDY}}],
            [{"asset_group": {"name": "H", "study": "Cohort", "assets": ["T-1"], "uuid": OTHER}}],
            "cannot_change",
        ),
        (
            [library_of(biosamples=["A-1"])],
            [{"biosample": {"central_sample_id": "A-1", "consent_withdrawn": "true"}}, biosamples("A-2")],
            "consent_withdrawn",
        ),
        ([order(study="New")], [{"study": {"name": "New", "state": "inactive"}}], "inactive"),
    ],
    ids=["name", "kind", "scoped name", "consent", "inactive"],
)
def test_what_one_judgement_would_refuse_two_do_not_let_pass(
    pair: Pair, here: list[dict[str, Any]], there: list[dict[str, Any]], code: str
) -> None:
    if code == "inactive":
        pair.one.good(*COMMON, {"study": {"name": "New"}})
        pair.two.good()
    pair.offline(*here)
    pair.one.good(*[of for of in COMMON if "biosamples" not in of or code != "consent_withdrawn"], *there)
    status, out, _ = pair.two.call("apply")
    assert (status, f"[{code}]" in out) == (1, True), out
    assert len(pair.aside()) == 1
    pair.require_sound()


def test_a_name_that_a_thing_got_there_is_nobody_elses(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    named = {"asset": {"name": "T-5", "uuid": STUDY}}
    pair.one.good(*COMMON, named)
    pair.offline({"asset": {"name": "T-9"}})
    pair.one.good(*COMMON, {"asset": {"name": "T-9", "uuid": STUDY}})
    status, out, _ = pair.two.call("apply")
    assert (status, "[cannot_change]" in out) == (1, True), out
    pair.require_sound()


def test_a_request_that_was_made_there_has_its_uuid_alone(pair: Pair) -> None:
    pair.one.good(*COMMON, order(assets=["T-1"]), submission())
    pair.offline({"study": {"name": "X", "uuid": pair.one.requests("s1")[0]["uuid"]}})
    status, out, _ = pair.two.call("apply")
    assert (status, "[duplicate_identity]" in out) == (1, True), out
    pair.require_sound()


def test_two_groups_of_one_name_in_two_studies_are_two_things(pair: Pair) -> None:
    pair.offline({"asset_group": {"name": "H", "study": "Cohort", "assets": ["T-1"], "uuid": STUDY}})
    pair.one.good(*COMMON, {"asset_group": {"name": "H", "study": "Other study", "assets": ["T-1"], "uuid": OTHER}})
    pair.two.good()
    assert pair.aside() == []
    pair.require_sound()


def test_what_both_add_to_what_they_have_in_common_is_made_anew_commit_by_commit(pair: Pair) -> None:
    """Samples, libraries, orders and seals in one study, upon the same tubes."""
    mine = [biosamples("B-1", "B-2")]
    pair.offline(*mine)
    mine += [library_of(library_name="of two", biosamples=["A-1", "B-2"])]
    pair.offline(*mine)
    mine += [order(name="o2", assets=["T-1"])]
    pair.offline(*mine)
    pair.offline(*mine, submission("o2", name="s2"))
    pair.one.good(*COMMON, library_of(library_name="of one", biosamples=["A-1"]))
    pair.one.good(*COMMON, biosamples("A-3"), order(assets=["T-1"]), submission())
    before = pair.subjects()
    answer = pair.two.good()
    assert answer["commit"] is None
    assert len(pair.subjects()) == len(before) + 4
    assert pair.subjects()[4:] == before
    assert pair.aside() == []
    pair.require_sound()


def test_a_tag_that_is_no_seal_keeps_no_run_from_going_on(pair: Pair) -> None:
    """Somebody made it by hand on a commit that was not pushed: it is kept beside that."""
    pair.offline(biosamples("B-1", "B-2"))
    pair.two.git("-c", "user.name=P", "-c", "user.email=p@example.org", "tag", "-a", "-m", "by hand", "seal/by-hand")
    pair.one.good(*COMMON, biosamples("A-3"))
    code, out, _ = pair.two.call("apply")
    assert (code, "a tag of it cannot be made anew: not a seal" in out) == (0, True), out
    assert [name.rpartition("/")[2] for name in pair.aside()] == ["head", "by-hand"]
    assert "Create 1 biosample" in pair.subjects()[0]
    pair.require_sound()


def test_what_names_what_was_set_aside_is_set_aside_and_the_rest_made_anew(pair: Pair) -> None:
    theirs, mine = ({"biosample": {"central_sample_id": "D-1", "taxon_id": of}} for of in (9606, 10090))
    aside = [pair.offline(biosamples("B-1"), mine)]
    aside.append(pair.offline(biosamples("B-1"), mine, {"asset": {"name": "T-4", "biosamples": ["D-1"]}}))
    pair.offline(biosamples("B-1", "B-2"), mine, {"asset": {"name": "T-4", "biosamples": ["D-1"]}})
    pair.one.good(*COMMON, theirs)
    code, out, _ = pair.two.call("apply")
    assert code == 0, out
    assert [commit for commit in aside if f"commit {commit} is kept" in out] == aside
    assert out.count("is kept as") == 2
    assert pair.two.body("biosample", "D-1")["taxon_id"] == 10090
    assert "Create 1 biosample" in pair.subjects()[1]
    pair.one.good(*COMMON)
    pair.require_sound()


def test_a_name_that_was_given_up_in_a_commit_set_aside_is_not_free(pair: Pair) -> None:
    """Its thing has it on the remote, which knows nothing of the other name."""
    first, renamed = ({"asset": {"name": name, "uuid": STUDY}} for name in ("T-5", "T-6"))
    pair.two.good(biosamples("B-1"), first)
    pair.offline(biosamples("B-1"), renamed)
    pair.offline(biosamples("B-1"), renamed, {"asset": {"name": "T-5", "uuid": OTHER}})
    pair.one.good(*COMMON, {"asset": {"name": "T-5", "uuid": STUDY, "barcode": "of one"}})
    _, out, _ = pair.two.call("apply")
    assert out.count("is kept as") == 2
    pair.require_sound()


def test_a_commit_that_is_overtaken_by_what_it_depends_on_is_judged_anew_in_the_same_run(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [*COMMON[1:], {"biosample": {"central_sample_id": "A-1", "consent_withdrawn": "true"}}, biosamples("A-2")]
    come_before_the_push(monkeypatch, "two", lambda: pair.one.good(*late))
    answer = pair.two.apply(library_of(biosamples=["A-1"]))
    assert [of["code"] for of in answer["problems"] if of["severity"] == "error"] == ["consent_withdrawn"]
    assert (answer["code"], answer["commit"]) == (1, None)
    pair.require_sound()


def test_a_commit_that_is_overtaken_by_a_change_that_lets_it_pass_is_made_in_the_same_run(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [*COMMON[1:], {"biosample": {"central_sample_id": "A-1", "taxon_id": 9606}}, biosamples("A-2")]
    come_before_the_push(monkeypatch, "two", lambda: pair.one.good(*late))
    answer = pair.two.good(library_of(biosamples=["A-1"]))
    assert answer["commit"] == pair.two.head() == git(pair.remote, "rev-parse", "main")
    pair.require_sound()


def test_a_laboratory_that_never_met_the_remote_depends_on_what_it_has_too(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    three = Lab(tmp_path / "three")
    three.good({"study": {"name": "Cohort", "uuid": OTHER}})
    three.configure(remote=str(pair.remote))
    code, out, _ = three.call("apply")
    assert (code, "[cannot_change]" in out) == (1, True), out
    assert three.head() == git(pair.remote, "rev-parse", "main")


def test_a_checkpoint_of_what_the_remote_lacks_is_warned_of(pair: Pair, tmp_path: Path) -> None:
    words = ("verify", "--write-checkpoint", str(tmp_path / "line"))
    assert pair.two.call(*words)[::2] == (0, "")
    commit = pair.offline(biosamples("B-1", "B-2"))
    code, out, err = pair.two.call(*words)
    assert (code, commit in (tmp_path / "line").read_text(), "warning" in out) == (0, True, False)
    assert f"commit {commit[:12]}, which the remote was not seen to have" in err
    assert "run `seqmeta apply` while the remote answers" in err
    assert pair.two.call("verify", "--rev", "HEAD~1", *words[1:])[::2] == (0, "")
    pair.one.good(*COMMON, biosamples("A-3"))
    pair.two.good()
    assert pair.two.call(*words)[::2] == (0, "")
    assert pair.two.call("verify", "--checkpoint", words[-1])[0] == 0
    seen = pair.two.records / ".git/seqmeta/seen"
    next(seen.iterdir()).write_text("1" * 40 + "\n")  # which the disk does not give any more
    assert "was not seen to have" in pair.two.call(*words)[2]
    seen.rename(tmp_path / "seen")
    assert "was not seen to have" in pair.two.call(*words)[2]


def test_a_checkpoint_of_a_store_without_a_remote_is_not_warned_of(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples("A-1"))
    assert lab.call("verify", "--write-checkpoint", str(tmp_path / "line"))[::2] == (0, "")
