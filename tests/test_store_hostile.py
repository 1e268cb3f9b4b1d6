"""A hostile store or environment runs nothing and bends nothing: canaries in every place that git would run."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from lab import Lab
from storing import assert_sound, committed, git, new_store, publish, record, records

from seqmeta.errors import StoreError
from seqmeta.git import Repository
from seqmeta.store import Tag, doctor

HOOKS = [
    "pre-commit", "post-commit", "reference-transaction", "post-index-change", "post-checkout", "pre-push", "update",
    "prepare-commit-msg", "commit-msg", "post-rewrite", "fsmonitor-watchman", "pre-auto-gc", "post-merge",
]  # fmt: skip
PROGRAMS = [
    "core.fsmonitor", "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge",
    "filter.x.process", "merge.x.driver", "gpg.program", "gpg.ssh.program", "core.editor", "sequence.editor",
    "core.pager", "pager.log", "core.sshCommand", "credential.helper", "core.askPass", "core.gitProxy",
    "uploadpack.packObjectsHook", "core.alternateRefsCommand", "trace2.eventTarget", "alias.update-ref", "alias.status",
    "interactive.diffFilter", "init.templateDir", "gc.recentObjectsHook", "diff.tool",
]  # fmt: skip


@pytest.fixture
def canary(tmp_path):
    """Make a program that leaves a mark when it is run, and check at the end that it was not."""
    mark, program = tmp_path / "canary", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    yield program
    assert not mark.exists()


def use_everything(store):
    """Let every part of the store run git: publishing with tags, putting back an edit, reading."""
    head = store.repository.head()
    path, content = record(0, "changed by publishing")
    publish(store, {path: content} | records(range(50, 52)), tags=[Tag("seal/a", "root")])
    store.path.joinpath(record(1)[0]).write_text("an edit")
    doctor(store)
    repository = store.repository
    commit = repository.resolve("main")
    assert dict(repository.read(repository.tree(commit).values()))
    assert list(repository.changed(head, commit))
    assert list(repository.log("main"))
    assert repository.tags("seal")[0].target == commit
    assert committed(store.path) == records(range(3)) | {path: content} | records(range(50, 52))
    assert store.path.joinpath(path).read_bytes() == content


def test_hooks_do_not_run(tmp_path, canary):
    store = new_store(tmp_path, 3)
    folder = tmp_path / "hooks"
    for place in (folder, store.path / ".git" / "hooks"):
        place.mkdir()
        for name in HOOKS:
            (place / name).write_text(canary.read_text())
            (place / name).chmod(0o755)
    git(store.path, "config", "core.hooksPath", str(folder))
    use_everything(store)


def test_programs_in_the_stores_settings_do_not_run(tmp_path, canary):
    store = new_store(tmp_path, 3)
    for key in PROGRAMS:
        git(store.path, "config", key, str(canary))
    for name in (".gitattributes", ".git/info/attributes"):
        (store.path / name).write_text("* filter=x diff=x merge=x text eol=crlf ident working-tree-encoding=UTF-16\n")
    git(store.path, "config", "commit.gpgSign", "true")
    git(store.path, "config", "tag.gpgSign", "true")
    git(store.path, "config", "core.autocrlf", "true")
    use_everything(store)


@pytest.mark.parametrize(
    "name",
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
     "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR", "GIT_EXEC_PATH", "GIT_SHALLOW_FILE",
     "GIT_REPLACE_REF_BASE", "GIT_CONFIG", "GIT_CONFIG_GLOBAL", "GIT_TEMPLATE_DIR", "GIT_TRACE", "GIT_TRACE2"],
)  # fmt: skip
def test_the_callers_environment_is_ignored(tmp_path, monkeypatch, name):
    other = new_store(tmp_path / "other", 1)
    before = (other.repository.head(), sorted(other.path.rglob("*")))
    store = new_store(tmp_path, 3)
    with monkeypatch.context() as context:
        context.setenv(name, str(other.path / ".git"))
        path, content = record(0, "changed")
        publish(store, {path: content})
        assert len(list(store.repository.log("main"))) == 2
    assert committed(store.path)[path] == content
    assert (other.repository.head(), sorted(other.path.rglob("*"))) == before
    assert_sound(store.path)


@pytest.mark.parametrize(
    "name", ["GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR", "GIT_PAGER", "PAGER"]
)
def test_programs_in_the_environment_do_not_run(tmp_path, monkeypatch, canary, name):
    monkeypatch.setenv(name, str(canary))
    use_everything(new_store(tmp_path, 3))


def test_settings_handed_on_in_the_environment_are_ignored(tmp_path, monkeypatch, canary):
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(canary))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor'='{canary}'")
    use_everything(new_store(tmp_path, 3))


def test_names_in_the_environment_do_not_reach_the_commit(tmp_path, monkeypatch):
    for name in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"):
        monkeypatch.setenv(f"GIT_{name}", "x\n<y>" * 5000)
    monkeypatch.setenv("GIT_AUTHOR_DATE", "1 +0000")
    store = new_store(tmp_path, 3)
    assert git(store.path, "log", "--format=%an %ae %at %cn") == "A Lab lab@example.org 1700000000 A Lab\n"


def test_a_git_put_in_front_is_not_run(tmp_path, canary):
    """A `git` in the current folder (`.` in PATH), or in a folder that anybody may write to, is no program."""
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    here = tmp_path / "here"
    here.mkdir()
    for folder in (open_to_all, here):
        (folder / "git").write_text(canary.read_text())
        (folder / "git").chmod(0o755)
    code = "import sys; from seqmeta.store import open_store; open_store(sys.argv[1], create=True).repository.head()"
    environment = {"PATH": f".:{open_to_all}::{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code, tmp_path / "records"], cwd=here, env=environment, check=True)
    assert (tmp_path / "records" / ".git" / "HEAD").exists()


def test_no_git_is_one_sentence(tmp_path):
    code = """
