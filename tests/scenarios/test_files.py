"""Which files are descriptions, what else may lie among them, and the repository around (CONTRACT 2 and 3)."""

import contextlib
import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from lab import Lab, biosamples, dump, run_of

STUDY = "study: {name: S}\n"


def _git(folder, *words):
    return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "name", ["a.yaml", "a.yml", "a.json", "deep/er/a.yaml", "Ünïcode ☃.yaml", "-o.yaml", "a b'c\".yaml", "{}.yml"]
)
def test_what_is_a_description(lab, name):
    lab.write(name, '{"study": {"name": "S"}}')
    assert len(lab.good()["created"]) == 1


@pytest.mark.parametrize(
    "name", ["a.txt", "a.yaml~", ".a.yaml", ".hidden/a.yaml", "a.YAML.orig", "README", "a.yaml.bak", "a.jsonl"]
)
def test_what_is_none(lab, name):
    lab.write(name, "this: is\nnot: [ YAML")
    assert lab.check() == []


def test_an_ending_in_capitals_is_told_to_a_person_and_to_no_machine(lab):
    lab.describe({"study": {"name": "S"}})
    for name in ("a.YAML", "deep/b.Json", ".c.YML", "d.YAML.orig"):
        lab.write(name, STUDY)
    code, out, err = lab.call("check", "--strict")
    assert (code, out) == (0, "1 described, 0 errors, 0 warnings\n")
    assert err.splitlines() == [
        f"config/descriptions/{name} is not read: the name of a description ends in .yaml, .yml or .json, in lower case"
        for name in ("a.YAML", "deep/b.Json")
    ]
    assert lab.call("check", "--format", "json")[2] == ""


def test_records_that_only_the_remote_has_are_said_not_to_be_looked_at(tmp_path):
    remote = tmp_path / "remote.git"
    _git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    lab = Lab(tmp_path / "lab", remote=str(remote))
    lab.describe({"study": {"name": "S"}})
    for words in (["check"], ["plan"], ["plan", "--format", "markdown"]):
        code, _, err = lab.call(*words)
        assert (code, err) == (
            0,
            "there are no records in records/ yet: what is sealed or locked in the remote was not looked at\n",
        )
    assert lab.call("plan", "--format", "json")[2] == ""
    for words in (["list", "study"], ["verify"], ["doctor"], ["migrate"]):
        code, _, err = lab.call(*words)
        assert (code, "`seqmeta apply` fetches what the remote has, and adds what is described" in err) == (3, True), (
            err
        )
    lab.good()
    assert lab.call("check")[2] == ""
    for words in (["plan"], ["plan", "--format", "markdown"]):
        assert "the remote was not asked" in lab.call(*words)[2]
    assert lab.call("plan", "--format", "json")[2] == ""


def test_a_path_that_is_no_description_is_said_not_to_be_checked(lab):
    lab.describe({"study": {"name": "S"}}, name="a.yaml")
    for name in ("broken.yaml", "other/x.yaml"):
        lab.root.joinpath(name).parent.mkdir(exist_ok=True)
        lab.root.joinpath(name).write_text("study: [\n")
        code, out, err = lab.call("check", name)
        assert (code, out) == (0, "1 described, 0 errors, 0 warnings\n")
        assert err == f"{name} is, and has in it, none of the descriptions: not checked\n"
    for name in ("config", "config/descriptions", "config/descriptions/a.yaml", "config/config.yaml", "."):
        assert lab.call("check", name)[2] == "", name
    (lab.descriptions / "link.yaml").symlink_to(lab.root / "broken.yaml")
    assert lab.call("check", "config/descriptions/link.yaml")[2] == ""


