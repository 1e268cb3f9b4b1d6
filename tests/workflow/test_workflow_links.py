"""Links that come along with a stranger's files, where the workflow writes: it stops before it follows one."""

import subprocess
from pathlib import Path

from lab import Lab


def test_a_link_where_the_workflow_writes_is_refused_before_anything_is_written(tmp_path: Path, project: Path) -> None:
    lab = Lab(tmp_path / "lab")
    lab.write("study.yaml", "study: {name: Surveillance}\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    places = (".seqmeta/head", ".seqmeta/environment.yaml", "logs/apply.log", "results/shards", "results/receipt.json")
    for place in places:
        link = lab.root / place
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(outside / link.name)
    command = ["snakemake", "--cores", "1", "--snakefile", project / "Snakefile"]
    done = subprocess.run(command, cwd=lab.root, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 1
    assert "is a symbolic link, and the workflow writes there: remove it" in done.stderr
    assert list(outside.iterdir()) == []
    assert not lab.records.joinpath(".git", "HEAD").exists()


def test_a_link_where_a_module_writes_with_names_of_its_own_is_refused_too(tmp_path: Path, project: Path) -> None:
    """Prefix and pathvars are those of whoever takes the workflow as a module; links elsewhere are their own."""
    lab = Lab(tmp_path / "lab")
    lab.write("study.yaml", "study: {name: Surveillance}\n")
    module = f'module seqmeta:\n    snakefile: "{project / "Snakefile"}"\n    prefix: "meta"\n'
    pathvars = '    pathvars: results="out", logs="said"\n'
    (lab.root / "Snakefile").write_text(module + pathvars + "use rule * from seqmeta as seqmeta_*\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (lab.root / "meta/out").mkdir(parents=True)
    (lab.root / "meta/out/mine").symlink_to(outside)
    (lab.root / "meta/said").symlink_to(outside)
    command = ["snakemake", "--cores", "1", "--dry-run", "seqmeta_apply"]
    done = subprocess.run(command, cwd=lab.root, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 1
    assert "meta/said is a symbolic link, and the workflow writes there: remove it" in done.stdout
    (lab.root / "meta/said").unlink()
    done = subprocess.run(command, cwd=lab.root, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
