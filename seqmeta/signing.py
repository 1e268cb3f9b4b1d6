"""Turns the bytes of a tag into an ssh signature as git keeps it (`ssh-keygen -Y sign`, namespace `git`)."""

import subprocess
from pathlib import Path

from seqmeta.errors import StoreError
from seqmeta.git_command import find_program, remote_environment
from seqmeta.presence import is_file, is_there
from seqmeta.system_errors import explain_os_error

SECONDS = 60
"""A signing agent may ask a person to touch a token; nobody waits longer for it."""


def sign(payload: bytes, key: Path) -> str:
    """Return the armored signature; `key` is a private key, or a public one whose private half the ssh agent holds."""
    if is_there(Path.cwd() / key) and not is_file(Path.cwd() / key):  # ssh-keygen would wait for a FIFO
        raise StoreError(f"the key {key} is no regular file")
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    environment |= {name: of for name, of in remote_environment().items() if name == "SSH_AUTH_SOCK"}
    command = [find_program("ssh-keygen"), "-Y", "sign", "-n", "git", "-f", str(Path.cwd() / key)]
    try:
        # A session of its own has no terminal: a passphrase is refused at once instead of being waited for.
        done = subprocess.run(
            command,
            input=payload,
            capture_output=True,
            env=environment,
            timeout=SECONDS,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StoreError(f"ssh-keygen did not sign with {key} within {SECONDS} s") from None
    except OSError as error:
        raise StoreError(f"ssh-keygen cannot be started: {explain_os_error(error)}") from error
    signature = done.stdout.decode(errors="replace")
    if done.returncode != 0 or not signature.startswith("-----BEGIN SSH SIGNATURE-----"):
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise StoreError(f"ssh-keygen cannot sign with {key}: {lines[-1]}")
    return signature
