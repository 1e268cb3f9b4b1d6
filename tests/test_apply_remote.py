"""Two laboratories with one remote, through the command: nothing is lost, nothing is forced, offline is a warning."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab import Lab, biosamples, library_of, run_of
from ordering import TYPES, OrderLab, order, submission

from seqmeta import committing


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "remote.git"], check=True)
    return tmp_path / "remote.git"


def sealed_orders(lab: OrderLab, name: str) -> None:
    lab.good(order(name=f"o-{name}"), submission(name=f"s-{name}", orders=[f"o-{name}"]))


def test_two_laboratories_push_to_one_remote(tmp_path: Path, remote: Path) -> None:
    one, two = Lab(tmp_path / "one", remote="../remote.git"), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    two.good(biosamples("B-1"))
    one.good(biosamples("A-1", "A-2"))
    two.good(biosamples("B-1"))  # nothing new here: the other's commits are taken over
    assert one.head() == two.head() == git(remote, "rev-parse", "main")
    assert len(two.list_records("biosample")) == 3
    assert two.check() == []
    assert one.check() == []
    one.describe(biosamples("A-1"))
    assert [of["code"] for of in one.check()] == ["orphaned"]
    (one.records / ".git/seqmeta/index-key").write_text("of another store")  # whose index it is nobody knows then
    assert one.check() == []
    for lab in (one, two):
        assert lab.call("verify")[0] == 0
        assert lab.git("status", "--porcelain") == ""


def test_a_remote_that_moves_with_every_push_is_left_to_the_next_run(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "TRIES", 2)
    lab = Lab(tmp_path / "lab", remote=str(remote))
    lab.good(biosamples("A-1"))
    faster = remote / "hooks" / "pre-receive"
    faster.parent.mkdir(exist_ok=True)
    faster.write_text(
        "#!/bin/sh\n"
        "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n"
        "who='-c user.name=B -c user.email=b@example.org'\n"
        'git update-ref refs/heads/main "$(git $who commit-tree main^{tree} -p main -m faster)"\n'
    )
    faster.chmod(0o755)
    lab.describe(biosamples("A-1", "A-2"))
    code, out, err = lab.call("apply")
    assert (code, "the remote moved 2 times meanwhile; the next run pushes" in out + err) == (0, True), out + err
    assert git(remote, "log", "--format=%s", "main").splitlines()[:2] == ["faster", "faster"]
    assert len(lab.list_records("biosample")) == 2
    faster.unlink()
    lab.good(biosamples("A-1", "A-2"))
    assert lab.head() == git(remote, "rev-parse", "main")
    assert lab.call("verify")[0] == 0


def test_a_tag_of_an_odd_name_in_the_remote_is_in_nobodys_way(tmp_path: Path, remote: Path) -> None:
    one, two = OrderLab(tmp_path / "one", remote="../remote.git"), OrderLab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    git(remote, "tag", "seal/not\N{LINE SEPARATOR}a\N{NEXT LINE}line", "main")
    two.good(biosamples("B-1"))
    one.good(biosamples("A-1", "A-2"))
    assert one.head() == git(remote, "rev-parse", "main")
    assert len(one.list_records("biosample")) == 3
    sealed_orders(one, "one")
    assert f"seal/{one.body('submission', 's-one')['uuid']}" in git(remote, "tag", "--list")


def test_seals_made_offline_are_numbered_anew(tmp_path: Path, remote: Path) -> None:
    one, two = OrderLab(tmp_path / "one", remote=str(remote)), OrderLab(tmp_path / "two", remote=str(remote))
    sealed_orders(one, "one")
    away = remote.rename(tmp_path / "away.git")
    two.describe(order(name="o-two"), submission(name="s-two", orders=["o-two"]))
    code, out, err = two.call("apply", "--format", "json")
    assert (code, list(json.loads(out))) == (0, ["commit", "created", "updated", "problems"])
    assert err.startswith("seqmeta: store: ")
    assert "what is published now is pushed by the next run" in err
    away.rename(remote)
    assert two.call("apply")[0] == 0
    one.describe(order(name="o-one"), submission(name="s-one", orders=["o-one"]))
    assert one.call("apply")[0] == 0
    assert one.head() == two.head() == git(remote, "rev-parse", "main")
    numbers = [
        line
        for line in git(remote, "for-each-ref", "--format=%(contents)", "refs/tags").splitlines()
        if "number" in line
    ]
    assert sorted(numbers) == ["number 1", "number 2"]
    for lab in (one, two):
        assert json.loads(lab.call("verify", "--format", "json")[1])["seals"] == 2


def lie(
    remote: Path, number: int, previous: str = "0" * 64, *, uuid: str = "99999999-aaaa-4bbb-8ccc-000000000001"
) -> str:
    """Tag the remote's head as if it sealed a submission; returns the name of the tag."""
    store = git(remote, "rev-list", "--max-parents=0", "main")
    message = f"root {'a' * 64}\nnumber {number}\nprevious {previous}\nstore {store}"
    person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git(remote, *person, "tag", "-a", f"seal/{uuid}", "-m", message, "main")
    return f"seal/{uuid}"


