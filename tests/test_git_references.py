"""A reference is read from its own file where that says all; where it does not, git is asked, and the two agree."""

import pytest
from lab import Lab
from storing import git, new_store, publish, records

from seqmeta.errors import StoreError
from seqmeta.git import Repository

NAME = "refs/heads/main"


def ask(repository, monkeypatch, *, git_alone):
    """What a reference stands for, or the error; of git alone where nothing is read from the file."""
    with monkeypatch.context() as patch:
        if git_alone:
            patch.setattr(Repository, "_plain_reference", lambda *_: None)
        try:
            return repository.reference(NAME)
        except StoreError as error:
            return type(error), str(error)


@pytest.mark.parametrize(
    "write",
    [
        lambda path, head: None,
        lambda path, head: path.unlink(),
        lambda path, head: path.write_text(head),
        lambda path, head: path.write_text(head.upper() + "\n"),
        lambda path, head: path.write_text(head[:-1] + "\n\n"),
        lambda path, head: path.write_text(head[:-1] + "g\n"),
        lambda path, head: path.write_text("\n" + head),
        lambda path, head: path.write_text(head[:20] + "\n" + head[20:]),
        lambda path, head: path.write_text("0" * 40 + "\n"),
        lambda path, head: path.write_text("1" * 40 + "\n"),
        lambda path, head: path.write_text(f"{head}\nmore\n"),
        lambda path, head: path.write_bytes(b"\xff" * 40 + b"\n"),
        lambda path, head: path.write_text(""),
        lambda path, head: path.write_text("ref: refs/heads/other\n"),
        lambda path, head: (path.unlink(), path.symlink_to("other")),
        lambda path, head: (path.unlink(), path.symlink_to("none")),
        lambda path, head: (path.unlink(), path.mkdir()),
    ],
    ids=[
        "plain",
        "packed only",
        "no line feed",
        "capitals",
        "one digit less",
        "no digit",
        "line feed first",
        "line feed in it",
        "zeros",
        "no such object",
        "more lines",
        "no text",
        "empty",
        "symbolic",
        "link",
        "link to nothing",
        "folder",
    ],
)
def test_what_a_reference_stands_for_is_what_git_says(tmp_path, monkeypatch, write):
    repository = new_store(tmp_path, 1).repository
    first = repository.head()
    git(repository.path, "branch", "other")
    git(repository.path, "pack-refs", "--all")
    head = publish(new_store(tmp_path), records(range(1, 2)))
    assert first != head
    write(repository.git_dir / NAME, head)
    expected = ask(repository, monkeypatch, git_alone=True)
    assert ask(repository, monkeypatch, git_alone=False) == expected


def test_a_reference_with_a_file_of_its_own_costs_no_process(tmp_path):
    repository = new_store(tmp_path, 1).repository
    repository.git = None
    assert repository.head() == git(repository.path, "rev-parse", "main").strip()


def test_a_run_that_seals_nothing_does_not_walk_all_of_the_history(tmp_path, monkeypatch):
    lab = Lab(tmp_path / "lab")
    lab.write("a.yaml", "study: {name: A}")
    lab.good()
    walked = []
    monkeypatch.setattr(Repository, "first_commit", lambda self, rev=None: walked.append(rev))
    lab.write("a.yaml", "study: {name: A, description: x}")
    lab.good()
    assert walked == []
