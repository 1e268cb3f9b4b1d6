"""The configuration of a workspace: its keys, its errors, and what is missing (CONTRACT 2 and 7)."""

import json
import os

import pytest
from effort import within
from lab import Lab, biosamples, dump, run_of

import seqmeta
from seqmeta.cli import main
from seqmeta.config import Config, read_config


def _config(lab, text):
    (lab.root / "config/config.yaml").write_text(text)


@pytest.mark.parametrize(
    "text, code, path, place",
    [
        ("recods: r\n", "unknown_field", "config.recods", (1, 1)),
        ("records: ../out\n", "not_allowed", "config.records", (1, 10)),
        ("records: /out\n", "not_allowed", "config.records", (1, 10)),
        ("records: a/../../b\n", "not_allowed", "config.records", (1, 10)),
        ("records: .\n", "not_allowed", "config.records", (1, 10)),
        ("records: config\n", "not_allowed", "config.records", (1, 10)),
        ("records: ./config/descriptions\n", "not_allowed", "config.records", (1, 10)),
        ("records: a/.GIT/b\n", "not_allowed", "config.records", (1, 10)),
        ("records: .seqmeta\n", "not_allowed", "config.records", (1, 10)),
        ("records: results\n", "not_allowed", "config.records", (1, 10)),
        ("results: records/x\n", "not_allowed", "config.results", (1, 10)),
        ("results: /out\n", "not_allowed", "config.results", (1, 10)),
        ("results: config/./descriptions/\n", "not_allowed", "config.results", (1, 10)),
        (
            "descriptions: [config/descriptions]\nresults: config/descriptions\n",
            "not_allowed",
            "config.results",
            (2, 10),
        ),
        ("branch: -x\n", "not_allowed", "config.branch", (1, 9)),
        ("branch: a..b\n", "not_allowed", "config.branch", (1, 9)),
        ("branch: HEAD\n", "not_allowed", "config.branch", (1, 9)),
        ("branch: '@{-1}'\n", "not_allowed", "config.branch", (1, 9)),
        ("committer: {name: L <x>, email: a}\n", "invalid_text", "config.committer.name", (1, 19)),
        ("descriptions: [config/descriptions, ../x]\n", "not_allowed", "config.descriptions.1", (1, 37)),
        ("descriptions: config/descriptions\n", "wrong_type", "config.descriptions", (1, 15)),
        ("descriptions: []\n", "out_of_range", "config.descriptions", (1, 15)),
        ("committer: Lab\n", "wrong_type", "config.committer", (1, 12)),
        ("committer: {name: Lab}\n", "required_field", "config.committer.email", (1, 12)),
        ("committer: {name: Lab, email: a, phone: b}\n", "unknown_field", "config.committer.phone", (1, 34)),
        ("unregistered_biosamples: NO\n", "not_allowed", "config.unregistered_biosamples", (1, 26)),
        ("shard_size: 0\n", "out_of_range", "config.shard_size", (1, 13)),
        ("shard_size: many\n", "wrong_type", "config.shard_size", (1, 13)),
        ("signing: {kez: k}\n", "unknown_field", "config.signing.kez", (1, 11)),
        ("records: a\nrecords: b\n", "duplicate_key", "config.records", (2, 1)),
        ("records: &a a\n", "alias_not_allowed", "config.records", (1, 10)),
        ("records: !!str a\n", "tag_not_allowed", "config.records", (1, 10)),
        ("records: [\n", "yaml_syntax", None, None),
        ("- a\n", "wrong_type", None, (1, 1)),
    ],
)
@pytest.mark.parametrize("command", ["check", "plan", "apply"])
def test_what_is_wrong_with_a_configuration(lab, text, code, path, place, command):
    _config(lab, text)
    lab.describe(biosamples())
    exit_code, out, _ = lab.call(command, "--format", "json")
    assert exit_code == 1
    (problem,) = json.loads(out)["problems"]
    assert (problem["file"], problem["code"]) == ("config/config.yaml", code)
    assert path is None or problem["path"] == path
    assert place is None or (problem["line"], problem["column"]) == place
    assert not lab.records.exists()
    assert "its kind" not in problem["message"]  # which only a description has


