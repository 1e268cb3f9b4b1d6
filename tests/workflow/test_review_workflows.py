"""The ready GitHub workflows: what they may do, and the script of the review run for real on a hostile fork."""

import base64
import os
import re
import shutil
import subprocess

import pytest
import yaml
from lab import Lab, biosamples, dump, run_of


@pytest.fixture
def workflows(project):
    return {path.name: yaml.safe_load(path.read_text()) for path in (project / "docs" / "workflows").glob("*.yml")}


def test_both_are_there_and_ask_for_little(workflows):
    assert set(workflows) == {"review.yml", "apply.yml"}
    assert workflows["apply.yml"]["permissions"] == {"contents": "read"}
    review = workflows["review.yml"]
    assert review["permissions"] == {}
    assert review["jobs"]["plan"]["permissions"] == {"contents": "read"}
    assert review["jobs"]["comment"]["permissions"] == {"pull-requests": "write"}
    assert "secrets." not in str(review)


def test_actions_are_pinned_and_no_expression_gets_into_a_script(workflows):
    for workflow in workflows.values():
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"]
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")
                assert re.search(r"@[0-9a-f]{40}$", step.get("uses", f"x@{'0' * 40}"))
                if step.get("uses", "").startswith("actions/checkout"):
                    assert step["with"]["persist-credentials"] is False


def test_the_job_that_may_write_never_sees_the_fork(workflows):
    steps = workflows["review.yml"]["jobs"]["comment"]["steps"]
    assert not [step for step in steps if "uses" in step]


def test_zizmor_finds_nothing_wrong(project):
    """One finding is set aside, with its reason beside it: a plan of a stranger's change needs this trigger."""
    files = [*(project / "docs/workflows").glob("*.yml"), *(project / ".github/workflows").glob("*.yml")]
    command = ["zizmor", "--offline", "--persona", "pedantic", "--format", "plain", "--color", "never", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("No findings to report.")
    assert "(1 ignored" in done.stdout
    assert len(files) == 3


@pytest.fixture
def script(workflows):
    steps = workflows["review.yml"]["jobs"]["plan"]["steps"]
    (found,) = [step["run"] for step in steps if step.get("id") == "plan"]
    return found


GH = """#!/bin/sh
# Stands in for GitHub's own command: notes what it was asked for; knows one comment where a test wants one.
printf '%s\\n' "$*" >> asked
case "$*" in *--paginate*) if [ -f known ]; then cat known; fi;; esac
"""


@pytest.mark.parametrize("known", [None, "17", "17\n23"])
def test_one_comment_is_kept_up_to_date(workflows, tmp_path, known):
    (step,) = workflows["review.yml"]["jobs"]["comment"]["steps"]
    stub = tmp_path / "bin/gh"
    stub.parent.mkdir()
    stub.write_text(GH)
    stub.chmod(0o755)
    if known:
        (tmp_path / "known").write_text(known + "\n")
    plan = base64.b64encode(b"### a plan with quotes ' $(touch PWNED)\n").decode()
    given = {"GH_REPO": "lab/descriptions", "NUMBER": "5", "PLAN": plan, "MINE": step["env"]["MINE"]}
    environment = {**os.environ, **given, "PATH": f"{stub.parent}:{os.environ['PATH']}"}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    written = (tmp_path / "comment.md").read_text()
    assert written == "<!-- seqmeta plan -->\n### a plan with quotes ' $(touch PWNED)\n"
    assert not (tmp_path / "PWNED").exists()
    last = (tmp_path / "asked").read_text().splitlines()[-1]
    if known is None:
        assert last == "pr comment 5 --body-file comment.md"
    else:
        number = known.splitlines()[-1]
        assert f"--method PATCH repos/lab/descriptions/issues/comments/{number} --field body=@comment.md" in last


def review(script, folder, records=""):
    """Run the script as GitHub does; return its exit code and the comment."""
    output = folder / "output"
    output.write_text("")
    environment = {**os.environ, "GITHUB_OUTPUT": str(output), "RECORDS": records}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    (line,) = output.read_text().splitlines()
    return done.returncode, base64.b64decode(line.removeprefix("plan=")).decode()


@pytest.fixture
def base(tmp_path):
    lab = Lab(tmp_path / "base")
    lab.describe(biosamples(), run_of(), name="run.yaml")
    lab.good()
    return lab


@pytest.fixture
def fork(base, tmp_path):
    """The fork's checkout, without the records."""
    shutil.copytree(base.root / "config", tmp_path / "fork/config")
    return tmp_path / "fork"


def test_the_change_is_said_against_the_records(script, base, fork, tmp_path):
    code, comment = review(script, tmp_path, base.records.as_uri())
    assert (code, "would change nothing" in comment) == (0, True)
    (fork / "config/descriptions/run.yaml").write_text(dump(biosamples(), run_of(library_seq_kit="LSK110")))
    code, comment = review(script, tmp_path, base.records.as_uri())
    assert (code, "would create 0 records and update 1 record" in comment) == (0, True)
    assert "LSK109" in comment
    assert "LSK110" in comment


def test_errors_fail_the_job_and_are_in_the_comment(script, base, fork, tmp_path, capfd):
    (fork / "config/descriptions/run.yaml").write_text(dump(biosamples(), run_of(library_strategy="AMPLICONS")))
    code, comment = review(script, tmp_path)
    assert code == 1
    assert "would commit nothing" in comment
    assert "not_allowed" in comment
    annotated = capfd.readouterr().out
    assert re.search(r"^::error file=config/descriptions/run\.yaml,line=\d+,", annotated, re.MULTILINE)


def test_nothing_of_the_fork_is_run_or_believed(script, base, fork, tmp_path):
    touch = f"touch {tmp_path / 'PWNED'}"
    for name in ("sitecustomize.py", "seqmeta.py", "yaml.py", "setup.py", "Snakefile"):
        (fork / name).write_text(f"import os\nos.system({touch!r})\n")
    (fork / "config/config.yaml").write_text("records: /etc\ndescriptions: [..]\n")
    (fork / "records").mkdir()
    subprocess.run(["git", "init", "--quiet", fork / "records"], check=True)
    (fork / "records/.git/hooks/post-checkout").write_text(f"#!/bin/sh\n{touch}\n")
    (fork / "records/.git/config").write_text(f"[core]\n\tfsmonitor = {touch}\n")
    (fork / "config/descriptions/link.yaml").symlink_to("/etc/passwd")
    (fork / "config/descriptions/text.yaml").write_text(
        "study: {name: '<script>x</script> @everyone $(touch PWNED)'}\n"
    )
    code, comment = review(script, tmp_path, base.records.as_uri())
    assert code == 0
    assert "<script>" not in comment
    assert "@everyone" not in comment
    assert "root:" not in comment
    assert "would create 1" in comment
    assert not list(tmp_path.rglob("PWNED"))


def test_a_plan_too_long_for_a_comment_says_so(script, base, fork, tmp_path):
    many = [{"study": {"name": f"study {'x' * 200} {number}", "colour": "red"}} for number in range(450)]
    (fork / "config/descriptions/many.yaml").write_text(dump(*many))
    code, comment = review(script, tmp_path)
    assert code == 1
    assert "too long for a comment" in comment
