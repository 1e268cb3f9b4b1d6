"""`import seqmeta`: light, documented by examples that run, and the same values as the command's."""

import doctest
import json
import shutil
import subprocess
import sys
from importlib import resources
from itertools import chain

import pytest
from lab import call

import seqmeta
from seqmeta import api, api_exchange, api_reading


def command(folder, *words):
    return subprocess.run(["seqmeta", *words], cwd=folder, capture_output=True, text=True, check=False)


def git(folder, *words):
    command = ["git", "-C", folder, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def lab(tmp_path):
    """A new workspace, not applied yet."""
    with resources.as_file(resources.files("seqmeta") / "starter") as starter:
        shutil.copytree(starter, tmp_path / "lab")
    return tmp_path / "lab"


def loaded_by(statement):
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_importing_it_loads_nothing_heavy():
    loaded = loaded_by("import seqmeta; seqmeta.__version__; dir(seqmeta)")
    assert {name for name in loaded if name.startswith("seqmeta")} == {"seqmeta", "seqmeta.version"}
    assert {"git", "cerberus", "yaml", "orjson", "snakemake"} & set(loaded) == set()


def test_every_name_is_there_and_no_other():
    assert {name: getattr(seqmeta, name) for name in seqmeta.__all__}.keys() <= set(dir(seqmeta))
    assert seqmeta.check is api.check
    assert issubclass(seqmeta.LockedError, seqmeta.SeqmetaError)
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = seqmeta.chekc


def test_the_examples_in_its_documentation_hold(lab, monkeypatch):
    monkeypatch.chdir(lab.parent)
    finder, given = doctest.DocTestFinder(recurse=True), {"seqmeta": seqmeta}
    lab.parent.joinpath("samples.csv").write_text("central_sample_id\nS-1\n")
    modules = (api, api_reading, api_exchange)
    examples = [finder.find(module, module.__name__, extraglobs=given) for module in modules]
    shown = [sorted((of for of in some if of.examples), key=lambda of: of.lineno) for some in examples]
    assert list(map(len, shown)) == [8, 7, 4]
    for example in chain.from_iterable(shown):
        assert doctest.DocTestRunner().run(example).failed == 0, example.name


def test_it_returns_what_the_command_prints(lab):
    assert seqmeta.check(lab) == json.loads(command(lab, "check", "--format", "json").stdout)
    assert seqmeta.plan(str(lab)) == json.loads(command(lab, "plan", "--format", "json").stdout)

    other = lab.parent / "other"
    shutil.copytree(lab, other)
    ours, theirs = seqmeta.apply(lab), json.loads(command(other, "apply", "--format", "json").stdout)
    assert git(lab / "records", "rev-parse", "HEAD") == ours["commit"]
    assert {**ours, "commit": ...} == {**theirs, "commit": ...}
    assert seqmeta.verify(lab) == json.loads(command(lab, "verify", "--format", "json").stdout)
    assert seqmeta.migrate(lab) == json.loads(command(lab, "migrate", "--format", "json").stdout)


def test_what_reads_back_returns_what_the_command_prints(lab):
    first = seqmeta.apply(lab)["commit"]
    samples = lab / "config" / "descriptions" / "samples.yaml"
    samples.write_text(samples.read_text().replace("Who pays", "Who paid"))
    seqmeta.apply(lab)

    def printed(*words):
        return json.loads(call(lab, *words, "--format", "json").stdout)

    request = seqmeta.show("First submission", lab)["submission"]["requests"][0]["uuid"]
    for name in ("First order", "project/Example project@1", "First submission", request):
        assert seqmeta.show(name, lab) == printed("show", name)
    assert seqmeta.show("Example project", lab, rev=first)["project"]["description"] == "Who pays"
    assert seqmeta.list_records("order", lab, state="sealed") == printed("list", "order", "--state", "sealed")
    assert seqmeta.list_records("sequencing_runs", lab) == printed("list", "sequencing_run")
    assert seqmeta.log("Example project", lab) == printed("log", "Example project")
    assert seqmeta.blame("Example project@1", lab) == printed("blame", "Example project@1")
    assert seqmeta.blame("Example project", lab) == printed("blame", "Example project")
    assert seqmeta.diff(first, root=lab) == printed("diff", first)
    for table in ("progress", "charges", "studies"):
        assert seqmeta.report(table, lab) == printed("report", table)
    assert seqmeta.schema("order", lab) == json.loads(call(lab, "schema", "order").stdout)
    assert seqmeta.schema(root=lab) == json.loads(call(lab, "schema").stdout)
    with pytest.raises(seqmeta.UsageError):
        seqmeta.show("Nobody", lab)
    with pytest.raises(seqmeta.UsageError) as wrong:
        seqmeta.report("progres", lab)
    said = "there is no report 'progres': expected progress, charges, studies (did you mean progress?)"
    assert str(wrong.value) == said


def test_what_begins_takes_over_and_passes_on_does_as_the_call(lab, tmp_path):
    seqmeta.apply(lab)
    assert seqmeta.doctor(lab) == json.loads(call(lab, "doctor", "--format", "json").stdout)

    made = seqmeta.init(tmp_path / "ours")
    listed = call(tmp_path, "init", "theirs").stdout.splitlines()[:-1]
    assert [f"theirs/{path}" for path in made["written"]] == listed
    assert contents(tmp_path / "ours") == contents(tmp_path / "theirs")

    uuid = "1c7c4a4e-7a2f-4d8c-9c39-5a0e2a8a1a11"
    asked = ["order", "--template", "Simple sequencing", "--uuid", uuid]
    assert seqmeta.new("order", lab, template="Simple sequencing", uuid=uuid) == call(lab, "new", *asked).stdout
    assert seqmeta.new("study", tmp_path, uuid=uuid) == call(tmp_path, "new", "study", "--uuid", uuid).stdout

    (tmp_path / "samples.csv").write_text("central_sample_id\nA-1\n")
    printed = call(tmp_path, "import", "table", "--kind", "biosample", "samples.csv").stdout
    imported = seqmeta.import_("table", tmp_path / "samples.csv", tmp_path, kind="biosample")
    assert imported == {"text": printed, "problems": []}

    for form, more, words in (
        ("table", {}, []),
        ("samplesheet", {"consumer": "pep", "names": ["First order"]}, ["--for", "pep", "First order"]),
        ("sequencescape", {"base_url": "https://x.example"}, ["--base-url", "https://x.example"]),
    ):
        exported = seqmeta.export(form, tmp_path / f"ours-{form}", lab, **more)
        said = call(lab, "export", form, *words, "-o", f"../theirs-{form}").stdout
        assert said == f"{exported['written']} in ../theirs-{form}\n"
        assert contents(tmp_path / f"ours-{form}") == contents(tmp_path / f"theirs-{form}")


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_cannot_be_taken_over_or_passed_on_is_a_value_and_what_was_not_meant_an_exception(lab, tmp_path):
    seqmeta.apply(lab)
    (tmp_path / "samples.csv").write_text("central_sample_id,taxon_id\nA-1,x\n")
    imported = seqmeta.import_("table", tmp_path / "samples.csv", kind="biosample")
    (problem,) = imported["problems"]
    assert (imported["text"], problem["code"], problem["line"]) == (None, "wrong_type", 2)
    assert problem["file"] == str(tmp_path / "samples.csv")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "RunInfo.xml").write_text("<RunInfo")
    compared = seqmeta.compare("240612_EXAMPLE_0001", tmp_path / "run", lab)
    assert (compared["run"], compared["fields"], len(compared["problems"])) == (None, [], 1)

    refused = seqmeta.export("ena", tmp_path / "ena", lab, files="reads/{sample}_{read}.fastq.gz")
    assert (refused["written"], refused["refused"]) == (None, "nothing is written")
    assert {of["severity"] for of in refused["problems"]} >= {"error"}
    assert not (tmp_path / "ena").exists()

    for wrong in (
        lambda: seqmeta.import_("tables", "samples.csv"),
        lambda: seqmeta.import_("table", "samples.csv"),
        lambda: seqmeta.import_("table", "samples.csv", kind="study"),
        lambda: seqmeta.import_("illumina", "run", kind="biosample"),
        lambda: seqmeta.export("tables", tmp_path / "out", lab),
        lambda: seqmeta.export("table", tmp_path / "out", lab, files="*"),
        lambda: seqmeta.export("samplesheet", tmp_path / "out", lab),
        lambda: seqmeta.export("table", lab / "records" / "out", lab),
        lambda: seqmeta.new("studi", lab),
        lambda: seqmeta.new("study", lab, template="Simple sequencing"),
    ):
        with pytest.raises(seqmeta.UsageError):
            wrong()
    assert not (tmp_path / "out").exists()