def seal_of(lab: OrderLab, name: str) -> dict[str, str]:
    """The lines of the seal of a submission."""
    text = git(lab.records, "cat-file", "tag", f"seal/{lab.body('submission', name)['uuid']}")
    return dict(line.split(" ", 1) for line in text.partition("\n\n")[2].splitlines())


@pytest.mark.parametrize("number", [1, 2, 7, 9_999_999_999_999_999])
@pytest.mark.parametrize("is_chained", [True, False])
def test_a_tag_that_lies_is_followed_by_no_seal(tmp_path: Path, remote: Path, number: int, *, is_chained: bool) -> None:
    """The next seal follows the last one of the branch, also where the lie goes on with the chain as it should."""
    lab = OrderLab(tmp_path / "one", remote=str(remote))
    sealed_orders(lab, "one")
    first = seal_of(lab, "s-one")
    assert (first["number"], first["previous"]) == ("1", "0" * 64)
    name = lie(remote, number, *([first["root"]] if is_chained else []))
    other = lie(remote, number + 1, "a" * 64, uuid="99999999-aaaa-4bbb-8ccc-000000000002")
    lab.good(order(name="o-two"), submission(name="s-two", orders=["o-two"]))
    second = seal_of(lab, "s-two")
    assert (second["number"], second["previous"]) == ("2", first["root"])
    git(remote, "tag", "-d", name, other)
    git(lab.records, "tag", "-d", name, other)
    assert lab.call("verify")[0] == 0
    lab.good(order(name="o-three"), submission(name="s-three", orders=["o-three"]))
    assert seal_of(lab, "s-three")["number"] == "3"
    assert lab.call("verify")[0] == 0


def test_a_tag_that_lies_is_not_pushed_again(tmp_path: Path, remote: Path) -> None:
    lab = OrderLab(tmp_path / "one", remote=str(remote))
    lab.good(biosamples("A-1"))
    name = lie(remote, 1)
    lab.good(biosamples("A-1", "A-2"))
    git(remote, "tag", "-d", name)
    lab.describe(order(name="o-one"), submission(name="s-one", orders=["o-one"]))
    code, out, _ = lab.call("apply")
    assert code == 0
    assert f"the tag {name} is no seal of this branch, so it is not pushed" in out
    assert f"git tag -d {name}" in out
    assert git(remote, "tag", "--list") == f"seal/{lab.body('submission', 's-one')['uuid']}"
    assert git(remote, "rev-parse", "main") == lab.head()


def test_nothing_is_sealed_where_the_seals_of_the_branch_are_no_chain(tmp_path: Path) -> None:
    lab = OrderLab(tmp_path / "one")
    sealed_orders(lab, "one")
    sealed_orders(lab, "two")
    head, tags = lab.head(), git(lab.records, "show-ref")
    name = f"seal/{lab.body('submission', 's-one')['uuid']}"
    tag = git(lab.records, "rev-parse", name)
    git(lab.records, "tag", "-d", name)
    lab.describe(order(name="o-three"), submission(name="s-three", orders=["o-three"]))
    code, _, err = lab.call("apply")
    assert code == 3
    assert "are no chain from 1, their numbers are 2: nothing is sealed before that is mended; `seqmeta verify`" in err
    assert lab.head() == head
    git(lab.records, "update-ref", f"refs/tags/{name}", tag)
    assert git(lab.records, "show-ref") == tags
    assert lab.call("apply")[0] == 0
    assert seal_of(lab, "s-three")["number"] == "3"
    assert lab.call("verify")[0] == 0


