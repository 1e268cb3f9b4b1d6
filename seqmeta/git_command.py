"""The one way seqmeta starts git: a fixed program, environment and configuration; errors become one sentence.

Nothing of the caller's environment (`GIT_DIR`, `GIT_OBJECT_DIRECTORY`, hooks, pagers, traces), of the user's
configuration, or of the programs that a store's configuration may name reaches a command started here.
GitPython runs the processes; because it can add to an environment but not take away from it, `env -i` stands
in front of git and builds the environment anew. Data goes by standard input, options are fixed lists.
"""

import errno
import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, NamedTuple, cast

from seqmeta.errors import EndlessError, StoreError
from seqmeta.git_settings import ENVIRONMENT, MINIMUM_GIT, SETTINGS
from seqmeta.presence import is_file, is_folder
from seqmeta.system_errors import explain_os_error, store_errors

_REMOTE_VARIABLES = (
    "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5CCNAME", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip
_IDENTITY_VARIABLES = (
    "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
    "XDG_CONFIG_HOME",
)  # fmt: skip
_SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin")
_LITTLE_SPACE = 64 * 1024
_LIMITS = {
    "SIGXFSZ": ": no file may grow further here, so raise that limit (`ulimit -f`) and try again",
    "SIGXCPU": ": no process may take more time here, so raise that limit (`ulimit -t`) and try again",
}
"""What to do about the signals by which the system says that a limit was reached."""
_REASON = re.compile(r"^(?:fatal|error|BUG|remote|ssh|warning): *(.+)$", re.MULTILINE)


def trusted_folders() -> list[str]:
    """List the absolute folders of PATH, then the system's own: where programs are looked for.

    Relative entries (`.` among them) and folders that anybody may write to are left out.
    """
    found: list[str] = []
    for folder in (*os.get_exec_path(), *_SYSTEM_FOLDERS):
        if Path(folder).is_absolute() and folder not in found and not _is_open_to_all(folder):
            found.append(folder)
    return found


def remote_environment() -> dict[str, str]:
    """Pick what ssh and https need of the caller's environment: home (keys, ~/.netrc), agent, proxies, certificates."""
    return {name: os.environ[name] for name in _REMOTE_VARIABLES if name in os.environ}


def identity_environment() -> dict[str, str]:
    """Pick what of the caller's environment says who git's user is, or in which files that stands."""
    return {name: os.environ[name] for name in _IDENTITY_VARIABLES if os.environ.get(name)}


def _is_open_to_all(folder: str) -> bool:
    try:
        mode = Path(folder).stat().st_mode
    except OSError:
        return True
    return not stat.S_ISDIR(mode) or bool(mode & stat.S_IWOTH)


@cache
def find_program(name: str) -> str:
    """Find an executable file by its name and return its absolute path; StoreError if there is none."""
    for folder in trusted_folders():
        path = Path(folder) / name
        if is_file(path) and os.access(path, os.X_OK):
            return str(path)
    raise StoreError(f"the program {name} is not installed: expected it in one of {', '.join(trusted_folders())}")


@cache
def find_git() -> str:
    """Return the absolute path of a git that is new enough, asked once per process."""
    program = find_program("git")
    try:
        done = subprocess.run([program, "version"], cwd="/", env={"LC_ALL": "C"}, capture_output=True, check=False)
    except OSError as error:
        raise StoreError(f"{program} cannot be started: {explain_os_error(error)}") from error
    if done.returncode != 0:
        raise StoreError(failure(("version",), done.returncode, done.stderr.decode(errors="replace"), Path("/")))
    found = re.search(rb"git version (\d+)\.(\d+)", done.stdout)
    if not found or (int(found[1]), int(found[2])) < MINIMUM_GIT:
        said = done.stdout.decode(errors="replace").strip()
        expected = ".".join(map(str, MINIMUM_GIT))
        raise StoreError(f"{program} cannot be used: it says {said!r}, expected git version {expected} or newer")
    return program


@cache
def _gitpython() -> Any:
    """Import `git.cmd` late (it costs 0.1 s), and with neither the `git` of PATH that it would try nor GIT_* set."""
    program = find_git()
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
    os.environ.update(GIT_PYTHON_GIT_EXECUTABLE=program, GIT_PYTHON_REFRESH="quiet")
    try:
        import git.cmd
    finally:
        del os.environ["GIT_PYTHON_GIT_EXECUTABLE"], os.environ["GIT_PYTHON_REFRESH"]
        os.environ.update(before)
    return git.cmd


def _start(command: list[str], folder: str, stdin: int | None) -> "subprocess.Popen[bytes]":
    gitpython = _gitpython()
    try:
        wrapper = gitpython.Git(folder).execute(command, as_process=True, istream=stdin, shell=False, close_fds=True)
    except gitpython.GitCommandNotFound as error:
        raise StoreError(f"{command[0]} cannot be started: it is not there any more") from error
    except OSError as error:
        raise StoreError(f"{command[0]} cannot be started: {explain_os_error(error)}") from error
    except ValueError as error:
        raise StoreError(f"git cannot be asked about {command[-1]!r}: {error}") from error
    process = cast("subprocess.Popen[bytes]", wrapper.proc)
    wrapper.proc = None  # else the wrapper ends the process as soon as nobody holds the wrapper
    return process


class GitCommand(NamedTuple):
    """Runs git on one git folder; `settings` and `environment` add to the fixed ones."""

    git_dir: Path
    work_tree: Path
    settings: Mapping[str, str] = MappingProxyType({})
    environment: Mapping[str, str] = MappingProxyType({})

    def arguments(self, args: tuple[str, ...]) -> list[str]:
        """Return the whole command line: `env -i`, the environment, git, the settings, then `args`."""
        program = find_git()
        environment = {
            **ENVIRONMENT,
            "PATH": ":".join(trusted_folders()),
            "GIT_DIR": str(self.git_dir),
            "GIT_WORK_TREE": str(self.work_tree),
            **self.environment,
        }
        settings = {**SETTINGS, **self.settings}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        values = [f"{name}={value}" for name, value in environment.items()]
        return [find_program("env"), "-i", *values, program, "--no-pager", *options, *args]

    def run(self, *args: str, data: bytes | None = None, accept: tuple[int, ...] = (0,)) -> bytes:
        """Run one command with `data` as its standard input and return its output; StoreError if it fails."""
        status, output, complaint = self.ask(*args, data=data)
        if status not in accept:
            raise StoreError(failure(args, status, complaint, self.work_tree))
        return output

    def lines(self, *args: str) -> list[str]:
        """Run one command and return the lines of its output; a name in them may have every separator but a line feed.

        Bytes that are no UTF-8 stand as lone surrogates.
        """
        return self.run(*args).decode(errors="surrogateescape").split("\n")[:-1]

    def ask(self, *args: str, data: bytes | None = None) -> tuple[int, bytes, str]:
        """Run one command and return its exit status (negative: a signal), output and complaints."""
        process = _start(self.arguments(args), self._folder(), None if data is None else subprocess.PIPE)
        with process:  # its pipes are closed in any case
            try:
                with store_errors(f"git {args[0]} cannot be talked to"):
                    output, complaint = process.communicate(data)
            except BaseException:
                process.kill()
                process.wait()
                raise
        return process.returncode, output, complaint.decode(errors="replace")

    @contextmanager
    def start(self, *args: str) -> Iterator["Conversation"]:
        """Start a command to write to and read from; it has ended, one way or the other, when the block is left."""
        process = _start(self.arguments(args), self._folder(), subprocess.PIPE)
        conversation = Conversation(args, process, self.work_tree)
        try:
            yield conversation
        finally:
            conversation.end()

    def _folder(self) -> str:
        return str(self.work_tree if is_folder(self.work_tree) else self.git_dir)


class Conversation:
    """A running git command: `stdin` and `stdout` are pipes, `finish` waits and tells whether it went well."""

    def __init__(self, args: tuple[str, ...], process: "subprocess.Popen[bytes]", place: Path) -> None:
        self._args = args
        self._process = process
        self._place = place
        self.stdin = cast("IO[bytes]", process.stdin)
        self.stdout = cast("BufferedReader", process.stdout)

    def finish(self) -> None:
        """Close standard input and wait; StoreError if the command failed."""
        with suppress(BrokenPipeError):  # git ended first; its status says why
            self.stdin.close()
        self.stdout.read()
        complaint = cast("IO[bytes]", self._process.stderr).read().decode(errors="replace")
        status = self._process.wait()
        if status != 0:
            raise StoreError(failure(self._args, status, complaint, self._place))

    def gather(self, seconds: float) -> bytes:
        """Wait so long for a command that reads nothing, and return its output; EndlessError if it goes on.

        Output and complaints are taken as they come, however many there are. StoreError if it fails.
        """
        try:
            with store_errors(f"git {self._args[0]} cannot be talked to"):
                output, complaint = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise EndlessError(f"git {self._args[0]} in {self._place} did not end within {seconds:g} s") from None
        if self._process.returncode != 0:
            said = complaint.decode(errors="replace")
            raise StoreError(failure(self._args, self._process.returncode, said, self._place))
        return output

    def kill(self) -> None:
        """End the command if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def end(self) -> None:
        """End the command if it still runs, and close its pipes."""
        self.kill()
        process = self._process
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except OSError:
                    continue


def failure(args: tuple[str, ...], status: int, complaint: str, place: Path) -> str:
    """Say in one sentence why a git command failed, with the name of the system's error where there was one."""
    if status < 0:
        name = signal.Signals(-status).name
        return f"git {args[0]} in {place} was ended by {name}{_LIMITS.get(name, '')}"
    reasons = _REASON.findall(complaint) or complaint.strip().splitlines() or [f"exit status {status}"]
    reason = "; ".join(dict.fromkeys(line.strip() for line in reasons[:3]))
    names = [name for number, name in errno.errorcode.items() if f": {os.strerror(number)}" in complaint]
    if not names and _is_disk_full(place):  # git does not always say why it could not write
        names = ["ENOSPC"]
    suffix = f" [{', '.join(names)}]" if names else ""
    return f"git {args[0]} failed in {place}: {reason}{suffix}"


def _is_disk_full(place: Path) -> bool:
    try:
        status = os.statvfs(place)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize < _LITTLE_SPACE
