"""What editors get: in each document a line that leads to a schema which is there, and fits what is there."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from lab import Lab
from test_schema import EditorLoader

MODELINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$")


def seqmeta(folder, *words):
    return subprocess.run(["seqmeta", *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("editing")
    assert seqmeta(folder, "init", "lab").returncode == 0
    return folder / "lab"


def documents(path):
    """The documents of a file as an editor sees them, each with the path that its header leads to."""
    for text in re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        header = text.lstrip("\n").partition("\n")[0]
        found = MODELINE.match(header)
        assert found, f"{path}: {header}"
        yield yaml.load(text, EditorLoader), path.parent / found[1]


def test_every_document_that_init_writes_leads_to_the_schema_and_fits_it(made):
    count = 0
    for path in sorted(made.glob("config/*/*.yaml")):
        for document, schema in documents(path):
            assert schema.resolve() == made / "config/seqmeta.schema.json"
            validator = Draft202012Validator(json.loads(schema.read_text()))
            assert [error.message for error in validator.iter_errors(document)] == []
            count += 1
    assert count > 10


def test_the_schema_asks_for_no_other_server(made):
    text = (made / "config/seqmeta.schema.json").read_text()
    assert re.findall(r"https?://[^\"]*", text) == ["https://json-schema.org/draft/2020-12/schema"]
    references = re.findall(r'"\$ref": "([^"]*)"', text)
    assert references
    assert all(of.startswith("#/$defs/") for of in references)


@pytest.mark.parametrize("kind", ["order", "sequencing_run", "biosample"])
def test_what_new_writes_leads_there_too(made, kind):
    written = seqmeta(made, "new", kind)
    assert written.stderr == ""
    path = made / f"config/descriptions/new-{kind}.yaml"
    path.write_text(written.stdout)
    ((document, schema),) = documents(path)
    path.unlink()
    assert set(document) == {kind}
    assert schema.is_file()


def test_folders_that_are_configured_are_what_new_reckons_with(tmp_path):
    lab = Lab(tmp_path / "lab", descriptions=["work/deep/down"])
    (lab.root / "work/deep/down").mkdir(parents=True)
    _, out, _ = lab.call("new", "study")
    assert out.startswith("# yaml-language-server: $schema=../../../config/seqmeta.schema.json\n")


def test_the_schema_can_be_written_anew_and_check_says_when(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = Lab(Path("my lab"))
    lab.describe({"study": {"name": "A"}})
    assert "out of date" not in lab.call("check")[2], "nobody has to have one"
    assert lab.call("schema", "-o", "my lab/config/seqmeta.schema.json")[0] == 0
    schema = lab.root / "config/seqmeta.schema.json"
    assert schema.read_text() == lab.call("schema")[1]
    assert lab.call("check")[2] == ""
    (lab.root / "config/vocabularies.yaml").write_text("library_strategy: {HI_C: {ena: Hi-C}}\n")
    code, _, err = lab.call("check")
    assert code == 0
    renewal = "seqmeta -C 'my lab' schema -o 'my lab/config/seqmeta.schema.json'"
    assert err == f"config/seqmeta.schema.json is out of date: `{renewal}` renews it\n"
    assert lab.call("check", "--format", "json")[2] == ""
    assert lab.call("schema", "-o", "my lab/config/seqmeta.schema.json")[0] == 0
    assert '"HI_C"' in schema.read_text()
    assert lab.call("check")[2] == ""
    assert sorted(of.name for of in schema.parent.iterdir() if of.is_file()) == [
        "config.yaml",
        "seqmeta.schema.json",
        "vocabularies.yaml",
    ]


@pytest.mark.parametrize("what", ["fifo", "link", "folder"])
def test_what_is_no_file_is_not_read_as_the_schema(tmp_path, what):
    lab = Lab(tmp_path / "lab")
    lab.describe({"study": {"name": "A"}})
    schema = lab.root / "config/seqmeta.schema.json"
    if what == "fifo":
        os.mkfifo(schema)
    elif what == "link":
        schema.symlink_to("/dev/stdin")
    else:
        schema.mkdir()
    with subprocess.Popen(["seqmeta", "check"], cwd=lab.root, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as check:
        try:
            assert check.wait(60) == 0
        finally:
            check.kill()
        assert check.stderr.read() == b""


def test_a_schema_that_cannot_be_written_is_said_in_one_line(tmp_path):
    done = seqmeta(tmp_path, "schema", "-o", "nowhere/schema.json")
    assert done.returncode == 3
    assert done.stderr.startswith("seqmeta: nowhere/schema.json cannot be written")
    assert done.stderr.count("\n") == 1


class LanguageServer:
    """A language server over standard input and output."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["yaml-language-server", "--stdio"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.send(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
        while self.receive().get("id") != 1:
            pass
        self.send(method="initialized", params={})

    def send(self, **message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def receive(self):
        size = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        message = json.loads(self.process.stdout.read(size))
        if "id" in message and "method" in message:  # it asks: nothing is configured
            self.send(id=message["id"], result=[{} for _ in message["params"].get("items", ())])
        return message

    def diagnose(self, path, text):
        """Open a text under a path, and return the lines (from 1) of what is wrong in it."""
        item = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.send(method="textDocument/didOpen", params={"textDocument": item})
        while (message := self.receive()).get("method") != "textDocument/publishDiagnostics":
            pass
        return [of["range"]["start"]["line"] + 1 for of in message["params"]["diagnostics"]]


@pytest.mark.soak
@pytest.mark.skipif(shutil.which("yaml-language-server") is None, reason="npm's yaml-language-server is not installed")
def test_the_language_server_finds_mistakes_in_every_document_offline(made):
    server = LanguageServer(made)
    try:
        for path in sorted(made.glob("config/*/*.yaml")):
            assert server.diagnose(path, path.read_text()) == [], path
        text = (made / "config/descriptions/samples.yaml").read_text()
        lines = text.replace("  description: Who pays", "  descripton: Who pays").split("\n")
        wrong = lines.index("  descripton: Who pays") + 1
        assert server.diagnose(made / "config/descriptions/other.yaml", "\n".join(lines)) == [wrong]
    finally:
        server.process.kill()
        server.process.wait()
