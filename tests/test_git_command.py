"""A git that is missing, too old, killed, ends early or answers nonsense: one sentence, and nothing left running."""

import os
import signal
import sys
import time

import pytest
from stand_ins import standing_in, where
from storing import COMMITTER, WHEN, git, new_store, publish, record, records

from seqmeta import git_command
from seqmeta.errors import StoreError
from seqmeta.git_command import failure, find_git, find_program
from seqmeta.git_objects import parse_commit, parse_tag

NO_OBJECT = "0" * 39 + "1"


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    with standing_in(tmp_path / "bin", monkeypatch) as make:
        yield make


def test_a_program_that_is_not_installed_is_named_with_where_it_was_sought():
    with pytest.raises(StoreError, match=r"no-such-program is not installed: expected it in one of .*/usr/bin"):
        find_program("no-such-program")


def test_a_git_that_is_too_old_is_named_with_what_is_needed(stand_in):
    stand_in("exit 1", version="git version 2.20.1")
    with pytest.raises(StoreError, match=r"'git version 2.20.1', expected git version 2\.\d+ or newer"):
        find_git()
    stand_in("exit 1", version="something else")
    with pytest.raises(StoreError, match="something else"):
        find_git()


def test_a_git_that_cannot_say_its_version_is_no_git(stand_in, tmp_path):
    stand_in("exit 1")
    (tmp_path / "bin/git").write_text("#!/bin/sh\necho 'fatal: no library' >&2\nexit 4\n")
    with pytest.raises(StoreError, match="git version failed in /: no library"):
        find_git()
    (tmp_path / "bin/git").write_text("#!/nowhere/sh\n")
    with pytest.raises(StoreError, match=r"bin/git cannot be started: .*\[ENOENT\]"):
        find_git()


@pytest.mark.parametrize(
    "words, said",
    [
        (("log", "x" * 200_000), r"cannot be started: .*\[E2BIG\]"),
        (("log", "a\0b"), "git cannot be asked about"),
    ],
)
def test_words_that_no_process_can_be_given(tmp_path, words, said):
    store = new_store(tmp_path, 1)
    with pytest.raises(StoreError, match=said):
        store.repository.git.run(*words)


def test_a_program_that_went_away_is_named(tmp_path):
    with pytest.raises(StoreError, match="/nowhere/env cannot be started: it is not there any more"):
        git_command._start(["/nowhere/env", "git"], str(tmp_path), None)


@pytest.mark.parametrize(
    "kind, said",
    [
        ("KILL", r"SIGKILL$"),
        ("XFSZ", r"SIGXFSZ: no file may grow further here, so raise that limit \(`ulimit -f`\)"),
        ("XCPU", r"SIGXCPU: no process may take more time here, so raise that limit \(`ulimit -t`\)"),
    ],
)
def test_a_git_that_is_killed_is_said_to_be_and_a_limit_is_named(tmp_path, stand_in, kind, said):
    store = new_store(tmp_path, 1)
    stand_in(where("rev-parse", f"kill -{kind} $$"))
    with pytest.raises(StoreError, match=rf"git rev-parse in .* was ended by {said}"):
        store.repository.git.run("rev-parse", "HEAD")


def test_a_failure_in_a_folder_that_is_gone_still_has_its_reason(tmp_path):
    assert failure(("log",), 1, "fatal: no", tmp_path / "gone") == f"git log failed in {tmp_path / 'gone'}: no"


def test_a_failure_on_a_full_disk_is_told_as_that_where_git_does_not_say_so(tmp_path, stand_in, monkeypatch):
    store = new_store(tmp_path, 1)
    stand_in(where("rev-list", "echo 'fatal: unable to write' >&2; exit 128"))
    with pytest.raises(StoreError, match=r"git rev-list failed in .*: unable to write$"):
        store.repository.git.run("rev-list", "HEAD")
    free = os.statvfs(store.path)
    full = os.statvfs_result((*free[:4], 0, *free[5:]))  # its f_bavail
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(StoreError, match=r"git rev-list failed in .*: unable to write \[ENOSPC\]$"):
        store.repository.git.run("rev-list", "HEAD")


def test_interrupted_while_git_works_leaves_no_git_behind(tmp_path, stand_in):
    store = new_store(tmp_path, 1)
    # It has read all when the interrupt comes, so that whoever asks it is waiting for its answer.
    stand_in(where("rev-list", f"cat > /dev/null; echo $$ > {tmp_path}/pid; kill -ALRM $PPID; exec sleep 600"))

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            store.repository.git.run("rev-list", "HEAD", data=b"asked")
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_git_that_ends_before_it_has_read_gives_its_own_reason(tmp_path, stand_in):
    store = new_store(tmp_path, 1)
    before = store.repository.head()
    stand_in(where("fast-import", "echo 'fatal: disk is gone' >&2; exit 7"))
    with pytest.raises(StoreError, match=r"git fast-import failed in .*: disk is gone"):
        publish(store, dict.fromkeys(records(range(9)), b"x" * 200_000))
    with store.repository.git.start("fast-import") as conversation:
        time.sleep(0.1)
        conversation.stdin.write(b"\n")
        with pytest.raises(StoreError, match="disk is gone"):
            conversation.finish()
    assert store.repository.head() == before


