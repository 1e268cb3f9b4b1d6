"""What shards found is believed only where this store's own runs found it: what came along counts for nothing."""

import hashlib
import os
from pathlib import Path

import orjson
import pytest
from lab import Lab, biosamples, run_of

from seqmeta import shards
from seqmeta.rulebook import Rulebook
from seqmeta.shard_key import make_key, read_key

BAD = "study: {name: Surveillance, colour: red}\n"


@pytest.fixture
def checks(monkeypatch):
    """The files that are really checked, in the order in which they are."""
    checked = []
    real = Rulebook.check_file
    monkeypatch.setattr(
        Rulebook, "check_file", lambda rulebook, file, data: checked.append(file) or real(rulebook, file, data)
    )
    return checked


def shard_of(lab: Lab, name: str = "0-of-1") -> Path:
    path = lab.root / "results/shards" / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    assert lab.call("check-shard", name, "-o", str(path))[0] == 0
    return path


@pytest.mark.parametrize(
    "files, size, expected",
    [(0, 1000, 1), (1000, 1000, 1), (1001, 1000, 2), (2000, 1000, 2), (2001, 1000, 4), (9, 1, 16)],
)
def test_there_are_as_many_shards_as_keep_them_small_by_a_power_of_two(files, size, expected):
    assert shards.count_shards(files, size) == expected


def test_a_file_stays_in_its_shard_and_twice_as_many_split_each_in_two():
    paths = [f"config/descriptions/{number}.yaml" for number in range(1000)]
    of_four = [shards.shard_of(path, 4) for path in paths]
    assert [shards.shard_of(path, 8) % 4 for path in paths] == of_four
    assert all(200 <= of_four.count(shard) <= 300 for shard in range(4))


def outcome(line: bytes) -> list:
    """What a line of results says of its file: normal forms, problems, how many documents, what is faulty."""
    found: list = orjson.loads(line.split(b"\t")[4])
    return found


def bad_lab(root: Path) -> Lab:
    lab = Lab(root)
    lab.write("study.yaml", BAD)
    return lab


def test_what_the_own_shards_found_is_not_found_again(tmp_path, checks):
    lab = Lab(tmp_path)
    lab.describe(biosamples(), run_of())
    shard = shard_of(lab)
    assert checks == ["config/descriptions/work.yaml"]
    assert lab.call("apply", "--checked", str(shard))[0] == 0
    assert checks == ["config/descriptions/work.yaml"]


def test_only_the_files_of_a_shard_that_changed_are_checked_again(tmp_path, checks):
    lab = Lab(tmp_path)
    for number in range(4):
        lab.write(f"study{number}.yaml", f"study: {{name: Study {number}}}\n")
    shard = shard_of(lab)
    first = shard.read_bytes()
    assert len(checks) == 4
    lab.write("study2.yaml", "study: {name: Study 2, description: another}\n")
    (lab.descriptions / "study3.yaml").unlink()
    shard_of(lab)
    assert checks[4:] == ["config/descriptions/study2.yaml"]
    fresh = lab.root / "fresh.tsv"
    assert lab.call("check-shard", "0-of-1", "-o", str(fresh))[0] == 0
    assert fresh.read_bytes() == shard.read_bytes() != first


def test_only_files_that_may_have_changed_are_read_again(tmp_path, checks, monkeypatch):
    lab = Lab(tmp_path)
    for number in range(3):
        lab.write(f"study{number}.yaml", f"study: {{name: Study {number}}}\n")
    shard = shard_of(lab)
    read = []
    real = shards.read_bytes
    monkeypatch.setattr(shards, "read_bytes", lambda root, path: read.append(path) or real(root, path))
    first = shard.read_bytes()
    assert shard_of(lab).read_bytes() == first
    assert read == []
    os.utime(lab.descriptions / "study1.yaml", ns=(1, 1))
    for _ in range(2):
        shard_of(lab)
        assert read == ["config/descriptions/study1.yaml"]
    assert len(checks) == 3