@pytest.mark.parametrize("results, where", [("", "results"), (", results: out", "out")])
def test_a_workflow_s_configuration_is_answered_with_where_that_of_its_module_is(lab, results, where):
    _config(lab, f"genome: hg38\nreads: {{}}\nseqmeta: {{records: there{results}}}\n")
    lab.describe(biosamples())
    (problem,) = lab.check()
    assert (problem["code"], problem["path"]) == ("unknown_field", "config.seqmeta")
    assert f"`--config {where}/config.json`" in problem["message"]


def test_what_reads_or_mends_a_store_goes_by_no_configuration_that_is_wrong(lab):
    """One letter too few, and no signature was asked for, or another store was read."""
    _config(lab, "signing: {allowed_signer: ../signers}\n")
    commands = ("verify", "doctor", "migrate", "list study", "show A", "log A", "blame A", "diff x", "report charges")
    for words in commands:
        code, _, complaint = lab.call(*words.split())
        assert (code, "1:11: config.signing.allowed_signer: " in complaint) == (3, True), words
    with pytest.raises(seqmeta.WorkspaceError, match="did you mean allowed_signers"):
        seqmeta.open_records(lab.root)
    with pytest.raises(seqmeta.WorkspaceError, match="did you mean allowed_signers"):
        seqmeta.verify(lab.root)


@pytest.mark.parametrize("file", ["config.yaml", "vocabularies.yaml"])
def test_very_many_unknown_keys_take_no_square(lab, file):
    path = lab.root / "config" / file
    keys = "".join(f"k{number}: v\n" for number in range(30_000))
    path.write_text((path.read_text() if path.exists() else "") + keys)
    with within(3):
        problems = lab.check()
    assert {problem["code"] for problem in problems} == {"unknown_field", "too_many_problems"}
    assert len(problems) == 10_001


@pytest.mark.parametrize("again", ["./config/descriptions", "config//descriptions/"])
def test_a_folder_named_in_two_ways_is_read_once(lab, again):
    lab.configure(descriptions=["config/descriptions", again])
    lab.describe(biosamples())
    assert lab.check() == []


@pytest.mark.parametrize("records", ["r" * 300, "/".join(["r" * 200] * 20)])
def test_a_folder_that_no_file_system_takes_is_one_sentence(lab, records):
    lab.configure(records=records)
    code, _, err = lab.call("check")
    assert (code, err.count("\n")) == (3, 1)


@pytest.mark.parametrize(
    "key, value",
    [("records", "/".join(["r" * 200] * 21)), ("shard_size", 0), ("branch", "../x"), ("unregistered_biosamples", "no")],
)
def test_what_is_refused_is_not_used(lab, key, value):
    lab.configure(**{key: value})
    assert [problem["path"] for problem in lab.check()] == [f"config.{key}"]
    assert getattr(read_config("config.yaml", dump({key: value}).encode())[0], key) == getattr(Config(), key)


@pytest.mark.parametrize("name", ["config.yaml", "vocabularies.yaml"])
@pytest.mark.parametrize("what", ["a FIFO", "a folder", "a link that leads nowhere"])
def test_what_is_no_file_in_place_of_a_configuration_is_one_sentence_and_not_waited_for(lab, name, what):
    path = lab.root / "config" / name
    path.unlink(missing_ok=True)
    if what == "a FIFO":
        os.mkfifo(path)
    elif what == "a folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    code, _, err = lab.call("check")
    assert (code, err.count("\n")) == (3, 1)
    assert f"config/{name}" in err


@pytest.mark.parametrize("text", ["", "# nothing\n", "records: ~\n", "descriptions:\n", "{}\n", "---\n"])
def test_every_key_has_a_default(lab, text):
    _config(lab, text)
    lab.describe(biosamples())
    assert lab.check() == []


