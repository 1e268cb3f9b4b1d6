"""Talks to the remote repository of a store: what it has, what is new there, and what it has yet to get.

Everything runs in the private folder, whose configuration is seqmeta's own, so that no `url.*.insteadOf`,
`remote.*.uploadpack`, credential helper or hook of the store takes part. Nothing is ever forced.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqmeta.errors import ConflictError, StoreError
from seqmeta.git_command import GitCommand, failure, remote_environment
from seqmeta.git_settings import REMOTE_SETTINGS
from seqmeta.scratch import Scratch
from seqmeta.system_errors import store_errors

SEALS = "refs/tags/seal/"
"""Where the tags stand that travel with the branch."""

_LOST_RACE = re.compile(
    r"non-fast-forward|fetch first|stale info|already exists|cannot lock ref|failed to update ref|incorrect old value"
)
_MOVED_MEANWHILE = re.compile(
    r"^remote: error: cannot lock ref '[^']*': (?:is at [0-9a-f]{40} but expected|reference already exists)",
    re.MULTILINE,
)
"""What a remote says beside a rejection that names no reason but that the push was all or nothing."""

_WORDS_OF_REMOTE = re.compile(r"^remote: (?:error: |fatal: )?(\S.*?) *$", re.MULTILINE)
"""What a remote says besides: a lock that is in its way, a hook of its own that declines."""


class UnreachableError(StoreError):
    """The remote did not answer, or refused: a warning to a run, for the next one tries again."""


class Remote(NamedTuple):
    """The remote at a URL or path, as the configuration names it."""

    url: str
    branch: str
    scratch: Scratch

    def advertise(self) -> dict[str, str]:
        """Ask which branch and seal tags the remote has: object ids by full reference name."""
        wanted = (f"refs/heads/{self.branch}", f"{SEALS}*")
        output = self._run("ls-remote", "--refs", "--quiet", "--end-of-options", self.url, *wanted)
        lines = (line.split("\t") for line in output.split("\n") if line)
        return {name: object_id for object_id, name in lines}

    def fetch(self) -> None:
        """Get all that the remote's branch and seal tags need, as packs in the private folder."""
        wanted = (f"+refs/heads/{self.branch}:refs/fetched/branch", f"+{SEALS}*:refs/fetched/seals/*")
        options = ("--quiet", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head", "--atomic")
        self._run("fetch", *options, "--end-of-options", self.url, *wanted)

    def push(self, head: str, tags: Mapping[str, str]) -> None:
        """Send the branch at `head` and these tags, all or none; ConflictError when another was faster."""
        packed = "".join(f"{object_id} {SEALS}{name}\n" for name, object_id in sorted(tags.items()))
        lines = f"# pack-refs with: sorted \n{packed}".encode(errors="surrogateescape")
        with store_errors("the tags cannot be prepared"):
            self.scratch.folder.joinpath("packed-refs").write_bytes(lines)
        wanted = [f"{head}:refs/heads/{self.branch}"] + [f"{SEALS}*:{SEALS}*"] * bool(tags)
        args = ("push", "--porcelain", "--atomic", "--no-verify", "--end-of-options", self.url, *wanted)
        status, output, complaint = self._git().ask(*args)
        if status != 0:
            said = output.decode(errors="replace") + complaint
            rejected = [line for line in said.splitlines() if line.startswith("!")]
            if any(map(_LOST_RACE.search, rejected)) or (rejected and _MOVED_MEANWHILE.search(complaint)):
                raise ConflictError(f"the remote {self.name} moved while this run was at work")
            raise UnreachableError(
                self._redact(_why(rejected, complaint) or failure(args, status, complaint, self.scratch.git_dir.parent))
            )

    @property
    def name(self) -> str:
        """The URL without a password."""
        return self._redact(self.url)

    def _run(self, *args: str) -> str:
        git = self._git()
        status, output, complaint = git.ask(*args)
        if status != 0:
            raise UnreachableError(self._redact(failure(args, status, complaint, self.scratch.git_dir.parent)))
        return output.decode(errors="surrogateescape")

    def _git(self) -> GitCommand:
        # A bare repository on a shared disk may belong to another user; the configuration names it, so it is meant.
        trusted = self.scratch.folder / "trusted"
        with store_errors("the store cannot be written to"):
            trusted.write_text("[safe]\n\tdirectory = *\n")
        environment = {**remote_environment(), "GIT_CONFIG_GLOBAL": str(trusted)}
        return GitCommand(self.scratch.folder, self.scratch.files, settings=REMOTE_SETTINGS, environment=environment)

    @staticmethod
    def _redact(text: str) -> str:
        return re.sub(r"//[^/@\s]*@", "//", text)


def _why(rejected: Sequence[str], complaint: str) -> str:
    """Say why a remote did not take what was sent; empty where it named no reference."""
    reasons = [line.split("\t")[-1] for line in rejected[:3]]
    return "; ".join(reasons + _WORDS_OF_REMOTE.findall(complaint)[:1] * bool(reasons))