def test_a_change_that_no_time_tells_is_not_believed_away(tmp_path, checks, monkeypatch):
    """Within the granularity of a file's times a file may change and have the signature that it had."""
    monkeypatch.setattr(shards.DescriptionFile, "signature", "always the same")
    lab = Lab(tmp_path)
    lab.write("study.yaml", "study: {name: Surveillance}\n")
    shard_of(lab)
    lab.write("study.yaml", BAD)
    shard = shard_of(lab)
    assert len(checks) == 1
    code, out, _ = lab.call("apply", "--checked", str(shard))
    assert (code, len(checks)) == (1, 2)
    assert "[unknown_field]" in out


def test_results_of_before_that_were_altered_are_not_taken_over(tmp_path, checks):
    lab = bad_lab(tmp_path)
    shard = shard_of(lab)
    true = shard.read_bytes()
    seal, path, digest, signature, _ = true.split(b"\t")
    shard.write_bytes(b"\t".join([seal, path, digest, signature, orjson.dumps([[], [], 1, []]) + b"\n"]))
    assert shard_of(lab).read_bytes() == true
    assert len(checks) == 2


def test_a_result_made_in_another_workspace_is_not_believed(tmp_path, checks):
    """The forger's own seqmeta finds nothing wrong with the bad file, as its rules were changed for it."""
    forger, lab = bad_lab(tmp_path / "forger"), bad_lab(tmp_path / "lab")
    shard = shard_of(forger)
    forged = shard.read_bytes()
    problems = outcome(forged)[1]
    assert [problem["code"] for problem in problems] == ["unknown_field"]
    forged = forged.replace(orjson.dumps(problems), b"[]")
    shard_of(lab).write_bytes(forged)
    checks.clear()
    code, out, _ = lab.call("apply", "--checked", str(lab.root / "results/shards/0-of-1.tsv"))
    assert code == 1
    assert "[unknown_field]" in out
    assert checks == ["config/descriptions/study.yaml"]


@pytest.mark.parametrize("seal", ["", "0" * 64, None, "of another key"])
def test_an_altered_result_is_not_believed(tmp_path, seal):
    lab = bad_lab(tmp_path)
    shard = shard_of(lab)
    true_seal, *rest = shard.read_bytes().split(b"\t")
    rest[-1] = orjson.dumps([[], [], *outcome(shard.read_bytes())[2:]]) + b"\n"
    if seal == "of another key":
        seal = hashlib.sha256(b"0" * 64 + b"\t".join(rest)).hexdigest()
    shard.write_bytes(b"\t".join([true_seal if seal is None else seal.encode(), *rest]))
    code, out, _ = lab.call("apply", "--checked", str(shard))
    assert code == 1
    assert "[unknown_field]" in out


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\t\t\t\n", b'\t"config/descriptions/study.yaml"\t\t\n', b"\xff" * 200]
)
def test_a_result_that_cannot_be_read_is_found_again(tmp_path, content):
    lab = bad_lab(tmp_path)
    shard = shard_of(lab)
    shard.write_bytes(content)
    assert lab.call("apply", "--checked", str(shard))[0] == 1


@pytest.mark.parametrize("what", ["a FIFO", "an endless device"])
def test_what_is_no_file_in_place_of_a_result_is_not_read(tmp_path, what):
    lab = bad_lab(tmp_path)
    shard = shard_of(lab)
    true = shard.read_bytes()
    shard.unlink()
    if what == "a FIFO":
        os.mkfifo(shard)
    else:
        shard.symlink_to("/dev/zero")
    assert lab.call("apply", "--checked", str(shard))[0] == 1
    assert shard_of(lab).read_bytes() == true


def test_a_result_that_cannot_be_written_is_one_sentence(tmp_path):
    lab = Lab(tmp_path)
    lab.describe(biosamples())
    gone = str(tmp_path / "gone/x")
    for words in (["check-shard", "0-of-1", "-o", gone], ["apply", "--receipt", gone], ["apply", "--stamp", gone]):
        code, _, err = lab.call(*words)
        assert (code, err.count("\n")) == (3, 1)
        assert "cannot be written: " in err
        assert "[ENOENT]" in err


