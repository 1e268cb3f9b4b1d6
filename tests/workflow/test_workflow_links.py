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