def test_links_are_reported_and_left_alone(lab, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("study: {name: secret, nme: x}\n")
    (lab.descriptions / "link.yaml").symlink_to(outside / "secret.yaml")
    (lab.descriptions / "folder").symlink_to(outside)
    (lab.descriptions / "gone.yaml").symlink_to(outside / "none.yaml")
    (lab.descriptions / "loop.yaml").symlink_to("loop.yaml")
    (lab.descriptions / "device.yaml").symlink_to("/dev/zero")
    answer = lab.good({"study": {"name": "S"}})
    warnings = {
        (Path(of["file"]).name, of["line"], of["column"], of["code"], of["severity"]) for of in answer["problems"]
    }
    names = ("link.yaml", "folder", "gone.yaml", "loop.yaml", "device.yaml")
    assert warnings == {(name, 1, 1, "not_a_regular_file", "warning") for name in names}
    assert [of["study"]["name"] for of in lab.list_records("study")] == ["S"]


def test_fifos_sockets_and_folders_named_like_files(lab):
    os.mkfifo(lab.descriptions / "fifo.yaml")
    (lab.descriptions / "folder.yaml").mkdir()
    lab.write("folder.yaml/real.yaml", STUDY)
    with socket.socket(socket.AF_UNIX) as server:
        with contextlib.chdir(lab.descriptions):  # the path of a socket is limited to 108 bytes
            server.bind("socket.yaml")
        problems = lab.check()
    assert [(of["file"], of["code"]) for of in problems] == [
        ("config/descriptions/fifo.yaml", "not_a_regular_file"),
        ("config/descriptions/socket.yaml", "not_a_regular_file"),
    ]
    assert len(lab.good()["created"]) == 1


def test_a_file_whose_name_is_no_utf8(lab):
    Path(os.fsdecode(os.fsencode(lab.descriptions) + b"/\xff.yaml")).write_text(STUDY)
    (problem,) = lab.check()
    assert problem["code"] == "not_a_regular_file"
    assert lab.call("apply")[0] == 0


@pytest.mark.parametrize(
    "data, code",
    [
        ("study: {name: S}".encode("utf-16"), "invalid_text"),
        ("study: {name: S}".encode("utf-16-le"), "invalid_text"),
        (b"study: {name: \xff}", "invalid_text"),
        (b"study: {name: a\x00b}", "invalid_text"),
        (b"\x00" * 10, "invalid_text"),
        (b"study: {name: S}" + b" " * (32 * 1024 * 1024), "out_of_range"),
    ],
)
def test_bytes_that_are_no_text(lab, data, code):
    lab.write("a.yaml", data)
    problems = lab.check()
    assert problems[0]["code"] == code


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\xef\xbb\xbf", b"---\n---\n", b"# only a comment", b"\xef\xbb\xbfstudy: {name: S}\r\n"],
)
def test_bytes_that_are_fine(lab, data):
    lab.write("a.yaml", data)
    assert lab.check() == []


def test_documents_without_content_between_others(lab):
    lab.write("a.yaml", "---\n---\nstudy: {name: A}\n---\n# none\n---\nstudy: {name: B}\n...\n")
    assert len(lab.good()["created"]) == 2


@pytest.mark.parametrize("text", ["studies:\n", "studies: []\n", "biosamples: ~\n"])
def test_an_empty_list_of_things(lab, text):
    lab.write("a.yaml", text)
    assert lab.check() == []


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "{",
        '{"study": {"name": "S",}}',
        '{"study": {"name": "S"}} x',
        "{'study': 1}",
        '{"a": NaN}',
        "// c\n{}",
    ],
)
def test_what_is_no_json(lab, text):
    lab.write("a.json", text)
    (problem,) = lab.check()
    assert problem["file"] == "config/descriptions/a.json"
    assert problem["code"] in ("yaml_syntax", "wrong_type", "unknown_kind")


def test_json_keeps_its_numbers_as_they_are_written(lab):
    text = json.dumps({"biosample": {"central_sample_id": "X1.10", "taxon_id": 9606}}).replace('"X1.10"', "1.10")
    lab.write("a.json", text)
    lab.good()
    assert lab.body("biosample", "1.10")["taxon_id"] == 9606


def test_duplicate_keys_in_json(lab):
    lab.write("a.json", '{"study": {"name": "A", "name": "B"}}')
    assert [(of["code"], of["line"], of["column"]) for of in lab.check()] == [("duplicate_key", 1, 25)]


def test_the_repository_around_and_the_store_do_not_know_each_other(tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    _git(outer, "init", "-q", "-b", "trunk")
    lab = Lab(outer / "lab")
    (outer / ".gitignore").write_text("/lab/records/\n/lab/.seqmeta/\n")
    lab.describe(biosamples(), run_of())
    _git(outer, "add", "-A")
    _git(outer, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "descriptions")
    head = _git(outer, "rev-parse", "HEAD")
    lab.good()
    assert _git(outer, "status", "--porcelain") == ""
    assert (_git(outer, "rev-parse", "HEAD"), lab.git("rev-parse", "--show-toplevel")) == (
        head,
        str(lab.records.resolve()),
    )
    assert head.strip() in lab.git("log", "-1", "--format=%B")
    assert lab.git("status", "--porcelain") == ""
    assert lab.git("symbolic-ref", "--short", "HEAD") == "main"


def test_environment_of_another_repository_is_no_matter(tmp_path, lab, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    _git(other, "init", "-q")
    for name, value in {"GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_INDEX_FILE": other / "index"}.items():
        monkeypatch.setenv(name, str(value))
    assert len(lab.good(biosamples())["created"]) == 3
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name)
    assert sorted(path.name for path in other.iterdir()) == [".git"]
    assert lab.git("status", "--porcelain") == ""


def test_other_files_in_the_store_are_left_alone(lab):
    lab.good(biosamples())
    (lab.records / "README.md").write_text("notes by hand\n")
    lab.good(biosamples("NEW"))
    assert (lab.records / "README.md").read_text() == "notes by hand\n"


def test_equal_descriptions_in_yaml_and_json_are_one_thing_twice(lab):
    lab.write("a.yaml", dump({"study": {"name": "S"}}))
    lab.write("a.json", '{"study": {"name": "S"}}')
    (problem,) = lab.check()
    assert (problem["code"], problem["file"]) == ("duplicate_identity", "config/descriptions/a.yaml")
    assert "config/descriptions/a.json:1:20" in problem["message"]
