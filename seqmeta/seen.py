"""What a remote was seen to have: its branch's commit, in one small file of the git folder for each remote and branch.

By it a run knows a commit that was pushed from one that was not, when the remote does not have it any more.
"""

import hashlib
import re
import shlex
from pathlib import Path
from typing import NamedTuple

from seqmeta.durability import write_durably
from seqmeta.presence import is_file, is_link
from seqmeta.remote import Remote
from seqmeta.system_errors import store_errors

_COMMIT = re.compile(r"[0-9a-f]{40}\n\Z")


class Seen(NamedTuple):
    """What was seen of one branch at one URL."""

    file: Path

    @classmethod
    def of(cls, git_dir: Path, url: str, branch: str) -> "Seen":
        """Find the file of a branch at a URL; its name does not tell the URL, which may have a password."""
        name = hashlib.sha256(f"{url}\n{branch}".encode(errors="surrogateescape")).hexdigest()
        return cls(git_dir / "seqmeta" / "seen" / name)

    def read(self) -> str | None:
        """Read which commit it was, None where none was seen or the file is not whole."""
        with store_errors("what was seen of the remote cannot be read"):
            said = self.file.read_text(errors="replace") if is_file(self.file) and not is_link(self.file) else ""
        return said.strip() if _COMMIT.match(said) else None

    def note(self, commit: str) -> None:
        """Note which commit it is, unless it stands there."""
        if self.read() == commit:
            return
        with store_errors("what was seen of the remote cannot be noted"):
            self.file.parent.mkdir(exist_ok=True)
            write_durably(self.file, f"{commit}\n".encode())

    def explain_lost(self, remote: Remote, store: Path, lost: str, theirs: str) -> str:
        """Say that the remote lost a commit, and what can be done."""
        lease, moved = f"--force-with-lease={remote.branch}:{theirs}", f"{lost}:{remote.branch}"
        push = shlex.join(["git", "-C", str(store), "push", lease, remote.name, moved])
        return (
            f"the branch {remote.branch} of the remote {remote.name} was rewritten, or put back to an earlier state:"
            f" commit {lost}, which was there, is not any more. Nothing was taken from it, and all is here as it was."
            f" To give it back what it had: `{push}`. To keep what it has now: clone it to a new folder; or remove"
            f" {self.file}, and the next run makes anew on it what it lacks"
        )