def test_without_a_committer_the_line_to_add_is_named(lab):
    _config(lab, "{}\n")
    lab.describe(biosamples())
    code, _, err = lab.call("apply")
    assert code == 3
    assert "committer:" in err
    assert not (lab.records / ".git").exists()


def test_text_of_the_configuration_stays_as_it_is_written(lab):
    _config(lab, "committer: {name: NO, email: 0123}\nbranch: 1.10\n")
    lab.describe(biosamples())
    lab.good()
    assert lab.git("log", "-1", "--format=%an %ae") == "NO 0123"
    assert lab.git("symbolic-ref", "--short", "HEAD") == "1.10"


@pytest.mark.parametrize("command", ["check", "plan", "apply", "verify", "list", "doctor"])
@pytest.mark.parametrize("key, folder", [("records", "kept"), ("records", "kept/records"), ("results", "kept/results")])
def test_a_file_where_a_folder_of_its_own_is_to_be_is_named_and_stays(lab, command, key, folder):
    _config(lab, f"{key}: {folder}\n")
    lab.describe(biosamples())
    (lab.root / "kept").write_text("a note\n")
    code, out, err = lab.call(command, *(["biosample"] if command == "list" else []))
    assert (code, out) == (3, "")
    assert "kept is a file: expected a folder, or nothing yet; move it away" in err
    assert (lab.root / "kept").read_text() == "a note\n"


def test_a_missing_named_folder_exits_3_and_a_missing_default_does_not(lab):
    lab.configure(descriptions=["config/descriptions", "elsewhere"])
    for command in ("check", "plan", "apply"):
        code, _, err = lab.call(command)
        assert code == 3
        assert "elsewhere is missing" in err
    (lab.root / "elsewhere").write_text("study: {name: S}")
    assert "elsewhere is no folder" in lab.call("check")[2]
    lab.configure()
    lab.descriptions.rmdir()
    assert lab.check() == []
    assert lab.good()["commit"] is None
    lab.descriptions.write_text("study: {name: S}")
    for command in ("check", "plan", "apply"):
        code, _, err = lab.call(command)
        assert (code, "the folder of descriptions config/descriptions is no folder in" in err) == (3, True)


def test_no_workspace_at_all(tmp_path, lab):
    (lab.root / "config/config.yaml").unlink()
    code, _, err = lab.call("check")
    assert code == 3
    assert "config.yaml" in err
    lab.root = tmp_path / "nowhere"
    code, _, err = lab.call("check")
    assert code == 3
    assert "nowhere" in err


def test_a_missing_named_vocabularies_file_exits_3(lab):
    lab.configure(vocabularies="terms.yaml")
    code, _, err = lab.call("check")
    assert code == 3
    assert "terms.yaml" in err