def test_a_git_that_answers_nothing_is_not_taken_for_done(tmp_path, stand_in):
    store = new_store(tmp_path, 1)
    before = store.repository.head()
    stand_in(where("fast-import", "head -c 1 > /dev/null; exec 1>&-; cat > /dev/null"))
    with pytest.raises(StoreError, match="git fast-import ended without an answer"):
        publish(store, records(range(2)))
    assert store.repository.head() == before


def test_an_answer_that_is_cut_short_is_not_taken_for_a_file(tmp_path, stand_in):
    store = new_store(tmp_path, 1)
    blob = next(iter(store.repository.tree(store.repository.head()).values()))
    stand_in(where("cat-file", f"cat > /dev/null; echo '{blob} blob 100'; echo short"))
    with pytest.raises(StoreError, match=f"object {blob} is cut short"):
        list(store.repository.read([blob]))


def test_objects_that_are_not_there_or_no_objects(tmp_path):
    store = new_store(tmp_path, 1)
    with pytest.raises(StoreError, match=f"object {NO_OBJECT} is missing"):
        list(store.repository.read([NO_OBJECT]))
    with pytest.raises(StoreError, match="'--all' is not an object id: expected 40 hexadecimal digits"):
        list(store.repository.entries("--all"))


def test_a_reader_that_stops_early_leaves_no_git_behind(tmp_path):
    store = new_store(tmp_path, 1)
    blob = next(iter(store.repository.tree(store.repository.head()).values()))
    reading = store.repository.read([blob] * 300_000)
    assert next(reading)[0] == blob
    reading.close()
    assert [*store.repository.read([blob])] == [(blob, record(0)[1])]


def test_a_store_without_a_commit_has_no_first_one(tmp_path):
    assert new_store(tmp_path).repository.first_commit() is None


def test_a_signed_commit_is_read_as_any_other(tmp_path):
    """A header that goes on over several lines, as a signature does, is not taken for others."""
    store = new_store(tmp_path, 1)
    text = git(store.path, "cat-file", "commit", "HEAD")
    head, _, message = text.partition("\n\n")
    signed = f"{head}\ngpgsig -----BEGIN\n tree {NO_OBJECT}\n -----END\n\n{message}"
    commit = parse_commit("c" * 40, signed.encode())
    assert commit == parse_commit("c" * 40, text.encode())
    assert commit.committer == (COMMITTER.name, COMMITTER.email, WHEN) or commit.committer.time == WHEN


@pytest.mark.parametrize(
    "content",
    [b"", b"tree x\n\nm", b"tree x\nauthor nobody\ncommitter nobody\n\nm", b"tree x\nauthor A <a> x +0000\n\nm"],
)
def test_a_commit_that_cannot_be_read_is_named(content):
    with pytest.raises(StoreError, match=f"object {'c' * 40} is not a commit that can be read"):
        parse_commit("c" * 40, content)


def test_a_tag_that_cannot_be_read_is_named():
    with pytest.raises(StoreError, match=f"object {'d' * 40} is not a tag that can be read"):
        parse_tag("seal/x", "d" * 40, "tag", b"object x\n\nm")


def test_a_comparison_that_ends_in_the_midst_is_no_comparison(tmp_path, stand_in):
    store = new_store(tmp_path, 3)
    head = store.repository.head()
    changed = list(store.repository.changed(None, head))
    slowly = "import os, time\nwhile piece := os.read(0, 1): os.write(1, piece); time.sleep(0.0005)"
    stand_in(where("diff-tree", f'$real "$@" | {sys.executable} -c "{slowly}"'))  # in pieces as small as can be
    assert list(store.repository.changed(None, head)) == changed
    stand_in(where("--stdin", "head -c 1 > /dev/null"))
    with pytest.raises(StoreError, match="git diff-tree ended without an answer"):
        list(store.repository.changed(None, head))


def test_commits_are_compared_whatever_the_index_is(tmp_path):
    store = new_store(tmp_path, 3)
    head = store.repository.head()
    changed = list(store.repository.changed(None, head))
    (store.path / ".git/index").write_bytes(b"DIRC")
    assert list(store.repository.changed(None, head)) == changed


def test_a_git_that_says_well_done_and_has_read_nothing_is_not_believed(tmp_path, stand_in):
    store = new_store(tmp_path, 1)
    before = store.repository.head()
    stand_in(where("fast-import", "exit 0"))
    with pytest.raises(StoreError, match=r"\[EPIPE\]|without an answer"):
        publish(store, dict.fromkeys(records(range(9)), b"x" * 200_000))
    assert store.repository.head() == before


def test_a_git_that_failed_after_the_branch_had_moved_has_done_it(tmp_path, stand_in):
    store = new_store(tmp_path, 1)
    stand_in(where("update-ref", '$real "$@"; exit 1'))
    commit = publish(store, records(range(3)))
    assert store.repository.head() == commit
    assert git(store.path, "status", "--porcelain") == ""


def test_a_store_whose_configuration_git_refuses_is_said_to_be_broken(tmp_path):
    store = new_store(tmp_path, 1)
    store.repository.git_dir.joinpath("config").write_text("[core\n")
    with pytest.raises(StoreError, match="bad config"):
        store.repository.first_commit()
