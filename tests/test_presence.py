"""A disk that gives no answer is never taken for one on which nothing is, whatever the version of Python."""

import errno
import os
import shutil
from functools import partial

import pytest
from storing import git, new_store, publish, records

from seqmeta.errors import StoreError
from seqmeta.presence import find_below, find_matching, is_file, is_folder, is_link, is_there
from seqmeta.store import doctor, open_store


def refuse_to_list(monkeypatch, folder, number=errno.EACCES):
    """Let the system refuse to list a folder, by both calls that there are for it."""

    def answer(ask, path="."):
        if not isinstance(path, int) and os.fspath(path) == os.fspath(folder):
            raise OSError(number, os.strerror(number), os.fspath(path))
        return ask(path)

    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, partial(answer, getattr(os, name)))


def test_what_is_there_and_what_is_not(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    nothing = [tmp_path / "none", tmp_path / "file/below", tmp_path / "none/below", tmp_path / "NUL\0"]
    for ask in (is_there, is_file, is_folder, is_link):
        assert not any(map(ask, nothing))
    assert [is_file(tmp_path / of) for of in ("file", "link", "loop", ".")] == [True, True, False, False]
    assert [is_link(tmp_path / of) for of in ("file", "link", "loop", ".")] == [False, True, True, False]
    assert [is_there(tmp_path / of) for of in ("file", "link", "loop", ".")] == [True, True, False, True]
    assert is_folder(tmp_path)
    for ask in (is_there, is_file, is_folder, is_link):
        with pytest.raises(OSError, match="File name too long"):
            ask(tmp_path / ("x" * 300))


def test_what_is_in_folders_and_below_them(tmp_path):
    for name in ("b/2.json", "a/1.json", "a/1.txt", "a/deep/3.json", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(find_matching(tmp_path, "*", "*.json")) == [tmp_path / "a/1.json", tmp_path / "b/2.json"]
    assert list(find_matching(tmp_path / "none", "*")) == list(find_below(tmp_path / "none")) == []
    assert sorted(of.name for of in find_below(tmp_path)) == ["1.json", "1.txt", "2.json", "3.json", "c"]


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(tmp_path, monkeypatch, number):
    (tmp_path / "a/b").mkdir(parents=True)
    refuse_to_list(monkeypatch, tmp_path / "a", number)
    for find in (lambda: find_matching(tmp_path, "*", "*"), lambda: find_below(tmp_path)):
        with pytest.raises(OSError, match=os.strerror(number)):
            list(find())


def test_records_without_their_repository_are_seen_or_it_is_an_error(tmp_path, monkeypatch):
    new_store(tmp_path, 1)
    folder = tmp_path / "records"
    shutil.rmtree(folder / ".git")
    refuse_to_list(monkeypatch, next(of for of in folder.iterdir() if of.name != "README.md"))
    with pytest.raises(StoreError, match=r"^the store cannot be made: .*\[EACCES\]$"):
        open_store(folder, create=True)
    assert not (folder / ".git").exists()


def test_a_branch_is_not_taken_away_where_the_objects_cannot_be_listed(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    shutil.rmtree(store.path / ".git/logs")
    branch = store.path / ".git/refs/heads/main"
    branch.write_bytes(b"")
    refuse_to_list(monkeypatch, store.path / ".git/objects/pack")
    with pytest.raises(StoreError, match=r"^the store cannot be mended: .*objects/pack: .*\[EACCES\]$"):
        doctor(store)
    assert branch.exists()


def test_emptied_tags_are_not_passed_over_where_they_cannot_be_listed(tmp_path, monkeypatch):
    store = new_store(tmp_path, 1)
    publish(store, records(range(1, 2)))
    git(store.path, "tag", "seal/x")
    refuse_to_list(monkeypatch, store.path / ".git/refs/tags/seal")
    with pytest.raises(StoreError, match=r"^the store cannot be mended: .*refs/tags/seal: .*\[EACCES\]$"):
        doctor(store)