def test_the_time_of_a_commit_can_be_given(lab):
    seqmeta.apply(lab, when=1_800_000_000)
    assert git(lab / "records", "log", "-1", "--format=%ct %at") == "1800000000 1800000000"


def test_what_is_wrong_in_descriptions_is_a_value_and_in_the_world_an_exception(lab, tmp_path):
    (lab / "config" / "descriptions" / "wrong.yaml").write_text("study: {nam: A}\n")
    problems = seqmeta.apply(lab)["problems"]
    assert {(of["code"], of["line"], of["column"]) for of in problems} >= {("unknown_field", 1, 9)}
    assert not (lab / "records" / ".git").exists()
    with pytest.raises(seqmeta.WorkspaceError):
        seqmeta.check(tmp_path / "nowhere")
    with pytest.raises(seqmeta.StoreError, match="no records"):
        seqmeta.verify(lab)
    with pytest.raises(seqmeta.StoreError):
        seqmeta.open_records(tmp_path)


def test_strict_keeps_warnings_out(lab):
    (lab / "config" / "descriptions" / "case.yaml").write_text("study: {name: example STUDY}\n")
    assert seqmeta.apply(lab, strict=True)["commit"] is None
    assert seqmeta.apply(lab)["commit"] is not None


def test_records_are_what_their_files_are_at_a_revision_too(lab):
    first = seqmeta.apply(lab)["commit"]
    samples = lab / "config" / "descriptions" / "samples.yaml"
    samples.write_text(samples.read_text().replace("Who pays", "Who paid"))
    opened = seqmeta.open_records(lab)
    assert seqmeta.apply(lab)["commit"]

    now, before = seqmeta.open_records(lab / "records"), seqmeta.open_records(lab, first)
    assert now["Example project"]["project"]["description"] == "Who paid"
    for records in (before, opened):
        assert records.commit == first
        assert records["project/Example project"]["project"]["description"] == "Who pays"

    files = [json.loads(path.read_text()) for path in (lab / "records").glob("*/*/*.json")]
    key = lambda record: record["meta"]["digest"]  # noqa: E731
    assert sorted(now, key=key) == sorted(files, key=key)
    assert [json.dumps(of) for of in now.of_kind("orders")] == [json.dumps(of) for of in now.of_kind("order")]


def test_one_can_walk_from_an_order_to_the_run_and_back(lab):
    seqmeta.apply(lab)
    records = seqmeta.open_records(lab)
    order = records["First order"]["order"]
    requests = records[order["submission"]["uuid"]]["submission"]["requests"]
    (run,) = [of["sequencing_run"] for of in records.of_kind("sequencing_run")]
    assert set(run["requests"]) <= {of["uuid"] for of in requests}
    assert records[run["requests"][0]]["request"]["orders"] == [order["uuid"]]
    assert records[records[run["requests"][0]]["request"]["pool"]["uuid"]].keys() == {"pool"}


def test_a_name_of_nothing_or_of_several_is_no_key(lab):
    (lab / "config" / "descriptions" / "same.yaml").write_text("project: {name: Example study}\n")
    seqmeta.apply(lab)
    records = seqmeta.open_records(lab)
    assert "study/Example study" in records
    with pytest.raises(KeyError, match="2 things"):
        records["Example study"]
    assert records.get("Nothing of this name") is None
    assert "First order@1" in records
    assert "First order@2" not in records
    with pytest.raises(seqmeta.UsageError):
        records.of_kind("odrer")