@pytest.mark.parametrize("is_of_the_order", [True, False])
def test_what_was_sealed_offline_is_made_from_the_types_of_the_store_that_it_comes_to(
    tmp_path: Path, remote: Path, *, is_of_the_order: bool
) -> None:
    one, two = OrderLab(tmp_path / "one", remote=str(remote)), OrderLab(tmp_path / "two", remote=str(remote))
    one.good(order(name="o-one"))
    two.good(order(name="o-two"))
    away = remote.rename(tmp_path / "away.git")
    sealed_orders(two, "two")
    away.rename(remote)
    name = "Library creation" if is_of_the_order else "Order pooled library creation"
    for lab in (one, two):
        lab.stock(**{name.replace(" ", "_"): {**TYPES[name], "price": "99"}})
    one.good(order(name="o-one"))
    code, out, _ = two.call("apply")
    assert code == 0
    assert ("is another on the remote" in out) is is_of_the_order
    assert one.call("apply")[0] == 0
    assert one.head() == two.head() == git(remote, "rev-parse", "main")
    assert two.requests("s-two")[0]["price"] == ("99" if is_of_the_order else TYPES["Library creation"]["price"])
    for lab in (one, two):
        assert json.loads(lab.call("verify", "--format", "json")[1])["seals"] == 1


def come_before_the_push(monkeypatch: pytest.MonkeyPatch, lab: str, come: Callable[[], object]) -> list[str]:
    """Let something happen when this laboratory is about to push for the first time; it is noted where to."""
    from seqmeta.store import Store

    push, pushed = Store.push, list[str]()

    def late(store: Store, url: str, *words: Any) -> object:
        if store.path.parent.name == lab and not pushed:
            pushed.append(url)
            come()
        return push(store, url, *words)

    monkeypatch.setattr(Store, "push", late)
    return pushed


def test_a_push_that_comes_too_late_is_made_anew(tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples(), run_of())
    calls = come_before_the_push(monkeypatch, "two", lambda: one.good(biosamples("C-1"), biosamples(), run_of()))
    answer = two.good(biosamples("D-1"))
    assert calls
    assert answer["commit"] == two.head() == git(remote, "rev-parse", "main")
    assert {of["biosample"]["central_sample_id"] for of in two.list_records("biosample")} >= {
        "C-1",
        "D-1",
        "BIRM-XXXXX",
    }


