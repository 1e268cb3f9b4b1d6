"""`seqmeta diff`: what was created and updated between two revisions, field by field (CONTRACT 4)."""

import subprocess

from ordering import order, submission
from reading import ReadingLab


def test_two_revisions_field_by_field(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    first = lab.good(order(comments="one"))["commit"]
    second = lab.good(order(comments="two"), order("o2", assets=["tube2"]))["commit"]
    lab.good(order(comments="three"), order("o2", assets=["tube2"]))
    found = lab.json("diff", first, second)
    assert (found["from"], found["to"], found["removed"]) == (first, second, [])
    assert ("order", "o2") in {(of["kind"], of["name"]) for of in found["created"]}
    (updated,) = found["updated"]
    assert (updated["kind"], updated["name"], updated["versions"]) == ("order", "o1", {"from": 1, "to": 2})
    assert updated["changes"] == [{"path": "order.comments", "from": "one", "to": "two"}]
    assert "order.comments: one → two" in lab.text("diff", first, second)


def test_the_second_revision_is_the_branch_unless_given(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    first = lab.good(order(comments="one"))["commit"]
    lab.good(order(comments="two"))
    last = lab.good(order(comments="three"))["commit"]
    found = lab.json("diff", first)
    assert found["to"] == last
    assert found["updated"][0]["changes"] == [{"path": "order.comments", "from": "one", "to": "three"}]
    assert lab.json("diff", "HEAD")["updated"] == []
    assert lab.text("diff", "HEAD") == "no record differs\n"


def test_backwards_what_came_later_is_removed(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    first = lab.good(order())["commit"]
    second = lab.good(order(), order("o2", assets=["tube2"]))["commit"]
    found = lab.json("diff", second, first)
    assert "o2" in {of["name"] for of in found["removed"]}
    assert found["created"] == []
    assert "removed order o2" in lab.text("diff", second, first)


def test_other_files_in_the_store_are_no_records(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    (lab.records / "NOTES.md").write_text("by hand\n")
    git = ["git", "-C", str(lab.records), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "NOTES.md"], check=True)
    subprocess.run([*git, "commit", "-qm", "notes"], check=True)
    assert lab.text("diff", "HEAD~1") == "no record differs\n"


def test_an_unknown_revision_is_named(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    assert "'nowhere' is not a revision" in lab.fails(3, "diff", "nowhere")
    assert "is not a revision" in lab.fails(3, "diff", "HEAD", "nowhere")
    assert "is not a revision" in lab.fails(3, "list", "order", "--rev=--output=stolen")
    assert not list(lab.root.rglob("stolen"))


def test_a_record_that_cannot_be_read_is_named(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    lab.good(order())
    path = lab.git("ls-files", "orders")
    (lab.records / path).write_text('{"meta": {}, "meta": {}}\n')
    git = ["git", "-C", str(lab.records), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "commit", "-qam", "by hand"], check=True)
    for words in (["diff", "HEAD~1"], ["list", "order"], ["report", "studies"], ["show", "order/o1"]):
        assert path in lab.fails(3, *words)
    assert lab.json("show", "order/o1", "--rev", "HEAD~1")["meta"]["version"] == 1


def test_progress_goes_by_the_name_of_its_submission_as_in_a_plan(tmp_path):
    lab = ReadingLab(tmp_path / "lab")
    first = lab.good(order())["commit"]
    lab.good(order(), submission())
    created = {of["kind"]: of for of in lab.json("diff", first)["created"]}
    assert created["progress"]["name"] == "s1"
    assert f"created progress of s1 ({created['progress']['uuid']})\n" in lab.text("diff", first)