def test_without_a_key_nothing_is_believed_and_the_work_done_again(tmp_path, checks):
    lab = Lab(tmp_path)
    lab.describe(biosamples(), run_of())
    shard = shard_of(lab)
    (lab.records / ".git/seqmeta/shards-key").unlink()
    assert lab.call("apply", "--checked", str(shard))[0] == 0
    assert len(checks) == 2


def test_a_store_made_anew_has_its_shards_checked_anew(tmp_path):
    """Else the results would stand as good in the workflow, and never be believed."""
    lab = Lab(tmp_path)
    lab.describe(biosamples())
    before = orjson.loads(lab.call("shards")[1])["shards"]
    assert orjson.loads(lab.call("shards")[1])["shards"] == before
    (lab.records / ".git/seqmeta/shards-key").unlink()
    after = orjson.loads(lab.call("shards")[1])["shards"]
    assert after.keys() == before.keys()
    assert after != before


def test_all_who_draw_a_key_at_once_have_the_same(tmp_path):
    ends = [os.pipe() for _ in range(6)]
    for _, write in ends:
        if os.fork() == 0:
            try:
                os.write(write, make_key(tmp_path / "records") or b"none")
            finally:
                os._exit(0)
    keys = {os.read(read, 100) for read, _ in ends}
    for _ in ends:
        os.wait()
    assert keys == {read_key(tmp_path / "records")}
    assert [path.name for path in (tmp_path / "records/.git/seqmeta").iterdir()] == ["shards-key"]


@pytest.mark.parametrize("spoilt", [b"", b"short", b"x" * 65])
def test_a_key_that_was_cut_short_is_drawn_anew(tmp_path, spoilt):
    first = make_key(tmp_path)
    path = tmp_path / ".git/seqmeta/shards-key"
    path.write_bytes(spoilt)
    assert read_key(tmp_path) is None
    second = make_key(tmp_path)
    assert second not in {first, None}
    assert make_key(tmp_path) == second


def test_a_key_is_not_read_through_a_link(tmp_path):
    make_key(tmp_path / "elsewhere")
    path = tmp_path / "records/.git/seqmeta/shards-key"
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere/.git/seqmeta/shards-key")
    assert read_key(tmp_path / "records") is None
    assert make_key(tmp_path / "records") != read_key(tmp_path / "elsewhere")


@pytest.mark.parametrize("folder", [".git", ".git/seqmeta"])
def test_no_key_is_kept_or_read_in_a_folder_that_leads_elsewhere(tmp_path, folder):
    make_key(tmp_path / "elsewhere")
    link = tmp_path / "records" / folder
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere" / folder)
    assert make_key(tmp_path / "records") is None


def test_where_no_key_can_be_kept_there_is_none(tmp_path):
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert make_key(tmp_path) is None


@pytest.mark.parametrize("word", ["--stamp", "--receipt"])
def test_a_link_where_the_workflow_s_files_are_to_be_is_refused_before_anything_is_done(tmp_path, word):
    lab = Lab(tmp_path / "lab")
    lab.write("study.yaml", "study: {name: Surveillance}\n")
    outside = tmp_path / "outside"
    outside.write_text("precious")
    (lab.root / "link").symlink_to(outside)
    code, _, err = lab.call("apply", word, str(lab.root / "link"))
    assert (code, lab.head(), outside.read_text()) == (3, None, "precious")
    assert "link is a symbolic link, which may lead anywhere" in err


def test_a_link_in_place_of_a_shard_is_replaced_and_not_followed(tmp_path):
    lab = Lab(tmp_path / "lab")
    lab.write("study.yaml", "study: {name: Surveillance}\n")
    outside, shard = tmp_path / "outside", lab.root / "0-of-1.tsv"
    outside.write_text("precious")
    for name in (shard.name, f"{shard.name}.{os.getpid()}.part"):
        (lab.root / name).symlink_to(outside)
    assert lab.call("check-shard", "0-of-1", "-o", str(shard))[0] == 0
    assert (outside.read_text(), shard.is_symlink()) == ("precious", False)