def test_what_the_remote_changed_too_is_judged_anew_in_the_same_run(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    theirs = {"biosample": {"central_sample_id": "D-1", "taxon_id": 9606}}
    calls = come_before_the_push(monkeypatch, "two", lambda: one.good(biosamples("A-1"), theirs))
    answer = two.good({"biosample": {"central_sample_id": "D-1", "taxon_id": 10090}})
    assert calls
    assert answer["commit"] == two.head() == git(remote, "rev-parse", "main")
    assert two.body("biosample", "D-1")["taxon_id"] == 10090
    assert two.record("biosample", "D-1")["meta"]["version"] == 2
    assert two.call("verify")[0] == 0


def test_a_run_that_is_interrupted_behind_its_commit_says_so(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it pushes, which may take long."""
    from seqmeta.store import Store

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    lab = Lab(tmp_path / "one", remote=str(remote))
    lab.describe(biosamples("A-1"))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "push", interrupt)
        code, out, err = lab.call("apply")
        assert (code, out) == (130, "")
        assert f"interrupted: commit {lab.head()} was made" in err
        assert lab.call("apply")[::2] == (
            130,
            "seqmeta: interrupted: nothing was committed that was not reported as committed\n",
        )
    lab.good()
    assert lab.head() == git(remote, "rev-parse", "main")


def test_what_only_the_remote_has_is_found_by_the_first_run_and_by_later_ones(tmp_path: Path, remote: Path) -> None:
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    two.good({"asset": {"name": "first", "biosamples": ["A-1"]}})
    one.good(biosamples("A-1", "A-2"))
    two.good({"asset": {"name": "first", "biosamples": ["A-1"]}}, {"asset": {"name": "second", "biosamples": ["A-2"]}})
    assert two.head() == git(remote, "rev-parse", "main")
    before = two.head()
    two.refused({"asset": {"name": "third", "biosamples": ["A-3"]}})
    assert git(remote, "rev-parse", "main") == before


@pytest.mark.parametrize("is_moved", [False, True])
def test_what_was_committed_without_network_is_pushed_by_the_next_run_though_that_is_refused(
    tmp_path: Path, remote: Path, is_moved: bool
) -> None:
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    two.good(biosamples("B-1"))
    away = remote.rename(tmp_path / "away.git")
    two.good(biosamples("B-1", "B-2"))
    two.describe(biosamples("B-1", "B-2"), {"study": {"colour": "red"}})
    code, out, _ = two.call("apply")
    assert (code, out.count("does not appear to be a git repository")) == (1, 1)
    away.rename(remote)
    if is_moved:
        one.good(biosamples("A-1", "A-2"))
    assert two.call("apply")[0] == 1
    assert two.head() == git(remote, "rev-parse", "main")
    assert two.body("biosample", "B-2")


def test_a_remote_that_moves_while_a_run_is_refused_is_left_to_the_next_run(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    two.good(biosamples("B-1"))
    come_before_the_push(monkeypatch, "two", lambda: one.good(biosamples("A-1", "A-2")))
    two.describe(biosamples("B-1"), {"study": {"colour": "red"}})
    code, out, _ = two.call("apply")
    assert (code, "the remote moved meanwhile; the next run pushes" in out) == (1, True), out
    assert one.head() == git(remote, "rev-parse", "main")
    two.good(biosamples("B-1", "B-2"))
    assert two.head() == git(remote, "rev-parse", "main")


def test_what_was_sealed_offline_from_a_sample_whose_consent_is_withdrawn_is_judged_anew(
    tmp_path: Path, remote: Path
) -> None:
    """Each side is right by itself; both together would be a seal over what no order may use."""
    one, two = Lab(tmp_path / "one", remote=str(remote)), OrderLab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    asset = {"asset": {"name": "tube of one", "biosamples": ["A-1"]}}
    two.good(asset, order(name="o-two", assets=["tube of one"]))
    away = remote.rename(tmp_path / "away.git")
    two.good(asset, order(name="o-two", assets=["tube of one"]), submission(name="s-two", orders=["o-two"]))
    away.rename(remote)
    one.good({"biosample": {"central_sample_id": "A-1", "consent_withdrawn": "true"}})
    code, out, _ = two.call("apply")
    assert code == 1
    assert "[consent_withdrawn]" in out
    assert "is kept as refs/seqmeta/set-aside/" in out
    assert git(remote, "for-each-ref", "refs/tags") == ""
    assert two.head() == git(remote, "rev-parse", "main")
    assert two.call("verify")[0] == 0


def test_a_run_that_has_to_commit_twice_tells_all_that_it_made(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit of an earlier run, not pushed, does not fit; this run's own does, and what is left is made anew."""
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1"))
    two.good(biosamples("B-1"))
    away = remote.rename(tmp_path / "away.git")
    offline = {"biosample": {"central_sample_id": "D-1", "taxon_id": 10090}}
    two.good(biosamples("B-1"), offline)
    theirs = {"biosample": {"central_sample_id": "D-1", "taxon_id": 9606}}
    come_before_the_push(monkeypatch, "two", lambda: (away.rename(remote), one.good(biosamples("A-1"), theirs)))
    answer = two.good(biosamples("B-1", "B-2"), offline)
    uuids = {name: two.body("biosample", name)["uuid"] for name in ("B-2", "D-1")}
    assert (answer["created"], answer["updated"]) == ([uuids["B-2"]], [uuids["D-1"]])
    assert answer["commit"] == two.head() == git(remote, "rev-parse", "main")
    assert two.body("biosample", "D-1")["taxon_id"] == 10090
    assert two.call("verify")[0] == 0


@pytest.mark.parametrize("is_json", [True, False], ids=["json", "text"])
def test_a_commit_that_stands_is_told_though_what_the_remote_has_is_refused_then(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch, is_json: bool
) -> None:
    """A commit of an earlier run does not fit, this run's own does, and what is left may not be made anew."""
    one, two = Lab(tmp_path / "one", remote=str(remote)), Lab(tmp_path / "two", remote=str(remote))
    one.good(biosamples("A-1", "C-1"))
    two.good(biosamples("B-1"))
    away = remote.rename(tmp_path / "away.git")
    offline = library_of(biosamples=["C-1"])
    two.good(biosamples("B-1"), offline)
    theirs = ({"biosample": {"central_sample_id": "C-1", "consent_withdrawn": "true"}}, library_of(biosamples=["A-1"]))
    come_before_the_push(monkeypatch, "two", lambda: (away.rename(remote), one.good(biosamples("A-1"), *theirs)))
    if is_json:
        answer = two.apply(biosamples("B-1", "B-2"), offline)
        assert [of["code"] for of in answer["problems"] if of["severity"] == "error"] == ["consent_withdrawn"]
        made = (answer["code"], answer["commit"], answer["created"], answer["updated"])
        assert made == (1, two.head(), [two.body("biosample", "B-2")["uuid"]], [])
    else:
        two.describe(biosamples("B-1", "B-2"), offline)
        code, out, _ = two.call("apply")
        head = two.head()
        assert code == 1
        assert head is not None
        assert f"committed {head[:12]}: 1 created, 0 updated\nbehind it nothing was committed: 1 error" in out
    two.good(biosamples("B-1", "B-2"))
    assert two.head() == git(remote, "rev-parse", "main")