def test_another_configuration_file(lab, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("records: elsewhere\ncommitter: {name: A, email: a@example.org}\n")
    lab.describe(biosamples())
    code, _, err = lab.call("--config", str(other), "apply")
    assert code in (0, 2), err


def test_folders_of_descriptions_are_read_in_any_order_and_once(tmp_path):
    trees = set()
    for number, folders in enumerate([["a", "b"], ["b", "a"], ["a", "a/../b"], ["a", "b", "a/deeper"], ["./b/", "a/"]]):
        lab = Lab(tmp_path / str(number), descriptions=folders)
        (lab.root / "a/deeper").mkdir(parents=True)
        (lab.root / "b").mkdir()
        (lab.root / "a/deeper/run.yaml").write_text(dump(run_of()))
        (lab.root / "b/samples.yaml").write_text(dump(biosamples()))
        if ".." in folders[-1]:
            assert lab.call("check")[0] == 1
            continue
        lab.good()
        trees.add(lab.tree())
    assert len(trees) == 1


def test_records_in_another_folder(tmp_path):
    lab = Lab(tmp_path / "lab", records="deep/er/store")
    lab.records = lab.root / "deep/er/store"
    lab.good(biosamples())
    assert len(lab.list_records("biosample")) == 3
    assert not (lab.root / "records").exists()


def test_records_inside_a_folder_of_descriptions_are_not_read_as_descriptions(tmp_path):
    lab = Lab(tmp_path / "lab", records="config/descriptions/records")
    lab.records = lab.descriptions / "records"
    lab.good(biosamples())
    assert lab.good()["commit"] is None


@pytest.mark.parametrize("records", ["link/records", "link"])
def test_records_are_not_written_through_a_link(tmp_path, records):
    lab = Lab(tmp_path / "lab", records=records)
    outside = tmp_path / "outside"
    outside.mkdir()
    (lab.root / "link").symlink_to(outside)
    lab.describe(biosamples())
    code, _, err = lab.call("apply")
    assert code == 3
    assert err
    assert list(outside.iterdir()) == []


def test_the_remedy_is_named_for_a_wrong_key(lab):
    _config(lab, "vocabulary: x\n")
    (problem,) = lab.check()
    assert "vocabularies" in problem["message"]


def test_a_configuration_named_at_the_command_is_found_from_here_or_from_the_workspace(tmp_path, monkeypatch):
    lab = Lab(tmp_path / "lab")
    lab.good(biosamples())
    (lab.root / "config/other.yaml").write_text("committer: {name: Other, email: other@example.org}\n")
    lab.describe(biosamples("A-1"))
    monkeypatch.chdir(tmp_path)
    assert main(["-C", "lab", "--config", "config/other.yaml", "apply"]) == 0
    assert lab.git("log", "-1", "--format=%an") == "Other"
    monkeypatch.chdir(lab.root / "config")
    lab.describe(biosamples("A-2"))
    assert main(["-C", "..", "--config", "other.yaml", "apply"]) == 0
    assert main(["-C", "..", "--config", "none.yaml", "apply"]) == 3


def test_a_workspace_above_is_named_and_not_taken_unasked(tmp_path):
    lab = Lab(tmp_path / "lab")
    for folder, words in ((lab.root / "config", f"-C {lab.root}"), (tmp_path, "seqmeta init")):
        code, _, err = Lab.call(lab, "-C", str(folder), "check")
        assert (code, words in err) == (3, True), err


def test_without_a_committer_it_is_the_one_that_git_would_take(lab, tmp_path, monkeypatch):
    def config_of(name):
        (tmp_path / name).write_text(f"[user]\n\tname = {name}\n\temail = {name}@example.org\n")
        return str(tmp_path / name)

    def committer(**environment):
        with monkeypatch.context() as context:
            for variable, value in environment.items():
                context.setenv(variable, value)
            lab.describe({"study": {"name": f"Study of {sorted(environment)}"}})
            code, _, complaint = lab.call("apply")
        assert (code, complaint.count("nobody to commit as")) in {(0, 0), (3, 1)}
        return lab.git("log", "-1", "--format=%cn <%ce>") if code == 0 else None

    lab.configure(committer=None)
    machine = {"GIT_CONFIG_SYSTEM": config_of("machine")}
    assert committer(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1") is None
    assert committer(**machine) == "machine <machine@example.org>"
    assert committer(**machine, GIT_CONFIG_NOSYSTEM="true") is None
    assert committer(**machine, GIT_CONFIG_GLOBAL=config_of("person")) == "person <person@example.org>"
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text((tmp_path / "person").read_text())
    assert committer() == "person <person@example.org>"
    assert committer(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1") is None
    assert committer(GIT_COMMITTER_NAME="Variable") == "Variable <person@example.org>"
    for latin in ("variable", "file"):
        (tmp_path / ".gitconfig").write_bytes(b"[user]\n\tname = J\xf6rg\n\temail = j@example.org\n")
        with monkeypatch.context() as context:
            if latin == "variable":
                context.setenv("GIT_COMMITTER_NAME", os.fsdecode(b"J\xf6rg"))
            lab.describe({"study": {"name": "Another"}})
            code, _, complaint = lab.call("apply")
        assert (code, "'J\\udcf6rg' cannot be a committer's name" in complaint) == (3, True)
