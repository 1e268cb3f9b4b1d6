"""The names of the files in the folder of an export, whatever the records are called."""

import re
import uuid

import pytest
from exporting import STUDY, export, files_below, illumina_run, sequenced_lab, study
from hypothesis import given
from hypothesis import strategies as st
from lab import SAMPLES, Lab, biosamples, library_of, sequenced

from seqmeta.exports.folders import FileNames

SAFE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
LONG = "R" * 120


def manifests(files):
    """The names of the manifests, by the name that is in each."""
    listed = {name: data.decode() for name, data in files.items() if name.startswith("manifests/")}
    return {text.partition("NAME\t")[2].partition("\n")[0]: name for name, text in listed.items()}


def check_manifests(tmp_path, names, *runs, beside=None):
    """Export runs of these biosamples: each has manifests of its own, whose names any file system takes."""
    lab = Lab(tmp_path / "lab")
    lab.good(study(), biosamples(*names), *runs, *([beside] if beside else []))
    found = manifests(export(lab, "ena", tmp_path / "out"))
    assert len(found) == len(names) * len(runs)
    assert len({name.casefold() for name in found.values()}) == len(found)
    assert all(SAFE.fullmatch(name.removeprefix("manifests/")) and len(name) < 255 for name in found.values())
    return found


def test_biosamples_whose_names_differ_in_what_no_file_name_has_get_manifests_of_their_own(tmp_path):
    names = ["S 1", "S/1", "S#1"]
    found = check_manifests(tmp_path, names, illumina_run(biosamples=names))
    assert all(re.fullmatch(r"manifests/200322_M00001\.S_1-[0-9a-f]{8}\.txt", name) for name in found.values())
    (tmp_path / "alone").mkdir()
    alone = check_manifests(tmp_path / "alone", names[2:], illumina_run(biosamples=names[2:]))
    assert alone.items() <= found.items()  # what else is in the export changes no name


def test_biosamples_named_in_another_script_get_manifests_of_their_own(tmp_path):
    names = ["試料", "検体", "标本"]
    check_manifests(tmp_path, names, illumina_run(biosamples=names))


def test_a_long_name_of_a_run_leaves_room_for_those_of_its_biosamples(tmp_path):
    found = check_manifests(tmp_path, SAMPLES, illumina_run(run_name=LONG))
    assert {name.rpartition(".txt")[0][-len(SAMPLES[0]) :] for name in found.values()} == set(SAMPLES)


def test_biosamples_that_differ_in_case_get_manifests_of_their_own_in_runs_of_one_name(tmp_path):
    names = ["sam1", "SAM1", "Sam1"]
    runs = [sequenced(study=STUDY, sequencing_id=str(uuid.UUID(int=of)), run_name="RUN-1") for of in (1, 2)]
    check_manifests(tmp_path, names, *runs, beside=library_of(biosamples=names))


def test_a_library_that_is_called_as_another_ones_file_would_be_gets_a_file_of_its_own(tmp_path):
    uuids = [str(uuid.UUID(int=of)) for of in (1, 2, 3)]
    names = ["library", f"Library-{uuids[2]}", "LIBRARY"]
    lab = Lab(tmp_path / "lab")
    described = (library_of(library_name=name, uuid=of) for name, of in zip(names, uuids, strict=True))
    lab.good(biosamples(), *described)
    files = export(lab, "majora", tmp_path / "out")
    written = [name for name in files if name.startswith("library.add/")]
    assert len({name.casefold() for name in written}) == len(written) == 3


@pytest.mark.parametrize("named", [".", "../out", "../out/."])
def test_an_empty_folder_may_be_named_from_within(tmp_path, monkeypatch, named):
    lab = sequenced_lab(tmp_path / "lab")
    wanted = export(lab, "table", tmp_path / "wanted")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    for _ in range(2):  # the second finds just what it would write
        code, out, err = lab.call("export", "table", "-o", named)
        assert (code, files_below(tmp_path / "out")) == (0, wanted), (out, err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab", "out", "wanted"]
    (tmp_path / "out/mine").touch()
    code, _, err = lab.call("export", "table", "-o", named)
    assert (code, "holds something else than this export" in err) == (3, True)
    assert files_below(tmp_path / "out").keys() == wanted.keys() | {"mine"}


THINGS = st.lists(
    st.tuples(
        st.sampled_from(["A", "a", "a b", "a/b", "試料", "A-00000000-0000-4000-8000-000000000001"]), st.integers(0, 3)
    ),
    max_size=8,
    unique=True,
)


@given(st.lists(THINGS.filter(bool), max_size=8))
def test_every_name_is_free_even_where_things_share_a_uuid(taken):
    names = FileNames()
    got = [
        names.take(*((text, f"00000000-0000-4000-8000-{number:012}") for text, number in things)) for things in taken
    ]
    assert len({name.casefold() for name in got}) == len(got)
    assert all(SAFE.fullmatch(name) for name in got)
