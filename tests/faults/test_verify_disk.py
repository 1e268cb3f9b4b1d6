"""A disk that does not let `seqmeta verify` read something: it says so, and never that the store is consistent."""

import errno

import pytest
from interception import is_possible
from ordering import OrderLab, order, submission
from points import start_commands
from storing import git

pytestmark = pytest.mark.skipif(not is_possible(), reason="system calls cannot be held up here")
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = OrderLab(tmp_path_factory.mktemp("disk") / "lab")
    lab.good(order(), submission())
    return lab


def verify(lab, is_unreadable, number=errno.EIO):
    """Run `seqmeta verify` while nobody can open the files of which that holds; status, output, whether one tried."""
    child = start_commands(lab.root, ["verify"], held=["openat"])
    watch = child.watch()
    child.let_go()
    tried = False
    for call in watch.calls(PATIENCE_SECONDS):
        path = call.paths()[0]
        if path.startswith(f"{lab.root}/") and is_unreadable(path):
            tried = True
            watch.fail(call, number)
        else:
            watch.let_go_on(call)
    return *child.end(), tried


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES], ids=["EIO", "EACCES"])
@pytest.mark.parametrize("what", ["refs", "refs/heads", "refs/heads/main", "refs/tags/seal", "a seal", "packed-refs"])
def test_references_that_cannot_be_read(lab, what, number):
    """git passes over them without a word, so that there would be no seals, or no records at all, to be checked."""
    if what == "packed-refs":
        (lab.records / ".git" / "packed-refs").touch()
    end = f"refs/tags/{git(lab.records, 'tag', '--list').strip()}" if what == "a seal" else what
    status, said, tried = verify(lab, lambda path: path.endswith(f"/.git/{end}"), number)
    assert tried
    assert status == 3, said
    assert "consistent" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("suffix", [".pack", ".idx", "/objects/pack"])
def test_objects_that_cannot_be_read(lab, suffix):
    status, said, tried = verify(lab, lambda path: path.endswith(suffix))
    assert tried
    assert status in {1, 3}, said
    assert "consistent" not in said
