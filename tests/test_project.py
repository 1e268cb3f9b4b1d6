"""The files around the code: dependencies and their reasons, the lock, and what may not get into a commit."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
from packaging.version import Version


@pytest.fixture(scope="module")
def pyproject(project):
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def locked(project):
    """The pinned requirements: by name, version and the text of the entry."""
    text = (project / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    return {match[1]: (match[2], entry) for entry in entries if (match := re.match(r"([\w.-]+)==([\w.]+)", entry))}


def names(requirements):
    return [re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements]


def test_every_dependency_has_its_reason(project, pyproject):
    decisions = project / "docs" / "decisions"
    reasons = "".join(path.read_text(encoding="utf-8") for path in decisions.glob("0*.md")).lower()
    wanted = names(pyproject["project"]["dependencies"]) + names(pyproject["project"]["optional-dependencies"]["dev"])
    assert [name for name in wanted if name not in reasons] == []


def test_every_decision_is_in_the_index(project):
    decisions = project / "docs" / "decisions"
    index = (decisions / "README.md").read_text(encoding="utf-8")
    for path in decisions.glob("0*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, sentence = title.partition(" ")
        assert f"[{number}]({path.name}) | {sentence} |" in index


def test_the_lock_has_every_dependency_with_hashes(pyproject, locked):
    wanted = names(pyproject["project"]["dependencies"]) + names(pyproject["project"]["optional-dependencies"]["dev"])
    assert [name for name in wanted if name not in locked] == []
    assert [name for name, (_, entry) in locked.items() if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_index_and_no_path(project):
    text = (project / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"://|--index|--find-links|--extra-index|file:| @ ", text) is None


# Older ones have faults that matter here: gitpython before 3.2.1, pyyaml before 6.0.3, cerberus before 1.3.8.
@pytest.mark.parametrize(
    "floor", ["gitpython>=3.2.1,<4", "pyyaml>=6.0.3", "cerberus>=1.3.8,<1.4", "snakemake>=9.27,<10"]
)
def test_floors_stand(pyproject, floor):
    assert floor in pyproject["project"]["dependencies"]


# The first version without a hole that was published, and the number of that.
MENDED = {
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "filelock": ("3.20.3", "CVE-2026-22701"),
    "gitpython": ("3.1.41", "CVE-2024-22190"),
    "h11": ("0.16.0", "CVE-2025-43859"),
    "idna": ("3.7", "CVE-2024-3651"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "jupyter-core": ("5.8.1", "CVE-2025-30167"),
    "lxml": ("4.9.1", "CVE-2022-2309"),
    "openpyxl": ("2.4.2", "CVE-2017-5992"),
    "orjson": ("3.9.15", "CVE-2024-27454"),
    "pyyaml": ("5.4", "CVE-2020-14343"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "urllib3": ("2.6.3", "CVE-2026-21441"),
    "virtualenv": ("20.26.6", "CVE-2024-53899"),
}


@pytest.mark.parametrize("name", MENDED)
def test_no_locked_version_has_a_published_hole(locked, name):
    mended, hole = MENDED[name]
    assert Version(locked[name][0]) >= Version(mended), f"{name} {locked[name][0]} has {hole}"


def tracked_files(project):
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=project, capture_output=True, text=True, check=True)
    return [project / name for name in listing.stdout.split("\0") if name]


def test_no_link_and_no_binary_is_tracked(project):
    for path in tracked_files(project):
        assert not path.is_symlink(), path
        if path.is_file():
            path.read_text(encoding="utf-8")


def test_workflows_have_pinned_actions_no_rights_and_no_expressions_in_scripts(project):
    for path in (project / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        for action in re.findall(r"uses: *(\S+)", text):
            assert re.search(r"@[0-9a-f]{40}$", action), (path.name, action)
        assert re.search(r"^permissions:\n +contents: read$", text, re.MULTILINE), path.name
        scripts = re.findall(r"run: (?:\|\n((?: {8,}.*\n)+)|(.*))", text)
        assert all("${{" not in block + line for block, line in scripts), path.name


@pytest.fixture
def checkout(project, tmp_path):
    """A copy of what is built, so that nobody edits it meanwhile."""
    copy = tmp_path / "checkout"
    for name in ("seqmeta", "config", "docs"):
        shutil.copytree(project / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in project.glob("*.*"):
        if path.is_file():
            shutil.copy(path, copy)
    for name in (".gitignore", "LICENSE"):
        shutil.copy(project / name, copy)
    return copy


def build(checkout, folder):
    """Build sdist and wheel; by their suffix."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=checkout, capture_output=True, check=True)
    return {path.suffix: path for path in folder.iterdir()}


def test_two_builds_are_the_same_bytes_with_all_data_and_nothing_of_this_machine(checkout, project, tmp_path):
    first, second = build(checkout, tmp_path / "first"), build(checkout, tmp_path / "second")
    assert first[".whl"].read_bytes() == second[".whl"].read_bytes()
    assert first[".gz"].read_bytes() == second[".gz"].read_bytes()

    with zipfile.ZipFile(first[".whl"]) as wheel:
        packed = {name for name in wheel.namelist() if not name.startswith("seqmeta-")}
        text = b"".join(wheel.read(name) for name in wheel.namelist())
    expected = {path for path in (checkout / "seqmeta").rglob("*") if path.is_file()}
    assert packed == {path.relative_to(checkout).as_posix() for path in expected}
    assert str(project).encode() not in text


def test_make_says_what_can_be_made(project):
    helped = subprocess.run(["make", "help"], cwd=project, capture_output=True, text=True, check=True)
    for target in ("run", "test", "check", "bench", "soak", "clean"):
        assert re.search(rf"^  make {target} +\S", helped.stdout, re.MULTILINE), target


def test_make_says_so_where_there_is_no_python_new_enough(project, tmp_path):
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(project / name, tmp_path)
    command = ["make", "PYTHON=", "run"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode != 0
    assert "seqmeta needs Python 3.11 or later, and found none" in made.stderr
    assert not (tmp_path / ".venv").exists()