import seqmeta.git_command as command, seqmeta.errors as errors
from seqmeta.store import open_store
command._SYSTEM_FOLDERS = ()
try:
    open_store("records", create=True)
except errors.StoreError as error:
    assert "git is not installed" in str(error) and error.exit_code == 3, error
else:
    raise SystemExit(1)
"""
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)


@pytest.mark.parametrize("version", ["git version 2.35.9", "git version 1.8.3.1", "no version", ""])
def test_an_old_git_is_refused(tmp_path, version):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\necho '{version}'\n")
    (folder / "git").chmod(0o755)
    code = """
import seqmeta.errors as errors
from seqmeta.store import open_store
try:
    open_store("records", create=True)
except errors.StoreError as error:
    assert "expected git version 2.36 or newer" in str(error), error
else:
    raise SystemExit(1)
"""
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)


REVISIONS = [
    "--output={out}", "--upload-pack=touch {out}", "-c", "--exec-path=/x", "--git-dir=/x", "--all", "-", "--", "",
    "HEAD\0", "HEAD\n", "main..main", "^main", "no such", "main:orders", "a" * 5000, "@{upstream}", ":/",
]  # fmt: skip


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_revision_is_never_an_option(tmp_path, revision):
    store = new_store(tmp_path, 1)
    out = tmp_path / "out"
    for ask in (store.repository.resolve, lambda rev: list(store.repository.log(rev))):
        with pytest.raises(StoreError, match=r"is not a (git )?revision"):
            ask(revision.replace("{out}", str(out)))
    assert not out.exists()


@pytest.mark.parametrize("name", ["objects", "objects/pack", "refs", "refs/heads", "seqmeta"])
def test_a_link_inside_of_the_git_folder_leads_nowhere(tmp_path, name):
    store = new_store(tmp_path, 2)
    place, outside = store.path / ".git" / name, tmp_path / "outside"
    place.rename(outside)
    place.symlink_to(outside)
    before = sorted(path.relative_to(outside) for path in outside.rglob("*"))
    with pytest.raises(StoreError):
        publish(store, records(range(2, 4)))
    assert sorted(path.relative_to(outside) for path in outside.rglob("*")) == before


@pytest.mark.parametrize("name", ["logs/refs/heads/main", "logs/HEAD", "seqmeta/index-key", "packed-refs"])
def test_a_link_in_place_of_a_file_that_is_written_to_is_refused(tmp_path, name):
    """Git appends to its logs, and changes its settings, through a link: to whatever file it leads."""
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    place, outside = lab.records / ".git" / name, tmp_path / "outside"
    outside.write_bytes(place.read_bytes() if place.exists() else b"")
    before = outside.read_bytes()
    place.unlink(missing_ok=True)
    place.symlink_to(outside)
    lab.describe({"study": {"name": "Study B"}})
    code, _, err = lab.call("apply")
    assert (code, outside.read_bytes()) == (3, before)
    assert f"{name}: a symbolic link leads out of the repository" in err


@pytest.mark.parametrize("name", ["config", "seqmeta"])
def test_a_link_in_a_store_that_is_not_whole_is_refused_before_it_is_made(tmp_path, name):
    lab = Lab(tmp_path / "lab")
    lab.describe({"study": {"name": "Study A"}})
    outside = tmp_path / "outside"
    if name == "config":
        outside.write_text("[user]\n\tname = Person\n")
    (lab.records / ".git/seqmeta").mkdir(parents=True)
    (lab.records / ".git/seqmeta/making").touch()
    if name == "seqmeta":
        (lab.records / ".git/seqmeta").rename(outside)
    (lab.records / ".git" / name).symlink_to(outside)
    before = sorted(outside.rglob("*")), outside.is_file() and outside.read_text()
    code, _, err = lab.call("apply")
    assert (code, f"records/.git/{name}: " in err) == (3, True)
    assert (sorted(outside.rglob("*")), outside.is_file() and outside.read_text()) == before


def test_replace_references_do_not_bend_what_is_read(tmp_path):
    store = new_store(tmp_path, 2)
    first = store.repository.head()
    publish(store, records(range(2), "new"))
    head = store.repository.head()
    git(store.path, "replace", head, first)
    repository = Repository.open(store.path)
    assert repository.head() == head
    assert dict(
        zip(repository.tree(head), (c for _, c in repository.read(repository.tree(head).values())), strict=True)
    ) == (records(range(2), "new"))


@pytest.mark.parametrize("name", ["config", "HEAD", "packed-refs"])
def test_what_git_would_wait_for_in_a_store_that_is_not_whole_is_refused(tmp_path, name):
    lab = Lab(tmp_path / "lab")
    (lab.records / ".git/seqmeta").mkdir(parents=True)
    (lab.records / ".git/seqmeta/making").touch()
    os.mkfifo(lab.records / ".git" / name)
    lab.describe({"study": {"name": "Study A"}})
    code, out, err = lab.call("apply")
    assert (code, out) == (3, "")
    assert f"{name}: a FIFO, socket or device, which git would wait for without end [special_file]" in err


def test_a_settings_file_that_is_no_file_is_refused_and_not_waited_for(tmp_path):
    store = new_store(tmp_path, 1)
    config = store.path / ".git" / "config"
    config.unlink()
    os.mkfifo(config)
    with pytest.raises(StoreError, match="expected a regular file"):
        Repository.open(store.path)


INCLUDING = [
    "[include]\n\tpath = {file}\n", "[INCLUDE]PATH={file}", '[include] path = "{file}"',
    "[a]b=c\n[Include]\r\n path={file}\r\n", '[include]\n\tpath = "{start}\\\n{end}"\n',
    '[includeIf "gitdir:/"]\n\tpath = {file}\n', "[a][include] ; b\n# c\npath = {file}",
    '[a "]\\""]\n[includeif "onbranch:**"] path = {file}', "[include]\npath = {file}\n[what is none\n",
]  # fmt: skip


def _let_include(lab, text, file, name="config"):
    """Write such a setting into the store of a lab, and let it include this file."""
    place, half = lab.records / ".git", str(file)
    with (place / "config").open("a") as config:
        config.write("[extensions]\n\tworktreeConfig = true\n")
    with (place / name).open("a") as config:
        config.write(text.format(file=half, start=half[:5], end=half[5:]))


@pytest.mark.parametrize("text", INCLUDING)
def test_settings_that_include_a_file_are_refused_before_git_reads_it(tmp_path, text):
    """Which file git then opens, before all else, no option of a command takes back; it may be a FIFO, or a secret."""
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    os.mkfifo(tmp_path / "fifo")
    _let_include(lab, text, tmp_path / "fifo")
    done = _run_limited(lab, "apply")
    assert (done.returncode, done.stdout) == (3, "")
    expected = "names another file of settings: take it out" if "none" not in text else "is no setting that git reads"
    assert expected in done.stderr


@pytest.mark.parametrize("name", ["config", "config.worktree"])
def test_no_command_reads_what_settings_include(tmp_path, name):
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    os.mkfifo(tmp_path / "fifo")
    _let_include(lab, INCLUDING[0], tmp_path / "fifo", name)
    for command in ("doctor", "plan", "list study", "log Study\\ A"):
        done = _run_limited(lab, command)
        assert (done.returncode, done.stdout) == (3, "")
        assert f"{name}: include.path names another file of settings: take it out" in done.stderr
    done = _run_limited(lab, "verify")
    assert done.returncode == 1
    assert "nothing else was looked at [include]\n0 commits, 0 records" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "#[include]\n; path = x\n",
        "[a]\n\tb = [include] path=x\n",
        '[a "[include]"]\n\tb = "\\\n[include]"\n',
        "\ufeff[a]b\n",
    ],
)
def test_settings_that_include_nothing_are_none_of_seqmetas_business(tmp_path, text):
    store = new_store(tmp_path, 1)
    with (store.path / ".git/config").open("a") as config:
        config.write(text.lstrip("\ufeff"))
    if text.startswith("\ufeff"):
        config = store.path / ".git/config"
        config.write_text("\ufeff" + config.read_text())
    publish(store, records(range(1, 2)))
    assert_sound(store.path)


def test_settings_of_a_store_that_is_not_whole_include_nothing(tmp_path):
    lab = Lab(tmp_path / "lab")
    (lab.records / ".git/seqmeta").mkdir(parents=True)
    (lab.records / ".git/seqmeta/making").touch()
    os.mkfifo(tmp_path / "fifo")
    (lab.records / ".git/config").write_text(f"[include]\n\tpath = {tmp_path}/fifo\n")
    lab.describe({"study": {"name": "Study A"}})
    done = _run_limited(lab, "apply")
    assert (done.returncode, "names another file of settings" in done.stderr) == (3, True)


NAMING_FILES = [
    "blame.ignoreRevsFile", "commit.template", "core.alternateRefsCommand", "core.askPass", "core.attributesFile",
    "core.excludesFile", "core.gitProxy", "core.hooksPath", "core.sshCommand", "core.worktree", "diff.orderFile",
    "diff.x.command", "fetch.fsck.skipList", "fsck.skipList", "gpg.ssh.allowedSignersFile", "gpg.ssh.program",
    "gpg.ssh.revocationFile", "http.cookieFile", "http.sslCAInfo", "http.sslCert", "init.templateDir", "mailmap.file",
    "receive.fsck.skipList", "trace2.eventTarget", "trace2.normalTarget", "transfer.fsck.skipList", "user.signingKey",
]  # fmt: skip


def test_no_file_that_the_settings_name_is_opened(tmp_path):
    """Each is a FIFO, which whoever opens it waits for without end."""
    lab = Lab(tmp_path / "lab")
    lab.good({"study": {"name": "Study A"}})
    os.mkfifo(tmp_path / "fifo")
    for name in NAMING_FILES:
        git(lab.records, "config", name, str(tmp_path / "fifo"))
    lab.describe({"study": {"name": "Study B"}})
    for command in (
        "plan",
        "apply",
        "doctor",
        "list study",
        "log Study\\ B",
        "diff HEAD",
        f"report html -o {tmp_path}/page.html",
    ):
        assert _run_limited(lab, command).returncode == 0
    done = _run_limited(lab, "verify")
    assert done.returncode == 1
    assert [line.rpartition(" ")[2] for line in done.stdout.splitlines()[:-1]] == ["[hidden_check]"]


def _run_limited(lab, command):
    words = [sys.executable, "-m", "seqmeta", "-C", str(lab.root), *shlex.split(command)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    "name", ["index", "packed-refs", "info/exclude", "objects/info/alternates", "refs/tags/x/y", "objects/ab/cd"]
)
def test_what_git_would_wait_for_is_refused(tmp_path, name):
    store = new_store(tmp_path, 1)
    path = store.path / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    for check in (True, False):
        with pytest.raises(StoreError, match=r"FIFO|in another repository"):
            Repository.open(store.path, check=check)
    path.unlink()
    os.mkfifo(tmp_path / "fifo")
    path.symlink_to(tmp_path / "fifo")
    with pytest.raises(StoreError, match=r"FIFO|in another repository"):
        Repository.open(store.path, check=False)
    path.unlink()
    path.symlink_to("nowhere")
    Repository.open(store.path, check=False)
