"""What is measured is real work: the bench's labs are good descriptions, and what it finds gets into the page."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

COUNTED = {
    "runs 2": {"biosample": 48, "library": 2, "sequencing_run": 2},
    "submission 2 96": {"biosample": 192, "asset": 192, "order": 2, "submission": 1, "progress": 1},
    "seals 4 2": {"biosample": 192, "asset": 192, "order": 4, "submission": 4, "progress": 4},
    "mixed 12": {"biosample": 1536, "asset": 1440, "order": 6, "submission": 6, "progress": 6, "sequencing_run": 6},
}


@pytest.mark.parametrize("words", COUNTED)
def test_a_lab_is_what_it_says(words: str, tmp_path: Path, project: Path) -> None:
    kind, *numbers = words.split()
    lab = tmp_path / "lab"
    subprocess.run([sys.executable, project / "bench/labs.py", kind, lab, *numbers], check=True)
    subprocess.run(["seqmeta", "apply"], cwd=lab, check=True, capture_output=True)
    made = Counter(path.parent.parent.name for path in (lab / "records").glob("*/*/*.json"))
    expected = COUNTED[words]
    plurals = {"library": "libraries", "progress": "progress"}
    assert {of: made[plurals.get(of, f"{of}s")] for of in expected} == expected
    again = subprocess.run(["seqmeta", "apply", "--format", "json"], cwd=lab, check=True, capture_output=True)
    assert json.loads(again.stdout)["commit"] is None


def test_the_mixed_lab_has_every_size_of_plate_and_every_way_of_description(tmp_path: Path, project: Path) -> None:
    subprocess.run([sys.executable, project / "bench/labs.py", "mixed", tmp_path / "lab", "12"], check=True)
    folder = tmp_path / "lab/config/descriptions/orders"
    texts = {path.name: path.read_text() for path in folder.glob("plate*.yaml")}
    files = Counter(name.partition("-")[0] for name in texts)
    samples: Counter[str] = Counter()
    for name, text in texts.items():
        samples[name.partition("-")[0]] += text.count("central_sample_id")
    together = {plate: "documents" if "---" in texts[f"{plate}-000.yaml"] else "list" for plate in files}
    ways = {(samples[plate], "one a file" if files[plate] > 1 else together[plate]) for plate in files}
    assert ways == {(size, way) for size in (8, 24, 96, 384) for way in ("list", "documents", "one a file")}


def test_a_measurement_ends_in_figures(tmp_path: Path, project: Path) -> None:
    sizes = {"BENCH_ONLY": "mixed", "BENCH_PLATES": "4", "BENCH_REPEATS": "1", "TMPDIR": str(tmp_path)}
    command, environment = [sys.executable, project / "bench/measure.py"], {**os.environ, **sizes}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = [line.split(" | ") for line in done.stdout.splitlines() if "plates" in line]
    assert len(rows) == 2
    for row in rows:
        assert all(float(figure) > 0 for figure in row[2:4])


def test_figures_get_into_the_page_with_where_they_are_from(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(project / "bench")
    import page
    from stopwatch import Cost, Growth, Ratio

    monkeypatch.setattr(page, "draw", lambda path, growth: path.write_text(f"{len(growth)} sizes"))
    (tmp_path / "scale.md").write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    one, other = Cost(3.0, 2.0, 1.0, 100.0), Cost(2.0, 1.5, 0.5, 50.0)
    ratios = [Ratio("work over the floor", "1.3", [(one, other), (other, other)], 0.5)]
    growth = [Growth(1000, [one], [other])]
    page.write_page(tmp_path, ratios, growth, 2, tmp_path)
    text = (tmp_path / "scale.md").read_text()
    assert text.startswith(f"before\n{page.BEGIN}\nMeasured on 20")
    assert text.endswith(f"{page.END}\nafter\n")
    assert "old" not in text
    assert "| work over the floor | 1.3 | 1.25 (1.00–1.50) | 1.25 (1.00–1.50) | 0.5 |" in text
    assert "| 26,000 | 115 | 115 | 77 | 38 | 77 | 77 | 58 | 19 | 100 |" in text
    assert (tmp_path / "figures/growth.svg").read_text() == "1 sizes"
